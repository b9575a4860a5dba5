"""All penalties of a path at once: they share XᵀX, so a step of all of them is one product of matrices."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from impl.regularization.duality import gap, shrinkage
from impl.regularization.lasso_fista import curvature
from impl.regularization.lasso_gram import Gram
from impl.regularization.prox import soft_threshold

ROUNDS = 4
STEPS = 12
POWER = 16
MARGIN = 1.1


def together(problem: Gram, levels: Tensor, goal: Tensor) -> Tensor:
    """Coefficients (lane, l, p) at nλ = levels (lane, l), most with a gap of at most `goal` (lane,), n times the gap.

    A round takes steps of FISTA from where it stands and then conjugate gradients on each support, as long as the
    objective falls. Penalties whose gap is small enough in every lane leave. What has no small gap after ROUNDS is
    for a solver of one penalty to finish.
    """
    H, q = problem.H, problem.q.unsqueeze(1)
    beta = torch.zeros_like(levels).unsqueeze(-1) * q
    answer, index = beta.clone(), torch.arange(levels.shape[1], device=levels.device)
    L, scale = _curvature(H), H.diagonal(dim1=-2, dim2=-1).unsqueeze(1)
    scale = scale.masked_fill(scale == 0, 1)
    for _ in range(ROUNDS):
        beta = _fista(H, q, levels, beta, L)
        pull = q - beta @ H
        moved = _on_support(problem, beta, pull - levels.unsqueeze(-1) * beta.sign(), scale)
        moved = moved.masked_fill(moved * beta.sign() <= 0, 0)
        its_pull = q - moved @ H
        lower = _objective(q, levels, moved, its_pull) <= _objective(q, levels, beta, pull)
        beta, pull = (torch.where(lower.unsqueeze(-1), a, b) for a, b in ((moved, beta), (its_pull, pull)))
        square = (problem.yy.unsqueeze(-1) - (beta * (q + pull)).sum(-1)).clamp(min=0)
        value = gap(beta, pull, square, levels, shrinkage(pull.abs().amax(-1), levels))
        answer[:, index] = torch.where(value.isfinite().unsqueeze(-1), beta, answer[:, index])
        going = (~(value <= goal.unsqueeze(-1))).any(0).nonzero().squeeze(-1)
        if len(going) == 0:
            break
        if len(going) < len(index):
            index, levels, beta = index[going], levels[:, going], beta[:, going]
    return answer


def _objective(q: Tensor, levels: Tensor, beta: Tensor, pull: Tensor) -> Tensor:
    """N times the objective less ‖y‖² ∕ 2: (lane, l)."""
    return levels * beta.abs().sum(-1) - (beta * (q + pull)).sum(-1) / 2


def _curvature(H: Tensor) -> Tensor:
    """About the largest eigenvalue, by power iteration from a vector without a pattern, and a margin: (lane, 1, 1).

    Too small a value only makes FISTA rise, which the gap shows; a bound from above would cost many steps.
    """
    place = torch.arange(1, H.shape[-1] + 1, dtype=H.dtype, device=H.device)
    v = torch.cos(place.square()).reshape(1, -1, 1).expand(len(H), -1, -1)
    for _ in range(POWER):
        v = H @ (v / torch.linalg.vector_norm(v, dim=-2, keepdim=True).clamp(min=torch.finfo(v.dtype).tiny))
    top = MARGIN * torch.linalg.vector_norm(v, dim=-2, keepdim=True)
    top = torch.minimum(top, curvature(H).reshape(-1, 1, 1))
    return top.masked_fill(top == 0, 1)


def _fista(H: Tensor, q: Tensor, levels: Tensor, beta: Tensor, L: Tensor) -> Tensor:
    """Steps of FISTA, the momentum starting anew, as in `lasso_fista`: (lane, l, p)."""
    point, t, threshold = beta, 1.0, levels.unsqueeze(-1) / L
    for _ in range(STEPS):
        new = soft_threshold(point + (q - point @ H) / L, threshold)
        later = (1 + math.sqrt(1 + 4 * t * t)) / 2
        point, beta, t = torch.lerp(beta, new, 1 + (t - 1) / later), new, later
    return beta


def _on_support(problem: Gram, beta: Tensor, force: Tensor, scale: Tensor) -> Tensor:
    """β + d, where d comes near H_AA d = force_A by conjugate gradients that the diagonal preconditions: (lane, l, p).

    A is the support of β, another one for each penalty (Golub & Van Loan 2013, section 11.5). A direction in which H
    is flat up to its rounding is not followed.
    """
    active = beta != 0
    rest = force * active
    ready = rest / scale
    way, size = ready, (rest * ready).sum(-1, keepdim=True)
    for _ in range(STEPS):
        bent = (way @ problem.H) * active
        curve = (way * bent).sum(-1, keepdim=True)
        flat = curve <= problem.jitter * (way * scale * way).sum(-1, keepdim=True)
        length = size / curve.masked_fill(flat, torch.inf)
        beta, rest = beta + length * way, rest - length * bent
        ready = rest / scale
        new = (rest * ready).sum(-1, keepdim=True)
        way, size = ready + new / size.masked_fill(size == 0, torch.inf) * way, new
    return beta
