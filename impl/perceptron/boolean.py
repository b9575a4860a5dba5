"""Two layers of threshold units that compute any Boolean function: one hidden unit for each row of its rarer value."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from impl.perceptron.points import truth_table, variables_of


class Network(NamedTuple):
    """Threshold units: hidden_w (*B, h, k), hidden_bias (*B, h), output_w (*B, h), output_bias (*B,)."""

    hidden_w: Tensor
    hidden_bias: Tensor
    output_w: Tensor
    output_bias: Tensor


def minterm(x: Tensor) -> tuple[Tensor, Tensor]:
    """The unit that fires on the row x alone: w (*B, k), bias (*B,) of x (*B, k), 0 and 1.

    w is 1 where x is 1 and −1 elsewhere, so that w·x' falls by 1 for each digit in which x' differs; half a unit below
    its greatest value, Σ x, is the threshold.
    """
    return 2 * x - 1, 0.5 - x.sum(-1)


def readout(used: Tensor, positive: Tensor) -> tuple[Tensor, Tensor]:
    """The output's w (*B, h), bias (*B,): fires where a hidden unit in use does, or, not positive, where none does."""
    sign = 2 * positive - 1
    return sign.unsqueeze(-1) * used, -sign / 2


def boolean_network(
    table: Tensor,
    *,
    minterm: Callable[[Tensor], tuple[Tensor, Tensor]] = minterm,
    readout: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]] = readout,
) -> Network:
    """A network of 2^(k−1) hidden units that computes the truth tables (*B, 2^k), floats, on inputs 0 and 1.

    The rows that are 1, or those that are 0 where these are fewer, have a hidden unit each. Units that are not in use
    are 0 throughout, and never fire. Raises ValueError for tables that are none. Source: Minsky & Papert 1969;
    McCulloch & Pitts 1943.
    """
    k = variables_of(table)
    x = truth_table(k).to(table)
    positive = (2 * table.sum(-1) <= table.shape[-1]).to(table)
    taken = table == positive.unsqueeze(-1)
    place = (~taken).to(torch.int8).argsort(dim=-1, stable=True)[..., : 2 ** (k - 1)]
    used = taken.gather(-1, place).to(table)
    w, bias = minterm(x[place])  # (*B, h, k), (*B, h)
    return Network(used.unsqueeze(-1) * w, used * bias, *readout(used, positive))


def fire(network: Network, x: Tensor) -> tuple[Tensor, Tensor]:
    """What fires on inputs x (n, k): hidden (*B, n, h), output (*B, n), Booleans; at 0 a unit does not."""
    hidden = x @ network.hidden_w.mT + network.hidden_bias.unsqueeze(-2) > 0
    drive = (hidden.to(x) * network.output_w.unsqueeze(-2)).sum(-1)
    return hidden, drive + network.output_bias.unsqueeze(-1) > 0
