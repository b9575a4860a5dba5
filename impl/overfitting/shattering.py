"""Which subsets of points a family of sets cuts out, by trying every set that could differ."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import torch
from torch import Tensor

from impl.overfitting.fitting_checks import check_numbers

MOST_POINTS = 8
"""More points than this have too many subsets to try."""


def rays(points: Tensor) -> Tensor:
    """{x ≥ a}: a candidate for each point; points (*B, n, 1) → masks (*B, c, n)."""
    x = points[..., 0]
    return x.unsqueeze(-2) >= x.unsqueeze(-1)


def two_sided_rays(points: Tensor) -> Tensor:
    """{x ≥ a} and {x ≤ a}: points (*B, n, 1) → masks (*B, c, n)."""
    return torch.cat([rays(points), rays(-points)], -2)


def intervals(points: Tensor) -> Tensor:
    """{a ≤ x ≤ b}: points (*B, n, 1) → masks (*B, c, n)."""
    return _pairs(rays(points), rays(-points))


def _pairs(first: Tensor, second: Tensor) -> Tensor:
    """Every intersection of one mask of each: (*B, c, n), (*B, e, n) → (*B, c·e, n)."""
    return (first.unsqueeze(-2) & second.unsqueeze(-3)).flatten(-3, -2)


def rectangles(points: Tensor) -> Tensor:
    """[a, b] × [c, e]: points (*B, n, 2) → masks (*B, c, n)."""
    return _pairs(intervals(points[..., :1]), intervals(points[..., 1:]))


def half_planes(points: Tensor) -> Tensor:
    """{w·x ≥ c}: points (*B, n, 2) → masks (*B, c, n); exact where products of differences are.

    Turning w through all directions changes the order of the points along it only where w is normal to a line through
    two of them. So every order is had by sorting along the normal, and points of equal height along the line itself, to
    either side. Each cut of an order between two points that differ is a dichotomy.
    """
    away = points.unsqueeze(-2) - points.unsqueeze(-3)  # [j, i] = p_j − p_i: (*B, n, n, 2)
    line = away.flatten(-3, -2)  # (*B, n², 2)
    moved = points.unsqueeze(-3) - points.repeat_interleave(points.shape[-2], dim=-2).unsqueeze(-2)  # (*B, n², n, 2)
    height = line[..., :1] * moved[..., 1] - line[..., 1:] * moved[..., 0]
    along = (line.unsqueeze(-2) * moved).sum(-1)
    real = (line != 0).any(-1)
    masks = [_prefixes(height, side * along, real) for side in (1, -1)]
    every = torch.cat(masks, -2)
    return torch.cat([every, ~every], -2)


def _prefixes(height: Tensor, along: Tensor, real: Tensor) -> Tensor:
    """What lies below each point in the order by height, then along: (*B, c, n) → (*B, c·n, n).

    Points of equal height and place, which are one point, fall on one side together. Where the line is none, the mask
    is of all points.
    """
    below = height.unsqueeze(-2) < height.unsqueeze(-1)
    level = height.unsqueeze(-2) == height.unsqueeze(-1)
    before = below | (level & (along.unsqueeze(-2) < along.unsqueeze(-1)))  # [i, j]: j lies before i
    return (before | ~real[..., None, None]).flatten(-3, -2)


def convex_sets(points: Tensor) -> Tensor:
    """Convex hulls of subsets: points (*B, n, 2) → masks (*B, 2^n, n), the hull's points of every subset.

    A subset is cut out by a convex set ⟺ its hull holds no other point ⟺ no triangle of its points, which may be a
    segment or a point, holds one (Carathéodory 1907). A subset that is none stands here with the points that its hull
    adds.
    """
    n = points.shape[-2]
    index = torch.arange(n, device=points.device)
    corners = torch.cartesian_prod(index, index, index)  # (n³, 3)
    held = _in_triangles(points, corners)  # (*B, n³, n)
    subsets = (torch.arange(2**n, device=points.device).unsqueeze(-1) >> index) & 1 == 1  # (2^n, n)
    inside = subsets[:, corners].all(-1).to(torch.float32)  # (2^n, n³)
    return inside @ held.to(torch.float32) > 0


def _in_triangles(points: Tensor, corners: Tensor) -> Tensor:
    """Whether each closed triangle holds each point, degenerate ones too: (*B, n, 2), (c, 3) → (*B, c, n)."""
    a, b, c = (points[..., corners[:, i], :].unsqueeze(-2) for i in range(3))  # (*B, c, 1, 2)
    p = points.unsqueeze(-3)
    turns = torch.stack([_cross(b - a, p - a), _cross(c - b, p - b), _cross(a - c, p - c)], -1)
    low, high = torch.minimum(torch.minimum(a, b), c), torch.maximum(torch.maximum(a, b), c)
    boxed = ((low <= p) & (p <= high)).all(-1)
    return ((turns >= 0).all(-1) | (turns <= 0).all(-1)) & boxed


def _cross(u: Tensor, v: Tensor) -> Tensor:
    return u[..., 0] * v[..., 1] - u[..., 1] * v[..., 0]


TRIED: Mapping[str, Callable[[Tensor], Tensor]] = MappingProxyType(
    {
        "rays": rays,
        "two-sided-rays": two_sided_rays,
        "intervals": intervals,
        "half-planes": half_planes,
        "rectangles": rectangles,
        "convex-sets": convex_sets,
    }
)


def distinct(masks: Tensor) -> Tensor:
    """How many different subsets there are, the empty one included: masks (*B, c, n) → (*B)."""
    weight = 2 ** torch.arange(masks.shape[-1], device=masks.device)
    code = torch.nn.functional.pad((masks * weight).sum(-1), (0, 1)).sort(-1).values
    return 1 + (code[..., 1:] != code[..., :-1]).sum(-1)


def dichotomies(points: Tensor, family: str) -> Tensor:
    """How many subsets of the points the family cuts out: (*B).

    points: (*B, n, 1) on a line or (*B, n, 2) in the plane, as the family is. Exact on whole numbers.

    Raises ValueError for more than 8 points, and for another family.
    """
    check_points(points, family)
    return distinct(TRIED[family](points))


def check_points(points: Tensor, family: str) -> None:
    """Raise ValueError, naming what is wrong; see `dichotomies`."""
    if family not in TRIED:
        raise ValueError(f"family must be one of {', '.join(TRIED)}, got {family!r}")
    check_numbers(points, "points", 2, "(..., n, d)")
    axes = 1 if family in ("rays", "two-sided-rays", "intervals") else 2
    if points.shape[-1] != axes:
        raise ValueError(f"points must have {axes} coordinates for {family}, got {points.shape[-1]}")
    if points.shape[-2] > MOST_POINTS:
        raise ValueError(f"points must be at most {MOST_POINTS}, got {points.shape[-2]}: too many subsets to try")
