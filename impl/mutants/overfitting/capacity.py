"""Generalisation bounds with one classic mistake each."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from impl.core.subject import Mutant, mutant
from impl.overfitting import complexity, concentration, empirical_risk, growth, shattering
from impl.overfitting.asked.capacity import CAPACITY
from impl.overfitting.subject import subject

Formula = Callable[..., object]


def _no_union(n: int, epsilon: Tensor, hypotheses: Tensor) -> Tensor:
    return concentration.hoeffding_bound(n, epsilon, torch.ones_like(hypotheses))


def _one_sided(n: int, epsilon: Tensor, hypotheses: Tensor) -> Tensor:
    return concentration.hoeffding_bound(n, epsilon, hypotheses / 2)


def _without_two(n: int, epsilon: Tensor, hypotheses: Tensor) -> Tensor:
    return concentration.hoeffding_bound(n, epsilon / 2**0.5, hypotheses)


def _uncapped(n: int, epsilon: Tensor, hypotheses: Tensor) -> Tensor:
    return 2 * hypotheses * (-2 * n * epsilon * epsilon).exp()


def _linear_in_epsilon(epsilon: Tensor, delta: Tensor, hypotheses: Tensor) -> Tensor:
    return ((2 * hypotheses / delta).log() / (2 * epsilon)).ceil()


def _rounded_down(epsilon: Tensor, delta: Tensor, hypotheses: Tensor) -> Tensor:
    return ((2 * hypotheses / delta).log() / (2 * epsilon * epsilon)).floor()


def _empty_interval_forgotten(family: str, n: int) -> int:
    return growth.growth_function(family, n) - int(family == "intervals")


def _one_sided_rays(family: str, n: int) -> int:
    return growth.growth_function("rays" if family == "two-sided-rays" else family, n)


def _every_subset(family: str, n: int) -> int:
    return 1 << n


def _plane_through_the_origin(family: str, n: int) -> int:
    return 2 * n if n and family == "half-planes" else growth.growth_function(family, n)


def _parameters(family: str) -> int:
    """A line in the plane has a slope and an offset."""
    return 2 if family == "half-planes" else growth.vc_dimension(family)


def _points_not_shattered(family: str) -> int:
    return growth.vc_dimension(family) + (growth.vc_dimension(family) != growth.INFINITE)


def _one_term_short(n: int, dimension: int) -> int:
    return growth.sauer_bound(n, dimension - 1)


def _power(n: int, dimension: int) -> int:
    return int(n**dimension) + 1


def _open_rays(family: str) -> Callable[[Tensor], Tensor]:
    """Sets are tried without their borders, so that the set of all points is missed."""
    return lambda points: ~shattering.TRIED["rays"](points) if family == "rays" else shattering.TRIED[family](points)


def _hull_not_checked(family: str) -> Callable[[Tensor], Tensor]:
    """Every subset counts as convex."""

    def masks(points: Tensor) -> Tensor:
        n = points.shape[-2]
        subsets = (torch.arange(2**n, device=points.device).unsqueeze(-1) >> torch.arange(n, device=points.device)) & 1
        return (subsets == 1).expand(*points.shape[:-2], 2**n, n)

    return masks if family == "convex-sets" else shattering.TRIED[family]


def _upright(family: str) -> Callable[[Tensor], Tensor]:
    """Half-planes with an upright border only."""
    if family != "half-planes":
        return shattering.TRIED[family]
    return lambda points: shattering.two_sided_rays(points[..., :1])


def _counted_with_repeats(masks: Tensor) -> Tensor:
    return torch.full(masks.shape[:-2], masks.shape[-2], dtype=torch.int64, device=masks.device)


def _empty_not_counted(masks: Tensor) -> Tensor:
    return shattering.distinct(masks) - 1


def _n_not_doubled(n: int, dimension: Tensor, delta: Tensor) -> Tensor:
    growth_ = dimension * math.log(n)
    return (8 / n * (math.log(4) + growth_ + torch.log1p((-growth_).exp()) - delta.log())).sqrt()


def _root_forgotten(n: int, dimension: Tensor, delta: Tensor) -> Tensor:
    return concentration.vc_bound(n, dimension, delta) ** 2


def _confidence_for_delta(n: int, dimension: Tensor, delta: Tensor) -> Tensor:
    return concentration.vc_bound(n, dimension, 1 - delta)


def _some_signs(n: int, like: Tensor) -> Tensor:
    """Half of the signs and one more, the others being thought symmetric."""
    signs = complexity.all_signs(n, like)
    return signs[: len(signs) // 2 + 1]


def _bits(n: int, like: Tensor) -> Tensor:
    return (complexity.all_signs(n, like) + 1) / 2


def _biased(n: int, draws: int, source: torch.Generator, like: Tensor) -> Tensor:
    return complexity.random_signs(n, draws, source, like).abs()


def _own_norm(x: Tensor, signs: Tensor, norm: str) -> Tensor:
    """The norm of the ball, not its dual."""
    total = signs @ x
    return total.abs().sum(-1) if norm == "l1" else complexity.supremum(x, signs, norm)


def _of_each_row(x: Tensor, signs: Tensor, norm: str) -> Tensor:
    """The supremum is taken row by row."""
    size: Tensor = x.abs().amax(-1) if norm == "l1" else (x * x).sum(-1).sqrt()
    return size.sum(-1, keepdim=True).expand(*x.shape[:-2], signs.shape[-2])


def _without_root(x: Tensor, norm: str) -> Tensor:
    return complexity.upper_bound(x, norm) / math.sqrt(x.shape[-2])


def _log_d(x: Tensor, norm: str) -> Tensor:
    if norm == "l2":
        return complexity.upper_bound(x, norm)
    return (x * x).sum(-2).amax(-1).sqrt() * math.sqrt(2 * math.log(x.shape[-1]))


def _largest_entry(x: Tensor, norm: str) -> Tensor:
    return complexity.upper_bound(x, norm) if norm == "l2" else complexity.upper_bound(x.square(), norm)


def _distinct_draws(losses: Tensor, sample: Tensor) -> Tensor:
    """A point drawn twice counts once."""
    drawn = torch.zeros_like(losses[..., 0, :]).scatter(-1, sample, 1).unsqueeze(-2)
    return (losses * drawn).sum(-1) / drawn.sum(-1)


def _first_draw(losses: Tensor, sample: Tensor) -> Tensor:
    return empirical_risk.sample_losses(losses, sample[..., :1])


def _always_the_first(seen: Tensor, dim: int) -> Tensor:
    return torch.zeros_like(seen[..., 0], dtype=torch.int64)


def _the_worst(seen: Tensor, dim: int) -> Tensor:
    return seen.argmax(dim)


def _the_last_of_equals(seen: Tensor, dim: int) -> Tensor:
    return seen.shape[dim] - 1 - seen.flip(dim).argmin(dim)


def _wrong(name: str, mistake: str, **formulas: Formula) -> Mutant:
    return mutant(name, mistake, subject("", capacity=replace(CAPACITY, **formulas)))  # type: ignore[arg-type]


CAPACITY_MUTANTS: tuple[Mutant, ...] = (
    _wrong("bound-without-union", "the bound for one hypothesis is used for all", hoeffding=_no_union),
    _wrong("bound-one-sided", "the constant is that of one tail", hoeffding=_one_sided),
    _wrong("bound-without-two-in-exponent", "the exponent is −nε²", hoeffding=_without_two),
    _wrong("bound-above-one", "the bound on a probability exceeds 1", hoeffding=_uncapped),
    _wrong("rows-linear-in-epsilon", "the sample grows with 1∕ε, not 1∕ε²", rows=_linear_in_epsilon),
    _wrong("rows-rounded-down", "the sample size is rounded down", rows=_rounded_down),
    _wrong("growth-without-the-empty-interval", "intervals miss the empty set", growth=_empty_interval_forgotten),
    _wrong("growth-one-sided", "rays to either side are counted as rays to one", growth=_one_sided_rays),
    _wrong("growth-of-everything", "every family shatters everything", growth=_every_subset),
    _wrong("growth-without-bias", "half-planes are counted through the origin", growth=_plane_through_the_origin),
    _wrong("dimension-is-parameters", "the VC dimension is the number of parameters", dimension=_parameters),
    _wrong("dimension-one-more", "the VC dimension is the least size not shattered", dimension=_points_not_shattered),
    _wrong("sauer-one-term-short", "the sum ends at d − 1", sauer=_one_term_short),
    _wrong("sauer-by-a-power", "the sum is replaced by its bound n^d + 1", sauer=_power),
    _wrong("tried-open-sets", "rays are tried without their borders", tried=_open_rays),
    _wrong("tried-every-subset", "every subset counts as convex", tried=_hull_not_checked),
    _wrong("tried-upright", "only half-planes with an upright border are tried", tried=_upright),
    _wrong("counted-with-repeats", "sets that cut out the same points count twice", distinct=_counted_with_repeats),
    _wrong("empty-set-not-counted", "the empty subset is not counted", distinct=_empty_not_counted),
    _wrong("vc-n-not-doubled", "the growth function is taken at n, not at 2n", vc=_n_not_doubled),
    _wrong("vc-root-forgotten", "the root is forgotten", vc=_root_forgotten),
    _wrong("vc-confidence-for-delta", "δ is taken for 1 − δ", vc=_confidence_for_delta),
    _wrong("half-of-the-signs", "half of the signs are tried", signs=_some_signs),
    _wrong("bits-for-signs", "signs are 0 and 1", signs=_bits),
    _wrong("drawn-signs-all-plus", "random signs are all plus", drawn=_biased),
    _wrong("own-norm-for-dual", "the supremum over the ℓ1 ball is an ℓ1 norm", supremum=_own_norm),
    _wrong("supremum-of-each-row", "each row has a weight vector of its own", supremum=_of_each_row),
    _wrong("rademacher-without-root", "the bound falls as 1∕n^{3∕2}", upper=_without_root),
    _wrong("rademacher-log-d", "the ℓ1 ball is given d vertices, not 2d", upper=_log_d),
    _wrong("rademacher-squared-columns", "columns are squared before their norm is taken", upper=_largest_entry),
    _wrong("repeats-counted-once", "a point drawn twice counts once", seen=_distinct_draws),
    _wrong("first-draw-decides", "only the first draw counts", seen=_first_draw),
    _wrong("no-minimum", "the first hypothesis is always chosen", choice=_always_the_first),
    _wrong("greatest-loss", "the hypothesis of greatest loss is chosen", choice=_the_worst),
    _wrong("last-of-equals", "of equally good hypotheses the last is chosen", choice=_the_last_of_equals),
)  # fmt: skip
