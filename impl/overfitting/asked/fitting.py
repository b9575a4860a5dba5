"""The port's operations on least squares, in arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from impl.core.arrays import answers, tensors
from impl.core.random import generator
from impl.core.subject import Answers, Arrays, Operation, Parts, Settings, built
from impl.overfitting import (
    criteria,
    curves,
    decomposition,
    deletion,
    double_descent,
    early_stopping,
    expected_errors,
    householder,
    input_noise,
    ridge,
    singular_values,
)
from impl.overfitting.bases import check_unit_interval, polynomial_design

Formula = Callable[..., Any]


@dataclass(frozen=True)
class Fitting:
    """The formulas that are asked for, each named by what it gives; arguments and shapes stand with the defaults."""

    design: Formula = polynomial_design
    solve: Formula = householder.solve
    leverages: Formula = householder.leverages
    nested: Formula = householder.nested
    minimum_norm: Formula = singular_values.minimum_norm
    pseudo_inverse: Formula = singular_values.pseudo_inverse
    shrinkage: Formula = ridge.shrinkage
    centred: Formula = ridge.centred
    row_leverages: Formula = deletion.row_leverages
    deleted: Formula = deletion.deleted_residual
    generalised: Formula = deletion.generalised
    training: Formula = expected_errors.expected_training
    in_sample: Formula = expected_errors.expected_in_sample
    optimism: Formula = expected_errors.expected_optimism
    cp: Formula = criteria.mallows_cp
    aic: Formula = criteria.aic
    bic: Formula = criteria.bic
    bias: Formula = decomposition.mean_squared_bias
    variance: Formula = decomposition.mean_variance
    error: Formula = decomposition.mean_squared_error
    noisy_targets: Formula = decomposition.noisy_targets
    curve_fit: Formula = singular_values.least_norm_solution
    first_rows: Formula = curves.first_rows
    curve_error: Formula = curves.mean_error
    descend: Formula = early_stopping.descend
    learned: Formula = early_stopping.learned
    remaining: Formula = early_stopping.remaining
    dropout_penalty: Formula = input_noise.dropout_penalty
    noise_penalty: Formula = input_noise.noise_penalty
    masked: Formula = input_noise.masked
    gaussian_variance: Formula = double_descent.gaussian_variance
    gaussian_bias: Formula = double_descent.gaussian_bias


FITTING = Fitting()


def fitting_operations(formulas: Fitting) -> dict[str, Operation]:
    """The operations of this group, computed by these formulas."""
    return built(formulas, FITTING, PARTS)


Asked = Mapping[str, Tensor]
Answer = Callable[[Fitting, Asked, Settings, int], Mapping[str, Tensor]]


def _operation(answer: Answer) -> Callable[[Fitting], Operation]:
    """What makes an operation from formulas: answer(formulas, tensors, settings, seed), whole numbers as floats."""

    def make(formulas: Fitting) -> Operation:
        def asked(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
            kind = getattr(torch, dtype)
            data = {name: x.to(kind) for name, x in tensors(arrays, device=device, dtype=dtype).items()}
            return answers(**answer(formulas, data, settings, seed))

        return asked

    return make


def _whole(settings: Settings, name: str) -> int:
    """A setting as a whole number. Raises ValueError where it is none."""
    value = settings[name]
    if isinstance(value, str) or int(value) != value:
        raise ValueError(f"{name} must be a whole number, got {value!r}")
    return int(value)


def _switch(settings: Settings, name: str) -> bool:
    """A setting as a truth value. Raises ValueError where it is neither 0 nor 1."""
    if settings[name] not in (0, 1):
        raise ValueError(f"{name} must be 0 or 1, got {settings[name]!r}")
    return bool(settings[name])


def _design(formulas: Fitting, data: Asked, settings: Settings, seed: int) -> Mapping[str, Tensor]:
    x = formulas.design(data["t"], _whole(settings, "degree"), str(settings["basis"]))
    check_unit_interval(data["t"])
    return {"x": x}


def _least_squares(formulas: Fitting, data: Asked, settings: Settings, seed: int) -> Mapping[str, Tensor]:
    fit = householder.least_squares(data["x"], data["y"], solve=formulas.solve, leverages=formulas.leverages)
    return fit._asdict()


def _nested_errors(formulas: Fitting, data: Asked, settings: Settings, seed: int) -> Mapping[str, Tensor]:
    return householder.nested_errors(data["x"], data["y"], nested=formulas.nested)._asdict()


def _minimum_norm(formulas: Fitting, data: Asked, settings: Settings, seed: int) -> Mapping[str, Tensor]:
    return {"coef": formulas.minimum_norm(data["x"], data["y"])}


def _pseudo_inverse(formulas: Fitting, data: Asked, settings: Settings, seed: int) -> Mapping[str, Tensor]:
    return {"inverse": formulas.pseudo_inverse(data["x"])}


def _hat_matrix(formulas: Fitting, data: Asked, settings: Settings, seed: int) -> Mapping[str, Tensor]:
    return ridge.hat_matrix(data["x"], data["penalty"], shrinkage=formulas.shrinkage)._asdict()


def _leave_one_out(formulas: Fitting, data: Asked, settings: Settings, seed: int) -> Mapping[str, Tensor]:
    return deletion.leave_one_out(
        data["x"],
        data["y"],
        data["penalty"],
        intercept=_switch(settings, "intercept"),
        centred=formulas.centred,
        shrinkage=formulas.shrinkage,
        leverages=formulas.row_leverages,
        deleted=formulas.deleted,
        generalised=formulas.generalised,
    )._asdict()


def _optimism(formulas: Fitting, data: Asked, settings: Settings, seed: int) -> Mapping[str, Tensor]:
    return expected_errors.optimism(
        data["x"],
        data["mean"],
        data["noise_variance"],
        training=formulas.training,
        in_sample=formulas.in_sample,
        optimism=formulas.optimism,
    )._asdict()


def _criteria(formulas: Fitting, data: Asked, settings: Settings, seed: int) -> Mapping[str, Tensor]:
    rss, parameters, variance, n = data["rss"], data["parameters"], data["noise_variance"], _whole(settings, "n")
    criteria.check_criteria(rss, parameters, variance, n)
    return {
        "cp": formulas.cp(rss, parameters, variance, n),
        "aic": formulas.aic(rss, parameters, n),
        "bic": formulas.bic(rss, parameters, n),
    }


def _bias_variance(formulas: Fitting, data: Asked, settings: Settings, seed: int) -> Mapping[str, Tensor]:
    return decomposition.bias_variance(
        data["predictions"],
        data["truth"],
        data["noise_variance"],
        bias=formulas.bias,
        variance=formulas.variance,
        error=formulas.error,
    )._asdict()


def _monte_carlo(formulas: Fitting, data: Asked, settings: Settings, seed: int) -> Mapping[str, Tensor]:
    predictions = decomposition.monte_carlo(
        data["x"],
        data["mean"],
        data["noise_variance"],
        repetitions=_whole(settings, "repetitions"),
        source=generator(seed),
        draw=formulas.noisy_targets,
        solve=formulas.solve,
    )
    return {"predictions": predictions}


def _learning_curve(formulas: Fitting, data: Asked, settings: Settings, seed: int) -> Mapping[str, Tensor]:
    return curves.learning_curve(
        *(data[name] for name in ("x", "y", "test_x", "test_y", "sizes")),
        fit=formulas.curve_fit,
        first_rows=formulas.first_rows,
        error=formulas.curve_error,
    )._asdict()


def _gradient_descent(formulas: Fitting, data: Asked, settings: Settings, seed: int) -> Mapping[str, Tensor]:
    path = early_stopping.gradient_descent_path(
        data["x"], data["y"], data["rate"], steps=_whole(settings, "steps"), descend=formulas.descend
    )
    return path._asdict()


def _spectral_filter(formulas: Fitting, data: Asked, settings: Settings, seed: int) -> Mapping[str, Tensor]:
    return early_stopping.spectral_filter(
        data["x"],
        data["y"],
        data["rate"],
        steps=_whole(settings, "steps"),
        learned=formulas.learned,
        remaining=formulas.remaining,
    )._asdict()


def _dropout_objective(formulas: Fitting, data: Asked, settings: Settings, seed: int) -> Mapping[str, Tensor]:
    x, y, w, keep = (data[name] for name in ("x", "y", "w", "keep"))
    return {"value": input_noise.dropout_objective(x, y, w, keep, penalty=formulas.dropout_penalty)}


def _noise_objective(formulas: Fitting, data: Asked, settings: Settings, seed: int) -> Mapping[str, Tensor]:
    x, y, w, variance = (data[name] for name in ("x", "y", "w", "variance"))
    return {"value": input_noise.noise_objective(x, y, w, variance, penalty=formulas.noise_penalty)}


def _dropout(formulas: Fitting, data: Asked, settings: Settings, seed: int) -> Mapping[str, Tensor]:
    samples = input_noise.dropout(
        data["x"],
        data["keep"],
        repetitions=_whole(settings, "repetitions"),
        source=generator(seed),
        masked=formulas.masked,
    )
    return {"samples": samples}


def _minimum_norm_risk(formulas: Fitting, data: Asked, settings: Settings, seed: int) -> Mapping[str, Tensor]:
    return double_descent.minimum_norm_risk(
        *(data[name] for name in ("rows", "columns", "noise_variance", "norm")),
        variance=formulas.gaussian_variance,
        bias=formulas.gaussian_bias,
    )._asdict()


_LEFT_OUT = ("centred", "shrinkage", "row_leverages", "deleted", "generalised")
PARTS: Parts[Fitting] = {
    "polynomial_design": (_operation(_design), ("design",)),
    "least_squares": (_operation(_least_squares), ("solve", "leverages")),
    "nested_errors": (_operation(_nested_errors), ("nested",)),
    "minimum_norm": (_operation(_minimum_norm), ("minimum_norm",)),
    "pseudo_inverse": (_operation(_pseudo_inverse), ("pseudo_inverse",)),
    "hat_matrix": (_operation(_hat_matrix), ("shrinkage",)),
    "leave_one_out": (_operation(_leave_one_out), _LEFT_OUT),
    "optimism": (_operation(_optimism), ("training", "in_sample", "optimism")),
    "criteria": (_operation(_criteria), ("cp", "aic", "bic")),
    "bias_variance": (_operation(_bias_variance), ("bias", "variance", "error")),
    "monte_carlo": (_operation(_monte_carlo), ("noisy_targets", "solve")),
    "learning_curve": (_operation(_learning_curve), ("curve_fit", "first_rows", "curve_error")),
    "gradient_descent": (_operation(_gradient_descent), ("descend",)),
    "spectral_filter": (_operation(_spectral_filter), ("learned", "remaining")),
    "dropout_objective": (_operation(_dropout_objective), ("dropout_penalty",)),
    "noise_objective": (_operation(_noise_objective), ("noise_penalty",)),
    "dropout": (_operation(_dropout), ("masked",)),
    "minimum_norm_risk": (_operation(_minimum_norm_risk), ("gaussian_variance", "gaussian_bias")),
}
