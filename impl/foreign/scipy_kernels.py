"""SciPy's softmax, distances and eigenvalues as subjects in kernel_machines; lanes are a loop."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import scipy
from scipy.linalg import eigvalsh
from scipy.spatial.distance import cdist
from scipy.special import log_expit, log_softmax, softmax

from impl.core.subject import Settings, Subject
from impl.foreign.lane_by_lane import Asked, Random, lane_by_lane

METRICS: dict[Any, Literal["sqeuclidean", "cityblock"]] = {"rbf": "sqeuclidean", "laplacian": "cityblock"}
"""Which distance each kernel of differences has in its exponent."""


def _softmax(arrays: dict[str, Any], settings: Settings, random: Random) -> dict[str, Any]:
    return {"softmax": softmax(arrays["z"], axis=-1), "log_softmax": log_softmax(arrays["z"], axis=-1)}


def _kernel(arrays: dict[str, Any], settings: Settings, random: Random) -> dict[str, Any]:
    """kernel: `cdist` computes in float64."""
    if settings["kernel"] not in METRICS:
        return {}
    distance = cdist(arrays["x"], arrays["z"], METRICS[settings["kernel"]])
    return {"gram": np.exp(-float(settings["gamma"]) * distance)}


def spectrum(arrays: dict[str, Any], settings: Settings, random: Random) -> dict[str, Any]:
    """spectrum: the least of LAPACK's eigenvalues, against what the port tolerates."""
    k = arrays["K"]
    n, u = len(k), float(np.finfo(k.dtype).eps) / 2
    least = eigvalsh(k)[0]
    return {"smallest": least, "psd": least >= -2 * n * u * (n + 12) * np.abs(k).max()}


def _losses(arrays: dict[str, Any], settings: Settings, random: Random) -> dict[str, Any]:
    """losses: −log σ for the logistic loss; the hinges, which SciPy lacks, are formed here."""
    score = arrays["score"]
    hinge, logistic = np.maximum(0, 1 - score), -log_expit(score)
    return {
        "zero_one": (score <= 0).astype(score.dtype),
        "hinge": hinge,
        "squared_hinge": hinge**2,
        "logistic": logistic,
        "scaled_logistic": logistic / np.log(2).astype(score.dtype),
    }


def _subject(name: str, operations: dict[str, Asked], **missing: str) -> Subject:
    found = {key: lane_by_lane(asked) for key, asked in operations.items()}
    return Subject(name, "kernel_machines", found, version=scipy.__version__, devices=("cpu",), missing=missing)


NO_PRODUCT = "SciPy has distances only"

SUBJECTS: tuple[Subject, ...] = (
    _subject("scipy-softmax", {"softmax": _softmax}),
    _subject("scipy-cdist", {"kernel": _kernel, "spectrum": spectrum}, kernel=NO_PRODUCT),
    _subject("scipy-log-expit", {"losses": _losses}),
)
