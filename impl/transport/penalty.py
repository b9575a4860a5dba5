"""The gradient penalty of WGAN-GP: it asks for slopes of length 1 on lines between the two samples."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from impl.core import random, validation

Penalty = Callable[[Tensor, float, float], Tensor]


def squared_deviation(norm: Tensor, lam: float, center: float) -> Tensor:
    """λ E(‖∇f‖ − center)², the mean over the last axis: norm (..., k) → (...)."""
    return lam * ((norm - center) ** 2).mean(-1)


def gradient_norms(
    critic: Callable[[Tensor], Tensor], x: Tensor, y: Tensor, generator: torch.Generator, *, create_graph: bool = True
) -> Tensor:
    """‖∇f‖ at one random point between each x_i and y_i: x, y (..., k, d) → (..., k).

    critic maps (..., k, d) to (..., k), each value from its own point alone: a critic with batch normalisation has no
    gradient at a point. Every lane mixes its pairs in the same proportions. Raises ValueError where x and y differ in
    shape, or where the values do not follow the points.
    """
    if x.shape != y.shape:
        raise ValueError(f"y must have shape {tuple(x.shape)} to match x, got {tuple(y.shape)}")
    validation.rank(x, "x", 2, "(..., k, d)")
    validation.non_empty(x, "x", "(..., k, d)")
    t = random.uniform((x.shape[-2], 1), generator, x)
    with torch.enable_grad():
        between = (y + t * (x - y)).detach().requires_grad_()
        values = critic(between)
        if values.shape != between.shape[:-1]:
            raise ValueError(f"the critic must answer shape {tuple(x.shape[:-1])}, got {tuple(values.shape)}")
        (gradient,) = torch.autograd.grad(values.sum(), between, create_graph=create_graph)
        norms: Tensor = torch.linalg.vector_norm(gradient, dim=-1)
        return norms


def gradient_penalty(
    critic: Callable[[Tensor], Tensor],
    x: Tensor,
    y: Tensor,
    lam: float,
    center: float = 1.0,
    *,
    generator: torch.Generator,
    create_graph: bool = True,
    penalty: Penalty = squared_deviation,
) -> Tensor:
    """λ E(‖∇f(x̂)‖ − center)², x̂ uniform between x_i and y_i: x, y (..., k, d) → (...). It can be differentiated again.

    See `gradient_norms` for what the critic must be. Raises ValueError unless λ is positive and center non-negative,
    both finite. Source: Gulrajani et al. 2017, section 4 and Algorithm 1.
    """
    check_penalty(lam, center)
    norms = gradient_norms(critic, x, y, generator, create_graph=create_graph)
    return penalty(norms, lam, center)


def check_penalty(lam: float, center: float = 1.0) -> None:
    """Raise ValueError unless 0 < lam < ∞ and 0 ≤ center < ∞."""
    if not 0 < lam < math.inf:
        raise ValueError(f"lam must be positive and finite, got {lam!r}")
    if not 0 <= center < math.inf:
        raise ValueError(f"center must be non-negative and finite, got {center!r}")
