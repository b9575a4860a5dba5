"""Stacks of convolution-like layers: random geometries by regime, a unit that exists, published plain stacks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from theory.core.domain import Axes, Cases, Domain, Draw, Shape
from theory.receptive_field import oracle
from theory.receptive_field.networks import NETWORKS, network

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

PLAIN_STACKS = (*(name for name, known in NETWORKS.items() if known.layers), "patchgan-3", "patchgan-5")
"""Published networks that are one path of layers."""


@dataclass(frozen=True)
class Regime:
    """Inclusive ranges of one layer's numbers; sided: the two paddings differ; cap: largest total stride."""

    kernel: tuple[int, int] = (1, 5)
    stride: tuple[int, int] = (1, 3)
    padding: tuple[int, int] = (0, 3)
    dilation: tuple[int, int] = (1, 3)
    sided: bool = False
    cap: int = 64
    depth: int = 1


STACKS: Mapping[str, Regime] = MappingProxyType(
    {
        "generic": Regime(),
        "unpadded": Regime(padding=(0, 0)),
        "strided": Regime(kernel=(2, 4), stride=(2, 3), dilation=(1, 1)),
        "dilated": Regime(stride=(1, 2), dilation=(2, 3)),
        "holes": Regime(kernel=(1, 2), stride=(2, 3), dilation=(1, 2)),
        "asymmetric-padding": Regime(sided=True),
        "pointwise": Regime(kernel=(1, 1)),
        "identity": Regime(depth=0),
        "deep": Regime(kernel=(2, 5), stride=(1, 2), dilation=(1, 2), cap=4, depth=3),
    }
)
"""Flavours of a stack of L layers; a depth of 3 means 3 L layers, a depth of 0 none."""


def draw_layers(rng: np.random.Generator, regime: Regime, *shape: int) -> dict[str, Ints]:
    """kernel, stride, dilation (*shape), padding (*shape, 2); the last axis of `shape` is the layer."""

    def among(ends: tuple[int, int]) -> Ints:
        return rng.integers(ends[0], ends[1] + 1, size=shape)

    stride, before = among(regime.stride), among(regime.padding)
    stride = np.where(np.cumprod(stride, axis=-1) > regime.cap, 1, stride)
    after = among(regime.padding) if regime.sided else before
    return {
        "kernel": among(regime.kernel),
        "stride": stride,
        "dilation": among(regime.dilation),
        "padding": np.stack([before, after], axis=-1),
    }


def lengths(cases: Cases) -> Ints:
    """Map lengths of a stack, (lane, L+1), by counting windows."""
    return oracle.lengths(cases["n"], cases["kernel"], cases["stride"], cases["dilation"], cases["padding"])


def walked(cases: Cases, unit: Ints | None = None, clip: bool = False) -> list[oracle.Sites]:
    """Index sets of `unit` on every map of a stack, input first; clipped to the maps or not."""
    before = cases["padding"][..., 0]
    size = lengths(cases) if clip else None
    top = cases["unit"] if unit is None else unit
    return oracle.walk(top, cases["kernel"], cases["stride"], cases["dilation"], before, size)


def last_unit(layers: dict[str, Ints], n: Ints) -> Ints:
    """Index of the last unit of the top map, 0 when it is empty: (lane,)."""
    top = oracle.lengths(n, layers["kernel"], layers["stride"], layers["dilation"], layers["padding"])[:, -1]
    return np.maximum(top - 1, 0)


def draw_stack(
    rng: np.random.Generator, shape: Shape, regime: str, lanes: int, *, limit: int = 600, border: bool = False
) -> Cases:
    """A stack of shape["layers"] layers on an input of 1 … limit, a unit of its top map and a place to cut it."""
    ranges = STACKS[regime]
    layers = draw_layers(rng, ranges, lanes, shape["layers"] * ranges.depth)
    n = rng.integers(1, limit + 1, size=lanes)
    last = last_unit(layers, n)
    unit = rng.integers(0, last + 1)
    if border:
        unit = np.where(rng.random(lanes) < 0.5, 0, last)
    cut = rng.integers(0, layers["kernel"].shape[1] + 1, size=lanes)
    return Cases({**layers, "n": n, "unit": unit, "cut": cut}, {"width": limit}, regime)


def _wide_and_deep(rng: np.random.Generator, lanes: int, depth: int) -> Cases:
    """Unpadded layers of five taps on little more than their field: averaged, the corner pixel weighs 5^−depth."""
    one = np.ones((lanes, depth), dtype=np.int64)
    spare = rng.integers(0, 4, size=lanes)
    layers = {"kernel": 5 * one, "stride": one, "dilation": one, "padding": np.zeros((lanes, depth, 2), dtype=np.int64)}
    place = {"n": 4 * depth + 1 + spare, "unit": rng.integers(0, spare + 1), "cut": np.zeros(lanes, dtype=np.int64)}
    return Cases({**layers, **place}, {"width": 4 * depth + 4}, "underflow")


def draw_support(rng: np.random.Generator, shape: Shape, regime: str, lanes: int) -> Cases:
    """A small stack whose layers are run; "border" asks a unit at an end, "underflow" has 80 layers."""
    if regime == "underflow":
        return _wide_and_deep(rng, min(lanes, 2), 80)
    if regime == "border":
        return draw_stack(rng, shape, "generic", lanes, limit=24, border=True)
    return draw_stack(rng, shape, regime, lanes, limit=24)


def unit_exists(cases: Cases) -> Mask:
    """Every map is non-empty, `unit` is one of the top map's, the cut lies in the stack, n fits the width."""
    top = lengths(cases)[:, -1]
    good = (cases["n"] >= 1) & (cases["unit"] >= 0) & (cases["unit"] < top)
    if "cut" in cases.arrays:
        good &= (cases["cut"] >= 0) & (cases["cut"] <= cases["kernel"].shape[1])
    return good & (cases["n"] <= cases.settings.get("width", np.inf))


def small_enough(cases: Cases) -> Mask:
    """The unit's box fits into the answer's width and the work into a moment."""
    return oracle.walk(
        np.zeros(cases.lanes, dtype=np.int64),
        cases["kernel"],
        cases["stride"],
        cases["dilation"],
        np.zeros_like(cases["kernel"]),
    )[0].hull()[:, 0, 1] < cases.integer("width")


def layers_of(name: str, n: int = 512) -> Cases:
    """A published plain stack as a case: its middle unit, cut in the middle."""
    stack = np.array(network(name).layers, dtype=np.int64)[None]  # (1, L, 4)
    kernel, stride, padding, dilation = np.moveaxis(stack, -1, 0)
    layers = {"kernel": kernel, "stride": stride, "dilation": dilation, "padding": np.stack([padding] * 2, axis=-1)}
    size = np.array([n])
    cut = np.array([kernel.shape[1] // 2])
    return Cases({**layers, "n": size, "unit": last_unit(layers, size) // 2, "cut": cut}, {"width": n}, name)


REAL_STACKS: Mapping[str, Callable[[], Cases]] = {name: partial(layers_of, name) for name in PLAIN_STACKS}

_LAYER = {"kernel": 1, "stride": 1, "dilation": 1, "padding": 0}


def stack_axes(*names: str) -> dict[str, Axes]:
    """How a stack is made smaller: fewer layers, plainer layers, a shorter input, an earlier unit."""
    layer = {name: Axes(names, "integer", least) for name, least in _LAYER.items()}
    ends = {"n": Axes((), "integer", 1), "unit": Axes((), "integer", 0), "cut": Axes((), "integer", 0)}
    return {**layer, **ends}


def stack_domain(
    regimes: tuple[str, ...],
    draw: Draw,
    *,
    layers: tuple[int, int] = (0, 8),
    valid: Callable[[Cases], Mask] = unit_exists,
    **extra: Any,
) -> Domain:
    """A domain of plain stacks."""
    return Domain({"layers": layers}, regimes, draw, stack_axes("layers"), valid=valid, **extra)


GEOMETRY = stack_domain(tuple(STACKS), draw_stack, real=REAL_STACKS)
SUPPORT = stack_domain(
    ("generic", "border", "strided", "dilated", "holes", "asymmetric-padding", "pointwise", "identity", "underflow"),
    draw_support,
    layers=(0, 4),
)


def draw_inputs(rng: np.random.Generator, shape: Shape, regime: str, lanes: int) -> Cases:
    """A stack on an input that is just long enough, unpadded unless the regime is about padding."""
    cases = draw_stack(rng, shape, regime, lanes)
    if regime != "asymmetric-padding":
        cases = cases.with_arrays(padding=np.zeros_like(cases["padding"]))
    reach = walked(cases, np.zeros(lanes, dtype=np.int64))[0].hull()[:, 0]
    n = reach[:, 1] - reach[:, 0] + 1 + rng.integers(0, 4, size=lanes)
    return Cases({**cases.arrays, "n": n, "unit": np.zeros(lanes, dtype=np.int64)}, {}, regime)


INPUTS = stack_domain(
    ("unpadded", "strided", "dilated", "holes", "asymmetric-padding", "pointwise", "identity"),
    draw_inputs,
    layers=(0, 6),
)


def draw_weights(rng: np.random.Generator, shape: Shape, regime: str, lanes: int, *, width: int) -> Cases:
    """An unpadded stack alone: what the operations on its one output unit are asked."""
    ranges = STACKS[regime]
    layers = draw_layers(rng, ranges, lanes, shape["layers"] * ranges.depth)
    return Cases({name: layers[name] for name in ("kernel", "stride", "dilation")}, {"width": width}, regime)


def few_taps(cases: Cases) -> Mask:
    """At most 2¹⁰ sign patterns, and the box fits."""
    return np.asarray(small_enough(cases) & (cases["kernel"].sum(axis=1) <= 10))


def _counted(regimes: tuple[str, ...], layers: tuple[int, int], width: int, valid: Callable[[Cases], Mask]) -> Domain:
    axes = {name: Axes(("layers",), "integer", 1) for name in ("kernel", "stride", "dilation")}
    return Domain({"layers": layers}, regimes, partial(draw_weights, width=width), axes, valid=valid)


COUNTED = _counted(("generic", "strided", "dilated", "holes", "pointwise", "identity"), (0, 6), 1024, small_enough)
SIGNS = _counted(("generic", "strided", "dilated", "pointwise", "identity"), (0, 4), 64, few_taps)
