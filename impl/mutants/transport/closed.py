"""Closed forms of optimal transport with one classic mistake each."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from impl.core.subject import Mutant, mutant
from impl.transport.asked.closed import CLOSED
from impl.transport.barycentre import Barycentre
from impl.transport.subject import subject

Weights = Tensor | None


def _mutant(name: str, mistake: str, **formulas: Any) -> Mutant:
    return mutant(name, mistake, subject("", closed=replace(CLOSED, **formulas)))


def _weighed(x: Tensor, w: Weights) -> Tensor:
    """The mean of the points."""
    return x.mean(-1) if w is None else (w * x).sum(-1) / w.sum(-1)


def _area_of_strict_cdfs(x: Tensor, y: Tensor, a: Weights, b: Weights, p: float) -> Tensor:
    """∫|F − G| with F(t) = P[x < t] where the integral needs P[x ≤ t]."""
    if a is None or b is None or p != 1:
        return CLOSED.line(x, y, a, b, p)
    points, order = torch.cat([x, y], -1).sort(dim=-1, stable=True)
    jumps = torch.cat([a / a.sum(-1, keepdim=True), -b / b.sum(-1, keepdim=True)], -1).gather(-1, order)
    below = jumps.cumsum(-1) - jumps
    return (below[..., :-1].abs() * points.diff(dim=-1)).sum(-1)


def _interpolated(x: Tensor, y: Tensor, a: Weights, b: Weights, p: float) -> Tensor:
    """Quantiles interpolated between the points, at 64 levels."""
    if a is not None or b is not None:
        return CLOSED.line(x, y, a, b, p)
    levels = torch.linspace(0, 1, 64, dtype=x.dtype).to(x.device)
    q, r = (torch.quantile(v, levels, dim=-1) for v in (x, y))
    return CLOSED.over_slices((q - r).abs().movedim(0, -1), p)


def _powers_unscaled(x: Tensor, y: Tensor, a: Weights, b: Weights, p: float) -> Tensor:
    """What p-th powers make of the distance when they leave the range of the dtype on the way."""
    found = CLOSED.line(x, y, a, b, p)
    return found.pow(p).pow(1 / p)


def _mixture(x: Tensor, a: Tensor, t: Tensor) -> Barycentre:
    """The mean of the densities."""
    points, order = x.flatten(-2).sort(dim=-1, stable=True)
    return Barycentre(points, (t.unsqueeze(-1) * a).flatten(-2).gather(-1, order))


def _even(t: Tensor) -> Tensor:
    """Equal weights in the place of t."""
    return torch.full_like(t, 1 / t.shape[-1])


def _root(S: Tensor) -> Tensor:
    """The symmetric root of a positive semi-definite matrix."""
    values, V = torch.linalg.eigh(S)
    root: Tensor = V * values.clamp(min=0).sqrt().unsqueeze(-2) @ V.mT
    return root


def _multiplied_out(m1: Tensor, S1: Tensor, m2: Tensor, S2: Tensor, cross: Tensor) -> Tensor:
    """|m1 − m2|² + tr S1 + tr S2 − 2 cross."""
    traces = S1.diagonal(dim1=-2, dim2=-1).sum(-1) + S2.diagonal(dim1=-2, dim2=-1).sum(-1)
    return (m1 - m2).square().sum(-1) + traces - 2 * cross


def _trace_of_product(m1: Tensor, S1: Tensor, m2: Tensor, S2: Tensor) -> Tensor:
    return _multiplied_out(m1, S1, m2, S2, (_root(S1) * _root(S2)).sum((-2, -1)))


def _elementwise_roots(m1: Tensor, S1: Tensor, m2: Tensor, S2: Tensor) -> Tensor:
    cross = torch.linalg.svdvals(S1.clamp(min=0).sqrt() @ S2.clamp(min=0).sqrt()).sum(-1)
    return _multiplied_out(m1, S1, m2, S2, cross)


def _frobenius(m1: Tensor, S1: Tensor, m2: Tensor, S2: Tensor) -> Tensor:
    return _multiplied_out(m1, S1, m2, S2, torch.linalg.matrix_norm(_root(S1) @ _root(S2)))


def _factors_the_other_way(m1: Tensor, A1: Tensor, m2: Tensor, A2: Tensor) -> Tensor:
    cross = torch.linalg.svdvals(A1 @ A2.mT).sum(-1)
    return _multiplied_out(m1, A1 @ A1.mT, m2, A2 @ A2.mT, cross)


def _factors_not_turned(m1: Tensor, A1: Tensor, m2: Tensor, A2: Tensor) -> Tensor:
    return (m1 - m2).square().sum(-1) + (A1 - A2).square().sum((-2, -1))


def _sample_moments(x: Tensor, y: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """Covariances divided by n − 1: what is around the means is stretched by √(n/(n−1))."""
    stretched = []
    for v, w in ((x, a), (y, b)):
        n, middle = v.shape[-2], _weighed(v.mT, w.unsqueeze(-2)).unsqueeze(-2)
        stretched.append(middle + (v - middle) * (n / max(n - 1, 1)) ** 0.5)
    return CLOSED.gelbrich(stretched[0], stretched[1], a, b)


def _second_moments(x: Tensor, y: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """Second moments that are not centred, with the means on top."""
    p, q = (w / w.sum(-1, keepdim=True) for w in (a, b))
    means = ((p.unsqueeze(-1) * x).sum(-2), (q.unsqueeze(-1) * y).sum(-2))
    S, T = (torch.einsum("...n,...ni,...nj->...ij", w, v, v) for w, v in ((p, x), (q, y)))
    return CLOSED.gaussian(means[0], (S + S.mT) / 2, means[1], (T + T.mT) / 2)


def _binned(a: Tensor) -> Tensor:
    """A histogram (..., 2n) with bins twice as wide: (..., n)."""
    return a.view(*a.shape[:-1], -1, 2).sum(-1)


CLOSED_MUTANTS: tuple[Mutant, ...] = (
    _mutant(
        "weights-not-permuted",
        "points are sorted, their weights stay where they were",
        line=lambda x, y, a, b, p: CLOSED.line(x.sort(dim=-1)[0], y.sort(dim=-1)[0], a, b, p),
    ),
    _mutant(
        "mean-without-absolute-value",
        "W_1 is the distance of the means",
        line=lambda x, y, a, b, p: (_weighed(x, a) - _weighed(y, b)).abs() if p == 1 else CLOSED.line(x, y, a, b, p),
    ),
    _mutant("strict-distribution-function", "F(t) counts the points below t only", line=_area_of_strict_cdfs),
    _mutant(
        "power-returned", "W_p^p is returned for W_p", line=lambda x, y, a, b, p: CLOSED.line(x, y, a, b, p).pow(p)
    ),
    _mutant("exponent-ignored", "W_1 is returned for every p", line=lambda x, y, a, b, p: CLOSED.line(x, y, a, b, 1.0)),
    _mutant(
        "matched-unsorted",
        "equally many points are matched as they come",
        line=lambda x, y, a, b, p: CLOSED.over_slices((x - y).abs(), p) if a is None else CLOSED.line(x, y, a, b, p),
    ),
    _mutant(
        "line-weights-ignored",
        "every point weighs the same",
        line=lambda x, y, a, b, p: CLOSED.line(x, y, None, None, p),
    ),
    _mutant("quantiles-interpolated", "quantiles lie between the points", line=_interpolated),
    _mutant("powers-overflow", "p-th powers are taken of distances of any size", line=_powers_unscaled),
    _mutant("barycentre-of-densities", "densities are averaged, not quantile functions", barycentre=_mixture),
    _mutant(
        "barycentre-unweighted",
        "all measures count the same",
        barycentre=lambda x, a, t: CLOSED.barycentre(x, a, _even(t)),
    ),
    _mutant(
        "barycentre-masses-ignored",
        "all points weigh the same",
        barycentre=lambda x, a, t: CLOSED.barycentre(x, _even(a), t),
    ),
    _mutant(
        "barycentre-unsorted",
        "the points are averaged as they come",
        barycentre=lambda x, a, t: Barycentre((t.unsqueeze(-1) * x).sum(-2), a[..., 0, :]),
    ),
    _mutant("sliced-mean-of-roots", "the mean is that of W_p, not of W_p^p", over_slices=lambda each, p: each.mean(-1)),
    _mutant(
        "sliced-longest",
        "the largest direction is returned for the mean",
        over_slices=lambda each, p: each.amax(-1),
    ),
    _mutant(
        "directions-of-other-length",
        "directions are not of length 1",
        slices=lambda x, y, v, a, b, p: CLOSED.slices(x, y, v, a, b, p=p) / v.abs().sum(-1),
    ),
    _mutant(
        "two-sets-of-directions",
        "the second cloud is seen from other directions",
        slices=lambda x, y, v, a, b, p: CLOSED.slices(x, y.flip(-1), v, a, b, p=p),
    ),
    _mutant(
        "sliced-weights-ignored",
        "every point weighs the same",
        slices=lambda x, y, v, a, b, p: CLOSED.slices(x, y, v, None, None, p=p),
    ),
    _mutant("bures-trace-of-product", "the cross term is tr(S1^½ S2^½)", gaussian=_trace_of_product),
    _mutant("bures-elementwise-root", "the root is taken entry by entry", gaussian=_elementwise_roots),
    _mutant("bures-frobenius", "the cross term is a Frobenius norm", gaussian=_frobenius),
    _mutant(
        "gaussian-means-forgotten",
        "only the covariances are compared",
        gaussian=lambda m1, S1, m2, S2: CLOSED.gaussian(m1, S1, m1, S2),
        factors=lambda m1, A1, m2, A2: CLOSED.factors(m1, A1, m1, A2),
    ),
    _mutant("factors-transposed", "the cross term is that of A1 A2ᵀ", factors=_factors_the_other_way),
    _mutant("factors-not-turned", "‖A1 − A2‖² without the best rotation", factors=_factors_not_turned),
    _mutant("gelbrich-sample-covariance", "covariances are divided by n − 1", gelbrich=_sample_moments),
    _mutant("gelbrich-second-moments", "second moments are taken for covariances", gelbrich=_second_moments),
    _mutant(
        "gelbrich-means-forgotten",
        "only the covariances are compared",
        gelbrich=lambda x, y, a, b: CLOSED.gelbrich(
            x - _weighed(x.mT, a.unsqueeze(-2)).unsqueeze(-2), y - _weighed(y.mT, b.unsqueeze(-2)).unsqueeze(-2), a, b
        ),
    ),
    _mutant(
        "gelbrich-weights-ignored",
        "every point weighs the same",
        gelbrich=lambda x, y, a, b: CLOSED.gelbrich(x, y, torch.ones_like(a), torch.ones_like(b)),
    ),
    _mutant(
        "jsd-of-bins",
        "neighbouring points are put in one bin",
        jsd=lambda a, b: CLOSED.jsd(_binned(a), _binned(b)),
    ),
    _mutant(
        "jsd-in-bits", "the logarithm is to base 2", jsd=lambda a, b: CLOSED.jsd(a, b) / torch.log(a.new_tensor(2))
    ),
    _mutant("tv-without-half", "Σ|a − b| without ½", tv=lambda a, b: 2 * CLOSED.tv(a, b)),
    _mutant(
        "kl-zero-off-support",
        "mass outside the support of b costs nothing",
        kl=lambda a, b: torch.where((a > 0) & (b > 0), a * (a / b).log(), 0).sum(-1),
    ),
    _mutant("kl-reversed", "KL(b ‖ a) is returned for KL(a ‖ b)", kl=lambda a, b: CLOSED.kl(b, a)),
)
