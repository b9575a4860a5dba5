"""Training and test error against the rows, the penalty, or the degree."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from impl.overfitting.bases import polynomial_design
from impl.overfitting.fitting_checks import check_knob, check_rows, check_sizes, check_test_rows
from impl.overfitting.ridge import ridge_coefficients
from impl.overfitting.singular_values import Spectrum, least_norm_solution, minimum_norm, spectrum


class Curve(NamedTuple):
    """Mean squared errors (*B, s), s of whatever varies: on the rows fitted, and on the test rows."""

    training: Tensor
    test: Tensor


def mean_error(x: Tensor, y: Tensor, coef: Tensor, rows: Tensor) -> Tensor:
    """Mean of the squared residuals over so many rows, the others being zeros: (*B)."""
    return (y - (x @ coef.unsqueeze(-1)).squeeze(-1)).square().sum(-1) / rows


def first_rows(x: Tensor, y: Tensor, sizes: Tensor) -> tuple[Tensor, Tensor]:
    """The first `size` rows for each of the sizes (*B, s), followed by zeros, which change no fit without intercept.

    Returns (*B, s, n, d), (*B, s, n).
    """
    seen = torch.arange(x.shape[-2], device=x.device) < sizes.unsqueeze(-1)  # (*B, s, n)
    return torch.where(seen.unsqueeze(-1), x.unsqueeze(-3), 0), torch.where(seen, y.unsqueeze(-2), 0)


def learning_curve(
    x: Tensor,
    y: Tensor,
    test_x: Tensor,
    test_y: Tensor,
    sizes: Tensor,
    *,
    fit: Callable[[Tensor, Tensor], Tensor] = least_norm_solution,
    first_rows: Callable[[Tensor, Tensor, Tensor], tuple[Tensor, Tensor]] = first_rows,
    error: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor] = mean_error,
) -> Curve:
    """Errors of the minimum-norm fit on the first `size` rows, on these rows and on the test rows.

    x: (*B, n, d); y: (*B, n); test_x: (*B, m, d); test_y: (*B, m); sizes: (*B, s), whole numbers from 1 to n. All sizes
    are one batch.

    Raises ValueError for a size outside 1 … n, shapes that do not match, and what is not finite.
    """
    check_rows(x, y)
    check_test_rows(x, test_x, test_y)
    check_sizes(sizes, x)
    rows, target = first_rows(x, y, sizes)
    coef = fit(rows, target)  # (*B, s, d)
    every = torch.full_like(coef[..., 0], test_x.shape[-2])
    test = error(test_x.unsqueeze(-3), test_y.unsqueeze(-2), coef, every)
    return Curve(error(rows, target, coef, sizes.to(x)), test)


def validation_curve(x: Tensor, y: Tensor, test_x: Tensor, test_y: Tensor, penalties: Tensor) -> Curve:
    """Errors of ridge without intercept at each penalty, by one decomposition.

    x: (*B, n, d); y: (*B, n); test_x: (*B, m, d); test_y: (*B, m); penalties: (p,) ≥ 0, for all problems.

    Raises ValueError for a negative penalty, shapes that do not match, and what is not finite.
    """
    check_rows(x, y)
    check_test_rows(x, test_x, test_y)
    check_knob(penalties, "penalties", (penalties.numel(),), "itself")
    found = Spectrum(*(part.unsqueeze(x.dim() - 2) for part in spectrum(x)))  # (*B, 1, …)
    coef = ridge_coefficients(found, y.unsqueeze(-2), penalties.to(x).expand(*x.shape[:-2], -1))
    return _errors(x, y, test_x, test_y, coef)


def capacity_curve(
    t: Tensor, y: Tensor, test_t: Tensor, test_y: Tensor, degrees: Sequence[int], basis: str = "chebyshev"
) -> Curve:
    """Errors of polynomials of each degree; from n parameters on the interpolating one of least norm in this basis.

    t, y: (*B, n); test_t, test_y: (*B, m), in [−1, 1] with t.

    Raises ValueError for a degree below 0, an unknown basis, no degree at all, shapes that do not match, and what is
    not finite.
    """
    if not degrees:
        raise ValueError("degrees must not be empty: give at least one")
    least = min(degrees)
    polynomial_design(t, least, basis)  # refuses the degree or the basis
    x, test_x = polynomial_design(t, max(degrees), basis), polynomial_design(test_t, max(degrees), basis)
    check_rows(x, y)
    check_test_rows(x, test_x, test_y)
    points = [
        _errors(x[..., :k], y, test_x[..., :k], test_y, minimum_norm(x[..., :k], y).unsqueeze(-2))
        for k in (degree + 1 for degree in degrees)
    ]
    return Curve(*(torch.cat(errors, -1) for errors in zip(*points, strict=True)))


def _errors(x: Tensor, y: Tensor, test_x: Tensor, test_y: Tensor, coef: Tensor) -> Curve:
    """Errors of several coefficients (*B, s, d) on the same rows."""
    training, test = (
        (target.unsqueeze(-1) - rows @ coef.mT).square().mean(-2) for rows, target in ((x, y), (test_x, test_y))
    )
    return Curve(training, test)
