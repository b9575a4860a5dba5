"""The claim about learning alpha: EM-30, Newton's step in linear time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import U64, absolute, rounding
from theory.core.bound import gamma as widest
from theory.core.claim import Answer, Claim
from theory.core.domain import Cases
from theory.core.gap import Gap, at_most, equal
from theory.em.bounds_allocation import alpha_bound_error, newton_error
from theory.em.cases_allocation import PRIORS
from theory.em.oracle_allocation import alpha_bound, fall, newton

LANES = 16
"""Problems a call: Hessians are solved in balls."""
HALVINGS = 24
"""How many halvings are tried where the subject did not move."""
Floats = NDArray[np.float64]


def check_newton(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """The direction against a dense solve in balls, then the damping: the first of 1, ½, ¼, … that is allowed.

    Direction: `newton_error` follows the linear-time formula; for one topic gradient and Hessian vanish, and the least
    step is 0. The step −d is uphill, gᵀd < 0, since H is negative definite. A step that the subject accepts or
    rejects by comparing two bounds in floating point is judged within `alpha_bound_error` of each; where it does not
    move at all, no halving may gain more than that. α − t d rounds twice.
    """
    alpha, gamma, k = cases["alpha"], cases["gamma"], cases["alpha"].shape[1]
    found, after = answer["direction"], answer["next"]
    exact, gradient = np.zeros_like(alpha), np.zeros_like(alpha)
    falls, refused = np.zeros(cases.lanes), np.zeros(cases.lanes)
    size = _halvings(alpha, found, after)
    for lane in range(cases.lanes):
        if k > 1:
            exact[lane], gradient[lane] = newton(alpha[lane], gamma[lane])
        now = alpha_bound(alpha[lane], gamma[lane])
        if (after[lane] > 0).all():
            falls[lane] = fall(now, alpha_bound(after[lane], gamma[lane]))
        for t in 2.0 ** -np.arange(HALVINGS) if size[lane] == 0 else [2 * size[lane]][: int(size[lane] < 1)]:
            longer = alpha[lane] - t * found[lane]
            if (longer > 0).all():
                refused[lane] = max(refused[lane], fall(alpha_bound(longer, gamma[lane]), now))
    error = newton_error(alpha, gamma, cases.u) if k > 1 else np.zeros_like(alpha)
    rough = alpha_bound_error(alpha, gamma, cases.u)
    twice = absolute(2 * (rough.value + alpha_bound_error(np.abs(after), gamma, cases.u).value), f"2 ({rough.terms})")
    slope = absolute((np.abs(gradient) * (error + widest(k + 2, U64) * np.abs(exact))).sum(axis=1), "|g|ᵀ Δd")
    step = size[:, None] * found
    ends = rounding(2, cases.u, "γ(2)(α + |t d|)", alpha + np.abs(step))
    return (
        equal("linear-time direction = dense H⁻¹g", found, exact, absolute(error, "Δd of the linear-time formula")),
        at_most("the step is uphill: gᵀH⁻¹g", (gradient * found).sum(axis=1), 0.0, slope),
        at_most("alpha stays positive", np.nextafter(0, 1), after, absolute(0.0, "0 (exact)")),
        equal("next = α − 2⁻ʲ direction", after, alpha - step, ends),
        at_most("the damped step does not lower the bound", falls, np.zeros(cases.lanes), twice),
        at_most("the step is halved only when it must be", refused, np.zeros(cases.lanes), twice),
    )


def _halvings(alpha: Floats, direction: Floats, after: Floats) -> Floats:
    """The power of two t ≤ 1, or 0, with α − t d nearest to the next alpha: (lane,)."""
    place = np.abs(direction).argmax(axis=1)[:, None]
    moved = np.take_along_axis(alpha - after, place, axis=1)[:, 0]
    whole = np.take_along_axis(direction, place, axis=1)[:, 0]
    share = np.where(whole == 0, 1.0, moved / np.where(whole == 0, 1.0, whole))
    return np.where(share > 0, np.minimum(2.0 ** np.round(np.log2(np.where(share > 0, share, 1.0))), 1.0), 0.0)


NEWTON_CLAIMS: tuple[Claim, ...] = (
    Claim(
        id="EM-30",
        version=1,
        title="Newton's step for alpha in linear time",
        sentence="The linear-time direction is that of the dense Hessian, points uphill, and is halved only until "
        "alpha is positive and the bound is not lower.",
        latex=r"H=z\mathbf 1\mathbf 1^\top+\operatorname{diag}h\prec0,\quad(H^{-1}g)_i=\frac{g_i-c}{h_i},\quad "
        r"c=\frac{\sum_jg_j/h_j}{1/z+\sum_j1/h_j}",
        source=(("blei2003", "appendix A.2 and A.4.2"),),
        kind="identity",
        asks="lda_alpha",
        check=check_newton,
        domain=PRIORS,
        needs=("direction", "next"),
        parents=("EM-29",),
        lanes=LANES,
    ),
)
