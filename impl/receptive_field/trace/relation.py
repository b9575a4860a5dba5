"""Exact finite supports: for every position of a map, which input pixels it sees, as a union of products.

Along one axis a relation is a Boolean matrix (positions, pixels). A single path sees the product of its axes'
relations; a sum of branches sees the union of their products, kept as a list of terms. A 1×k branch beside a k×1
branch is two terms, and no product: a cross.
"""

from __future__ import annotations

import torch
from torch import Tensor

from impl.receptive_field.axis_map import AxisMap

Term = tuple[Tensor, ...]
"""One Boolean matrix (positions, pixels) per input axis. An axis that has been summed out has one row."""

MOST_TERMS = 64
FEW_TAPS = 32


def through(layer: AxisMap, relation: Tensor) -> Tensor:
    """The relation above a layer: (n_out, pixels)."""
    table = layer.table()  # (n_out, T), −1 = the row of zeros at the end
    padded = torch.cat([relation, relation.new_zeros((1, relation.shape[1]))])
    if table.shape[1] > FEW_TAPS:
        return padded[table].any(dim=1)
    above = relation.new_zeros((layer.n_out, relation.shape[1]))
    for column in table.unbind(dim=1):
        above |= padded[column]
    return above


def summed(relation: Tensor) -> Tensor:
    """What all positions together see: (1, pixels)."""
    return relation.any(dim=0, keepdim=True)


def pruned(terms: list[Term]) -> tuple[tuple[Term, ...], bool]:
    """The terms without those contained in another, and whether the union is still exact.

    Beyond MOST_TERMS the union is replaced by the product of its axes' unions: the same box, perhaps fuller.
    """
    kept: list[Term] = []
    for term in terms:
        if any(_contains(other, term) for other in kept):
            continue
        kept = [other for other in kept if not _contains(term, other)] + [term]
    if len(kept) <= MOST_TERMS:
        return tuple(kept), True
    joined = []
    for matrices in zip(*kept, strict=True):
        total = matrices[0]
        for matrix in matrices[1:]:
            total = total | matrix
        joined.append(total)
    return (tuple(joined),), False


def _contains(large: Term, small: Term) -> bool:
    return all(a is b or bool((a >= b).all()) for a, b in zip(large, small, strict=True))


def rows(terms: tuple[Term, ...], unit: tuple[int, ...]) -> list[Term]:
    """What one unit sees: each term's row per axis, (pixels,); terms that see nothing are left out."""
    picked = [tuple(m[u if len(m) > 1 else 0] for m, u in zip(term, unit, strict=True)) for term in terms]
    return [term for term in picked if all(bool(row.any()) for row in term)]


def painted(picked: list[Term], pixels: tuple[int, ...]) -> Tensor:
    """The union as one mask over all axes: (pixels of axis 0, pixels of axis 1, …)."""
    mask = torch.zeros(pixels, dtype=torch.bool)
    for term in picked:
        product = torch.ones((), dtype=torch.bool)
        for row in term:
            product = product[..., None] & row
        mask |= product
    return mask
