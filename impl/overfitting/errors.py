"""What only overfitting can refuse."""

from __future__ import annotations


class LeverageOneError(ValueError):
    """Leaving a row out is asked of a row that alone decides its own fit: without it nothing is predicted there."""
