"""Latent Dirichlet allocation as a user meets it: documents worked by hand, errors by name, the transformer."""

from __future__ import annotations

import math
import warnings
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import scipy.sparse
import torch
from sklearn.exceptions import ConvergenceWarning
from torch import Tensor

from impl.em.allocation import (
    best_gamma,
    best_phi,
    elbo,
    from_tokens,
    infer,
    of_words,
    start_gamma,
)
from impl.em.allocation_alpha import alpha_gradient, damped_step, newton_direction, trigamma
from impl.em.allocation_blocks import corpus
from impl.em.allocation_checks import check_dirichlet, checked_lengths, checked_phi, checked_words
from impl.em.allocation_fit import VariationalEM
from impl.em.allocation_sweeps import settle
from impl.em.allocation_topics import POINTS, smoothed
from impl.em.errors import ZeroLikelihoodError
from impl.em.lda import LatentDirichletAllocation

U = 2.0**-53
TWO_THEMES = np.array([[4, 3, 0, 0], [0, 0, 5, 2], [2, 6, 0, 0], [0, 0, 3, 3], [5, 5, 0, 0]])


def tensor(*values: Any) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def lda(**settings: Any) -> LatentDirichletAllocation:
    return LatentDirichletAllocation(**({"n_components": 2, "random_state": 0} | settings))


# One document.


def test_one_word_and_two_topics_fall_short_of_the_evidence_by_a_known_amount() -> None:
    documents = from_tokens(torch.tensor([[0]]), torch.tensor([1]), tensor())
    alpha, log_words = tensor(1.0, 1.0), of_words(tensor([0.9, 0.1], [0.1, 0.9]).log(), documents)

    found = infer(alpha, log_words, documents, start_gamma(alpha, documents), sweeps=200)

    assert round(float(found.elbos[0, -1]), 4) == -0.7565 < math.log(0.5)


def test_one_topic_makes_the_bound_the_log_probability_of_the_words() -> None:
    documents = from_tokens(torch.tensor([[0, 1, 1]]), torch.tensor([3]), tensor())
    alpha, log_words = tensor(0.3), of_words(tensor([0.25, 0.75]).log(), documents)

    found = infer(alpha, log_words, documents, start_gamma(alpha, documents), sweeps=1)

    assert abs(float(found.elbos[0, 0]) - math.log(0.25 * 0.75**2)) <= 64 * U
    assert found.gamma.tolist() == [[3.3]]


def test_a_document_without_words_keeps_the_prior_and_adds_nothing() -> None:
    documents = from_tokens(torch.tensor([[7, 9]]), torch.tensor([0]), tensor())
    alpha, log_words = tensor(0.3, 2.0), of_words(tensor([0.5, 0.5], [0.0, 1.0]).log(), documents)

    found = infer(alpha, log_words, documents, start_gamma(alpha, documents), sweeps=2)

    assert found.gamma.tolist() == [[0.3, 2.0]]
    assert found.elbos.tolist() == [[0.0, 0.0]]
    assert found.phi.tolist() == [[[0.0, 0.0], [0.0, 0.0]]]


def test_the_best_phi_is_worked_by_hand() -> None:
    """ψ(2) − ψ(1) = 1, so that φ ∝ (½, ½ e)."""
    documents = from_tokens(torch.tensor([[1]]), torch.tensor([1]), tensor())

    phi = best_phi(of_words(tensor([0.5, 0.5], [0.5, 0.5]).log(), documents), tensor([1.0, 2.0]), documents)

    assert abs(float(phi[0, 0, 1] / phi[0, 0, 0]) - math.e) <= 64 * U


def test_a_word_with_a_count_is_as_many_words() -> None:
    alpha, table = tensor(0.5, 1.5), tensor([0.25, 0.75], [0.5, 0.5]).log()
    tokens = from_tokens(torch.tensor([[0, 1, 1, 1]]), torch.tensor([4]), tensor())
    counted = corpus(np.array([[1.0, 3.0]]), 2, tensor()).blocks[0]

    one, other = (
        infer(alpha, of_words(table, d), d, start_gamma(alpha, d), sweeps=5, every=False) for d in (tokens, counted)
    )

    assert float((one.gamma - other.gamma).abs().max()) <= 64 * U * 5
    assert float((one.elbos - other.elbos).abs().max()) <= 64 * U * 10


def test_gamma_settles_where_many_sweeps_end_in_and_out_of_the_range_of_exponentials() -> None:
    words = torch.tensor([[0, 1, 1, 2], [2, 2, 0, 0], [0, 0, 0, 0]])
    documents = from_tokens(words, torch.tensor([4, 2, 0]), tensor())
    table = tensor([0.5, 0.25, 0.25], [0.0, 0.25, 0.75]).log()
    log_words = of_words(table, documents)
    for alpha in (tensor(0.5, 1.0), tensor(1e-4, 1e-4)):  # ψ(1e-4) = −10⁴
        start = start_gamma(alpha, documents)

        gamma = settle(alpha, log_words, documents, start, sweeps=2000, tol=0.0)

        again = best_gamma(alpha, best_phi(log_words, gamma, documents), documents)
        assert float((again - gamma).abs().max()) <= 1024 * U
        assert bool((gamma >= alpha).all())


# α.


def test_the_trigamma_function_is_right_where_it_is_known() -> None:
    known = tensor(math.pi**2 / 6, math.pi**2 / 2, math.pi**2 / 6 - 1)

    assert float((trigamma(tensor(1.0, 0.5, 2.0)) / known - 1).abs().max()) <= 32 * U


def test_newton_solves_the_dense_system() -> None:
    alpha, gamma = tensor(0.5, 1.0, 3.0), tensor([1.0, 2.0, 0.5], [4.0, 0.25, 1.0])
    H = 2 * (trigamma(alpha.sum()) - torch.diag(trigamma(alpha)))

    direction = newton_direction(alpha, gamma)

    error = (H @ direction - alpha_gradient(alpha, gamma)).abs().max()
    assert float(error) <= 1024 * U * float(H.abs().sum() * direction.abs().max())


def test_one_topic_leaves_alpha_alone() -> None:
    alpha, gamma = tensor(0.5), tensor([3.0], [0.25])

    direction = newton_direction(alpha, gamma)

    assert direction.tolist() == [0.0]
    assert damped_step(alpha, gamma, direction).tolist() == [0.5]


def test_a_step_out_of_the_positive_numbers_is_halved_until_the_bound_is_not_lower() -> None:
    alpha, gamma = tensor(40.0, 80.0), tensor([0.1, 5.0], [4.0, 0.2])
    direction = newton_direction(alpha, gamma)

    after = damped_step(alpha, gamma, direction)

    halvings = torch.log2(direction / (alpha - after))
    assert bool((alpha - direction <= 0).any())
    assert bool((after > 0).all())
    assert bool((halvings.round() - halvings).abs().max() <= 2.0**-20)


def test_alpha_goes_to_the_posterior_of_the_only_document() -> None:
    """For one document f(α) is greatest where E log θ under α is that under γ, at α = γ."""
    alpha, gamma = tensor(1.0, 1.0, 1.0), tensor([0.5, 2.0, 4.0])

    for _ in range(30):
        alpha = damped_step(alpha, gamma, newton_direction(alpha, gamma))

    assert float((alpha - gamma).abs().max()) <= 4096 * U


# Errors.


def test_what_is_no_document_is_refused_by_name() -> None:
    lengths = torch.tensor([2, 1])

    with pytest.raises(ValueError, match=r"words must lie in 0 … 2, got 3 at index \(0, 1\)"):
        checked_words(torch.tensor([[0, 3], [1, 99]]), lengths, 3)
    with pytest.raises(ValueError, match=r"words must lie in 0 … 2, got -1 at index \(1, 0\)"):
        checked_words(torch.tensor([[0, 1], [-1, 0]]), lengths, 3)
    with pytest.raises(ValueError, match=r"words must be whole numbers, got 0.5"):
        checked_words(tensor([0.5, 1.0], [0.0, math.nan]), lengths, 3)
    with pytest.raises(ValueError, match=r"lengths must have shape \(1,\) to match words, got \(2,\)"):
        checked_words(torch.tensor([[0, 1]]), lengths, 3)
    with pytest.raises(ValueError, match="lengths must lie in 0 … 2, got 3 at index 1"):
        checked_lengths(torch.tensor([0, 3]), 2)
    with pytest.raises(ValueError, match=r"alpha must be positive, got 0.0 at index 1"):
        check_dirichlet(tensor(1.0, 0.0), "alpha", "(..., k)")
    with pytest.raises(ValueError, match=r"phi must be non-negative, got -0.5 at index \(0, 0, 1\)"):
        checked_phi(tensor([[1.5, -0.5]], [[1.0, 0.0]]), torch.tensor([1, 1]))


def test_what_stands_behind_the_length_is_not_looked_at() -> None:
    words = checked_words(tensor([1.0, math.nan], [0.0, 77.0]), torch.tensor([1, 1]), 2)
    phi = checked_phi(tensor([[0.5, 0.5], [math.nan, 1.0]]), torch.tensor([1]))

    assert words.tolist() == [[1, 0], [0, 0]]
    assert phi.tolist() == [[[0.5, 0.5], [0.0, 0.0]]]


# The corpus.


def test_blocks_hold_each_document_once_from_short_to_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("impl.em.allocation_blocks.CELLS", 8)
    X = np.array([[1, 2, 3, 0], [0, 0, 0, 0], [0, 5, 0, 0], [1, 1, 0, 2.5]])

    texts = corpus(X, 2, tensor())

    assert [tuple(block.words.shape) for block in texts.blocks] == [(2, 1), (1, 3), (1, 3)]
    assert texts.order.tolist() == [1, 2, 0, 3]
    assert texts.words == X.sum()
    assert texts.in_order(torch.from_numpy(texts.order)).tolist() == [0, 1, 2, 3]
    assert texts.blocks[2].words.tolist() == [[0, 1, 3]]
    assert texts.blocks[2].counts.tolist() == [[1.0, 1.0, 2.5]]


def test_blocks_do_not_change_the_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = lda(eta=0.1, max_iter=5, tol=1.0).fit(TWO_THEMES)
    monkeypatch.setattr("impl.em.allocation_blocks.CELLS", 4)
    parts = lda(eta=0.1, max_iter=5, tol=1.0).fit(TWO_THEMES)

    assert float(np.abs(whole.components_ - parts.components_).max()) <= 2.0**-40
    assert float(np.abs(whole.transform(TWO_THEMES) - parts.transform(TWO_THEMES)).max()) <= 2.0**-12  # doc_tol


def test_a_sparse_matrix_and_a_tensor_give_what_the_matrix_gives() -> None:
    dense = lda(eta=0.1).fit(TWO_THEMES.astype(float))

    for X in (scipy.sparse.csr_array(TWO_THEMES.astype(float)), torch.from_numpy(TWO_THEMES).double()):
        other = lda(eta=0.1).fit(X)
        assert other.components_.tolist() == dense.components_.tolist()
        assert np.asarray(other.transform(X)).tolist() == dense.transform(TWO_THEMES.astype(float)).tolist()


# The transformer.


@pytest.mark.parametrize("eta", [None, 0.1])
@pytest.mark.parametrize("sweeps", [1, 4])
def test_the_bound_never_falls_and_is_traced_from_the_start(eta: float | None, sweeps: int) -> None:
    model = lda(eta=eta, sweeps=sweeps).fit(TWO_THEMES)

    rounding = 8 * (38 + 16) * U * 1000  # 38 words, terms below 1000 nats
    assert (len(model.bounds_), model.bounds_[-1]) == (model.n_iter_ + 1, model.lower_bound_)
    assert model.converged_
    assert bool((np.diff(model.bounds_) >= -rounding).all())


@pytest.mark.parametrize("eta", [None, 0.1])
def test_two_themes_are_found(eta: float | None) -> None:
    theta = lda(eta=eta).fit_transform(TWO_THEMES)

    theme = theta.argmax(axis=1)
    assert bool((np.abs(theta.sum(axis=1) - 1) <= 4 * U).all())
    assert theme[0] == theme[2] == theme[4] != theme[1] == theme[3]


def test_topics_are_distributions_over_words() -> None:
    point, smooth = (lda(eta=eta).fit(TWO_THEMES) for eta in (None, 0.1))

    for model in (point, smooth):
        assert bool((np.abs(model.topics_.sum(axis=1) - 1) <= 8 * U).all())
    assert bool((np.abs(point.components_ - point.topics_) <= 4 * U).all())
    assert abs(smooth.components_.sum() - (TWO_THEMES.sum() + 8 * 0.1)) <= 256 * U * 40


def test_the_score_is_the_bound_and_the_perplexity_follows() -> None:
    model = lda(eta=0.1).fit(TWO_THEMES)

    score = model.score(TWO_THEMES)

    assert score >= model.lower_bound_ - 1e-2  # γ settles within doc_tol in place of one sweep
    assert model.perplexity(TWO_THEMES) == math.exp(-score / TWO_THEMES.sum())


def test_alpha_stays_where_it_is_not_learned() -> None:
    fixed = lda(alpha=[0.25, 0.5], learn_alpha=False).fit(TWO_THEMES)
    learned = lda(alpha=0.25).fit(TWO_THEMES)

    assert fixed.alpha_.tolist() == [0.25, 0.5]
    assert learned.alpha_.tolist() != [0.25, 0.25]
    assert bool((learned.alpha_ > 0).all())


def test_a_word_without_a_topic_is_named_with_its_document_unless_topics_are_smoothed() -> None:
    seen = np.array([[2, 1, 0], [1, 3, 0]])
    new = np.array([[3, 3, 1], [1, 0, 0], [0, 0, 2]])  # blocks go from short to long: documents 1, 2, 0

    with pytest.raises(ZeroLikelihoodError, match="word 2 of document 2 has probability 0 under every topic"):
        lda().fit(seen).transform(new)
    assert lda(eta=0.1).fit(seen).transform(new).shape == (3, 2)


def test_a_document_without_words_has_the_prior_s_topics() -> None:
    model = lda(alpha=[1.0, 3.0], learn_alpha=False, eta=0.1).fit(TWO_THEMES)

    assert model.transform([[0, 0, 0, 0]]).tolist() == [[0.25, 0.75]]


def test_samples_are_drawn_from_the_topics_of_their_documents() -> None:
    model = lda(eta=0.1).fit(TWO_THEMES)
    model.topics_, model.alpha_ = np.array([[0.5, 0.4, 0.1, 0.0], [0.0, 0.1, 0.2, 0.7]]), np.array([0.5, 1.5])

    X, theta = model.sample(400, length=60)

    assert (X.shape, set(X.sum(axis=1))) == ((400, 4), {60})
    assert bool((np.abs(theta.sum(axis=1) - 1) <= 4 * U).all())
    assert float(np.abs((X - 60 * theta @ model.topics_).sum(axis=0)).max()) < 8 * math.sqrt(400 * 60 / 4)
    assert float(np.abs(theta.mean(axis=0) - [0.25, 0.75]).max()) < 8 * 0.25 / math.sqrt(400)  # variance 3/16 ∕ 3


def test_the_same_seed_gives_the_same_topics_and_the_same_sample() -> None:
    first, again = (lda(random_state=3).fit(TWO_THEMES) for _ in range(2))

    assert first.components_.tolist() == again.components_.tolist()
    assert first.sample(3)[0].tolist() == again.sample(3)[0].tolist()


def test_single_precision_stays_single() -> None:
    model = lda().fit(TWO_THEMES.astype(np.float32))

    assert (model.components_.dtype, model.alpha_.dtype) == (np.float32, np.float32)
    assert model.transform(TWO_THEMES.astype(np.float32)).dtype == np.float32


def test_a_fit_that_runs_out_of_steps_warns_and_says_what_to_do() -> None:
    with pytest.warns(ConvergenceWarning, match="raise max_iter or tol"):
        model = lda(max_iter=2).fit(TWO_THEMES)

    assert (model.n_iter_, model.converged_) == (2, False)


def test_a_fit_that_converges_does_not_warn() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        lda(eta=0.1).fit(TWO_THEMES)


@pytest.mark.parametrize(
    ("settings", "X", "message"),
    [
        ({"n_components": 0}, TWO_THEMES, "n_components must be at least 1, got 0"),
        ({"sweeps": 0}, TWO_THEMES, "sweeps must be at least 1, got 0"),
        ({"tol": -1.0}, TWO_THEMES, "tol must be non-negative, got -1.0"),
        ({"eta": 0.0}, TWO_THEMES, "eta must be positive and finite, got 0.0"),
        ({"alpha": 0.0}, TWO_THEMES, "alpha must be positive, got 0.0 at index 0"),
        ({"alpha": [1.0, math.nan]}, TWO_THEMES, "alpha must be finite, got nan at index 1"),
        ({"alpha": [1.0, 1.0, 1.0]}, TWO_THEMES, r"alpha must be a number or have shape \(2,\), got \(3,\)"),
        ({"topics_init": [[1.0]]}, TWO_THEMES, r"topics_init must have shape \(2, 4\), got \(1, 1\)"),
        ({"topics_init": np.ones((2, 4))}, TWO_THEMES, "topics_init must sum to 1, got 4.0 in row 0"),
        ({"topics_init": np.eye(2, 4)}, TWO_THEMES, "word 2 of document 1 has probability 0 under every topic"),
        ({}, [[1.0, -1.0]], r"Negative values in data .*: got -1.0 at index \(0, 1\)"),
        ({}, [[1.0, math.nan]], r"X must be finite, got nan at index \(0, 1\)"),
        ({}, [[0.0, 0.0]], "X must hold at least one word, got all zeros"),
    ],
)
def test_the_transformer_names_a_bad_value(settings: dict[str, Any], X: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        lda(**settings).fit(X)


@pytest.mark.parametrize("model", [POINTS, smoothed(tensor(0.5)[0])])
def test_a_batch_is_a_loop(model: Any) -> None:
    draw = np.random.default_rng(5)
    words, lengths = torch.from_numpy(draw.integers(0, 3, (3, 2, 4))), torch.tensor([[4, 0], [2, 3], [1, 4]])
    alpha = torch.from_numpy(draw.gamma(1.0, 1.0, (3, 2)) + 0.1)
    topics = torch.from_numpy(draw.dirichlet(np.ones(3), (3, 2)) + 0.0)
    together = VariationalEM([from_tokens(words, lengths, tensor())], model, 2)
    found = together.fit(alpha, topics, max_iter=3)

    for lane in range(3):
        alone = replace(together, blocks=[from_tokens(words[lane], lengths[lane], tensor())])
        one = alone.fit(alpha[lane], topics[lane], max_iter=3)
        assert float((one.log_likelihood - found.log_likelihood[lane]).abs().max()) <= 4096 * U


def test_the_bound_of_any_gamma_is_not_above_that_of_the_best() -> None:
    documents = from_tokens(torch.tensor([[0, 1, 1]]), torch.tensor([3]), tensor())
    alpha, log_words = tensor(0.3, 1.0), of_words(tensor([0.25, 0.75], [0.5, 0.5]).log(), documents)
    phi = best_phi(log_words, tensor([1.0, 2.0]), documents)
    best = best_gamma(alpha, phi, documents)

    for other in (best * 1.5, best + 1, best / 2):
        assert float(elbo(alpha, log_words, other, phi, documents) - elbo(alpha, log_words, best, phi, documents)) < 0
