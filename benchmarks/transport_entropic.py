"""Entropic transport: a batch of our solves against POT's, on one thread.

    python benchmarks/transport_entropic.py        # one line a workload, size, dtype and peer, some five minutes

Squared distances of uniform points in the unit square, random weights. Ours and the peer alternate in one process; a
time is the median of CPU times for each problem, a ratio the median of peer ÷ ours. Ours gives potentials, errors and
the plan, the peer what it gives. Answers are compared first: the same number of sweeps must give the same plan, and
where a tolerance is asked for, both plans must keep both marginals to it, else `measured` raises. The loops of
`ot.sinkhorn` pay 50 µs to 1 ms of Python for each problem, which is overhead and not arithmetic; `ot.batch` is the
strong peer for small problems, and `ot.sinkhorn` the one for a single large problem.
"""

from __future__ import annotations

import functools
import statistics
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from benchmarks.timing import one_thread, seconds
from impl.transport.sinkhorn import sinkhorn

LANES = 1000
SIZES = (16, 32, 64)
LARGE = 2000
SWEEPS = 100
EPS = 0.05
TOLERANCE, TOLERANCE_EPS, MAX_ITER = 1e-9, 0.02, 5000
REPEATS, SLOW = 5, 1.0
"""Measurements of each row; 3 where one call of the peer takes longer than this many CPU seconds."""
SECONDS = 0.2
"""CPU seconds of each measurement, about."""


class Row(NamedTuple):
    """One workload and peer: CPU time in µs a problem, the median of peer ÷ ours, and both marginal errors."""

    work: str
    n: int
    lanes: int
    dtype: str
    peer: str
    ours_us: float
    peer_us: float
    ratio: float
    ours_error: float
    peer_error: float


@dataclass(frozen=True)
class Work:
    """What is solved: `lanes` problems of size n with this ε, to `tol` or for `sweeps` sweeps (tol 0)."""

    name: str
    n: int
    lanes: int
    dtype: str
    eps: float
    sweeps: int
    tol: float

    @functools.cached_property
    def problems(self) -> tuple[Tensor, Tensor, Tensor]:
        """a, b: (lane, n) and C: (lane, n, n)."""
        source = np.random.default_rng(0)
        x, y = source.random((2, self.lanes, self.n, 2))
        a, b = source.random((2, self.lanes, self.n)) + 0.1
        C = ((x[:, :, None] - y[:, None]) ** 2).sum(-1)
        weights = (w / w.sum(-1, keepdims=True) for w in (a, b))
        return tuple(torch.from_numpy(v.astype(self.dtype)) for v in (*weights, C))  # type: ignore[return-value]


Solver = Callable[[Work, int], object]
"""Solve the first so many problems and return their plans, as an array or as a list of them."""


def ours(work: Work, lanes: int) -> Tensor:
    """The plans of our batch, from the potential g = −ε log b that POT starts with."""
    a, b, C = (x[:lanes] for x in work.problems)
    return sinkhorn(a, b, C, work.eps, max_iter=work.sweeps, tol=work.tol, init=-work.eps * b.log()).plan


def looped(method: str) -> Solver:
    """A loop of `ot.sinkhorn`; transposed, since it starts with the other marginal."""

    def solve(work: Work, lanes: int) -> object:
        import ot

        a, b, C = (x.numpy() for x in work.problems)
        options = {"method": method, "numItermax": work.sweeps, "stopThr": work.tol, "warn": False}
        return [ot.sinkhorn(b[i], a[i], C[i].T, work.eps, **options).T for i in range(lanes)]

    return solve


def batched(method: str) -> Solver:
    """POT's own batch, on the same tensors."""

    def solve(work: Work, lanes: int) -> object:
        import ot.batch

        a, b, C = (x[:lanes] for x in work.problems)
        options = {"max_iter": work.sweeps, "tol": work.tol, "grad": "detach"}
        return ot.batch.solve_batch(C, work.eps, a, b, method=method, **options).plan

    return solve


LOG_LOOP, PLAIN_LOOP = "ot.sinkhorn sinkhorn_log, looped", "ot.sinkhorn, looped"
LOG_BATCH, PLAIN_BATCH = "ot.batch log_sinkhorn", "ot.batch sinkhorn"
PEERS: dict[str, Solver] = {
    LOG_LOOP: looped("sinkhorn_log"),
    PLAIN_LOOP: looped("sinkhorn"),
    LOG_BATCH: batched("log_sinkhorn"),
    PLAIN_BATCH: batched("sinkhorn"),
}


def works() -> list[tuple[Work, tuple[str, ...]]]:
    """Every workload with its peers."""
    found = []
    for dtype in ("float64", "float32"):
        for n in SIZES:
            found.append((Work(f"{SWEEPS} sweeps", n, LANES, dtype, EPS, SWEEPS, 0.0), tuple(PEERS)))
    for n in SIZES:
        work = Work(f"to {TOLERANCE:g}", n, LANES, "float64", TOLERANCE_EPS, MAX_ITER, TOLERANCE)
        found.append((work, (PLAIN_LOOP, LOG_BATCH, PLAIN_BATCH)))
    for dtype in ("float64", "float32"):
        large = Work(f"{SWEEPS} sweeps", LARGE, 1, dtype, EPS, SWEEPS, 0.0)
        found.append((large, (PLAIN_LOOP, LOG_LOOP)))
    return found


def rows() -> Iterator[Row]:
    """Every workload and peer, on one thread, NumPy's BLAS included."""
    with one_thread():
        for work, peers in works():
            yield from (measured(work, peer) for peer in peers)


def measured(work: Work, peer: str) -> Row:
    """Compare the answers, then both CPU times, alternating. Raises ArithmeticError where the answers differ."""
    solve = PEERS[peer]
    some = min(work.lanes, 8)
    errors = agreement(work, ours(work, some), solve(work, some))
    mine_calls, _ = calls(lambda: ours(work, work.lanes))
    lanes = work.lanes if "batch" in peer else 1
    their_calls, one = calls(lambda: solve(work, lanes))
    if "batch" not in peer:
        lanes, their_calls = min(work.lanes, 100, their_calls), 1
    pairs: list[tuple[float, float]] = []
    while len(pairs) < (3 if one > SLOW else REPEATS):
        mine = seconds(lambda: [ours(work, work.lanes) for _ in range(mine_calls)]) / (mine_calls * work.lanes)
        theirs = seconds(lambda: [solve(work, lanes) for _ in range(their_calls)]) / (their_calls * lanes)
        pairs.append((mine, theirs))
    mine, theirs = (statistics.median(pair[i] for pair in pairs) * 1e6 for i in (0, 1))
    ratio = statistics.median(b / a for a, b in pairs)
    return Row(work.name, work.n, work.lanes, work.dtype, peer, mine, theirs, ratio, *errors)


def agreement(work: Work, plans: Tensor, others: object) -> tuple[float, float]:
    """The largest marginal errors of our plans and of the peer's.

    With equal sweeps both are diag(u) e^{−C/ε} diag(v) from the same start. A sweep computes log u and log v with an
    error of (max C/ε + n + 4) u and does not expand what it was given, and an entry has the errors of both: so the
    plans differ by 2 · 2 k (max C/ε + n + 4) u of their mass after k sweeps. Where a tolerance is asked for, POT keeps
    the Euclidean norm of the error to it, which is up to √n smaller than the sum that we keep.
    """
    a, b, C = (x[: len(plans)] for x in work.problems)
    theirs = torch.stack([torch.as_tensor(p) for p in others]) if isinstance(others, list) else torch.as_tensor(others)
    errors = [float(torch.maximum(*_errors(P, a, b)).amax()) for P in (plans, theirs)]
    unit = torch.finfo(C.dtype).eps / 2
    rounding = 4 * work.sweeps * (float(C.amax()) / work.eps + work.n + 4) * unit
    if work.tol == 0:
        apart = float((plans - theirs).abs().sum((-2, -1)).amax())
        if not apart <= rounding:
            raise ArithmeticError(f"{work}: the plans are {apart:g} apart, {rounding:g} allowed")
    elif not max(errors[0], errors[1] / work.n**0.5) <= work.tol:
        raise ArithmeticError(f"{work}: marginal errors are {errors}")
    return errors[0], errors[1]


def _errors(P: Tensor, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    return (P.sum(-1) - a).abs().sum(-1), (P.sum(-2) - b).abs().sum(-1)


def calls(work: Callable[[], object]) -> tuple[int, float]:
    """How many calls take about `SECONDS`, and what one takes; the first call warms up, unless it is slow."""
    one = seconds(work)
    if one < SLOW:
        one = seconds(work)
    return max(1, round(SECONDS / max(one, 1e-6))), one


def main() -> None:
    """Print the rows."""
    warnings.simplefilter("error")
    layout = "{:<10} {:>5} {:>6} {:>8}  {:<32} {:>9} {:>10} {:>8} {:>9} {:>9}"
    print(layout.format("work", "n", "lanes", "dtype", "peer", "ours, µs", "peer, µs", "ratio", "error", "peer's"))
    for row in rows():
        times = f"{row.ours_us:,.1f}", f"{row.peer_us:,.0f}", f"{row.ratio:,.1f}×"
        print(layout.format(*row[:5], *times, f"{row.ours_error:.0e}", f"{row.peer_error:.0e}"), flush=True)


if __name__ == "__main__":
    main()
