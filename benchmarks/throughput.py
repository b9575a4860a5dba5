"""How many cases a second: `judge` against the same claim as a plain `@given` test, and our AdaBoost against a loop.

    python benchmarks/throughput.py            # both tables, about two minutes on one core

Both programs of a row run in one process, alternating; a figure is the median of CPU-time ratios. Small fits are won
by not paying Python and validation once per problem, which is overhead and not arithmetic: the table says so.
"""

from __future__ import annotations

import argparse
import dataclasses
import statistics
import time
from collections.abc import Callable

import numpy as np
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from rich.console import Console
from rich.table import Table

from benchmarks.adaboost_speed import rows as speed_rows
from impl.catalogue import ours
from theory.core.ask import Asker
from theory.core.claim import Claim
from theory.core.domain import Cases
from theory.core.judge import Setup, judge
from theory.core.registry import find
from theory.core.search import Profile
from theory.core.verdict import observe

N, D, ROUNDS = 64, 8, 8
LANES = 1024


def cpu_seconds(work: Callable[[], int]) -> tuple[int, float]:
    """Cases done by `work`, and the CPU seconds it took."""
    started = time.process_time()
    done = work()
    return done, time.process_time() - started


def swept(claim: Claim, dtype: str) -> Callable[[], int]:
    """The judge's own way: Hypothesis draws shape, regime and seed, NumPy fills 1,024 lanes."""
    shapes = {"n": (N, N), "d": (D, D), "rounds": (ROUNDS, ROUNDS)}
    fixed = dataclasses.replace(claim, lanes=LANES, domain=dataclasses.replace(claim.domain, shapes=shapes))
    setup = Setup(profile=Profile("standard", 40, LANES, seconds=6.0), real=False, dtype=dtype)

    def work() -> int:
        verdict = judge(fixed, ours("adaboost"), setup)
        if verdict.outcome != "stands":
            raise RuntimeError(f"{claim.id} {verdict.outcome}: {verdict.reason}")
        return verdict.cases

    return work


def element_wise(claim: Claim, dtype: str, examples: int) -> Callable[[], int]:
    """The same claim on the same subject as a plain test: Hypothesis draws every entry of every array.

    No fill value: with one, most entries of an array would be equal, and the cases no match for the judge's.
    """
    number = st.floats(-8, 8, width=32)
    asker = Asker(ours("adaboost"), seed=0)

    def work() -> int:
        done = 0

        @settings(max_examples=examples, database=None, deadline=None, suppress_health_check=list(HealthCheck))
        @given(
            hnp.arrays(np.float64, (N, D), elements=number, fill=st.nothing()),
            hnp.arrays(np.int64, N, elements=st.sampled_from([-1, 1]), fill=st.nothing()),
            hnp.arrays(np.float64, N, elements=st.floats(0.125, 8, width=32), fill=st.nothing()),
        )
        def test(X: np.ndarray, y: np.ndarray, w: np.ndarray) -> None:
            nonlocal done
            done += 1
            arrays = {"X": X[None], "y": y[None], "w": w[None]}
            cases = Cases(arrays, {"rounds": ROUNDS, "mode": "reweight"}, dtype=dtype)
            gaps = claim.check(asker(claim.asks, cases), cases)
            assert not (observe(gaps if isinstance(gaps, tuple) else (gaps,)).margin > 1).any()

        test()
        return done

    return work


def judged(ids: list[str], dtype: str, rounds: int, console: Console) -> None:
    table = Table(title=f"cases judged per CPU-second, n {N}, d {D}, {ROUNDS} rounds, {dtype}", title_justify="left")
    for name in ("claim", "judge", "plain @given", "ratio"):
        table.add_column(name, justify="left" if name == "claim" else "right")
    for claim_id in ids:
        claim = find(claim_id)
        if not isinstance(claim, Claim):
            raise SystemExit(f"{claim_id} is no claim")
        sweep, plain = swept(claim, dtype), element_wise(claim, dtype, examples=60)
        pairs = []
        for _ in range(rounds):
            (a, s), (b, t) = cpu_seconds(sweep), cpu_seconds(plain)
            pairs.append((a / s, b / t))
        fast, slow = (statistics.median(pair[i] for pair in pairs) for i in (0, 1))
        ratio = statistics.median(a / b for a, b in pairs)
        table.add_row(claim_id, f"{fast:,.0f}", f"{slow:,.0f}", f"{ratio:,.0f}×")
    console.print(table)


def fitted(console: Console) -> None:
    table = Table(title="AdaBoost with stumps, one thread: a batch of ours against a loop of scikit-learn's",
                  title_justify="left")  # fmt: skip
    for name in ("lanes", "n", "d", "rounds", "dtype", "ours, µs a problem", "scikit-learn, µs", "ratio"):
        table.add_column(name, justify="right")
    for row in speed_rows():
        table.add_row(*(str(cell) for cell in row))
    console.print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--claims", default="ADA-01,ADA-02,ADA-05", help="claims to judge, comma-separated")
    parser.add_argument("--repeat", type=int, default=3, help="rounds of each comparison")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    console = Console()
    for dtype in ("float64", "float32"):
        judged(arguments.claims.split(","), dtype, arguments.repeat, console)
    fitted(console)


if __name__ == "__main__":
    main()
