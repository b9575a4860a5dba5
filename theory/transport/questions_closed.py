"""What the cross-cutting claims ask of the closed forms.

Padding are points of weight 0 far away. Bounds are those of the claims, for two computations.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import Bound, rounding
from theory.core.claim import Answer
from theory.core.crosscutting import Output, Question, Refusal, changed, put, set_to
from theory.core.domain import Array, Cases, Domain
from theory.transport.cases_closed import CLOUD_DOMAIN, FAMILY_DOMAIN, LINE_DOMAIN, LINES_DOMAIN
from theory.transport.cases_gaussian import COVARIANCE_DOMAIN, FACTOR_DOMAIN, MOMENT_DOMAIN
from theory.transport.claims_gaussian import moments_bound
from theory.transport.oracle_closed import Floats, bures_bound, line_bound, line_unit

PADDING = 2
FAR = 2.0**20


def _largest(points: Floats, weights: Floats) -> Floats:
    """The largest |coordinate| of points (lane, n, …) of positive weight (lane, n): (lane,)."""
    heavy = (weights > 0).reshape(*weights.shape, *[1] * (points.ndim - weights.ndim))
    return np.asarray(np.where(heavy, np.abs(points), 0).reshape(len(points), -1).max(axis=1))


def _rooted(bound: Bound, p: float, unit: Floats) -> Bound:
    """|A − B| ≤ |A^p − B^p|^{1/p}: what a bound of W_p^p ÷ unit^p says of W_p, for two computations."""
    return Bound((2 * bound.value) ** (1 / p) * unit, f"(2 {bound.terms})^(1/p)")


def _line(answer: Answer, cases: Cases) -> Bound:
    unit, p = line_unit((cases["x"], cases["a"]), (cases["y"], cases["b"])), float(cases.settings["p"])
    n, m = (cases[name].shape[1] + PADDING for name in ("x", "y"))
    return _rooted(line_bound(n, m, p, cases.u, unit), p, unit)


def _slices(answer: Answer, cases: Cases) -> Bound:
    (_, n, d), m, p = cases["x"].shape, cases["y"].shape[1], float(cases.settings["p"])
    size = np.maximum(_largest(cases["x"], cases["a"]), _largest(cases["y"], cases["b"]))
    unit = np.where(size > 0, 2 * np.sqrt(d) * size, 1.0)
    k = cases["directions"].shape[1]
    line = line_bound(n + PADDING, m + PADDING, p, cases.u, unit) + rounding(p * d + k + 8, cases.u, "γ(pd + k + 8)")
    return _rooted(line, p, unit)


def _each_slice(answer: Answer, cases: Cases) -> Bound:
    bound = _slices(answer, cases)
    return Bound(bound.value[:, None], bound.terms)


def _moment(order: int) -> Callable[[Answer], Array]:
    """The mean, or the mean square, of a barycentre: neither padding nor the order of its atoms changes it."""
    return lambda answer: np.asarray((answer["support"] ** order * answer["mass"]).sum(axis=1))


def _averaged(order: int) -> Callable[[Answer, Cases], Bound]:
    def bound(answer: Answer, cases: Cases) -> Bound:
        _, k, n = cases["x"].shape
        size = np.stack([_largest(cases["x"][:, i], cases["a"][:, i]) for i in range(k)]).max(axis=0)
        return rounding(8 * (k * (n + PADDING) + k + 8), cases.u, "γ(8(kn + 3k + 8)) max|x|^q", size**order)

    return bound


def _bures(answer: Answer, cases: Cases) -> Bound:
    means = ((cases["m1"] - cases["m2"]) ** 2).sum(axis=1)
    bound = bures_bound(cases["S1"], cases["S2"], np.asarray(answer["squared"]), cases.u)
    moved = rounding(4 * cases["m1"].shape[1] + 8, cases.u, "γ(4d + 8) |m₁ − m₂|²", means)
    return Bound(2 * bound.value, f"2 ({bound.terms})") + moved


def _factors(answer: Answer, cases: Cases) -> Bound:
    A1, A2 = cases["A1"], cases["A2"]
    _, d, r = A1.shape
    size = (A1**2).sum(axis=(1, 2)) + (A2**2).sum(axis=(1, 2)) + ((cases["m1"] - cases["m2"]) ** 2).sum(axis=1)
    count = 2 * np.sqrt(r) * (2 * d + 16 * r) + 2 * d * r + 16
    return rounding(count, cases.u, "2 γ(√r (2d + 16r) + dr + 8)(tr S₁ + tr S₂ + |m₁ − m₂|²)", size)


def _gelbrich(answer: Answer, cases: Cases) -> Bound:
    bound = moments_bound(_padded(cases))
    return Bound(2 * bound.value, f"2 ({bound.terms})")


def _entropies(answer: Answer, cases: Cases) -> Bound:
    a, b = cases["a"], cases["b"]
    size = (a * (1 + sum(np.abs(np.log(np.where(w > 0, w, 1.0))) for w in (a, b)))).sum(axis=1)
    return rounding(4 * a.shape[1] + 32, cases.u, "γ(8n + 32) Σ a(1 + |ln a| + |ln b|)", size)


def _more(array: Array, value: float, axis: int = 1) -> Array:
    """The array with `PADDING` more entries of one value along an axis."""
    width = [(0, PADDING if place == axis else 0) for place in range(array.ndim)]
    return np.pad(array, width, constant_values=value)


def _padded(cases: Cases) -> Cases:
    """Points of weight 0 on both sides."""
    points = {name: _more(cases[name], FAR) for name in ("x", "y") if name in cases.arrays}
    return cases.with_arrays(**points, **{name: _more(cases[name], 0.0) for name in ("a", "b")})


def _padded_family(cases: Cases) -> Cases:
    return cases.with_arrays(x=_more(cases["x"], FAR, 2), a=_more(cases["a"], 0.0, 2))


def _permuted(*names: str, axis: int = 1) -> Callable[[Cases, NDArray[np.intp]], Cases]:
    """The same order of the arrays with these names."""
    return lambda cases, order: cases.with_arrays(**{name: np.take(cases[name], order, axis=axis) for name in names})


def _permuted_family(cases: Cases, order: NDArray[np.intp]) -> Cases:
    """The measures in another order."""
    return _permuted("x", "a", "t")(cases, order)


def _domain(domain: Domain, *without: str) -> Domain:
    """The same cases without some regimes and without bundled data."""
    regimes = tuple(regime for regime in domain.regimes if regime not in without)
    return replace(domain, regimes=regimes, real={})


def _with_first(S1: list[list[float]]) -> Callable[[Cases], Cases]:
    """A problem in the plane with this covariance S1, and else standard ones."""
    plane = {"m1": np.zeros((1, 2)), "S1": np.array([S1], dtype=np.float64), "m2": np.zeros((1, 2))}
    return lambda cases: replace(cases, arrays={**plane, "S2": np.eye(2)[None]})


def _weights(a: str, b: str, named_a: str, named_b: str) -> tuple[Refusal, ...]:
    """What must be refused of two measures in the arrays a and b; messages use the names of the arguments."""
    return (
        Refusal("NaN among the weights", put(a, np.nan), f"{named_a} must be finite"),
        Refusal("a negative weight", put(b, -1.0), f"{named_b} must be non-negative"),
        Refusal("only zero weights", changed(a, np.zeros_like), f"{named_a} must have a positive sum"),
        Refusal("a total too large", changed(a, lambda w: 2 * w), f"{named_a} and {named_b} must have equal totals"),
        Refusal("a weight too many", changed(b, lambda w: _more(w, 1.0)), "padded with weight 0"),
    )


CLOSED_QUESTIONS: tuple[Question, ...] = (
    Question(
        "wasserstein_1d",
        _domain(LINE_DOMAIN),
        (Output("distance", bound=_line),),
        floats=("distance",),
        permuted=lambda cases, order: cases.with_arrays(x=cases["x"][:, order], a=cases["a"][:, order]),
        rows="x",
        padded=_padded,
        refusals=(
            Refusal("NaN among the points", put("x", np.nan), "x must be finite"),
            Refusal("infinity among the points", put("y", np.inf), "y must be finite"),
            Refusal("an exponent below 1", set_to(p=0.5), "p must be finite and at least 1"),
            Refusal("no points", changed("x", lambda x: x[:, :0]), "x must not be empty"),
            *_weights("a", "b", "wx", "wy"),
        ),
    ),
    Question(
        "barycentre_1d",
        _domain(FAMILY_DOMAIN),
        (
            Output("support", read=_moment(1), bound=_averaged(1)),
            Output("mass", read=_moment(2), bound=_averaged(2)),
        ),
        floats=("support", "mass"),
        permuted=_permuted_family,
        rows="x",
        padded=_padded_family,
        refusals=(
            Refusal("NaN among the points", put("x", np.nan), "x must be finite"),
            Refusal("NaN among the masses", put("a", np.nan), "w must be finite"),
            Refusal("a negative mass", put("a", -1.0), "w must be non-negative"),
            Refusal("t without mass", changed("t", np.zeros_like), "t must have a positive sum"),
            Refusal("t of sum 2", changed("t", lambda t: 2 * t), "t must sum to 1"),
        ),
    ),
    Question(
        "sliced",
        _domain(CLOUD_DOMAIN),
        (Output("distance", bound=_slices), Output("per_direction", bound=_each_slice)),
        floats=("distance", "per_direction"),
        permuted=lambda cases, order: cases.with_arrays(x=cases["x"][:, order], a=cases["a"][:, order]),
        rows="x",
        padded=_padded,
        refusals=(
            Refusal("NaN among the points", put("x", np.nan), "x must be finite"),
            Refusal("directions of length 2", changed("directions", lambda v: 2 * v), "directions must have length 1"),
            Refusal("an exponent below 1", set_to(p=0.5), "p must be finite and at least 1"),
            *_weights("a", "b", "wx", "wy"),
        ),
    ),
    Question(
        "gaussian",
        _domain(COVARIANCE_DOMAIN),
        (Output("squared", bound=_bures),),
        floats=("squared",),
        refusals=(
            Refusal("NaN in a mean", put("m1", np.nan), "m1 must be finite"),
            Refusal("NaN in a covariance", put("S2", np.nan), "S2 must be finite"),
            Refusal("a negative variance", _with_first([[1, 2], [2, 1]]), "S1 must have eigenvalues of at least 0"),
            Refusal("a covariance that is not symmetric", _with_first([[1, 1], [0, 1]]), "S1 must be symmetric"),
            Refusal("a covariance that is not square", changed("S2", lambda S: _more(S, 0.0, 2)), "S2 must be square"),
            Refusal("a mean too long", changed("m2", lambda m: _more(m, 0.0)), "m2 must have shape"),
        ),
    ),
    Question(
        "gaussian_factors",
        _domain(FACTOR_DOMAIN),
        (Output("squared", bound=_factors),),
        floats=("squared",),
        refusals=(
            Refusal("NaN in a mean", put("m2", np.nan), "m2 must be finite"),
            Refusal("infinity in a factor", put("A1", np.inf), "A1 must be finite"),
            Refusal("factors of other dimension", changed("A2", lambda A: _more(A, 0.0)), "A2 must have shape"),
        ),
    ),
    Question(
        "gelbrich",
        _domain(MOMENT_DOMAIN),
        (Output("squared", bound=_gelbrich),),
        floats=("squared",),
        permuted=lambda cases, order: cases.with_arrays(x=cases["x"][:, order], a=cases["a"][:, order]),
        rows="x",
        padded=_padded,
        refusals=(
            Refusal("NaN among the points", put("x", np.nan), "x must be finite"),
            *_weights("a", "b", "wx", "wy"),
        ),
    ),
    Question(
        "discrepancies",
        _domain(LINES_DOMAIN),
        tuple(Output(name, bound=_entropies) for name in ("jsd", "tv", "kl")),
        floats=("jsd", "tv", "kl"),
        permuted=_permuted("a", "b"),
        rows="a",
        padded=lambda cases: cases.with_arrays(a=_more(cases["a"], 0.0), b=_more(cases["b"], 0.0)),
        refusals=_weights("a", "b", "a", "b"),
    ),
)
