"""Data far from 1 are brought near it by powers of 2, so that their squares neither overflow nor vanish."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class Scaled(NamedTuple):
    """x ∕ by_x (lane, n, p) and y ∕ by_y (lane, n), by powers of 2 (lane,), which are 1 where nothing is extreme.

    In the scaled problem λ₁ is λ₁ ∕ by_x by_y, λ₂ is λ₂ ∕ by_x², β is β by_x ∕ by_y and the gap is the gap ∕ by_y².
    Factors are applied one after the other, for their products may leave the dtype.
    """

    x: Tensor
    y: Tensor
    by_x: Tensor
    by_y: Tensor

    def l1(self, penalty: Tensor) -> Tensor:
        """λ₁ of the scaled problem: (lane,) or (lane, l)."""
        return penalty / _beside(self.by_x, penalty) / _beside(self.by_y, penalty)

    def l2(self, penalty: Tensor) -> Tensor:
        """λ₂ of the scaled problem: (lane,)."""
        return penalty / self.by_x / self.by_x

    def coef(self, coef: Tensor) -> Tensor:
        """Coefficients of the problem as it was: (lane, p) or (lane, l, p)."""
        return coef / _beside(self.by_x, coef) * _beside(self.by_y, coef)

    def gap(self, gap: Tensor) -> Tensor:
        """A gap of the problem as it was: (lane,) or (lane, l)."""
        return gap * _beside(self.by_y, gap) * _beside(self.by_y, gap)


def scaled(x: Tensor, y: Tensor) -> Scaled:
    """Scale x (lane, n, p) and y (lane, n) where squares of their squares could leave the dtype."""
    size = torch.maximum(x.amax((-2, -1)), -x.amin((-2, -1)))  # without the copy that abs would be
    by_x, by_y = _power(size), _power(y.abs().amax(-1))
    if not bool(((by_x != 1) | (by_y != 1)).any()):
        return Scaled(x, y, by_x, by_y)
    return Scaled(x / _beside(by_x, x), y / _beside(by_y, y), by_x, by_y)


def _power(size: Tensor) -> Tensor:
    """The power of 2 just below a size that is extreme, else 1."""
    exponent = size.masked_fill(size == 0, 1).log2().floor()
    most = 12 if size.dtype == torch.float32 else 120
    return torch.exp2(exponent.masked_fill(exponent.abs() <= most, 0))


def _beside(factor: Tensor, value: Tensor) -> Tensor:
    """One factor a lane, with as many axes as the value."""
    return factor.reshape(-1, *[1] * (value.dim() - 1))
