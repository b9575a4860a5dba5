"""Third-party transport: each adapter says what its library says, in the port's conventions, without its warnings."""

from __future__ import annotations

import inspect
import warnings
from typing import Any

import numpy as np
import ot
import pytest

from impl import catalogue
from impl.core.subject import Subject
from theory.transport.port import TransportPort

SUBJECTS = {subject.name: subject for subject in catalogue.foreign("transport")}
OPERATIONS = {name for name, member in inspect.getmembers(TransportPort, callable) if not name.startswith("_")}
FEW = 2.0**-40
"""Rounding of a few dozen operations on numbers of size 1, in float64."""

PROBLEM = {
    "a": np.array([[1.0, 1.0, 0.0]]),
    "b": np.array([[0.5, 1.5]]),
    "C": np.array([[[0.0, 1.0], [1.0, 0.0], [3.0, 3.0]]]),
}
HALVES = {
    "a": np.array([[0.5, 0.5]]),
    "b": np.array([[0.25, 0.75]]),
    "C": np.array([[[0.0, 1.0], [1.0, 0.0]]]),
}
LINE = {
    "x": np.array([[3.0, 0.0]]),
    "y": np.array([[1.0, 2.0]]),
    "a": np.array([[0.25, 0.75]]),
    "b": np.array([[0.5, 0.5]]),
}  # 0 → 1 with ½, 0 → 2 with ¼, 3 → 2 with ¼


def asked(name: str, operation: str, arrays: Any, **settings: Any) -> dict[str, np.ndarray]:
    subject = SUBJECTS[name]
    return subject.operations[operation](arrays, settings, device="cpu", dtype="float64", seed=0)


def answering(operation: str) -> list[str]:
    return [name for name, subject in SUBJECTS.items() if operation in subject.operations]


@pytest.mark.parametrize("subject", SUBJECTS.values(), ids=SUBJECTS)
def test_what_a_subject_offers_and_lacks_are_the_ports_names(subject: Subject) -> None:
    assert subject.operations.keys() <= OPERATIONS
    assert subject.version
    assert not subject.missing.keys() & subject.operations.keys()


@pytest.mark.parametrize("name", answering("solve"))
def test_a_small_programme_is_solved_with_its_certificate(name: str) -> None:
    found = asked(name, "solve", PROBLEM)

    assert np.abs(found["plan"] - [[0.5, 0.5], [0.0, 1.0], [0.0, 0.0]]).max() <= FEW
    assert abs(found["cost"][0] - 0.5) <= FEW
    f, g = found["f"][0], found["g"][0]
    assert (f[:, None] + g - PROBLEM["C"][0]).max() <= FEW
    assert abs(f @ PROBLEM["a"][0] + g @ PROBLEM["b"][0] - 0.5) <= FEW


SINKHORN = answering("sinkhorn")


@pytest.mark.parametrize("name", SINKHORN)
def test_entropic_potentials_rebuild_the_plan_in_the_ports_convention(name: str) -> None:
    found = asked(name, "sinkhorn", HALVES, eps=0.5, sweeps=2000, tol=1e-9)
    a, b, C = (HALVES[key][0] for key in ("a", "b", "C"))
    f, g, plan = (found[key][0] for key in ("f", "g", "plan"))

    scale = np.abs(f).max() + np.abs(g).max() + 1  # epsilon scaling lets the two drift apart by 10⁴
    assert np.abs(a[:, None] * b * np.exp((f[:, None] + g - C) / 0.5) - plan).max() <= scale * FEW
    assert found["marginal_error"][0] == np.abs(plan.sum(axis=1) - a).sum()
    assert found["converged"].tolist() == [int(found["marginal_error"][0] <= 1e-9)]


POT_SINKHORN = [name for name in SINKHORN if name.startswith("pot") and name != "pot-screenkhorn"]


@pytest.mark.parametrize("name", POT_SINKHORN)
def test_pots_methods_agree_where_the_temperature_is_mild(name: str) -> None:
    found = asked(name, "sinkhorn", HALVES, eps=0.5, sweeps=2000, tol=1e-9)
    other = asked("pot-sinkhorn-log", "sinkhorn", HALVES, eps=0.5, sweeps=2000, tol=0.0)

    assert found["converged"].tolist() == [1]
    assert np.abs(found["plan"] - other["plan"]).max() <= 1e-9
    assert abs(found["value"][0] - other["value"][0]) <= 1e-8


@pytest.mark.parametrize("name", ["pot-sinkhorn", "pot-sinkhorn-log"])
def test_pots_sweeps_are_the_ports_from_g_equal_to_zero(name: str) -> None:
    a, b, C = (HALVES[key][0] for key in ("a", "b", "C"))
    K = np.exp(-C / 0.5)
    u = a / (K @ b)

    found = asked(name, "sinkhorn", HALVES, eps=0.5, sweeps=1, tol=0.0)

    assert np.abs(found["f"][0] - 0.5 * np.log(u / a)).max() <= FEW
    assert np.abs(found["plan"][0].sum(axis=0) - b).max() <= FEW


def test_screenkhorn_without_screening_has_a_plan_of_total_one_and_its_potentials() -> None:
    assert abs(asked("pot-screenkhorn", "sinkhorn", HALVES, eps=0.5, sweeps=1, tol=1.0)["plan"].sum() - 1) <= FEW
    assert "f" not in asked("pot-screenkhorn", "sinkhorn", HALVES, eps=0.5, sweeps=1, tol=0.0)


@pytest.mark.parametrize(
    ("name", "power"),
    [("pot-wasserstein-1d", 2), ("pot-emd2-1d", 1)],
)
def test_wasserstein_1d_is_left_as_pot_names_it(name: str, power: int) -> None:
    first, second = (asked(name, "wasserstein_1d", LINE, p=p)["distance"][0] for p in (1, 2))

    assert abs(first - 1.25) <= FEW
    assert abs(second - (0.5 + 1 + 0.25) ** (power / 2)) <= FEW


@pytest.mark.parametrize("name", ["scipy-wasserstein", "scipy-wasserstein-nd"])
def test_scipy_answers_for_the_exponent_one_only(name: str) -> None:
    assert abs(asked(name, "wasserstein_1d", LINE, p=1)["distance"][0] - 1.25) <= FEW
    assert asked(name, "wasserstein_1d", LINE, p=2) == {}


def test_slices_are_roots_along_each_direction() -> None:
    case = LINE | {"x": LINE["x"][..., None] * [1.0, 0.0], "y": LINE["y"][..., None] * [1.0, 0.0]}

    found = asked("pot-sliced", "sliced", case | {"directions": np.eye(2)[None]}, p=2)

    assert np.abs(found["per_direction"] - [[1.75**0.5, 0.0]]).max() <= FEW
    assert abs(found["distance"][0] - (1.75 / 2) ** 0.5) <= FEW


def test_gaussians_are_squared_and_samples_keep_their_weights() -> None:
    still, moved = np.zeros((1, 1)), np.full((1, 1), 3.0)
    variances = {"S1": np.ones((1, 1, 1)), "S2": np.full((1, 1, 1), 4.0)}
    cloud = {"x": LINE["x"][..., None], "y": LINE["y"][..., None], "a": LINE["a"], "b": LINE["b"]}

    assert abs(asked("pot-gaussian", "gaussian", {"m1": still, "m2": moved} | variances)["squared"][0] - 10) <= FEW
    deviations = 9 * 0.25 * 0.75, 0.25
    expected = 0.75**2 + (deviations[0] ** 0.5 - deviations[1] ** 0.5) ** 2
    assert abs(asked("pot-gaussian", "gelbrich", cloud)["squared"][0] - expected) <= FEW


@pytest.mark.parametrize("p", [1.0, 1.5, 2.0])
def test_geomloss_between_two_diracs_is_the_ports_cost(p: float) -> None:
    diracs = {"x": np.zeros((1, 1, 1)), "y": np.full((1, 1, 1), 3.0), "a": np.ones((1, 1)), "b": np.ones((1, 1))}

    found = asked("geomloss-sinkhorn", "divergence", diracs, p=p, eps=0.1, sweeps=100, tol=0.0)

    floor = 1e-4 if p == 1 else 0.0  # geomloss's own distance of a point to itself
    assert abs(found["divergence"][0] - (3**p - floor)) <= 3**p * FEW


def test_geomloss_leaves_the_switch_of_gradients_as_it_was() -> None:
    import torch

    case = {"x": np.zeros((1, 1, 1)), "y": np.ones((1, 1, 1)), "a": np.ones((1, 1)), "b": np.ones((1, 1))}
    with torch.no_grad():
        asked("geomloss-sinkhorn", "divergence", case, p=2.0, eps=0.1, sweeps=100, tol=0.0)

        assert not torch.is_grad_enabled()


@pytest.mark.parametrize("name", answering("gradients"))
def test_autograd_of_the_programme_gives_the_plan_and_the_potentials(name: str) -> None:
    found = asked(name, "gradients", HALVES, eps=0.0, sweeps=1, tol=0.0)

    assert np.abs(found["grad_C"] - [[[0.25, 0.25], [0.0, 0.5]]]).max() <= FEW
    assert np.ptp(found["grad_a"] - found["f"]) <= FEW
    assert found["marginal_error"].tolist() == [0.0]


@pytest.mark.parametrize("name", answering("cost"))
def test_costs_know_the_exponent_and_the_discrete_metric(name: str) -> None:
    points = {"x": np.zeros((1, 1, 2)), "y": np.array([[[3.0, 4.0]]])}

    added = 1e-6 if name == "torch-pairwise-distance" else 0.0  # to each difference, as it documents
    one, two = 7 - 2 * added, np.hypot(3 - added, 4 - added)

    assert abs(asked(name, "cost", points, metric="minkowski", p=1.0)["C"][0, 0, 0] - one) <= FEW
    assert abs(asked(name, "cost", points, metric="euclidean")["C"][0, 0, 0] - two) <= FEW
    if name.startswith("torch"):
        assert asked(name, "cost", points, metric="discrete") == {}
        return
    assert asked(name, "cost", points, metric="discrete")["C"].tolist() == [[[1.0]]]
    assert asked(name, "cost", points | {"y": points["x"]}, metric="discrete")["C"].tolist() == [[[0.0]]]


def test_scipys_divergences_are_in_nats() -> None:
    found = asked("scipy-divergences", "discrepancies", {"a": np.array([[1.0, 0.0]]), "b": np.array([[0.0, 1.0]])})

    assert abs(found["jsd"][0] - np.log(2)) <= FEW
    assert found["kl"].tolist() == [np.inf]
    assert found["tv"].tolist() == [1.0]


NEGATIVE = {"a": np.ones((1, 1)), "b": np.ones((1, 1)), "C": np.full((1, 1, 1), -3.0)}


def test_what_pot_says_of_negative_costs_is_not_mended() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        said = ot.emd(NEGATIVE["a"][0], NEGATIVE["b"][0], NEGATIVE["C"][0])

    assert asked("pot-emd", "solve", NEGATIVE)["plan"][0].tolist() == said.tolist()
    lowered = asked("pot-emd-lowered", "solve", NEGATIVE)
    assert (lowered["plan"].tolist(), lowered["cost"].tolist()) == ([[[1.0]]], [-3.0])
    assert (lowered["f"] + lowered["g"]).tolist() == [[-3.0]]
