"""Claims about what learning from mistakes decides: BP-05 and BP-18."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import ZERO
from theory.core.claim import Answer, Claim
from theory.core.domain import Array, Cases
from theory.core.gap import Gap, at_most, exactly
from theory.perceptron import oracle_learning as oracle
from theory.perceptron.cases_learning import DECIDED, ROWS
from theory.perceptron.proofs import separation_gaps

Mask = NDArray[np.bool_]
LARGEST = 3
"""Largest whole weight of the planes that are tried."""


def check_decides(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Mistakes in every epoch where a certificate forbids a plane; convergence where Novikoff's bound is passed.

    The bound is the least over all planes of small whole weights and the one that `separability` proves; fewer
    mistakes than epochs leave an epoch without, after which nothing moves. Whole numbers, no tolerance.
    """
    proof = answer.again("separability", cases)
    intercept = bool(cases.settings["intercept"])
    rows, y = oracle.augmented(cases["x"], intercept), cases["y"]
    small = np.broadcast_to(grid := oracle.grid(rows.shape[2] - 1, LARGEST, intercept), (cases.lanes, *grid.shape))
    most = oracle.most_mistakes(rows, y, small)
    found = np.isfinite(most).any(axis=1)
    own = oracle.most_mistakes(rows, y, np.concatenate([proof["w"], proof["bias"][:, None]], axis=1)[:, None])
    bound = np.minimum(most.min(axis=1), own[:, 0])
    separable = proof["separable"].astype(bool)
    learnt = np.concatenate([answer["w"], answer["bias"][:, None]], axis=1)[:, None]
    right = oracle.margins(rows, y, learnt)[:, 0] > 0
    late = bound < cases.integer("epochs")
    ones = np.ones(cases.lanes)
    return (
        *separation_gaps(proof, cases["x"], y, intercept),
        exactly("separable where a plane of small weights separates", separable, ones, found),
        exactly("its plane separates where the bound is below the epochs", right, np.ones_like(right), late[:, None]),
        *epoch_gaps(answer, separable, bound, late, np.asarray(right.all(axis=1))),
    )


def epoch_gaps(answer: Answer, separable: Mask, bound: Array, late: Mask, right: Mask) -> tuple[Gap, ...]:
    """What happened on the way, where it is answered."""
    if not {"mistake", "mistakes", "converged"} <= set(answer):
        return ()
    ones, converged = np.ones(len(separable)), answer["converged"].astype(bool)
    errs = np.all(answer["mistake"].any(axis=2), axis=1)
    return (
        at_most("mistakes within Novikoff's bound", answer["mistakes"], bound, ZERO),
        exactly("it converges where the bound is below the epochs", converged, ones, late),
        exactly("where it converges its plane separates", right, ones, converged),
        exactly("every epoch has a mistake where the rows are not separable", errs, ones, ~separable),
        exactly("it does not converge where the rows are not separable", converged, 0 * ones, ~separable),
    )


def check_pocket(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Errors of the start and of the weights after every visit, all counted anew; the first of the fewest is kept.

    Whole numbers over a power of 2, so that y (w·x + bias) has its exact sign.
    """
    fit = answer.again("perceptron_fit", cases)
    rows = oracle.augmented(cases["x"], bool(cases.settings["intercept"]))
    start = np.concatenate([cases["w"], cases["bias"][:, None]], axis=1)
    path = np.concatenate([fit["path_w"], fit["path_bias"][..., None]], axis=3)
    seen = np.concatenate([start[:, None], path.reshape(cases.lanes, -1, path.shape[3])], axis=1)
    errors = (oracle.margins(rows, cases["y"], seen) <= 0).sum(axis=2)
    kept = np.take_along_axis(seen, errors.argmin(axis=1)[:, None, None], axis=1)[:, 0]
    last = errors[:, -1]
    return (
        exactly("errors are the fewest of all weights that were seen", answer["errors"], errors.min(axis=1)),
        exactly("w is the first with so few", answer["w"], kept[:, :-1]),
        exactly("its bias", answer["bias"], kept[:, -1]),
        at_most("no more errors than the perceptron's last weights", answer["errors"], last, ZERO),
        exactly("the path of w is the perceptron's", answer["path_w"], fit["path_w"]),
        exactly("the path of the bias is the perceptron's", answer["path_bias"], fit["path_bias"]),
    )


DECIDES_CLAIMS: tuple[Claim, ...] = (
    Claim(
        id="BP-05",
        version=1,
        title="The perceptron decides separability",
        sentence="The perceptron converges exactly where a plane separates the rows, and then within the bound; where "
        "none does, it errs in every epoch.",
        latex=r"\exists w\;\forall n\;y_n\,w\cdot x_n>0\iff\text{some epoch has no mistake}",
        source=(("novikoff1962", "the theorem"), ("minsky1969", "chapter 11")),
        kind="exact",
        asks="perceptron_fit",
        also=("separability",),
        check=check_decides,
        domain=DECIDED,
        parents=("BP-06", "BP-03"),
        needs=("w", "bias"),
    ),
    Claim(
        id="BP-18",
        version=1,
        title="The pocket keeps the best",
        sentence="The pocket returns the first of the weights with the fewest errors that the perceptron has had.",
        latex=r"w=w_t,\quad t=\min\,\arg\min_s\#\{n:y_n\,w_s\cdot x_n\le 0\}",
        source=(("gallant1990", "the pocket algorithm"),),
        kind="exact",
        asks="pocket_fit",
        also=("perceptron_fit",),
        check=check_pocket,
        domain=ROWS,
        parents=("BP-17",),
        needs=("w", "bias", "errors", "path_w", "path_bias"),
    ),
)
