"""scikit-learn's mixtures, k-means++ and LDA as subjects in EM; lanes are a loop, with one source of random numbers.

GaussianMixture is asked through the E- and M-step that its `fit` takes in turn, since `fit` refuses fewer than two rows
or fewer rows than components; a test holds both together. It knows no sample weights: whole ones are repeated rows.
BayesianGaussianMixture is left out: its steps are those of another model, and its draws GaussianMixture's.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import sklearn
from numpy.typing import NDArray
from scipy.special import digamma
from sklearn.cluster import kmeans_plusplus
from sklearn.decomposition import LatentDirichletAllocation
from sklearn.mixture import GaussianMixture
from sklearn.mixture._gaussian_mixture import _compute_precision_cholesky, _estimate_gaussian_parameters

from impl.core.subject import Answers, Arrays, Operation, Settings, Subject

Floats = NDArray[np.float64]
Random = np.random.RandomState
Asked = Callable[[dict[str, Any], Settings, str, Random], dict[str, Any]]

DEFAULT_RIDGE = 1e-6
"""scikit-learn's default `reg_covar`."""


def _quietly(answer: Asked) -> Operation:
    """An operation on each lane alone, without warnings; nothing where one lane has no answer."""

    @functools.wraps(answer)
    def asked(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        lanes, random = len(next(iter(arrays.values()))), np.random.RandomState(seed % 2**32)
        typed = {name: np.asarray(value, dtype=_kind(value, dtype)) for name, value in arrays.items()}
        with (
            warnings.catch_warnings(),
            np.errstate(all="ignore"),
            sklearn.config_context(assume_finite=True, skip_parameter_validation=True),
        ):
            warnings.simplefilter("ignore")
            found = [answer({k: v[i] for k, v in typed.items()}, settings, dtype, random) for i in range(lanes)]
        return {name: np.stack([each[name] for each in found]) for name in found[0]} if all(found) else {}

    return asked


def _kind(value: NDArray[Any], dtype: str) -> Any:
    return dtype if value.dtype.kind == "f" else value.dtype


def _model(arrays: dict[str, Any], settings: Settings, ridge: float, random: Random | None = None) -> Any:
    """A GaussianMixture that has these parameters."""
    kind = str(settings["covariance"])
    model = GaussianMixture(len(arrays["pi"]), covariance_type=kind, reg_covar=ridge, random_state=random)
    model.weights_, model.means_, model.covariances_ = arrays["pi"], arrays["mu"], arrays[kind]
    model.precisions_cholesky_ = _compute_precision_cholesky(model.covariances_, kind)
    model.n_features_in_ = arrays["mu"].shape[1]
    return model


def _e_step(arrays: dict[str, Any], settings: Settings, dtype: str, random: Random) -> dict[str, Any]:
    """mixture_e_step: score_samples and predict_proba."""
    model, x = _model(arrays, settings, 0.0), arrays["x"]
    joint = model._estimate_weighted_log_prob(x)
    return {"log_joint": joint, "resp": model.predict_proba(x), "log_likelihood": model.score_samples(x)}


def _repeated(arrays: dict[str, Any]) -> NDArray[np.intp] | None:
    """Each row as often as its weight says, 1 where there is none; None where a weight is no whole number."""
    weight = arrays.get("sample_weight", np.ones(len(arrays["x"])))
    if (weight % 1).any():
        return None
    return np.repeat(np.arange(len(weight)), weight.astype(int))


def _mixture(default: bool) -> dict[str, Operation]:
    """The operations of a GaussianMixture: with reg_covar as the ridge that is asked for, or with its default."""

    def ridge(settings: Settings) -> float | None:
        asked = float(settings.get("ridge", 0.0))
        return asked if not default else None if asked else DEFAULT_RIDGE

    def m_step(arrays: dict[str, Any], settings: Settings, dtype: str, random: Random) -> dict[str, Any]:
        rows, added = _repeated(arrays), ridge(settings)
        if rows is None or added is None:
            return {}
        x, resp = arrays["x"][rows], arrays["resp"][rows]
        counts, mu, spread = _estimate_gaussian_parameters(x, resp, added, str(settings["covariance"]))
        return {"pi": counts / counts.sum(), "mu": mu, "covariances": spread}

    def fit(arrays: dict[str, Any], settings: Settings, dtype: str, random: Random) -> dict[str, Any]:
        rows, added = _repeated(arrays), ridge(settings)
        if rows is None or added is None:
            return {}
        model, x = _model(arrays, settings, added), arrays["x"][rows]
        path = [(model.weights_, model.means_, model.covariances_)]
        values = [model.score_samples(x).sum()]
        for _ in range(int(settings["steps"])):
            model._m_step(x, model._e_step(x)[1])
            path.append((model.weights_, model.means_, model.covariances_))
            values.append(model.score_samples(x).sum())
        names = zip(("pi", "mu", "covariances"), zip(*path, strict=True), strict=True)
        return {name: np.stack(entries) for name, entries in names} | {"log_likelihood": np.array(values)}

    def sample(arrays: dict[str, Any], settings: Settings, dtype: str, random: Random) -> dict[str, Any]:
        x, label = _model(arrays, settings, 0.0, random).sample(int(settings["count"]))
        return {"x": x, "label": label}

    def start(arrays: dict[str, Any], settings: Settings, dtype: str, random: Random) -> dict[str, Any]:
        """The default tries several candidates for each centre and keeps the best."""
        if settings["method"] != "k-means++":
            return {}
        trials = None if default else 1
        rows = arrays["x"], int(settings["components"])
        return {"index": kmeans_plusplus(*rows, random_state=random, n_local_trials=trials)[1]}

    offered = {"mixture_m_step": m_step, "mixture_fit": fit, "mixture_sample": sample, "mixture_start": start}
    return {name: _quietly(asked) for name, asked in {"mixture_e_step": _e_step, **offered}.items()}


class _Start:
    """A source of random numbers from which LatentDirichletAllocation draws the γ that it is to begin with."""

    def __init__(self, gamma: Floats) -> None:
        self.begin = gamma

    def gamma(self, shape: float, scale: float, size: tuple[int, int]) -> Floats:
        return self.begin


def _smoothed(arrays: dict[str, Any], settings: Settings, dtype: str, random: Random) -> dict[str, Any]:
    """lda_smoothed: its E-step, its bound, its M-step; nothing where α differs from topic to topic."""
    alpha, topics, lengths = arrays["alpha"], arrays["topics"].copy(), arrays["lengths"].astype(int)
    if (alpha != alpha[0]).any():
        return {}
    k, v = topics.shape
    documents = zip(arrays["words"].astype(int), lengths, strict=True)
    X = np.array([np.bincount(words[:length], minlength=v) for words, length in documents], dtype=dtype)
    model = LatentDirichletAllocation(k, max_doc_update_iter=int(settings["sweeps"]), mean_change_tol=0.0)
    model.doc_topic_prior_, model.topic_word_prior_ = float(alpha[0]), float(arrays["eta"])
    gamma, elbos = np.asarray(alpha + lengths[:, None] / k, dtype=dtype), []
    for _ in range(int(settings["steps"]) + 1):
        model.components_ = topics
        model.exp_dirichlet_component_ = np.exp(digamma(topics) - digamma(topics.sum(axis=1, keepdims=True)))
        model.random_state_ = _Start(gamma)
        gamma, counted = model._e_step(X, cal_sstats=True, random_init=True)
        elbos.append(model._approx_bound(X, gamma, sub_sampling=False))
        topics = model.topic_word_prior_ + counted
    return {"topics": model.components_, "elbos": np.array(elbos), "elbo": elbos[-1]}


NO_BOUND = "GaussianMixture gives no bound at responsibilities of the caller's"
MIXTURE_MISSING = {
    "mixture_elbo": NO_BOUND,
    "elbo": NO_BOUND,
    "mixture_search": "GaussianMixture keeps nothing of the runs that it does not choose",
    "mixture_start": "kmeans_plusplus is asked for k-means++ only",
}
LDA_MISSING = {
    "lda_smoothed": "its prior is the same for every topic",
    "lda_fit": "LatentDirichletAllocation always smooths its topics",
}


def _subject(name: str, operations: dict[str, Operation], missing: dict[str, str]) -> Subject:
    return Subject(
        name,
        "em",
        operations,
        version=sklearn.__version__,
        devices=("cpu",),
        missing=missing,
    )


SUBJECTS: tuple[Subject, ...] = (
    _subject("sklearn-gaussian-mixture", _mixture(False), MIXTURE_MISSING),
    _subject("sklearn-gaussian-mixture-default", _mixture(True), MIXTURE_MISSING),
    _subject("sklearn-lda", {"lda_smoothed": _quietly(_smoothed)}, LDA_MISSING),
)
