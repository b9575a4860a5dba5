"""Claims about where the lasso is a threshold: an orthonormal design REG-10, the penalty at which all is 0 REG-11."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from theory.core.ask import NotOffered
from theory.core.bound import U64, absolute, rounding
from theory.core.claim import Answer, Claim
from theory.core.domain import Cases
from theory.core.gap import Gap, equal, exactly
from theory.regularization import oracle_lasso as oracle
from theory.regularization.bounds_lasso import curvatures, suboptimality
from theory.regularization.cases_threshold import ORTHONORMAL, UNPENALISED
from theory.regularization.gaps_lasso import finite

Floats = NDArray[np.float64]
BELOW = 1 - 2.0**-4
"""Where the penalty is this share of λ_max, some coefficient has to be active."""


def check_threshold(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """β_j = S(x_jᵀy ∕ n, λ) to the bit by coordinate descent, for every number on the way is a small dyadic fraction.

    A proximal gradient step has a length that need not be one, so there ½(β_j − S)² ≤ P(β) − P* ≤ ε: off by √(2ε).
    """
    x, n = cases["x"], cases["x"].shape[1]
    y = cases["y"] - cases["y"].mean(axis=1, keepdims=True) * cases.integer("intercept")
    slope = np.einsum("lnp,ln->lp", x, y) / n
    expected = np.sign(slope) * np.maximum(np.abs(slope) - cases["penalty"][:, None], 0.0)
    coef = answer["coef"]
    if cases.settings["solver"] == "cd":
        gaps: tuple[Gap, ...] = (exactly("soft threshold, to the bit", coef, expected),)
        if "intercept" in answer:
            mean = cases["y"].mean(axis=1) * cases.integer("intercept")
            gaps = (*gaps, exactly("intercept = ȳ, to the bit", answer["intercept"], mean))
        return gaps
    allowed = suboptimality(cases, expected, cases["penalty"], np.zeros(cases.lanes))
    bound = absolute(np.sqrt(2 * allowed.value)[:, None], f"√(2({allowed.terms}))")
    return (finite("coef", coef), equal("soft threshold", coef, expected, bound))


def check_lambda_max(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """λ_max = ‖Xᵀy‖∞ ∕ n; at λ_max and above all is 0, a sixteenth below something is not.

    An entry is off by γ(2n+6) Σ|x_ij||y_i| ∕ n, means counted in; without an intercept whole numbers make every sum
    exact, which leaves one rounding, and none where n is a power of two. At BELOW · λ_max, β = 0 is worse than the
    minimum by (λ_max ∕ 16)² ∕ 2L_j; where that exceeds what a solver may leave, it must not return 0.
    """
    with_means, n = bool(cases.integer("intercept")), cases["x"].shape[1]
    right = [oracle.nearest(max(abs(c) for c in m.cross) / m.rows) for m in oracle.moments_of(cases)]
    top = np.array(right)
    x, y = np.abs(cases["x"]), np.abs(cases["y"])
    if with_means:
        x, y = x + x.mean(axis=1, keepdims=True), y + y.mean(axis=1, keepdims=True)
    sums = np.einsum("lnp,ln->lp", x, y).max(axis=1) / n
    bound = rounding(2 * n + 6, cases.u, "γ(2n+6) Σ|x||y| ∕ n", sums)
    whole = _whole(cases["x"]) & _whole(cases["y"]) & (not with_means)
    one = rounding(2, cases.u, "γ(2) λ_max", top)
    gaps = (
        equal("λ_max", answer["penalty"], top, bound),
        equal("λ_max of whole numbers", answer["penalty"], top, one, whole),
        exactly("λ_max of whole numbers, n a power of two", answer["penalty"], top, whole & (n & (n - 1) == 0)),
    )
    try:
        return (*gaps, *_around(answer, cases, top, bound.value))
    except NotOffered:
        return gaps


def _whole(values: Floats) -> NDArray[np.bool_]:
    return np.asarray((values % 1 == 0).reshape(len(values), -1).all(axis=1))


def _around(answer: Answer, cases: Cases, top: Floats, off: Floats) -> tuple[Gap, ...]:
    """The lasso a little above λ_max and a sixteenth below."""
    some = np.maximum(top + 2 * off, np.where(top > 0, 0.0, 1.0))
    above = answer.again("lasso", cases.with_arrays(penalty=some * (1 + 2 * cases.u)).rounded())
    low = cases.with_arrays(penalty=np.where(top > 0, BELOW * top, 1.0)).rounded()
    below = answer.again("lasso", low)
    nought = np.zeros_like(below["coef"])
    allowed = suboptimality(low, nought, low["penalty"], np.zeros(cases.lanes))
    bend = curvatures(cases).max(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        gain = np.where((bend > 0) & (top > 0), (top - low["penalty"]) ** 2 / (2 * bend), 0.0)
    forced = gain > allowed.value * (1 + 64 * U64)
    active = (np.nan_to_num(below["coef"]) != 0).any(axis=1)
    return (
        exactly("all 0 above λ_max", above["coef"], np.zeros_like(above["coef"])),
        exactly("some coefficient is active below λ_max", active, np.ones(cases.lanes), forced),
    )


THRESHOLD_CLAIMS: tuple[Claim, ...] = (
    Claim(
        id="REG-10",
        version=1,
        title="With an orthonormal design the lasso is a soft threshold",
        sentence="Where XᵀX = nI each coefficient is the soft threshold of x_jᵀy ∕ n, to the bit.",
        latex=r"X^\top X=nI\ \Rightarrow\ \beta_j=\mathrm{sign}(c_j)\max(|c_j|-\lambda,0),\quad c_j=x_j^\top y/n",
        source=(("tibshirani1996", "section 2.2"), ("hastie2009", "Table 3.4")),
        kind="certificate",
        asks="lasso",
        check=check_threshold,
        domain=ORTHONORMAL,
        parents=("REG-18", "REG-09"),
        needs=("coef",),
        lanes=64,
        slack_reason="coordinate descent is judged to the bit, and the other solver may end anywhere within its gap",
    ),
    Claim(
        id="REG-11",
        version=1,
        title="The penalty at which every coefficient is 0",
        sentence="The lasso's solution is 0 exactly when λ is at least ‖Xᵀy‖∞ ∕ n.",
        latex=r"\beta(\lambda)=0\iff\lambda\ge\lambda_{\max}=\lVert X^\top y\rVert_\infty/n",
        source=(("osborne2000", "section 3"),),
        kind="certificate",
        asks="lambda_max",
        also=("lasso",),
        check=check_lambda_max,
        domain=UNPENALISED,
        parents=("REG-09",),
        needs=("penalty",),
        lanes=32,
    ),
)
