"""The entropic oracle and checks against exact arithmetic, enumeration, closed forms and values computed by hand."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace

import mpmath
import numpy as np
import pytest

from impl.core.subject import Subject
from theory.core.ask import Asker
from theory.core.bound import U64, gamma
from theory.core.claim import Answer, Claim, gaps_of
from theory.core.domain import Cases
from theory.core.verdict import observe
from theory.transport import bounds_entropic as bounds
from theory.transport import cases_clouds
from theory.transport import cases_entropic as problems
from theory.transport import oracle_entropic as oracle
from theory.transport.claims_bias import OT_15
from theory.transport.claims_contraction import OT_14, STEEPEST
from theory.transport.claims_debiasing import OT_16, same_measure
from theory.transport.claims_envelope import OT_31, moved, turned
from theory.transport.claims_sinkhorn import OT_13
from theory.transport.oracle_entropic import Floats

REGIMES = problems.SINKHORN_DOMAIN.regimes
SHAPE = {"n": 4, "m": 3, "sweeps": 3, "d": 2}


def drawn(regime: str, lanes: int = 12, seed: int = 1, **shape: int) -> Cases:
    return problems.draw_problem(np.random.default_rng(seed), {**SHAPE, **shape}, regime, lanes)


def parts(cases: Cases) -> tuple[Floats, Floats, Floats, float]:
    return cases["a"], cases["b"], cases["C"], float(cases.settings["eps"])


def in_fifty_digits(a: Floats, b: Floats, C: Floats, eps: float, sweeps: int) -> tuple[list[float], list[float]]:
    """Sinkhorn's recursion for one problem: a (n), b (m), C (n, m)."""
    with mpmath.workdps(50):
        n, m = C.shape
        K = [[mpmath.exp(-mpmath.mpf(C[i, j]) / mpmath.mpf(eps)) for j in range(m)] for i in range(n)]
        v = [mpmath.mpf(1)] * m
        u = [mpmath.mpf(1)] * n
        for _ in range(sweeps):
            u = [1 / mpmath.fsum(K[i][j] * b[j] * v[j] for j in range(m)) for i in range(n)]
            v = [1 / mpmath.fsum(K[i][j] * a[i] * u[i] for i in range(n)) for j in range(m)]
        return [float(eps * mpmath.log(x)) for x in u], [float(eps * mpmath.log(x)) for x in v]


@pytest.mark.parametrize("regime", ["generic", "zero-weights", "small-eps", "large-eps", "shifted", "heavy-tailed"])
def test_the_recursion_is_sinkhorns_up_to_the_bound_of_its_half_steps(regime: str) -> None:
    cases = drawn(regime, lanes=4)
    a, b, C, eps = parts(cases)

    f, g = oracle.sweeps_of(a, b, C, eps, 3)

    allowed = 6 * eps * bounds.rounding_of(f, g, a, b, C, eps, cases).step
    for lane in range(4):
        exact_f, exact_g = in_fifty_digits(a[lane], b[lane], C[lane], eps, 3)
        apart = max(np.abs(f[lane] - exact_f).max(), np.abs(g[lane] - exact_g).max())
        assert apart <= allowed[lane]


def test_the_bound_of_a_half_step_is_reached_to_a_thousandth_in_float32() -> None:
    cases = replace(drawn("small-eps", lanes=256, n=8, m=8), dtype="float32").rounded()
    a, b, C, eps = parts(cases)
    g = np.random.default_rng(2).standard_normal(b.shape).astype(np.float32)

    narrow = (g[:, None, :] - C.astype(np.float32)) / np.float32(eps) + np.log(b.astype(np.float32))[:, None, :]
    top = narrow.max(axis=2)
    f = -np.float32(eps) * (top + np.log(np.exp(narrow - top[:, :, None]).sum(axis=2)))

    exact = oracle.soft_transform(g.astype(np.float64), b, C, eps)
    step = bounds.rounding_of(exact, g.astype(np.float64), a, b, C, eps, cases).step
    worst = (np.abs(f - exact).max(axis=1) / (eps * step)).max()
    assert 1 / 1000 <= worst <= 1


@pytest.mark.parametrize("regime", [r for r in REGIMES if r != "small-eps"])
def test_the_optimum_lies_between_two_certificates_that_agree(regime: str) -> None:
    cases = drawn(regime, lanes=32)
    a, b, C, eps = parts(cases)

    best = oracle.optimum(a, b, C, eps)

    found = bounds.rounding_of(best.f, best.g, a, b, C, eps, cases)
    slack = bounds.value_error(found, 7, eps, cases).value
    assert (np.abs(best.high - best.low) <= slack).all()


def test_the_optimum_between_two_points_has_a_closed_form() -> None:
    half, C = np.full((1, 2), 0.5), np.array([[[0.0, 1.0], [1.0, 0.0]]])

    for eps in (0.125, 1.0, 16.0):
        best = oracle.optimum(half, half, C, eps)
        exact = float(-eps * mpmath.log((1 + mpmath.exp(-1 / mpmath.mpf(eps))) / 2))
        assert abs(best.low[0] - exact) <= 16 * eps * U64 * (1 + 1 / eps)
        assert abs(best.high[0] - exact) <= 16 * eps * U64 * (1 + 1 / eps)


def test_at_ten_thousandth_of_the_costs_the_certificates_still_enclose() -> None:
    cases = drawn("small-eps", lanes=16)
    a, b, C, _ = parts(cases)

    best = oracle.optimum(a, b, C, 2.0**-13)

    low, high = oracle.certified_cost(a, b, C)
    free = 2.0**-13 * np.minimum(oracle.entropy(a), oracle.entropy(b))
    slack = gamma(64, U64)
    assert (low - slack <= best.high).all()
    assert (best.low <= high + free + slack).all()


def test_the_certified_cost_of_equal_weights_is_the_cheapest_of_all_permutations() -> None:
    C = np.random.default_rng(3).integers(-5, 20, (20, 4, 4)).astype(np.float64)
    quarter = np.full((20, 4), 0.25)

    low, high = oracle.certified_cost(quarter, quarter, C)

    for lane in range(20):
        cheapest = min(sum(C[lane, i, p[i]] for i in range(4)) for p in itertools.permutations(range(4))) / 4
        assert abs(low[lane] - cheapest) <= gamma(32, U64) * 20
        assert abs(high[lane] - cheapest) <= gamma(32, U64) * 20


def test_the_diameter_is_the_largest_of_all_cross_ratios() -> None:
    C = np.random.default_rng(4).integers(-9, 10, (10, 3, 4)).astype(np.float64)

    found = oracle.kernel_diameter(C, 0.5)

    for lane in range(10):
        c = C[lane]
        every = (
            c[i, q] + c[j, k] - c[i, k] - c[j, q]
            for i, j in itertools.product(range(3), repeat=2)
            for k, q in itertools.product(range(4), repeat=2)
        )
        assert found[lane] == 2 * max(every)


def test_a_plan_is_moved_onto_the_couplings_by_no_more_than_twice_its_errors() -> None:
    a, b, C, eps = parts(drawn("zero-weights", lanes=64))
    f, g = oracle.sweeps_of(a, b, C, eps, 1)
    P = oracle.plan_of(f, g, a, b, C, eps)

    Q = oracle.onto_couplings(P, a, b)

    assert (np.abs(Q.sum(axis=2) - a) <= gamma(16, U64)).all()
    assert (np.abs(Q.sum(axis=1) - b) <= gamma(16, U64)).all()
    errors = np.abs(P.sum(axis=2) - a).sum(axis=1) + np.abs(P.sum(axis=1) - b).sum(axis=1)
    assert (np.abs(Q - P).sum(axis=(1, 2)) <= 2 * errors + gamma(64, U64)).all()


@pytest.mark.parametrize("sweeps", [1, 2, 3, 8, 40])
@pytest.mark.parametrize("regime", ["generic", "integers", "zero-weights", "small-eps", "large-eps", "diracs"])
def test_the_marginal_error_is_never_worse_than_the_rate_says(regime: str, sweeps: int) -> None:
    cases = drawn(regime, lanes=200)
    a, b, C, eps = parts(cases)
    f, g = oracle.sweeps_of(a, b, C, eps, sweeps)

    error = np.abs(oracle.plan_of(f, g, a, b, C, eps).sum(axis=2) - a).sum(axis=1)

    rounding = 2 * bounds.rounding_of(f, g, a, b, C, eps, cases).total
    assert (error <= bounds.worst_marginal_error(a, b, C, eps, sweeps) + rounding).all()


@pytest.mark.parametrize("sweeps", [1, 2, 5])
def test_row_sums_tell_how_far_the_potentials_still_have_to_go(sweeps: int) -> None:
    cases = drawn("generic", lanes=200).with_settings(eps=0.5)
    a, b, C, eps = parts(cases)
    f, g = oracle.sweeps_of(a, b, C, eps, sweeps)
    found = bounds.rounding_of(f, g, a, b, C, eps, cases)
    best = oracle.optimum(a, b, C, eps)

    way = bounds.still_to_go(oracle.plan_of(f, g, a, b, C, eps).sum(axis=2), a, C, eps, found)

    left = oracle.osc(f - best.f) / eps
    assert (left <= way).all()
    assert (left >= way / 1000).any()


def test_the_logistic_function_is_steepest_where_the_claim_says() -> None:
    sigma = 0.5 + 1 / (2 * mpmath.sqrt(3))

    assert abs(abs(sigma * (1 - sigma) * (1 - 2 * sigma)) - STEEPEST) <= U64


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("claim", [OT_13, OT_14, OT_15, OT_16, OT_31], ids=lambda claim: claim.id)
def test_what_a_regime_draws_is_in_the_domain(claim: Claim, dtype: str) -> None:
    for regime in claim.domain.regimes:
        cases = claim.domain.draw(np.random.default_rng(5), SHAPE, regime, 8)
        expected = dtype == "float64" or regime not in problems.FLOAT64_ONLY
        assert (claim.domain.valid(replace(cases, dtype=dtype).rounded()) == expected).all(), regime


@pytest.mark.parametrize("regime", [*problems.WEIGHTS, "generic", "integers", problems.PLAIN])
def test_weights_add_up_to_one_exactly_in_float32_and_in_any_order(regime: str) -> None:
    w = problems.weights(np.random.default_rng(6), regime, 50, 2 if regime == problems.PLAIN else 7)

    assert (w.astype(np.float32).astype(np.float64) == w).all()
    assert (w.astype(np.float32).cumsum(axis=1)[:, -1] == 1).all()
    assert (w[:, ::-1].sum(axis=1) == 1).all()


def test_neighbours_of_a_measure_are_measures_and_costs_differ_in_one_row() -> None:
    a, _, C, _ = parts(drawn("zero-weights"))

    assert (moved(a).sum(axis=2) == 1).all()
    assert (moved(a) >= 0).all()
    assert ((turned(C) != C[:, None]).any(axis=3).sum(axis=2) == 1).all()


def with_oracle(arrays: dict[str, Floats], settings: dict[str, float], **where: object) -> dict[str, Floats]:
    """A subject made of the oracle's recursion: what `sinkhorn` and `gradients` should answer."""
    a, b, C, eps = arrays["a"], arrays["b"], arrays["C"], settings["eps"]
    f, g = oracle.sweeps_of(a, b, C, eps, int(settings["sweeps"]))
    P = oracle.plan_of(f, g, a, b, C, eps)
    error = np.abs(P.sum(axis=2) - a).sum(axis=1)
    return {
        "f": f,
        "g": g,
        "plan": P,
        "marginal_error": error,
        "converged": (error <= settings["tol"]).astype(np.int64),
        "transport": (P * C).sum(axis=(1, 2)),
        "value": (f * a).sum(axis=1) + (g * b).sum(axis=1) - eps * (P.sum(axis=(1, 2)) - 1),
        "grad_a": f + 3,
        "grad_b": g - 1,
        "grad_C": P,
    }


RECURSION = Subject("oracle", "transport", {"sinkhorn": with_oracle, "gradients": with_oracle})
"""The oracle as a subject, so that checks can be tried without any implementation."""


def answered(claim: Claim, cases: Cases) -> Answer:
    return Asker(RECURSION, 0)(claim.asks, cases)


def worst(claim: Claim, answer: Answer, cases: Cases) -> float:
    return float(np.nanmax(observe(gaps_of(claim.check(answer, cases))).margin))


def slightly(name: str, factor: float = 1 + 2.0**-30) -> Callable[[Answer], Answer]:
    return lambda answer: replace(answer, arrays={**answer.arrays, name: answer[name] * factor})


@pytest.mark.parametrize("name", ["f", "g", "plan", "marginal_error", "transport", "value"])
def test_an_answer_that_is_off_in_the_ninth_digit_refutes_sinkhorns_invariants(name: str) -> None:
    cases = drawn("generic", lanes=32)
    answer = answered(OT_13, cases)

    assert worst(OT_13, answer, cases) <= 1
    assert worst(OT_13, slightly(name)(answer), cases) > 1


@pytest.mark.parametrize("name", ["grad_a", "grad_b", "grad_C", "value"])
def test_an_answer_that_is_off_in_the_sixth_digit_refutes_the_envelope_theorem(name: str) -> None:
    cases = drawn("generic", lanes=16).with_settings(eps=0.5, sweeps=64)
    answer = answered(OT_31, cases)

    assert worst(OT_31, answer, cases) <= 1
    assert worst(OT_31, slightly(name, 1 + 2.0**-20)(answer), cases) > 1


def test_a_gradient_that_is_off_in_one_direction_breaks_a_tangent_inequality() -> None:
    cases = drawn("integers", lanes=16, n=3, m=3).with_settings(eps=8.0, sweeps=64)
    answer = answered(OT_31, cases)
    wrong = replace(answer, arrays={**answer.arrays, "grad_a": answer["grad_a"] + 2.0 * np.arange(3)})

    gaps = [gap for gap in gaps_of(OT_31.check(wrong, cases)) if gap.label.startswith("OT(a) + ")]

    assert (gaps[0].margin > 1).all()


def test_the_cost_of_the_independent_plan_is_not_that_of_an_entropic_one() -> None:
    cases = drawn("generic", lanes=16)
    answer = answered(OT_15, cases)
    independent = cases["a"][:, :, None] * cases["b"][:, None, :]

    assert worst(OT_15, answer, cases) <= 1
    assert worst(OT_15, replace(answer, arrays={**answer.arrays, "plan": independent}), cases) > 1


def test_points_in_another_order_are_the_same_measure_and_other_weights_are_not() -> None:
    cases = cases_clouds.draw_clouds(np.random.default_rng(7), SHAPE, "same", 6)

    same = (cases["x"], cases["a"], cases["y"], cases["b"])
    assert same_measure(*same).all()
    assert not same_measure(*same[:3], np.roll(cases["b"], 1, axis=1)).any()
