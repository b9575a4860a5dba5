"""The lasso: a batch of our problems and one long path against scikit-learn, on one thread.

    python benchmarks/linear_lasso.py        # one line a workload

In each of five rounds ours and scikit-learn's take turns in one process; a ratio is the median of the rounds' ratios
of CPU time. Many small problems: `sklearn.linear_model.Lasso` in a loop, stopped at the duality gap that ours stop at.
One path: `sklearn.linear_model.lasso_path` as it comes, at penalties given to both, and ours stopped at the same gap,
10⁻⁴ ‖y‖² ∕ n; the last line is ours without that leave, at the gap of a few roundings, against the same peer.

Before anything is timed the answers are compared: at each penalty the two fits may differ by
‖X(β − β')‖ ≤ √(2n gap) + √(2n gap'), since a gap bounds how far a fit is from the best one.
"""

from __future__ import annotations

import statistics
import warnings
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import Lasso, lasso_path

from benchmarks.timing import one_thread, seconds
from impl.regularization.lasso_regression import lasso
from impl.regularization.path_of_lasso import geometric_penalties
from impl.regularization.path_of_lasso import lasso_path as our_path
from theory.core.bound import UNIT_ROUNDOFF

ROUNDS = 5
LANES, N, P, LOOPED = 1000, 64, 16, 100
ROWS, COLUMNS, INFORMATIVE, PENALTIES = 10_000, 1000, 50, 100
PATH_TOL = 1e-4
"""scikit-learn's default: a gap of so many ‖y‖² ∕ n."""


class Row(NamedTuple):
    """CPU time of a problem, ours and scikit-learn's, in ms, the median of peer ÷ ours; the worst gap ÷ ‖y‖² ∕ n."""

    workload: str
    ours_ms: float
    peer_ms: float
    ratio: float
    our_gap: float
    peer_gap: float


def rows() -> list[Row]:
    """Every workload in float64, on one thread."""
    with one_thread(), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the gap of a few roundings may be out of a peer's reach
        small = [many(share) for share in (0.5, 0.1, 0.01)]
        return [*small, path("one path", PATH_TOL), path("one path, to rounding", None)]


def many(share: float) -> Row:
    """Many small problems at so great a share of their largest penalties."""
    x, y = problems()
    top = np.abs(np.einsum("lnp,ln->lp", x, y)).max(axis=1) / N
    penalty, (data, target) = share * top, (torch.from_numpy(v) for v in (x, y))
    tol = 8 * (N + P + 8) * UNIT_ROUNDOFF["float64"]  # times ‖y‖² ∕ n: what ours stop at

    def ours() -> np.ndarray:
        return lasso(data, target, torch.from_numpy(penalty)).coef.numpy()

    def theirs() -> np.ndarray:
        return np.stack(
            [
                Lasso(alpha=penalty[i], fit_intercept=False, tol=tol, max_iter=100_000).fit(x[i], y[i]).coef_
                for i in range(LOOPED)
            ]
        )

    gaps = compared(x[:LOOPED], y[:LOOPED], penalty[:LOOPED], ours()[:LOOPED], theirs())
    return timed(f"{LANES:,} small, {share:g} λ_max", ours, theirs, LANES, LOOPED, gaps)


def path(name: str, tol: float | None) -> Row:
    """One long path."""
    x, y = table()
    data, target = torch.from_numpy(x)[None], torch.from_numpy(y)[None]
    penalties = geometric_penalties(data, target, PENALTIES)
    wanted = penalties[0].numpy()

    def ours() -> np.ndarray:
        return our_path(data, target, penalties, tol=tol).coef[0].numpy()

    def theirs() -> np.ndarray:
        return lasso_path(x, y, alphas=wanted)[1].T

    gaps = compared(x[None], y[None], wanted, ours(), theirs())
    return timed(name, ours, theirs, 1, 1, gaps)


def problems() -> tuple[np.ndarray, np.ndarray]:
    """x (lanes, n, p) and y (lanes, n): a quarter of the columns matter."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((LANES, N, P))
    coef = rng.standard_normal((LANES, P)) * (np.arange(P) < P // 4)
    return x, np.einsum("lnp,lp->ln", x, coef) + rng.standard_normal((LANES, N))


def table() -> tuple[np.ndarray, np.ndarray]:
    """x (n, p), laid out as scikit-learn likes it, and y (n,): few columns matter, and the noise is as large."""
    rng = np.random.default_rng(0)
    x = np.asfortranarray(rng.standard_normal((ROWS, COLUMNS)))
    coef = rng.standard_normal(COLUMNS) * (np.arange(COLUMNS) < INFORMATIVE)
    signal = x @ coef
    return x, signal + signal.std() * rng.standard_normal(ROWS)


def compared(x: np.ndarray, y: np.ndarray, penalty: np.ndarray, ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """The worst gaps of both as shares of ‖y‖² ∕ n. Raises ArithmeticError where the fits differ by more than they may.

    x (l or 1, n, p), y, penalty (l,), coefficients (l, p).
    """
    n = y.shape[1]
    fits = [np.einsum("lnp,lp->ln", x, beta) if len(x) > 1 else beta @ x[0].T for beta in (ours, theirs)]
    gaps = []
    for fit, beta in zip(fits, (ours, theirs), strict=True):
        residual = y - fit
        pull = np.abs(np.einsum("lnp,ln->lp", x, residual) if len(x) > 1 else residual @ x[0]).max(axis=1)
        shrink = np.minimum(1, n * penalty / pull)
        primal = (residual**2).sum(axis=1) / (2 * n) + penalty * np.abs(beta).sum(axis=1)
        dual = ((y**2).sum(axis=1) - ((y - shrink[:, None] * residual) ** 2).sum(axis=1)) / (2 * n)
        rounding = 8 * (n + x.shape[2]) * UNIT_ROUNDOFF["float64"] * (y**2).sum(axis=1) / n
        gaps.append(np.maximum(primal - dual, 0) + rounding)
    apart = np.linalg.norm(fits[0] - fits[1], axis=1)
    allowed = sum(np.sqrt(2 * n * gap) for gap in gaps)
    if not (apart <= allowed).all():
        raise ArithmeticError(f"fits differ by {apart.max():.3g}, {(apart / allowed).max():.3g} of what gaps allow")
    return np.array([(gap * n / (y**2).sum(axis=1)).max() for gap in gaps])


def timed(
    name: str, ours: Callable[[], object], theirs: Callable[[], object], lanes: int, looped: int, gaps: np.ndarray
) -> Row:
    """Both in turn, in every round."""
    spent = [(seconds(ours) / lanes, seconds(theirs) / looped) for _ in range(ROUNDS)]
    own, other = (statistics.median(column) * 1e3 for column in zip(*spent, strict=True))
    return Row(name, own, other, statistics.median(b / a for a, b in spent), *gaps)


def main() -> None:
    """Print the rows."""
    layout = "{:>24} {:>18} {:>18} {:>8} {:>10} {:>10}"
    print(layout.format("problems", "ours, ms each", "scikit-learn, ms", "ratio", "our gap", "their gap"))
    for row in rows():
        told = (f"{row.ours_ms:,.4f}", f"{row.peer_ms:,.4f}", f"{row.ratio:,.2f}×")
        print(layout.format(row.workload, *told, f"{row.our_gap:.1e}", f"{row.peer_gap:.1e}"))


if __name__ == "__main__":
    main()
