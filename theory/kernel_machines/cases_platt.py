"""Scores and labels for Platt scaling, logits for the softmax, small machines: regimes drawn a batch at a time.

f, y (lane, n), a, b (lane,); z (lane, n, k); K (lane, n, n), C (lane,). Labels are −1 and 1, both in each lane.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from theory.core.domain import Axes, Cases, Domain, Shape
from theory.kernel_machines.data import offered

Rng = np.random.Generator
Floats = NDArray[np.float64]

SCORE_REGIMES = (
    "overlapping",
    "separable",
    "inverted",
    "one-positive",
    "one-negative",
    "ties",
    "small",
    "large",
    "far",
    "constant",
)
"""Normal about the label · no label on the wrong side · falling with the label · one example of a class · whole scores
between −2 and 2 · a tenth · times 2^6 · moved by 2^10 · all the same."""

EXPONENT_REGIMES = ("ordinary", "zero", "tails", "large", "flat", "cancelling")
"""Normal · a = b = 0 · |z| where e^−|z| is near the rounding · |z| up to 1e5 · a = 0 · a f and b nearly opposite."""

LOGIT_REGIMES = ("whole", "reals", "ties", "spread", "far", "huge", "one-class", "two-classes")
"""Whole numbers · normal numbers · equal entries · shares below every number · about 2^20, in eighths · ±1e4 · k = 1 ·
k = 2."""

MACHINE_REGIMES: Mapping[str, tuple[str, float]] = MappingProxyType(
    {
        "linear": ("overlapping", 1.0),
        "linear-separable": ("separable", 4.0),
        "linear-small-c": ("overlapping", 2.0**-6),
        "rbf": ("overlapping", 2.0),
        "rbf-large-c": ("overlapping", 32.0),
        "unbalanced": ("one-positive", 0.5),
        "contradictions": ("contradictions", 1.0),
        "one-place": ("constant", 1.0),
    }
)
"""Where points lie beside their labels, and C. Contradictions: doubled points with opposite labels; one place: all."""


def labels(rng: Rng, n: int, regime: str, lanes: int) -> Floats:
    """Labels (lane, n) of −1 and 1 with both in each lane, in any order."""
    y = rng.choice([-1.0, 1.0], (lanes, n))
    if regime in ("one-positive", "one-negative"):
        y[:] = -1.0 if regime == "one-positive" else 1.0
    y[:, 0], y[:, -1] = 1.0, -1.0
    if regime == "one-negative":
        y[:, :-1] = 1.0
    return rng.permuted(y, axis=1)


def scores(rng: Rng, y: Floats, regime: str) -> Floats:
    """Scores (lane, n) of these labels; see `SCORE_REGIMES`."""
    noise = rng.standard_normal(y.shape)
    f = y + 1.5 * noise
    if regime == "separable":
        f = y * (0.5 + np.abs(noise))
    elif regime == "ties":
        f = rng.integers(-2, 3, y.shape).astype(np.float64)
    elif regime == "constant":
        f = np.repeat(rng.integers(-2, 3, (len(y), 1)), y.shape[1], axis=1).astype(np.float64)
    elif regime == "far":
        f = 1024 + np.round(8 * f) / 8
    return f * {"inverted": -1.0, "small": 0.1, "large": 64.0}.get(regime, 1.0)


def draw_scores(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """F and y (lane, n); see `SCORE_REGIMES`."""
    y = labels(rng, shape["n"], regime, lanes)
    return Cases({"f": scores(rng, y, regime), "y": y}, {}, regime)


def draw_labels(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Y (lane, n) alone."""
    return Cases({"y": labels(rng, shape["n"], regime, lanes)}, {}, regime)


def draw_exponents(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """f, y (lane, n) and a, b (lane,); see `EXPONENT_REGIMES`."""
    y = labels(rng, shape["n"], "overlapping", lanes)
    f, a, b = scores(rng, y, "overlapping"), rng.normal(-1, 1, lanes), rng.normal(0, 1, lanes)
    if regime == "zero":
        a, b = np.zeros(lanes), np.zeros(lanes)
    elif regime == "tails":
        f, a = rng.choice([-1.0, 1.0], f.shape) * rng.uniform(8, 45, f.shape), rng.choice([-1.0, 1.0], lanes)
    elif regime == "large":
        a = a * 10.0 ** rng.uniform(1, 4.3, lanes)
    elif regime == "flat":
        a = np.zeros(lanes)
    elif regime == "cancelling":
        f, b = 64 + np.round(8 * f) / 8, -64 * a
    return Cases({"f": f, "y": y, "a": a, "b": b}, {}, regime)


def draw_logits(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Z (lane, n, k); see `LOGIT_REGIMES`."""
    k = {"one-class": 1, "two-classes": 2}.get(regime, shape["k"])
    size = (lanes, shape["n"], k)
    z = rng.integers(-6, 7, size).astype(np.float64)
    if regime in ("reals", "two-classes"):
        z = 3 * rng.standard_normal(size)
    elif regime == "ties":
        z = np.repeat(rng.integers(-6, 7, (*size[:2], 1)), k, axis=2).astype(np.float64)
        z[..., -1] -= rng.integers(0, 2, size[:2])
    elif regime == "spread":
        z = rng.uniform(-120, 120, size)
    elif regime == "far":
        z = 2.0**20 * rng.choice([-1, 1], (*size[:2], 1)) + rng.integers(-40, 41, size) / 8
    elif regime == "huge":
        z = 1e4 * rng.choice([-1.0, 1.0], size) + rng.integers(-3, 4, size)
    return Cases({"z": z}, {}, regime)


def draw_machines(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """K (lane, n, n), y (lane, n) and C (lane,) of points in the plane; see `MACHINE_REGIMES`."""
    place, penalty = MACHINE_REGIMES[regime]
    y = labels(rng, shape["n"], place, lanes)
    x = rng.integers(-3, 4, (*y.shape, 2)).astype(np.float64)
    if place == "separable":
        x[..., 0] = y * rng.integers(1, 4, y.shape)
    elif place == "constant":
        x[:] = x[:, :1]
    elif place == "contradictions":
        half = (y.shape[1] + 1) // 2
        x = np.concatenate([x[:, :half], x[:, : y.shape[1] - half]], axis=1)
        y = np.concatenate([y[:, :half], -y[:, : y.shape[1] - half]], axis=1)
        y[:, 0], y[:, -1] = 1.0, -1.0
    kernel = gaussian(x, 0.25) if regime.startswith("rbf") else x @ x.transpose(0, 2, 1)
    return Cases({"K": kernel, "y": y, "C": np.full(lanes, penalty)}, {}, regime)


def gaussian(x: Floats, gamma: float) -> Floats:
    """exp(−γ‖x − z‖²) of points (lane, n, d): symmetric to the bit."""
    return np.asarray(np.exp(-gamma * ((x[:, :, None] - x[:, None]) ** 2).sum(axis=-1)))


def both_labels(cases: Cases) -> NDArray[np.bool_]:
    """Labels are −1 and 1, both occur, and everything is finite: (lane,)."""
    y = cases["y"]
    finite = [np.isfinite(a).reshape(len(a), -1).all(axis=1) for a in cases.arrays.values()]
    return np.asarray((np.abs(y) == 1).all(axis=1) & (y > 0).any(axis=1) & (y < 0).any(axis=1) & np.all(finite, axis=0))


def valid_logits(cases: Cases) -> NDArray[np.bool_]:
    """Every entry is finite: (lane,)."""
    return np.asarray(np.isfinite(cases["z"]).all(axis=(1, 2)))


def valid_machines(cases: Cases) -> NDArray[np.bool_]:
    """Both labels, a symmetric K and C > 0: (lane,)."""
    same = (cases["K"] == cases["K"].transpose(0, 2, 1)).all(axis=(1, 2))
    return np.asarray(both_labels(cases) & same & (cases["C"] > 0))


def _mean_column(x: Floats, y: Floats) -> Cases:
    """The mean of the standardised measurements as a score."""
    return Cases({"f": -x.mean(axis=1)[None], "y": y[None]}, {}, "breast-cancer")


def _strip(x: Floats, y: Floats) -> Cases:
    """Forty cases with the linear kernel."""
    x = x[:40] / 4
    return Cases({"K": (x @ x.T)[None], "y": y[None, :40], "C": np.array([0.5])}, {}, "strip")


_SCORES = {"f": Axes(("n",), "real"), "y": Axes(("n",), "sign")}

FITTED = Domain(
    {"n": (2, 12)},
    SCORE_REGIMES,
    draw_scores,
    _SCORES,
    valid=both_labels,
    real=offered(_mean_column, "breast-cancer"),
)
"""Scores and labels."""

LABELLED = Domain(
    {"n": (2, 12)}, ("overlapping", "one-positive"), draw_labels, {"y": Axes(("n",), "sign")}, valid=both_labels
)
"""Labels alone."""

EXPONENTS = Domain(
    {"n": (2, 8)},
    EXPONENT_REGIMES,
    draw_exponents,
    {**_SCORES, "a": Axes((), "real"), "b": Axes((), "real")},
    valid=both_labels,
)
"""Scores, labels and a sigmoid."""

LOGITS = Domain(
    {"n": (1, 3), "k": (1, 6)}, LOGIT_REGIMES, draw_logits, {"z": Axes(("n", "k"), "real")}, valid=valid_logits
)
"""Rows for the softmax."""

MACHINES = Domain(
    {"n": (2, 7)},
    tuple(MACHINE_REGIMES),
    draw_machines,
    {"K": Axes(("n", "n")), "y": Axes(("n",), "sign"), "C": Axes((), "weight")},
    valid=valid_machines,
    real=offered(_strip, "breast-cancer", "digits-3-8"),
)
"""Kernel matrices, labels and C."""
