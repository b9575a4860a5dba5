"""What can go wrong in a penalised fit besides a bad argument."""

from __future__ import annotations


class RankDeficientError(ValueError):
    """Columns depend on each other and nothing is penalised: infinitely many coefficients fit equally well."""
