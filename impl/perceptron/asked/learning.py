"""The port's operations on learning from mistakes, in arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from impl.core.arrays import answers, tensors
from impl.core.subject import Answers, Arrays, Operation, Parts, Settings, built
from impl.perceptron.learning import (
    Path,
    Rule,
    activation,
    all_mistakes,
    bias_towards,
    has_converged,
    in_order,
    is_mistake,
    only_mistakes,
    perceptron_path,
    towards,
)
from impl.perceptron.pocket import Pocket, best_seen, count_errors, first_of_fewest
from impl.perceptron.settings import intercept_of

Formula = Callable[..., Tensor]


@dataclass(frozen=True)
class Learning:
    """The formulas that are asked for.

    activation: (w, bias, x) of a row. mistake: (y, activation) → whether it is one. learns: mistake → whether the visit
    teaches. grown: (w, x, y, rate) → w'; bias_grown: (bias, y, rate) → bias'. order: (n, epoch) → rows. mistakes: of
    all visits, how many; converged: (path, x, y). errors: (w, bias, x, y), T weights a lane; chosen: errors → the
    place of the pocket's weights; pocket: (w, bias, path, x, y, errors, choose).
    """

    activation: Formula = activation
    mistake: Formula = is_mistake
    learns: Formula = only_mistakes
    grown: Formula = towards
    bias_grown: Formula = bias_towards
    order: Callable[[int, int], Iterable[int]] = in_order
    mistakes: Formula = all_mistakes
    converged: Callable[[Path, Tensor, Tensor], Tensor] = has_converged
    errors: Formula = count_errors
    chosen: Formula = first_of_fewest
    pocket: Callable[..., Pocket] = best_seen


LEARNING = Learning()


def learning_operations(formulas: Learning) -> dict[str, Operation]:
    """The operations of `LearningPort`, computed by these formulas."""
    return built(formulas, LEARNING, PARTS)


def _walk(
    formulas: Learning, arrays: Arrays, settings: Settings, device: str, dtype: str
) -> tuple[dict[str, Tensor], Path]:
    """The case as tensors of the dtype, and what happened at every visit."""
    data = {name: x.to(getattr(torch, dtype)) for name, x in tensors(arrays, device=device, dtype=dtype).items()}
    intercept = intercept_of(settings)
    rule = Rule(
        formulas.activation, formulas.mistake, formulas.learns, formulas.grown, formulas.bias_grown, formulas.order
    )
    path = perceptron_path(
        data["x"],
        data["y"],
        data["w"],
        data["bias"],
        rate=float(settings["rate"]),
        epochs=int(settings["epochs"]),
        intercept=intercept,
        rule=rule,
    )
    if not intercept:
        data["bias"] = torch.zeros_like(data["bias"])
    return data, path


def _perceptron(formulas: Learning) -> Operation:
    def perceptron_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data, path = _walk(formulas, arrays, settings, device, dtype)
        return answers(
            w=path.w[:, -1, -1],
            bias=path.bias[:, -1, -1],
            mistake=path.mistake,
            path_w=path.w,
            path_bias=path.bias,
            mistakes=formulas.mistakes(path.mistake),
            converged=formulas.converged(path, data["x"], data["y"]),
        )

    return perceptron_


def _pocket(formulas: Learning) -> Operation:
    def pocket_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data, path = _walk(formulas, arrays, settings, device, dtype)
        best = formulas.pocket(
            data["w"], data["bias"], path, data["x"], data["y"], errors=formulas.errors, choose=formulas.chosen
        )
        return answers(w=best.w, bias=best.bias, errors=best.errors, path_w=path.w, path_bias=path.bias)

    return pocket_


_RULE = ("activation", "mistake", "learns", "grown", "bias_grown", "order")
PARTS: Parts[Learning] = {
    "perceptron_fit": (_perceptron, (*_RULE, "mistakes", "converged")),
    "pocket_fit": (_pocket, (*_RULE, "errors", "chosen", "pocket")),
}
