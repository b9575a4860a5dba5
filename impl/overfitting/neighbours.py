"""Nearest neighbours over lanes."""

from __future__ import annotations

import torch
from torch import Tensor

from impl.core import validation
from impl.overfitting.fitting_checks import check_design


def distances(x: Tensor, query: Tensor) -> Tensor:
    """Squared Euclidean distances, up to one factor a lane: x (*B, n, d), query (*B, m, d) → (*B, m, n).

    Differences come first: ‖x‖² + ‖q‖² − 2 x·q loses all digits where points are close and far from the origin. They
    are divided by a power of two, so that no square leaves the range, and whole numbers stay exact.
    """
    away = query.unsqueeze(-2) - x.unsqueeze(-3)
    exponent = torch.frexp(away.abs().amax((-3, -2, -1), keepdim=True)).exponent
    away = torch.ldexp(away, -exponent)
    return (away * away).sum(-1)


def nearest(apart: Tensor, neighbours: int) -> Tensor:
    """The rows of least distance, nearer ones first and lower indices first among equals: (*B, m, n) → (*B, m, k)."""
    return apart.argsort(dim=-1, stable=True)[..., :neighbours]


def majority(labels: Tensor) -> Tensor:
    """The most frequent label on the last axis, the lowest of equals: (*B, k) → (*B)."""
    votes = (labels.unsqueeze(-1) == labels.unsqueeze(-2)).sum(-1)
    leading = votes == votes.amax(-1, keepdim=True)
    most = torch.iinfo(labels.dtype).max if not labels.is_floating_point() else torch.inf
    return labels.masked_fill(~leading, most).amin(-1)


def check_neighbours(x: Tensor, y: Tensor, query: Tensor, neighbours: int) -> None:
    """Raise ValueError, naming what is wrong: x (*B, n, d), y (*B, n) labels, query (*B, m, d), 1 ≤ neighbours ≤ n."""
    check_design(x)
    check_design(query, "query")
    validation.same_length(x, "x", y, "y")
    if query.shape[:-2] != x.shape[:-2] or query.shape[-1] != x.shape[-1]:
        want = (*x.shape[:-2], query.shape[-2], x.shape[-1])
        raise ValueError(f"query must have shape {want} to match x, got {tuple(query.shape)}")
    validation.at_least(neighbours, "neighbours", 1)
    if neighbours > x.shape[-2]:
        raise ValueError(f"neighbours must be at most the number of rows {x.shape[-2]}, got {neighbours}")
