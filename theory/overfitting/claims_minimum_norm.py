"""Claims about the solution of least norm (OV-17) and the learning curve that is made of it (OV-19)."""

from __future__ import annotations

from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from theory.core.bound import Bound, absolute, gamma
from theory.core.claim import Answer, Claim
from theory.core.domain import Axes, Cases, Domain, Shape
from theory.core.gap import Gap, at_most, equal
from theory.overfitting import oracle_fitting as oracle
from theory.overfitting.bounds_fitting import clear, coef_error, inverse_error, norm, size, squared_error
from theory.overfitting.cases_fitting import FIT_AXES, Floats, Mask, Rng, design, real_fits, scaled, target

TALL = ("generic", "integers", "square", "intercept", "duplicate-rows", "near-collinear", "tiny-scale", "huge-scale")
DEFICIENT = ("equal-columns", "zero-column", "rank-one", "zeros")
WIDE = ("wide", "wide-integers", "wide-duplicate-rows", "wide-tiny-scale", "wide-huge-scale", "wide-orthogonal")
"""Designs of full column rank · of dependent columns · with more columns than rows."""


def check_minimum_norm(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Coefficients and the pseudo-inverse against exact rationals, see `coef_error` and `inverse_error`.

    Where the rows are independent the fit passes through all targets, up to ‖X‖ times the error of w, and a column less
    leaves at least the norm: the shorter solution, with a 0 for the new column, is a solution too.
    """
    x, y = cases["x"], cases["y"]
    n, d = x.shape[1:]
    w, left = oracle.stacked(oracle.minimum_norm, x, y)
    inverse, rank = oracle.stacked(oracle.pseudo_inverse, x)
    sized = size(x, cases.u)
    told = (rank == sized.rank)[:, None]
    off = coef_error(sized, norm(w), norm(left), norm(y))
    entry = Bound(off.value[:, None], off.terms)
    found = answer["coef"]
    pseudo = answer.again("pseudo_inverse", cases.with_arrays(x=x))["inverse"]
    inverse_off = inverse_error(sized)
    through = sized.norm * off.value + gamma(d + 1, cases.u) * sized.norm * (norm(w) + off.value)
    gaps = [
        equal("coefficients of least norm", found, w, entry, told),
        equal("pseudo-inverse", pseudo, inverse, Bound(inverse_off.value[:, None, None], inverse_off.terms),
              told[..., None]),
        equal("passes through every target", np.einsum("lnd,ld->ln", x, found), y,
              absolute(through[:, None], "‖X‖(‖Δw‖ + γ(d+1)‖w‖)"), (rank == n)[:, None] & told),
    ]  # fmt: skip
    if d > 1:
        gaps.append(_no_longer(answer, cases, off, told[:, 0]))
    return tuple(gaps)


def _no_longer(answer: Answer, cases: Cases, off: Bound, told: Mask) -> Gap:
    """‖w‖ with d columns ≤ ‖w‖ with d − 1, wherever both interpolate."""
    x, y = cases["x"], cases["y"]
    fewer = x[..., :-1]
    sized = size(fewer, cases.u)
    interpolates = (sized.rank == x.shape[1]) & clear(fewer, cases.u) & told
    length = np.zeros(cases.lanes)
    if interpolates.any():
        smaller = cases.take(interpolates)
        length[interpolates] = norm(answer.again("minimum_norm", smaller.with_arrays(x=fewer[interpolates]))["coef"])
    own = coef_error(sized, length, np.zeros(cases.lanes), norm(y))
    slack = Bound(np.where(interpolates, off.value + own.value, 0.0), off.terms)
    return at_most("a column more, no longer weights", norm(answer["coef"]), length, slack, interpolates)


def draw_any_rank(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Designs of any rank and targets; see `TALL`, `DEFICIENT` and `WIDE`."""
    kind = regime.removeprefix("wide-")
    n, d = shape["n"], shape["d"]
    low, high = min(n, d), max(n, d)
    n, d = (high, low) if regime in TALL else (low, high + 1) if regime in WIDE else (n, max(d, 2))
    n = d if regime == "square" else n
    if kind == "orthogonal":
        x = np.swapaxes(design(rng, kind, lanes, d, n), 1, 2)
    elif kind == "duplicate-rows":
        x = design(rng, kind, lanes, n, d)
        x[:, -1] = x[:, 0]
    else:
        x = design(rng, kind, lanes, n, d)
    if regime == "equal-columns":
        x[..., -1] = x[..., 0]
    if regime == "zero-column":
        x[..., -1] = 0
    if regime == "rank-one":
        x = (rng.integers(1, 5, (lanes, n, 1)) * rng.integers(-4, 5, (lanes, 1, d))).astype(np.float64)
    if regime == "zeros":
        x = np.zeros((lanes, n, d))
    y = target(rng, kind, x) if kind != "generic" else rng.standard_normal((lanes, n))
    return Cases({"x": x * scaled(kind), "y": y * scaled(kind)}, {}, regime)


def valid_any_rank(cases: Cases) -> Mask:
    """See `bounds_fitting.clear`; a design of zeros is clear."""
    return np.asarray(clear(cases["x"], cases.u) | (cases["x"] == 0).all(axis=(1, 2)))


ANY_RANK = Domain(
    MappingProxyType({"n": (1, 6), "d": (1, 6)}),
    ("wide", *TALL, *DEFICIENT, *WIDE[1:]),
    draw_any_rank,
    FIT_AXES,
    valid=valid_any_rank,
    real=MappingProxyType({"diabetes": real_fits(6, 64), "diabetes, fewer rows": real_fits(10, 8)}),
)
"""Designs of any rank that rounding leaves as it is."""


class Points(NamedTuple):
    """Exact errors of a learning curve, how far they may be off, and where no rank is in doubt: (lane, s) each."""

    training: Floats
    test: Floats
    training_off: Bound
    test_off: Bound
    told: Mask


def check_curve(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Each point against the exact minimum-norm fit of its rows, see `points`."""
    exact = points(cases)
    return (
        equal("training error of each size", answer["training"], exact.training, exact.training_off, exact.told),
        equal("test error of each size", answer["test"], exact.test, exact.test_off, exact.told),
    )


def points(cases: Cases) -> Points:
    """The curve in exact rationals.

    A residual moves by δ = ‖x‖‖Δw‖ + γ(d+2)(|y| + ‖x‖‖w‖), see `coef_error`, and a mean of squares by the mean of
    2|r|δ + δ² and γ(m+4) of itself.
    """
    x, y, others, aims = (cases[name] for name in ("x", "y", "test_x", "test_y"))
    sizes = cases["sizes"].astype(np.int64)
    table = np.zeros((4, *sizes.shape))
    told = np.zeros(sizes.shape, dtype=bool)
    for lane, place in np.ndindex(*sizes.shape):
        a, b = x[lane, : sizes[lane, place]], y[lane, : sizes[lane, place]]
        w, left = oracle.minimum_norm(a, b)
        sized = size(a, cases.u)
        told[lane, place] = sized.rank == oracle.inverted(oracle.matrix(a))[1]
        ahead = oracle.vector(oracle.matrix(aims[lane]) - oracle.matrix(others[lane]) * oracle.matrix(w))
        off = coef_error(sized, norm(w), norm(left), norm(b)).value
        length = norm(w) + off
        table[:2, lane, place] = _mean_square(left, a, b, length, off, cases.u)
        table[2:, lane, place] = _mean_square(ahead, others[lane], aims[lane], length, off, cases.u)
    words = "mean of 2|r|δ + δ², δ = ‖x‖‖Δw‖ + γ(d+2)(|y| + ‖x‖‖w‖), + γ(m+4)"
    return Points(table[0], table[2], absolute(table[1], words), absolute(table[3], words), told)


def _mean_square(left: Floats, x: Floats, y: Floats, w: Floats, off: Floats, u: float) -> tuple[float, float]:
    """Mean square of residuals of rows x (m, d), y (m,), and how far it may be off."""
    m, d = x.shape
    lengths = norm(x)
    delta = lengths * off + gamma(d + 2, u) * (np.abs(y) + lengths * w)
    value = float((left**2).mean())
    return value, float(squared_error(left, delta).mean() + gamma(m + 4, u) * value)


def draw_curves(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """A training set, a test set, and sizes up to the whole; from fewer rows than columns to more."""
    n, d, m = max(shape["n"], shape["d"] + 1), shape["d"], shape["m"]
    if regime == "interpolating":
        n = d
    kind = {"constant": "orthogonal", "repeats": "duplicate-rows"}.get(regime, regime)
    x, others = design(rng, kind, lanes, n, d), design(rng, kind, lanes, m, d)
    if regime == "constant":
        x, others = np.ones((lanes, n, 1)), np.ones((lanes, m, 1))
    if regime == "repeats":
        others = x[:, :1]
        m = 1
    y, aims = target(rng, kind, x), target(rng, kind, others)
    unit = scaled(regime)
    sizes = np.tile(np.arange(1, n + 1), (lanes, 1))
    if regime == "any-order":
        sizes = rng.integers(1, n + 1, (lanes, 3))
    arrays = {"x": x * unit, "y": y * unit, "test_x": others * unit, "test_y": aims * unit, "sizes": sizes}
    return Cases(arrays, {}, regime)


def valid_curves(cases: Cases) -> Mask:
    """Every size between 1 and n, and each prefix clear, see `bounds_fitting.clear`."""
    x, sizes = cases["x"], cases["sizes"]
    n = x.shape[1]
    each = np.stack([clear(x[:, :k], cases.u) | (x[:, :k] == 0).all(axis=(1, 2)) for k in range(1, n + 1)], axis=1)
    inside = ((sizes >= 1) & (sizes <= n)).all(axis=1)
    asked = np.take_along_axis(each, np.clip(sizes, 1, n).astype(np.int64) - 1, axis=1)
    return np.asarray(inside & asked.all(axis=1))


def _real_curve() -> Cases:
    cases = real_fits(6, 96)()
    x, y = cases["x"], cases["y"]
    arrays = {"x": x[:, :64], "y": y[:, :64], "test_x": x[:, 64:], "test_y": y[:, 64:]}
    return Cases({**arrays, "sizes": np.array([[3, 16, 32, 64]])})


CURVES = Domain(
    MappingProxyType({"n": (1, 7), "d": (1, 4), "m": (1, 4)}),
    (
        "generic",
        "integers",
        "constant",
        "interpolating",
        "repeats",
        "intercept",
        "exact-fit",
        "any-order",
        "tiny-scale",
        "huge-scale",
    ),
    draw_curves,
    MappingProxyType(
        {
            "x": Axes(("n", "d"), "real"),
            "y": Axes(("n",), "real"),
            "test_x": Axes(("m", "d"), "real"),
            "test_y": Axes(("m",), "real"),
            "sizes": Axes(("s",), "integer", 1),
        }
    ),
    valid=valid_curves,
    real=MappingProxyType({"diabetes": _real_curve}),
)
"""Sizes 1 … n in order, or some in any order."""

MINIMUM_NORM_CLAIM = Claim(
    id="OV-17",
    version=1,
    title="Of all solutions the shortest",
    sentence="The pseudo-inverse gives the least-squares solution of least norm; with independent rows it passes "
    "through all targets, and a further column never makes it longer.",
    latex=r"\hat\beta=X^+y,\qquad \hat\beta=\arg\min\{\lVert\beta\rVert:\ X^\top X\beta=X^\top y\}",
    source=(("penrose1956", "section 2"), ("wedin1973", "section 5"), ("belkin2020", "section 2")),
    kind="identity",
    asks="minimum_norm",
    also=("pseudo_inverse",),
    check=check_minimum_norm,
    domain=ANY_RANK,
    needs=("coef",),
    parents=("OV-01",),
    lanes=16,
)
CURVE_CLAIM = Claim(
    id="OV-19",
    version=1,
    title="A learning curve is made of fits",
    sentence="Each point of a learning curve is the error of the fit of that many first rows, on these rows and on the "
    "test rows.",
    latex=r"\hat\beta_k=X_{1:k}^+y_{1:k};\quad \mathrm{train}_k=\frac1k\lVert y_{1:k}-X_{1:k}\hat\beta_k\rVert^2,\quad "
    r"\mathrm{test}_k=\frac1m\lVert y_*-X_*\hat\beta_k\rVert^2",
    source=(("hastie2009", "section 7.10"),),
    kind="identity",
    asks="learning_curve",
    check=check_curve,
    domain=CURVES,
    needs=("training", "test"),
    parents=("OV-17",),
    lanes=8,
)
