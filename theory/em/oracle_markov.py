"""Hidden Markov models by adding up all paths, exactly; and log-likelihoods of long sequences in balls.

A float is a rational number, so a path's probability is one too: floats are taken as whole numbers times a power of
two, and a table with one entry for each of the S^T paths is summed. The numbers may as well be balls (python-flint
`arb`), where likelihoods are no rationals.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from theory.core.domain import Array

Numbers = NDArray[Any]
"""An array of whole numbers, Fractions or balls (dtype object)."""


class Posterior(NamedTuple):
    """What the paths of each lane add up to, exactly.

    log_likelihood (lane,): log p(x); gamma (lane, t, s), xi (lane, t−1, s, s), alpha, beta (lane, t, s) and scale
    (lane, t) in Bishop's normalisation; 0 behind the length. All floats are nearest to the exact value.
    """

    log_likelihood: NDArray[np.float64]
    gamma: NDArray[np.float64]
    xi: NDArray[np.float64]
    alpha: NDArray[np.float64]
    beta: NDArray[np.float64]
    scale: NDArray[np.float64]


def precise() -> None:
    """Let balls have `BALL_BITS` bits."""
    from flint import ctx

    from theory.core.exact import BALL_BITS

    ctx.prec = BALL_BITS


def whole(values: Array) -> tuple[Numbers, int]:
    """Floats as whole numbers m (dtype object) and a count e: values = m · 2^-e exactly."""
    mantissa, exponent = np.frexp(values)
    least = int(exponent[values != 0].min()) if np.any(values != 0) else 0
    found = np.empty(values.size, dtype=object)
    digits = (mantissa * 2.0**53).astype(np.int64).ravel().tolist()
    places = np.where(values != 0, exponent - least, 0).ravel().tolist()
    found[:] = [m << e for m, e in zip(digits, places, strict=True)]
    return found.reshape(values.shape), 53 - least


def paths(pi: Numbers, A: Numbers, b: Numbers) -> Numbers:
    """Probability of each path with what was seen: (lane, s, …, s) with one axis for each of the t times."""
    lanes, t, s = b.shape
    table = pi * b[:, 0]
    for step in range(1, t):
        before = (1,) * (step - 1)
        table = table[..., None] * A.reshape(lanes, *before, s, s) * b[:, step].reshape(lanes, *before, 1, s)
    return table


def marginal(table: Numbers, *times: int) -> Numbers:
    """A table of paths summed over the states at all other times: (lane, s) or (lane, s, s)."""
    others = tuple(axis for axis in range(1, table.ndim) if axis - 1 not in times)
    return np.asarray(table.sum(axis=others) if others else table)


def remainders(A: Numbers, b: Numbers) -> list[Numbers]:
    """Probability of what is seen after each time from each state on: t arrays (lane, s), by all paths from there."""
    lanes, t, s = b.shape
    ones = np.full((lanes, s), 1, dtype=object)
    table, found = ones[..., None], [ones]
    for step in range(t - 1, 0, -1):
        onward = A * b[:, step][:, None, :]  # (lane, s, s)
        table = (onward[..., None] * table[:, None]).reshape(lanes, s, -1)  # one entry for each path onward
        found.append(table.sum(axis=2))
    return found[::-1]


def by_length(lengths: Array) -> Iterator[tuple[int, NDArray[np.intp]]]:
    """Each length that occurs, with the lanes that have it."""
    for length in np.unique(lengths):
        yield int(length), np.flatnonzero(lengths == length)


def fractions(numerators: Numbers, denominators: Numbers) -> Numbers:
    """Exact quotients of whole numbers."""
    return np.asarray(np.frompyfunc(Fraction, 2, 1)(numerators, denominators))


def floats(values: Numbers) -> NDArray[np.float64]:
    """The nearest floats of Fractions or whole numbers; the middles of balls."""
    flat = [float(v.mid()) if hasattr(v, "mid") else float(v) for v in values.ravel()]
    return np.array(flat, dtype=np.float64).reshape(values.shape)


def logs(numbers: Numbers, power: int) -> NDArray[np.float64]:
    """log(m · 2^-power) of whole numbers m > 0, from balls."""
    from flint import arb, fmpz

    precise()
    shift = arb(2).log() * power
    return floats(np.array([arb(fmpz(int(m))).log() - shift for m in numbers.ravel()], dtype=object)).reshape(
        numbers.shape
    )


def enumerated(pi: Array, A: Array, b: Array, lengths: Array) -> Posterior:
    """The posterior of one sequence a lane, by all of its paths, in exact arithmetic."""
    lanes, t, s = b.shape
    found = Posterior(
        np.zeros(lanes),
        np.zeros((lanes, t, s)),
        np.zeros((lanes, t - 1, s, s)),
        np.zeros((lanes, t, s)),
        np.zeros((lanes, t, s)),
        np.zeros((lanes, t)),
    )
    (start, p), (move, a), (seen, e) = whole(pi), whole(A), whole(b)
    for length, rows in by_length(lengths):
        tables = [paths(start[rows], move[rows], seen[rows, :n]) for n in range(1, length + 1)]
        totals = [table.reshape(len(rows), -1).sum(axis=1) for table in tables]
        whole_run, total, powers = tables[-1], totals[-1], p + length * e + (length - 1) * a
        after = remainders(move[rows], seen[rows, :length])
        found.log_likelihood[rows] = logs(total, powers)
        for step in range(length):
            ends = marginal(tables[step], step)
            found.gamma[rows, step] = floats(fractions(marginal(whole_run, step), total[:, None]))
            found.alpha[rows, step] = floats(fractions(ends, totals[step][:, None]))
            found.beta[rows, step] = floats(fractions(after[step] * totals[step][:, None], total[:, None]))
            before, power = (totals[step - 1], a + e) if step else (np.full(len(rows), 1, dtype=object), p + e)
            found.scale[rows, step] = floats(fractions(totals[step], before * 2**power))
            if step:
                found.xi[rows, step - 1] = floats(fractions(marginal(whole_run, step - 1, step), total[:, None, None]))
    return found


class Best(NamedTuple):
    """Log-probability of the best path, of all paths together and of a given path, and whether that is possible.

    All (lane,).
    """

    highest: NDArray[np.float64]
    evidence: NDArray[np.float64]
    of_path: NDArray[np.float64]
    is_possible: NDArray[np.bool_]


def best_path(pi: Array, A: Array, b: Array, lengths: Array, path: Array) -> Best:
    """The largest entry of the table of all paths, and the entry of `path` (lane, t); −∞ where it is 0 or no path."""
    lanes, s = pi.shape
    found = Best(np.zeros(lanes), np.zeros(lanes), np.full(lanes, -np.inf), np.zeros(lanes, dtype=bool))
    (start, p), (move, a), (seen, e) = whole(pi), whole(A), whole(b)
    for length, rows in by_length(lengths):
        table = paths(start[rows], move[rows], seen[rows, :length])
        flat, power = table.reshape(len(rows), -1), p + length * e + (length - 1) * a
        found.highest[rows] = logs(np.asarray(flat.max(axis=1)), power)
        found.evidence[rows] = logs(np.asarray(flat.sum(axis=1)), power)
        for place, lane in enumerate(rows):
            steps = tuple(int(state) for state in path[lane, :length])
            entry = table[(place, *steps)] if all(0 <= state < s for state in steps) else 0
            found.is_possible[lane] = entry > 0
            if entry > 0:
                found.of_path[lane] = logs(np.array([entry], dtype=object), power)[0]
    return found


class Counts(NamedTuple):
    """Exact expected counts over all sequences of a lane, as Fractions or balls.

    start (lane, s), moves (lane, s, s), emissions (lane, r, t, s): posterior of the state at each place of each
    sequence, 0 behind the length.
    """

    start: Numbers
    moves: Numbers
    emissions: Numbers


def expected(pi: Numbers, A: Numbers, b: Numbers, lengths: Array) -> Counts:
    """Expected counts from all paths of each sequence; b (lane, r, t, s). Quotients are exact, or balls."""
    lanes, r, t, s = b.shape
    zero = b.ravel()[0] * 0
    start, moves = np.full((lanes, s), zero, dtype=object), np.full((lanes, s, s), zero, dtype=object)
    emissions = np.full((lanes, r, t, s), zero, dtype=object)
    for run in range(r):
        for length, rows in by_length(lengths[:, run]):
            table = paths(pi[rows], A[rows], b[rows, run, :length])
            total = table.reshape(len(rows), -1).sum(axis=1)[:, None]
            for step in range(length):
                gamma = _divided(marginal(table, step), total)
                emissions[rows, run, step] = gamma
                if step == 0:
                    start[rows] += gamma
                else:
                    moves[rows] += _divided(marginal(table, step - 1, step), total[..., None])
    return Counts(start, moves, emissions)


def _divided(numerators: Numbers, denominators: Numbers) -> Numbers:
    rational = isinstance(numerators.ravel()[0], int)
    return fractions(numerators, denominators) if rational else np.asarray(numerators / denominators)


def symbol_counts(emissions: Numbers, symbols: Array, v: int) -> Numbers:
    """How often each state emitted each symbol: (lane, s, v), from what `expected` says of each place."""
    one_hot = np.equal(symbols[..., None], np.arange(v)).astype(np.int64).astype(object)  # (lane, r, t, v)
    return np.asarray((emissions[..., :, None] * one_hot[..., None, :]).sum(axis=(1, 2)))


def shares(counts: Numbers, old: Array) -> NDArray[np.float64]:
    """Rows of counts divided by their sums; the old row where nothing was counted."""
    total = counts.sum(axis=-1, keepdims=True)
    empty = np.equal(total, 0).astype(bool)
    safe = np.where(empty, 1, total)
    return np.where(empty, old, floats(np.asarray(counts / safe)))


def balls(values: Array) -> Numbers:
    """Floats as exact balls, shape unchanged."""
    from flint import arb

    found = np.empty(values.size, dtype=object)
    found[:] = [arb(v) for v in np.asarray(values, dtype=np.float64).ravel().tolist()]
    return found.reshape(values.shape)


def distributions(values: Array) -> Numbers:
    """Rows of floats as balls that sum to 1: each divided by its exact sum."""
    precise()
    rows = balls(values)
    return np.asarray(rows / rows.sum(axis=-1, keepdims=True))


def forward(pi: Numbers, A: Numbers, rows: list[list[Any]]) -> list[Any]:
    """The forward recursion of one sequence in balls: t matrices (1, s) of α_t = p(x_1 … x_t, z_t).

    pi (s), A (s, s) and t rows of s likelihoods, all balls.
    """
    from flint import arb_mat

    precise()
    s = len(pi)
    move = arb_mat(s, s, A.ravel().tolist())
    found = [arb_mat(1, s, [p * q for p, q in zip(pi.tolist(), rows[0], strict=True)])]
    for row in rows[1:]:
        found.append(arb_mat(1, s, [p * q for p, q in zip((found[-1] * move).entries(), row, strict=True)]))
    return found


def evidence(state: Any) -> Any:
    """Log of the sum of a last α_T, a ball."""
    from flint import arb

    return sum(state.entries(), arb(0)).log()


def symbol_evidence(pi: Numbers, A: Numbers, B: Numbers, symbols: Array, lengths: Array) -> Numbers:
    """Log p of all sequences of each lane together, as balls (lane,); parameters are balls, symbols (lane, r, t)."""
    found = []
    for lane in range(len(pi)):
        rows = [B[lane, :, v].tolist() for v in range(B.shape[2])]
        values = [
            evidence(forward(pi[lane], A[lane], [rows[v] for v in run[:length]])[-1])
            for run, length in zip(symbols[lane].tolist(), lengths[lane].tolist(), strict=True)
        ]
        found.append(sum(values))
    return np.array(found, dtype=object)


class LongRun(NamedTuple):
    """Log p (lane,), γ (lane, t, s), and the least α̂_t(i) > 0 of a run (lane,): what a scaled recursion must hold."""

    log_likelihood: NDArray[np.float64]
    gamma: NDArray[np.float64]
    least: NDArray[np.float64]


def ball_posterior(pi: Array, A: Array, b: Array, lengths: Array) -> LongRun:
    """The posterior of one sequence a lane by the recursion in balls, whose exponents have any size: for long runs."""
    from flint import arb, arb_mat

    lanes, _, s = b.shape
    found = LongRun(np.zeros(lanes), np.zeros(b.shape), np.ones(lanes))
    for lane, length in enumerate(lengths.tolist()):
        rows = balls(b[lane, :length]).tolist()
        start, move = balls(pi[lane]), balls(A[lane])
        ahead = forward(start, move, rows)
        back, onward = arb_mat(s, 1, [arb(1)] * s), arb_mat(s, s, move.ravel().tolist())
        total = sum(ahead[-1].entries(), arb(0))
        found.log_likelihood[lane] = float(total.log().mid())
        for step in range(length - 1, -1, -1):
            now = ahead[step].entries()
            pairs = zip(now, back.entries(), strict=True)
            found.gamma[lane, step] = [float((p * q / total).mid()) for p, q in pairs]
            so_far = sum(now, arb(0))
            found.least[lane] = min(found.least[lane], *(float((p / so_far).mid()) for p in now if p > 0))
            back = onward * arb_mat(s, 1, [p * q for p, q in zip(rows[step], back.entries(), strict=True)])
    return found
