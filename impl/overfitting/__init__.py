"""Training and test error over lanes: least squares, leaving one out, early stopping, dropout, double descent.

>>> from impl.overfitting import PolynomialRegression
>>> errors = [PolynomialRegression(degree).fit([0, 1, 2, 3], [1, 0, 1, 0]).training_error_ for degree in range(4)]
>>> all(more >= less for more, less in zip(errors, errors[1:]))
True

Names are looked up when they are used: the faces need scikit-learn, whose import takes longer than a claim.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from impl.core.lazy import exports

if TYPE_CHECKING:
    from impl.overfitting.bases import polynomial_design
    from impl.overfitting.complexity import rademacher
    from impl.overfitting.concentration import hoeffding_bound, sample_complexity, vc_bound
    from impl.overfitting.criteria import aic, bic, mallows_cp
    from impl.overfitting.cross_validation import cross_validate
    from impl.overfitting.curves import capacity_curve, learning_curve, validation_curve
    from impl.overfitting.decomposition import bias_variance, monte_carlo
    from impl.overfitting.deletion import leave_one_out
    from impl.overfitting.double_descent import double_descent_curve, minimum_norm_risk, simulated_double_descent
    from impl.overfitting.early_stopping import gradient_descent_path, spectral_filter
    from impl.overfitting.errors import LeverageOneError
    from impl.overfitting.expected_errors import optimism
    from impl.overfitting.folds import kfold_split, leave_one_out_split, stratified_kfold_split
    from impl.overfitting.growth import growth_function, sauer_bound, vc_dimension
    from impl.overfitting.householder import least_squares, nested_errors
    from impl.overfitting.input_noise import dropout, dropout_objective, noise_objective
    from impl.overfitting.nearest_classifier import KNearestNeighbours
    from impl.overfitting.polynomial_regression import PolynomialRegression
    from impl.overfitting.ridge import hat_matrix
    from impl.overfitting.shattering import dichotomies
    from impl.overfitting.singular_values import minimum_norm, pseudo_inverse

_ROOMS = {
    "bases": ("polynomial_design",),
    "complexity": ("rademacher",),
    "concentration": ("hoeffding_bound", "sample_complexity", "vc_bound"),
    "criteria": ("aic", "bic", "mallows_cp"),
    "cross_validation": ("cross_validate",),
    "curves": ("capacity_curve", "learning_curve", "validation_curve"),
    "decomposition": ("bias_variance", "monte_carlo"),
    "deletion": ("leave_one_out",),
    "double_descent": ("double_descent_curve", "minimum_norm_risk", "simulated_double_descent"),
    "early_stopping": ("gradient_descent_path", "spectral_filter"),
    "errors": ("LeverageOneError",),
    "expected_errors": ("optimism",),
    "folds": ("kfold_split", "leave_one_out_split", "stratified_kfold_split"),
    "growth": ("growth_function", "sauer_bound", "vc_dimension"),
    "householder": ("least_squares", "nested_errors"),
    "input_noise": ("dropout", "dropout_objective", "noise_objective"),
    "nearest_classifier": ("KNearestNeighbours",),
    "polynomial_regression": ("PolynomialRegression",),
    "ridge": ("hat_matrix",),
    "shattering": ("dichotomies",),
    "singular_values": ("minimum_norm", "pseudo_inverse"),
}

__all__ = [
    "KNearestNeighbours",
    "LeverageOneError",
    "PolynomialRegression",
    "aic",
    "bias_variance",
    "bic",
    "capacity_curve",
    "cross_validate",
    "dichotomies",
    "double_descent_curve",
    "dropout",
    "dropout_objective",
    "gradient_descent_path",
    "growth_function",
    "hat_matrix",
    "hoeffding_bound",
    "kfold_split",
    "learning_curve",
    "least_squares",
    "leave_one_out",
    "leave_one_out_split",
    "mallows_cp",
    "minimum_norm",
    "minimum_norm_risk",
    "monte_carlo",
    "nested_errors",
    "noise_objective",
    "optimism",
    "polynomial_design",
    "pseudo_inverse",
    "rademacher",
    "sample_complexity",
    "sauer_bound",
    "simulated_double_descent",
    "spectral_filter",
    "stratified_kfold_split",
    "validation_curve",
    "vc_bound",
    "vc_dimension",
]

__getattr__, __dir__ = exports(__name__, _ROOMS)
