"""scikit-learn's Platt scaling as a subject in kernel_machines; lanes are a loop."""

from __future__ import annotations

from typing import Any

import numpy as np
import sklearn
from scipy.special import expit
from sklearn._loss import HalfBinomialLoss
from sklearn.calibration import _SigmoidCalibration

from impl.core.subject import Settings, Subject
from impl.foreign.lane_by_lane import Numbers, Random, lane_by_lane
from impl.foreign.scikit_learn_sparse import trusting


def smoothed(y: Numbers) -> Numbers:
    """The targets that Platt's formula and `sklearn.calibration` give to labels, which it does not tell of."""
    up = y > 0
    return np.asarray(np.where(up, (up.sum() + 1) / (up.sum() + 2), 1 / ((~up).sum() + 2)), dtype=y.dtype)


def _loss(f: Numbers, y: Numbers, a: Any, b: Any) -> Any:
    """Σ of the loss that `sklearn.calibration` minimises."""
    raw = np.ascontiguousarray(-(a * f + b), dtype=y.dtype)
    return HalfBinomialLoss().loss(y_true=smoothed(y), raw_prediction=raw).sum()


def _fit(arrays: dict[str, Any], settings: Settings, random: Random) -> dict[str, Any]:
    f, y = arrays["f"], arrays["y"]
    model = _SigmoidCalibration().fit(f, y)
    a, b = np.asarray(model.a_), np.asarray(model.b_)
    return {"a": a, "b": b, "probability": model.predict(f), "value": _loss(f, y, a, b)}


def _targets(arrays: dict[str, Any], settings: Settings, random: Random) -> dict[str, Any]:
    return {"targets": smoothed(arrays["y"])}


def _objective(arrays: dict[str, Any], settings: Settings, random: Random) -> dict[str, Any]:
    f, y, a, b = (arrays[name] for name in ("f", "y", "a", "b"))
    return {"value": _loss(f, y, a, b), "probability": expit(-(a * f + b))}


PLATT_SUBJECTS: tuple[Subject, ...] = (
    Subject(
        "sklearn-sigmoid",
        "kernel_machines",
        {
            name: lane_by_lane(trusting(asked))
            for name, asked in (("platt_fit", _fit), ("platt_targets", _targets), ("platt_objective", _objective))
        },
        version=sklearn.__version__,
        devices=("cpu",),
    ),
)
