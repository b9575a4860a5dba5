"""What the cross-cutting claims ask of kernel logistic regression."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import Bound, absolute, gamma
from theory.core.claim import Answer
from theory.core.crosscutting import Output, Question, Refusal, changed, set_to
from theory.core.domain import Array, Cases
from theory.kernel_machines import oracle_logistic as oracle
from theory.kernel_machines.cases_logistic import DERIVATIVES, KLR, LOGISTICS, narrowed, quiet
from theory.kernel_machines.claims_logistic import slope_allowed
from theory.kernel_machines.questions_svm import WRONG_KERNEL, WRONG_LABELS, not_positive, shuffled, undefined

Floats = NDArray[np.float64]


def _twice(name: str) -> Callable[[Answer, Cases], Bound]:
    """Twice that of SVM-11."""

    def bound(answer: Answer, cases: Cases) -> Bound:
        off: Floats = getattr(oracle.errors(cases, cases["beta"]), name)
        return absolute(2 * _greatest(off), f"twice the rounding of {name}")

    return bound


def _greatest(values: Floats) -> Floats:
    """The greatest of each lane's samples, for rows in another order have another bound each: (lane, 1)."""
    return np.asarray(values if values.ndim == 1 else values.max(axis=1, keepdims=True))


def _gap_bound(answer: Answer, cases: Cases) -> Bound:
    off = oracle.errors(cases, cases["beta"])
    return absolute(2 * (off.value + off.dual), "twice the rounding of value and dual")


def _allowed(answer: Answer, cases: Cases) -> Floats:
    beta = quiet(answer["beta"])
    off = oracle.errors(cases, beta)
    return np.asarray(oracle.allowed_gap(cases, beta) + off.value + off.dual)


def _value_bound(answer: Answer, cases: Cases) -> Bound:
    return absolute(2 * _allowed(answer, cases), "2(allowed gap + rounding)")


def _moved(answer: Answer, cases: Cases) -> Floats:
    """(λ∕n)‖w − w*‖² ≤ gap of either, so scores are 2√(n gap ∕ λ) √K_ii apart, and rounded: (lane, n)."""
    n, beta = cases["y"].shape[1], quiet(answer["beta"])
    far = 2 * np.sqrt(n * _allowed(answer, cases) / cases["penalty"])
    spread = np.einsum("lij,lj->li", np.abs(cases["K"]), np.abs(beta))
    diagonal = np.einsum("lii->li", cases["K"])
    return np.asarray(far[:, None] * np.sqrt(np.maximum(diagonal, 0)) + 2 * gamma(n + 2, cases.u) * spread)


def _score_bound(answer: Answer, cases: Cases) -> Bound:
    return absolute(_greatest(_moved(answer, cases)), "2√(n gap K_ii ∕ λ) + rounding")


def _beta_bound(answer: Answer, cases: Cases) -> Bound:
    """2λβy is σ(−y f) up to √(n gap ∕ 2) at either, and σ moves by a quarter of what f moves."""
    near = 2 * np.sqrt(cases["y"].shape[1] * _allowed(answer, cases) / 2)[:, None]
    far = (near + _moved(answer, cases) / 4) / (2 * cases["penalty"][:, None])
    return absolute(_greatest(far), "[2√(n gap ∕ 2) + ¼ of the move of f] ∕ 2λ")


def _w_bound(answer: Answer, cases: Cases) -> Bound:
    """‖w − w*‖ ≤ n‖∇F‖ ∕ 2λ at either."""
    far = cases["y"].shape[1] * slope_allowed(cases, quiet(answer["w"])) / cases["penalty"]
    return absolute(2 * far[:, None], "2n ‖8 × rounding of ∇F‖ ∕ λ")


def _linear_value_bound(answer: Answer, cases: Cases) -> Bound:
    """F − F* ≤ n‖∇F‖² ∕ 4λ, and the rounding of F."""
    w, x, n = quiet(answer["w"]), np.abs(cases["x"]), cases["y"].shape[1]
    slope = slope_allowed(cases, w)
    size = np.einsum("lnd,ld->ln", x, np.abs(w)).mean(axis=1) + quiet(answer["value"])
    rounded = gamma(n + x.shape[2] + 10, cases.u) * (1 + np.abs(size))
    return absolute(2 * (n * slope**2 / cases["penalty"] + rounded), "2(n‖∇F‖² ∕ λ + rounding)")


def _longer(beta: Array) -> Array:
    return np.pad(beta, ((0, 0), (0, 1)))


WRONG = (*WRONG_LABELS, *not_positive("penalty"), undefined("penalty"))

LOGISTIC_QUESTIONS: tuple[Question, ...] = (
    Question(
        "klr_objective",
        narrowed(DERIVATIVES, "integers", "rbf", "opposite-duplicates", "far"),
        (
            Output("value", bound=_twice("value")),
            Output("gradient", bound=_twice("gradient"), by_sample=True),
            Output("dual", bound=_twice("dual")),
            Output("gap", bound=_gap_bound),
        ),
        floats=("value", "gradient", "hessian", "dual", "gap"),
        permuted=shuffled,
        rows="K",
        refusals=(
            *WRONG_KERNEL,
            *WRONG,
            undefined("beta"),
            Refusal("a coefficient too many", changed("beta", _longer), "beta must have shape"),
        ),
    ),
    Question(
        "klr_fit",
        narrowed(KLR, "integers-newton", "rbf-newton", "opposite-duplicates-newton", "integers-gradient"),
        (
            Output("value", bound=_value_bound),
            Output("f", bound=_score_bound, by_sample=True),
            Output("beta", bound=_beta_bound, by_sample=True),
        ),
        floats=("beta", "f", "value", "gap"),
        permuted=shuffled,
        rows="K",
        refusals=(*WRONG_KERNEL, *WRONG, Refusal("an unknown solver", set_to(solver="cd"), "solver must be one of")),
    ),
    Question(
        "logistic_fit",
        narrowed(LOGISTICS, "integers", "ties", "opposite-duplicates"),
        (Output("w", bound=_w_bound), Output("value", bound=_linear_value_bound)),
        floats=("w", "value", "gradient_norm"),
        permuted=shuffled,
        rows="x",
        refusals=(*WRONG, undefined("x")),
    ),
)
"""What the cross-cutting claims ask of this group."""
