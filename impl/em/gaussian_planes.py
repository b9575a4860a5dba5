"""The large arrays of `gaussian_fused`: the E-step, and the sums that the M-step needs, on a few lanes at a time."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from impl.em.gaussian import Scratch

NEAR = 5 * 2**18
"""Bytes of working arrays that stay near the processor from call to call."""


def lanes_near(n: int, d: int, k: int, size: int) -> int:
    """For how many lanes the arrays are that near; size: bytes of a number."""
    return NEAR // ((k * (2 * d + max(1, d * (d - 1) // 2)) + d + 3) * n * size)


class Given(NamedTuple):
    """What the E-step reads, of some lanes: how many rows, whether they have weights, and the parameters.

    means, scales (d, k, lane), slopes: those of each row, (k, lane). constant (k, lane): log π_k − ½ (d log 2π + log
    |Σ_k|). sums (1+d, k, lane) and products (pairs + d, k, lane) are written.
    """

    n: int
    weighed: bool
    means: Tensor
    scales: Tensor
    slopes: list[list[Tensor]]
    constant: Tensor
    sums: Tensor
    products: Tensor


class Planes:
    """Working arrays for some lanes, and every view of them that a step takes."""

    def __init__(self, given: Given, scratch: Scratch) -> None:
        (d, k, lanes), n = given.means.shape, given.n
        p = len(given.products) - d
        self.sums, self.products = given.sums, given.products
        self.columns = given.means.new_empty((d, n, lanes))
        self.weight = given.means.new_empty((n, lanes)) if given.weighed else None
        self.rows, self.start = self.columns.unsqueeze(1), given.constant.unsqueeze(1)
        self.centre, self.scale = given.means.unsqueeze(2), given.scales.unsqueeze(2)
        self.slopes = [[slope.unsqueeze(1) for slope in row] for row in given.slopes]
        # the responsibilities make room for a product, the white deviations for the weighted ones
        room = max(1, p)
        planes = scratch.take("planes", (room + d, k, n, lanes), self.columns)
        self.gap, self.white, self.resp = scratch.take("gap", (d, k, n, lanes), planes), planes[room:], planes[room - 1]
        self.first, self.second = planes[room - 1 :], planes[room - p :]
        self.z, self.shares = self.white.unbind(0), self.resp.unbind(0)
        self.peak, self.total, self.log = scratch.take("rows", (3, n, lanes), planes).unbind(0)
        self.pairs, at = [], 0
        for apart in range(1, d if p else 1):
            self.pairs.append((self.white[apart:], self.gap[:-apart], planes[at : at + d - apart]))
            at += d - apart
        self.tiny = math.log(torch.finfo(planes.dtype).tiny)

    def e_step(self) -> Tensor:
        """Responsibilities, in `resp` (k, n, lane), and log p(x_n) (n, lane): `log_joint` and `posterior`."""
        torch.sub(self.rows, self.centre, out=self.gap)
        torch.mul(self.gap, self.scale, out=self.white)
        value = self.start
        for z, slopes in zip(self.z, self.slopes, strict=True):
            for slope, earlier in zip(slopes, self.z, strict=False):
                z.addcmul_(slope, earlier, value=-1)
            value = torch.addcmul(value, z, z, value=-0.5, out=self.resp)
        self.resp.sub_(self._over_components(torch.maximum, self.peak))
        if self.resp.dtype == torch.float32:  # as in `posterior`
            torch.nn.functional.threshold(self.resp, self.tiny, -torch.inf, inplace=True)
        self.resp.exp_()
        self._over_components(torch.add, self.total)
        self.peak.add_(torch.log(self.total, out=self.log))
        self.resp.mul_(self.total.reciprocal_())
        return self.peak

    def _over_components(self, combine: Callable[..., Tensor], out: Tensor) -> Tensor:
        if len(self.shares) == 1:
            return out.copy_(self.shares[0])
        value = self.shares[0]
        for share in self.shares[1:]:
            value = combine(value, share, out=out)
        return value

    def add_up(self) -> None:
        """Σ r, Σ r (x−μ) and Σ r (x−μ)(x−μ)ᵀ about the mean of the E-step; overwrites `resp`."""
        if self.weight is not None:
            self.resp.mul_(self.weight)
        torch.mul(self.resp, self.gap, out=self.white)
        torch.sum(self.first, 2, out=self.sums)
        for heavy, gap, product in self.pairs:
            torch.mul(heavy, gap, out=product)
        self.white.mul_(self.gap)
        torch.sum(self.second, 2, out=self.products)
