"""Claims about leverages (OV-06) and nested designs (OV-01)."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import numpy as np

from theory.core.bound import Bound, absolute, gamma
from theory.core.claim import Answer, Claim
from theory.core.domain import Axes, Cases, Domain, Shape
from theory.core.gap import Gap, at_most, equal
from theory.overfitting import oracle_fitting as oracle
from theory.overfitting.bounds_fitting import (
    MOST,
    Size,
    augmented,
    coef_error,
    fitted_error,
    hat_error,
    norm,
    size,
    squared_error,
)
from theory.overfitting.cases_fitting import (
    FIT_AXES,
    FITS,
    Floats,
    Mask,
    Rng,
    design,
    draw_fits,
    real_fits,
    scaled,
    target,
    with_penalty,
)


def wide(bound: Bound, axes: int = 1) -> Bound:
    """A bound of each lane with axes for its entries."""
    return Bound(bound.value.reshape(*bound.value.shape, *[1] * axes), bound.terms)


def check_leverages(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """H against exact rationals, entry by entry; ridge as the least squares of [X; √λI], see `hat_error`.

    Without penalty H = QQᵀ of computed Q, ‖QᵀQ − I‖ ≤ ε whatever κ (Higham 2002, theorem 19.4): H² − H, tr H − d and
    each leverage beyond [0, 1] are ≤ 4ε(1 + d); by (X+ΔX) = QR, ‖HX − X‖_F ≤ 4ε‖X‖_F. A leverage is 1∕n at least where
    the column of ones is spanned, as it is by a first column of ones.
    """
    x, penalty, hat = cases["x"], cases["penalty"], answer["hat"]
    n, d = x.shape[1:]
    plain = penalty == 0
    exact = oracle.stacked(oracle.hat_matrix, x, penalty)[0]
    sized = size(augmented(x, penalty, False), cases.u)
    off = hat_error(sized)
    orthogonal = absolute(4 * sized.eps * (1 + d), "4ε(1+d), ε = γ(8nd)")
    leverage = np.diagonal(hat, axis1=1, axis2=2)
    trace = np.trace(exact, axis1=1, axis2=2)
    ones = plain & (x[..., 0] == 1).all(axis=1)
    rebuilt = sized.eps[:, None, None] * 4 * sized.norm[:, None, None]
    return (
        equal("H", hat, exact, wide(off, 2)),
        equal("degrees of freedom", answer["df"], trace, off.scaled(d, "d")),
        equal("H² = H", hat @ hat, hat, wide(orthogonal, 2), plain[:, None, None]),
        equal("tr H = d", answer["df"], d, orthogonal, plain),
        equal("HX = X", hat @ x, x, absolute(rebuilt, "4ε‖X‖"), plain[:, None, None]),
        at_most("0 ≤ leverage", -leverage, 0.0, wide(orthogonal)),
        at_most("leverage ≤ 1", leverage, 1.0, wide(orthogonal)),
        at_most("1∕n ≤ leverage with an intercept", 1 / n, leverage, wide(off), ones[:, None]),
        *_by_least_squares(answer, cases, plain),
    )


def _by_least_squares(answer: Answer, cases: Cases, plain: Mask) -> tuple[Gap, ...]:
    """Fit and leverages of a design of full column rank, against exact rationals."""
    x, y = cases["x"], cases["y"]
    sized = size(x, cases.u)
    full = plain & (sized.rank == x.shape[2]) & (sized.eps * sized.kappa <= MOST)
    if not full.any():
        return ()
    fit = answer.again("least_squares", replace(cases.take(full), arrays={"x": x[full], "y": y[full]}))
    exact = oracle.Fit(*oracle.stacked(oracle.least_squares, x[full], y[full]))
    sized = Size(*(values[full] for values in sized))
    whole = norm(y[full])
    fitted, left = fitted_error(sized, whole), norm(exact.residual)
    rss = squared_error(left, fitted.value) + gamma(x.shape[1] + 2, cases.u) * exact.rss

    def spread(values: Floats) -> Floats:
        out = np.zeros((cases.lanes, *values.shape[1:]))
        out[full] = values
        return out

    def gap(label: str, name: str, right: Floats, bound: Bound) -> Gap:
        wider = wide(bound, right.ndim - 1)
        return equal(label, spread(fit[name]), spread(right), Bound(spread(wider.value), wider.terms))

    return (
        gap("coefficients", "coef", exact.coef, coef_error(sized, norm(exact.coef), left, whole)),
        gap("fitted values", "fitted", exact.fitted, fitted),
        gap("leverages", "leverage", exact.leverage, hat_error(sized)),
        gap("residual sum of squares", "rss", exact.rss, absolute(rss, "2‖r‖e + e² + γ(n+2)‖r‖², e = 2ε(1+2κ)‖y‖")),
    )


HATS = ("ols", "ridge", "small-penalty", "large-penalty", "wide", "dependent")
"""No penalty · a penalty of the size of the squares · 2^-10 and 2^10 of it · more columns than rows · equal columns."""


def draw_hats(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Designs with a penalty: any rank where it is positive."""
    flavour, _, kind = regime.partition(": ")
    if flavour in ("wide", "dependent"):
        n, d = shape["n"], max(shape["d"], 2)
        n, d = (min(n, 3), n + 1) if flavour == "wide" else (n, d)
        x = design(rng, "generic", lanes, n, min(d, 5))
        if flavour == "dependent":
            x[..., -1] = x[..., 0]
        y = target(rng, "generic", x)
    else:
        fits = draw_fits(rng, shape, kind, lanes)
        x, y = fits["x"], fits["y"]
    penalty = with_penalty(rng, lanes, flavour) * scaled(kind) ** 2
    return Cases({"x": x, "y": y, "penalty": penalty}, {}, regime)


def valid_hats(cases: Cases) -> Mask:
    """A penalty that is not negative and leaves [X; √λI] of full column rank, also after rounding."""
    if (cases["penalty"] < 0).any():
        return np.zeros(cases.lanes, dtype=bool)
    sized = size(augmented(cases["x"], cases["penalty"], False), cases.u)
    return np.asarray((sized.rank == cases["x"].shape[2]) & (sized.eps * sized.kappa <= MOST))


def real_hats(columns: int, rows: int, penalty: float) -> Cases:
    """The diabetes study with a penalty."""
    cases = real_fits(columns, rows)()
    return cases.with_arrays(penalty=np.array([penalty]))


HAT_DOMAIN = Domain(
    FITS.shapes,
    (
        *(f"ols: {flavour}" for flavour in FITS.regimes),
        *(f"{flavour}: generic" for flavour in HATS[1:4]),
        "ridge: tiny-scale",
        *HATS[4:],
    ),
    draw_hats,
    MappingProxyType({**FIT_AXES, "penalty": Axes((), "real")}),
    valid=valid_hats,
    real=MappingProxyType(
        {"diabetes": lambda: real_hats(6, 64, 0.0), "diabetes, ridge": lambda: real_hats(10, 64, 0.5)}
    ),
)
"""Designs with penalties ≥ 0."""


def check_nested(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Sums of squares of the first 0, 1, …, d columns and their differences, against exact rationals.

    With e = 2ε(1+2κ)‖y‖ (see `fitted_error`), rss moves by 2‖r‖e + e², and by γ(2n+2d+8)‖y‖² where it is ‖y‖² less what
    the columns take off; a gain (q·y)² by 2|q·y|e + e² likewise.
    """
    x, y = cases["x"], cases["y"]
    n, d = x.shape[1:]
    rss, gain = oracle.stacked(oracle.nested, x, y)
    e = fitted_error(size(x, cases.u), norm(y)).value[:, None]
    summed = (gamma(2 * n + 2 * d + 8, cases.u) * norm(y) ** 2)[:, None]
    words = "2‖r‖e + e² + γ(2n+2d+8)‖y‖², e = 2ε(1+2κ)‖y‖"
    off = absolute(squared_error(np.sqrt(rss), e) + summed, words)
    taken = absolute(squared_error(np.sqrt(np.maximum(gain, 0)), e) + summed, words.replace("‖r‖", "|q·y|"))
    found = answer["rss"]
    return (
        equal("rss of each prefix", found, rss, off),
        equal("gain of each column", answer["gain"], gain, taken),
        at_most("rss never rises with a column", found[:, 1:], found[:, :-1],
                Bound(off.value[:, 1:] + off.value[:, :-1], off.terms)),
    )  # fmt: skip


LEVERAGE_CLAIM = Claim(
    id="OV-06",
    version=1,
    title="The hat matrix is a projection",
    sentence="The matrix that turns targets into fitted values is the exact one; without penalty it is a projection on "
    "the columns, its trace counts them, and each leverage lies between 0 and 1.",
    latex=r"H=X(X^\top X+\lambda I)^{-1}X^\top;\quad \lambda=0:\ H^2=H,\ HX=X,\ \operatorname{tr}H=d,\ 0\le h_{ii}\le1",
    source=(("hoaglin1978", "section 2"), ("hastie2009", "section 3.2")),
    kind="identity",
    asks="hat_matrix",
    also=("least_squares",),
    check=check_leverages,
    domain=HAT_DOMAIN,
    needs=("hat", "df"),
    lanes=16,
)
NESTED_CLAIM = Claim(
    id="OV-01",
    version=1,
    title="More columns never raise the training error",
    sentence="Each further column takes from the residual sum of squares what its new direction explains, and never "
    "adds to it.",
    latex=r"\mathrm{RSS}_{k}-\mathrm{RSS}_{k+1}=(q_{k+1}^\top y)^2\ge0",
    source=(("hastie2009", "section 3.2.3"),),
    kind="identity",
    asks="nested_errors",
    check=check_nested,
    domain=FITS,
    needs=("rss", "gain"),
    parents=("OV-06",),
    lanes=16,
)
