"""Claims about the fitted machine: SVM-03, SVM-04, SVM-05."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from theory.core.ask import NotOffered
from theory.core.bound import U64, ZERO, absolute, rounding
from theory.core.claim import Answer, Claim
from theory.core.domain import Array, Cases
from theory.core.gap import Gap, at_most, equal, exactly
from theory.kernel_machines import oracle_svm as oracle
from theory.kernel_machines.bounds_svm import EPSILON, GAP, equality, named, reached
from theory.kernel_machines.cases_svm import BIASES, EXACT, OBJECTIVES
from theory.kernel_machines.claims_svm_objective import check_violation

Floats = NDArray[np.float64]


def feasible(cases: Cases, alpha: Array) -> tuple[Gap, ...]:
    """0 ≤ α ≤ C to the bit, and Σ α y = 0 up to the rounding of the steps, 32 n² u C."""
    zero = np.zeros_like(alpha)
    return (
        at_most("α ≥ 0", -alpha, zero, ZERO),
        at_most("α ≤ C", alpha, cases["C"][:, None] + zero, ZERO),
        equal("Σ α y = 0", (alpha * cases["y"]).sum(axis=1), np.zeros(cases.lanes), equality(cases)),
    )


def reported(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """P, D, the gap and the support that the subject tells of are those of its α and b; see `oracle_svm.errors`."""
    alpha, bias = answer["alpha"], answer["bias"]
    here, off = oracle.machine(cases["K"], cases["y"], cases["C"], alpha, bias), oracle.errors(cases, alpha, bias)
    told = {
        "primal": (here.primal, off.primal),
        "dual": (here.dual, off.dual),
        "gap": (here.terms.sum(axis=1), off.gap),
    }
    gaps = [equal(f"reported {name}", answer[name], value, bound) for name, (value, bound) in told.items()
            if name in answer]  # fmt: skip
    if "support" in answer:
        gaps.append(exactly("support is α > 0", answer["support"], alpha > 0))
    return tuple(gaps)


def check_gap(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """α is feasible and the gap at (α, b), each of whose terms is ≥ 0, is at most what the port allows.

    G = P − D + b Σ α y, so that rounding in Σ α y cannot make it negative. The multipliers and the bias of the case are
    another pair of points: P there is no less than D of the fit, less b Σ α y, and D there no more than P of the fit.
    """
    alpha, bias = answer["alpha"], answer["bias"]
    fit, fitted = reached(cases, alpha, bias), answer.arrays.get("converged", np.ones(cases.lanes, dtype=bool))
    other = oracle.machine(cases["K"], cases["y"], cases["C"], cases["alpha"], cases["bias"])
    drift, drifted = (alpha * cases["y"]).sum(axis=1), (cases["alpha"] * cases["y"]).sum(axis=1)
    off = oracle.errors(cases, alpha, bias)
    size = rounding(8 * alpha.shape[1] + 16, U64, "γ64(8n+16)(P + D)", other.primal + fit.machine.primal)
    return (
        *feasible(cases, alpha),
        at_most("the gap closes", fit.machine.terms.sum(axis=1), np.zeros(cases.lanes),
                absolute(cases["C"] * oracle.sharpness(cases), GAP) + off.gap),
        exactly("converged", fitted, np.ones_like(fitted)),
        at_most("D of the fit ≤ P elsewhere", fit.machine.dual - cases["bias"] * drift, other.primal, size),
        at_most("D elsewhere ≤ P of the fit", other.dual - bias * drifted, fit.machine.primal,
                size + rounding(8, U64, "γ64(8) |b Σ α y|", bias * drifted)),
        *reported(answer, cases),
        *_at_the_case(answer, cases),
    )  # fmt: skip


def _at_the_case(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """What `svm_objective` says of the multipliers of the case, where it is offered."""
    try:
        return check_violation(answer.again("svm_objective", cases), cases)
    except NotOffered:
        return ()


def check_optimum(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """P, w and b against the rational optimum, and complementarity, within ε of `bounds_svm.reached`.

    Each term of the gap is one condition: (C h) where α = 0, min(α, C − α)|1 − y f| where it is free, C(y f − 1) where
    α = C; all are ≥ 0 and sum to at most ε.
    """
    alpha, bias = answer["alpha"], answer["bias"]
    best = oracle.optima(cases)
    value, low, high = (np.array([oracle.nearest(getattr(o, name)) for o in best]) for name in ("value", "low", "high"))
    exact = np.array([[oracle.nearest(a) for a in o.alpha] for o in best])
    fit = reached(cases, alpha, bias, np.maximum(np.abs(low), np.abs(high)))
    moved = (alpha - exact) * cases["y"]
    apart = np.einsum("li,lij,lj->l", moved, cases["K"], moved) / 2
    own = rounding(64, U64, "γ64(64)(1 + |b|)", 1 + np.abs(low) + np.abs(high))
    near = named(fit.bias + fit.score, "ε ∕ C + √(2ε) max √K_ii") + own
    allowed = named(fit.epsilon, EPSILON)
    return (
        at_most("P ≤ P*", fit.machine.primal, value, allowed),
        at_most("P ≥ P*", value, fit.machine.primal, oracle.errors(cases, alpha, bias).primal),
        at_most("½‖w − w*‖²", apart, np.zeros(cases.lanes), allowed),
        at_most("b ≥ its least", low, bias, near),
        at_most("b ≤ its greatest", bias, high, near),
        *_complementarity(cases, alpha, fit.machine, allowed.value),
    )


def _complementarity(cases: Cases, alpha: Floats, here: oracle.Machine, allowed: Floats) -> tuple[Gap, ...]:
    margin, c = cases["y"] * here.score, cases["C"][:, None]
    bound = named(allowed[:, None], EPSILON)
    zero = np.zeros_like(margin)
    return (
        at_most("α = 0: y f ≥ 1", c * (1 - margin), zero, bound, alpha == 0),
        at_most("free: y f = 1", np.minimum(alpha, c - alpha) * np.abs(1 - margin), zero, bound),
        at_most("α = C: y f ≤ 1", c * (margin - 1), zero, bound, alpha == c),
    )


def check_bias(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """The reported interval against the optimal biases of w, its midpoint, and P along it from `svm_objective`.

    Ends are within ε ∕ C of the optimal biases; where every α is at an end of its box, they are those. At a rational
    optimum that is made of 0 and C, P at both ends and between is P*, and one further out it is C more at least.
    """
    alpha, bias, low, high = (answer[name] for name in ("alpha", "bias", "low", "high"))
    fit = reached(cases, alpha, bias, bias)
    least, most = oracle.optimal_biases(fit.machine.plain, cases["y"])
    near = named(fit.bias, "ε ∕ C") + absolute(oracle.errors(cases, alpha, bias).score.value.max(axis=1), "error of f")
    at_ends = ((alpha == 0) | (alpha == cases["C"][:, None])).all(axis=1) & ((alpha * cases["y"]).sum(axis=1) == 0)
    middle = rounding(4, cases.u, "γ(4)(|low| + |high|)", np.abs(low) + np.abs(high))
    return (
        at_most("low ≤ high", low, high, ZERO),
        equal("b is the midpoint", bias, (low + high) / 2, middle),
        at_most("low is optimal", least, low, near),
        at_most("high is optimal", high, most, near),
        equal("low is the least", low, least, near, at_ends),
        equal("high is the greatest", high, most, near, at_ends),
        *_along(answer, cases),
    )


def _along(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    best = oracle.optima(cases)
    cost = [oracle.rational(c) for c in cases["C"].tolist()]
    ends = np.array([all(a in (0, c) for a in o.alpha) for o, c in zip(best, cost, strict=True)])
    value, low, high = (np.array([oracle.nearest(getattr(o, name)) for o in best]) for name in ("value", "low", "high"))
    alpha = np.minimum([[oracle.nearest(a) for a in o.alpha] for o in best], cases["C"][:, None])
    gaps = []
    for label, bias, more in (
        ("at the low end", low, 0.0),
        ("in the middle", (low + high) / 2, 0.0),
        ("at the high end", high, 0.0),
        ("one below", low - 1, 1.0),
        ("one above", high + 1, 1.0),
    ):
        try:
            primal = answer.again("svm_objective", cases.with_arrays(alpha=alpha, bias=bias))["primal"]
        except NotOffered:
            return ()
        n = cases["y"].shape[1]
        bound = oracle.errors(cases, alpha, bias).primal + rounding(1, cases.u, "C n u|b|", cases["C"] * n * bias)
        gaps.append(at_most(f"P {label}: P* or C more", value + more * cases["C"], primal, bound, ends))
        gaps.append(at_most(f"P {label}: no more than P*", primal, value, bound, ends & (more == 0)))
    return tuple(gaps)


FIT_CLAIMS: tuple[Claim, ...] = (
    Claim(
        id="SVM-03",
        version=1,
        title="A gap of zero is a proof",
        sentence="The fitted multipliers are feasible, and the duality gap at them and the bias closes.",
        latex=r"0\le\alpha\le C,\ \alpha^\top y=0,\quad P(w,b)-D(\alpha)+b\,\alpha^\top y="
        r"\sum_n\bigl[C\,h_n-\alpha_n(1-y_nf_n)\bigr]\to0",
        source=(("cortes1995", "section 3"), ("scholkopf2002", "section 7.5"), ("keerthi2001", "section 2")),
        kind="certificate",
        asks="svm_fit",
        also=("svm_objective",),
        check=check_gap,
        domain=OBJECTIVES,
        parents=("SVM-01", "SVM-07"),
        needs=("alpha", "bias"),
    ),
    Claim(
        id="SVM-04",
        version=1,
        title="The machine is the exact optimum",
        sentence="Objective, weights and bias are those of the rational optimum, and every multiplier meets its "
        "condition of complementarity.",
        latex=r"P(w,b)=P^*,\ w=w^*,\quad\alpha_n=0\Rightarrow y_nf_n\ge1,\ 0<\alpha_n<C\Rightarrow y_nf_n=1,\ "
        r"\alpha_n=C\Rightarrow y_nf_n\le1",
        source=(("burges1998", "section 3"), ("scholkopf2002", "section 7.5")),
        kind="certificate",
        asks="svm_fit",
        check=check_optimum,
        domain=EXACT,
        parents=("SVM-03",),
        needs=("alpha", "bias"),
        lanes=16,
    ),
    Claim(
        id="SVM-05",
        version=1,
        title="The bias is an interval",
        sentence="Every bias between low and high is optimal, none outside is, and the machine takes the midpoint.",
        latex=r"\arg\min_bP(w,b)=[b_{lo},b_{hi}],\quad b=\tfrac12(b_{lo}+b_{hi})",
        source=(("burges2000", "section 2"), ("scholkopf2002", "section 7.5")),
        kind="certificate",
        asks="svm_fit",
        also=("svm_objective",),
        check=check_bias,
        domain=BIASES,
        parents=("SVM-04",),
        needs=("alpha", "bias", "low", "high"),
        lanes=16,
    ),
)
