"""Layers with biases, drawn a whole batch at a time; the arrays are those of `theory.perceptron.port.LayerPort`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from theory.core.domain import Axes, Cases, Domain, Shape

Rng = np.random.Generator
Floats = NDArray[np.float64]

LAYER_REGIMES = ("linear", "conv1d", "conv2d", "one-position", "single-row", "whole-numbers")
NETWORK_REGIMES = ("biased", "without-bias", "zero-point", "ties")
KINK_REGIMES = ("generic", "whole-numbers", "at-the-origin", "apart", "one-kink")
NORMAL_REGIMES = ("generic", "large-bias", "off-centre", "two-rows", "constant-unit", "small-epsilon")
OUTPUT_REGIMES = ("softmax", "sigmoid", "balanced", "rare")

EPSILON = {"small-epsilon": 2.0**-30}


def draw_layer(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """A layer and the gradient of a loss by its output."""
    kind = {"one-position": "conv2d", "single-row": "conv1d", "whole-numbers": "conv1d"}.get(regime, regime)
    axes = {"linear": 0, "conv1d": 1, "conv2d": 2}[kind]
    b = 1 if regime == "single-row" else shape["b"]
    k = shape["k"]
    positions = 1 if regime == "one-position" else shape["positions"]
    window, size = (k,) * axes, (positions + k - 1,) * axes
    arrays = {
        "x": (lanes, b, shape["c"], *size),
        "weight": (lanes, shape["o"], shape["c"], *window),
        "bias": (lanes, shape["o"]),
        "gradient": (lanes, b, shape["o"], *(positions,) * axes),
    }
    if regime == "whole-numbers":
        drawn = {name: rng.integers(-4, 5, dims).astype(np.float64) for name, dims in arrays.items()}
    else:
        drawn = {name: rng.normal(size=dims) for name, dims in arrays.items()}
    return Cases(drawn, {"layer": kind}, regime)


def draw_network(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """ReLU networks of small whole numbers, so that every sum is exact; biases are there even where none is used."""
    n, d, h = shape["n"], shape["d"], shape["h"]
    dims = {"x": (n, d), "hidden_w": (h, d), "hidden_bias": (h,), "output_w": (h,), "output_bias": ()}
    drawn = {name: rng.integers(-6, 7, (lanes, *size)).astype(np.float64) for name, size in dims.items()}
    if regime == "zero-point":
        drawn["x"] = np.zeros_like(drawn["x"])
    if regime == "ties":
        drawn["hidden_bias"] = -np.einsum("lhd,ld->lh", drawn["hidden_w"], drawn["x"][:, 0])
    intercept = int(regime in ("biased", "ties"))
    return Cases(drawn, {"intercept": intercept}, regime)


def draw_kinks(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Hidden units of one input, and the output's weights."""
    h = shape["h"]
    w = rng.normal(size=(lanes, h))
    bias, output_w, output_bias = rng.normal(size=(lanes, h)), rng.normal(size=(lanes, h)), rng.normal(size=lanes)
    if regime == "whole-numbers":
        w = rng.integers(1, 5, (lanes, h)) * rng.choice([-1.0, 1.0], (lanes, h))
        bias, output_w = (rng.integers(-6, 7, (lanes, h)).astype(np.float64) for _ in range(2))
    if regime == "at-the-origin":
        bias = np.zeros_like(bias)
    if regime == "apart":
        bias = bias * 2.0 ** rng.integers(-8, 9, (lanes, h))
    if regime == "one-kink":
        bias = -w * rng.normal(size=(lanes, 1))
    return Cases({"w": w, "bias": bias, "output_w": output_w, "output_bias": output_bias}, {}, regime)


def draw_normalised(rng: Rng, shape: Shape, regime: str, lanes: int, training: int) -> Cases:
    """A linear layer followed by batch norm, with running statistics that are not the batch's."""
    b, d, o = 2 if regime == "two-rows" else max(shape["b"], 2), shape["c"], shape["o"]
    x, weight = rng.normal(size=(lanes, b, d)), rng.normal(size=(lanes, o, d))
    bias = rng.normal(size=(lanes, o)) * (100.0 if regime == "large-bias" else 1.0)
    if regime == "off-centre":
        x = x + 10.0
    if regime == "constant-unit":
        x[:, 1:] = x[:, :1]
    arrays = {
        "x": x,
        "weight": weight,
        "bias": bias,
        "scale": rng.normal(size=(lanes, o)),
        "shift": rng.normal(size=(lanes, o)),
        "gradient": rng.normal(size=(lanes, b, o)),
        "running_mean": rng.normal(size=(lanes, o)),
        "running_var": rng.gamma(2.0, size=(lanes, o)),
    }
    return Cases(arrays, {"epsilon": EPSILON.get(regime, 2.0**-10), "training": training}, regime)


def draw_training(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Statistics of the batch."""
    return draw_normalised(rng, shape, regime, lanes, 1)


def draw_evaluation(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Running statistics."""
    return draw_normalised(rng, shape, regime, lanes, 0)


def draw_either(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Statistics of the batch in regimes called `training-…`, else running ones."""
    return draw_normalised(rng, shape, regime.removeprefix("training-"), lanes, int(regime.startswith("training-")))


def draw_output(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """How often each class occurs, and by how much the bias is moved away."""
    output = "sigmoid" if regime in ("sigmoid", "rare") else "softmax"
    c = 2 if output == "sigmoid" else max(shape["classes"], 2)
    counts = rng.integers(1, 100, (lanes, c))
    if regime == "balanced":
        counts = np.repeat(counts[:, :1], c, axis=1)
    if regime == "rare":
        counts[:, 0], counts[:, 1] = rng.integers(10_000, 1_000_000, lanes), rng.integers(1, 4, lanes)
    shift = rng.normal(size=(lanes, c if output == "softmax" else 1)) * 2.0 ** rng.integers(-3, 3, (lanes, 1))
    return Cases({"counts": counts, "shift": shift}, {"output": output}, regime)


def has_directions(cases: Cases) -> NDArray[np.bool_]:
    """No hidden unit ignores its input."""
    return np.asarray((cases["w"] != 0).all(axis=1))


def is_counted(cases: Cases) -> NDArray[np.bool_]:
    """Every class occurs."""
    return np.asarray((cases["counts"] >= 1).all(axis=1))


def has_spread(cases: Cases) -> NDArray[np.bool_]:
    """No running variance is negative."""
    return np.asarray((cases["running_var"] >= 0).all(axis=1))


_SIZES = {"b": (1, 6), "c": (1, 4), "o": (1, 4)}
_NORMAL_AXES = {
    "x": Axes(("b", "c"), "real", 2),
    "weight": Axes(("o", "c"), "real", 1),
    "gradient": Axes(("b", "o"), "real", 1),
    **{name: Axes(("o",), "real") for name in ("bias", "scale", "shift", "running_mean", "running_var")},
}
LAYER = Domain(
    shapes={**_SIZES, "k": (1, 3), "positions": (1, 4)},
    regimes=LAYER_REGIMES,
    draw=draw_layer,
    axes={
        "x": Axes(("b",), "real", 1),
        "weight": Axes(("o",), "real", 1),
        "bias": Axes(("o",), "real"),
        "gradient": Axes(("b", "o"), "real", 1),
    },
)
NETWORK = Domain(
    shapes={"n": (1, 6), "d": (1, 3), "h": (1, 6)},
    regimes=NETWORK_REGIMES,
    draw=draw_network,
    axes={
        "x": Axes(("n", "d"), "integer", 1),
        "hidden_w": Axes(("h", "d"), "integer", 1),
        "hidden_bias": Axes(("h",), "integer"),
        "output_w": Axes(("h",), "integer"),
        "output_bias": Axes((), "integer"),
    },
)
KINKS = Domain(
    shapes={"h": (1, 6)},
    regimes=KINK_REGIMES,
    draw=draw_kinks,
    valid=has_directions,
    axes={
        "w": Axes(("h",), "real", 1),
        "bias": Axes(("h",), "real"),
        "output_w": Axes(("h",), "real"),
        "output_bias": Axes((), "real"),
    },
)
TRAINING = Domain(shapes=_SIZES, regimes=NORMAL_REGIMES, draw=draw_training, axes=_NORMAL_AXES)
EVALUATION = Domain(shapes=_SIZES, regimes=NORMAL_REGIMES, draw=draw_evaluation, axes=_NORMAL_AXES, valid=has_spread)
NORMALISED = Domain(
    shapes=_SIZES,
    regimes=("generic", "training-generic", "training-large-bias", "off-centre"),
    draw=draw_either,
    axes=_NORMAL_AXES,
    valid=has_spread,
)
OUTPUT = Domain(
    shapes={"classes": (2, 8)},
    regimes=OUTPUT_REGIMES,
    draw=draw_output,
    valid=is_counted,
    axes={"counts": Axes(simplify="integer"), "shift": Axes(simplify="real")},
)
