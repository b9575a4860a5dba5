"""Mistakes in kernels, their features and losses."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from impl.core.subject import Mutant, mutant
from impl.kernel_machines.asked.kernels import KERNELS
from impl.kernel_machines.feature_map import multinomial_weight, polynomial_map
from impl.kernel_machines.gaussian_series import exponents, remainder, series
from impl.kernel_machines.grams import (
    laplacian_kernel,
    linear_kernel,
    polynomial_kernel,
    power,
    rbf_kernel,
    tanh_products,
)
from impl.kernel_machines.losses import hinge, logistic
from impl.kernel_machines.subject import subject

Formula = Callable[..., Tensor]


def _strict(score: Tensor) -> Tensor:
    return (score < 0).to(score.dtype)


def _perceptron_loss(score: Tensor) -> Tensor:
    return (-score).clamp(min=0)


def _hinge_of_errors_only(score: Tensor) -> Tensor:
    return hinge(score).masked_fill(score > 0, 0)


def _unclipped(score: Tensor) -> Tensor:
    return (1 - score).square()


def _naive(score: Tensor) -> Tensor:
    return (1 + (-score).exp()).log()


def _without_log1p(score: Tensor) -> Tensor:
    return (-score).clamp(min=0) + (1 + score.abs().neg().exp()).log()


def _softplus(score: Tensor) -> Tensor:
    return torch.where(-score > 20, -score, logistic(score))


def _by_sigmoid(score: Tensor) -> Tensor:
    return -torch.sigmoid(score).clamp(min=torch.finfo(score.dtype).tiny).log()


def _scaled_twice(score: Tensor) -> Tensor:
    return logistic(score) / math.log(2) ** 2


def _outside(x: Tensor, z: Tensor, *, gamma: float, zeta: float, degree: int) -> Tensor:
    return zeta + power(gamma * (x @ z.mT), degree)


def _gamma_outside(x: Tensor, z: Tensor, *, gamma: float, zeta: float, degree: int) -> Tensor:
    return gamma * power(zeta + x @ z.mT, degree)


def _gamma_of_both(x: Tensor, z: Tensor, *, gamma: float, zeta: float, degree: int) -> Tensor:
    return power(gamma * (zeta + x @ z.mT), degree)


def _with(formula: Formula, **wrong: Any) -> Formula:
    """The formula with some options as they should not be: a function of what was asked, or a value."""

    def asked(*points: Tensor, **options: Any) -> Tensor:
        changed = {name: value(options[name]) if callable(value) else value for name, value in wrong.items()}
        return formula(*points, **(options | changed))

    return asked


def _squared_distances(x: Tensor, z: Tensor) -> Tensor:
    return (x.unsqueeze(-2) - z.unsqueeze(-3)).square().sum(-1)


def _unsquared(x: Tensor, z: Tensor, *, gamma: float) -> Tensor:
    return (-gamma * _squared_distances(x, z).sqrt()).exp()


def _expanded(x: Tensor, z: Tensor, *, gamma: float) -> Tensor:
    norms = x.square().sum(-1).unsqueeze(-1) + z.square().sum(-1).unsqueeze(-2)
    return (-gamma * (norms - 2 * (x @ z.mT)).clamp(min=0)).exp()


def _mean_distance(x: Tensor, z: Tensor, *, gamma: float) -> Tensor:
    return rbf_kernel(x, z, gamma=gamma / x.shape[-1])


def _greatest_difference(x: Tensor, z: Tensor, *, gamma: float) -> Tensor:
    return (-gamma * (x.unsqueeze(-2) - z.unsqueeze(-3)).abs().amax(-1)).exp()


def _cosine(x: Tensor, z: Tensor) -> Tensor:
    lengths = _norms(x).sqrt().unsqueeze(-1) * _norms(z).sqrt().unsqueeze(-2)
    return linear_kernel(x, z) / lengths.masked_fill(lengths == 0, 1)


def _indefinite(x: Tensor, z: Tensor) -> Tensor:
    return linear_kernel(x, z) - 1


def _no_multinomials(factors: tuple[int, ...], degree: int, gamma: float, zeta: float) -> float:
    constant = factors.count(0)
    return math.sqrt(zeta**constant * gamma ** (degree - constant))


def _not_rooted(factors: tuple[int, ...], degree: int, gamma: float, zeta: float) -> float:
    return multinomial_weight(factors, degree, gamma, zeta) ** 2


def _full_degree_gamma(factors: tuple[int, ...], degree: int, gamma: float, zeta: float) -> float:
    return multinomial_weight(factors, degree, gamma, zeta) * math.sqrt(gamma ** factors.count(0))


def _constant_not_counted(factors: tuple[int, ...], degree: int, gamma: float, zeta: float) -> float:
    return multinomial_weight(factors, degree, gamma, zeta) / math.sqrt(math.comb(degree, factors.count(0)))


def _without_factor_two(x: Tensor, z: Tensor, *, gamma: float, terms: int) -> Tensor:
    return series(x, z / 2, gamma=gamma, terms=terms) * (-0.75 * gamma * _norms(z).unsqueeze(-2)).exp()


def _norms(z: Tensor) -> Tensor:
    return z.square().sum(-1)


def _signs_forgotten(x: Tensor, z: Tensor, *, gamma: float, terms: int) -> Tensor:
    found = series(x, z, gamma=gamma, terms=terms)
    return torch.where(x @ z.mT < 0, series(x, -z, gamma=gamma, terms=terms), found)


def _norm_of_z_forgotten(x: Tensor, z: Tensor, *, gamma: float, terms: int) -> Tensor:
    return series(x, z, gamma=gamma, terms=terms) * (gamma * _norms(z).unsqueeze(-2)).exp()


def _without_factorials(x: Tensor, z: Tensor, *, gamma: float, terms: int) -> Tensor:
    norms, products = exponents(x, z, gamma)
    return (-norms).exp() * sum((power(products, m) for m in range(1, terms)), torch.ones_like(products))


def _next_term_alone(x: Tensor, z: Tensor, *, gamma: float, terms: int) -> Tensor:
    return remainder(x, z, gamma=gamma, terms=terms) * (-exponents(x, z, gamma)[1].abs()).exp()


def _signed_remainder(x: Tensor, z: Tensor, *, gamma: float, terms: int) -> Tensor:
    return torch.where(x @ z.mT < 0, -1.0, 1.0) * remainder(x, z, gamma=gamma, terms=terms)


def _eigenvalues(gram: Tensor) -> Tensor:
    found: Tensor = torch.linalg.eigvalsh(gram)
    return found


def _least_diagonal(gram: Tensor) -> Tensor:
    return gram.diagonal(dim1=-2, dim2=-1).amin(-1)


def _least_singular(gram: Tensor) -> Tensor:
    return _eigenvalues(gram).abs().amin(-1)


def _greatest(gram: Tensor) -> Tensor:
    return _eigenvalues(gram).amax(-1)


def _gershgorin(gram: Tensor) -> Tensor:
    diagonal = gram.diagonal(dim1=-2, dim2=-1)
    return (diagonal - (gram.abs().sum(-1) - diagonal.abs())).amin(-1)


def _clipped(gram: Tensor) -> Tensor:
    return _eigenvalues(gram)[..., 0].clamp(min=0)


def _nothing(gram: Tensor) -> Tensor:
    return torch.zeros_like(gram[..., 0, 0])


def _everything(gram: Tensor) -> Tensor:
    return gram.abs().sum((-2, -1))


def _wrong(name: str, mistake: str, **formulas: Any) -> Mutant:
    return mutant(name, mistake, subject("", kernels=replace(KERNELS, **formulas)))


def _mapped(weight: Callable[..., float]) -> Formula:
    return lambda x, **options: polynomial_map(x, weight=weight, **options)


KERNELS_MUTANTS: tuple[Mutant, ...] = (
    _wrong("zero-one-strict", "a point on the boundary is no error", zero_one=_strict),
    _wrong("hinge-without-margin", "the hinge is max(0, −s), the perceptron's loss", hinge=_perceptron_loss),
    _wrong("hinge-of-errors-only", "points inside the margin cost nothing", hinge=_hinge_of_errors_only),
    _wrong("hinge-squared", "the hinge is squared", hinge=lambda score: hinge(score).square()),
    _wrong("squared-hinge-plain", "the squared hinge is not squared", squared_hinge=hinge),
    _wrong("squared-hinge-unclipped", "the squared hinge punishes large scores too", squared_hinge=_unclipped),
    _wrong("log-loss-not-scaled", "the log loss is not divided by log 2", scaled_logistic=logistic),
    _wrong("log-loss-scaled-twice", "the log loss is divided by log 2 twice", scaled_logistic=_scaled_twice),
    _wrong("log-loss-naive", "log(1 + e^(−s)) as it is written", logistic=_naive),
    _wrong("log-loss-without-log1p", "log(1 + e^(−|s|)) without log1p", logistic=_without_log1p),
    _wrong("log-loss-softplus", "softplus returns its argument above 20", logistic=_softplus),
    _wrong("log-loss-of-sigmoid", "the log of a sigmoid that is kept away from 0", logistic=_by_sigmoid),
    _wrong("log-loss-sign", "the log loss falls where it should rise", logistic=lambda score: logistic(-score)),
    _wrong("linear-cosine", "inner products are divided by lengths", linear=_cosine),
    _wrong("linear-indefinite", "the linear kernel has −1 added", linear=_indefinite),
    _wrong("polynomial-zeta-outside", "ζ is added after the power", polynomial=_outside),
    _wrong("polynomial-gamma-outside", "γ multiplies the power", polynomial=_gamma_outside),
    _wrong("polynomial-gamma-of-both", "γ multiplies ζ too", polynomial=_gamma_of_both),
    _wrong("polynomial-homogeneous", "ζ is forgotten", polynomial=_with(polynomial_kernel, zeta=0.0)),
    _wrong(
        "polynomial-degree-off",
        "the power is one higher",
        polynomial=_with(polynomial_kernel, degree=lambda degree: degree + 1),
    ),
    _wrong("rbf-unsquared", "the distance is not squared", rbf=_unsquared),
    _wrong("rbf-expanded", "the distance is ‖x‖² + ‖z‖² − 2 x·z", rbf=_expanded),
    _wrong("rbf-bandwidth", "γ is taken for a variance", rbf=_with(rbf_kernel, gamma=lambda gamma: 1 / (2 * gamma))),
    _wrong("rbf-half", "γ is halved", rbf=_with(rbf_kernel, gamma=lambda gamma: gamma / 2)),
    _wrong("rbf-mean-distance", "the squared differences are averaged", rbf=_mean_distance),
    _wrong("laplacian-euclidean", "the distance of the Laplacian kernel is Euclidean", laplacian=_unsquared),
    _wrong("laplacian-greatest", "the greatest difference instead of their sum", laplacian=_greatest_difference),
    _wrong("laplacian-rbf", "the Laplacian kernel is the RBF kernel", laplacian=rbf_kernel),
    _wrong(
        "laplacian-gamma-inverse",
        "γ is taken for a length",
        laplacian=_with(laplacian_kernel, gamma=lambda gamma: 1 / gamma),
    ),
    _wrong("sigmoid-zeta-forgotten", "the sigmoid has no ζ", sigmoid=_with(tanh_products, zeta=0.0)),
    _wrong(
        "sigmoid-logistic",
        "the sigmoid is the logistic one",
        sigmoid=lambda x, z, **options: torch.sigmoid(2 * torch.atanh(tanh_products(x, z, **options))),
    ),
    _wrong("features-no-multinomials", "monomials are not weighted", features=_mapped(_no_multinomials)),
    _wrong("features-not-rooted", "weights are not the roots of the coefficients", features=_mapped(_not_rooted)),
    _wrong("features-gamma-everywhere", "every monomial has the full power of γ", features=_mapped(_full_degree_gamma)),
    _wrong("features-constant-not-counted", "the constant is not chosen", features=_mapped(_constant_not_counted)),
    _wrong("series-without-factor-two", "the series is of γ x·z", series=_without_factor_two),
    _wrong("series-without-factorials", "the terms are not divided by m!", series=_without_factorials),
    _wrong("series-signs-forgotten", "odd powers have no sign", series=_signs_forgotten),
    _wrong("series-norm-forgotten", "only ‖x‖² is in the factor", series=_norm_of_z_forgotten),
    _wrong(
        "series-one-term-short",
        "the sum begins at the second term",
        series=lambda x, z, *, gamma, terms: (
            series(x, z, gamma=gamma, terms=terms) - series(x, z, gamma=gamma, terms=1)
        ),
    ),
    _wrong("series-one-term-more", "the sum has a term too many", series=_with(series, terms=lambda terms: terms + 1)),
    _wrong("remainder-next-term", "the remainder is the next term alone", remainder=_next_term_alone),
    _wrong(
        "remainder-one-on",
        "the remainder is that of a term more",
        remainder=_with(remainder, terms=lambda terms: terms + 1),
    ),
    _wrong("remainder-signed", "the remainder is negative where x·z is", remainder=_signed_remainder),
    _wrong("psd-by-diagonal", "a positive diagonal is enough", smallest=_least_diagonal),
    _wrong("psd-by-singular-value", "the least singular value for the least eigenvalue", smallest=_least_singular),
    _wrong("psd-by-greatest", "the greatest eigenvalue for the least", smallest=_greatest),
    _wrong("psd-by-gershgorin", "Gershgorin's bound for the least eigenvalue", smallest=_gershgorin),
    _wrong("psd-clipped", "negative eigenvalues are said to be 0", smallest=_clipped),
    _wrong("psd-without-rounding", "no room for rounding", tolerated=_nothing),
    _wrong("psd-always", "every matrix passes", tolerated=_everything),
)
"""Mistakes in kernels, their features and losses."""
