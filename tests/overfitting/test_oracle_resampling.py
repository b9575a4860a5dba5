"""The oracles of folds, refits and votes against hand values, fractions and plain loops."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from theory.core.bound import U64
from theory.core.claim import Answer
from theory.core.domain import Cases, Domain
from theory.core.gap import Gap
from theory.overfitting import claims_resampling as claims
from theory.overfitting.cases_resampling import (
    FOLDS,
    LABELS,
    POINTS,
    VALIDATED,
    VOTES,
    asks_itself,
    has_one_solution,
    is_small,
    training_masks,
)

Floats = NDArray[np.float64]
DOMAINS = {"folds": FOLDS, "labels": LABELS, "validated": VALIDATED, "points": POINTS, "votes": VOTES}
REGIMES = [(domain, regime) for domain in DOMAINS.values() for regime in domain.regimes]
NAMES = [f"{name}: {regime}" for name, domain in DOMAINS.items() for regime in domain.regimes]


def rng() -> np.random.Generator:
    return np.random.default_rng(23)


def nobody(operation: str, cases: Cases) -> Answer:
    raise AssertionError(f"nobody was to be asked for {operation}")


def answer(**arrays: Any) -> Answer:
    return Answer({name: np.asarray(value) for name, value in arrays.items()}, {}, nobody)


def broken(gaps: tuple[Gap, ...]) -> set[str]:
    return {gap.label for gap in gaps if (gap.margin > 1).any()}


@pytest.mark.parametrize(("domain", "regime"), REGIMES, ids=NAMES)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_most_of_what_a_regime_draws_is_valid(domain: Domain, regime: str, dtype: str) -> None:
    least = {name: low for name, (low, _) in domain.shapes.items()}
    most = {name: high for name, (_, high) in domain.shapes.items()}
    valid = [
        domain.valid(replace(domain.draw(rng(), shape, regime, 16), dtype=dtype).rounded())
        for shape in (least, most)
    ]  # fmt: skip

    if (regime, dtype) not in (("very-far", "float32"), ("far-away", "float32")):  # the points merge, not their labels
        assert np.mean(valid) > 0.75


# Folds.


def test_five_rows_in_two_folds() -> None:
    assert training_masks(5, 2).tolist() == [[False] * 3 + [True] * 2, [True] * 3 + [False] * 2]


@pytest.mark.parametrize(("n", "k"), [(4, 2), (7, 3), (5, 5)])
def test_folds_in_order_are_accepted_and_what_breaks_them_is_named(n: int, k: int) -> None:
    cases = Cases({"lanes": np.zeros(1)}, {"n": n, "k": k, "shuffle": 0})
    train = training_masks(n, k)[None]
    turned = train[..., ::-1]
    leaking = train.copy()
    leaking[0, 0, 0] = True
    dropped = train.copy()
    dropped[0, -1, -1] = True

    assert broken(claims.check_kfold(answer(test=~train, train=train), cases)) == set()
    assert "blocks in order" in broken(claims.check_kfold(answer(test=~turned, train=turned), cases))
    assert broken(claims.check_kfold(answer(test=~train, train=leaking), cases)) == {
        "a fold trains on what it does not test"
    }
    assert "each row is tested once" in broken(claims.check_kfold(answer(test=~dropped, train=dropped), cases))


def test_larger_folds_come_first() -> None:
    cases = Cases({"lanes": np.zeros(1)}, {"n": 3, "k": 2, "shuffle": 1})
    train = training_masks(3, 2)[None, ::-1]

    assert broken(claims.check_kfold(answer(test=~train, train=train), cases)) == {"sizes"}


@pytest.mark.parametrize(
    ("folds", "wrong"),
    [
        ([0, 1, 0, 1, 0], set()),
        ([0, 0, 1, 1, 0], {"counts of a label differ by at most 1"}),
        ([0, 1, 0, 0, 0], {"counts of a label differ by at most 1", "sizes differ by at most 1"}),
    ],
)
def test_labels_are_shared_or_the_check_says_what_is_not(folds: list[int], wrong: set[str]) -> None:
    """Labels a a b b c: two of a kind in one fold are one too many."""
    test = np.array(folds) == np.arange(2)[:, None]
    cases = Cases({"y": np.array([[0, 0, 1, 1, 2]])}, {"k": 2, "shuffle": 0})

    assert broken(claims.check_stratified(answer(test=test[None], train=~test[None]), cases)) == wrong


# Refits.


def solved(a: list[list[Fraction]], b: list[Fraction]) -> list[Fraction]:
    """Gauss's elimination in fractions."""
    rows = [[*line, value] for line, value in zip(a, b, strict=True)]
    for i in range(len(rows)):
        pivot = next(j for j in range(i, len(rows)) if rows[j][i])
        rows[i], rows[pivot] = rows[pivot], rows[i]
        rows[i] = [value / rows[i][i] for value in rows[i]]
        for j in range(len(rows)):
            if j != i:
                rows[j] = [value - rows[j][i] * base for value, base in zip(rows[j], rows[i], strict=True)]
    return [line[-1] for line in rows]


def ridge(x: Floats, y: Floats, penalty: float) -> list[Fraction]:
    exact = [[Fraction(float(value)) for value in row] for row in x]
    target, d = [Fraction(float(value)) for value in y], x.shape[1]
    gram = [
        [sum((row[i] * row[j] for row in exact), Fraction(penalty) if i == j else Fraction(0)) for j in range(d)]
        for i in range(d)
    ]
    moment = [sum((row[i] * t for row, t in zip(exact, target, strict=True)), Fraction(0)) for i in range(d)]
    return solved(gram, moment)


@pytest.mark.parametrize("regime", VALIDATED.regimes)
def test_refits_are_those_of_fractions(regime: str) -> None:
    cases = VALIDATED.draw(rng(), {"n": 6, "d": 2, "k": 3}, regime, 4)
    cases = cases.take(has_one_solution(cases))
    told = claims.refits(cases)
    n, k = cases["x"].shape[1], cases.integer("k")
    fold = [j for j in range(k) for _ in range(n // k + (j < n % k))]

    for lane, row in itertools.product(range(cases.lanes), range(n)):
        kept = [i for i in range(n) if fold[i] != fold[row]]
        x, y, penalty = (cases[name][lane] for name in ("x", "y", "penalty"))
        w = ridge(x[kept], y[kept], float(penalty))
        exact = sum((Fraction(float(a)) * b for a, b in zip(x[row], w, strict=True)), Fraction(0))
        size = sum(abs(Fraction(float(a)) * b) for a, b in zip(x[row], w, strict=True))
        off = abs(Fraction(float(told.prediction[lane, row])) - exact)
        assert off <= 4 * Fraction(U64) * size  # two roundings of each product's factors, and the sum's
        assert told.bound.value[lane, row] > 0


def test_the_mean_of_the_others_by_hand() -> None:
    cases = Cases({"x": np.ones((1, 3, 1)), "y": np.array([[0.0, 3.0, 6.0]]), "penalty": np.array([1.0])}, {"k": 3})

    assert claims.refits(cases).prediction.tolist() == [[3.0, 2.0, 1.0]]


def test_a_wrong_prediction_and_a_wrong_error_are_told_apart() -> None:
    cases = Cases({"x": np.ones((1, 3, 1)), "y": np.array([[0.0, 3.0, 6.0]]), "penalty": np.array([1.0])}, {"k": 3})
    right, error = np.array([[3.0, 2.0, 1.0]]), np.array([(9 + 1 + 25) / 3])

    assert broken(claims.check_cross_validation(answer(prediction=right, error=error), cases)) == set()
    assert broken(claims.check_cross_validation(answer(prediction=right + U64 * 2**10, error=error), cases)) == {
        "predictions"
    }
    assert broken(claims.check_cross_validation(answer(prediction=right, error=3 * error), cases)) == {"error"}


def test_a_training_set_that_does_not_decide_its_fit_is_outside() -> None:
    x, y = np.array([[[1.0], [0.0], [0.0]], [[1.0], [1.0], [0.0]]]), np.zeros((2, 3))
    cases = Cases({"x": x, "y": y, "penalty": np.zeros(2)}, {"k": 3})

    assert has_one_solution(cases).tolist() == [False, True]
    assert has_one_solution(cases.with_arrays(penalty=np.ones(2))).tolist() == [True, True]
    assert has_one_solution(cases.with_settings(k=4)).tolist() == [False, False]


# Votes.


@pytest.mark.parametrize("regime", VOTES.regimes)
def test_votes_are_those_of_a_plain_loop(regime: str) -> None:
    cases = VOTES.draw(rng(), {"n": 7, "d": 2, "m": 3, "neighbours": 4}, regime, 8)
    label, near = claims.votes(cases)

    for lane, m in itertools.product(range(8), range(3)):
        apart = [
            sum(
                (Fraction(float(a)) - Fraction(float(b))) ** 2
                for a, b in zip(row, cases["query"][lane, m], strict=True)
            )
            for row in cases["x"][lane]
        ]
        order = sorted(range(7), key=apart.__getitem__)  # stable
        counts = Counter(int(cases["y"][lane, i]) for i in order[: cases.integer("neighbours")])
        assert label[lane, m] == min(value for value, times in counts.items() if times == max(counts.values()))
        assert near[lane, m] == apart.index(min(apart))


def test_another_row_in_the_same_place_is_as_good_as_the_row_itself() -> None:
    x = np.array([[[1.0], [1.0], [2.0]]])
    cases = Cases({"x": x, "y": np.array([[5, 5, 7]]), "query": x}, {"neighbours": 1})

    assert broken(claims.check_training_error(answer(label=[[5, 5, 7]], nearest=[[0, 0, 2]]), cases)) == set()
    assert broken(claims.check_training_error(answer(label=[[5, 5, 7]], nearest=[[0, 1, 1]]), cases)) == {
        "the nearest row is the row itself"
    }
    assert broken(claims.check_training_error(answer(label=[[5, 7, 7]], nearest=[[0, 1, 2]]), cases)) == {
        "label of the row itself"
    }


def test_equal_points_of_unequal_labels_and_halves_are_outside() -> None:
    x = np.array([[[1.0], [1.0]], [[1.0], [2.0]]])
    cases = Cases({"x": x, "y": np.array([[0, 1], [0, 1]]), "query": x}, {"neighbours": 1})

    assert asks_itself(cases).tolist() == [False, True]
    assert is_small(cases).tolist() == [True, True]
    assert is_small(cases.with_arrays(x=x / 2)).tolist() == [False, False]
    assert is_small(cases.with_settings(neighbours=3)).tolist() == [False, False]


# Shuffles.


def told_by(shuffled: Floats) -> set[str]:
    """What the check says of a split of 6 rows into 3 folds that gives these fold numbers (lane, 6) whoever asks."""

    def again(operation: str, cases: Cases) -> Answer:
        return answer(test=shuffled[:, None] == np.arange(3)[:, None])

    first = Answer({"test": again("kfold", FAIR)["test"][:1]}, {}, again)
    return broken(claims.check_shuffles(first, FAIR))


FAIR = Cases({"lanes": np.zeros(1)}, {"n": 6, "k": 3, "shuffle": 1})


def test_fair_shuffles_are_accepted_and_unfair_ones_are_not() -> None:
    fair = rng().permuted(np.tile(np.array([0, 0, 1, 1, 2, 2]), (claims.SHUFFLES, 1)), axis=1)
    turned = (np.arange(6)[None] + rng().integers(0, 6, (claims.SHUFFLES, 1))) % 6 // 2

    assert told_by(fair) == set()
    assert "lanes agree about the first row" in told_by(np.repeat(fair[:1], claims.SHUFFLES, axis=0))
    assert "the last two rows in the first fold" in told_by(turned)  # fair for each row, not for pairs
