"""The oracles of the linear programme against exact arithmetic, enumeration, and values computed by hand."""

from __future__ import annotations

import itertools
from dataclasses import replace
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from theory.core.bound import U64
from theory.core.claim import Answer, gaps_of
from theory.core.domain import Cases
from theory.core.verdict import observe
from theory.transport import data
from theory.transport import oracle_linear as oracle
from theory.transport.cases_dual import SYSTEM, mixture
from theory.transport.cases_linear import PROGRAMME, WHOLE, exactly_solvable, histograms
from theory.transport.cases_metric import distances, is_true_metric
from theory.transport.cases_points import POINTS
from theory.transport.certificate import forest, in_rationals, lifted, lowered, sandwich, whole_proof
from theory.transport.claims_dual import check_strong_duality, passed_on
from theory.transport.claims_farkas import integers, refutes, solves
from theory.transport.claims_linear import check_plan
from theory.transport.claims_points import exponent, power_sums, relative
from theory.transport.programme import by_highs, by_network_simplex

Floats = NDArray[np.float64]


def rng() -> np.random.Generator:
    return np.random.default_rng(20)


def plans(a: tuple[int, ...], b: tuple[int, ...]) -> list[Floats]:
    """Every whole plan with these marginals, by trying every matrix."""
    cells = [range(min(x, y) + 1) for x in a for y in b]
    tried = (np.reshape(cell, (len(a), len(b))) for cell in itertools.product(*cells))
    return [P for P in tried if (P.sum(axis=1) == a).all() and (P.sum(axis=0) == b).all()]


def fractions(values: NDArray[np.float64]) -> list[Fraction]:
    return [Fraction(float(v)) for v in values]


@pytest.mark.parametrize("regime", WHOLE)
def test_the_proved_optimum_is_the_least_over_all_whole_plans(regime: str) -> None:
    cases = PROGRAMME.draw(rng(), {"n": 2, "m": 3}, "integers" if regime == "large" else regime, 12)
    a, b, C = cases["a"], cases["b"], cases["C"]

    found = oracle.proved_optimum(a, b, C)

    for lane in range(cases.lanes):
        small = tuple(int(v) for v in a[lane]), tuple(int(v) for v in b[lane])
        assert found.cost[lane] == min((P * C[lane]).sum() for P in plans(*small))


def test_the_least_permutation_is_that_of_the_assignment_solver() -> None:
    C = rng().integers(-5, 20, (30, 5, 5)).astype(np.float64)

    best = oracle.best_permutation(C)

    assert best.tolist() == [cost[linear_sum_assignment(cost)].sum() for cost in C]


@pytest.mark.parametrize("regime", ["integers", "zeros", "ties", "diracs"])
def test_random_vertices_are_couplings_on_a_forest(regime: str) -> None:
    a, b = histograms(rng(), regime, 40, 5, 4)

    P = oracle.random_vertex(rng(), a, b)

    assert (P >= 0).all()
    assert (P.sum(axis=2) == a).all()
    assert (P.sum(axis=1) == b).all()
    assert forest(P > 0).all()


def test_the_north_west_corner_of_a_hand_computed_problem() -> None:
    P = oracle.north_west(np.array([[3.0, 1.0, 2.0]]), np.array([[2.0, 4.0]]))

    assert P.tolist() == [[[2, 1], [0, 1], [0, 2]]]


def test_a_square_of_cells_is_no_forest_and_a_staircase_is_one() -> None:
    square = np.array([[[1, 1, 0], [1, 1, 0], [0, 0, 1]]], dtype=bool)
    staircase = np.array([[[1, 1, 0], [0, 1, 1], [0, 0, 1]]], dtype=bool)
    hexagon = np.array([[[1, 1, 0], [0, 1, 1], [1, 0, 1]]], dtype=bool)

    told = [bool(forest(cells)[0]) for cells in (square, staircase, hexagon, square & False)]

    assert told == [False, True, False, True]


def test_potentials_in_halves_are_rounded_after_the_first_is_subtracted() -> None:
    a, b, C = np.array([[1.0, 1.0]]), np.array([[1.0, 1.0]]), np.array([[[0.0, 3.0], [2.0, 1.0]]])
    f, g = np.array([[0.5, 1.5]]), np.array([[-0.5, -0.5]])

    proof = whole_proof(a, b, C, np.array([np.eye(2)]), f, g)

    assert proof.holds().all()
    assert (proof.f.tolist(), proof.g.tolist()) == ([[0, 1]], [[0, 0]])


@pytest.mark.parametrize(
    ("plan", "f", "g"),
    [
        ([[0, 1], [1, 0]], [0, 1], [0, 0]),  # not optimal
        ([[1, 0], [0, 1]], [0, 0], [0, 0]),  # potentials earn too little
        ([[1, 0], [0, 1]], [0, 2], [0, -1]),  # f_1 + g_0 > C_10
        ([[1, 1], [0, 0]], [0, 1], [0, 0]),  # not a coupling
        ([[2, -1], [-1, 2]], [0, 1], [0, 0]),  # less than nothing
        ([[1, 0], [0, np.nan]], [0, 1], [0, 0]),
    ],
)
def test_nothing_else_is_a_proof(plan: list[list[float]], f: list[float], g: list[float]) -> None:
    a, b, C = np.array([[1.0, 1.0]]), np.array([[1.0, 1.0]]), np.array([[[0.0, 3.0], [1.0, 1.0]]])

    proof = whole_proof(a, b, C, np.array([plan], dtype=float), np.array([f], dtype=float), np.array([g], dtype=float))

    assert not proof.holds().any()


def test_numbers_without_room_in_64_bits_are_compared_as_python_integers() -> None:
    big = 2.0**40
    proof = whole_proof(*(np.array(v) for v in ([[big]], [[big]], [[[big]]], [[[big]]], [[0.0]], [[big + 2**-9]])))

    assert proof.primal.dtype == object
    assert proof.holds().all()
    assert int(proof.primal[0]) == 2**80


def test_a_value_beyond_all_floats_is_infinite_when_it_is_shown() -> None:
    assert lowered(np.array([10**400, -(10**400)], dtype=object)).tolist() == [np.inf, -np.inf]


def test_exact_ends_hold_the_exact_optimum_and_meet_there() -> None:
    cases = PROGRAMME.draw(rng(), {"n": 3, "m": 3}, "integers", 20)
    a, b, C = cases["a"], cases["b"], cases["C"]
    best = oracle.proved_optimum(a, b, C)

    for lane in range(cases.lanes):
        problem = fractions(a[lane]), fractions(b[lane]), [fractions(row) for row in C[lane]]
        anything = [fractions(row) for row in rng().random((3, 3))]
        low, high = sandwich(*problem, anything, fractions(rng().standard_normal(3)))
        assert low <= int(best.cost[lane]) <= high
        ends = sandwich(*problem, [fractions(row) for row in best.plan[lane]], fractions(best.f[lane]))
        assert ends == (int(best.cost[lane]), int(best.cost[lane]))


@pytest.mark.parametrize("regime", ["generic", "offset", "huge-scale", "tiny-scale", "zero-weights", "heavy-tailed"])
def test_the_float_enclosure_agrees_with_the_rational_one(regime: str) -> None:
    cases = PROGRAMME.draw(rng(), {"n": 4, "m": 3}, regime, 8)
    exact = replace(cases, arrays={name: lifted(value) for name, value in cases.arrays.items()})

    low, high = oracle.enclosure(cases)
    least, most = oracle.enclosure(exact)

    room = oracle.rounded_bound(7, cases, oracle.total(cases) * oracle.reach(cases["C"]), "").value
    assert all(bottom <= top for bottom, top in zip(least, most, strict=True))
    assert (np.abs(lowered(np.asarray(least - lifted(low)))) <= room).all()
    assert (np.abs(lowered(np.asarray(most - lifted(high)))) <= room).all()


def test_the_closure_of_a_chain_adds_up_its_links() -> None:
    C = np.full((1, 5, 5), 100.0)
    C[0, range(5), range(5)] = 0
    C[0, range(4), range(1, 5)] = [1, 2, 3, 4]

    D = oracle.closure_by_squaring(C)

    assert D[0, 0].tolist() == [0, 1, 3, 6, 10]
    assert D[0, 4].tolist() == [100, 100, 100, 100, 0]


@pytest.mark.parametrize("regime", ["metric", "quasimetric", "not-a-metric", "zero-distances"])
def test_the_closure_is_the_least_over_all_paths(regime: str) -> None:
    C = distances(rng(), regime, 10, 4)

    D = oracle.closure_by_squaring(C)

    for i, j in itertools.product(range(4), repeat=2):
        others = [k for k in range(4) if k not in (i, j)]
        inner = [path for r in range(3) for path in itertools.permutations(others, r)]
        lengths = [sum(C[:, p, q] for p, q in itertools.pairwise((i, *path, j))) for path in inner]
        assert (D[:, i, j] == np.minimum.reduce(lengths)).all()


def test_a_metric_is_recognised_by_its_four_axioms() -> None:
    good = [[0, 1, 2], [1, 0, 1], [2, 1, 0]]
    bent, lopsided = [[0, 1, 3], [1, 0, 1], [3, 1, 0]], [[0, 1, 2], [1, 0, 1], [1, 1, 0]]
    glued, raised = [[0, 0, 1], [0, 0, 1], [1, 1, 0]], [[1, 1, 2], [1, 0, 1], [2, 1, 0]]

    assert is_true_metric(np.array([good, bent, lopsided, glued, raised], dtype=float)).tolist() == [True] + 4 * [False]


def test_one_potential_on_the_squared_line_earns_the_two_short_steps() -> None:
    D = np.array([[[0.0, 1.0, 4.0], [1.0, 0.0, 1.0], [4.0, 1.0, 0.0]]])

    assert np.rint(oracle.by_linear_programming(np.array([[1.0, 0.0, -1.0]]), D)).tolist() == [2]


def test_feasible_pairs_ignore_the_potentials_of_empty_rows() -> None:
    C = np.array([[[1.0, 2.0], [3.0, 1.0]]])

    f, g = oracle.feasible_pair(np.array([[0.0, 99.0]]), np.array([[1.0, 0.0]]), C)

    assert (f.tolist(), g.tolist()) == ([[0, -1]], [[1, 2]])


@pytest.mark.parametrize("regime", SYSTEM.regimes)
def test_what_a_system_is_known_to_satisfy_is_true_and_never_both(regime: str) -> None:
    cases = SYSTEM.draw(rng(), {"k": 3, "n": 4}, regime, 40)
    A, b, x0, y0 = (integers(cases[name]) for name in ("A", "b", "x0", "y0"))

    solved, refuted = solves(A, b, x0), refutes(A, b, y0)

    assert not (solved & refuted).any()
    if regime in ("feasible", "zero-column", "homogeneous"):
        assert solved.all()
    if regime in ("transport", "level"):
        assert (solved | refuted).all()
        assert solved.any()
        assert refuted.any()


def test_a_vector_refutes_only_with_all_signs_right() -> None:
    A, b = integers(np.array([[[1, 2], [0, -1]]])), integers(np.array([[-1, 2]]))
    vectors = [[-1, 0], [1, 0], [0, 1], [0, 0], [-1, -3]]

    told = [bool(refutes(A, b, integers(np.array([y])))[0]) for y in vectors]

    assert told == [True, False, True, False, False]


def test_powers_in_min_plus_try_every_cycle_of_up_to_four_cells() -> None:
    pay = rng().integers(-2, 9, (20, 5, 5)).astype(np.float64)
    pay[:, range(5), range(5)] = 0

    two = passed_on(pay, pay)
    walks = (two, passed_on(two, pay), passed_on(two, two))
    found = np.min([np.einsum("lss->ls", walk).min(axis=1) for walk in walks], axis=0)

    cycles = [cycle for r in (1, 2, 3, 4) for cycle in itertools.permutations(range(5), r)]
    single = np.min([sum(pay[:, s, t] for s, t in zip(c, (*c[1:], c[0]), strict=True)) for c in cycles], axis=0)
    assert ((found < 0) == (single < 0)).all()
    assert (found <= single).all()


@pytest.mark.parametrize("regime", ["lattice minkowski", "cloud minkowski", "far minkowski"])
def test_the_oracles_distances_err_by_no_more_than_they_say(regime: str) -> None:
    cases = POINTS.draw(rng(), {"n": 2, "m": 2, "d": 3}, regime, 16)
    p, mpmath.mp.dps = exponent(cases), 60

    sums = power_sums(cases)
    lengths, error = sums ** (1 / p), relative(cases, sums, U64)

    for place in np.ndindex(lengths.shape):
        lane, i, j = place
        ends = zip(cases["x"][lane, i], cases["y"][lane, j], strict=True)
        exact = sum(abs(mpmath.mpf(x) - mpmath.mpf(y)) ** p for x, y in ends) ** (1 / mpmath.mpf(p))
        assert abs(lengths[place] - exact) <= error[place] * exact


def test_lattice_sums_are_those_of_whole_numbers() -> None:
    cases = POINTS.draw(rng(), {"n": 3, "m": 4, "d": 5}, "lattice sqeuclidean", 8)
    x, y = cases["x"].astype(int).tolist(), cases["y"].astype(int).tolist()

    sums = power_sums(cases)

    for lane, i, j in np.ndindex(sums.shape):
        assert sums[lane, i, j] == sum((u - v) ** 2 for u, v in zip(x[lane][i], y[lane][j], strict=True))


def test_rounded_marginals_stand_in_rationals_and_twice_the_mass_does_not() -> None:
    a, b, shares = np.array([[1.0]]), np.array([[0.1, 0.2, 0.7]]), np.array([[[0.1, 0.2, 0.7]]])
    cases = Cases({"a": a, "b": b, "C": np.zeros((1, 1, 3))})

    def told(plan: Floats) -> Answer:
        return Answer({"plan": plan}, {"plan": "float64"}, lambda operation, cases: told(plan))

    exact = in_rationals(check_plan)
    assert 0 < observe(gaps_of(exact(told(shares), cases))).margin[0] <= 1
    assert observe(gaps_of(exact(told(2 * shares), cases))).margin[0] > 1


@pytest.mark.parametrize("name", data.REAL)
def test_real_problems_are_whole_level_and_solved_alike_by_both_oracles(name: str) -> None:
    cases = data.REAL[name]()
    a, b, C = cases["a"], cases["b"], cases["C"]

    best = oracle.proved_optimum(a, b, C)

    assert exactly_solvable(cases).all()
    assert exactly_solvable(replace(cases, dtype="float32")).all()
    assert (best.cost == np.rint(by_network_simplex(a, b, C).cost)).all()
    assert (best.cost == np.rint(by_highs(a, b, C).cost)).all()


def test_the_photographs_have_one_count_for_each_of_their_pixels() -> None:
    a, b = data.photograph_histograms()

    assert a.sum(axis=1).tolist() == b.sum(axis=1).tolist() == 2 * [427 * 640]


def test_the_proof_of_an_optimal_answer_stands_on_every_whole_regime() -> None:
    for regime in WHOLE:
        cases = PROGRAMME.draw(rng(), {"n": 4, "m": 4}, regime, 16)
        best = oracle.proved_optimum(cases["a"], cases["b"], cases["C"])
        answer = Answer(best._asdict(), {}, lambda operation, cases: answer)  # noqa: B023

        assert observe(check_strong_duality(answer, cases)).margin.max() == 0


def test_a_mixture_of_whole_histograms_is_their_sum_and_of_others_their_mean() -> None:
    second = {"a2": np.eye(2)[:1], "b2": np.eye(2)[1:]}
    whole = Cases({"a": np.ones((1, 2)), "b": np.ones((1, 2)), "t": np.ones(1), **second})
    half = whole.with_arrays(t=np.full(1, 0.5))

    assert mixture(whole)["a"].tolist() == [[2, 1]]
    assert mixture(half)["b"].tolist() == [[0.5, 1]]
