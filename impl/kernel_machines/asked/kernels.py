"""The port's operations on kernels, their features and losses, in arrays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from impl.core import validation
from impl.core.arrays import answers, tensors
from impl.core.subject import Answers, Arrays, Operation, Parts, Settings, built
from impl.kernel_machines.feature_map import check_map, polynomial_map
from impl.kernel_machines.gaussian_series import remainder, series
from impl.kernel_machines.grams import (
    OPTIONS,
    check_points,
    check_scale,
    check_symmetric,
    laplacian_kernel,
    linear_kernel,
    polynomial_kernel,
    rbf_kernel,
    smallest_eigenvalue,
    tanh_products,
    tolerated,
)
from impl.kernel_machines.losses import hinge, logistic, scaled_logistic, squared_hinge, zero_one

Formula = Callable[..., Tensor]


@dataclass(frozen=True)
class Kernels:
    """The formulas that are asked for.

    linear … sigmoid: (x, z, options) → gram. features: (x, options) → φ. series, remainder: (x, z, γ, terms) → (n, m).
    smallest: K → its least eigenvalue. tolerated: K → how far below 0 that may be by rounding.
    zero_one … scaled_logistic: score → loss.
    """

    linear: Formula = linear_kernel
    polynomial: Formula = polynomial_kernel
    rbf: Formula = rbf_kernel
    laplacian: Formula = laplacian_kernel
    sigmoid: Formula = tanh_products
    features: Formula = polynomial_map
    series: Formula = series
    remainder: Formula = remainder
    smallest: Formula = smallest_eigenvalue
    tolerated: Formula = tolerated
    zero_one: Formula = zero_one
    hinge: Formula = hinge
    squared_hinge: Formula = squared_hinge
    logistic: Formula = logistic
    scaled_logistic: Formula = scaled_logistic


KERNELS = Kernels()


def kernels_operations(formulas: Kernels) -> dict[str, Operation]:
    """The operations of `KernelPort`, computed by these formulas."""
    return built(formulas, KERNELS, PARTS)


def _points(arrays: Arrays, device: str, dtype: str) -> tuple[Tensor, Tensor]:
    data = tensors(arrays, device=device, dtype=dtype)
    x, z = data["x"], data.get("z", data["x"])
    check_points(x, z)
    return x, z


def _kernel(formulas: Kernels) -> Operation:
    def kernel_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        name = str(settings["kernel"])
        if name not in OPTIONS:
            raise ValueError(f"kernel must be one of {', '.join(OPTIONS)}, got {name!r}")
        x, z = _points(arrays, device, dtype)
        gamma, zeta, degree = (
            float(settings.get("gamma", 1.0)),
            float(settings.get("zeta", 0.0)),
            int(settings.get("degree", 1)),
        )
        check_scale(gamma, zeta, degree)
        given = {"gamma": gamma, "zeta": zeta, "degree": degree}
        formula: Formula = getattr(formulas, name)
        return answers(gram=formula(x, z, **{option: given[option] for option in OPTIONS[name]}))

    return kernel_


def _features(formulas: Kernels) -> Operation:
    def features_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        x, _ = _points(arrays, device, dtype)
        gamma, zeta, degree = float(settings["gamma"]), float(settings["zeta"]), int(settings["degree"])
        check_map(gamma, zeta, degree)
        return answers(features=formulas.features(x, gamma=gamma, zeta=zeta, degree=degree))

    return features_


def _rbf_series(formulas: Kernels) -> Operation:
    def rbf_series_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        x, z = _points(arrays, device, dtype)
        gamma, terms = float(settings["gamma"]), int(settings["terms"])
        check_scale(gamma)
        validation.at_least(terms, "terms", 1)
        gram = formulas.series(x, z, gamma=gamma, terms=terms)
        return answers(gram=gram, remainder=formulas.remainder(x, z, gamma=gamma, terms=terms))

    return rbf_series_


def _spectrum(formulas: Kernels) -> Operation:
    def spectrum_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        gram = tensors(arrays, device=device, dtype=dtype)["K"]
        check_symmetric(gram)
        smallest = formulas.smallest(gram)
        return answers(smallest=smallest, psd=smallest >= -formulas.tolerated(gram))

    return spectrum_


_LOSSES = ("zero_one", "hinge", "squared_hinge", "logistic", "scaled_logistic")


def _losses(formulas: Kernels) -> Operation:
    def losses_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        score = tensors(arrays, device=device, dtype=dtype)["score"]
        validation.rank(score, "score", 1, "(..., n)")
        validation.non_empty(score, "score", "(..., n)")
        validation.floating(score, "score")
        validation.finite(score, "score")
        return answers(**{name: getattr(formulas, name)(score) for name in _LOSSES})

    return losses_


PARTS: Parts[Kernels] = {
    "kernel": (_kernel, tuple(OPTIONS)),
    "features": (_features, ("features",)),
    "rbf_series": (_rbf_series, ("series", "remainder")),
    "spectrum": (_spectrum, ("smallest", "tolerated")),
    "losses": (_losses, _LOSSES),
}
