"""Perceptrons and pockets with one classic mistake each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from impl.core.subject import Mutant, mutant
from impl.perceptron.asked.learning import LEARNING
from impl.perceptron.learning import Path, bias_towards, towards
from impl.perceptron.pocket import Pocket, best_seen, count_errors
from impl.perceptron.subject import subject


def _wrong(name: str, mistake: str, /, **formulas: Callable[..., Any]) -> Mutant:
    return mutant(name, mistake, subject("", learning=replace(LEARNING, **formulas)))


# A visit.


def _only_behind(y: Tensor, activation: Tensor) -> Tensor:
    return y * activation < 0


def _silent_is_right(y: Tensor, activation: Tensor) -> Tensor:
    """A negative row on the plane is right, since the unit does not fire."""
    return torch.where(activation > 0, 1, -1) != y


def _without_bias(w: Tensor, bias: Tensor, row: Tensor) -> Tensor:
    return (w * row).sum(-1)


def _minus_bias(w: Tensor, bias: Tensor, row: Tensor) -> Tensor:
    return (w * row).sum(-1) - bias


def _away(w: Tensor, row: Tensor, y: Tensor, rate: float) -> Tensor:
    return towards(w, row, -y, rate)


def _without_label(w: Tensor, row: Tensor, y: Tensor, rate: float) -> Tensor:
    return towards(w, row, torch.ones_like(y), rate)


def _without_rate(w: Tensor, row: Tensor, y: Tensor, rate: float) -> Tensor:
    return towards(w, row, y, 1.0)


def _twice(w: Tensor, row: Tensor, y: Tensor, rate: float) -> Tensor:
    """The label minus what the unit said, which is −1 or 1."""
    return towards(w, row, y, 2 * rate)


def _unit_length(w: Tensor, row: Tensor, y: Tensor, rate: float) -> Tensor:
    length = torch.linalg.vector_norm(row, dim=-1, keepdim=True)
    return towards(w, row / length.clamp(min=1), y, rate)


def _delta_rule(w: Tensor, row: Tensor, y: Tensor, rate: float) -> Tensor:
    return towards(w, row, y - (w * row).sum(-1), rate)


def _fixed_bias(bias: Tensor, y: Tensor, rate: float) -> Tensor:
    return bias


def _bias_without_rate(bias: Tensor, y: Tensor, rate: float) -> Tensor:
    return bias_towards(bias, y, 1.0)


def _threshold(bias: Tensor, y: Tensor, rate: float) -> Tensor:
    return bias_towards(bias, -y, rate)


# Epochs.


def _backwards(rows: int, epoch: int) -> Iterable[int]:
    return reversed(range(rows))


def _to_and_fro(rows: int, epoch: int) -> Iterable[int]:
    return range(rows) if epoch % 2 == 0 else reversed(range(rows))


def _last_forgotten(rows: int, epoch: int) -> Iterable[int]:
    return (min(i, max(rows - 2, 0)) for i in range(rows))


def _last_epoch(mistake: Tensor) -> Tensor:
    return mistake[..., -1, :].sum(-1)


def _rows_once(mistake: Tensor) -> Tensor:
    return mistake.any(-2).sum(-1)


def _separates(path: Path, x: Tensor, y: Tensor) -> Tensor:
    return count_errors(path.w[..., -1, -1:, :], path.bias[..., -1, -1:], x, y)[..., 0] == 0


def _last_visit(path: Path, x: Tensor, y: Tensor) -> Tensor:
    return ~path.mistake[..., -1, -1]


def _never_wrong(path: Path, x: Tensor, y: Tensor) -> Tensor:
    return ~path.mistake.flatten(-2).any(-1)


# The pocket.


def _strict_errors(w: Tensor, bias: Tensor, x: Tensor, y: Tensor) -> Tensor:
    return (y.unsqueeze(-2) * (w @ x.mT + bias.unsqueeze(-1)) < 0).sum(-1)


def _errors_without_bias(w: Tensor, bias: Tensor, x: Tensor, y: Tensor) -> Tensor:
    return count_errors(w, torch.zeros_like(bias), x, y)


def _last_of_fewest(errors: Tensor) -> Tensor:
    places = torch.arange(errors.shape[-1], device=errors.device)
    return (errors * errors.shape[-1] - places).argmin(-1)


def _not_the_start(errors: Tensor) -> Tensor:
    return errors[..., 1:].argmin(-1) + 1


def _not_the_end(errors: Tensor) -> Tensor:
    return errors[..., :-1].argmin(-1)


def _at_the_end(errors: Tensor) -> Tensor:
    return torch.full_like(errors[..., 0], errors.shape[-1] - 1)


def _errors_at_the_end(w: Tensor, bias: Tensor, path: Path, x: Tensor, y: Tensor, **formulas: Any) -> Pocket:
    best = best_seen(w, bias, path, x, y, **formulas)
    return best._replace(errors=count_errors(path.w[..., -1, -1:, :], path.bias[..., -1, -1:], x, y)[..., 0])


def _longest_run(w: Tensor, bias: Tensor, path: Path, x: Tensor, y: Tensor, **formulas: Any) -> Pocket:
    """The pocket without its ratchet: the weights that were right on most visits in a row."""
    wrong = path.mistake.flatten(-2)
    visit = torch.arange(1, wrong.shape[-1] + 1, device=x.device)
    since = torch.where(wrong, visit, 0).cummax(-1).values  # the last mistake at each visit
    run = visit - since
    place = since.gather(-1, run.argmax(-1, keepdim=True))
    return best_seen(w, bias, path, x, y, errors=count_errors, choose=lambda errors: place.squeeze(-1))


LEARNING_MUTANTS: tuple[Mutant, ...] = (
    _wrong("mistake-only-behind-the-plane", "a row on the plane is no mistake, so w = 0 stays", mistake=_only_behind),
    _wrong("mistake-as-a-wrong-answer", "a negative row on the plane is no mistake", mistake=_silent_is_right),
    _wrong("learns-from-every-row", "the weights move at every row, right or wrong", learns=torch.ones_like),
    _wrong("test-without-bias", "whether a row is a mistake is asked without the bias", activation=_without_bias),
    _wrong("test-with-a-threshold", "the bias is subtracted, as a threshold would be", activation=_minus_bias),
    _wrong("step-away", "w moves away from a missed row", grown=_away),
    _wrong("step-without-label", "w moves towards every mistaken row, whatever its label", grown=_without_label),
    _wrong("step-without-rate", "the learning rate moves the bias only", grown=_without_rate),
    _wrong("step-twice", "the step is the label minus ±1, which is twice the label", grown=_twice),
    _wrong("step-of-unit-length", "rows are divided by their length in the step alone", grown=_unit_length),
    _wrong("step-as-large-as-the-error", "w moves by the delta rule, in proportion to the error", grown=_delta_rule),
    _wrong("bias-never-learned", "the bias stays at its start", bias_grown=_fixed_bias),
    _wrong("bias-without-rate", "the learning rate moves the weights only", bias_grown=_bias_without_rate),
    _wrong("bias-as-a-threshold", "the bias moves as the threshold should", bias_grown=_threshold),
    _wrong("rows-backwards", "rows are visited from the last to the first", order=_backwards),
    _wrong("rows-to-and-fro", "every second epoch goes through the rows backwards", order=_to_and_fro),
    _wrong("rows-last-forgotten", "the last row is never visited", order=_last_forgotten),
    _wrong("mistakes-of-the-last-epoch", "only mistakes of the last epoch are counted", mistakes=_last_epoch),
    _wrong("mistaken-rows-counted-once", "a row counts once, however often it is mistaken", mistakes=_rows_once),
    _wrong("converged-at-the-end", "it has converged if its last weights separate the rows", converged=_separates),
    _wrong("converged-at-the-last-row", "it has converged if its last visit was no mistake", converged=_last_visit),
    _wrong("converged-without-any-mistake", "it has converged only if it never erred", converged=_never_wrong),
    _wrong("pocket-errors-only-behind", "rows on the plane are no errors in the pocket", errors=_strict_errors),
    _wrong("pocket-errors-without-bias", "errors in the pocket are counted without bias", errors=_errors_without_bias),
    _wrong("pocket-of-the-last", "of equals the pocket keeps the last", chosen=_last_of_fewest),
    _wrong("pocket-without-the-start", "the start never gets into the pocket", chosen=_not_the_start),
    _wrong("pocket-before-the-step", "the pocket never sees the last weights", chosen=_not_the_end),
    _wrong("pocket-is-the-end", "the pocket holds the last weights", chosen=_at_the_end),
    _wrong("pocket-with-errors-of-the-end", "the errors told are those of the last weights", pocket=_errors_at_the_end),
    _wrong("pocket-of-the-longest-run", "the pocket keeps the longest run of right visits", pocket=_longest_run),
)
