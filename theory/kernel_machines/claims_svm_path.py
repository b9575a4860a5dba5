"""Claims about the way to the machine and what it rests on: SVM-18, SVM-17."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import ZERO, Bound, absolute, gamma
from theory.core.claim import Answer, Claim
from theory.core.domain import Cases
from theory.core.gap import Gap, at_most, equal, exactly
from theory.kernel_machines import oracle_svm as oracle
from theory.kernel_machines.bounds_svm import reached
from theory.kernel_machines.cases_svm import LEFT_OUT, TRACES

Floats = NDArray[np.float64]


def slopes(cases: Cases, steps: int) -> Bound:
    """How far y − f without bias may be off when f is carried along: γ(4 steps + n + 4)(1 + C max Σ|K|). (lane,).

    A step adds two terms to f and rounds it: γ(4) of what f can be at most.
    """
    rows = np.abs(cases["K"]).sum(axis=2).max(axis=1)
    n = cases["y"].shape[1]
    return absolute(gamma(4 * steps + n + 4, cases.u) * (1 + cases["C"] * rows), "γ(4s+n+4)(1 + C max Σ|K|)")


def check_trace(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Every step moves one pair inside the box along Σ α y = 0 to its best place, and D never falls.

    D is a parabola in the step, and an error of the step's size is not against it; one of the slope, 2e, and the
    rounding of two multipliers lower D by at most 2C e + 4u C (1 + C max Σ|K|) ≤ 4C e. A pair that has moved has equal
    y − f, up to 2e and the rounding of its multipliers, or is stopped by the box.
    """
    path, y, c = answer["path"], cases["y"], cases["C"]
    lanes, count, n = path.shape
    k = cases["K"]
    a = path * y[:, None]
    plain = np.einsum("lsj,lji->lsi", a, k)
    dual = path.sum(axis=2) - (a * plain).sum(axis=2) / 2
    e = slopes(cases, count - 1)
    zero = np.zeros_like(path)
    moved = path[:, 1:] != path[:, :-1]
    drift = absolute(8 * cases.u * n * c[:, None] * np.arange(count), "8 s u C n")
    size = np.abs(path).sum(axis=2) + np.einsum("lsi,lij,lsj->ls", np.abs(path), np.abs(k), np.abs(path))
    still = ~moved.any(axis=2)
    return (
        exactly("the path begins at 0", path[:, 0], zero[:, 0]),
        at_most("α ≥ 0", -path, zero, ZERO),
        at_most("α ≤ C", path, c[:, None, None] + zero, ZERO),
        equal("Σ α y = 0", a.sum(axis=2), np.zeros((lanes, count)), drift),
        at_most("a step moves a pair", moved.sum(axis=2), np.full((lanes, count - 1), 2), ZERO),
        equal("reported D", answer["dual"], dual,
              absolute(gamma(3 * n + 8, cases.u) * size + 2 * c[:, None] * n * e.value[:, None], "γ(3n+8) … + 2nC e")),
        at_most("D never falls", dual[:, :-1], dual[:, 1:], absolute(4 * (c * e.value)[:, None], f"4C {e.terms}")),
        exactly("after a step that moves nothing, nothing moves", still[:, 1:], np.ones_like(still[:, 1:]),
                still[:, :-1]),
        at_most("only an optimum stays", _violations(cases, path[:, :-1], plain[:, :-1]), np.zeros((lanes, count - 1)),
                absolute((oracle.sharpness(cases) + 2 * e.value)[:, None], "256 n² u(1 + C max Σ|K|) + 2e"), still),
        _best_place(cases, path, plain, moved, e),
    )  # fmt: skip


def _violations(cases: Cases, path: Floats, plain: Floats) -> Floats:
    """M − M at every step: (lane, steps)."""
    each = [oracle.violation(plain[:, s], cases["y"], cases["C"], path[:, s]) for s in range(path.shape[1])]
    return np.stack(each, axis=1)


def _best_place(cases: Cases, path: Floats, plain: Floats, moved: NDArray[np.bool_], e: Bound) -> Gap:
    """Neither of a moved pair can still gain from the other."""
    y, c = cases["y"][:, None], cases["C"][:, None, None]
    later, rest = path[:, 1:], cases["y"][:, None] - plain[:, 1:]
    up = moved & np.where(y > 0, later < c, later > 0)
    down = moved & np.where(y > 0, later > 0, later < c)
    apart = np.where(up, rest, -np.inf).max(axis=2) - np.where(down, rest, np.inf).min(axis=2)
    pair = (moved.sum(axis=2) == 2) & up.any(axis=2) & down.any(axis=2)
    bound = absolute(6 * e.value[:, None], f"6 {e.terms}")
    return at_most("a moved pair is at its best", np.where(pair, apart, 0.0), np.zeros(apart.shape), bound, pair)


def check_left_out(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """A point that every optimal bias of the machine without it puts on the wrong side is a support vector.

    A point with α = 0 has y f ≥ 1 − ε ∕ C, and the machine without it is ε-optimal too: f without bias is within 2√(2ε)
    max √K_ii, and so are the ends of the interval of its optimal biases. Judged where these add up to less than 1.
    """
    fit = reached(cases, answer["alpha"], answer["bias"], answer["bias"])
    sure = 2 * (fit.bias + 2 * fit.score) < 1
    n = cases["y"].shape[1]
    wrong = np.zeros((cases.lanes, n), dtype=bool)
    for i in range(n):
        keep = np.delete(np.arange(n), i)
        fewer = {"K": cases["K"][:, keep][:, :, keep], "y": cases["y"][:, keep]}
        alpha = answer.again("svm_fit", cases.with_arrays(**fewer))["alpha"] * fewer["y"]
        low, high = oracle.optimal_biases(np.einsum("lij,lj->li", fewer["K"], alpha), fewer["y"])
        plain = np.einsum("lj,lj->l", cases["K"][:, i][:, keep], alpha)
        y = cases["y"][:, i]
        wrong[:, i] = (y * (plain + low) < 0) & (y * (plain + high) < 0)
    support = answer["support"].astype(bool)
    zero = np.zeros_like(wrong)
    return (
        exactly("wrong when left out, but no support vector", wrong & ~support, zero, sure[:, None]),
        at_most("errors ≤ support vectors", wrong.sum(axis=1), support.sum(axis=1), ZERO, sure),
    )


PATH_CLAIMS: tuple[Claim, ...] = (
    Claim(
        id="SVM-18",
        version=1,
        title="Pair updates climb the dual",
        sentence="Every step of sequential minimal optimisation moves one pair of multipliers to its best place in "
        "the box, and the dual objective never falls.",
        latex=r"D(\alpha^{t+1})\ge D(\alpha^t),\quad 0\le\alpha^t\le C,\ y^\top\alpha^t=0",
        source=(("platt1998", "section 2"), ("fan2005", "section 2")),
        kind="monotone",
        asks="svm_trace",
        check=check_trace,
        domain=TRACES,
        parents=("SVM-03",),
        needs=("path", "dual"),
    ),
    Claim(
        id="SVM-17",
        version=1,
        title="Leave-one-out errors are support vectors",
        sentence="Leaving one point out makes no more errors than there are support vectors, for each error is one.",
        latex=r"\sum_n[y_nf^{(-n)}(x_n)<0]\le\#\{n:\alpha_n>0\}",
        source=(("vapnik1998", "chapter 10"), ("scholkopf2002", "chapter 7")),
        kind="exact",
        asks="svm_fit",
        check=check_left_out,
        domain=LEFT_OUT,
        parents=("SVM-03",),
        needs=("alpha", "bias", "support"),
        lanes=32,
    ),
)
