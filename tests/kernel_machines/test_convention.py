"""A user's own machine, logistic regression, calibrator or kernels, read by its shape; what it lacks is named."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import tollens
from impl.core.subject import Answers, Arrays, Settings
from impl.kernel_machines import SVC
from impl.kernel_machines.convention import adapt
from impl.kernel_machines.reading import STEPS, U

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"
PLACE: dict[str, Any] = {"device": "cpu", "dtype": "float64", "seed": 3}
GRAM = {"K": np.array([[[2.0, 0.0], [0.0, 1.0]]]), "y": np.array([[1.0, -1.0]]), "C": np.array([0.5])}
LINE = {"x": np.array([[[0.0], [2.0]]]), "y": np.array([[1.0, -1.0]]), "C": np.array([0.5]), "penalty": np.array([4.0])}
SCORES = {"f": np.array([[3.0, -1.0]]), "y": np.array([[1.0, -1.0]])}
POINTS = {"x": np.array([[[1.0], [2.0]]]), "z": np.array([[[3.0]]])}


class Echo:
    """A "machine" that shows what it was told: C as first multiplier, the letters of its kernel as bias."""

    def __init__(self, C: float = 1.0, kernel: str = "rbf", tol: float = 1.0, max_iter: int = 1, seed: int = 0) -> None:
        self.C, self.kernel, self.told = C, kernel, (tol, max_iter, seed)

    def fit(self, X: Any, y: Any) -> None:
        self.alphas_ = [self.C, 0.0]
        self.intercept_ = np.array([float(len(self.kernel))])
        self.coef_ = np.array([self.told])


class Signed:
    """Multipliers as scikit-learn has them: α y of the support vectors alone."""

    rows: Any = (1,)
    signed: Any = ((-0.25,),)

    def __init__(self, C: float, kernel: str) -> None: ...

    def fit(self, X: Any, y: Any) -> None:
        self.support_, self.dual_coef_, self.b_ = np.array(self.rows), np.array(self.signed), 0.5


class Penalised:
    """A "logistic regression" whose weight is what it was told of λ."""

    def __init__(self, lam: float) -> None:
        self.lam = lam

    def fit(self, X: Any, y: Any) -> None:
        self.w_ = [self.lam]


class LogisticCost:
    """The same by C, beside a `penalty` that is the name of a norm and an intercept that can be left out."""

    def __init__(self, C: float, penalty: str = "l2", fit_intercept: bool = True) -> None:
        self.told = C, penalty, fit_intercept

    def fit(self, X: Any, y: Any) -> None:
        cost, norm, self.intercept_ = self.told
        self.coef_ = [[cost if norm == "l2" else np.nan]]


class Constant(Penalised):
    """It always has a constant."""

    intercept_ = 0.0


class Sigmoid:
    """A "calibrator" that shows its scores and labels, with both columns of probabilities."""

    def fit(self, f: Any, y: Any) -> None:
        self.A_, self.B_, self.targets_ = f[0] * y[1], 0.0, (1 + y) / 2

    def predict_proba(self, f: Any) -> Any:
        return np.stack([0 * f, np.full(len(f), 0.75)], axis=1)


class Functions:
    """Kernels and a softmax."""

    def rbf_kernel(self, X: Any, Z: Any, gamma: float) -> Any:
        return gamma * (X @ Z.T)

    def polynomial_kernel(self, X: Any, Z: Any, coef0: float, degree: int) -> Any:
        return (coef0 + X @ Z.T) ** degree

    def softmax(self, z: Any) -> Any:
        return z + 1


class OneKernel:
    """A kernel whose constructor knows what is asked for."""

    def __init__(self, kernel: str, gamma: float) -> None:
        self.size = len(kernel) * gamma

    def kernel(self, X: Any, Z: Any) -> Any:
        return np.full((len(X), len(Z)), self.size)


class Speaking:
    """A class that answers an operation of the port itself."""

    def convert(self, arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        return {"value": 1 / (2 * arrays["value"])}


class MyPlatt:
    """A calibrator by Newton's method, as one writes it by hand."""

    def __init__(self, max_iter: int = 100, tol: float = 1e-12) -> None:
        self.max_iter, self.tol = max_iter, tol

    def targets(self, y: Any) -> Any:
        return np.where(y > 0, ((y > 0).sum() + 1) / ((y > 0).sum() + 2), 1 / ((y < 0).sum() + 2))

    def fit(self, f: Any, y: Any) -> None:
        t, design = self.targets(y), np.stack([f - f.mean(), np.ones(len(f))], axis=1)
        best = np.array([0.0, np.log(1 - t.mean()) - np.log(t.mean())])
        for _ in range(self.max_iter):
            share = 1 / (1 + np.exp(design @ best))
            slope = design.T @ (t - share)
            if np.abs(slope).max() <= self.tol:
                break
            step = np.linalg.lstsq(design.T * (share * (1 - share)) @ design, slope)[0]
            while self.value(design, t, best - step) > self.value(design, t, best) * (1 + 1e-12):
                step = step / 2
            best = best - step
        self.a_, self.b_ = best[0], best[1] - best[0] * f.mean()

    def value(self, design: Any, t: Any, at: Any) -> Any:
        return (np.logaddexp(0, design @ at) - (1 - t) * (design @ at)).sum()

    def predict_proba(self, f: Any) -> Any:
        return 1 / (1 + np.exp(self.a_ * f + self.b_))


class RawTargets(MyPlatt):
    """The classic mistake: targets of 0 and 1."""

    def targets(self, y: Any) -> Any:
        return np.clip(y, 1e-9, 1 - 1e-9)


class MyLogistic:
    """Logistic regression by Newton's method, as one writes it by hand."""

    def __init__(self, lam: float, tol: float = 1e-12, max_iter: int = 100) -> None:
        self.lam, self.tol, self.max_iter = lam, tol, max_iter

    def fit(self, X: Any, y: Any) -> None:
        w = np.zeros(X.shape[1])
        for _ in range(self.max_iter):
            share = 1 / (1 + np.exp(y * (X @ w)))
            slope = 2 * self.lam * w - X.T @ (y * share)
            if np.abs(slope).max() <= self.tol:
                break
            w = w - np.linalg.solve(2 * self.lam * np.eye(len(w)) + X.T * (share * (1 - share)) @ X, slope)
        self.coef_ = w


def kind(name: str, parent: type, **attributes: Any) -> Any:
    return type(name, (parent,), attributes)


def asked(make: Any, operation: str, arrays: Any, **settings: Any) -> dict[str, np.ndarray]:
    return adapt(make, "mine").operations[operation](arrays, settings, **PLACE)


def test_a_machine_is_told_C_and_that_its_kernel_is_precomputed_and_answers_multipliers_and_bias() -> None:
    found = asked(Echo, "svm_fit", GRAM)

    assert {name: value.tolist() for name, value in found.items()} == {
        "alpha": [[0.5, 0.0]],
        "bias": [float(len("precomputed"))],
        "support": [[True, False]],
    }


def test_a_machine_is_fitted_to_points_with_the_linear_kernel_and_told_not_to_stop_early() -> None:
    found = asked(Echo, "linear_svm", LINE)

    largest = 4.0  # of the rows of XXᵀ
    assert found["w"].tolist() == [[16 * 2 * U * (1 + 0.5 * largest), STEPS["svm"], PLACE["seed"]]]
    assert found["bias"].tolist() == [float(len("linear"))]


def test_multipliers_are_read_from_the_support_vectors_with_the_signs_of_their_labels() -> None:
    assert asked(Signed, "svm_fit", GRAM)["alpha"].tolist() == [[0.0, 0.25]]
    assert asked(kind("Mask", Signed, rows=(False, True)), "svm_fit", GRAM)["alpha"].tolist() == [[0.0, 0.25]]
    assert asked(kind("Wrong", Signed, signed=(0.25,)), "svm_fit", GRAM)["alpha"].tolist() == [[0.0, -0.25]]


def test_a_support_vector_is_what_the_class_calls_one() -> None:
    wrong = kind("Wrong", Echo, support_=np.array([0, 1]))

    assert asked(wrong, "svm_fit", GRAM)["support"].tolist() == [[True, True]]


def test_what_a_machine_says_of_itself_is_read() -> None:
    found = asked(kind("Sure", Echo, low_=1.0, high_=[2.0], dual_gap_=0.0), "svm_fit", GRAM)

    assert (found["low"].tolist(), found["high"].tolist(), found["gap"].tolist()) == ([1.0], [2.0], [0.0])
    assert adapt(Echo, "mine").missing["low"] == "mine has no low_"


def test_a_wrong_number_of_multipliers_is_an_error_that_says_so() -> None:
    with pytest.raises(ValueError, match="mine: expected 1 of dual_coef_, got 2"):
        asked(kind("Many", Signed, signed=(1.0, 1.0)), "svm_fit", GRAM)
    with pytest.raises(ValueError, match="mine: expected 3 multipliers, got 2"):
        asked(Echo, "svm_fit", {"K": np.eye(3)[None], "y": np.array([[1.0, 1.0, -1.0]]), "C": np.ones(1)})
    with pytest.raises(ValueError, match=r"expected one number called intercept_, b_ or bias_, got \[1. 2.\]"):
        asked(kind("Several", Signed, intercept_=(1.0, 2.0)), "svm_fit", GRAM)


def test_a_machine_without_kernels_is_asked_for_the_linear_one_only() -> None:
    class Linear:
        def __init__(self, C: float) -> None: ...

        def fit(self, X: Any, y: Any) -> None: ...

    subject = adapt(Linear, "mine")

    assert subject.operations.keys() == {"linear_svm"}
    assert asked(Linear, "linear_svm", LINE) == {}
    assert subject.missing["svm_fit"].startswith("mine cannot be fitted to a kernel matrix")


def test_the_penalty_of_a_logistic_regression_is_lambda_or_one_over_2_C() -> None:
    assert asked(Penalised, "logistic_fit", LINE)["w"].tolist() == [[4.0]]
    assert asked(LogisticCost, "logistic_fit", LINE)["w"].tolist() == [[0.125]]


def test_a_logistic_regression_whose_constant_cannot_be_left_out_answers_nothing() -> None:
    assert asked(Constant, "logistic_fit", LINE) == {}
    assert "a constant that cannot be left out" in adapt(Constant, "mine").missing["logistic_fit"]


def test_a_calibrator_answers_its_sigmoid_and_the_probabilities_of_label_1() -> None:
    found = asked(Sigmoid, "platt_fit", SCORES)

    assert (found["a"].tolist(), found["b"].tolist()) == ([-3.0], [0.0])
    assert found["probability"].tolist() == [[0.75, 0.75]]


def test_the_value_is_that_of_platts_targets_at_the_sigmoid_where_the_class_names_none() -> None:
    flat = kind("Flat", Sigmoid, a_=0.0, b_=0.0)

    assert asked(flat, "platt_fit", SCORES)["value"].tolist() == [2 * np.log(2)]
    assert asked(kind("Own", Sigmoid, loss_=7.0), "platt_fit", SCORES)["value"].tolist() == [7.0]


def test_targets_are_read_from_a_method_or_from_a_fit() -> None:
    assert asked(MyPlatt, "platt_targets", SCORES)["targets"].tolist() == [[2 / 3, 1 / 3]]
    assert asked(Sigmoid, "platt_targets", SCORES)["targets"].tolist() == [[1.0, 0.0]]


def test_functions_are_given_the_parameters_that_they_take() -> None:
    settings = {"gamma": 2.0, "zeta": 1.0, "degree": 2}

    assert asked(Functions, "kernel", POINTS, kernel="rbf", **settings)["gram"].tolist() == [[[6.0], [12.0]]]
    assert asked(Functions, "kernel", POINTS, kernel="polynomial", **settings) == {}  # it has no gamma
    found = asked(Functions, "kernel", POINTS, kernel="polynomial", **settings | {"gamma": 1.0})
    assert found["gram"].tolist() == [[[16.0], [49.0]]]
    assert asked(Functions, "kernel", POINTS, kernel="laplacian", **settings) == {}
    assert asked(OneKernel, "kernel", POINTS, kernel="rbf", **settings)["gram"].tolist() == [[[6.0], [6.0]]]
    assert asked(OneKernel, "kernel", POINTS, kernel="polynomial", **settings) == {}


def test_a_softmax_without_its_logarithm_answers_what_it_has() -> None:
    assert {key: value.tolist() for key, value in asked(Functions, "softmax", {"z": np.ones((1, 1, 2))}).items()} == {
        "softmax": [[[2.0, 2.0]]]
    }
    assert adapt(Functions, "mine").missing["log_softmax"] == "mine has no log_softmax"


@pytest.mark.parametrize(
    ("make", "operations"),
    [
        (Echo, {"svm_fit", "linear_svm"}),
        (kind("Anything", Echo, machine="logistic"), {"logistic_fit"}),
        (kind("KernelLogReg", Echo), {"logistic_fit"}),
        (Penalised, {"logistic_fit"}),
        (Sigmoid, {"platt_fit", "platt_targets"}),
        (kind("PlattLike", Penalised), {"platt_fit", "platt_targets"}),
        (Functions, {"kernel", "softmax"}),
        (Speaking, {"convert"}),
        (kind("Both", Speaking, fit=lambda self, X, y: None), {"convert"}),
        (SVC, {"svm_fit", "linear_svm"}),
    ],
)
def test_which_machine_it_is_the_class_or_its_name_or_its_shape_tells(make: Any, operations: set[str]) -> None:
    assert adapt(make, "mine").operations.keys() == operations


def test_an_operation_of_the_port_is_taken_as_it_is() -> None:
    assert adapt(Speaking, "mine").lanes
    assert asked(Speaking, "convert", {"value": np.array([4.0])})["value"].tolist() == [0.125]
    assert adapt(Speaking, "mine").missing["svm_trace"] == "mine has nothing that answers svm_trace"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (dict, r"mine: expected fit\(X, y\) and a constructor with C or alpha"),
        (kind("Anything", Echo, machine="tree"), "mine: machine must be one of svm, logistic, platt, got 'tree'"),
        (kind("MySVM", Penalised), "mine: a machine of the kind svm needs a constructor with C"),
    ],
)
def test_a_class_that_cannot_be_asked_is_refused_by_name(make: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        adapt(make, "mine")


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], ModuleType]:
    monkeypatch.syspath_prepend(str(EXAMPLES))
    return importlib.import_module


def outcomes(make: Any, *claims: str) -> dict[str, str]:
    judged = tollens.check_subject(make, "kernel_machines", claims=list(claims), on_fail=None, profile="glance")
    return {entry.claim.id: entry.verdict.outcome for entry in judged}


def test_the_reader_s_own_machine_stands_on_the_claims_that_apply(example: Callable[[str], ModuleType]) -> None:
    assert outcomes(example("my_svm").MySVM, "SVM-03", "SVM-04", "SVM-17", "SVM-19", "SVM-05", "SVM-16") == {
        "SVM-03": "stands",
        "SVM-04": "stands",
        "SVM-17": "stands",
        "SVM-19": "stands",
        "SVM-05": "not-applicable",
        "SVM-16": "not-applicable",
    }


def test_the_reader_s_wrong_machine_is_refuted(example: Callable[[str], ModuleType]) -> None:
    assert outcomes(example("my_wrong_svm").MyWrongSVM, "SVM-03", "SVM-04") == {
        "SVM-03": "refuted",
        "SVM-04": "refuted",
    }


def test_other_machines_by_hand_are_judged_too() -> None:
    assert outcomes(MyPlatt, "SVM-14") == {"SVM-14": "stands"}
    assert outcomes(RawTargets, "SVM-14") == {"SVM-14": "refuted"}
    assert outcomes(MyLogistic, "SVM-13") == {"SVM-13": "stands"}
