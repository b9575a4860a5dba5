"""The critics' oracle and checks against exact arithmetic, matrices written out, and values computed by hand."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
from numpy.typing import NDArray

from theory.core.bound import U64
from theory.core.claim import Answer, Claim, gaps_of
from theory.core.domain import Cases
from theory.core.verdict import observe
from theory.transport import cases_critic as problems
from theory.transport import oracle_critic as oracle
from theory.transport.claims_critic import CRITIC_CLAIMS

BY_ID = {claim.id: claim for claim in CRITIC_CLAIMS}
Floats = NDArray[np.float64]

EXACT: dict[str, Callable[[Any], Any]] = {
    "relu": lambda z: max(z, mpmath.mpf(0)),
    "leaky_relu": lambda z: z if z > 0 else mpmath.mpf(0.2) * z,
    "tanh": mpmath.tanh,
    "softplus": lambda z: mpmath.log1p(mpmath.exp(z)),
}


def exact_layer(W: Floats, b: Floats, h: list[Any]) -> list[Any]:
    rows = [[mpmath.mpf(w) * v for w, v in zip(row, h, strict=True)] for row in W]
    return [sum(row, mpmath.mpf(c)) for row, c in zip(rows, b, strict=True)]


def exact_value(net: dict[str, Floats], lane: int, x: Floats, activation: str) -> Any:
    """One value of a perceptron at 40 digits."""
    with mpmath.workdps(40):
        h = [mpmath.mpf(v) for v in x]
        for k in (1, 2):
            h = [EXACT[activation](z) for z in exact_layer(net[f"W{k}"][lane], net[f"b{k}"][lane], h)]
        return exact_layer(net["W3"][lane], net["b3"][lane], h)[0]


@pytest.mark.parametrize("regime", ["generic", "heavy-bias", "large", "zero-layer"])
@pytest.mark.parametrize("activation", list(EXACT))
def test_the_forward_pass_is_within_its_running_error_of_forty_digits(activation: str, regime: str) -> None:
    rng = np.random.default_rng(1)
    net, x = problems.network(rng, regime, 4, 3, 5), rng.standard_normal((4, 6, 3))

    value, error = oracle.evaluate(net, x, activation, U64)

    off = [[abs(exact_value(net, k, x[k, i], activation) - value[k, i]) for i in range(6)] for k in range(4)]
    assert (np.array(off, dtype=float) <= error).all()
    assert regime == "zero-layer" or (np.array(off, dtype=float) > error / 1000).any()


def test_the_norm_of_a_torus_is_that_of_its_matrix() -> None:
    kernel, size = np.random.default_rng(2).standard_normal((3, 2, 3, 2, 3)), 4
    matrix = np.zeros((3, 2, size, size, 3, size, size))
    for r, c, p, q in np.ndindex(size, size, 2, 3):
        matrix[:, :, (r + p) % size, (c + q) % size, :, r, c] += kernel[:, :, :, p, q]

    written_out = np.linalg.norm(matrix.reshape(3, 2 * size**2, 3 * size**2), 2, axis=(1, 2))

    assert (np.abs(oracle.torus_norm(kernel, size) - written_out) <= 1000 * U64 * written_out).all()


def test_the_matrix_of_a_convolution_convolves() -> None:
    from scipy.signal import convolve2d

    rng = np.random.default_rng(3)
    kernel, image = (rng.integers(-3, 4, shape).astype(np.float64) for shape in ((1, 1, 1, 3, 2), (4, 4)))

    convolved = oracle.full_convolution(kernel, 4)[0] @ image.ravel()

    assert np.array_equal(convolved, convolve2d(image, kernel[0, 0, 0]).ravel())


def test_larger_images_have_larger_norms_up_to_the_torus() -> None:
    kernel = np.ones((1, 1, 1, 3, 3)) / 3

    norms = [float(oracle.norms(oracle.full_convolution(kernel, size))[0, 0]) for size in (1, 2, 4, 8)]

    assert norms == sorted(norms)
    assert abs(norms[0] - 1) <= 100 * U64
    assert 2.5 < norms[-1] < 3
    assert abs(oracle.torus_norm(kernel, 8)[0] - 3) <= 100 * U64
    assert abs(oracle.reshaped_norm(kernel)[0] - 1) <= 100 * U64


def test_a_power_step_does_at_least_what_is_predicted_of_it() -> None:
    rng = np.random.default_rng(4)
    W, u = rng.standard_normal((200, 5, 4)), rng.standard_normal((200, 5))
    sigmas = []
    for _ in range(4):
        v = np.einsum("loi,lo->li", W, u)
        u = np.einsum("loi,li->lo", W, v / np.linalg.norm(v, axis=1, keepdims=True))
        sigmas.append(np.linalg.norm(u, axis=1))
    s = oracle.norms(W)

    least = [oracle.next_estimate(sigma, s[:, 0], s[:, 1], np.full(200, 100 * U64)) for sigma in sigmas[:-1]]

    for predicted, seen in zip(least, sigmas[1:], strict=True):
        assert (predicted <= seen + 1000 * U64).all()
        assert (predicted > 0.9 * seen).any()


def test_the_prediction_of_a_power_step_by_hand() -> None:
    """diag(2, 1): v = (cos θ, sin θ) becomes (4 cos θ, sin θ); from tan θ = 1 the estimates are √(5/2) and √(65/17)."""
    first, second = np.sqrt([2.5]), np.sqrt([65 / 17])

    predicted = oracle.next_estimate(first, np.array([2.0]), np.array([1.0]), np.zeros(1))

    # σ_1 cos θ leaves out the second direction's own share of the estimate
    assert abs(predicted[0] - 2 * 4 / np.sqrt(17)) <= 8 * U64
    assert predicted[0] <= second[0]


def test_the_parabola_of_the_gradient_penalty_in_rationals() -> None:
    for d, lam in ((Fraction(1), Fraction(1, 2)), (Fraction(15), Fraction(5, 4)), (Fraction(7, 2), Fraction(10))):

        def objective(s: Fraction, d: Fraction = d, lam: Fraction = lam) -> Fraction:
            return s * d - lam * (s - 1) ** 2

        best = 1 + d / (2 * lam)
        assert objective(best) == d + d**2 / (4 * lam)
        assert best * d == d + d**2 / (2 * lam)
        assert [objective(best) - objective(k * best) for k in (0, 2)] == [lam * best**2] * 2


def test_drawn_diracs_of_few_digits_are_recognised_as_exact() -> None:
    for regime in ("axis", "five", "same"):
        cases = problems.draw_penalty(np.random.default_rng(5), {"d": 3}, regime, 50)
        y, lam = cases["y"], float(cases.settings["lam"])
        d = np.sqrt((y**2).sum(axis=1))

        assert oracle.few_bits(y, d, 1 + d / (2 * lam), d**2 / (4 * lam)).all()
    assert not oracle.few_bits(np.array([[1.0, 0.1]]))[0]
    assert not oracle.few_bits(np.array([[2.0**20]]))[0]


@pytest.mark.parametrize("activation", list(EXACT))
def test_straight_networks_attain_their_product_of_norms_and_the_distance(activation: str) -> None:
    arrays = problems.straight(np.random.default_rng(6), 20, 4, 3, 3, 5, activation)
    fx, fy = (oracle.evaluate(arrays, arrays[name], activation, U64) for name in ("x", "y"))

    reading = oracle.read(fx, fy, arrays["a"], arrays["b"], U64)
    product, best = oracle.product_of_norms(arrays, U64), oracle.wasserstein(arrays)

    doubt = reading.error + product.error * best.value + product.value * best.error
    steepness = 2.0**-40 if activation == "tanh" else 0.0  # tanh z = z (1 − z²/3 …), z ≤ 2^-21
    reached = np.abs(reading.value)
    assert (np.abs(reached - product.value * best.value) <= doubt + steepness * reached).all()


def by_hand() -> tuple[dict[str, Floats], Cases]:
    """F(x) = 3 max(2x, 0) between a Dirac at 1 and one at 0: reads 6, constant 6, W_1 = 1."""
    weights = {"W1": [[2.0]], "b1": [0.0], "W2": [[1.0]], "b2": [0.0], "W3": [[3.0]], "b3": [0.0]}
    net = {name: np.array([value]) for name, value in weights.items()}
    samples = {"x": np.ones((1, 1, 1)), "y": np.zeros((1, 1, 1)), "a": np.ones((1, 1)), "b": np.ones((1, 1))}
    told = {
        "values_x": np.array([[6.0]]),
        "values_y": np.array([[0.0]]),
        "reading": np.array([6.0]),
        "lipschitz": np.array([6.0]),
        "lower_bound": np.array([1.0]),
    }
    return told, Cases({**samples, **net}, {"activation": "relu", "kind": "sn", "steps": 1})


def margin(claim: Claim, told: dict[str, Floats], cases: Cases) -> float:
    def again(operation: str, asked: Cases) -> Answer:
        raise AssertionError("asks nothing else")

    return float(observe(gaps_of(claim.check(Answer(told, {}, again), cases))).margin[0])


def as_training(told: dict[str, Floats], cases: Cases) -> tuple[dict[str, Floats], Cases]:
    net = {name: cases[name] for name in oracle.NETWORK}
    samples = Cases({name: cases[name] for name in ("x", "y", "a", "b")}, cases.settings)
    return {**told, **net, "activation": np.zeros(1)}, samples


def test_a_critic_computed_by_hand_stands_alone_and_as_a_trained_one() -> None:
    told, cases = by_hand()

    assert margin(BY_ID["OT-17"], told, cases) <= 1
    assert margin(BY_ID["OT-36"], *as_training(told, cases)) <= 1


@pytest.mark.parametrize(
    "spoilt",
    [
        {"lipschitz": 5.0, "lower_bound": 1.2},  # below its slope
        {"lipschitz": 7.0, "lower_bound": 6 / 7},  # above its product of norms
        {"reading": -6.0},
        {"reading": 3.0, "lower_bound": 0.5},
        {"lower_bound": 6.0},
        {"lower_bound": np.nan},
    ],
)
def test_a_spoilt_critic_falls_alone_and_as_a_trained_one(spoilt: dict[str, float]) -> None:
    told, cases = by_hand()
    told = told | {name: np.array([value]) for name, value in spoilt.items()}

    assert margin(BY_ID["OT-17"], told, cases) > 1
    assert margin(BY_ID["OT-36"], *as_training(told, cases)) > 1


def test_a_trained_critic_that_tells_nothing_falls() -> None:
    told, cases = by_hand()
    nothing = {name: np.zeros(1) for name in ("reading", "lipschitz", "lower_bound")}
    zeros = {name: np.zeros_like(cases[name]) for name in oracle.NETWORK}

    assert margin(BY_ID["OT-36"], *as_training(told | nothing, cases.with_arrays(**zeros))) > 1


def test_a_trained_critic_with_an_unknown_activation_cannot_be_checked() -> None:
    answer, samples = as_training(*by_hand())

    with pytest.raises(ValueError, match="activation must be one index below 4"):
        margin(BY_ID["OT-36"], answer | {"activation": np.array([7.0])}, samples)


@pytest.mark.parametrize("claim", CRITIC_CLAIMS, ids=lambda claim: claim.id)
def test_real_data_belong_to_their_domain(claim: Claim) -> None:
    for load in claim.domain.real.values():
        assert claim.domain.valid(load()).all()
