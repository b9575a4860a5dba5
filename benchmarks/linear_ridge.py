"""Ridge regression: a thousand small problems at once, each with its own λ, against scikit-learn, on one thread.

    python benchmarks/linear_ridge.py        # one line a workload and dtype, some ten seconds on one core

In each of nine rounds ours and a loop of `sklearn.linear_model.Ridge(alpha=λ)` over the same problems take turns in one
process; a ratio is the median of the rounds' ratios of CPU time. Both fit an intercept and take the solver that they
choose themselves, which is Cholesky for both. scikit-learn's time includes validation and Python, once a fit.

Before anything is timed the coefficients are compared. Either solver is off by at most 4 (n + 3p² + 8) u κ(A) ‖β‖ from
forming A = XᵀX + λI and factorising it (Higham 2002, section 10.1.1, theorem 10.3), and by as much again of X moved by
(n + 2) u from the means; what they may differ by is twice that.
"""

from __future__ import annotations

import statistics
from typing import NamedTuple

import numpy as np
import torch
from sklearn.linear_model import Ridge

from benchmarks.timing import one_thread, seconds
from impl.regularization.ridge_regression import ridge
from theory.core.bound import UNIT_ROUNDOFF

ROUNDS = 9
CALLS = 5
"""Ours in a round: one call for all lanes takes a tenth of the peer's loop."""


class Workload(NamedTuple):
    """So many problems of n rows and p columns; looped: how many scikit-learn fits in a round."""

    name: str
    lanes: int
    n: int
    p: int
    looped: int


class Row(NamedTuple):
    """CPU time of a fit, ours and scikit-learn's, in µs, the median of their ratios, and how far β may and does differ.

    apart: the largest difference of coefficients ÷ its bound.
    """

    workload: str
    dtype: str
    ours_us: float
    peer_us: float
    ratio: float
    apart: float


WORKLOADS = (
    Workload("1,000 × 64 × 8", 1000, 64, 8, 200),
    Workload("1,000 × 200 × 20", 1000, 200, 20, 200),
    Workload("1 × 20,000 × 100", 1, 20_000, 100, 1),
)


def rows() -> list[Row]:
    """Every workload in float64 and float32, on one thread."""
    with one_thread():
        return [measured(workload, dtype) for workload in WORKLOADS for dtype in ("float64", "float32")]


def measured(work: Workload, dtype: str) -> Row:
    """Ours and the peer's CPU time on the same problems, taking turns. Raises ArithmeticError if they differ."""
    x, y, penalty = problems(work, dtype)
    data = [torch.from_numpy(array) for array in (x, y, penalty)]

    def ours() -> np.ndarray:
        return ridge(*data, intercept=True).coef.numpy()

    def theirs() -> list[np.ndarray]:
        return [Ridge(alpha=float(penalty[i])).fit(x[i], y[i]).coef_ for i in range(work.looped)]

    def repeated() -> None:
        for _ in range(CALLS):
            ours()

    difference = np.linalg.norm(ours()[: work.looped].astype(np.float64) - np.stack(theirs()), axis=1)
    apart = float((difference / allowed(x[: work.looped], y[: work.looped], penalty[: work.looped])).max())
    if not apart <= 1:
        raise ArithmeticError(f"{work.name}: coefficients differ by {apart:.3g} times the bound")
    spent = [(seconds(repeated) / work.lanes / CALLS, seconds(theirs) / work.looped) for _ in range(ROUNDS)]
    own, other = (statistics.median(column) * 1e6 for column in zip(*spent, strict=True))
    return Row(work.name, dtype, own, other, statistics.median(b / a for a, b in spent), apart)


def problems(work: Workload, dtype: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gaussian features off 0, a linear answer with noise, and λ between 0.1 and 10."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((work.lanes, work.n, work.p)) + 1
    y = np.einsum("lnp,lp->ln", x, rng.standard_normal((work.lanes, work.p))) + rng.standard_normal(
        (work.lanes, work.n)
    )
    return x.astype(dtype), y.astype(dtype), (10 ** rng.uniform(-1, 1, work.lanes)).astype(dtype)


def allowed(x: np.ndarray, y: np.ndarray, penalty: np.ndarray) -> np.ndarray:
    """How far two fits may be apart: 16 (n + 3p² + 8) u (‖X‖² + λ)(‖β‖ + ‖y‖ ∕ ‖X‖) ∕ (σ² + λ), (lanes,)."""
    u, (_, n, p) = UNIT_ROUNDOFF[str(x.dtype)], x.shape
    raw, answers = x.astype(np.float64), y.astype(np.float64)
    centred = raw - raw.mean(axis=1, keepdims=True)
    s = np.linalg.svd(centred, compute_uv=False)
    size = np.linalg.norm(raw, axis=(1, 2))
    gram = centred.transpose(0, 2, 1) @ centred + penalty.astype(np.float64)[:, None, None] * np.eye(p)
    right = np.einsum("lnp,ln->lp", centred, answers)
    beta = np.linalg.norm(np.linalg.solve(gram, right[..., None])[..., 0], axis=1)
    scale = (size**2 + penalty) * (beta + np.linalg.norm(answers, axis=1) / size) / (s[:, -1] ** 2 + penalty)
    return 16 * (n + 3 * p**2 + 8) * u * scale


def main() -> None:
    """Print the rows."""
    layout = "{:>18} {:>8} {:>14} {:>20} {:>8} {:>16}"
    print(layout.format("problems", "dtype", "ours, µs a fit", "scikit-learn, µs", "ratio", "apart ÷ allowed"))
    for row in rows():
        told = (f"{row.ours_us:,.2f}", f"{row.peer_us:,.0f}", f"{row.ratio:,.1f}×", f"{row.apart:.1e}")
        print(layout.format(row.workload, row.dtype, *told))


if __name__ == "__main__":
    main()
