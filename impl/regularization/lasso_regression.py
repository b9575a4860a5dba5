"""The lasso and the elastic net over lanes, each with the duality gap that proves how good it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from impl.core import validation
from impl.regularization import duality
from impl.regularization.centring import Centred, centre, intercept_of
from impl.regularization.checks import as_lanes, check_data, check_lanes
from impl.regularization.duality import Penalties, split
from impl.regularization.lasso_certified import certified
from impl.regularization.lasso_gram import Gram, gram, penalised
from impl.regularization.lasso_scale import scaled
from impl.regularization.lasso_smooth import smooth_solution
from impl.regularization.lasso_solver import SOLVERS, minimise
from impl.regularization.lasso_wide import is_wide, on_working_sets

MAX_ITER = 1000


class LassoResult(NamedTuple):
    """coef (*B, p), intercept, gap, iterations and converged (*B): the gap is at most what was asked for."""

    coef: Tensor
    intercept: Tensor
    gap: Tensor
    iterations: Tensor
    converged: Tensor

    @property
    def active_set(self) -> Tensor:
        """Which coefficients are not 0: (*B, p)."""
        return self.coef != 0


def lasso(
    x: Tensor,
    y: Tensor,
    penalty: Tensor | float,
    *,
    intercept: bool = False,
    solver: str = "cd",
    tol: float | None = None,
    max_iter: int = MAX_ITER,
) -> LassoResult:
    """Min ‖y − Xβ‖² ∕ 2n + λ ‖β‖₁: x (*B, n, p), y (*B, n), penalty λ ≥ 0, a number or (*B).

    solver: "cd", coordinate descent, or "fista", which devices like better; both finish with the exact solve on the
    support. tol: stop at a gap of tol ‖y‖² ∕ n, y centred where there is an intercept; by default at
    16 (n + p + 8) u ‖y‖² ∕ 2n, about what rounding leaves. A lane whose gap stays above that, after max_iter rounds
    or because rounding stands in the way, has converged = False.

    Coefficients outside the active set are 0 to the bit, and so are those of columns that are 0 or, with an
    intercept, constant. Where the solution is not unique (equal columns, n < p) one of the solutions is returned, any:
    fit, residuals and ‖β‖₁ are the same for all of them (Tibshirani 2013, lemma 1), and with equal columns only the
    sum of their coefficients means something. At λ = 0 it is the least-squares solution of least norm.

    Raises ValueError, naming the argument, its value and its place; TypeError for other numbers than floats.
    """
    return elastic_net(x, y, penalty, 1.0, intercept=intercept, solver=solver, tol=tol, max_iter=max_iter)


def elastic_net(
    x: Tensor,
    y: Tensor,
    penalty: Tensor | float,
    ratio: Tensor | float,
    *,
    intercept: bool = False,
    solver: str = "cd",
    tol: float | None = None,
    max_iter: int = MAX_ITER,
) -> LassoResult:
    """Min ‖y − Xβ‖² ∕ 2n + λ (ρ‖β‖₁ + (1 − ρ)∕2 ‖β‖²): as `lasso`, with ratio ρ in [0, 1], a number or (*B).

    Unique where λ(1 − ρ) > 0; equal columns then get equal coefficients (Zou & Hastie 2005, lemma 1). Where λρ = 0
    this is ridge at nλ, solved by its singular values.
    """
    penalty, ratio = as_lanes(penalty, x), as_lanes(ratio, x)
    check_data(x, y)
    check_lanes(penalty, "penalty", x)
    check_ratio(ratio, x)
    check_loop(solver, tol, max_iter)
    return fitted(centre(x, y, intercept), split(penalty, ratio), tol, gram_solver(solver, max_iter))


Solved = tuple[Tensor, Tensor, Tensor]
"""Coefficients (lane, p), gap (lane,), iterations (lane,)."""
Run = Callable[[Tensor, Tensor, Penalties, Tensor], Solved]
"""(x, y, penalties, goal), centred, one axis of lanes → what was found."""


def fitted(data: Centred, penalties: Penalties, tol: float | None, run: Run) -> LassoResult:
    """Solve on centred data (*B, …) by `run` and put the means back. Nothing is checked."""
    lanes, (n, p) = data.y.shape[:-1], data.x.shape[-2:]
    near = scaled(data.x.reshape(-1, n, p), data.y.reshape(-1, n))
    goal = wanted(near.x, near.y, tol)
    its = Penalties(near.l1(penalties.l1.reshape(-1)), near.l2(penalties.l2.reshape(-1)))
    coef, gap, iterations = run(near.x, near.y, its, goal)
    coef = near.coef(coef).reshape(*lanes, p)
    told = (v.reshape(lanes) for v in (near.gap(gap), iterations, gap <= goal))
    return LassoResult(coef, intercept_of(data.x_mean, data.y_mean, coef), *told)


def wanted(x: Tensor, y: Tensor, tol: float | None) -> Tensor:
    """The gap at which to stop: (*B)."""
    return duality.goal(x, y) if tol is None else tol * y.square().sum(-1) / y.shape[-1]


def gram_solver(solver: str, max_iter: int = MAX_ITER) -> Run:
    """Our solver from 0, with this way of exploring and at most so many rounds."""

    def run(x: Tensor, y: Tensor, penalties: Penalties, goal: Tensor) -> Solved:
        return improved(x, y, plain_gram(x, y), penalties, goal, torch.zeros_like(x[:, 0]), solver, max_iter)

    return run


def plain_gram(x: Tensor, y: Tensor) -> Gram | None:
    """The Gram form without penalties, or None where x is too wide for one."""
    return None if is_wide(x) else gram(x, y)


def improved(
    x: Tensor,
    y: Tensor,
    plain: Gram | None,
    penalties: Penalties,
    goal: Tensor,
    start: Tensor,
    solver: str,
    max_iter: int,
) -> Solved:
    """Coefficients, gaps and iterations from a start (lane, p), plain being `plain_gram` of x and y.

    Lanes without an ℓ1 penalty are ridge's.
    """
    smooth = (penalties.l1 == 0).nonzero().squeeze(-1)
    if len(smooth):
        coef, gap, iterations = start.clone(), torch.zeros_like(goal), smooth.new_ones(len(x))
        coef[smooth], gap[smooth] = smooth_solution(x[smooth], y[smooth], penalties.l2[smooth])
        corners = penalties.l1.nonzero().squeeze(-1)
        if len(corners):
            some = Penalties(*(v[corners] for v in penalties))
            form = None if plain is None else plain.lanes(corners)
            parts = x[corners], y[corners], form, some, goal[corners], start[corners]
            coef[corners], gap[corners], iterations[corners] = improved(*parts, solver, max_iter)
        return coef, gap, iterations
    if plain is None:

        def solve(x: Tensor, y: Tensor, penalties: Penalties, goal: Tensor, start: Tensor) -> Solved:
            return improved(x, y, gram(x, y), penalties, goal, start, solver, max_iter)

        return on_working_sets(x, y, penalties, goal, start, solve)
    n = y.shape[-1]
    problem = penalised(plain, n, penalties)
    coef, iterations = minimise(problem, start, n * goal / 2, solver, max_iter)
    return *certified(x, y, penalties, problem, coef, goal), iterations


def check_ratio(ratio: Tensor, x: Tensor) -> None:
    """Refuse a mixing ratio (*B) outside [0, 1]."""
    check_lanes(ratio, "ratio", x)
    bad = ratio > 1
    if bool(bad.any()):
        raise ValueError(f"ratio must lie in [0, 1], got {ratio[bad][0].item()!r}")


def check_loop(solver: str, tol: float | None, max_iter: int) -> None:
    """Refuse an unknown solver, a negative tolerance, no rounds at all."""
    if solver not in SOLVERS:
        raise ValueError(f"solver must be one of {', '.join(SOLVERS)}, got {solver!r}")
    if tol is not None and not tol >= 0:
        raise ValueError(f"tol must be non-negative, got {tol!r}")
    validation.at_least(max_iter, "max_iter", 1)
