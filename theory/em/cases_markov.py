"""Hidden Markov models: named regimes drawn a whole batch at a time.

pi (lane, s), A (lane, s, s); with a table of likelihoods b (lane, t, s) and lengths (lane,), or with B (lane, s, v),
symbols (lane, r, t) and lengths (lane, r). A hidden path is drawn first and what is seen is made to fit it, so that no
sequence is impossible. A regime is a flavour; where an operation has the setting `method`, its value stands before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import UNIT_ROUNDOFF
from theory.core.domain import Array, Axes, Cases, Domain, Shape
from theory.em.port import METHODS

Rng = np.random.Generator
Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

PLAIN = "plain"
CHAINS = ("zeros", "left-right", "unreachable", "ties", "cycle", "sticky", "one-state")
"""Zeros anywhere · no way back, start in the first state · a last state that nothing leads to · equal probabilities ·
one successor each · 2^-10 to leave a state · a single state."""

SEEN = ("impossible-states", "far", "scales", "one-step")
"""Likelihoods 0 of all states but some · down to 2^-12 of each other · times 2^±10 a time step · sequences of 1."""

TABLES = tuple(f"{method}-{flavour}" for method in METHODS for flavour in (PLAIN, *CHAINS, *SEEN))
FLOOR = 2.0**-6
"""Added to each probability before rows are normalised: what is not 0 is not tiny, so that nothing underflows."""

AXES: Mapping[str, Axes] = MappingProxyType(
    {
        "pi": Axes(("s",)),
        "A": Axes(("s", "s")),
        "B": Axes(("s", "v")),
        "b": Axes(("t", "s"), "weight"),
        "lengths": Axes((), "integer", 1),
        "symbols": Axes(("r", "t"), "integer"),
        "x": Axes(("r", "t", "d"), "real"),
        "mu": Axes(("s", "d"), "real"),
        "full": Axes(("s", "d", "d")),
        "diag": Axes(("s", "d")),
    }
)
BY_SEQUENCE: Mapping[str, Axes] = MappingProxyType({**AXES, "lengths": Axes(("r",), "integer", 1)})


def simplex(rng: Rng, *shape: int) -> Floats:
    """Probabilities along the last axis, none below about 2^-8."""
    raw = rng.dirichlet(np.ones(shape[-1]), size=shape[:-1]) + FLOOR
    return np.asarray(raw / raw.sum(axis=-1, keepdims=True))


def normalised(raw: Floats) -> Floats:
    """Rows divided by their sums; rows of zeros stay."""
    total = raw.sum(axis=-1, keepdims=True)
    return np.asarray(raw / np.where(total > 0, total, 1.0))


def thinned(rng: Rng, raw: Floats) -> Floats:
    """About 2 of 5 probabilities struck out, at least one of each row kept."""
    struck = rng.random(raw.shape) < 2 / 5
    kept = rng.integers(0, raw.shape[-1], (*raw.shape[:-1], 1))
    np.put_along_axis(struck, kept, False, axis=-1)
    return normalised(np.where(struck, 0.0, raw))


def chain(rng: Rng, lanes: int, s: int, flavour: str) -> tuple[Floats, Floats]:
    """Pi (lane, s) and A (lane, s, s) of one flavour of `CHAINS`."""
    pi, A = simplex(rng, lanes, s), simplex(rng, lanes, s, s)
    if flavour == "zeros":
        return thinned(rng, pi), thinned(rng, A)
    if flavour == "left-right":
        return np.tile(np.eye(s)[0], (lanes, 1)), normalised(np.triu(A))
    if flavour == "unreachable" and s > 1:
        pi[:, -1], A[:, :-1, -1] = 0, 0
        return normalised(pi), normalised(A)
    if flavour == "ties":
        return np.full((lanes, s), 1 / s), np.full((lanes, s, s), 1 / s)
    if flavour == "cycle":
        return pi, np.tile(np.roll(np.eye(s), 1, axis=1), (lanes, 1, 1))
    if flavour == "sticky":
        return pi, normalised(np.eye(s) + 2.0**-10 * A)
    return pi, A


def chosen(rng: Rng, rows: Floats) -> Whole:
    """One index from each row of probabilities (…, k): (…,); never one of probability 0."""
    running = np.cumsum(rows, axis=-1)
    level = rng.random(rows.shape[:-1]) * running[..., -1]
    return np.asarray((running <= level[..., None]).sum(axis=-1))


def hidden(rng: Rng, pi: Floats, A: Floats, t: int, runs: int = 1) -> Whole:
    """Hidden paths of the chains: (lane, runs, t)."""
    lanes = np.arange(len(pi))[:, None]
    states = [chosen(rng, np.repeat(pi[:, None], runs, axis=1))]
    for _ in range(t - 1):
        states.append(chosen(rng, A[lanes, states[-1]]))
    return np.stack(states, axis=-1)


def draw_table(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """A chain and likelihoods b of what was seen at each time; lengths 1 … t, one of them t."""
    method, _, flavour = regime.partition("-")
    s = 1 if flavour == "one-state" else shape["s"]
    t = 1 if flavour == "one-step" else shape["t"]
    pi, A = chain(rng, lanes, s, flavour)
    b = rng.uniform(2.0**-4, 1.0, (lanes, t, s))
    if flavour == "ties":
        b = 0.5 ** rng.integers(0, 2, (lanes, t, s)).astype(np.float64)
    if flavour == "far":
        b = 2.0 ** -rng.uniform(0, 12, (lanes, t, s))
    if flavour == "scales":
        b = b * 2.0 ** rng.integers(-10, 11, (lanes, t, 1))
    if flavour in ("impossible-states", "zeros"):
        sound = np.arange(s) == hidden(rng, pi, A, t)[:, 0, :, None]
        b = np.where(sound | (rng.random(b.shape) < 2 / 5), b, 0.0)
    lengths = rng.integers(1, t + 1, lanes)
    lengths[0] = t
    return Cases({"b": b, "pi": pi, "A": A, "lengths": lengths}, {"method": method}, regime)


def draw_path_table(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """As `draw_table` where there is no setting; "posterior": the states that are likely are no path.

    Three states: from the first the chain goes to the first two, from the others only to the third, and what is seen
    says nothing, so that the first is the likeliest at the start and the third after it.
    """
    if regime != "posterior":
        found = draw_table(rng, shape, f"any-{regime}", lanes)
        return replace(found, settings={}, regime=regime)
    A = np.array([[0.5, 0.5, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, 1.0]])
    t = max(2, shape["t"])
    arrays: dict[str, Array] = {
        "b": np.ones((lanes, t, 3)),
        "pi": np.tile([0.5, 0.25, 0.25], (lanes, 1)),
        "A": np.tile(A, (lanes, 1, 1)),
        "lengths": rng.integers(2, t + 1, lanes),
    }
    return Cases(arrays, {}, regime)


SEQUENCES = (PLAIN, *CHAINS, "unequal", "one-step", "one-sequence", "one-symbol", "tied-symbols")
"""And sequences of very unequal lengths · of length 1 · a single one · a single symbol · states that emit alike."""


def draw_sequences(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """A chain that emits symbols, and sequences that another chain of the same support emitted."""
    flavour = regime
    s = 1 if flavour == "one-state" else shape["s"]
    v = 1 if flavour == "one-symbol" else shape["v"]
    r = 1 if flavour == "one-sequence" else shape["r"]
    t = 1 if flavour == "one-step" else shape["t"]
    pi, A = chain(rng, lanes, s, flavour)
    B = thinned(rng, simplex(rng, lanes, s, v)) if flavour in ("zeros", "cycle") else simplex(rng, lanes, s, v)
    truth = normalised(B * rng.uniform(2.0**-4, 1.0, B.shape))
    if flavour in ("ties", "tied-symbols"):
        B = np.repeat(B[:, :1], s, axis=1)
    lengths = rng.integers(1, t + 1, (lanes, r))
    if flavour == "unequal":
        lengths = np.where(rng.random((lanes, r)) < 1 / 2, 1, t)
    lengths[:, 0] = t
    states = hidden(rng, pi, A, t, r)
    symbols = chosen(rng, truth[np.arange(lanes)[:, None, None], states])
    return Cases({"symbols": symbols, "pi": pi, "A": A, "B": B, "lengths": lengths}, {}, flavour)


def emitted(cases: Cases) -> Floats:
    """Likelihoods of the symbols seen: (lane, r, t, s); any number behind the lengths."""
    B = cases["B"]
    index = np.clip(cases["symbols"], 0, B.shape[-1] - 1)
    return np.asarray(B.swapaxes(1, 2)[np.arange(len(B))[:, None, None], index])


def sequences_of(cases: Cases) -> tuple[Floats, Floats, Floats, NDArray[Any]]:
    """pi, A, b and lengths with one entry for each sequence of each lane: (lane · r, …)."""
    b = cases["b"][:, None] if "b" in cases.arrays else emitted(cases)
    r = b.shape[1]
    pi, A = (np.repeat(cases[name], r, axis=0) for name in ("pi", "A"))
    return pi, A, b.reshape(len(pi), *b.shape[2:]), cases["lengths"].reshape(-1)


def possible(pi: Floats, A: Floats, b: Floats, lengths: NDArray[Any]) -> NDArray[np.bool_]:
    """Whether some path explains what was seen: (sequence,)."""
    state, found = (pi > 0) & (b[:, 0] > 0), np.zeros(len(pi), dtype=bool)
    for step in range(b.shape[1]):
        if step:
            state = (state[:, :, None] & (A > 0)).any(axis=1) & (b[:, step] > 0)
        found = np.where(lengths == step + 1, state.any(axis=1), found)
    return np.asarray(found)


def settled(cases: Cases) -> Cases:
    """Rows rescaled to sum to 1, lengths and symbols brought into range, after dropping entries."""
    mended: dict[str, Array] = {name: normalised(cases[name]) for name in ("pi", "A", "B") if name in cases.arrays}
    times = next(cases[name].shape[axis] for name, axis in (("b", 1), ("symbols", 2), ("x", 2)) if name in cases.arrays)
    mended["lengths"] = np.clip(cases["lengths"], 1, times)
    if "symbols" in cases.arrays:
        mended["symbols"] = np.clip(cases["symbols"], 0, cases["B"].shape[-1] - 1)
    return cases.with_arrays(**mended)


def stochastic(cases: Cases) -> NDArray[np.bool_]:
    """Whether all rows of pi, A and B are distributions and all lengths are in range: (lane,)."""
    good = np.ones(cases.lanes, dtype=bool)
    for name in ("pi", "A", "B"):
        if name in cases.arrays:
            rows = cases[name]
            off = np.abs(rows.sum(axis=-1) - 1).reshape(cases.lanes, -1).max(axis=1)
            good &= (off <= 8 * rows.shape[-1] * max(cases.u, UNIT_ROUNDOFF["float64"])) & (
                rows.reshape(cases.lanes, -1).min(axis=1) >= 0
            )
    return good & (cases["lengths"].reshape(cases.lanes, -1) >= 1).all(axis=1)


def valid(cases: Cases) -> NDArray[np.bool_]:
    """Distributions, symbols in range, and no impossible sequence: (lane,)."""
    good = stochastic(cases)
    if "symbols" in cases.arrays:
        low, high = (f(cases["symbols"], axis=(1, 2)) for f in (np.min, np.max))
        good &= (low >= 0) & (high < cases["B"].shape[-1])
    else:
        good &= (cases["b"] >= 0).all(axis=(1, 2))
    pi, A, b, lengths = sequences_of(cases)
    good &= (lengths <= b.shape[1]).reshape(cases.lanes, -1).all(axis=1)
    return np.asarray(good & possible(pi, A, b, lengths).reshape(cases.lanes, -1).all(axis=1))


TABLE = Domain({"t": (1, 5), "s": (1, 3)}, TABLES, draw_table, AXES, valid=valid, settle=settled)
"""One sequence a lane, short enough for all of its paths."""

PATHS = Domain(
    {"t": (1, 5), "s": (1, 3)},
    (PLAIN, "posterior", *CHAINS, *SEEN),
    draw_path_table,
    AXES,
    valid=valid,
    settle=settled,
)
"""The same without settings."""

SHORT = Domain(
    {"r": (1, 3), "t": (1, 4), "s": (1, 3), "v": (1, 3)},
    SEQUENCES,
    draw_sequences,
    BY_SEQUENCE,
    valid=valid,
    settle=settled,
)
"""Several sequences a lane, short enough for all of their paths."""
