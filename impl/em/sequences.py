"""Sequences of unequal lengths in one padded array: what stands behind a length is never looked at."""

from __future__ import annotations

import torch
from torch import Tensor

from impl.core import validation
from impl.em.probabilities import check_probabilities, check_whole


def inside(lengths: Tensor, T: int) -> Tensor:
    """Whether a time lies within its sequence: lengths (…,) → (…, T)."""
    return torch.arange(T, device=lengths.device) < lengths[..., None]


def reverse(x: Tensor, lengths: Tensor | None) -> Tensor:
    """Each sequence of x (G, R, T, …) from its last time to its first; lengths (G, R), None where all are T.

    Behind the length its first entry is repeated.
    """
    if lengths is None:
        return x.flip(2)
    times = (lengths[..., None] - 1 - torch.arange(x.shape[2], device=x.device)).clamp(min=0)
    return x.gather(2, times.view(*times.shape, *[1] * (x.dim() - 3)).expand(x.shape))


def check_lengths(lengths: Tensor, shape: tuple[int, ...], T: int, name: str) -> Tensor:
    """Lengths as int64. Raises ValueError for another shape than that of `name`, for 0 and for more than T."""
    if tuple(lengths.shape) != shape:
        raise ValueError(f"lengths must have shape {shape} to match {name}, got {tuple(lengths.shape)}")
    check_whole(lengths, "lengths")
    for bad, rule in ((lengths < 1, "at least 1: leave empty sequences out"), (lengths > T, f"at most {T}")):
        if bool(bad.any()):
            raise ValueError(f"lengths must be {rule}, got {int(lengths[bad][0])} at index {_place(bad)}")
    return lengths.long()


def _place(bad: Tensor) -> int | tuple[int, ...]:
    """Where the first True of a mask stands."""
    place = tuple(bad.nonzero()[0].tolist())
    return place[0] if len(place) == 1 else place


def check_chain(pi: Tensor, A: Tensor) -> None:
    """Refuse start (G, S) and transition (G, S, S) probabilities that are none, naming the argument and its row."""
    check_probabilities(pi, "pi")
    check_probabilities(A, "A")
    if A.shape != (*pi.shape, pi.shape[-1]):
        raise ValueError(f"A must have shape {(*pi.shape, pi.shape[-1])} to match pi, got {tuple(A.shape)}")


def seen_symbols(symbols: Tensor, lengths: Tensor, n_symbols: int, name: str = "symbols") -> Tensor:
    """The symbols (…, T) as int64, 0 behind the lengths (…,).

    Raises ValueError at the first one within that is no whole number from 0 to n_symbols − 1.
    """
    found = torch.where(inside(lengths, symbols.shape[-1]), symbols, 0)
    if found.is_floating_point():
        validation.finite(found, name)
        check_whole(found, name)
    bad = (found < 0) | (found >= n_symbols)
    if bool(bad.any()):
        raise ValueError(f"{name} must lie in 0 … {n_symbols - 1}, got {int(found[bad][0])} at index {_place(bad)}")
    return found.long()


def seen_numbers(x: Tensor, lengths: Tensor, name: str) -> Tensor:
    """Rows x (…, T, d), zeros behind the lengths. Raises ValueError at the first NaN or infinity within."""
    found = torch.where(inside(lengths, x.shape[-2])[..., None], x, 0)
    validation.finite(found, name)
    return found
