"""Latent Dirichlet allocation with one classic mistake each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from impl.core.subject import Mutant, mutant
from impl.em.allocation import (
    Documents,
    best_gamma,
    best_phi,
    elbo,
    expected_counts,
    expected_log,
    from_tokens,
    log_normaliser,
    normalised,
    start_gamma,
    topic_lengths,
)
from impl.em.allocation_alpha import alpha_gradient, damped_step, newton_direction, trigamma
from impl.em.allocation_topics import smoothed_topics, topics_bound
from impl.em.asked.allocation import ALLOCATION
from impl.em.subject import subject

Formula = Callable[..., Tensor]


# Documents: (words, lengths, like) → what is looked at.


def _repeats_once(words: Tensor, lengths: Tensor, like: Tensor) -> Documents:
    """A word counts where it stands first."""
    documents = from_tokens(words, lengths, like)
    same = documents.words.unsqueeze(-1) == documents.words.unsqueeze(-2)
    earlier = torch.ones_like(same).tril(-1)
    return documents._replace(counts=documents.counts * ~(same & earlier).any(-1))


def _last_word_lost(words: Tensor, lengths: Tensor, like: Tensor) -> Documents:
    return from_tokens(words, (lengths - 1).clamp(min=0), like)


# phi: (log β of words, γ, documents) → φ.


def _masked(phi: Tensor, documents: Documents) -> Tensor:
    return torch.where(documents.counts.unsqueeze(-1) > 0, phi, 0)


def _log_of_mean(log_words: Tensor, gamma: Tensor, documents: Documents) -> Tensor:
    return _masked((log_words + gamma.log().unsqueeze(-2)).softmax(-1), documents)


def _two_terms(log_words: Tensor, gamma: Tensor, documents: Documents) -> Tensor:
    return _masked((log_words + (gamma.log() - 0.5 / gamma).unsqueeze(-2)).softmax(-1), documents)


def _without_gamma(log_words: Tensor, gamma: Tensor, documents: Documents) -> Tensor:
    return _masked(log_words.softmax(-1), documents)


def _one_topic_each(log_words: Tensor, gamma: Tensor, documents: Documents) -> Tensor:
    phi = best_phi(log_words, gamma, documents)
    return _masked(torch.zeros_like(phi).scatter(-1, phi.argmax(-1, keepdim=True), 1), documents)


def _padding_too(log_words: Tensor, gamma: Tensor, documents: Documents) -> Tensor:
    return best_phi(log_words, gamma, documents._replace(counts=torch.ones_like(documents.counts)))


# gamma: (α, φ, documents) → γ.


def _without_alpha(alpha: Tensor, phi: Tensor, documents: Documents) -> Tensor:
    return topic_lengths(phi, documents).clamp(min=torch.finfo(phi.dtype).tiny)


def _flat_prior(alpha: Tensor, phi: Tensor, documents: Documents) -> Tensor:
    return best_gamma(torch.ones_like(alpha), phi, documents)


def _mean_phi(alpha: Tensor, phi: Tensor, documents: Documents) -> Tensor:
    length = documents.counts.sum(-1, keepdim=True).clamp(min=1)
    return alpha.unsqueeze(-2) + topic_lengths(phi, documents) / length


def _from_lengths(alpha: Tensor, documents: Documents) -> Tensor:
    return start_gamma(torch.zeros_like(alpha), documents).clamp(min=1e-3)


# Bounds: (α, log β of words, γ, φ, documents) → elbo.


def _entropy(phi: Tensor, documents: Documents) -> Tensor:
    surprise = torch.where(phi > 0, phi * phi.log(), 0)
    return -(documents.counts * surprise.sum(-1)).sum(-1)


def _entropy_sign(alpha: Tensor, log_words: Tensor, gamma: Tensor, phi: Tensor, documents: Documents) -> Tensor:
    return elbo(alpha, log_words, gamma, phi, documents) - 2 * _entropy(phi, documents)


def _no_entropy(alpha: Tensor, log_words: Tensor, gamma: Tensor, phi: Tensor, documents: Documents) -> Tensor:
    return elbo(alpha, log_words, gamma, phi, documents) - _entropy(phi, documents)


def _prior(alpha: Tensor, gamma: Tensor) -> Tensor:
    """E_q log p(θ | α): (*B, r)."""
    return ((alpha.unsqueeze(-2) - 1) * expected_log(gamma)).sum(-1) - log_normaliser(alpha).unsqueeze(-1)


def _without_prior(alpha: Tensor, log_words: Tensor, gamma: Tensor, phi: Tensor, documents: Documents) -> Tensor:
    return elbo(alpha, log_words, gamma, phi, documents) - _prior(alpha, gamma)


def _without_theta(alpha: Tensor, log_words: Tensor, gamma: Tensor, phi: Tensor, documents: Documents) -> Tensor:
    own = ((gamma - 1) * expected_log(gamma)).sum(-1) - log_normaliser(gamma)
    return elbo(alpha, log_words, gamma, phi, documents) + own


def _log_mean(parameters: Tensor) -> Tensor:
    return (parameters / parameters.sum(-1, keepdim=True)).log()


def _changed_means(mean: Callable[[Tensor], Tensor]) -> Formula:
    """The bound with another E log θ."""

    def bound(alpha: Tensor, log_words: Tensor, gamma: Tensor, phi: Tensor, documents: Documents) -> Tensor:
        surplus = alpha.unsqueeze(-2) + topic_lengths(phi, documents) - gamma
        return elbo(alpha, log_words, gamma, phi, documents) + (surplus * (mean(gamma) - expected_log(gamma))).sum(-1)

    return bound


def _padded_logarithms(alpha: Tensor, log_words: Tensor, gamma: Tensor, phi: Tensor, documents: Documents) -> Tensor:
    padded = elbo(alpha, (log_words.exp() + 1e-6).log(), gamma, phi, documents)
    return padded - (documents.counts * (phi * torch.where(phi > 0, 1e-6 / phi, 0).log1p()).sum(-1)).sum(-1)


# Topics: (φ, documents, v) → expected counts; (expected, β) → β.


def _likeliest_topic(phi: Tensor, documents: Documents, vocabulary: int) -> Tensor:
    hard = torch.zeros_like(phi).scatter(-1, phi.argmax(-1, keepdim=True), 1)
    return expected_counts(hard, documents, vocabulary)


def _documents_alike(phi: Tensor, documents: Documents, vocabulary: int) -> Tensor:
    counts = documents.counts / documents.counts.sum(-1, keepdim=True).clamp(min=1)
    return expected_counts(phi, documents._replace(counts=counts), vocabulary)


def _over_topics(expected: Tensor, beta: Tensor) -> Tensor:
    return normalised(expected.mT, beta.mT).mT


def _pseudo_count(expected: Tensor, beta: Tensor) -> Tensor:
    return normalised(expected + 0.01, beta)


def _idle_uniform(expected: Tensor, beta: Tensor) -> Tensor:
    return normalised(expected, torch.full_like(beta, 1 / beta.shape[-1]))


# Newton for α: (α, γ) → direction; (α, γ, direction) → α.


def _diagonal_only(alpha: Tensor, gamma: Tensor) -> Tensor:
    return -alpha_gradient(alpha, gamma) / (gamma.shape[-2] * trigamma(alpha))


def _plain_gradient(alpha: Tensor, gamma: Tensor) -> Tensor:
    return -alpha_gradient(alpha, gamma)


def _sign_lost(alpha: Tensor, gamma: Tensor) -> Tensor:
    return -newton_direction(alpha, gamma)


def _solved(g: Tensor, h: Tensor, z: Tensor) -> Tensor:
    """(diag h + z 1 1ᵀ)⁻¹ g, 0 where g is."""
    c = (g / h).sum(-1, keepdim=True) / (1 / z + (1 / h).sum(-1, keepdim=True))
    return torch.where(g == 0, 0, (g - c) / h)


def _one_document(alpha: Tensor, gamma: Tensor) -> Tensor:
    g = expected_log(gamma).sum(-2) - expected_log(alpha)
    return _solved(g, -trigamma(alpha), trigamma(alpha.sum(-1, keepdim=True)))


def _coarse(alpha: Tensor, gamma: Tensor) -> Tensor:
    h, z = (torch.polygamma(1, x) * gamma.shape[-2] for x in (alpha, alpha.sum(-1, keepdim=True)))
    return _solved(alpha_gradient(alpha, gamma), -h, z)


def _undamped(alpha: Tensor, gamma: Tensor, direction: Tensor) -> Tensor:
    return alpha - direction


def _clamped(alpha: Tensor, gamma: Tensor, direction: Tensor) -> Tensor:
    return (alpha - direction).clamp(min=1e-3)


def _positive_only(alpha: Tensor, gamma: Tensor, direction: Tensor) -> Tensor:
    """Halved until it is positive, whatever the bound does."""
    t = torch.ones_like(alpha[..., :1])
    for _ in range(64):
        t = torch.where((alpha - t * direction > 0).all(-1, keepdim=True), t, t / 2)
    return alpha - t * direction


def _half_step(alpha: Tensor, gamma: Tensor, direction: Tensor) -> Tensor:
    return damped_step(alpha, gamma, direction / 2)


# The smoothed model: λ → E log β; (expected, η) → λ; (λ, η) → its part of the bound.


def _eta_shared(expected: Tensor, eta: Tensor) -> Tensor:
    return smoothed_topics(expected, eta / expected.shape[-1])


def _without_eta(expected: Tensor, eta: Tensor) -> Tensor:
    return expected.clamp(min=torch.finfo(expected.dtype).tiny)


def _no_part(topics: Tensor, eta: Tensor) -> Tensor:
    return torch.zeros_like(eta)


def _constant_lost(topics: Tensor, eta: Tensor) -> Tensor:
    prior = eta[..., None, None].expand(topics.shape)
    return topics_bound(topics, eta) + log_normaliser(prior).sum(-1)


def _prior_alone(topics: Tensor, eta: Tensor) -> Tensor:
    own = ((topics - 1) * expected_log(topics)).sum(-1) - log_normaliser(topics)
    return topics_bound(topics, eta) + own.sum(-1)


def _wrong(name: str, mistake: str, **formulas: Formula | Callable[..., Documents]) -> Mutant:
    return mutant(name, mistake, subject("", allocation=replace(ALLOCATION, **formulas)))  # type: ignore[arg-type]


ALLOCATION_MUTANTS: tuple[Mutant, ...] = (
    _wrong("counts-ignored", "a word seen twice is counted once", documents=_repeats_once),
    _wrong("lda-last-word-lost", "the last word of each document is left out", documents=_last_word_lost),
    _wrong("log-of-mean-for-mean-log", "phi takes log E θ for E log θ", phi=_log_of_mean),
    _wrong("lda-phi-two-terms", "phi takes log γ − 1/(2γ) for ψ(γ)", phi=_two_terms),
    _wrong("lda-phi-without-gamma", "phi forgets the document's own topics", phi=_without_gamma),
    _wrong("lda-phi-hard", "each word belongs to its likeliest topic alone", phi=_one_topic_each),
    _wrong("lda-phi-in-padding", "phi is not 0 behind the length", phi=_padding_too),
    _wrong("gamma-without-alpha", "γ is the expected counts alone", gamma=_without_alpha),
    _wrong("lda-gamma-flat-prior", "γ starts from 1 in place of α", gamma=_flat_prior),
    _wrong("lda-gamma-mean-phi", "γ takes the mean of φ, not its sum", gamma=_mean_phi),
    _wrong("lda-start-without-alpha", "the E-step starts from length/k", start=_from_lengths),
    _wrong("lda-entropy-sign", "the bound takes off the entropy of z", elbo=_entropy_sign),
    _wrong("lda-bound-without-entropy", "the bound forgets the entropy of z", elbo=_no_entropy),
    _wrong("lda-bound-without-prior", "the bound forgets E log p(θ | α)", elbo=_without_prior),
    _wrong("lda-bound-without-theta", "the bound forgets the entropy of θ", elbo=_without_theta),
    _wrong(
        "lda-bound-without-sum", "the bound takes ψ(γ) for E log θ, without ψ(Σ γ)", elbo=_changed_means(torch.digamma)
    ),
    _wrong("lda-bound-log-of-mean", "the bound takes log E θ for E log θ", elbo=_changed_means(_log_mean)),
    _wrong("lda-bound-padded-logarithms", "1e-6 is added before the logarithms of β and φ", elbo=_padded_logarithms),
    _wrong("beta-over-topics", "β is normalised over topics", beta=_over_topics),
    _wrong("lda-beta-pseudo-count", "β is smoothed in secret", beta=_pseudo_count),
    _wrong("lda-beta-idle-uniform", "a topic without words becomes uniform", beta=_idle_uniform),
    _wrong("lda-beta-hard", "β counts each word for its likeliest topic alone", counts=_likeliest_topic),
    _wrong("lda-beta-documents-alike", "β weighs all documents alike, however long", counts=_documents_alike),
    _wrong("lda-alpha-diagonal-only", "the Newton step ignores the trigamma of the sum", direction=_diagonal_only),
    _wrong("lda-alpha-gradient", "the Newton step is a gradient step", direction=_plain_gradient),
    _wrong("lda-alpha-sign", "the Newton step points downhill", direction=_sign_lost),
    _wrong("lda-alpha-one-document", "the prior is counted once, not for each document", direction=_one_document),
    _wrong("lda-alpha-coarse-trigamma", "the trigamma function is right to nine digits only", direction=_coarse),
    _wrong("lda-alpha-undamped", "the Newton step is not damped", step=_undamped),
    _wrong("lda-alpha-clamped", "a step out of the positive numbers is cut off at 1e-3", step=_clamped),
    _wrong("lda-alpha-positive-only", "the Newton step is halved for positivity alone", step=_positive_only),
    _wrong("lda-alpha-half-step", "the Newton step is halved where it need not be", step=_half_step),
    _wrong("lda-e-step-restarts", "each E-step starts anew", resume=lambda gamma, fresh: fresh),
    _wrong("lda-smoothed-eta-shared", "η is divided by the size of the vocabulary", topics=_eta_shared),
    _wrong("lda-smoothed-without-eta", "λ is the expected counts alone", topics=_without_eta),
    _wrong("lda-smoothed-bound-of-documents", "the smoothed bound forgets the topics' part", bound=_no_part),
    _wrong(
        "lda-smoothed-constant-lost", "the smoothed bound forgets the normaliser of Dirichlet(η)", bound=_constant_lost
    ),
    _wrong("lda-smoothed-prior-alone", "the smoothed bound forgets the entropy of q(β)", bound=_prior_alone),
    _wrong("lda-smoothed-log-of-mean", "smoothed topics take log E β for E log β", table=_log_mean),
    _wrong("lda-smoothed-without-sum", "smoothed topics forget ψ(Σ λ)", table=torch.digamma),
)
