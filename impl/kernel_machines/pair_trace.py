"""Every step of a machine's training, from no support vectors to the optimum."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from impl.core import validation
from impl.kernel_machines.box import dual
from impl.kernel_machines.grams import check_gram
from impl.kernel_machines.pair_steps import Pairs, at_zero
from impl.kernel_machines.support_vectors import wanted_violation
from impl.kernel_machines.svm_checks import check_machine


class Trace(NamedTuple):
    """Multipliers α (*B, steps + 1, n) after each step, 0 first, and the dual objective there (*B, steps + 1)."""

    path: Tensor
    dual: Tensor


def svm_trace(K: Tensor, y: Tensor, C: Tensor, steps: int) -> Trace:
    """So many pair steps from α = 0 on K (*B, n, n), y (*B, n), C (*B); a lane that has converged stays where it is.

    Raises ValueError as `svm_fit` does, and for steps < 1. Source: Platt 1998; Fan, Chen & Lin 2005.
    """
    check_machine(K, y, C)
    check_gram(K)
    validation.at_least(steps, "steps", 1)
    path = pair_path(K, y, C, steps)
    return Trace(path, dual_values(K, y, path))


def pair_path(K: Tensor, y: Tensor, C: Tensor, steps: int) -> Tensor:
    """α (*B, steps + 1, n) in the dtype of K."""
    n = K.shape[-1]
    problem = dual(K.reshape(-1, n, n), y.reshape(-1, n), C.reshape(-1))
    pairs = Pairs(problem, at_zero(problem), wanted_violation(K, C, None).reshape(-1))
    path = [pairs.state.beta.clone()]
    for _ in range(steps):
        pairs.step()
        path.append(pairs.state.beta.clone())
    alpha = torch.stack(path, 1) * problem.y.unsqueeze(1)
    return alpha.to(K.dtype).reshape(*y.shape[:-1], steps + 1, n)


def dual_values(K: Tensor, y: Tensor, path: Tensor) -> Tensor:
    """Σ α − ½ βᵀKβ at each α of a path (*B, t, n): (*B, t), computed in float64."""
    alpha = path.to(torch.float64)
    beta = alpha * y.to(torch.float64).unsqueeze(-2)
    return (alpha.sum(-1) - (beta * (beta @ K.to(torch.float64))).sum(-1) / 2).to(path.dtype)
