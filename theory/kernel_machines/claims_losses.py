"""The claim about losses of a signed score: SVM-02."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import SMALLEST_NORMAL, U64, Bound, absolute, gamma, rounding
from theory.core.claim import Answer, Claim
from theory.core.domain import Cases
from theory.core.gap import Gap, at_most, equal, exactly
from theory.kernel_machines import oracle_kernels as oracle
from theory.kernel_machines.cases_kernels import SCORES

Floats = NDArray[np.float64]
CONVEX = ("hinge", "squared_hinge", "logistic", "scaled_logistic")
FAR = 2.0**860
"""About 1e259."""

HUGE = 1e100
"""Scores beyond this are not put into products of two of them."""


def loss_error(cases: Cases, name: str, value: Floats) -> Bound:
    """Error of a loss whose true value is `value`: γ(6) of it, and what is lost below the smallest normal number η.

    Each loss is at most six elementary functions and operations of non-negative parts, so nothing cancels: log(1+e^−s)
    = max(0,−s) + log1p(e^−|s|). 1 − s rounds once, and its square three times.
    """
    with np.errstate(invalid="ignore"):
        size = np.where(np.isfinite(value), value, 0.0)
    bound = rounding(6, cases.u, "γ(6) loss", size)
    return bound if name == "hinge" else bound + absolute(2 * SMALLEST_NORMAL[cases.dtype], "2η")


def check_losses(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Each loss against balls; two are never below the 0/1 loss; all four are convex and none rises.

    Errors as in `loss_error`. Rounding is monotone, so 1 − s and its square are at least 1 at every s ≤ 0 to the bit.
    """
    true = oracle.losses(cases["score"], cases.dtype)
    errors = {name: loss_error(cases, name, true[name]) for name in CONVEX}
    zero_one, one = answer["zero_one"], rounding(6, cases.u, "γ(6)", np.ones_like(cases["score"]))
    values = tuple(equal(name, answer[name], true[name], errors[name]) for name in CONVEX)
    far = _far(answer, cases) if cases.dtype == "float64" else ()
    return (
        exactly("0/1", zero_one, true["zero_one"]),
        *values,
        exactly("0/1 ≤ hinge", zero_one > answer["hinge"], np.zeros_like(zero_one)),
        exactly("0/1 ≤ squared hinge", zero_one > answer["squared_hinge"], np.zeros_like(zero_one)),
        at_most("0/1 ≤ scaled logistic", zero_one, answer["scaled_logistic"], one),
        equal("scaled logistic touches at 0", answer["scaled_logistic"], zero_one, one, cases["score"] == 0),
        *_shapes(answer, cases, errors),
        *far,
    )


def _far(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """The values at scores times 2^860, which float32 lacks."""
    there = cases.with_arrays(score=cases["score"] * FAR)
    told, true = answer.again("losses", there), oracle.losses(there["score"], cases.dtype)
    return tuple(
        equal(f"{name} far out", told[name], true[name], loss_error(there, name, true[name])) for name in CONVEX
    )


def _shapes(answer: Answer, cases: Cases, errors: dict[str, Bound]) -> tuple[Gap, ...]:
    """Between neighbours a ≤ b ≤ c: L(a) ≥ L(b), and L(b) lies below the chord, whose own roundings are γ(8)."""
    order = np.argsort(cases["score"], axis=1, kind="stable")
    score = np.take_along_axis(cases["score"], order, axis=1)
    near = (np.abs(score) < HUGE).all(axis=1)[:, None]
    gaps = []
    for name in CONVEX:
        loss = np.take_along_axis(answer[name], order, axis=1)
        off = np.take_along_axis(np.broadcast_to(errors[name].value, score.shape), order, axis=1)
        both = absolute(off[:, :-1] + off[:, 1:], "the errors of both")
        gaps.append(at_most(f"{name} never rises", loss[:, 1:], loss[:, :-1], both, near))
        if score.shape[1] < 3:
            continue
        width = score[:, 2:] - score[:, :-2]
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            share = np.where(width > 0, (score[:, 1:-1] - score[:, :-2]) / np.where(width > 0, width, 1.0), 0.0)
            share = np.where(near, share, 0.0)
            chord = (1 - share) * loss[:, :-2] + share * loss[:, 2:]
            known = near & (width > 0) & np.isfinite(chord)
            rounded = off[:, :-2] + off[:, 1:-1] + off[:, 2:] + gamma(8, U64) * (np.abs(loss[:, :-2]) + loss[:, 2:])
        bound = absolute(np.where(np.isfinite(rounded), rounded, 0.0), "the errors of three + γ(8) of the chord")
        gaps.append(at_most(f"{name} is convex", loss[:, 1:-1], chord, bound, known))
    return tuple(gaps)


LOSSES_CLAIMS: tuple[Claim, ...] = (
    Claim(
        id="SVM-02",
        version=1,
        title="Losses above the 0/1 loss",
        sentence="Hinge, squared hinge and the logistic loss in bits are at least the 0/1 loss, are convex, never "
        "rise, and are accurate at every score.",
        latex=r"[s\le0]\le\max(0,1-s),\quad[s\le0]\le\log_2(1+e^{-s})",
        source=(("bartlett2006", "section 2"), ("cortes1995", "section 3")),
        kind="inequality",
        asks="losses",
        check=check_losses,
        domain=SCORES,
        needs=("zero_one", *CONVEX),
        lanes=32,
    ),
)
