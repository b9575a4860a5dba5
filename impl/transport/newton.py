"""Newton's method on the dual, after a few sweeps: to a small marginal error in a handful of steps.

With φ eliminated by its exact update, the dual is a concave function of γ alone, with gradient b − c for the column
sums c of P, and Hessian −H, H = diag(c) − Pᵀ diag(1/a) P. It is a weighted sum of log-sum-exps ℓ, and those have
|ℓ'''[d,d,d]| ≤ w ℓ''[d,d] for w = osc d. So a step τ d with H d = b − c raises the dual by dᵀHd (τ − (e^{wτ} − 1 −
wτ)/w²) at least. That is most at τ = log(1 + w)/w, and positive for w ≤ 20,000 at τ = min(1, 1.25 log(1 + w)/w), which
is taken here: near the optimum it is Newton's own step. Where H has no Cholesky factor, the step is Sinkhorn's.
Potentials are in units of ε, see `absorbed`. Source: Sun & Tran-Dinh 2019 for the length.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from impl.transport.absorbed import RANGES, Kernel, absorb_rows, chunk_lanes, spread
from impl.transport.iterates import (
    Iterate,
    Problems,
    Unfinished,
    any_range,
    apart,
    heavy,
    joined,
    log_sweep,
    marginal_error,
    noise,
    own_iterates,
    row_error,
)
from impl.transport.softmin import log_sums

START = 32.0
"""The first ε makes the cost range over this many nats."""

NARROW = 128.0
"""Nats up to which no larger ε comes first."""

FACTOR = 4.0
"""How much smaller each next ε is."""

COARSE = 0.1
"""Column error at which the next ε is begun."""

SWEEPS = 20
"""Sweeps before the first step."""

NEGLIGIBLE = {torch.float64: 1e-20, torch.float32: 1e-10}
"""Entries of P_ij/√(a_i c_j) that are dropped from H: far below u, and their products would be denormal and slow."""

CELLS = 2**20
"""The largest problem, in cells, for which a step's arithmetic is worth it."""

LENGTH = 1.25
"""A step's length is this times log(1 + w)/w for w = osc d, at most 1."""

CHUNKS = 2
"""Chunks of lanes taken together: a step is some thirty operations, each of them microseconds however small."""

STEPS = 60
"""Newton steps at one ε, after which sweeps go on alone."""


def to_tolerance(problems: Problems, iterations: int, tol: float, factor: float = FACTOR) -> Iterate:
    """Lanes to a marginal error of at most tol, in at most so many iterations (sweeps and steps), ending on γ's update.

    What Newton leaves unfinished goes on by sweeps, and what is still unfinished then says so by its error.
    """
    if iterations <= SWEEPS:
        return own_iterates(problems, iterations)
    size = CHUNKS * chunk_lanes(problems.C)
    return apart(
        problems,
        heavy(problems),
        lambda some: joined([_newton(part, iterations, tol, factor) for part in some.chunks(size)]),
        lambda some: joined([any_range(part, iterations, tol) for part in some.chunks(size)]),
    )


def larger(problems: Problems, factor: float) -> int:
    """How many larger ε come first, each `factor` times the next."""
    width = float(spread(problems.C, problems.gamma, problems.rate).amax())
    return math.ceil(math.log(width / START, factor)) if width > NARROW else 0


def _newton(problems: Problems, iterations: int, tol: float, factor: float) -> Iterate:
    """A chunk: the larger ε first where the cost is wide, then ε itself, then what is left."""
    levels, done = larger(problems, factor), 0
    gamma = problems.gamma / factor**levels
    for level in range(levels, 0, -1):
        gamma, done = _coarse(problems, gamma, problems.rate / factor**level, iterations - 2, done)
        gamma = gamma * factor
    found = _fine(problems, gamma, iterations - 1, done, tol)
    return _settled(problems, found, iterations, tol)


def _settled(problems: Problems, found: Iterate, iterations: int, tol: float) -> Iterate:
    """Judge the potentials anew in the log domain where the kernel was cut or rounded by more than tol allows.

    Lanes whose error is then still too large go on by sweeps.
    """
    width = spread(problems.C, problems.gamma, problems.rate)
    blurred = noise(problems, problems.a, found.gamma.masked_fill(problems.b == 0, 0))
    trusted = (width <= RANGES[problems.C.dtype].direct) & (blurred * 4 <= tol)  # False where γ is not a number
    if not bool(trusted.all()):
        found = _swept(problems, found)
    elif bool((problems.b == 0).any()):
        found = found._replace(gamma=-log_sums(problems.C.mT, found.phi + problems.a.log(), problems.rate))
    late = ((found.error > tol) & (found.made < iterations)).nonzero()[:, 0]
    if len(late) == 0:
        return found
    rest, made = problems._replace(gamma=found.gamma).take(late), found.made.index_select(0, late)
    more = any_range(rest, iterations - int(made.amax()), tol)
    more = more._replace(made=more.made + made)
    return Iterate(*(kept.index_copy(0, late, new) for kept, new in zip(found, more, strict=True)))


def _swept(problems: Problems, found: Iterate) -> Iterate:
    """One sweep in the log domain, and its error; from the first γ where Newton has lost its way."""
    sound = (found.gamma < math.inf).all(-1, keepdim=True)
    phi, gamma = log_sweep(problems, found.phi, torch.where(sound, found.gamma, problems.gamma))
    return Iterate(phi, gamma, marginal_error(problems, phi, gamma), found.made + 1)


def _coarse(problems: Problems, gamma: Tensor, rate: Tensor, end: int, done: int) -> tuple[Tensor, int]:
    """γ at a larger ε, until the worst column error is `COARSE`, and the iterations made so far."""
    dual = Dual(problems, gamma, rate)
    for made in range(done + 1, min(done + STEPS, end) + 1):
        dual.update()
        gamma, done = dual.potentials()[1], made
        if float(dual.error.amax()) <= COARSE:
            break
        dual.step()
    return gamma, done


def _fine(problems: Problems, gamma: Tensor, iterations: int, done: int, tol: float) -> Iterate:
    """Sweeps, then steps, at ε itself; lanes that are finished are dropped, once they are enough to pay for it."""
    dual, unfinished = Dual(problems, gamma, problems.rate), Unfinished(problems)
    first = min(max(SWEEPS, problems.b.shape[1] // 4), iterations - done - 1)  # a step costs as much as m/3 sweeps
    for sweep in range(first):
        dual.update()
        dual.sweep()
        done += 1
        if sweep % SWEEPS == SWEEPS - 1 and float(dual.error.amax()) <= tol:
            break
    end = min(done + STEPS, iterations)
    while True:
        dual.update()
        done += 1
        stop = (dual.error <= tol) | (done >= end)
        if int(stop.sum()) * 4 >= len(stop):
            answers = Iterate(*dual.potentials(), dual.row_error(), torch.full_like(unfinished.lanes, done))
            left = unfinished.store(stop, answers)
            if len(left) == 0:
                return unfinished.found
            dual = dual.take(left)
        dual.step()


class Dual:
    """The dual at one ε as a function of γ = gamma + log v: its value is never needed, its derivatives are.

    `work` holds three matrices for a step: fresh ones would cost as much in page faults as in arithmetic.
    """

    def __init__(self, problems: Problems, gamma: Tensor, rate: Tensor) -> None:
        self.a, self.b = problems.a, problems.b
        self.gamma = gamma.masked_fill(self.b == 0, -math.inf)
        K, self.phi = absorb_rows(problems.C, self.gamma, rate)
        self.kernel = Kernel(K)
        self.A, self.B = self.kernel.copied(self.a), self.kernel.copied(self.b)
        self.V = self.B
        self.diagonal = 1 + torch.zeros_like(self.b).scatter_(1, self.b.argmax(-1, keepdim=True), 1)
        lanes, n, m = K.shape
        self.work = K.new_empty(lanes, n, m), K.new_empty(lanes, m, m), K.new_empty(lanes, m, m).mT

    def take(self, lanes: Tensor) -> Dual:
        """Some of the lanes, before the next update; the work space is shared."""
        other = object.__new__(Dual)
        for name, value in vars(self).items():
            if name == "work":
                W, H, L = self.work
                other.work = W[: len(lanes)], H[: len(lanes)], L[: len(lanes)]
            else:
                setattr(other, name, value.take(lanes) if name == "kernel" else value.index_select(0, lanes))
        return other

    def update(self) -> None:
        """φ's exact update for this γ: s = K V, t = Kᵀ(a/s), the column sums c, and the error Σ|b − c|."""
        self.s, self.t = self.kernel.sweep(self.A, self.V)
        self.t.clamp_min_(torch.finfo(self.t.dtype).tiny)
        self.c = (self.V * self.t)[:, 0]
        self.error = (self.b - self.c).abs().sum(-1)

    def potentials(self) -> tuple[Tensor, Tensor]:
        """φ after its update, and then γ after its own."""
        return self.phi - self.s[:, 0].log(), self.gamma - self.t[:, 0].log()

    def row_error(self) -> Tensor:
        """The marginal error of these potentials."""
        return row_error(self.a, self.s[:, 0], self.kernel.rows(self.B / self.t)[:, 0])

    def sweep(self) -> None:
        """γ's update: V = b/t."""
        self.V = self.B / self.t

    def step(self) -> None:
        """A damped Newton step from an update, Sinkhorn's where there is no Cholesky factor.

        H annihilates constants. One more c_k at a place k of positive weight makes it regular and keeps d_k = 0, since
        the residual adds up to 0. It is factored with a unit diagonal, D H D for D = diag(c)^{−½}.
        """
        W, H, L = self.work
        empty, V = self.b == 0, self.V[:, 0]
        root = self.c.sqrt().masked_fill(empty, 1)
        torch.mul(self.kernel.K, (self.a.sqrt() / self.s[:, 0])[:, :, None], out=W)
        torch.threshold_(W.mul_((V / root)[:, None, :]), NEGLIGIBLE[W.dtype], 0)
        torch.baddbmm(H, W.mT, W, beta=0, alpha=-1, out=H)
        H.diagonal(dim1=1, dim2=2).add_(self.diagonal)
        _, info = torch.linalg.cholesky_ex(H, out=(L, self.a.new_empty(len(H), dtype=torch.int32)))
        half = torch.linalg.solve_triangular(L, ((self.b - self.c) / root)[:, :, None], upper=False)
        d = torch.linalg.solve_triangular(L.mT, half, upper=True)[:, :, 0] / root
        width = d.amax(-1) - d.amin(-1)
        regular = (info == 0) & (width > 0) & (width < math.inf)
        damped = d * (LENGTH * width.log1p() / width).clamp_max(1)[:, None]
        swept = (self.b / self.c).log().masked_fill(empty, 0)
        self.V = (V * torch.where(regular[:, None], damped, swept).exp())[:, None, :].repeat(1, self.kernel.copies, 1)
