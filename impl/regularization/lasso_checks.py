"""What the lasso's smaller functions ask of their arguments, refused by name."""

from __future__ import annotations

from torch import Tensor

from impl.core import validation
from impl.regularization.checks import check_sign


def check_points(v: Tensor) -> None:
    """Refuse v (*B, p) that are no points: no floats, empty, or not finite."""
    validation.floating(v, "v")
    validation.rank(v, "v", 1, "(..., p)")
    validation.non_empty(v, "v", "(..., p)")
    validation.finite(v, "v")


def check_each(value: Tensor, name: str, v: Tensor) -> None:
    """Refuse what is no step or radius of each point of v (*B, p): of another shape, not finite, or negative."""
    validation.floating(value, name)
    if value.shape != v.shape[:-1]:
        raise ValueError(f"{name} must have shape {tuple(v.shape[:-1])} to match v, got {tuple(value.shape)}")
    validation.finite(value, name)
    check_sign(value, name)


def check_coef(coef: Tensor, x: Tensor) -> None:
    """Refuse coefficients of another shape than (*B, p) beside x (*B, n, p), or that are not finite."""
    validation.floating(coef, "coef")
    wanted = (*x.shape[:-2], x.shape[-1])
    if coef.shape != wanted:
        raise ValueError(f"coef must have shape {wanted} to match x, got {tuple(coef.shape)}")
    validation.finite(coef, "coef")
