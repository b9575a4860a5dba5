"""The machine of the linear kernel, whose w can be written down."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from impl.core import validation
from impl.kernel_machines.support_vectors import machine, multipliers
from impl.kernel_machines.svm_certificate import as_doubles, stopping_violation
from impl.kernel_machines.svm_checks import check_cost, check_labels


class LinearSvm(NamedTuple):
    """w (*B, d), and of (*B): bias, its interval [low, high], primal objective and duality gap."""

    w: Tensor
    bias: Tensor
    low: Tensor
    high: Tensor
    primal: Tensor
    gap: Tensor


def linear_svm(x: Tensor, y: Tensor, C: Tensor) -> LinearSvm:
    """W and bias of least ½‖w‖² + C Σ max(0, 1 − y (x·w + bias)): x (*B, n, d), y (*B, n), C (*B).

    It is `svm_fit` of K = xxᵀ with w = Σ α y x; all is computed in float64.
    Raises ValueError for labels of one class, C ≤ 0 and what is not finite. Source: Cortes & Vapnik 1995.
    """
    check_points_of(x, y, C)
    x64, y64, C64 = as_doubles(x, y, C)
    K = x64 @ x64.mT
    stop = stopping_violation(K, C64, torch.finfo(x.dtype).eps / 2)
    found = machine(K, y64, C64, multipliers(K, y64, C64, stop), stop)
    told = (normal(x64, y64, found.alpha), found.bias, found.low, found.high, found.primal, found.gap)
    return LinearSvm(*(value.to(x.dtype) for value in told))


def check_points_of(x: Tensor, y: Tensor, C: Tensor) -> None:
    """Refuse x (*B, n, d), y (*B, n) and C (*B) that make no machine, by name."""
    validation.rank(x, "x", 2, "(..., n, d)")
    validation.non_empty(x, "x", "(..., n, d)")
    validation.floating(x, "x")
    validation.finite(x, "x")
    check_labels(x, "x", y)
    check_cost(C, x)


def normal(x: Tensor, y: Tensor, alpha: Tensor) -> Tensor:
    """W = Σ α y x: (*B, d)."""
    return (x.mT @ (alpha * y).unsqueeze(-1)).squeeze(-1)
