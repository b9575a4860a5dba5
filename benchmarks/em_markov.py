"""Forward–backward for hidden Markov models: ours against hmmlearn, on one thread.

    python benchmarks/em_markov.py        # one line a problem, about a minute on one core

One long sequence and 1,000 short ones of symbols; what is asked is log p, γ and Σ ξ, the E-step of Baum–Welch, from
symbols to expected counts. Peers: "core", hmmlearn's compiled `forward_scaling`, `backward_scaling` and
`compute_scaling_xi_sum` on likelihoods looked up in NumPy, one call a sequence; "score_samples", the method of its
`CategoricalHMM(implementation="scaling")`, which gives log p and γ. In each round ours and the peers take turns in one
process; a ratio is the median of the rounds' ratios of CPU time. Before anything is timed the answers are compared:
each entry of γ and ξ is right to γ((2T+2)(S+4)) of it, so two differ by twice that at most.
"""

from __future__ import annotations

import statistics
import warnings
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from hmmlearn import _hmmc
from hmmlearn.hmm import CategoricalHMM
from numpy.typing import NDArray

from benchmarks.timing import one_thread, seconds
from impl.em.emissions import categorical
from impl.em.forward_backward import posterior
from theory.core.bound import UNIT_ROUNDOFF, gamma

Floats = NDArray[np.float64]

SIZES = (
    (1, 100_000, 3),
    (1, 100_000, 5),
    (1, 100_000, 10),
    (1, 10_000, 5),
    (1000, 50, 5),
    (1000, 20, 5),
    (1000, 50, 10),
)
"""Sequences, times, and states."""
SYMBOLS = 10
ROUNDS = 9
PEERS = ("core", "score_samples")


class Problem(NamedTuple):
    """A model, and sequences of symbols (R, T)."""

    pi: Floats
    A: Floats
    B: Floats
    symbols: NDArray[np.int64]


class Row(NamedTuple):
    """One size: CPU time in ms, ours and each of PEERS, and the medians of peer ÷ ours."""

    sequences: int
    times: int
    states: int
    ours_ms: float
    peers_ms: tuple[float, ...]
    ratios: tuple[float, ...]


class Found(NamedTuple):
    """Log p of all sequences, γ (R T, S), and Σ ξ (S, S) where it is told."""

    log_likelihood: float
    gamma: Floats
    moves: Floats | None


def rows() -> list[Row]:
    """Every size in float64, on one thread."""
    with one_thread():
        return [measured(*size) for size in SIZES]


def measured(R: int, T: int, S: int) -> Row:
    """Ours and the peers' CPU time on one problem, taking turns. Raises ArithmeticError if answers differ."""
    problem = drawn(R, T, S)
    work = (ours(problem), core(problem), score_samples(problem))
    compare([task() for task in work], T, S)
    spent = [[seconds(task) for task in work] for _ in range(ROUNDS)]
    own, *peers = (statistics.median(column) * 1e3 for column in zip(*spent, strict=True))
    ratios = tuple(statistics.median(one[i] / one[0] for one in spent) for i in range(1, len(work)))
    return Row(R, T, S, round(own, 2), tuple(round(p, 2) for p in peers), ratios)


def drawn(R: int, T: int, S: int) -> Problem:
    """Rows uniform over all distributions, and symbols drawn alike."""
    draw = np.random.default_rng(0)
    model = (draw.dirichlet(np.ones(size), S) for size in (S, SYMBOLS))
    return Problem(draw.dirichlet(np.ones(S)), *model, draw.integers(0, SYMBOLS, (R, T)))


def ours(problem: Problem) -> Callable[[], Found]:
    """Our E-step."""
    pi, A, B, symbols = (torch.from_numpy(part)[None] for part in problem)

    def work() -> Found:
        found = posterior(pi, A, categorical(B, symbols, None))
        moves = found.moves.sum((0, 1)).numpy()
        return Found(float(found.log_likelihood.sum()), found.gamma.flatten(0, 2).numpy(), moves)

    return work


def core(problem: Problem) -> Callable[[], Found]:
    """Hmmlearn's compiled functions, as its fit calls them."""
    pi, A, B, symbols = problem

    def work() -> Found:
        value, posteriors, moves = 0.0, [], np.zeros_like(A)
        for sequence in symbols:
            b = np.ascontiguousarray(B.T[sequence])
            log_p, alpha, scale = _hmmc.forward_scaling(pi, A, b)
            beta = _hmmc.backward_scaling(pi, A, b, scale)
            moves += _hmmc.compute_scaling_xi_sum(alpha, A, beta, b)
            joint = alpha * beta
            posteriors.append(joint / joint.sum(axis=1, keepdims=True))
            value += log_p
        return Found(value, np.concatenate(posteriors), moves)

    return work


def score_samples(problem: Problem) -> Callable[[], Found]:
    """Hmmlearn's method."""
    model = CategoricalHMM(len(problem.pi), implementation="scaling", n_features=SYMBOLS)
    model.startprob_, model.transmat_, model.emissionprob_ = problem[:3]
    X, lengths = problem.symbols.reshape(-1, 1), [problem.symbols.shape[1]] * len(problem.symbols)
    return lambda: Found(*model.score_samples(X, lengths), None)


def compare(found: list[Found], T: int, S: int) -> None:
    """Raise ArithmeticError unless all answers agree with the first within the bound of the module's docstring.

    Sums over times add γ(T R) each; log p, a sum of that many logarithms, γ(T R) of itself.
    """
    right, u = found[0], UNIT_ROUNDOFF["float64"]
    n = len(right.gamma)
    entry, total = 2 * gamma((2 * T + 2) * (S + 4), u), 2 * gamma((2 * T + 2) * (S + 4) + n, u)
    for name, other in zip(PEERS, found[1:], strict=True):
        apart = [
            np.abs(other.gamma - right.gamma).max() / entry,
            abs(other.log_likelihood - right.log_likelihood) / (n * entry + total * abs(right.log_likelihood)),
        ]
        if other.moves is not None and right.moves is not None:
            apart.append((np.abs(other.moves - right.moves) / (total * right.moves)).max())
        if not max(apart) <= 1:
            raise ArithmeticError(f"{name} differs by {max(apart):.3g} times what rounding can do")


def main() -> None:
    """Print the rows."""
    warnings.simplefilter("error")
    layout = "{:>9} {:>7} {:>6} {:>9}" + " {:>24}" * len(PEERS)
    print(layout.format("sequences", "times", "states", "ours, ms", *(f"{peer}, ms" for peer in PEERS)))
    for row in rows():
        peers = (f"{ms:,.2f} = {ratio:,.2f}×" for ms, ratio in zip(row.peers_ms, row.ratios, strict=True))
        print(layout.format(*row[:4], *peers))


if __name__ == "__main__":
    main()
