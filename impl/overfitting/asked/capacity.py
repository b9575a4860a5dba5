"""The port's operations on generalisation bounds and what they count, in arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from impl.core.arrays import answers, tensors
from impl.core.random import generator
from impl.core.subject import Answers, Arrays, Operation, Parts, Settings, built
from impl.overfitting import complexity, concentration, empirical_risk, shattering
from impl.overfitting.fitting_checks import check_whole
from impl.overfitting.growth import check_family, growth_function, sauer_bound, vc_dimension

Formula = Callable[..., Tensor]


@dataclass(frozen=True)
class Capacity:
    """The formulas that are asked for.

    hoeffding: (n, epsilon, hypotheses); rows: (epsilon, delta, hypotheses). growth: (family, n) → count; dimension:
    family → VC dimension; sauer: (n, dimension). tried: family → points → masks; distinct: masks → count. vc: (n,
    dimension, delta). signs: (n, like); drawn: (n, draws, source, like); supremum: (x, signs, norm); upper: (x, norm).
    seen: (losses, sample) → mean losses; choice: mean losses → chosen.
    """

    hoeffding: Formula = concentration.hoeffding_bound
    rows: Formula = concentration.sample_complexity
    growth: Callable[[str, int], int] = growth_function
    dimension: Callable[[str], int] = vc_dimension
    sauer: Callable[[int, int], int] = sauer_bound
    tried: Callable[[str], Callable[[Tensor], Tensor]] = shattering.TRIED.__getitem__
    distinct: Formula = shattering.distinct
    vc: Formula = concentration.vc_bound
    signs: Formula = complexity.all_signs
    drawn: Formula = complexity.random_signs
    supremum: Formula = complexity.supremum
    upper: Formula = complexity.upper_bound
    seen: Formula = empirical_risk.sample_losses
    choice: Formula = torch.Tensor.argmin


CAPACITY = Capacity()


def capacity_operations(formulas: Capacity) -> dict[str, Operation]:
    """The operations of `CapacityPort`, computed by these formulas."""
    return built(formulas, CAPACITY, PARTS)


def _floats(arrays: Arrays, device: str, dtype: str) -> Mapping[str, Tensor]:
    """Every array as a tensor of the dtype, whole numbers too."""
    return {name: x.to(getattr(torch, dtype)) for name, x in tensors(arrays, device=device, dtype=dtype).items()}


def _hoeffding(formulas: Capacity) -> Operation:
    def hoeffding(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data, n = _floats(arrays, device, dtype), int(settings["n"])
        epsilon, hypotheses, delta = data["epsilon"], data["hypotheses"], data["delta"]
        concentration.check_hoeffding(n, epsilon, hypotheses, delta)
        bound = formulas.hoeffding(n, epsilon, hypotheses)
        return answers(bound=bound, rows=formulas.rows(epsilon, delta, hypotheses))

    return hoeffding


def _counts(data: Mapping[str, Tensor], name: str) -> list[int]:
    """The whole numbers of an array (lane,), on the host."""
    check_whole(data[name], name, 0)
    return [int(value) for value in data[name].tolist()]


def _growth(formulas: Capacity) -> Operation:
    def growth(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data, family = _floats(arrays, device, dtype), str(settings["family"])
        check_family(family)
        count = [formulas.growth(family, n) for n in _counts(data, "n")]
        dimension = [formulas.dimension(family)] * len(count)
        return answers(**{name: torch.tensor(value) for name, value in (("count", count), ("dimension", dimension))})

    return growth


def _sauer(formulas: Capacity) -> Operation:
    def sauer(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data = _floats(arrays, device, dtype)
        pairs = zip(_counts(data, "n"), _counts(data, "dimension"), strict=True)
        return answers(bound=torch.tensor([formulas.sauer(n, dimension) for n, dimension in pairs]))

    return sauer


def _dichotomies(formulas: Capacity) -> Operation:
    def dichotomies_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        points, family = _floats(arrays, device, dtype)["points"], str(settings["family"])
        shattering.check_points(points, family)
        return answers(count=formulas.distinct(formulas.tried(family)(points)))

    return dichotomies_


def _vc_bound(formulas: Capacity) -> Operation:
    def vc_bound(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data, n = _floats(arrays, device, dtype), int(settings["n"])
        concentration.check_vc(n, data["dimension"], data["delta"])
        return answers(bound=formulas.vc(n, data["dimension"], data["delta"]))

    return vc_bound


def _rademacher(formulas: Capacity) -> Operation:
    def rademacher_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data, norm, draws = _floats(arrays, device, dtype), str(settings["norm"]), int(settings["draws"])
        x, radius = data["x"], data["radius"]
        complexity.check_class(x, radius, norm, draws)
        n = x.shape[-2]
        every = formulas.supremum(x, formulas.signs(n, x), norm)
        sampled = formulas.supremum(x, formulas.drawn(n, draws, generator(seed), x), norm).mean(-1)
        share = radius / n
        return answers(
            complexity=share * every.mean(-1),
            upper=share * formulas.upper(x, norm),
            sampled=share * sampled,
            range=share * (every.amax(-1) - every.amin(-1)),
        )

    return rademacher_


def _empirical_risk(formulas: Capacity) -> Operation:
    def empirical_risk_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data = tensors(arrays, device=device, dtype=dtype)
        losses, weights, sample = data["losses"], data["weights"], data["sample"]
        empirical_risk.check_risk(losses, weights, sample)
        seen = formulas.seen(losses, sample)
        found = empirical_risk.judged(losses, weights, seen, formulas.choice(seen, -1))
        return answers(chosen=found.chosen, training=found.training, risk=found.risk)

    return empirical_risk_


PARTS: Parts[Capacity] = {
    "hoeffding": (_hoeffding, ("hoeffding", "rows")),
    "growth": (_growth, ("growth", "dimension")),
    "dichotomies": (_dichotomies, ("tried", "distinct")),
    "sauer": (_sauer, ("sauer",)),
    "vc_bound": (_vc_bound, ("vc",)),
    "rademacher": (_rademacher, ("signs", "drawn", "supremum", "upper")),
    "empirical_risk": (_empirical_risk, ("seen", "choice")),
}
