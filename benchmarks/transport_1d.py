"""W_1 on the line: a batch of our problems against scipy and POT, on one thread.

    python benchmarks/transport_1d.py        # one line a size, kind of weights and dtype, about a minute on one core

In each of five rounds ours and the peers take turns in one process; a ratio is the median of the rounds' ratios of CPU
time for each problem. Peers: `scipy.stats.wasserstein_distance` and `ot.wasserstein_1d` in a loop, which pay for Python
and validation once a problem, and `ot.wasserstein_1d` on the whole batch, on NumPy arrays and on torch tensors. Before
anything is timed all answers are compared: each is W_1 up to γ(4n + 16) times the range, so two differ by twice that.
"""

from __future__ import annotations

import statistics
import warnings
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import ot
import torch
from scipy.stats import wasserstein_distance

from benchmarks.timing import one_thread, seconds
from impl.transport.oned import wasserstein_1d
from theory.core.bound import UNIT_ROUNDOFF, gamma

SIZES = ((16, 4000), (64, 1000))
"""n and lanes."""
ROUNDS = 5
SECONDS = 0.15
"""CPU time of one peer in one round."""
PEERS = ("scipy loop", "POT loop", "POT batch, NumPy", "POT batch, torch")


class Row(NamedTuple):
    """One size: CPU time in µs a problem, ours and each of PEERS, and the medians of peer ÷ ours."""

    n: int
    lanes: int
    weights: str
    dtype: str
    ours_us: float
    peers_us: tuple[float, ...]
    ratios: tuple[float, ...]


def rows() -> list[Row]:
    """Every size with equal and with general weights, in float32 and float64, on one thread."""
    with one_thread():
        return [
            measured(n, lanes, weights, dtype)
            for n, lanes in SIZES
            for weights in ("equal", "general")
            for dtype in ("float32", "float64")
        ]


def measured(n: int, lanes: int, weights: str, dtype: str) -> Row:
    """Ours and the peers' CPU time on the same problems, taking turns. Raises ArithmeticError if answers differ."""
    arrays = problems(n, lanes, weights, dtype)
    columns = [np.ascontiguousarray(array.T) for array in arrays]  # POT has the problems in the last axis
    tensors, turned = ([torch.from_numpy(array) for array in group] for group in (arrays, columns))

    def scipy_loop(count: int) -> object:
        return [wasserstein_distance(*(array[lane] for array in arrays)) for lane in range(count)]

    def pot_loop(count: int) -> object:
        return [ot.wasserstein_1d(*(array[lane] for array in arrays)) for lane in range(count)]

    work: list[tuple[Callable[[int], object], int]] = [
        (lambda count: wasserstein_1d(*tensors), lanes),
        (scipy_loop, 100),
        (pot_loop, 100),
        (lambda count: ot.wasserstein_1d(*columns), lanes),
        (lambda count: ot.wasserstein_1d(*turned), lanes),
    ]
    compare([task(count) for task, count in work], arrays, dtype)
    calls = [max(1, round(SECONDS / repeated(task, count, 1))) for task, count in work]
    spent = [
        [repeated(task, count, times) / (times * count) for (task, count), times in zip(work, calls, strict=True)]
        for _ in range(ROUNDS)
    ]
    ours, *peers = (statistics.median(column) * 1e6 for column in zip(*spent, strict=True))
    ratios = [statistics.median(one[i] / one[0] for one in spent) for i in range(1, len(work))]
    return Row(n, lanes, weights, dtype, round(ours, 3), tuple(round(p, 2) for p in peers), tuple(ratios))


def repeated(task: Callable[[int], object], count: int, times: int) -> float:
    """CPU seconds of so many calls."""
    return seconds(lambda: [task(count) for _ in range(times)])


def problems(n: int, lanes: int, weights: str, dtype: str) -> list[np.ndarray]:
    """Normal points x, y (lanes, n), and where they differ weights of total 1."""
    source = np.random.default_rng(0)
    points = [source.standard_normal((lanes, n)).astype(dtype) for _ in range(2)]
    if weights == "equal":
        return points
    raw = (source.uniform(0.1, 1.0, (lanes, n)) for _ in range(2))
    return points + [(w / w.sum(axis=1, keepdims=True)).astype(dtype) for w in raw]


def compare(found: list[object], arrays: list[np.ndarray], dtype: str) -> None:
    """Raise ArithmeticError unless all answers agree with the first within the bound of the module's docstring."""
    x, y = arrays[:2]
    width = np.maximum(x.max(axis=1), y.max(axis=1)) - np.minimum(x.min(axis=1), y.min(axis=1))
    allowed = 2 * gamma(4 * x.shape[1] + 16, UNIT_ROUNDOFF[dtype]) * width
    ours, *others = (np.asarray(answer, dtype=np.float64) for answer in found)
    for name, theirs in zip(PEERS, others, strict=True):
        apart = np.abs(theirs - ours[: len(theirs)]) / allowed[: len(theirs)]
        if not (apart <= 1).all():
            raise ArithmeticError(f"{name} differs by {apart.max():.3g} times what rounding can do")


def main() -> None:
    """Print the rows."""
    warnings.simplefilter("error")
    layout = "{:>3} {:>6} {:>8} {:>8} {:>9}" + " {:>24}" * len(PEERS)
    print(layout.format("n", "lanes", "weights", "dtype", "ours, µs", *(f"{peer}, µs" for peer in PEERS)))
    for row in rows():
        peers = (f"{us:,.2f} = {ratio:,.1f}×" for us, ratio in zip(row.peers_us, row.ratios, strict=True))
        print(layout.format(*row[:5], *peers))


if __name__ == "__main__":
    main()
