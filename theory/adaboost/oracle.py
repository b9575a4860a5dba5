"""What the mathematics of boosting says about a recorded run: exact errors, steps, cuts, and how far rounding reaches.

Everything is read off the subject's own state (D_m, h_m, α_m) one round at a time, so that rounding does not
compound. Letters: L lanes, R rounds, n examples, d features. Functions run on floats and on balls, see balls.py.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from theory.adaboost.balls import dot, own_unit, pick, size
from theory.core.ask import NotOffered
from theory.core.bound import Bound, gamma
from theory.core.domain import Array, Cases

Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Rounds:
    """A recorded run against the labels.

    D: (L, R, n) the weights under which each round was fitted, after: (L, R, n) those it left. miss: (L, R, n) where
    h_m errs. alpha: (L, R) in the half convention. total: (L, R) Σ D_m. error: (L, R) ε_m = Σ_miss D_m / Σ D_m.
    kept: (L, R) rounds that count; regular: kept and 0 < ε_m, where α_m is finite in theory too. Elsewhere error is
    ½, the round that changes nothing.
    """

    D: Array
    after: Array
    miss: Mask
    alpha: Array
    total: Array
    error: Array
    kept: Mask
    regular: Mask

    @property
    def n(self) -> int:
        """Number of examples."""
        return int(self.D.shape[-1])

    @functools.cached_property
    def vote(self) -> Array:
        """½ ln((1 − ε_m)/ε_m), what α_m should be: (L, R); 0 where not regular."""
        return half_log_odds(self.error)

    @property
    def sign(self) -> Array:
        """y_i h_m(x_i): (L, R, n), −1 where the hypothesis errs."""
        return 1.0 - 2.0 * self.miss


def kept_rounds(answer: Mapping[str, Array], rounds: int) -> Mask:
    """(L, R) mask of the rounds before the padding."""
    return np.asarray(np.arange(rounds) < answer["used"][:, None])


@np.errstate(divide="ignore", invalid="ignore", over="ignore")
def read_rounds(answer: Mapping[str, Array], cases: Cases) -> Rounds:
    """The run of a classifier (two classes or K) as facts; `predictions` (L, R, n) are compared with y (L, n)."""
    weights, predictions = answer["weights"], answer["predictions"]
    D = weights[:, :-1]
    miss = np.asarray(predictions != cases["y"][:, None, :])
    kept = kept_rounds(answer, miss.shape[1])
    total, wrong = D.sum(axis=-1), dot(D, miss.astype(np.float64))
    alpha = in_half_convention(answer, "alphas") if "alphas" in answer else np.full(kept.shape, np.nan)
    regular = kept & np.asarray(wrong > 0, dtype=bool)
    error = wrong / total
    return Rounds(D, weights[:, 1:], miss, alpha, total, pick(regular, error, 0.5), kept, regular)


def in_half_convention(answer: Mapping[str, Array], name: str) -> Array:
    """An answer that is linear in the votes (alphas, staged, decision), divided by the subject's `alpha_scale`."""
    values = answer[name]
    if "alpha_scale" not in answer:
        return values
    return np.asarray(values / answer["alpha_scale"].reshape(-1, *[1] * (values.ndim - 1)))


def watched(answer: Mapping[str, Array], where: Mask) -> Mask:
    """`where`. Raises NotOffered when the subject hides its weights and an adapter replayed them by our own formula."""
    if "replayed" in answer:
        raise NotOffered("D_m is hidden and was replayed from the votes; an attribute sample_weights_ would show it")
    return where


@np.errstate(divide="ignore", invalid="ignore", over="ignore")
def half_log_odds(error: Array) -> Array:
    """α = ½ ln((1 − ε)/ε): the vote of a hypothesis of error ε ∈ (0, 1)."""
    return np.asarray(0.5 * (np.log(1 - error) - np.log(error)))


@np.errstate(divide="ignore", invalid="ignore", over="ignore")
def normaliser(error: Array) -> Array:
    """Z = 2 √(ε(1 − ε)): the least value of Σ D exp(−a y h) over the step a."""
    return np.asarray(2 * np.sqrt(error * (1 - error)))


@np.errstate(divide="ignore", invalid="ignore", over="ignore")
def loss_after_step(error: Array, step: Array) -> Array:
    """(1 − ε) e^{−a} + ε e^{a} = Σ D exp(−a y h) / Σ D, the exponential loss along h at step a."""
    return np.asarray((1 - error) * np.exp(-step) + error * np.exp(step))


@np.errstate(divide="ignore", invalid="ignore", over="ignore")
def rational_update(rounds: Rounds) -> Array:
    """D_m(i)/(2ε_m) where h_m errs, D_m(i)/(2(1 − ε_m)) elsewhere, D_m scaled to sum 1: (L, R, n); no exponential."""
    wrong = 1 / (2 * rounds.error * rounds.total)
    right = 1 / (2 * (1 - rounds.error) * rounds.total)
    return rounds.D * np.where(rounds.miss, wrong[..., None], right[..., None])


def alpha_bound(rounds: Rounds, u: float) -> Bound:
    """How far rounding takes α_m from ½ ln((1 − ε_m)/ε_m), absolute: γ(2n+8) + 4u|α|, shape (L, R).

    ε is a sum of n non-negative terms over weights that sum to 1 within (n+1)u, so it has relative error 2n u
    (Higham 2002, section 4.2), and dα = dε/(2ε(1−ε)) makes that at most 2n u in α when ε ≤ ½. 1 − ε, the quotient and
    ½ cost 4u more, a library logarithm 2 ulp = 4u|α|. The oracle's own ε costs γ(2n+8) and 4|α| of its unit.
    """
    own = own_unit(rounds.D)
    value = gamma(2 * rounds.n + 8, u) + gamma(2 * rounds.n + 8, own) + 4 * (u + own) * size(rounds.vote)
    return Bound(np.asarray(value, dtype=np.float64), "γ(2n+8) + 4u|α|")


def step_bound(rounds: Rounds, u: float) -> Bound:
    """Relative error of one reweighting, entry by entry: γ(3n+16) + 4u|α|, shape (L, R).

    The factor e^{±α} inherits `alpha_bound` (its effect on the sum is of second order, for α minimises it) plus 4u
    for a library exponential; the product costs u, the normalising sum γ(n), the division u. It covers the
    exponential and the rational form of the update alike. The oracle's own rational update costs γ(3n+8).
    """
    own = own_unit(rounds.D)
    value = gamma(3 * rounds.n + 16, u) + gamma(3 * rounds.n + 8, own) + 4 * (u + own) * size(rounds.vote)
    return Bound(np.asarray(value, dtype=np.float64), "γ(3n+16) + 4u|α|")


def _cuts(X: Floats) -> Iterator[tuple[NDArray[np.intp], Mask]]:
    """For each feature that can be cut: the order of the rows (n, L), and after which a cut may fall (n − 1, L)."""
    for j in range(X.shape[2]):
        column = X[:, :, j]
        order = np.argsort(column, axis=1, kind="stable")
        column = np.take_along_axis(column, order, axis=1)
        distinct = column[:, :-1] < column[:, 1:]
        if distinct.any():
            yield order.T, distinct.T


def _in_order(rows: Array, order: NDArray[np.intp]) -> Array:
    """The rows (L, n, k) of each lane in the order (n, L), rows first: (n, L, k), so that sums over rows are quick."""
    lanes, n, width = rows.shape
    place = order + n * np.arange(lanes)
    return np.asarray(rows.reshape(lanes * n, width).take(place.ravel(), axis=0).reshape(n, lanes, width))


def best_edge(X: Floats, signed: Array) -> Array:
    """Max over all stumps of |Σ_i D(i) y_i h(x_i)|, by visiting every cut: (L, R).

    A stump splits one feature between two distinct values, or is constant. X: (L, n, d), signed: (L, R, n) = D y.
    With prefix sums c_k of `signed` in the order of the feature and their total t, the stump that cuts after the
    k-th value has edge ±(t − 2 c_k); the constant one has ±t. Then ε = ½(Σ D − edge).
    """
    total = signed.sum(axis=-1)
    best = abs(total)
    rows = np.ascontiguousarray(signed.transpose(0, 2, 1))  # (L, n, R): a row of the data is contiguous
    for order, distinct in _cuts(X):
        edges = abs(total - 2 * np.cumsum(_in_order(rows, order), axis=0)[:-1])  # (n − 1, L, R)
        best = np.maximum(best, pick(distinct[..., None], edges, 0.0).max(axis=0))
    return np.asarray(best)


def best_class_mass(X: Floats, D: Array, y: Array, classes: int) -> Array:
    """Max over all stumps with a class on each side of the mass Σ D(i) 1{h(x_i) = y_i}: (L,). D: (L, n)."""
    masses = np.stack([pick(y == k, D, 0.0) for k in range(classes)], axis=-1)  # (L, n, K)
    total = masses.sum(axis=1)
    best = total.max(axis=-1)
    for order, distinct in _cuts(X):
        left = np.cumsum(_in_order(masses, order), axis=0)[:-1]  # (n − 1, L, K)
        mass = left.max(axis=-1) + (total - left).max(axis=-1)
        best = np.maximum(best, pick(distinct, mass, 0.0).max(axis=0))
    return np.asarray(best)


def stump_predictions(X: Floats, feature: Array, threshold: Array, polarity: Array) -> Array:
    """What the recorded stumps say at every x: polarity where x > threshold, else −polarity; (L, R, n)."""
    column = np.take_along_axis(X.transpose(0, 2, 1), np.maximum(feature, 0)[..., None], axis=1)  # (L, R, n)
    right = np.where((feature < 0)[..., None], True, column > threshold[..., None])
    return np.where(right, polarity[..., None], -polarity[..., None])
