"""Many sweeps of an E-step until gamma settles, for documents whose topics are given.

φ enters γ only through Σ_n φ_n = e_k Σ_n c_n β_k,w_n ∕ Σ_j β_j,w_n e_j with e = exp ψ(γ): two products with the table
of the documents' words, whose exponential is taken once, in place of a softmax in each sweep.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from impl.em.allocation import Documents, best_gamma, best_phi

TURN = 8
"""Sweeps between two looks at which documents have settled."""
Sweep = Callable[[Tensor, Documents, Tensor], Tensor]


def settle(alpha: Tensor, log_words: Tensor, documents: Documents, gamma: Tensor, *, sweeps: int, tol: float) -> Tensor:
    """Gamma (r, k) after at most `sweeps` sweeps; a document stops when one moves its gamma by at most tol on average.

    alpha (k,), log_words (r, m, k), gamma (r, k). Documents that have settled leave the batch every `TURN` sweeps.
    """
    sweep, table = _linear(alpha), log_words
    if _in_range(alpha, documents, gamma):
        table = (log_words - log_words.amax(-1, keepdim=True)).exp()
    else:
        sweep = _logarithmic(alpha)
    found, moving = gamma.clone(), torch.arange(len(gamma), device=gamma.device)
    for done in range(0, sweeps, TURN):
        before = gamma
        for _ in range(min(TURN, sweeps - done)):
            before, gamma = gamma, sweep(table, documents, gamma)
        found[moving] = gamma
        still = ((gamma - before).abs().mean(-1) > tol).nonzero()[:, 0]
        if not len(still):
            break
        moving, gamma, table = moving[still], gamma[still], table[still]
        documents = Documents(documents.words[still], documents.counts[still])
    return found


def _in_range(alpha: Tensor, documents: Documents, gamma: Tensor) -> bool:
    """Whether e = exp(ψ(γ) − max ψ(γ)) stays above underflow in every sweep: γ lies between α and α + length.

    With it Σ_j β e does, as the largest β of a slot is scaled to 1.
    """
    least = torch.minimum(alpha.amin(), gamma.amin())
    most = torch.maximum(alpha.amax() + documents.counts.sum(-1).amax(), gamma.amax())
    range_ = -0.9 * torch.tensor(torch.finfo(alpha.dtype).tiny, dtype=torch.float64).log()
    return float(most.digamma() - least.digamma()) <= float(range_)


def _linear(alpha: Tensor) -> Sweep:
    def sweep(table: Tensor, documents: Documents, gamma: Tensor) -> Tensor:
        mean = gamma.digamma()
        e = (mean - mean.amax(-1, keepdim=True)).exp().unsqueeze(-1)  # (r, k, 1)
        shares = documents.counts.unsqueeze(-1) / (table @ e)  # (r, m, 1)
        return alpha + (e * (table.mT @ shares)).squeeze(-1)

    return sweep


def _logarithmic(alpha: Tensor) -> Sweep:
    def sweep(table: Tensor, documents: Documents, gamma: Tensor) -> Tensor:
        return best_gamma(alpha, best_phi(table, gamma, documents), documents)

    return sweep
