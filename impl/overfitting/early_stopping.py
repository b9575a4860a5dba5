"""Gradient descent that is stopped early is a filter on singular directions: the strong ones are learned first."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from impl.core import validation
from impl.overfitting.fitting_checks import check_path, check_positive, check_rows, check_shape
from impl.overfitting.singular_values import spectrum


class Descent(NamedTuple):
    """path (*B, steps+1, d): weights from 0 on; rss (*B, steps+1): their sums of squared errors."""

    path: Tensor
    rss: Tensor


def descend(w: Tensor, x: Tensor, residual: Tensor, rate: Tensor) -> Tensor:
    """One step on ½‖y − Xw‖²: w + rate Xᵀ(y − Xw), (*B, d)."""
    return w + rate.unsqueeze(-1) * (x.mT @ residual.unsqueeze(-1)).squeeze(-1)


def remaining(z: Tensor, steps: Tensor) -> Tensor:
    """(1 − z)^t of z (*B, 1, k) and t (steps+1, 1): what descent has not yet learned, (*B, steps+1, k)."""
    return (1 - z) ** steps


def learned(z: Tensor, steps: Tensor) -> Tensor:
    """1 − (1 − z)^t, for small z by e^{t log(1 − z)} − 1, which keeps the digits that the difference would lose."""
    small = z < 0.5
    near = -torch.expm1(steps * torch.log1p(-torch.where(small, z, 0)))
    return torch.where(small, near, 1 - (1 - z) ** steps)


def gradient_descent_path(
    x: Tensor,
    y: Tensor,
    rate: Tensor,
    *,
    steps: int,
    descend: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor] = descend,
) -> Descent:
    """Descent on ½‖y − Xw‖² from w = 0, every step kept.

    The error falls for 0 < rate < 2 ∕ s₁², s₁ the largest singular value, and the path ends at `minimum_norm`.

    x: (*B, n, d) of any rank; y: (*B, n); rate: (*B) > 0.

    Raises ValueError for a rate that is not positive or so large that the path leaves the range of its dtype, for
    steps below 0, shapes that do not match, and what is not finite.

    Source: Yao, Rosasco & Caponnetto 2007.
    """
    _check(x, y, rate, steps)
    w = x.new_zeros((*x.shape[:-2], x.shape[-1]))
    path, rss, residual = [w], [y.square().sum(-1)], y
    for _ in range(steps):
        w = descend(w, x, residual, rate)
        residual = y - (x @ w.unsqueeze(-1)).squeeze(-1)
        path.append(w)
        rss.append(residual.square().sum(-1))
    return _kept(torch.stack(path, -2), torch.stack(rss, -1), rate)


def spectral_filter(
    x: Tensor,
    y: Tensor,
    rate: Tensor,
    *,
    steps: int,
    learned: Callable[[Tensor, Tensor], Tensor] = learned,
    remaining: Callable[[Tensor, Tensor], Tensor] = remaining,
) -> Descent:
    """The same path in closed form: w_t = Σ_j (1 − (1 − rate s_j²)^t) ∕ s_j (u_jᵀy) v_j.

    Arguments, shapes and errors as in `gradient_descent_path`. Source: Ali, Kolter & Tibshirani 2019.
    """
    _check(x, y, rate, steps)
    found = spectrum(x)
    parts = found.parts(y)  # (*B, k)
    z = (rate.unsqueeze(-1) * found.s.square()).unsqueeze(-2)
    t = torch.arange(steps + 1, device=x.device).to(x).unsqueeze(-1)
    path = (learned(z, t) * (found.inverse() * parts).unsqueeze(-2)) @ found.vt
    outside = (y - (found.u @ parts.unsqueeze(-1)).squeeze(-1)).square().sum(-1, keepdim=True)
    rss = outside + (remaining(z, t) * parts.unsqueeze(-2)).square().sum(-1)
    return _kept(path, rss, rate)


def _check(x: Tensor, y: Tensor, rate: Tensor, steps: int) -> None:
    check_rows(x, y)
    check_shape(rate, "rate", x.shape[:-2], "x")
    check_positive(rate, "rate")
    validation.at_least(steps, "steps", 0)


def _kept(path: Tensor, rss: Tensor, rate: Tensor) -> Descent:
    check_path(torch.cat([path, rss.unsqueeze(-1)], -1), rate)
    return Descent(path, rss)
