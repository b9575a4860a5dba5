"""Posteriors of hidden Markov chains: forward and backward recursions, scaled or in logarithms.

pi (G, S), A (G, S, S): G chains, row i of A from state i. Each chain has R sequences of up to T times, and what was
seen comes as a table of likelihoods. Backward is forward on the reversed sequences, with Aᵀ and a start of ones:
w_t = b_t ∘ (A w_{t+1}), of which β_t = A w_{t+1} is a part. So both run side by side.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from impl.em.errors import ZeroLikelihoodError
from impl.em.scan import scan
from impl.em.sequences import inside, reverse


class Table(NamedTuple):
    """Likelihoods of what was seen at each time: b = rows[seen] · exp(shift), for seen and shift (G, R, T).

    rows (N, S): the likelihoods of one thing to be seen in every state, with maximum 1, so that nothing is too far to
    tell states apart; the last row is all ones, and is seen behind the lengths (G, R), None where all are T. logs ()
    gives log b, (G, R, T, S).
    """

    rows: Tensor
    seen: Tensor
    shift: Tensor
    logs: Callable[[], Tensor]
    lengths: Tensor | None


class Messages(NamedTuple):
    """Forward alpha and backward beta (G, R, T, S), each up to a positive factor at each time; beta is 1 at the end.

    later (G, R, T, S): (b ∘ beta)_{t+1}, of which beta_t = A later_t; anything at the last time.
    growth (G, R, T): p(x_t | x_{<t}) without exp(shift), 0 from where no path explains the sequence.
    """

    alpha: Tensor
    beta: Tensor
    later: Tensor
    growth: Tensor


class Posterior(NamedTuple):
    """What was learned of the hidden paths.

    log_likelihood (G, R): log p(x) in nats. gamma (G, R, T, S): probability of each state at each time, 0 behind the
    length. moves (G, R, S, S): expected number of moves from state to state.
    """

    log_likelihood: Tensor
    gamma: Tensor
    moves: Tensor


def messages(pi: Tensor, A: Tensor, table: Table) -> Messages:
    """Both recursions in scaled form. Source: Rabiner 1989, section III.A and V.A; Bishop 2006, section 13.2.4."""
    alpha, later, growth = scan(pi, A, table.rows, table.seen, table.lengths)
    return Messages(alpha, backward(A, later, table.lengths), later, growth)


def backward(A: Tensor, later: Tensor, lengths: Tensor | None) -> Tensor:
    """β_t = A (b ∘ β)_{t+1}, and 1 at the last time: (G, R, T, S)."""
    beta = (later.flatten(1, 2) @ A.mT).view(later.shape)
    if lengths is None:
        beta[:, :, -1] = 1
        return beta
    last = (lengths - 1)[..., None, None]
    return beta.scatter_(2, last.expand(*lengths.shape, 1, later.shape[-1]), 1.0)


def weighed(message: Messages, lengths: Tensor | None) -> tuple[Tensor, Tensor]:
    """γ_t = α_t β_t / Σ α_t β_t, and α_t / Σ α_t β_t: (G, R, T, S), 0 behind the length. Source: Rabiner 1989, (27).

    They are written over the message's beta and alpha.
    """
    joint = message.beta.mul_(message.alpha)
    size = joint @ joint.new_ones(joint.shape[-1])
    good = size > 0 if lengths is None else (size > 0) & inside(lengths, size.shape[-1])
    size = torch.where(good, size, torch.inf)[..., None]
    return joint.div_(size), message.alpha.mul_(1 / size)


def expected_moves(alpha: Tensor, A: Tensor, later: Tensor, lengths: Tensor | None) -> Tensor:
    """Σ_t ξ_t = A ∘ Σ_t α_t (b ∘ β)_{t+1}ᵀ with α_t divided by Σ α_t β_t: (G, R, S, S). Source: Rabiner 1989, (37)."""
    return (_leaving(alpha, lengths).mT @ later[:, :, :-1]) * A[:, None]


def pair_posterior(alpha: Tensor, A: Tensor, later: Tensor, lengths: Tensor | None) -> Tensor:
    """ξ_t(i, j), the probability of state i at time t and j at t + 1: (G, R, T−1, S, S), of the same arguments."""
    return _leaving(alpha, lengths)[..., None] * A[:, None, None] * later[:, :, :-1, None, :]


def _leaving(alpha: Tensor, lengths: Tensor | None) -> Tensor:
    """What of alpha stands at the times from which a move is made: (G, R, T−1, S), 0 from the last time on."""
    before = alpha[:, :, :-1]
    if lengths is None:
        return before
    return torch.where(inside(lengths - 1, before.shape[2])[..., None], before, 0)


def evidence(table: Table, growth: Tensor) -> Tensor:
    """Log p(x) = Σ_t log p(x_t | x_{<t}): (G, R). Source: Rabiner 1989, (103); Bishop 2006, section 13.2.4."""
    terms = growth.log() + table.shift
    if table.lengths is not None:
        terms = torch.where(inside(table.lengths, terms.shape[-1]), terms, 0)
    return terms.sum(-1)


def posterior(pi: Tensor, A: Tensor, table: Table) -> Posterior:
    """The posterior by scaled recursions, or by logarithms where a sequence seems impossible to these.

    Scaling loses states that are less likely than the others by more than the dtype's range; if the rest of the
    sequence needs them, only logarithms know. Raises ZeroLikelihoodError naming a sequence that no path explains.
    """
    message = messages(pi, A, table)
    value = evidence(table, message.growth)
    if not bool(torch.isfinite(value).all()):
        return log_posterior(pi, A, table)
    gamma, before = weighed(message, table.lengths)
    return Posterior(value, gamma, expected_moves(before, A, message.later, table.lengths))


def log_messages(pi: Tensor, A: Tensor, table: Table) -> Messages:
    """Both recursions in logarithms: log α, log β, log (b ∘ β) themselves, and log p(x) (G, R) in the place of growth.

    log Σ exp is taken about the largest term, so that nothing underflows; −∞ is the logarithm of 0.
    """
    b, lengths, G = table.logs(), table.lengths, len(pi)
    both = torch.cat([b, reverse(b, lengths)])
    start, moves = torch.cat([pi, torch.ones_like(pi)]).log(), torch.cat([A, A.mT]).log()[:, None]
    v = start[:, None] + both[:, :, 0]
    rows = [v]
    for t in range(1, both.shape[2]):
        v = (v[..., None] + moves).logsumexp(-2) + both[:, :, t]
        rows.append(v)
    forward, onward = torch.stack(rows, 2).view(2, G, *b.shape[1:]).unbind(0)
    later = reverse(onward, lengths).roll(-1, 2)
    beta = (later[:, :, :, None, :] + moves[:G, :, None]).logsumexp(-1)
    last = lengths if lengths is not None else torch.full_like(table.seen[:, :, 0], b.shape[2])
    ends = (last - 1)[..., None, None].expand(*last.shape, 1, b.shape[-1])
    value = forward.gather(2, ends)[:, :, 0].logsumexp(-1)
    return Messages(forward, beta.scatter_(2, ends, 0.0), later, value)


def log_posterior(pi: Tensor, A: Tensor, table: Table) -> Posterior:
    """The posterior by logarithms. Raises ZeroLikelihoodError naming a sequence that no path explains."""
    message = log_messages(pi, A, table)
    check_possible(message.growth)
    return Posterior(message.growth, log_gamma(message, table.lengths), log_pairs(message, A, table.lengths).sum(2))


def log_gamma(message: Messages, lengths: Tensor | None) -> Tensor:
    """γ_t ∝ exp(log α_t + log β_t): (G, R, T, S), divided by its own sum.

    Divided by p(x), it would carry the rounding errors of log p, which grows with T.
    """
    gamma = (message.alpha + message.beta).softmax(-1)
    return gamma if lengths is None else torch.where(inside(lengths, gamma.shape[2])[..., None], gamma, 0)


def log_pairs(message: Messages, A: Tensor, lengths: Tensor | None) -> Tensor:
    """ξ_t(i, j) ∝ exp(log α_t(i) + log A_ij + log (b ∘ β)_{t+1}(j)), likewise: (G, R, T−1, S, S)."""
    pairs = message.alpha[:, :, :-1, :, None] + A.log()[:, None, None] + message.later[:, :, :-1, None, :]
    if lengths is not None:
        pairs = torch.where(inside(lengths - 1, pairs.shape[2])[..., None, None], pairs, 0)
    xi = pairs.flatten(-2).softmax(-1).view(pairs.shape)
    return xi if lengths is None else torch.where(inside(lengths - 1, xi.shape[2])[..., None, None], xi, 0)


def check_possible(log_likelihood: Tensor) -> None:
    """Raise ZeroLikelihoodError unless all log-likelihoods (G, R) are finite."""
    bad = ~torch.isfinite(log_likelihood)
    if bool(bad.any()):
        lane, run = bad.nonzero()[0].tolist()
        where = f"sequence {run}" + (f" of lane {lane}" if len(bad) > 1 else "")
        raise ZeroLikelihoodError(
            f"{where} has probability 0: no path of states with positive start, transition and emission "
            "probabilities explains it; give the transitions or symbols that it needs a positive probability"
        )
