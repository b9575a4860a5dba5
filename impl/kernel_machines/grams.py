"""Kernels of points x (*B, n, d) and z (*B, m, d), and when a matrix is the Gram matrix of some.

Linear, polynomial with ζ ≥ 0, RBF and Laplacian kernels are positive semidefinite on every set of points. The sigmoid
"kernel" is not.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable

import torch
from torch import Tensor

from impl.core import validation


def linear_kernel(x: Tensor, z: Tensor) -> Tensor:
    """Inner products x·z: (*B, n, m)."""
    return x @ z.mT


def power(base: Tensor, degree: int) -> Tensor:
    """The base times itself, degree times: exact on whole numbers that fit, which `pow` does not promise."""
    found = base
    for _ in range(degree - 1):
        found = found * base
    return found


def polynomial_kernel(x: Tensor, z: Tensor, *, gamma: float = 1.0, zeta: float = 1.0, degree: int = 2) -> Tensor:
    """(ζ + γ x·z)^degree: (*B, n, m). Positive semidefinite for ζ ≥ 0 (Shawe-Taylor & Cristianini 2004, chapter 9)."""
    return power(zeta + gamma * (x @ z.mT), degree)


def rbf_kernel(x: Tensor, z: Tensor, *, gamma: float = 1.0) -> Tensor:
    """exp(−γ‖x − z‖²): (*B, n, m).

    Distances come from differences. ‖x‖² + ‖z‖² − 2 x·z would cost as many digits as ‖x‖² is larger than the distance.
    """
    apart = torch.cdist(x, z, compute_mode="donot_use_mm_for_euclid_dist")
    return apart.square().mul_(-gamma).exp_()


def laplacian_kernel(x: Tensor, z: Tensor, *, gamma: float = 1.0) -> Tensor:
    """exp(−γ‖x − z‖₁): (*B, n, m)."""
    return (-gamma * torch.cdist(x, z, p=1.0)).exp_()


def tanh_products(x: Tensor, z: Tensor, *, gamma: float = 1.0, zeta: float = 0.0) -> Tensor:
    """tanh(γ x·z + ζ): (*B, n, m)."""
    return (gamma * (x @ z.mT) + zeta).tanh()


def sigmoid_kernel(x: Tensor, z: Tensor, *, gamma: float = 1.0, zeta: float = 0.0) -> Tensor:
    """tanh(γ x·z + ζ): (*B, n, m), with a warning that it is no kernel.

    A single point x = 0 with ζ = −1 has the "Gram matrix" [tanh(−1)] < 0.
    """
    warnings.warn(
        "the sigmoid kernel is not positive semidefinite: a machine may have no optimum; check with gram_is_psd, or "
        "use the rbf kernel",
        UserWarning,
        stacklevel=2,
    )
    return tanh_products(x, z, gamma=gamma, zeta=zeta)


def smallest_eigenvalue(gram: Tensor) -> Tensor:
    """The least eigenvalue of a symmetric matrix (*B, n, n): (*B)."""
    values: Tensor = torch.linalg.eigvalsh(gram)
    return values[..., 0]


def tolerated(gram: Tensor) -> Tensor:
    """2 n (n + 12) u max|K|, how far below 0 rounding may push an eigenvalue: (*B)."""
    n = gram.shape[-1]
    return n * (n + 12) * torch.finfo(gram.dtype).eps * gram.abs().amax((-2, -1))


def gram_is_psd(gram: Tensor) -> Tensor:
    """Whether a symmetric matrix (*B, n, n) is positive semidefinite up to rounding: (*B), Boolean.

    Raises ValueError for what is not square, finite and symmetric.
    """
    check_symmetric(gram)
    return smallest_eigenvalue(gram) >= -tolerated(gram)


def check_symmetric(gram: Tensor, name: str = "K") -> None:
    """Raise ValueError unless a kernel matrix (*B, n, n) is square, finite and symmetric to 8 u (n + 4) max|K|."""
    validation.rank(gram, name, 2, "(..., n, n)")
    if gram.shape[-1] != gram.shape[-2]:
        raise ValueError(f"{name} must be square, got shape {tuple(gram.shape)}")
    validation.non_empty(gram, name, "(..., n, n)")
    validation.floating(gram, name)
    validation.finite(gram, name)
    slack = 4 * (gram.shape[-1] + 4) * torch.finfo(gram.dtype).eps * gram.abs().amax((-2, -1), keepdim=True)
    bad = (gram - gram.mT).abs() > slack
    if bool(bad.any()):
        place = tuple(bad.nonzero()[0].tolist())
        there, mirrored = float(gram[place]), float(gram.mT[place])
        raise ValueError(
            f"{name} must be symmetric, got {there!r} at index {place} and {mirrored!r} in its mirror image; a kernel "
            f"of training points with other points is no Gram matrix"
        )


def check_gram(gram: Tensor, name: str = "K") -> None:
    """Raise ValueError unless a kernel matrix (*B, n, n) is symmetric and positive semidefinite up to rounding.

    The error says the smallest eigenvalue and its lane.
    """
    check_symmetric(gram, name)
    smallest = smallest_eigenvalue(gram)
    bad = smallest < -tolerated(gram)
    if bool(bad.any()):
        where = "" if bad.dim() == 0 else f" in lane {bad.nonzero()[0].tolist()}"
        raise ValueError(
            f"{name} must be positive semidefinite, got smallest eigenvalue {float(smallest[bad][0]):.6g}{where}; use "
            f"a kernel that is, such as rbf, or add the eigenvalue to the diagonal"
        )


def check_points(x: Tensor, z: Tensor) -> None:
    """Raise ValueError unless x (*B, n, d) and z (*B, m, d) are finite, not empty, and have the same coordinates."""
    for points, name, layout in ((x, "x", "(..., n, d)"), (z, "z", "(..., m, d)")):
        validation.rank(points, name, 2, layout)
        validation.non_empty(points, name, layout)
        validation.floating(points, name)
        validation.finite(points, name)
    if x.shape[:-2] != z.shape[:-2] or x.shape[-1] != z.shape[-1]:
        raise ValueError(
            f"z must have the lanes and coordinates of x, {(*x.shape[:-2], 'm', x.shape[-1])}, got {tuple(z.shape)}"
        )


def check_scale(gamma: float, zeta: float = 0.0, degree: int = 1) -> None:
    """Raise ValueError unless γ is positive and finite, ζ finite and the degree a count of at least 1."""
    if not 0 < gamma < math.inf:
        raise ValueError(f"gamma must be positive and finite, got {gamma!r}")
    if not math.isfinite(zeta):
        raise ValueError(f"zeta must be finite, got {zeta!r}")
    validation.at_least(degree, "degree", 1)


GRAMS: dict[str, Callable[..., Tensor]] = {
    "linear": linear_kernel,
    "polynomial": polynomial_kernel,
    "rbf": rbf_kernel,
    "laplacian": laplacian_kernel,
    "sigmoid": sigmoid_kernel,
}
OPTIONS: dict[str, tuple[str, ...]] = {
    "linear": (),
    "polynomial": ("gamma", "zeta", "degree"),
    "rbf": ("gamma",),
    "laplacian": ("gamma",),
    "sigmoid": ("gamma", "zeta"),
}
"""Which of gamma, zeta and degree a kernel reads."""


def gram(x: Tensor, z: Tensor, kernel: str, *, gamma: float = 1.0, zeta: float = 1.0, degree: int = 2) -> Tensor:
    """The kernel of this name between x (*B, n, d) and z (*B, m, d): (*B, n, m).

    Raises ValueError for a kernel that is none of `GRAMS`, for γ ≤ 0, and for points that are not finite.
    """
    if kernel not in GRAMS:
        raise ValueError(f"kernel must be one of {', '.join(GRAMS)}, got {kernel!r}")
    check_points(x, z)
    check_scale(gamma, zeta, degree)
    given = {"gamma": gamma, "zeta": zeta, "degree": degree}
    return GRAMS[kernel](x, z, **{option: given[option] for option in OPTIONS[kernel]})
