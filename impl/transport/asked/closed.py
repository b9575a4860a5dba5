"""The port's closed forms, in arrays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from impl.core.arrays import answers, tensors
from impl.core.subject import Answers, Arrays, Operation, Parts, Settings, built
from impl.transport.barycentre import Barycentre, barycentre_1d
from impl.transport.discrepancies import jensen_shannon, kullback_leibler, total_variation
from impl.transport.gaussian import gaussian_w2, gaussian_w2_factors, gelbrich_bound
from impl.transport.oned import power_mean, wasserstein_1d
from impl.transport.sliced import per_direction


@dataclass(frozen=True)
class Closed:
    """The formulas that are asked for.

    line: (x, y, a or None, b or None, p) → W_p, None for equal weights. barycentre: (x, a, t) → support and mass.
    slices: (x, y, directions, a, b, p=) → W_p of each projection. over_slices: (those, p) → their mean. gaussian: (m1,
    S1, m2, S2) → W_2². factors: (m1, A1, m2, A2) → W_2². gelbrich: (x, y, a, b) → the bound. jsd, tv, kl: (a, b).
    """

    line: Callable[[Tensor, Tensor, Tensor | None, Tensor | None, float], Tensor] = wasserstein_1d
    barycentre: Callable[[Tensor, Tensor, Tensor], Barycentre] = barycentre_1d
    slices: Callable[..., Tensor] = per_direction
    over_slices: Callable[[Tensor, float], Tensor] = lambda each, p: power_mean(each, None, p)
    gaussian: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor] = gaussian_w2
    factors: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor] = gaussian_w2_factors
    gelbrich: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor] = gelbrich_bound
    jsd: Callable[[Tensor, Tensor], Tensor] = jensen_shannon
    tv: Callable[[Tensor, Tensor], Tensor] = total_variation
    kl: Callable[[Tensor, Tensor], Tensor] = kullback_leibler


CLOSED = Closed()


def closed_operations(formulas: Closed) -> dict[str, Operation]:
    """The operations of `ClosedFormPort`, computed by these formulas."""
    return built(formulas, CLOSED, PARTS)


def _line(formulas: Closed) -> Operation:
    def line_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data = tensors(arrays, device=device, dtype=dtype)
        even = _all_equal(data["a"], data["b"])  # then the quick way is on trial
        a, b = (None, None) if even else (data["a"], data["b"])
        return answers(distance=formulas.line(data["x"], data["y"], a, b, float(settings["p"])))

    return line_


def _all_equal(a: Tensor, b: Tensor) -> bool:
    """Whether there are equally many points, and each lane has one and the same positive weight everywhere."""
    return a.shape == b.shape and a.numel() > 0 and bool(((a == b) & (a == a[..., :1]) & (a > 0)).all())


def _barycentre(formulas: Closed) -> Operation:
    def barycentre_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data = tensors(arrays, device=device, dtype=dtype)
        found = formulas.barycentre(data["x"], data["a"], data["t"])
        return answers(support=found.support, mass=found.mass)

    return barycentre_


def _sliced(formulas: Closed) -> Operation:
    def sliced_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data, p = tensors(arrays, device=device, dtype=dtype), float(settings["p"])
        each = formulas.slices(data["x"], data["y"], data["directions"], data["a"], data["b"], p=p)
        return answers(per_direction=each, distance=formulas.over_slices(each, p))

    return sliced_


def _gaussian(formulas: Closed) -> Operation:
    return _two_moments(formulas.gaussian, "S1", "S2")


def _factors(formulas: Closed) -> Operation:
    return _two_moments(formulas.factors, "A1", "A2")


def _two_moments(formula: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor], first: str, second: str) -> Operation:
    def gaussian_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data = tensors(arrays, device=device, dtype=dtype)
        return answers(squared=formula(data["m1"], data[first], data["m2"], data[second]))

    return gaussian_


def _gelbrich(formulas: Closed) -> Operation:
    def gelbrich_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data = tensors(arrays, device=device, dtype=dtype)
        return answers(squared=formulas.gelbrich(data["x"], data["y"], data["a"], data["b"]))

    return gelbrich_


def _discrepancies(formulas: Closed) -> Operation:
    def discrepancies_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data = tensors(arrays, device=device, dtype=dtype)
        a, b = data["a"], data["b"]
        return answers(jsd=formulas.jsd(a, b), tv=formulas.tv(a, b), kl=formulas.kl(a, b))

    return discrepancies_


PARTS: Parts[Closed] = {
    "wasserstein_1d": (_line, ("line",)),
    "barycentre_1d": (_barycentre, ("barycentre",)),
    "sliced": (_sliced, ("slices", "over_slices")),
    "gaussian": (_gaussian, ("gaussian",)),
    "gaussian_factors": (_factors, ("factors",)),
    "gelbrich": (_gelbrich, ("gelbrich",)),
    "discrepancies": (_discrepancies, ("jsd", "tv", "kl")),
}
