"""Densities of a Gaussian mixture in ball arithmetic: no error of the oracle's own is left.

Floats are taken as the exact numbers that they are; Σ is read from its lower triangle and factored as L D Lᵀ.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from theory.core.domain import Array, Cases
from theory.core.exact import BALL_BITS

Ball = Any
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Component:
    """One component, ready for rows: π (2π)^(−d/2) det(Σ)^(−1/2), μ, the strict rows of L, and −1/2D."""

    height: Ball
    mean: list[Ball]
    lower: list[list[Ball]]
    rate: list[Ball]

    def __call__(self, row: list[Ball]) -> Ball:
        """π N(x; μ, Σ) of one row x."""
        away: list[Ball] = []
        exponent: Ball = 0
        for value, centre, left, rate in zip(row, self.mean, self.lower, self.rate, strict=True):
            z = value - centre
            for factor, before in zip(left, away, strict=False):
                z -= factor * before
            away.append(z)
            exponent += rate * z * z
        return self.height * exponent.exp()


def component(pi: float, mu: Array, covariance: Array) -> Component:
    """A component with weight π, mean (d,) and covariance (d, d), or its diagonal (d,)."""
    from flint import arb

    d = len(mu)
    lower, pivots = ldl(covariance) if covariance.ndim == 2 else ([[] for _ in range(d)], balls(covariance))
    volume = (2 * arb.pi()) ** d
    for pivot in pivots:
        volume *= pivot
    return Component(arb(float(pi)) / volume.sqrt(), balls(mu), lower, [-1 / (2 * pivot) for pivot in pivots])


def ldl(matrix: Array) -> tuple[list[list[Ball]], list[Ball]]:
    """The strict rows of L and the pivots D of a symmetric matrix (d, d), read from its lower triangle."""
    lower: list[list[Ball]] = []
    pivots: list[Ball] = []
    for i in range(len(matrix)):
        given = balls(matrix[i, : i + 1])
        scaled: list[Ball] = []  # L_ij D_j
        for j in range(i):
            scaled.append(given[j] - sum((a * b for a, b in zip(scaled, lower[j], strict=False)), start=0 * given[j]))
        row = [value / pivot for value, pivot in zip(scaled, pivots, strict=True)]
        pivots.append(given[i] - sum((a * b for a, b in zip(scaled, row, strict=True)), start=0 * given[i]))
        lower.append(row)
    return lower, pivots


def balls(values: Array) -> list[Ball]:
    """The exact values of a float array (d,)."""
    from flint import arb

    return [arb(float(value)) for value in values]


def components(pi: Array, mu: Array, covariances: Array, kind: str) -> list[Component]:
    """The components (k) of one mixture: pi (k,), mu (k, d), covariances of the shape `kind`."""
    d = mu.shape[1]
    return [
        component(pi[k], mu[k], covariances if kind == "tied" else _shaped(covariances[k], kind, d))
        for k in range(len(pi))
    ]


def _shaped(covariance: Array, kind: str, d: int) -> Array:
    return np.full(d, covariance) if kind == "spherical" else covariance


def joint(x: Array, pi: Array, mu: Array, covariances: Array, kind: str) -> list[list[Ball]]:
    """π_k N(x_n; μ_k, Σ_k) of one mixture: n rows of k balls, in the precision that is set."""
    parts = components(pi, mu, covariances, kind)
    return [[part(row) for part in parts] for row in map(balls, x)]


Rows = list[tuple[list[Ball], Ball]]
"""Rows and their weights, as balls."""


def weighted_rows(x: Array, weight: Array) -> Rows:
    """Rows x (n, d) with weights (n,), those of weight 0 left out."""
    return [(balls(row), count) for row, count in zip(x, balls(weight), strict=True) if count > 0]


def log_likelihood(rows: Rows, pi: Array, mu: Array, covariances: Array, kind: str) -> Ball:
    """Σ_n w_n log Σ_k π_k N(x_n; μ_k, Σ_k) with π divided by its exact sum.

    pi (k,), mu (k, d), covariances of the shape `kind`. Where Σ is not positive definite the value is no number.
    """
    parts = components(pi, mu, covariances, kind)
    total = sum(balls(pi))
    return sum(count * (sum(part(row) for part in parts) / total).log() for row, count in rows)


def exact_posterior(cases: Cases) -> tuple[Floats, Floats, Floats]:
    """Log-joint densities (lane, n, k), log p (lane, n) and responsibilities (lane, n, k) as the nearest floats."""
    with precision():
        tables = _tables(cases)
        joint = np.array([[[_log(p) for p in row] for row in table] for table in tables])
        value = np.array([[_log(sum(row)) for row in table] for table in tables])
        resp = np.array([[[float((p / sum(row)).mid()) for p in row] for row in table] for table in tables])
    return joint, value, resp


def exact_bounds(cases: Cases) -> tuple[Floats, Floats, Floats]:
    """Log p, the elbo of the guess q, and KL(q‖posterior) of each row (lane, n); −∞ and ∞ where q meets a weight 0."""
    value, elbo, apart = (np.zeros(cases["q"].shape[:2]) for _ in range(3))
    with precision():
        for lane, table in enumerate(_tables(cases)):
            for n, row in enumerate(table):
                value[lane, n] = _log(sum(row))
                elbo[lane, n], apart[lane, n] = _bound(row, balls(cases["q"][lane, n]))
    return value, elbo, apart


def _bound(row: list[Ball], q: list[Ball]) -> tuple[float, float]:
    """Σ q (log p − log q) and Σ q (log q − log p + log Σ p) of one row of joint densities."""
    evidence: Ball = sum(row)
    held = [(p, guess) for p, guess in zip(row, q, strict=True) if guess > 0]
    if any(p == 0 for p, _ in held):
        return -np.inf, np.inf
    bound: Ball = sum(guess * (p / guess).log() for p, guess in held)
    return float(bound.mid()), float((sum(guess for _, guess in held) * evidence.log() - bound).mid())


def _tables(cases: Cases) -> list[list[list[Ball]]]:
    kind = str(cases.settings["covariance"])
    given = zip(cases["x"], cases["pi"], cases["mu"], cases[kind], strict=True)
    return [joint(x, pi, mu, covariances, kind) for x, pi, mu, covariances in given]


def _log(value: Ball) -> float:
    return -np.inf if value == 0 else float(value.log().mid())


def precision(bits: int = BALL_BITS) -> Any:
    """A context in which balls carry so many bits."""
    from flint import ctx

    return ctx.workprec(bits)
