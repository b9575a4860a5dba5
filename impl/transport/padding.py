"""Problems of different sizes as lanes of one batch: smaller ones are filled up with weight 0."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import pad

from impl.transport.problem import check_problem

Problem = tuple[Tensor, Tensor, Tensor]


def stack_problems(problems: Sequence[Problem]) -> Problem:
    """Stack problems (a: (n,), b: (m,), C: (n, m)) into a (lane, N), b (lane, M), C (lane, N, M), N = max n, M = max m.

    Padding has weight 0, so no plan moves anything from or to it, and the cost max C of its own problem, so that the
    scale of the costs stays what it was. Cut an answer of lane i back with [: n_i, : m_i].

    Raises ValueError when there is no problem, or one that is none (see `check_problem`).

    >>> a, b, C = stack_problems([(torch.ones(1), torch.ones(1), torch.zeros(1, 1)),
    ...                           (torch.ones(2), torch.ones(2), torch.zeros(2, 2))])
    >>> a.tolist()
    [[1.0, 0.0], [1.0, 1.0]]
    """
    if not problems:
        raise ValueError("problems must not be empty")
    for a, b, C in problems:
        check_problem(a, b, C)
        if C.dim() != 2:
            raise ValueError(f"C must be one problem's cost, shape (n, m), got {tuple(C.shape)}")
    height, width = max(len(a) for a, _, _ in problems), max(len(b) for _, b, _ in problems)
    return (
        torch.stack([pad(a, (0, height - len(a))) for a, _, _ in problems]),
        torch.stack([pad(b, (0, width - len(b))) for _, b, _ in problems]),
        torch.stack([_padded(C, height, width) for _, _, C in problems]),
    )


def _padded(C: Tensor, height: int, width: int) -> Tensor:
    grown = C.max().expand(height, width).clone()
    grown[: C.shape[0], : C.shape[1]] = C
    return grown
