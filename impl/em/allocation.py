"""Latent Dirichlet allocation, one document's bound and the updates that climb it (Blei, Ng & Jordan 2003).

q(θ, z | γ, φ) = Dir(θ; γ) Π Cat(z_n; φ_n) stands for the posterior. Documents come as slots: a word and how often it
occurs; tokens are slots of count 1. A slot of count 0 is padding. Letters: r documents, m slots, k topics, v words.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor


class Documents(NamedTuple):
    """Words (*B, r, m), int64, 0 in padding, and counts (*B, r, m) ≥ 0 of the parameters' dtype, 0 in padding."""

    words: Tensor
    counts: Tensor


def from_tokens(words: Tensor, lengths: Tensor, like: Tensor) -> Documents:
    """Documents of the first `lengths` (*B, r) of the tokens (*B, r, n); what stands behind is not looked at."""
    seen = torch.arange(words.shape[-1], device=words.device) < lengths.unsqueeze(-1)
    return Documents(torch.where(seen, words, 0), seen.to(like))


def of_words(table: Tensor, documents: Documents) -> Tensor:
    """The column of each slot's word: table (*B, k, v) → (*B, r, m, k), 0 in padding."""
    flat = documents.words.flatten(-2).unsqueeze(-1).expand(*documents.words.shape[:-2], -1, table.shape[-2])
    columns = table.mT.gather(-2, flat).reshape(*documents.words.shape, table.shape[-2])
    return torch.where(documents.counts.unsqueeze(-1) > 0, columns, 0)


def expected_log(parameters: Tensor) -> Tensor:
    """E log x_i = ψ(a_i) − ψ(Σ a) of x ~ Dirichlet(a), over the last axis (their appendix A.1)."""
    return parameters.digamma() - parameters.sum(-1, keepdim=True).digamma()


def best_phi(log_words: Tensor, gamma: Tensor, documents: Documents) -> Tensor:
    """φ_nk ∝ β_k,w_n exp ψ(γ_k), 0 in padding (eq. 6): log_words (*B, r, m, k), gamma (*B, r, k) → (*B, r, m, k).

    ψ(Σ γ) is the same for every topic and cancels.
    """
    phi = (log_words + gamma.digamma().unsqueeze(-2)).softmax(-1)
    return torch.where(documents.counts.unsqueeze(-1) > 0, phi, 0)


def best_gamma(alpha: Tensor, phi: Tensor, documents: Documents) -> Tensor:
    """γ = α + Σ_n φ_n (eq. 7): alpha (*B, k), phi (*B, r, m, k) → (*B, r, k)."""
    return alpha.unsqueeze(-2) + topic_lengths(phi, documents)


def topic_lengths(phi: Tensor, documents: Documents) -> Tensor:
    """Σ_n φ_n, how many words of each document belong to each topic: (*B, r, k)."""
    return (documents.counts.unsqueeze(-1) * phi).sum(-2)


def start_gamma(alpha: Tensor, documents: Documents) -> Tensor:
    """γ = α + length ∕ k, where a document's words are spread evenly: (*B, r, k)."""
    return alpha.unsqueeze(-2) + documents.counts.sum(-1, keepdim=True) / alpha.shape[-1]


def elbo(alpha: Tensor, log_words: Tensor, gamma: Tensor, phi: Tensor, documents: Documents) -> Tensor:
    """Their bound on log p(w | α, β) for each document (eq. 15): (*B, r).

    E_q log p(θ|α) + E_q log p(z|θ) + E_q log p(w|z) − E_q log q(θ) − E_q log q(z). The three terms with E_q log θ
    share a factor, α + Σ φ − γ, which is 0 at the best γ: added first, they lose nothing to cancellation.
    """
    surplus = alpha.unsqueeze(-2) + topic_lengths(phi, documents) - gamma
    proportions = log_normaliser(gamma) - log_normaliser(alpha).unsqueeze(-1) + (surplus * expected_log(gamma)).sum(-1)
    words = torch.where(phi > 0, phi * (log_words - phi.log()), 0).sum(-1)
    return proportions + (documents.counts * words).sum(-1)


def log_normaliser(parameters: Tensor) -> Tensor:
    """Σ log Γ(a_i) − log Γ(Σ a) of a Dirichlet, over the last axis."""
    return parameters.lgamma().sum(-1) - parameters.sum(-1).lgamma()


def expected_counts(phi: Tensor, documents: Documents, vocabulary: int) -> Tensor:
    """Σ_r Σ_n φ_rnk [w_rn = v]: (*B, k, v)."""
    weighted = (documents.counts.unsqueeze(-1) * phi).flatten(-3, -2)
    places = documents.words.flatten(-2).unsqueeze(-1).expand(weighted.shape)
    empty = weighted.new_zeros(*weighted.shape[:-2], vocabulary, weighted.shape[-1])
    return empty.scatter_add(-2, places, weighted).mT


def normalised(expected: Tensor, beta: Tensor) -> Tensor:
    """β_kv ∝ expected counts (eq. 9); a topic to which no word belongs keeps its row: (*B, k, v)."""
    total = expected.sum(-1, keepdim=True)
    idle = total == 0
    return torch.where(idle, beta, expected / total.masked_fill(idle, 1))


@dataclass(frozen=True)
class Updates:
    """The formulas of an E-step. start: (α, documents) → γ. phi, gamma, elbo: as the functions of this file."""

    start: Callable[..., Tensor] = start_gamma
    phi: Callable[..., Tensor] = best_phi
    gamma: Callable[..., Tensor] = best_gamma
    elbo: Callable[..., Tensor] = elbo


UPDATES = Updates()


class Inferred(NamedTuple):
    """What an E-step found: gamma (*B, r, k), phi (*B, r, m, k), and elbos (*B, r, sweeps), after each sweep."""

    gamma: Tensor
    phi: Tensor
    elbos: Tensor


def infer(
    alpha: Tensor,
    log_words: Tensor,
    documents: Documents,
    gamma: Tensor,
    *,
    sweeps: int,
    every: bool = True,
    updates: Updates = UPDATES,
) -> Inferred:
    """Sweep `sweeps` ≥ 1 times from gamma: the best phi, then the best gamma (their figure 6).

    every: the bound after each sweep, else only after the last, elbos (*B, r, 1). Nothing waits for the device.
    """
    elbos = []
    for _ in range(sweeps):
        phi = updates.phi(log_words, gamma, documents)
        gamma = updates.gamma(alpha, phi, documents)
        if every:
            elbos.append(updates.elbo(alpha, log_words, gamma, phi, documents))
    if not every:
        elbos.append(updates.elbo(alpha, log_words, gamma, phi, documents))
    return Inferred(gamma, phi, torch.stack(elbos, -1))
