"""Sequential minimal optimisation: pairs of multipliers are optimised in turn, one pair in each lane at a time.

The first of a pair has the greatest slope among those that can grow; the second, among those that can fall, gains most
by a second-order estimate (Fan, Chen & Lin 2005, WSS 2).
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from impl.kernel_machines.box import Dual


class State(NamedTuple):
    """β and its slope F = y − Kβ: (l, n)."""

    beta: Tensor
    slope: Tensor


def at_zero(problem: Dual) -> State:
    """β = 0."""
    return State(torch.zeros_like(problem.y), problem.y.clone())


class Pairs:
    """Pair steps on a state, whose arrays it changes in place.

    Bounds that β has reached are kept as 0 or ∓∞ beside the slope, and the place of a maximum is found by comparing
    with it: both are sums and maxima over whole rows, which a batch does ten times quicker than it selects.
    """

    def __init__(self, problem: Dual, state: State, stop: Tensor) -> None:
        """From a state; lanes whose violation is at most stop (l,) rest."""
        self.problem, self.state, self.stop = problem, state, stop
        self.shut_up = torch.zeros_like(state.beta).masked_fill_(state.beta >= problem.high, -torch.inf)
        self.shut_down = torch.zeros_like(state.beta).masked_fill_(state.beta <= problem.low, torch.inf)
        n = state.beta.shape[-1]
        self.places = torch.arange(n, dtype=state.beta.dtype, device=state.beta.device)
        self.least = _least_curvature(problem).unsqueeze(-1)
        width = (problem.high - problem.low).amax(-1, keepdim=True)
        self.hair = 4 * torch.finfo(width.dtype).eps * width
        self.work, self.gain = torch.empty_like(state.beta), torch.empty_like(state.beta)

    def run(self, steps: int) -> None:
        """So many pairs in each lane; a large problem that is alone on the host is looked at with numbers."""
        if len(self.stop) == 1 and self.state.beta.device.type == "cpu":
            self._alone(steps)
            return
        for _ in range(steps):
            self.step()

    def step(self) -> None:
        """One pair in each lane."""
        problem, slope, work, gain = self.problem, self.state.slope, self.work, self.gain
        top, i = self._greatest(torch.add(slope, self.shut_up, out=work))
        curvature = problem.rows(i.squeeze(-1))
        first = curvature.clone()
        curvature.mul_(-2).add_(problem.diagonal).add_(problem.diagonal.gather(-1, i))
        torch.maximum(curvature, self.least, out=curvature)
        torch.add(slope, self.shut_down, out=work)
        ahead = torch.sub(top, work, out=work)
        resting = ahead.amax(-1, keepdim=True) <= self.stop.unsqueeze(-1)
        torch.clamp(ahead, min=0, out=gain).square_().div_(curvature)
        _, j = self._greatest(gain)
        wanted = ((top - slope.gather(-1, j)) / curvature.gather(-1, j)).clamp(min=0)
        step = self._move(i, j, wanted.masked_fill(resting, 0))
        first.sub_(problem.rows(j.squeeze(-1)))
        slope.sub_(first.mul_(step))

    def excess(self) -> Tensor:
        """The violation m − M: (l,), −∞ where nothing can grow or fall."""
        state = self.state
        return (state.slope + self.shut_up).amax(-1) - (state.slope + self.shut_down).amin(-1)

    def _move(self, i: Tensor, j: Tensor, wanted: Tensor) -> Tensor:
        """Move β_i up and β_j down as far as both may, and say how far: (l, 1).

        A bound is met exactly, also where rounding would stop a hair before it and waste the next step on the rest.
        """
        problem, beta = self.problem, self.state.beta
        high, low = problem.high.gather(-1, i), problem.low.gather(-1, j)
        grows, falls = beta.gather(-1, i), beta.gather(-1, j)
        to_high, to_low = high - grows, falls - low
        step = torch.minimum(wanted, torch.minimum(to_high, to_low))
        moved = step > 0
        up = torch.where(moved & (step >= to_high - self.hair), high, grows + step)
        down = torch.where(moved & (step >= to_low - self.hair), low, falls - step)
        for at, value in ((i, up), (j, down)):
            beta.scatter_(-1, at, value)
            shut = torch.zeros_like(value)
            self.shut_up.scatter_(-1, at, shut.masked_fill(value >= problem.high.gather(-1, at), -torch.inf))
            self.shut_down.scatter_(-1, at, shut.masked_fill(value <= problem.low.gather(-1, at), torch.inf))
        return step

    def _alone(self, steps: int) -> None:
        """So many steps of one lane, until it rests: the same as `step`, with numbers in place of gathers."""
        problem, n = self.problem, self.state.beta.shape[-1]
        beta, slope, shut_up, shut_down = self.state.beta[0], self.state.slope[0], self.shut_up[0], self.shut_down[0]
        low, high, diagonal = problem.low[0], problem.high[0], problem.diagonal[0]
        gram = problem.gram.narrow(0, int(problem.start[0]), n)
        work, gain, curvature = self.work[0], self.gain[0], torch.empty_like(beta)
        least, stop, hair = float(self.least[0, 0]), float(self.stop[0]), float(self.hair[0, 0])
        for _ in range(steps):
            top, i = (value.item() for value in torch.add(slope, shut_up, out=work).max(0))
            ahead = torch.add(slope, shut_down, out=work).neg_().add_(top)
            if ahead.amax().item() <= stop:
                return
            row = gram[int(i)]
            torch.add(diagonal, row, alpha=-2, out=curvature).add_(diagonal[int(i)].item()).clamp_(min=least)
            j = torch.clamp(ahead, min=0, out=gain).square_().div_(curvature).argmax().item()
            grows, falls, bounds = beta[int(i)].item(), beta[int(j)].item(), (high[int(i)].item(), low[int(j)].item())
            wanted = (top - slope[int(j)].item()) / curvature[int(j)].item()
            step = min(wanted, bounds[0] - grows, falls - bounds[1])
            beta[int(i)] = up = bounds[0] if step >= bounds[0] - grows - hair else grows + step
            beta[int(j)] = down = bounds[1] if step >= falls - bounds[1] - hair else falls - step
            for at, value in ((int(i), up), (int(j), down)):
                shut_up[at] = -torch.inf if value >= high[at].item() else 0.0
                shut_down[at] = torch.inf if value <= low[at].item() else 0.0
            slope.sub_(row, alpha=step).add_(gram[int(j)], alpha=step)

    def _greatest(self, values: Tensor) -> tuple[Tensor, Tensor]:
        """The greatest of each row and its last place: (l, 1). The values are overwritten."""
        top = values.amax(-1, keepdim=True)
        return top, values.eq_(top).mul_(self.places).amax(-1, keepdim=True).long()


def _least_curvature(problem: Dual) -> Tensor:
    """What K_ii + K_jj − 2K_ij counts as at least, some roundings of the largest K_ii: (l,). Twins have 0."""
    size = problem.diagonal.abs().amax(-1)
    return (8 * torch.finfo(size.dtype).eps * size).clamp(min=torch.finfo(size.dtype).tiny)
