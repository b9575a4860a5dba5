"""scikit-learn's pairwise kernels and polynomial features as a subject in kernel_machines; lanes are a loop."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import sklearn
from sklearn.metrics.pairwise import (
    laplacian_kernel,
    linear_kernel,
    polynomial_kernel,
    rbf_kernel,
    sigmoid_kernel,
)
from sklearn.preprocessing import PolynomialFeatures

from impl.core.subject import Settings, Subject
from impl.foreign.lane_by_lane import Numbers, Random, lane_by_lane
from impl.foreign.scikit_learn_sparse import trusting
from impl.foreign.scipy_kernels import spectrum


def _kernel(arrays: dict[str, Any], settings: Settings, random: Random) -> dict[str, Any]:
    x, z, kernel = arrays["x"], arrays["z"], settings["kernel"]
    if kernel == "linear":
        return {"gram": linear_kernel(x, z)}
    gamma = float(settings["gamma"])
    if kernel in ("rbf", "laplacian"):
        return {"gram": (rbf_kernel if kernel == "rbf" else laplacian_kernel)(x, z, gamma=gamma)}
    zeta = float(settings["zeta"])
    if kernel == "sigmoid":
        return {"gram": sigmoid_kernel(x, z, gamma=gamma, coef0=zeta)}
    return {"gram": polynomial_kernel(x, z, degree=int(settings["degree"]), gamma=gamma, coef0=zeta)}


def _scale(powers: Numbers, degree: int, gamma: float, zeta: float) -> float:
    """The root of the multinomial coefficient, times γ and ζ to half the powers of x and of 1."""
    total = int(powers.sum())
    ways = math.factorial(degree) // math.factorial(degree - total) // math.prod(map(math.factorial, powers.tolist()))
    return math.sqrt(ways * gamma**total * zeta ** (degree - total))


def _features(arrays: dict[str, Any], settings: Settings, random: Random) -> dict[str, Any]:
    """features: PolynomialFeatures has the monomials, to which their coefficients are added here."""
    degree = int(settings["degree"])
    made = PolynomialFeatures(degree)
    monomials = made.fit_transform(arrays["x"])
    scales = [_scale(powers, degree, float(settings["gamma"]), float(settings["zeta"])) for powers in made.powers_]
    return {"features": monomials * np.array(scales, dtype=monomials.dtype)}


PAIRWISE_SUBJECTS: tuple[Subject, ...] = (
    Subject(
        "sklearn-pairwise",
        "kernel_machines",
        {
            "kernel": lane_by_lane(trusting(_kernel)),
            "features": lane_by_lane(trusting(_features)),
            "spectrum": lane_by_lane(spectrum),  # SciPy's, which scikit-learn's KernelPCA asks too
        },
        version=sklearn.__version__,
        devices=("cpu",),
        missing={"rbf_series": "scikit-learn has no series of the RBF kernel"},
    ),
)
