"""What the solution of ridge regression is: REG-01, REG-02, REG-05."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import U64, absolute, rounding
from theory.core.claim import Answer, Claim
from theory.core.domain import Cases
from theory.core.gap import Gap, equal
from theory.regularization import bounds_ridge as bounds
from theory.regularization import oracle_ridge as oracle
from theory.regularization.cases_ridge import RIDGE
from theory.regularization.cases_ridge_twins import DUAL, ROOTS, augmented

Floats = NDArray[np.float64]


def check_normal_equations(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """(XᵀX + λI) β = Xᵀy on centred data, in rationals; β₀ = ȳ − x̄ β; ŷ = Xβ + β₀.

    The residual of the normal equations at β̂ is small whatever their condition (`residual_bound`); how far β̂ may be
    from the exact solution depends on it (`coef_bound`, one for each solver).
    """
    exact, size = oracle.exact_ridge(cases), bounds.sizes_of(cases)
    coef = answer["coef"]
    fitted = np.einsum("lnp,lp->ln", cases["x"], exact.coef) + exact.intercept[:, None]
    rest = oracle.normal_residual(cases, coef)
    return (
        equal("residual of the normal equations", rest, np.zeros(cases.lanes), bounds.residual_bound(size, coef)),
        equal("β", coef, exact.coef, bounds.coef_bound(size, exact.coef)),
        equal("β₀", answer["intercept"], exact.intercept, bounds.intercept_bound(size, exact.coef)),
        equal("ŷ", answer["fitted"], fitted, bounds.fitted_bound(size, exact.coef)),
    )


def check_augmented(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Ridge = least squares on (X; √λ I), (y; 0): against LAPACK's least squares and against the subject's own.

    √λ is a float, so the augmented problem is exact. Its bounds are those of its own λ = 0 (Wedin's term with ‖r‖ is in
    `moved`), for LAPACK with the unit roundoff of float64.
    """
    rows = augmented(cases)
    least = [np.linalg.lstsq(x, y, rcond=None)[0] for x, y in zip(rows["x"], rows["y"], strict=True)]
    reference = np.array(least)
    mine, other = bounds.sizes_of(cases), bounds.sizes_of(rows)
    double = bounds.sizes_of(rows, "svd", U64)
    bound, own = bounds.coef_bound(mine, reference), bounds.coef_bound(other, reference)
    return (
        equal("β", answer["coef"], reference, bound + bounds.coef_bound(double, reference)),
        equal("β of the augmented data", answer["coef"], answer.again("ridge", rows)["coef"], bound + own),
    )


BLOCK = np.array([[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]]) / 2
"""An orthogonal matrix of halves."""


def turned(cases: Cases) -> tuple[Cases, Floats]:
    """Features padded with zeros to a multiple of four and turned by an orthogonal matrix, which is returned."""
    x = cases["x"]
    wide = -(-x.shape[2] // 4)
    turn = np.kron(np.eye(wide), BLOCK)
    padded = np.pad(x, ((0, 0), (0, 0), (0, 4 * wide - x.shape[2])))
    return cases.with_arrays(x=padded @ turn), np.asarray(turn, dtype=np.float64)


def check_dual(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """β = Xᵀ(XXᵀ + λI)⁻¹y, ŷ = K(K + λI)⁻¹y, both in rationals: the data enter through K = XXᵀ alone.

    So turned features XQ give the same ŷ and Qᵀβ. XQ rounds by γ(4) of its entries, which moves the solution as
    any change of X by that much does; the turned problem has bounds of its own.
    """
    coef, fitted = oracle.exact_dual(cases)
    size = bounds.sizes_of(cases)
    other, turn = turned(cases)
    wide = np.pad(coef, ((0, 0), (0, len(turn) - coef.shape[1]))) @ turn
    again = answer.again("ridge", other)
    rounded = absolute(_rounded(other, wide, cases), "X moved by γ(4)‖X‖")
    theirs = bounds.sizes_of(other)
    coefs = bounds.coef_bound(theirs, wide) + absolute(rounded.value[:, None], rounded.terms)
    length = np.linalg.norm(cases["x"], axis=2)
    fits = bounds.fitted_bound(theirs, wide) + absolute(length * rounded.value[:, None], f"‖x‖ {rounded.terms}")
    return (
        equal("β = Xᵀa", answer["coef"], coef, bounds.coef_bound(size, coef)),
        equal("ŷ = Ka", answer["fitted"], fitted, bounds.fitted_bound(size, coef)),
        equal("β of turned features", again["coef"], wide, coefs),
        equal("ŷ of turned features", again["fitted"], fitted, fits),
    )


def _rounded(turned_cases: Cases, wide: Floats, cases: Cases) -> Floats:
    """How far rounding the turned features moves the exact solution: (lane,)."""
    size = bounds.sizes_of(turned_cases, "svd")
    moved = rounding(4, cases.u, "γ(4)‖X‖_F", 2 * size.frobenius)
    return size.moved(wide, moved.value, np.zeros(cases.lanes))


RIDGE_SOLUTION_CLAIMS: tuple[Claim, ...] = (
    Claim(
        id="REG-01",
        version=1,
        title="Normal equations",
        sentence="The coefficients of ridge regression solve its normal equations, by either solver; the intercept is "
        "that of the centred data.",
        latex=r"(X^\top X+\lambda I)\beta=X^\top y,\qquad \beta_0=\bar y-\bar x^\top\beta",
        source=(("hoerl1970", "section 2"), ("hastie2009", "section 3.4.1"), ("higham2002", "section 10.1")),
        kind="certificate",
        asks="ridge",
        check=check_normal_equations,
        domain=RIDGE,
        needs=("coef", "intercept", "fitted"),
        lanes=32,
    ),
    Claim(
        id="REG-02",
        version=1,
        title="Ridge is least squares on augmented data",
        sentence="Ridge regression is least squares without penalty after adding the rows √λ I with answers 0.",
        latex=r"\beta=\arg\min_b\left\|\binom{y}{0}-\binom{X}{\sqrt\lambda I}b\right\|^2",
        source=(("hastie2009", "exercise 3.12"), ("wedin1973", "section 5")),
        kind="identity",
        asks="ridge",
        check=check_augmented,
        domain=ROOTS,
        needs=("coef",),
        parents=("REG-01",),
        lanes=32,
    ),
    Claim(
        id="REG-05",
        version=1,
        title="Dual form",
        sentence="The coefficients are combinations of the samples, and the data enter the fit through inner products "
        "of samples alone.",
        latex=r"(X^\top X+\lambda I)^{-1}X^\top y=X^\top(XX^\top+\lambda I)^{-1}y",
        source=(("saunders1998", "section 2"), ("hastie2009", "section 18.3.5")),
        kind="identity",
        asks="ridge",
        check=check_dual,
        domain=DUAL,
        needs=("coef", "fitted"),
        parents=("REG-01",),
        lanes=32,
    ),
)
