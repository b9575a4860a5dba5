"""What hidden states emit, as tables of likelihoods: numbers that are given, and symbols."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from impl.core import validation
from impl.em.forward_backward import Table
from impl.em.sequences import inside


def given(b: Tensor, lengths: Tensor | None) -> Table:
    """The table of likelihoods b (G, R, T, S) ≥ 0; what stands behind the lengths may be anything.

    Raises ValueError, naming the place, for an infinite or negative likelihood within a sequence.
    """
    if lengths is not None:
        b = torch.where(inside(lengths, b.shape[2])[..., None], b, 1)
    validation.finite(b, "b")
    validation.non_negative(b, "b")
    largest = b.amax(-1, keepdim=True)
    largest = torch.where(largest > 0, largest, 1)
    return tabled(b / largest, largest[..., 0].log(), b.log, lengths)


def tabled(b: Tensor, shift: Tensor, logs: Callable[[], Tensor], lengths: Tensor | None) -> Table:
    """The table in which each row of b (G, R, T, S) is seen once."""
    rows = torch.cat([b.reshape(-1, b.shape[-1]), torch.ones_like(b[0, 0, :1])])
    seen = torch.arange(len(rows) - 1, device=b.device).view(b.shape[:-1])
    return Table(rows, _seen(seen, len(rows) - 1, lengths), shift, logs, lengths)


def _seen(seen: Tensor, nothing: int, lengths: Tensor | None) -> Tensor:
    return seen if lengths is None else torch.where(inside(lengths, seen.shape[-1]), seen, nothing)


def categorical(B: Tensor, symbols: Tensor, lengths: Tensor | None) -> Table:
    """The table of symbols (G, R, T) under emission probabilities B (G, S, V): b_t(i) = B_{i, x_t}."""
    G, S, V = B.shape
    largest = B.amax(-2, keepdim=True)
    largest = torch.where(largest > 0, largest, 1)  # (G, 1, V)
    which = symbols + V * torch.arange(G, device=B.device).view(G, 1, 1)

    def columns(B: Tensor) -> Tensor:
        return B.mT.reshape(G * V, -1).contiguous()

    rows = torch.cat([columns(B / largest), B.new_ones(1, S)])
    shift = columns(largest.log())[:, 0].index_select(0, which.flatten()).view(symbols.shape)
    return Table(
        rows,
        _seen(which, G * V, lengths),
        shift,
        lambda: columns(B.log()).index_select(0, which.flatten()).view(*symbols.shape, S),
        lengths,
    )


def symbol_counts(gamma: Tensor, symbols: Tensor, n_symbols: int) -> Tensor:
    """Expected number of times that each state emitted each symbol, over all sequences: (G, S, V)."""
    G, S = len(gamma), gamma.shape[-1]
    chains = torch.arange(G, device=gamma.device).view(G, 1, 1)
    counts = gamma.new_zeros(G * n_symbols, S)
    counts.index_add_(0, (symbols + n_symbols * chains).flatten(), gamma.reshape(-1, S))
    return counts.view(G, n_symbols, S).mT
