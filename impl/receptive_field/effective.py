"""The effective receptive field: how strongly a unit reacts to each pixel (Luo et al. 2016)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from impl.receptive_field.layers import LayerGeometry
from impl.receptive_field.measure import at
from impl.receptive_field.rules import RULES, Rules
from impl.receptive_field.stack import Stack, stack_of


def variance12(stack: Stack, rules: Rules = RULES) -> Tensor:
    """Twelve times the variance of the normalised path counts, Σ_l j² d² (k² − 1): (lane,) int64.

    Each layer adds an independent uniform step over k taps j d apart, of variance j² d² (k² − 1)/12 (Luo et al. 2016,
    section 2).
    """
    total = stack.kernel.new_zeros(stack.lanes)
    jump = torch.ones_like(total)
    for index in range(stack.depth):
        kernel, stride, _, _, dilation = stack.layer(index)
        total = total + rules.erf_variance(jump, kernel, dilation)
        jump = jump * stride
    return total


def erf_std(layers: Sequence[LayerGeometry]) -> float:
    """Standard deviation, in pixels, of the effective receptive field of averaging layers.

    For L equal layers of kernel k and stride 1 it is √(L (k² − 1)/12): it grows like √L while the size grows like L.
    """
    return math.sqrt(int(variance12(stack_of(layers))[0]) / 12)


def effective_receptive_field(
    module: nn.Module,
    input_shape: Sequence[int],
    unit: Sequence[int],
    n_samples: int,
    generator: torch.Generator,
) -> Tensor:
    """Mean squared derivative of one unit over standard normal inputs, as shares that sum to 1: (*space).

    input_shape: (1, channels, *space); unit: place in the output, over whose channels the derivative is summed. Draws
    on the generator's device. Raises ValueError for n_samples < 1.
    """
    if n_samples < 1:
        raise ValueError(f"n_samples must be at least 1, got {n_samples}")
    like = next(module.parameters(), torch.zeros(()))
    total = torch.zeros(tuple(input_shape[2:]), device=like.device, dtype=like.dtype)
    for _ in range(n_samples):
        draw = torch.randn(tuple(input_shape), generator=generator, dtype=torch.float64, device=generator.device)
        x = draw.to(like).requires_grad_()
        value = at(module(x), unit).sum()
        (found,) = torch.autograd.grad(value, x)
        total = total + (found * found).sum(dim=(0, 1))
    return total / total.sum()
