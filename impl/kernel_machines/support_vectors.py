"""Soft-margin support vector machines over lanes, with the gap that proves each one.

>>> import torch
>>> K, y, C = torch.eye(2).double(), torch.tensor([1.0, -1.0]).double(), torch.tensor(10.0).double()
>>> svm_fit(K, y, C).alpha.tolist()
[1.0, 1.0]
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from impl.kernel_machines.box import dual, extremes, violation
from impl.kernel_machines.dual_solver import MAX_ROUNDS, solve
from impl.kernel_machines.grams import check_gram
from impl.kernel_machines.svm_certificate import Certificate, as_doubles, certificate, signed_box, stopping_violation
from impl.kernel_machines.svm_checks import check_machine

SHARE = 0.875
"""How much of a violation the solver may leave; the rest is for rounding α to the dtype of K."""


def support(alpha: Tensor) -> Tensor:
    """Which points hold the machine up, α > 0: Boolean, of the shape of alpha."""
    return alpha > 0


def bias_interval(K: Tensor, y: Tensor, C: Tensor, alpha: Tensor) -> tuple[Tensor, Tensor]:
    """Every bias from low to high is optimal for these optimal α: (*B) each, in float64.

    They are M and m, the extreme slopes of what can fall and grow; up to rounding one number where some 0 < α < C
    (Burges & Crisp 2000).
    """
    y64, C64, alpha64 = as_doubles(y, C, alpha)
    beta = alpha64 * y64
    slope = y64 - (K.to(torch.float64) @ beta.unsqueeze(-1)).squeeze(-1)
    grow, fall = extremes(slope, beta, *signed_box(y64, C64))
    return torch.minimum(grow, fall), torch.maximum(grow, fall)


def midpoint(low: Tensor, high: Tensor) -> Tensor:
    """The middle of an interval: (*B)."""
    return low + (high - low) / 2


@dataclass(frozen=True)
class Formulas:
    """How a machine is read off its multipliers.

    interval: (K, y, C, alpha) → low, high. middle: (low, high) → bias. certificate: (K, y, C, alpha, bias). support:
    alpha → mask.
    """

    interval: Callable[[Tensor, Tensor, Tensor, Tensor], tuple[Tensor, Tensor]] = bias_interval
    middle: Callable[[Tensor, Tensor], Tensor] = midpoint
    certificate: Callable[[Tensor, Tensor, Tensor, Tensor, Tensor], Certificate] = certificate
    support: Callable[[Tensor], Tensor] = support


OURS = Formulas()


class SvmFit(NamedTuple):
    """A machine: alpha, support, score = Kβ + bias (*B, n); bias, low, high, primal, dual, gap, converged (*B)."""

    alpha: Tensor
    bias: Tensor
    low: Tensor
    high: Tensor
    primal: Tensor
    dual: Tensor
    gap: Tensor
    support: Tensor
    converged: Tensor
    score: Tensor


def svm_fit(
    K: Tensor,
    y: Tensor,
    C: Tensor,
    *,
    tol: float | None = None,
    known_psd: bool = False,
    max_rounds: int = MAX_ROUNDS,
) -> SvmFit:
    """The machine of least ½‖w‖² + C Σ max(0, 1 − y f): K (*B, n, n), y (*B, n) in {−1, 1}, C (*B).

    tol: the violation m(α) − M(α) to stop at, 64 n u (1 + C max_i Σ_j |K_ij|) by default, at which the gap is at most
    256 n² u C (1 + C max_i Σ_j |K_ij|). known_psd: K comes from a kernel, and needs no look. bias: the midpoint
    of [low, high], all of which is optimal. The dual is solved in float64; answers have the dtype of K.
    Raises ValueError for labels of one class, C ≤ 0, K that is not symmetric or not positive semidefinite (use another
    kernel, or add its eigenvalue to the diagonal).
    Source: Cortes & Vapnik 1995; Fan, Chen & Lin 2005; Keerthi et al. 2001.
    """
    check_machine(K, y, C)
    if not known_psd:
        check_gram(K)
    stop = wanted_violation(K, C, tol)
    return machine(K, y, C, multipliers(K, y, C, stop, max_rounds=max_rounds), stop)


def wanted_violation(K: Tensor, C: Tensor, tol: float | None) -> Tensor:
    """The violation to stop at, in float64: (*B)."""
    if tol is not None:
        return torch.full_like(C, tol, dtype=torch.float64)
    return stopping_violation(K.to(torch.float64), C.to(torch.float64), torch.finfo(K.dtype).eps / 2)


def multipliers(K: Tensor, y: Tensor, C: Tensor, stop: Tensor, *, max_rounds: int = MAX_ROUNDS) -> Tensor:
    """Optimal α in [0, C] with Σ α y = 0, up to a violation of SHARE of stop: (*B, n) in the dtype of K."""
    n, roundoff = K.shape[-1], torch.finfo(K.dtype).eps / 2
    problem = dual(K.reshape(-1, n, n), y.reshape(-1, n), C.reshape(-1))
    beta = solve(problem, SHARE * stop.reshape(-1), roundoff, max_rounds=max_rounds)
    return (beta * problem.y).to(K.dtype).reshape(y.shape)


def machine(K: Tensor, y: Tensor, C: Tensor, alpha: Tensor, stop: Tensor, formulas: Formulas = OURS) -> SvmFit:
    """What these multipliers make: their bias, scores and certificate, computed in float64 from α as it was rounded."""
    low, high = formulas.interval(K, y, C, alpha)
    bias = formulas.middle(low, high)
    K64, y64, C64, alpha64 = as_doubles(K, y, C, alpha)
    low, high, bias = (value.to(K.dtype) for value in (low, high, bias))
    proof = formulas.certificate(K64, y64, C64, alpha64, bias.to(torch.float64))
    beta = alpha64 * y64
    pull = (K64 @ beta.unsqueeze(-1)).squeeze(-1)
    excess = violation(y64 - pull, beta, *signed_box(y64, C64))
    score = (pull + bias.unsqueeze(-1)).to(K.dtype)
    primal, dual_value, gap = (value.to(K.dtype) for value in proof)
    return SvmFit(alpha, bias, low, high, primal, dual_value, gap, formulas.support(alpha), excess <= stop, score)
