"""Entropic optimal transport by Sinkhorn's algorithm, over lanes."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass

import torch
from torch import Tensor

from impl.core import validation
from impl.transport.iterates import Iterate, Problems, Sweep, any_range, log_sweep, own_iterates
from impl.transport.newton import CELLS, FACTOR, larger, to_tolerance
from impl.transport.problem import check_problem, same_shape
from impl.transport.softmin import plan_of


class ConvergenceWarning(UserWarning):
    """Sinkhorn stopped before the marginal error came down to `tol`."""


@dataclass(frozen=True)
class SinkhornResult:
    """Potentials, and how well their plan keeps the first marginal; the second is kept by construction.

    f: (*batch, n), g: (*batch, m). n_iter, marginal_error = Σ_i |Σ_j P_ij − a_i|, converged: (*batch,). `plan` is
    computed each time that it is asked for, since it is as large as the cost matrix. problem: a, b, C and ε (*batch,).
    """

    f: Tensor
    g: Tensor
    n_iter: Tensor
    marginal_error: Tensor
    converged: Tensor
    problem: tuple[Tensor, Tensor, Tensor, Tensor]

    @property
    def plan(self) -> Tensor:
        """P_ij = a_i b_j exp((f_i + g_j − C_ij)/ε): (*batch, n, m)."""
        a, b, C, eps = self.problem
        return entropic_plan(a, b, C, self.f, self.g, eps)


def sinkhorn(
    a: Tensor,
    b: Tensor,
    C: Tensor,
    eps: float | Tensor,
    *,
    max_iter: int = 1000,
    tol: float = 1e-9,
    init: Tensor | None = None,
    eps_scaling: float | None = None,
) -> SinkhornResult:
    """Minimise ⟨P, C⟩ + ε KL(P ‖ a bᵀ) over the couplings of a and b.

    a: (*batch, n), b: (*batch, m) ≥ 0 with equal totals, C: (*batch, n, m), eps > 0: a number, or (*batch,). From
    g = `init` (0), a sweep updates f, then g. tol = 0: `max_iter` sweeps, the iterates are Sinkhorn's own. tol > 0: the
    marginal error is brought down to tol by sweeps and Newton steps, `max_iter` of them at most; the last update is
    g's. Where osc C is beyond 128 ε, larger ε come first, each ¼ of the one before, or by the factor `eps_scaling`;
    with tol = 0 only where `eps_scaling` is given. Beyond 1024 × 1024 cells there are sweeps alone. Potentials of
    weight 0 are the finite soft c-transforms. Nothing is unrolled: see `gradients`.

    Raises ValueError for no transport problem (see `check_problem`), eps ≤ 0, max_iter < 1, tol < 0, eps_scaling not
    in (0, 1). Warns with ConvergenceWarning where tol > 0 is missed: raise max_iter, eps or tol. Source: Sinkhorn 1964;
    Cuturi 2013; Peyré & Cuturi 2019, section 4.2.
    """
    found = solve(a, b, C, eps, max_iter=max_iter, tol=tol, init=init, eps_scaling=eps_scaling)
    if tol > 0:
        _warn(found, tol)
    return found


def _warn(found: SinkhornResult, tol: float) -> None:
    missed = int((~found.converged).sum())
    if missed:
        lanes, worst = found.converged.numel(), float(found.marginal_error.amax())
        warnings.warn(
            f"Sinkhorn has not converged in {missed} of {lanes} problems: the marginal error is up to {worst:.3g}, tol"
            f" is {tol:.3g}; raise max_iter, eps or tol, or compute in float64",
            ConvergenceWarning,
            stacklevel=3,
        )


@torch.no_grad()
def solve(
    a: Tensor,
    b: Tensor,
    C: Tensor,
    eps: float | Tensor,
    *,
    max_iter: int,
    tol: float,
    init: Tensor | None = None,
    eps_scaling: float | None = None,
    sweep: Sweep = log_sweep,
) -> SinkhornResult:
    """What `sinkhorn` does, without its warning; another `sweep` is made as it is, with no faster method."""
    check_problem(a, b, C)
    validation.at_least(max_iter, "max_iter", 1)
    if not 0 <= tol < math.inf:
        raise ValueError(f"tol must be non-negative and finite, got {tol}")
    if eps_scaling is not None and not 0 < eps_scaling < 1:
        raise ValueError(f"eps_scaling must lie between 0 and 1, got {eps_scaling}")
    a, b, C = promoted(a, b, C)
    batch, (n, m) = C.shape[:-2], C.shape[-2:]
    scale = lane_eps(eps, C)
    start = torch.zeros_like(b).view(-1, m) if init is None else _start(init, b)
    flat = Problems(a.reshape(-1, n), b.reshape(-1, m), C.reshape(-1, n, m), start / scale[:, None], 1 / scale)
    found = _iterate(flat, max_iter, tol, eps_scaling, sweep)
    return SinkhornResult(
        f=(found.phi * scale[:, None]).view(*batch, n),
        g=(found.gamma * scale[:, None]).view(*batch, m),
        n_iter=found.made.view(batch),
        marginal_error=found.error.view(batch),
        converged=(found.error <= tol).view(batch),
        problem=(a, b, C, scale.view(batch)),
    )


def _iterate(problems: Problems, iterations: int, tol: float, eps_scaling: float | None, sweep: Sweep) -> Iterate:
    """By the method that the question allows and the size makes fast."""
    if sweep is not log_sweep:
        return any_range(problems, iterations, tol, sweep)
    factor = 1 / eps_scaling if eps_scaling else FACTOR
    if tol > 0 and problems.C.shape[1] * problems.C.shape[2] <= CELLS:
        return to_tolerance(problems, iterations, tol, factor)
    if eps_scaling or tol > 0:
        problems = annealed(problems, factor)
    return own_iterates(problems, iterations, tol)


def annealed(problems: Problems, factor: float) -> Problems:
    """The problems with a better start, where the cost is wide: one sweep for each larger ε."""
    levels = larger(problems, factor)
    gamma = problems.gamma / factor**levels
    for level in range(levels, 0, -1):
        _, gamma = log_sweep(problems._replace(rate=problems.rate / factor**level), problems.a, gamma)
        gamma = gamma * factor
    return problems._replace(gamma=gamma)


def promoted(*tensors: Tensor) -> tuple[Tensor, ...]:
    """All in the widest floating dtype among them, float64 where all are whole numbers."""
    dtype = torch.float64
    for kind in (torch.float32, torch.float64):
        if any(x.dtype == kind for x in tensors):
            dtype = kind
    return tuple(x.to(dtype) for x in tensors)


def lane_eps(eps: float | Tensor, C: Tensor) -> Tensor:
    """ε of every lane: (lane,). Raises ValueError unless it is positive and finite."""
    batch = C.shape[:-2]
    if not isinstance(eps, Tensor):
        if not 0 < eps < math.inf:
            raise ValueError(f"eps must be positive and finite, got {eps}")
        return C.new_full((math.prod(batch),), eps)
    same_shape(eps, "eps", tuple(batch), "C")
    values = eps.to(C.dtype).reshape(-1)
    validation.finite(values, "eps")
    if not bool((values > 0).all()):
        raise ValueError(f"eps must be positive, got {values.amin().item()}")
    return values


def _start(init: Tensor, b: Tensor) -> Tensor:
    same_shape(init, "init", tuple(b.shape), "b")
    validation.finite(init, "init")
    return init.to(b.dtype).reshape(-1, b.shape[-1])


def entropic_plan(a: Tensor, b: Tensor, C: Tensor, f: Tensor, g: Tensor, eps: float | Tensor) -> Tensor:
    """P_ij = a_i b_j exp((f_i + g_j − C_ij)/ε): (*batch, n, m), 0 where a weight is 0."""
    batch, (n, m) = C.shape[:-2], C.shape[-2:]
    flat = a.reshape(-1, n), b.reshape(-1, m), C.reshape(-1, n, m), f.reshape(-1, n), g.reshape(-1, m)
    return plan_of(*flat, lane_eps(eps, C)).view(*batch, n, m)
