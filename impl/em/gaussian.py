"""Gaussian log-densities by Cholesky factors, for many mixtures at once.

A mixture has its lane first, as everywhere. Data lie as `columns` (d, n, lane), and what belongs to components and rows
as (k, n, lane): so every operation runs along memory, for thousands of small problems as for one large one.
Covariances have one of four shapes, KINDS: full (lane, k, d, d), tied (lane, d, d), diag (lane, k, d), spherical
(lane, k): variances, not deviations.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple, TypeVar

import torch
from torch import Tensor

Made = TypeVar("Made")

KINDS = ("full", "tied", "diag", "spherical")
UNROLLED = 4
"""Up to so many dimensions matrices are taken entry by entry, beyond by matrix products."""


class Gaussians(NamedTuple):
    """A mixture: weights (lane, k), means (lane, k, d), covariances in the shape of their kind."""

    weights: Tensor
    means: Tensor
    covariances: Tensor


class Scratch:
    """Working arrays by name, which a loop takes again and again: fresh memory costs more than the arithmetic."""

    def __init__(self) -> None:
        self._memory: dict[str, Tensor] = {}
        self._views: dict[tuple[str, tuple[int, ...]], Tensor] = {}
        self._parts: dict[tuple[str, tuple[int, ...]], tuple[Tensor, ...]] = {}
        self._made: dict[tuple[object, ...], object] = {}

    def take(self, name: str, shape: tuple[int, ...], like: Tensor) -> Tensor:
        """The array of this name in this shape, holding anything."""
        view = self._views.get((name, shape))
        return self._new(name, shape, like) if view is None else view

    def split(self, name: str, shape: tuple[int, ...], like: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        """The same array, and its parts along the first axis."""
        whole = self.take(name, shape, like)
        if (name, shape) not in self._parts:
            self._parts[name, shape] = whole.unbind(0)
        return whole, self._parts[name, shape]

    def made(self, key: tuple[object, ...], make: Callable[[], Made]) -> Made:
        """What `make` gives, made once for a key."""
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]  # type: ignore[return-value]

    def _new(self, name: str, shape: tuple[int, ...], like: Tensor) -> Tensor:
        size, held = math.prod(shape), self._memory.get(name)
        if held is None or held.numel() < size:
            held = self._memory[name] = torch.empty(size, dtype=like.dtype, device=like.device)
        self._views[name, shape] = held[:size].view(shape)
        return self._views[name, shape]


class Root(NamedTuple):
    """Σ = L Lᵀ for m covariances, m = k, or 1 where the components share one.

    scales (d, m, lane): 1/L_ii. slopes: of each row the L_ij/L_ii, j < i, each (m, lane); none of diagonal covariances.
    matrix (lane, m, d, d): L, instead of slopes in more than UNROLLED dimensions. pivots (d, m, lane): L_jj², NaN where
    Σ is not positive definite in its dtype.
    """

    scales: Tensor
    slopes: list[list[Tensor]]
    matrix: Tensor | None
    pivots: Tensor

    @property
    def singular(self) -> Tensor:
        """Whether Σ is not positive definite in its dtype: (m, lane)."""
        return self.pivots.isnan().any(0)


def is_matrix(kind: str) -> bool:
    """Whether a covariance of this kind has entries off the diagonal."""
    return kind in ("full", "tied")


def variances(covariances: Tensor, kind: str) -> Tensor:
    """The variances of each dimension: (lane, m, d), m = 1 for tied, the last axis 1 for spherical."""
    if is_matrix(kind):
        diagonal = covariances.diagonal(dim1=-2, dim2=-1)
        return diagonal.unsqueeze(1) if kind == "tied" else diagonal
    return covariances if kind == "diag" else covariances.unsqueeze(-1)


def root(covariances: Tensor, kind: str, d: int) -> Root:
    """The factor of covariances of any kind; of a matrix the lower triangle is read.

    A pivot counts as 0 from 8 (d+1) u Σ_jj down, which is what rounding leaves of 0 (Higham 2002, theorem 10.3).
    """
    squares = variances(covariances, kind).permute(2, 1, 0).expand(d, -1, -1)
    matrix = None
    below: list[list[Tensor]] = [[] for _ in range(d)]
    if not is_matrix(kind):
        pivots = squares
    else:
        S = covariances.unsqueeze(1) if kind == "tied" else covariances
        if d <= UNROLLED:
            below, pivots = _eliminated(S.permute(2, 3, 1, 0).flatten(0, 1).unbind(0), d)
        else:
            matrix, stopped = torch.linalg.cholesky_ex(S)
            pivots = matrix.diagonal(dim1=-2, dim2=-1).permute(2, 1, 0).square()
            pivots = pivots.masked_fill((stopped > 0).T, 0)
    least = 4 * (d + 1) * torch.finfo(pivots.dtype).eps
    pivots = pivots.masked_fill(pivots <= least * squares, torch.nan)  # below 0 the root is NaN already
    scales = pivots.rsqrt()
    slopes = [[entry * scales[i] for entry in row] for i, row in enumerate(below)]
    return Root(scales, slopes, matrix, pivots)


def _eliminated(S: tuple[Tensor, ...], d: int) -> tuple[list[list[Tensor]], Tensor]:
    """L_ij, j < i, and the pivots of the entries of S, row by row, (m, lane) each.

    So whole batches are factored entry by entry: LAPACK would be called for each matrix.
    """
    L: list[list[Tensor]] = []
    pivots: list[Tensor] = []
    scales: list[Tensor] = []
    for i in range(d):
        row: list[Tensor] = []
        for j in range(i):
            rest = _less(S[i * d + j], row, L[j])
            row.append(rest * scales[j])
        pivots.append(_less(S[i * d + i], row, row))
        if i < d - 1:
            scales.append(pivots[-1].rsqrt())
        L.append(row)
    return L, torch.stack(pivots)


def _less(entry: Tensor, left: list[Tensor], right: list[Tensor]) -> Tensor:
    """The entry less the inner product of what is known of two rows."""
    for a, b in zip(left, right, strict=False):
        entry = torch.addcmul(entry, a, b, value=-1)
    return entry


def deviation_matrices(columns: Tensor, means: Tensor, scratch: Scratch) -> Tensor:
    """x_n − μ_k for matrix products: (lane, k, d, n)."""
    d, n, lanes = columns.shape
    out = scratch.take("deviations", (lanes, means.shape[1], d, n), columns)
    return torch.sub(columns.movedim(-1, 0).unsqueeze(1), means.unsqueeze(-1), out=out)


def log_joint(columns: Tensor, mixture: Gaussians, kind: str, scratch: Scratch) -> Tensor:
    """Log π_k + log N(x_n; μ_k, Σ_k) in nats: (k, n, lane), −∞ where π_k = 0, NaN where Σ_k is singular.

    log N = −½ (d log 2π + Σ_j log L_jj² + |z|²), z = L⁻¹ (x − μ), by substitution, or by the inverse of L where there
    are many dimensions. Source: Bishop 2006, (2.43) and (9.7); Higham 2002, section 8.1.
    """
    d, n, lanes = columns.shape
    factor = root(mixture.covariances, kind, d)
    constant = torch.sub(mixture.weights.log().T, factor.pivots.log().sum(0), alpha=0.5)
    constant = constant.sub_(d / 2 * math.log(2 * math.pi)).unsqueeze(1)  # (k, 1, lane)
    out = scratch.take("joint", (mixture.means.shape[1], n, lanes), columns)
    if factor.matrix is None:
        return _by_entries(columns, mixture.means, factor, constant, out, scratch)
    gap = deviation_matrices(columns, mixture.means, scratch)
    identity = torch.eye(d, dtype=gap.dtype, device=gap.device)
    inverse = torch.linalg.solve_triangular(factor.matrix, identity.expand_as(factor.matrix), upper=False)
    z = torch.matmul(inverse, gap, out=scratch.take("white", tuple(gap.shape), gap))
    squares = torch.sum(z.square_(), -2, out=scratch.take("squares", (lanes, len(out), n), gap))
    return torch.add(constant, squares.movedim(0, -1), alpha=-0.5, out=out)


def _by_entries(
    columns: Tensor, means: Tensor, factor: Root, constant: Tensor, out: Tensor, scratch: Scratch
) -> Tensor:
    """The constant (k, 1, lane) less half of |z|², z_i = (x_i − μ_i)/L_ii − Σ_j (L_ij/L_ii) z_j, by components.

    So the deviations of one component at a time are in the cache.
    """
    gap, z = scratch.split("deviations", tuple(columns.shape), columns)
    k = len(out)
    scales = factor.scales.unsqueeze(2).expand(-1, k, -1, -1).unbind(1)
    slopes = [[entry.expand(k, -1).unbind(0) for entry in row] for row in factor.slopes]
    parts = zip(out.unbind(0), constant.unbind(0), by_component(means), scales, strict=True)
    for component, (total, start, centre, scale) in enumerate(parts):
        torch.sub(columns, centre, out=gap).mul_(scale)
        value = start
        for i, row in enumerate(slopes):
            for j, slope in enumerate(row):
                z[i].addcmul_(slope[component], z[j], value=-1)
            value = torch.addcmul(value, z[i], z[i], value=-0.5, out=total)
    return out


def by_component(means: Tensor) -> tuple[Tensor, ...]:
    """The means (lane, k, d) one by one, each (d, 1, lane)."""
    return means.permute(1, 2, 0).unsqueeze(2).unbind(0)
