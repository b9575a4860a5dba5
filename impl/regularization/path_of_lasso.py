"""The lasso's path: its solutions from large penalties to small ones."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from impl.core import validation
from impl.regularization.centring import centre, intercept_of
from impl.regularization.checks import check_data, check_lanes
from impl.regularization.duality import Penalties, gap, lambda_max, shrinkage
from impl.regularization.lasso_regression import MAX_ITER, check_loop, improved, plain_gram, wanted
from impl.regularization.lasso_scale import scaled
from impl.regularization.lasso_together import together


class LassoPath(NamedTuple):
    """coef (*B, l, p), intercept, gap and converged (*B, l) at every penalty (*B, l)."""

    penalties: Tensor
    coef: Tensor
    intercept: Tensor
    gap: Tensor
    converged: Tensor


def lasso_path(
    x: Tensor,
    y: Tensor,
    penalties: Tensor,
    *,
    intercept: bool = False,
    tol: float | None = None,
    max_iter: int = MAX_ITER,
) -> LassoPath:
    """`lasso` at penalties (*B, l), descending, of x (*B, n, p) and y (*B, n).

    XᵀX is computed once, and all penalties are approached together, in products of matrices; those that are not there
    after a few rounds are finished one by one. tol, max_iter: as in `lasso`, at each penalty.

    Raises ValueError where penalties rise, are negative, or anything else is no lasso.
    """
    check_data(x, y)
    check_lanes(penalties, "penalties", x, path=True)
    check_falling(penalties)
    check_loop("cd", tol, max_iter)
    lanes, (n, p), count = y.shape[:-1], x.shape[-2:], penalties.shape[-1]
    data = centre(x, y, intercept)
    flat = data.x.reshape(-1, n, p), data.y.reshape(-1, n), penalties.reshape(-1, count)
    coef, value, reached = path(*flat, tol, max_iter)
    coef = coef.reshape(*lanes, count, p)
    told = (v.reshape(*lanes, count) for v in (value, reached))
    return LassoPath(penalties, coef, intercept_of(data.x_mean, data.y_mean, coef), *told)


def path(x: Tensor, y: Tensor, penalties: Tensor, tol: float | None, max_iter: int) -> tuple[Tensor, Tensor, Tensor]:
    """Coefficients (lane, l, p), gaps (lane, l), and whether they are small enough, of centred data."""
    near = scaled(x, y)
    coef, value, reached = _path(near.x, near.y, near.l1(penalties), tol, max_iter)
    return near.coef(coef), near.gap(value), reached


def _path(x: Tensor, y: Tensor, penalties: Tensor, tol: float | None, max_iter: int) -> tuple[Tensor, Tensor, Tensor]:
    """`path` of data that are not extreme.

    What is not there when all have been approached together starts from there or from the last penalty's solution,
    whichever has the smaller gap.
    """
    n, goal = y.shape[-1], wanted(x, y, tol)
    plain, none = plain_gram(x, y), torch.zeros_like(goal)
    if plain is None:
        coef = torch.zeros_like(penalties).unsqueeze(-1) * x[:, :1]
    else:
        coef = together(plain, n * penalties, n * goal / 2)
    value = gaps(x, y, coef, penalties)
    for k in (~(value <= goal.unsqueeze(-1))).any(0).nonzero().squeeze(-1).tolist():
        alone, start = Penalties(penalties[:, k], none), coef[:, k]
        if k:
            nearer = gaps(x, y, coef[:, k - 1 : k], penalties[:, k : k + 1]) < value[:, k : k + 1]
            start = torch.where(nearer, coef[:, k - 1], start)
        coef[:, k], value[:, k], _ = improved(x, y, plain, alone, goal, start, "fista", max_iter)
    return coef, value, value <= goal.unsqueeze(-1)


def gaps(x: Tensor, y: Tensor, coef: Tensor, penalties: Tensor) -> Tensor:
    """The gap at every penalty (lane, l) of coefficients (lane, l, p), by two products of matrices."""
    n = y.shape[-1]
    residual = y.unsqueeze(1) - coef @ x.mT  # (lane, l, n)
    pull = residual @ x
    s = shrinkage(pull.abs().amax(-1), n * penalties)
    return gap(coef, pull, residual.square().sum(-1), n * penalties, s) / n


def geometric_penalties(
    x: Tensor, y: Tensor, count: int = 100, least: float = 1e-3, *, intercept: bool = False
) -> Tensor:
    """Penalties (*B, count) from λ_max down to least · λ_max in equal ratios, as a path is usually drawn."""
    validation.at_least(count, "count", 1)
    data = centre(x, y, intercept)
    steps = torch.linspace(0, math.log(least), count, dtype=x.dtype, device=x.device).exp()
    return lambda_max(data.x, data.y).unsqueeze(-1) * steps


def check_falling(penalties: Tensor) -> None:
    """Refuse penalties (*B, l) that rise along the path."""
    rise = penalties[..., 1:] > penalties[..., :-1]
    if bool(rise.any()):
        place = rise.nonzero()[0].tolist()
        place[-1] += 1
        got, where = penalties[tuple(place)].item(), place[0] if len(place) == 1 else tuple(place)
        raise ValueError(f"penalties must descend, got the rise to {got!r} at index {where}: sort them downwards")
