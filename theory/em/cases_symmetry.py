"""Mixtures in other names, in other coordinates and at temperature 0: regimes drawn a whole batch at a time."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np

from theory.core.domain import Array, Axes, Cases, Domain, Shape
from theory.em.bounds_steps import steady
from theory.em.cases_mixture import AXES, draw_mixture, settled, shape_of, simplex, valid
from theory.em.cases_steps import PATH_SHAPES, flavour_of, steady_step, with_both
from theory.em.data import Floats
from theory.em.port import COVARIANCES

Rng = np.random.Generator


def draw_labels(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """A start, its responsibilities and an order of components; in "twins" the last equals the first."""
    twins = flavour_of(regime) == "twins" and shape["k"] > 1
    kind = shape_of(regime)
    cases = draw_mixture(rng, shape, kind if twins else regime, lanes)
    if twins:
        for name in ("pi", "mu", *(() if kind == "tied" else (kind,))):
            cases[name][:, -1] = cases[name][:, 0]
    order = np.argsort(rng.random((lanes, shape["k"])), axis=1)
    return with_both(settled(cases)).with_settings(steps=2).with_arrays(order=order)


def _ranked(cases: Cases) -> Cases:
    """What is left of an order, after dropping a component, is an order again."""
    return settled(cases).with_arrays(order=np.argsort(np.argsort(cases["order"], axis=1), axis=1))


def renamed(values: Array, order: Array, axis: int = 1) -> Array:
    """Components along an axis of values (lane, …) in another order (lane, k)."""
    index = order.reshape(len(order), *[1] * (axis - 1), -1, *[1] * (values.ndim - 1 - axis))
    return np.take_along_axis(values, index, axis=axis)


LABEL_DOMAIN = Domain(
    PATH_SHAPES,
    (*COVARIANCES, *(f"{kind}-twins" for kind in COVARIANCES), "full-offset", "tied-rare"),
    draw_labels,
    MappingProxyType({**AXES, "order": Axes(("k",))}),
    {"steps": 1},
    valid=steady_step,
    settle=_ranked,
)
"""Starts whose components get other names."""


def _triangle(rng: Rng, lanes: int, d: int, diagonal: list[float]) -> Floats:
    """Lower triangles (lane, d, d) with a diagonal from a list and −1, 0 or 1 below it."""
    made = np.tril(rng.integers(-1, 2, (lanes, d, d)).astype(np.float64), -1)
    made[:, np.arange(d), np.arange(d)] = rng.choice(diagonal, (lanes, d))
    return made


def _shuffle(rng: Rng, lanes: int, d: int) -> Floats:
    """Signed permutation matrices (lane, d, d)."""
    order = np.argsort(rng.random((lanes, d)), axis=1)
    return np.asarray(np.eye(d)[order] * rng.choice([-1.0, 1.0], (lanes, d, 1)))


def _map(rng: Rng, kind: str, lanes: int, d: int) -> Floats:
    """A (lane, d, d), whole up to a power of two, of the sort under which a shape of covariance is closed.

    Any regular matrix for full and tied, a scaled signed permutation for diag, a multiple of an orthogonal matrix for
    spherical: (3, 4, 5) is the right triangle in whole numbers.
    """
    if kind in ("full", "tied"):
        upper = _triangle(rng, lanes, d, [1.0]).swapaxes(1, 2)
        return _triangle(rng, lanes, d, [-2.0, 1.0, 2.0]) @ upper
    if kind == "diag":
        return _shuffle(rng, lanes, d) * 2.0 ** rng.integers(-2, 3, (lanes, d, 1))
    turn = 5 * np.eye(d)
    if d > 1:
        turn[:2, :2] = [[3, -4], [4, 3]]
    return _shuffle(rng, lanes, d) @ turn * 2.0 ** rng.integers(-2, 3, (lanes, 1, 1))


def draw_affine(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Everything is a whole number over a power of two, small enough that A x + b and A Σ Aᵀ are not rounded."""
    n, d, k = shape["n"], shape["d"], shape["k"]
    kind = shape_of(regime)
    count = {"full": (k,), "tied": (), "diag": (k, d), "spherical": (k,)}[kind]
    if kind in ("full", "tied"):
        root = _triangle(rng, lanes * int(np.prod(count)), d, [1.0, 1.5, 2.0]).reshape(lanes, *count, d, d)
        spread = root @ root.swapaxes(-1, -2)
    else:
        spread = rng.choice([0.5, 1.0, 2.0, 4.0], (lanes, *count))
    arrays = {
        "x": rng.integers(-(2**8), 2**8, (lanes, n, d)) / 2.0**6,
        "sample_weight": np.ones((lanes, n)),
        "pi": simplex(rng, lanes, k),
        "mu": rng.integers(-(2**7), 2**7, (lanes, k, d)) / 2.0**6,
        kind: spread,
        "A": _map(rng, kind, lanes, d),
        "b": rng.integers(-8, 9, (lanes, d)) * (2.0**10 if flavour_of(regime) == "offset" else 1.0),
    }
    return Cases(arrays, {"covariance": kind, "steps": 1}, regime)


def transformed(cases: Cases) -> Cases:
    """The same problem in the coordinates A x + b."""
    A, b, kind = cases["A"], cases["b"], str(cases.settings["covariance"])
    turned = A.swapaxes(1, 2)
    arrays = {
        "x": cases["x"] @ turned + b[:, None],
        "mu": cases["mu"] @ turned + b[:, None],
        kind: carried(cases[kind], A, kind),
    }
    return cases.with_arrays(**arrays)


def carried(covariance: Array, A: Array, kind: str) -> Floats:
    """A Σ Aᵀ for one shape of covariance (lane, …): where a shape is not closed under A this is not its law."""
    if kind == "full":
        return np.asarray(A[:, None] @ covariance @ A.swapaxes(1, 2)[:, None])
    if kind == "tied":
        return np.asarray(A @ covariance @ A.swapaxes(1, 2))
    if kind == "diag":
        return np.asarray(covariance @ (A**2).swapaxes(1, 2))
    return np.asarray(covariance * (A[:, :1] ** 2).sum(axis=2))


def closed(cases: Cases) -> Array:
    """Regular maps of the right sort, and a steady first step in both coordinates."""
    A, kind = cases["A"], str(cases.settings["covariance"])
    d = A.shape[1]
    right = np.abs(np.linalg.det(A)) >= 2.0**-8
    square = A @ A.swapaxes(1, 2)
    if kind == "diag":
        right &= ((A != 0).sum(axis=1) == 1).all(axis=1) & ((A != 0).sum(axis=2) == 1).all(axis=1)
    if kind == "spherical":
        right &= (square == square[:, :1, :1] * np.eye(d)).all(axis=(1, 2))
    safe = cases.with_arrays(A=np.where(right[:, None, None], A, np.eye(d)))
    return np.asarray(right & valid(cases) & steady(cases) & steady(transformed(safe)))


AFFINE_AXES = MappingProxyType(
    {
        **{name: Axes(axes.names) for name, axes in AXES.items()},
        "A": Axes(("d", "d")),
        "b": Axes(("d",)),
    }
)
AFFINE_DOMAIN = Domain(
    PATH_SHAPES,
    (*COVARIANCES, *(f"{kind}-offset" for kind in COVARIANCES)),
    draw_affine,
    AFFINE_AXES,
    valid=closed,
    settle=settled,
)
"""Affine maps of a problem."""


def draw_limit(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Equal weights and one common variance; the last regimes put a row in the middle between two whole centres."""
    n, d, k = shape["n"], shape["d"], shape["k"]
    mu = rng.integers(-4, 5, (lanes, k, d)).astype(np.float64)
    owner = np.concatenate([np.arange(k), rng.integers(0, k, n - k)])
    x = mu[:, owner] + rng.standard_normal((lanes, n, d)) / 2
    low, high = {"soft": (-1.0, 2.0), "cold": (-4.0, -1.0), "ties": (-2.0, 1.0)}[regime]
    if regime == "ties":
        x[:, -1] = (mu[:, 0] + mu[:, 1]) / 2
    variance = 10 ** rng.uniform(low, high, (lanes, 1))
    arrays = {"x": x, "sample_weight": np.ones((lanes, n)), "pi": np.full((lanes, k), 1 / k), "mu": mu}
    return Cases({**arrays, "spherical": np.repeat(variance, k, axis=1)}, {"covariance": "spherical"}, regime)


def squared_distances(cases: Cases) -> Floats:
    """|x_n − μ_k|²: (lane, n, k)."""
    return np.asarray(((cases["x"][:, :, None] - cases["mu"][:, None]) ** 2).sum(axis=3))


def shared_variance(cases: Cases) -> Array:
    """Equal weights, one positive variance, different centres each of which is nearest to some row."""
    pi, variance, mu = cases["pi"], cases["spherical"], cases["mu"]
    k = pi.shape[1]
    apart = (np.abs(mu[:, :, None] - mu[:, None]).sum(axis=3) > 0) | np.eye(k, dtype=bool)
    nearest = squared_distances(cases).argmin(axis=2)
    peopled = (nearest[:, :, None] == np.arange(k)).any(axis=1).all(axis=1)
    same = (pi == pi[:, :1]).all(axis=1) & (variance == variance[:, :1]).all(axis=1) & (variance[:, 0] > 0)
    return np.asarray(valid(cases) & same & apart.all(axis=(1, 2)) & peopled)


LIMIT_AXES = MappingProxyType({name: AXES[name] for name in ("x", "mu", "spherical", "pi", "sample_weight")})
LIMIT_DOMAIN = Domain(
    MappingProxyType({"n": (4, 12), "d": (1, 3), "k": (2, 4)}),
    ("soft", "cold", "ties"),
    draw_limit,
    LIMIT_AXES,
    valid=shared_variance,
    settle=settled,
)
"""One common variance on the way to 0."""


def draw_turned(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """One component with a diagonal covariance on whole points of the plane, which lie near a line in "sloping"."""
    n = shape["n"]
    x = rng.integers(-8, 9, (lanes, n, 2)).astype(np.float64)
    if regime == "sloping":
        x[..., 1] = x[..., 0] + rng.integers(-1, 2, (lanes, n))
    arrays = {
        "x": x,
        "sample_weight": np.ones((lanes, n)),
        "pi": np.ones((lanes, 1)),
        "mu": np.zeros((lanes, 1, 2)),
        "diag": np.ones((lanes, 1, 2)),
    }
    return Cases(arrays, {"covariance": "diag", "steps": 1}, regime)


EIGHTH_TURN = np.array([[1.0, -1.0], [1.0, 1.0]])
"""An eighth of a turn, times √2."""


def turned(cases: Cases) -> Cases:
    """The same points an eighth of a turn further, from the same start."""
    return cases.with_arrays(x=cases["x"] @ EIGHTH_TURN.T)


def spread_both_ways(cases: Cases) -> Array:
    """Points with a variance along each axis, before and after the turn."""
    both = (cases["x"], turned(cases)["x"])
    varied = [np.ptp(x, axis=1).min(axis=1) > 0 for x in both]
    return np.asarray(valid(cases) & varied[0] & varied[1])


TURN_DOMAIN = Domain(
    MappingProxyType({"n": (2, 8)}),
    ("sloping", "cloud"),
    draw_turned,
    MappingProxyType({"x": Axes(("n",), "real"), "sample_weight": Axes(("n",), "weight")}),
    valid=spread_both_ways,
)
"""Points of the plane before and after an eighth of a turn."""
