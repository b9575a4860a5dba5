"""Sorting many short rows on the host: NumPy's sort, in the memory of the tensor, is ten times quicker than torch's."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from impl.core.arrays import to_numpy

TABLE_BYTES = 2**18
"""Bytes of rows that are sorted together, so that what is made of them stays in a second-level cache."""


def over_gaps(x: Tensor, y: Tensor, formula: Callable[[Tensor], Tensor]) -> Tensor:
    """A formula of the gaps |k-th smallest of x − k-th smallest of y|, differentiable where the formula is.

    x, y: (..., n); formula: (lane, n) → (lane,), whose answer must not share the gaps' memory → (...).
    """
    rows_x, rows_y = (rows.reshape(-1, rows.shape[-1]) for rows in (x, y))
    if not _on_host(x) or not _on_host(y):
        gaps = (rows_x.sort(dim=-1, stable=True)[0] - rows_y.sort(dim=-1, stable=True)[0]).abs()
        return formula(gaps).view(x.shape[:-1])
    lanes, n = rows_x.shape
    many = min(lanes, max(1, TABLE_BYTES // (2 * n * x.element_size())))
    table = x.new_empty((2, many, n))  # one for all: fresh memory costs as much as sorting what is in it
    found = []
    for start in range(0, lanes, many):
        part = table[:, : lanes - start]
        part[0].copy_(rows_x[start : start + many])
        part[1].copy_(rows_y[start : start + many])
        to_numpy(part).sort(axis=-1)
        found.append(formula(part[0].sub_(part[1]).abs_()))
    return torch.cat(found).view(x.shape[:-1])


def in_order(x: Tensor) -> tuple[Tensor, Tensor]:
    """The last axis of x (..., n) sorted, and which entry comes where; the order of equal entries is left open."""
    if not _on_host(x):
        values, order = x.sort(dim=-1, stable=True)
        return values, order
    order = torch.from_numpy(to_numpy(x).argsort(axis=-1))
    return x.gather(-1, order), order


def _on_host(x: Tensor) -> bool:
    """Whether NumPy can sort the memory of x: on the CPU, and without a gradient to keep."""
    return x.device.type == "cpu" and not x.requires_grad
