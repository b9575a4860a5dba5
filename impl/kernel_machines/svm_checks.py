"""What every support vector machine asks of its data, refused by name."""

from __future__ import annotations

import torch
from torch import Tensor

from impl.core import validation


def check_machine(K: Tensor, y: Tensor, C: Tensor) -> None:
    """Refuse labels y (*B, n) other than −1 and 1, or of one class, and C (*B) not above 0, beside K (*B, n, n).

    K itself is refused by `grams.check_gram`.
    """
    validation.rank(K, "K", 2, "(..., n, n)")
    check_labels(K, "K", y)
    check_cost(C, K)


def check_labels(rows: Tensor, name: str, y: Tensor) -> None:
    """Refuse labels that are not −1 and 1, both in every lane, one for each row of K (*B, n, n) or x (*B, n, d)."""
    validation.floating(y, "y")
    validation.same_length(rows, name, y, "y")
    validation.non_empty(y, "y", "(..., n)")
    validation.finite(y, "y")
    validation.one_of(y, "y", (-1.0, 1.0))
    same = y.amin(-1) == y.amax(-1)
    if bool(same.any()):
        raise ValueError(f"y must hold both classes, −1 and 1, got only {y[same][0, 0].item():g}{_lane(same)}")


def check_cost(C: Tensor, rows: Tensor, name: str = "C") -> None:
    """Refuse costs of another shape than (*B), not finite or not above 0, beside K (*B, n, n) or x (*B, n, d)."""
    validation.floating(C, name)
    wanted = tuple(rows.shape[:-2])
    if tuple(C.shape) != wanted:
        raise ValueError(f"{name} must have shape {wanted}, one for each lane, got {tuple(C.shape)}")
    validation.non_empty(C, name, "(...)")
    check_above_zero(C, name)


def check_above_zero(value: Tensor, name: str) -> None:
    """Raise ValueError at the first entry that is not finite, or not above 0."""
    validation.finite(value, name)
    bad = value <= 0
    if bool(bad.any()):
        raise ValueError(f"{name} must be positive, got {value[bad][0].item()!r}{_index(bad)}")


def check_alpha(alpha: Tensor, y: Tensor, C: Tensor) -> None:
    """Refuse multipliers of another shape than y (*B, n), not finite, or outside [0, C]."""
    validation.floating(alpha, "alpha")
    if alpha.shape != y.shape:
        raise ValueError(f"alpha must have shape {tuple(y.shape)} to match y, got {tuple(alpha.shape)}")
    validation.finite(alpha, "alpha")
    bad = (alpha < 0) | (alpha > C.unsqueeze(-1))
    if bool(bad.any()):
        raise ValueError(f"alpha must lie in [0, C], got {alpha[bad][0].item()!r}{_index(bad)}")


def check_bias(bias: Tensor, C: Tensor) -> None:
    """Refuse a bias of another shape than C (*B), or that is not finite."""
    validation.floating(bias, "bias")
    if bias.shape != C.shape:
        raise ValueError(f"bias must have shape {tuple(C.shape)}, one for each lane, got {tuple(bias.shape)}")
    validation.finite(bias, "bias")


def check_classes(K: Tensor, y: Tensor, test: Tensor, classes: int) -> None:
    """Refuse y (*B, n) unless it holds each of the classes 0 … k−1, and test (*B, m, n) that does not match K."""
    validation.at_least(classes, "classes", 2)
    validation.floating(y, "y")
    validation.same_length(K, "K", y, "y")
    validation.finite(y, "y")
    validation.one_of(y, "y", tuple(float(c) for c in range(classes)))
    seen = (y.unsqueeze(-1) == torch.arange(classes, dtype=y.dtype, device=y.device)).any(-2)
    if not bool(seen.all()):
        lane = (~seen).nonzero()[0].tolist()
        where = f" in lane {lane[:-1]}" if lane[:-1] else ""
        raise ValueError(f"y must hold every class from 0 to {classes - 1}, got none of class {lane[-1]}{where}")
    validation.floating(test, "test")
    validation.rank(test, "test", 2, "(..., m, n)")
    if test.shape[:-2] != K.shape[:-2] or test.shape[-1] != K.shape[-1]:
        wanted = (*K.shape[:-2], "m", K.shape[-1])
        raise ValueError(f"test must have shape {wanted} to match K, got {tuple(test.shape)}")
    validation.finite(test, "test")


def _lane(bad: Tensor) -> str:
    return "" if bad.dim() == 0 else f" in lane {bad.nonzero()[0].tolist()}"


def _index(bad: Tensor) -> str:
    place = bad.nonzero()[0].tolist()
    return "" if not place else f" at index {place[0] if len(place) == 1 else tuple(place)}"
