"""Oracles of hidden Markov models against values computed by hand, other libraries and each other."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from theory.core.bound import U64, gamma
from theory.core.claim import Answer, gaps_of
from theory.core.domain import Array, Cases, Domain
from theory.core.verdict import observe
from theory.em import bounds_markov as bounds
from theory.em import oracle_emission, oracle_markov
from theory.em.cases_emission import LEARNING, VISITED, log_densities, outlier, valid_emissions
from theory.em.cases_markov import PATHS, SHORT, TABLE, emitted, sequences_of, settled, valid
from theory.em.claims_baum_welch import EM_28
from theory.em.claims_emission import EM_27
from theory.em.claims_markov import EM_33, whole_run
from theory.em.data_markov import letters, letters_as_sequences, letters_as_table

HALF_OPEN: tuple[Array, Array, Array, Array] = (
    np.array([[0.5, 0.25, 0.25]]),
    np.array([[[0.5, 0.5, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, 1.0]]]),
    np.ones((1, 2, 3)),
    np.array([2]),
)
"""pi, A, b and lengths of EM-M4's chain: the first state goes to the first two, the others to the third."""


def middle(domain: Domain, regime: str, lanes: int = 12, seed: int = 1) -> Cases:
    shape = {name: (low + high + 1) // 2 for name, (low, high) in domain.shapes.items()}
    return domain.draw(np.random.default_rng(seed), shape, regime, lanes)


def told(arrays: dict[str, Array]) -> Answer:
    """An answer with these arrays, of a subject that is asked nothing else."""

    def silent(operation: str, cases: Cases) -> Answer:
        pytest.fail(f"the check asks {operation} again")

    return Answer(arrays, {name: value.dtype.name for name, value in arrays.items()}, silent)


def margin(claim_check: object, answer: Answer, cases: Cases) -> float:
    assert callable(claim_check)
    return float(observe(gaps_of(claim_check(answer, cases))).margin.max())


def one_state(B: Array, symbols: list[int]) -> Cases:
    """A single state that emits these symbols."""
    arrays: dict[str, Array] = {
        "pi": np.ones((1, 1)),
        "A": np.ones((1, 1, 1)),
        "B": B,
        "symbols": np.array([[symbols]]),
        "lengths": np.array([[len(symbols)]]),
    }
    return Cases(arrays, {"steps": 1})


def test_floats_are_whole_numbers_times_a_power_of_two() -> None:
    values = np.array([0.1, 0.0, 3.0, 2.0**-60])

    found, power = oracle_markov.whole(values)

    assert [Fraction(m, 2**power) for m in found.tolist()] == [Fraction(v) for v in values.tolist()]


def test_the_paths_of_a_chain_add_up_to_what_is_computed_by_hand() -> None:
    found = oracle_markov.enumerated(*HALF_OPEN)

    assert found.log_likelihood.tolist() == [0.0]
    assert found.gamma.tolist() == [[[0.5, 0.25, 0.25], [0.25, 0.25, 0.5]]]
    assert found.xi[0, 0].tolist() == [[0.25, 0.25, 0.0], [0.0, 0.0, 0.25], [0.0, 0.0, 0.25]]
    assert found.scale.tolist() == [[1.0, 1.0]]
    assert found.beta.tolist() == [[[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]]


def test_the_best_path_is_none_of_the_likeliest_states() -> None:
    likeliest = oracle_markov.best_path(*HALF_OPEN, np.array([[0, 2]]))
    good = oracle_markov.best_path(*HALF_OPEN, np.array([[1, 2]]))
    outside = oracle_markov.best_path(*HALF_OPEN, np.array([[1, 3]]))

    assert not likeliest.is_possible[0]
    assert not outside.is_possible[0]
    assert good.of_path[0] == good.highest[0] == np.log(0.25)


@pytest.mark.parametrize("regime", TABLE.regimes)
def test_enumeration_agrees_with_the_recursion_in_balls(regime: str) -> None:
    cases = middle(TABLE, regime)
    parts = cases["pi"], cases["A"], cases["b"], cases["lengths"]

    paths, run = oracle_markov.enumerated(*parts), oracle_markov.ball_posterior(*parts)

    assert np.all(np.abs(paths.gamma - run.gamma) <= U64 * paths.gamma)
    assert np.all(np.abs(paths.log_likelihood - run.log_likelihood) <= 2 * U64 * np.abs(paths.log_likelihood))


@pytest.mark.parametrize("regime", TABLE.regimes)
def test_bishops_messages_multiply_to_the_posterior_and_the_likelihood(regime: str) -> None:
    cases = middle(TABLE, regime)

    found = oracle_markov.enumerated(cases["pi"], cases["A"], cases["b"], cases["lengths"])
    inside = np.arange(cases["b"].shape[1]) < cases["lengths"][:, None]
    log_scale = np.log(np.where(inside, found.scale, 1.0))

    assert np.all(np.abs(found.alpha * found.beta - found.gamma) <= gamma(4, U64) * found.gamma)
    assert np.all(np.abs(found.xi.sum(axis=3) - found.gamma[:, :-1] * inside[:, 1:, None]) <= gamma(8, U64))
    total = np.abs(log_scale).sum(axis=1) + 1
    assert np.all(np.abs(log_scale.sum(axis=1) - found.log_likelihood) <= gamma(16, U64) * total)


def test_no_partial_log_probability_exceeds_its_size() -> None:
    cases = middle(TABLE, "scaled-far")

    found = oracle_markov.enumerated(cases["pi"], cases["A"], cases["b"], cases["lengths"])
    size = bounds.log_size(cases["pi"], cases["A"], cases["b"], cases["lengths"])

    assert np.all(np.abs(found.log_likelihood) <= size)


def test_expected_counts_are_those_of_the_only_path() -> None:
    """A chain that goes round: what is hidden is known, so that expected counts are counts."""
    pi, A = np.array([[1.0, 0.0]]), np.array([[[0.0, 1.0], [1.0, 0.0]]])
    (start, _), (move, _) = oracle_markov.whole(pi), oracle_markov.whole(A)
    lengths, symbols = np.array([[3, 1]]), np.array([[[0, 1, 0], [1, 9, 9]]])
    seen, _ = oracle_markov.whole(np.full((1, 2, 3, 2), 0.5))

    found = oracle_markov.expected(start, move, seen, lengths)
    emissions = oracle_markov.symbol_counts(found.emissions, symbols, 2)

    assert found.start.tolist() == [[2, 0]]
    assert found.moves.tolist() == [[[0, 1], [1, 0]]]
    assert emissions.tolist() == [[[2, 1], [0, 1]]]


def test_a_row_without_counts_stays() -> None:
    old = np.array([[[0.3, 0.7], [0.1, 0.9]]])

    found = oracle_markov.shares(np.array([[[1, 3], [0, 0]]], dtype=object), old)

    assert found.tolist() == [[[0.25, 0.75], [0.1, 0.9]]]


def test_the_likelihood_of_symbols_in_balls_is_that_of_all_paths() -> None:
    cases = middle(SHORT, "plain")
    pi, A, b, lengths = sequences_of(cases)
    by_paths = oracle_markov.enumerated(pi, A, b, lengths).log_likelihood.reshape(cases.lanes, -1).sum(axis=1)

    exact_pi, exact_A, exact_B = (oracle_markov.balls(cases[name]) for name in ("pi", "A", "B"))
    balls = oracle_markov.symbol_evidence(exact_pi, exact_A, exact_B, cases["symbols"], cases["lengths"])
    found = oracle_markov.floats(balls)

    assert np.all(np.abs(found - by_paths) <= gamma(8, U64) * np.abs(by_paths))


def test_rows_of_balls_sum_to_one() -> None:
    rows = oracle_markov.distributions(np.array([[0.1, 0.2, 0.3], [1.0, 0.0, 0.0]]))

    assert all(total.contains(1) and float(total.rad()) < 2.0**-150 for total in rows.sum(axis=1))


@pytest.mark.parametrize("d", [1, 2, 3])
def test_densities_in_balls_are_scipys(d: int) -> None:
    rng = np.random.default_rng(d)
    x, mu, root = rng.standard_normal((1, 4, d)), rng.standard_normal((2, d)), rng.standard_normal((2, d, d))
    full = np.eye(d) + root @ root.swapaxes(1, 2)

    found = oracle_markov.floats(oracle_emission.densities(x, mu, full))

    for state in range(2):
        right = multivariate_normal(mu[state], full[state]).pdf(x[0])
        kappa = np.linalg.cond(full[state])
        bound = gamma(64 * d * d * kappa, U64) * right * (1 + ((x[0] - mu[state]) ** 2).sum(axis=1))
        assert np.all(np.abs(found[0, :, state] - right) <= bound)


def test_moments_of_a_single_state_are_those_of_the_points() -> None:
    x = np.array([[[[1.0], [3.0], [99.0]], [[8.0], [99.0], [99.0]]]])
    b = oracle_markov.balls(np.ones((1, 2, 3, 1)))

    found = oracle_emission.moments(np.ones((1, 1)), np.ones((1, 1, 1)), b, x, np.array([[2, 1]]))

    assert (found.visits.tolist(), found.left.tolist()) == ([[3.0]], [[1.0]])
    assert found.mu.tolist() == [[[4.0]]]
    assert found.full.tolist() == [[[[26 / 3]]]]


def test_a_fall_that_no_float_could_show_is_seen() -> None:
    """At the maximum, B moved by 2^-27: log p falls by about 4 · 2^-54, less than its last digit."""
    best = np.array([[[0.5, 0.5]]])
    moved = best + np.array([2.0**-27, -(2.0**-27)])
    path = {"pi": np.ones((1, 2, 1)), "A": np.ones((1, 2, 1, 1)), "B": np.stack([best, moved], axis=1)}

    assert margin(EM_28.check, told(path), one_state(best, [0, 1, 0, 1])) > 1
    assert margin(EM_28.check, told({**path, "B": path["B"][:, ::-1]}), one_state(moved, [0, 1, 0, 1])) <= 1


def test_a_variance_beside_the_best_is_seen() -> None:
    x = np.array([[[[-1.0], [1.0], [-1.0], [1.0]]]])
    arrays = {
        "pi": np.ones((1, 1)),
        "A": np.ones((1, 1, 1)),
        "mu": np.zeros((1, 1, 1)),
        "diag": np.ones((1, 1, 1)),
        "x": x,
        "lengths": np.array([[4]]),
    }
    path = {
        "pi": np.ones((1, 2, 1)),
        "A": np.ones((1, 2, 1, 1)),
        "mu": np.zeros((1, 2, 1, 1)),
        "covariances": np.array([1.0, 1.0 + 2.0**-24]).reshape(1, 2, 1, 1),
    }
    cases = Cases(arrays, {"covariance": "diag", "steps": 1, "ridge": 0.0})

    assert margin(EM_27.check, told(path), cases) > 1
    assert margin(EM_27.check, told({**path, "covariances": path["covariances"][:, ::-1]}), cases) <= 1


@pytest.mark.parametrize(
    ("domain", "regime"),
    [(domain, regime) for domain in (TABLE, PATHS, SHORT, EM_28.domain, EM_33.domain) for regime in domain.regimes],
)
def test_what_is_drawn_is_possible(domain: Domain, regime: str) -> None:
    assert domain.valid(middle(domain, regime)).all()


@pytest.mark.parametrize(
    ("domain", "regime"), [(domain, regime) for domain in (VISITED, LEARNING) for regime in domain.regimes]
)
def test_few_draws_collapse(domain: Domain, regime: str) -> None:
    assert domain.valid(middle(domain, regime, lanes=32)).mean() >= 1 / 2


def test_equal_points_collapse() -> None:
    cases = middle(LEARNING, "full-plain")

    assert not valid_emissions(cases.with_arrays(x=np.ones_like(cases["x"]))).any()


@pytest.mark.parametrize("kind", ["diag", "full"])
def test_the_density_of_an_outlier_is_below_the_smallest_float(kind: str) -> None:
    moved = outlier(middle(VISITED, f"{kind}-far"))

    assert np.all(np.exp(log_densities(moved)[:, 0, 0]) == 0)


def test_an_impossible_sequence_is_no_case() -> None:
    cases = middle(TABLE, "scaled-left-right")
    b = cases["b"].copy()
    b[0, 0, 0] = 0  # the only state in which the chain may start

    assert valid(cases.with_arrays(b=b)).tolist() == [False, *[True] * (cases.lanes - 1)]


def test_settling_makes_distributions_of_what_is_left() -> None:
    cases = middle(SHORT, "plain")
    fewer = {"pi": cases["pi"][:, 1:], "A": cases["A"][:, 1:, 1:], "B": cases["B"][:, 1:, 1:]}

    found = settled(cases.with_arrays(**fewer, symbols=cases["symbols"][:, :, :2]))

    assert valid(found).all()
    assert emitted(found).min() > 0


def test_letters_are_spaces_vowels_and_consonants() -> None:
    assert letters("It is\n 7 Eels").tolist() == [1, 2, 0, 1, 2, 0, 1, 1, 2, 2]


def test_texts_are_sequences() -> None:
    assert valid(letters_as_sequences()).all()
    assert valid(whole_run(letters_as_table())).all()
