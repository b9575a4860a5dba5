"""Costs, metrics and Lipschitz constants with one classic mistake each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from impl.core.subject import Mutant, mutant
from impl.transport.asked.linear import LINEAR
from impl.transport.costs import cost_matrix
from impl.transport.subject import subject


def linear_mutant(name: str, mistake: str, **formulas: object) -> Mutant:
    """Our transport with some formulas of `Linear` replaced."""
    return mutant(name, mistake, subject("", linear=replace(LINEAR, **formulas)))  # type: ignore[arg-type]


# Costs: x (..., n, d), y (..., m, d), and the names and exponents of the port.


def _gaps(x: Tensor, y: Tensor) -> Tensor:
    return (x.unsqueeze(-2) - y.unsqueeze(-3)).abs()


def _by_gram(x: Tensor, y: Tensor, metric: str, p: float) -> Tensor:
    method = "gram" if metric in ("euclidean", "sqeuclidean") else "direct"
    return cost_matrix(x, y, metric=metric, p=p, method=method)  # type: ignore[arg-type]


def _euclidean(change: Callable[[Tensor], Tensor]) -> dict[str, object]:
    """Another formula, of the differences (..., n, m, d), for the Euclidean distance alone."""

    def cost(x: Tensor, y: Tensor, metric: str, p: float) -> Tensor:
        return change(_gaps(x, y)) if metric == "euclidean" else LINEAR.cost(x, y, metric, p)

    return {"cost": cost}


def _instead(metric: str, change: Callable[[Tensor, Tensor, float], Tensor]) -> dict[str, object]:
    """Another formula, of x, y and p, for one metric."""

    def cost(x: Tensor, y: Tensor, named: str, p: float) -> Tensor:
        return change(x, y, p) if named == metric else LINEAR.cost(x, y, named, p)

    return {"cost": cost}


def _squared_twice(x: Tensor, y: Tensor, p: float) -> Tensor:
    return _gaps(x, y).square().sum(-1).square()


def _two(x: Tensor, y: Tensor, p: float) -> Tensor:
    return LINEAR.cost(x, y, "euclidean", p)


def _no_root(x: Tensor, y: Tensor, p: float) -> Tensor:
    return _gaps(x, y).pow(p).sum(-1)


def _averaged(x: Tensor, y: Tensor, p: float) -> Tensor:
    return LINEAR.cost(x, y, "cityblock", p) / x.shape[-1]


def _counted(x: Tensor, y: Tensor, p: float) -> Tensor:
    return (_gaps(x, y) > 0).sum(-1).to(x.dtype)


def _normalised(x: Tensor, y: Tensor, metric: str, p: float) -> Tensor:
    C = LINEAR.cost(x, y, metric, p)
    largest = C.amax((-2, -1), keepdim=True)
    return C / torch.where(largest > 0, largest, 1)


# Matrices that may be metrics: C (..., n, n).


def _k_innermost(C: Tensor) -> Tensor:
    """Floyd–Warshall whose loop over the middle point runs inside the two others."""
    C = C.clone()
    for i in range(C.shape[-1]):
        for j in range(C.shape[-1]):
            C[..., i, j] = torch.minimum(C[..., i, j], (C[..., i, :] + C[..., :, j]).amin(-1))
    return C


def _one_detour(C: Tensor) -> Tensor:
    """The least of C_ij and C_ik + C_kj over k, once: paths of three arcs and more are missed."""
    return (C.unsqueeze(-1) + C.mT.unsqueeze(-3)).amin(-2)


def _metric_without(check: str) -> dict[str, object]:
    """Looks at the diagonal and at all but one of: symmetry, distances above 0 between points, the triangle."""

    def is_metric(C: Tensor) -> Tensor:
        apart = ~torch.eye(C.shape[-1], dtype=torch.bool, device=C.device)
        checks = {
            "symmetry": C.mT == C,
            "separation": (C > 0) == apart,
            "triangle": LINEAR.closure(C) == C,
        }
        return torch.stack([good for name, good in checks.items() if name != check]).all(0).flatten(-2).all(-1)

    return {"is_metric": is_metric}


def _neighbours_only(f: Tensor, D: Tensor) -> Tensor:
    """The largest slope between consecutive points, in the order in which they come."""
    if f.shape[-1] == 1:
        return LINEAR.lipschitz(f, D)
    rise, along = f.diff(dim=-1).abs(), D.diagonal(offset=1, dim1=-2, dim2=-1)
    return torch.where(rise > 0, rise / along, 0).amax(-1)


def _finite_slopes(f: Tensor, D: Tensor) -> Tensor:
    """Pairs at distance 0 are passed over, whatever f does there."""
    rise = (f.unsqueeze(-1) - f.unsqueeze(-2)).abs()
    return torch.where(D > 0, rise / D, 0).amax((-2, -1))


def _upper(D: Tensor) -> Tensor:
    """D_ij for i ≤ j, on both sides of the diagonal."""
    return D.triu() + D.triu(1).mT


COST_MUTANTS: tuple[Mutant, ...] = (
    # operation `cost`
    linear_mutant(
        "gram-distances", "distances are |x|² + |y|² − 2 x·y, which cancels far from the origin", cost=_by_gram
    ),
    linear_mutant(
        "root-forgotten", "the Euclidean distance is the square", **_euclidean(lambda gap: gap.square().sum(-1))
    ),
    linear_mutant("squared-twice", "the squared distance is squared again", **_instead("sqeuclidean", _squared_twice)),
    linear_mutant(
        "squares-overflow",
        "the Euclidean distance squares its differences as they are, whatever their scale",
        **_euclidean(lambda gap: gap.square().sum(-1).sqrt()),
    ),
    linear_mutant(
        "epsilon-inside-the-norm",
        "1e−6 is added to each difference, so that no point is at distance 0 of itself",
        **_euclidean(lambda gap: (gap + 1e-6).square().sum(-1).sqrt()),
    ),
    linear_mutant(
        "minkowski-exponent-two", "the Minkowski distance ignores p and takes 2", **_instead("minkowski", _two)
    ),
    linear_mutant("minkowski-without-root", "Σ|x − y|^p without the p-th root", **_instead("minkowski", _no_root)),
    linear_mutant("cityblock-averaged", "the mean of |x − y| over the coordinates", **_instead("cityblock", _averaged)),
    linear_mutant(
        "discrete-counts-coordinates", "coordinates that differ are counted", **_instead("discrete", _counted)
    ),
    linear_mutant("cost-divided-by-maximum", "the cost is divided by its largest entry", cost=_normalised),
    # operation `metric`
    linear_mutant("middle-point-innermost", "Floyd–Warshall runs over the middle point last", closure=_k_innermost),
    linear_mutant("closure-of-two-arcs", "only detours over one point are tried", closure=_one_detour),
    linear_mutant("metric-without-triangle", "the triangle inequality is not looked at", **_metric_without("triangle")),
    linear_mutant("metric-without-symmetry", "symmetry is not looked at", **_metric_without("symmetry")),
    linear_mutant(
        "metric-without-separation", "different points may be at distance 0", **_metric_without("separation")
    ),
    # operation `lipschitz`
    linear_mutant(
        "lipschitz-of-neighbours", "slopes are taken between consecutive points only", lipschitz=_neighbours_only
    ),
    linear_mutant("lipschitz-finite", "points at distance 0 are passed over", lipschitz=_finite_slopes),
    linear_mutant(
        "lipschitz-one-way", "only D_ij for i ≤ j is looked at", lipschitz=lambda f, D: LINEAR.lipschitz(f, _upper(D))
    ),
)
