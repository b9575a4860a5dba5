"""Folds of cross-validation over lanes: who is tested when, plain and stratified."""

from __future__ import annotations

import torch
from torch import Tensor

from impl.core.random import uniform


def check_folds(n: int, k: int) -> None:
    """Raise ValueError unless 2 ≤ k ≤ n: every fold tests a row, and leaves one to learn from."""
    if k < 2:
        raise ValueError(f"k must be at least 2, got {k}: one fold leaves nothing to train on")
    if k > n:
        raise ValueError(f"k must be at most the number of rows n = {n}, got {k}: a fold would be empty")


def fold_sizes(n: int, k: int) -> list[int]:
    """How many rows each of k folds tests: ⌊n∕k⌋, and one more in the first n mod k."""
    return [n // k + (fold < n % k) for fold in range(k)]


def blocks(sizes: list[int], like: Tensor) -> Tensor:
    """The fold of each row when folds are blocks in order: (n,), on the device of `like`."""
    return torch.tensor([fold for fold, size in enumerate(sizes) for _ in range(size)], device=like.device)


def dealt(fold: Tensor, lanes: int, source: torch.Generator) -> Tensor:
    """The folds (n,) dealt to the rows at random, in each lane anew: (lanes, n)."""
    like = torch.empty((), dtype=torch.float64, device=fold.device)
    return fold[uniform((lanes, len(fold)), source, like).argsort(-1)]


def membership(fold: Tensor, k: int) -> Tensor:
    """Whether fold j tests row i: fold (*B, n) → (*B, k, n) booleans."""
    return fold.unsqueeze(-2) == torch.arange(k, device=fold.device).unsqueeze(-1)


def complement(test: Tensor) -> Tensor:
    """Rows to train on: those that the fold does not test."""
    return ~test


def round_robin(y: Tensor, k: int, source: torch.Generator | None) -> Tensor:
    """Folds for labels y (*B, n): rows sorted by label are dealt in turn, so that no fold lacks its share of any label.

    Rows of one label are a run of the sorted order, which puts ⌊c∕k⌋ or ⌈c∕k⌉ of them into each fold, and so it is with
    all n. With a source, rows of one label are put in random order first. Returns (*B, n).
    """
    n = y.shape[-1]
    if source is None:
        order = y.argsort(dim=-1, stable=True)
    else:
        like = torch.empty((), dtype=torch.float64, device=y.device)
        mixed = uniform(tuple(y.shape), source, like).argsort(-1)
        order = mixed.gather(-1, y.gather(-1, mixed).argsort(dim=-1, stable=True))
    turn = (torch.arange(n, device=y.device) % k).expand(y.shape)
    return torch.zeros_like(turn, dtype=torch.int64).scatter(-1, order, turn)


def kfold_split(n: int, k: int, *, lanes: int = 1, source: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
    """Masks of the test and the training rows of k folds: two (lanes, k, n).

    Sizes differ by at most 1. Folds are blocks in order, or dealt at random with a `source`. k = n leaves one out.

    Raises ValueError unless 2 ≤ k ≤ n. Source: Hastie, Tibshirani & Friedman 2009, section 7.10.
    """
    check_folds(n, k)
    fold = blocks(fold_sizes(n, k), torch.empty(()))
    rows = fold.expand(lanes, n) if source is None else dealt(fold, lanes, source)
    test = membership(rows, k)
    return test, complement(test)


def leave_one_out_split(n: int) -> tuple[Tensor, Tensor]:
    """`kfold_split` with a fold for each row: two (1, n, n). Raises ValueError for fewer than two rows."""
    return kfold_split(n, n)


def stratified_kfold_split(y: Tensor, k: int, *, source: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
    """Masks of the test and the training rows of k folds that share each label fairly: y (*B, n) → two (*B, k, n).

    The counts of each label differ by at most 1 from fold to fold, and so do the sizes. One label gives plain folds.

    Raises ValueError unless 2 ≤ k ≤ n.
    """
    check_folds(y.shape[-1], k)
    test = membership(round_robin(y, k, source), k)
    return test, complement(test)
