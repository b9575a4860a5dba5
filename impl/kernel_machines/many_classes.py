"""Machines for more than two classes, from machines for two: each against the rest, or each pair."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from impl.kernel_machines.box import dual, extremes
from impl.kernel_machines.dual_solver import solve
from impl.kernel_machines.grams import check_gram
from impl.kernel_machines.support_vectors import SHARE, midpoint
from impl.kernel_machines.svm_checks import check_classes, check_cost

SCHEMES = ("one-vs-rest", "one-vs-one")


class Machines(NamedTuple):
    """Machines beside each other: β = α y (*B, p, n), 0 for points that take no part; bias and duality gap (*B, p)."""

    beta: Tensor
    bias: Tensor
    gap: Tensor


class Decision(NamedTuple):
    """Decision functions (*B, m, p) and the chosen class (*B, m)."""

    score: Tensor
    label: Tensor


def multiclass(K: Tensor, y: Tensor, C: Tensor, test: Tensor, *, scheme: str, classes: int) -> Decision:
    """Classes 0 … k−1 of m points, whose kernel with the training points is test (*B, m, n).

    K (*B, n, n); y (*B, n) holds every class; C (*B). scheme: "one-vs-rest" or "one-vs-one". Raises ValueError for
    another scheme, a class that does not occur, and as `svm_fit` does.
    Source: Hsu & Lin 2002, section 2.
    """
    check_scheme(scheme)
    check_classes(K, y, test, classes)
    check_cost(C, K)
    check_gram(K)
    found = machines(K, SIGNS[scheme](y, classes), C)
    score = scores(test, found)
    return Decision(score, VOTES[scheme](score, classes))


def check_scheme(scheme: str) -> None:
    """Raise ValueError unless a scheme is one of `SCHEMES`."""
    if scheme not in SCHEMES:
        raise ValueError(f"scheme must be one of {', '.join(SCHEMES)}, got {scheme!r}")


def against_rest(y: Tensor, classes: int) -> Tensor:
    """1 for the class and −1 for all others: (*B, k, n)."""
    kinds = torch.arange(classes, dtype=y.dtype, device=y.device).unsqueeze(-1)
    return 2 * (y.unsqueeze(-2) == kinds).to(y.dtype) - 1


def pairs_of(classes: int) -> list[tuple[int, int]]:
    """The pairs (0, 1), (0, 2), … in the order of the scores."""
    return [(a, b) for a in range(classes) for b in range(a + 1, classes)]


def between_pairs(y: Tensor, classes: int) -> Tensor:
    """1 for the first class of a pair, −1 for the second, 0 for points of neither: (*B, k(k−1)∕2, n)."""
    return torch.stack([(y == a).to(y.dtype) - (y == b).to(y.dtype) for a, b in pairs_of(classes)], -2)


def greatest(score: Tensor, classes: int) -> Tensor:
    """The class of the greatest score, the lowest among equals: (*B, m)."""
    return first_greatest(score)


def most_votes(score: Tensor, classes: int) -> Tensor:
    """The class that wins most pairs, the lowest among equals: (*B, m). A score of 0 is a vote for the second."""
    votes = torch.zeros(*score.shape[:-1], classes, dtype=score.dtype, device=score.device)
    for at, (a, b) in enumerate(pairs_of(classes)):
        won = (score[..., at] > 0).to(score.dtype)
        votes[..., a] += won
        votes[..., b] += 1 - won
    return first_greatest(votes)


def first_greatest(values: Tensor) -> Tensor:
    """The first place of the greatest of the last axis, which argmax does not promise on every device."""
    return (values == values.amax(-1, keepdim=True)).to(torch.int8).cummax(-1).values.eq(0).sum(-1)


def machines(K: Tensor, signs: Tensor, C: Tensor, *, tol: float | None = None) -> Machines:
    """The machines of labels −1, 0, 1 (*B, p, n), 0 for points that take no part; none of them copies K (*B, n, n)."""
    p, n = signs.shape[-2:]
    cost = C.reshape(-1).repeat_interleave(p)
    problem = dual(K.reshape(-1, n, n), signs.reshape(-1, n), cost, machines=p)
    if tol is None:
        part = signs.abs().to(torch.float64)
        widest = ((part @ K.abs().to(torch.float64)) * part).amax(-1)
        size = part.sum(-1) * (1 + C.to(torch.float64).unsqueeze(-1) * widest)
        stop = (32 * torch.finfo(K.dtype).eps * size).reshape(-1)
    else:
        stop = torch.full_like(cost, tol, dtype=torch.float64)
    beta = solve(problem, SHARE * stop, torch.finfo(K.dtype).eps / 2)
    slope = problem.slope(beta)
    grow, fall = extremes(slope, beta, problem.low, problem.high)
    bias = midpoint(torch.minimum(grow, fall), torch.maximum(grow, fall))
    short = problem.y * (slope - bias.unsqueeze(-1))  # 1 − y f, 0 for points that take no part
    gap = (cost.to(short).unsqueeze(-1) * short.clamp(min=0) - beta.abs() * short).sum(-1)
    told = (beta.reshape(signs.shape), bias.reshape(signs.shape[:-1]), gap.reshape(signs.shape[:-1]))
    return Machines(*(value.to(K.dtype) for value in told))


def scores(test: Tensor, found: Machines) -> Tensor:
    """Each machine's Kβ + bias at the rows of test (*B, m, n): (*B, m, p), computed in float64."""
    beta, bias = found.beta.to(torch.float64), found.bias.to(torch.float64)
    return (test.to(torch.float64) @ beta.mT + bias.unsqueeze(-2)).to(test.dtype)


SIGNS = {"one-vs-rest": against_rest, "one-vs-one": between_pairs}
VOTES = {"one-vs-rest": greatest, "one-vs-one": most_votes}
