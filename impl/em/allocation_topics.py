"""What a topic is: a point β, or with the smoothed model a Dirichlet q(β_k) = Dir(λ_k) of its own (section 5.4).

Both give an E-step a table of (expected) logarithms, take expected counts in an M-step, and add their own part to the
bound.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from impl.em.allocation import expected_log, log_normaliser, normalised


def smoothed_topics(expected: Tensor, eta: Tensor) -> Tensor:
    """λ_kv = η + expected counts, the best q(β) beside the others: expected (*B, k, v), eta (*B) → (*B, k, v)."""
    return eta[..., None, None] + expected


def topics_bound(topics: Tensor, eta: Tensor) -> Tensor:
    """E_q log p(β | η) − E_q log q(β), all topics: topics λ (*B, k, v), eta (*B) → (*B).

    Σ_k log B(λ_k) − log B(η) + Σ_v (η − λ_kv) E log β_kv, with B a Dirichlet's normaliser.
    """
    prior = eta[..., None, None].expand(topics.shape)
    pulled = ((prior - topics) * expected_log(topics)).sum(-1)
    return (log_normaliser(topics) - log_normaliser(prior) + pulled).sum(-1)


@dataclass(frozen=True)
class TopicModel:
    """How an E-step reads topics and an M-step makes them.

    table: topics (*B, k, v) → E log β. update: (expected counts, topics) → topics. bound: topics → their part of the
    bound (*B).
    """

    table: Callable[[Tensor], Tensor]
    update: Callable[[Tensor, Tensor], Tensor]
    bound: Callable[[Tensor], Tensor]


def _nothing(topics: Tensor) -> Tensor:
    return torch.zeros_like(topics[..., 0, 0])


POINTS = TopicModel(torch.log, normalised, _nothing)
"""Topics are β themselves, rows sum to 1."""


def smoothed(eta: Tensor) -> TopicModel:
    """Topics are λ of q(β_k) = Dir(λ_k), with the prior β_k ~ Dirichlet(η)."""
    return TopicModel(
        expected_log, lambda expected, _: smoothed_topics(expected, eta), lambda topics: topics_bound(topics, eta)
    )
