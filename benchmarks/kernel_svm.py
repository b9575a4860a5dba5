"""Support vector machines: a batch of our fits, and one large one, against LIBSVM in scikit-learn, on one thread.

    python benchmarks/kernel_svm.py        # one line a workload

In each of five rounds ours and scikit-learn's take turns in one process; a ratio is the median of the rounds' ratios
of CPU time. Both start from points: the kernel matrix is in our time, and the kernel's rows are in LIBSVM's. Both stop
at the same violation m(α) − M(α) of the optimality conditions, of which a gap is at most n C times.

Before anything is timed the answers are compared. With gaps g and g', and the gap of a machine ½‖w − w*‖² at least,
the two w may differ by ‖w − w'‖ ≤ √2g + √2g' in the space of features.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from sklearn.metrics.pairwise import rbf_kernel as their_kernel
from sklearn.svm import SVC

from benchmarks.timing import one_thread, seconds
from impl.kernel_machines.grams import rbf_kernel
from impl.kernel_machines.support_vectors import SvmFit, svm_fit
from theory.core.bound import UNIT_ROUNDOFF

ROUNDS = 5
LANES, N, D, LOOPED = 1000, 64, 2, 100
ROWS, COLUMNS = 5000, 8
LOOSE = 1e-3
"""scikit-learn's default violation."""


class Machine(NamedTuple):
    """A fit: β = α y of its points (n,) and its bias."""

    beta: np.ndarray
    bias: float


class Row(NamedTuple):
    """CPU time of a problem, ours and scikit-learn's, in ms, the median of peer ÷ ours; the worst gap ÷ nC of each."""

    workload: str
    ours_ms: float
    peer_ms: float
    ratio: float
    our_gap: float
    peer_gap: float


def rows() -> list[Row]:
    """Every workload in float64, on one thread."""
    with one_thread():
        small = [workload(LANES, N, D, LOOPED, C, LOOSE) for C in (1.0, 10.0)]
        return [*small, workload(LANES, N, D, LOOPED, 1.0, 1e-9), workload(1, ROWS, COLUMNS, 1, 1.0, LOOSE)]


def workload(lanes: int, n: int, d: int, looped: int, C: float, tol: float) -> Row:
    """So many problems with n points in d dimensions; scikit-learn's loop takes only the first few of them."""
    x, y = problems(lanes, n, d)
    points, labels = torch.from_numpy(x), torch.from_numpy(y)
    cost = torch.full((lanes,), C, dtype=torch.float64)

    def ours() -> SvmFit:
        return svm_fit(rbf_kernel(points, points, gamma=1 / d), labels, cost, tol=tol, known_psd=True)

    def theirs() -> list[SVC]:
        return [SVC(C=C, gamma=1 / d, tol=tol).fit(x[i], y[i]) for i in range(looped)]

    found = ours()
    mine = [Machine(np.asarray(a * s), float(b)) for a, s, b in zip(found.alpha, labels, found.bias, strict=True)]
    gaps = compared(x, y, C, mine[:looped], [read(model, n) for model in theirs()])
    name = f"{lanes:,} of {n:,} points, C {C:g}, violation {tol:g}"
    return timed(name, ours, theirs, lanes, looped, gaps)


def problems(lanes: int, n: int, d: int) -> tuple[np.ndarray, np.ndarray]:
    """x (lanes, n, d) and y (lanes, n): a ball inside out, with noise."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((lanes, n, d))
    far = (x**2).sum(axis=2) - d + np.sqrt(d) * rng.standard_normal((lanes, n))
    return x, np.where(far > 0, 1.0, -1.0)


def read(model: SVC, n: int) -> Machine:
    """The machine that scikit-learn has fitted to n points."""
    beta = np.zeros(n)
    beta[model.support_] = model.dual_coef_[0]
    return Machine(beta, float(model.intercept_[0]))


def compared(x: np.ndarray, y: np.ndarray, C: float, ours: list[Machine], theirs: list[Machine]) -> tuple[float, float]:
    """The worst gaps of both as shares of nC. Raises ArithmeticError where two w differ by more than they may."""
    n, d = x.shape[1:]
    worst = [0.0, 0.0]
    for at, pair in enumerate(zip(ours, theirs, strict=True)):
        K = their_kernel(x[at], gamma=1 / d)
        rounding = 64 * n * UNIT_ROUNDOFF["float64"] * n * C * (1 + C * K.sum(axis=1).max())
        gaps = [gap(K, y[at], C, machine) + rounding for machine in pair]
        between = pair[0].beta - pair[1].beta
        apart, allowed = np.sqrt(max(0.0, between @ K @ between)), sum(np.sqrt(2 * g) for g in gaps)
        if apart > allowed:
            raise ArithmeticError(f"machines {at} differ by {apart:.3g}, and gaps allow {allowed:.3g}")
        worst = [max(a, g / (n * C)) for a, g in zip(worst, gaps, strict=True)]
    return worst[0], worst[1]


def gap(K: np.ndarray, y: np.ndarray, C: float, machine: Machine) -> float:
    """Σ [C max(0, 1 − y f) − α (1 − y f)]."""
    short = 1 - y * (K @ machine.beta + machine.bias)
    return float((C * np.maximum(0, short) - machine.beta * y * short).sum())


def timed(
    name: str,
    ours: Callable[[], object],
    theirs: Callable[[], object],
    lanes: int,
    looped: int,
    gaps: tuple[float, float],
) -> Row:
    """Both in turn, in every round."""
    spent = [(seconds(ours) / lanes, seconds(theirs) / looped) for _ in range(ROUNDS)]
    own, other = (statistics.median(column) * 1e3 for column in zip(*spent, strict=True))
    return Row(name, own, other, statistics.median(b / a for a, b in spent), *gaps)


def main() -> None:
    """Print the rows."""
    layout = "{:>46} {:>14} {:>18} {:>8} {:>10} {:>10}"
    print(layout.format("machines", "ours, ms each", "scikit-learn, ms", "ratio", "our gap", "their gap"))
    for row in rows():
        told = (f"{row.ours_ms:,.3f}", f"{row.peer_ms:,.3f}", f"{row.ratio:,.2f}×")
        print(layout.format(row.workload, *told, f"{row.our_gap:.1e}", f"{row.peer_gap:.1e}"))


if __name__ == "__main__":
    main()
