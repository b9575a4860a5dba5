"""OT-13: what Sinkhorn's iterates keep at every step, and what they are when they stop."""

from __future__ import annotations

import numpy as np

from theory.core.bound import U64, Bound, absolute, rounding
from theory.core.claim import Answer, Claim
from theory.core.domain import Cases
from theory.core.gap import Gap, at_most, equal, exactly
from theory.transport.bounds_entropic import (
    Rounding,
    growth,
    rounding_of,
    spread,
    still_to_go,
    value_error,
    worst_marginal_error,
)
from theory.transport.cases_entropic import SINKHORN_DOMAIN
from theory.transport.oracle_entropic import Floats, Optimum, optimum, plan_of, soft_transform, sweeps_of, transposed


def settings_of(cases: Cases) -> tuple[float, int, float]:
    """ε, sweeps and tol of a batch."""
    return float(cases.settings["eps"]), cases.integer("sweeps"), float(cases.settings["tol"])


@np.errstate(all="ignore")
def check_sinkhorn(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Every answer: column sums b, a plan with the kernel's cross ratios, and numbers that say what the plan is.

    With tol 0 the potentials are those of the recursion; with tol > 0 the plan is the one optimum, as near as its
    marginal error tells. The bounds are derived in `bounds_entropic` and below.
    """
    a, b, C = cases["a"], cases["b"], cases["C"]
    eps, sweeps, tol = settings_of(cases)
    if tol > 0:
        best = optimum(a, b, C, eps)
        found = rounding_of(best.f, best.g, a, b, C, eps, cases)
        own = _optimum(answer, cases, best, found)
    else:
        f, g = sweeps_of(a, b, C, eps, sweeps)
        found = rounding_of(f, g, a, b, C, eps, cases)
        own = _iterates(answer, cases, f, g, found)
    return (*own, *_shape_of_plan(answer, cases, found), *_account(answer, cases, found))


def centred(f: Floats, g: Floats, a: Floats) -> tuple[Floats, Floats]:
    """Potentials up to the constant that theory leaves free: ⟨f, a⟩ = 0."""
    shift = (f * np.where(a > 0, a, 0.0)).sum(axis=1, keepdims=True)
    return f - shift, g + shift


def potential_bound(found: Rounding, sweeps: int, eps: float) -> Bound:
    """A soft transform moves two potentials no further apart in the maximum norm, so k sweeps err by 2k ε h at most.

    Centring takes off an average of f, which errs as much again.
    """
    return absolute((4 * sweeps * eps * found.step)[:, None], "4k ε h, h = (7s + N + 6) u")


def _iterates(answer: Answer, cases: Cases, f: Floats, g: Floats, found: Rounding) -> tuple[Gap, ...]:
    a, (eps, sweeps, _) = cases["a"], settings_of(cases)
    bound = potential_bound(found, sweeps, eps)
    left, right = centred(answer["f"], answer["g"], a), centred(f, g, a)
    fed = a > 0  # at weight 0, f may follow from the g before the sweep or from the one after it
    return (
        equal("f after k sweeps", left[0], right[0], bound, fed),
        equal("g after k sweeps", left[1], right[1], bound),
    )


def _optimum(answer: Answer, cases: Cases, best: Optimum, found: Rounding) -> tuple[Gap, ...]:
    """The plan of a converged lane is P* times a factor that `still_to_go` bounds, and its dual value is nearly OT_ε.

    log(P/P*) = (f − f* + g − g*)/ε takes both signs, and osc(g − g*) ≤ osc(f − f*): so |log(P/P*)| ≤ 2 osc(f − f*)/ε.
    OT_ε − D(f, g) ≤ ⟨a − P1, f* − f⟩ ≤ ‖P1 − a‖₁ osc C, since D is concave and osc f ≤ osc C for soft transforms.
    At any temperature ‖P − P*‖₁² ≤ KL(P‖P*) + KL(P*‖P) = ⟨P1 − a, f − f*⟩/ε ≤ ‖P1 − a‖₁ osc C/ε (Pinsker).
    """
    a, b, C = cases["a"], cases["b"], cases["C"]
    eps, sweeps, tol = settings_of(cases)
    P, converged = answer["plan"], answer["converged"] != 0
    way = still_to_go(P.sum(axis=2), a, C, eps, found) + still_to_go(best.plan.sum(axis=2), a, C, eps, found)
    near = absolute(growth(2 * way)[:, None, None] * best.plan + found.tiny, "(e^{2 way} − 1) P*")
    missing = np.abs(P.sum(axis=2) - a).sum(axis=1)
    wide = spread(C, a, b)
    apart = [np.sqrt((np.abs(Q.sum(axis=2) - a).sum(axis=1) + 2 * found.total) * wide / eps) for Q in (P, best.plan)]
    pinsker = absolute(apart[0] + apart[1] + 2 * found.total, "√((‖P1 − a‖₁ + 2e) osc C/ε), twice, + 2e")
    slack = value_error(found, a.shape[1] + b.shape[1], eps, cases)
    below = slack + absolute((missing + found.total) * wide, "(‖P1 − a‖₁ + e) osc C")
    promised = worst_marginal_error(a, b, C, eps, sweeps) + 2 * found.total <= tol
    return (
        equal("plan = the optimum", P, best.plan, near, converged[:, None, None]),
        at_most("‖P − P*‖₁", np.abs(P - best.plan).sum(axis=(1, 2)), np.zeros(len(a)), pinsker),
        at_most("value ≤ OT_ε", answer["value"], best.high, slack),
        at_most("OT_ε ≤ value + error", best.low, answer["value"], below),
        exactly("potentials are finite", np.isfinite(answer["f"]), np.ones_like(a)),
        exactly("converged where the rate promises it", converged, np.ones(len(a)), promised),
    )


def _shape_of_plan(answer: Answer, cases: Cases, found: Rounding) -> tuple[Gap, ...]:
    """P = a b^T exp((f ⊕ g − C)/ε), nothing at weight 0, columns b, cross ratios of the kernel, g = f's transform."""
    a, b, C = cases["a"], cases["b"], cases["C"]
    eps = float(cases.settings["eps"])
    P, f, g = answer["plan"], answer["f"], answer["g"]
    expected = plan_of(f, g, a, b, C, eps)
    entry = absolute(found.entry[:, None, None] * np.abs(expected) + found.tiny, "(e^{(6s+8)u} − 1) P")
    columns = absolute(found.total[:, None] * b + a.shape[1] * found.tiny, "(e^{(13s+2N+14)u} − 1) b")
    update = absolute((2 * eps * found.step)[:, None], "2 ε h")
    empty = (a[:, :, None] == 0) | (b[:, None, :] == 0)
    return (
        equal("P = a b exp((f + g − C)/ε)", P, expected, entry),
        exactly("no mass at weight 0", P, np.zeros_like(P), empty),
        equal("column sums = b", P.sum(axis=1), b, columns),
        equal("g = soft transform of f", g, soft_transform(f, a, transposed(C), eps), update),
        *_cross_ratios(P, C, eps, found, cases),
    )


def _cross_ratios(P: Floats, C: Floats, eps: float, found: Rounding, cases: Cases) -> tuple[Gap, ...]:
    """Neighbouring rows and columns: log P_ij P_kl / (P_il P_kj) = −(C_ij + C_kl − C_il − C_kj)/ε.

    Four entries, (6s + 8)u each, and four logarithms of the oracle.
    """
    if min(P.shape[1:]) < 2:
        return ()
    with np.errstate(divide="ignore", invalid="ignore"):
        told = _minor(np.log(P))
    normal = found.tiny * 2 < P
    where = normal[:, :-1, :-1] & normal[:, 1:, 1:] & normal[:, :-1, 1:] & normal[:, 1:, :-1]
    bound = absolute((4 * (6 * found.size + 9) * (cases.u + U64))[:, None, None], "4(6s + 9) u")
    return (equal("log cross ratio", np.where(where, told, 0.0), -_minor(C) / eps, bound, where),)


def _minor(x: Floats) -> Floats:
    return np.asarray(x[:, :-1, :-1] + x[:, 1:, 1:] - x[:, :-1, 1:] - x[:, 1:, :-1])


def _account(answer: Answer, cases: Cases, found: Rounding) -> tuple[Gap, ...]:
    """What is told about the plan, compared with the plan itself: its sums err by e, dot products by γ(nm)."""
    a, b, C = cases["a"], cases["b"], cases["C"]
    eps, sweeps, tol = settings_of(cases)
    n, m = C.shape[1:]
    P, f, g, told = answer["plan"], answer["f"], answer["g"], answer["marginal_error"]
    error = np.abs(P.sum(axis=2) - a).sum(axis=1)
    mass = P.sum(axis=(1, 2))
    moved = np.abs(P * C).sum(axis=(1, 2))
    dual = (f * a).sum(axis=1) + (g * b).sum(axis=1) - eps * (mass - 1)
    products = rounding(n * m + 4, cases.u + U64, "γ(nm+4) ⟨P, |C|⟩", moved)
    promised = np.maximum(worst_marginal_error(a, b, C, eps, sweeps), tol)
    return (
        equal("marginal error", told, error, absolute(2 * found.total, "2e")),
        at_most("marginal error after k sweeps", told, promised, absolute(2 * found.total, "2e")),
        exactly("converged ⇔ error ≤ tol", answer["converged"], told <= tol),
        equal("transport = ⟨P, C⟩", answer["transport"], (P * C).sum(axis=(1, 2)), products),
        equal("value", answer["value"], dual, value_error(found, n + m, eps, cases)),
    )


OT_13 = Claim(
    id="OT-13",
    version=1,
    title="Sinkhorn's invariants",
    sentence="After every sweep of Sinkhorn's algorithm the plan has the right column sums and the kernel's cross "
    "ratios, the iterates are those of alternating soft transforms, and at convergence the plan is the one optimum.",
    latex=r"P_{ij}=a_ib_j\,e^{(f_i+g_j-C_{ij})/\varepsilon},\qquad P^\top\mathbf 1=b,\qquad "
    r"\frac{P_{ij}P_{kl}}{P_{il}P_{kj}}=e^{-(C_{ij}+C_{kl}-C_{il}-C_{kj})/\varepsilon},\qquad "
    r"P\mathbf 1=a\Leftrightarrow P=P_\varepsilon",
    source=(
        ("sinkhorn1964", "whole paper"),
        ("cuturi2013", "section 4"),
        ("peyre2019", "Proposition 4.3, section 4.4"),
    ),
    kind="identity",
    asks="sinkhorn",
    check=check_sinkhorn,
    domain=SINKHORN_DOMAIN,
    needs=("f", "g", "plan", "marginal_error", "converged", "transport", "value"),
    parents=("OT-20",),
)
