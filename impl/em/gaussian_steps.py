"""The E-step and the M-step of Gaussian mixtures, and the bound between them; axes as in `gaussian`."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from impl.em.gaussian import UNROLLED, Gaussians, Scratch, by_component, deviation_matrices, is_matrix, log_joint

ROWS = 2**19
"""Deviations of all components from a block of rows: larger problems are taken block by block, near the cache."""


FAR = 2.0
"""How many of its new deviations a mean may move for moments about the old mean: at most 5 times the rounding error."""


def posterior(joint: Tensor, scratch: Scratch) -> tuple[Tensor, Tensor]:
    """Responsibilities p(k | x_n) (k, n, lane), in the place of log p(x_n, k), and log p(x_n) (n, lane).

    A softmax: the exponentials are divided by their own sum, so that they sum to 1 however small the density is, which
    exp(joint − log p) does not give. Source: Bishop 2006, (9.13).
    """
    shape = tuple(joint.shape[1:])
    peak = torch.amax(joint, 0, out=scratch.take("peak", shape, joint))
    share = joint.sub_(peak)
    if share.dtype == torch.float32:  # subnormal numbers, which it meets often, cost a hundred times as much as others
        torch.nn.functional.threshold(share, math.log(torch.finfo(share.dtype).tiny), -torch.inf, inplace=True)
    share.exp_()
    total = torch.sum(share, 0, out=scratch.take("total", shape, joint))
    value = peak.add_(torch.log(total, out=scratch.take("log total", shape, joint)))
    return share.mul_(total.reciprocal_()), value


def m_step(
    columns: Tensor, resp: Tensor, weight: Tensor | None, kind: str, old: Gaussians | None, scratch: Scratch
) -> Gaussians:
    """The mixture that maximises the expected complete log-likelihood Σ_n w_n Σ_k r_kn log p(x_n, k).

    N_k = Σ w r, π_k = N_k/Σ N, μ_k = Σ w r x/N_k, Σ_k = Σ w r (x−μ_k)(x−μ_k)ᵀ/N_k. diag: its diagonal; spherical: the
    mean of that; tied: Σ_k π_k Σ_k. weight (n, lane), None for ones. A component without data gets zeros. `old`, the
    mixture before the step, changes nothing but the rounding: see `moved`. Source: Bishop 2006, (9.17)–(9.22).
    """
    if weight is not None:
        resp = torch.mul(resp, weight, out=scratch.take("weighted", tuple(resp.shape), resp))
    count = resp.sum(1)  # (k, lane)
    divisor = count.clamp(min=torch.finfo(count.dtype).tiny)
    weights = (count / count.sum(0)).T
    if old is None or len(columns) > UNROLLED or columns.device.type != "cpu":
        means, moments = in_two_passes(columns, resp, divisor, kind, scratch)
    else:
        means, moments = moved(columns, resp, divisor, kind, old, scratch)
    return Gaussians(weights, means.permute(2, 1, 0), shaped(moments, weights, kind))


def in_two_passes(columns: Tensor, resp: Tensor, divisor: Tensor, kind: str, scratch: Scratch) -> tuple[Tensor, Tensor]:
    """Means (d, k, lane) and central moments (d, d, k, lane) or their diagonal, about the mean that is known by then.

    E[xxᵀ] − μμᵀ would lose the digits that the offset of the data takes.
    """
    means = sums(columns, resp, scratch).div_(divisor)
    return means, second_moments(columns, resp, means.permute(2, 1, 0), kind, scratch).div_(divisor)


def moved(
    columns: Tensor, resp: Tensor, divisor: Tensor, kind: str, old: Gaussians, scratch: Scratch
) -> tuple[Tensor, Tensor]:
    """The same in one pass, about the old mean μ⁰.

    With s = Σ r (x−μ⁰)/N: μ = μ⁰ + s and Σ = Σ r (x−μ⁰)(x−μ⁰)ᵀ/N − s sᵀ. A component that has moved by more than
    FAR of its new deviations in some dimension would lose digits, and is taken in two passes. The host reads whether
    there is one, so it is for the CPU. Source: Chan, Golub & LeVeque 1983, the shifted one-pass algorithm.
    """
    shift, moments = weighted_moments(columns, resp, old.means, kind, scratch)
    shift, moments = shift.div_(divisor), moments.div_(divisor)
    raw = moments.flatten(0, 1)[:: len(shift) + 1] if is_matrix(kind) else moments  # the diagonal
    spare = torch.addcmul(raw, shift, shift, value=-1 - 1 / FAR**2)
    means = shift + old.means.permute(2, 1, 0)
    moments.addcmul_(shift.unsqueeze(1) if is_matrix(kind) else shift, shift, value=-1)
    if not spare.amin().item() >= 0:
        far = (spare < 0).any(0)
        both = zip(in_two_passes(columns, resp, divisor, kind, scratch), (means, moments), strict=True)
        means, moments = (torch.where(far, exact, quick) for exact, quick in both)
    return means, moments


def sums(columns: Tensor, resp: Tensor, scratch: Scratch) -> Tensor:
    """Σ_n r_kn x_n: (d, k, lane)."""
    if len(columns) > UNROLLED:
        return (resp.movedim(-1, 0) @ columns.permute(2, 1, 0)).permute(2, 1, 0)
    heavy = scratch.take("heavy", tuple(columns.shape), columns)
    return torch.stack([torch.mul(columns, share, out=heavy).sum(1) for share in resp.unbind(0)], 1)


def second_moments(columns: Tensor, resp: Tensor, centres: Tensor, kind: str, scratch: Scratch) -> Tensor:
    """Σ_n r_kn (x_n − c_k)(x_n − c_k)ᵀ about centres (lane, k, d): (d, d, k, lane), or its diagonal (d, k, lane)."""
    if not is_matrix(kind) or len(columns) <= UNROLLED:
        return weighted_moments(columns, resp, centres, kind, scratch)[1]
    total, *rest = (_products(columns[:, rows], resp[:, rows], centres, scratch) for rows in blocks(columns, len(resp)))
    return sum(rest, total)


def weighted_moments(
    columns: Tensor, resp: Tensor, centres: Tensor, kind: str, scratch: Scratch
) -> tuple[Tensor, Tensor]:
    """Σ r (x − c) (d, k, lane), and Σ r (x − c)(x − c)ᵀ as above, entry by entry."""
    (first, second), *rest = (
        _entries(columns[:, rows], resp[:, rows], centres, kind, scratch) for rows in blocks(columns, len(resp))
    )
    return sum((part[0] for part in rest), first), sum((part[1] for part in rest), second)


def _products(columns: Tensor, resp: Tensor, centres: Tensor, scratch: Scratch) -> Tensor:
    """By matrix products; symmetric to the bit."""
    gap = deviation_matrices(columns, centres, scratch)
    heavy = torch.mul(gap, resp.movedim(-1, 0).unsqueeze(2), out=scratch.take("white", tuple(gap.shape), gap))
    made = heavy @ gap.mT
    return ((made + made.mT) / 2).permute(2, 3, 1, 0).contiguous()


def _entries(columns: Tensor, resp: Tensor, centres: Tensor, kind: str, scratch: Scratch) -> tuple[Tensor, Tensor]:
    """`weighted_moments` of a block of rows, a component at a time."""
    shape = tuple(columns.shape)
    (gap, gaps), (heavy, rows) = (scratch.split(name, shape, columns) for name in ("deviations", "heavy"))
    product = scratch.take("product", shape[1:], columns)
    pairs = [(i, j) for i in range(len(columns)) for j in range(i)] if is_matrix(kind) else []
    firsts, squares, mixed = [], [], []
    for share, centre in zip(resp.unbind(0), by_component(centres), strict=True):
        torch.sub(columns, centre, out=gap)
        firsts.append(torch.mul(gap, share, out=heavy).sum(1))
        mixed.append([torch.mul(rows[i], gaps[j], out=product).sum(0) for i, j in pairs])
        squares.append(heavy.mul_(gap).sum(1))  # (d, lane)
    first, diagonal = torch.stack(firsts, 1), torch.stack(squares, 1)  # (d, k, lane)
    if not is_matrix(kind):
        return first, diagonal
    entries = [[row] * len(columns) for row in diagonal.unbind(0)]
    for place, (i, j) in enumerate(pairs):
        entries[i][j] = entries[j][i] = torch.stack([own[place] for own in mixed])
    return first, torch.stack([entry for row in entries for entry in row]).view(len(columns), *first.shape)


def shaped(moments: Tensor, weights: Tensor, kind: str) -> Tensor:
    """Covariances of their kind, lane first, from each component's own, (d, d, k, lane) or (d, k, lane)."""
    if kind == "full":
        return moments.permute(3, 2, 0, 1)
    if kind == "tied":
        return (moments * weights.T).sum(2).permute(2, 0, 1)
    return moments.permute(2, 1, 0) if kind == "diag" else moments.mean(0).T


def ridged(covariances: Tensor, kind: str, ridge: float) -> Tensor:
    """The variances with `ridge` added, and they alone; the same tensor where it is 0."""
    if ridge == 0:
        return covariances
    if not is_matrix(kind):
        return covariances + ridge
    return covariances + ridge * torch.eye(covariances.shape[-1], dtype=covariances.dtype, device=covariances.device)


def lower_bound(joint: Tensor, guess: Tensor) -> Tensor:
    """Σ_k q_k (log p(x_n, k) − log q_k), 0 log 0 = 0: (n, lane) for joint and guess q (k, n, lane).

    At most log p(x_n), and equal to it where q is the posterior (Neal & Hinton 1998; Bishop 2006, (9.70)–(9.71)).
    """
    return torch.where(guess > 0, guess * (joint - guess.log()), 0).sum(0)


@dataclass(frozen=True)
class Steps:
    """The formulas of a round of EM, each as above."""

    joint: Callable[[Tensor, Gaussians, str, Scratch], Tensor] = log_joint
    posterior: Callable[[Tensor, Scratch], tuple[Tensor, Tensor]] = posterior
    m_step: Callable[[Tensor, Tensor, Tensor | None, str, Gaussians | None, Scratch], Gaussians] = m_step
    ridged: Callable[[Tensor, str, float], Tensor] = ridged
    bound: Callable[[Tensor, Tensor], Tensor] = lower_bound


STEPS = Steps()


def blocks(columns: Tensor, components: int) -> list[slice]:
    """Slices of rows with about ROWS deviations each, or one of all."""
    d, n, lanes = columns.shape
    size = max(256, ROWS // (components * d * lanes))
    return [slice(first, first + size) for first in range(0, n, size)]


def e_step(columns: Tensor, mixture: Gaussians, kind: str, steps: Steps, scratch: Scratch) -> tuple[Tensor, Tensor]:
    """Responsibilities (k, n, lane) and log p(x_n) (n, lane), by blocks of rows; both lie in `scratch`."""
    parts = blocks(columns, mixture.means.shape[1])
    if len(parts) == 1:
        return steps.posterior(steps.joint(columns, mixture, kind, scratch), scratch)
    rest = tuple(columns.shape[1:])
    resp = scratch.take("resp", (mixture.means.shape[1], *rest), columns)
    value = scratch.take("value", rest, columns)
    for rows in parts:
        resp[:, rows], value[rows] = steps.posterior(steps.joint(columns[:, rows], mixture, kind, scratch), scratch)
    return resp, value


def as_columns(x: Tensor) -> Tensor:
    """Data (lane, n, d) as columns (d, n, lane)."""
    return x.permute(2, 1, 0).contiguous()
