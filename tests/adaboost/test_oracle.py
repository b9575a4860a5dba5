"""The oracle and the checks against exact arithmetic, enumeration, and values computed by hand."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
from numpy.typing import NDArray

from theory.adaboost import cases as problems
from theory.adaboost import oracle
from theory.adaboost.balls import in_balls, lifted, lowered
from theory.adaboost.claims import CLAIMS
from theory.adaboost.claims_regression import deviation, least_deviation
from theory.adaboost.claims_variants import _distinct_tail
from theory.adaboost.myths import RUDIN, RUDIN_LABELS, best_margin
from theory.core.ask import NotOffered
from theory.core.bound import U64, gamma
from theory.core.claim import Answer, Claim, gaps_of
from theory.core.domain import Cases
from theory.core.verdict import observe

BY_ID = {claim.id: claim for claim in CLAIMS}


def stumps(X: NDArray[np.float64]) -> list[NDArray[np.int64]]:
    """Every labelling of the rows of X (n, d) that some stump produces, by trying every threshold."""
    found = [np.full(len(X), label) for label in (-1, 1)]
    for column in X.T:
        for threshold in column:
            side = np.where(column > threshold, 1, -1)
            found += [side, -side]
    return found


@pytest.mark.parametrize("regime", ["integers", "ties", "constant-feature", "adjacent-64", "single-sample"])
def test_the_best_edge_is_the_largest_over_all_stumps(regime: str) -> None:
    cases = problems.draw_discrete(np.random.default_rng(1), {"n": 7, "d": 2, "rounds": 1}, regime, 20)
    signed = np.round(8 * cases["w"]) * cases["y"]

    best = oracle.best_edge(cases["X"], signed[:, None, :])[:, 0]

    for lane in range(cases.lanes):
        assert best[lane] == max(signed[lane] @ h for h in stumps(cases["X"][lane]))


def test_the_best_class_mass_is_the_largest_over_all_stumps_with_two_classes() -> None:
    cases = problems.draw_samme(np.random.default_rng(2), {"n": 6, "d": 2, "rounds": 1, "classes": 3}, "integers", 20)
    X, y, w = cases["X"], cases["y"], cases["w"]

    best = oracle.best_class_mass(X, w, y, 3)

    for lane in range(cases.lanes):
        pairs = itertools.product(range(3), repeat=2)
        masses = [w[lane][y[lane] == np.where(h > 0, a, b)].sum() for a, b in pairs for h in stumps(X[lane])]
        assert best[lane] == max(masses)


def test_recorded_stumps_say_polarity_above_the_threshold_and_the_constant_one_says_it_everywhere() -> None:
    X = np.array([[[0.0], [1.0], [2.0]]])

    says = oracle.stump_predictions(X, np.array([[0, -1]]), np.array([[1.0, -np.inf]]), np.array([[-1, 1]]))

    assert says.tolist() == [[[1, 1, -1], [1, 1, 1]]]


def test_an_error_of_one_fifth_votes_ln_2_and_normalises_by_four_fifths() -> None:
    fifth = lifted(np.array([0.2]))

    vote, Z = (lowered(f(fifth))[0] for f in (oracle.half_log_odds, oracle.normaliser))

    exact = mpmath.log((1 - mpmath.mpf(0.2)) / mpmath.mpf(0.2)) / 2
    assert abs(vote - float(exact)) <= U64
    assert abs(vote - np.log(2)) <= 2 * U64
    assert abs(Z - 0.8) <= 2 * U64


def exact_run(
    y: list[int], w: list[Fraction], hypotheses: list[list[int]]
) -> tuple[list[list[Fraction]], list[Fraction]]:
    """D_1 … and ε_1 … of discrete AdaBoost that is handed its hypotheses, in rationals."""
    D, errors = [[value / sum(w) for value in w]], []
    for h in hypotheses:
        error = sum((d for d, a, b in zip(D[-1], h, y, strict=True) if a != b), Fraction(0))
        errors.append(error)
        D.append([d / (2 * (error if a != b else 1 - error)) for d, a, b in zip(D[-1], h, y, strict=True)])
    return D, errors


Y, HYPOTHESES = [-1, 1, -1], [[-1, -1, -1], [-1, 1, 1], [1, 1, -1]]


def recorded(dtype: type[np.floating[Any]] = np.float64) -> tuple[dict[str, NDArray[Any]], Cases]:
    """Three points on a line, labels −, +, −, three rounds by hand: errors 1/3, 1/4, 1/6."""
    D, errors = exact_run(Y, [Fraction(1)] * 3, HYPOTHESES)
    alphas = np.array([[float(mpmath.log((1 - e) / e) / 2) for e in map(mpmath.mpf, map(float, errors))]])
    h = np.array([HYPOTHESES])
    staged = np.cumsum(alphas[..., None] * h, axis=1)
    arrays = {
        "weights": np.array([[[float(d) for d in row] for row in D]]),
        "predictions": h,
        "errors": np.array([[float(e) for e in errors]]),
        "alphas": alphas,
        "alpha_scale": np.ones(1),
        "feature": np.array([[-1, 0, 0]]),
        "threshold": np.array([[-np.inf, 0.5, 1.5]]),
        "polarity": np.array([[-1, 1, -1]]),
        "used": np.array([3]),
        "stop": np.array([0]),
        "staged": staged,
        "decision": staged[:, -1],
        "labels": np.where(staged[:, -1] >= 0, 1, -1),
    }
    narrow = {k: v.astype(dtype).astype(np.float64) if v.dtype.kind == "f" else v for k, v in arrays.items()}
    problem = {"X": np.array([[[0.0], [1.0], [2.0]]]), "y": np.array([Y]), "w": np.ones((1, 3))}
    return narrow, Cases(problem, {"rounds": 3, "mode": "reweight"}, dtype=np.dtype(dtype).name)


def margin(claim: Claim, arrays: Mapping[str, NDArray[Any]], cases: Cases, exact: bool = False) -> float:
    def again(operation: str, asked: Cases) -> Answer:
        rounds = asked.integer("rounds")
        long = {"weights": rounds + 1} | dict.fromkeys(("alphas", "predictions", "staged"), rounds)
        shorter = {k: v[:, : long[k]] if k in long else v for k, v in arrays.items()}
        return Answer({**shorter, "used": np.minimum(arrays["used"], rounds)}, {}, again)

    check = claim.exact if exact and claim.exact is not None else claim.check
    return float(observe(gaps_of(check(Answer(arrays, {}, again), cases))).margin[0])


DISCRETE = [c.id for c in CLAIMS if c.asks == "fit_discrete" and c.id != "ADA-16"]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("identity", DISCRETE)
def test_a_run_computed_by_hand_stands_in_floats_and_in_balls(identity: str, dtype: type[np.floating[Any]]) -> None:
    arrays, cases = recorded(dtype)

    in_floats, exactly = (margin(BY_ID[identity], arrays, cases, exact) for exact in (False, True))

    assert 0 <= in_floats <= 1
    assert 0 <= exactly <= 1


def doubled_votes(run: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    return run | {name: 2 * run[name] for name in ("alphas", "staged", "decision")}


def unnormalised(run: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    return run | {"weights": run["weights"] * np.array([1.0, 0.9, 0.8, 0.7])[:, None]}


def other_predictions(run: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    return run | {"predictions": -run["predictions"]}


def no_number(run: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    return run | {"decision": np.full((1, 3), np.nan)}


@pytest.mark.parametrize("exact", [False, True], ids=["floats", "balls"])
@pytest.mark.parametrize(
    ("spoil", "broken"),
    [
        (doubled_votes, ["ADA-02", "ADA-03", "ADA-07", "ADA-08"]),
        (unnormalised, ["ADA-01", "ADA-03", "ADA-04", "ADA-05", "ADA-06", "ADA-10"]),
        (other_predictions, ["ADA-02", "ADA-06", "ADA-07", "ADA-09", "ADA-17"]),
        (no_number, ["ADA-15", "ADA-17"]),
    ],
)
def test_a_spoilt_run_breaks_the_claims_about_it(
    spoil: Callable[[dict[str, NDArray[Any]]], dict[str, NDArray[Any]]], broken: list[str], exact: bool
) -> None:
    arrays, cases = recorded()

    margins = {identity: margin(BY_ID[identity], spoil(arrays), cases, exact) for identity in broken}

    assert min(margins.values()) > 1, margins


def test_a_subject_whose_weights_were_replayed_is_not_judged_on_them() -> None:
    arrays, cases = recorded()
    arrays["replayed"] = np.ones(1, dtype=bool)

    for identity in ("ADA-01", "ADA-06"):
        with pytest.raises(NotOffered, match="sample_weights_"):
            margin(BY_ID[identity], arrays, cases)


def test_votes_in_the_samme_convention_are_halved_before_they_are_judged() -> None:
    arrays, cases = recorded()
    samme = doubled_votes(arrays) | {"alpha_scale": np.full(1, 2.0)}

    margins = [margin(BY_ID[f"ADA-{k}"], samme, cases) for k in ("02", "03", "06", "07", "08", "11", "17")]

    assert max(margins) <= 1


def test_the_rational_update_makes_the_last_hypothesis_err_by_one_half_exactly() -> None:
    D, errors = exact_run(Y, [Fraction(k) for k in (1, 2, 3)], HYPOTHESES)

    wrong = [
        sum((d for d, a, b in zip(after, h, Y, strict=True) if a != b), Fraction(0))
        for after, h in zip(D[1:], HYPOTHESES, strict=True)
    ]

    assert wrong == [Fraction(1, 2)] * 3
    assert [sum(row) for row in D] == [1] * 4
    assert errors[0] == Fraction(1, 3)


def test_for_losses_0_and_1_the_update_of_r2_is_the_rational_update() -> None:
    D, error = [Fraction(1, 8), Fraction(3, 8), Fraction(1, 2)], Fraction(1, 8)
    beta = error / (1 - error)

    shrunk = [d * beta ** (1 - loss) for d, loss in zip(D, (1, 0, 0), strict=True)]

    assert [d / sum(shrunk) for d in shrunk] == [
        D[0] / (2 * error),
        D[1] / (2 * (1 - error)),
        D[2] / (2 * (1 - error)),
    ]


@pytest.mark.parametrize("classes", [2, 3, 6])
def test_the_vote_of_samme_is_the_stationary_step_of_the_k_class_loss(classes: int) -> None:
    K, error = mpmath.mpf(classes), mpmath.mpf("0.3")
    with mpmath.workdps(50):
        vote = mpmath.log((1 - error) / error) + mpmath.log(K - 1)
        right, wrong = -1 / (K - 1), 1 / (K - 1) ** 2  # −Yᵀg/K for a right and a wrong class

        def loss(step: Any) -> Any:
            return (1 - error) * mpmath.exp(right * step) + error * mpmath.exp(wrong * step)

        slope = mpmath.diff(loss, (K - 1) ** 2 / K * vote)

    assert abs(slope) < mpmath.mpf(10) ** -20


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_the_mean_error_over_all_resamples_is_the_weighted_error(n: int) -> None:
    D = [Fraction(k + 1, n * (n + 1) // 2) for k in range(n)]
    miss = [k % 2 for k in range(n)]

    expectation = Fraction(0)
    for draws in itertools.product(range(n), repeat=n):
        chance = Fraction(1)
        for i in draws:
            chance *= D[i]
        expectation += chance * Fraction(sum(miss[i] for i in draws), n)

    assert expectation == sum((d for d, m in zip(D, miss, strict=True) if m), Fraction(0))


def distinct_tail(D: list[Fraction], draws: int) -> list[Fraction]:
    """P[at least k distinct] by enumeration of all samples."""
    tail = [Fraction(0)] * (len(D) + 1)
    for sample in itertools.product(range(len(D)), repeat=draws):
        chance = Fraction(1)
        for i in sample:
            chance *= D[i]
        for k in range(len(set(sample)) + 1):
            tail[k] += chance
    return tail


def test_the_occupancy_chain_gives_the_law_of_the_number_of_distinct_indices() -> None:
    tail = _distinct_tail(5, 4)

    exact = distinct_tail([Fraction(1, 4)] * 4, 5)

    assert all(abs(a - float(b)) <= gamma(20, U64) for a, b in zip(tail, exact, strict=True))


@pytest.mark.parametrize("parts", [(1, 2, 3), (1, 1, 4), (0, 1, 5), (2, 3, 3)])
def test_uneven_probabilities_give_fewer_distinct_indices_than_even_ones(parts: tuple[int, ...]) -> None:
    uneven = distinct_tail([Fraction(p, sum(parts)) for p in parts], 4)

    even = distinct_tail([Fraction(1, 3)] * 3, 4)

    assert all(a <= b for a, b in zip(uneven, even, strict=True))


def test_the_least_absolute_deviation_is_attained_at_the_weighted_median() -> None:
    values, weights = np.array([[3.0, 0.0, 1.0]]), np.array([[2.0, 1.0, 2.0]])

    least = least_deviation(values, weights)

    assert least.tolist() == [5.0]
    assert deviation(values, weights, np.array([1.0])).tolist() == [5.0]
    assert deviation(values, weights, np.array([2.0])).tolist() == [6.0]


def test_the_cycling_matrix_allows_a_margin_of_five_thirteenths_with_the_constant_stumps() -> None:
    X = RUDIN_LABELS[:, None] * RUDIN

    best = best_margin(X, RUDIN_LABELS)

    assert abs(best - 5 / 13) <= gamma(200, U64)


@pytest.mark.parametrize("regime", problems.DISCRETE)
def test_every_regime_draws_valid_problems_that_survive_rounding(regime: str) -> None:
    drawn = problems.draw_discrete(np.random.default_rng(3), {"n": 9, "d": 2, "rounds": 3}, regime, 50)
    narrow = replace(drawn, dtype="float32").rounded()

    wide_valid, narrow_valid = problems.valid(drawn), problems.valid(narrow)

    assert wide_valid.all()
    assert narrow_valid.all() == (regime not in problems.FLOAT64_ONLY)
    assert set(np.unique(drawn["y"])) <= {-1, 1}


def test_dyadic_weights_have_exact_partial_sums_in_both_dtypes() -> None:
    drawn = problems.draw_discrete(np.random.default_rng(4), {"n": 40, "d": 1, "rounds": 1}, "dyadic", 50)
    D = drawn["w"] / drawn["w"].sum(axis=1, keepdims=True)

    assert problems.dyadic(drawn).all()
    assert (D.astype(np.float32).cumsum(axis=1, dtype=np.float32) == D.cumsum(axis=1)).all()
    assert (D.sum(axis=1) == 1).all()


def test_balls_keep_what_floats_lose() -> None:
    values = np.array([[1.0, 2.0**-100, -1.0]])

    def check(answer: Answer, cases: Cases) -> Any:
        from theory.adaboost.balls import compare
        from theory.core.bound import ZERO

        return compare("sum", answer["v"].sum(axis=-1), "=", np.array([2.0**-100]), ZERO)

    answer, cases = Answer({"v": values}, {}, lambda operation, asked: answer), Cases({"v": values})

    assert observe(gaps_of(check(answer, cases))).margin[0] > 1
    assert observe(gaps_of(in_balls(check)(answer, cases))).margin[0] == 0
