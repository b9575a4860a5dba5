"""Least squares of any rank by the singular value decomposition: of all solutions the one of least norm."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from impl.overfitting.fitting_checks import check_design, check_rows


class Spectrum(NamedTuple):
    """X = U diag(s) Vᵀ: u (*B, n, k), s (*B, k) falling, vt (*B, k, d), k = min(n, d).

    kept (*B, k): the singular values that are told from 0, s > max(n, d) ε s₁.
    """

    u: Tensor
    s: Tensor
    vt: Tensor
    kept: Tensor

    def parts(self, y: Tensor) -> Tensor:
        """The coordinates Uᵀy of y (*B, n): (*B, k)."""
        return (self.u.mT @ y.unsqueeze(-1)).squeeze(-1)

    def inverse(self) -> Tensor:
        """1 ∕ s where s is kept, else 0: (*B, k)."""
        return torch.where(self.kept, 1 / self.s.masked_fill(~self.kept, 1), 0)

    def rank(self) -> Tensor:
        """How many singular values are kept, in the design's dtype: (*B)."""
        return self.kept.sum(-1).to(self.s)

    def column_space(self) -> Tensor:
        """U with zeros for what is not kept: an orthonormal basis of the design's column space, (*B, n, k)."""
        return self.u * self.kept.to(self.u).unsqueeze(-2)


def spectrum(x: Tensor, size: Tensor | None = None) -> Spectrum:
    """The decomposition of x (*B, n, d).

    size (*B): what the cut is measured with where it exceeds s₁, such as the length of columns before they were
    centred, whose rounding is left in x.
    """
    u, s, vt = torch.linalg.svd(x, full_matrices=False)
    largest = s[..., :1] if size is None else s[..., :1].maximum(size.unsqueeze(-1))
    cut = max(x.shape[-2:]) * torch.finfo(x.dtype).eps * largest
    return Spectrum(u, s, vt, s > cut)


def least_norm_solution(x: Tensor, y: Tensor) -> Tensor:
    """X⁺y, unchecked: (*B, d)."""
    found = spectrum(x)
    return (found.vt.mT @ (found.inverse() * found.parts(y)).unsqueeze(-1)).squeeze(-1)


def minimum_norm(x: Tensor, y: Tensor) -> Tensor:
    """Of all c that minimise ‖y − Xc‖² the one of least ‖c‖: X⁺y.

    x: (*B, n, d) of any rank; y: (*B, n). Returns (*B, d), in the row space of x. Singular values up to max(n, d) ε s₁
    count as 0: equal columns share their weight, a column of zeros gets none.

    Raises ValueError for shapes that do not match, and for what is not finite.

    Source: Penrose 1956; the cut as in LAPACK's and NumPy's least squares.

    >>> minimum_norm(torch.tensor([[3.0, 4.0]]), torch.tensor([5.0])).round(decimals=3).tolist()
    [0.6000000238418579, 0.800000011920929]
    """
    check_rows(x, y)
    return least_norm_solution(x, y)


def pseudo_inverse(x: Tensor) -> Tensor:
    """Moore & Penrose's inverse X⁺ = V diag(1∕s) Uᵀ over the singular values kept: (*B, n, d) → (*B, d, n).

    Raises ValueError for what is not finite. Source: Penrose 1955.
    """
    check_design(x)
    found = spectrum(x)
    return (found.vt.mT * found.inverse().unsqueeze(-2)) @ found.u.mT
