"""Third-party penalised regression: each adapter says what its library says, in the port's conventions."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import ElasticNet, Lasso, Ridge

from impl import catalogue
from impl.core.subject import Subject
from theory.core.bound import U64, gamma
from theory.regularization.port import Port

SUBJECTS = {subject.name: subject for subject in catalogue.foreign("regularization")}
OPERATIONS = {name for name, member in inspect.getmembers(Port, callable) if not name.startswith("_")}
FEW = 8 * float(gamma(64, U64))
"""Rounding of at most 64 operations on numbers of size 8 at most, in float64."""

SOLVERS = {"sklearn-ridge-svd": "svd", "sklearn-ridge-lsqr": "svd", "sklearn-ridge-cv-svd": "svd"}
"""Which ridge solver a subject has the arithmetic of, where it is not "cholesky"."""

PLANE = {"x": np.array([[[1.0, 0.0], [0.0, 2.0]]]), "y": np.array([[3.0, 4.0]]), "penalty": np.array([2.0])}
SQUARE = {
    "x": np.array([[[1.0, 1.0], [1.0, -1.0]]]),
    "y": np.array([[3.0, 1.0]]),
    "penalty": np.array([0.5]),
    "ratio": np.array([0.5]),
}
BENT = {
    "x": np.array([[[1.0, 2.0], [3.0, 1.0], [0.0, 1.0], [2.0, 5.0]]]),
    "y": np.array([[1.0, 5.0, 2.0, 3.0]]),
    "penalty": np.array([0.25]),
    "ratio": np.array([0.5]),
}
STEPS = {"w": np.array([[1.0], [0.0]]), "gradient": np.array([[[1.0], [0.0]], [[2.0], [1.0]]])}
DESCENT = {"rate": 0.5, "decay": 0.5, "momentum": 0.0, "beta1": 0.5, "beta2": 0.75, "epsilon": 0.0}
STOCHASTIC = ("sklearn-ridge-sag", "sklearn-ridge-saga")


def asked(name: str, operation: str, arrays: Any, **settings: Any) -> dict[str, np.ndarray]:
    return SUBJECTS[name].operations[operation](arrays, settings, device="cpu", dtype="float64", seed=0)


def answering(operation: str, *without: str) -> list[str]:
    offered = [name for name, subject in SUBJECTS.items() if operation in subject.operations]
    return [name for name in offered if not name.endswith("-default") and not name.startswith(without or "-")]


def solver(name: str) -> str:
    """The lasso's, or ridge's without an intercept."""
    if "ridge" in name:
        return "svd" if name == "statsmodels-ridge" else SOLVERS.get(name, "cholesky")
    return "fista" if name == "sklearn-lasso-lars" else "cd"


def near(found: Any, expected: Any) -> bool:
    return bool(np.abs(np.asarray(found) - expected).max() <= FEW)


@pytest.mark.parametrize("subject", SUBJECTS.values(), ids=SUBJECTS)
def test_what_a_subject_offers_and_lacks_are_the_ports_names(subject: Subject) -> None:
    assert subject.operations.keys() <= OPERATIONS
    assert subject.version


@pytest.mark.parametrize("name", answering("ridge", *STOCHASTIC))
def test_ridge_divides_by_the_sum_of_squares_and_the_penalty(name: str) -> None:
    found = asked(name, "ridge", PLANE, intercept=0, solver=solver(name))

    assert near(found["coef"], [[1.0, 4 / 3]])
    assert near(found["fitted"], [[1.0, 8 / 3]])
    assert found["intercept"].tolist() == [0.0]
    if "df" in found:
        assert near(found["df"], [1 / 3 + 2 / 3])


@pytest.mark.parametrize("name", answering("ridge", *STOCHASTIC))
def test_an_intercept_is_not_penalised(name: str) -> None:
    arrays = {"x": np.array([[[0.0], [2.0]]]), "y": np.array([[1.0, 5.0]]), "penalty": np.array([2.0])}

    found = asked(name, "ridge", arrays, intercept=1, solver=SOLVERS.get(name, "cholesky"))

    assert near(found["coef"], [[1.0]])
    assert near(found["intercept"], [2.0])
    assert near(found["fitted"], [[2.0, 4.0]])
    if "df" in found:
        assert near(found["df"], [0.5])


@pytest.mark.parametrize("name", answering("ridge"))
def test_a_ridge_says_nothing_for_the_other_solver(name: str) -> None:
    other = {"svd": "cholesky", "cholesky": "svd"}[solver(name)]

    assert asked(name, "ridge", PLANE, intercept=0, solver=other) == {}


@pytest.mark.parametrize("name", answering("ridge_path"))
def test_a_ridge_path_is_the_ridge_at_each_penalty(name: str) -> None:
    path = asked(name, "ridge_path", PLANE | {"penalties": np.array([[1.0, 2.0]])}, intercept=0)

    one = asked(name, "ridge", PLANE, intercept=0, solver=solver(name))
    assert path["coef"][:, 1].tolist() == one["coef"].tolist()
    assert path["rss"][0, 1] == ((PLANE["y"] - one["fitted"]) ** 2).sum()


@pytest.mark.parametrize("name", answering("hat_matrix"))
def test_a_hat_matrix_is_what_becomes_of_unit_answers(name: str) -> None:
    arrays = {"x": PLANE["x"], "penalty": PLANE["penalty"]}

    found = asked(name, "hat_matrix", arrays, intercept=0, solver=solver(name))

    assert near(found["hat"], [[[1 / 3, 0.0], [0.0, 2 / 3]]])
    assert near(found["df"], [1.0])


def test_cross_validated_ridge_is_asked_with_a_penalty_only() -> None:
    free = PLANE | {"penalty": np.zeros(1)}

    assert asked("sklearn-ridge-cv-svd", "ridge", free, intercept=0, solver="svd") == {}
    assert asked("sklearn-ridge-svd", "ridge", free, intercept=0, solver="svd")["coef"].tolist() == [[3.0, 2.0]]


@pytest.mark.parametrize("kind", ["lsqr", "sparse_cg", "sag", "saga"])
def test_the_default_of_an_iterative_ridge_is_scikit_learns_own(kind: str) -> None:
    name = f"sklearn-ridge-{kind.replace('_', '-')}-default"

    found = asked(name, "ridge", BENT, intercept=1, solver="svd" if kind == "lsqr" else "cholesky")

    own = Ridge(0.25, solver=kind, random_state=0).fit(BENT["x"][0], BENT["y"][0])
    assert found["coef"][0].tolist() == own.coef_.tolist()


@pytest.mark.parametrize("name", answering("lasso"))
def test_the_lasso_of_an_orthogonal_design_is_a_soft_threshold(name: str) -> None:
    found = asked(name, "lasso", SQUARE, intercept=0, solver=solver(name))  # whatever ratio lies beside

    assert near(found["coef"], [[1.5, 0.5]])
    assert near(found["intercept"], [0.0])
    if "gap" in found:
        assert near(found["gap"], [0.0])


@pytest.mark.parametrize("name", answering("elastic_net"))
def test_the_elastic_net_shrinks_what_the_threshold_leaves(name: str) -> None:
    found = asked(name, "elastic_net", SQUARE, intercept=0, solver="cd")

    assert near(found["coef"], [[1.75 / 1.25, 0.75 / 1.25]])


@pytest.mark.parametrize("name", answering("elastic_net", "sklearn"))
def test_without_an_l1_part_statsmodels_elastic_net_is_its_ridge(name: str) -> None:
    found = asked(name, "elastic_net", SQUARE | {"ratio": np.zeros(1)}, intercept=0, solver="cd")

    assert near(found["coef"], [[2 / 1.5, 1 / 1.5]])


@pytest.mark.parametrize("name", answering("lasso"))
def test_a_lasso_says_nothing_for_the_other_solver(name: str) -> None:
    other = {"cd": "fista", "fista": "cd"}[solver(name)]

    assert asked(name, "lasso", SQUARE, intercept=0, solver=other) == {}


@pytest.mark.parametrize("name", answering("lasso", "statsmodels"))
def test_scikit_learns_lasso_is_asked_with_a_penalty_only(name: str) -> None:
    assert asked(name, "lasso", SQUARE | {"penalty": np.zeros(1)}, intercept=0, solver=solver(name)) == {}


@pytest.mark.parametrize("name", answering("lasso_path"))
def test_a_lasso_path_has_a_solution_for_each_penalty(name: str) -> None:
    found = asked(name, "lasso_path", SQUARE | {"penalties": np.array([[3.0, 1.0, 0.5]])}, intercept=0)

    assert near(found["coef"], [[[0.0, 0.0], [1.0, 0.0], [1.5, 0.5]]])


def test_scikit_learns_path_begins_at_the_largest_penalty_and_has_no_intercept() -> None:
    assert near(asked("sklearn-lasso-path", "lambda_max", SQUARE, intercept=0)["penalty"], [2.0])
    for operation in ("lambda_max", "lasso", "lasso_path"):
        assert asked("sklearn-lasso-path", operation, SQUARE, intercept=1, solver="cd") == {}


def test_a_default_lasso_and_elastic_net_are_scikit_learns_own() -> None:
    x, y = BENT["x"][0], BENT["y"][0]

    lasso = asked("sklearn-lasso-default", "lasso", BENT, intercept=1, solver="cd")
    net = asked("sklearn-elastic-net-default", "elastic_net", BENT, intercept=1, solver="cd")

    for found, own in ((lasso, Lasso(0.25).fit(x, y)), (net, ElasticNet(0.25).fit(x, y))):
        assert found["coef"][0].tolist() == own.coef_.tolist()
        assert found["gap"].tolist() == [own.dual_gap_]


@pytest.mark.parametrize("name", ["sklearn-lasso", "sklearn-lasso-gram"])
def test_a_lasso_stops_at_the_gap_that_the_port_asks_for(name: str) -> None:
    found = asked(name, "lasso", BENT, intercept=0, solver="cd")

    (n, p), square = BENT["x"][0].shape, (BENT["y"] ** 2).sum()
    assert found["gap"][0] <= 16 * (n + p + 8) * U64 * square / (2 * n)


@pytest.mark.parametrize("name", answering("optimize"))
def test_sgd_adds_the_decay_to_the_gradient(name: str) -> None:
    path = asked(name, "optimize", STEPS, optimizer="sgd", **DESCENT)["path"]

    assert near(path[:, :, 0], [[1.0, 0.25, 0.1875], [0.0, -1.0, -1.25]])


@pytest.mark.parametrize("name", answering("optimize", "sklearn"))
def test_torchs_momentum_keeps_what_it_had(name: str) -> None:
    path = asked(name, "optimize", STEPS, optimizer="sgd", **DESCENT | {"momentum": 0.5})["path"]

    assert near(path[0, :, 0], [1.0, 0.25, -0.1875])


@pytest.mark.parametrize("name", answering("optimize", "sklearn"))
def test_torchs_adam_has_the_decay_in_its_moments_and_adamw_beside_them(name: str) -> None:
    one = {"w": np.array([[1.0]]), "gradient": np.array([[[1.0]]])}

    adam, adamw = (asked(name, "optimize", one, optimizer=kind, **DESCENT)["path"] for kind in ("adam", "adamw"))

    assert near(adam[0, 1], [1 - 0.5])  # the first step has length η
    assert near(adamw[0, 1], [0.75 - 0.5])


def test_what_an_optimizer_lacks_is_not_answered() -> None:
    assert asked("torch-optim", "optimize", STEPS, optimizer="sgdw", **DESCENT) == {}
    assert asked("sklearn-sgd-regressor", "optimize", STEPS, optimizer="adam", **DESCENT) == {}
    assert asked("sklearn-sgd-regressor", "optimize", STEPS, optimizer="sgd", **DESCENT | {"momentum": 0.5}) == {}


def test_asking_the_stochastic_gradient_leaves_the_weights_that_it_begins_with() -> None:
    begin = STEPS["w"].copy()

    path = asked("sklearn-sgd-regressor", "optimize", STEPS, optimizer="sgdw", **DESCENT)["path"]

    assert path[:, 0].tolist() == begin.tolist()
    assert STEPS["w"].tolist() == begin.tolist()
