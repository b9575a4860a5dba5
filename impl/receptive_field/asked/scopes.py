"""Answers about layers that mix everything: how far one entry sees."""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
from torch import Tensor, nn

from impl.core.random import generator
from impl.core.subject import Answers
from impl.receptive_field.asked.question import Part, Question, padded
from impl.receptive_field.rules import Rules
from impl.receptive_field.trace.sight import SCOPES
from impl.receptive_field.trace.tracer import trace_receptive_field

CHANNELS = 4


class Attention(nn.Module):
    """Self-attention over the positions of a map."""

    def __init__(self) -> None:
        super().__init__()
        self.heads = nn.MultiheadAttention(CHANNELS, 1, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        """x: (batch, channels, width)."""
        tokens = x.transpose(1, 2)
        mixed, _ = self.heads(tokens, tokens, tokens)
        out: Tensor = mixed.transpose(1, 2)
        return out


class SqueezeExcitation(nn.Module):
    """x times a gate computed from its global average (Hu, Shen & Sun 2018)."""

    def __init__(self) -> None:
        super().__init__()
        self.squeeze = nn.AdaptiveAvgPool1d(1)
        self.excite = nn.Sequential(nn.Conv1d(CHANNELS, 2, 1), nn.Tanh(), nn.Conv1d(2, CHANNELS, 1), nn.Sigmoid())

    def forward(self, x: Tensor) -> Tensor:
        """x: (batch, channels, width)."""
        out: Tensor = x * self.excite(self.squeeze(x))
        return out


def mixed_network(mixer: int, width: int) -> nn.Sequential:
    """A 3-wide convolution and the mixer with a code of the port."""
    mixers: tuple[nn.Module, ...] = (
        nn.Identity(),
        nn.BatchNorm1d(CHANNELS).eval(),
        nn.BatchNorm1d(CHANNELS),
        nn.InstanceNorm1d(CHANNELS),
        nn.GroupNorm(2, CHANNELS),
        nn.LayerNorm([CHANNELS, width]),
        nn.AdaptiveAvgPool1d(1),
        nn.Sequential(nn.Flatten(), nn.Linear(CHANNELS * width, CHANNELS)),
        Attention(),
        SqueezeExcitation(),
    )
    return nn.Sequential(nn.Conv1d(2, CHANNELS, 3, padding=1), mixers[mixer])


@cache
def traced_scope(mixer: int, batch: int, width: int, rules: Rules) -> int:
    """The scope of the network's output as the tracer reads it off the graph."""
    with torch.device("meta"):
        module = mixed_network(mixer, width)
    return SCOPES.index(trace_receptive_field(module, (batch, 2, width), formulas=rules)["output"].scope)


def computed(q: Question) -> Answers:
    """The traced scope of each lane's mixer."""
    batch, width = q.setting("batch"), q.setting("width")
    codes = [traced_scope(mixer, batch, width, q.rules) for mixer in q.arrays["mixer"].tolist()]
    return {"scope": np.array(codes, dtype=np.int64)}


def _small_positive(like: Tensor, source: torch.Generator) -> Tensor:
    """Weights in 0.1 … 0.3: a running variance must be positive, and large weights saturate softmax and sigmoid."""
    return (0.1 + 0.2 * torch.rand(like.shape, generator=source, dtype=torch.float64)).to(like)


def measured(q: Question) -> Answers:
    """Pixels with a non-zero derivative at one random input, weights drawn too."""
    batch, width, place = q.setting("batch"), q.setting("width"), q.place
    source, rows = generator(q.seed), []
    for mixer, unit in q.each("mixer", "unit"):
        with torch.device("meta"):
            module = mixed_network(mixer, width)
        module = module.to_empty(device=place.device).to(place.dtype)
        for tensor in (*module.parameters(), *module.buffers()):
            tensor.data = _small_positive(tensor, source)
        draw = torch.randn((batch, 2, width), generator=source, dtype=torch.float64)
        x = draw.to(device=place.device, dtype=place.dtype).requires_grad_()
        y = module(x)
        entry = y[0, 0, unit if y.shape[-1] > 1 else 0] if y.dim() == 3 else y[0, 0]
        (found,) = torch.autograd.grad(entry, x)
        rows.append((found != 0).any(dim=1))
    return {"measured": padded(rows, batch, width)}


COMPUTED: dict[str, Part] = {"scopes": computed}
MEASURED: dict[str, Part] = {"scopes": measured}
