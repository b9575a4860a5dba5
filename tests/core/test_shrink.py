from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

from tests.core.toy import draw
from theory.core.domain import Axes, Cases, Domain
from theory.core.shrink import Shrinker


def domain(**axes: Axes) -> Domain:
    return Domain(shapes={"n": (1, 50)}, regimes=("generic",), draw=draw, axes=axes, countdown={"rounds": 1})


def shrunk(cases: Cases, fails: object, **axes: Axes) -> tuple[Cases, int]:
    shrinker = Shrinker(domain(**axes), fails, time.monotonic() + 10)  # type: ignore[arg-type]
    return shrinker(cases), shrinker.calls


def any_above(limit: float) -> object:
    return lambda cases: (cases["x"] > limit).any(axis=1)


def test_rows_that_do_not_matter_are_dropped_and_the_rest_becomes_plain() -> None:
    rng = np.random.default_rng(0)
    cases = Cases({"x": np.append(rng.standard_normal((1, 40)), [[1234.5678]], axis=1)}, {"rounds": 9})

    small, calls = shrunk(cases, any_above(1000.0), x=Axes(("n",), "real"))

    assert small["x"].shape == (1, 1)
    assert small["x"][0, 0] in (1200.0, 1234.0, 1235.0)
    assert small.settings == {"rounds": 1}
    assert calls <= 30


def test_arrays_that_share_an_axis_are_cut_together() -> None:
    x, y = np.arange(10.0)[None], np.arange(10)[None]

    small, _ = shrunk(Cases({"x": x, "y": y}), any_above(8.5), x=Axes(("n",)), y=Axes(("n",)))

    np.testing.assert_array_equal(small["x"], [[9.0]])
    np.testing.assert_array_equal(small["y"], [[9]])


def test_signs_are_the_plainest_labels() -> None:
    y = np.array([[-1, 1, -1, -1]])

    def two_negative(cases: Cases) -> NDArray[np.bool_]:
        return np.asarray((cases["y"] < 0).sum(axis=1) >= 2)

    small, _ = shrunk(Cases({"y": y}), two_negative, y=Axes(("n",), "sign"))

    np.testing.assert_array_equal(small["y"], [[-1, -1]])


def test_integers_go_down_to_their_least_value() -> None:
    small, _ = shrunk(Cases({"x": np.array([[9, 7, 5]])}), any_above(2), x=Axes(("n",), "integer", least=1))

    np.testing.assert_array_equal(small["x"], [[3]])


def test_a_case_outside_the_domain_is_never_reached() -> None:
    even = Domain(
        shapes={"n": (1, 50)}, regimes=("generic",), draw=draw, axes={"x": Axes(("n",))},
        valid=lambda cases: np.full(cases.lanes, cases["x"].shape[1] % 2 == 0),
    )  # fmt: skip
    shrinker = Shrinker(even, lambda cases: np.ones(cases.lanes, dtype=bool), time.monotonic() + 10)

    assert shrinker(Cases({"x": np.zeros((1, 8))}))["x"].shape == (1, 2)


def test_shrinking_stops_when_the_time_is_up() -> None:
    cases = Cases({"x": np.ones((1, 20))})

    shrinker = Shrinker(domain(x=Axes(("n",))), any_above(0.5), time.monotonic() - 1)  # type: ignore[arg-type]

    assert shrinker(cases) is cases
    assert shrinker.calls == 0


def test_rows_and_columns_of_a_square_matrix_are_dropped_together() -> None:
    C = np.arange(25.0).reshape(1, 5, 5)

    small, _ = shrunk(Cases({"C": C}), lambda cases: (cases["C"] == 18).any(axis=(1, 2)), C=Axes(("n", "n")))

    np.testing.assert_array_equal(small["C"], [[[18.0]]])


def test_what_dropping_breaks_is_mended_before_the_candidate_is_judged() -> None:
    def level(cases: Cases) -> Cases:
        x = cases["x"].copy()
        x[:, 0] += 10 - x.sum(axis=1)
        return cases.with_arrays(x=x)

    ten = Domain(
        shapes={"n": (1, 50)}, regimes=("generic",), draw=draw, axes={"x": Axes(("n",))},
        valid=lambda cases: cases["x"].sum(axis=1) == 10, settle=level,
    )  # fmt: skip
    shrinker = Shrinker(ten, lambda cases: np.ones(cases.lanes, dtype=bool), time.monotonic() + 10)

    np.testing.assert_array_equal(shrinker(Cases({"x": np.array([[1.0, 2, 3, 4]])}))["x"], [[10.0]])
