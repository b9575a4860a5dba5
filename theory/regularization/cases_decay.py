"""Weights, the gradients that they will meet, and optimizers: named regimes drawn a whole batch at a time.

w (lane, p), gradient (lane, steps, p). The settings are those of the port; a rate and a decay are drawn for the batch
where a regime does not fix them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from theory.core.domain import Axes, Cases, Domain, Setting, Shape

Rng = np.random.Generator
Settings = Mapping[str, Setting]

PLAIN: Settings = MappingProxyType({"optimizer": "sgd", "momentum": 0.0, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8})

SGD_REGIMES: Mapping[str, Settings] = MappingProxyType(
    {
        "plain": {},
        "round-numbers": {"rate": 0.5, "decay": 0.25},
        "no-decay": {"decay": 0.0},
        "slow": {"rate": 1e-3, "decay": 1e-4},
        "overshoot": {"rate": 0.5, "decay": 5.0},
        "wiped": {"rate": 0.5, "decay": 2.0},
        "momentum": {"momentum": 0.9},
        "heavy-momentum": {"momentum": 0.99},
        "zero-gradient": {},
        "zero-weights": {},
        "large-gradient": {},
        "cancelling": {"rate": 0.25, "decay": 0.5},
    }
)
"""1 − ηλ below −1 · 1 − ηλ = 0 · gradients 0 · weights 0 · gradients of size 2^20 · a first gradient −λw."""

ADAM_REGIMES: Mapping[str, Settings] = MappingProxyType(
    {
        "usual": {"rate": 1e-3, "decay": 1e-2},
        "any-rate": {},
        "no-decay": {"decay": 0.0},
        "strong-decay": {"rate": 0.01, "decay": 16.0},
        "overshoot": {"rate": 0.5, "decay": 5.0},
        "wiped": {"rate": 0.5, "decay": 2.0},
        "zero-gradient": {},
        "zero-weights": {},
        "sparse-gradient": {},
        "tiny-gradient": {"decay": 0.0},
        "large-epsilon": {"epsilon": 0.5},
        "no-memory": {"beta1": 0.0, "beta2": 0.0},
        "no-first-moment": {"beta1": 0.0},
        "short-memory": {"beta1": 0.5, "beta2": 0.75},
    }
)
"""The defaults of libraries · 1 − ηλ below −1, or 0 · every other gradient 0 · gradients near ε, where it decides ·
steps by the sign alone · Adam without one of its means, or with short ones."""


def _draw(rng: Rng, shape: Shape, regime: str, lanes: int, chosen: Settings) -> Cases:
    steps, p = shape["steps"], shape["p"]
    w, gradient = rng.normal(size=(lanes, p)), rng.normal(size=(lanes, steps, p))
    drawn = {"rate": float(10 ** rng.uniform(-3, 0)), "decay": float(10 ** rng.uniform(-3, 0))}
    settings = {**PLAIN, **drawn, **chosen}
    w = np.where(np.abs(w) < 2.0**-8, 1.0, w) * (regime != "zero-weights")
    if regime == "zero-gradient":
        gradient = gradient * 0
    if regime == "sparse-gradient":
        gradient = gradient * (rng.random((lanes, steps, p)) < 0.5)
    if regime == "cancelling":
        gradient[:, 0] = -float(settings["decay"]) * w
    gradient = gradient * {"large-gradient": 2.0**20, "tiny-gradient": 2.0**-28}.get(regime, 1.0)
    return Cases({"w": w, "gradient": gradient}, settings, regime)


def draw_sgd(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """What SGD meets; the regimes are at `SGD_REGIMES`."""
    return _draw(rng, shape, regime, lanes, SGD_REGIMES[regime])


def draw_adam(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """What Adam meets; the regimes are at `ADAM_REGIMES`."""
    return _draw(rng, shape, regime, lanes, {"optimizer": "adam", **ADAM_REGIMES[regime]})


def sized(cases: Cases) -> NDArray[np.bool_]:
    """Weights that are 0 or of a size whose squares no dtype loses: (lane,)."""
    w = np.abs(cases["w"])
    return np.asarray(((w == 0) | ((w >= 2.0**-12) & (w <= 2.0**20))).all(axis=1))


AXES = MappingProxyType({"w": Axes(("p",), "real"), "gradient": Axes(("steps", "p"), "real")})


def _domain(regimes: Settings | Mapping[str, Settings], draw: Callable[..., Cases], steps: int) -> Domain:
    return Domain({"p": (1, 3), "steps": (1, steps)}, tuple(regimes), draw, AXES, valid=sized)


SGD = _domain(SGD_REGIMES, draw_sgd, 16)
"""Weights and gradients for SGD with L2 and with decoupled decay."""

ADAM = _domain(ADAM_REGIMES, draw_adam, 10)
"""Weights and gradients for Adam with L2 and with decoupled decay."""
