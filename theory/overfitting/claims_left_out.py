"""The claim that one fit tells what n refits would, each without a row: OV-05."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np

from theory.core.bound import Bound, absolute, gamma
from theory.core.claim import Answer, Claim
from theory.core.domain import Cases, Domain, Shape
from theory.core.gap import Gap, equal
from theory.overfitting import oracle_fitting as oracle
from theory.overfitting.bounds_fitting import MOST, augmented, fitted_error, hat_error, norm, size, squared_error
from theory.overfitting.cases_fitting import Floats, Mask, Rng, design, scaled, target, with_penalty
from theory.overfitting.claims_leverage import HAT_DOMAIN, real_hats


def check_left_out(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """N exact refits, and press and gcv in exact rationals; see `left_out_bounds`."""
    exact = _left_out(cases)
    names = {"residual": "residuals of the n refits", "press": "press", "gcv": "gcv"}
    bounds = left_out_bounds(cases, exact)
    return tuple(
        equal(label, answer[name], getattr(exact, name), bound)
        for (name, label), bound in zip(names.items(), bounds, strict=True)
    )


def _left_out(cases: Cases) -> oracle.Left:
    x, y, penalty = cases["x"], cases["y"], cases["penalty"]
    return oracle.Left(*oracle.stacked(oracle.leave_one_out, x, y, penalty, _intercepts(cases)))


def left_out_bounds(cases: Cases, known: oracle.Left | None = None) -> tuple[Bound, ...]:
    """How far residual (lane, n), press and gcv (lane,) may be off.

    With e = 2ε(1+2κ)‖y‖ of the residual and h = 2ε(1+2κ) of the leverage, of [1 X; 0 √λI]: r∕(1−h_i) moves by
    (e + |loo| h)∕(1 − h_i), doubled since h ≤ (1 − h_i)∕4; press and n·gcv are sums of squares of such numbers, which
    move by Σ(2|loo|δ + δ²) and γ(n+4) of themselves.
    """
    exact = known or _left_out(cases)
    n = cases["x"].shape[1]
    sized = size(augmented(cases["x"], cases["penalty"], bool(cases.settings["intercept"])), cases.u)
    e, h = fitted_error(sized, norm(cases["y"])).value[:, None], hat_error(sized).value[:, None]
    off = 2 * (e + np.abs(exact.residual) * h) / (1 - exact.leverage)
    mean = exact.leverage.mean(axis=1, keepdims=True)
    alike = exact.whole / (1 - mean)
    summed = _summed(alike, 2 * (e + np.abs(alike) * h) / (1 - mean), n * exact.gcv, n, cases.u)
    return (
        absolute(off, "2(e + |loo|h)∕(1−h_i), e = h‖y‖, h = 2ε(1+2κ)"),
        _summed(exact.residual, off, exact.press, n, cases.u),
        absolute(summed.value / n, f"({summed.terms})∕n"),
    )


def _intercepts(cases: Cases) -> Mask:
    return np.full(cases.lanes, bool(cases.settings["intercept"]))


def _summed(values: Floats, off: Floats, total: Floats, n: int, u: float) -> Bound:
    """How far a sum of squares (lane,) may be off, when its terms (lane, n) are."""
    return absolute(squared_error(values, off).sum(axis=1) + gamma(n + 4, u) * total, "Σ(2|loo|δ + δ²) + γ(n+4)Σ")


def draw_left_out(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Designs with more rows than are needed, with and without an intercept and a penalty."""
    flavour, _, kind = regime.partition(": ")
    intercept = int("intercept" in flavour)
    n, d = max(shape["n"], shape["d"] + 2 + intercept), shape["d"]
    if kind == "wide":
        n, d = 3, 5
    if kind == "duplicate-rows":
        n = 2 * (d + intercept + 1)
    x = design(rng, kind, lanes, n, d)
    y = target(rng, kind, x) * scaled(kind)
    penalty = with_penalty(rng, lanes, flavour) * scaled(kind) ** 2
    return Cases({"x": x * scaled(kind), "y": y, "penalty": penalty}, {"intercept": intercept}, regime)


def valid_left_out(cases: Cases) -> Mask:
    """Full column rank of [1 X; 0 √λI], also after rounding and without any one row, see `check_left_out`."""
    x, penalty = cases["x"], cases["penalty"]
    if x.shape[1] < 2 or (penalty < 0).any():
        return np.zeros(cases.lanes, dtype=bool)
    whole = augmented(x, penalty, bool(cases.settings["intercept"]))
    sized = size(whole, cases.u)
    good = (sized.rank == whole.shape[2]) & (sized.eps * sized.kappa <= MOST)
    left = np.linalg.svd(whole, full_matrices=False)[0][:, : x.shape[1]]
    leverage = (left**2).sum(axis=2).max(axis=1)
    return np.asarray(good & (hat_error(sized).value <= (1 - leverage) / 4))


LEFT_OUT_DOMAIN = Domain(
    MappingProxyType({"n": (3, 10), "d": (1, 4)}),
    (
        "ols: generic",
        "ridge: generic",
        "ols-intercept: generic",
        "ridge-intercept: generic",
        *(f"ols: {kind}" for kind in ("integers", "duplicate-rows", "zero-row", "column-scales", "huge-scale")),
        *(f"ridge: {kind}" for kind in ("integers", "wide", "leverage-one", "near-collinear", "exact-fit")),
        *(f"ridge-intercept: {kind}" for kind in ("wide", "offset", "single-column", "constant-target")),
        "ols-intercept: duplicate-rows",
        "ridge: tiny-scale",
        "small-penalty: generic",
        "large-penalty-intercept: generic",
    ),
    draw_left_out,
    HAT_DOMAIN.axes,
    valid=valid_left_out,
    real=MappingProxyType(
        {
            "diabetes": lambda: real_hats(6, 442, 0.0).with_settings(intercept=1),
            "diabetes, 64 patients": lambda: real_hats(4, 64, 0.0).with_settings(intercept=1),
            "diabetes, ridge": lambda: real_hats(10, 64, 0.5).with_settings(intercept=1),
        }
    ),
)
"""Rows that can be left out: none has leverage 1."""

LEFT_OUT_CLAIM = Claim(
    id="OV-05",
    version=1,
    title="One fit leaves each row out",
    sentence="The residual of a row that the fit did not see is its residual in the whole fit, divided by one minus "
    "its leverage; for least squares and for ridge, with an intercept or without.",
    latex=r"y_i-\hat y_i^{(-i)}=\frac{y_i-\hat y_i}{1-h_{ii}}",
    source=(("allen1974", "section 2"), ("golub1979", "section 2")),
    kind="identity",
    asks="leave_one_out",
    check=check_left_out,
    domain=LEFT_OUT_DOMAIN,
    needs=("residual", "press", "gcv"),
    parents=("OV-06",),
    lanes=12,
)
