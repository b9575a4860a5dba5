"""Penalised regression over lanes: ridge, lasso, elastic net, their priors and constraints; weight decay.

>>> from impl.regularization import Ridge
>>> model = Ridge(alpha=1.0).fit([[0.0], [1.0], [2.0]], [0.0, 1.0, 2.0])
>>> round(float(model.df_), 3)
0.667

Names are looked up when they are used: the faces need scikit-learn, whose import takes longer than a claim.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from impl.core.lazy import exports

if TYPE_CHECKING:
    from impl.regularization.decay import adam_step, adamw_step, at_rest, no_moments, sgd_step, sgdw_step
    from impl.regularization.duality import duality_gap, lambda_max
    from impl.regularization.errors import RankDeficientError
    from impl.regularization.gaussian_prior import map_gaussian
    from impl.regularization.l1_ball import constrained_l1
    from impl.regularization.l2_ball import constrained_l2
    from impl.regularization.laplace import map_laplace
    from impl.regularization.lasso_regression import elastic_net, lasso
    from impl.regularization.lasso_regressors import ElasticNet, Lasso
    from impl.regularization.path_of_lasso import geometric_penalties, lasso_path
    from impl.regularization.penalty_conventions import convert_lambda
    from impl.regularization.projection import project_l1_ball, project_l2_ball, project_linf_ball
    from impl.regularization.prox import prox_elastic_net, prox_l1, prox_l2, soft_threshold
    from impl.regularization.ridge_regression import effective_degrees_of_freedom, hat_matrix, ridge, ridge_path
    from impl.regularization.ridge_regressor import Ridge

_ROOMS = {
    "decay": ("adam_step", "adamw_step", "at_rest", "no_moments", "sgd_step", "sgdw_step"),
    "duality": ("duality_gap", "lambda_max"),
    "errors": ("RankDeficientError",),
    "gaussian_prior": ("map_gaussian",),
    "l1_ball": ("constrained_l1",),
    "l2_ball": ("constrained_l2",),
    "laplace": ("map_laplace",),
    "lasso_regression": ("elastic_net", "lasso"),
    "lasso_regressors": ("ElasticNet", "Lasso"),
    "path_of_lasso": ("geometric_penalties", "lasso_path"),
    "penalty_conventions": ("convert_lambda",),
    "projection": ("project_l1_ball", "project_l2_ball", "project_linf_ball"),
    "prox": ("prox_elastic_net", "prox_l1", "prox_l2", "soft_threshold"),
    "ridge_regression": ("effective_degrees_of_freedom", "hat_matrix", "ridge", "ridge_path"),
    "ridge_regressor": ("Ridge",),
}

__all__ = [
    "ElasticNet",
    "Lasso",
    "RankDeficientError",
    "Ridge",
    "adam_step",
    "adamw_step",
    "at_rest",
    "constrained_l1",
    "constrained_l2",
    "convert_lambda",
    "duality_gap",
    "effective_degrees_of_freedom",
    "elastic_net",
    "geometric_penalties",
    "hat_matrix",
    "lambda_max",
    "lasso",
    "lasso_path",
    "map_gaussian",
    "map_laplace",
    "no_moments",
    "project_l1_ball",
    "project_l2_ball",
    "project_linf_ball",
    "prox_elastic_net",
    "prox_l1",
    "prox_l2",
    "ridge",
    "ridge_path",
    "sgd_step",
    "sgdw_step",
    "soft_threshold",
]

__getattr__, __dir__ = exports(__name__, _ROOMS)
