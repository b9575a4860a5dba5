"""Optimal transport on the line: the p-th cost is that of the quantile functions, so sorting solves the programme.

A measure is points x (..., n) with weights w (..., n) ≥ 0; weights None are equal ones. Points of weight 0 are
padding: their place does not matter.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from impl.core import validation
from impl.transport.ascending import in_order, over_gaps
from impl.transport.problem import check_numbers, check_totals, check_weights, roundoff, same_shape

CHUNK_BYTES = 2**17
"""Bytes of points that are taken together on a CPU: with all that is made of them they fill a second-level cache."""


def wasserstein_1d(x: Tensor, y: Tensor, wx: Tensor | None = None, wy: Tensor | None = None, p: float = 1.0) -> Tensor:
    """W_p of two measures on the line, the root: (∫_0^1 |F^{-1}(q) − G^{-1}(q)|^p dq)^{1/p}, both brought to total 1.

    x, wx: (..., n), y, wy: (..., m), in any order → (...). p ≥ 1 and finite. Equal numbers of equally heavy points
    meet in order; for p = 1 it is ∫|F − G|. Differentiable. Nothing overflows where the distance itself does not.

    Raises ValueError for p < 1, NaN or infinity, weights that are negative, all zero or of unequal totals, and for
    shapes that do not match. Source: Peyré & Cuturi 2019, section 2.6; Santambrogio 2015, chapter 2.

    >>> wasserstein_1d(torch.tensor([0.0, 3.0]), torch.tensor([5.0, 1.0]))
    tensor(1.5000)
    """
    if not 1 <= p < math.inf:
        raise ValueError(f"p must be finite and at least 1, got {p}")
    check_shapes(x, y, wx, wy)
    if wx is None and wy is None and x.shape == y.shape:
        points_x, points_y = promoted(x, y)
        found = over_gaps(points_x, points_y, lambda gaps: power_mean(gaps, None, p))
        if not bool(torch.isfinite(found).all()):  # bad input shows in the answer, and only then is it looked for
            check_values(x, y, wx, wy)
        return found
    points_x, points_y, a, b = promoted(x, y, *_filled(x, y, wx, wy))
    formula: Callable[..., Tensor] = _by_areas if p == 1 else partial(_by_quantiles, p=p)
    found = _by_chunks(formula, points_x, points_y, a, b)
    ends = torch.stack([*torch.aminmax(points_x.detach()), *torch.aminmax(points_y.detach())])  # mass may round to 0
    sound = torch.isfinite(found) & (a.amin(-1) > 0) & (b.amin(-1) > 0) & _level(a, b)
    if not bool(sound.all() & torch.isfinite(ends).all()):
        check_values(x, y, wx, wy)
        points_x, points_y = gathered(points_x, a), gathered(points_y, b)  # only padding was in the way
        found = _by_chunks(formula, points_x, points_y, a, b)
    return found


def quantile(x: Tensor, q: Tensor, w: Tensor | None = None) -> Tensor:
    """F^{-1}(q), the least point t of positive weight with F(t) ≥ q: x, w (..., n), q (..., k) in [0, 1] → (..., k).

    Raises ValueError for q outside [0, 1], and for points or weights as `wasserstein_1d` does.
    """
    x, w = _measure(x, w)
    check_numbers(q, "q")
    outside = (q < 0) | (q > 1)
    if bool(outside.any()):
        raise ValueError(f"q must lie in 0 … 1, got {q[outside][0].item()!r}")
    x, mass = cumulated(x, w)
    return x.gather(-1, place(mass, q.to(x.dtype) * mass[..., -1:]))


def cdf(x: Tensor, t: Tensor, w: Tensor | None = None) -> Tensor:
    """F(t) = Σ_{x_i ≤ t} w_i / Σ w: x, w (..., n), t (..., k) → (..., k). Raises as `quantile` does."""
    x, w = _measure(x, w)
    check_numbers(t, "t")
    x, mass = cumulated(x, w)
    below = torch.searchsorted(x.contiguous(), t.to(x.dtype).contiguous(), right=True)
    return torch.where(below > 0, mass.gather(-1, (below - 1).clamp(min=0)), 0) / mass[..., -1:]


def cumulated(x: Tensor, w: Tensor) -> tuple[Tensor, Tensor]:
    """Points in order and the mass up to each of them, inclusive: x, w (..., n) → two (..., n)."""
    x, order = in_order(x)
    return x, w.gather(-1, order).cumsum(-1)


def gathered(x: Tensor, w: Tensor) -> Tensor:
    """The points, those of weight 0 put where the largest of the others is, so that padding lies nowhere else."""
    heavy = w > 0
    return torch.where(heavy, x, torch.where(heavy, x, -torch.inf).amax(-1, keepdim=True))


def place(mass: Tensor, level: Tensor) -> Tensor:
    """The first index at which the cumulated mass (..., n) reaches the level (..., k): (..., k)."""
    return torch.searchsorted(mass.detach().contiguous(), level.detach().contiguous()).clamp(max=mass.shape[-1] - 1)


def power_mean(values: Tensor, shares: Tensor | None, p: float) -> Tensor:
    """(Σ share · value^p / Σ share)^{1/p} over the last axis, values ≥ 0; shares None are equal.

    Values are divided by the largest of them first, so that no power leaves the range of the dtype.
    """
    if p == 1:
        return mean(values, shares)
    largest = values.detach().amax(-1, keepdim=True)
    largest = torch.where(largest > 0, largest, 1)
    return mean((values / largest).pow(p), shares).pow(1 / p) * largest.squeeze(-1)


def mean(values: Tensor, shares: Tensor | None) -> Tensor:
    """Σ share · value / Σ share over the last axis; shares None are equal."""
    return values.mean(-1) if shares is None else (shares * values).sum(-1) / shares.sum(-1)


def promoted(*values: Tensor) -> tuple[Tensor, ...]:
    """All in their common dtype, whole numbers in float64."""
    dtype = values[0].dtype
    for value in values[1:]:
        dtype = torch.promote_types(dtype, value.dtype)
    return tuple(value.to(dtype if dtype.is_floating_point else torch.float64) for value in values)


def check_shapes(x: Tensor, y: Tensor, wx: Tensor | None, wy: Tensor | None) -> None:
    """Refuse points x (..., n), y (..., m) with other leading axes or none at all, and weights of another shape."""
    for points, name in ((x, "x"), (y, "y")):
        validation.rank(points, name, 1, "(..., n)")
        validation.non_empty(points, name, "(..., n)")
    same_shape(y, "y", (*x.shape[:-1], y.shape[-1]), "x")
    for w, name, points, other in ((wx, "wx", x, "x"), (wy, "wy", y, "y")):
        if w is not None:
            same_shape(w, name, points.shape, other)


def check_values(x: Tensor, y: Tensor, wx: Tensor | None, wy: Tensor | None) -> None:
    """Refuse points that are not finite and weights that are no measure, or two of different totals."""
    check_numbers(x, "x")
    check_numbers(y, "y")
    for w, name in ((wx, "wx"), (wy, "wy")):
        if w is not None:
            check_weights(w, name)
    if wx is not None and wy is not None:
        check_totals(wx, wy, ("wx", "wy"))


def _filled(x: Tensor, y: Tensor, wx: Tensor | None, wy: Tensor | None) -> tuple[Tensor, Tensor]:
    """The weights, equal ones where there are none, with equal totals."""
    n, m = x.shape[-1], y.shape[-1]
    if wx is None and wy is None:
        return x.new_full(x.shape, m), y.new_full(y.shape, n)
    if wx is None or wy is None:
        given = wx if wy is None else wy
        (share,) = promoted(given.sum(-1, keepdim=True)) if given is not None else ()
        return (share / n).expand(x.shape) if wx is None else wx, (share / m).expand(y.shape) if wy is None else wy
    return wx, wy


def _level(a: Tensor, b: Tensor) -> Tensor:
    """Whether the totals differ by no more than rounding makes them, see `check_totals`: (...)."""
    left, right = a.sum(-1), b.sum(-1)
    return (left - right).abs() <= 16 * (a.shape[-1] + b.shape[-1]) * roundoff(a, b) * torch.maximum(left, right)


def _by_chunks(formula: Callable[..., Tensor], x: Tensor, y: Tensor, *weights: Tensor) -> Tensor:
    """The formula (x, y, *weights) → (lane,), a chunk of lanes at a time on a CPU: (..., n) → (...)."""
    lanes = [value.reshape(-1, value.shape[-1]) for value in (x, y, *weights)]
    size = (x.shape[-1] + y.shape[-1]) * x.element_size()
    many = max(1, CHUNK_BYTES // size) if x.device.type == "cpu" else max(1, len(lanes[0]))
    found = [formula(*part) for part in zip(*(torch.split(value, many) for value in lanes), strict=True)]
    return torch.cat(found).view(x.shape[:-1])


def _by_areas(x: Tensor, y: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """∫|F − G|: between neighbours of all points, the jumps so far times the distance.

    Jumps are a Σb and −b Σa, divided by Σa Σb in the end: whole numbers stay whole.
    """
    total_a, total_b = a.sum(-1, keepdim=True), b.sum(-1, keepdim=True)
    unit_a, unit_b = _power_of_two(total_a), _power_of_two(total_b)
    total_a, total_b = total_a / unit_a, total_b / unit_b
    points, order = in_order(torch.cat([x, y], -1))
    jumps = torch.cat([a * (total_b / unit_a), b * (-total_a / unit_b)], -1)
    between = jumps.gather(-1, order).cumsum(-1).abs()  # |F − G| from each point to the next
    return (between[:, :-1] * (points[:, 1:] - points[:, :-1])).sum(-1) / (total_a * total_b).squeeze(-1)


def _by_quantiles(x: Tensor, y: Tensor, a: Tensor, b: Tensor, p: float) -> Tensor:
    """(∫|F^{-1} − G^{-1}|^p)^{1/p}, over the pieces on which both quantile functions are constant.

    Cumulated masses are multiplied by the other total, so that both end at the same level, bit for bit.
    """
    a, b = (w / _power_of_two(w.sum(-1, keepdim=True)) for w in (a, b))
    (x, up_to_x), (y, up_to_y) = cumulated(x, a), cumulated(y, b)
    up_to_x, up_to_y = up_to_x * up_to_y[:, -1:], up_to_y * up_to_x[:, -1:]
    level = in_order(torch.cat([up_to_x, up_to_y], -1))[0]
    width = level.diff(dim=-1, prepend=torch.zeros_like(level[:, :1]))
    gaps = x.gather(-1, place(up_to_x, level)) - y.gather(-1, place(up_to_y, level))
    return power_mean(gaps.abs(), width, p)


def _power_of_two(size: Tensor) -> Tensor:
    """A power of two in (size/2, size], so that dividing by it is exact; 1 where there is none. It has no gradient."""
    size = size.detach()
    found = size / (2 * torch.frexp(size)[0])
    return torch.where(torch.isfinite(found) & (found > 0), found, 1)


def _measure(x: Tensor, w: Tensor | None) -> tuple[Tensor, Tensor]:
    """Checked points, padding gathered, and their weights."""
    check_shapes(x, x, w, None)
    check_values(x, x, w, None)
    x, w = promoted(x, torch.ones_like(x) if w is None else w)
    return gathered(x, w), w
