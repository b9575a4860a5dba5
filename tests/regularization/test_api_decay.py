"""Weight decay as a user meets it: first steps by hand, torch's optimizers, errors by name."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from impl.regularization.decay import (
    adam_step,
    adamw_step,
    at_rest,
    check_settings,
    check_weights,
    no_moments,
    sgd_step,
    sgdw_step,
)
from impl.regularization.subject import SUBJECT

U = 2.0**-53
STEPS = 12


def tensor(*values: Any) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def test_one_step_of_sgd_shrinks_and_descends() -> None:
    w, g = tensor(4.0, -8.0), tensor(1.0, 2.0)

    coupled, _ = sgd_step(w, g, at_rest(w), rate=0.5, decay=0.25)
    apart, _ = sgdw_step(w, g, at_rest(w), rate=0.5, decay=0.25)

    assert coupled.tolist() == apart.tolist() == [3.0, -8.0]


def test_momentum_tells_sgd_from_sgdw_at_the_second_step() -> None:
    w, g = tensor(1.0), tensor(0.0)
    coupled, velocity = sgd_step(w, g, at_rest(w), rate=0.5, decay=0.5, momentum=0.5)
    apart, still = sgdw_step(w, g, at_rest(w), rate=0.5, decay=0.5, momentum=0.5)

    coupled, _ = sgd_step(coupled, g, velocity, rate=0.5, decay=0.5, momentum=0.5)
    apart, _ = sgdw_step(apart, g, still, rate=0.5, decay=0.5, momentum=0.5)

    assert coupled.tolist() == [0.4375]  # v = 1/2 · 1/2 + 1/2 · 3/4 = 5/8; 3/4 − 5/16
    assert apart.tolist() == [0.5625]


@pytest.mark.parametrize("decay", [0.01, 10.0])
def test_adams_first_step_forgets_how_strong_the_decay_is(decay: float) -> None:
    w = tensor(3.0, -0.5)

    after, _ = adam_step(w, torch.zeros_like(w), no_moments(w), rate=0.125, decay=decay, epsilon=0.0)

    assert float((after - (w - 0.125 * w.sign())).abs().max()) <= 16 * U


def test_adamw_without_gradient_only_shrinks() -> None:
    w = tensor(3.0, -0.5)

    after, _ = adamw_step(w, torch.zeros_like(w), no_moments(w), rate=0.5, decay=0.5, epsilon=0.0)

    assert after.tolist() == [2.25, -0.375]


PEERS: tuple[
    tuple[Callable[..., Any], Callable[..., Any], type[torch.optim.Optimizer], dict[str, float], dict[str, Any]], ...
] = (
    (sgd_step, at_rest, torch.optim.SGD, {"momentum": 0.9}, {"momentum": 0.9}),
    (adam_step, no_moments, torch.optim.Adam, {"beta1": 0.8, "beta2": 0.95}, {"betas": (0.8, 0.95)}),
    (adamw_step, no_moments, torch.optim.AdamW, {"beta1": 0.8, "beta2": 0.95}, {"betas": (0.8, 0.95)}),
)


@pytest.mark.parametrize(("step", "start", "peer", "own", "theirs"), PEERS, ids=["sgd", "adam", "adamw"])
def test_a_path_is_torchs(
    step: Callable[..., Any], start: Callable[..., Any], peer: Any, own: dict[str, float], theirs: dict[str, Any]
) -> None:
    draw = np.random.default_rng(4)
    w, gradients = torch.from_numpy(draw.normal(size=5)), torch.from_numpy(draw.normal(size=(STEPS, 5)))
    parameter = torch.nn.Parameter(w.clone())
    optimizer, state = peer([parameter], lr=0.1, weight_decay=0.2, **theirs), start(w)

    for g in gradients:
        w, state = step(w, g, state, rate=0.1, decay=0.2, **own)
        parameter.grad = g.clone()
        optimizer.step()

    assert float((w - parameter.detach()).abs().max()) <= 64 * STEPS * U


def optimize(**settings: float | str) -> Any:
    arrays = {"w": np.array([[1.0, 2.0]]), "gradient": np.zeros((1, 3, 2))}
    return functools.partial(
        SUBJECT.operations["optimize"],
        arrays,
        {"rate": 0.5, "decay": 0.5} | settings,
        device="cpu",
        dtype="float64",
        seed=0,
    )


def test_the_path_begins_with_the_weights_and_has_every_step() -> None:
    path = optimize(optimizer="sgdw")()["path"]

    assert path.tolist() == [[[1.0, 2.0], [0.75, 1.5], [0.5625, 1.125], [0.421875, 0.84375]]]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"optimizer": "lion"}, "optimizer must be one of sgd, sgdw, adam, adamw, got 'lion'"),
        ({"optimizer": "sgd", "decay": -0.5}, "decay must be non-negative and finite, got -0.5"),
        ({"optimizer": "sgd", "rate": math.inf}, "rate must be non-negative and finite, got inf"),
        ({"optimizer": "sgdw", "momentum": 1.0}, r"momentum must lie in \[0, 1\), got 1.0"),
        ({"optimizer": "adam", "beta1": -0.1}, r"beta1 must lie in \[0, 1\), got -0.1"),
        ({"optimizer": "adamw", "beta2": 1.0}, r"beta2 must lie in \[0, 1\), got 1.0"),
        ({"optimizer": "adamw", "epsilon": -1.0}, "epsilon must be non-negative and finite, got -1.0"),
    ],
)
def test_a_bad_setting_is_refused_by_name(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        optimize(**settings)()


def test_weights_and_gradients_that_do_not_fit_are_refused_by_name() -> None:
    w = tensor(1.0, 2.0)

    with pytest.raises(ValueError, match=r"gradient must have shape \(..., steps, p\) to match w \(2,\), got \(4, 3\)"):
        check_weights(w, torch.zeros(4, 3, dtype=torch.float64))
    with pytest.raises(ValueError, match=r"w must be finite, got nan at index 1"):
        check_weights(tensor(1.0, math.nan), torch.zeros(4, 2, dtype=torch.float64))
    with pytest.raises(ValueError, match="w must not be empty"):
        check_weights(w[:0], torch.zeros(4, 0, dtype=torch.float64))
    with pytest.raises(TypeError, match="gradient must be float32 or float64, got int64"):
        check_weights(w, torch.zeros(4, 2, dtype=torch.int64))


def test_settings_in_range_pass() -> None:
    check_settings(rate=0.0, decay=0.0, momentum=0.0, beta1=0.0, beta2=0.0, epsilon=0.0)
