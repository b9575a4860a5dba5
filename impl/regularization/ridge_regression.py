"""Ridge regression, min ‖y − β₀ − Xβ‖² + λ‖β‖², for many problems at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeVar

from torch import Tensor

from impl.regularization.centring import centre, intercept_of
from impl.regularization.checks import as_lanes, check_data, check_lanes, check_weight
from impl.regularization.normal_equations import auto_solution, cholesky_solution
from impl.regularization.spectral import Path, Solution, degrees_of_freedom, hat, svd_path, svd_solution

SOLVERS = {"svd": svd_solution, "cholesky": cholesky_solution, "auto": auto_solution}

Found = TypeVar("Found", Solution, Path)


class RidgeFit(NamedTuple):
    """coef (*B, p), intercept (*B), df (*B): effective degrees of freedom without the intercept's."""

    coef: Tensor
    intercept: Tensor
    df: Tensor


class RidgePath(NamedTuple):
    """coef (*B, l, p), intercept (*B, l), df (*B, l), rss (*B, l) = ‖y − Xβ − β₀‖²."""

    coef: Tensor
    intercept: Tensor
    df: Tensor
    rss: Tensor


def unpenalised(
    x: Tensor,
    y: Tensor,
    penalty: Tensor,
    intercept: bool,
    solve: Callable[[Tensor, Tensor, Tensor], Found],
    weight: Tensor | None = None,
) -> tuple[Found, Tensor]:
    """Solve on centred data, and the intercept that belongs to it. weight (*B, n): of each squared residual."""
    data = centre(x, y, intercept, weight)
    if weight is not None:
        root = weight.sqrt()
        data = data._replace(x=data.x * root.unsqueeze(-1), y=data.y * root)
    found = solve(data.x, data.y, penalty)
    return found, intercept_of(data.x_mean, data.y_mean, found.coef)


def ridge(
    x: Tensor,
    y: Tensor,
    penalty: Tensor | float,
    *,
    intercept: bool = False,
    solver: str = "auto",
    sample_weight: Tensor | None = None,
) -> RidgeFit:
    """Ridge regression, min ‖y − β₀ − xβ‖² + λ‖β‖², β₀ = 0 without an intercept; with one it is not penalised.

    x: (*B, n, p), y: (*B, n), penalty: λ ≥ 0, one number or (*B). solver: "svd" works to the condition of x, and at
    λ = 0 gives the solution of least norm; "cholesky" is quicker and works to its square; "auto" takes Cholesky where
    that keeps half of the digits. sample_weight: (*B, n) ≥ 0, of each squared residual.

    Raises ValueError for λ < 0 and for data that are no regression; RankDeficientError at λ = 0 with dependent columns
    by "cholesky". Source: Hoerl & Kennard 1970, equation 2.1.
    """
    if solver not in SOLVERS:
        raise ValueError(f"solver must be one of {', '.join(SOLVERS)}, got {solver!r}")
    check_data(x, y)
    lanes = as_lanes(penalty, x)
    check_lanes(lanes, "penalty", x)
    if sample_weight is not None:
        check_weight(sample_weight, x)
    found, level = unpenalised(x, y, lanes, intercept, SOLVERS[solver], sample_weight)
    return RidgeFit(found.coef, level, found.df)


def ridge_path(x: Tensor, y: Tensor, penalties: Tensor, *, intercept: bool = False) -> RidgePath:
    """Ridge at every λ of a path by one singular value decomposition.

    x: (*B, n, p), y: (*B, n), penalties: (*B, l) > 0. As λ falls, ‖β‖ rises and the residuals fall (Hoerl & Kennard
    1970, sections 2 and 3).
    """
    check_data(x, y)
    check_lanes(penalties, "penalties", x, path=True, positive=True)
    found, level = unpenalised(x, y, penalties, intercept, svd_path)
    return RidgePath(found.coef, level, found.df, found.rss)


def hat_matrix(x: Tensor, penalty: Tensor | float) -> Tensor:
    """H = x(xᵀx + λI)⁻¹xᵀ, with which ridge fits ŷ = Hy: (*B, n, n), for λ ≥ 0, one number or (*B)."""
    check_data(x)
    lanes = as_lanes(penalty, x)
    check_lanes(lanes, "penalty", x)
    return hat(x, lanes)[0]


def effective_degrees_of_freedom(x: Tensor, penalty: Tensor | float) -> Tensor:
    """df(λ) = tr H = Σ s² ∕ (s² + λ), from the rank of x at λ = 0 down to 0: (*B)."""
    check_data(x)
    lanes = as_lanes(penalty, x)
    check_lanes(lanes, "penalty", x)
    return degrees_of_freedom(x, lanes)
