"""Classic mistakes in receptive-field arithmetic: one replaced formula each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import torch

from impl.core.subject import Mutant
from impl.receptive_field.axis_map import linear_grid, windows
from impl.receptive_field.lattice import Box
from impl.receptive_field.rules import RULES, Rules
from impl.receptive_field.subject import subject_with


def _extent(box: Box | None) -> int:
    return 0 if box is None else box[1] - box[0] + 1


def _widest(boxes: Sequence[Box | None]) -> Box | None:
    return max(boxes, key=_extent, default=None)


def _added(boxes: Sequence[Box | None]) -> Box | None:
    seen = [box for box in boxes if box is not None]
    return (seen[0][0], seen[0][0] + sum(map(_extent, seen)) - 1) if seen else None


def _last(boxes: Sequence[Box | None]) -> Box | None:
    return boxes[-1] if boxes else None


def _swapped_corners(n_in: int, n_out: int, align: bool, scale: Fraction) -> tuple[Fraction, Fraction]:
    return linear_grid(n_in, n_out, not align, scale)


def _ungated(branches: list[Any]) -> list[Any]:
    return [branch for branch in branches if branch.carried] or branches


def _mutant(name: str, mistake: str, rules: Rules) -> Mutant:
    return Mutant(name, mistake, subject_with(rules, name))


MUTANTS: tuple[Mutant, ...] = (
    _mutant("jump-before-use", "a layer's own stride already enlarges its kernel: r + (e − 1) j s",
            replace(RULES, size=lambda r, j, e, s, p: r + (e - 1) * j * s)),
    _mutant("top-down-without-minus", "walks down with RF·s + k − 1 instead of (RF − 1)·s + k",
            replace(RULES, top_down=lambda r, e, s: r * s + e - 1)),
    _mutant("top-down-run-bottom-up", "runs the top-down recurrence from the first layer to the last",
            replace(RULES, top_down_order=lambda depth: range(depth))),
    _mutant("kernel-times-dilation", "takes the effective kernel as k d instead of d (k − 1) + 1",
            replace(RULES, effective_kernel=lambda k, d: k * d)),
    _mutant("dilation-ignored", "counts a dilated kernel as if its taps were neighbours",
            replace(RULES, effective_kernel=lambda k, d: k + 0 * d, tap_dilation=lambda d: d // d)),
    _mutant("padding-added-to-size", "adds the padding on both sides to the size",
            replace(RULES, size=lambda r, j, e, s, p: r + (e - 1) * j + 2 * p)),
    _mutant("padding-without-jump", "adds up paddings without scaling them to input pixels",
            replace(RULES, padding=lambda P, j, p: P + p)),
    _mutant("jump-plus-stride-minus-one", "adds strides instead of multiplying them: j + s − 1",
            replace(RULES, jump=lambda j, s: j + s - 1)),
    _mutant("sum-of-kernels", "adds kernels up whatever the strides",
            replace(RULES, size=lambda r, j, e, s, p: r + e - 1)),
    _mutant("centre-half-size", "puts the centre at start + r/2 instead of start + (r − 1)/2",
            replace(RULES, doubled_centre=lambda u, r, j, P: 2 * (u * j - P) + r)),
    _mutant("half-pixel-slip", "puts the centre of unit u at (u + ½) j",
            replace(RULES, doubled_centre=lambda u, r, j, P: (2 * u + 1) * j - 2 * P + r - 2)),
    _mutant("ceil-for-floor", "rounds the number of units up",
            replace(RULES, output_size=lambda n, e, s, left, right: -(-(n + left + right - e) // s) + 1)),
    _mutant("last-window-rule-forgotten", "with ceil_mode keeps a window that starts in the right padding",
            replace(RULES, last_window=lambda m, n, s, left: m)),
    _mutant("output-padding-forgotten", "leaves the output padding out of a transposed convolution's length",
            replace(RULES, transposed_size=lambda n, e, s, left, right, extra: (n - 1) * s - left - right + e)),
    _mutant("composition-order-swapped", "composes paddings with the upper stack's jump",
            replace(RULES, composed_padding=lambda P1, j1, P2: P2 + j1 * P1)),
    _mutant("max-over-branches", "reports the largest branch instead of the union",
            replace(RULES, branches=_widest)),
    _mutant("sum-over-branches", "adds the branches' sizes",
            replace(RULES, branches=_added)),
    _mutant("last-branch-wins", "keeps the branch that was visited last",
            replace(RULES, branches=_last)),
    _mutant("transposed-as-convolution", "treats a transposed convolution as a strided convolution",
            replace(RULES, transposed_map=windows)),
    _mutant("align-corners-confused", "interpolates with align_corners where it is off",
            replace(RULES, linear_grid=_swapped_corners)),
    _mutant("height-width-swapped", "reads kernel, stride and padding in the order (width, height)",
            replace(RULES, axis_order=lambda values: values[::-1])),
    _mutant("pool-stride-one", "takes the missing stride of a pool as 1 instead of its kernel",
            replace(RULES, pool_window=lambda k, s: (k, 1 if s is None else s))),
    _mutant("pooling-skipped", "lets poolings count for nothing",
            replace(RULES, pool_window=lambda k, s: (1, 1))),
    _mutant("se-blocks-ignored", "forgets that a gate from a global average sees everything",
            replace(RULES, gates=_ungated)),
    _mutant("batch-norm-always-pointwise", "treats batch norm in training as pointwise",
            replace(RULES, batch_norm_scope=lambda training: "local")),
    _mutant("padding-always-zeros", "treats reflected, replicated and circular padding as zeros",
            replace(RULES, border=lambda mode: "drop")),
    _mutant("clipped-at-the-input-only", "clips to the valid range at the input, not at every layer",
            replace(RULES, clipped_everywhere=False)),
    _mutant("float32-support", "multiplies small weights in single precision until they underflow",
            replace(RULES, support_dtype=torch.float32, binarised_gradients=False)),
    _mutant("weights-shared-by-layers", "gives every layer the same random weights, so that paths are not independent",
            replace(RULES, independent_weights=False)),
    _mutant("variance-without-minus-one", "takes the variance of k taps as k²/12 instead of (k² − 1)/12",
            replace(RULES, erf_variance=lambda j, k, d: j * j * d * d * k * k)),
)  # fmt: skip
