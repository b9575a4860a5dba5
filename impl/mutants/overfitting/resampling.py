"""Folds and neighbours with one classic mistake each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from impl.core.random import uniform
from impl.core.subject import Mutant, mutant
from impl.overfitting import cross_validation, folds, neighbours
from impl.overfitting.asked.resampling import RESAMPLING
from impl.overfitting.subject import subject

Formula = Callable[..., object]


def _dropped(n: int, k: int) -> list[int]:
    """The remainder is tested by a fold that does not exist."""
    return [n // k] * k + [n % k]


def _remainder_last(n: int, k: int) -> list[int]:
    return [n // k] * (k - 1) + [n // k + n % k]


def _larger_last(n: int, k: int) -> list[int]:
    return folds.fold_sizes(n, k)[::-1]


def _drawn_with_replacement(fold: Tensor, lanes: int, source: torch.Generator) -> Tensor:
    like = torch.empty((), dtype=torch.float64, device=fold.device)
    return fold[(uniform((lanes, len(fold)), source, like) * len(fold)).to(torch.int64)]


def _not_dealt(fold: Tensor, lanes: int, source: torch.Generator) -> Tensor:
    return fold.expand(lanes, len(fold))


def _everything(test: Tensor) -> Tensor:
    return torch.ones_like(test)


def _next_fold(test: Tensor) -> Tensor:
    return test.roll(1, -2)


def _blocks_of_the_sorted(y: Tensor, k: int, source: torch.Generator | None) -> Tensor:
    """Sorted rows are cut into blocks, so that a fold is full of one label."""
    n = y.shape[-1]
    block = folds.blocks(folds.fold_sizes(n, k), y).expand(y.shape)
    return torch.zeros_like(block).scatter(-1, y.argsort(dim=-1, stable=True), block)


def _anew_for_each_label(y: Tensor, k: int, source: torch.Generator | None) -> Tensor:
    """Each label is dealt from fold 0 on, so that the first folds collect every remainder."""
    same = y.unsqueeze(-1) == y.unsqueeze(-2)
    before = torch.ones_like(same).tril(-1) & same
    return before.sum(-1) % k


def _in_turn(y: Tensor, k: int, source: torch.Generator | None) -> Tensor:
    return (torch.arange(y.shape[-1], device=y.device) % k).expand(y.shape)


def _stratified_in_order(y: Tensor, k: int, source: torch.Generator | None) -> Tensor:
    return folds.round_robin(y, k, None)


def _tested_by_its_own_fold(
    x: Tensor, y: Tensor, penalty: Tensor, test: Tensor, train: Tensor
) -> cross_validation.CrossValidation:
    return cross_validation.by_folds(x, y, penalty, test, torch.ones_like(train))


def _penalty_by_rows(
    x: Tensor, y: Tensor, penalty: Tensor, test: Tensor, train: Tensor
) -> cross_validation.CrossValidation:
    return cross_validation.by_folds(x, y, penalty * x.shape[-2], test, train)


def _error_of_sums(
    x: Tensor, y: Tensor, penalty: Tensor, test: Tensor, train: Tensor
) -> cross_validation.CrossValidation:
    found = cross_validation.by_folds(x, y, penalty, test, train)
    return cross_validation.CrossValidation(found.prediction, found.error * x.shape[-2])


def _expanded(x: Tensor, query: Tensor) -> Tensor:
    """‖x‖² + ‖q‖² − 2 x·q."""
    return (query * query).sum(-1).unsqueeze(-1) + (x * x).sum(-1).unsqueeze(-2) - 2 * query @ x.mT


def _manhattan(x: Tensor, query: Tensor) -> Tensor:
    return (query.unsqueeze(-2) - x.unsqueeze(-3)).abs().sum(-1)


def _first_coordinate(x: Tensor, query: Tensor) -> Tensor:
    return neighbours.distances(x[..., :1], query[..., :1])


def _farthest(apart: Tensor, few: int) -> Tensor:
    return neighbours.nearest(-apart, few)


def _itself_left_out(apart: Tensor, few: int) -> Tensor:
    """The nearest row is skipped, as if the query were always among the rows."""
    order = neighbours.nearest(apart, apart.shape[-1])
    return order.roll(-1, -1)[..., :few]


def _nearest_alone(labels: Tensor) -> Tensor:
    return labels[..., 0]


def _mean_label(labels: Tensor) -> Tensor:
    return labels.to(torch.float64).mean(-1).round().to(labels.dtype)


def _highest_of_equals(labels: Tensor) -> Tensor:
    return -neighbours.majority(-labels)


def _wrong(name: str, mistake: str, **formulas: Formula) -> Mutant:
    return mutant(name, mistake, subject("", resampling=replace(RESAMPLING, **formulas)))  # type: ignore[arg-type]


RESAMPLING_MUTANTS: tuple[Mutant, ...] = (
    _wrong("folds-drop-the-remainder", "rows that do not divide evenly are never tested", sizes=_dropped),
    _wrong("folds-remainder-last", "the last fold takes the whole remainder", sizes=_remainder_last),
    _wrong("folds-larger-last", "the larger folds come last", sizes=_larger_last),
    _wrong("folds-with-replacement", "shuffling draws rows with replacement", dealt=_drawn_with_replacement),
    _wrong("folds-not-shuffled", "shuffling does nothing", dealt=_not_dealt),
    _wrong("test-rows-in-training", "a fold trains on its test rows too", complement=_everything),
    _wrong("trains-on-the-next-fold", "a fold trains on the next fold's test rows", complement=_next_fold),
    _wrong("stratified-blocks", "rows sorted by label are cut into blocks", round_robin=_blocks_of_the_sorted),
    _wrong("stratified-from-the-first", "each label is dealt from the first fold on", round_robin=_anew_for_each_label),
    _wrong("stratified-ignores-labels", "rows are dealt in turn, whatever their label", round_robin=_in_turn),
    _wrong("stratified-not-shuffled", "shuffling stratified folds does nothing", round_robin=_stratified_in_order),
    _wrong("validates-on-training-rows", "the fit has seen the row that it predicts", by_folds=_tested_by_its_own_fold),
    _wrong("validates-with-scaled-penalty", "the penalty is multiplied by n", by_folds=_penalty_by_rows),
    _wrong("validation-error-summed", "the error is a sum, not a mean", by_folds=_error_of_sums),
    _wrong("expanded-distances", "distances are ‖x‖² + ‖q‖² − 2 x·q", distances=_expanded),
    _wrong("manhattan-distances", "distances are sums of absolute differences", distances=_manhattan),
    _wrong("one-coordinate", "only the first coordinate counts", distances=_first_coordinate),
    _wrong("farthest-neighbours", "the farthest rows are asked", nearest=_farthest),
    _wrong("nearest-left-out", "the nearest row is left out", nearest=_itself_left_out),
    _wrong("nearest-decides", "the nearest row decides alone", majority=_nearest_alone),
    _wrong("mean-of-labels", "labels are averaged", majority=_mean_label),
    _wrong("highest-of-equals", "the highest label wins a draw", majority=_highest_of_equals),
)  # fmt: skip
