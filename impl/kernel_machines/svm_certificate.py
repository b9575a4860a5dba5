"""What proves a soft-margin machine right: two objectives, their gap, and how much the multipliers still violate."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from impl.kernel_machines.box import violation
from impl.kernel_machines.grams import check_gram
from impl.kernel_machines.losses import hinge
from impl.kernel_machines.svm_checks import check_alpha, check_bias, check_machine


class Certificate(NamedTuple):
    """Objectives of the primal and the dual, and their gap without bias · Σ α y: (*B)."""

    primal: Tensor
    dual: Tensor
    gap: Tensor


def certificate(
    K: Tensor, y: Tensor, C: Tensor, alpha: Tensor, bias: Tensor, loss: Callable[[Tensor], Tensor] = hinge
) -> Certificate:
    """Primal ½ βᵀKβ + C Σ max(0, 1 − y f), dual Σ α − ½ βᵀKβ, gap Σ [C max(0, 1 − y f) − α (1 − y f)], β = α y: (*B).

    Each term of the gap is at least 0 for 0 ≤ α ≤ C, whatever the bias. It is primal − dual + bias · Σ α y, and so the
    distance to the optimum even where Σ α y was rounded away from 0. K (*B, n, n); y, alpha (*B, n); C, bias (*B).
    Source: Cortes & Vapnik 1995; Schölkopf & Smola 2002, section 7.5.
    """
    beta, C = alpha * y, C.unsqueeze(-1)
    pull = (K @ beta.unsqueeze(-1)).squeeze(-1)
    score = y * (pull + bias.unsqueeze(-1))
    norm, paid = (beta * pull).sum(-1) / 2, C * loss(score)
    return Certificate(norm + paid.sum(-1), alpha.sum(-1) - norm, (paid - alpha * (1 - score)).sum(-1))


def stopping_violation(K: Tensor, C: Tensor, roundoff: float) -> Tensor:
    """64 n u (1 + C max_i Σ_j |K_ij|), the violation that is a few roundings of the scores: (*B)."""
    return 64 * K.shape[-1] * roundoff * (1 + C * K.abs().sum(-1).amax(-1))


def signed_box(y: Tensor, C: Tensor) -> tuple[Tensor, Tensor]:
    """The bounds of β = α y: (*B, n) each."""
    return C.unsqueeze(-1) * y.clamp(max=0), C.unsqueeze(-1) * y.clamp(min=0)


def as_doubles(*values: Tensor) -> tuple[Tensor, ...]:
    """The values in float64, in which sums that cancel are taken."""
    return tuple(value.to(torch.float64) for value in values)


class SvmObjective(NamedTuple):
    """Objectives of the primal and the dual, their gap, and the violation m(α) − M(α): (*B)."""

    primal: Tensor
    dual: Tensor
    gap: Tensor
    violation: Tensor


def svm_objective(K: Tensor, y: Tensor, C: Tensor, alpha: Tensor, bias: Tensor) -> SvmObjective:
    """The `certificate` of α (*B, n) in [0, C] and bias (*B), and how far the optimality conditions are violated.

    violation: the greatest slope of a β = α y that can grow less the least of one that can fall, 0 where there is none;
    α is optimal where that is at most 0 (Keerthi et al. 2001, section 2). All is computed in float64.
    Raises ValueError for what `svm_fit` refuses, and for α outside [0, C].
    """
    check_machine(K, y, C)
    check_gram(K)
    check_alpha(alpha, y, C)
    check_bias(bias, C)
    K64, y64, C64, alpha64, bias64 = as_doubles(K, y, C, alpha, bias)
    beta = alpha64 * y64
    slope = y64 - (K64 @ beta.unsqueeze(-1)).squeeze(-1)
    told = (*certificate(K64, y64, C64, alpha64, bias64), violation(slope, beta, *signed_box(y64, C64)))
    return SvmObjective(*(value.to(K.dtype) for value in told))
