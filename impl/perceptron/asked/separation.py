"""The port's operations on what planes can separate, in arrays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from impl.core.arrays import answers, tensors, to_torch
from impl.core.subject import Answers, Arrays, Operation, Parts, Settings, built
from impl.perceptron.boolean import Network, boolean_network, fire, minterm, readout
from impl.perceptron.counting import census, cover_count, dichotomies
from impl.perceptron.points import augmented, check_labelled, truth_table, variables_of
from impl.perceptron.rays import bounded
from impl.perceptron.separation import decide, proof
from impl.perceptron.settings import intercept_of

Formula = Callable[..., Tensor]


def on_ones(table: Tensor) -> Tensor:
    """The rows that must be strictly on their side of a unit's plane: those of 1, as a unit is silent at 0."""
    return table == 1


@dataclass(frozen=True)
class Separation:
    """The formulas that are asked for.

    points: (x, intercept) → points with the constant 1. decide: (signed rows, strict) → solvable, w, certificate.
    strict: table → the rows that must not lie on the plane. rows: (variables, inputs) → rows of the truth table.
    bounded: (rays, sides, strict) → which sides are separable. cover: (n, d, intercept). minterm: rows → w, bias of
    hidden units; readout: (used, positive) → the output's; fire: (network, rows) → hidden, output.
    """

    points: Formula = augmented
    decide: Callable[[Tensor, Tensor], tuple[Tensor, Tensor, Tensor]] = decide
    strict: Formula = on_ones
    rows: Formula = truth_table
    bounded: Formula = bounded
    cover: Callable[..., int] = cover_count
    minterm: Callable[[Tensor], tuple[Tensor, Tensor]] = minterm
    readout: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]] = readout
    fire: Callable[[Network, Tensor], tuple[Tensor, Tensor]] = fire


SEPARATION = Separation()


def separation_operations(formulas: Separation) -> dict[str, Operation]:
    """The operations of `SeparationPort`, computed by these formulas."""
    return built(formulas, SEPARATION, PARTS)


def _floats(arrays: Arrays, device: str, dtype: str) -> dict[str, Tensor]:
    """Every array as a tensor of the dtype, whole numbers too."""
    return {name: x.to(getattr(torch, dtype)) for name, x in tensors(arrays, device=device, dtype=dtype).items()}


def _separability(formulas: Separation) -> Operation:
    def separability_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data = _floats(arrays, device, dtype)
        x, y = data["x"], data["y"]
        check_labelled(x, y)
        everywhere = torch.ones_like(y, dtype=torch.bool)
        separable, w, bias, certificate = proof(
            x, y, everywhere, intercept_of(settings), points=formulas.points, decide=formulas.decide
        )
        return answers(separable=separable, w=w, bias=bias, certificate=certificate)

    return separability_


def _boolean_threshold(formulas: Separation) -> Operation:
    def boolean_threshold_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        table = _floats(arrays, device, dtype)["table"]
        rows = formulas.rows(variables_of(table), str(settings["inputs"])).to(table)
        threshold, w, bias, certificate = proof(
            rows.expand(len(table), -1, -1),
            2 * table - 1,
            formulas.strict(table),
            intercept_of(settings),
            points=formulas.points,
            decide=formulas.decide,
        )
        return answers(threshold=threshold, w=w, bias=bias, certificate=certificate)

    return boolean_threshold_


def _boolean_network(formulas: Separation) -> Operation:
    def boolean_network_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        table = _floats(arrays, device, dtype)["table"]
        network = boolean_network(table, minterm=formulas.minterm, readout=formulas.readout)
        hidden, output = formulas.fire(network, truth_table(variables_of(table)).to(table))
        return answers(hidden=hidden, output=output, **network._asdict())

    return boolean_network_


def _census(formulas: Separation) -> Operation:
    def census_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        def rows(variables: int, inputs: str) -> Tensor:
            return formulas.rows(variables, inputs).to(lanes.device)

        lanes = to_torch(arrays["lanes"], device=device, dtype=dtype)
        count = census(
            int(settings["variables"]),
            str(settings["inputs"]),
            intercept=intercept_of(settings),
            table=rows,
            points=formulas.points,
            bounded=formulas.bounded,
        )
        return answers(count=torch.full((len(lanes),), count))

    return census_


def _dichotomies(formulas: Separation) -> Operation:
    def dichotomies_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        x, intercept = _floats(arrays, device, dtype)["x"], intercept_of(settings)
        count = dichotomies(x, intercept=intercept, points=formulas.points, bounded=formulas.bounded)
        general: Any = formulas.cover(x.shape[-2], x.shape[-1], intercept=intercept)
        return answers(count=count, general=torch.full_like(count, general))

    return dichotomies_


PARTS: Parts[Separation] = {
    "separability": (_separability, ("points", "decide")),
    "boolean_threshold": (_boolean_threshold, ("points", "decide", "strict", "rows")),
    "boolean_network": (_boolean_network, ("minterm", "readout", "fire")),
    "census": (_census, ("points", "rows", "bounded")),
    "dichotomies": (_dichotomies, ("points", "bounded", "cover")),
}
