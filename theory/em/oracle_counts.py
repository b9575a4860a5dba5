"""Mixtures of coins and multinomials in exact rationals and in balls, and how far a step in floats may be from them.

A coin is a multinomial of two categories, heads and tails. Floats are rationals, so an EM step of them is a rational
too; weights and rows are divided by their exact sums first. Only a logarithm needs a ball.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import SMALLEST_NORMAL, gamma
from theory.core.domain import Array, Cases
from theory.em.cases_counts import as_counts

Floats = NDArray[np.float64]


class Step(NamedTuple):
    """One EM step of a lane in exact rationals: resp [m][k], pi [k], beta [k][v], the evidence of each row [m].

    taken [k]: Σ_m r_mk n_m, how much belongs to each component; beta keeps its row where that is 0.
    """

    resp: list[list[Any]]
    pi: list[Any]
    beta: list[list[Any]]
    evidence: list[Any]
    taken: list[Any]


def exact(value: float) -> Any:
    """The rational that a float is, as python-flint's `fmpq`."""
    from flint import fmpq

    return fmpq(*float(value).as_integer_ratio())


def exact_beta(cases: Cases, lane: int) -> list[list[Any]]:
    """Rows of category probabilities of one lane, exact: [k][v]; a coin's are θ and 1 − θ."""
    if "beta" in cases.arrays:
        return [_normalised([exact(p) for p in row]) for row in cases["beta"][lane]]
    return [[exact(p), 1 - exact(p)] for p in cases["theta"][lane]]


def exact_pi(cases: Cases, lane: int) -> list[Any]:
    """Weights of one lane, exact and of sum 1."""
    return _normalised([exact(p) for p in cases["pi"][lane]])


def _normalised(values: list[Any]) -> list[Any]:
    total = sum(values, exact(0))
    return [value / total for value in values]


def exact_step(counts: Array, pi: list[Any], beta: list[list[Any]]) -> Step:
    """r_mk ∝ π_k Π_v β_kv^x_mv, π'_k = Σ_m r_mk / M, β'_kv = Σ_m r_mk x_mv / Σ_m r_mk n_m; counts (m, v)."""
    rows = [[int(x) for x in row] for row in counts]
    resp, evidence = [], []
    for row in rows:
        joint = [weight * _likelihood(row, ps, exact(1)) for weight, ps in zip(pi, beta, strict=True)]
        total = sum(joint, exact(0))
        resp.append([value / total for value in joint])
        evidence.append(total * _coefficients([row]))
    moved, taken = [], []
    for k, old in enumerate(beta):
        sums = [sum((r[k] * row[v] for r, row in zip(resp, rows, strict=True)), exact(0)) for v in range(len(old))]
        taken.append(sum(sums, exact(0)))
        moved.append([value / taken[k] for value in sums] if taken[k] else old)
    weights = [sum((r[k] for r in resp), exact(0)) / len(rows) for k in range(len(pi))]
    return Step(resp, weights, moved, evidence, taken)


def _likelihood(row: list[int], probabilities: list[Any], one: Any) -> Any:
    value = one
    for x, p in zip(row, probabilities, strict=True):
        value *= p**x
    return value


def exact_steps(cases: Cases) -> list[Step]:
    """One exact EM step from the parameters of every lane."""
    counts = as_counts(cases)
    return [exact_step(counts[i], exact_pi(cases, i), exact_beta(cases, i)) for i in range(cases.lanes)]


def rounded(values: list[Any]) -> Floats:
    """Nearest floats of nested lists of rationals."""
    return np.array([rounded(v) if isinstance(v, list) else int(v.p) / int(v.q) for v in values])


def log_likelihood(evidence: list[Any]) -> float:
    """Σ_m log p(row m), coefficients included, from exact evidences: the float nearest a ball's middle."""
    from flint import arb, ctx

    from theory.core.exact import BALL_BITS

    with ctx.workprec(BALL_BITS):
        return float(sum((arb(value).log() for value in evidence), arb(0)).mid())


class Sizes(NamedTuple):
    """What rounding can do to one step, from the parameters in float64; `…` stands for lanes (and steps).

    log_resp (…, m, k). log_sums (…, k, v): log Σ_m r_mk x_mv, −∞ where it is 0. joint (…, m): error of a log-joint
    density, in nats. resp, weight, share (…): relative errors of responsibilities, new weights, new probabilities.
    """

    log_resp: Floats
    log_sums: Floats
    joint: Floats
    resp: Floats
    weight: Floats
    share: Floats


def sizes(counts: Array, pi: Array, beta: Array, u: float) -> Sizes:
    """Forward error of one step in the precision u; counts (…, m, v), pi (…, k), beta (…, k, v), a coin's 1 − θ too.

    A log-joint adds log π, x log β and three kinds of log-factorials: 8u of the sum of their sizes covers each
    function's 2 ulp and six additions; rounding 1 − θ or a row that sums to 1 only up to rounding costs n (v + 1) u
    more. Both a numerator and the sum under it move by that, so r is off by twice the largest of them, a softmax by
    γ(K+8) more; sums of M non-negative terms by γ(M+1) each (Higham 2002, 3.1, 4.2).
    """
    from scipy.special import gammaln, logsumexp

    m, v, k = *counts.shape[-2:], pi.shape[-1]
    x, n = counts[..., :, None, :].astype(np.float64), counts.sum(axis=-1)[..., None].astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        log_pi, log_beta = np.log(pi)[..., None, :], np.log(beta)[..., None, :, :]
    terms = np.where(x > 0, x * np.where(x > 0, log_beta, 0.0), 0.0)
    joint = log_pi + terms.sum(axis=-1)  # (…, m, k)
    live = joint > -np.inf
    factorials = gammaln(n + 1) + gammaln(x + 1).sum(axis=-1)
    size = np.abs(log_pi) + np.abs(terms).sum(axis=-1) + factorials
    error = np.where(live, u * (8 * np.where(live, size, 0.0) + (v + 1) * n + 8 * k + 4), 0.0).max(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        log_resp = joint - logsumexp(joint, axis=-1, keepdims=True)
        log_sums = logsumexp(log_resp[..., None], b=x, axis=-3)
    worst = error.max(axis=-1)
    with np.errstate(over="ignore"):
        resp = np.expm1(2 * worst + gamma(k + 8, u))
    return Sizes(log_resp, log_sums, error, resp, resp + gamma(m + k + 6, u), 2 * resp + gamma(2 * m + v + 6, u))


def sizes_of(cases: Cases) -> Sizes:
    """`sizes` of the parameters of the cases themselves, (lane, …)."""
    return sizes(as_counts(cases), cases["pi"], shares(cases.arrays.get("beta"), cases.arrays.get("theta")), cases.u)


def shares(beta: Array | None, theta: Array | None) -> Floats:
    """Probabilities of categories (…, k, v); those of a coin are θ and 1 − θ."""
    if beta is not None:
        return np.asarray(beta, dtype=np.float64)
    theta = np.asarray(theta, dtype=np.float64)
    return np.stack([theta, 1 - theta], axis=-1)


def tiny(cases: Cases) -> float:
    """Smallest normal number of the subject's dtype: what is smaller may be lost."""
    return SMALLEST_NORMAL[cases.dtype]


def log_path(counts: Array, pi: Array, beta: Array | None, theta: Array | None) -> list[list[Any]]:
    """Log-likelihood in balls at every entry of a path: counts (lane, m, v), pi (lane, t, k), beta or theta likewise.

    Weights and rows of beta are divided by their exact sums; the coefficients are counted in.
    """
    from flint import arb, ctx

    from theory.core.exact import BALL_BITS

    with ctx.workprec(BALL_BITS):
        found = []
        for lane, table in enumerate(counts):
            rows = [[int(x) for x in row] for row in table]
            ways = _coefficients(rows)
            tables = _coins(theta[lane]) if beta is None else [_rows(entry) for entry in beta[lane]]  # type: ignore[index]
            weights = [_divided([arb(float(p)) for p in entry]) for entry in pi[lane]]
            pairs = zip(weights, tables, strict=True)
            found.append([(ways * _product(rows, weight, entry)).log() for weight, entry in pairs])
    return found


def _coins(path: Array) -> list[Any]:
    """Heads and tails of each coin at each entry of a path (t, k), 1 − θ without rounding."""
    from flint import arb

    return [[(arb(float(p)), 1 - arb(float(p))) for p in entry] for entry in path]


def _rows(beta: Array) -> list[Any]:
    """Rows (k, v) divided by their exact sums."""
    from flint import arb

    return [_divided([arb(float(p)) for p in row]) for row in beta]


def _divided(values: Any) -> list[Any]:
    total = sum(values)
    return [value / total for value in values]


def _product(rows: list[list[int]], pi: list[Any], beta: list[Any]) -> Any:
    """Π_m Σ_k π_k Π_v β_kv^x_mv."""
    product = pi[0] ** 0
    for row in rows:
        product *= sum(weight * _likelihood(row, ps, weight**0) for weight, ps in zip(pi, beta, strict=True))
    return product


def _coefficients(rows: list[list[int]]) -> Any:
    """Π_m (Σ_v x_mv)! ∕ Π_v x_mv!, a whole number."""
    from flint import fmpz

    factorial: Any = fmpz.fac_ui
    product = fmpz(1)
    for row in rows:
        product *= factorial(sum(row))
        for x in row:
            product //= factorial(x)
    return product
