"""What every position of a tensor sees of the traced input, and how operations on tensors change it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor

from impl.receptive_field import lattice as lattices
from impl.receptive_field.axis_map import AxisMap
from impl.receptive_field.lattice import Join, Lattice
from impl.receptive_field.trace import relation as relations
from impl.receptive_field.trace.relation import Term

Scope = Literal["local", "global", "batch"]
SCOPES: tuple[Scope, ...] = ("local", "global", "batch")
Dims = tuple[tuple[int, ...], ...]


class TornAxisError(ValueError):
    """Two operands carry one input axis in different places."""


@dataclass(frozen=True)
class Sight:
    """dims: for each dimension of the tensor the input axes it carries: () batch, channels; (0,) height; (0, 1) tokens.

    terms: exact supports, see `relation`. lattice: per axis, see `lattice`. aligned: whether all branches met so far
    agreed in stride and centre. exact: whether the union of terms is no larger than the true support.
    """

    dims: Dims
    terms: tuple[Term, ...]
    lattice: tuple[Lattice, ...]
    aligned: bool = True
    exact: bool = True
    scope: Scope = "local"

    @property
    def carried(self) -> frozenset[int]:
        """Axes along which the tensor still has positions."""
        return frozenset(axis for dim in self.dims for axis in dim)

    def extent(self, axis: int) -> int:
        """Number of positions along an axis, 1 once it has been summed out."""
        return len(self.terms[0][axis])


def pixels(shape: Sequence[int]) -> Sight:
    """The input itself, (batch, channels, *space): every pixel sees itself."""
    space = tuple(shape[2:])
    term = tuple(torch.eye(n, dtype=torch.bool) for n in space)
    dims: Dims = ((), (), *((axis,) for axis in range(len(space))))
    return Sight(dims, (term,), tuple((lattices.PIXEL,) for _ in space))


def local(sight: Sight, maps: dict[int, AxisMap]) -> Sight:
    """The sight after a layer with one pattern per axis."""
    terms = [
        tuple(relations.through(maps[a], m) if a in maps else m for a, m in enumerate(term)) for term in sight.terms
    ]
    grid = tuple(lattices.through(maps[a], x) if a in maps else x for a, x in enumerate(sight.lattice))
    kept, exact = relations.pruned(terms)
    return replace(sight, terms=kept, lattice=grid, exact=sight.exact and exact)


def collapsed(sight: Sight, axes: frozenset[int]) -> Sight:
    """The sight after summing over all positions of some axes; no dimension carries them any more."""
    if not axes:
        return sight
    mixes = any(sight.extent(axis) > 1 for axis in axes)
    terms = [tuple(relations.summed(m) if a in axes else m for a, m in enumerate(term)) for term in sight.terms]
    grid = tuple(() if a in axes and sight.extent(a) > 1 else x for a, x in enumerate(sight.lattice))
    dims = tuple(tuple(a for a in dim if a not in axes) for dim in sight.dims)
    kept, exact = relations.pruned(terms)
    scope = wider(sight.scope, "global") if mixes else sight.scope
    return replace(sight, dims=dims, terms=kept, lattice=grid, exact=sight.exact and exact, scope=scope)


def spread(sight: Sight, axes: frozenset[int], scope: Scope = "global") -> Sight:
    """The sight after mixing all positions of some axes with each other, as a norm or an attention does."""
    total = collapsed(sight, axes)
    extents = {axis: sight.extent(axis) for axis in axes}
    terms = tuple(
        tuple(m.expand(extents[a], -1) if a in axes else m for a, m in enumerate(term)) for term in total.terms
    )
    reach = scope if scope == "batch" or any(n > 1 for n in extents.values()) else sight.scope
    return replace(total, dims=sight.dims, terms=terms, scope=wider(sight.scope, reach))


def wider(a: Scope, b: Scope) -> Scope:
    """The larger of two scopes."""
    return SCOPES[max(SCOPES.index(a), SCOPES.index(b))]


def broadcast(sight: Sight, rank: int) -> Sight:
    """The same sight with dimensions of size 1 put in front, as arithmetic does."""
    return replace(sight, dims=((),) * (rank - len(sight.dims)) + sight.dims)


def merged(sights: Sequence[Sight], join: Join = lattices.hull, sum_torn: bool = False) -> Sight:
    """The sight of a sum, product or channel concatenation of tensors that see the same input.

    An axis that two tensors carry in different dimensions (rows and columns of attention scores) has no position left
    to name it: with sum_torn it is summed out. Raises TornAxisError otherwise.
    """
    rank = max(len(s.dims) for s in sights)
    placed = [broadcast(s, rank) for s in sights]
    torn = _torn(placed)
    if torn and not sum_torn:
        raise TornAxisError(f"its operands carry axis {min(torn)} of the input in different dimensions")
    placed = [collapsed(s, torn) for s in placed]
    dims = tuple(max((s.dims[i] for s in placed), key=len) for i in range(rank))
    extents = [max(s.extent(axis) for s in placed) for axis in range(len(placed[0].lattice))]
    kept, exact = relations.pruned([_expanded(term, extents) for s in placed for term in s.terms])
    columns = [[s.lattice[axis] if s.extent(axis) == n else () for s in placed] for axis, n in enumerate(extents)]
    scope = SCOPES[max(SCOPES.index(s.scope) for s in placed)]
    aligned = all(lattices.aligned(column) for column in columns) or scope != "local"
    return Sight(
        dims,
        kept,
        tuple(lattices.union(column, join) for column in columns),
        aligned and all(s.aligned for s in placed),
        exact and all(s.exact for s in placed),
        scope,
    )


def _torn(placed: Sequence[Sight]) -> frozenset[int]:
    places: dict[int, set[tuple[int, tuple[int, ...]]]] = {}
    for s in placed:
        for axis in s.carried:
            places.setdefault(axis, set()).add(_place(s.dims, axis))
    return frozenset(axis for axis, found in places.items() if len(found) > 1)


def _place(dims: Dims, axis: int) -> tuple[int, tuple[int, ...]]:
    index = next(i for i, dim in enumerate(dims) if axis in dim)
    return index - len(dims), dims[index]


def _expanded(term: Term, extents: list[int]) -> Term:
    return tuple(m if len(m) == n else m.expand(n, -1) for m, n in zip(term, extents, strict=True))


def joined(sights: Sequence[Sight], dim: int) -> Sight:
    """The sight of a concatenation along a dimension that carries one axis: the positions follow each other."""
    axis = sights[0].dims[dim][0]
    lengths = [s.extent(axis) for s in sights]
    terms, offset = [], 0
    for s, length in zip(sights, lengths, strict=True):
        for term in s.terms:
            block = torch.zeros((sum(lengths), term[axis].shape[1]), dtype=torch.bool)
            block[offset : offset + length] = term[axis]
            terms.append((*term[:axis], block, *term[axis + 1 :]))
        offset += length
    kept, exact = relations.pruned(terms)
    grid = tuple(
        () if a == axis else lattices.union([s.lattice[a] for s in sights]) for a in range(len(sights[0].lattice))
    )
    scope = SCOPES[max(SCOPES.index(s.scope) for s in sights)]
    return Sight(sights[0].dims, kept, grid, False, exact and all(s.exact for s in sights), scope)


def selected(sight: Sight, axis: int, position: int) -> Sight:
    """The sight of one position along an axis, which is then carried no more."""
    terms = [tuple(m[position : position + 1] if a == axis else m for a, m in enumerate(t)) for t in sight.terms]
    dims = tuple(tuple(a for a in dim if a != axis) for dim in sight.dims)
    kept, exact = relations.pruned(terms)
    grid = tuple(() if a == axis else x for a, x in enumerate(sight.lattice))
    return replace(sight, dims=dims, terms=kept, lattice=grid, exact=sight.exact and exact)


def permuted(sight: Sight, axis: int, order: Tensor) -> Sight:
    """The sight after position v along an axis reads position order[v]."""
    terms = tuple(tuple(m[order] if a == axis else m for a, m in enumerate(term)) for term in sight.terms)
    grid = tuple(() if a == axis else x for a, x in enumerate(sight.lattice))
    return replace(sight, terms=terms, lattice=grid)
