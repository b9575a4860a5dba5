"""A round of EM for many small mixtures, with fixed working arrays: the same formulas as `gaussian_steps`, fewer calls.

For small problems the time goes into calling, not into arithmetic. Here every array and every view of one is made once
for a block of lanes, all components are taken in one call, and the covariances are kept entry by entry.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from impl.em.gaussian import UNROLLED, Gaussians, is_matrix, root
from impl.em.gaussian_steps import FAR

NEAR = 5 * 2**18
"""Bytes of working arrays that stay near the processor from call to call."""


def lanes_near(x: Tensor, components: int) -> int:
    """How many lanes of x (lane, n, d) are best taken together; 0 where this is no way to take them.

    That is on other devices, since the host reads each step, in many dimensions, and where a single lane is large.
    """
    _, n, d = x.shape
    if x.device.type != "cpu" or d > UNROLLED or n == 0:
        return 0
    planes = components * (2 * d + max(1, d * (d - 1) // 2)) + d + 3
    return NEAR // (planes * n * x.element_size())


class Fused:
    """The working arrays of a block of lanes, and the round on them.

    state (rows, k, lane): d rows of 1/L_ii, the weights, d rows of means, then the covariances: the entries below the
    diagonal by their distance from it, and the diagonal. before: the state before the last M-step. columns (d, n,
    lane). Of tied and spherical covariances the entries that are alike are all kept.
    """

    def __init__(self, d: int, n: int, k: int, lanes: int, kind: str, like: Tensor) -> None:
        def new(*shape: int) -> Tensor:
            return torch.empty(shape, dtype=like.dtype)

        limits = torch.finfo(like.dtype)
        self.d, self.kind, self.eps = d, kind, limits.eps
        self.places = [(i, i - apart) for apart in range(1, d) for i in range(apart, d)] if is_matrix(kind) else []
        p = len(self.places)
        self.columns = new(d, n, lanes)
        self.state, self.before = new(3 * d + 1 + p, k, lanes), new(3 * d + 1 + p, k, lanes)
        self.factors, self.weights, self.means, self.S = self._parts(self.state)
        self.mixed, self.squares = self.S[:p], self.S[p:]
        self.entries = dict(zip([*self.places, *((i, i) for i in range(d))], self.S.unbind(0), strict=True))
        # the responsibilities make room for a product, the white deviations for the weighted ones
        room = max(1, p)
        planes = new(room + d, k, n, lanes)
        self.gap, self.white, self.resp = new(d, k, n, lanes), planes[room:], planes[room - 1]
        self.first, self.second = planes[room - 1 :], planes[room - p :]
        self.z, self.shares = self.white.unbind(0), self.resp.unbind(0)
        self.peak, self.total, self.log = new(n, lanes), new(n, lanes), new(n, lanes)
        self.sums, self.size = new(1 + d, k, lanes), new(lanes)
        self.count, self.shift = self.sums[0], self.sums[1:]
        starts = [sum(d - gone for gone in range(1, apart)) for apart in range(1, d)] if p else []
        self.pairs = [
            (self.white[a:], self.gap[:-a], planes[at : at + d - a], self.shift[a:], self.shift[:-a],
             self.mixed[at : at + d - a])
            for a, at in enumerate(starts, 1)
        ]  # fmt: skip
        self.scales = self.factors[:d].unbind(0)
        self.logs, self.constant = new(2 + d, k, lanes), new(k, lanes)
        self.logs[-1] = -d / 2 * math.log(2 * math.pi)
        self.below = {place: new(k, lanes) for place in self.places}
        self.slopes = {place: new(k, lanes) for place in self.places}
        self.pivots = new(d, k, lanes).unbind(0)
        self.spare = new(2 * d + 1 + (d - 1 if p else 0), k, lanes)
        self.near, self.wide, self.alive = self.spare[:d], self.spare[d : 2 * d], self.spare[2 * d]
        self.regular = self.spare[2 * d + 1 :].unbind(0)
        self.row, self.centre, self.scale = (
            part.unsqueeze(axis) for part, axis in ((self.columns, 1), (self.means, 2), (self.factors[:d], 2))
        )
        self.least = torch.tensor(limits.tiny / limits.eps, dtype=like.dtype)
        self.steep = [[self.slopes[i, j].unsqueeze(1) for j in range(i) if p] for i in range(d)]
        self.start, self.own_logs = self.constant.unsqueeze(1), self.logs[:-1]

    def _parts(self, state: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """The factor's scales with the weights, the weights, the means and the covariances of a state."""
        d = self.d
        return state[: d + 1], state[d], state[d + 1 : 2 * d + 1], state[2 * d + 1 :]

    def load(self, mixture: Gaussians) -> None:
        """Take a mixture, with its factor as in `root`: NaN where that is."""
        self.weights.copy_(mixture.weights.T)
        self.means.copy_(mixture.means.permute(2, 1, 0))
        S = mixture.covariances
        if is_matrix(self.kind):
            for (i, j), entry in self.entries.items():
                entry.copy_(S[..., i, j].unsqueeze(0) if self.kind == "tied" else S[..., i, j].T)
        else:
            self.squares.copy_(S.permute(2, 1, 0) if self.kind == "diag" else S.T)
        factor = root(S, self.kind, self.d)
        self.factors[:-1].copy_(factor.scales)
        for i, j in self.places:
            self.slopes[i, j].copy_(factor.slopes[i][j])
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

    def e_step(self) -> Tensor:
        """Responsibilities, in `resp` (k, n, lane), and log p(x_n) (n, lane): `log_joint` and `posterior`."""
        torch.sub(self.row, self.centre, out=self.gap)
        torch.mul(self.gap, self.scale, out=self.white)
        value = self.start
        for z, slopes in zip(self.z, self.steep, strict=True):
            for slope, earlier in zip(slopes, self.z, strict=False):
                z.addcmul_(slope, earlier, value=-1)
            value = torch.addcmul(value, z, z, value=-0.5, out=self.resp)
        peak = self.peak.copy_(self.shares[0]) if len(self.shares) == 1 else self.shares[0]
        for share in self.shares[1:]:
            peak = torch.maximum(peak, share, out=self.peak)
        self.resp.sub_(self.peak)
        if self.resp.dtype == torch.float32:  # as in `posterior`
            torch.nn.functional.threshold(
                self.resp, math.log(torch.finfo(torch.float32).tiny), -torch.inf, inplace=True
            )
        self.resp.exp_()
        total = self.total.copy_(self.shares[0]) if len(self.shares) == 1 else self.shares[0]
        for share in self.shares[1:]:
            total = torch.add(total, share, out=self.total)
        self.peak.add_(torch.log(self.total, out=self.log))
        self.resp.mul_(self.total.reciprocal_())
        return self.peak

    def m_step(self, weight: Tensor | None, ridge: float) -> bool:
        """The M-step about the old mean, as in `moved`; overwrites `resp`. Whether the new state can be relied on.

        It cannot where a mean has moved too far for that or a component may have collapsed, which is tested with room
        to spare; then the step is to be taken again from `before`, by the formulas that look into such cases.
        """
        self.before.copy_(self.state)
        if weight is not None:
            self.resp.mul_(weight)
        torch.mul(self.resp, self.gap, out=self.white)
        torch.sum(self.first, 2, out=self.sums)
        for heavy, gap, product, *_ in self.pairs:
            torch.mul(heavy, gap, out=product)
        self.white.mul_(self.gap)
        torch.sum(self.second, 2, out=self.S)
        torch.div(self.count, torch.sum(self.count, 0, out=self.size), out=self.weights)
        self.shift.div_(self.count)
        self.S.div_(self.count)
        self.means.add_(self.shift)
        self.squares.addcmul_(self.shift, self.shift, value=-1)
        for *_, left, right, entry in self.pairs:
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
        return self.spare.amin().item() > 0

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
