"""The port's operations on the lasso, the elastic net and proximal operators, in arrays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from impl.core.arrays import answers, tensors
from impl.core.subject import Answers, Arrays, Operation, Parts, Settings, built
from impl.regularization.centring import Centred, centre, intercept_of
from impl.regularization.checks import check_data, check_lanes
from impl.regularization.duality import Certificate, Penalties, certificate, lambda_max, split
from impl.regularization.l1_ball import ConstrainedL1, within_l1
from impl.regularization.laplace import check_prior, laplace_penalty
from impl.regularization.lasso_checks import check_coef, check_each, check_points
from impl.regularization.lasso_regression import MAX_ITER, Run, check_loop, check_ratio, fitted, gram_solver
from impl.regularization.path_of_lasso import check_falling, path
from impl.regularization.projection import project_l1_ball, project_l2_ball, project_linf_ball
from impl.regularization.prox import prox_elastic_net, prox_l2

Formula = Callable[..., Tensor]
CD, FISTA = gram_solver("cd"), gram_solver("fista")


def _block_shrinkage(v: Tensor, step: Tensor, ridge: Tensor) -> Tensor:
    """argmin_x ½‖x − v‖² + step ‖x‖₂ + ridge∕2 ‖x‖²: (*B, p)."""
    return prox_l2(v, step) / (1 + ridge.unsqueeze(-1))


def _path(x: Tensor, y: Tensor, penalties: Tensor) -> tuple[Tensor, Tensor]:
    """Coefficients (lane, l, p) and gaps (lane, l) of centred data."""
    return path(x, y, penalties, None, MAX_ITER)[:2]


@dataclass(frozen=True)
class Lasso:
    """The formulas that are asked for.

    prox_l1, prox_l2: (v, step, ridge) → point. project_l1, project_l2, project_linf: (v, radius) → point. split: (λ, ρ)
    → penalties. certificate: (x, y, coef, penalties). lambda_max: (x, y) → λ. laplace: (σ², b, n) → λ. centre: (x, y,
    intercept). cd, fista: solvers. path: (x, y, λs) → coef, gap. within: (x, y, radius) → constrained solution.
    """

    prox_l1: Formula = prox_elastic_net
    prox_l2: Formula = _block_shrinkage
    project_l1: Formula = project_l1_ball
    project_l2: Formula = project_l2_ball
    project_linf: Formula = project_linf_ball
    split: Callable[[Tensor, Tensor], Penalties] = split
    certificate: Callable[[Tensor, Tensor, Tensor, Penalties], Certificate] = certificate
    lambda_max: Formula = lambda_max
    laplace: Callable[[Tensor, Tensor, int], Tensor] = laplace_penalty
    centre: Callable[[Tensor, Tensor, bool], Centred] = centre
    cd: Run = CD
    fista: Run = FISTA
    path: Callable[[Tensor, Tensor, Tensor], tuple[Tensor, Tensor]] = _path
    within: Callable[[Tensor, Tensor, Tensor], ConstrainedL1] = within_l1


LASSO = Lasso()


def lasso_operations(formulas: Lasso) -> dict[str, Operation]:
    """The operations of `LassoPort`, computed by these formulas."""
    return built(formulas, LASSO, PARTS)


def _solve(formulas: Lasso, data: dict[str, Tensor], ratio: Tensor, settings: Settings) -> Answers:
    x, y, penalty = data["x"], data["y"], data["penalty"]
    check_data(x, y)
    check_lanes(penalty, "penalty", x)
    check_ratio(ratio, x)
    solver = str(settings.get("solver", "cd"))
    check_loop(solver, None, MAX_ITER)
    centred = formulas.centre(x, y, _wants_intercept(settings))
    run = formulas.cd if solver == "cd" else formulas.fista
    return answers(**fitted(centred, formulas.split(penalty, ratio), None, run)._asdict())


def _lasso(formulas: Lasso) -> Operation:
    def lasso_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data = _floats(arrays, device, dtype)
        return _solve(formulas, data, torch.ones_like(data["penalty"]), settings)

    return lasso_


def _elastic_net(formulas: Lasso) -> Operation:
    def elastic_net_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data = _floats(arrays, device, dtype)
        return _solve(formulas, data, data["ratio"], settings)

    return elastic_net_


def _lasso_path(formulas: Lasso) -> Operation:
    def lasso_path_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data = _floats(arrays, device, dtype)
        x, y, penalties = data["x"], data["y"], data["penalties"]
        check_data(x, y)
        check_lanes(penalties, "penalties", x, path=True)
        check_falling(penalties)
        centred = formulas.centre(x, y, _wants_intercept(settings))
        coef, gap = formulas.path(centred.x, centred.y, penalties)
        return answers(coef=coef, intercept=intercept_of(centred.x_mean, centred.y_mean, coef), gap=gap)

    return lasso_path_


def _lambda_max(formulas: Lasso) -> Operation:
    def lambda_max_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data = _floats(arrays, device, dtype)
        check_data(data["x"], data["y"])
        centred = formulas.centre(data["x"], data["y"], _wants_intercept(settings))
        return answers(penalty=formulas.lambda_max(centred.x, centred.y))

    return lambda_max_


def _duality_gap(formulas: Lasso) -> Operation:
    def duality_gap_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data = _floats(arrays, device, dtype)
        x, y, coef = data["x"], data["y"], data["coef"]
        check_data(x, y)
        check_coef(coef, x)
        check_lanes(data["penalty"], "penalty", x)
        check_ratio(data["ratio"], x)
        found = formulas.certificate(x, y, coef, formulas.split(data["penalty"], data["ratio"]))
        return answers(**found._asdict())

    return duality_gap_


def _map_laplace(formulas: Lasso) -> Operation:
    def map_laplace_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data = _floats(arrays, device, dtype)
        x, y = data["x"], data["y"]
        check_prior(x, y, data["noise_variance"], data["scale"])
        penalty = formulas.laplace(data["noise_variance"], data["scale"], y.shape[-1])
        found = fitted(centre(x, y, False), Penalties(penalty, torch.zeros_like(penalty)), None, formulas.cd)
        return answers(coef=found.coef, penalty=penalty, gap=found.gap)

    return map_laplace_


def _constrained_l1(formulas: Lasso) -> Operation:
    def constrained_l1_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data = _floats(arrays, device, dtype)
        check_data(data["x"], data["y"])
        check_lanes(data["radius"], "radius", data["x"], positive=True)
        return answers(**formulas.within(data["x"], data["y"], data["radius"])._asdict())

    return constrained_l1_


def _prox(formulas: Lasso) -> Operation:
    def prox_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data = _floats(arrays, device, dtype)
        v = data["v"]
        check_points(v)
        for name in ("step", "ridge"):
            check_each(data[name], name, v)
        by_norm = {"l1": formulas.prox_l1, "l2": formulas.prox_l2}
        return answers(value=_chosen(by_norm, settings)(v, data["step"], data["ridge"]))

    return prox_


def _project(formulas: Lasso) -> Operation:
    def project_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data = _floats(arrays, device, dtype)
        v = data["v"]
        check_points(v)
        check_each(data["radius"], "radius", v)
        by_norm = {"l1": formulas.project_l1, "l2": formulas.project_l2, "linf": formulas.project_linf}
        return answers(value=_chosen(by_norm, settings)(v, data["radius"]))

    return project_


def _chosen(by_norm: dict[str, Formula], settings: Settings) -> Formula:
    norm = str(settings["norm"])
    if norm not in by_norm:
        raise ValueError(f"norm must be one of {', '.join(by_norm)}, got {norm!r}")
    return by_norm[norm]


def _wants_intercept(settings: Settings) -> bool:
    return bool(int(settings.get("intercept", 0)))


def _floats(arrays: Arrays, device: str, dtype: str) -> dict[str, Any]:
    """Every array as a tensor of the dtype, whole numbers too."""
    return {name: x.to(getattr(torch, dtype)) for name, x in tensors(arrays, device=device, dtype=dtype).items()}


_SOLVED = ("split", "centre", "cd", "fista")
PARTS: Parts[Lasso] = {
    "lasso": (_lasso, _SOLVED),
    "elastic_net": (_elastic_net, _SOLVED),
    "lasso_path": (_lasso_path, ("centre", "path")),
    "lambda_max": (_lambda_max, ("centre", "lambda_max")),
    "duality_gap": (_duality_gap, ("split", "certificate")),
    "map_laplace": (_map_laplace, ("laplace", "cd")),
    "constrained_l1": (_constrained_l1, ("within",)),
    "prox": (_prox, ("prox_l1", "prox_l2")),
    "project": (_project, ("project_l1", "project_l2", "project_linf")),
}
