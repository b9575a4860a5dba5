"""Latent Dirichlet allocation another way: assignments by enumeration, the bound and its best updates in balls.

Balls are python-flint's `arb` at 200 bits around the exact values of the floats, so what is decided here has no error
of its own. In what follows a document is its words inside the length.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from theory.core.domain import Array, Cases

Floats = NDArray[np.float64]
Balls = list[Any]

LIBRARY = 16
"""Ulps of ψ, log Γ and ψ' in the libraries that were measured: |fl(ψ) − ψ| ≤ 16 u (1 + |ψ|)."""


def assignments(k: int, count: int) -> NDArray[np.intp]:
    """All ways of giving one of k topics to each of `count` words: (k^count, count)."""
    every = list(itertools.product(range(k), repeat=count))
    return np.array(every, dtype=np.intp).reshape(len(every), count)


def urn(prior: Floats, drawn: NDArray[np.intp], group: NDArray[np.intp], counted: NDArray[np.bool_]) -> Floats:
    """Probability of drawing these colours, one after another, from Pólya urns: (lane, way).

    Each urn starts with `prior` (lane, colour) balls and takes back two for each that is drawn, so a draw of colour c
    has probability (prior_c + earlier draws of c) ∕ (their sum): a Dirichlet-multinomial. drawn, group (lane or 1,
    way, place): colour and urn of each draw; counted (lane, place): whether the draw is made at all.
    """
    probability, total = np.ones(np.broadcast_shapes(drawn.shape[:2], (len(prior), 1))), prior.sum(axis=1)[:, None]
    for place in range(drawn.shape[2]):
        colour = np.broadcast_to(drawn[:, :, place], probability.shape)
        same_urn = (group[:, :, :place] == group[:, :, place, None]) & counted[:, None, :place]
        before = same_urn.sum(axis=2)
        same = (same_urn & (drawn[:, :, :place] == drawn[:, :, place, None])).sum(axis=2)
        factor = (np.take_along_axis(prior, colour, axis=1) + same) / (total + before)
        probability = probability * np.where(counted[:, None, place], factor, 1.0)
    return np.asarray(probability)


def evidence(alpha: Floats, beta: Floats, words: Array, lengths: Array) -> Floats:
    """Log p(w | α, β) of each document, Σ_z Π β_{z_n w_n} times an urn over topics: (lane, r), for few words."""
    told = []
    for document in range(words.shape[1]):
        counted = np.arange(words.shape[2]) < lengths[:, document, None]
        ways = assignments(alpha.shape[1], words.shape[2])[None]  # (1, way, n)
        likelihood = np.ones((len(alpha), ways.shape[1]))
        for place in range(words.shape[2]):
            word = np.where(counted[:, place], words[:, document, place], 0)
            weight = np.take_along_axis(beta, word[:, None, None], axis=2)[:, :, 0][:, ways[0, :, place]]
            likelihood *= np.where(counted[:, place, None], weight, ways[0, :, place] == 0)  # one way for no word
        told.append((likelihood * urn(alpha, ways, np.zeros_like(ways), counted)).sum(axis=1))
    return np.asarray(np.log(np.stack(told, axis=1)))


def smoothed_evidence(alpha: Floats, eta: Floats, vocabulary: int, words: Array, lengths: Array) -> Floats:
    """Log p(w | α, η) of the whole corpus, with topics integrated out too: (lane,), for few words.

    Given the assignments, topics of a document come from its urn and words of a topic from the topic's urn.
    """
    lanes, r, n = words.shape
    k, flat = alpha.shape[1], words.reshape(lanes, 1, r * n)
    counted = (np.arange(n) < lengths[..., None]).reshape(lanes, r * n)
    ways = assignments(k, r * n)[None]
    document = np.broadcast_to(np.repeat(np.arange(r), n), ways.shape)
    once = np.where(counted[:, None], True, ways == 0).all(axis=2)
    word = np.where(counted[:, None], flat, 0)
    prior = np.repeat(eta[:, None], vocabulary, axis=1)
    by_topic = urn(prior, np.broadcast_to(word, (lanes, *ways.shape[1:])), ways, counted)
    return np.asarray(np.log((once * urn(alpha, ways, document, counted) * by_topic).sum(axis=1)))


def balls(values: Array) -> Balls:
    """Exact balls of a vector of floats."""
    return [ball_of(value) for value in values]


def summed(values: Iterable[Any]) -> Any:
    """Sum of balls."""
    from flint import arb

    return sum(values, arb(0))


def shares(values: Balls) -> Balls:
    """Balls ≥ 0 divided by their sum, as 1 ∕ (1 + others ∕ own), in which each radius counts once."""
    made = []
    for place, value in enumerate(values):
        others = summed(values[:place] + values[place + 1 :])
        made.append(value if value == 0 else 1 / (1 + others / value))
    return made


def psi(value: Any, u: float = 0.0) -> Any:
    """ψ in balls, widened by what a library of unit roundoff u may add; ψ increases, so its ends are those of the ball.

    Evaluating ψ of a wide ball directly would widen it by orders of magnitude.
    """
    from flint import arb

    exact = value.digamma() if value.is_exact() else value.lower().digamma().union(value.upper().digamma())
    return exact + arb(0, LIBRARY * u * (1 + magnitude(exact)))


def log_gamma(value: Any) -> Any:
    """Log Γ in balls, by the mean-value theorem where the ball is wide."""
    from flint import arb

    if value.is_exact():
        return value.lgamma()
    return value.mid().lgamma() + psi(value) * arb(0, value.rad())


def wider(value: Any, ulps: float) -> Any:
    """A ball times 1 ± ulps."""
    from flint import arb

    return value * arb(1, ulps)


def lost(value: Any, tiny: float) -> Any:
    """A ball that may lose so much to underflow, unless it is exactly 0."""
    from flint import arb

    return value if value == 0 or not tiny else value + arb(0, tiny)


def magnitude(value: Any) -> float:
    """The largest absolute value in a ball, as a float."""
    return float(value.abs_upper())


def mean_logs(gamma: Balls, u: float = 0.0) -> Balls:
    """E log θ_k = ψ(γ_k) − ψ(Σγ) under a Dirichlet."""
    whole = psi(wider(summed(gamma), len(gamma) * u), u)
    return [psi(value, u) - whole for value in gamma]


def log_constant(alpha: Balls) -> Any:
    """Log Γ(Σα) − Σ log Γ(α): the logarithm of a Dirichlet's constant."""
    return log_gamma(summed(alpha)) - summed(log_gamma(value) for value in alpha)


def fall(before: Any, after: Any) -> float:
    """How far a bound surely falls: the lower end of before − after as a float, +∞ where it is no number."""
    least = float((before - after).lower())
    return float("inf") if np.isnan(least) else least


@dataclass(frozen=True)
class Corpus:
    """One lane in balls: alpha (k), beta by topic and word, words of each document inside its length.

    u: 0 for exact mathematics; a unit roundoff widens every update by what rounding may do to it, so that a run in
    balls encloses every run in that precision, and its radii are the bounds. tiny: the smallest normal number, below
    which an entry of phi may lose its digits.
    """

    alpha: Balls
    beta: list[Balls]
    words: list[list[int]]
    u: float = 0.0
    tiny: float = 0.0

    @cached_property
    def logs(self) -> list[Balls]:
        """Log β by topic and word; it is no number where β is 0."""
        return [[value.log() for value in row] for row in self.beta]

    def document(self, d: int, gamma: Balls, rows: list[Balls]) -> Any:
        """Blei, Ng & Jordan's bound of a document: E log p(θ, z, w) + entropy of q(θ) q(z), 0 log 0 = 0.

        The terms (α−1) E log θ of p and (γ−1) E log θ of q are taken together.
        """
        from flint import arb

        means = mean_logs(gamma)
        told = log_constant(self.alpha) - log_constant(gamma)
        told += summed((a - g) * m for a, g, m in zip(self.alpha, gamma, means, strict=True))
        for word, row in zip(self.words[d], rows, strict=True):
            for topic, share in enumerate(row):
                if share == 0:
                    continue
                if self.beta[topic][word] == 0:
                    return arb.neg_inf()
                rest = means[topic] + self.logs[topic][word]
                if share > 0:
                    told += share * (rest - share.log())
                else:  # a share that may have underflowed: |x log x| ≤ top (1 + |log top|)
                    top = share.abs_upper()
                    told += arb(0, top * (magnitude(rest) + 1 + magnitude(top.log())))
        return told

    def bound(self, gamma: list[Balls], rows: list[list[Balls]]) -> Any:
        """The bound of all documents: gamma (r, k), rows of phi of each word of each document."""
        return summed(self.document(d, gamma[d], rows[d]) for d in range(len(self.words)))

    def best_rows(self, gamma: list[Balls]) -> list[list[Balls]]:
        """φ_nk = β_{k w_n} exp ψ(γ_k) ∕ Σ_j …: the best phi for this gamma (r, k).

        exp ψ(Σγ), which may be divided out or not, and log β round with the exponent.
        """
        made = []
        for text, own in zip(self.words, gamma, strict=True):
            extra = LIBRARY * (1 + magnitude(psi(summed(own)))) + len(own) + 8
            weight = [wider(psi(value, self.u).exp(), self.u * extra) for value in own]
            made.append(
                [
                    [
                        lost(share, self.tiny)
                        for share in shares([w * row[word] for w, row in zip(weight, self.table, strict=True)])
                    ]
                    for word in text
                ]
            )
        return made

    @cached_property
    def table(self) -> list[Balls]:
        """β, each entry as good as exp(fl(log β)) and its row as a sum of 1 up to rounding."""
        if not self.u:
            return self.beta
        return [
            [value if value == 0 else wider(value, self.u * (len(row) + 4 * magnitude(value.log()))) for value in row]
            for row in self.beta
        ]

    def best_gamma(self, rows: list[list[Balls]]) -> list[Balls]:
        """α + Σ_n φ_n of each document."""
        return [
            [
                wider(alpha + summed(row[topic] for row in document), self.u * (len(document) + 1))
                for topic, alpha in enumerate(self.alpha)
            ]
            for document in rows
        ]

    def counts(self, rows: list[list[Balls]]) -> list[Balls]:
        """Expected counts Σ φ_nk [w_n = v] by topic and word."""
        from flint import arb

        told = [[arb(0) for _ in row] for row in self.beta]
        for text, document in zip(self.words, rows, strict=True):
            for word, row in zip(text, document, strict=True):
                for topic, share in enumerate(row):
                    told[topic][word] += share
        return [[wider(value, self.u * sum(map(len, self.words))) for value in row] for row in told]

    def start(self) -> list[Balls]:
        """α + length ∕ k of each document."""
        k = len(self.alpha)
        return [[wider(alpha + ball_of(len(text)) / k, 2 * self.u) for alpha in self.alpha] for text in self.words]

    def swept(self, gamma: list[Balls], sweeps: int) -> tuple[list[Balls], list[list[Balls]]]:
        """Gamma and rows of phi after so many sweeps, phi first."""
        rows: list[list[Balls]] = []
        for _ in range(sweeps):
            rows = self.best_rows(gamma)
            gamma = self.best_gamma(rows)
        return gamma, rows


def ball_of(value: float) -> Any:
    """The exact ball of one float; one that is no number where the float is none."""
    from flint import arb

    from theory.core.exact import ball

    return ball(float(value)) if np.isfinite(value) else arb.nan()


def texts(cases: Cases, lane: int) -> list[list[int]]:
    """The words inside the length of each document of a lane."""
    return [
        [int(word) for word in row[: int(length)]]
        for row, length in zip(cases["words"][lane], cases["lengths"][lane], strict=True)
    ]


def topics_of(table: Array, *, divided: bool = False) -> list[Balls]:
    """Topics (k, v) in balls, each row divided by its sum where wanted."""
    rows = [balls(row) for row in table]
    return [shares(row) for row in rows] if divided else rows


def rows_of(words: list[list[int]], phi: Array, *, divided: bool = True) -> list[list[Balls]]:
    """Rows of phi (r, n, k) of each word of each document, each divided by its sum unless told otherwise."""
    made = [[balls(row) for row in phi[d, : len(text)]] for d, text in enumerate(words)]
    return [[shares(row) for row in document] for document in made] if divided else made


def newton(alpha: Array, gamma: Array) -> tuple[Floats, Floats]:
    """The dense Newton direction d of the bound in alpha, and its gradient g, from alpha (k,), k ≥ 2, and gamma (r, k).

    g_k = r (ψ(α₀) − ψ(α_k)) + Σ_d (ψ(γ_dk) − ψ(γ_d0)), H = r (ψ'(α₀) 1 1ᵀ − diag ψ'(α)), H d = g by elimination in
    balls. ψ'(x) = ζ(2, x). The step is α − d.
    """
    from flint import arb, arb_mat

    point, r, k = balls(alpha), len(gamma), len(alpha)
    own = mean_logs(point)
    seen = [mean_logs(balls(row)) for row in gamma]
    gradient = [summed(row[i] for row in seen) - r * own[i] for i in range(k)]
    curve = [arb(2).zeta(value) for value in point]
    whole = arb(2).zeta(summed(point))
    hessian = arb_mat([[r * (whole - (curve[i] if i == j else 0)) for j in range(k)] for i in range(k)])
    direction = hessian.solve(arb_mat([[value] for value in gradient])).entries()
    return np.array([float(d.mid()) for d in direction]), np.array([float(g.mid()) for g in gradient])


def alpha_bound(alpha: Array, gamma: Array) -> Any:
    """The part of the bound of all documents that alpha (k,) touches, in balls: gamma (r, k)."""
    point = balls(alpha)
    seen = [mean_logs(balls(row)) for row in gamma]
    return len(gamma) * log_constant(point) + summed((a - 1) * row[i] for row in seen for i, a in enumerate(point))
