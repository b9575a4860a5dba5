"""AdaBoost: many small boosting problems at once (the functional core), and scikit-learn-shaped faces over it.

>>> from impl.adaboost import AdaBoostClassifier
>>> model = AdaBoostClassifier(n_rounds=10).fit([[0.0], [1.0], [2.0]], ["out", "in", "out"])
>>> model.predict([[0.9], [7.0]]).tolist()
['in', 'out']

Names are looked up when they are used: the faces need scikit-learn, whose import takes longer than a claim.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from impl.core.lazy import exports

if TYPE_CHECKING:
    from impl.adaboost.boosting import fit_discrete, fit_samme
    from impl.adaboost.bounds import margin_bound, training_error_bound
    from impl.adaboost.classifier import AdaBoostClassifier
    from impl.adaboost.ensemble import class_scores, decision_function
    from impl.adaboost.logitboost import fit_logitboost
    from impl.adaboost.median import weighted_median
    from impl.adaboost.r2 import fit_r2, predict_r2
    from impl.adaboost.real import fit_real
    from impl.adaboost.regressor import AdaBoostR2, AdaBoostRegressor
    from impl.adaboost.resampling import resample_indices
    from impl.adaboost.stump import fit_decision_stump

_ROOMS = {
    "boosting": ("fit_discrete", "fit_samme"),
    "bounds": ("margin_bound", "training_error_bound"),
    "classifier": ("AdaBoostClassifier",),
    "ensemble": ("class_scores", "decision_function"),
    "logitboost": ("fit_logitboost",),
    "median": ("weighted_median",),
    "r2": ("fit_r2", "predict_r2"),
    "real": ("fit_real",),
    "regressor": ("AdaBoostR2", "AdaBoostRegressor"),
    "resampling": ("resample_indices",),
    "stump": ("fit_decision_stump",),
}

__all__ = [
    "AdaBoostClassifier",
    "AdaBoostR2",
    "AdaBoostRegressor",
    "class_scores",
    "decision_function",
    "fit_decision_stump",
    "fit_discrete",
    "fit_logitboost",
    "fit_r2",
    "fit_real",
    "fit_samme",
    "margin_bound",
    "predict_r2",
    "resample_indices",
    "training_error_bound",
    "weighted_median",
]

__getattr__, __dir__ = exports(__name__, _ROOMS)
