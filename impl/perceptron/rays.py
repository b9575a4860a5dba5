"""The rays in which planes through all but one dimension of the points meet, and which labellings they bound.

Weights that separate a labelling fill an open cone between the planes x_i·w = 0. Each closed cone is spanned by its
rays, and a ray is the normal of r − 1 points in r dimensions. So a labelling is separable exactly where each of its
points is strictly on its side for some ray that has no point on the wrong side: the sum of those rays separates it.
"""

from __future__ import annotations

from itertools import combinations

import torch
from torch import Tensor

LARGEST = 2.0**62


def wedge(rows: Tensor) -> Tensor:
    """The normal of r − 1 rows in r dimensions, 0 where they depend on each other: (*B, r − 1, r) → (*B, r), int64.

    Its entries are the signed minors, built row by row: the minor of a set S of columns is the sum over c in S of
    ± (minor of S without c)·x_c. No division, so nothing is rounded.
    """
    r = rows.shape[-1]
    minors, sets = rows.new_ones((*rows.shape[:-2], 1)), list(combinations(range(r), 0))
    for i in range(r - 1):
        larger = list(combinations(range(r), i + 1))
        place = {columns: p for p, columns in enumerate(sets)}
        without = torch.tensor([[place[s[:j] + s[j + 1 :]] for j in range(i + 1)] for s in larger], device=rows.device)
        signs = torch.tensor([(-1) ** (i - j) for j in range(i + 1)], device=rows.device)
        columns = torch.tensor(larger, device=rows.device)
        minors, sets = (signs * minors[..., without] * rows[..., i, columns]).sum(-1), larger
    return minors.flip(-1) * torch.tensor([(-1) ** j for j in range(r)], device=rows.device)


def rays(points: Tensor) -> Tensor:
    """Signs of the points on all rays, the first that is not 0 positive: (*B, n, r) whole numbers → (*B, m, n), int64.

    The unit vectors join the points, so that there are rays where the points span less than all dimensions; whatever
    is on a side for them does not count. Raises ValueError where int64 does not hold the minors.
    """
    points = points.long()
    n, r = points.shape[-2:]
    greatest = float(points.abs().max())
    if (r * max(greatest, 1.0) ** 2) ** (r / 2) > LARGEST:
        raise ValueError(f"x must be smaller for {r} dimensions: minors of entries up to {greatest:g} exceed int64")
    units = torch.eye(r, dtype=torch.int64, device=points.device).expand(*points.shape[:-2], r, r)
    spanning = torch.cat([points, units], -2)
    chosen = torch.tensor(list(combinations(range(n + r), r - 1)), dtype=torch.int64, device=points.device)
    normals = wedge(spanning[..., chosen, :])  # (*B, m, r)
    signs = (normals.unsqueeze(-2) * points.unsqueeze(-3)).sum(-1).sign()
    first = signs.gather(-1, signs.abs().argmax(-1, keepdim=True))
    return signs * first  # opposite rays are one


def bounded(signs: Tensor, side: Tensor, strict: Tensor) -> Tensor:
    """Which labellings some weights realise: signs (*B, m, n) of rays, side (h, n) of −1 and 1 → (*B, h).

    strict (h, n): the points that must not lie on the plane.
    """
    agreed, length = signs.float() @ side.float().T, signs.abs().sum(-1, keepdim=True)  # (*B, m, h), (*B, m, 1)
    right = (agreed.abs() == length).float()  # a ray or its opposite has no point on the wrong side
    reached = right.mT @ signs.abs().float() > 0  # (*B, h, n)
    return (reached | ~strict).all(-1)
