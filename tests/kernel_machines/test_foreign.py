"""Third-party kernel machines: each adapter says what its library says, in the port's conventions."""

from __future__ import annotations

import inspect
import math
from typing import Any

import numpy as np
import pytest
from sklearn.calibration import _SigmoidCalibration
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

from impl import catalogue
from impl.core.subject import Subject
from theory.core.bound import U64, gamma
from theory.kernel_machines.port import Port

SUBJECTS = {subject.name: subject for subject in catalogue.foreign("kernel_machines")}
OPERATIONS = {name for name, member in inspect.getmembers(Port, callable) if not name.startswith("_")}
FEW = 8 * float(gamma(64, U64))
"""Rounding of at most 64 operations on numbers of size 8 at most, in float64."""

SOLVERS = ("newton-cholesky", "newton-cg", "liblinear", "lbfgs")
LINE = np.array([-1.0, 1.0])
PLACES = {"x": np.array([[[1.0, 2.0]]]), "z": np.array([[[3.0, 1.0]]])}
"""x·z = 5, ‖x − z‖² = 5, ‖x − z‖₁ = 3."""

SHAPE = {"gamma": 0.5, "zeta": 0.5, "degree": 2}
LAMBDA = 1 / 4 / math.log(3)
"""Of points ±1 with their signs as labels 2λw = 2σ(−w), at w = log 3 and σ(−w) = 1∕4."""

PAIR = {"x": LINE[None, :, None], "y": LINE[None], "penalty": np.array([LAMBDA])}
BENT = {
    "x": np.array([[[1.0, 2.0], [3.0, 1.0], [0.0, 1.0], [2.0, 5.0]]]),
    "y": np.array([[1.0, -1.0, 1.0, -1.0]]),
    "penalty": np.array([0.25]),
}
SCORED = {"f": np.array([[-2.0, 0.5, -0.25, 3.0]]), "y": np.array([[-1.0, -1.0, 1.0, 1.0]])}


def asked(name: str, operation: str, arrays: Any, **settings: Any) -> dict[str, np.ndarray]:
    return SUBJECTS[name].operations[operation](arrays, settings, device="cpu", dtype="float64", seed=0)


def answering(operation: str) -> list[str]:
    return [name for name, subject in SUBJECTS.items() if operation in subject.operations]


def near(found: Any, expected: Any) -> bool:
    return bool(np.abs(np.asarray(found) - expected).max() <= FEW)


def machine(*x: float, c: float, y: Any = LINE) -> dict[str, np.ndarray]:
    """Points on a line with the linear kernel."""
    return {"K": np.outer(x, np.asarray(x, dtype=np.float64))[None], "y": np.asarray(y)[None], "C": np.array([c])}


@pytest.mark.parametrize("subject", SUBJECTS.values(), ids=SUBJECTS)
def test_what_a_subject_offers_and_lacks_are_the_ports_names(subject: Subject) -> None:
    assert subject.operations.keys() <= OPERATIONS
    assert subject.version


@pytest.mark.parametrize("name", answering("svm_fit"))
def test_two_points_on_a_line_hold_the_margin_between_them(name: str) -> None:
    found = asked(name, "svm_fit", machine(-1, 1, c=10))

    assert near(found["alpha"], [[0.5, 0.5]])
    assert near(found["bias"], [0.0])
    assert (found["support"].tolist(), found["converged"].tolist()) == ([[True, True]], [True])


@pytest.mark.parametrize("name", answering("svm_fit"))
def test_a_point_that_is_no_support_vector_has_a_multiplier_of_zero(name: str) -> None:
    found = asked(name, "svm_fit", machine(3, -1, 1, c=10, y=[1.0, -1.0, 1.0]))

    assert near(found["alpha"], [[0.0, 0.5, 0.5]])
    assert found["support"].tolist() == [[False, True, True]]


@pytest.mark.parametrize("name", answering("svm_fit"))
def test_libsvm_keeps_the_kernel_in_single_precision(name: str) -> None:
    arrays = {"K": np.array([[[1.0, 0.1], [0.1, 1.0]]]), "y": LINE[None], "C": np.array([10.0])}

    alpha = asked(name, "svm_fit", arrays)["alpha"]

    assert near(alpha, 1 / (1 - float(np.float32(0.1))))  # not 1 ∕ 0.9


@pytest.mark.parametrize("name", answering("linear_svm"))
def test_a_linear_machine_has_the_weights(name: str) -> None:
    found = asked(name, "linear_svm", {"x": PAIR["x"] + 1, "y": PAIR["y"], "C": np.array([10.0])})

    assert near(found["w"], [[1.0]])
    assert near(found["bias"], [-1.0])


def test_a_default_machine_is_scikit_learns_own() -> None:
    x = BENT["x"][0]

    found = asked("sklearn-svc-default", "linear_svm", {"x": BENT["x"], "y": BENT["y"], "C": np.array([0.5])})

    own = SVC(C=0.5, kernel="linear").fit(x, BENT["y"][0])
    assert found["w"].tolist() == own.coef_.tolist()
    assert found["bias"].tolist() == own.intercept_.tolist()


@pytest.mark.parametrize("name", answering("multiclass"))
def test_a_pair_of_classes_is_positive_for_the_first(name: str) -> None:
    x, test = np.array([-2.0, 0.0, 2.0]), np.array([-2.0, 2.0])
    arrays = machine(*x, c=10, y=[0.0, 1.0, 2.0]) | {"test": np.outer(test, x)[None]}

    found = asked(name, "multiclass", arrays, scheme="one-vs-one", classes=3)

    assert near(found["score"], [[[1.0, 1.0, 3.0], [-3.0, -1.0, -1.0]]])  # −x − 1, −x∕2, 1 − x
    assert found["label"].tolist() == [[0, 2]]


@pytest.mark.parametrize("name", answering("multiclass"))
def test_two_classes_are_one_pair(name: str) -> None:
    arrays = machine(-1, 1, c=10, y=[0.0, 1.0]) | {"test": np.array([[[2.0, -2.0]]])}

    found = asked(name, "multiclass", arrays, scheme="one-vs-one", classes=2)

    assert near(found["score"], [[[2.0]]])
    assert found["label"].tolist() == [[0]]


def test_one_class_against_the_rest_is_asked_of_the_meta_estimator_only() -> None:
    arrays = machine(-1, 1, c=10, y=[0.0, 1.0]) | {"test": np.array([[[2.0, -2.0]]])}

    found = asked("sklearn-one-vs", "multiclass", arrays, scheme="one-vs-rest", classes=2)

    assert near(found["score"], [[[2.0, -2.0]]])
    assert found["label"].tolist() == [[0]]
    assert asked("sklearn-svc", "multiclass", arrays, scheme="one-vs-rest", classes=2) == {}


@pytest.mark.parametrize("name", answering("two_level"))
def test_calibration_is_fitted_to_the_frozen_machines_own_scores(name: str) -> None:
    found = asked(name, "two_level", machine(-2, 0.5, -0.25, 3, c=1, y=SCORED["y"][0]))

    own = _SigmoidCalibration().fit(found["score"][0], SCORED["y"][0])
    assert (found["a"][0], found["b"][0]) == (own.a_, own.b_)
    assert near(found["probability"][0], own.predict(found["score"][0]))


def test_logistic_regression_has_twice_the_penalty() -> None:
    assert near(asked("sklearn-logistic-newton-cholesky", "logistic_fit", PAIR)["w"], [[math.log(3)]])


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_default_logistic_regression_is_scikit_learns_own(solver: str) -> None:
    found = asked(f"sklearn-logistic-{solver}-default", "logistic_fit", BENT)

    own = LogisticRegression(C=2.0, fit_intercept=False, solver=solver).fit(BENT["x"][0], BENT["y"][0])
    assert found["w"].tolist() == own.coef_.tolist()


@pytest.mark.parametrize("name", answering("klr_fit"))
def test_the_multipliers_have_the_sign_of_the_label_and_the_solver_is_named(name: str) -> None:
    solver = "gradient" if "lbfgs" in name else "newton"
    arrays = machine(*LINE, c=1) | {"penalty": PAIR["penalty"]}

    found = asked(name, "klr_fit", arrays, solver=solver)

    assert np.sign(found["beta"]).tolist() == arrays["y"].tolist()
    assert asked(name, "klr_fit", arrays, solver={"newton": "gradient", "gradient": "newton"}[solver]) == {}
    assert asked(name, "klr_fit", arrays | {"y": np.ones((1, 2))}, solver=solver) == {}


def test_kernel_logistic_regression_is_that_of_the_root_of_the_kernel() -> None:
    arrays = machine(*LINE, c=1) | {"penalty": PAIR["penalty"]}

    found = asked("sklearn-logistic-newton-cholesky", "klr_fit", arrays, solver="newton")

    assert near(found["beta"], LINE * math.log(3) / 2)  # ± ¼ ∕ 2λ
    assert near(found["value"], LAMBDA * math.log(3) ** 2 / 2 + math.log(4 / 3))


def test_platt_scaling_is_scikit_learns_own() -> None:
    found = asked("sklearn-sigmoid", "platt_fit", SCORED)

    own = _SigmoidCalibration().fit(SCORED["f"][0], SCORED["y"][0])
    assert (found["a"][0], found["b"][0]) == (own.a_, own.b_)
    assert asked("sklearn-sigmoid", "platt_targets", SCORED)["targets"].tolist() == [[1 / 4, 1 / 4, 3 / 4, 3 / 4]]


@pytest.mark.parametrize("name", answering("platt_objective"))
def test_the_sigmoid_falls_with_its_exponent(name: str) -> None:
    arrays = {"f": np.array([[math.log(3), 0.0]]), "y": LINE[None], "a": np.ones(1), "b": np.zeros(1)}

    found = asked(name, "platt_objective", arrays)

    assert near(found["probability"], [[1 / 4, 1 / 2]])
    assert near(found["value"], [-math.log(1 / 4) / 3 - math.log(3 / 4) * 2 / 3 + math.log(2)])


@pytest.mark.parametrize("name", answering("kernel"))
def test_kernels_of_differences(name: str) -> None:
    assert near(asked(name, "kernel", PLACES, kernel="rbf", **SHAPE)["gram"], math.exp(-5 / 2))
    assert near(asked(name, "kernel", PLACES, kernel="laplacian", **SHAPE)["gram"], math.exp(-3 / 2))


def test_kernels_of_products_and_their_features_are_scikit_learns_alone() -> None:
    products = {"linear": 5.0, "polynomial": 9.0, "sigmoid": math.tanh(3)}
    for kernel, value in products.items():
        assert near(asked("sklearn-pairwise", "kernel", PLACES, kernel=kernel, **SHAPE)["gram"], value)
        assert asked("scipy-cdist", "kernel", PLACES, kernel=kernel, **SHAPE) == {}
        assert asked("torch-cdist", "kernel", PLACES, kernel=kernel, **SHAPE) == {}
    x, z = (asked("sklearn-pairwise", "features", {"x": PLACES[name]}, **SHAPE)["features"][0, 0] for name in "xz")
    assert x.shape == (6,)
    assert near(x @ z, 9.0)


@pytest.mark.parametrize("name", ["sklearn-pairwise", "torch-cdist-mm"])
def test_an_expanded_distance_loses_the_digits_of_far_points(name: str) -> None:
    far = {"x": np.array([[[2.0**30]]]), "z": np.array([[[2.0**30 + 1]]])}

    assert asked(name, "kernel", far, kernel="rbf", **SHAPE)["gram"].item() == 1
    for direct in ("torch-cdist", "scipy-cdist"):
        assert near(asked(direct, "kernel", far, kernel="rbf", **SHAPE)["gram"], math.exp(-1 / 2))


@pytest.mark.parametrize("name", answering("spectrum"))
def test_the_spectrum_says_whether_a_matrix_is_semidefinite(name: str) -> None:
    found = asked(name, "spectrum", {"K": np.array([[[2.0, 1.0], [1.0, 2.0]], [[0.0, 1.0], [1.0, 0.0]]])})

    assert near(found["smallest"], [1.0, -1.0])
    assert found["psd"].tolist() == [True, False]


@pytest.mark.parametrize("name", answering("losses"))
def test_losses_of_scores(name: str) -> None:
    found = asked(name, "losses", {"score": np.array([[-1.0, 0.0, 1.0, 2.0]])})

    assert found["zero_one"].tolist() == [[1, 1, 0, 0]]
    assert found["hinge"].tolist() == [[2, 1, 0, 0]]
    assert found["squared_hinge"].tolist() == [[4, 1, 0, 0]]
    assert near(found["logistic"], [[math.log1p(math.e), math.log(2), math.log1p(1 / math.e), math.log1p(math.e**-2)]])
    assert near(found["scaled_logistic"], found["logistic"] / math.log(2))


def test_torchs_softplus_is_linear_far_out_and_its_soft_margin_overflows() -> None:
    score = {"score": np.array([[-21.0, -1000.0]])}

    assert asked("torch-softplus", "losses", score)["logistic"].tolist() == [[21.0, 1000.0]]
    assert asked("torch-soft-margin", "losses", score)["logistic"][0, 1] == np.inf
    for name in ("torch-logsigmoid", "torch-bce", "scipy-log-expit"):
        assert asked(name, "losses", score)["logistic"].tolist() == [[21 + math.exp(-21), 1000.0]]


@pytest.mark.parametrize("name", answering("softmax"))
def test_softmax_of_two(name: str) -> None:
    found = asked(name, "softmax", {"z": np.array([[[0.0, math.log(3)]]])})

    assert near(found["softmax"], [[[1 / 4, 3 / 4]]])
    assert near(found["log_softmax"], [[[math.log(1 / 4), math.log(3 / 4)]]])
