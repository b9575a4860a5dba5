"""W_2 of Gaussians, which is that of their covariances (Bures) and of their means, and Gelbrich's bound for all others.

Everything goes through factors S = A Aᵀ: the best coupling of A1 z and A2 z' makes z' a rotation of z.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import pad

from impl.core import validation
from impl.transport.oned import promoted
from impl.transport.problem import check_numbers, check_totals, check_weights, roundoff, same_shape


class AffineMap(NamedTuple):
    """The map z ↦ matrix z + shift: matrix (..., d, d), shift (..., d)."""

    matrix: Tensor
    shift: Tensor


def gaussian_w2(m1: Tensor, S1: Tensor, m2: Tensor, S2: Tensor) -> Tensor:
    """W_2² of N(m1, S1) and N(m2, S2): |m1 − m2|² + tr S1 + tr S2 − 2 ‖S1^{1/2} S2^{1/2}‖_*, nuclear norm.

    m1, m2: (..., d), S1, S2: (..., d, d) symmetric with eigenvalues ≥ 0, singular ones too → (...). Where a covariance
    is singular the error is a root of rounding; if you have factors, use `gaussian_w2_factors`.

    Raises ValueError for a covariance that is not symmetric or has an eigenvalue below −8 d u ‖S‖.
    Source: Dowson & Landau 1982; Olkin & Pukelsheim 1982; Peyré & Cuturi 2019, section 2.6.
    """
    _check_means(m1, S1, m2, S2, ("S1", "S2"))
    m1, S1, m2, S2 = promoted(m1, S1, m2, S2)
    return _squared(m1, _factor(S1, "S1"), m2, _factor(S2, "S2"))


def gaussian_w2_factors(m1: Tensor, A1: Tensor, m2: Tensor, A2: Tensor) -> Tensor:
    """W_2² of N(m1, A1 A1ᵀ) and N(m2, A2 A2ᵀ) without forming a covariance: |m1 − m2|² + min_Q ‖A1 Q − A2‖².

    m1, m2: (..., d), A1: (..., d, r), A2: (..., d, s) → (...); Q is orthogonal. Multiplied out the minimum is
    tr S1 + tr S2 − 2 ‖A1ᵀ A2‖_*; as a sum of squares it is never negative and keeps its digits near 0. Differentiable:
    Q is optimal, so it need not be differentiated. Source: Bhatia, Jain & Lim 2019.

    Raises ValueError for entries that are not finite and shapes that do not match.
    """
    _check_means(m1, A1, m2, A2, ("A1", "A2"))
    return _squared(*promoted(m1, A1, m2, A2))


def optimal_map_gaussian(m1: Tensor, S1: Tensor, m2: Tensor, S2: Tensor) -> AffineMap:
    """The map that carries N(m1, S1) to N(m2, S2) at least cost, z ↦ m2 + T (z − m1) with T ⪰ 0 and T S1 T = S2.

    Shapes and errors as in `gaussian_w2`, and S1 must be positive definite, since otherwise no map need exist.
    Source: Dowson & Landau 1982; Peyré & Cuturi 2019, section 2.6.
    """
    _check_means(m1, S1, m2, S2, ("S1", "S2"))
    m1, S1, m2, S2 = promoted(m1, S1, m2, S2)
    A1, A2 = _factor(S1, "S1"), _factor(S2, "S2")
    size = A1.square().sum(-2)  # eigenvalues of S1: (..., d)
    if bool((size.amin(-1) <= 8 * size.shape[-1] * roundoff(S1) * size.amax(-1)).any()):
        raise ValueError(f"S1 must be positive definite, got the eigenvalue {size.amin().item():.3g}")
    U, stretch, _ = torch.linalg.svd(A1.mT @ A2)
    root = (A1 / size.unsqueeze(-2)) @ (U * stretch.sqrt().unsqueeze(-2))  # A1^{−ᵀ} U Σ^{1/2}
    T = root @ root.mT
    return AffineMap(T, m2 - (T @ m1.unsqueeze(-1)).squeeze(-1))


def gelbrich_bound(x: Tensor, y: Tensor, wx: Tensor | None = None, wy: Tensor | None = None) -> Tensor:
    """The Gaussian W_2² of the means and covariances of two measures: a bound below their own W_2².

    x: (..., n, d), y: (..., m, d), weights wx (..., n), wy (..., m), equal ones if None → (...). Moments are the
    measures' own, Σ w (x − x̄)(x − x̄)ᵀ / Σ w, and enter through the factor of the centred points. Equality where
    y = T x + c, T ⪰ 0. Raises as `wasserstein_1d` does. Source: Gelbrich 1990.
    """
    for points, name in ((x, "x"), (y, "y")):
        validation.rank(points, name, 2, "(..., n, d)")
        validation.non_empty(points, name, "(..., n, d)")
        check_numbers(points, name)
    same_shape(y, "y", (*x.shape[:-2], y.shape[-2], x.shape[-1]), "x")
    for w, name, points in ((wx, "wx", x), (wy, "wy", y)):
        if w is not None:
            same_shape(w, name, points.shape[:-1], name[-1])
            check_weights(w, name)
    if wx is not None and wy is not None:
        check_totals(wx, wy, ("wx", "wy"))
    a, b = (points.new_ones(points.shape[:-1]) if w is None else w for points, w in ((x, wx), (y, wy)))
    x, a, y, b = promoted(x, a, y, b)
    return _squared(*moments(x, a), *moments(y, b))


def moments(x: Tensor, w: Tensor) -> tuple[Tensor, Tensor]:
    """Mean (..., d) and a factor (..., d, min(n, d)) of the covariance of points x (..., n, d) with weights (..., n).

    The covariance is Zᵀ Z with rows √w (x − x̄), so the triangle of Z = Q R is its factor Rᵀ. The centre is taken twice:
    the second mean is that of the first differences, which are small.
    """
    share = (w / w.sum(-1, keepdim=True)).unsqueeze(-1)  # (..., n, 1)
    middle = (share * x).sum(-2, keepdim=True)
    rest = (share * (x - middle)).sum(-2, keepdim=True)
    centre = middle + rest
    triangle = torch.linalg.qr(share.sqrt() * (x - centre), mode="r")[1]
    return centre.squeeze(-2), triangle.mT


def _squared(m1: Tensor, A1: Tensor, m2: Tensor, A2: Tensor) -> Tensor:
    """|m1 − m2|² + ‖A1 Q − A2‖² with Q = U Vᵀ from A1ᵀ A2 = U Σ Vᵀ; the narrower factor gets columns of zeros."""
    wide = max(A1.shape[-1], A2.shape[-1])
    A1, A2 = (pad(A, (0, wide - A.shape[-1])) for A in (A1, A2))
    U, _, Vh = torch.linalg.svd((A1.mT @ A2).detach())
    turned: Tensor = A1 @ (U @ Vh)
    return (m1 - m2).square().sum(-1) + (turned - A2).square().sum((-2, -1))


def _factor(S: Tensor, name: str) -> Tensor:
    """V Λ^{1/2} with S = V Λ Vᵀ; eigenvalues that rounding made negative are 0. Raises ValueError as `gaussian_w2`."""
    d = S.shape[-1]
    allowed = 8 * d * roundoff(S) * torch.linalg.matrix_norm(S, ord=torch.inf)
    skew = (S - S.mT).abs().amax((-2, -1))
    if bool((skew > allowed).any()):
        raise ValueError(
            f"{name} must be symmetric, got entries that differ by {skew.max().item():.3g} from its transpose"
        )
    eigenvalues, V = torch.linalg.eigh(S)
    if bool((eigenvalues[..., 0] < -allowed).any()):
        raise ValueError(f"{name} must have eigenvalues of at least 0, got {eigenvalues.min().item():.3g}")
    factor: Tensor = V * eigenvalues.clamp(min=0).sqrt().unsqueeze(-2)
    return factor


def _check_means(m1: Tensor, S1: Tensor, m2: Tensor, S2: Tensor, names: tuple[str, str]) -> None:
    """Refuse means and covariances (or factors) that are not finite or do not fit each other."""
    square = names[0] == "S1"
    layout = "(..., d, d)" if square else "(..., d, r)"
    for S, name in ((S1, names[0]), (S2, names[1])):
        validation.rank(S, name, 2, layout)
        validation.non_empty(S, name, layout)
        check_numbers(S, name)
        if square and S.shape[-2] != S.shape[-1]:
            raise ValueError(f"{name} must be square, {layout}, got {tuple(S.shape)}")
    same_shape(S2, names[1], (*S1.shape[:-1], S2.shape[-1]), names[0])
    for m, name in ((m1, "m1"), (m2, "m2")):
        same_shape(m, name, S1.shape[:-1], names[0])
        check_numbers(m, name)
