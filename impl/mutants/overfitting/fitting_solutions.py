"""Designs, least squares and leaving one out with one classic mistake each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from impl.core.subject import Mutant, mutant
from impl.overfitting.asked.fitting import FITTING
from impl.overfitting.bases import polynomial_design
from impl.overfitting.deletion import deleted_residual, generalised
from impl.overfitting.householder import Factored, Nested
from impl.overfitting.ridge import Centred, centred, shrinkage
from impl.overfitting.singular_values import Spectrum, least_norm_solution
from impl.overfitting.subject import subject

SECRET = 1e-6
"""A penalty that nobody asked for."""


# Designs.


def _chebyshev_without_two(t: Tensor, degree: int, basis: str) -> Tensor:
    if basis != "chebyshev":
        return polynomial_design(t, degree, basis)
    columns = [torch.ones_like(t), t]
    for _ in range(degree - 1):
        columns.append(t * columns[-1] - columns[-2])
    return torch.stack(columns[: degree + 1], -1)


def _bonnet_slip(t: Tensor, degree: int, basis: str) -> Tensor:
    if basis != "legendre":
        return polynomial_design(t, degree, basis)
    columns = [torch.ones_like(t), t]
    for k in range(1, degree):
        columns.append(((2 * k + 1) * t * columns[-1] - k * columns[-2]) / (k + 2))
    return torch.stack(columns[: degree + 1], -1)


def _orthonormal(t: Tensor, degree: int, basis: str) -> Tensor:
    x = polynomial_design(t, degree, basis)
    if basis != "legendre":
        return x
    return x * (torch.arange(degree + 1, device=t.device).to(t) + 0.5).sqrt()


def _only_powers(t: Tensor, degree: int, basis: str) -> Tensor:
    return polynomial_design(t, degree, "monomial")


def _falling_powers(t: Tensor, degree: int, basis: str) -> Tensor:
    return polynomial_design(t, degree, basis).flip(-1)


# Least squares.


def _normal_equations(design: Factored, y: Tensor) -> Tensor:
    coef: Tensor = torch.linalg.solve(design.x.mT @ design.x, design.x.mT @ y)
    return coef


def _without_back_substitution(design: Factored, y: Tensor) -> Tensor:
    return (design.q.mT @ y) / design.r.diagonal(dim1=-2, dim2=-1).unsqueeze(-1)


def _absolute_leverages(design: Factored) -> Tensor:
    return design.q.abs().sum(-1)


def _leverages_without_inverse(design: Factored) -> Tensor:
    return design.x.square().sum(-1) / design.x.square().mean((-2, -1)).unsqueeze(-1) / design.x.shape[-2]


def _each_column_alone(design: Factored, y: Tensor) -> Nested:
    """Each gain as if the column were the only one."""
    lengths = design.x.square().sum(-2)
    gain = (design.x.mT @ y.unsqueeze(-1)).squeeze(-1).square() / lengths
    rest = y.square().sum(-1, keepdim=True)
    return Nested(torch.cat([rest, rest - gain.cumsum(-1)], -1), gain)


def _centred_start(design: Factored, y: Tensor) -> Nested:
    """The empty design predicts the mean."""
    good = FITTING.nested(design, y)
    start = (y - y.mean(-1, keepdim=True)).square().sum(-1, keepdim=True)
    return Nested(torch.cat([start, good.rss[..., 1:]], -1), good.gain)


# Minimum norm.


def _svd(x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    u, s, vt = torch.linalg.svd(x, full_matrices=False)
    return u, s, vt


def secret_ridge(x: Tensor, y: Tensor) -> Tensor:
    """Ridge with a penalty of 1e-6."""
    wide = torch.cat([x, SECRET**0.5 * torch.eye(x.shape[-1]).to(x).expand(*x.shape[:-2], -1, -1)], -2)
    return least_norm_solution(wide, torch.cat([y, torch.zeros_like(x[..., 0, :])], -1))


def _basic_solution(x: Tensor, y: Tensor) -> Tensor:
    """Solves with the first min(n, d) columns, the others get no weight."""
    k = min(x.shape[-2:])
    coef = least_norm_solution(x[..., :k], y)
    return torch.cat([coef, coef.new_zeros((*coef.shape[:-1], x.shape[-1] - k))], -1)


def _no_rank_cut(x: Tensor, y: Tensor) -> Tensor:
    u, s, vt = _svd(x)
    tiny = torch.finfo(x.dtype).tiny
    return (vt.mT @ ((u.mT @ y.unsqueeze(-1)) / s.clamp(min=tiny).unsqueeze(-1))).squeeze(-1)


def _coarse_rank_cut(x: Tensor, y: Tensor) -> Tensor:
    u, s, vt = _svd(x)
    kept = torch.where(s > 0.01 * s[..., :1], 1 / s, 0)
    return (vt.mT @ (kept.unsqueeze(-1) * (u.mT @ y.unsqueeze(-1)))).squeeze(-1)


def _shrunken_inverse(x: Tensor) -> Tensor:
    u, s, vt = _svd(x)
    return (vt.mT * (s / (s.square() + 0.5)).unsqueeze(-2)) @ u.mT


def _transposed_inverse(x: Tensor) -> Tensor:
    """Xᵀ over the mean of s²."""
    return x.mT * min(x.shape[-2:]) / x.square().sum((-2, -1), keepdim=True).clamp(min=torch.finfo(x.dtype).tiny)


def _inverse_without_cut(x: Tensor) -> Tensor:
    u, s, vt = _svd(x)
    return (vt.mT / s.clamp(min=torch.finfo(x.dtype).tiny).unsqueeze(-2)) @ u.mT


# Hat matrices and leaving one out.


def _unsquared_shrinkage(found: Spectrum, penalty: Tensor) -> Tensor:
    lam = penalty.unsqueeze(-1)
    return torch.where(found.kept | (lam > 0), found.s / (found.s + lam), 0)


def _penalty_per_row(found: Spectrum, penalty: Tensor) -> Tensor:
    return shrinkage(found, penalty * found.u.shape[-2])


def _penalised_intercept(x: Tensor, y: Tensor, *, intercept: bool) -> Centred:
    if not intercept:
        return centred(x, y, intercept=False)
    return centred(torch.cat([torch.ones_like(x[..., :1]), x], -1), y, intercept=False)


def _forgotten_intercept(x: Tensor, y: Tensor, *, intercept: bool) -> Centred:
    return centred(x, y, intercept=intercept)._replace(leverage=0.0)


def _ignored_intercept(x: Tensor, y: Tensor, *, intercept: bool) -> Centred:
    return centred(x, y, intercept=False)


def _unpenalised_leverages(found: Spectrum, shrunk: Tensor, penalty: Tensor) -> Tensor:
    return found.column_space().square().sum(-1)


def _half_power(residual: Tensor, leverage: Tensor) -> Tensor:
    return residual / (1 - leverage).sqrt()


def _mean_leverage(residual: Tensor, leverage: Tensor) -> Tensor:
    return residual / (1 - leverage.mean(-1, keepdim=True))


def _undivided(residual: Tensor, leverage: Tensor) -> Tensor:
    return residual.clone()


def _own_leverages(residual: Tensor, leverage: Tensor) -> Tensor:
    return deleted_residual(residual, leverage).square().mean(-1)


def _gcv_half_power(residual: Tensor, leverage: Tensor) -> Tensor:
    return generalised(residual, leverage) * (1 - leverage.mean(-1))


def _wrong(name: str, mistake: str, **formulas: Callable[..., Any]) -> Mutant:
    return mutant(name, mistake, subject("", fitting=replace(FITTING, **formulas)))


SOLUTION_MUTANTS: tuple[Mutant, ...] = (
    _wrong("chebyshev-without-two", "T_{k+1} = t T_k − T_{k−1}", design=_chebyshev_without_two),
    _wrong("legendre-bonnet-slip", "Bonnet's recurrence divides by k + 2", design=_bonnet_slip),
    _wrong("legendre-orthonormal", "Legendre polynomials are scaled to length 1", design=_orthonormal),
    _wrong("basis-ignored", "every basis is that of powers", design=_only_powers),
    _wrong("powers-falling", "the columns begin with the highest degree", design=_falling_powers),
    _wrong("normal-equations", "least squares solves XᵀXc = Xᵀy", solve=_normal_equations),
    _wrong("columns-solved-alone", "R is taken for a diagonal matrix", solve=_without_back_substitution),
    _wrong("leverage-unsquared", "leverages are sums of |q|, not of q²", leverages=_absolute_leverages),
    _wrong("leverage-without-inverse", "leverages are shares of ‖X‖²", leverages=_leverages_without_inverse),
    _wrong("gain-of-each-column-alone", "a column's gain ignores those before it", nested=_each_column_alone),
    _wrong("empty-design-predicts-mean", "no column at all still fits the mean", nested=_centred_start),
    _wrong(
        "minimum-norm-secret-ridge", "ridge with penalty 1e-6 passes for the minimum norm", minimum_norm=secret_ridge
    ),
    _wrong("basic-solution", "the columns beyond the rank get no weight", minimum_norm=_basic_solution),
    _wrong("minimum-norm-without-cut", "singular values of rounding size are inverted", minimum_norm=_no_rank_cut),
    _wrong("minimum-norm-coarse-cut", "singular values below 1 % are cut off", minimum_norm=_coarse_rank_cut),
    _wrong("pseudo-inverse-of-ridge", "the pseudo-inverse has a penalty of 1/2", pseudo_inverse=_shrunken_inverse),
    _wrong(
        "pseudo-inverse-as-transpose", "the pseudo-inverse is the scaled transpose", pseudo_inverse=_transposed_inverse
    ),
    _wrong(
        "pseudo-inverse-without-cut",
        "singular values of rounding size are inverted",
        pseudo_inverse=_inverse_without_cut,
    ),
    _wrong("shrinkage-unsquared", "directions are shrunk by s/(s + λ)", shrinkage=_unsquared_shrinkage),
    _wrong("penalty-per-row", "the penalty is taken n times", shrinkage=_penalty_per_row),
    _wrong("intercept-penalised", "the intercept is a column like the others", centred=_penalised_intercept),
    _wrong("intercept-leverage-forgotten", "the intercept adds no 1/n to leverages", centred=_forgotten_intercept),
    _wrong("intercept-ignored", "there is never an intercept", centred=_ignored_intercept),
    _wrong("leave-one-out-ols-leverage", "ridge is left out with OLS leverages", row_leverages=_unpenalised_leverages),
    _wrong("leave-one-out-half-power", "the residual is divided by √(1 − h)", deleted=_half_power),
    _wrong("leave-one-out-mean-leverage", "every row gets the mean leverage", deleted=_mean_leverage),
    _wrong("leave-one-out-undivided", "training residuals pass for left-out ones", deleted=_undivided),
    _wrong("gcv-own-leverages", "GCV divides by each row's own leverage", generalised=_own_leverages),
    _wrong("gcv-half-power", "GCV is divided by 1 − mean leverage once", generalised=_gcv_half_power),
)
