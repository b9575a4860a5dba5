"""What the cross-cutting claims ask of the soft-margin machine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import Bound, absolute, gamma, rounding
from theory.core.claim import Answer
from theory.core.crosscutting import Output, Question, Refusal, Spoil, changed, put, set_to
from theory.core.domain import Array, Cases
from theory.kernel_machines import oracle_svm as oracle
from theory.kernel_machines.bounds_svm import Reached, reached
from theory.kernel_machines.cases_linear import CLASSES, LINEARS
from theory.kernel_machines.cases_logistic import narrowed, quiet
from theory.kernel_machines.cases_svm import CONVERSIONS, FITS, OBJECTIVES, TRACES, linear

Floats = NDArray[np.float64]
SOME = ("integers", "opposite-duplicates", "no-free", "rbf", "reals")


def shuffled(cases: Cases, order: NDArray[np.intp]) -> Cases:
    """The same points in another order: rows and columns of K, and whatever else has a row for each."""
    moved = {name: cases[name][:, order] for name in ("x", "y", "alpha", "beta") if name in cases.arrays}
    if "K" in cases.arrays:
        moved["K"] = cases["K"][:, order][:, :, order]
    if "test" in cases.arrays:
        moved["test"] = cases["test"][:, :, order]
    return cases.with_arrays(**moved)


def _fit(answer: Answer, cases: Cases) -> Reached:
    alpha, bias = quiet(answer["alpha"]), quiet(answer["bias"])
    return reached(cases, np.clip(alpha, 0, cases["C"][:, None]), bias, bias)


def _value_bound(answer: Answer, cases: Cases) -> Bound:
    """Two ε-optimal machines."""
    alpha = np.clip(quiet(answer["alpha"]), 0, cases["C"][:, None])
    off = oracle.errors(cases, alpha, quiet(answer["bias"]))
    return absolute(2 * (_fit(answer, cases).epsilon + off.primal.value + off.dual.value), "2(ε + rounding)")


def _bias_bound(answer: Answer, cases: Cases) -> Bound:
    """Both lie between the ends of the optimal biases, which may be apart, up to 2(ε ∕ C + √(2ε) max √K_ii)."""
    fit = _fit(answer, cases)
    low, high = oracle.optimal_biases(fit.machine.plain, cases["y"])
    return absolute(high - low + 2 * (fit.bias + fit.score), "high − low + 2(ε ∕ C + √(2ε) max √K_ii)")


def _alpha_bound(answer: Answer, cases: Cases) -> Bound:
    """½(α − α')ᵀQ(α − α') ≤ 4ε, so they are √(8ε ∕ μ) apart, μ the least eigenvalue of K; any number where it is 0."""
    values = np.linalg.eigvalsh(cases["K"])
    noise = gamma(16 * values.shape[1], cases.u) * np.abs(values).max(axis=1)
    least = values[:, 0] - noise
    far = np.where(least > 0, np.sqrt(8 * _fit(answer, cases).epsilon / np.where(least > 0, least, 1.0)), np.inf)
    return absolute(np.minimum(far, cases["C"] * (1 + 4 * cases.u))[:, None], "√(8ε ∕ μ), at most C")


def _error_bound(name: str) -> Callable[[Answer, Cases], Bound]:
    """Twice that of SVM-01 and SVM-03."""

    def bound(answer: Answer, cases: Cases) -> Bound:
        found: Bound = getattr(oracle.errors(cases, cases["alpha"], cases["bias"]), name)
        return found.scaled(2.0, "· 2")

    return bound


def _violation_bound(answer: Answer, cases: Cases) -> Bound:
    off = oracle.errors(cases, cases["alpha"], cases["bias"]).score.value.max(axis=1)
    return absolute(4 * off + 8 * cases.u, "4γ(n+3)(|K||α| + |b|) + 8u")


def _last_dual(answer: Answer) -> Array:
    """D after so many steps that all pairs are at their best; earlier, it hangs on which of equals comes first."""
    return np.asarray(answer["dual"][:, -1])


def _trace_bound(answer: Answer, cases: Cases) -> Bound:
    """D* − D ≤ n C (m − M) at feasible multipliers; the violation here, and what a solver may stop at, twice."""
    alpha = np.clip(quiet(answer["path"][:, -1]), 0, cases["C"][:, None])
    plain = np.einsum("lij,lj->li", cases["K"], alpha * cases["y"])
    left = np.maximum(oracle.violation(plain, cases["y"], cases["C"], alpha), 0.0) + oracle.sharpness(cases)
    return absolute(2 * cases["y"].shape[1] * cases["C"] * left, "2 n C (m − M + 256 n² u(1 + C max Σ|K|))")


TRACED = replace(narrowed(TRACES, "rbf", "no-free"), shapes={"n": (2, 5), "d": (2, 3), "steps": (64, 64)})
"""Traces that end at the optimum."""


def _kernelled(answer: Answer, cases: Cases) -> Reached:
    """How far the linear machine may be from the optimum, with multipliers at most C."""
    kernel = cases.with_arrays(K=linear(cases["x"], cases["x"]))
    bias = quiet(answer["bias"])
    return reached(kernel, np.broadcast_to(cases["C"][:, None], cases["y"].shape), bias, bias)


def _w_bound(answer: Answer, cases: Cases) -> Bound:
    size = np.abs(cases["x"]).sum(axis=(1, 2)) * cases["C"]
    far = 2 * np.sqrt(2 * _kernelled(answer, cases).epsilon) + gamma(2 * cases["x"].shape[1], cases.u) * size
    return absolute(far[:, None], "2√(2ε) + γ(2n) C Σ|x|")


def _linear_value_bound(answer: Answer, cases: Cases) -> Bound:
    return absolute(2 * _kernelled(answer, cases).epsilon, "2ε")


def _linear_bias_bound(answer: Answer, cases: Cases) -> Bound:
    fit = _kernelled(answer, cases)
    low, high = oracle.optimal_biases(np.einsum("lnd,ld->ln", cases["x"], quiet(answer["w"])), cases["y"])
    return absolute(high - low + 2 * (fit.bias + fit.score), "high − low + 2(ε ∕ C + √(2ε) max ‖x‖)")


def _score_bound(answer: Answer, cases: Cases) -> Bound:
    """The bias may be anywhere between the greatest and the least score and those of the points."""
    y = np.where(cases["y"] == 0, 1.0, -1.0)
    some = cases.with_arrays(y=y)
    alpha = np.broadcast_to(cases["C"][:, None], y.shape)
    fit = reached(some, alpha, np.zeros(cases.lanes))
    reach = np.sqrt(2 * fit.epsilon)[:, None] * np.linalg.norm(cases["test"], axis=2)
    wide = 2 * (reach.max(axis=1) + fit.bias + fit.score + np.abs(quiet(answer["score"])).max(axis=(1, 2)))
    return absolute(wide[:, None, None], "2(√(2ε)‖k‖ + ε ∕ C + √(2ε) max √K_ii + max |score|)")


def _one_class(cases: Cases) -> Cases:
    return cases.with_arrays(y=np.ones_like(cases["y"]))


def _askew(cases: Cases) -> Cases:
    k = cases["K"].copy()
    k[:, 0, 1] += 1.0 + np.abs(k).max()
    return cases.with_arrays(K=k)


def _indefinite(cases: Cases) -> Cases:
    k = cases["K"].copy()
    k[:, 0, 0] = -1.0 - np.abs(k).max()
    return cases.with_arrays(K=k)


def _longer(array: Array) -> Array:
    return np.concatenate([array, array[:, :1]], axis=1)


def undefined(name: str) -> Refusal:
    """A value that is no number."""
    return Refusal(f"NaN in {name}", put(name, np.nan), f"{name} must be finite")


def not_positive(name: str) -> tuple[Refusal, Refusal]:
    """A 0, and a number below it, where a value must be above."""
    says = f"{name} must be positive"
    return Refusal(f"{name} of 0", put(name, 0.0), says), Refusal(f"{name} of −1", put(name, -1.0), says)


WRONG_KERNEL = (
    undefined("K"),
    Refusal("K that is not symmetric", _askew, "K must be symmetric"),
    Refusal("K that is not positive semidefinite", _indefinite, "smallest eigenvalue"),
)
WRONG_LABELS = (
    Refusal("a label of 2", put("y", 2.0), "y must be one of"),
    Refusal("y of another length", changed("y", _longer), "y must have shape"),
)
ONE_CLASS = Refusal("one class", _one_class, "y must hold both classes")
WRONG_SVM = (*WRONG_KERNEL, *WRONG_LABELS, ONE_CLASS, *not_positive("C"), undefined("C"))


def _above(name: str) -> Spoil:
    """A multiplier above C."""
    return lambda cases: cases.with_arrays(**{name: cases[name] + 2 * cases["C"][:, None]})


_FITTED = tuple(Output(name, bound=_value_bound) for name in ("primal", "dual"))

SVM_QUESTIONS: tuple[Question, ...] = (
    Question(
        "svm_fit",
        narrowed(FITS, *SOME),
        (*_FITTED, Output("bias", bound=_bias_bound), Output("alpha", bound=_alpha_bound, by_sample=True)),
        floats=("alpha", "bias", "low", "high", "primal", "dual", "gap"),
        permuted=shuffled,
        rows="K",
        refusals=WRONG_SVM,
    ),
    Question(
        "svm_objective",
        narrowed(OBJECTIVES, *SOME),
        (
            *(Output(name, bound=_error_bound(name)) for name in ("primal", "dual", "gap")),
            Output("violation", bound=_violation_bound),
        ),
        floats=("primal", "dual", "gap", "violation"),
        permuted=shuffled,
        rows="K",
        refusals=(
            *WRONG_SVM,
            undefined("alpha"),
            undefined("bias"),
            Refusal("a multiplier below 0", put("alpha", -1.0), "alpha must lie in"),
            Refusal("a multiplier above C", _above("alpha"), "alpha must lie in"),
        ),
    ),
    Question(
        "svm_trace",
        TRACED,
        (Output("dual", read=_last_dual, bound=_trace_bound),),
        floats=("path", "dual"),
        permuted=shuffled,
        rows="K",
        refusals=(*WRONG_SVM, Refusal("no steps", set_to(steps=0), "steps must be at least 1")),
    ),
    Question(
        "linear_svm",
        narrowed(LINEARS, "integers", "opposite-duplicates", "no-free"),
        (
            Output("primal", bound=_linear_value_bound),
            Output("w", bound=_w_bound),
            Output("bias", bound=_linear_bias_bound),
        ),
        floats=("w", "bias", "low", "high", "primal", "gap"),
        permuted=shuffled,
        rows="x",
        refusals=(*WRONG_LABELS, ONE_CLASS, *not_positive("C"), undefined("C"), undefined("x")),
    ),
    Question(
        "convert",
        replace(CONVERSIONS, regimes=("any-C-to-lambda", "any-to-C")),
        (Output("value", bound=lambda answer, cases: rounding(6, cases.u, "2γ(3) ∕ 2v", 1 / (2 * cases["value"]))),),
        floats=("value",),
        refusals=(
            *not_positive("value"),
            undefined("value"),
            Refusal("an unknown target", set_to(target="gamma"), "target must be one of"),
        ),
    ),
    Question(
        "multiclass",
        narrowed(CLASSES, "integers-one-vs-rest", "rbf-one-vs-one"),
        (Output("score", bound=_score_bound),),
        floats=("score",),
        permuted=shuffled,
        rows="K",
        refusals=(
            *WRONG_KERNEL,
            *not_positive("C"),
            undefined("C"),
            undefined("test"),
            Refusal("a class too many", set_to(classes=9), "y must hold every class"),
            Refusal("an unknown scheme", set_to(scheme="all-pairs"), "scheme must be one of"),
        ),
    ),
)
"""What the cross-cutting claims ask of this group."""
