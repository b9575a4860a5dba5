"""Proximal points in closed form, and the projection on the ℓ1 ball by rationals."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from theory.regularization.cases_prox import norm_of
from theory.regularization.oracle_lasso import Rational, exact, exacts, nearest

Floats = NDArray[np.float64]


def prox(v: Floats, step: Floats, ridge: Floats, norm: str) -> Floats:
    """argmin_x ½‖x − v‖² + step ‖x‖ + ridge∕2 ‖x‖², v (lane, p): soft threshold (l1) or shrunk block (l2)."""
    t, mu = step[:, None], 1 + ridge[:, None]
    if norm == "l1":
        return np.asarray(np.sign(v) * np.maximum(np.abs(v) - t, 0.0) / mu)
    length = norm_of(v, "l2")[:, None]
    return np.asarray(np.maximum(1 - t / np.where(length > 0, length, 1.0), 0.0) * (length > 0) * v / mu)


def project(v: Floats, radius: Floats, norm: str) -> Floats:
    """The nearest point of the ball, v (lane, p)."""
    r = radius[:, None]
    if norm == "linf":
        return np.asarray(np.clip(v, -r, r))
    if norm == "l2":
        length = norm_of(v, "l2")[:, None]
        return np.asarray(np.where(length <= r, v, v * (r / np.where(length > 0, length, 1.0))))
    return np.array([[nearest(b) for b in project_l1(exacts(row), exact(t))] for row, t in zip(v, radius, strict=True)])


def project_l1(v: list[Rational], radius: Rational) -> list[Rational]:
    """Soft threshold at the θ that leaves ‖x‖₁ = radius, by trying how many entries stay (Duchi et al. 2008, 3)."""
    sizes = sorted((abs(entry) for entry in v), reverse=True)
    total = sum(sizes, exact(0))
    if total <= radius:
        return v
    theta = exact(0)
    for kept in range(1, len(sizes) + 1):
        theta = (sum(sizes[:kept], exact(0)) - radius) / kept
        if kept == len(sizes) or theta >= sizes[kept]:
            break
    return [max(abs(entry) - theta, exact(0)) * (1 if entry > 0 else -1) for entry in v]
