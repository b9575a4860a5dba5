"""Popular false statements about transport on the line and about samples. Each check states the myth as if true."""

from __future__ import annotations

import itertools
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import U64, rounding
from theory.core.claim import Answer, Myth
from theory.core.domain import Axes, Cases, Domain, Shape
from theory.core.gap import Gap, equal

Rng = np.random.Generator


def draw_rows(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Equally heavy points x, y (lane, n) among 0 … n and the concave cost √|x − y|."""
    n = shape["n"]
    x, y = (np.sort(rng.integers(0, n + 1, (lanes, n)), axis=1).astype(np.float64) for _ in range(2))
    one = np.ones((lanes, n))
    return Cases({"x": x, "a": one, "y": y, "b": one.copy(), "C": _roots(x, y)}, {}, regime)


def _roots(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.sqrt(np.abs(x[:, :, None] - y[:, None, :])))


def _valid_rows(cases: Cases) -> NDArray[np.bool_]:
    """(lane,): the cost is that of the points, up to the rounding of the dtype."""
    cost = _roots(cases["x"], cases["y"])
    return np.asarray((np.abs(cases["C"] - cost) <= cases.u * cost).all(axis=(1, 2)))


def check_sorting(answer: Answer, cases: Cases) -> Gap:
    """The optimal cost is that of matching in order, Σ √|x_(i) − y_(i)|, up to γ(4n) Σ C."""
    in_order = np.sqrt(np.abs(np.sort(cases["x"], axis=1) - np.sort(cases["y"], axis=1))).sum(axis=1)
    n = cases["x"].shape[1]
    bound = rounding(4 * n + 4, cases.u, "γ(4n + 4) Σ C", cases["C"].sum(axis=(1, 2)))
    return equal("optimal cost = cost of matching in order", answer["cost"], in_order, bound)


def draw_population(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """A population of two points with probabilities in eighths, as y and b; asked about its distance from itself.

    `sample` is how many points a sample has. The first lane is the fair coin.
    """
    y = np.sort(rng.integers(0, 4, (lanes, 2)), axis=1).astype(np.float64)
    heads = rng.integers(1, 8, lanes) / 8
    y[0], heads[0] = (0, 1), 0.5
    b = np.stack([heads, 1 - heads], axis=1)
    return Cases({"x": y, "a": b, "y": y.copy(), "b": b.copy()}, {"p": 1.0, "sample": shape["sample"]}, regime)


def _valid_population(cases: Cases) -> NDArray[np.bool_]:
    """(lane,): two probabilities of sum 1, and the population is compared with itself."""
    same = (cases["x"] == cases["y"]).all(axis=1) & (cases["a"] == cases["b"]).all(axis=1)
    return np.asarray(same & (cases["b"] > 0).all(axis=1) & (cases["b"].sum(axis=1) == 1))


def check_unbiased(answer: Answer, cases: Cases) -> Gap:
    """E W_1(P_n, P) = W_1(P, P): the mean over all 2^n samples of size n, each with its probability.

    Probabilities are in eighths and exact; n products and 2^n terms cost γ(2n + 2^n), each distance γ(2n + 20).
    """
    n, y, b = cases.integer("sample"), cases["y"], cases["b"]
    expectation = np.zeros(cases.lanes)
    for draw in itertools.product((0, 1), repeat=n):
        chosen = np.array(draw)
        asked = cases.with_arrays(x=y[:, chosen], a=np.full((cases.lanes, n), 1 / n))
        expectation += b[:, chosen].prod(axis=1) * answer.again("wasserstein_1d", asked)["distance"]
    width = np.abs(y[:, 1] - y[:, 0])
    bound = rounding(2 * n + 20, cases.u, "γ(2n + 20) |y₂ − y₁|", width)
    bound = bound + rounding(2 * n + 2**n, U64, "γ(2n + 2ⁿ) of the oracle", width)
    return equal("E W_1(P_n, P) = W_1(P, P)", expectation, answer["distance"], bound)


CLOSED_MYTHS: tuple[Myth, ...] = (
    Myth(
        id="OT-M4",
        title="Sorting is optimal for every increasing cost",
        sentence="On the line, matching in order is optimal whenever the cost grows with the distance.",
        truth="It is for convex costs (OT-07). Under a concave cost common mass stays and the rest goes far.",
        source=(("villani2003", "section 2.2"), ("santambrogio2015", "chapter 3")),
        asks="solve",
        check=check_sorting,
        domain=Domain(
            MappingProxyType({"n": (1, 3)}),
            ("root-of-distance",),
            draw_rows,
            MappingProxyType({"x": Axes((), "fixed")}),
            valid=_valid_rows,
        ),
        smallest="0, 1 → 1, 2 under √|x − y|: in order 2, optimal √2",
        lanes=64,
    ),
    Myth(
        id="OT-M6",
        title="The distance from a mini-batch is unbiased",
        sentence="The distance between a sample and its population is on average that of the population from itself.",
        truth="It is positive for every sample size: the distance is convex, so its mean over samples exceeds its "
        "value at their mean, and for critics trained on mini-batches that bias is part of the loss.",
        source=(("bellemare2017", "whole paper"),),
        asks="wasserstein_1d",
        check=check_unbiased,
        domain=Domain(
            MappingProxyType({"sample": (1, 4)}),
            ("coin",),
            draw_population,
            MappingProxyType({"y": Axes((), "fixed")}),
            MappingProxyType({"sample": 1}),
            _valid_population,
        ),
        smallest="a fair coin on 0 and 1: 1/2 for one toss, 1/4 for two, 3/16 for four",
        lanes=16,
    ),
)
