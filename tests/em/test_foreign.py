"""Third-party EM: each adapter says what its library says, in the port's conventions, without its warnings."""

from __future__ import annotations

import inspect
import itertools
import math
import warnings
from typing import Any

import numpy as np
import pytest
from hmmlearn.hmm import CategoricalHMM, GaussianHMM
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from impl import catalogue
from impl.core.subject import Subject
from theory.core.bound import U64, gamma
from theory.em.port import Port

SUBJECTS = {subject.name: subject for subject in catalogue.foreign("em")}
OPERATIONS = {name for name, member in inspect.getmembers(Port, callable) if not name.startswith("_")}
FEW = 8 * float(gamma(64, U64))
"""Rounding of at most 64 operations on numbers of size 8 at most, in float64."""

LINE = {
    "x": np.array([[[0.0], [1.0], [4.0], [6.0]]]),
    "sample_weight": np.ones((1, 4)),
    "pi": np.array([[0.5, 0.5]]),
    "mu": np.array([[[0.0], [5.0]]]),
}
SPREADS = {
    "full": np.array([[[[1.0]], [[2.0]]]]),
    "tied": np.array([[[2.0]]]),
    "diag": np.array([[[1.0], [2.0]]]),
    "spherical": np.array([[1.0, 2.0]]),
}
TABLE = {
    "pi": np.array([[0.75, 0.25]]),
    "A": np.array([[[0.5, 0.5], [0.25, 0.75]]]),
    "b": np.array([[[0.5, 0.25], [1.5, 0.25], [0.125, 1.0], [np.nan, np.nan]]]),
    "lengths": np.array([3]),
}
SYMBOLS = {
    "pi": np.array([[0.75, 0.25]]),
    "A": np.array([[[0.5, 0.5], [0.25, 0.75]]]),
    "B": np.array([[[0.75, 0.25], [0.125, 0.875]]]),
    "symbols": np.array([[[0, 1, 1, 0], [1, 0, 9, 9]]]),
    "lengths": np.array([[4, 2]]),
}
EMISSIONS = {
    "pi": SYMBOLS["pi"],
    "A": SYMBOLS["A"],
    "mu": np.array([[[0.0, 0.0], [2.0, 1.0]]]),
    "diag": np.ones((1, 2, 2)),
    "full": np.broadcast_to(np.eye(2), (1, 2, 2, 2)),
    "x": np.array(
        [[[[0.0, 1.0], [2.0, 1.0], [1.0, 3.0], [4.0, 0.0]], [[1.0, 1.0], [3.0, 0.0], [9.0, 9.0], [9.0, 9.0]]]]
    ),
    "lengths": np.array([[4, 2]]),
}
MIXTURES = [name for name in SUBJECTS if name.startswith("sklearn-gaussian")]


def asked(name: str, operation: str, arrays: Any, **settings: Any) -> dict[str, np.ndarray]:
    return SUBJECTS[name].operations[operation](arrays, settings, device="cpu", dtype="float64", seed=0)


def answering(operation: str) -> list[str]:
    return [name for name, subject in SUBJECTS.items() if operation in subject.operations]


def mixture(kind: str) -> dict[str, np.ndarray]:
    return LINE | {kind: SPREADS[kind]}


@pytest.mark.parametrize("subject", SUBJECTS.values(), ids=SUBJECTS)
def test_what_a_subject_offers_and_lacks_are_the_ports_names(subject: Subject) -> None:
    assert subject.operations.keys() <= OPERATIONS
    assert subject.version


@pytest.mark.parametrize("kind", SPREADS)
def test_responsibilities_of_two_gaussians_are_bayes_rule(kind: str) -> None:
    found = asked("sklearn-gaussian-mixture", "mixture_e_step", mixture(kind), covariance=kind)

    variance = np.array([2.0, 2.0]) if kind == "tied" else np.array([1.0, 2.0])
    density = np.exp(-((LINE["x"][0] - [0.0, 5.0]) ** 2) / (2 * variance)) / np.sqrt(2 * np.pi * variance) / 2
    assert np.abs(found["resp"][0] - density / density.sum(axis=1, keepdims=True)).max() <= FEW
    assert np.abs(found["log_likelihood"][0] - np.log(density.sum(axis=1))).max() <= FEW


@pytest.mark.parametrize("kind", SPREADS)
def test_the_path_ends_where_scikit_learns_own_fit_ends(kind: str) -> None:
    found = asked("sklearn-gaussian-mixture", "mixture_fit", mixture(kind), covariance=kind, steps=4, ridge=0.0)

    inverse = 1 / SPREADS[kind][0]
    model = GaussianMixture(2, covariance_type=kind, reg_covar=0, max_iter=4, tol=0, means_init=LINE["mu"][0],
                            weights_init=LINE["pi"][0], precisions_init=inverse)  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(LINE["x"][0])
    assert np.abs(found["mu"][0, -1] - model.means_).max() <= FEW
    assert np.abs(found["covariances"][0, -1] - model.covariances_).max() <= FEW
    assert abs(found["log_likelihood"][0, -2] - 4 * model.lower_bound_) <= FEW


def test_whole_sample_weights_are_repeated_rows_and_others_are_not_answered() -> None:
    weighted = mixture("full") | {"sample_weight": np.array([[2.0, 0.0, 1.0, 1.0]])}
    repeated = mixture("full") | {"x": LINE["x"][:, [0, 0, 2, 3]]}

    one, other = (
        asked("sklearn-gaussian-mixture", "mixture_fit", case, covariance="full", steps=1)["mu"]
        for case in (weighted, repeated)
    )

    assert one.tolist() == other.tolist()
    half = weighted | {"sample_weight": np.array([[0.5, 1.0, 1.0, 1.0]])}
    assert asked("sklearn-gaussian-mixture", "mixture_fit", half, covariance="full", steps=1) == {}


def test_the_ridge_is_reg_covar_or_its_default() -> None:
    case = mixture("full") | {"resp": np.eye(2)[[0, 0, 1, 1]][None]}

    plain = asked("sklearn-gaussian-mixture", "mixture_m_step", case, covariance="full")["covariances"]
    ridged = asked("sklearn-gaussian-mixture", "mixture_m_step", case, covariance="full", ridge=0.5)["covariances"]
    default = asked("sklearn-gaussian-mixture-default", "mixture_m_step", case, covariance="full")["covariances"]

    assert np.abs(plain - [[[[0.25]], [[1.0]]]]).max() <= FEW
    assert np.abs(ridged - plain - 0.5).max() <= FEW
    assert np.abs(default - plain - 1e-6).max() <= FEW
    assert asked("sklearn-gaussian-mixture-default", "mixture_m_step", case, covariance="full", ridge=0.5) == {}


@pytest.mark.parametrize("name", MIXTURES)
def test_lanes_of_one_problem_are_drawn_independently(name: str) -> None:
    many = {key: np.repeat(value, 32, axis=0) for key, value in mixture("full").items()}

    starts = asked(name, "mixture_start", {"x": many["x"]}, method="k-means++", components=2)["index"]
    draws = asked(name, "mixture_sample", many, covariance="full", count=3)

    assert len(set(starts[:, 0].tolist())) > 1
    assert len(np.unique(draws["x"])) == draws["x"].size
    assert asked(name, "mixture_start", {"x": many["x"]}, method="random", components=2) == {}


def test_scikit_learns_bound_of_one_topic_is_the_evidence() -> None:
    alpha, eta, v = 0.5, 0.25, 3
    case = {
        "alpha": np.array([[alpha]]),
        "eta": np.array([eta]),
        "topics": np.ones((1, 1, v)),
        "words": np.array([[[0, 2], [2, 9]]]),
        "lengths": np.array([[2, 1]]),
    }

    found = asked("sklearn-lda", "lda_smoothed", case, steps=1, sweeps=2)

    counts = np.array([1.0, 0.0, 2.0])
    rise = sum(math.lgamma(eta + c) - math.lgamma(eta) for c in counts)
    assert abs(found["elbo"][0] - (math.lgamma(v * eta) - math.lgamma(v * eta + 3) + rise)) <= FEW
    assert np.abs(found["topics"][0, 0] - eta - counts).max() <= FEW
    assert found["elbos"].shape == (1, 2)


def test_scikit_learns_lda_says_nothing_of_an_uneven_prior() -> None:
    case = {
        "alpha": np.array([[0.5, 1.0]]),
        "eta": np.ones(1),
        "topics": np.ones((1, 2, 2)),
        "words": np.zeros((1, 1, 1)),
        "lengths": np.ones((1, 1)),
    }

    assert asked("sklearn-lda", "lda_smoothed", case, steps=1, sweeps=1) == {}


@pytest.mark.parametrize("method", ["log", "scaled"])
@pytest.mark.parametrize("name", answering("forward_backward"))
def test_posteriors_are_sums_over_all_paths(name: str, method: str) -> None:
    found = asked(name, "forward_backward", TABLE, method=method)
    if name.startswith("pomegranate") and method == "scaled":
        assert found == {}
        return

    pi, A, b = (TABLE[key][0] for key in ("pi", "A", "b"))
    total, gamma, xi = 0.0, np.zeros((3, 2)), np.zeros((2, 2, 2))
    for path in itertools.product(range(2), repeat=3):
        p = pi[path[0]] * b[0, path[0]]
        for t in range(1, 3):
            p *= A[path[t - 1], path[t]] * b[t, path[t]]
        total += p
        for t in range(3):
            gamma[t, path[t]] += p
        for t in range(2):
            xi[t, path[t], path[t + 1]] += p
    ends = np.log(2) if name.endswith("default") else 0.0
    assert abs(found["log_likelihood"][0] - (np.log(total) - ends)) <= FEW
    assert np.abs(found["gamma"][0, :3] - gamma / total).max() <= FEW
    assert np.abs(found["xi"][0, :2] - xi / total).max() <= FEW
    assert not found["gamma"][0, 3].any()
    assert not found["xi"][0, 2].any()


@pytest.mark.parametrize("name", answering("forward_backward"))
def test_a_sequence_may_have_one_observation(name: str) -> None:
    found = asked(name, "forward_backward", TABLE | {"lengths": np.array([1])}, method="log")

    assert np.abs(found["gamma"][0, 0] - [6 / 7, 1 / 7]).max() <= FEW


@pytest.mark.parametrize("name", answering("viterbi"))
def test_the_most_probable_path_is_marked_behind_its_length(name: str) -> None:
    found = asked(name, "viterbi", TABLE)

    assert found["path"].tolist() == [[0, 0, 1, -1]]
    if "log_prob" in found:
        assert abs(found["log_prob"][0] - np.log(0.75 * 0.5 * 0.5 * 1.5 * 0.5)) <= FEW


@pytest.mark.parametrize("name", answering("baum_welch_fit"))
def test_baum_welch_goes_where_hmmlearns_own_fit_goes(name: str) -> None:
    found = asked(name, "baum_welch_fit", SYMBOLS, steps=3)

    model = CategoricalHMM(2, n_features=2, n_iter=3, tol=-np.inf, init_params="")
    model.startprob_, model.transmat_, model.emissionprob_ = (SYMBOLS[key][0] for key in ("pi", "A", "B"))
    model.fit(np.array([0, 1, 1, 0, 1, 0])[:, None], [4, 2])
    assert np.abs(found["A"][0, -1] - model.transmat_).max() <= FEW
    assert np.abs(found["B"][0, -1] - model.emissionprob_).max() <= FEW
    assert np.abs(found["log_likelihood"][0, :3] - list(model.monitor_.history)).max() <= FEW


@pytest.mark.parametrize("kind", ["diag", "full"])
@pytest.mark.parametrize("name", [name for name in answering("gaussian_markov_fit") if name != "hmmlearn-gmm"])
def test_gaussian_emissions_go_where_hmmlearns_own_fit_goes(name: str, kind: str) -> None:
    found = asked(name, "gaussian_markov_fit", EMISSIONS, covariance=kind, steps=2)

    prior = {} if name.endswith("default") else {"covars_prior": 0.0}
    model = GaussianHMM(2, kind, n_iter=2, tol=-np.inf, init_params="", **prior)
    model.startprob_, model.transmat_, model.means_, model.covars_ = (
        EMISSIONS[key][0] for key in ("pi", "A", "mu", kind)
    )
    rows = EMISSIONS["x"][0]
    model.fit(np.concatenate([rows[0], rows[1, :2]]), [4, 2])
    assert np.abs(found["mu"][0, -1] - model.means_).max() <= FEW
    assert np.abs(found["covariances"][0, -1] - model._covars_).max() <= FEW
    assert np.abs(found["log_likelihood"][0, :2] - list(model.monitor_.history)).max() <= FEW


@pytest.mark.parametrize("kind", ["diag", "full"])
def test_hmmlearns_gmm_takes_its_covariances_around_the_means_before_the_step(kind: str) -> None:
    one, other = (
        asked(name, "gaussian_markov_step", EMISSIONS, covariance=kind)
        for name in ("hmmlearn-gmm", "hmmlearn-gaussian-log")
    )

    moved = other["mu"] - EMISSIONS["mu"]
    excess = moved**2 if kind == "diag" else moved[..., :, None] * moved[..., None, :]
    assert np.abs(one["mu"] - other["mu"]).max() <= FEW
    assert np.abs(one["covariances"] - other["covariances"] - excess).max() <= FEW


def test_nothing_is_answered_where_hmmlearn_has_no_ridge() -> None:
    assert asked("hmmlearn-gmm", "gaussian_markov_step", EMISSIONS, covariance="diag", ridge=0.5) == {}


def test_importing_pomegranate_leaves_torch_its_threads() -> None:
    torch = pytest.importorskip("torch")
    threads = torch.get_num_threads()
    subject = SUBJECTS["pomegranate-dense"]

    subject.operations["viterbi"]({**TABLE, "lengths": np.array([1])}, {}, device="cpu", dtype="float64", seed=0)

    assert torch.get_num_threads() == threads
