"""Past n = d the risk of least squares falls again: in closed form, and as an experiment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from impl.core import validation
from impl.overfitting.decomposition import normal
from impl.overfitting.fitting_checks import check_knob, check_whole
from impl.overfitting.singular_values import minimum_norm


class Risk(NamedTuple):
    """variance, bias (*B): their sum is E‖β̂ − β‖²."""

    variance: Tensor
    bias: Tensor


def gaussian_variance(rows: Tensor, columns: Tensor, noise_variance: Tensor) -> Tensor:
    """σ² min(n, d) ∕ (|n − d| − 1), ∞ where |n − d| ≤ 1 (0 without noise): (*B).

    It is σ² times the mean trace of an inverse Wishart matrix.
    """
    fewer, apart = torch.minimum(rows, columns), (rows - columns).abs()
    value = noise_variance * fewer / (apart - 1).clamp(min=1)
    return torch.where((apart <= 1) & (noise_variance > 0), torch.inf, value)


def gaussian_bias(rows: Tensor, columns: Tensor, norm: Tensor) -> Tensor:
    """‖β‖² (1 − n∕d)₊: what of β lies outside n random directions of d, (*B)."""
    return norm.square() * (1 - rows / columns).clamp(min=0)


def minimum_norm_risk(
    rows: Tensor,
    columns: Tensor,
    noise_variance: Tensor,
    norm: Tensor,
    *,
    variance: Callable[[Tensor, Tensor, Tensor], Tensor] = gaussian_variance,
    bias: Callable[[Tensor, Tensor, Tensor], Tensor] = gaussian_bias,
) -> Risk:
    """The risk of the minimum-norm fit of a standard Gaussian design, E‖β̂ − β‖² = variance + bias.

    rows, columns: (*B), whole numbers; noise_variance: σ² (*B) ≥ 0; norm: ‖β‖ (*B) ≥ 0.

    Raises ValueError for rows or columns below 1 or not whole, a negative variance or norm, and shapes that do not
    match.

    Source: Belkin, Hsu & Xu 2020, section 2; Breiman & Freedman 1983 for d < n.
    """
    validation.floating(noise_variance, "noise_variance")
    lanes = noise_variance.shape
    for value, name in ((rows, "rows"), (columns, "columns")):
        check_knob(value, name, lanes, "noise_variance")
        check_whole(value, name, 1)
    check_knob(noise_variance, "noise_variance", lanes)
    check_knob(norm, "norm", lanes, "noise_variance")
    n, d = rows.to(noise_variance), columns.to(noise_variance)
    return Risk(variance(n, d, noise_variance), bias(n, d, norm))


def double_descent_curve(n: int, dims: Sequence[int], *, noise_variance: float = 1.0, norm: float = 1.0) -> Risk:
    """The closed-form risk at n rows for each number of columns: two float64 tensors (len(dims),).

    >>> [round(v, 2) for v in double_descent_curve(10, [5, 9, 10, 11, 20]).variance.tolist()]
    [1.25, inf, inf, inf, 1.11]
    """
    d = torch.tensor(dims, dtype=torch.float64)
    return minimum_norm_risk(torch.full_like(d, n), d, torch.full_like(d, noise_variance), torch.full_like(d, norm))


def simulated_double_descent(
    n: int,
    dims: Sequence[int],
    *,
    repetitions: int,
    source: torch.Generator,
    noise_variance: float = 1.0,
    norm: float = 1.0,
) -> Tensor:
    """‖β̂ − β‖² of minimum-norm fits to fresh Gaussian designs, for each number of columns: (len(dims), repetitions).

    Look at medians near d = n: there the mean does not settle, its expectation is infinite.
    """
    for value, name in ((n, "n"), (min(dims, default=0), "dims"), (repetitions, "repetitions")):
        validation.at_least(value, name, 1)
    like = torch.zeros((), dtype=torch.float64, device=source.device)
    risks = []
    for d in dims:
        x, beta = normal((repetitions, n, d), source, like), normal((repetitions, d), source, like)
        beta = norm * beta / torch.linalg.vector_norm(beta, dim=-1, keepdim=True)
        noise = noise_variance**0.5 * normal((repetitions, n), source, like)
        risks.append((minimum_norm(x, (x @ beta.unsqueeze(-1)).squeeze(-1) + noise) - beta).square().sum(-1))
    return torch.stack(risks)
