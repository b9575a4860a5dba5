"""The port's questions about ridge regression, in arrays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from impl.core.arrays import answers, tensors
from impl.core.subject import Answers, Arrays, Operation, Parts, Settings, built
from impl.regularization.checks import check_data, check_lanes
from impl.regularization.gaussian_prior import gaussian_penalty
from impl.regularization.l2_ball import Constrained, within_ball
from impl.regularization.normal_equations import Solver, cholesky_solution
from impl.regularization.penalty_conventions import check_conversion, rescaled
from impl.regularization.ridge_regression import unpenalised
from impl.regularization.spectral import Path, hat, posterior_covariance, svd_path, svd_solution

Formula = Callable[..., Tensor]


def fitted(x: Tensor, coef: Tensor, intercept: Tensor) -> Tensor:
    """ŷ = Xβ + β₀: (*B, n)."""
    return (x @ coef.unsqueeze(-1)).squeeze(-1) + intercept.unsqueeze(-1)


@dataclass(frozen=True)
class Ridge:
    """The formulas that are asked for.

    svd, cholesky: (x, y, λ) → Solution. path: (x, y, λs) → Path. intercept: (x, y, λ, intercept, solve) → found and β₀.
    fitted: (x, β, β₀) → ŷ. hat: (x, λ) → H and its trace. prior: (σ², τ²) → λ. covariance: (x, λ, σ²) → Σ. ball: (x, y,
    radius) → Constrained. convert: (value, source, target, n) → value.
    """

    svd: Solver = svd_solution
    cholesky: Solver = cholesky_solution
    path: Callable[[Tensor, Tensor, Tensor], Path] = svd_path
    intercept: Callable[..., tuple[Any, Tensor]] = unpenalised
    fitted: Formula = fitted
    hat: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]] = hat
    prior: Formula = gaussian_penalty
    covariance: Formula = posterior_covariance
    ball: Callable[[Tensor, Tensor, Tensor], Constrained] = within_ball
    convert: Formula = rescaled


RIDGE = Ridge()


def ridge_operations(formulas: Ridge) -> dict[str, Operation]:
    """The operations of `RidgePort`, computed by these formulas."""
    return built(formulas, RIDGE, PARTS)


def _problem(arrays: Arrays, device: str, dtype: str) -> dict[str, Tensor]:
    data = tensors(arrays, device=device, dtype=dtype)
    check_data(data["x"], data.get("y"))
    return data


def _ridge(formulas: Ridge) -> Operation:
    solvers = {"svd": formulas.svd, "cholesky": formulas.cholesky}

    def ridge_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        solver = str(settings.get("solver", "svd"))
        if solver not in solvers:
            raise ValueError(f"solver must be one of {', '.join(solvers)}, got {solver!r}")
        data = _problem(arrays, device, dtype)
        x, y, penalty = data["x"], data["y"], data["penalty"]
        check_lanes(penalty, "penalty", x)
        found, intercept = formulas.intercept(x, y, penalty, bool(settings.get("intercept", 0)), solvers[solver])
        fit = formulas.fitted(x, found.coef, intercept)
        return answers(coef=found.coef, intercept=intercept, fitted=fit, df=found.df)

    return ridge_


def _ridge_path(formulas: Ridge) -> Operation:
    def ridge_path_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data = _problem(arrays, device, dtype)
        x, y, penalties = data["x"], data["y"], data["penalties"]
        check_lanes(penalties, "penalties", x, path=True, positive=True)
        found, intercept = formulas.intercept(x, y, penalties, bool(settings.get("intercept", 0)), formulas.path)
        return answers(coef=found.coef, intercept=intercept, df=found.df, rss=found.rss)

    return ridge_path_


def _hat_matrix(formulas: Ridge) -> Operation:
    def hat_matrix_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data = _problem(arrays, device, dtype)
        check_lanes(data["penalty"], "penalty", data["x"], positive=True)
        found, df = formulas.hat(data["x"], data["penalty"])
        return answers(hat=found, df=df)

    return hat_matrix_


def _map_gaussian(formulas: Ridge) -> Operation:
    def map_gaussian_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data = _problem(arrays, device, dtype)
        x, noise, prior = data["x"], data["noise_variance"], data["prior_variance"]
        check_lanes(noise, "noise_variance", x, positive=True)
        check_lanes(prior, "prior_variance", x, positive=True)
        penalty = formulas.prior(noise, prior)
        coef, covariance = formulas.svd(x, data["y"], penalty).coef, formulas.covariance(x, penalty, noise)
        return answers(coef=coef, covariance=covariance, penalty=penalty)

    return map_gaussian_


def _constrained_l2(formulas: Ridge) -> Operation:
    def constrained_l2_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data = _problem(arrays, device, dtype)
        check_lanes(data["radius"], "radius", data["x"], positive=True)
        found = formulas.ball(data["x"], data["y"], data["radius"])
        return answers(coef=found.coef, penalty=found.penalty)

    return constrained_l2_


def _convert(formulas: Ridge) -> Operation:
    def convert_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        value = tensors(arrays, device=device, dtype=dtype)["value"]
        asked = str(settings["source"]), str(settings["target"]), int(settings["n"])
        check_conversion(value, *asked)
        return answers(value=formulas.convert(value, *asked))

    return convert_


PARTS: Parts[Ridge] = {
    "ridge": (_ridge, ("svd", "cholesky", "intercept", "fitted")),
    "ridge_path": (_ridge_path, ("path", "intercept")),
    "hat_matrix": (_hat_matrix, ("hat",)),
    "map_gaussian": (_map_gaussian, ("svd", "prior", "covariance")),
    "constrained_l2": (_constrained_l2, ("ball",)),
    "convert": (_convert, ("convert",)),
}
