"""Claims about kernel logistic regression: SVM-11, SVM-10, SVM-12, SVM-13."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from theory.core.ask import NotOffered
from theory.core.bound import U64, Bound, absolute, gamma
from theory.core.claim import Answer, Claim
from theory.core.domain import Cases
from theory.core.gap import Gap, at_most, equal, exactly
from theory.kernel_machines import oracle_logistic as oracle
from theory.kernel_machines.cases_logistic import DERIVATIVES, KLR, LOGISTICS, POLYNOMIALS
from theory.kernel_machines.cases_svm import linear

Floats = NDArray[np.float64]
GAP = "64 n u (1 + λ n ‖K‖ max β²)(1 + ‖K‖ ∕ 2λ)"
VALUE, DUAL = "(λ∕n) γ(2n+6) |β|ᵀ|K||β| + mean loss γ(2n+10)", "γ(n+16)(1 + |log u|)(a + H) + γ(2n+12) aᵀ|K|a ∕ 4λ"


def check_derivatives(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Value, gradient and Hessian against complex steps; see `oracle_logistic.errors`.

    The Hessian has no negative side: its least eigenvalue is at least −n times the largest error of an entry.
    """
    k, y, lam, beta = cases["K"], cases["y"], cases["penalty"], cases["beta"]
    off = oracle.errors(cases, beta)
    gaps = [
        equal("F", answer["value"], oracle.value(k, y, lam, beta), absolute(off.value, VALUE)),
        equal("∇F", answer["gradient"], oracle.gradient(k, y, lam, beta),
              absolute(off.gradient, "|K|(error of σ + γ(n+6)(2λ|β| + σ)) ∕ n")),
    ]  # fmt: skip
    if "hessian" in answer:
        bend = answer["hessian"]
        whole = absolute(off.hessian, "|K|(error of σ(1 − σ))|K| ∕ n + γ(6) 2λ|K| ∕ n")
        least = (
            np.linalg.eigvalsh((bend + np.swapaxes(bend, 1, 2)) / 2)[:, 0] if np.isfinite(bend).all() else bend[:, 0, 0]
        )
        widest = 2 * bend.shape[1] * off.hessian.max(axis=(1, 2))
        gaps += [
            equal("∇²F", bend, oracle.hessian(k, y, lam, beta), whole),
            at_most("∇²F ⪰ 0", -least, np.zeros(cases.lanes), absolute(widest, "2n max error")),
        ]
    return (*gaps, *certified(answer, cases, oracle.dual_point(y, lam, beta), off))


def certified(answer: Answer, cases: Cases, a: Floats, off: oracle.Errors) -> tuple[Gap, ...]:
    """The dual at a = 2λβy clipped, and the gap."""
    lower = oracle.dual(cases["K"], cases["y"], cases["penalty"], a)
    upper = oracle.value(cases["K"], cases["y"], cases["penalty"], cases["beta"])
    both = absolute(off.value + off.dual, f"{VALUE} + {DUAL}")
    told = {"dual": (lower, absolute(off.dual, DUAL)), "gap": (upper - lower, both)}
    return tuple(equal(name, answer[name], here, bound) for name, (here, bound) in told.items() if name in answer)


def solved(answer: Answer, cases: Cases) -> tuple[Floats, Bound]:
    """F − D at the answer's β in float64 (lane,), and what it may be: the gap of a solved problem and its rounding."""
    beta = answer["beta"]
    off = oracle.errors(cases, beta)
    a = oracle.dual_point(cases["y"], cases["penalty"], beta)
    data = cases["K"], cases["y"], cases["penalty"]
    return oracle.value(*data, beta) - oracle.dual(*data, a), absolute(
        oracle.allowed_gap(cases, beta) + off.value + off.dual, f"{GAP} + {VALUE} + {DUAL}"
    )


def check_solution(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """The gap closes, no D exceeds F, and every β has the sign of its label, none being 0.

    The gap is at least the mean of KL(a ‖ σ(−y f)), and KL ≥ 2(a − σ)², so |2λβy − σ(−y f)| ≤ √(n gap ∕ 2); where σ is
    larger than that, β cannot be 0. Other multipliers: a clipped at β of one half, and all equal to ½.
    """
    k, y, lam, beta = cases["K"], cases["y"], cases["penalty"], answer["beta"]
    gap, allowed = solved(answer, cases)
    n, zero, off = y.shape[1], np.zeros(cases.lanes), oracle.errors(cases, beta)
    f = np.einsum("lij,lj->li", k, beta)
    s = oracle.share(y * f)
    apart = np.sqrt(n * allowed.value / 2)[:, None] + off.share
    upper = oracle.value(k, y, lam, beta)
    elsewhere = [oracle.dual(k, y, lam, a) for a in (np.full_like(beta, 0.5), (1 + s) / 3)]
    told = [
        equal("reported F", answer["value"], upper, absolute(off.value, VALUE)),
        equal("reported f", answer["f"], f, absolute(gamma(n + 2, cases.u) * np.einsum("lij,lj->li", abs(k), abs(beta)),
                                                     "γ(n+2)|K||β|")) if "f" in answer else None,
        equal("reported gap", answer["gap"], gap, absolute(off.value + off.dual, f"{VALUE} + {DUAL}"))
        if "gap" in answer else None,
        exactly("converged", answer["converged"], np.ones(cases.lanes)) if "converged" in answer else None,
    ]  # fmt: skip
    own = absolute(off.value + off.dual + gamma(4 * n + 16, U64) * (1 + upper), "rounding of F and D")
    return (
        at_most("the gap closes", gap, zero, allowed),
        equal("2λβy = σ(−y f)", 2 * lam[:, None] * beta * y, s, absolute(apart, f"√(n({allowed.terms}) ∕ 2)")),
        exactly("β has the sign of its label", np.sign(beta), y, s > apart),
        *(at_most("D elsewhere ≤ F", lower, upper, own) for lower in elsewhere),
        *(one for one in told if one is not None),
    )


def check_representer(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """F in the space of the features at w = Φᵀβ is F(β), and no w of that space has a smaller one.

    The least over all w comes from Newton's method in w. Roundings of F as `oracle_logistic.errors`, with γ(n+D+8) of
    the features' own products.
    """
    y, lam, beta = cases["y"], cases["penalty"], answer["beta"]
    phi = oracle.features(cases["x"], cases.integer("zeta"), cases.integer("degree"))
    w = np.einsum("lnf,ln->lf", phi, beta)
    here = oracle.linear_value(phi, y, lam, w)
    least = oracle.linear_value(phi, y, lam, oracle.newton(phi, y, lam))
    _, allowed = solved(answer, cases)
    spread = np.einsum("li,lij,lj->l", abs(beta), abs(cases["K"]), abs(beta))
    rows = np.einsum("lij,lj->l", abs(cases["K"]), abs(beta))
    own = gamma(y.shape[1] + phi.shape[2] + 8, U64) * (1 + here + lam * spread + rows)
    made = absolute(oracle.errors(cases, beta).value + own, f"{VALUE} + γ64(n+D+8)(…)")
    return (
        equal("F(β) = F(Φᵀβ)", answer["value"], here, made),
        at_most("no w is better", here, least, allowed + absolute(own, "γ64(n+D+8)(…)")),
    )


def slope_allowed(cases: Cases, w: Floats) -> Floats:
    """How large ∇F(w) of a solved linear problem may be: eight times its rounding and that of w itself. (lane,).

    A score is off by e = γ(d+2)|X||w|; σ by e∕4 + 2γ(8); a slope by |X|ᵀ of that, γ(n+6) of its terms, and by the
    Hessian's (|X|ᵀ|X|∕4 + 2λ) u|w|.
    """
    x, lam, u = np.abs(cases["x"]), cases["penalty"][:, None], cases.u
    n, d = x.shape[1:]
    size = np.einsum("lnd,ld->ln", x, np.abs(w))
    s = gamma(d + 2, u) * size / 4 + 2 * gamma(8, u) + gamma(n + 6, u)
    off = np.einsum("lnd,ln->ld", x, s + u * size / 4) + gamma(n + 6, u) * 2 * lam * np.abs(w)
    return np.asarray(8 * np.linalg.norm(off, axis=1) / n)


def check_linear(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """∇F(w) vanishes up to its rounding, w is that of Newton's method in w, and Xᵀβ of the linear kernel is w too.

    F is strongly convex with 2λ∕n: ‖w − w*‖ ≤ n‖∇F(w)‖ ∕ 2λ, and (λ∕n)‖Xᵀβ − w*‖² ≤ gap.
    """
    x, y, lam, w = cases["x"], cases["y"], cases["penalty"], answer["w"]
    n = y.shape[1]
    flat = slope_allowed(cases, w)
    size = np.linalg.norm(oracle.linear_slope(x, y, lam, w), axis=1)
    best = oracle.newton(x, y, lam)
    far = n * flat / lam + n * gamma(64, U64) * (1 + np.linalg.norm(x, axis=(1, 2)) / lam)
    words = "n ‖8 × rounding of ∇F‖ ∕ λ"
    f = np.einsum("lnd,ld->ln", abs(x), abs(w))
    value = oracle.linear_value(x, y, lam, w)
    rounded = gamma(n + x.shape[2] + 10, cases.u) * (1 + value + f.sum(axis=1) / n)
    gaps = [
        at_most("∇F(w) = 0", size, np.zeros(cases.lanes), absolute(flat, "‖8 × rounding of ∇F‖")),
        equal("w is Newton's", w, best, absolute(far[:, None], words)),
    ]
    if "value" in answer:
        gaps.append(equal("reported F", answer["value"], value, absolute(rounded, "γ(n+d+10)(1 + F + mean |X||w|)")))
    if "gradient_norm" in answer:
        gaps.append(equal("reported ‖∇F‖", answer["gradient_norm"], size, absolute(flat, "‖8 × rounding of ∇F‖")))
    return (*gaps, *_of_the_kernel(answer, cases, best, far))


def _of_the_kernel(answer: Answer, cases: Cases, best: Floats, far: Floats) -> tuple[Gap, ...]:
    kernel = cases.with_arrays(K=linear(cases["x"], cases["x"])).with_settings(solver="newton")
    try:
        other = answer.again("klr_fit", kernel)
    except NotOffered:
        return ()
    w = np.einsum("lnd,ln->ld", cases["x"], other["beta"])
    _, allowed = solved(other, kernel)
    near = np.sqrt(cases["y"].shape[1] * allowed.value / cases["penalty"]) + far
    return (equal("Xᵀβ is Newton's w", w, best, absolute(near[:, None], f"√(n({allowed.terms}) ∕ λ) + …")),)


LOGISTIC_CLAIMS: tuple[Claim, ...] = (
    Claim(
        id="SVM-11",
        version=1,
        title="Derivatives of kernel logistic regression",
        sentence="Value, gradient and Hessian are those that complex steps give, the Hessian is positive "
        "semidefinite, and the dual and the gap are their formulas.",
        latex=r"\nabla F=\tfrac{2\lambda}nK\beta-\tfrac1nK(y\circ\sigma(-y\circ K\beta)),\quad\nabla^2F="
        r"\tfrac{2\lambda}nK+\tfrac1nK\,\mathrm{diag}(\sigma(1-\sigma))K\succeq0",
        source=(("zhu2005", "section 3"), ("hastie2009", "section 4.4")),
        kind="identity",
        asks="klr_objective",
        check=check_derivatives,
        domain=DERIVATIVES,
        parents=("SVM-02",),
        needs=("value", "gradient"),
    ),
    Claim(
        id="SVM-10",
        version=1,
        title="Nothing is lost in the span of the points",
        sentence="The kernel solution has the least objective over the whole space of features, and its weights are "
        "Φᵀβ.",
        latex=r"\min_w\tfrac\lambda n\|w\|^2+\tfrac1n\sum_n\log(1+e^{-y_nw^\top\varphi(x_n)})=F(\beta)\ \text{at}\ "
        r"w=\sum_n\beta_n\varphi(x_n)",
        source=(("kimeldorf1971", "section 3"), ("scholkopf2001", "theorem 1")),
        kind="certificate",
        asks="klr_fit",
        check=check_representer,
        domain=POLYNOMIALS,
        parents=("SVM-08",),
        needs=("beta", "value"),
    ),
    Claim(
        id="SVM-12",
        version=1,
        title="The gap of kernel logistic regression closes, and no β is zero",
        sentence="At the solution the duality gap closes, 2λβy = σ(−y f), and every β has the sign of its label.",
        latex=r"F(\beta)\ge D(a),\quad F(\beta^*)=D(2\lambda\beta^*\circ y),\quad 2\lambda\beta_n^*=y_n\sigma(-y_nf_n)"
        r"\ne0",
        source=(("jaakkola1999", "section 3"), ("keerthi2005", "section 2")),
        kind="certificate",
        asks="klr_fit",
        check=check_solution,
        domain=KLR,
        parents=("SVM-11",),
        needs=("beta", "value"),
    ),
    Claim(
        id="SVM-13",
        version=1,
        title="The linear kernel gives logistic regression",
        sentence="Logistic regression with an ℓ2 penalty has a vanishing gradient, and Xᵀβ of the linear kernel is its "
        "w.",
        latex=r"X^\top\beta^*=\arg\min_w\tfrac\lambda n\|w\|^2+\tfrac1n\sum_n\log(1+e^{-y_nw^\top x_n})",
        source=(("zhu2005", "section 2"), ("hastie2009", "section 5.8")),
        kind="certificate",
        asks="logistic_fit",
        also=("klr_fit",),
        check=check_linear,
        domain=LOGISTICS,
        parents=("SVM-10", "SVM-12"),
        needs=("w",),
    ),
)
"""Claims of this group, in reading order."""
