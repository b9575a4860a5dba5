"""Costs: from points to a matrix, and what makes a matrix a metric."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor

from impl.core import validation
from impl.transport.problem import check_cost, check_distances, check_numbers, roundoff

Metric = str | Callable[[Tensor, Tensor], Tensor]
METRICS = ("euclidean", "sqeuclidean", "cityblock", "discrete", "minkowski")
TRIANGLE_ROUNDINGS = 8
"""Relative roundings by which a distance may exceed a detour: two for the sum, the rest for computed distances."""


def cost_matrix(
    x: Tensor,
    y: Tensor,
    *,
    metric: Metric = "euclidean",
    p: float = 2.0,
    method: Literal["direct", "gram"] = "direct",
) -> Tensor:
    """C_ij = d(x_i, y_j) from differences: x (..., n, d), y (..., m, d) → C (..., n, m).

    metric: "euclidean"; "sqeuclidean", its square; "cityblock", Σ|x−y|; "discrete", 1 where the points differ;
    "minkowski", (Σ|x−y|^p)^{1/p} with p ≥ 1 (∞ allowed); or your own function of x (..., n, 1, d) and y (..., 1, m, d)
    that broadcasts. Roots are taken of scaled sums, so that no square overflows or vanishes on the way. method "gram"
    takes |x|² + |y|² − 2 x·y: faster in high dimension, and inexact, since far from the origin it cancels.
    Raises ValueError for an unknown metric, p < 1, or points of different dimension.
    """
    _check_points(x, y)
    if method == "gram":
        return _by_gram(x, y, metric)
    rows, columns = x.unsqueeze(-2), y.unsqueeze(-3)  # (..., n, 1, d), (..., 1, m, d)
    if callable(metric):
        return metric(rows, columns)
    if metric == "minkowski":
        metric = _named(p)
    if metric == "discrete":
        return (rows != columns).any(-1).to(torch.promote_types(x.dtype, y.dtype))
    gap = rows - columns  # (..., n, m, d)
    if metric == "sqeuclidean":
        return gap.square().sum(-1)
    if metric == "cityblock":
        return gap.abs().sum(-1)
    if metric == "euclidean":
        return euclidean_norm(gap)
    if metric == "minkowski":
        return _p_norm(gap, p)
    raise ValueError(f"metric must be one of {', '.join(METRICS)} or a function, got {metric!r}")


def _named(p: float) -> str:
    """The metric that a Minkowski exponent stands for. Raises ValueError for p < 1, where the triangle fails."""
    if not p >= 1:
        raise ValueError(f"p must be at least 1, got {p}")
    return {1.0: "cityblock", 2.0: "euclidean"}.get(p, "minkowski")


def _check_points(x: Tensor, y: Tensor) -> None:
    for points, name in ((x, "x"), (y, "y")):
        validation.rank(points, name, 2, "(..., n, d)")
        validation.non_empty(points, name, "(..., n, d)")
        check_numbers(points, name)
    if x.shape[:-2] != y.shape[:-2] or x.shape[-1] != y.shape[-1]:
        expected = f"({', '.join(str(size) for size in (*x.shape[:-2], 'm', x.shape[-1]))})"
        raise ValueError(f"y must have shape {expected} to match x, got {tuple(y.shape)}")


def _floats(gap: Tensor) -> Tensor:
    return gap if gap.is_floating_point() else gap.to(torch.float64)


def euclidean_norm(gap: Tensor) -> Tensor:
    """Lengths √Σ g² over the last axis, safe from overflow and underflow of the squares.

    Where the largest entry is so small or so large that a square could leave the range, all are first multiplied by a
    power of two, which is exact; elsewhere the plain formula stands (Blue 1978 does the same for one vector).
    """
    gap = _floats(gap)
    exponent, small, large = (600, -458, 500) if gap.dtype == torch.float64 else (90, -39, 60)
    size = gap.detach().abs().amax(-1, keepdim=True)
    power = torch.ones_like(size).masked_fill(size < 2.0**small, 2.0**exponent)
    power = power.masked_fill(size > 2.0**large, 2.0**-exponent)
    length: Tensor = torch.linalg.vector_norm(gap * power, dim=-1)
    return length / power.squeeze(-1)


def _p_norm(gap: Tensor, p: float) -> Tensor:
    """(Σ|g|^p)^{1/p}, scaled by the largest entry so that no power leaves the range."""
    gap = _floats(gap)
    size = gap.detach().abs().amax(-1, keepdim=True)
    size = torch.where(size > 0, size, 1)
    length: Tensor = torch.linalg.vector_norm(gap / size, ord=p, dim=-1)
    return length * size.squeeze(-1)


def _by_gram(x: Tensor, y: Tensor, metric: Metric) -> Tensor:
    if metric not in ("euclidean", "sqeuclidean"):
        raise ValueError(f"method gram needs metric euclidean or sqeuclidean, got {metric!r}")
    x, y = _floats(x), _floats(y)
    squares = x.square().sum(-1).unsqueeze(-1) + y.square().sum(-1).unsqueeze(-2)
    found = (squares - 2 * x @ y.mT).clamp_min(0)
    return found if metric == "sqeuclidean" else found.sqrt()


def metric_closure(C: Tensor) -> Tensor:
    """Lengths of shortest paths in the complete graph with arc lengths C (..., n, n) ≥ 0, zero diagonal.

    The largest matrix below C with the triangle inequality (Floyd 1962, Warshall 1962): for each k in turn, C_ij ←
    min(C_ij, C_ik + C_kj). Whole numbers stay whole. Raises ValueError for a negative entry or a non-zero diagonal.
    """
    check_distances(C, "C")
    for k in range(C.shape[-1]):
        C = torch.minimum(C, C[..., :, k : k + 1] + C[..., k : k + 1, :])
    return C


def is_metric(C: Tensor) -> Tensor:
    """Whether C (..., n, n) is a metric: (...,) bool.

    Zero on the diagonal, positive off it, symmetric, and C_ij ≤ (C_ik + C_kj)(1 + 8u) for all i, j, k: the sum rounds
    once, and distances that were computed themselves err by some more roundings, so that collinear points pass.
    For whole numbers below 1/(16u) that is the exact inequality.
    """
    check_cost(C, "C", square=True)
    n = C.shape[-1]
    apart = ~torch.eye(n, dtype=torch.bool, device=C.device)
    slack = 1 + TRIANGLE_ROUNDINGS * roundoff(C)
    good = (((C > 0) == apart) & (C >= 0) & (C.mT == C)).flatten(-2).all(-1)
    for k in range(n):
        detour = C[..., :, k : k + 1] + C[..., k : k + 1, :]
        good = good & ((detour * slack if C.is_floating_point() else detour) >= C).flatten(-2).all(-1)
    return good
