"""Kernel machines over lanes: kernels, support vector machines, kernel logistic regression, Platt scaling.

>>> from impl.kernel_machines import SVC
>>> model = SVC(kernel="linear").fit([[-1.0], [1.0]], ["no", "yes"])
>>> model.predict([[0.5]]).tolist(), model.dual_gap_.tolist()
(['yes'], [0.0])

Names are looked up when they are used: the faces need scikit-learn, whose import takes longer than a claim.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from impl.core.lazy import exports

if TYPE_CHECKING:
    from impl.kernel_machines.cost_conventions import C_from_lambda, lambda_from_C
    from impl.kernel_machines.feature_map import polynomial_features
    from impl.kernel_machines.gaussian_series import rbf_series
    from impl.kernel_machines.grams import (
        gram,
        gram_is_psd,
        laplacian_kernel,
        linear_kernel,
        polynomial_kernel,
        rbf_kernel,
        sigmoid_kernel,
        smallest_eigenvalue,
    )
    from impl.kernel_machines.kernel_logistic import klr_fit, klr_objective
    from impl.kernel_machines.kernel_logistic_classifier import KernelLogisticRegression
    from impl.kernel_machines.klr_derivatives import klr_gradient, klr_hessian, klr_value
    from impl.kernel_machines.linear_logistic import logistic_fit
    from impl.kernel_machines.linear_machine import linear_svm
    from impl.kernel_machines.losses import hinge, logistic, scaled_logistic, squared_hinge, zero_one
    from impl.kernel_machines.many_classes import multiclass
    from impl.kernel_machines.pair_trace import svm_trace
    from impl.kernel_machines.platt_scaling import PlattScaling
    from impl.kernel_machines.probabilistic_svm import ProbabilisticSVM
    from impl.kernel_machines.sigmoid_fit import platt_fit, platt_objective, platt_probability, platt_targets
    from impl.kernel_machines.softmaxes import log_softmax, softmax
    from impl.kernel_machines.support_vectors import bias_interval, svm_fit
    from impl.kernel_machines.svm_certificate import svm_objective
    from impl.kernel_machines.svm_classifier import SVC
    from impl.kernel_machines.two_levels import two_level

_ROOMS = {
    "cost_conventions": (
        "C_from_lambda",
        "lambda_from_C",
    ),
    "feature_map": ("polynomial_features",),
    "gaussian_series": ("rbf_series",),
    "grams": (
        "gram",
        "gram_is_psd",
        "laplacian_kernel",
        "linear_kernel",
        "polynomial_kernel",
        "rbf_kernel",
        "sigmoid_kernel",
        "smallest_eigenvalue",
    ),
    "kernel_logistic": (
        "klr_fit",
        "klr_objective",
    ),
    "kernel_logistic_classifier": ("KernelLogisticRegression",),
    "klr_derivatives": (
        "klr_gradient",
        "klr_hessian",
        "klr_value",
    ),
    "linear_logistic": ("logistic_fit",),
    "linear_machine": ("linear_svm",),
    "losses": (
        "hinge",
        "logistic",
        "scaled_logistic",
        "squared_hinge",
        "zero_one",
    ),
    "many_classes": ("multiclass",),
    "pair_trace": ("svm_trace",),
    "platt_scaling": ("PlattScaling",),
    "probabilistic_svm": ("ProbabilisticSVM",),
    "sigmoid_fit": (
        "platt_fit",
        "platt_objective",
        "platt_probability",
        "platt_targets",
    ),
    "softmaxes": (
        "log_softmax",
        "softmax",
    ),
    "support_vectors": (
        "bias_interval",
        "svm_fit",
    ),
    "svm_certificate": ("svm_objective",),
    "svm_classifier": ("SVC",),
    "two_levels": ("two_level",),
}

__all__ = [
    "SVC",
    "C_from_lambda",
    "KernelLogisticRegression",
    "PlattScaling",
    "ProbabilisticSVM",
    "bias_interval",
    "gram",
    "gram_is_psd",
    "hinge",
    "klr_fit",
    "klr_gradient",
    "klr_hessian",
    "klr_objective",
    "klr_value",
    "lambda_from_C",
    "laplacian_kernel",
    "linear_kernel",
    "linear_svm",
    "log_softmax",
    "logistic",
    "logistic_fit",
    "multiclass",
    "platt_fit",
    "platt_objective",
    "platt_probability",
    "platt_targets",
    "polynomial_features",
    "polynomial_kernel",
    "rbf_kernel",
    "rbf_series",
    "scaled_logistic",
    "sigmoid_kernel",
    "smallest_eigenvalue",
    "softmax",
    "squared_hinge",
    "svm_fit",
    "svm_objective",
    "svm_trace",
    "two_level",
    "zero_one",
]

__getattr__, __dir__ = exports(__name__, _ROOMS)
