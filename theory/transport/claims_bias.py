"""OT-15: how far the entropic plan's cost is from the cost of transport, converged or not."""

from __future__ import annotations

import numpy as np

from theory.core.bound import Bound, absolute
from theory.core.claim import Answer, Claim
from theory.core.domain import Cases
from theory.core.gap import Gap, at_most
from theory.transport.bounds_entropic import Rounding, rounding_of, spread, value_error
from theory.transport.cases_entropic import BIAS_DOMAIN
from theory.transport.oracle_entropic import (
    Floats,
    certified_cost,
    divergence_of,
    entropy,
    optimum,
    support_range,
    sweeps_of,
)

SMALL = 2**8
"""Most cells of a problem for which the oracle's optimum is computed too; bundled data are larger."""

LONG_RUN = 16
"""Sweeps after which two temperatures are compared."""


@np.errstate(all="ignore")
def check_bias(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """The plan P has marginals (r, b) and is the optimum for those: it minimises ⟨Q, C⟩ + ε KL(Q ‖ r b^T).

    So with P° the cheapest plan for (r, b): ⟨P, C⟩ + ε KL(P ‖ r b^T) ≤ ⟨P°, C⟩ + ε KL(P° ‖ r b^T), where KL(P° ‖ r b^T)
    = H(r) + H(b) − H(P°) ≤ min(H(r), H(b)); and W(r, b) differs from W(a, b) by at most τ osc C, τ = ½‖r − a‖₁, since
    τ is the mass that must move otherwise. Comparing with Q = r b^T instead bounds KL. Rounding changes P by a factor
    1 ± e: costs by e osc C, τ by e, entropies Σ P log P by e(1 + log nm); thrice all of it covers the products,
    and ⟨P, min C⟩ = (1 ± e) min C.
    """
    a, b, eps = cases["a"], cases["b"], float(cases.settings["eps"])
    f, g = sweeps_of(a, b, cases["C"], eps, cases.integer("sweeps"))
    found = rounding_of(f, g, a, b, cases["C"], eps, cases)
    least, _ = support_range(cases["C"], a, b)
    C, P = cases["C"] - least[:, None, None], answer["plan"]  # a constant cost changes nothing: no digits lost to it
    wide = spread(C, a, b)
    rows = P.sum(axis=2)
    tau = np.abs(rows - a).sum(axis=1) / 2
    cost = answer["transport"] - least
    low, high = certified_cost(a, b, C)
    slack = _slack(found, wide + np.abs(least), eps, P.shape[1] * P.shape[2])
    independent = rows[:, :, None] * b[:, None, :]
    information = eps * divergence_of(P, rows, b)
    free = eps * np.minimum(entropy(rows), entropy(b))
    return (
        at_most("W − τ osc C ≤ ⟨P, C⟩", low - tau * wide, cost, slack),
        at_most("⟨P, C⟩ + ε KL ≤ W + τ osc C + ε min H", cost + information, high + tau * wide + free, slack),
        at_most("⟨P, C⟩ + ε KL ≤ ⟨r b^T, C⟩", cost + information, (independent * C).sum(axis=(1, 2)), slack),
        *_value(answer, cases, C, (low, high), least, found),
        _hotter(answer, cases, C, wide),
    )


def _slack(found: Rounding, wide: Floats, eps: float, cells: int) -> Bound:
    return absolute(3 * found.total * (wide + eps * (1 + np.log(cells))), "3e (|min C| + osc C + ε (1 + log nm))")


def _value(
    answer: Answer, cases: Cases, C: Floats, W: tuple[Floats, Floats], least: Floats, found: Rounding
) -> tuple[Gap, ...]:
    """The dual value never exceeds OT_ε, which is at most W + ε min(H(a), H(b)).

    It falls short of it by ‖r − a‖₁ osc C at most: D is concave, its derivative in f is a − r, osc f ≤ osc C.
    """
    a, b, eps = cases["a"], cases["b"], float(cases.settings["eps"])
    N = a.shape[1] + b.shape[1]
    slack = value_error(found, N, eps, cases)
    value = answer["value"] - least
    free = eps * np.minimum(entropy(a), entropy(b))
    bounded = (at_most("value ≤ W + ε min H", value, W[1] + free, slack),)
    if C[0].size > SMALL:
        return bounded
    best = optimum(a, b, C, eps)
    missing = np.abs(answer["plan"].sum(axis=2) - a).sum(axis=1) + found.total
    short = absolute(missing * spread(C, a, b), "(‖r − a‖₁ + e) osc C")
    return (
        *bounded,
        at_most("value ≤ OT_ε", value, best.high, slack),
        at_most("OT_ε ≤ value + ‖r − a‖₁ osc C", best.low, value, slack + short),
    )


def _hotter(answer: Answer, cases: Cases, C: Floats, wide: Floats) -> Gap:
    """ε ↦ ⟨P_ε, C⟩ never falls: compared at ε and 2ε after a long run.

    Unconverged plans are off by ‖P − P*‖₁² ≤ KL(P‖P*) + KL(P*‖P) = ⟨r − a, f − f*⟩/ε ≤ ‖r − a‖₁ osc C/ε (Pinsker),
    their costs by half of that times osc C; e is counted with ‖r − a‖₁.
    """
    a, b, eps = cases["a"], cases["b"], float(cases.settings["eps"])
    plans, off = [], np.zeros(cases.lanes)
    for hot in (eps, 2 * eps):
        P = answer.again("sinkhorn", cases.with_settings(eps=hot, sweeps=LONG_RUN))["plan"]
        f, g = sweeps_of(a, b, cases["C"], hot, 2)
        found = rounding_of(f, g, a, b, cases["C"], hot, cases)
        missing = np.abs(P.sum(axis=2) - a).sum(axis=1) + 2 * found.total
        off = off + (np.sqrt(missing * wide / hot) / 2 + found.total) * wide
        plans.append(P)
    cold, hot_cost = ((P * C).sum(axis=(1, 2)) for P in plans)
    return at_most("⟨P_ε, C⟩ ≤ ⟨P_2ε, C⟩", cold, hot_cost, absolute(off, "½ osc C Σ √(‖r − a‖₁ osc C/ε)"))


OT_15 = Claim(
    id="OT-15",
    version=1,
    title="The bias of the entropic plan",
    sentence="After any number of sweeps the entropic plan costs no less than transport, less what its wrong row sums "
    "could save, and no more than transport plus the temperature times the smaller entropy; it costs more when it is "
    "hotter, and the dual value is a lower bound of the entropic cost.",
    latex=r"W-\tau\,\mathrm{osc}\,C\le\langle P,C\rangle\le W+\tau\,\mathrm{osc}\,C"
    r"+\varepsilon\min\{H(P\mathbf 1),H(b)\},\qquad \tau=\tfrac12\|P\mathbf 1-a\|_1,\qquad "
    r"\varepsilon\,\mathrm{KL}(P\|P\mathbf 1\,b^\top)\le\mathrm{osc}\,C",
    source=(("altschuler2017", "Algorithm 2, Lemma 7"), ("peyre2019", "Proposition 4.1")),
    kind="inequality",
    asks="sinkhorn",
    check=check_bias,
    domain=BIAS_DOMAIN,
    needs=("plan", "transport", "value"),
    parents=("OT-13", "OT-02"),
)
