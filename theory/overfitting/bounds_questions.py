"""How far an answer about least squares may be off, from the case alone: what the cross-cutting claims compare with.

Each is the bound of the claim about the operation at the largest that the case allows.
"""

from __future__ import annotations

import numpy as np

from theory.core.bound import Bound, absolute, gamma, rounding
from theory.core.domain import Cases
from theory.overfitting.bounds_fitting import (
    Size,
    augmented,
    coef_error,
    fitted_error,
    hat_error,
    inverse_error,
    norm,
    size,
    squared_error,
)
from theory.overfitting.cases_fitting import Floats
from theory.overfitting.claims_bases import basis_bound


def like(bound: Bound, axes: int) -> Bound:
    """A bound of each lane with so many axes for its entries."""
    return Bound(bound.value.reshape(*bound.value.shape, *[1] * axes), bound.terms)


def _sizes(cases: Cases, target: str = "y") -> tuple[Size, Floats]:
    """Sizes of x and the norm of a target."""
    return size(cases["x"], cases.u), norm(cases[target])


def coef(cases: Cases) -> Bound:
    """With ‖w‖ ≤ ‖y‖∕σ and ‖r‖ ≤ ‖y‖."""
    sized, y = _sizes(cases)
    return like(coef_error(sized, y / sized.least, y, y), 1)


def fitted(cases: Cases) -> Bound:
    """See `fitted_error`."""
    return like(fitted_error(*_sizes(cases)), 1)


def square(cases: Cases, axes: int = 0) -> Bound:
    """A sum of squares of at most ‖y‖², whose root moves by e."""
    sized, y = _sizes(cases)
    n, d = cases["x"].shape[1:]
    moved = squared_error(y, fitted_error(sized, y).value) + gamma(2 * n + 2 * d + 8, cases.u) * y**2
    return like(absolute(moved, "2‖y‖e + e² + γ(2n+2d+8)‖y‖², e = 2ε(1+2κ)‖y‖"), axes)


def leverage(cases: Cases) -> Bound:
    """See `hat_error`."""
    return like(hat_error(_sizes(cases)[0]), 1)


def inverse(cases: Cases) -> Bound:
    """See `inverse_error`: (lane, 1, 1)."""
    return like(inverse_error(size(cases["x"], cases.u)), 2)


def hat(cases: Cases) -> Bound:
    """Of an entry: (lane,)."""
    return hat_error(size(augmented(cases["x"], cases["penalty"], False), cases.u))


def hat_row(cases: Cases) -> Bound:
    """Of the sum of a row, or of one of its entries."""
    n = cases["x"].shape[1]
    return like(hat(cases).scaled(n, "n"), 1)


def basis(cases: Cases) -> Bound:
    """Columns before rows: (lane, degree+1, n)."""
    off = basis_bound(cases["t"], cases.integer("degree"), str(cases.settings["basis"]), cases.u)
    return Bound(np.swapaxes(off.value, 1, 2), off.terms)


def expected(cases: Cases) -> Bound:
    """An error is at most ‖μ‖²∕n + 2σ²."""
    sized, mean = _sizes(cases, "mean")
    n = cases["x"].shape[1]
    moved = squared_error(mean, fitted_error(sized, mean).value) / n
    return absolute(moved, "(2‖μ‖e + e²)∕n") + rounding(
        n + 8, cases.u, "γ(n+8)(‖μ‖²∕n + 2σ²)", mean**2 / n + 2 * cases["noise_variance"]
    )


def price(cases: Cases) -> Bound:
    """All three criteria at once: γ(8) of their terms, see OV-18."""
    rss, d, n = cases["rss"], cases["parameters"], cases.integer("n")
    terms = n * (4 + np.abs(np.log(rss / n))) + d * (2 + np.log(n))
    return rounding(8, cases.u, "γ(8)[n(4 + |log rss∕n|) + d(2 + log n)]", terms)


def cp(cases: Cases) -> Bound:
    """A sum of two positive terms."""
    n = cases.integer("n")
    value = cases["rss"] / n + 2 * cases["noise_variance"] * cases["parameters"] / n
    return rounding(6, cases.u, "γ(6) C_p", value)


def risk(cases: Cases) -> Bound:
    """Quotients of what is given: (lane,)."""
    rows, columns = cases["rows"], cases["columns"]
    apart = np.maximum(np.abs(rows - columns) - 1, 1)
    scale = cases["noise_variance"] * np.minimum(rows, columns) / apart + cases["norm"] ** 2
    return rounding(8, cases.u, "γ(8)(variance + ‖β‖²)", scale)
