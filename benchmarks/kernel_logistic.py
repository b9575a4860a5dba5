"""Kernel logistic regression: a batch of our problems against scikit-learn in a loop, on one thread.

    python benchmarks/kernel_logistic.py        # one line a workload

1,000 problems of n = 64 with an RBF kernel and noisy labels. scikit-learn has no kernel logistic
regression; its `LogisticRegression` on the rows of a Cholesky factor R of K, K = RRᵀ, w = Rᵀβ, C = 1 ∕ 2λ and no
intercept, is the same problem, and it is solved by `newton-cholesky` and by `liblinear`, the quickest of its solvers
here. Both K and R are given, so that neither side is charged for them. In each of five rounds ours and scikit-learn's
take turns in one process; a ratio is the median of the rounds' ratios of CPU time.

Before anything is timed the answers are compared. All stop at gaps of a few 10⁻⁸ at most, which are measured
alike: F(w) is 2λ∕n strongly convex, so its gap is at most n‖∇F(w)‖² ∕ 4λ, and two scores may differ by
‖R(w − w')‖_∞ ≤ max‖R_i‖ (√(n gap ∕ λ) + √(n gap' ∕ λ)).
"""

from __future__ import annotations

import statistics
import warnings
from typing import NamedTuple

import numpy as np
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from benchmarks.timing import one_thread, seconds
from impl.kernel_machines.grams import gram
from impl.kernel_machines.kernel_logistic import klr_fit
from theory.core.bound import UNIT_ROUNDOFF

ROUNDS = 5
LANES, N, D, LOOPED = 1000, 64, 4, 50
GAP = 1e-8
PENALTIES = (1.0, 0.5, 0.1, 0.01)
"""λ = ½ is scikit-learn's default, C = 1."""
PEERS = {"newton-cholesky": 1e-5, "liblinear": 1e-4}
"""Solvers and their tol: at λ = 0.1 and below their gaps are then near ours or larger."""


class Row(NamedTuple):
    """CPU time of a problem, ours and scikit-learn's, in ms, the median of peer ÷ ours, and the worst gaps."""

    workload: str
    ours_ms: float
    peer_ms: float
    ratio: float
    our_gap: float
    peer_gap: float


def rows() -> list[Row]:
    """Every workload in float64, on one thread."""
    with one_thread(), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", FutureWarning)
        K, y = problems()
        return [row(K, y, penalty, solver) for penalty in PENALTIES for solver in PEERS]


def row(K: torch.Tensor, y: torch.Tensor, penalty: float, solver: str) -> Row:
    """All problems at one penalty against one of scikit-learn's solvers."""
    roots, labels = torch.linalg.cholesky(K[:LOOPED]).numpy(), y.numpy()

    def ours() -> np.ndarray:
        return klr_fit(K, y, penalty, tol=GAP, trusted=True).beta.numpy()

    def theirs() -> np.ndarray:
        model = LogisticRegression(C=1 / (2 * penalty), fit_intercept=False, solver=solver, tol=PEERS[solver])
        return np.stack([model.fit(roots[i], labels[i]).coef_[0] for i in range(LOOPED)])

    w = np.einsum("lij,li->lj", roots, ours()[:LOOPED])
    gaps = compared(roots, labels[:LOOPED], penalty, w, theirs())
    spent = [(seconds(ours) / LANES, seconds(theirs) / LOOPED) for _ in range(ROUNDS)]
    own, other = (statistics.median(column) * 1e3 for column in zip(*spent, strict=True))
    return Row(f"λ = {penalty:g}, {solver}", own, other, statistics.median(b / a for a, b in spent), *gaps)


def problems() -> tuple[torch.Tensor, torch.Tensor]:
    """K (lanes, n, n) of an RBF kernel, and labels (lanes, n) that depend on one coordinate and on noise."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((LANES, N, D))
    y = np.where(x[..., 0] + 0.5 * rng.standard_normal((LANES, N)) > 0, 1.0, -1.0)
    points = torch.from_numpy(x)
    return gram(points, points, "rbf", gamma=1 / D), torch.from_numpy(y)


def compared(
    roots: np.ndarray, y: np.ndarray, penalty: float, ours: np.ndarray, theirs: np.ndarray
) -> tuple[float, ...]:
    """The worst gaps of both. Raises ArithmeticError where the scores differ by more than the gaps allow.

    roots (l, n, n), y (l, n), w (l, n).
    """
    n, u = y.shape[1], UNIT_ROUNDOFF["float64"]
    gaps, scores = [], []
    for w in (ours, theirs):
        f = np.einsum("lij,lj->li", roots, w)
        slope = (2 * penalty * w - np.einsum("lij,li->lj", roots, y / (1 + np.exp(y * f)))) / n
        rounding = 8 * (2 * n + 8) * u * (1 + np.abs(roots).sum(axis=(1, 2)))
        gaps.append(n * (np.linalg.norm(slope, axis=1) + rounding / n) ** 2 / (4 * penalty))
        scores.append(f)
    apart = np.abs(scores[0] - scores[1]).max(axis=1)
    longest = np.linalg.norm(roots, axis=2).max(axis=1)
    allowed = longest * sum(np.sqrt(n * gap / penalty) for gap in gaps)
    if not (apart <= allowed).all():
        raise ArithmeticError(f"scores differ by {apart.max():.3g}, {(apart / allowed).max():.3g} of what gaps allow")
    return tuple(float(gap.max()) for gap in gaps)


def main() -> None:
    """Print the rows."""
    layout = "{:>26} {:>14} {:>18} {:>8} {:>10} {:>10}"
    print(layout.format("problems", "ours, ms each", "scikit-learn, ms", "ratio", "our gap", "their gap"))
    for found in rows():
        told = (f"{found.ours_ms:,.4f}", f"{found.peer_ms:,.4f}", f"{found.ratio:,.2f}×")
        print(layout.format(found.workload, *told, f"{found.our_gap:.1e}", f"{found.peer_gap:.1e}"))


if __name__ == "__main__":
    main()
