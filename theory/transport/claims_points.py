"""Claims about cost matrices between points: OT-19 and OT-24."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import U64, Bound, gamma, rounding
from theory.core.claim import Answer, Claim
from theory.core.domain import Cases
from theory.core.gap import Gap, equal, exactly
from theory.transport.cases_points import HOMOGENEOUS, MOVED_POINTS, POINTS, on_lattice

Floats = NDArray[np.float64]

NORMS = {"cityblock": 1.0, "euclidean": 2.0, "sqeuclidean": 2.0}
"""The exponent of the metrics that do not take it from the setting `p`."""


def exponent(cases: Cases) -> float:
    """The exponent p of the distance as a norm."""
    return NORMS.get(str(cases.settings["metric"]), float(cases.settings["p"]))


def power_sums(cases: Cases) -> Floats:
    """Σ_k |x_ik − y_jk|^p between all pairs, coordinate by coordinate: (lane, n, m). For the 0–1 metric: x_i ≠ y_j."""
    x, y, p = cases["x"], cases["y"], exponent(cases)
    total = np.zeros((cases.lanes, x.shape[1], y.shape[1]))
    for k in range(x.shape[2]):
        step = np.abs(x[:, :, None, k] - y[:, None, :, k])
        total = np.maximum(total, step > 0) if cases.settings["metric"] == "discrete" else total + step**p
    return total


def power_of_two(cases: Cases) -> Floats:
    """A power of two near the largest coordinate for distances that scale with the points, else 1: (lane, 1, 1)."""
    size = np.maximum(np.abs(cases["x"]).max(axis=(1, 2)), np.abs(cases["y"]).max(axis=(1, 2)))
    _, power = np.frexp(size)
    far = (np.abs(power) > 32) & (cases.settings["metric"] in HOMOGENEOUS)
    return np.asarray(2.0 ** np.where(far, power, 0)[:, None, None])


def relative(cases: Cases, sums: Floats, u: float, scale: Floats | float = 1.0) -> Floats:
    """Relative error of a distance computed from differences, see `check_cost`: like `sums`, (lane, n, m).

    The points were divided by `scale`, which the subject need not do.
    """
    metric, d, p = cases.settings["metric"], cases["x"].shape[2], exponent(cases)
    if metric == "discrete":
        return np.zeros_like(sums)
    if metric != "minkowski":
        return np.full_like(sums, gamma(d + 2, u))
    length = np.abs(np.log(np.where(sums > 0, sums, 1.0))) / p + np.abs(np.log(scale))
    return np.asarray(gamma(d + 8, u) + u * length)


@np.errstate(invalid="ignore", over="ignore")
def check_cost(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """C_ij is the distance of x_i and y_j, does not depend on who is called x, and is 0 between equal points.

    Differences, squares and a sum of d non-negative terms: γ(d+2) relative; a power and a root of 2 ulp each, and 1/p
    as a rounded number: γ(d+8) + u |ln Σ|/p (Higham 2002, section 3.1). On a lattice all of it is exact but the root,
    so Euclidean distances are compared by their squares.
    """
    metric, u = cases.settings["metric"], cases.u
    asked, scale = cases, power_of_two(cases)
    cases, C = cases.with_arrays(x=cases["x"] / scale, y=cases["y"] / scale), answer["C"] / scale
    sums = power_sums(cases)
    both = relative(cases, sums, u, scale) + relative(cases, sums, U64)
    inside = np.where(on_lattice(cases)[:, None, None] & (metric != "minkowski"), 0.0, both)
    if metric == "euclidean":
        root = rounding(3, u, "γ(3) C²", sums)
        found = equal("C² = Σ (x − y)²", C * C, sums, Bound(inside * sums, "γ(d+2) C²") + root)
    else:
        expected = sums ** (1 / exponent(cases)) if metric == "minkowski" else sums
        found = equal("C = d(x, y)", C, expected, Bound(inside * expected, "(γ(d+8) + u|ln Σ|/p) C"))
    swapped = answer.again("cost", asked.with_arrays(x=asked["y"], y=asked["x"]))["C"].transpose(0, 2, 1) / scale
    itself = answer.again("cost", asked.with_arrays(y=asked["x"]))["C"]
    twice = Bound(2 * (inside + (0.0 if metric in ("cityblock", "sqeuclidean", "discrete") else u)) * C, "2γ(d+8) C")
    return (
        found,
        equal("C(x, y) = C(y, x)ᵀ", C, swapped, twice),
        exactly("d(x, x) = 0", itself[:, np.arange(itself.shape[1]), np.arange(itself.shape[1])], 0),
        exactly("d = 0 only between equal points", C == 0, sums == 0, sums < np.inf),
    )


@np.errstate(invalid="ignore", over="ignore")
def check_moved_points(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """C(sX + t, sY + t) = |s| C(X, Y) for distances that come from a norm.

    Each coordinate of a moved point is off by 2u (|s| M + |t|), M = max |x|, |y|, so a distance by twice that times
    d^{1/p}, the norm of (1, …, 1); then the relative error of both distances, see `check_cost`. Squares that are
    expanded, |x|² − 2xy + |y|², lose √u instead of u.
    """
    s, t, p = cases["s"], cases["t"], exponent(cases)
    x, y = (s[:, None, None] * cases[name] + t[:, None] for name in ("x", "y"))
    moved = answer.again("cost", cases.with_arrays(x=x, y=y).rounded())["C"]
    expected = np.abs(s)[:, None, None] * answer["C"]
    span = np.maximum(np.abs(cases["x"]).max(axis=(1, 2)), np.abs(cases["y"]).max(axis=(1, 2)))
    size = np.abs(s) * span + np.abs(t).max(axis=1)
    u, d = cases.u + U64, cases["x"].shape[2]
    shift = rounding(4, u, "4u d^{1/p} (|s| M + |t|)", d ** (1 / p) * size[:, None, None])
    sums = power_sums(cases)
    own = 2 * relative(cases, sums, u) * expected + relative(cases.with_arrays(x=x, y=y), moved**p, u) * moved
    return (
        exactly("C is finite", np.isfinite(answer["C"]), True),
        equal("C(sX + t, sY + t) = |s| C", moved, expected, shift + Bound(own, "3γ(d+8) |s| C")),
    )


COST = Claim(
    id="OT-19",
    version=1,
    title="The cost of carrying x to y",
    sentence="The cost matrix holds the distance between every source and every target: it is the same in both "
    "directions, and zero exactly between equal points.",
    latex=r"C_{ij}=d(x_i,y_j),\qquad d(x,y)=d(y,x),\qquad d(x,y)=0\iff x=y",
    source=(("villani2009", "chapter 6"), ("peyre2019", "section 2.4")),
    kind="identity",
    asks="cost",
    check=check_cost,
    domain=POINTS,
    needs=("C",),
)
MOVED_COST = Claim(
    id="OT-24",
    version=1,
    title="Shifted and scaled points",
    sentence="A common shift of all points changes no distance, and a common factor multiplies every distance by its "
    "size, within rounding of the coordinates.",
    latex=r"C(sX+t,\,sY+t)=|s|\,C(X,Y)",
    source=(("peyre2019", "Remark 2.19"), ("higham2002", "section 3.1")),
    kind="identity",
    asks="cost",
    check=check_moved_points,
    domain=MOVED_POINTS,
    needs=("C",),
    parents=("OT-19",),
)
