"""Brute force: index sets walked down layer by layer, windows counted one by one, paths counted one by one.

Nothing here knows the recurrences for size, jump or padding: a set of positions on a map is replaced by the set of
positions on the map below that its windows read, v ↦ {v s − p + d a : 0 ≤ a < k} (Araujo et al. 2019, section "Single-
path networks"), and sizes, boxes and centres are read off the set. All lanes at once, whole numbers only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

FAR = 2**40
"""Beyond every position: the hull of an empty set is (FAR, −FAR)."""


@dataclass(frozen=True)
class Sites:
    """Positions on a map, of all lanes together: lane (m,), place (m, D), each once.

    paths (m,): ways from each to the unit, modulo 2⁶⁴; read them of small stacks only.
    """

    lane: Ints
    place: Ints
    paths: Ints
    lanes: int

    def hull(self) -> Ints:
        """First and last position along each axis: (lane, D, 2)."""
        first = np.full((self.lanes, self.place.shape[1]), FAR)
        last = np.full_like(first, -FAR)
        np.minimum.at(first, self.lane, self.place)
        np.maximum.at(last, self.lane, self.place)
        return np.stack([first, last], axis=-1)

    def mask(self, *shape: int) -> Mask:
        """Which pixels of a map of that shape are in the set: (lane, *shape). Positions outside are left out."""
        return self._table(np.zeros((self.lanes, *shape), dtype=bool), np.ones(len(self.lane), dtype=bool))

    def counts(self, *shape: int) -> Ints:
        """Paths from each pixel of a map of that shape to the unit: (lane, *shape)."""
        return self._table(np.zeros((self.lanes, *shape), dtype=np.int64), self.paths)

    def size(self) -> Ints:
        """How many positions each lane has: (lane,)."""
        return np.bincount(self.lane, minlength=self.lanes)

    def _table(self, empty: NDArray[Any], values: NDArray[Any]) -> NDArray[Any]:
        inside = ((self.place >= 0) & (self.place < empty.shape[1:])).all(axis=1)
        empty[(self.lane[inside], *self.place[inside].T)] = values[inside]
        return empty

    def merged(self) -> Sites:
        """The same set with every position once, its paths added up."""
        if len(self.lane) == 0:
            return self
        low = self.place.min(axis=0)
        spans = (self.lanes, *(self.place.max(axis=0) - low + 1))
        key = np.ravel_multi_index((self.lane, *(self.place - low).T), spans)
        kept, slot = np.unique(key, return_inverse=True)
        paths = np.zeros(len(kept), dtype=np.int64)
        np.add.at(paths, slot, self.paths)
        lane, *place = np.unravel_index(kept, spans)
        return Sites(lane.astype(np.int64), np.stack(place, axis=1) + low, paths, self.lanes)


def units(place: ArrayLike) -> Sites:
    """One unit in each lane. place: (lane,) on a line or (lane, D)."""
    at = np.asarray(place, dtype=np.int64)
    at = at if at.ndim == 2 else at[:, None]
    return Sites(np.arange(len(at)), at, np.ones(len(at), dtype=np.int64), len(at))


def union(parts: Sequence[Sites]) -> Sites:
    """All positions of sets over the same lanes; paths add up."""
    return Sites(
        np.concatenate([part.lane for part in parts]),
        np.concatenate([part.place for part in parts]),
        np.concatenate([part.paths for part in parts]),
        parts[0].lanes,
    ).merged()


def below(sites: Sites, kernel: Ints, stride: Ints, dilation: Ints, before: Ints, length: Ints | None = None) -> Sites:
    """The positions that the windows of `sites` read on the map below: v ↦ {v s − p + d a}, a < k along each axis.

    kernel, stride, dilation, before: (lane, D). length (lane, D): positions outside the map below are dropped.
    """
    reach = range(int(kernel.max(initial=1)))
    taps = np.stack(np.meshgrid(*[reach] * sites.place.shape[1], indexing="ij"), axis=-1)
    taps = taps.reshape(-1, sites.place.shape[1])  # (tap, D)
    k, s, d, p = (v[sites.lane][:, None] for v in (kernel, stride, dilation, before))  # (m, 1, D)
    place = sites.place[:, None] * s - p + d * taps  # (m, tap, D)
    keep = (taps < k).all(axis=-1)
    if length is not None:
        keep &= ((place >= 0) & (place < length[sites.lane][:, None])).all(axis=-1)
    tap_lane, tap_paths = (np.broadcast_to(v[:, None], keep.shape)[keep] for v in (sites.lane, sites.paths))
    return Sites(tap_lane, place[keep], tap_paths, sites.lanes).merged()


def walk(
    unit: ArrayLike,
    kernel: Ints,
    stride: Ints,
    dilation: Ints,
    before: Ints,
    lengths: Ints | None = None,
) -> list[Sites]:
    """The sets of one unit on every map, input first. kernel …: (lane, L) or (lane, L, D).

    lengths (lane, L+1) or (lane, L+1, D): clip at every map; without it nothing is clipped.
    """
    sites = [units(unit)]
    axes = sites[0].place.shape[1]
    k, s, d, p = (v.reshape(*v.shape[:2], axes) for v in (kernel, stride, dilation, before))
    size = None if lengths is None else lengths.reshape(*lengths.shape[:2], axes)
    for layer in reversed(range(k.shape[1])):
        clip = None if size is None else size[:, layer]
        sites.append(below(sites[-1], k[:, layer], s[:, layer], d[:, layer], p[:, layer], clip))
    return sites[::-1]


def windows(n: ArrayLike, kernel: Ints, stride: Ints, dilation: Ints, padding: Ints) -> Ints:
    """How many windows fit on maps of length n, by trying every start: (lane,). padding: before + after."""
    room = np.asarray(n) + padding
    start = np.arange(int(room.max(initial=0)) + 1) * stride[:, None]
    fits = start + dilation[:, None] * (kernel[:, None] - 1) < room[:, None]
    return np.asarray(np.where(np.asarray(n) > 0, fits.sum(axis=1), 0))


def lengths(n: Ints, kernel: Ints, stride: Ints, dilation: Ints, padding: Ints) -> Ints:
    """Length of every map, (lane, L+1), 0 from the first empty one on. kernel …: (lane, L); padding (lane, L, 2)."""
    maps = [n]
    for layer in range(kernel.shape[1]):
        both = padding[:, layer].sum(axis=1)
        maps.append(windows(maps[-1], kernel[:, layer], stride[:, layer], dilation[:, layer], both))
    return np.stack(maps, axis=1)


def transposed_length(n: Ints, kernel: Ints, stride: Ints, dilation: Ints, padding: Ints, extra: Ints) -> Ints:
    """Length of a transposed convolution's map: every position written, cut by p on both sides, plus the extra."""
    last_written = (n - 1) * stride + dilation * (kernel - 1)
    return np.where(n > 0, np.maximum(last_written + 1 - 2 * padding + extra, 0), 0)


def ceil_length(n: Ints, kernel: Ints, stride: Ints, dilation: Ints, padding: Ints) -> Ints:
    """Windows of a pool with ceil mode, by trying every start: one may hang over the end but must start before it."""
    room = n + 2 * padding
    start = np.arange(int(room.max(initial=0)) + 1) * stride[:, None]
    reaches = start - (stride[:, None] - 1) + dilation[:, None] * (kernel[:, None] - 1) < room[:, None]
    return np.where(n > 0, (reaches & (start < (n + padding)[:, None])).sum(axis=1), 0)


def read_by(kind: str, unit: Ints, n: Ints, width: int, **layer: Ints) -> Ints:
    """How many taps of one layer's `unit` read each pixel: (lane, width). layer: kernel, stride, …, (lane,) each."""
    pixel = np.arange(width)[None]
    inside = pixel < n[:, None]
    if kind in ("convolution", "average-pool", "max-pool", "reflect", "replicate", "circular"):
        return _window_reads(kind, unit, n, width, **layer)
    if kind == "transposed":
        return np.where(inside, _transposed_reads(unit, pixel, **layer), 0)
    u, m, f = unit[:, None], n[:, None], layer["factor"][:, None]
    if kind == "adaptive-pool":  # the pixel's cell [x, x+1) overlaps the bin [u n/f, (u+1) n/f)
        seen = (pixel * f < (u + 1) * m) & ((pixel + 1) * f > u * m)
    elif kind == "nearest":  # pixel x is copied to x f … x f + f − 1
        seen = (pixel * f <= u) & (u < (pixel + 1) * f)
    else:  # hat functions around the half-pixel centre (u + ½)/f − ½, clamped to the map; all times 2 f
        centre = np.clip(2 * u + 1 - f, 0, 2 * f * (m - 1))
        seen = np.abs(centre - 2 * f * pixel) < 2 * f
    return (seen & inside).astype(np.int64)


def _window_reads(kind: str, unit: Ints, n: Ints, width: int, **layer: Ints) -> Ints:
    kernel, dilation = layer["kernel"], layer["dilation"]
    stride = np.where(layer["stride"] > 0, layer["stride"], kernel if kind.endswith("pool") else 1)
    if kind == "average-pool":
        dilation = np.ones_like(dilation)
    tap = np.arange(int(kernel.max(initial=1)))
    place = (unit * stride - layer["padding"])[:, None] + dilation[:, None] * tap  # (lane, tap)
    end = n[:, None]
    if kind == "reflect":
        turn = np.abs(place) % np.maximum(2 * (end - 1), 1)
        place = np.where(turn < end, turn, 2 * (end - 1) - turn)
    elif kind == "replicate":
        place = np.clip(place, 0, end - 1)
    elif kind == "circular":
        place = place % end
    reads = (place[:, :, None] == np.arange(width)) & (tap < kernel[:, None])[:, :, None]
    return np.asarray((reads & (np.arange(width) < n[:, None, None])).sum(axis=1))


def _transposed_reads(unit: Ints, pixel: Ints, **layer: Ints) -> Ints:
    tap = np.arange(int(layer["kernel"].max(initial=1)))[None, :, None]
    k, s, d, p = (layer[name][:, None, None] for name in ("kernel", "stride", "dilation", "padding"))
    writes = pixel[:, None] * s - p + d * tap == unit[:, None, None]
    return np.asarray((writes & (tap < k)).sum(axis=1))
