"""How far a mean of n draws strays: Hoeffding's bound over a finite class, and Vapnik & Chervonenkis's over any."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from impl.core import validation
from impl.overfitting.fitting_checks import check_positive, check_whole, refuse


def hoeffding_bound(n: int, epsilon: Tensor, hypotheses: Tensor) -> Tensor:
    """2 M exp(−2nε²), at most 1: that of M hypotheses some sample mean of losses in [0, 1] strays by ε or more.

    epsilon, hypotheses (*B). Hoeffding 1963, theorem 2, and a union bound (Shalev-Shwartz & Ben-David 2014, lemma 4.5).
    """
    return ((2 * hypotheses).log() - 2 * n * epsilon * epsilon).clamp(max=0).exp()


def sample_complexity(epsilon: Tensor, delta: Tensor, hypotheses: Tensor) -> Tensor:
    """The least n with 2 M exp(−2nε²) ≤ δ: ⌈log(2M∕δ) ∕ 2ε²⌉, as a whole number in the dtype; (*B) each."""
    return ((2 * hypotheses / delta).log() / (2 * epsilon * epsilon)).ceil().clamp(min=0)


def check_hoeffding(n: int, epsilon: Tensor, hypotheses: Tensor, delta: Tensor) -> None:
    """Raise ValueError, naming what is wrong: n ≥ 1, ε > 0, M ≥ 1 whole, 0 < δ < 1."""
    validation.at_least(n, "n", 1)
    validation.floating(epsilon, "epsilon")
    check_positive(epsilon, "epsilon")
    check_whole(hypotheses, "hypotheses", 1)
    check_confidence(delta)


def check_confidence(delta: Tensor) -> None:
    """Raise ValueError unless 0 < δ < 1 everywhere."""
    validation.floating(delta, "delta")
    check_positive(delta, "delta")
    refuse(delta, delta >= 1, "delta must be below 1")


def vc_bound(n: int, dimension: Tensor, delta: Tensor) -> Tensor:
    """√(8∕n log(4((2n)^d + 1)∕δ)): what risk may exceed training error by, with probability 1 − δ, at VC dimension d.

    dimension, delta (*B). By logarithms, since (2n)^d would leave the range. Abu-Mostafa, Magdon-Ismail &
    Lin 2012, section 2.2.
    """
    growth = dimension * math.log(2 * n)
    return (8 / n * (math.log(4) + growth + torch.log1p((-growth).exp()) - delta.log())).sqrt()


def check_vc(n: int, dimension: Tensor, delta: Tensor) -> None:
    """Raise ValueError, naming what is wrong: n ≥ 1, dimension ≥ 0 whole, 0 < δ < 1."""
    validation.at_least(n, "n", 1)
    check_whole(dimension, "dimension", 0)
    check_confidence(delta)
