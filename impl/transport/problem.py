"""A transport problem at the border: weights a and b, cost C, checked once so that everything inside may trust them."""

from __future__ import annotations

import torch
from torch import Tensor

from impl.core import validation

NUMBERS = (torch.float32, torch.float64, torch.int32, torch.int64)
PADDING = "smaller problems are padded with weight 0 to be stacked (stack_problems)"


def check_numbers(x: Tensor, name: str) -> None:
    """Raise TypeError unless x holds float32, float64 or whole numbers, ValueError at the first NaN or infinity."""
    if x.dtype not in NUMBERS:
        raise TypeError(f"{name} must be float32, float64 or int64, got {str(x.dtype).removeprefix('torch.')}")
    validation.finite(x, name)


def check_tensor(x: object, name: str) -> None:
    """Raise TypeError unless x is a tensor; problems of different sizes come as one, see `padding.stack_problems`."""
    if not isinstance(x, Tensor):
        raise TypeError(f"{name} must be a tensor, got {type(x).__name__}; {PADDING}")


def check_weights(a: Tensor, name: str) -> None:
    """Refuse weights (..., n) that are no measure: empty, not finite, negative, or all zero.

    Raises ValueError naming the value and its place, TypeError for another dtype than float32, float64 or integers.
    """
    check_tensor(a, name)
    validation.rank(a, name, 1, "(..., n)")
    validation.non_empty(a, name, "(..., n)")
    check_numbers(a, name)
    validation.non_negative(a, name)
    validation.positive_sum(a, name)


def check_cost(C: Tensor, name: str = "C", *, square: bool = False) -> None:
    """Refuse a cost (..., n, m) that is empty or not finite; with `square` also one whose n and m differ."""
    layout = "(..., n, n)" if square else "(..., n, m)"
    check_tensor(C, name)
    validation.rank(C, name, 2, layout)
    validation.non_empty(C, name, layout)
    check_numbers(C, name)
    if square and C.shape[-2] != C.shape[-1]:
        raise ValueError(f"{name} must be square, {layout}, got {tuple(C.shape)}")


def check_distances(D: Tensor, name: str = "D") -> None:
    """Refuse a square cost with a negative entry or a diagonal that is not zero."""
    check_cost(D, name, square=True)
    validation.non_negative(D, name)
    diagonal = D.diagonal(dim1=-2, dim2=-1)
    if bool((diagonal != 0).any()):
        raise ValueError(f"{name} must have a zero diagonal, got {float(diagonal[diagonal != 0][0]):g}")


def same_shape(x: Tensor, name: str, shape: tuple[int, ...], other: str) -> None:
    """Raise ValueError unless x has the shape that `other` demands."""
    if x.shape != shape:
        raise ValueError(f"{name} must have shape {tuple(shape)} to match {other}, got {tuple(x.shape)}; {PADDING}")


def roundoff(*parts: Tensor) -> float:
    """The largest unit roundoff among the dtypes of these tensors; 0 where all are whole numbers."""
    return max((torch.finfo(x.dtype).eps / 2 for x in parts if x.is_floating_point()), default=0.0)


def check_totals(a: Tensor, b: Tensor, names: tuple[str, str] = ("a", "b")) -> None:
    """Refuse a (..., n) and b (..., m) whose totals differ by more than 16 (n + m) u of the larger one.

    That is what rounding the weights and adding them up can do; integers must agree exactly. Nothing is renormalised.
    Raises ValueError with both totals; the remedy is to divide each by its own sum.
    """
    left, right = a.sum(-1), b.sum(-1)
    allowed = 16 * (a.shape[-1] + b.shape[-1]) * roundoff(a, b)
    bad = ~((left - right).abs() <= allowed * torch.maximum(left, right))
    if bool(bad.any()):
        where = "" if bad.dim() == 0 else f" in lane {bad.nonzero()[0].tolist()}"
        totals = f"{left[bad][0].item()!r} and {right[bad][0].item()!r}"
        raise ValueError(
            f"{names[0]} and {names[1]} must have equal totals, got {totals}{where}; divide each by its sum"
        )


def check_problem(a: Tensor, b: Tensor, C: Tensor) -> None:
    """Refuse weights and costs that are no transport problem: a (..., n), b (..., m), C (..., n, m).

    Weights are finite, non-negative, with positive and equal totals (see `check_totals`); costs are finite. Leading
    axes agree. Raises ValueError or TypeError naming the argument.
    """
    check_cost(C)
    check_weights(a, "a")
    check_weights(b, "b")
    same_shape(a, "a", C.shape[:-1], "C")
    same_shape(b, "b", (*C.shape[:-2], C.shape[-1]), "C")
    check_totals(a, b)
