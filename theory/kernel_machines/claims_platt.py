"""Claims about probabilities from scores: SVM-16, SVM-15, SVM-14, SVM-21."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from theory.core.ask import NotOffered
from theory.core.bound import U64, Bound, absolute, gamma, rounding
from theory.core.claim import Answer, Claim
from theory.core.domain import Cases
from theory.core.gap import Gap, at_most, equal, exactly
from theory.kernel_machines import bounds_platt as bounds
from theory.kernel_machines import oracle_platt as oracle
from theory.kernel_machines.cases_platt import EXPONENTS, FITTED, LOGITS, MACHINES

Floats = NDArray[np.float64]
SHIFT = 2.0**10
"""What is added to every entry: a power of two, so that the sum is often exact."""


def check_softmax(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Softmax and its logarithm against balls, their sum, and the same after a constant is added, where that is exact.

    Errors as in `softmax_error`, `log_softmax_error`; the sum of k shares errs by the largest of their errors each.
    """
    z = cases["z"]
    below = z - z.max(axis=-1, keepdims=True)
    share, log = oracle.softmax(z)
    off, log_off = bounds.softmax_error(cases, share, below), bounds.log_softmax_error(cases, log, below)
    moved = cases.with_arrays(z=z + SHIFT)
    seen = moved.rounded()
    kept = ((seen["z"] == moved["z"]) & (seen["z"] - SHIFT == z)).all(axis=(1, 2))[:, None, None]
    told = answer.again("softmax", seen)
    ones = np.ones(z.shape[:2])
    total = absolute(off.value.sum(axis=-1) + gamma(z.shape[-1], U64), "Σ of the errors + γ(k)")
    return (
        equal("softmax", answer["softmax"], share, off),
        equal("log softmax", answer["log_softmax"], log, log_off),
        equal("Σ softmax = 1", answer["softmax"].sum(axis=-1), ones, total),
        equal("softmax(z + c)", told["softmax"], share, off, kept),
        equal("log softmax(z + c)", told["log_softmax"], log, log_off, kept),
    )


def check_objective(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """The negative log-likelihood and the probabilities against balls; see `objective_error`, `share_error`."""
    value, share = oracle.objective(cases)
    sigmoid = cases["f"], cases["a"], cases["b"]
    return (
        equal("−Σ t log P + (1−t) log(1−P)", answer["value"], value, bounds.objective_error(cases, *sigmoid)),
        equal("P", answer["probability"], share, bounds.share_error(cases, share, *sigmoid)),
    )


def moments(answer: Answer, cases: Cases, f: Floats) -> tuple[Gap, ...]:
    """A and b are finite, Σ P = Σ t and Σ P f = Σ t f, and P is the sigmoid of them; see `moment_error`, `share_error`.

    The objective is convex in (a, b) and its gradient is Σ(t − P)(f, 1): no other condition is needed.
    """
    a, b = answer["a"], answer["b"]
    t, share = oracle.targets(cases["y"]), oracle.share(f, a, b)
    level, slope = bounds.moment_error(cases, f, a, b)
    off = bounds.share_error(cases, share, f, a, b)
    size = np.minimum(gamma(3, U64) * bounds.exponent_size(f, a, b), bounds.BEYOND)
    mine = absolute(share * np.expm1(size), "its like in the oracle")
    finite = np.isfinite(a) & np.isfinite(b)
    return (
        exactly("a and b are finite", finite, np.ones_like(finite)),
        equal("Σ P = Σ t", share.sum(axis=1), t.sum(axis=1), level),
        equal("Σ P f = Σ t f", (share * f).sum(axis=1), (t * f).sum(axis=1), slope),
        equal("P", answer["probability"], share, off + mine),
    )


def _ordered(label: str, f: Floats, share: Floats, falling: NDArray[np.bool_], cases: Cases, where: Floats) -> Gap:
    """P rises with f, or falls where `falling`: a f + b is monotone after rounding, the function within γ(6) of P."""
    order = np.argsort(f, axis=1, kind="stable")
    ranked = np.take_along_axis(share, order, axis=1)
    ranked = np.where(falling[:, None], ranked[:, ::-1], ranked)
    bound = rounding(6, cases.u, "γ(6) P", ranked[:, :-1])
    return at_most(label, ranked[:, :-1], ranked[:, 1:], bound, where[:, None])


def check_platt(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Targets, the moment identities, the value, the order of the probabilities, and the sign of a.

    Convexity between (a, b) and (0, b₀), b₀ the best without f, where the gradient is (S, 0) with S = Σ(t − t̄) f:
    a S ≤ a ε₁ + (b − b₀) ε₀ with ε the moments' errors, and S itself errs by γ(n+4)Σ|f|.
    """
    f, a, b = cases["f"], answer["a"], answer["b"]
    t, n = oracle.targets(cases["y"]), cases["f"].shape[1]
    level, slope = bounds.moment_error(cases, f, a, b)
    mean = t.mean(axis=1)
    trend, start = ((t - mean[:, None]) * f).sum(axis=1), np.log1p(-mean) - np.log(mean)
    allowed = slope.value * np.abs(a) + level.value * np.abs(b - start)
    own = rounding(n + 4, U64, "γ(n+4)|a|Σ|f|", np.abs(a) * np.abs(f).sum(axis=1))
    sides = bounds.objective_error(cases, f, a, b)
    everywhere = np.ones(cases.lanes, dtype=bool)
    return (
        *_targets(answer, cases, t),
        *moments(answer, cases, f),
        equal("value", answer["value"], oracle.loss(f, t, a, b), sides + _own_objective(f, a, b)),
        _ordered("P is monotone in f", f, answer["probability"], a > 0, cases, everywhere),
        at_most("a has the sign of −cov(f, t)", a * trend, 0.0 * a, absolute(allowed, "ε₁|a| + ε₀|b − b₀|") + own),
    )


def _targets(answer: Answer, cases: Cases, t: Floats) -> tuple[Gap, ...]:
    """The targets, where they are offered; the moments hold for no others."""
    try:
        told = answer.again("platt_targets", replace(cases, arrays={"y": cases["y"]}))["targets"]
    except NotOffered:
        return ()
    return (equal("targets", told, t, rounding(2, cases.u, "γ(2) t", t)),)


def _own_objective(f: Floats, a: Floats, b: Floats) -> Bound:
    size = (bounds.exponent_size(f, a, b) + 1).sum(axis=1)
    return rounding(f.shape[1] + 12, U64, "its like in the oracle", size)


def check_two_level(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """The scores are the machine's, the sigmoid is fitted to them, and it keeps their order.

    Let N be the smaller class. The machine is at most as costly as w = 0 with all on the larger side, 2 C N; so with
    hinge losses h, mean f over +1 less mean f over −1 ≥ 2 − h∕N ≥ −gap∕(C N), the gap as the port allows it. Where
    that difference is above rounding, a < 0 by SVM-14. Scores err by γ(n+4)(|K|α + |b|).
    """
    gram, y, f, n = cases["K"], cases["y"], answer["score"], cases["y"].shape[1]
    machine = answer.again("svm_fit", cases)
    alpha, bias = machine["alpha"], machine["bias"][:, None]
    score = np.einsum("lij,lj->li", gram, alpha * y) + bias
    size = np.einsum("lij,lj->li", np.abs(gram), alpha) + np.abs(bias)
    off = rounding(n + 4, cases.u, "γ(n+4)(|K|α + |b|)", size) + rounding(n + 4, U64, "own", size)
    up, down = y > 0, y < 0
    apart = (f * up).sum(axis=1) / up.sum(axis=1) - (f * down).sum(axis=1) / down.sum(axis=1)
    fewer = np.minimum(up.sum(axis=1), down.sum(axis=1))
    row = np.abs(gram).sum(axis=2).max(axis=1)
    gap = 256 * n**2 * cases.u * (1 + cases["C"] * row) / fewer
    below = absolute(gap, "256 n² u (1 + C max Σ|K|) ∕ N") + absolute(2 * off.value.max(axis=1), "2γ(n+4)(|K|α + |b|)")
    clear = (apart > 2 * below.value) & (apart > 0)
    return (
        equal("scores of the machine", f, score, off),
        *moments(answer, cases, f),
        at_most("mean score of −1 ≤ mean score of 1", -apart, np.zeros(cases.lanes), below),
        exactly("a < 0", answer["a"] < 0, np.ones(cases.lanes), clear),
        _ordered("P keeps the order of f", f, answer["probability"], np.zeros(cases.lanes, dtype=bool), cases, clear),
    )


PLATT_CLAIMS: tuple[Claim, ...] = (
    Claim(
        id="SVM-16",
        version=1,
        title="The softmax",
        sentence="Every share of the softmax and its logarithm is accurate, shares sum to 1, and a constant added to "
        "all entries changes nothing.",
        latex=r"\mathrm{softmax}(z+c\mathbf1)_k=\frac{e^{z_k}}{\sum_j e^{z_j}}",
        source=(("blanchard2021", "section 4"),),
        kind="identity",
        asks="softmax",
        check=check_softmax,
        domain=LOGITS,
        needs=("softmax", "log_softmax"),
        lanes=16,
    ),
    Claim(
        id="SVM-15",
        version=1,
        title="Platt's objective loses no digits",
        sentence="The negative log-likelihood of a sigmoid is finite and accurate however large the scores are.",
        latex=r"-\sum_i\big[t_i\log P_i+(1-t_i)\log(1-P_i)\big],\quad P_i=\frac1{1+e^{Af_i+B}}",
        source=(("lin2007", "section 3"), ("platt1999", "section 2.2")),
        kind="identity",
        asks="platt_objective",
        check=check_objective,
        domain=EXPONENTS,
        parents=("SVM-02",),
        needs=("value", "probability"),
        lanes=16,
    ),
    Claim(
        id="SVM-14",
        version=1,
        title="Platt scaling",
        sentence="The fitted sigmoid is finite, keeps the sum of the smoothed targets and of targets times scores, and "
        "is monotone with the sign of their covariance.",
        latex=r"\sum_i P_i=\sum_i t_i,\quad\sum_i P_if_i=\sum_i t_if_i",
        source=(("platt1999", "section 2.2"), ("lin2007", "section 2")),
        kind="certificate",
        asks="platt_fit",
        also=("platt_targets",),
        check=check_platt,
        domain=FITTED,
        parents=("SVM-15",),
        needs=("a", "b", "probability", "value"),
        lanes=32,
    ),
    Claim(
        id="SVM-21",
        version=1,
        title="Two-level learning keeps the machine's order",
        sentence="Platt's sigmoid of a machine's own scores is fitted to these scores and ranks the "
        "examples as they do.",
        latex=r"f_i<f_j\Rightarrow P_i\le P_j,\quad\bar f_+\ge\bar f_-",
        source=(("platt1999", "section 2.2"), ("cortes1995", "section 3")),
        kind="certificate",
        asks="two_level",
        also=("svm_fit",),
        check=check_two_level,
        domain=MACHINES,
        parents=("SVM-14", "SVM-03"),
        needs=("score", "a", "b", "probability"),
        lanes=16,
    ),
)
