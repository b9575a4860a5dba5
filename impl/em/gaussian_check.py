"""What a mixture and its data must be; each error names the argument, the bad value and its place."""

from __future__ import annotations

import torch
from torch import Tensor

from impl.core import validation
from impl.em.errors import DegenerateCovarianceError
from impl.em.gaussian import Gaussians, is_matrix, root


def check_data(x: Tensor, mixture: Gaussians | None, weight: Tensor | None = None) -> None:
    """Raise ValueError unless x (lane, n, d) and the weights of its rows (lane, n) are finite and fit the mixture."""
    validation.floating(x, "x")
    validation.rank(x, "x", 3, "(lane, n, d)")
    validation.non_empty(x, "x", "(lane, n, d)")
    validation.finite(x, "x")
    if mixture is not None and x.shape[-1] != mixture.means.shape[-1]:
        layout = (*x.shape[:-1], mixture.means.shape[-1])
        raise ValueError(f"x must have shape {layout} to match mu, got {tuple(x.shape)}")
    if weight is not None:
        validation.same_length(x, "x", weight, "sample_weight")
        validation.finite(weight, "sample_weight")
        validation.non_negative(weight, "sample_weight")
        validation.positive_sum(weight, "sample_weight")


def check_distribution(p: Tensor, name: str, shape: tuple[int, ...]) -> None:
    """Raise ValueError unless the last axis holds probabilities whose sum is 1 up to 8 k u."""
    if tuple(p.shape) != shape:
        raise ValueError(f"{name} must have shape {shape}, got {tuple(p.shape)}")
    validation.non_empty(p, name, "(..., k)")
    validation.finite(p, name)
    validation.non_negative(p, name)
    off = (p.sum(-1) - 1).abs()
    if bool((off > 4 * p.shape[-1] * torch.finfo(p.dtype).eps).any()):
        place = (off == off.max()).nonzero()[0].tolist()
        raise ValueError(f"{name} must sum to 1, got {p[tuple(place)].sum().item():.9g} at index {tuple(place)}")


def check_mixture(mixture: Gaussians, kind: str, names: tuple[str, str, str]) -> None:
    """Raise ValueError unless the shapes fit, the weights sum to 1 and the covariances are symmetric and definite."""
    weights, means, covariances = mixture
    validation.rank(means, names[1], 3, "(lane, k, d)")
    validation.non_empty(means, names[1], "(lane, k, d)")
    validation.finite(means, names[1])
    lanes, k, d = means.shape
    check_distribution(weights, names[0], (lanes, k))
    shape = {"full": (lanes, k, d, d), "tied": (lanes, d, d), "diag": (lanes, k, d), "spherical": (lanes, k)}[kind]
    if tuple(covariances.shape) != shape:
        raise ValueError(f"{names[2]} must have shape {shape}, got {tuple(covariances.shape)}")
    validation.finite(covariances, names[2])
    if is_matrix(kind):
        skew = (covariances - covariances.mT).abs().amax((-2, -1))
        allowed = 4 * d * torch.finfo(means.dtype).eps * covariances.abs().amax((-2, -1))
        if bool((skew > allowed).any()):
            raise ValueError(f"{names[2]} must be symmetric, got entries {skew.max().item():.3g} apart")
        singular = root(covariances, kind, d).singular.T
        if bool(singular.any()):
            lane, component = singular.nonzero()[0].tolist()
            whose = "it" if kind == "tied" else f"that of component {component}"
            raise DegenerateCovarianceError(
                f"{names[2]} must be positive definite, but {whose}{f' in lane {lane}' * (lanes > 1)} is not"
            )
    elif bool((covariances <= 0).any()):
        place = (covariances <= 0).nonzero()[0].tolist()
        raise DegenerateCovarianceError(
            f"{names[2]} must be positive, got {covariances[tuple(place)].item()!r} at index {tuple(place)}"
        )


def check_ridge(ridge: float) -> None:
    """Raise ValueError unless the ridge is a finite number of at least 0."""
    if not 0 <= ridge < float("inf"):
        raise ValueError(f"ridge must be non-negative and finite, got {ridge!r}")
