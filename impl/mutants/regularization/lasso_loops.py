"""Plain loops that a textbook's lasso would be, into which a mistake can be put."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from impl.regularization.duality import Penalties, certificate
from impl.regularization.lasso_regression import Run
from impl.regularization.prox import soft_threshold

Threshold = Callable[[Tensor, Tensor], Tensor]


def hard_threshold(v: Tensor, t: Tensor) -> Tensor:
    """What exceeds t stays whole."""
    return torch.where(v.abs() > t, v, torch.zeros_like(v))


def unsigned_threshold(v: Tensor, t: Tensor) -> Tensor:
    """max(v − t, 0)."""
    return (v - t).clamp(min=0)


def descent(
    *,
    threshold: Threshold = soft_threshold,
    level: Callable[[Tensor, int], Tensor] = lambda l1, n: n * l1,
    unit: bool = False,
    stop: float = 0.0,
    sweeps: int = 40,
    start: Tensor | None = None,
) -> Run:
    """Coordinate descent; level: what λ₁ becomes in sums. unit: take columns to have length √n."""

    def run(x: Tensor, y: Tensor, penalties: Penalties, goal: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        n, p = x.shape[-2:]
        coef = torch.zeros_like(x[:, 0]) if start is None else start.clone()
        residual = y - (x @ coef.unsqueeze(-1)).squeeze(-1)
        square = torch.full_like(coef, n) if unit else x.square().sum(-2)
        for _ in range(sweeps):
            before = coef.clone()
            for j in range(p):
                column, size = x[..., j], square[:, j] + n * penalties.l2
                pull = (column * residual).sum(-1) + square[:, j] * coef[:, j]
                new = threshold(pull, level(penalties.l1, n)) / size.masked_fill(size == 0, 1)
                residual = residual - (new - coef[:, j]).unsqueeze(-1) * column
                coef[:, j] = new
            if float((coef - before).abs().max()) <= stop:
                break
        return told(x, y, coef, penalties)

    return run


def proximal_steps(*, count: int = 200, bare: bool = False) -> Run:
    """ISTA; bare: the threshold is not multiplied by the step."""

    def run(x: Tensor, y: Tensor, penalties: Penalties, goal: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        n = y.shape[-1]
        step = 1 / (x.square().sum((-2, -1)) / n + penalties.l2).clamp(min=torch.finfo(y.dtype).tiny).unsqueeze(-1)
        coef = torch.zeros_like(x[:, 0])
        for _ in range(count):
            residual = y - (x @ coef.unsqueeze(-1)).squeeze(-1)
            slope = (x.mT @ residual.unsqueeze(-1)).squeeze(-1) / n - penalties.l2.unsqueeze(-1) * coef
            coef = soft_threshold(coef + step * slope, penalties.l1.unsqueeze(-1) * (1 if bare else step))
        return told(x, y, coef, penalties)

    return run


def subgradient_steps(x: Tensor, y: Tensor, penalties: Penalties, goal: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Steps along a subgradient that shorten like 1 ∕ √k."""
    n = y.shape[-1]
    step = 1 / (x.square().sum((-2, -1)) / n + penalties.l2).clamp(min=torch.finfo(y.dtype).tiny).unsqueeze(-1)
    coef = torch.zeros_like(x[:, 0])
    for k in range(200):
        residual = y - (x @ coef.unsqueeze(-1)).squeeze(-1)
        slope = (x.mT @ residual.unsqueeze(-1)).squeeze(-1) / n - penalties.l2.unsqueeze(-1) * coef
        coef = coef + step / math.sqrt(k + 1) * (slope - penalties.l1.unsqueeze(-1) * coef.sign())
    return told(x, y, coef, penalties)


def told(x: Tensor, y: Tensor, coef: Tensor, penalties: Penalties) -> tuple[Tensor, Tensor, Tensor]:
    """What a solver hands back, with the gap that it has."""
    gap = certificate(x, y, coef, penalties).gap
    return coef, gap, torch.ones_like(gap, dtype=torch.int64)
