"""Exact optimal transport: a batch of ours against a loop of POT's `ot.emd` with duals, on one thread.

    python benchmarks/transport_exact.py        # one line a size and kind of weights, about a minute on one core

Ours and the peer alternate in one process; a ratio is the median of five ratios of CPU time for each problem, 1,000
problems a batch. Both return plan and potentials. Points are normal in the plane and costs squared distances; the first
plans are compared first, by their costs. POT's simplex is compiled and walks its tree, ours moves whole rows of tensors
for every pivot: on small problems ours wins by what POT pays for each call, on large ones POT's code does.
"""

from __future__ import annotations

import statistics
from typing import NamedTuple

import numpy as np
import ot
import torch

from benchmarks.timing import one_thread, seconds
from impl.transport.lp import emd

SIZES = (8, 16, 32, 64)
LANES = 1000
REPEATS = 5
PEER_SECONDS = 0.2
SEEN = 8
"""Problems whose costs are compared."""


class Row(NamedTuple):
    """One size and kind of weights: CPU time in µs a problem, and the median of peer ÷ ours."""

    n: int
    weights: str
    ours_us: float
    peer_us: float
    ratio: float


def rows() -> list[Row]:
    """Every size with uniform and with general weights, on one thread."""
    with one_thread():
        return [measured(n, weights) for n in SIZES for weights in ("uniform", "general")]


def measured(n: int, weights: str) -> Row:
    """Ours and the peer's CPU time on the same problems, alternating."""
    a, b, C = problems(n, weights)
    batch = [torch.from_numpy(x) for x in (a, b, C)]

    def ours() -> torch.Tensor:
        return emd(*batch).cost

    def peer(count: int) -> list[float]:
        plans = [ot.emd(a[lane], b[lane], C[lane], log=True) for lane in range(count)]
        return [float(log["cost"]) for _, log in plans]

    agree(ours()[:SEEN].numpy(), np.array(peer(SEEN)), n)
    looped = min(LANES, max(SEEN, round(SEEN * PEER_SECONDS / seconds(lambda: peer(SEEN)))))
    pairs = [(seconds(ours) / LANES, seconds(lambda: peer(looped)) / looped) for _ in range(REPEATS)]
    mine, theirs = (statistics.median(pair[i] for pair in pairs) * 1e6 for i in (0, 1))
    return Row(n, weights, round(mine, 1), round(theirs, 1), round(statistics.median(q / p for p, q in pairs), 2))


def problems(n: int, weights: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weights a, b (lane, n) of total 1 and costs C (lane, n, n)."""
    source = np.random.default_rng(0)
    x, y = source.standard_normal((2, LANES, n, 2))
    a, b = source.random((2, LANES, n)) if weights == "general" else np.ones((2, LANES, n))
    cost = ((x[:, :, None] - y[:, None]) ** 2).sum(-1)
    return a / a.sum(-1, keepdims=True), b / b.sum(-1, keepdims=True), cost


def agree(ours: np.ndarray, theirs: np.ndarray, n: int) -> None:
    """Raise ArithmeticError unless the costs agree to their rounding."""
    if np.any(np.abs(ours - theirs) > 64 * n * 2.0**-53 * (1 + np.abs(theirs))):
        raise ArithmeticError(f"the costs of ours and the peer's plans differ: {ours} and {theirs}")


def main() -> None:
    """Print the rows."""
    layout = "{:>4} {:>8} {:>18} {:>8} {:>7}"
    print(layout.format("n", "weights", "ours, µs a problem", "POT, µs", "ratio"))
    for row in rows():
        print(layout.format(row.n, row.weights, row.ours_us, row.peer_us, f"{row.ratio}×"))


if __name__ == "__main__":
    main()
