"""The pocket: of all the weights that a perceptron has seen, those with the fewest errors on all rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from impl.perceptron.learning import Path


class Pocket(NamedTuple):
    """w (*B, d), bias (*B,) and their number of errors (*B,), int64."""

    w: Tensor
    bias: Tensor
    errors: Tensor


def count_errors(w: Tensor, bias: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """How many rows have y (w·x + bias) ≤ 0, for T weights a lane: (*B, T, d), (*B, T) → (*B, T), int64."""
    return (y.unsqueeze(-2) * (w @ x.mT + bias.unsqueeze(-1)) <= 0).sum(-1)


def first_of_fewest(errors: Tensor) -> Tensor:
    """The first place with the fewest errors: (*B, T) → (*B,). Errors count first, then places, so there is no tie."""
    places = torch.arange(errors.shape[-1], device=errors.device)
    return (errors * errors.shape[-1] + places).argmin(-1)


def best_seen(
    w: Tensor,
    bias: Tensor,
    path: Path,
    x: Tensor,
    y: Tensor,
    *,
    errors: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor] = count_errors,
    choose: Callable[[Tensor], Tensor] = first_of_fewest,
) -> Pocket:
    """The first weights with fewest errors among the start and those after every visit (pocket with ratchet).

    Epochs are counted one by one, so that memory grows with n² and not with the length of the path. Source: Gallant
    1990.
    """
    seen = [errors(w.unsqueeze(-2), bias.unsqueeze(-1), x, y)]
    for epoch in range(path.mistake.shape[-2]):
        seen.append(errors(path.w[..., epoch, :, :], path.bias[..., epoch, :], x, y))
    counted = torch.cat(seen, -1)
    place = choose(counted).unsqueeze(-1)
    all_w = torch.cat([w.unsqueeze(-2), path.w.flatten(-3, -2)], -2)
    all_bias = torch.cat([bias.unsqueeze(-1), path.bias.flatten(-2)], -1)
    best = all_w.gather(-2, place.unsqueeze(-1).expand(*place.shape, w.shape[-1]))
    return Pocket(best.squeeze(-2), all_bias.gather(-1, place).squeeze(-1), counted.gather(-1, place).squeeze(-1))
