"""A toy system for trying the machinery: the sum of n numbers, and subjects that get it right or wrong."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import U64, rounding
from theory.core.claim import Answer, Claim
from theory.core.domain import Axes, Cases, Domain, Shape
from theory.core.gap import Gap, equal

Sum = Callable[[NDArray[Any]], NDArray[Any]]


@dataclass(frozen=True)
class Toy:
    """A subject with one operation, `total`."""

    sum_of: Sum
    name: str = "toy"
    system: str = "sums"
    lanes: bool = True
    version: str = "1"
    devices: tuple[str, ...] = ()
    dtypes: tuple[str, ...] = ()
    house: bool = True
    missing: Mapping[str, str] = field(default_factory=dict)

    @property
    def operations(self) -> Mapping[str, Any]:
        return {"total": self._total}

    def _total(self, arrays: Any, settings: Any, *, device: str, dtype: str, seed: int) -> dict[str, NDArray[Any]]:
        return {"total": self.sum_of(arrays["x"].astype(dtype))}


def right(x: NDArray[Any]) -> NDArray[Any]:
    return x.sum(axis=1)


def ignores_the_last_negative(x: NDArray[Any]) -> NDArray[Any]:
    return np.where(x[:, -1] < 0, x[:, :-1].sum(axis=1), x.sum(axis=1))


def across_lanes(x: NDArray[Any]) -> NDArray[Any]:
    return np.full(len(x), x.sum() / len(x))


def hangs(x: NDArray[Any]) -> NDArray[Any]:
    while True:
        time.sleep(0.01)


def draw(rng: np.random.Generator, shape: Shape, regime: str, lanes: int) -> Cases:
    x = rng.standard_normal((lanes, shape["n"]))
    return Cases({"x": np.round(x * 8) if regime == "integers" else x}, regime=regime)


def check(answer: Answer, cases: Cases) -> Gap:
    """The sum of n numbers errs by at most γ(n) Σ|x|, twice: the subject's and the oracle's."""
    size = np.abs(cases["x"]).sum(axis=1)
    n = cases["x"].shape[1]
    bound = rounding(n, cases.u, "γ(n) Σ|x|", size) + rounding(n, U64, "γ(n) Σ|x| of the oracle", size)
    return equal("total", answer["total"], cases["x"].sum(axis=1), bound)


DOMAIN = Domain(
    shapes={"n": (1, 12)},
    regimes=("integers", "generic"),
    draw=draw,
    axes={"x": Axes(("n",), "real")},
)


def claim(**changes: Any) -> Claim:
    made = Claim(
        id="TOY-01", version=1, title="The sum", sentence="The total is the sum.", latex="t=\\sum x",
        source=(("higham2002", "section 4.2"),), kind="identity", asks="total", check=check, domain=DOMAIN,
        needs=("total",),
    )  # fmt: skip
    return replace(made, **changes)
