"""Gaussian mixtures: a batch of our problems and one large one against scikit-learn, on one thread.

    python benchmarks/em_mixture.py        # one line a workload and dtype, about two minutes on one core

In each of five rounds ours and scikit-learn's take turns in one process; a ratio is the median of the rounds' ratios of
CPU time. The peer is `sklearn.mixture.GaussianMixture` with reg_covar=0, tol=0 and the same start, in a loop over the
small problems. Both run the same number of steps; scikit-learn's time includes validation and Python, once a fit.
Before anything is timed the means are compared: they may differ by 2^20 u times the spread of the data, since EM
carries a rounding error on from step to step.
"""

from __future__ import annotations

import statistics
import warnings
from typing import NamedTuple

import numpy as np
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from benchmarks.timing import one_thread, seconds
from impl.em.gaussian import Gaussians
from impl.em.gaussian_fit import Plan, fit
from theory.core.bound import UNIT_ROUNDOFF

ROUNDS = 5
CARRIED = 2.0**20


class Workload(NamedTuple):
    """So many problems of k components in n rows and d columns, for so many steps; looped: how many the peer fits."""

    name: str
    lanes: int
    n: int
    d: int
    k: int
    steps: int
    looped: int


class Row(NamedTuple):
    """CPU time of a fit, ours and scikit-learn's, in ms, the median of their ratios, and how far the means differ."""

    workload: str
    dtype: str
    ours_ms: float
    peer_ms: float
    ratio: float
    apart: float


WORKLOADS = (
    Workload("4,000 small", 4000, 64, 2, 3, 20, 50),
    Workload("one large", 1, 200_000, 16, 8, 5, 1),
)


def rows() -> list[Row]:
    """Every workload in float64 and float32, on one thread."""
    with one_thread(), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # with tol=0 scikit-learn always reaches max_iter
        return [measured(workload, dtype) for workload in WORKLOADS for dtype in ("float64", "float32")]


def measured(work: Workload, dtype: str) -> Row:
    """Ours and the peer's CPU time on the same problems, taking turns. Raises ArithmeticError if the means differ."""
    x, mu = problems(work, dtype)
    data, start = torch.from_numpy(x), first_mixture(torch.from_numpy(mu))
    plan = Plan("full", work.steps)

    def ours() -> np.ndarray:
        return fit(data, start, plan).params.means.numpy()

    def theirs() -> list[np.ndarray]:
        return [peer(x[lane], mu[lane], work.steps).means_ for lane in range(work.looped)]

    apart = float(np.abs(ours()[: work.looped] - np.stack(theirs())).max())
    if not apart <= CARRIED * UNIT_ROUNDOFF[dtype] * float(x.std()):
        raise ArithmeticError(f"{work.name}: means differ by {apart:.3g}")
    spent = [(seconds(ours) / work.lanes, seconds(theirs) / work.looped) for _ in range(ROUNDS)]
    own, other = (statistics.median(column) * 1e3 for column in zip(*spent, strict=True))
    return Row(work.name, dtype, own, other, statistics.median(b / a for a, b in spent), apart)


def problems(work: Workload, dtype: str) -> tuple[np.ndarray, np.ndarray]:
    """Rows around k centres (lanes, n, d), and means to start from (lanes, k, d)."""
    rng = np.random.default_rng(0)
    centre = 2 * rng.standard_normal((work.lanes, work.k, work.d))
    owner = rng.integers(0, work.k, (work.lanes, work.n))
    x = np.take_along_axis(centre, owner[..., None], axis=1) + rng.standard_normal((work.lanes, work.n, work.d))
    mu = centre + rng.standard_normal(centre.shape) / 2
    return x.astype(dtype), mu.astype(dtype)


def first_mixture(mu: torch.Tensor) -> Gaussians:
    """Equal weights and unit covariances."""
    lanes, k, d = mu.shape
    identity = torch.eye(d, dtype=mu.dtype).expand(lanes, k, d, d).contiguous()
    return Gaussians(torch.full_like(mu[..., 0], 1 / k), mu, identity)


def peer(x: np.ndarray, mu: np.ndarray, steps: int) -> GaussianMixture:
    """scikit-learn's fit from the same start."""
    k, d = mu.shape
    model = GaussianMixture(
        k,
        reg_covar=0,
        tol=0,
        max_iter=steps,
        weights_init=np.full(k, 1 / k),
        means_init=mu,
        precisions_init=np.broadcast_to(np.eye(d), (k, d, d)),
    )
    return model.fit(x)


def main() -> None:
    """Print the rows."""
    layout = "{:>12} {:>8} {:>14} {:>20} {:>8} {:>12}"
    print(layout.format("problems", "dtype", "ours, ms a fit", "scikit-learn, ms", "ratio", "means apart"))
    for row in rows():
        told = (f"{row.ours_ms:,.4f}", f"{row.peer_ms:,.2f}", f"{row.ratio:,.1f}×", f"{row.apart:.1e}")
        print(layout.format(row.workload, row.dtype, *told))


if __name__ == "__main__":
    main()
