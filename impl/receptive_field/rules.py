"""The formulas of receptive-field arithmetic, gathered so that one classic mistake is one replaced line.

Every formula works on Python integers and on int64 tensors alike: `//` floors in both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import torch

from impl.receptive_field import axis_map
from impl.receptive_field.axis_map import AxisMap, Border
from impl.receptive_field.lattice import Box, hull

Whole = Any
"""A whole number: int, or an int64 tensor of one number per lane."""

Formula = Callable[..., Whole]


@dataclass(frozen=True)
class Rules:
    """One formula per field; k is the kernel, e the effective kernel, s stride, p left padding, d dilation.

    With r, j, P the size, jump and left padding of what lies below, the layer above it has size r', jump j' and
    padding P' (Araujo, Norris & Sim 2019; Dumoulin & Visin 2016).
    """

    effective_kernel: Formula = lambda k, d: d * (k - 1) + 1
    size: Formula = lambda r, j, e, s, p: r + (e - 1) * j
    jump: Formula = lambda j, s: j * s
    padding: Formula = lambda P, j, p: P + j * p
    top_down: Formula = lambda r, e, s: (r - 1) * s + e
    top_down_order: Callable[[int], range] = lambda depth: range(depth - 1, -1, -1)
    doubled_centre: Formula = lambda u, r, j, P: 2 * (u * j - P) + r - 1
    composed_padding: Formula = lambda P1, j1, P2: P1 + j1 * P2
    output_size: Formula = lambda n, e, s, left, right: (n + left + right - e) // s + 1
    ceil_size: Formula = lambda n, e, s, left, right: -(-(n + left + right - e) // s) + 1
    last_window: Formula = lambda m, n, s, left: m - ((m - 1) * s >= n + left) * 1
    transposed_size: Formula = lambda n, e, s, left, right, extra: (n - 1) * s - left - right + e + extra
    tap_dilation: Formula = lambda d: d
    pool_window: Callable[[int, int | None], tuple[int, int]] = lambda k, s: (k, k if s is None else s)
    transposed_map: Callable[..., AxisMap] = axis_map.transposed
    linear_grid: Callable[..., tuple[Fraction, Fraction]] = axis_map.linear_grid
    axis_order: Callable[[tuple[Any, ...]], tuple[Any, ...]] = lambda values: values
    branches: Callable[[Sequence[Box | None]], Box | None] = hull
    gates: Callable[[list[Any]], list[Any]] = lambda branches: branches
    border: Callable[[str], Border] = lambda mode: axis_map.BORDERS[mode]
    batch_norm_scope: Callable[[bool], Literal["local", "batch"]] = lambda training: "batch" if training else "local"
    support_dtype: torch.dtype = torch.float64
    binarised_gradients: bool = True
    clipped_everywhere: bool = True
    independent_weights: bool = True
    erf_variance: Formula = lambda j, k, d: j * j * d * d * (k * k - 1)


RULES = Rules()
