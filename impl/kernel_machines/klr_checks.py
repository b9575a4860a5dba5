"""What logistic regressions ask of their arguments, refused by name."""

from __future__ import annotations

import torch
from torch import Tensor

from impl.core import validation
from impl.kernel_machines.grams import check_gram, check_symmetric, tolerated
from impl.kernel_machines.newton_step import rounding_goal


def check_klr(K: Tensor, y: Tensor, penalty: Tensor | float, *, trusted: bool = False) -> Tensor:
    """Refuse what is no kernel logistic regression, else λ as a tensor (*B).

    K (*B, n, n): symmetric and positive semidefinite, which is not looked at where it is trusted. The error says the
    smallest eigenvalue. y (*B, n): −1 and 1; one class alone is no mistake.
    """
    validation.rank(K, "K", 2, "(..., n, n)")
    validation.floating(K, "K")
    if not trusted:
        check_symmetric(K)
        check_semidefinite(K)
    check_labels(y, K, "K")
    return check_penalty(penalty, y)


def check_semidefinite(K: Tensor) -> None:
    """Refuse K (*B, n, n) with an eigenvalue below 0 by more than rounding.

    A Cholesky factor of K moved up by half of what is tolerated proves it for a small part of the cost of eigenvalues,
    which are computed only where there is none: the factor's own error, n (n + 1) u max|K|, is less than that half.
    """
    moved = K.clone()
    moved.diagonal(dim1=-2, dim2=-1).add_(tolerated(K).unsqueeze(-1) / 2)
    if bool(torch.linalg.cholesky_ex(moved).info.any()):
        check_gram(K)


def check_labels(y: Tensor, x: Tensor, name: str) -> None:
    """Refuse labels (*B, n) beside x (*B, n, d) that are not −1 and 1, or of another dtype or length."""
    validation.floating(y, "y")
    if y.dtype != x.dtype:
        wanted, got = (str(dtype).removeprefix("torch.") for dtype in (x.dtype, y.dtype))
        raise TypeError(f"y must have the dtype of {name}, {wanted}, got {got}")
    validation.same_length(x, name, y, "y")
    validation.finite(y, "y")
    validation.one_of(y, "y", (-1.0, 1.0))


def check_penalty(penalty: Tensor | float, y: Tensor) -> Tensor:
    """λ as a tensor (*B) beside y (*B, n). Refuses another shape, NaN, infinity, and λ ≤ 0.

    On separable data there is no least value without a penalty: the losses fall for ever as the scores grow.
    """
    if not isinstance(penalty, Tensor):
        penalty = torch.full(y.shape[:-1], float(penalty), dtype=y.dtype, device=y.device)
    validation.floating(penalty, "penalty")
    if penalty.shape != y.shape[:-1]:
        raise ValueError(f"penalty must have shape {tuple(y.shape[:-1])} to match y, got {tuple(penalty.shape)}")
    validation.finite(penalty, "penalty")
    bad = penalty <= 0
    if bool(bad.any()):
        where = "" if bad.dim() == 0 else f" at index {tuple(bad.nonzero()[0].tolist())}"
        raise ValueError(
            f"penalty must be positive, got {float(penalty[bad][0])!r}{where}: without a penalty, logistic regression "
            "diverges on separable data; take a small λ > 0"
        )
    return penalty


def goal_of(y: Tensor, tol: float | None) -> Tensor:
    """The gap at which each lane is done: (*B)."""
    return torch.full_like(y[..., 0], rounding_goal(y.shape[-1], y.dtype) if tol is None else tol)
