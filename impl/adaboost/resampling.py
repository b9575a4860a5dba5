"""Drawing rows with the probabilities that boosting gives them."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from impl.adaboost.cuts import sums_left
from impl.core import random, validation

Draw = Callable[[Tensor, int, torch.Generator], Tensor]


def resample_indices(D: Tensor, draws: int, source: torch.Generator) -> Tensor:
    """Independent row numbers, row i with probability D_i ÷ Σ D: (*b, draws) for D (*b, n).

    Inverse transform: the first row whose cumulative weight exceeds U Σ D. A row of weight 0 takes the cumulative
    weight of its predecessor and U Σ D is kept below the last one, so such a row is never drawn, however the sums
    round. `source` is a CPU generator: one seed gives the same draws on every device.
    """
    weights = D.reshape(-1, D.shape[-1])
    upto = sums_left(weights.T.contiguous()).T + weights
    cumulative = (upto * (weights > 0)).cummax(-1).values  # (lane, n)
    total = cumulative[:, -1:]
    level = random.uniform((len(weights), draws), source, D) * total
    level = torch.minimum(level, total * (1 - torch.finfo(D.dtype).eps))
    index = torch.searchsorted(cumulative.contiguous(), level, right=True)
    return index.view(*D.shape[:-1], draws)


def draw_counts(D: Tensor, source: torch.Generator, draw: Draw = resample_indices) -> Tensor:
    """How often each row comes up in n draws: (n, lane) for weights D (n, lane); counted without a scatter."""
    n = len(D)
    index = draw(D.T, n, source).sort(-1).values  # (lane, n)
    edges = torch.arange(n + 1, device=D.device).expand(len(index), n + 1).contiguous()
    return torch.searchsorted(index, edges).diff(dim=-1).T.to(D.dtype).contiguous()


def check_resample(D: Tensor, draws: int) -> None:
    """Raise ValueError or TypeError where D (*b, n) is no set of weights to draw from."""
    validation.rank(D, "D", 1, "(..., n)")
    validation.floating(D, "D")
    validation.non_empty(D, "D", "(..., n)")
    validation.finite(D, "D")
    validation.non_negative(D, "D")
    validation.positive_sum(D, "D")
    validation.at_least(draws, "draws", 1)
