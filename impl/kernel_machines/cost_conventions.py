"""C of ½‖w‖² + C Σ hinge and λ of (λ∕n)‖w‖² + (1∕n) Σ hinge: the second is 1∕(Cn) of the first."""

from __future__ import annotations

from torch import Tensor

from impl.core import validation
from impl.kernel_machines.svm_checks import check_above_zero


def lambda_from_C(C: Tensor) -> Tensor:
    """λ = 1 ∕ 2C, elementwise. Raises ValueError for C ≤ 0."""
    _check(C, "C")
    return half_inverse(C)


def C_from_lambda(penalty: Tensor) -> Tensor:
    """C = 1 ∕ 2λ, elementwise. Raises ValueError for λ ≤ 0, which would let no error pass at all."""
    _check(penalty, "penalty")
    return half_inverse(penalty)


def half_inverse(value: Tensor) -> Tensor:
    """1 ∕ 2v, its own inverse."""
    return 0.5 / value


def _check(value: Tensor, name: str) -> None:
    validation.floating(value, name)
    validation.non_empty(value, name, "(...)")
    check_above_zero(value, name)
