"""Claims about the transport cost as a function: OT-12 convexity, OT-08 metric axioms, OT-09 total variation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import ZERO
from theory.core.claim import Answer, Claim
from theory.core.domain import Cases
from theory.core.gap import Gap, at_most, equal, exactly
from theory.transport.cases_dual import TWO, mixture
from theory.transport.cases_metric import THREE, TWO_ON_METRIC
from theory.transport.certificate import dual_value
from theory.transport.oracle_linear import reach, rounded_bound, total

Floats = NDArray[np.float64]


@np.errstate(invalid="ignore", over="ignore")
def check_subgradients(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """W of a mixture is at most the mixture of the W; W(a2, b2) ≥ ⟨f, a2⟩ + ⟨g, b2⟩; thrice the mass costs thrice.

    In whole numbers exactly. Else each of the three values errs by γ(4N) T R, see OT-21, and mixing by 4u T R.
    """
    t, N = cases["t"], sum(cases["C"].shape[1:])
    second = cases.with_arrays(a=cases["a2"], b=cases["b2"])
    mixed, thrice = mixture(cases), cases.with_arrays(a=3 * cases["a"], b=3 * cases["b"]).rounded()
    most = np.maximum(total(cases), total(second))
    bound = rounded_bound(16 * N, cases, most * reach(cases["C"]), "γ(16N) T R")
    cost, other = answer["cost"], answer.again("solve", second)["cost"]
    average = t * cost + np.where(t == 1, 1.0, 1 - t) * other
    gaps = [
        exactly("W is finite", np.isfinite(cost), True),
        at_most("W(mixture) ≤ mixture of W", answer.again("solve", mixed)["cost"], average, bound),
        equal("W(3a, 3b) = 3 W(a, b)", answer.again("solve", thrice)["cost"], 3 * cost, bound),
    ]
    if "f" in answer and "g" in answer:
        f, g = answer["f"], answer["g"]
        near = rounded_bound(16 * N, cases, most * reach(cases["C"]), bound.terms, f, g)
        gaps.append(at_most("⟨f, a2⟩ + ⟨g, b2⟩ ≤ W(a2, b2)", dual_value(f, g, cases["a2"], cases["b2"]), other, near))
    return tuple(gaps)


@np.errstate(invalid="ignore", over="ignore")
def check_metric_axioms(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """W_1 and W_2 are symmetric, zero only for a = b, and keep the triangle inequality; W_1² ≤ T W_2².

    All in whole numbers. The triangle for the roots of X, Y, Z needs none: X ≤ Y + Z or (X − Y − Z)² ≤ 4YZ.
    """
    ask, pairs = _Pairs(answer, cases), ("ab", "bc", "ac", "aa")
    one, two = ({pair: ask(pair, p) for pair in (*pairs, "ba")} for p in (1, 2))
    differ = np.stack([(cases[pair[0]] != cases[pair[1]]).any(axis=1) for pair in pairs], axis=1)
    near, far = (np.stack([cost[pair] for pair in pairs], axis=1) for cost in (one, two))
    sides = (("ac", "ab", "bc"), ("ab", "ac", "bc"), ("bc", "ab", "ac"))
    total = cases["a"].sum(axis=1)[:, None]
    return (
        exactly("W_1 = 0 ⟺ a = b", near > 0, differ),
        exactly("W_2 = 0 ⟺ a = b", far > 0, differ),
        exactly("W_1(a, b) = W_1(b, a)", one["ab"], one["ba"]),
        exactly("W_2(a, b) = W_2(b, a)", two["ab"], two["ba"]),
        *(at_most("W_1 of one side ≤ the two others", one[x], one[y] + one[z], ZERO) for x, y, z in sides),
        *(exactly("W_2 of one side ≤ the two others", _root_triangle(two[x], two[y], two[z]), True)
          for x, y, z in sides),
        at_most("W_1² ≤ T W_2²", near**2, total * far, ZERO),
    )  # fmt: skip


class _Pairs:
    """Transport costs between two of the histograms a, b, c, under the p-th power of the metric."""

    def __init__(self, answer: Answer, cases: Cases) -> None:
        self.answer, self.cases = answer, cases

    def __call__(self, pair: str, p: int) -> Floats:
        if (pair, p) == ("ab", 1):
            return self.answer["cost"]
        arrays = {"a": self.cases[pair[0]], "b": self.cases[pair[1]], "C": self.cases["C"] ** p}
        return self.answer.again("solve", replace(self.cases, arrays=arrays))["cost"]


def _root_triangle(X: Floats, Y: Floats, Z: Floats) -> NDArray[np.bool_]:
    """√X ≤ √Y + √Z without a root: squares of numbers below 2^24 are exact."""
    return np.asarray((X <= Y + Z) | ((X - Y - Z) ** 2 <= 4 * Y * Z))


@np.errstate(invalid="ignore", over="ignore")
def check_total_variation(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Under the 0–1 metric W is the mass that has to move, ½ Σ|a − b|; under a metric it lies between d_min and d_max.

    All in whole numbers: with equal totals Σ|a − b| is even.
    """
    a, b, D = cases["a"], cases["b"], cases["C"]
    moved = np.abs(a - b).sum(axis=1) / 2
    discrete = np.broadcast_to(1 - np.eye(D.shape[1]), D.shape)
    found = answer.again("solve", cases.with_arrays(C=discrete.copy()))["cost"]
    apart = np.where(np.eye(D.shape[1], dtype=bool), np.inf, D).min(axis=(1, 2))
    least = np.where(np.isfinite(apart), apart, 0.0)
    return (
        exactly("W under 0–1 = ½ Σ|a − b|", found, moved),
        at_most("d_min TV ≤ W", least * moved, answer["cost"], ZERO),
        at_most("W ≤ d_max TV", answer["cost"], D.max(axis=(1, 2)) * moved, ZERO),
    )


SUBGRADIENTS = Claim(
    id="OT-12",
    version=1,
    title="Convexity and subgradients",
    sentence="The transport cost is jointly convex in both histograms, and optimal potentials are a subgradient of it, "
    "for mass on points that were empty too.",
    latex=r"W(a',b')\ge W(a,b)+\langle f,a'-a\rangle+\langle g,b'-b\rangle,\qquad "
    r"W(ta+(1-t)a',\,tb+(1-t)b')\le t\,W(a,b)+(1-t)\,W(a',b')",
    source=(("santambrogio2015", "Proposition 7.17"), ("peyre2019", "Proposition 9.2")),
    kind="inequality",
    asks="solve",
    check=check_subgradients,
    domain=TWO,
    needs=("cost",),
    parents=("OT-02",),
    lanes=64,
)
METRIC_AXIOMS = Claim(
    id="OT-08",
    version=1,
    title="Wasserstein distances are distances",
    sentence="On a metric space the transport cost under the metric, and the root of that under its square, are "
    "symmetric, vanish between equal histograms only, keep the triangle inequality, and grow with the exponent.",
    latex=r"W_p(a,c)\le W_p(a,b)+W_p(b,c),\qquad W_p(a,b)=W_p(b,a),\qquad W_p(a,b)=0\iff a=b,\qquad W_1\le W_2",
    source=(("villani2009", "Definition 6.1"), ("peyre2019", "Propositions 2.2 and 2.3")),
    kind="exact",
    asks="solve",
    check=check_metric_axioms,
    domain=THREE,
    needs=("cost",),
    parents=("OT-02",),
    lanes=32,
)
TOTAL_VARIATION = Claim(
    id="OT-09",
    version=1,
    title="Total variation",
    sentence="Where every move costs one, the transport cost is the total variation distance; on any metric it lies "
    "between the smallest and the largest distance times that.",
    latex=r"d=\mathbf 1_{x\ne y}\Rightarrow W=\tfrac12\|a-b\|_1,\qquad "
    r"d_{\min}\,\tfrac12\|a-b\|_1\le W_1\le d_{\max}\,\tfrac12\|a-b\|_1",
    source=(("villani2009", "Theorem 6.15"), ("peyre2019", "Remark 2.26")),
    kind="exact",
    asks="solve",
    check=check_total_variation,
    domain=TWO_ON_METRIC,
    needs=("cost",),
    parents=("OT-02", "OT-08"),
    lanes=64,
)
