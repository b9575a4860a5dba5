"""Sinkhorn's own iterates, by products with an absorbed kernel where that is exact enough, else in the log domain.

Potentials are in units of ε, see `absorbed`. One sweep updates φ, then γ.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from impl.transport.absorbed import RANGES, Kernel, absorb, centred, chunk_lanes, spread
from impl.transport.softmin import log_sums

SHORTEST_BLOCK = 4
"""Sweeps that pay for absorbing the potentials once."""

CHECKED_EVERY = 20
"""Sweeps between two looks at the error, where there is a tolerance."""


class Iterate(NamedTuple):
    """φ: (lane, n), γ: (lane, m), the marginal error (lane,), and how many iterations were made (lane,)."""

    phi: Tensor
    gamma: Tensor
    error: Tensor
    made: Tensor


class Problems(NamedTuple):
    """Lanes of problems: a (lane, n), b (lane, m), C (lane, n, m), a start γ (lane, m), and rate = 1/ε (lane,)."""

    a: Tensor
    b: Tensor
    C: Tensor
    gamma: Tensor
    rate: Tensor

    def take(self, lanes: Tensor) -> Problems:
        """The lanes of these indices, in their order."""
        if len(lanes) == len(self.C):
            return self
        return Problems(*(x.index_select(0, lanes) for x in self))

    def chunks(self, size: int) -> list[Problems]:
        """Views of `size` lanes each."""
        starts = range(0, len(self.C), size)
        return [Problems(*(x[start : start + size] for x in self)) for start in starts]


def joined(parts: list[Iterate]) -> Iterate:
    """Chunks put together."""
    return parts[0] if len(parts) == 1 else Iterate(*(torch.cat(x) for x in zip(*parts, strict=True)))


def apart(
    problems: Problems, chosen: Tensor, yes: Callable[[Problems], Iterate], no: Callable[[Problems], Iterate]
) -> Iterate:
    """`yes` on the lanes where `chosen` is True and `no` on the others, put back in order. One synchronisation."""
    left, right = chosen.nonzero()[:, 0], (~chosen).nonzero()[:, 0]
    if len(right) == 0:
        return yes(problems)
    if len(left) == 0:
        return no(problems)
    order = torch.cat([left, right]).argsort()
    both = joined([yes(problems.take(left)), no(problems.take(right))])
    return Iterate(*(x.index_select(0, order) for x in both))


def lightest(a: Tensor, b: Tensor) -> Tensor:
    """The smallest positive weight: (lane,)."""
    return torch.minimum(*(x.masked_fill(x == 0, math.inf).amin(-1) for x in (a, b)))


def heavy(problems: Problems) -> Tensor:
    """Whether no positive weight is so small that an absorbed kernel would have to be cut: (lane,)."""
    return lightest(problems.a, problems.b) >= math.exp(-RANGES[problems.C.dtype].weight)


def own_iterates(problems: Problems, sweeps: int, tol: float = 0.0) -> Iterate:
    """`sweeps` sweeps from γ, all of them made; for tol > 0 no more than a chunk of lanes needs."""
    limit = RANGES[problems.C.dtype]
    narrow = spread(problems.C, problems.gamma, problems.rate) + problems.a.sum(-1).log().abs() <= limit.direct
    size = chunk_lanes(problems.C)
    return apart(
        problems,
        narrow,
        lambda some: joined([_direct(part, sweeps, tol) for part in some.chunks(size)]),
        lambda some: joined([any_range(part, sweeps, tol) for part in some.chunks(size)]),
    )


def _direct(problems: Problems, sweeps: int, tol: float) -> Iterate:
    """All sweeps with one kernel, whose range no iterate can leave (see `centred`)."""
    a, b, C, gamma, rate = problems
    K, phi = centred(C, gamma, rate)
    kernel = Kernel(K)
    A, B = kernel.copied(a), kernel.copied(b)
    V, done = B, 0
    while done < sweeps:
        made = min(CHECKED_EVERY if tol > 0 else sweeps, sweeps - done)
        for _ in range(made):
            s, t = kernel.sweep(A, V)
            V = B / t
        done += made
        error = row_error(a, s[:, 0], kernel.rows(V)[:, 0])
        if tol > 0 and float(error.amax()) <= tol:
            break
    return Iterate(phi - s[:, 0].log(), gamma - t[:, 0].log(), error, torch.full_like(error, done, dtype=torch.long))


def row_error(a: Tensor, s: Tensor, further: Tensor) -> Tensor:
    """Σ_i |Σ_j P_ij − a_i| = Σ_i a_i |s'_i/s_i − 1| for the last product s and the next one s': (lane,)."""
    return (a * (further / s - 1).abs()).sum(-1)


def log_sweep(problems: Problems, phi: Tensor, gamma: Tensor) -> tuple[Tensor, Tensor]:
    """One sweep in the log domain: φ_i = −log Σ_j b_j exp(γ_j − C_ij/ε), then γ likewise from the new φ."""
    a, b, C, _, rate = problems
    phi = -log_sums(C, gamma + b.log(), rate)
    return phi, -log_sums(C.mT, phi + a.log(), rate)


Sweep = Callable[[Problems, Tensor, Tensor], tuple[Tensor, Tensor]]


def any_range(problems: Problems, sweeps: int, tol: float, sweep: Sweep = log_sweep) -> Iterate:
    """`sweeps` sweeps, whatever the range; for tol > 0 a lane stops once its error is at most tol, or is rounding.

    It is rounding where it is at most `noise`, and no longer halves from one look to the next. Another `sweep` is made
    as it is, without kernels. Synchronisations: one for each sweep in the log domain or block of sweeps.
    """
    period = CHECKED_EVERY if tol > 0 else sweeps
    unfinished, some, done, move = Unfinished(problems), problems, 0, math.inf
    phi, gamma, before = torch.zeros_like(problems.a), problems.gamma, torch.full_like(problems.rate, math.inf)
    while len(unfinished.lanes):
        made = min(period, sweeps - done)
        if sweep is log_sweep:
            phi, gamma, move = _advance(some, phi, gamma, move, made)
        else:
            for _ in range(made):
                phi, gamma = sweep(some, phi, gamma)
        done += made
        error = marginal_error(some, phi, gamma)
        stop = (error <= tol) | ((error <= noise(some, phi, gamma)) & (error * 2 > before)) | (done == sweeps)
        left = unfinished.store(stop, Iterate(phi, gamma, error, torch.full_like(unfinished.lanes, done)))
        some, (phi, gamma, before) = some.take(left), (x.index_select(0, left) for x in (phi, gamma, error))
    return unfinished.found


def marginal_error(problems: Problems, phi: Tensor, gamma: Tensor) -> Tensor:
    """Σ_i |Σ_j P_ij − a_i| = Σ_i a_i |exp(φ_i − φ'_i) − 1|, φ' the next update of φ: (lane,)."""
    a, b, C, _, rate = problems
    excess = phi + log_sums(C, gamma + b.log(), rate)
    return (a * torch.expm1(excess.masked_fill(a == 0, 0)).abs()).sum(-1)


def noise(problems: Problems, phi: Tensor, gamma: Tensor) -> Tensor:
    """Errors of the marginals by rounding alone, about u (max|φ| + max|γ| + max|C|/ε + n + m): (lane,)."""
    sizes = [torch.maximum(x.amax(-1), -x.amin(-1)) for x in (phi, gamma, problems.C.flatten(1))]
    largest = sizes[0] + sizes[1] + sizes[2] * problems.rate
    return torch.finfo(phi.dtype).eps / 2 * (largest + phi.shape[-1] + gamma.shape[-1])


def _advance(problems: Problems, phi: Tensor, gamma: Tensor, move: float, sweeps: int) -> tuple[Tensor, Tensor, float]:
    """Make these sweeps and say how far the last one moved γ, which bounds every later move.

    A sweep does not expand the sup norm, so that after a move of δ the next k sweeps stay within k δ of the absorbed
    potentials: k = drift/δ of them are safe.
    """
    a, b, C, _, rate = problems
    drift, safe = RANGES[C.dtype].drift, bool(heavy(problems).all())
    while sweeps:
        block = int(min(sweeps, drift / move)) if move > 0 else sweeps
        if safe and block >= SHORTEST_BLOCK:
            phi, further, moved = _block(a, b, absorb(C, phi, gamma, rate), phi, gamma, block)
        else:
            block = 1
            phi, further = log_sweep(problems, phi, gamma)
            moved = (further - gamma).abs()
        gamma, move, sweeps = further, float(moved.amax()), sweeps - block
    return phi, gamma, move


def _block(a: Tensor, b: Tensor, K: Tensor, phi: Tensor, gamma: Tensor, sweeps: int) -> tuple[Tensor, Tensor, Tensor]:
    """Sweeps with one kernel: φ, γ, and by how much the last one moved γ."""
    kernel = Kernel(K)
    A, B = kernel.copied(a), kernel.copied(b)
    t, V = B, B
    for _ in range(sweeps):
        before = t
        s, t = kernel.sweep(A, V)
        V = B / t
    moved = (t / before)[:, 0].log().abs()
    return phi - s[:, 0].log(), gamma - t[:, 0].log(), moved


class Unfinished:
    """Which lanes still need work, and the answers of the others."""

    def __init__(self, problems: Problems) -> None:
        self.lanes = torch.arange(len(problems.C), device=problems.C.device)
        empty = (torch.empty_like(x) for x in (problems.a, problems.b, problems.rate, self.lanes))
        self.found = Iterate(*empty)

    def store(self, stop: Tensor, answers: Iterate) -> Tensor:
        """Keep the answers of the lanes that stop; where the others are among those asked about. Synchronises."""
        gone, left = stop.nonzero()[:, 0], (~stop).nonzero()[:, 0]
        lanes = self.lanes.index_select(0, gone)
        for kept, new in zip(self.found, answers, strict=True):
            kept.index_copy_(0, lanes, new.index_select(0, gone))
        self.lanes = self.lanes.index_select(0, left)
        return left
