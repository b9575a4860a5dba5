"""Gaussian log-densities by Cholesky factors, for many mixtures at once.

A mixture has its lane first, as everywhere. Data lie as `columns` (d, n, lane), and what belongs to components and rows
as (k, n, lane): so every operation runs along memory, for thousands of small problems as for one large one.
Covariances have one of four shapes, KINDS: full (lane, k, d, d), tied (lane, d, d), diag (lane, k, d), spherical
(lane, k): variances, not deviations.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

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

    def take(self, name: str, shape: tuple[int, ...], like: Tensor) -> Tensor:
        """The array of this name in this shape, holding anything."""
        view = self._views.get((name, shape))
        return self._new(name, shape, like) if view is None else view

    def _new(self, name: str, shape: tuple[int, ...], like: Tensor) -> Tensor:
        size, held = math.prod(shape), self._memory.get(name)
        if held is None or held.numel() < size:
            held = self._memory[name] = torch.empty(size, dtype=like.dtype, device=like.device)
        self._views[name, shape] = held[:size].view(shape)
        return self._views[name, shape]


class Root(NamedTuple):
    """Σ = L Lᵀ for m covariances, m = k, or 1 where the components share one.

    rows: the entries L_i0 … L_ii of each row, each (m, lane); of diagonal covariances L_ii alone. matrix (lane, m, d,
    d): L instead, in more than UNROLLED dimensions. pivots (d, m, lane): L_jj². singular (m, lane): whether Σ is not
    positive definite in its dtype; its pivots are NaN then.
    """

    rows: list[list[Tensor]]
    matrix: Tensor | None
    pivots: Tensor
    singular: Tensor


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
    matrix, rows = None, []
    squares = variances(covariances, kind).permute(2, 1, 0).expand(d, -1, -1)
    if not is_matrix(kind):
        pivots, rows = squares, [[deviation] for deviation in squares.sqrt().unbind(0)]
    else:
        S = covariances.unsqueeze(1) if kind == "tied" else covariances
        if d <= UNROLLED:
            rows, pivots = _eliminated(S.permute(2, 3, 1, 0))
        else:
            matrix, stopped = torch.linalg.cholesky_ex(S)
            pivots = matrix.diagonal(dim1=-2, dim2=-1).permute(2, 1, 0).square()
            pivots = pivots.masked_fill((stopped > 0).T, 0)
    least = 4 * (d + 1) * torch.finfo(pivots.dtype).eps
    small = ~(pivots > least * squares)
    return Root(rows, matrix, pivots.masked_fill(small, torch.nan), small.any(0))


def _eliminated(S: Tensor) -> tuple[list[list[Tensor]], Tensor]:
    """Rows and pivots of L for S (d, d, m, lane), entry by entry on whole batches: LAPACK would be called for each."""
    L: list[list[Tensor]] = []
    pivots = []
    for i, entries in enumerate(S.unbind(0)):
        row: list[Tensor] = []
        for j, rest in enumerate(entries.unbind(0)[: i + 1]):
            for left, right in zip(row, L[j] if j < i else row, strict=False):
                rest = torch.addcmul(rest, left, right, value=-1)
            if j == i:
                pivots.append(rest)
            row.append(rest.sqrt() if j == i else rest / L[j][j])
        L.append(row)
    return L, torch.stack(pivots)


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
    joint = constant.sub_(d / 2 * math.log(2 * math.pi)).unsqueeze(1)  # (k, 1, lane)
    out = scratch.take("joint", (mixture.means.shape[1], n, lanes), columns)
    if factor.matrix is None:
        return _by_entries(columns, mixture.means, factor.rows, joint, out, scratch)
    gap = deviation_matrices(columns, mixture.means, scratch)
    identity = torch.eye(d, dtype=gap.dtype, device=gap.device)
    inverse = torch.linalg.solve_triangular(factor.matrix, identity.expand_as(factor.matrix), upper=False)
    z = torch.matmul(inverse, gap, out=scratch.take("white", tuple(gap.shape), gap))
    return torch.add(joint, z.square_().sum(-2).movedim(0, -1), alpha=-0.5, out=out)


def _by_entries(
    columns: Tensor, means: Tensor, rows: list[list[Tensor]], constant: Tensor, out: Tensor, scratch: Scratch
) -> Tensor:
    """The constant (k, 1, lane) less half of |z|², z_i = (x_i − μ_i − Σ_j L_ij z_j) / L_ii, a component at a time.

    So the deviations of one component at a time are in the cache.
    """
    gap = scratch.take("deviations", tuple(columns.shape), columns)
    z = gap.unbind(0)  # each (n, lane)
    k = len(out)
    slopes = [[entry.expand(k, -1).unbind(0) for entry in row[:-1]] for row in rows]
    scales = [row[-1].reciprocal().expand(k, -1).unbind(0) for row in rows]
    parts = zip(out.unbind(0), constant.unbind(0), means.permute(1, 2, 0).unsqueeze(2).unbind(0), strict=True)
    for component, (total, start, centre) in enumerate(parts):
        torch.sub(columns, centre, out=gap)
        value = start
        for i, row in enumerate(slopes):
            for j, slope in enumerate(row):
                z[i].addcmul_(slope[component], z[j], value=-1)
            z[i].mul_(scales[i][component])
            value = torch.addcmul(value, z[i], z[i], value=-0.5, out=total)
    return out
