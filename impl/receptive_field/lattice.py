"""The receptive field of an unbounded map: boxes that repeat from unit to unit, one set for each total stride.

Far from any border, the box of unit φ + m·period is boxes[φ] + m·advance. Size, stride and effective padding, the
numbers that are published for a network, are read from here; they do not depend on the input size.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from impl.receptive_field.axis_map import AxisMap

Box = tuple[int, int]
LONGEST_PERIOD = 4096


@dataclass(frozen=True)
class PeriodicBox:
    """boxes: for each phase its (first, last) pixel, both inclusive, None where the unit sees nothing."""

    period: int
    advance: int
    boxes: tuple[Box | None, ...]

    @property
    def stride(self) -> Fraction:
        """Input pixels per unit."""
        return Fraction(self.advance, self.period)

    def at(self, unit: int) -> Box | None:
        """The box of one unit."""
        box, shift = self.boxes[unit % self.period], unit // self.period * self.advance
        return None if box is None else (box[0] + shift, box[1] + shift)

    def stretched(self, period: int) -> PeriodicBox:
        """The same boxes written with a multiple of the period."""
        boxes = tuple(self.at(unit) for unit in range(period))
        return PeriodicBox(period, self.advance * (period // self.period), boxes)


PIXEL = PeriodicBox(1, 1, ((0, 0),))

Lattice = tuple[PeriodicBox, ...]
"""One periodic box for each total stride found among the paths; () where the map is global or irregular."""


def hull(boxes: Sequence[Box | None]) -> Box | None:
    """The smallest box around some boxes, None around nothing."""
    seen = [box for box in boxes if box is not None]
    return (min(b[0] for b in seen), max(b[1] for b in seen)) if seen else None


def through(layer: AxisMap, below: Lattice) -> Lattice:
    """The lattice above a layer; () where its period grows beyond all use."""
    above = []
    for box in below:
        factor = box.period // math.gcd(box.period, layer.advance)
        period = layer.period * factor
        if period > LONGEST_PERIOD:
            return ()
        boxes = tuple(hull([box.at(tap) for tap in _taps(layer, unit)]) for unit in range(period))
        advance = box.advance * (layer.advance * factor // box.period)
        above.append(PeriodicBox(period, advance, boxes))
    return _merged_by_stride(above)


def _taps(layer: AxisMap, unit: int) -> list[int]:
    shift = unit // layer.period * layer.advance
    return [tap + shift for tap in layer.taps[unit % layer.period]]


Join = Callable[[Sequence["Box | None"]], "Box | None"]


def union(lattices: list[Lattice], join: Join = hull) -> Lattice:
    """The lattice of a sum of branches: hulls of the branches of equal stride; () if any branch is irregular."""
    if any(lattice == () for lattice in lattices):
        return ()
    return _merged_by_stride([box for lattice in lattices for box in lattice], join)


def _merged_by_stride(boxes: list[PeriodicBox], join: Join = hull) -> Lattice:
    merged: dict[Fraction, PeriodicBox] = {}
    for box in boxes:
        other = merged.get(box.stride)
        if other is None or other == box:
            merged[box.stride] = box
            continue
        period = math.lcm(box.period, other.period)
        if period > LONGEST_PERIOD:
            return ()
        a, b = box.stretched(period), other.stretched(period)
        pairs = [join([left, right]) for left, right in zip(a.boxes, b.boxes, strict=True)]
        merged[box.stride] = PeriodicBox(period, a.advance, tuple(pairs))
    return tuple(merged[stride] for stride in sorted(merged))


def aligned(lattices: list[Lattice]) -> bool:
    """Whether all branches have one stride and equal centres (Araujo, Norris & Sim 2019, alignment criteria)."""
    if any(len(lattice) != 1 for lattice in lattices):
        return False
    boxes = [lattice[0] for lattice in lattices]
    if len({box.stride for box in boxes}) != 1:
        return False
    period = math.lcm(*(box.period for box in boxes))
    if period > LONGEST_PERIOD:
        return False
    centres = {tuple(b and sum(b) for b in box.stretched(period).boxes) for box in boxes}
    return len(centres) == 1


def region(lattice: Lattice, unit: int, join: Join = hull) -> Box | None:
    """The unclipped box of one unit over all strides, None for a global or irregular map."""
    return join([box.at(unit) for box in lattice])
