"""Mistakes in ridge regression, its degrees of freedom, its prior and its constraint."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import torch
from torch import Tensor

from impl.core.subject import Mutant, mutant
from impl.regularization.asked.ridge import RIDGE
from impl.regularization.centring import centre, intercept_of
from impl.regularization.l2_ball import Constrained, within_ball
from impl.regularization.normal_equations import cholesky_solution
from impl.regularization.ridge_regression import unpenalised
from impl.regularization.spectral import (
    Path,
    Solution,
    gain,
    hat,
    posterior_covariance,
    rank_tolerance,
    shrinkage,
    spectrum,
    svd_path,
    svd_solution,
    without_rounding,
)
from impl.regularization.subject import subject

Found = TypeVar("Found")
Solve = Callable[[Tensor, Tensor, Tensor], Found]


def _with(solve: Solve[Found], change: Callable[[Tensor, int], Tensor]) -> Solve[Found]:
    """Solve at another λ, made of λ and the number of rows."""
    return lambda x, y, penalty: solve(x, y, change(penalty, x.shape[-2]))


def _over_n(penalty: Tensor, n: int) -> Tensor:
    return penalty / n


def _squared(penalty: Tensor, n: int) -> Tensor:
    return penalty.square()


def _jittered(penalty: Tensor, n: int) -> Tensor:
    return penalty + 1e-8


def _truncated(x: Tensor, y: Tensor, penalty: Tensor) -> Solution:
    found, penalty = spectrum(x), penalty.unsqueeze(-1)
    s = found.s.masked_fill(found.s <= 1e-4 * found.s[..., :1], 0)
    along = gain(s, penalty).unsqueeze(-1) * (found.u.mT @ y.unsqueeze(-1))
    return Solution((found.v @ along).squeeze(-1), shrinkage(s, penalty).sum(-1))


def _untruncated(x: Tensor, y: Tensor, penalty: Tensor) -> Solution:
    found, penalty = spectrum(x), penalty.unsqueeze(-1)
    along = gain(found.s, penalty).unsqueeze(-1) * (found.u.mT @ y.unsqueeze(-1))
    return Solution((found.v @ along).squeeze(-1), shrinkage(found.s, penalty).sum(-1))


def _of_gram(x: Tensor, y: Tensor, penalty: Tensor) -> Solution:
    squares, v = torch.linalg.eigh(x.mT @ x)
    s = squares.clamp(min=0).sqrt()
    s, penalty = s.masked_fill(s <= rank_tolerance(s.flip(-1), *x.shape[-2:]), 0), penalty.unsqueeze(-1)
    share = (1 / (s.square() + penalty)).masked_fill((s == 0) & (penalty == 0), 0)
    coef = v @ (share.unsqueeze(-1) * (v.mT @ (x.mT @ y.unsqueeze(-1))))
    return Solution(coef.squeeze(-1), shrinkage(s, penalty).sum(-1))


def _slowly_shrunk(x: Tensor, penalty: Tensor) -> Tensor:
    """Σ s ∕ (s + λ): (*B) for λ (*B)."""
    s = without_rounding(spectrum(x), penalty.unsqueeze(-1))
    return (s / (s + penalty.unsqueeze(-1))).nan_to_num(0).sum(-1)


def _unsquared(solve: Solve[Solution]) -> Solve[Solution]:
    return lambda x, y, penalty: solve(x, y, penalty)._replace(df=_slowly_shrunk(x, penalty))


def _unsquared_path(x: Tensor, y: Tensor, penalties: Tensor) -> Path:
    df = torch.stack([_slowly_shrunk(x, penalty) for penalty in penalties.unbind(-1)], -1)
    return svd_path(x, y, penalties)._replace(df=df)


def _columns(solve: Solve[Solution]) -> Solve[Solution]:
    def counted(x: Tensor, y: Tensor, penalty: Tensor) -> Solution:
        return solve(x, y, penalty)._replace(df=torch.full_like(penalty, x.shape[-1]))

    return counted


def _penalised(x: Tensor, y: Tensor, penalty: Tensor, intercept: bool, solve: Solve[Any]) -> tuple[Any, Tensor]:
    if not intercept:
        return unpenalised(x, y, penalty, intercept, solve)
    found = solve(torch.cat([x, torch.ones_like(x[..., :1])], -1), y, penalty)
    return found._replace(coef=found.coef[..., :-1]), found.coef[..., -1]


def _only_y(x: Tensor, y: Tensor, penalty: Tensor, intercept: bool, solve: Solve[Any]) -> tuple[Any, Tensor]:
    data = centre(x, y, intercept)
    found = solve(x, data.y, penalty)
    return found, intercept_of(torch.zeros_like(data.x_mean), data.y_mean, found.coef)


def _mean_of_y(x: Tensor, y: Tensor, penalty: Tensor, intercept: bool, solve: Solve[Any]) -> tuple[Any, Tensor]:
    data = centre(x, y, intercept)
    found = solve(data.x, data.y, penalty)
    return found, intercept_of(torch.zeros_like(data.x_mean), data.y_mean, found.coef)


def _standardised(x: Tensor, y: Tensor, penalty: Tensor, intercept: bool, solve: Solve[Any]) -> tuple[Any, Tensor]:
    data = centre(x, y, intercept)
    scale = data.x.square().mean(-2).sqrt() if intercept else torch.ones_like(data.x_mean)
    scale = scale.masked_fill(scale == 0, 1)
    found = solve(data.x / scale.unsqueeze(-2), data.y, penalty)
    along_path = found.coef.dim() > scale.dim()
    coef = found.coef / (scale.unsqueeze(-2) if along_path else scale)
    return found._replace(coef=coef), intercept_of(data.x_mean, data.y_mean, coef)


def _one_pass(x: Tensor, y: Tensor, penalty: Tensor, intercept: bool, solve: Solve[Any]) -> tuple[Any, Tensor]:
    found, where = unpenalised(x, y, penalty, intercept, solve)
    if not intercept or penalty.dim() == y.dim():
        return found, where
    x_mean, y_mean, n = x.mean(-2), y.mean(-1), x.shape[-2]
    gram = x.mT @ x - n * x_mean.unsqueeze(-1) * x_mean.unsqueeze(-2)
    right = (x.mT @ y.unsqueeze(-1)).squeeze(-1) - n * x_mean * y_mean.unsqueeze(-1)
    shifted = gram + penalty[..., None, None] * torch.eye(x.shape[-1], dtype=x.dtype, device=x.device)
    coef = (torch.linalg.pinv(shifted, hermitian=True) @ right.unsqueeze(-1)).squeeze(-1)
    return found._replace(coef=coef), intercept_of(x_mean, y_mean, coef)


def _counting_intercept(
    x: Tensor, y: Tensor, penalty: Tensor, intercept: bool, solve: Solve[Any]
) -> tuple[Any, Tensor]:
    found, where = unpenalised(x, y, penalty, intercept, solve)
    return found._replace(df=found.df + intercept), where


def _without_intercept(x: Tensor, coef: Tensor, intercept: Tensor) -> Tensor:
    return (x @ coef.unsqueeze(-1)).squeeze(-1)


def _backwards(x: Tensor, y: Tensor, penalties: Tensor) -> Path:
    return Path(*(part.flip(1) for part in svd_path(x, y, penalties)))


def _mean_rss(x: Tensor, y: Tensor, penalties: Tensor) -> Path:
    found = svd_path(x, y, penalties)
    return found._replace(rss=found.rss / x.shape[-2])


def _penalised_rss(x: Tensor, y: Tensor, penalties: Tensor) -> Path:
    found = svd_path(x, y, penalties)
    return found._replace(rss=found.rss + penalties * found.coef.square().sum(-1))


def _rss_by_subtraction(x: Tensor, y: Tensor, penalties: Tensor) -> Path:
    found = svd_path(x, y, penalties)
    fitted = found.coef @ x.mT
    rss = y.square().sum(-1, keepdim=True) + fitted.square().sum(-1) - 2 * (fitted @ y.unsqueeze(-1)).squeeze(-1)
    return found._replace(rss=rss)


def _rss_inside(x: Tensor, y: Tensor, penalties: Tensor) -> Path:
    u = spectrum(x).u
    inside = (u @ (u.mT @ y.unsqueeze(-1))).squeeze(-1)
    found = svd_path(x, y, penalties)
    return found._replace(rss=svd_path(x, inside, penalties).rss)


def _projection(x: Tensor, penalty: Tensor) -> tuple[Tensor, Tensor]:
    return hat(x, torch.zeros_like(penalty))


def _twice(x: Tensor, penalty: Tensor) -> tuple[Tensor, Tensor]:
    found, _ = hat(x, penalty)
    return found @ found, (found * found).sum((-2, -1))


def _unsquared_trace(x: Tensor, penalty: Tensor) -> tuple[Tensor, Tensor]:
    return hat(x, penalty)[0], _slowly_shrunk(x, penalty)


def _residual_trace(x: Tensor, penalty: Tensor) -> tuple[Tensor, Tensor]:
    found, df = hat(x, penalty)
    return found, x.shape[-2] - df


def _inverted(noise_variance: Tensor, prior_variance: Tensor) -> Tensor:
    return prior_variance / noise_variance


def _deviations(noise_variance: Tensor, prior_variance: Tensor) -> Tensor:
    return (noise_variance / prior_variance).sqrt()


def _noise_alone(noise_variance: Tensor, prior_variance: Tensor) -> Tensor:
    return noise_variance


def _without_noise(x: Tensor, penalty: Tensor, noise_variance: Tensor) -> Tensor:
    return posterior_covariance(x, penalty, torch.ones_like(noise_variance))


def _sampling(x: Tensor, penalty: Tensor, noise_variance: Tensor) -> Tensor:
    inverse = posterior_covariance(x, penalty, torch.ones_like(noise_variance))
    return noise_variance[..., None, None] * inverse @ (x.mT @ x) @ inverse


def _precision(x: Tensor, penalty: Tensor, noise_variance: Tensor) -> Tensor:
    identity = torch.eye(x.shape[-1], dtype=x.dtype, device=x.device)
    return (x.mT @ x + penalty[..., None, None] * identity) / noise_variance[..., None, None]


def _rescaled(x: Tensor, y: Tensor, radius: Tensor) -> Constrained:
    coef = svd_solution(x, y, torch.zeros_like(radius)).coef
    length = coef.norm(dim=-1)
    share = radius / length.maximum(radius)
    return within_ball(x, y, radius)._replace(coef=coef * share.unsqueeze(-1))


def _sphere(x: Tensor, y: Tensor, radius: Tensor) -> Constrained:
    found = within_ball(x, y, radius)
    length = found.coef.norm(dim=-1)
    share = radius / length.masked_fill(length == 0, 1)
    return found._replace(coef=found.coef * share.unsqueeze(-1))


def _root_of_radius(x: Tensor, y: Tensor, radius: Tensor) -> Constrained:
    return within_ball(x, y, radius.sqrt())


def _half_multiplier(x: Tensor, y: Tensor, radius: Tensor) -> Constrained:
    found = within_ball(x, y, radius)
    return found._replace(penalty=2 * found.penalty)


def _one_newton_step(x: Tensor, y: Tensor, radius: Tensor) -> Constrained:
    found = spectrum(x)
    along = (found.u.mT @ y.unsqueeze(-1)).squeeze(-1)
    s = found.s.clamp(min=torch.finfo(x.dtype).tiny)
    inside = found.s > rank_tolerance(found.s, *x.shape[-2:])
    free = (along / s).masked_fill(~inside, 0).norm(dim=-1)
    penalty = ((free / radius - 1) * s[..., 0].square()).clamp(min=0)
    return Constrained(svd_solution(x, y, penalty).coef, penalty)


def _half_forgotten(value: Tensor, source: str, target: str, n: int) -> Tensor:
    factor = {"sum": 1, "mean": n, "half-mean": n}
    return value * factor[source] / factor[target]


def _wrong_way(value: Tensor, source: str, target: str, n: int) -> Tensor:
    factor = {"sum": 1, "mean": n, "half-mean": 2 * n}
    return value * factor[target] / factor[source]


def _half_upside_down(value: Tensor, source: str, target: str, n: int) -> Tensor:
    factor = {"sum": 1, "mean": n, "half-mean": n / 2}
    return value * factor[source] / factor[target]


def _wrong(name: str, mistake: str, **formulas: Any) -> Mutant:
    return mutant(name, mistake, subject("", ridge=replace(RIDGE, **formulas)))


RIDGE_MUTANTS: tuple[Mutant, ...] = (
    _wrong(
        "ridge-penalty-over-n",
        "λ is divided by n, as if the loss were a mean",
        svd=_with(svd_solution, _over_n),
        cholesky=_with(cholesky_solution, _over_n),
    ),
    _wrong(
        "ridge-augmented-by-lambda",
        "the rows added to the data are λI instead of √λ I",
        svd=_with(svd_solution, _squared),
        cholesky=_with(cholesky_solution, _squared),
    ),
    _wrong("ridge-jitter", "Cholesky adds a little to the diagonal", cholesky=_with(cholesky_solution, _jittered)),
    _wrong("ridge-truncated", "the SVD drops directions below 10⁻⁴ of the largest", svd=_truncated),
    _wrong("ridge-rounding-inverted", "at λ = 0 the SVD divides by rounding errors of 0", svd=_untruncated),
    _wrong("ridge-svd-of-gram", "singular values are roots of the eigenvalues of XᵀX", svd=_of_gram),
    _wrong("ridge-one-pass-centring", "means are taken out of XᵀX instead of X", intercept=_one_pass),
    _wrong("ridge-penalises-intercept", "the intercept is penalised as a column of ones", intercept=_penalised),
    _wrong("ridge-only-y-centred", "y is centred and X is not", intercept=_only_y),
    _wrong("ridge-intercept-is-mean", "the intercept is the mean of y", intercept=_mean_of_y),
    _wrong("ridge-standardises", "columns are standardised although nobody asked", intercept=_standardised),
    _wrong("ridge-fit-without-intercept", "fitted values forget the intercept", fitted=_without_intercept),
    _wrong(
        "df-unsquared",
        "degrees of freedom are Σ s ∕ (s + λ)",
        svd=_unsquared(svd_solution),
        cholesky=_unsquared(cholesky_solution),
        path=_unsquared_path,
        hat=_unsquared_trace,
    ),
    _wrong(
        "df-counts-columns",
        "degrees of freedom are the number of columns",
        svd=_columns(svd_solution),
        cholesky=_columns(cholesky_solution),
    ),
    _wrong("df-counts-intercept", "degrees of freedom include the intercept", intercept=_counting_intercept),
    _wrong("path-penalty-over-n", "along the path λ is divided by n", path=_with(svd_path, _over_n)),
    _wrong("path-backwards", "the path is returned in the opposite order", path=_backwards),
    _wrong("path-mean-rss", "the path's residuals are averaged", path=_mean_rss),
    _wrong("path-penalised-rss", "the path's residuals include the penalty", path=_penalised_rss),
    _wrong("path-rss-by-subtraction", "the path's residuals are differences of squares", path=_rss_by_subtraction),
    _wrong("path-rss-inside", "the path forgets what no coefficients reach", path=_rss_inside),
    _wrong("hat-without-penalty", "the hat matrix is the projection of least squares", hat=_projection),
    _wrong("hat-twice", "the hat matrix is applied twice", hat=_twice),
    _wrong("hat-residual-trace", "degrees of freedom are those of the residuals", hat=_residual_trace),
    _wrong("prior-inverted", "λ is τ² ∕ σ²", prior=_inverted),
    _wrong("prior-deviations", "λ is σ ∕ τ", prior=_deviations),
    _wrong("prior-forgotten", "λ is σ²", prior=_noise_alone),
    _wrong("covariance-without-noise", "the posterior covariance forgets σ²", covariance=_without_noise),
    _wrong("covariance-of-sampling", "the covariance is that of the estimator at a fixed β", covariance=_sampling),
    _wrong("covariance-is-precision", "the posterior precision is returned", covariance=_precision),
    _wrong("ball-rescaled", "least squares is scaled back into the ball", ball=_rescaled),
    _wrong("ball-is-sphere", "the solution is moved to the border even where it lies inside", ball=_sphere),
    _wrong("ball-root-of-radius", "the constraint is ‖β‖² ≤ radius", ball=_root_of_radius),
    _wrong("ball-half-multiplier", "the multiplier is that of half the loss", ball=_half_multiplier),
    _wrong("ball-one-step", "the secular equation is solved by one step", ball=_one_newton_step),
    _wrong("convert-half-forgotten", "the half of 1 ∕ 2n is forgotten", convert=_half_forgotten),
    _wrong("convert-wrong-way", "conversion goes the wrong way", convert=_wrong_way),
    _wrong("convert-half-upside-down", "1 ∕ 2n is taken for 2 ∕ n", convert=_half_upside_down),
)
