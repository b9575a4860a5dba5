from __future__ import annotations

import pytest
import torch

from impl.transport.dual import lipschitz_constant
from impl.transport.lp import emd
from impl.transport.padding import stack_problems
from impl.transport.sinkhorn import sinkhorn

SMALL = (torch.tensor([2.0]), torch.tensor([1.0, 1.0]), torch.tensor([[3.0, -5.0]]))
LARGE = (torch.tensor([1.0, 1.0, 2.0]), torch.tensor([4.0]), torch.tensor([[1.0], [2.0], [7.0]]))


def test_smaller_problems_are_filled_up_with_weight_zero_and_their_own_largest_cost() -> None:
    a, b, C = stack_problems([SMALL, LARGE])

    assert a.tolist() == [[2, 0, 0], [1, 1, 2]]
    assert b.tolist() == [[1, 1], [4, 0]]
    assert C.tolist() == [[[3, -5], [3, 3], [3, 3]], [[1, 7], [2, 7], [7, 7]]]


def test_a_stacked_problem_costs_what_it_costs_alone() -> None:
    stacked = emd(*stack_problems([SMALL, LARGE]))

    assert stacked.cost.tolist() == [emd(*SMALL).cost.item(), emd(*LARGE).cost.item()] == [-2, 17]


def test_padding_leaves_the_entropic_potentials_as_they_are() -> None:
    problems = [tuple(part.double() for part in problem) for problem in (SMALL, LARGE)]
    a, b, C = stack_problems(problems)  # type: ignore[arg-type]

    together = sinkhorn(a / a.sum(-1, keepdim=True), b / b.sum(-1, keepdim=True), C, 2.0, max_iter=5, tol=0.0)

    for lane, (a1, b1, C1) in enumerate(problems):
        alone = sinkhorn(a1 / a1.sum(), b1 / b1.sum(), C1, 2.0, max_iter=5, tol=0.0)
        assert (together.f[lane, : len(a1)] - alone.f).abs().max() <= 16 * torch.finfo(a1.dtype).eps * C1.abs().max()


@pytest.mark.parametrize(
    ("problems", "message"),
    [
        ([], "problems must not be empty"),
        ([SMALL, (LARGE[0], SMALL[1], LARGE[2])], "b must have shape"),
        ([tuple(part[None] for part in SMALL)], "one problem's cost"),
    ],
)
def test_what_is_no_list_of_problems_is_refused(problems: list[tuple[torch.Tensor, ...]], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        stack_problems(problems)  # type: ignore[arg-type]


def test_a_list_of_problems_is_told_how_to_become_a_batch() -> None:
    with pytest.raises(TypeError, match=r"C must be a tensor, got list; .* \(stack_problems\)"):
        emd([SMALL[0]], [SMALL[1]], [SMALL[2]])  # type: ignore[arg-type]


def test_distances_that_are_no_square_are_refused() -> None:
    with pytest.raises(ValueError, match="D must have shape"):
        lipschitz_constant(torch.zeros(2), torch.zeros(2, 3))
