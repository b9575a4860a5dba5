"""A round of EM for many small mixtures, with fixed working arrays: the same formulas as `gaussian_steps`, fewer calls.

For small problems the time goes into calling, not into arithmetic. Here every array and every view of one is made once
for a block of lanes, all components are taken in one call, and the covariances are kept entry by entry.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from impl.em.gaussian import UNROLLED, Gaussians, Scratch, is_matrix, root
from impl.em.gaussian_planes import Given, Planes, lanes_near
from impl.em.gaussian_steps import FAR

PARTS = 8
"""How many times the lanes of `Planes` are taken together, so that small arrays are long enough to be worth a call."""


def lanes_fused(x: Tensor, components: int) -> int:
    """How many lanes of x (lane, n, d) are best taken together; 0 where this is no way to take them.

    That is on other devices, since the host reads each step, in many dimensions, and where a single lane is large.
    """
    _, n, d = x.shape
    if x.device.type != "cpu" or d > UNROLLED or n == 0:
        return 0
    return PARTS * lanes_near(n, d, components, x.element_size())


class Fused:
    """The working arrays of a block of lanes, and the round on them.

    state (rows, k, lane): d rows of 1/L_ii, the weights, d rows of means, then the covariances: the entries below the
    diagonal by their distance from it, and the diagonal. before: the state before the last M-step. Of tied and
    spherical covariances the entries that are alike are all kept.
    """

    def __init__(self, d: int, n: int, k: int, lanes: int, kind: str, like: Tensor, weighed: bool) -> None:
        def new(*shape: int) -> Tensor:
            return torch.empty(shape, dtype=like.dtype)

        limits = torch.finfo(like.dtype)
        self.d, self.kind, self.eps = d, kind, limits.eps
        self.places = [(i, i - apart) for apart in range(1, d) for i in range(apart, d)] if is_matrix(kind) else []
        p = len(self.places)
        self.state, self.before = new(3 * d + 1 + p, k, lanes), new(3 * d + 1 + p, k, lanes)
        self.factors, self.weights, self.means, self.S = self._parts(self.state)
        self.mixed, self.squares = self.S[:p], self.S[p:]
        self.entries = dict(zip([*self.places, *((i, i) for i in range(d))], self.S.unbind(0), strict=True))
        self.sums, self.size = new(1 + 2 * d + p, k, lanes), new(lanes)
        self.count, self.sums1, self.sums2 = self.sums[0], self.sums[1 : 1 + d], self.sums[1 + d :]
        self.shift, self.pairs, at = new(d, k, lanes), [], 0
        for apart in range(1, d if p else 1):
            self.pairs.append((self.shift[apart:], self.shift[:-apart], self.mixed[at : at + d - apart]))
            at += d - apart
        self.scales = self.factors[:d].unbind(0)
        self.logs, self.constant = new(2 + d, k, lanes), new(k, lanes)
        self.logs[-1] = -d / 2 * math.log(2 * math.pi)
        self.below = {place: new(k, lanes) for place in self.places}
        self.slopes = {place: new(k, lanes) for place in self.places}
        self.pivots = new(d, k, lanes).unbind(0)
        self.spare = new(2 * d + 1 + (d - 1 if p else 0), k, lanes)
        self.near, self.wide, self.alive = self.spare[:d], self.spare[d : 2 * d], self.spare[2 * d]
        self.regular = self.spare[2 * d + 1 :].unbind(0)
        self.least = torch.tensor(limits.tiny / limits.eps, dtype=like.dtype)
        self.own_logs = self.logs[:-1]
        self.n, self.weighed = n, weighed
        width = lanes_near(n, d, k, like.element_size())
        cuts = [(first, min(first + width, lanes)) for first in range(0, lanes, width)]
        scratch = Scratch()
        self.parts = [(slice(*cut), Planes(self._given(slice(*cut)), scratch)) for cut in cuts]

    def _given(self, some: slice) -> Given:
        slopes = [[self.slopes[i, j][:, some] for j in range(i) if self.places] for i in range(self.d)]
        rest = (self.constant[:, some], self.sums[: 1 + self.d, :, some], self.sums[1 + self.d :, :, some])
        return Given(self.n, self.weighed, self.means[..., some], self.factors[:-1, :, some], slopes, *rest)

    def _parts(self, state: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """The factor's scales with the weights, the weights, the means and the covariances of a state."""
        d = self.d
        return state[: d + 1], state[d], state[d + 1 : 2 * d + 1], state[2 * d + 1 :]

    def read(self, columns: Tensor, weight: Tensor | None) -> None:
        """Take data (d, n, lane) and the weight of each row (n, lane)."""
        for some, planes in self.parts:
            planes.columns.copy_(columns[..., some])
            if planes.weight is not None and weight is not None:
                planes.weight.copy_(weight[:, some])

    def load(self, mixture: Gaussians, lanes: Tensor | slice) -> None:
        """Take a mixture for these lanes, with its factor as in `root`: NaN where that is."""
        S, factor = mixture.covariances, root(mixture.covariances, self.kind, self.d)
        self.factors[:-1, :, lanes] = factor.scales
        self.weights[:, lanes] = mixture.weights.T
        self.means[..., lanes] = mixture.means.permute(2, 1, 0)
        if is_matrix(self.kind):
            for (i, j), entry in self.entries.items():
                entry[:, lanes] = S[..., i, j].unsqueeze(0) if self.kind == "tied" else S[..., i, j].T
        else:
            self.squares[..., lanes] = S.permute(2, 1, 0) if self.kind == "diag" else S.T
        for i, j in self.places:
            self.slopes[i, j][:, lanes] = factor.slopes[i][j]
        self._constant()

    def mixture(self, state: Tensor) -> Gaussians:
        """A state as a mixture, lane first, in memory of its own."""
        p = len(self.places)
        _, weights, means, S = self._parts(state.clone())
        if is_matrix(self.kind):
            order = {place: number for number, place in enumerate(self.entries)}
            rows = [order[max(i, j), min(i, j)] for i in range(self.d) for j in range(self.d)]
            full = S[rows].view(self.d, self.d, *S.shape[1:])
            S = full[:, :, 0].permute(2, 0, 1) if self.kind == "tied" else full.permute(3, 2, 0, 1)
        else:
            S = S[p:].permute(2, 1, 0) if self.kind == "diag" else S[p].T
        return Gaussians(weights.T, means.permute(2, 1, 0), S)

    def e_step(self, resp: Tensor | None) -> Tensor:
        """The log-likelihood (lane), and the sums for the M-step; resp (k, n, lane) takes the responsibilities."""
        value = torch.empty_like(self.size)
        for some, planes in self.parts:
            rows = planes.e_step()
            torch.sum(rows if planes.weight is None else rows * planes.weight, 0, out=value[some])
            if resp is not None:
                resp[..., some] = planes.resp
            planes.add_up()
        return value

    def m_step(self, ridge: float) -> Tensor | None:
        """The M-step about the old mean, as in `moved`, and the lanes whose new state cannot be relied on.

        That is where a mean has moved too far for that or a component may have collapsed, which is tested with room
        to spare; then the step is to be taken again from `before`, by the formulas that look into such cases.
        """
        self.before.copy_(self.state)
        torch.div(self.count, torch.sum(self.count, 0, out=self.size), out=self.weights)
        torch.div(self.sums1, self.count, out=self.shift)
        torch.div(self.sums2, self.count, out=self.S)
        self.means.add_(self.shift)
        self.squares.addcmul_(self.shift, self.shift, value=-1)
        for left, right, entry in self.pairs:
            entry.addcmul_(left, right, value=-1)
        torch.addcmul(self.squares, self.shift, self.shift, value=-1 / FAR**2, out=self.near)
        if self.kind == "tied":
            self.S.copy_((self.S * self.weights).sum(1, keepdim=True))
        elif self.kind == "spherical":
            self.squares.copy_(self.squares.mean(0))
        if ridge:
            self.squares.add_(ridge)
        torch.addcmul(self.squares, self.means, self.means, value=-((16 * self.eps) ** 2), out=self.wide)
        torch.sub(self.weights, self.least, out=self.alive)
        self._factor()
        if self.spare.amin().item() > 0:
            return None
        return (~(self.spare > 0).flatten(0, 1).all(0)).nonzero()[:, 0]

    def _factor(self) -> None:
        """The factor of the covariances, as in `root`."""
        for i in range(self.d):
            pivot = self.entries[i, i]
            for j in range(i if self.places else 0):
                entry, made = self.entries[i, j], self.below[i, j]
                for gone in range(j):
                    entry = torch.addcmul(entry, self.below[i, gone], self.below[j, gone], value=-1, out=made)
                torch.mul(entry, self.scales[j], out=made)
                pivot = torch.addcmul(pivot, made, made, value=-1, out=self.pivots[i])
            torch.rsqrt(pivot, out=self.scales[i])
            if self.places and i:
                torch.add(pivot, self.entries[i, i], alpha=-8 * (self.d + 1) * self.eps, out=self.regular[i - 1])
                for j in range(i):
                    torch.mul(self.below[i, j], self.scales[i], out=self.slopes[i, j])
        self._constant()

    def _constant(self) -> None:
        """Log π_k − ½ (d log 2π + log |Σ_k|)."""
        torch.log(self.factors, out=self.own_logs)
        torch.sum(self.logs, 0, out=self.constant)
