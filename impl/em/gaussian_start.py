"""Rows to start from: k-means++ and distinct rows at random."""

from __future__ import annotations

import torch
from torch import Tensor

from impl.core import random

STARTS = ("k-means++", "random")


def seeds(x: Tensor, components: int, method: str, source: torch.Generator, weight: Tensor | None = None) -> Tensor:
    """Indices (*B, components) of the rows of x (*B, n, d) that start a mixture, lanes being drawn independently.

    weight (*B, n): how often a row counts, None for once; a row of weight 0 is never drawn. Raises ValueError for more
    components than rows.
    """
    if components > x.shape[-2]:
        raise ValueError(f"components must be at most the number of rows, {x.shape[-2]}, got {components}")
    w = torch.ones_like(x[..., 0]) if weight is None else weight
    return (plus_plus if method == "k-means++" else distinct)(x, components, source, w)


def plus_plus(x: Tensor, components: int, source: torch.Generator, weight: Tensor) -> Tensor:
    """k-means++: each centre with probability ∝ w D², D the distance to the nearest centre so far; the first ∝ w.

    One draw for each centre; where every D is 0, ∝ w again. Source: Arthur & Vassilvitskii 2007, section 2.2.
    """
    levels = random.uniform((components, *weight.shape[:-1]), source, x)
    chosen = [drawn(weight, levels[0].unsqueeze(-1))]  # each (*B, 1)
    nearest = torch.full_like(weight, torch.inf)
    for level in levels[1:]:
        centre = x.gather(-2, chosen[-1].unsqueeze(-1).expand(*weight.shape[:-1], 1, x.shape[-1]))
        nearest = torch.minimum(nearest, (x - centre).square().sum(-1))
        mass = weight * nearest
        chosen.append(drawn(torch.where((mass > 0).any(-1, keepdim=True), mass, weight), level.unsqueeze(-1)))
    return torch.cat(chosen, -1)


def distinct(x: Tensor, components: int, source: torch.Generator, weight: Tensor) -> Tensor:
    """Distinct rows, one after another with probability ∝ w among those that are left.

    The largest keys U^(1/w) come in that order. Source: Efraimidis & Spirakis 2006, section 2.
    """
    keys = random.uniform(tuple(weight.shape), source, x).log() / weight
    order = torch.where(weight > 0, keys, -torch.inf).sort(dim=-1, descending=True, stable=True).indices
    return order[..., :components]


def drawn(mass: Tensor, levels: Tensor) -> Tensor:
    """Where the cumulative mass (*B, n) passes level · total: (*B, m) for levels (*B, m) in [0, 1); never at mass 0."""
    cumulative = torch.where(mass > 0, mass.cumsum(-1), 0).cummax(-1).values
    total = cumulative[..., -1:]
    below = torch.minimum(levels * total, total * (1 - torch.finfo(mass.dtype).eps))
    return torch.searchsorted(cumulative.contiguous(), below.contiguous(), right=True)
