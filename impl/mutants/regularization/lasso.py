"""The lasso, its path and its proximal operators with one classic mistake each."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from impl.core.subject import Mutant, mutant
from impl.mutants.regularization.lasso_loops import (
    descent,
    hard_threshold,
    proximal_steps,
    subgradient_steps,
    unsigned_threshold,
)
from impl.regularization.asked.lasso import CD, LASSO
from impl.regularization.centring import Centred, centre
from impl.regularization.duality import Certificate, Penalties, certificate, duality_gap, lambda_max
from impl.regularization.l1_ball import ConstrainedL1, within_l1
from impl.regularization.path_of_lasso import gaps, path
from impl.regularization.projection import project_l1_ball, project_l2_ball
from impl.regularization.prox import norm, prox_elastic_net, prox_l1, soft_threshold
from impl.regularization.subject import subject


def _wrong(name: str, mistake: str, **formulas: Any) -> Mutant:
    return mutant(name, mistake, subject("", lasso=replace(LASSO, **formulas)))


# Proximal operators: (v, step, ridge) → point.


def _hard(v: Tensor, step: Tensor, ridge: Tensor) -> Tensor:
    return hard_threshold(v, step.unsqueeze(-1)) / (1 + ridge.unsqueeze(-1))


def _unsigned(v: Tensor, step: Tensor, ridge: Tensor) -> Tensor:
    return unsigned_threshold(v, step.unsqueeze(-1)) / (1 + ridge.unsqueeze(-1))


def _unclipped(v: Tensor, step: Tensor, ridge: Tensor) -> Tensor:
    return v.sign() * (v.abs() - step.unsqueeze(-1)) / (1 + ridge.unsqueeze(-1))


def _half_step(v: Tensor, step: Tensor, ridge: Tensor) -> Tensor:
    return prox_elastic_net(v, step / 2, ridge)


def _ridge_first(v: Tensor, step: Tensor, ridge: Tensor) -> Tensor:
    return prox_l1(v / (1 + ridge.unsqueeze(-1)), step)


def _ridge_doubled(v: Tensor, step: Tensor, ridge: Tensor) -> Tensor:
    return prox_elastic_net(v, step, 2 * ridge)


def _block_unclipped(v: Tensor, step: Tensor, ridge: Tensor) -> Tensor:
    length = norm(v)
    share = 1 - step.unsqueeze(-1) / length.masked_fill(length == 0, 1)
    return share * v / (1 + ridge.unsqueeze(-1))


def _block_squared(v: Tensor, step: Tensor, ridge: Tensor) -> Tensor:
    return v / (1 + 2 * step.unsqueeze(-1) + ridge.unsqueeze(-1))


# Projections: (v, radius) → point.


def _scaled_onto_l1(v: Tensor, radius: Tensor) -> Tensor:
    size = v.abs().sum(-1, keepdim=True)
    return v * (radius.unsqueeze(-1) / size.masked_fill(size == 0, 1)).clamp(max=1)


def _onto_simplex(v: Tensor, radius: Tensor) -> Tensor:
    return project_l1_ball(v.clamp(min=0), radius)


def _all_entries_share(v: Tensor, radius: Tensor) -> Tensor:
    excess = (v.abs().sum(-1, keepdim=True) - radius.unsqueeze(-1)).clamp(min=0)
    return soft_threshold(v, excess / v.shape[-1])


def _onto_sphere(v: Tensor, radius: Tensor) -> Tensor:
    length = norm(v)
    return v / length.masked_fill(length == 0, 1) * radius.unsqueeze(-1)


def _scaled_into_box(v: Tensor, radius: Tensor) -> Tensor:
    top = v.abs().amax(-1, keepdim=True)
    return v * (radius.unsqueeze(-1) / top.masked_fill(top == 0, 1)).clamp(max=1)


# Penalties: (λ, ρ) → penalties.


def _l2_doubled(penalty: Tensor, ratio: Tensor) -> Penalties:
    return Penalties(penalty * ratio, 2 * penalty * (1 - ratio))


def _ratio_swapped(penalty: Tensor, ratio: Tensor) -> Penalties:
    return Penalties(penalty * (1 - ratio), penalty * ratio)


def _l2_forgotten(penalty: Tensor, ratio: Tensor) -> Penalties:
    return Penalties(penalty * ratio, torch.zeros_like(penalty))


# Certificates: (x, y, coef, penalties) → certificate.


def _infeasible(x: Tensor, y: Tensor, coef: Tensor, penalties: Penalties) -> Certificate:
    residual = y - (x @ coef.unsqueeze(-1)).squeeze(-1)
    found, n = certificate(x, y, coef, penalties), y.shape[-1]
    fit = y.square().sum(-1) - (y - residual).square().sum(-1)
    dual = fit / (2 * n) - penalties.l2 * coef.square().sum(-1) / 2
    return found._replace(dual=dual, gap=found.primal - dual, theta=residual)


def _shrunk_to_penalty(x: Tensor, y: Tensor, coef: Tensor, penalties: Penalties) -> Certificate:
    n = y.shape[-1]
    found = certificate(x, y, coef, Penalties(penalties.l1 / n, penalties.l2))
    primal = found.primal + (1 - 1 / n) * penalties.l1 * coef.abs().sum(-1)
    return found._replace(primal=primal, gap=primal - found.dual)


def _dual_without_ridge(x: Tensor, y: Tensor, coef: Tensor, penalties: Penalties) -> Certificate:
    one = torch.ones_like(penalties.l1)
    plain = duality_gap(x, y, coef, penalties.l1, one)
    primal = plain.primal + penalties.l2 * coef.square().sum(-1) / 2
    return plain._replace(primal=primal, gap=primal - plain.dual)


# The penalty at which all is 0: (x, y) → λ.


def _signed(x: Tensor, y: Tensor) -> Tensor:
    return (x.mT @ y.unsqueeze(-1)).squeeze(-1).amax(-1).clamp(min=0) / y.shape[-1]


def _euclidean(x: Tensor, y: Tensor) -> Tensor:
    return norm((x.mT @ y.unsqueeze(-1)).squeeze(-1)).squeeze(-1) / y.shape[-1]


# Centring: (x, y, intercept) → centred data.


def _targets_only(x: Tensor, y: Tensor, intercept: bool) -> Centred:
    found = centre(x, y, intercept)
    return found._replace(x=x, x_mean=torch.zeros_like(found.x_mean))


def _means_kept(x: Tensor, y: Tensor, intercept: bool) -> Centred:
    return centre(x, y, intercept)._replace(y_mean=torch.zeros_like(y[..., 0]))


def _standardised(x: Tensor, y: Tensor, intercept: bool) -> Centred:
    found = centre(x, y, intercept)
    scale = found.x.square().mean(-2, keepdim=True).sqrt()
    return found._replace(x=found.x / scale.masked_fill(scale == 0, 1))


# Solvers: (x, y, penalties, goal) → coef, gap, iterations.

Solved = tuple[Tensor, Tensor, Tensor]


def _rescaled(x: Tensor, y: Tensor, penalties: Penalties, goal: Tensor) -> Solved:
    coef, gap, iterations = CD(x, y, penalties, goal)
    return coef * (1 + penalties.l2.unsqueeze(-1)), gap, iterations


def _refitted(x: Tensor, y: Tensor, penalties: Penalties, goal: Tensor) -> Solved:
    coef, gap, iterations = CD(x, y, penalties, goal)
    kept = x * (coef != 0).unsqueeze(-2)
    return (torch.linalg.pinv(kept) @ y.unsqueeze(-1)).squeeze(-1), gap, iterations


def _almost_zero(x: Tensor, y: Tensor, penalties: Penalties, goal: Tensor) -> Solved:
    coef, gap, iterations = CD(x, y, penalties, goal)
    return torch.where(coef == 0, torch.finfo(coef.dtype).tiny, coef), gap, iterations


# Paths: (x, y, λs) → coef, gap.


def _exact_path(x: Tensor, y: Tensor, penalties: Tensor) -> tuple[Tensor, Tensor]:
    return path(x, y, penalties, None, 100)[:2]


def _straight(x: Tensor, y: Tensor, penalties: Tensor) -> tuple[Tensor, Tensor]:
    """Only the two ends are solved, as if there were no knots between them."""
    ends, _ = _exact_path(x, y, penalties[:, [0, -1]])
    width = (penalties[:, :1] - penalties[:, -1:]).masked_fill(penalties[:, :1] == penalties[:, -1:], 1)
    share = ((penalties[:, :1] - penalties) / width).unsqueeze(-1)
    coef = ends[:, :1] * (1 - share) + ends[:, 1:] * share
    return coef, gaps(x, y, coef, penalties)


def _never_leaving(x: Tensor, y: Tensor, penalties: Tensor) -> tuple[Tensor, Tensor]:
    """LARS without the lasso's rule that a coefficient which reaches 0 leaves: signs stay as they entered."""
    coef, gap = _exact_path(x, y, penalties)
    sign, kept = torch.zeros_like(coef[:, 0]), []
    for beta, penalty in zip(coef.unbind(1), penalties.unbind(-1), strict=True):
        sign = torch.where(sign == 0, beta.sign(), sign)
        some = x * (sign != 0).unsqueeze(-2)
        pull = some.mT @ y.unsqueeze(-1) - (y.shape[-1] * penalty).reshape(-1, 1, 1) * sign.unsqueeze(-1)
        kept.append((torch.linalg.pinv(some.mT @ some, hermitian=True) @ pull).squeeze(-1))
    return torch.stack(kept, 1), gap


def _one_sweep_each(x: Tensor, y: Tensor, penalties: Tensor) -> tuple[Tensor, Tensor]:
    start, found = torch.zeros_like(x[:, 0]), []
    for penalty in penalties.unbind(-1):
        start = descent(sweeps=1, start=start)(x, y, Penalties(penalty, torch.zeros_like(penalty)), penalty)[0]
        found.append(start)
    coef = torch.stack(found, 1)
    return coef, gaps(x, y, coef, penalties)


# Constrained: (x, y, radius) → solution.


def _least_squares(x: Tensor, y: Tensor) -> Tensor:
    found: Tensor = torch.linalg.pinv(x) @ y.unsqueeze(-1)
    return found.squeeze(-1)


def _projected(x: Tensor, y: Tensor, radius: Tensor) -> ConstrainedL1:
    return within_l1(x, y, radius)._replace(coef=project_l1_ball(_least_squares(x, y), radius))


def _within_l2(x: Tensor, y: Tensor, radius: Tensor) -> ConstrainedL1:
    return within_l1(x, y, radius)._replace(coef=project_l2_ball(_least_squares(x, y), radius))


def _radius_as_penalty(x: Tensor, y: Tensor, radius: Tensor) -> ConstrainedL1:
    coef, gap, _ = CD(x, y, Penalties(radius, torch.zeros_like(radius)), torch.zeros_like(radius))
    return ConstrainedL1(coef, radius, gap)


def _multiplier_of_sums(x: Tensor, y: Tensor, radius: Tensor) -> ConstrainedL1:
    found = within_l1(x, y, radius)
    return found._replace(penalty=found.penalty * y.shape[-1])


def _half_ball(x: Tensor, y: Tensor, radius: Tensor) -> ConstrainedL1:
    return within_l1(x, y, radius / 2)


LASSO_MUTANTS: tuple[Mutant, ...] = (
    _wrong("prox-hard", "the threshold keeps what exceeds it whole", prox_l1=_hard),
    _wrong("prox-unsigned", "the threshold is max(v − t, 0), which forgets negative entries", prox_l1=_unsigned),
    _wrong("prox-unclipped", "entries below the threshold change sign instead of vanishing", prox_l1=_unclipped),
    _wrong("prox-half-step", "the threshold is half as large", prox_l1=_half_step),
    _wrong("prox-ridge-first", "the square shrinks before the threshold, not after it", prox_l1=_ridge_first),
    _wrong("prox-ridge-doubled", "the square is counted without its half", prox_l1=_ridge_doubled),
    _wrong("prox-l2-entry-by-entry", "the ℓ2 norm thresholds each entry, not the block", prox_l2=prox_elastic_net),
    _wrong("prox-l2-unclipped", "a block shorter than the step is turned round", prox_l2=_block_unclipped),
    _wrong("prox-l2-squared", "the ℓ2 norm is taken for its square", prox_l2=_block_squared),
    _wrong("project-l1-scaled", "v is scaled onto the ℓ1 ball, not projected", project_l1=_scaled_onto_l1),
    _wrong("project-l1-simplex", "negative entries are cut off, as on the simplex", project_l1=_onto_simplex),
    _wrong("project-l1-unsorted", "all entries share the excess, also the small ones", project_l1=_all_entries_share),
    _wrong("project-l2-sphere", "points inside the ball are pushed onto its surface", project_l2=_onto_sphere),
    _wrong("project-linf-scaled", "v is scaled into the box, not clipped", project_linf=_scaled_into_box),
    _wrong("elastic-l2-without-half", "the square is counted without its half", split=_l2_doubled),
    _wrong("elastic-ratio-swapped", "ρ weighs the square, 1 − ρ the ℓ1 norm", split=_ratio_swapped),
    _wrong("elastic-square-forgotten", "the square is left out", split=_l2_forgotten),
    _wrong("elastic-rescaled", "the elastic net is scaled up by 1 + λ₂", cd=_rescaled),
    _wrong("gap-from-infeasible-dual", "the residual is the dual point, feasible or not", certificate=_infeasible),
    _wrong("gap-shrunk-to-penalty", "the dual point is shrunk to λ, not nλ", certificate=_shrunk_to_penalty),
    _wrong("gap-dual-without-square", "the dual of the elastic net is the lasso's", certificate=_dual_without_ridge),
    _wrong("lambda-max-of-sums", "λ_max is not divided by n", lambda_max=lambda x, y: lambda_max(x, y) * y.shape[-1]),
    _wrong("lambda-max-signed", "λ_max looks at positive correlations only", lambda_max=_signed),
    _wrong("lambda-max-euclidean", "λ_max is the ℓ2 norm of Xᵀy ∕ n", lambda_max=_euclidean),
    _wrong("lasso-columns-not-centred", "with an intercept only y is centred", centre=_targets_only),
    _wrong("lasso-intercept-without-mean", "the mean of y is not put back", centre=_means_kept),
    _wrong("lasso-standardised", "columns are scaled in secret, coefficients not back", centre=_standardised),
    _wrong("lasso-hard-threshold", "coordinate descent thresholds hard", cd=descent(threshold=hard_threshold)),
    _wrong("lasso-unsigned-threshold", "coefficients cannot be negative", cd=descent(threshold=unsigned_threshold)),
    _wrong("lasso-without-n", "the penalty is λ in sums, not nλ", cd=descent(level=lambda l1, n: l1)),
    _wrong(
        "lasso-half-penalty",
        "the square's half is forgotten, so that λ counts half",
        cd=descent(level=lambda l1, n: n * l1 / 2),
    ),
    _wrong("lasso-unit-columns", "columns are taken to have the length √n", cd=descent(unit=True)),
    _wrong("lasso-stopped-early", "descent stops when no coefficient moves by more than 10⁻⁴", cd=descent(stop=1e-4)),
    _wrong("lasso-subgradient", "subgradient steps, which reach no exact zeros", cd=subgradient_steps),
    _wrong("lasso-almost-zero", "what is not active is tiny, not 0", cd=_almost_zero),
    _wrong("lasso-refitted", "least squares are fitted on the support", cd=_refitted),
    _wrong(
        "fista-threshold-without-step", "the threshold is not multiplied by the step", fista=proximal_steps(bare=True)
    ),
    _wrong("fista-few-steps", "ten proximal steps are thought enough", fista=proximal_steps(count=10)),
    _wrong("laplace-times-scale", "λ = σ² b", laplace=lambda noise, scale, n: noise * scale),
    _wrong("laplace-without-n", "λ = σ² ∕ b", laplace=lambda noise, scale, n: noise / scale),
    _wrong("laplace-deviation", "λ = σ ∕ (n b)", laplace=lambda noise, scale, n: noise.sqrt() / (n * scale)),
    _wrong(
        "laplace-variance",
        "b is taken for the prior's variance 2b²",
        laplace=lambda noise, scale, n: noise / (n * 2 * scale.square()),
    ),
    _wrong("path-straight", "the path is drawn as a straight line between its ends", path=_straight),
    _wrong("path-never-leaving", "a coefficient that reaches 0 goes on with the wrong sign", path=_never_leaving),
    _wrong("path-one-sweep", "each penalty gets one sweep from the last", path=_one_sweep_each),
    _wrong("ball-projected-least-squares", "least squares are projected onto the ball", within=_projected),
    _wrong("ball-l2", "the ball is round", within=_within_l2),
    _wrong("ball-radius-as-penalty", "the radius is used as λ", within=_radius_as_penalty),
    _wrong("ball-multiplier-of-sums", "the multiplier is nλ", within=_multiplier_of_sums),
    _wrong("ball-half", "the ball is half as large", within=_half_ball),
)
