"""The oracles of what families cut out and of how samples stray, against hand values, linear programs, plain sums."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import linprog

from theory.core.bound import U64
from theory.core.claim import Answer
from theory.core.domain import Cases, Domain
from theory.core.gap import Gap
from theory.overfitting import cases_capacity, claims_capacity
from theory.overfitting import claims_deviation as deviation
from theory.overfitting import oracle_capacity as oracle

Floats = NDArray[np.float64]
DOMAINS = {
    "tails": cases_capacity.TAILS,
    "growth": cases_capacity.GROWTH,
    "points": cases_capacity.POINT_SETS,
    "sums": cases_capacity.SUMS,
    "confidences": cases_capacity.CONFIDENCES,
    "linear": cases_capacity.LINEAR,
    "risks": cases_capacity.RISKS,
}
REGIMES = [(domain, regime) for domain in DOMAINS.values() for regime in domain.regimes]
NAMES = [f"{name}: {regime}" for name, domain in DOMAINS.items() for regime in domain.regimes]


def rng() -> np.random.Generator:
    return np.random.default_rng(29)


def broken(gaps: Gap | tuple[Gap, ...]) -> set[str]:
    return {gap.label for gap in ((gaps,) if isinstance(gaps, Gap) else gaps) if (gap.margin > 1).any()}


def nobody(operation: str, cases: Cases) -> Answer:
    raise AssertionError(f"nobody was to be asked for {operation}")


def answer(**arrays: Any) -> Answer:
    return Answer({name: np.asarray(value) for name, value in arrays.items()}, {}, nobody)


@pytest.mark.parametrize(("domain", "regime"), REGIMES, ids=NAMES)
def test_what_a_regime_draws_is_valid(domain: Domain, regime: str) -> None:
    for size in (0, 1):
        shape = {name: ends[size] for name, ends in domain.shapes.items()}
        assert domain.valid(domain.draw(rng(), shape, regime, 16)).all()


# What families cut out.


def whole(*points: tuple[int, ...]) -> NDArray[np.int64]:
    return np.array(points, dtype=np.int64).reshape(len(points), 2)


def test_the_hull_holds_its_corners_its_border_and_what_is_between() -> None:
    triangle = whole((0, 0), (4, 0), (0, 4))

    assert all(oracle.in_hull(triangle, np.array(p)) for p in ((0, 0), (2, 0), (2, 2), (1, 1)))
    assert not any(oracle.in_hull(triangle, np.array(p)) for p in ((-1, 0), (5, 0), (3, 2), (0, 5)))
    assert oracle.in_hull(whole((0, 0), (2, 2)), np.array((1, 1)))
    assert not oracle.in_hull(whole((0, 0), (2, 2)), np.array((3, 3)))


def combination(points: Floats, p: Floats) -> bool:
    """Whether p is a convex combination of the points, by a linear program on whole numbers."""
    equations = np.vstack([points.T, np.ones(len(points))])
    return bool(linprog(np.zeros(len(points)), A_eq=equations, b_eq=[*p, 1.0]).status == 0)


def divided(inside: Floats, outside: Floats) -> bool:
    """Whether w·x ≥ c + 1 inside and ≤ c − 1 outside can be had, by a linear program."""
    rows = np.vstack([np.c_[-inside, np.ones(len(inside))], np.c_[outside, -np.ones(len(outside))]])
    return bool(linprog(np.zeros(3), A_ub=rows, b_ub=-np.ones(len(rows)), bounds=(None, None)).status == 0)


def test_hulls_and_lines_are_those_of_linear_programs() -> None:
    source = rng()
    for _ in range(16):
        points = np.unique(source.integers(-2, 3, (5, 2)).astype(np.float64), axis=0)
        exact = points.astype(np.int64)
        for chosen in oracle.subsets(len(points))[1:-1]:
            assert oracle.CUTS["half-planes"](exact[chosen], exact[~chosen]) == divided(points[chosen], points[~chosen])
        for i, p in enumerate(points):
            others = np.delete(points, i, axis=0)
            assert oracle.in_hull(others.astype(np.int64), exact[i]) == combination(others, p)


@pytest.mark.parametrize(
    ("points", "family", "count"),
    [
        ([[1], [3], [2]], "rays", 4),
        ([[1], [1], [2]], "rays", 3),
        ([[1], [3], [2]], "two-sided-rays", 6),
        ([[1], [3], [2]], "intervals", 7),
        ([[0, 0], [0, 1], [1, 0], [1, 1]], "half-planes", 14),
        ([[0, 0], [1, 1], [2, 2]], "half-planes", 6),
        ([[0, 0], [0, 1], [1, 0], [1, 1]], "rectangles", 10),
        ([[0, 1], [1, 0], [0, -1], [-1, 0]], "rectangles", 16),
        ([[0, 0], [0, 1], [1, 0], [1, 1]], "convex-sets", 16),
        ([[0, 0], [1, 1], [2, 2]], "convex-sets", 7),
        ([[0, 0], [0, 0]], "convex-sets", 2),
    ],
)
def test_dichotomies_of_a_few_points(points: list[list[int]], family: str, count: int) -> None:
    assert oracle.dichotomies(np.array(points, dtype=np.float64), family) == count


@pytest.mark.parametrize(
    ("family", "counts"),
    [
        ("rays", [1, 2, 3, 4, 5, 6]),
        ("two-sided-rays", [1, 2, 4, 6, 8, 10]),
        ("intervals", [1, 2, 4, 7, 11, 16]),
        ("half-planes", [1, 2, 4, 8, 14, 22]),
        ("rectangles", [1, 2, 4, 8, 16, 28]),
        ("convex-sets", [1, 2, 4, 8, 16, 32]),
        ("sines", [1, 2, 4, 8, 16, 32]),
    ],
)
def test_growth_functions_of_none_to_five_points(family: str, counts: list[int]) -> None:
    assert [oracle.growth(family, n) for n in range(6)] == counts


def test_each_sign_vector_is_that_of_its_own_sine() -> None:
    assert oracle.sine_signs(3).tolist() == oracle.subsets(3).tolist()


def test_pascals_sum_is_that_of_binomial_coefficients() -> None:
    for n, d in itertools.product(range(13), range(9)):
        assert oracle.pascal(n, d) == sum(math.comb(n, i) for i in range(d + 1))


def test_a_count_that_is_one_too_many_is_refuted() -> None:
    cases = Cases({"n": np.array([3])}, {"family": "intervals"})

    assert broken(claims_capacity.check_growth(answer(count=[7], dimension=[2]), cases)) == set()
    assert broken(claims_capacity.check_growth(answer(count=[6], dimension=[2]), cases)) == {"count = found"}
    assert broken(claims_capacity.check_growth(answer(count=[7], dimension=[3]), cases)) == {"VC dimension"}


# How samples stray.


@pytest.mark.parametrize(("n", "twentieths"), [(1, 10), (2, 10), (4, 5), (5, 3)])
def test_a_tail_is_a_sum_over_all_outcomes_of_the_worst_coin(n: int, twentieths: int) -> None:
    worst = Fraction(0)
    for p in (Fraction(j, 20) for j in range(21)):
        strays = Fraction(0)
        for coins in itertools.product((0, 1), repeat=n):
            if abs(Fraction(sum(coins), n) - p) >= Fraction(twentieths, 20):
                strays += math.prod((p if coin else 1 - p for coin in coins), start=Fraction(1))
        worst = max(worst, strays)

    assert oracle.tail(n, twentieths) == worst


def test_one_fair_coin_strays_by_a_half_always_and_no_coins_stray_by_one() -> None:
    assert oracle.tail(1, 10) == 1
    assert oracle.tail(3, 20) == 0


def test_hoeffdings_bound_has_its_digits_and_its_bound_grows_with_the_exponent() -> None:
    arrays = {"epsilon": np.array([0.5, 0.05]), "hypotheses": np.array([3, 2**20]), "delta": np.array([0.5, 0.5]),
              "twentieths": np.array([10, 1])}  # fmt: skip
    cases = Cases(arrays, {"n": 8})
    value = np.exp(np.minimum(deviation.exponent(cases)[0], 0))

    with mpmath.workdps(40):
        for lane, e in enumerate(arrays["epsilon"]):
            m = int(arrays["hypotheses"][lane])
            exact = min(mpmath.mpf(1), 2 * m * mpmath.exp(-16 * mpmath.mpf(float(e)) ** 2))
            assert abs(value[lane] - exact) <= deviation.hoeffding_bound(cases).value[lane]
    rows = np.ceil(np.log(2 * arrays["hypotheses"] / 0.5) / (2 * arrays["epsilon"] ** 2))
    assert broken(deviation.check_hoeffding(answer(bound=value, rows=rows), cases)) == set()
    assert broken(deviation.check_hoeffding(answer(bound=value / 2, rows=rows), cases)) >= {
        "bound = min(1, 2M exp(−2nε²))"
    }
    assert broken(deviation.check_hoeffding(answer(bound=value, rows=rows - 1), cases)) == {"log 2M∕δ ≤ 2 rows ε²"}
    assert broken(deviation.check_hoeffding(answer(bound=value, rows=rows + 1), cases)) == {"2(rows − 1)ε² ≤ log 2M∕δ"}


@pytest.mark.parametrize(("n", "dimension"), [(1, 0), (7, 3), (1000, 400)])
def test_the_bound_of_vapnik_and_chervonenkis_has_its_digits(n: int, dimension: int) -> None:
    cases = Cases({"dimension": np.array([dimension]), "delta": np.array([0.0625])}, {"n": n})

    with mpmath.workdps(40):
        growth = mpmath.mpf(2 * n) ** dimension + 1
        exact = mpmath.sqrt(mpmath.mpf(8) / n * mpmath.log(64 * growth))
    assert abs(deviation.vc_value(cases)[0] - exact) <= deviation.vc_bound(cases).value[0]


# Rademacher complexity.


@pytest.mark.parametrize("norm", ["l1", "l2"])
def test_a_supremum_is_reached_in_the_ball_and_never_passed(norm: str) -> None:
    x = rng().integers(-3, 4, (1, 4, 3)).astype(np.float64)
    cases = Cases({"x": x, "radius": np.array([2.0])}, {"norm": norm, "draws": 1})
    found = deviation.suprema(cases)[0]

    for signs, value in zip(itertools.product((-1.0, 1.0), repeat=4), sorted_by_signs(found), strict=True):
        total = np.array(signs) @ x[0] / 4
        corner = np.eye(3)[np.abs(total).argmax()] * np.sign(total) if norm == "l1" else total / max(
            math.hypot(*total), U64
        )  # fmt: skip
        weights = rng().standard_normal((64, 3))
        weights /= np.linalg.norm(weights, ord=1 if norm == "l1" else 2, axis=1, keepdims=True)
        assert abs(2 * corner @ total - value) <= 16 * U64 * (1 + value)
        assert (2 * weights @ total <= value + 16 * U64 * (1 + value)).all()


def sorted_by_signs(values: Floats) -> Floats:
    """In the order of `itertools.product`: the oracle counts the first sign fastest."""
    order = np.lexsort(oracle.all_signs(4).T[::-1])
    return np.asarray(values[order])


def test_every_sign_vector_comes_once() -> None:
    assert sorted(map(tuple, oracle.all_signs(3).tolist())) == sorted(itertools.product((-1.0, 1.0), repeat=3))


def test_closed_forms_and_their_checks_by_hand() -> None:
    x, radius = np.array([[[3.0, 0.0], [0.0, 4.0]]]), np.array([2.0])
    two = Cases({"x": x, "radius": radius}, {"norm": "l2", "draws": 1})
    one = two.with_settings(norm="l1")

    assert deviation.closed_form(two).tolist() == [5.0]
    assert abs(deviation.closed_form(one)[0] - 4 * math.sqrt(2 * math.log(4))) <= deviation.upper_bound(one).value[0]
    assert broken(deviation.check_rademacher(answer(complexity=[5.0], upper=[5.0], range=[0.0]), two)) == set()
    assert "bound ∕ √2 ≤ complexity" in broken(
        deviation.check_rademacher(answer(complexity=[3.5], upper=[5.0], range=[0.0]), two)
    )
    assert "complexity ≤ bound" in broken(
        deviation.check_rademacher(answer(complexity=[5.5], upper=[5.0], range=[0.0]), two)
    )


# Empirical risk.


class Minimiser:
    """Empirical risk minimisation in a loop, which may pick wrongly."""

    def __init__(self, pick: Any) -> None:
        self.pick = pick

    def __call__(self, operation: str, cases: Cases) -> Answer:
        chosen, training, risk = [], [], []
        for losses, weights, sample in zip(cases["losses"], cases["weights"], cases["sample"], strict=True):
            seen = [sum(Fraction(float(row[i])) for i in sample) / len(sample) for row in losses]
            h = self.pick(seen)
            chosen.append(h)
            training.append(float(seen[h]))
            terms = (Fraction(float(a)) * Fraction(float(b)) for a, b in zip(losses[h], weights, strict=True))
            risk.append(float(sum(terms)))
        arrays = {"chosen": np.array(chosen), "training": np.array(training), "risk": np.array(risk)}
        return Answer(arrays, {}, self)


def check(pick: Any, regime: str) -> set[str]:
    cases = cases_capacity.RISKS.draw(rng(), {"m": 3, "q": 3, "n": 2}, regime, 8)
    return broken(deviation.check_risk(Minimiser(pick)("empirical_risk", cases), cases))


@pytest.mark.parametrize("regime", cases_capacity.RISKS.regimes)
def test_the_first_minimum_in_fractions_is_accepted(regime: str) -> None:
    assert check(lambda seen: seen.index(min(seen)), regime) == set()


def test_what_does_not_minimise_is_not() -> None:
    assert "E training ≤ min_h L(h)" in check(lambda seen: seen.index(max(seen)), "generic")
    assert "the first minimum is chosen" in check(lambda seen: len(seen) - 1 - seen[::-1].index(min(seen)), "zero-one")


def test_every_sample_comes_once_for_each_lane() -> None:
    cases = cases_capacity.RISKS.draw(rng(), {"m": 1, "q": 2, "n": 1}, "generic", 2)
    every = deviation.enumerated(cases, 2)

    assert every["sample"].tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]] * 2
    assert every["losses"].tolist() == np.repeat(cases["losses"], 4, axis=0).tolist()


def test_means_of_quarters_are_those_of_fractions() -> None:
    losses = np.array([[[0.25, 1.0, 0.75]]])

    assert deviation.exact_means(losses, np.array([[0, 0, 2]])).tolist() == [[float(Fraction(5, 12))]]


def test_a_distribution_sums_to_one_and_a_sample_is_of_the_domain() -> None:
    cases = Cases({"losses": np.zeros((3, 1, 2)), "weights": np.array([[0.5, 0.5], [0.5, 0.25], [0.5, 0.5]]),
                   "sample": np.array([[0], [1], [2]])})  # fmt: skip

    assert cases_capacity.is_distribution(cases).tolist() == [True, False, False]


def test_float32_sees_the_same_whole_numbers() -> None:
    cases = cases_capacity.POINT_SETS.draw(rng(), {"n": 5}, "spread-convex-sets", 4)

    assert replace(cases, dtype="float32").rounded()["points"].tolist() == cases["points"].tolist()
