"""The receptive field of one node of a traced graph."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction

from torch import Tensor

from impl.receptive_field.lattice import Box, hull, region
from impl.receptive_field.rules import RULES, Rules
from impl.receptive_field.trace.relation import painted, rows
from impl.receptive_field.trace.sight import Scope, Sight


@dataclass(frozen=True)
class RFNode:
    """What `unit` of a node sees. unit: one position for each input axis, 0 along axes that have been summed out."""

    name: str
    op: str
    unit: tuple[int, ...]
    sight: Sight = field(repr=False)
    rules: Rules = field(default=RULES, repr=False)

    @property
    def units(self) -> tuple[int, ...]:
        """Number of units along each input axis."""
        return tuple(self.sight.extent(axis) for axis in range(len(self.unit)))

    @property
    def pixels(self) -> tuple[int, ...]:
        """Number of input pixels along each axis."""
        return tuple(m.shape[1] for m in self.sight.terms[0])

    def at(self, unit: tuple[int, ...]) -> RFNode:
        """The same node asked about another unit. Raises ValueError for one outside the map."""
        if len(unit) != len(self.units) or not all(0 <= u < n for u, n in zip(unit, self.units, strict=True)):
            raise ValueError(f"node {self.name!r}: unit must lie inside {self.units}, got {unit}")
        return replace(self, unit=unit)

    @property
    def box(self) -> tuple[Box, ...] | None:
        """First and last pixel truly seen along each axis, both inclusive; None if the unit sees only padding."""
        seen = rows(self.sight.terms, self.unit)
        boxes = [hull([_extent(term[axis]) for term in seen]) for axis in range(len(self.unit))]
        return tuple(b for b in boxes if b is not None) if seen else None

    @property
    def region(self) -> tuple[Box | None, ...]:
        """The same as if the input had no end; None along an axis that is mixed as a whole or follows no pattern."""
        grid = zip(self.sight.lattice, self.unit, strict=True)
        return tuple(region(lattice, u, self.rules.branches) for lattice, u in grid)

    @property
    def size(self) -> tuple[int | None, ...]:
        """Receptive field size r along each axis, None where `region` is."""
        return tuple(None if box is None else box[1] - box[0] + 1 for box in self.region)

    @property
    def strides(self) -> tuple[frozenset[Fraction], ...]:
        """Total strides of the paths, in input pixels per unit; with more than one the size depends on the unit."""
        return tuple(frozenset(box.stride for box in lattice) for lattice in self.sight.lattice)

    @property
    def stride(self) -> tuple[Fraction | None, ...]:
        """The total stride, where there is only one."""
        return tuple(next(iter(found)) if len(found) == 1 else None for found in self.strides)

    @property
    def padding(self) -> tuple[int | None, ...]:
        """Effective left padding P, so that unit u starts at u·stride − P; None where it depends on the unit."""
        single = [x[0] if len(x) == 1 and x[0].period == 1 else None for x in self.sight.lattice]
        starts = [x.at(0) if x is not None else None for x in single]
        return tuple(None if box is None else -box[0] for box in starts)

    @property
    def aligned(self) -> bool:
        """Whether all branches below met with equal strides and equal centres."""
        return self.sight.aligned

    @property
    def scope(self) -> Scope:
        """local: a region; global: the whole sample; batch: other samples as well."""
        return self.sight.scope

    @property
    def filled(self) -> bool:
        """Whether every pixel of `region` inside the input (of `box`, where there is no region) is truly seen."""
        seen, box = rows(self.sight.terms, self.unit), self.box
        if box is None or not self.sight.exact:
            return False
        wanted = [
            slice(b[0], b[1] + 1) if r is None else slice(max(r[0], 0), min(r[1], n - 1) + 1)
            for b, r, n in zip(box, self.region, self.pixels, strict=True)
        ]
        if any(all(bool(row[w].all()) for row, w in zip(term, wanted, strict=True)) for term in seen):
            return True
        return len(seen) > 1 and bool(painted(seen, self.pixels)[tuple(wanted)].all())

    def mask(self) -> Tensor:
        """The exact support over all axes of the input, bool."""
        return painted(rows(self.sight.terms, self.unit), self.pixels)


def _extent(row: Tensor) -> Box:
    seen = row.nonzero()
    return int(seen[0]), int(seen[-1])
