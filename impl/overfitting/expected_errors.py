"""How much better least squares looks on its own rows than on fresh noise at the same rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from torch import Tensor

from impl.overfitting.fitting_checks import check_knob, check_rows
from impl.overfitting.singular_values import spectrum


class Expected(NamedTuple):
    """Expected mean squared errors, each (*B): on the rows fitted, on fresh noise there, and their difference."""

    training: Tensor
    in_sample: Tensor
    optimism: Tensor


def expected_training(bias: Tensor, rank: Tensor, n: int, noise_variance: Tensor) -> Tensor:
    """B² + σ²(1 − r∕n): the fit has swallowed r of n parts of the noise."""
    return bias + noise_variance * (1 - rank / n)


def expected_in_sample(bias: Tensor, rank: Tensor, n: int, noise_variance: Tensor) -> Tensor:
    """B² + σ²(1 + r∕n): fresh noise, and what was swallowed of the old."""
    return bias + noise_variance * (1 + rank / n)


def expected_optimism(rank: Tensor, n: int, noise_variance: Tensor) -> Tensor:
    """2 σ² r∕n."""
    return 2 * noise_variance * rank / n


def squared_bias(x: Tensor, mean: Tensor) -> tuple[Tensor, Tensor]:
    """B² = ‖(I − H)μ‖² ∕ n, and the rank of the design: (*B), (*B)."""
    found = spectrum(x)
    basis = found.column_space()
    rest = mean - (basis @ (basis.mT @ mean.unsqueeze(-1))).squeeze(-1)
    return rest.square().mean(-1), found.rank()


def optimism(
    x: Tensor,
    mean: Tensor,
    noise_variance: Tensor,
    *,
    training: Callable[[Tensor, Tensor, int, Tensor], Tensor] = expected_training,
    in_sample: Callable[[Tensor, Tensor, int, Tensor], Tensor] = expected_in_sample,
    optimism: Callable[[Tensor, int, Tensor], Tensor] = expected_optimism,
) -> Expected:
    """Expected errors of least squares at fixed rows, y = μ + ε with E ε = 0 and Cov ε = σ²I.

    x: (*B, n, d) of any rank r; mean: μ (*B, n); noise_variance: σ² (*B) ≥ 0.

    Raises ValueError for a negative variance, shapes that do not match, and what is not finite.

    Source: Hastie, Tibshirani & Friedman 2009, section 7.4; Mallows 1973.
    """
    check_rows(x, mean, target="mean")
    check_knob(noise_variance, "noise_variance", x.shape[:-2])
    bias, rank = squared_bias(x, mean)
    n = x.shape[-2]
    return Expected(
        training(bias, rank, n, noise_variance),
        in_sample(bias, rank, n, noise_variance),
        optimism(rank, n, noise_variance),
    )
