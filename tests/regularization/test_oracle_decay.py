"""The recurrences of optimizers against steps by hand, forty digits, and what PyTorch computes."""

from __future__ import annotations

from dataclasses import replace

import mpmath
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from theory.core.bound import U64
from theory.core.domain import Cases, Domain
from theory.regularization.bounds_decay import path_bound
from theory.regularization.cases_decay import ADAM, PLAIN, SGD
from theory.regularization.oracle_decay import exact_path

Floats = NDArray[np.float64]
SHAPE = {"p": 2, "steps": 8}


def rng() -> np.random.Generator:
    return np.random.default_rng(11)


def one(w: float, gradient: list[float], **settings: float | str) -> Cases:
    arrays = {"w": np.array([[w]]), "gradient": np.array(gradient)[None, :, None]}
    return Cases(arrays, {**PLAIN, "rate": 0.5, "decay": 0.25, **settings})


@pytest.mark.parametrize("optimizer", ["sgd", "sgdw"])
def test_plain_steps_by_hand(optimizer: str) -> None:
    assert exact_path(one(1, [1, -2], optimizer=optimizer)).ravel().tolist() == [1, 0.375, 1.328125]


def test_momentum_steps_by_hand() -> None:
    assert exact_path(one(1, [1, 0], momentum=0.5)).ravel().tolist() == [1, 0.375, 0.015625]
    assert exact_path(one(1, [1, 0], momentum=0.5, optimizer="sgdw")).ravel().tolist() == [1, 0.375, 0.078125]


def test_flat_adam_moves_by_the_rate_and_flat_adamw_shrinks() -> None:
    for decay in (2.0**-10, 1.0, 2.0**10):
        flat = one(1, [0], optimizer="adam", decay=decay, epsilon=0.0)
        assert exact_path(flat).ravel().tolist() == [1, 0.5]
    assert exact_path(one(1, [0, 0], optimizer="adamw")).ravel().tolist() == [1, 0.875, 0.765625]


@pytest.mark.parametrize("regime", ADAM.regimes)
@pytest.mark.parametrize("optimizer", ["adam", "adamw"])
def test_balls_agree_with_forty_digits(regime: str, optimizer: str) -> None:
    cases = ADAM.draw(rng(), SHAPE, regime, 2).with_settings(optimizer=optimizer)
    found = exact_path(cases)

    with mpmath.workdps(40):
        rate, decay, beta1, beta2, epsilon = (
            mpmath.mpf(cases.settings[name]) for name in ("rate", "decay", "beta1", "beta2", "epsilon")
        )
        for lane in range(2):
            w, m, v = mpmath.mpf(cases["w"][lane, 0]), mpmath.mpf(0), mpmath.mpf(0)
            for step, g in enumerate(cases["gradient"][lane, :, 0], start=1):
                slope = mpmath.mpf(g) + (decay * w if optimizer == "adam" else 0)
                m, v = beta1 * m + (1 - beta1) * slope, beta2 * v + (1 - beta2) * slope**2
                w = w - (rate * decay * w if optimizer == "adamw" else 0)
                w -= rate * (m / (1 - beta1**step)) / (mpmath.sqrt(v / (1 - beta2**step)) + epsilon)
                assert abs(float(w) - found[lane, step, 0]) <= 2 * U64 * abs(float(w))


def optimised(cases: Cases, dtype: str) -> Floats:
    """The path that PyTorch's own optimizers take, one lane and coefficient at a time being the same to them."""
    w = torch.tensor(cases["w"], dtype=getattr(torch, dtype), requires_grad=True)
    rate, decay = float(cases.settings["rate"]), float(cases.settings["decay"])
    betas = (float(cases.settings["beta1"]), float(cases.settings["beta2"]))
    adam = {"betas": betas, "eps": float(cases.settings["epsilon"])}
    optimizer: torch.optim.Optimizer = {
        "sgd": lambda: torch.optim.SGD([w], rate, float(cases.settings["momentum"]), weight_decay=decay),
        "adam": lambda: torch.optim.Adam([w], rate, weight_decay=decay, **adam),
        "adamw": lambda: torch.optim.AdamW([w], rate, weight_decay=decay, **adam),
    }[str(cases.settings["optimizer"])]()
    path = [cases["w"]]
    for gradient in np.moveaxis(cases["gradient"], 1, 0):
        w.grad = torch.tensor(gradient, dtype=w.dtype)
        optimizer.step()
        path.append(w.detach().numpy().astype(np.float64))
    return np.stack(path, axis=1)


PAIRS = [
    *(("sgd", regime) for regime in SGD.regimes),
    *((optimizer, regime) for optimizer in ("adam", "adamw") for regime in ADAM.regimes),
]


@pytest.mark.parametrize(("optimizer", "regime"), PAIRS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_pytorch_stays_within_the_running_bound(optimizer: str, regime: str, dtype: str) -> None:
    domain = SGD if optimizer == "sgd" else ADAM
    cases = replace(domain.draw(rng(), SHAPE, regime, 4), dtype=dtype).rounded().with_settings(optimizer=optimizer)

    away = np.abs(optimised(cases, dtype) - exact_path(cases))

    assert (away <= path_bound(cases).value).all()


@pytest.mark.parametrize("domain", [SGD, ADAM])
def test_every_regime_draws_valid_cases(domain: Domain) -> None:
    for regime in domain.regimes:
        assert domain.valid(domain.draw(rng(), SHAPE, regime, 32)).all()
