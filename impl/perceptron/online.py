"""One epoch of one perceptron, from mistake to mistake: rows that are right already cost one product together."""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor

from impl.perceptron.learning import bias_towards, is_mistake, towards

BLOCK = 256
"""Rows that are looked at together. The next mistake is mostly near, and behind it the weights are others."""


def mistakes(
    x: Tensor, y: Tensor, w: Tensor, bias: Tensor, *, rate: float, intercept: bool
) -> Iterator[tuple[Tensor, Tensor]]:
    """Visit the rows x (n, d), y (n,) once, in order; w (d,) and bias () after each mistake.

    The same as an epoch of `perceptron_path` on one lane, whole numbers given; the host waits once for each mistake
    and each block.
    """
    start = 0
    while start < len(x):
        rows, labels = x[start : start + BLOCK], y[start : start + BLOCK]
        wrong = is_mistake(labels, rows @ w + bias).nonzero()[:1, 0].tolist()
        if not wrong:
            start += BLOCK
            continue
        i = start + wrong[0]
        w = towards(w, x[i], y[i], rate)
        bias = bias_towards(bias, y[i], rate) if intercept else bias
        start = i + 1
        yield w, bias
