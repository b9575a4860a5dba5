"""Least squares within a ball: ridge at the multiplier of the constraint, the root of a secular equation."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor

from impl.regularization.checks import as_lanes, check_data, check_lanes
from impl.regularization.spectral import rank_tolerance, spectrum

STEPS = 40
"""Newton steps: 24 were enough for five million random spectra, up to twelve directions and fifteen decades wide."""


class Constrained(NamedTuple):
    """coef (*B, p) within the ball, and its multiplier penalty (*B), which is 0 inside."""

    coef: Tensor
    penalty: Tensor


def constrained_l2(x: Tensor, y: Tensor, radius: Tensor | float) -> Constrained:
    """The least ‖y − xβ‖² within ‖β‖ ≤ radius, and the λ ≥ 0 whose ridge has the same solution.

    x: (*B, n, p), y: (*B, n), radius: one number or (*B), above 0. Where the least-squares solution of least norm is
    inside, that is the answer and λ = 0; else ‖β(λ)‖ = radius (Hoerl & Kennard 1970, section 3).
    """
    check_data(x, y)
    lanes = as_lanes(radius, x)
    check_lanes(lanes, "radius", x, positive=True)
    return within_ball(x, y, lanes)


def within_ball(x: Tensor, y: Tensor, radius: Tensor) -> Constrained:
    """The same without checks; units are the radius and the largest singular value, so that squares stay in range."""
    found = spectrum(x)
    live = found.s > rank_tolerance(found.s, *x.shape[-2:])
    largest = found.s[..., :1].masked_fill(found.s[..., :1] == 0, 1)
    s = (found.s / largest).masked_fill(~live, 1)
    along = (found.u.mT @ y.unsqueeze(-1)).squeeze(-1) / largest / radius.unsqueeze(-1)  # (*B, r)
    along = along.masked_fill(~live, 0)
    penalty = multiplier(s, along)
    coef = found.v @ (radius.unsqueeze(-1) * along / (s + penalty / s)).unsqueeze(-1)
    return Constrained(coef.squeeze(-1), (penalty * largest * largest).squeeze(-1))


def multiplier(s: Tensor, along: Tensor) -> Tensor:
    """The λ ≥ 0 (*B, 1) at which β(λ) = along s ∕ (s² + λ) has length 1, 0 where β(0) is no longer. Both (*B, r).

    1 ∕ ‖β(λ)‖ is concave and rises, and it is linear where one direction outweighs the others, so Newton's method on
    it never passes the root from the left and soon arrives (Conn, Gould & Toint 2000, section 7.3). It begins where
    the direction that is largest alone has length 1; there no entry of β is above 1, and ‖β‖ ≤ √r.
    """
    penalty = (s * (along.abs() - s)).amax(-1, keepdim=True).clamp(min=0)
    for _ in range(STEPS):
        part = along / (s + penalty / s)  # vᵀβ
        square = part.square().sum(-1, keepdim=True)
        slope = (part.square() / (s.square() + penalty)).sum(-1, keepdim=True)  # −½ d‖β‖² ∕ dλ
        step = (square.sqrt() - 1) * square / slope.masked_fill(slope == 0, 1)
        penalty = (penalty + step).clamp(min=0)
    return penalty
