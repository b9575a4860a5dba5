"""A kernel with potentials absorbed, K = exp(φ ⊕ γ − C/ε): Sinkhorn's sweeps as products with K, without exponentials.

Potentials are in units of ε: φ = f/ε, γ = g/ε. The current ones are φ + log u and γ + log v; U = a u and V = b v are
what the products need. A product loses nothing while no exponent leaves the range of the dtype, which `Range` bounds.
Source: Schmitzer 2019; Peyré & Cuturi 2019, section 4.4.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from impl.transport.softmin import blocks


@dataclass(frozen=True)
class Range:
    """How far exponents may go, in nats.

    floor: K is at least e^{−floor}. drift: |log u|, |log v| ≤ drift keep what the floor adds below u/4 of each sum,
    since e^{2 drift − floor} ≤ u/4. top: K is at most e^{top}. weight: positive weights are at least e^{−weight}.
    direct: where C/ε ranges over at most this, no iterate from γ = 0 can leave the range (see `centred`).
    """

    floor: float
    drift: float
    top: float
    weight: float
    direct: float


RANGES = {
    torch.float64: Range(floor=700, drift=320, top=500, weight=150, direct=440),
    torch.float32: Range(floor=86, drift=32, top=75, weight=40, direct=50),
}

BATCHED_CELLS = 400
"""Cells from which torch hands a batched product to BLAS on the CPU; its own loop is three times slower."""

CHUNK_BYTES = 2**19
"""Bytes of the kernels that are swept together: with their transposes they fill half of a second-level cache."""

BLOCK_BYTES = 2**20
"""Bytes of a larger kernel that both products of a sweep read at a time, so that the second finds them in the cache."""


def chunk_lanes(C: Tensor) -> int:
    """How many lanes of C (lane, n, m) are best taken at once; all of them where there is no cache to fit."""
    if C.device.type == "cpu":
        return max(1, CHUNK_BYTES // (C.shape[1] * C.shape[2] * C.element_size()))
    return max(1, len(C))


def spread(C: Tensor, gamma: Tensor, rate: Tensor) -> Tensor:
    """D = osc C/ε + osc γ, an upper bound of the oscillation of C/ε − γ: (lane,)."""
    cells = C.flatten(1)
    return (cells.amax(1) - cells.amin(1)) * rate + gamma.amax(-1) - gamma.amin(-1)


def centred(C: Tensor, gamma: Tensor, rate: Tensor) -> tuple[Tensor, Tensor]:
    """K with one φ for all rows, so that its entries lie in e^{±D/2}, and this φ: (lane, 1).

    From v = 1 every iterate then has |log v| ≤ D and |log u| ≤ 3D/2: a fixed point has osc log v ≤ D, so it may be
    taken with |log v| ≤ D/2 and |log u| ≤ D, and sweeps bring no iterate further away than v = 1 is. So sums lie in
    e^{±3D/2}, and a term that underflows errs by e^{−103} (float32) or e^{−744}: for D ≤ `direct`, a thousand of them
    by less than u/4 of their sum.
    """
    cells = C.flatten(1)
    phi = (cells.amax(1) + cells.amin(1)) / 2 * rate - (gamma.amax(-1) + gamma.amin(-1)) / 2
    K, columns = torch.empty_like(C), gamma + phi[:, None]
    for i, j in blocks(C):
        torch.addcmul(columns[i, None, :], C[i, j], rate[i, None, None], value=-1, out=K[i, j]).exp_()
    return K, phi[:, None]


def absorb(C: Tensor, phi: Tensor, gamma: Tensor, rate: Tensor) -> Tensor:
    """K_ij = exp(φ_i + γ_j − C_ij/ε), cut to the range: (lane, n, m), the only array of its size."""
    limit = RANGES[C.dtype]
    K = torch.empty_like(C)
    for i, j in blocks(C):
        exponent = torch.addcmul(gamma[i, None, :], C[i, j], rate[i, None, None], value=-1, out=K[i, j])
        exponent.add_(phi[i, j, None]).clamp_(-limit.floor, limit.top).exp_()
    return K


def absorb_rows(C: Tensor, gamma: Tensor, rate: Tensor) -> tuple[Tensor, Tensor]:
    """K with φ_i = min_j (C_ij/ε − γ_j), so that the largest entry of each row is 1, and this φ."""
    exponent = torch.addcmul(gamma[:, None, :], C, rate[:, None, None], value=-1)
    top = exponent.amax(-1)
    exponent.sub_(top[:, :, None]).clamp_(min=-RANGES[C.dtype].floor)
    return exponent.exp_(), -top


class Kernel:
    """Products with K (lane, n, m), each by the fastest way for its size.

    A vector is multiplied from the left, x K, which BLAS does twice as fast as K x: rows therefore need a transposed
    copy, unless one kernel is so large that it is read block by block. A small one is multiplied by `copies` equal
    rows, which makes the product large enough for BLAS: vectors are (lane, copies, n).
    """

    def __init__(self, K: Tensor) -> None:
        lanes, n, m = K.shape
        host = K.device.type == "cpu"
        self.K = K
        self.large = host and lanes == 1 and n * m * K.element_size() > BLOCK_BYTES
        self.copies = -(-BATCHED_CELLS // (n * m)) if host and 4 * n * m >= BATCHED_CELLS else 1
        self.KT = K.mT.contiguous() if host and not self.large else K.mT
        self.parts = torch.split(K[0], max(1, BLOCK_BYTES // (m * K.element_size()))) if self.large else ()

    def take(self, lanes: Tensor) -> Kernel:
        """Some of the lanes."""
        other = object.__new__(Kernel)
        other.large, other.copies, other.parts = self.large, self.copies, self.parts
        other.K = self.K.index_select(0, lanes)
        own = self.KT.is_contiguous()
        other.KT = self.KT.index_select(0, lanes) if own else other.K.mT
        return other

    def copied(self, x: Tensor) -> Tensor:
        """(lane, k) → (lane, copies, k)."""
        return x[:, None, :].repeat(1, self.copies, 1)

    def rows(self, V: Tensor) -> Tensor:
        """K V: (lane, copies, n) for V: (lane, copies, m)."""
        return torch.bmm(V, self.KT)

    def columns(self, U: Tensor) -> Tensor:
        """Kᵀ U: (lane, copies, m) for U: (lane, copies, n)."""
        return torch.bmm(U, self.K)

    def sweep(self, a: Tensor, V: Tensor) -> tuple[Tensor, Tensor]:
        """Both products of a sweep: s = K V, and t = Kᵀ U for the new U = a/s; the new V is b/t."""
        if self.large:
            return self._blockwise(a[0, 0], V[0, 0])
        s = self.rows(V)
        return s, self.columns(a / s)

    def _blockwise(self, a: Tensor, V: Tensor) -> tuple[Tensor, Tensor]:
        """Both products in one pass over the rows of the only lane."""
        s, t, U, start = torch.empty_like(a), torch.zeros_like(V), torch.empty_like(a), 0
        for K in self.parts:
            rows = slice(start, start := start + len(K))
            torch.mv(K, V, out=s[rows])
            t.addmv_(K.mT, torch.div(a[rows], s[rows], out=U[rows]))
        return s[None, None], t[None, None]
