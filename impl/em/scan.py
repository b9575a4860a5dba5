"""Long products of non-negative matrices and a vector, many steps at a time.

v_t = (v_{t−1} A) ∘ b_t with v_0 = start ∘ b_0: T steps one after another, each too small to fill a machine. Cut into
blocks that run side by side it takes about √T steps, once each block knows the vector that it starts from. Products
of non-negative numbers forget: how a block ends hardly depends on how it starts. So starts are guessed from a few
steps and believed only when every block ends where the next one starts; where a chain remembers too long for that,
the blocks' matrix products tell the starts. All terms are non-negative, so that the relative error of each entry is
at most that of the plain loop, T (S + 3) u, and the K blocks' disagreement, 8 K (S + 4) u.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import repeat
from typing import NamedTuple

import torch
from torch import Tensor

from impl.em.sequences import reverse

BLOCKED_FROM = 256
"""Steps from which blocks are quicker than a plain loop, where one step holds fewer than BLOCKED_BELOW numbers."""
BLOCKED_BELOW = 4096
WARM_UP = 128
"""Steps from which a block's start is first guessed."""
ROUNDS = 3
"""How often guessed starts are corrected before matrix products settle them."""


class Scan(NamedTuple):
    """Both recursions, each vector up to a positive factor at each time.

    alpha (G, R, T, S): p(state, x_1 … x_t). later (G, R, T, S): p(x_{t+1} … x_T | state at t + 1), which is
    (b ∘ β)_{t+1}; anything from the last time on. growth (G, R, T): Σ alpha_t ÷ Σ alpha_{t−1} as if nothing had been
    rescaled, and Σ alpha_0 at first.
    """

    alpha: Tensor
    later: Tensor
    growth: Tensor


def scan(pi: Tensor, A: Tensor, rows: Tensor, seen: Tensor, lengths: Tensor | None) -> Scan:
    """Forward from pi with A, and backward: the same on reversed sequences, from ones with Aᵀ.

    pi (G, S), A (G, S, S). b_t = rows[seen_t]: rows (N, S) in [0, 1] of which the last is all ones, seen (G, R, T),
    lengths (G, R) or None where all are T. Vectors are rescaled every few steps; where numbers became so small in
    between that digits may be lost, all is done again with rescaling at every step. The host waits a few times.
    """
    every = 16 if rows.dtype == torch.float64 else 4
    found, smallest = _scan(pi, A, rows, seen, lengths, every)
    if seen.shape[2] > 2 and bool(smallest < torch.finfo(rows.dtype).tiny ** 0.25):
        found, _ = _scan(pi, A, rows, seen, lengths, 1)
    return found


def _scan(pi: Tensor, A: Tensor, rows: Tensor, seen: Tensor, lengths: Tensor | None, every: int) -> tuple[Scan, Tensor]:
    """The scan with rescaling every so many steps, and how small the largest entry of a vector became in between."""
    (G, R, T), S = seen.shape, rows.shape[1]
    both = torch.cat([seen, reverse(seen, lengths)])  # (2 G, R, T)
    K, L = cut(T - 1, 2 * G * R * S)
    steps = torch.nn.functional.pad(both[:, :, 1:], (0, K * L - T + 1), value=len(rows) - 1)
    blocks = _Blocks(torch.cat([A, A.mT]), rows, steps, K, every)
    first = (torch.cat([pi, torch.ones_like(pi)])[:, None] * rows[both[:, :, 0]])[:, :, None]  # (2 G, R, 1, S)
    starts, vectors, factors = blocks.settled(first) if K > 1 else (first, *blocks.walked(first, blocks.table(first)))

    alpha = rows.new_empty(G, R, 1 + K * L, S)
    alpha[:, :, :1] = first[:G]
    walked = vectors[2 * G * R :].view(L, 2 * G, R, K, S)
    alpha[:, :, 1:].view(G, R, K, L, S).copy_(walked[:, :G].permute(1, 2, 3, 0, 4))
    later = vectors.index_select(0, _places(vectors, both, K, lengths).flatten()).view(G, R, T, S)

    total = alpha @ alpha.new_ones(S)  # (G, R, 1 + K L)
    before = total[:, :, :-1].clone().view(G, R, K, L)
    before[..., :1] = starts[:G].sum(-1, keepdim=True)
    growth = total[:, :, 1:].view(G, R, K, L) / torch.where(before > 0, before, 1)
    growth[..., every - 1 :: every] *= factors.view(-1, 2 * G, R, K)[:, :G].permute(1, 2, 3, 0)
    growth = torch.cat([total[:, :, :1], growth.flatten(2)], 2)[:, :, :T]
    last = vectors[-2 * G * R * K :].amax(-1)
    smallest = torch.cat([first.amax(-1).flatten(), factors.flatten(), last]).amin()
    return Scan(alpha[:, :, :T], later, growth), smallest


def _places(vectors: Tensor, both: Tensor, K: int, lengths: Tensor | None) -> Tensor:
    """Where the backward vector of one time later stands: (G, R, T); anywhere at the last time."""
    G, R, T = both.shape
    begin = torch.arange(len(vectors), device=both.device)
    walked = begin[G * R :].view(-1, G, R, K)[:, G // 2 :].permute(1, 2, 3, 0).flatten(2)
    place = torch.cat([begin[: G * R].view(G, R, 1)[G // 2 :], walked], 2)[:, :, :T]
    return reverse(place, lengths).roll(-1, 2)


def cut(steps: int, numbers: int) -> tuple[int, int]:
    """How many blocks of how many steps, where one step holds so many numbers."""
    L = steps
    if steps >= BLOCKED_FROM and numbers < BLOCKED_BELOW:
        L = max(WARM_UP, round(steps**0.5))
    return (-(-steps // L) if L else 1), L


class _Blocks(NamedTuple):
    """What a scan walks through: A (G, S, S), and rows seen (G, R, K L) in K blocks, rescaled every so many steps."""

    A: Tensor
    rows: Tensor
    seen: Tensor
    K: int
    every: int

    def table(self, v: Tensor) -> tuple[Tensor, Tensor]:
        """Memory for all vectors, the first of which are v (G, R, 1, S), and behind them, L times, what is seen.

        The second is a view of the first: (L, G, R K, S).
        """
        (G, R, _), S = self.seen.shape, self.rows.shape[1]
        order = self.seen.view(G, R, self.K, -1).permute(3, 0, 1, 2).flatten()
        memory = self.rows.new_empty(G * R + len(order), S)
        memory[: G * R] = v.view(G * R, S)
        if len(order):
            torch.index_select(self.rows, 0, order, out=memory[G * R :])
        return memory, memory[G * R :].view(-1, G, R * self.K, S)

    def walked(self, starts: Tensor, made: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        """All vectors (G R + L G R K, S) in a table's memory, and the factors taken out (⌊L / every⌋, G, R K)."""
        memory, table = made
        G, R, K, S = starts.shape
        return memory, self.steps(starts.reshape(G, R * K, S), table, table.unbind(0))

    def steps(self, v: Tensor, table: Tensor, into: Iterable[Tensor]) -> Tensor:
        """Steps from v (G, M, S) through a table (L, G, M, S), each result into memory that may be the table's."""
        product, factors = torch.empty_like(v), v.new_empty(len(table) // self.every, *v.shape[:2])
        for t, (b, after) in enumerate(zip(table.unbind(0), into, strict=False)):
            torch.bmm(v, self.A, out=product)
            v = torch.mul(product, b, out=after)
            if (t + 1) % self.every == 0:
                size = v.amax(-1)
                size = torch.where(size > 0, size, 1)
                v.div_(size[..., None])
                factors[t // self.every] = size
        return factors

    def settled(self, first: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Where every block starts (G, R, K, S), and what `walked` gives."""
        G, R, _, S = first.shape
        made = self.table(first)
        ends = torch.ones_like(made[1][0])
        self.steps(ends, made[1][-WARM_UP:], repeat(ends))
        for _ in range(ROUNDS):
            starts = _starts(first, ends.view(G, R, self.K, S))
            vectors, factors = self.walked(starts, made)
            ends = vectors[-G * R * self.K :].view(G, R, self.K, S)
            if _agree(_starts(first, ends), starts):
                return starts, vectors, factors
            made = self.table(first)
        starts = self.computed(first)
        return starts, *self.walked(starts, made)

    def computed(self, first: Tensor) -> Tensor:
        """The starts from the blocks' matrix products."""
        G, R, _, S = first.shape
        M = R * self.K
        v = torch.eye(S, dtype=self.A.dtype, device=self.A.device).expand(G, M, S, S)
        for b in self.table(first)[1].unbind(0):
            v = _sized((v.reshape(G, -1, S) @ self.A).view(G, M, S, S) * b[:, :, None])
        starts = [first]
        for product in v.view(G, R, self.K, S, S)[:, :, :-1].unbind(2):
            starts.append(_sized(starts[-1] @ product))
        return torch.cat(starts, 2)


def _starts(first: Tensor, ends: Tensor) -> Tensor:
    """Blocks start where the one before ends: (G, R, K, S), each of sum 1."""
    starts = torch.cat([first, ends[:, :, :-1]], 2)
    total = starts.sum(-1, keepdim=True)
    return starts / torch.where(total > 0, total, 1)


def _agree(a: Tensor, b: Tensor) -> bool:
    """Whether all entries agree up to what rounding does in a few steps: a relative 8 (S + 4) u."""
    return bool(((a - b).abs() <= 4 * (a.shape[-1] + 4) * torch.finfo(a.dtype).eps * torch.maximum(a, b)).all())


def _sized(v: Tensor) -> Tensor:
    """With largest entry 1: (..., Q, S); zeros stay."""
    size = v.amax((-2, -1), keepdim=True)
    return v / torch.where(size > 0, size, 1)
