"""The most probable path of hidden states.

δ_t(j) = max_i (δ_{t−1}(i) + log A_ij) + log b_t(j), and back along the choices that made the largest. A long sequence
is cut into blocks that run side by side as in `scan`: where a block begins, only differences between states matter,
and they forget the past; they are guessed from a few steps, and believed once every block ends as the next one begins.
Back it goes in all blocks at once too, from each state that a block may end in.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from impl.em.forward_backward import Table, check_possible
from impl.em.scan import ROUNDS, WARM_UP, cut
from impl.em.sequences import inside


class Path(NamedTuple):
    """A most probable path (G, R, T), −1 behind the length, and its log-probability with what was seen (G, R)."""

    states: Tensor
    log_probability: Tensor


class _Steps(NamedTuple):
    """Log A (G, S, S), log b in K blocks (L, G, R, K, S), and which steps lie within a sequence (L, G, R, K, 1)."""

    moves: Tensor
    seen: Tensor
    within: Tensor


def viterbi(pi: Tensor, A: Tensor, table: Table) -> Path:
    """A most probable path of each sequence; pi (G, S), A (G, S, S).

    Raises ZeroLikelihoodError naming a sequence that no path explains. Source: Viterbi 1967; Rabiner 1989, (32)–(35).
    """
    logs = table.logs()
    G, R, T, S = logs.shape
    lengths = torch.full((G, R), T, device=logs.device) if table.lengths is None else table.lengths
    first = pi.log()[:, None] + logs[:, :, 0]
    K, L = cut(T - 1, G * R * S * S)
    steps = _Steps(A.log(), *(_in_blocks(part[:, :, 1:], K, L) for part in (logs, inside(lengths, T)[..., None])))
    v = first[:, :, None] if K == 1 else _begun(steps, first)
    ends, choices = _walk(v, steps)
    highest, state = ends[:, :, -1].max(-1)
    check_possible(highest)
    states = _back(choices, state)[:, :, :T]
    return Path(torch.where(inside(lengths, T), states, -1), _log_probability(pi, A, logs, states, lengths))


def _in_blocks(x: Tensor, K: int, L: int) -> Tensor:
    """Steps (G, R, T, …) in K blocks of L, zeros behind the last: (L, G, R, K, …)."""
    G, R, T, S = x.shape
    whole = torch.nn.functional.pad(x, (0, 0, 0, K * L - T))
    return whole.view(G, R, K, L, S).permute(3, 0, 1, 2, 4).contiguous()


def _walk(v: Tensor, steps: _Steps) -> tuple[Tensor, Tensor]:
    """Steps from v (G, R, K, S): what they end in, and from which state each best one came (L, G, R, K, S)."""
    moves, stay = steps.moves[:, None, None], torch.arange(v.shape[-1], device=v.device)
    choices = torch.empty(steps.seen.shape, dtype=torch.int64, device=v.device)
    for t, (seen, within) in enumerate(zip(steps.seen.unbind(0), steps.within.unbind(0), strict=True)):
        best, choice = (v[..., None] + moves).max(-2)
        v = torch.where(within, best + seen, v)
        choices[t] = torch.where(within, choice, stay)
    return v, choices


def _begun(steps: _Steps, first: Tensor) -> Tensor:
    """Where every block begins, up to a constant: (G, R, K, S); the first of them at `first`."""
    ends, _ = _walk(torch.zeros_like(steps.seen[0]), _Steps(steps.moves, *(x[-WARM_UP:] for x in steps[1:])))
    for _ in range(ROUNDS):
        begin = torch.cat([first[:, :, None], _levelled(ends)[:, :, :-1]], 2)
        ends, _ = _walk(begin, steps)
        if _agree(_levelled(ends)[:, :, :-1], begin[:, :, 1:], ends):
            return begin
    return _computed(steps, first)


def _agree(a: Tensor, b: Tensor, sums: Tensor) -> bool:
    """Whether all entries are equal up to what rounding does in a few sums of this size."""
    size = sums.masked_fill(torch.isneginf(sums), 0).abs().amax() + 1
    close = (a - b).abs() <= 8 * torch.finfo(a.dtype).eps * size
    return bool((close | (a == b)).all())


def _levelled(v: Tensor) -> Tensor:
    """With largest entry 0; all −∞ stays."""
    highest = v.amax(-1, keepdim=True)
    return v - torch.where(torch.isneginf(highest), 0, highest)


def _computed(steps: _Steps, first: Tensor) -> Tensor:
    """Where blocks begin, from each state's best way through a whole block."""
    S = first.shape[-1]
    v = torch.eye(S, dtype=first.dtype, device=first.device).log().expand(*steps.seen.shape[1:], S)
    for seen, within in zip(steps.seen.unbind(0), steps.within.unbind(0), strict=True):
        best = (v[..., None] + steps.moves[:, None, None, None]).amax(-2) + seen[..., None, :]
        v = torch.where(within[..., None], best, v)
    begin = [first]
    for way in v.unbind(2)[:-1]:
        begin.append(_levelled((begin[-1][..., None] + way).amax(-2)))
    return torch.stack(begin, 2)


def _back(choices: Tensor, state: Tensor) -> Tensor:
    """The states that lead to the last one (G, R), by choices (L, G, R, K, S): (G, R, 1 + K L).

    With more than one block all end states of each are followed, and picked from behind.
    """
    L, G, R, K, S = choices.shape
    every = torch.arange(S, device=choices.device).expand(G, R, K, S)
    way = state[..., None, None] if K == 1 else every
    ways = [way]
    for choice in choices.flip(0).unbind(0):
        ways.append(choice.gather(-1, ways[-1]))
    begins, inner = ways[-1], torch.stack(ways[::-1], 3)  # (G, R, K, Q), (G, R, K, 1 + L, Q)
    end = torch.zeros_like(state) if K == 1 else state
    taken = [end]
    for k in range(K - 1, 0, -1):
        taken.append(begins[:, :, k].gather(-1, taken[-1][..., None])[..., 0])
    which = torch.stack(taken[::-1], -1)[..., None, None].expand(G, R, K, 1 + L, 1)
    states = inner.gather(-1, which)[..., 0]  # (G, R, K, 1 + L)
    return torch.cat([states[:, :, 0, :1], states[:, :, :, 1:].flatten(2)], 2)


def _log_probability(pi: Tensor, A: Tensor, logs: Tensor, states: Tensor, lengths: Tensor) -> Tensor:
    """Log p of a path and what was seen: (G, R)."""
    G, R, T, S = logs.shape
    seen = logs.gather(-1, states[..., None])[..., 0]
    pairs = (states[:, :, :-1] * S + states[:, :, 1:]).flatten(1)
    moved = A.log().flatten(1).gather(1, pairs).view(G, R, T - 1)
    start = pi.log().gather(1, states[:, :, 0])
    terms = seen + torch.cat([start[..., None], moved], 2)
    return torch.where(inside(lengths, T), terms, 0).sum(-1)
