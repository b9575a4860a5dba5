"""Barycentres on the line: quantile functions are averaged, not densities."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from impl.core import validation
from impl.transport.oned import cumulated, gathered, place, promoted
from impl.transport.problem import check_numbers, check_totals, check_weights, roundoff, same_shape


class Barycentre(NamedTuple):
    """A measure on the line: support (..., s), increasing, mass (..., s) ≥ 0 of total 1; mass 0 is padding."""

    support: Tensor
    mass: Tensor


def barycentre_1d(x: Tensor, w: Tensor, t: Tensor) -> Barycentre:
    """The measure ν that minimises Σ_k t_k W_2²(ν, μ_k): its quantile function is Σ_k t_k F_k^{-1}.

    x: (..., k, n) points, w: (..., k, n) weights of equal totals, t: (..., k) ≥ 0 with sum 1 → s = k n atoms, one for
    each level at which some F_k jumps. Source: Agueh & Carlier 2011, section 6; Peyré & Cuturi 2019, section 9.2.

    Raises ValueError for points that are not finite, weights that are no measures or have unequal totals, and t that
    is negative or does not sum to 1.
    """
    _check(x, w, t)
    x, w, t = promoted(x, w, t)
    x, mass = cumulated(gathered(x, w), w)
    total = mass[..., :1, -1:]
    mass = torch.where(mass < mass[..., -1:], mass * (total / mass[..., -1:]), total)  # all end at one level
    level = mass.flatten(-2).sort(dim=-1, stable=True)[0]  # (..., k n)
    each = x.gather(-1, place(mass, level.unsqueeze(-2).expand(*mass.shape[:-1], -1)))  # (..., k, k n)
    width = level.diff(dim=-1, prepend=torch.zeros_like(level[..., :1]))
    return Barycentre((t.unsqueeze(-1) * each).sum(-2), width / total.squeeze(-1))


def _check(x: Tensor, w: Tensor, t: Tensor) -> None:
    validation.rank(x, "x", 2, "(..., k, n)")
    validation.non_empty(x, "x", "(..., k, n)")
    same_shape(w, "w", x.shape, "x")
    same_shape(t, "t", x.shape[:-1], "x")
    check_numbers(x, "x")
    check_weights(w, "w")
    check_weights(t, "t")
    check_totals(w, w[..., :1, :].expand(w.shape), ("w", "its first measure"))
    total = t.sum(-1)
    if not bool(((total - 1).abs() <= 16 * t.shape[-1] * roundoff(t)).all()):
        raise ValueError(f"t must sum to 1, got {total.flatten()[0].item()!r}; divide it by its sum")
