"""A user's own solver, read by what it returns: what it shows is answered, what it lacks is left out, by name."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import tollens
from impl.transport.convention import adapt

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
PLACE: dict[str, Any] = {"device": "cpu", "dtype": "float64", "seed": 0}
PROBLEM = {
    "a": np.array([[1.0, 1.0, 0.0]]),
    "b": np.array([[0.5, 1.5]]),
    "C": np.array([[[0.0, 1.0], [1.0, 0.0], [3.0, 3.0]]]),
}
HALVES = {
    "a": np.array([[0.5, 0.5]]),
    "b": np.array([[0.25, 0.75]]),
    "C": np.log(np.array([[[1.0, 2.0], [2.0, 1.0]]])),  # e^{−C} = [[1, ½], [½, 1]]
}


class Plan:
    """A plan and nothing else."""

    def emd(self, a: np.ndarray, b: np.ndarray, M: np.ndarray) -> np.ndarray:
        return np.array([[0.5, 0.5], [0.0, 1.0], [0.0, 0.0]])


class Certified(Plan):
    def emd(self, a: np.ndarray, b: np.ndarray, M: np.ndarray) -> Any:
        return super().emd(a, b, M), {"u": np.zeros(3), "v": np.zeros(2)}

    def emd2(self, a: np.ndarray, b: np.ndarray, M: np.ndarray) -> float:
        return 7.0


def asked(make: Any, operation: str, arrays: Any, **settings: Any) -> dict[str, np.ndarray]:
    return adapt(make, "mine").operations[operation](arrays, settings, **PLACE)


def test_a_plan_alone_gives_its_own_cost_and_no_potentials() -> None:
    answers = asked(Plan, "solve", PROBLEM)

    assert answers["cost"].tolist() == [0.5]
    assert "f" not in answers
    assert adapt(Plan, "mine").missing["f"] == "mine returns a plan without a log of potentials"


def test_a_cost_of_its_own_and_potentials_are_taken_as_they_are() -> None:
    answers = asked(Certified, "solve", PROBLEM)

    assert answers["cost"].tolist() == [7.0]
    assert (answers["f"].tolist(), answers["g"].tolist()) == ([[0.0] * 3], [[0.0] * 2])


class OneSweep:
    """Exact rows, then exact columns; it remembers what it was asked."""

    told: tuple[int, float] = (0, 0.0)

    def sinkhorn(self, a: Any, b: Any, M: Any, reg: float, numItermax: int = 1, stopThr: float = 0.0) -> Any:
        OneSweep.told = (numItermax, stopThr)
        K = np.exp(-M / reg)
        u = a / (K @ b)
        v = b / (K.T @ u)
        return u[:, None] * K * v, {"u": u, "v": v}


class RowsLast:
    last_update = "u"

    def sinkhorn(self, a: Any, b: Any, M: Any, reg: float) -> Any:
        plan, log = OneSweep().sinkhorn(b, a, M.T, reg)
        return plan.T, {"u": log["v"], "v": log["u"]}


class InPotentials:
    def sinkhorn(self, a: Any, b: Any, M: Any, reg: float) -> Any:
        plan, log = OneSweep().sinkhorn(a, b, M, reg)
        return plan, {"f": reg * np.log(log["u"] / a), "g": reg * np.log(log["v"] / b)}


class PlanOnly:
    def sinkhorn(self, a: Any, b: Any, M: Any, reg: float) -> Any:
        return OneSweep().sinkhorn(a, b, M, reg)[0]


@pytest.mark.parametrize("make", [OneSweep, RowsLast, InPotentials])
def test_scalings_and_potentials_are_read_alike_whichever_marginal_is_exact_last(make: Any) -> None:
    found = asked(make, "sinkhorn", HALVES, eps=1.0, sweeps=3, tol=0.5)
    f, g, plan = (found[key][0] for key in ("f", "g", "plan"))

    few = 64 * 2.0**-53  # some roundings of exponentials and logarithms of size 1
    rebuilt = HALVES["a"][0][:, None] * HALVES["b"][0] * np.exp(f[:, None] + g - HALVES["C"][0])
    assert np.abs(rebuilt - plan).max() <= few
    assert np.abs(plan.sum(axis=0) - HALVES["b"][0]).max() <= few
    assert found["marginal_error"][0] == np.abs(plan.sum(axis=1) - HALVES["a"][0]).sum() > few
    assert found["converged"].tolist() == [1]
    assert np.abs(found["value"] - (f @ HALVES["a"][0] + g @ HALVES["b"][0])).max() <= few


def test_a_sinkhorn_is_told_its_sweeps_and_its_tolerance_where_it_takes_them() -> None:
    asked(OneSweep, "sinkhorn", HALVES, eps=1.0, sweeps=17, tol=0.25)

    assert OneSweep.told == (17, 0.25)


def test_an_entropic_plan_alone_gives_no_value() -> None:
    assert set(asked(PlanOnly, "sinkhorn", HALVES, eps=1.0, sweeps=3, tol=0.0)) == {
        "plan", "marginal_error", "converged", "transport",
    }  # fmt: skip


def test_weights_of_zero_get_the_soft_transform_of_the_other_potential() -> None:
    padded = {
        "a": np.array([[0.5, 0.5, 0.0]]),
        "b": np.array([[0.25, 0.75, 0.0]]),
        "C": np.zeros((1, 3, 3)),
    }

    found = asked(OneSweep, "sinkhorn", padded, eps=2.0, sweeps=1, tol=0.0)

    few = 64 * 2.0**-53
    assert np.abs(found["f"] + found["g"][:, :1]).max() <= few  # C = 0: f and g are constant and cancel
    assert np.ptp(found["f"]) <= few
    assert np.ptp(found["g"]) <= few


class OnTheLine:
    def wasserstein_distance(self, x: Any, y: Any, a: Any, b: Any) -> float:
        return float(np.abs(x @ a - y @ b))

    def c_transform(self, f: np.ndarray, C: np.ndarray) -> np.ndarray:
        return np.asarray((C - f[:, None]).min(axis=0))


def test_a_distance_for_one_exponent_answers_no_other() -> None:
    points = {"x": np.array([[0.0]]), "y": np.array([[2.0]]), "a": np.ones((1, 1)), "b": np.ones((1, 1))}

    assert asked(OnTheLine, "wasserstein_1d", points, p=1)["distance"].tolist() == [2.0]
    assert asked(OnTheLine, "wasserstein_1d", points, p=2) == {}
    assert "p = 1 only" in adapt(OnTheLine, "mine").missing["distance"]


def test_a_c_transform_is_asked_back_and_forth() -> None:
    found = asked(
        OnTheLine, "c_transform", {"f": np.array([[0.0, 5.0]]), "C": np.array([[[1.0, 4.0, 2.0], [7.0] * 3]])}
    )

    assert found["c"].tolist() == [[1.0, 2.0, 2.0]]
    assert found["cc"].tolist() == [[0.0, 5.0]]
    assert found["ccc"].tolist() == [[1.0, 2.0, 2.0]]


class Speaks:
    """An operation of the port itself, beside a function of POT's shape under another operation's name."""

    def solve(self, arrays: Any, settings: Any, *, device: str, dtype: str, seed: int) -> Any:
        return {"cost": arrays["a"].sum(axis=1)}


class SpeaksAndMore(Speaks, OnTheLine):
    pass


def test_an_operation_of_the_port_is_taken_as_it_is() -> None:
    subject = adapt(Speaks, "mine")

    assert subject.lanes
    assert subject.dtypes == ()
    assert subject.operations["solve"](PROBLEM, {}, **PLACE)["cost"].tolist() == [2.0]
    assert subject.missing["sinkhorn"] == "mine has no sinkhorn(a, b, M, reg)"


def test_functions_of_one_problem_make_the_whole_object_one_of_one_problem() -> None:
    subject = adapt(SpeaksAndMore, "mine")

    assert set(subject.operations) == {"solve", "wasserstein_1d", "c_transform"}
    assert not subject.lanes


class Misshapen(Plan):
    def emd(self, a: np.ndarray, b: np.ndarray, M: np.ndarray) -> np.ndarray:
        return M.T


def test_a_plan_of_the_wrong_shape_is_named() -> None:
    with pytest.raises(ValueError, match=r"mine.emd must return a plan of shape \(3, 2\), got \(2, 3\)"):
        asked(Misshapen, "solve", PROBLEM)


def test_an_object_with_none_of_the_functions_is_refused_with_what_is_expected() -> None:
    with pytest.raises(TypeError, match=r"mine: expected emd\(a, b, M\), sinkhorn\(a, b, M, reg\)"):
        adapt(object, "mine")


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], ModuleType]:
    monkeypatch.syspath_prepend(str(EXAMPLES))
    return importlib.import_module


CLAIMS = ["OT-02", "OT-05", "OT-07", "OT-13"]
"""A programme with its certificate, a transform, a distance on the line; and what nothing in the examples answers."""


def test_the_reader_s_own_transport_stands_on_the_claims_that_apply(example: Callable[[str], ModuleType]) -> None:
    judged = tollens.check_subject(example("my_transport").MyTransport, "transport", claims=CLAIMS, profile="glance")

    assert [entry.verdict.outcome for entry in judged] == ["stands", "stands", "stands", "not-applicable"]
    assert judged[-1].verdict.reason == "MyTransport has no sinkhorn(a, b, M, reg)"


def test_the_reader_s_wrong_transport_is_refuted_by_the_forms_on_the_line_alone(
    example: Callable[[str], ModuleType],
) -> None:
    wrong = example("my_wrong_transport").MyWrongTransport
    judged = tollens.check_subject(wrong, "transport", claims=CLAIMS[:3], on_fail=None, profile="glance")

    assert [entry.verdict.outcome for entry in judged] == ["stands", "stands", "refuted"]
