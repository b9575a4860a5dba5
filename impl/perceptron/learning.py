"""Rosenblatt's perceptron over lanes: rows are visited in sequence, all lanes at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from impl.core import validation
from impl.perceptron.points import check_labelled


def activation(w: Tensor, bias: Tensor, row: Tensor) -> Tensor:
    """w·x + bias of one row in each lane: w, row (*B, d), bias (*B,) → (*B,)."""
    return (w * row).sum(-1) + bias


def is_mistake(y: Tensor, activation: Tensor) -> Tensor:
    """Where y (w·x + bias) ≤ 0. On the plane itself is a mistake too, or w = 0 would never be left."""
    return y * activation <= 0


def only_mistakes(mistake: Tensor) -> Tensor:
    """Which visits teach: the mistakes."""
    return mistake


def towards(w: Tensor, row: Tensor, y: Tensor, rate: float) -> Tensor:
    """The weights after a mistake, w + rate·y·x: (*B, d)."""
    return w + (rate * y).unsqueeze(-1) * row


def bias_towards(bias: Tensor, y: Tensor, rate: float) -> Tensor:
    """The bias after a mistake, bias + rate·y: (*B,). It is the weight of a constant input 1."""
    return bias + rate * y


def in_order(rows: int, epoch: int) -> Iterable[int]:
    """The rows in the order in which an epoch visits them."""
    return range(rows)


@dataclass(frozen=True)
class Rule:
    """How a visit changes the weights, by the functions above."""

    activation: Callable[[Tensor, Tensor, Tensor], Tensor] = activation
    mistake: Callable[[Tensor, Tensor], Tensor] = is_mistake
    learns: Callable[[Tensor], Tensor] = only_mistakes
    grown: Callable[[Tensor, Tensor, Tensor, float], Tensor] = towards
    bias_grown: Callable[[Tensor, Tensor, float], Tensor] = bias_towards
    order: Callable[[int, int], Iterable[int]] = in_order


class Path(NamedTuple):
    """What happened at every visit: w (*B, epochs, n, d) and bias (*B, epochs, n) after it, mistake (*B, epochs, n).

    The columns stand in the order of the visits.
    """

    w: Tensor
    bias: Tensor
    mistake: Tensor


def perceptron_path(
    x: Tensor,
    y: Tensor,
    w: Tensor,
    bias: Tensor,
    *,
    rate: float = 1.0,
    epochs: int = 1,
    intercept: bool = True,
    rule: Rule = Rule(),
) -> Path:
    """Visit every row `epochs` times; at a mistake w += rate·y·x and bias += rate·y.

    x (*B, n, d), y (*B, n) of −1 and 1, start w (*B, d) and bias (*B,), which stays 0 without an intercept. On whole
    numbers that the dtype holds, with a rate that is a power of two, every step is exact; int64 with a whole rate, too.

    Raises ValueError for labels, shapes, a rate or a number of epochs that cannot be. Source: Rosenblatt 1958;
    Novikoff 1962.
    """
    check_start(x, y, w, bias)
    check_rate(rate)
    validation.at_least(epochs, "epochs", 1)
    if not x.is_floating_point() and rate != int(rate):
        raise ValueError(f"rate must be whole for whole-number points, got {rate!r}: give x as float64")
    speed = rate if x.is_floating_point() else int(rate)
    bias = bias if intercept else torch.zeros_like(bias)
    rows, labels, path = x.unbind(-2), y.unbind(-1), []
    for epoch in range(epochs):
        for i in rule.order(len(rows), epoch):
            wrong = rule.mistake(labels[i], rule.activation(w, bias, rows[i]))
            learns = rule.learns(wrong)
            w = torch.where(learns.unsqueeze(-1), rule.grown(w, rows[i], labels[i], speed), w)
            if intercept:
                bias = torch.where(learns, rule.bias_grown(bias, labels[i], speed), bias)
            path.append((w, bias, wrong))
    lead, visits = y.shape[:-1], (torch.stack(part, y.dim() - 1) for part in zip(*path, strict=True))
    return Path(*(part.reshape(*lead, epochs, len(rows), *part.shape[y.dim() :]) for part in visits))


def all_mistakes(mistake: Tensor) -> Tensor:
    """How many visits were mistakes: (*B, epochs, n) → (*B,)."""
    return mistake.flatten(-2).sum(-1)


def has_converged(path: Path, x: Tensor, y: Tensor) -> Tensor:
    """Whether the last epoch had no mistake: (*B,). Its weights then separate all rows, and stay."""
    return ~path.mistake[..., -1, :].any(-1)


def check_start(x: Tensor, y: Tensor, w: Tensor, bias: Tensor) -> None:
    """Raise ValueError unless data and start fit each other, see `perceptron_path`."""
    check_labelled(x, y)
    if w.shape != x.shape[:-2] + x.shape[-1:]:
        raise ValueError(f"w must have shape {tuple(x.shape[:-2] + x.shape[-1:])} to match x, got {tuple(w.shape)}")
    if bias.shape != x.shape[:-2]:
        raise ValueError(f"bias must have shape {tuple(x.shape[:-2])} to match x, got {tuple(bias.shape)}")
    validation.finite(w, "w")
    validation.finite(bias, "bias")


def check_rate(rate: float, name: str = "rate") -> None:
    """Raise ValueError unless a learning rate is a finite number above 0."""
    if not 0 < rate < math.inf:
        raise ValueError(f"{name} must be positive and finite, got {rate!r}")
