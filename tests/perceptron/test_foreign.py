"""Third-party perceptrons, programmes and layers: each adapter says what its library says, in the port's terms."""

from __future__ import annotations

import inspect
import itertools
import math
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.linear_model import Perceptron

from impl import catalogue
from impl.core.subject import Subject
from theory.core.bound import U64, gamma
from theory.perceptron.port import Port

SUBJECTS = {subject.name: subject for subject in catalogue.foreign("perceptron")}
OPERATIONS = {name for name, member in inspect.getmembers(Port, callable) if not name.startswith("_")}
FEW = 8 * float(gamma(64, U64))
"""Rounding of at most 64 operations on numbers of size 8 at most, in float64."""

IN_ORDER = ["sklearn-perceptron", "sklearn-sgd"]
PAIR = {
    "x": np.array([[[1.0], [2.0]]]),
    "y": np.array([[-1, 1]]),
    "w": np.zeros((1, 1)),
    "bias": np.zeros(1),
}
ONCE = {"intercept": 1, "rate": 0.5, "epochs": 1}
AND = {"x": np.array([[[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]]), "y": np.array([[-1, -1, -1, 1]])}
XOR = {**AND, "y": np.array([[-1, 1, 1, -1]])}


def asked(name: str, operation: str, arrays: Any, dtype: str = "float64", **settings: Any) -> dict[str, np.ndarray]:
    handed = {key: array.copy() for key, array in arrays.items()}
    return SUBJECTS[name].operations[operation](handed, settings, device="cpu", dtype=dtype, seed=0)


@pytest.mark.parametrize("subject", SUBJECTS.values(), ids=SUBJECTS)
def test_what_a_subject_offers_and_lacks_are_the_ports_names(subject: Subject) -> None:
    assert subject.operations.keys() <= OPERATIONS
    assert subject.operations.keys() | subject.missing.keys() >= OPERATIONS
    assert subject.version


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", IN_ORDER)
def test_two_rows_are_learned_as_by_hand(name: str, dtype: str) -> None:
    found = asked(name, "perceptron_fit", PAIR, dtype, intercept=1, rate=0.5, epochs=2)

    assert found["path_w"].tolist() == [[[[-0.5], [0.5]], [[0.0], [1.0]]]]
    assert found["path_bias"].tolist() == [[[-0.5, 0.0], [-0.5, 0.0]]]
    assert found["mistake"].all()
    assert (found["mistakes"].tolist(), found["converged"].tolist()) == ([4], [False])
    assert (found["w"].tolist(), found["bias"].tolist()) == ([[1.0]], [0.0])


@pytest.mark.parametrize("name", IN_ORDER)
def test_the_visits_end_where_the_library_s_own_fit_ends(name: str) -> None:
    rng = np.random.default_rng(0)
    case = {
        "x": rng.integers(-5, 6, (1, 12, 3)).astype(np.float64),
        "y": rng.choice([-1, 1], (1, 12)),
        "w": np.array([[1.0, -2.0, 0.0]]),
        "bias": np.array([3.0]),
    }

    found = asked(name, "perceptron_fit", case, intercept=1, rate=0.25, epochs=5)

    model = Perceptron(shuffle=False, tol=None, max_iter=5, eta0=0.25)
    model.fit(case["x"][0], case["y"][0], coef_init=case["w"], intercept_init=case["bias"])
    assert found["w"].tolist() == model.coef_.tolist() == found["path_w"][:, -1, -1].tolist()
    assert found["bias"].tolist() == model.intercept_.tolist() == found["path_bias"][:, -1, -1].tolist()


@pytest.mark.parametrize("name", [*IN_ORDER, "sklearn-perceptron-default"])
def test_rows_of_one_label_are_learned_although_fit_refuses_them(name: str) -> None:
    found = asked(name, "perceptron_fit", {**PAIR, "y": np.array([[1, 1]])}, **ONCE | {"epochs": 3})

    assert (PAIR["x"][0] @ found["w"][0] + found["bias"][0] > 0).all()


@pytest.mark.parametrize("name", IN_ORDER)
def test_a_row_of_zeros_without_an_intercept_is_a_mistake_that_teaches_nothing(name: str) -> None:
    found = asked(name, "perceptron_fit", {**PAIR, "x": np.zeros((1, 2, 1))}, **ONCE | {"intercept": 0})

    assert found["mistakes"].tolist() == [2]
    assert not found["path_w"].any()


@pytest.mark.parametrize("name", IN_ORDER)
def test_the_start_is_handed_over_as_it_is_and_fit_writes_into_it(name: str) -> None:
    handed = {key: array.copy() for key, array in PAIR.items()}

    SUBJECTS[name].operations["perceptron_fit"](handed, ONCE, device="cpu", dtype="float64", seed=0)

    assert handed["w"].tolist() == [[0.5]]


def test_with_its_defaults_a_perceptron_tells_no_path() -> None:
    assert asked("sklearn-perceptron-default", "perceptron_fit", PAIR, **ONCE).keys() == {"w", "bias"}
    assert "shuffles" in SUBJECTS["sklearn-perceptron-default"].missing["path_w"]


@pytest.mark.parametrize("intercept", [1, 0])
def test_a_plane_comes_in_whole_numbers(intercept: int) -> None:
    thirds = {"x": np.array([[[3.0, 0.0], [0.0, -7.0]]]), "y": np.array([[1, -1]])}

    found = asked("scipy-linprog", "separability", thirds, intercept=intercept)

    assert found["separable"].tolist() == [True]
    assert (np.concatenate([found["w"][0], found["bias"]]) % 1 == 0).all()
    assert (thirds["y"][0] * (thirds["x"][0] @ found["w"][0] + found["bias"][0]) > 0).all()
    assert not found["certificate"].any()


def test_and_needs_its_bias_and_xor_has_its_certificate() -> None:
    assert asked("scipy-linprog", "separability", AND, intercept=1)["separable"].tolist() == [True]
    assert asked("scipy-linprog", "separability", AND, intercept=0)["separable"].tolist() == [False]
    found = asked("scipy-linprog", "separability", XOR, intercept=1)
    assert found["certificate"].tolist() == [[1.0, 1.0, 1.0, 1.0]]
    assert not found["w"].any()


@pytest.mark.parametrize("table", [[0, 0, 0, 0], [0, 0, 0, 1], [0, 1, 1, 0], [1, 1, 1, 1]])
def test_a_unit_fires_on_the_rows_that_are_1_or_there_is_a_certificate(table: list[int]) -> None:
    found = asked("scipy-linprog", "boolean_threshold", {"table": np.array([table])}, inputs="01", intercept=1)

    threshold = table != [0, 1, 1, 0]
    assert found["threshold"].tolist() == [threshold]
    fires = AND["x"][0] @ found["w"][0] + found["bias"][0] > 0
    assert fires.tolist() == [bool(entry) and threshold for entry in table]
    assert found["certificate"].any() == (not threshold)


@pytest.mark.parametrize(("inputs", "intercept", "count"), [("01", 1, 14), ("01", 0, 6), ("signs", 0, 9)])
def test_tables_of_two_variables_are_counted(inputs: str, intercept: int, count: int) -> None:
    told = {"inputs": inputs, "intercept": intercept}

    assert asked("scipy-linprog", "census", {"lanes": np.zeros(1)}, variables=2, **told)["count"].tolist() == [count]
    assert asked("scipy-linprog", "census", {"lanes": np.zeros(1)}, variables=4, **told) == {}


@pytest.mark.parametrize(("layer", "axes"), [("linear", 0), ("conv1d", 1), ("conv2d", 2)])
def test_a_bias_is_added_at_each_position_and_its_gradient_is_their_sum(layer: str, axes: int) -> None:
    case = {
        "x": np.ones((1, 2, 3, *(4,) * axes)),
        "weight": np.full((1, 1, 3, *(3,) * axes), 2.0),
        "bias": np.array([[5.0]]),
        "gradient": np.full((1, 2, 1, *(2,) * axes), 0.5),
    }

    found = asked("torch-layers", "layer", case, layer=layer)

    assert found["output"].shape == case["gradient"].shape
    assert (found["output"] == 6 * 3**axes + 5).all()
    assert found["bias_gradient"].tolist() == [[0.5 * 2 * 2**axes]]


def test_a_relu_network_leaves_out_every_bias_without_an_intercept() -> None:
    case = {
        "x": np.array([[[1.0], [-1.0]]]),
        "hidden_w": np.array([[[2.0], [-1.0]]]),
        "hidden_bias": np.array([[-2.0, 3.0]]),
        "output_w": np.array([[10.0, 1.0]]),
        "output_bias": np.array([100.0]),
    }

    biased, bare = (asked("torch-layers", "relu_network", case, intercept=intercept) for intercept in (1, 0))

    assert biased["output"].tolist() == [[102.0, 104.0]]
    assert biased["active"].tolist() == [[[False, True], [False, True]]]
    assert bare["output"].tolist() == [[20.0, 1.0]]


NORMAL = {
    "x": np.array([[[1.0], [3.0]]]),
    "weight": np.array([[[2.0]]]),
    "bias": np.array([[7.0]]),
    "scale": np.array([[6.0]]),
    "shift": np.array([[1.0]]),
    "gradient": np.array([[[1.0], [3.0]]]),
    "running_mean": np.array([[5.0]]),
    "running_var": np.array([[8.0]]),
}


def test_batch_norm_takes_its_own_statistics_in_training_and_running_ones_in_evaluation() -> None:
    training = asked("torch-layers", "normalised", NORMAL, epsilon=5.0, training=1)
    evaluation = asked("torch-layers", "normalised", NORMAL, epsilon=1.0, training=0)

    assert np.abs(training["output"] - [[[-3.0], [5.0]]]).max() <= FEW
    assert np.abs(training["bias_gradient"]).max() <= FEW
    assert training.keys() == {"output", "bias_gradient"}
    assert np.abs(evaluation["output"] - [[[9.0], [17.0]]]).max() <= FEW
    assert np.abs(evaluation["bias_gradient"] - 8).max() <= FEW
    assert np.abs(evaluation["folded_weight"] - 4).max() <= FEW
    assert np.abs(evaluation["folded_bias"] - 5).max() <= FEW


@pytest.mark.parametrize(
    ("output", "bias"), [("softmax", [math.log(0.25), math.log(0.75)]), ("sigmoid", [math.log(3)])]
)
def test_a_constant_output_has_the_entropy_as_its_loss(output: str, bias: list[float]) -> None:
    case = {"counts": np.array([[1, 3]]), "shift": np.full((1, len(bias)), 0.5)}

    found = asked("torch-layers", "initial_output", case, output=output)

    entropy = -(0.25 * math.log(0.25) + 0.75 * math.log(0.75))
    assert np.abs(found["bias"] - [bias]).max() <= FEW
    assert abs(found["loss"][0] - entropy) <= FEW
    assert np.abs(found["gradient"]).max() <= FEW
    moved = 0.0 if output == "softmax" else math.log((1 + 3 * math.exp(0.5)) / 4) - 0.75 * 0.5
    assert abs(found["shifted_loss"][0] - entropy - moved) <= FEW


def test_no_module_draws_from_torch_s_own_random_numbers() -> None:
    before = torch.get_rng_state()

    asked("torch-layers", "normalised", NORMAL, epsilon=1.0, training=1)

    assert torch.equal(torch.get_rng_state(), before)


def test_every_operation_has_a_foreign_subject_or_a_reason() -> None:
    offered = set(itertools.chain.from_iterable(subject.operations for subject in SUBJECTS.values()))

    assert offered == {
        *("perceptron_fit", "separability", "boolean_threshold", "census"),
        *("layer", "relu_network", "normalised", "initial_output"),
    }
