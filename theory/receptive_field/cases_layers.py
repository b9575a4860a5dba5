"""Cases of one layer of any kind, and of stacks that mix convolutions, transposed convolutions and pools."""

from __future__ import annotations

import numpy as np

from theory.core.domain import Axes, Cases, Domain, Shape
from theory.receptive_field import oracle
from theory.receptive_field.cases import STACKS, Ints, Mask, Regime, draw_layers
from theory.receptive_field.port import LAYERS, SIZED

WIDTH = 24
"""Longest input."""
EXACT_FACTORS = (1, 2, 3, 4, 6, 8)
"""Enlargements whose half-pixel centres hit a pixel exactly in floating point too (at 5, one unit misses by 1e-16)."""


def whole(names: tuple[str, ...], *labels: str, zero: tuple[str, ...] = ()) -> dict[str, Axes]:
    """Axes of whole numbers with the least value 1, or 0 for those named in `zero`."""
    return {label: Axes(names, "integer", 0 if label in zero else 1) for label in labels}


def index_below(rng: np.random.Generator, size: Ints) -> Ints:
    """A random index below each size, 0 where the size is 0."""
    return np.asarray(rng.integers(0, np.maximum(size, 1)))


def layer_outputs(cases: Cases) -> Ints:
    """How many units each layer has, by trying every window: (lane,)."""
    n, k, s, d, p = (cases[name] for name in ("n", "kernel", "stride", "dilation", "padding"))
    kind = cases["kind"]
    pool = np.isin(kind, [LAYERS.index("average-pool"), LAYERS.index("max-pool")])
    step = np.where(s > 0, s, np.where(pool, k, 1))
    spread = np.where(kind == LAYERS.index("average-pool"), 1, d)
    sliding = oracle.windows(n, k, step, spread, 2 * p)
    widened = oracle.transposed_length(n, k, step, d, p, cases["output_padding"])
    enlarged = np.where(kind == LAYERS.index("adaptive-pool"), cases["factor"], n * cases["factor"])
    named = (LAYERS.index(name) for name in ("transposed", "adaptive-pool", "nearest", "linear"))
    transposed, *resizing = (kind == code for code in named)
    return np.where(transposed, widened, np.where(np.logical_or.reduce(resizing), enlarged, sliding))


def draw_layer(rng: np.random.Generator, shape: Shape, regime: str, lanes: int) -> Cases:
    """One layer: the regime is its kind, or a flavour of it ("default-stride", "dilated-transposed")."""
    kind = {"default-stride": "max-pool", "dilated-transposed": "transposed"}.get(regime, regime)
    ranges = Regime(stride=(1, 4), dilation=(1, 1) if kind in ("transposed", "average-pool") else (1, 3))
    if regime == "dilated-transposed":
        ranges = Regime(dilation=(2, 3))
    layer = {name: value[:, 0] for name, value in draw_layers(rng, ranges, lanes, 1).items()}
    layer["padding"] = layer["padding"][:, 0]
    if kind.endswith("pool"):
        layer["padding"] = np.minimum(layer["padding"], layer["kernel"] // 2)
    if regime == "default-stride":
        layer["stride"] = np.zeros_like(layer["stride"])
    n = rng.integers(1, shape["n"] + 1, size=lanes)
    bins = rng.integers(1, 2 * WIDTH, size=lanes)
    extra = index_below(rng, np.maximum(layer["stride"], layer["dilation"]))
    arrays = {
        "kind": np.full(lanes, LAYERS.index(kind)),
        **layer,
        "output_padding": extra if kind == "transposed" else np.zeros_like(extra),
        "factor": bins if kind == "adaptive-pool" else rng.choice(EXACT_FACTORS, size=lanes),
        "n": n,
    }
    units = layer_outputs(Cases(arrays))
    unit = index_below(rng, units)
    span = 1 + index_below(rng, np.minimum(units - unit, 3))
    return Cases({**arrays, "unit": unit, "span": span}, {"width": WIDTH}, regime)


def layer_exists(cases: Cases) -> Mask:
    """The units exist and a framework accepts the geometry (half-window pool padding, reflection below n …)."""
    n, k, s, d, p = (cases[name] for name in ("n", "kernel", "stride", "dilation", "padding"))
    kind, unit, span = cases["kind"], cases["unit"], cases["span"]
    name = np.array(LAYERS)[kind]
    good = (n >= 1) & (n <= cases.integer("width")) & (unit >= 0) & (span >= 1) & (unit + span <= layer_outputs(cases))
    good &= np.where((name == "average-pool") | (name == "max-pool"), 2 * p <= k, s >= 1)
    good &= np.where(name == "average-pool", d == 1, True)
    good &= np.where(name == "reflect", p < n, True) & np.where(name == "circular", p <= n, True)
    good &= np.where(name == "transposed", cases["output_padding"] < np.maximum(s, d), True)
    return np.asarray(good & np.where(name == "linear", np.isin(cases["factor"], EXACT_FACTORS), True))


def layer_domain(*regimes: str) -> Domain:
    """One layer of the kinds that the regimes name."""
    axes = whole((), "kernel", "stride", "dilation", "factor", "n", "span")
    axes |= whole((), "padding", "output_padding", "unit", zero=("padding", "output_padding", "unit"))
    return Domain({"n": (1, WIDTH)}, regimes, draw_layer, axes, valid=layer_exists)


def draw_sized(rng: np.random.Generator, shape: Shape, regime: str, lanes: int) -> Cases:
    """Convolutions, transposed convolutions and pools mixed, or one kind alone."""
    size = (lanes, shape["layers"])
    layers = draw_layers(rng, STACKS["generic"], *size)
    kind = rng.integers(0, len(SIZED), size=size) if regime == "mixed" else np.full(size, SIZED.index(regime))
    padding = np.where(kind >= SIZED.index("pool"), np.minimum(layers["padding"][..., 0], layers["kernel"] // 2),
                       layers["padding"][..., 0])  # fmt: skip
    extra = index_below(rng, np.maximum(layers["stride"], layers["dilation"]))
    arrays = {
        "kind": kind,
        **{name: layers[name] for name in ("kernel", "stride", "dilation")},
        "padding": padding,
        "output_padding": np.where(kind == SIZED.index("transposed"), extra, 0),
        "n": rng.integers(1, WIDTH + 1, size=lanes),
    }
    return Cases(arrays, {}, regime)


def sized_lengths(cases: Cases) -> Ints:
    """Length of every map of a stack of mixed kinds, (lane, L+1)."""
    maps = [cases["n"]]
    names = ("kind", "kernel", "stride", "dilation", "padding", "output_padding")
    for layer in range(cases["kind"].shape[1]):
        kind, k, s, d, p, extra = (cases[name][:, layer] for name in names)
        sliding = oracle.windows(maps[-1], k, s, d, 2 * p)
        widened = oracle.transposed_length(maps[-1], k, s, d, p, extra)
        hanging = oracle.ceil_length(maps[-1], k, s, d, p)
        maps.append(np.select([kind == 1, kind == SIZED.index("pool-ceil")], [widened, hanging], sliding))
    return np.stack(maps, axis=1)


def sized_valid(cases: Cases) -> Mask:
    """Pools are padded by half a window at most, the extra of a transposed convolution is below its step."""
    pool = cases["kind"] >= SIZED.index("pool")
    good = np.where(pool, 2 * cases["padding"] <= cases["kernel"], True)
    small = cases["output_padding"] < np.maximum(cases["stride"], cases["dilation"])
    return np.asarray((good & small).all(axis=1) & (cases["n"] >= 1))


SIZES = Domain(
    {"layers": (0, 5)},
    ("mixed", *SIZED),
    draw_sized,
    {
        **whole(("layers",), "kernel", "stride", "dilation"),
        **whole(("layers",), "kind", "padding", "output_padding", zero=("kind", "padding", "output_padding")),
        **whole((), "n"),
    },
    valid=sized_valid,
)
