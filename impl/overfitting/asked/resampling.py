"""The port's operations on folds and neighbours, in arrays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from impl.core import validation
from impl.core.arrays import answers, tensors
from impl.core.random import generator
from impl.core.subject import Answers, Arrays, Operation, Parts, Settings, built
from impl.overfitting import cross_validation, folds, neighbours

Formula = Callable[..., Tensor]


@dataclass(frozen=True)
class Resampling:
    """The formulas that are asked for.

    sizes: (n, k) → the folds' sizes. dealt: (fold, lanes, source). membership: (fold, k) → test; complement: test →
    train. round_robin: (y, k, source). by_folds: (x, y, penalty, test, train). distances: (x, query); nearest:
    (distances, neighbours); majority: labels.
    """

    sizes: Callable[[int, int], list[int]] = folds.fold_sizes
    dealt: Formula = folds.dealt
    membership: Formula = folds.membership
    complement: Formula = folds.complement
    round_robin: Formula = folds.round_robin
    by_folds: Callable[..., cross_validation.CrossValidation] = cross_validation.by_folds
    distances: Formula = neighbours.distances
    nearest: Formula = neighbours.nearest
    majority: Formula = neighbours.majority


RESAMPLING = Resampling()


def resampling_operations(formulas: Resampling) -> dict[str, Operation]:
    """The operations of `ResamplingPort`, computed by these formulas."""
    return built(formulas, RESAMPLING, PARTS)


def _kfold(formulas: Resampling) -> Operation:
    def kfold(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        n, k, lanes = int(settings["n"]), int(settings["k"]), tensors(arrays, device=device, dtype=dtype)["lanes"]
        folds.check_folds(n, k)
        fold = folds.blocks(formulas.sizes(n, k), lanes)
        shuffled = int(settings["shuffle"])
        rows = formulas.dealt(fold, len(lanes), generator(seed)) if shuffled else fold.expand(len(lanes), len(fold))
        test = formulas.membership(rows, k)
        return answers(test=test, train=formulas.complement(test), fold=rows)

    return kfold


def _stratified(formulas: Resampling) -> Operation:
    def stratified_kfold(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        y, k = tensors(arrays, device=device, dtype=dtype)["y"], int(settings["k"])
        validation.finite(y, "y")
        folds.check_folds(y.shape[-1], k)
        fold = formulas.round_robin(y, k, generator(seed) if int(settings["shuffle"]) else None)
        test = formulas.membership(fold, k)
        return answers(test=test, train=formulas.complement(test), fold=fold)

    return stratified_kfold


def _cross_validate(formulas: Resampling) -> Operation:
    def cross_validate(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data, k = tensors(arrays, device=device, dtype=dtype), int(settings["k"])
        x, y, penalty = data["x"], data["y"], data["penalty"]
        cross_validation.check(x, y, penalty, k)
        test = formulas.membership(folds.blocks(formulas.sizes(x.shape[-2], k), x), k)
        found = formulas.by_folds(x, y, penalty, test, formulas.complement(test))
        return answers(prediction=found.prediction, error=found.error)

    return cross_validate


def _neighbours(formulas: Resampling) -> Operation:
    def nearest_neighbours(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data, few = tensors(arrays, device=device, dtype=dtype), int(settings["neighbours"])
        x, y, query = data["x"], data["y"], data["query"]
        neighbours.check_neighbours(x, y, query, few)
        found = formulas.nearest(formulas.distances(x, query), few)
        voters = torch.take_along_dim(y.unsqueeze(-2).expand(*found.shape[:-1], y.shape[-1]), found, -1)
        return answers(label=formulas.majority(voters), nearest=found[..., 0])

    return nearest_neighbours


PARTS: Parts[Resampling] = {
    "kfold": (_kfold, ("sizes", "dealt", "membership", "complement")),
    "stratified_kfold": (_stratified, ("round_robin", "membership", "complement")),
    "cross_validate": (_cross_validate, ("sizes", "membership", "complement", "by_folds")),
    "nearest_neighbours": (_neighbours, ("distances", "nearest", "majority")),
}
