"""The EM loop by itself, on a model whose steps are known: θ halves, and its log-likelihood is −θ."""

from __future__ import annotations

import torch
from torch import Tensor

from impl.em.driver import best_of, run


def guess(params: tuple[Tensor]) -> tuple[Tensor, Tensor]:
    return params[0] / 2, -params[0]


def maximise(half: Tensor, params: tuple[Tensor]) -> tuple[Tensor]:
    return (half,)


START = (torch.tensor([8.0, 1.0]),)


def test_the_trace_begins_before_the_first_step() -> None:
    found = run(guess, maximise, START, max_iter=2, keep=True)

    assert found.log_likelihood.tolist() == [[-8.0, -4.0, -2.0], [-1.0, -0.5, -0.25]]
    assert [entry[0].tolist() for entry in found.path] == [[8.0, 1.0], [4.0, 0.5], [2.0, 0.25]]
    assert found.elbo is None
    assert found.n_iter.tolist() == [2, 2]


def test_a_problem_stops_by_itself_and_keeps_its_parameters() -> None:
    found = run(guess, maximise, START, max_iter=9, tol=0.5)

    assert found.n_iter.tolist() == [4, 1]
    assert found.params[0].tolist() == [0.5, 0.5]
    assert found.converged.tolist() == [True, True]


def test_the_bound_is_taken_after_each_step_at_its_own_posterior() -> None:
    found = run(guess, maximise, START, max_iter=2, elbo=lambda half, params: half - params[0] - 1)

    assert found.elbo is not None
    assert found.elbo.tolist() == [[-1.0, -1.0], [-1.0, -1.0]]


def test_no_step_is_no_step() -> None:
    found = run(guess, maximise, START, max_iter=0)

    assert found.params[0].tolist() == [8.0, 1.0]
    assert found.log_likelihood.tolist() == [[-8.0], [-1.0]]
    assert found.converged.tolist() == [False, False]


def test_the_first_of_the_best_runs_is_kept() -> None:
    assert best_of(torch.tensor([[1.0, 3.0, 3.0], [2.0, 1.0, 0.0]])).tolist() == [1, 0]
