"""Cases beyond one stack on a line: summed branches, planes, traced graphs, mixers, published networks."""

from __future__ import annotations

from functools import partial

import numpy as np

from theory.core.domain import Array, Axes, Cases, Domain, Shape
from theory.receptive_field import oracle
from theory.receptive_field.cases import STACKS, Ints, Mask, Regime, draw_layers
from theory.receptive_field.cases_layers import WIDTH, index_below, whole
from theory.receptive_field.networks import NETWORKS
from theory.receptive_field.port import MIXERS, OPERATIONS

PLANE = (14, 12)
"""Largest height and width of a plane: unequal, so that swapped axes show."""


def branch(cases: Cases, index: int) -> Cases:
    """One branch as a stack."""
    layers = {name: cases[name][:, index] for name in ("kernel", "stride", "dilation", "padding")}
    return Cases({**layers, "n": cases["n"], "unit": cases["unit"]}, cases.settings, cases.regime)


def branch_lengths(cases: Cases) -> Ints:
    """Map lengths of every branch: (lane, B, L+1)."""
    each = (branch(cases, b) for b in range(cases["kernel"].shape[1]))
    return np.stack(
        [oracle.lengths(c["n"], c["kernel"], c["stride"], c["dilation"], c["padding"]) for c in each], axis=1
    )


def draw_branches(rng: np.random.Generator, shape: Shape, regime: str, lanes: int) -> Cases:
    """B stacks on one input: "aligned" keeps every unit's centre, "unequal-stride" lets branches stride apart."""
    ranges = {
        "unequal-stride": Regime(padding=(0, 2), sided=True),
        "causal": Regime(stride=(1, 1), kernel=(2, 3), dilation=(1, 1)),
    }.get(regime, Regime(stride=(1, 2), padding=(0, 2), sided=True))
    layers = draw_layers(rng, ranges, lanes, shape["branches"], shape["layers"])
    if regime != "unequal-stride":
        layers["stride"] = np.repeat(layers["stride"][:, :1], shape["branches"], axis=1)
    reach = layers["dilation"] * (layers["kernel"] - 1)
    if regime == "aligned":
        layers["kernel"] = layers["kernel"] // 2 * 2 + 1
        reach = layers["dilation"] * (layers["kernel"] - 1)
        layers["padding"] = np.stack([reach // 2] * 2, axis=-1)
    if regime == "causal":
        side = rng.integers(0, 2, size=(lanes, shape["branches"], 1))
        layers["padding"] = np.stack([reach * side, reach * (1 - side)], axis=-1)
    n = rng.integers(1, WIDTH + 1, size=lanes)
    drawn = Cases({**layers, "n": n, "unit": np.zeros(lanes, dtype=np.int64)}, {"width": WIDTH}, regime)
    return drawn.with_arrays(unit=index_below(rng, branch_lengths(drawn)[..., -1].min(axis=1)))


def branches_exist(cases: Cases) -> Mask:
    """Every branch has the unit."""
    sizes = branch_lengths(cases)
    good = (cases["unit"] >= 0) & (cases["unit"] < sizes[..., -1].min(axis=1)) & (cases["n"] >= 1)
    return np.asarray(good & (cases["n"] <= cases.integer("width")))


BRANCHES = Domain(
    {"branches": (1, 4), "layers": (0, 3)},
    ("generic", "aligned", "causal", "unequal-stride"),
    draw_branches,
    {
        **whole(("branches", "layers"), "kernel", "stride", "dilation"),
        **whole(("branches", "layers"), "padding", zero=("padding",)),
        **whole((), "n"),
        **whole((), "unit", zero=("unit",)),
    },
    valid=branches_exist,
)


def draw_plane(rng: np.random.Generator, shape: Shape, regime: str, lanes: int) -> Cases:
    """A stack over (height, width) whose axes are drawn apart; "anisotropic" is small layers on a square of pixels."""
    small = Regime(kernel=(1, 3), stride=(1, 2), padding=(0, 1), dilation=(1, 1), cap=2)
    ranges = small if regime == "anisotropic" else STACKS[regime]
    layers = draw_layers(rng, ranges, lanes, 2, shape["layers"])
    arrays: dict[str, Array] = {name: np.ascontiguousarray(np.swapaxes(v, 1, 2)) for name, v in layers.items()}
    arrays["n"] = rng.integers(1, np.array(PLANE) + 1, size=(lanes, 2))
    if regime == "anisotropic":
        arrays["n"] = np.full((lanes, 2), min(PLANE))
    arrays["unit"] = np.zeros_like(arrays["n"])
    drawn = Cases(arrays, {"height": PLANE[0], "width": PLANE[1]}, regime)
    last = plane_lengths(drawn)[:, -1]
    return drawn.with_arrays(unit=index_below(rng, np.minimum(last, 2) if regime == "anisotropic" else last))


def axis(cases: Cases, index: int) -> Cases:
    """One axis of a stack over a plane, as a stack on a line."""
    layers = {name: cases[name][:, :, index] for name in ("kernel", "stride", "dilation", "padding")}
    return Cases({**layers, "n": cases["n"][:, index], "unit": cases["unit"][:, index]}, {"width": PLANE[index]})


def plane_lengths(cases: Cases) -> Ints:
    """Map sizes, (lane, L+1, 2)."""
    each = (axis(cases, i) for i in range(2))
    return np.stack(
        [oracle.lengths(c["n"], c["kernel"], c["stride"], c["dilation"], c["padding"]) for c in each], axis=-1
    )


def plane_exists(cases: Cases) -> Mask:
    """The unit is one of the top map's."""
    good = (cases["unit"] >= 0) & (cases["unit"] < plane_lengths(cases)[:, -1]) & (cases["n"] >= 1)
    return np.asarray((good & (cases["n"] <= PLANE)).all(axis=1))


PLANES = Domain(
    {"layers": (0, 3)},
    ("anisotropic", "generic", "strided", "dilated", "holes", "asymmetric-padding"),
    draw_plane,
    {
        **whole(("layers",), "kernel", "stride", "dilation"),
        **whole(("layers",), "padding", zero=("padding",)),
        **whole((), "n"),
        **whole((), "unit", zero=("unit",)),
    },
    valid=plane_exists,
)


def draw_graph(rng: np.random.Generator, shape: Shape, regime: str, lanes: int) -> Cases:
    """Stages × branches of layers that keep ⌈n/s⌉ units; "cross" sums 1×k and k×1 kernels."""
    size = (lanes, shape["stages"], shape["branches"], 2)
    kernel = rng.integers(1, 5, size=size)
    if regime == "cross":
        flat = rng.integers(0, 2, size=size[:3])
        kernel = np.where(np.stack([flat, 1 - flat], axis=-1) == 1, 1, np.maximum(kernel, 2))
    dilation = rng.integers(1, 3 if regime in ("generic", "dilated") else 2, size=size)
    stride = rng.integers(1, 3 if regime in ("generic", "strided") else 2, size=(*size[:2], 2))
    kind = rng.integers(0, 2, size=size[:3]) if regime == "pools" else np.zeros(size[:3], dtype=np.int64)
    if regime == "centred":
        kernel = kernel // 2 * 2 + 1
    reach = np.where(kind[..., None] == OPERATIONS.index("average-pool"), 1, dilation) * (kernel - 1)
    before = reach // 2 if regime == "centred" else rng.integers(0, reach + 1)
    n = rng.integers(1, np.array(PLANE) + 1, size=(lanes, 2))
    top = graph_sizes(n, stride)[:, -1]
    middle = rng.random((lanes, 1)) < 0.5
    arrays = {
        "kind": kind,
        "kernel": kernel,
        "dilation": dilation,
        "before": before,
        "stride": stride,
        "n": n,
        "unit": np.where(middle, top // 2, index_below(rng, top)),
    }
    return Cases(arrays, {"height": PLANE[0], "width": PLANE[1]}, regime)


def graph_sizes(n: Ints, stride: Ints) -> Ints:
    """Map sizes of a graph, (lane, G+1, 2): every stage has ⌈n/s⌉ units."""
    maps = [n]
    for stage in range(stride.shape[1]):
        maps.append(-(-maps[-1] // stride[:, stage]))
    return np.stack(maps, axis=1)


def graph_walk(cases: Cases, clip: bool) -> oracle.Sites:
    """The pixels that the unit of a graph reads, clipped to the maps or not, with all their paths."""
    sizes, sites = graph_sizes(cases["n"], cases["stride"]), oracle.units(cases["unit"])
    spread = np.where(cases["kind"][..., None] == OPERATIONS.index("average-pool"), 1, cases["dilation"])
    for stage in reversed(range(cases["stride"].shape[1])):
        limit = sizes[:, stage] if clip else None
        sites = oracle.union(
            [
                oracle.below(
                    sites,
                    cases["kernel"][:, stage, b],
                    cases["stride"][:, stage],
                    spread[:, stage, b],
                    cases["before"][:, stage, b],
                    limit,
                )
                for b in range(cases["kernel"].shape[2])
            ]
        )
    return sites


def graph_exists(cases: Cases) -> Mask:
    """The unit exists and no branch is padded by more than its window."""
    spread = np.where(cases["kind"][..., None] == OPERATIONS.index("average-pool"), 1, cases["dilation"])
    good = (cases["before"] <= spread * (cases["kernel"] - 1)).all(axis=(1, 2, 3))
    top = graph_sizes(cases["n"], cases["stride"])[:, -1]
    good &= ((cases["unit"] >= 0) & (cases["unit"] < top) & (cases["n"] >= 1)).all(axis=1)
    return np.asarray(good & (cases["n"] <= PLANE).all(axis=1))


GRAPHS = Domain(
    {"stages": (1, 3), "branches": (1, 3)},
    ("generic", "centred", "cross", "dilated", "strided", "pools"),
    draw_graph,
    {
        **whole(("stages", "branches"), "kernel", "dilation"),
        **whole(("stages", "branches"), "kind", "before", zero=("kind", "before")),
        **whole(("stages",), "stride"),
        **whole((), "n"),
        **whole((), "unit", zero=("unit",)),
    },
    valid=graph_exists,
)


def draw_mixer(rng: np.random.Generator, shape: Shape, regime: str, lanes: int) -> Cases:
    """A mixer after a convolution; the regime is its name, or "mixed"."""
    mixer = rng.integers(0, len(MIXERS), size=lanes)
    if regime != "mixed":
        mixer = np.full(lanes, MIXERS.index(regime))
    unit = rng.integers(0, shape["width"], size=lanes)
    return Cases({"mixer": mixer, "unit": unit}, {"batch": shape["batch"], "width": shape["width"]}, regime)


MIXED = Domain(
    {"batch": (2, 4), "width": (4, 10)},
    (*MIXERS, "mixed"),
    draw_mixer,
    whole((), "unit", zero=("unit",)),
    valid=lambda cases: (cases["unit"] >= 0) & (cases["unit"] < cases.integer("width")),
)


def draw_depth(rng: np.random.Generator, shape: Shape, regime: str, lanes: int) -> Cases:
    """Equal layers, up to 64 of them; "shallow" has at most 4."""
    most = min(shape["depth"], 4) if regime == "shallow" else shape["depth"]
    depth = rng.integers(1, most + 1, size=lanes)
    return Cases({"kernel": rng.integers(2, 6, size=lanes), "depth": depth}, {"width": 260}, regime)


DEPTHS = Domain(
    {"depth": (1, 64)},
    ("deep", "shallow"),
    draw_depth,
    {"kernel": Axes((), "integer", 2), "depth": Axes((), "integer", 1)},
    valid=lambda cases: (cases["kernel"] >= 2) & (cases["depth"] >= 1) & (cases["depth"] <= 64),
)


def draw_family(rng: np.random.Generator, shape: Shape, regime: str, lanes: int) -> Cases:
    """A member of a family of networks, or the smallest one that pools."""
    names = {
        "patchgan": f"patchgan-{shape['depth']}",
        "wavenet": f"wavenet-{shape['depth'] + 1}x{shape['stacks']}",
        "pooled": "lenet-5",
    }
    return Cases({}, {"name": names[regime]}, regime)


def _named(name: str) -> Cases:
    return Cases({}, {"name": name}, name)


PUBLISHED = Domain(
    {"depth": (0, 6), "stacks": (1, 3)},
    ("patchgan", "wavenet", "pooled"),
    draw_family,
    real={name: partial(_named, name) for name in (*NETWORKS, "patchgan-3", "wavenet-10x1", "wavenet-10x3")},
)
