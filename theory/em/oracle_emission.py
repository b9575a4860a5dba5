"""Gaussian emissions in balls: densities, log-likelihoods, and moments under the posterior of all paths."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from theory.core.domain import Array
from theory.em.oracle_markov import Numbers, balls, evidence, expected, floats, forward, precise, shares


def densities(x: Array, mu: Array, full: Array) -> Numbers:
    """N(x_rt; μ_s, Σ_s) of one lane in balls: (r, t, s); x (r, t, d), mu (s, d), full (s, d, d): lower triangles.

    NaN where a covariance is singular: an answer may be wrong.
    """
    from flint import arb, arb_mat

    precise()
    r, t, d = x.shape
    found = np.empty((r, t, len(mu)), dtype=object)
    points = balls(x)
    for state, (centre, matrix) in enumerate(zip(balls(mu), full, strict=True)):
        lower = np.tril(matrix)
        sigma = arb_mat(d, d, balls(lower + np.tril(matrix, -1).T).ravel().tolist())
        try:
            precision, factor = sigma.inv(), ((2 * arb.pi()) ** d * sigma.det()).sqrt()
        except ZeroDivisionError:
            found[..., state] = arb("nan")
            continue
        for place in np.ndindex(r, t):
            away = arb_mat(d, 1, (points[place] - centre).tolist())
            squared = sum((p * q for p, q in zip(away.entries(), (precision * away).entries(), strict=True)), arb(0))
            found[(*place, state)] = (-squared / 2).exp() / factor
    return found


def emission_evidence(pi: Numbers, A: Numbers, b: Numbers, lengths: Array) -> Any:
    """Log p of all sequences of one lane, a ball; pi (s), A (s, s), b (r, t, s): balls."""
    runs = zip(b, lengths.tolist(), strict=True)
    return sum(evidence(forward(pi, A, run[:length].tolist())[-1]) for run, length in runs)


class Moments(NamedTuple):
    """A step of EM from all paths: the nearest floats of balls.

    gamma (lane, r, t, s): posterior; visits, left (lane, s): how often each state is visited, and left; pi, A; mu
    (lane, s, d); full (lane, s, d, d): covariance about the new mean. Where nothing was counted mu and full are 0.
    """

    gamma: NDArray[np.float64]
    visits: NDArray[np.float64]
    left: NDArray[np.float64]
    pi: NDArray[np.float64]
    A: NDArray[np.float64]
    mu: NDArray[np.float64]
    full: NDArray[np.float64]


def moments(pi: Array, A: Array, b: Numbers, x: Array, lengths: Array) -> Moments:
    """Expected counts and moments of points under the posterior by enumeration; b (lane, r, t, s): balls."""
    counts = expected(balls(pi), balls(A), b, lengths)
    gamma, points = counts.emissions, balls(x)[:, :, :, None]  # (lane, r, t, 1, d)
    count = gamma.sum(axis=(1, 2))
    safe = np.where(np.equal(count, 0).astype(bool), 1, count)
    mu = (gamma[..., None] * points).sum(axis=(1, 2)) / safe[..., None]
    away = points - mu[:, None, None]
    squares = gamma[..., None, None] * away[..., :, None] * away[..., None, :]
    full = squares.sum(axis=(1, 2)) / safe[..., None, None]
    kept = floats(counts.moves.sum(axis=2)), shares(counts.start, pi), shares(counts.moves, A)
    return Moments(floats(gamma), floats(count), *kept, floats(mu), floats(full))
