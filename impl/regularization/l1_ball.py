"""Least squares within an ℓ1 ball: the lasso whose coefficients have that size, with a certificate of its own."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from impl.regularization import duality
from impl.regularization.checks import as_lanes, check_data, check_lanes
from impl.regularization.lasso_gram import Gram, gram
from impl.regularization.lasso_orthant import correction
from impl.regularization.lasso_scale import scaled
from impl.regularization.lasso_solver import minimise

MOST = 100
ROUNDS = 1000


class ConstrainedL1(NamedTuple):
    """coef (*B, p) with ‖coef‖₁ ≤ radius, penalty (*B): its multiplier as lasso λ, gap (*B): Frank–Wolfe's."""

    coef: Tensor
    penalty: Tensor
    gap: Tensor


def constrained_l1(x: Tensor, y: Tensor, radius: Tensor | float) -> ConstrainedL1:
    """Min ‖y − Xβ‖² ∕ 2n within ‖β‖₁ ≤ radius: x (*B, n, p), y (*B, n), radius > 0, a number or (*B).

    ‖β(λ)‖₁ falls as λ grows, along straight lines between knots (Osborne, Presnell & Turlach 2000), so Newton's method
    kept inside a bracket finds the λ at which it is the radius. penalty is 0 where least squares fit inside the ball.
    f(β) − min f ≤ gap = ∇fᵀβ + radius ‖∇f‖_∞ (Jaggi 2013, section 2). Not unique where the lasso is not.
    """
    radius = as_lanes(radius, x)
    check_data(x, y)
    check_lanes(radius, "radius", x, positive=True)
    lanes, (n, p) = y.shape[:-1], x.shape[-2:]
    coef, penalty, gap = within_l1(x.reshape(-1, n, p), y.reshape(-1, n), radius.reshape(-1))
    return ConstrainedL1(coef.reshape(*lanes, p), penalty.reshape(lanes), gap.reshape(lanes))


def within_l1(x: Tensor, y: Tensor, radius: Tensor) -> ConstrainedL1:
    """`constrained_l1` of one axis of lanes. Nothing is checked."""
    near, n = scaled(x, y), y.shape[-1]
    radius = radius * near.by_x / near.by_y
    coef, level = _search(gram(near.x, near.y), radius, n * duality.goal(near.x, near.y))
    pull = (near.x.mT @ (near.y - (near.x @ coef.unsqueeze(-1)).squeeze(-1)).unsqueeze(-1)).squeeze(-1)
    gap = near.gap(frank_wolfe(coef, pull, radius) / n)
    return ConstrainedL1(near.coef(coef), level / n * near.by_x * near.by_y, gap)


def frank_wolfe(coef: Tensor, pull: Tensor, radius: Tensor) -> Tensor:
    """N times ∇fᵀβ + radius ‖∇f‖_∞, where −∇f is `pull` ∕ n, as a sum of terms that are never negative: (lane,)."""
    top = pull.abs().amax(-1)
    slack = top.unsqueeze(-1) * coef.abs() - coef * pull
    return slack.sum(-1) + (radius - coef.abs().sum(-1)).clamp(min=0) * top


def _search(problem: Gram, radius: Tensor, goal: Tensor) -> tuple[Tensor, Tensor]:
    """Coefficients (lane, p) in the ball with a gap of at most `goal` (lane,), and their nλ (lane,).

    At a λ whose lasso is known, β moves by (λ − μ) n H_AA⁻¹ s on the way to μ while signs and support stay; the μ at
    which it has the wanted size is tried, and where the gap there is too large becomes the next λ.
    """
    high = problem.q.abs().amax(-1)
    low, level, beta = torch.zeros_like(high), high / 2, torch.zeros_like(problem.q)
    answer, multiplier = beta.clone(), high.clone()
    index, least = torch.arange(len(goal), device=goal.device), torch.full_like(goal, torch.inf)
    for _ in range(MOST):
        beta, _ = minimise(problem._replace(level=level), beta, goal / 16, "cd", ROUNDS)
        size = beta.abs().sum(-1)
        low, high = torch.where(size >= radius, level, low), torch.where(size >= radius, high, level)
        active = beta != 0
        along = correction(problem, beta.sign(), active, max(1, int(active.sum(-1).max())))
        steep = (along * beta.sign()).sum(-1)
        aim = level + (size - radius) / steep.masked_fill(steep <= 0, torch.inf)
        aim = torch.minimum(aim, high).clamp(min=0)
        tried = beta + (level - aim).unsqueeze(-1) * along
        tried = tried * (radius / torch.maximum(tried.abs().sum(-1), radius)).unsqueeze(-1)
        gap = frank_wolfe(tried, problem.pull(tried), radius)
        lower = gap < least
        answer[index] = torch.where(lower.unsqueeze(-1), tried, answer[index])
        multiplier[index] = torch.where(lower, aim, multiplier[index])
        least = torch.minimum(gap, least)
        inside = (aim > low) & (aim < high)
        level = torch.where(inside, aim, torch.where(low > 0, (low + high) / 2, high / 16))
        going = (gap > goal).nonzero().squeeze(-1)
        if len(going) == 0:
            break
        index, problem, goal = index[going], problem.lanes(going), goal[going]
        beta, radius, low, high, level, least = (v[going] for v in (beta, radius, low, high, level, least))
    return answer, multiplier
