"""Gradients of optimal values: at the optimum the multipliers are the derivatives, and nothing is unrolled.

The envelope theorem: for V(a, b, C) = min over couplings, ∂V/∂a = f and ∂V/∂b = g, each up to a constant since the
totals are tied, and ∂V/∂C = P. Source: Peyré & Cuturi 2019, sections 4.4 and 9.1.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from impl.transport.lp import emd


class _Envelope(torch.autograd.Function):
    """A value that was computed elsewhere, with its derivatives f, g and P."""

    @staticmethod
    def forward(ctx: Any, a: Tensor, b: Tensor, C: Tensor, value: Tensor, f: Tensor, g: Tensor, plan: Tensor) -> Tensor:
        ctx.save_for_backward(f, g, plan)
        return value.clone()

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        f, g, plan = ctx.saved_tensors
        return grad[..., None] * f, grad[..., None] * g, grad[..., None, None] * plan, None, None, None, None


def with_gradients(a: Tensor, b: Tensor, C: Tensor, value: Tensor, f: Tensor, g: Tensor, plan: Tensor) -> Tensor:
    """`value` (*batch,) as a function of a, b and C with the derivatives f, g and plan."""
    return _Envelope.apply(a, b, C, value, f, g, plan)  # type: ignore[no-untyped-call,no-any-return]


def transport_loss(a: Tensor, b: Tensor, C: Tensor) -> Tensor:
    """The optimal transport cost, differentiable in a, b and C: (*batch,); a subgradient where it has a kink.

    Its entropic kin is `divergence.entropic_value`.
    """
    found = emd(a.detach(), b.detach(), C.detach())
    return with_gradients(a, b, C, found.cost, found.f, found.g, found.plan)
