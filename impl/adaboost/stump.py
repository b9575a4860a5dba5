"""The decision stump of least weighted error, found for every lane at once."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from impl.adaboost.cuts import Cuts, first, presort, sums_left, sums_right, sums_right_minus_left
from impl.core import validation


class Stump(NamedTuple):
    """h(x) = polarity where x[feature] > threshold, −polarity elsewhere; one per lane.

    feature: −1 for the constant stump, whose threshold is −inf. error: its weighted error, Σ w 1[h ≠ y] ÷ Σ w.
    """

    feature: Tensor
    threshold: Tensor
    polarity: Tensor
    error: Tensor


class Choice(NamedTuple):
    """A cut chosen for every lane, and what it says: `left` where x[column] ≤ threshold, else `right`; all (lane,).

    Cut 0 is the constant stump. The sides say ±1 or a class, as floats.
    """

    column: Tensor
    cut: Tensor
    threshold: Tensor
    left: Tensor
    right: Tensor

    @property
    def feature(self) -> Tensor:
        """The column, −1 for the constant stump."""
        return torch.where(self.cut > 0, self.column, -1)


def best_stump(
    cuts: Cuts, D: Tensor, y: Tensor, n_classes: int = 2, *, both_polarities: bool = True, constant: bool = True
) -> Choice:
    """The stump of least error Σ D 1[h ≠ y], for D and y (n, lane), y in {−1, +1}.

    The edge of a cut, Σ_{right} D y − Σ_{left} D y, is Σ D y h for polarity +1 and its opposite for −1, so the
    least error is (Σ D − max |edge|) / 2. Edges within 2 n u Σ D of the best are ties; a tie goes to the smallest
    feature (the constant stump first of all), then threshold. The regret is therefore at most 2 γ_n Σ D, and 0 for
    integer weights. Without `both_polarities` h is +1 on the right; without `constant` every stump cuts.
    """
    first_scratch, second_scratch = cuts.scratch
    weighted = torch.mul(D, y, out=second_scratch.view(-1)[: D.numel()].view_as(D))
    signed = cuts.sorted(weighted, out=first_scratch)
    edges = sums_right_minus_left(signed, out=second_scratch)
    scores = cuts.table(torch.abs(edges, out=signed) if both_polarities else torch.clamp(edges, min=0, out=signed))
    if not constant:
        scores[0] = 0
    column, cut, place = cuts.first_best(scores, rounding_of_sum(D))
    right = torch.ones_like(D[0])
    if both_polarities:
        right.sub_(edges.view(-1).index_select(0, place).lt_(0), alpha=2)
    return Choice(column, cut, cuts.threshold.view(-1).index_select(0, place), -right, right)


def best_class_stump(cuts: Cuts, D: Tensor, y: Tensor, n_classes: int) -> Choice:
    """The stump with a class on each side of least error, for D and y (n, lane), y in {0, …, K−1} as floats.

    Each side says its heaviest class, so the error is Σ D − max_k W_k^left − max_k W_k^right. Ties as in
    `best_stump`; among equally heavy classes the smallest. The constant stump says the same on both sides.
    """
    of_class = [cuts.sorted(D * (y == k)) for k in range(n_classes)]
    left = torch.stack([cuts.table(sums_left(weights)) for weights in of_class])  # (K, n, d, lane)
    right = torch.stack([cuts.table(sums_right(weights)) for weights in of_class])
    scores = left.amax(0) + right.amax(0)
    column, cut, place = cuts.first_best(scores, rounding_of_sum(D))
    says_left, says_right = (
        heaviest(torch.stack([masses.view(-1).index_select(0, place) for masses in side])).to(D.dtype)
        for side in (left, right)
    )
    says_left = torch.where(cut > 0, says_left, says_right)
    return Choice(column, cut, cuts.threshold.view(-1).index_select(0, place), says_left, says_right)


def heaviest(masses: Tensor) -> Tensor:
    """Index of the largest mass along the first axis, the first of equals."""
    return first((masses >= masses.amax(0)).to(masses.dtype))


def rounding_of_sum(D: Tensor) -> Tensor:
    """2 n u Σ D per lane of (n, lane): scores that differ by less are ties."""
    return D.sum(0) * (len(D) * torch.finfo(D.dtype).eps)


def error_and_accuracy(D: Tensor, wrong: Tensor) -> tuple[Tensor, Tensor]:
    """ε = Σ D 1[wrong] ÷ Σ D and 1 − ε, over the first axis of (n, lane): two sums, never a subtraction.

    So each keeps its relative accuracy γ_n + 2u however small it is, and α = ½ ln((1−ε)/ε) its absolute one.
    """
    missed = D * wrong
    miss = missed.sum(0)
    hit = torch.sub(D, missed, out=missed).sum(0)
    total = miss + hit
    return miss / total, hit / total


def fit_decision_stump(X: Tensor, y: Tensor, w: Tensor) -> Stump:
    """Fit the stump of least weighted error to every lane.

    X: (*b, n, d), y: (*b, n) in {−1, +1}, w: (*b, n) non-negative. Device and dtype come from X. Among equal errors
    the order is: constant stump, smallest feature, smallest threshold, polarity +1.

    Raises ValueError: empty or non-finite X, other labels, negative, non-finite or all-zero weights, other lengths;
    TypeError: X not float32 or float64.

    >>> X = torch.tensor([[0.0], [1.0], [2.0]])
    >>> stump = fit_decision_stump(X, torch.tensor([-1, -1, 1]), torch.ones(3))
    >>> stump.threshold.item(), stump.polarity.item(), stump.error.item()
    (1.5, 1.0, 0.0)
    """
    check_weighted(X, y, w, (-1, 1))
    batch, (n, d) = X.shape[:-2], X.shape[-2:]
    cuts = presort(X.reshape(-1, n, d))
    target, weight = (v.to(X.dtype).reshape(-1, n).T.contiguous() for v in (y, w))
    choice = best_stump(cuts, weight, target)
    right = cuts.column(choice.column).gt_(choice.threshold)
    wrong = torch.lerp(choice.left, choice.right, right).ne_(target)
    error, _ = error_and_accuracy(weight, wrong)
    return Stump(*(v.view(batch) for v in (choice.feature, choice.threshold, choice.right, error)))


def check_weighted(X: Tensor, y: Tensor, w: Tensor, labels: tuple[float, ...] | None) -> None:
    """Raise ValueError or TypeError where X (*b, n, d), y (*b, n), w (*b, n) are no weighted sample.

    `labels` are the values that y may take, None for any number. One synchronisation when all is well; only a bad
    sample is searched for the place of its first fault.
    """
    validation.rank(X, "X", 2, "(..., n, d)")
    validation.floating(X, "X")
    validation.non_empty(X, "X", "(..., n, d)")
    validation.same_length(X, "X", y, "y")
    validation.same_length(X, "X", w, "sample_weight")
    total = w.sum(-1)
    good = torch.isfinite(X.amin()) & torch.isfinite(X.amax()) & torch.isfinite(total.amax())
    good = good & (w.amin() >= 0) & (total.amin() > 0) & _known(y, labels)
    if bool(good):
        return
    for values, name in ((X, "X"), (y, "y"), (w, "sample_weight")):
        validation.finite(values, name)
    validation.non_negative(w, "sample_weight")
    validation.positive_sum(w, "sample_weight")
    if labels is not None:
        validation.one_of(y, "y", labels)
    if not bool(torch.isfinite(total.amax())):
        raise ValueError("sample_weight must have a finite sum: divide it by its largest value")


def _known(y: Tensor, labels: tuple[float, ...] | None) -> Tensor:
    if labels is None:
        return torch.isfinite(y).all()
    known = y == labels[0]
    for label in labels[1:]:
        known = known | (y == label)
    return known.all()
