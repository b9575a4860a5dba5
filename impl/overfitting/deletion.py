"""Leaving each row out once, by one fit: its residual over 1 minus its leverage is what n refits would tell."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from impl.overfitting.errors import LeverageOneError
from impl.overfitting.fitting_checks import check_knob, check_rows
from impl.overfitting.ridge import Centred, centred, shrinkage
from impl.overfitting.singular_values import Spectrum, spectrum


class LeftOut(NamedTuple):
    """residual (*B, n): y_i minus what the other rows predict there; press, gcv (*B)."""

    residual: Tensor
    press: Tensor
    gcv: Tensor


def row_leverages(found: Spectrum, shrunk: Tensor, penalty: Tensor) -> Tensor:
    """The diagonal Σ_j u_ij² f_j of the hat matrix with factors f (*B, k): (*B, n)."""
    return (found.u.square() @ shrunk.unsqueeze(-1)).squeeze(-1)


def deleted_residual(residual: Tensor, leverage: Tensor) -> Tensor:
    """(y_i − ŷ_i) ∕ (1 − h_ii): (*B, n)."""
    return residual / (1 - leverage)


def generalised(residual: Tensor, leverage: Tensor) -> Tensor:
    """Mean of (residual ∕ (1 − mean leverage))²: leaving one out in coordinates where all rows weigh the same, (*B)."""
    return (residual / (1 - leverage.mean(-1, keepdim=True))).square().mean(-1)


def leave_one_out(
    x: Tensor,
    y: Tensor,
    penalty: Tensor,
    *,
    intercept: bool = False,
    centred: Callable[..., Centred] = centred,
    shrinkage: Callable[[Spectrum, Tensor], Tensor] = shrinkage,
    leverages: Callable[[Spectrum, Tensor, Tensor], Tensor] = row_leverages,
    deleted: Callable[[Tensor, Tensor], Tensor] = deleted_residual,
    generalised: Callable[[Tensor, Tensor], Tensor] = generalised,
) -> LeftOut:
    """The residuals of n ridge fits that each lack a row, the sum of their squares (PRESS), and its rotation (GCV).

    y_i − ŷ_i^{(−i)} = (y_i − ŷ_i) ∕ (1 − h_ii), for a penalty that is fixed; the intercept is not penalised.

    x: (*B, n, d) of any rank; y: (*B, n); penalty: (*B) ≥ 0.

    Raises LeverageOneError, which names the row, where a leverage is within 16 n d u of 1: drop the row, or give a
    penalty. ValueError for a negative penalty, shapes that do not match, and what is not finite.

    Source: Allen 1974; Golub, Heath & Wahba 1979.
    """
    check_rows(x, y)
    check_knob(penalty, "penalty", x.shape[:-2])
    rows = centred(x, y, intercept=intercept)
    found = spectrum(rows.x, rows.size)
    shrunk = shrinkage(found, penalty)
    fitted = (found.u @ (shrunk * found.parts(rows.y)).unsqueeze(-1)).squeeze(-1)
    leverage = leverages(found, shrunk, penalty) + rows.leverage
    check_leverage(leverage, x.shape[-1] + intercept)
    residual = rows.y - fitted
    alone = deleted(residual, leverage)
    return LeftOut(alone, alone.square().sum(-1), generalised(residual, leverage))


def check_leverage(leverage: Tensor, columns: int) -> None:
    """Raise LeverageOneError at the first row whose leverage (*B, n) is 1 up to rounding, 16 n d u."""
    rounding = 8 * leverage.shape[-1] * columns * torch.finfo(leverage.dtype).eps  # ε = 2u
    alone = 1 - leverage <= rounding
    if bool(alone.any()):
        *lane, row = alone.nonzero()[0].tolist()
        where = f"row {row}" + (f" of problem {lane[0] if len(lane) == 1 else tuple(lane)}" if lane else "")
        raise LeverageOneError(
            f"{where} has leverage 1: the other rows do not say what to predict there; drop it, or give a penalty"
        )
