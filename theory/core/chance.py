"""Finite-sample tests with a stated false-alarm probability, the sample size they need, and one account a run.

Nothing here is asymptotic: binomial tails are exact, and the other bounds hold for every sample size.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

FALSE_ALARM = 1e-6
"""The probability that a run in which every claim is true reports a refutation, over all its statistical tests."""


@dataclass(frozen=True)
class Account:
    """Shares out the false-alarm probability of a run among its statistical judgements (Bonferroni)."""

    judgements: int
    total: float = FALSE_ALARM

    @property
    def share(self) -> float:
        """What one judgement may spend. With no statistical judgement the whole account stays unspent."""
        return self.total / max(1, self.judgements)

    def level(self, tests: int) -> float:
        """Level of each single test when a judgement consists of `tests` of them. Raises ValueError below 1."""
        if tests < 1:
            raise ValueError(f"a judgement needs at least 1 test, got {tests}")
        return self.share / tests


def binomial_p_value(successes: ArrayLike, trials: ArrayLike, probability: ArrayLike) -> NDArray[np.float64]:
    """Two-sided exact p-value of a binomial count: min(1, 2 min(P[X ≤ k], P[X ≥ k])), elementwise.

    Doubling the smaller tail keeps P[p ≤ α] ≤ α for every α (Clopper & Pearson 1934).
    """
    from scipy import stats

    k, n, p = np.broadcast_arrays(np.asarray(successes), np.asarray(trials), np.asarray(probability, dtype=float))
    lower = stats.binom.cdf(k, n, p)
    upper = stats.binom.sf(k - 1, n, p)
    return np.asarray(np.minimum(1.0, 2 * np.minimum(lower, upper)), dtype=np.float64)


def binomial_sample_size(true: float, claimed: float, level: float, power: float) -> int:
    """Smallest n (up to a factor 1.1) at which the exact test at `level` notices `true` ≠ `claimed` with `power`.

    Raises ValueError when the two probabilities are equal, for then no sample would do.
    """
    from scipy import stats

    if true == claimed:
        raise ValueError("a sample size needs two different probabilities")
    n = 1
    while True:
        counts = np.arange(n + 1)
        rejected = binomial_p_value(counts, n, claimed) < level
        if float(stats.binom.pmf(counts, n, true)[rejected].sum()) >= power:
            return n
        n = max(n + 1, int(n * 1.1))


def dkw_distance(n: int, level: float) -> float:
    """Largest sup-distance between an empirical and the true distribution function that chance explains.

    sqrt(ln(2/α) / 2n) (Dvoretzky, Kiefer & Wolfowitz 1956 with Massart's 1990 constant).
    """
    return float(np.sqrt(np.log(2 / level) / (2 * n)))


def hoeffding_distance(n: int, level: float, width: float = 1.0) -> float:
    """Largest distance of a mean of n independent values in an interval of this width from its expectation.

    width · sqrt(ln(2/α) / 2n) (Hoeffding 1963, theorem 2).
    """
    return width * dkw_distance(n, level)
