"""The dual to a violation that is wanted: pair steps find the free set, exact steps inside it finish.

Lanes that are done are dropped, so that the rest are quicker. Pair steps alone converge everywhere, but slowly where K
is nearly singular; there, the exact step does in one what takes pairs thousands.
"""

from __future__ import annotations

import torch
from torch import Tensor

from impl.kernel_machines.box import Dual, violation
from impl.kernel_machines.free_set import free_step
from impl.kernel_machines.pair_steps import Pairs, State, at_zero

BLOCK = 16
"""Pair steps between two looks at who is done."""

ALONE = 8
"""A lane that is alone is looked at every n ∕ 8 pair steps."""

MAX_ROUNDS = 2000
"""Rounds of pair steps and exact steps at most."""

AFTER = 4
"""Pair steps between exact steps, which let the points in that violate most."""

EXACT = 6
"""Exact steps in a round: each may be cut short by one multiplier that meets its box."""


def solve(problem: Dual, stop: Tensor, roundoff: float, *, max_rounds: int = MAX_ROUNDS) -> Tensor:
    """β (l, n) whose violation is at most stop (l,), or what max_rounds have reached.

    roundoff: the unit roundoff of the dtype in which K was rounded.
    """
    found = torch.zeros_like(problem.y)
    lanes = torch.arange(len(found), device=found.device)
    state, n, taken = at_zero(problem), found.shape[-1], 0
    for _ in range(max_rounds):
        pairs = Pairs(problem, state, stop)
        finish = taken >= 2 * n
        steps = AFTER if finish else BLOCK if len(lanes) > 1 else max(BLOCK, n // ALONE)
        pairs.run(steps)
        taken += steps
        near = (pairs.excess() <= stop).nonzero().squeeze(-1)
        if len(near):
            some = problem.of(near)
            beta = state.beta.index_select(0, near)
            slope = some.slope(beta)  # anew, free of what steps have rounded
            found.index_copy_(0, lanes.index_select(0, near), beta)
            state.slope.index_copy_(0, near, slope)
            done = violation(slope, beta, some.low, some.high) <= stop.index_select(0, near)
            keep = torch.ones_like(lanes, dtype=torch.bool).index_copy_(0, near, ~done).nonzero().squeeze(-1)
            if not len(keep):
                return found
            if len(keep) < len(lanes):
                lanes, stop, problem = lanes.index_select(0, keep), stop.index_select(0, keep), problem.of(keep)
                state = State(*(part.index_select(0, keep) for part in state))
        if finish:
            for _ in range(EXACT):
                state = free_step(problem, state, roundoff)
    return found.index_copy_(0, lanes, state.beta)
