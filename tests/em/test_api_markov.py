"""Hidden Markov chains as a user meets them: values worked by hand, padding, what stays as it is, errors by name."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import pytest
import torch
from torch import Tensor

from impl.core.random import generator, uniform
from impl.em.baum_welch import GaussianChain, SymbolChain, fit_gaussian, fit_symbols
from impl.em.emissions import categorical, given
from impl.em.errors import DegenerateCovarianceError, ZeroLikelihoodError
from impl.em.forward_backward import log_posterior, messages, posterior
from impl.em.gaussian_emissions import gaussian
from impl.em.scan import BLOCKED_FROM
from impl.em.viterbi import viterbi


def tensor(values: Any) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def within(found: Tensor, exact: Tensor | float, roundings: float, scale: Tensor | float = 1.0) -> bool:
    """Whether values are right to so many roundings of a scale."""
    u = torch.finfo(found.dtype).eps / 2
    return bool(((found - exact).abs() <= roundings * u * torch.as_tensor(scale)).all())


def stochastic(*shape: int, seed: int = 0) -> Tensor:
    draws = uniform(shape, generator(seed), torch.zeros(0, dtype=torch.float64)) + 0.01
    return draws / draws.sum(-1, keepdim=True)


WEATHER = tensor([[0.5, 0.5]]), tensor([[[0.75, 0.25], [0.25, 0.75]]])
"""Two states that stay three times out of four."""
UMBRELLA = tensor([[[[0.5, 0.25], [0.5, 0.25], [0.125, 0.75]]]])


def test_three_times_two_states_by_hand() -> None:
    found = posterior(*WEATHER, given(UMBRELLA, None))

    # α_0 = (1/4, 1/8); α_1 = (7/64, 5/128) · … as fractions
    alpha = [[Fraction(1, 4), Fraction(1, 8)]]
    for b in ([Fraction(1, 2), Fraction(1, 4)], [Fraction(1, 8), Fraction(3, 4)]):
        a = alpha[-1]
        alpha.append([(3 * a[0] + a[1]) / 4 * b[0], (a[0] + 3 * a[1]) / 4 * b[1]])
    p = sum(alpha[-1])
    assert within(found.log_likelihood, math.log(p), 32)
    assert within(found.gamma[0, 0, -1], tensor([float(v / p) for v in alpha[-1]]), 64)
    assert within(found.gamma.sum(-1), 1, 4)
    assert within(found.moves.sum(), 2, 64, 2)
    assert within(found.moves.sum(-1), found.gamma[:, :, :-1].sum(2), 64, 2)
    assert within(found.moves.sum(-2), found.gamma[:, :, 1:].sum(2), 64, 2)


def test_logarithms_and_scaling_tell_the_same() -> None:
    table = given(UMBRELLA, None)

    scaled, logs = posterior(*WEATHER, table), log_posterior(*WEATHER, table)

    for one, other in zip(scaled, logs, strict=True):
        assert within(one, other, 256, 4)


def test_the_best_path_may_run_through_states_that_are_not_the_likeliest() -> None:
    pi, A = tensor([[0.5, 0.25, 0.25]]), tensor([[[0.5, 0.5, 0], [0, 0, 1], [0, 0, 1]]])
    table = given(torch.ones(1, 1, 2, 3, dtype=torch.float64), None)

    found, gamma = viterbi(pi, A, table), posterior(pi, A, table).gamma

    assert gamma[0, 0].argmax(-1).tolist() == [0, 2]  # and A[0, 2] = 0
    assert within(found.log_probability, math.log(0.25), 8)
    assert found.states[0, 0].tolist() in ([0, 0], [0, 1], [1, 2], [2, 2])


def test_of_equally_good_paths_the_first_is_taken() -> None:
    pi, A = torch.full((1, 3), 1 / 3, dtype=torch.float64), torch.full((1, 3, 3), 1 / 3, dtype=torch.float64)

    found = viterbi(pi, A, given(torch.ones(1, 1, 4, 3, dtype=torch.float64), None))

    assert found.states.tolist() == [[[0, 0, 0, 0]]]


def test_what_stands_behind_a_length_is_never_looked_at() -> None:
    pi, A, b = stochastic(1, 3), stochastic(1, 3, 3, seed=1), stochastic(1, 2, 6, 3, seed=2)
    lengths = torch.tensor([[6, 4]])
    b[0, 1, 4:] = torch.nan
    table = given(b, lengths)

    found, path = posterior(pi, A, table), viterbi(pi, A, table)
    alone, way = (f(pi, A, given(b[:, 1:, :4], None)) for f in (posterior, viterbi))

    assert within(found.log_likelihood[:, 1:], alone.log_likelihood, 64, 8)
    assert within(found.gamma[:, 1:, :4], alone.gamma, 64)
    assert within(found.moves[:, 1:], alone.moves, 64, 3)
    assert not found.gamma[0, 1, 4:].any()
    assert path.states[0, 1].tolist() == [*way.states[0, 0].tolist(), -1, -1]


@pytest.mark.parametrize("lengths", [None, torch.tensor([[1500, 1100], [700, 1500]])])
@pytest.mark.parametrize("stays", [0.0, 0.999, 1.0])
def test_blocks_give_what_a_plain_loop_gives(stays: float, lengths: Tensor | None) -> None:
    G, R, T, S = 2, 2, 1500, 3
    pi, A, b = stochastic(G, S), stochastic(G, S, S, seed=1), stochastic(G, R, T, S, seed=2)
    A = stays * torch.eye(S, dtype=torch.float64) + (1 - stays) * A  # one that forgets, one slowly, one never
    table = given(b, lengths)
    assert T > BLOCKED_FROM

    found, logs = posterior(pi, A, table), log_posterior(pi, A, table)

    size = logs.log_likelihood.abs().max()
    assert within(found.log_likelihood, logs.log_likelihood, 4 * T, size)
    assert within(found.gamma, logs.gamma, 4 * T * (S + 4), size)
    assert within(found.moves, logs.moves, 4 * T * (S + 4), T * size)


@pytest.mark.parametrize("stays", [0.0, 0.999, 1.0])
def test_a_long_best_path_is_at_least_as_good_as_any_other_that_is_known(stays: float) -> None:
    T, S = 2000, 3
    pi, A, b = stochastic(1, S), stochastic(1, S, S, seed=1), stochastic(1, 1, T, S, seed=2)
    A = stays * torch.eye(S, dtype=torch.float64) + (1 - stays) * A
    table = given(b, None)

    found = viterbi(pi, A, table)
    best = pi.log()[0] + b[0, 0, 0].log()
    for t in range(1, T):
        best = (best[:, None] + A[0].log()).amax(0) + b[0, 0, t].log()

    assert within(found.log_probability, best.max(), 8 * T, best.abs().max())
    assert float(found.log_probability) <= float(posterior(pi, A, table).log_likelihood)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_states_that_become_too_unlikely_for_the_dtype_are_still_found(dtype: torch.dtype) -> None:
    pi, A = torch.tensor([[0.5, 0.5]], dtype=dtype), torch.eye(2, dtype=dtype)[None]
    b = torch.ones(1, 1, 600, 2, dtype=dtype)
    b[0, 0, :599, 1], b[0, 0, 599, 0] = 0.125, 0  # only the second state, 2^-1797 times as likely, survives the end
    table = given(b, None)

    found = posterior(pi, A, table)

    assert within(found.log_likelihood, -math.log(2) * 1798, 600, 1800)
    assert within(found.gamma[..., 1], 1, 4 * 1800)


def test_rows_far_from_every_state_still_tell_which_is_nearest() -> None:
    x, mu = tensor([[[[0.0], [1e4], [-1e4]]]]), tensor([[[1.0], [-1.0]]])
    pi, A = tensor([[0.5, 0.5]]), tensor([[[0.5, 0.5], [0.5, 0.5]]])

    found = posterior(pi, A, gaussian(x, mu, torch.ones_like(mu), "diag", None))

    assert within(found.gamma[0, 0], tensor([[0.5, 0.5], [1, 0], [0, 1]]), 16)


def test_one_state_sees_everything() -> None:
    x, one = tensor([[[[1.0], [2.0], [6.0]]]]), tensor([[1.0]])
    start = GaussianChain(one, one[None], 0 * one[None], 4 * one[None])

    found = fit_gaussian(x, start, kind="diag", max_iter=1)

    assert within(found.params.mu, 3, 8, 3)
    assert within(found.params.covariances, 14 / 3, 16, 9)
    assert (float(found.params.pi), float(found.params.A)) == (1, 1)


def test_counts_are_added_over_sequences_before_they_are_divided() -> None:
    pi, A = tensor([[1.0, 0]]), tensor([[[0.5, 0.5], [0, 1]]])
    B = torch.eye(2, dtype=torch.float64)[None]  # symbols are states
    symbols, lengths = torch.tensor([[[0, 0, 0, 0, 1], [0, 1, 7, 7, 7]]]).clamp(max=1), torch.tensor([[5, 2]])

    found = fit_symbols(symbols, SymbolChain(pi, A, B), max_iter=1, lengths=lengths)

    assert within(found.params.A[0, 0], tensor([0.6, 0.4]), 16)  # 3 and 2 of 5 moves; the mean of shares is 3/8 and 5/8


def test_what_is_ruled_out_is_never_learned_and_what_is_never_visited_stays() -> None:
    pi, A = tensor([[1.0, 0, 0]]), tensor([[[0.5, 0.5, 0], [0.25, 0.75, 0], [0.125, 0.25, 0.625]]])
    B = tensor([[[0.5, 0.5], [1.0, 0], [0.375, 0.625]]])

    found = fit_symbols(torch.tensor([[[0, 1, 0, 0, 1]]]), SymbolChain(pi, A, B), max_iter=20)

    assert torch.equal(found.params.A[0, 2], A[0, 2])
    assert torch.equal(found.params.B[0, 2], B[0, 2])
    assert not found.params.A[0, :2, 2].any()
    assert found.params.B[0, 1].tolist() == [1, 0]


def test_a_sequence_that_no_path_explains_is_named() -> None:
    B = tensor([[[1.0, 0], [1.0, 0]]])
    table = categorical(B, torch.tensor([[[0, 0], [0, 1]]]), None)

    for ask in (posterior, log_posterior, viterbi):
        with pytest.raises(ZeroLikelihoodError, match="sequence 1 has probability 0"):
            ask(WEATHER[0], WEATHER[1], table)


def test_a_state_that_holds_one_row_is_named() -> None:
    x = tensor([[[[0.0], [0.0], [0.0], [9.0]]]])
    start = GaussianChain(
        tensor([[0.5, 0.5]]), tensor([[[0.5, 0.5], [0.5, 0.5]]]), tensor([[[0.0], [9.0]]]), tensor([[[1.0], [1.0]]])
    )

    with pytest.raises(DegenerateCovarianceError, match=r"the covariance of state \d is singular: add a ridge"):
        fit_gaussian(x, start, kind="diag", max_iter=50)
    ridged = fit_gaussian(x, start, kind="diag", max_iter=50, ridge=0.01)
    assert bool(torch.isfinite(ridged.log_likelihood).all())


def test_messages_are_the_ones_in_the_books() -> None:
    found = messages(*WEATHER, given(UMBRELLA, None))

    alpha = found.alpha / found.alpha.sum(-1, keepdim=True)
    assert within(alpha[0, 0, 0], tensor([2 / 3, 1 / 3]), 8)
    assert within(alpha[0, 0, 1], tensor([14 / 19, 5 / 19]), 16)
    assert found.beta[0, 0, -1].tolist() == [1, 1]
    ratio = found.beta[0, 0, 1, 0] / found.beta[0, 0, 1, 1]
    assert within(ratio, (0.75 * 0.125 + 0.25 * 0.75) / (0.25 * 0.125 + 0.75 * 0.75), 16)
