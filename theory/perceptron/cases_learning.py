"""Rows to learn from: named regimes drawn a whole batch at a time.

x (lane, n, d), y (lane, n), the start w (lane, d) and bias (lane,); settings intercept, rate, epochs. All are whole
numbers, or eighths, and rates are whole numbers over powers of 2: so few digits that a float32 adds them exactly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from theory.core.domain import Array, Axes, Cases, Domain, Setting, Shape
from theory.perceptron.data import learning_data, separable_data

Rng = np.random.Generator
LARGEST = 5
"""Largest coordinate."""

FACTORS = (0.25, 0.5, 0.75, 1.25, 2.0, 3.0, 5.0, 8.0)
"""Learning rates other than 1."""

REGIMES: Mapping[str, Mapping[str, Setting]] = MappingProxyType(
    {
        "bias": {"intercept": 1, "rate": 1.0},
        "no-bias": {"intercept": 0, "rate": 1.0},
        "start": {"intercept": 1},
        "start-no-bias": {"intercept": 0},
        "rates": {"intercept": 1},
        "contradictions": {"intercept": 1},
        "one-class": {"intercept": 1},
        "origin": {"intercept": 1},
        "origin-no-bias": {"intercept": 0},
        "single-row": {"intercept": 1},
        "eighths": {"intercept": 1},
    }
)
"""A start that is not 0 · a rate other than 1 · rows that occur with both labels · one label only · rows that are 0 ·
one row · coordinates that are eighths. Where no rate is said it is drawn."""


def draw_rows(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Rows with random labels; what differs between regimes is said at `REGIMES`."""
    n, d = 1 if regime == "single-row" else shape["n"], shape["d"]
    x = rng.integers(-LARGEST, LARGEST + 1, (lanes, n, d))
    y = rng.choice([-1, 1], (lanes, n))
    if regime == "contradictions":
        half = n // 2
        x[:, n - half :], y[:, n - half :] = x[:, :half], -y[:, :half]
    if regime == "one-class":
        y[:] = y[:, :1]
    if regime.startswith("origin"):
        x[rng.random((lanes, n)) < 1 / 3] = 0
    settings: dict[str, Setting] = {"rate": float(rng.choice(FACTORS)), **REGIMES[regime], "epochs": shape["epochs"]}
    starts = regime.startswith("start")
    w = rng.integers(-LARGEST, LARGEST + 1, (lanes, d)) * starts
    bias = rng.integers(-LARGEST, LARGEST + 1, lanes) * (starts and settings["intercept"])
    arrays = {"x": x / 8 if regime == "eighths" else x, "w": w, "bias": bias}
    floats = {name: np.asarray(value, dtype=np.float64) for name, value in arrays.items()}
    return Cases({**floats, "y": y}, settings, regime)


def small_numbers(cases: Cases) -> NDArray[np.bool_]:
    """Labels are −1 and 1, and every number is an eighth of a whole one: (lane,)."""
    few = [(cases[name] * 8 % 1 == 0).reshape(cases.lanes, -1).all(axis=1) for name in ("x", "w", "bias")]
    no_bias = (cases["bias"] == 0) | bool(cases.settings["intercept"])
    return np.asarray((np.abs(cases["y"]) == 1).all(axis=1) & np.all(few, axis=0) & no_bias)


ROW_AXES = MappingProxyType(
    {"x": Axes(("n", "d"), "integer"), "y": Axes(("n",), "sign"), "w": Axes(("d",), "integer"),
     "bias": Axes((), "integer")}
)  # fmt: skip

ROWS = Domain(
    {"n": (1, 8), "d": (1, 3), "epochs": (1, 6)},
    tuple(REGIMES),
    draw_rows,
    ROW_AXES,
    countdown={"epochs": 1},
    valid=small_numbers,
    real=learning_data(),
)
"""Rows with any labels, and a start."""


def draw_factors(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Rows and a factor by which rate and start are multiplied."""
    return draw_rows(rng, shape, regime, lanes).with_settings(factor=float(rng.choice(FACTORS)))


RATES = replace(ROWS, draw=draw_factors, real=learning_data(factor=3.0))
"""Rows, a start, and another rate: `factor` times the first."""


TAUGHT_REGIMES: Mapping[str, Mapping[str, Setting]] = MappingProxyType(
    {
        "bias": {"intercept": 1, "rate": 1.0},
        "no-bias": {"intercept": 0, "rate": 1.0},
        "rates": {"intercept": 1},
        "narrow": {"intercept": 1, "rate": 1.0},
        "narrow-no-bias": {"intercept": 0},
        "far": {"intercept": 1, "rate": 1.0},
        "duplicates": {"intercept": 1, "rate": 1.0},
    }
)
"""Rows as near the teacher's plane as whole numbers can be · rows far on one side of the origin · rows twice."""


def draw_taught(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Rows whose labels a teacher gives, u·x + v ≠ 0 with whole numbers u ≠ 0, v; the start is 0."""
    n, d = shape["n"], shape["d"]
    settings: dict[str, Setting] = {
        "rate": float(rng.choice(FACTORS)), **TAUGHT_REGIMES[regime], "epochs": shape["epochs"]
    }  # fmt: skip
    u = rng.integers(-3, 4, (lanes, d))
    u[:, 0] += u[:, 0] == 0  # no teacher is 0
    v = rng.integers(-4, 5, lanes) * int(settings["intercept"])
    x = rng.integers(-LARGEST, LARGEST + 1, (lanes, n, d))
    if regime == "far":
        x[..., 0] += 3 * LARGEST
    if regime == "duplicates":
        x[:, n // 2 :] = x[:, : n - n // 2]
    taught = activation(x, u, v)
    if regime.startswith("narrow"):  # of a few rows the nearest that is not on the plane
        pool = rng.integers(-LARGEST, LARGEST + 1, (lanes, n, 12, d))
        near = np.abs((pool * u[:, None, None]).sum(axis=3) + v[:, None, None])
        chosen = np.where(near == 0, near.max() + 1, near).argmin(axis=2)
        x = np.take_along_axis(pool, chosen[:, :, None, None], axis=2)[:, :, 0]
        taught = activation(x, u, v)
    x = x + np.where(taught[..., None] == 0, np.sign(u)[:, None], 0)  # off the plane
    arrays = {"x": x, "w": np.zeros((lanes, d)), "bias": np.zeros(lanes), "u": u, "v": v}
    return relabelled(Cases({k: a.astype(np.float64) for k, a in arrays.items()}, settings, regime))


def activation(x: Array, w: Array, bias: Array) -> Array:
    """w·x + bias of every row: (lane, n)."""
    return np.asarray((x * w[:, None]).sum(axis=2) + bias[:, None])


def relabelled(cases: Cases) -> Cases:
    """The same rows with the teacher's labels; 0 on its plane, which `valid_taught` rejects."""
    return cases.with_arrays(y=np.sign(activation(cases["x"], cases["u"], cases["v"])).astype(np.int64))


def valid_taught(cases: Cases) -> NDArray[np.bool_]:
    """Small numbers from a start of 0, with the labels of the teacher: (lane,)."""
    same = (cases["y"] == relabelled(cases)["y"]).all(axis=1)
    zero = (cases["w"] == 0).all(axis=1) & (cases["bias"] == 0)
    taught = same & zero & ((cases["v"] == 0) | bool(cases.settings["intercept"]))
    return np.asarray(taught & small_numbers(cases))


TAUGHT_AXES = MappingProxyType(
    {"x": Axes(("n", "d"), "integer"), "y": Axes(("n",)), "w": Axes(("d",)), "bias": Axes(),
     "u": Axes(("d",), "integer"), "v": Axes((), "integer")}
)  # fmt: skip

TAUGHT = Domain(
    {"n": (1, 8), "d": (1, 3), "epochs": (1, 12)},
    tuple(TAUGHT_REGIMES),
    draw_taught,
    TAUGHT_AXES,
    countdown={"epochs": 1},
    valid=valid_taught,
    real=separable_data(),
    settle=relabelled,
)
"""Separable rows, with a teacher u, v that separates them."""


DECIDED_REGIMES = ("bias", "no-bias", "taught", "taught-no-bias", "contradictions", "origin-no-bias", "one-class")
"""Random labels · labels of a teacher · rows that occur with both labels · rows that are 0 · one label only."""

LONG = 48
"""Epochs after which a perceptron on so few and so small rows has nearly always said all it will say."""


def draw_decided(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Few small rows, and a perceptron that starts at 0 and goes on for long."""
    if regime.startswith("taught"):
        cases = draw_taught(
            rng, {**shape, "epochs": LONG}, regime.removeprefix("taught-") if "-" in regime else "bias", lanes
        )
        return replace(cases, regime=regime)
    cases = draw_rows(rng, {**shape, "epochs": LONG}, regime, lanes)
    return cases.with_arrays(x=np.clip(cases["x"], -2, 2))


def valid_decided(cases: Cases) -> NDArray[np.bool_]:
    """Whole numbers from a start of 0: (lane,)."""
    whole = (cases["x"] % 1 == 0).all(axis=(1, 2))
    return np.asarray(small_numbers(cases) & whole & (cases["w"] == 0).all(axis=1) & (cases["bias"] == 0))


DECIDED = Domain(
    {"n": (1, 6), "d": (1, 2)},
    DECIDED_REGIMES,
    draw_decided,
    ROW_AXES,
    countdown={"epochs": 1},
    valid=valid_decided,
)
"""Rows of which it can be told whether they are separable."""
