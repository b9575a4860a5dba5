"""AdaBoost with stumps: a batch of our fits against a loop of scikit-learn's, on one thread.

    python benchmarks/adaboost_speed.py        # one line a size and dtype, about a minute on one core

Ours and the peer alternate in one process; a ratio is the median of five ratios of CPU time for each problem. Both
fit and keep what predicting needs, no trajectory. The ratio compares programs on the same n, d and rounds, not equal
answers: scikit-learn's stump minimises the Gini impurity. Most of it is Python and validation paid for each problem
rather than once, which is overhead and not arithmetic.
"""

from __future__ import annotations

import statistics
import warnings
from typing import NamedTuple

import numpy as np
import torch
from sklearn.ensemble import AdaBoostClassifier
from sklearn.tree import DecisionTreeClassifier

from benchmarks.timing import one_thread, seconds
from impl.adaboost.boosting import fit_discrete

SIZES = ((4000, 16, 2, 10), (4000, 32, 4, 25), (1000, 64, 8, 50))
"""Lanes, n, d, rounds."""
REPEATS = 5
OURS_SECONDS = 0.3
PEER_SECONDS = 0.4


class Row(NamedTuple):
    """One size and dtype: CPU time in µs a problem, and the median of peer ÷ ours."""

    lanes: int
    n: int
    d: int
    rounds: int
    dtype: str
    ours_us: float
    peer_us: int
    ratio: int


def rows() -> list[Row]:
    """Every size in float32 and float64, on one thread."""
    with one_thread():
        return [measured(*size, dtype) for size in SIZES for dtype in ("float32", "float64")]


def measured(lanes: int, n: int, d: int, rounds: int, dtype: str) -> Row:
    """Ours and the peer's CPU time on the same problems, alternating."""
    X, y = problems(lanes, n, d, dtype)
    batch = torch.from_numpy(X), torch.from_numpy(y), torch.ones(lanes, n, dtype=getattr(torch, dtype))

    def ours() -> object:
        return fit_discrete(*batch, rounds=rounds, trace=False)

    def peer(count: int) -> None:
        for lane in range(count):
            AdaBoostClassifier(DecisionTreeClassifier(max_depth=1), n_estimators=rounds).fit(X[lane], y[lane])

    calls = max(1, round(OURS_SECONDS / seconds(ours)))  # the first call of each also warms it up
    looped = min(20, max(4, round(4 * PEER_SECONDS / seconds(lambda: peer(4)))))
    pairs = []
    for _ in range(REPEATS):
        mine = seconds(lambda: [ours() for _ in range(calls)]) / (calls * lanes)
        pairs.append((mine, seconds(lambda: peer(looped)) / looped))
    mine, theirs = (statistics.median(pair[i] for pair in pairs) * 1e6 for i in (0, 1))
    ratio = statistics.median(b / a for a, b in pairs)
    return Row(lanes, n, d, rounds, dtype, round(mine, 1), round(theirs), round(ratio))


def problems(lanes: int, n: int, d: int, dtype: str) -> tuple[np.ndarray, np.ndarray]:
    """Normal features, and labels −1 and +1 that follow the first one with noise; both labels occur in each lane."""
    source = np.random.default_rng(0)
    X = source.standard_normal((lanes, n, d)).astype(dtype)
    y = np.where(X[..., 0] + source.standard_normal((lanes, n)) > 0, 1, -1)
    y[:, :2] = -1, 1
    return X, y


def main() -> None:
    """Print the rows."""
    warnings.simplefilter("error")
    layout = "{:>6} {:>4} {:>3} {:>7} {:>8} {:>18} {:>17} {:>7}"
    print(layout.format(*Row._fields[:5], "ours, µs a problem", "scikit-learn, µs", "ratio"))
    for row in rows():
        print(layout.format(*row[:-1], f"{row.ratio:,}×"))


if __name__ == "__main__":
    main()
