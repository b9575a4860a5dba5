"""Variational EM for latent Dirichlet allocation in balls.

With u = 0 a path is exact; with a unit roundoff u every update is widened by what rounding may do to it, so that the
balls enclose every run in that precision and their radii are bounds that were derived by the machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from theory.core.bound import SMALLEST_NORMAL
from theory.core.domain import Array, Cases
from theory.em.oracle_allocation import (
    Balls,
    Corpus,
    ball_of,
    balls,
    log_constant,
    mean_logs,
    shares,
    summed,
    texts,
    topics_of,
    wider,
)


@dataclass(frozen=True)
class Entry:
    """One entry of a path in balls: topics (k, v), gamma (r, k), rows of phi, and the bound of the whole corpus.

    counts: the expected counts (k, v) that its topics step is made of.
    """

    topics: list[Balls]
    gamma: list[Balls]
    rows: list[list[Balls]]
    elbo: Any
    counts: list[Balls]


def fitted_path(cases: Cases, lane: int, alpha: Array, beta: Array, u: float) -> Iterator[Entry]:
    """E-steps at the given alpha (entry, k) and beta (entry, k, v), each from the gamma of the one before.

    Rows of beta are divided by their sums exactly. Only gamma carries a radius from entry to entry.
    """
    words, gamma = texts(cases, lane), None
    for point, table in zip(alpha, beta, strict=True):
        topics = topics_of(table, divided=True)
        corpus = Corpus(balls(point), topics, words, u, smallest(cases, u))
        gamma, rows = corpus.swept(corpus.start() if gamma is None else gamma, cases.integer("sweeps"))
        yield Entry(topics, gamma, rows, corpus.bound(gamma, rows), corpus.counts(rows))


def smallest(cases: Cases, u: float) -> float:
    """The smallest normal number of the subject's dtype; 0 in an exact path."""
    return SMALLEST_NORMAL[cases.dtype] if u else 0.0


def topics_step(entry: Entry, u: float) -> list[Balls]:
    """Expected counts divided by their sums: the topics of the next entry; a topic without words keeps its row.

    The kept row is the subject's own, whose sum is 1 up to 8 v u. Where counts may have underflowed to 0, nothing is
    known of the row.
    """
    from flint import arb

    made = []
    for row, old in zip(entry.counts, entry.topics, strict=True):
        total = summed(row)
        if total == 0:
            made.append([wider(value, 8 * len(row) * u) for value in old])
        elif total.contains(0):
            made.append([arb.nan()] * len(row))
        else:
            made.append([wider(value, (len(row) + 2) * u) for value in shares(row)])
    return made


def smoothed_path(cases: Cases, lane: int, u: float) -> Iterator[Entry]:
    """Entries of the smoothed model from λ of the case, each after its E-step, which goes on from the gamma before.

    λ = η + expected counts (Blei, Ng & Jordan 2003, section 5.4). The bounds themselves are exact for their entries.
    """
    alpha, eta, words = balls(cases["alpha"][lane]), ball_of(cases["eta"][lane]), texts(cases, lane)
    topics = topics_of(cases["topics"][lane])
    gamma = Corpus(alpha, topics, words, u).start()
    for _ in range(cases.integer("steps") + 1):
        corpus = Corpus(
            alpha, [[value.exp() for value in mean_logs(row, u)] for row in topics], words, u, smallest(cases, u)
        )
        gamma, rows = corpus.swept(gamma, cases.integer("sweeps"))
        counts = corpus.counts(rows)
        yield Entry(topics, gamma, rows, corpus.bound(gamma, rows) + topics_part(topics, eta), counts)
        topics = [[wider(eta + value, 2 * u) for value in row] for row in counts]


def topics_part(topics: list[Balls], eta: Any) -> Any:
    """E log p(β | η) − E log q(β | λ) = −Σ_k KL(Dir(λ_k) ‖ Dir(η)), in balls."""
    told = []
    for row in topics:
        pulled = summed((eta - value) * mean for value, mean in zip(row, mean_logs(row), strict=True))
        told.append(log_constant([eta] * len(row)) - log_constant(row) + pulled)
    return summed(told)


def middle(value: Any) -> float:
    """The float nearest the middle of a ball, 0 where the ball is no number."""
    return float(value.mid()) if value.is_finite() else 0.0


def radius(value: Any) -> float:
    """The radius of a ball, +∞ where it is no number: nothing is known."""
    return float(value.rad()) if value.is_finite() else float("inf")


def middles(table: list[Balls]) -> Array:
    """Middles of a table of balls."""
    return np.array([[middle(value) for value in row] for row in table])


def radii(table: list[Balls]) -> Array:
    """Radii of a table of balls."""
    return np.array([[radius(value) for value in row] for row in table])


def filled(entry: Entry, like: Array) -> Array:
    """Rows of phi of an entry as floats in the shape (r, n, k) of `like`, 0 behind the length."""
    made = like * 0.0
    for d, document in enumerate(entry.rows):
        for place, row in enumerate(document):
            made[d, place] = [middle(share) for share in row]
    return made
