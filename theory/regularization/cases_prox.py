"""Proximal operators and projections: v and z (lane, p), a norm each regime, and where v lies beside the threshold."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from theory.core.domain import Axes, Cases, Domain, Shape

Rng = np.random.Generator
Floats = NDArray[np.float64]
HUGE, TINY = 2.0**100, 2.0**-100
"""Scales whose squares leave float32."""

FLAVOURS = ("integers", "reals", "boundary", "inside", "ties", "zero", "zero-level", "sparse", "huge", "tiny")
"""Small whole numbers · normal numbers · v on the ball's surface or |v| = t · v inside · entries of one size · v = 0 ·
a step or radius of 0 · mostly zeros · times 2^100 · times 2^−100."""

PROX_REGIMES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {f"{norm}-{flavour}": (norm, flavour) for norm in ("l1", "l2") for flavour in (*FLAVOURS, "elastic")}
)
BALL_REGIMES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {f"{norm}-{flavour}": (norm, flavour) for norm in ("l1", "l2", "linf") for flavour in FLAVOURS}
)


def norm_of(values: Floats, norm: str) -> Floats:
    """‖v‖₁, ‖v‖₂ or ‖v‖∞ over the last axis; taken out of the largest entry, so that squares stay in range."""
    top = np.abs(values).max(axis=-1)
    unit = values / np.where(top > 0, top, 1.0)[..., None]
    return np.asarray(top * np.linalg.norm(unit, {"l1": 1, "l2": 2, "linf": np.inf}[norm], axis=-1))


def _vectors(rng: Rng, p: int, norm: str, flavour: str, lanes: int) -> Floats:
    v = rng.integers(-8, 9, (lanes, p)).astype(np.float64)
    if flavour in ("reals", "elastic"):
        v = rng.standard_normal((lanes, p)) * 2.0 ** rng.integers(-3, 4, (lanes, 1))
    elif flavour == "ties":
        v = rng.choice([-3.0, 3.0], (lanes, p))
    elif flavour == "zero":
        v[:] = 0.0
    elif flavour == "sparse":
        v *= rng.random((lanes, p)) < 0.3
    elif flavour == "boundary" and norm == "l2":
        v[:] = 0.0  # Pythagorean, so that the length is a whole number
        v[:, 0], v[:, -1] = 3.0 * rng.choice([-1, 1], lanes), 4.0
    return v


def _level(rng: Rng, v: Floats, norm: str, flavour: str, prox: bool) -> Floats:
    """The step or radius (lane,) that puts v where the flavour wants it."""
    lanes = len(v)
    if flavour == "zero-level":
        return np.zeros(lanes)
    if flavour == "boundary":
        some = np.abs(v[np.arange(lanes), rng.integers(0, v.shape[1], lanes)])
        return some if prox and norm == "l1" else norm_of(v, norm)
    if flavour == "inside":
        return np.asarray(norm_of(v, norm) + rng.integers(1, 4, lanes))
    if flavour in ("reals", "elastic"):
        return np.asarray(norm_of(v, norm) * rng.uniform(0.05, 0.95, lanes) / (v.shape[1] if norm == "l1" else 1))
    return rng.integers(1, 9, lanes).astype(np.float64)


def _draw(rng: Rng, shape: Shape, place: tuple[str, str], lanes: int, prox: bool) -> tuple[Floats, Floats, Floats]:
    norm, flavour = place
    v = _vectors(rng, shape["p"], norm, flavour, lanes)
    z = v + rng.integers(-3, 4, v.shape)
    scale = {"huge": HUGE, "tiny": TINY}.get(flavour, 1.0)
    return v * scale, z * scale, _level(rng, v, norm, flavour, prox) * scale


def draw_prox(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """v, z (lane, p), step and ridge (lane,) with the setting norm; ridge is 0 except for `elastic`."""
    norm, flavour = PROX_REGIMES[regime]
    v, z, step = _draw(rng, shape, (norm, flavour), lanes, True)
    ridge = rng.integers(1, 9, lanes) / 4 if flavour == "elastic" else np.zeros(lanes)
    return Cases({"v": v, "z": z, "step": step, "ridge": ridge}, {"norm": norm}, regime)


def draw_ball(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """v, z (lane, p) and radius (lane,) with the setting norm."""
    place = BALL_REGIMES[regime]
    v, z, radius = _draw(rng, shape, place, lanes, False)
    return Cases({"v": v, "z": z, "radius": radius}, {"norm": place[0]}, regime)


def valid_levels(cases: Cases) -> NDArray[np.bool_]:
    """No level is negative: (lane,)."""
    levels = [cases[name] >= 0 for name in ("step", "ridge", "radius") if name in cases.arrays]
    return np.asarray(np.all(levels, axis=0))


_VECTORS = {"v": Axes(("p",), "real"), "z": Axes(("p",), "real")}

PROX = Domain(
    {"p": (1, 6)},
    tuple(PROX_REGIMES),
    draw_prox,
    {**_VECTORS, "step": Axes((), "real"), "ridge": Axes((), "real")},
    valid=valid_levels,
)
"""Points for proximal operators."""

PROJECTED = Domain(
    {"p": (1, 6)}, tuple(BALL_REGIMES), draw_ball, {**_VECTORS, "radius": Axes((), "real")}, valid=valid_levels
)
"""Points to project on balls."""
