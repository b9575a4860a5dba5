"""Claims about machines made of other machines: SVM-19 linear, SVM-20 several classes."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import absolute, gamma
from theory.core.claim import Answer, Claim
from theory.core.domain import Array, Cases
from theory.core.gap import Gap, at_most, equal, exactly
from theory.kernel_machines import oracle_svm as oracle
from theory.kernel_machines.bounds_svm import EPSILON, GAP, named, reached
from theory.kernel_machines.cases_linear import CLASSES, LINEARS
from theory.kernel_machines.cases_svm import linear

Floats = NDArray[np.float64]


def check_linear(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """P at (w, b), from the points themselves, is within ε of D of the machine of K = XXᵀ, and w of its Σ α y x.

    w = Xᵀ(α y) is off by γ(n+2)|X|ᵀα, its scores by γ(n+d+4)|X||X|ᵀα more. Both machines are ε-optimal, so ‖w − w'‖ ≤
    2√(2ε).
    """
    x, y, c, w, bias = cases["x"], cases["y"], cases["C"], answer["w"], answer["bias"]
    n, d = x.shape[1:]
    kernel = cases.with_arrays(K=linear(x, x))
    other = answer.again("svm_fit", kernel)
    alpha = other["alpha"]
    fit = reached(kernel, alpha, other["bias"], bias)
    score = np.einsum("lnd,ld->ln", x, w) + bias[:, None]
    primal = (w**2).sum(axis=1) / 2 + c * np.maximum(0.0, 1 - y * score).sum(axis=1)
    spread = np.einsum("lnd,ln->ld", np.abs(x), alpha) + np.abs(w)
    size = np.einsum("lnd,ld->ln", np.abs(x), spread) + np.abs(bias)[:, None]
    off = gamma(n + d + 6, cases.u) * ((spread**2).sum(axis=1) + 2 * c * (1 + size).sum(axis=1))
    rounded = absolute(off, "γ(n+d+6)[‖|X|ᵀα + |w|‖² + 2C Σ(1 + |X|(|X|ᵀα + |w|) + |b|)]")
    allowed = named(2 * fit.epsilon, f"2({EPSILON})") + rounded
    apart = np.linalg.norm(w - np.einsum("lnd,ln->ld", x, alpha * y), axis=1)
    far = np.sqrt(2 * allowed.value) * 2 + gamma(n + 2, cases.u) * np.linalg.norm(spread, axis=1)
    gaps = [
        at_most("P(w, b) ≤ P of the kernel machine", primal, fit.machine.primal, allowed),
        at_most(
            "P(w, b) ≥ D of the kernel machine", fit.machine.dual - bias * (alpha * y).sum(axis=1), primal, allowed
        ),
        at_most("w is Σ α y x", apart, np.zeros(cases.lanes), named(far, "2√(2(2ε + rounding))")),
        *_ends(answer, cases, np.einsum("lnd,ld->ln", x, w), allowed.value / c + off / c),
    ]
    if "primal" in answer:
        gaps.append(equal("reported P", answer["primal"], primal, rounded))
    if "gap" in answer:
        closing = absolute(c * oracle.sharpness(kernel), GAP) + rounded
        gaps.append(at_most("the gap closes", np.abs(answer["gap"]), np.zeros(cases.lanes), closing))
    return tuple(gaps)


def _ends(answer: Answer, cases: Cases, plain: Floats, near: Floats) -> tuple[Gap, ...]:
    """The bias and, where they are told, low and high are between the ends of the optimal biases of w."""
    least, most = oracle.optimal_biases(plain, cases["y"])
    bound = named(near, "(2ε + rounding) ∕ C")
    named_ends = [(name, answer[name]) for name in ("low", "bias", "high") if name in answer]
    return tuple(
        gap
        for name, value in named_ends
        for gap in (
            at_most(f"{name} ≥ the least", least, value, bound),
            at_most(f"{name} ≤ the most", value, most, bound),
        )
    )


def check_multiclass(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Each score is that of a machine of relabelled points, and the label follows from the scores to the bit.

    Both machines are ε-optimal for the relabelled problem: scores without bias are within 2√(2ε) max √K_ii of each
    other (K of the test points included), and the bias anywhere between the ends of the optimal ones, ε ∕ C apart.
    """
    score = answer["score"]
    gaps = [
        gap
        for place, (one, two) in enumerate(_problems(cases))
        for gap in _one_problem(answer, cases, score[:, :, place], one, two)
    ]
    told = _labels(cases, score)
    return (*gaps, exactly("label", answer["label"], told, ~_undecided(cases, score)))


def _problems(cases: Cases) -> list[tuple[int, int]]:
    """The class that is positive and the one that is negative, −1 for all the others."""
    k = cases.integer("classes")
    return [(c, -1) for c in range(k)] if cases.settings["scheme"] == "one-vs-rest" else list(combinations(range(k), 2))


def _one_problem(answer: Answer, cases: Cases, score: Array, one: int, two: int) -> tuple[Gap, ...]:
    """Lanes with the same number of rows in the problem are asked together."""
    chosen = np.ones(cases["y"].shape, dtype=bool) if two < 0 else np.isin(cases["y"], (one, two))
    least, most, bound = (np.zeros_like(score) for _ in range(3))
    for size in np.unique(chosen.sum(axis=1)):
        lanes = np.flatnonzero(chosen.sum(axis=1) == size)
        rows = np.stack([np.flatnonzero(row) for row in chosen[lanes]])
        some = cases.take(lanes)
        at = np.arange(len(lanes))[:, None]
        k = some["K"][at[..., None], rows[:, :, None], rows[:, None, :]]
        test = np.take_along_axis(some["test"], rows[:, None, :], axis=2)
        y = np.where(np.take_along_axis(some["y"], rows, axis=1) == one, 1.0, -1.0)
        part = Cases({"K": k, "y": y, "C": some["C"]}, {}, cases.regime, cases.dtype, cases.device)
        found = answer.again("svm_fit", part)
        fit = reached(part, found["alpha"], found["bias"], found["bias"])
        low, high = oracle.optimal_biases(fit.machine.plain, y)
        plain = np.einsum("lmn,ln->lm", test, found["alpha"] * y)
        off = gamma(len(y[0]) + 4, cases.u) * (
            np.einsum("lmn,ln->lm", np.abs(test), found["alpha"]) + np.abs(low)[:, None] + np.abs(high)[:, None]
        )
        self_size = np.einsum("lii->li", k).max(axis=1)
        reach = np.sqrt(2 * fit.epsilon)[:, None] * np.sqrt(_norms(test, k)) * 2
        inside = 2 * np.sqrt(2 * fit.epsilon * self_size) + 2 * fit.bias
        least[lanes], most[lanes] = plain + low[:, None], plain + high[:, None]
        bound[lanes] = off + reach + inside[:, None]
    words = named(bound, "2√(2ε)(‖φ(z)‖ + max ‖φ(x)‖) + 2ε ∕ C + rounding")
    label = f"{one} against {'the rest' if two < 0 else two}"
    return (at_most(f"{label}: no less", least, score, words), at_most(f"{label}: no more", score, most, words))


def _norms(test: Floats, k: Floats) -> Floats:
    """A bound on ‖P φ(z)‖², the part of a test point in the span of the others: kᵀ K⁺ k, (lane, m)."""
    inverse = np.linalg.pinv(k, hermitian=True)
    return np.asarray(np.maximum(np.einsum("lmi,lij,lmj->lm", test, inverse, test), 0.0))


def _votes(cases: Cases, score: Array) -> Array:
    votes = np.zeros((*score.shape[:2], cases.integer("classes")), dtype=np.int64)
    for place, (one, two) in enumerate(_problems(cases)):
        votes[:, :, one] += score[:, :, place] > 0
        votes[:, :, two] += score[:, :, place] < 0
    return votes


def _labels(cases: Cases, score: Array) -> Array:
    """The greatest score, or most votes; among equals the lowest class."""
    return np.asarray((score if cases.settings["scheme"] == "one-vs-rest" else _votes(cases, score)).argmax(axis=2))


def _undecided(cases: Cases, score: Array) -> NDArray[np.bool_]:
    """Points with a pair that says 0, or with two greatest scores that rounding has made equal: (lane, m)."""
    if cases.settings["scheme"] == "one-vs-one":
        return np.asarray((score == 0).any(axis=2))
    return np.asarray((score == score.max(axis=2, keepdims=True)).sum(axis=2) > 1)


KINDS_CLAIMS: tuple[Claim, ...] = (
    Claim(
        id="SVM-19",
        version=1,
        title="The linear machine is that of the linear kernel",
        sentence="The linear machine's w is Σ α y x of the machine of K = XXᵀ, and optimal in the primal itself.",
        latex=r"w=\sum_n\alpha_ny_nx_n,\quad P(w,b)=\min_{w,b}\tfrac12\|w\|^2+C\sum_n\max(0,1-y_n(w^\top x_n+b))",
        source=(("cortes1995", "section 3"), ("hastie2009", "section 12.2.1")),
        kind="certificate",
        asks="linear_svm",
        also=("svm_fit",),
        check=check_linear,
        domain=LINEARS,
        parents=("SVM-03",),
        needs=("w", "bias"),
    ),
    Claim(
        id="SVM-20",
        version=1,
        title="Several classes are several machines",
        sentence="One-vs-rest and one-vs-one scores are those of machines of relabelled points, and labels are the "
        "greatest score or most votes.",
        latex=r"f_c=f[y\mapsto\pm1_{y=c}],\quad\hat y=\arg\max_cf_c\ \text{or}\ \arg\max_c\#\{c':f_{cc'}>0\}",
        source=(("hsu2002", "section 2"),),
        kind="certificate",
        asks="multiclass",
        also=("svm_fit",),
        check=check_multiclass,
        domain=CLASSES,
        parents=("SVM-03",),
        needs=("score", "label"),
        lanes=8,
        slack_reason="scores may be off by the root of the gap that is allowed, and solvers end far below it",
    ),
)
