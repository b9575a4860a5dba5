"""Boolean functions as tables (lane, 2^k), row r standing for the binary digits of r, the first input the highest."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from theory.core.domain import Axes, Cases, Domain, Setting, Shape
from theory.perceptron.oracle_separation import rows

Rng = np.random.Generator
MOST = 4
"""Most variables."""

CENSUS_REGIMES: Mapping[str, Mapping[str, Setting]] = MappingProxyType(
    {
        f"{k}-{inputs}-{'bias' if intercept else 'no-bias'}": {"variables": k, "inputs": inputs, "intercept": intercept}
        for k in range(1, MOST + 1)
        for inputs in ("01", "signs")
        for intercept in (1, 0)
    }
)
"""Variables, how a digit is fed in, and whether there is a bias."""


def draw_census(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Lanes, and a table in each that a random unit computes, with one row changed in every second."""
    settings = CENSUS_REGIMES[regime]
    x = rows(int(settings["variables"]), str(settings["inputs"]))
    w = rng.integers(-3, 4, (lanes, x.shape[1]))
    bias = rng.integers(-4, 5, lanes) * int(settings["intercept"])
    table = (w @ x.T + bias[:, None] > 0).astype(np.int64)
    table[np.arange(1, lanes, 2), rng.integers(0, len(x), lanes // 2)] ^= 1
    return Cases({"lanes": np.zeros(lanes), "table": table}, settings, regime)


def valid_tables(cases: Cases) -> NDArray[np.bool_]:
    """Entries are 0 and 1: (lane,)."""
    return np.asarray(np.isin(cases["table"], (0, 1)).all(axis=1))


CENSUS = Domain(
    {},
    tuple(CENSUS_REGIMES),
    draw_census,
    {"table": Axes((), "integer")},
    valid=valid_tables,
)
"""Each number of variables, with a few tables."""


TABLE_REGIMES = ("random", "constant", "one-row", "parity", "threshold", "all-but-one")
"""Any table · never or always 1 · 1 on one row · 1 where the sum of the digits is odd, or even · 1 where at least so
many digits are 1 · 0 on one row."""


def draw_tables(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Tables of so many variables; what differs between regimes is said at `TABLE_REGIMES`."""
    k = shape["variables"]
    ones = np.tile(rows(k, "01").sum(axis=1), (lanes, 1))
    table = rng.integers(0, 2, (lanes, 2**k))
    chosen = rng.integers(0, 2**k, (lanes, 1)) == np.arange(2**k)
    if regime == "constant":
        table = np.repeat(table[:, :1], 2**k, axis=1)
    if regime == "parity":
        table = (ones + table[:, :1]) % 2
    if regime == "threshold":
        table = (ones >= rng.integers(0, k + 1, (lanes, 1))).astype(np.int64)
    if regime in ("one-row", "all-but-one"):
        table = (chosen == (regime == "one-row")).astype(np.int64)
    return Cases({"table": table}, {}, regime)


TABLES = Domain(
    {"variables": (1, MOST)},
    TABLE_REGIMES,
    draw_tables,
    {"table": Axes((), "integer")},
    valid=valid_tables,
)
"""Boolean functions of up to four variables."""


XOR_REGIMES: Mapping[str, Mapping[str, Setting]] = MappingProxyType(
    {
        "xor": {"inputs": "01", "intercept": 1},
        "xor-no-bias": {"inputs": "01", "intercept": 0},
        "xor-signs": {"inputs": "signs", "intercept": 1},
        "xor-signs-no-bias": {"inputs": "signs", "intercept": 0},
        "start": {"inputs": "01", "intercept": 1},
        "parity": {"inputs": "01", "intercept": 1},
        "parity-signs": {"inputs": "signs", "intercept": 0},
    }
)
"""Two variables in four ways · a start that is not 0 · parity of three variables."""

ROUNDS = 20
"""Epochs: from starts up to 3, the weights have recurred by then whatever the order."""


def draw_xor(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Parity or its complement, an order of its rows, and a start: the rows of w are as many as variables."""
    settings = XOR_REGIMES[regime]
    k = 3 if regime.startswith("parity") else 2
    table = (rows(k, "01").sum(axis=1) + rng.integers(0, 2, (lanes, 1))) % 2
    order = np.argsort(rng.random((lanes, 2**k)), axis=1)
    w = rng.integers(-3, 4, (lanes, k)) * (regime == "start")
    bias = rng.integers(-3, 4, lanes) * (regime == "start")
    arrays = {"table": table, "order": order, "w": w.astype(np.float64), "bias": bias.astype(np.float64)}
    return Cases(arrays, {**settings, "rate": 1.0, "epochs": ROUNDS}, regime)


def valid_xor(cases: Cases) -> NDArray[np.bool_]:
    """Parity or its complement, rows in some order, whole numbers to start from: (lane,)."""
    ones = rows(cases["w"].shape[1], "01").sum(axis=1)
    parity = np.ptp((cases["table"] + ones) % 2, axis=1) == 0
    whole = (cases["w"] % 1 == 0).all(axis=1) & (cases["bias"] % 1 == 0)
    return np.asarray(parity & whole)


XOR = Domain(
    {},
    tuple(XOR_REGIMES),
    draw_xor,
    {"w": Axes((), "integer"), "bias": Axes((), "integer")},
    valid=valid_xor,
)
"""Parity, and a perceptron that tries to learn it."""
