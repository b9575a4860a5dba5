"""Two-level learning: a support vector machine, and Platt's sigmoid of its scores as a second machine of one feature.

The sigmoid is fitted to the scores of the very points that the machine was fitted to, which are better than new points'
would be: probabilities are too sure of themselves unless the scores come from other data (Platt 1999, section 2.1).
"""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor

from impl.kernel_machines.sigmoid_fit import minimised, platt_probability, smoothed_targets
from impl.kernel_machines.support_vectors import svm_fit


class TwoLevel(NamedTuple):
    """Scores of the machine (*B, n), Platt's a and b (*B), and probabilities (*B, n)."""

    score: Tensor
    a: Tensor
    b: Tensor
    probability: Tensor


def machine_scores(K: Tensor, y: Tensor, C: Tensor) -> Tensor:
    """Scores K(α·y) + bias of the machine on its own points: (*B, n)."""
    return svm_fit(K, y, C).score


def two_level(K: Tensor, y: Tensor, C: Tensor) -> TwoLevel:
    """The machine of K (*B, n, n), y (*B, n) and C (*B), and probabilities of its scores.

    Raises ValueError for what `svm_fit` refuses: one class, C ≤ 0, K that is no Gram matrix.
    """
    score = machine_scores(K, y, C)
    a, b = minimised(score, smoothed_targets(y))
    return TwoLevel(score, a, b, platt_probability(score, a, b))
