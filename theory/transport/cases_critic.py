"""Problems for critics: networks on weighted samples, weights to clip and to normalise, kernels, Diracs, training sets.

Masses are counts over a power of two, so that totals are exactly 1 in every dtype; in regime "generic" they are any.
"""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from theory.core.domain import Axes, Cases, Domain, Shape
from theory.transport.oracle_critic import ACTIVATIONS, LAYERS, NETWORK, Floats
from theory.transport.port import CRITICS

Rng = np.random.Generator

PARTS = 64
"""Masses are multiples of 1/64."""

ALWAYS = MappingProxyType({"generic": "relu", "integers": "leaky_relu", "duplicates": "tanh", "heavy-bias": "softplus"})
"""Regimes with one activation: each of them is met in every search, however short; softplus where it is nearly z."""

TRAINED = MappingProxyType({"generic": "clip", "shifted": "gp", "around": "sn", "far": "gp"})
"""Regimes with critics of one kind, for the same reason."""

SCALES = MappingProxyType({"large": 2.0**10, "small": 2.0**-10})


def masses(rng: Rng, regime: str, lanes: int, n: int) -> Floats:
    """Total 1, (lane, n): 64 grains thrown on n places, so that some stay empty; one place gets all of them."""
    if regime == "generic":
        w = rng.uniform(0.1, 1.0, (lanes, n))
        return np.asarray(w / w.sum(axis=1, keepdims=True))
    chance = np.array([0.25**k for k in range(n)]) if regime == "zero-weights" else np.ones(n)
    return np.asarray(rng.multinomial(PARTS, chance / chance.sum(), lanes) / PARTS)


def samples(rng: Rng, regime: str, lanes: int, n: int, m: int, d: int) -> dict[str, Floats]:
    """Points x (lane, n, d), y (lane, m, d) and their masses a, b."""
    x, y = rng.standard_normal((lanes, n, d)), rng.standard_normal((lanes, m, d)) + rng.integers(0, 3, (lanes, 1, 1))
    if regime == "integers":
        x, y = (rng.integers(-3, 4, points.shape).astype(np.float64) for points in (x, y))
    if regime == "duplicates":
        x[:] = x[:, :1]
        y[:, ::2] = x[:, :1]
    if regime == "close":
        y = x[:, np.arange(m) % n] + 2.0**-20 * y
    scale = SCALES.get(regime, 1.0)
    return {"x": x * scale, "y": y * scale, "a": masses(rng, regime, lanes, n), "b": masses(rng, regime, lanes, m)}


def network(rng: Rng, regime: str, lanes: int, d: int, h: int) -> dict[str, Floats]:
    """Weights and biases (lane, ...) of a perceptron; W by √fan-in times a factor around 1."""
    sizes = {"W1": (h, d), "b1": (h,), "W2": (h, h), "b2": (h,), "W3": (1, h), "b3": (1,)}
    net = {name: rng.standard_normal((lanes, *shape)) for name, shape in sizes.items()}
    if regime == "integers":
        return {name: rng.integers(-2, 3, value.shape).astype(np.float64) for name, value in net.items()}
    for name in LAYERS:
        net[name] *= 2.0 ** rng.uniform(-1, 2, (lanes, 1, 1)) / np.sqrt(net[name].shape[-1])
    if regime == "zero-layer":
        net[LAYERS[int(rng.integers(3))]][::2] = 0.0
    if regime == "heavy-bias":
        net["b1"] = 24 + 2 * net["b1"]
        net["b2"] = 24 + 2 * net["b2"]
    return net


def straight(rng: Rng, lanes: int, n: int, m: int, d: int, h: int, activation: str) -> dict[str, Floats]:
    """A network that is linear where the points are, steep as its product of norms, on samples that lie in order.

    Every matrix is constant, times an axis in the first layer: its norm is its Frobenius norm, and the vectors that
    attain it follow on each other. Biases keep all units in the linear part; tanh has none, so points are tiny. All of
    x lies on one side of all of y on that axis, so that a linear critic is the best one.
    """
    gain, side = rng.integers(1, 4, (3, lanes)).astype(np.float64), rng.choice([-1.0, 1.0], lanes)
    axis = np.eye(d)[rng.integers(0, d, lanes)]
    net = {
        "W1": gain[0][:, None, None] * np.ones((h, 1)) * axis[:, None, :],
        "W2": gain[1][:, None, None] * np.ones((h, h)),
        "W3": gain[2][:, None, None] * np.ones((1, h)),
        "b1": np.full((lanes, h), 0.0 if activation == "tanh" else 128.0),
        "b2": np.zeros((lanes, h)),
        "b3": np.zeros((lanes, 1)),
    }
    scale = 2.0**-30 if activation == "tanh" else 1.0
    near, far = rng.integers(0, 9, (lanes, n)), rng.integers(9, 17, (lanes, m))
    x, y = (scale * (side[:, None] * place)[..., None] * axis[:, None] for place in (near, far))
    return {**net, "x": x, "y": y, "a": masses(rng, "", lanes, n), "b": masses(rng, "", lanes, m)}


def draw_critic(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """A perceptron with one of the activations, and two weighted samples."""
    activation = ALWAYS.get(regime, str(rng.choice(list(ACTIVATIONS))))
    n, m, d, h = (shape[name] for name in ("n", "m", "d", "h"))
    if regime == "straight":
        arrays = straight(rng, lanes, n, m, d, h, activation)
    else:
        arrays = {**samples(rng, regime, lanes, n, m, d), **network(rng, regime, lanes, d, h)}
    return Cases(arrays, {"activation": activation}, regime)


def valid_samples(cases: Cases) -> NDArray[np.bool_]:
    """(lane,): finite points, and masses ≥ 0 with totals that agree but for the rounding of each entry."""
    x, y, a, b = (cases[name] for name in ("x", "y", "a", "b"))
    finite = np.isfinite(x).all(axis=(1, 2)) & np.isfinite(y).all(axis=(1, 2))
    total, other = a.sum(axis=1), b.sum(axis=1)
    near = np.abs(total - other) <= (a.shape[1] + b.shape[1]) * cases.u * total
    return np.asarray(finite & (a >= 0).all(axis=1) & (b >= 0).all(axis=1) & (total > 0) & near)


def valid_critic(cases: Cases) -> NDArray[np.bool_]:
    """(lane,): as `valid_samples`, with a network whose shapes fit and whose entries are finite."""
    h, d = cases["W1"].shape[1:]
    fits = cases["W2"].shape[1:] == (h, h) and cases["W3"].shape[1:] == (1, h) and cases["x"].shape[2] == d
    if not fits or any(cases[name].shape[1:] != (h,) for name in ("b1", "b2")):
        return np.zeros(cases.lanes, dtype=bool)
    finite = [np.isfinite(cases[name]).reshape(cases.lanes, -1).all(axis=1) for name in NETWORK]
    return np.asarray(valid_samples(cases) & np.all(finite, axis=0))


def draw_clip(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Weights W (lane, o, i), and a c that float32 holds exactly."""
    c = float(rng.choice([2.0**-7, 0.0625, 0.25, 1.0, 3.0]))
    o = 1 if regime == "one-row" else shape["o"]
    size = (lanes, o, shape["i"])
    W = rng.standard_normal(size) * 2 * c
    if regime == "integers":
        W = c * rng.integers(-3, 4, size).astype(np.float64)
    if regime == "saturated":
        W = 8 * c * rng.choice([-1.0, 1.0], (lanes, o, 1)) * rng.choice([-1.0, 1.0], (lanes, 1, shape["i"]))
    if regime == "inside":
        W = c * rng.uniform(-1, 1, size)
    return Cases({"W": W * (2.0**40 if regime == "huge" else 1.0)}, {"c": c}, regime)


def draw_spectral(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Weights W (lane, o, i), not 0, of known shape of spectrum; iterations ≥ 1."""
    o, i = shape["o"], shape["i"]
    W = rng.standard_normal((lanes, o, i))
    if regime == "integers":
        W = rng.integers(-2, 3, W.shape).astype(np.float64)
        W[:, 0, 0] += W.any(axis=(1, 2)) == 0
    if regime == "rank-one":
        W = W[:, :, :1] * rng.standard_normal((lanes, 1, i))
    if regime in ("gap", "close", "orthogonal"):
        U, _, V = np.linalg.svd(W, full_matrices=False)
        ratio = {"gap": 0.5, "close": 0.99, "orthogonal": 1.0}[regime]
        W = (U * ratio ** np.arange(min(o, i))) @ V
    scale = {"huge": 2.0**60, "tiny": 2.0**-60}.get(regime, 1.0)
    return Cases({"W": W * scale}, {"iterations": shape["iterations"]}, regime)


def valid_weights(cases: Cases) -> NDArray[np.bool_]:
    """(lane,): finite weights, not all of them 0."""
    W = cases["W"]
    return np.asarray(np.isfinite(W).all(axis=(1, 2)) & W.any(axis=(1, 2)))


def draw_kernel(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Kernels (lane, o, i, kh, kw); constant ones attain their bound at frequency 0, alternating ones at the top."""
    size = (lanes, *(shape[name] for name in ("o", "i", "kh", "kw")))
    kernel = rng.standard_normal(size)
    if regime == "integers":
        kernel = rng.integers(-2, 3, size).astype(np.float64)
    if regime in ("constant", "alternating"):
        taps = np.indices(size[3:]).sum(axis=0)
        sign = 1 - 2 * (taps % 2) if regime == "alternating" else 1
        kernel = np.ones(size) * sign * rng.integers(1, 4, (lanes, 1, 1, 1, 1))
    if regime == "one-tap":
        kernel[:, :, :, 1:] = 0.0
        kernel[..., 1:] = 0.0
    return Cases({"kernel": kernel * (2.0**40 if regime == "huge" else 1.0)}, {}, regime)


def draw_penalty(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Slopes w and a second Dirac y (lane, d); λ.

    "axis" and "five" hold numbers of few digits for which every quantity of the claim is exact: y = d e_k with λ a
    power of two, or y = l (3, 4) in two places with λ five times a power and l/(2λ) a whole number less 1/5.
    """
    d, lanes_ = shape["d"], np.arange(lanes)
    power = 2.0 ** rng.integers(-2, 1 if regime == "five" else 3)
    w, y = rng.standard_normal((lanes, d)), 2 * rng.standard_normal((lanes, d))
    lam = float(rng.choice([10.0, 0.7, 1e3]))
    if regime in ("axis", "same"):
        y, lam = np.zeros((lanes, d)), float(power)
        y[lanes_, rng.integers(0, d, lanes)] = rng.integers(-8, 9, lanes) / 2 * (regime == "axis")
        w = rng.integers(-4, 5, (lanes, d)).astype(np.float64)
    if regime == "five":
        d, lam = max(d, 2), float(5 * power)
        y = np.zeros((lanes, d))
        places = np.argsort(rng.random((lanes, d)), axis=1)
        length = 2 * power * (5 * rng.integers(1, 4, lanes) - 1)
        for place, leg in ((0, 3), (1, 4)):
            y[lanes_, places[:, place]] = rng.choice([-1, 1], lanes) * leg * length
        w = np.sign(y) * rng.integers(0, 3, (lanes, 1)) * np.abs(y) / length[:, None]
    return Cases({"w": w, "y": y}, {"lam": lam}, regime)


def draw_training(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Two samples for a critic of one kind: shifted copies, clusters around one another, Diracs, equal measures."""
    n, m, d = shape["n"], shape["m"], shape["d"]
    if regime == "diracs":
        n = m = 1
    arrays = samples(rng, regime, lanes, n, m, d)
    if regime == "shifted":
        arrays["x"] = arrays["y"] + 2 * rng.standard_normal((lanes, 1, d))
        arrays["a"] = arrays["b"].copy()
    if regime == "around":
        arrays["x"] = np.sign(arrays["x"]) * 4 + arrays["x"] / 4
        arrays["y"] = arrays["y"] / 4
    if regime == "equal":
        arrays["x"], arrays["a"] = arrays["y"].copy(), arrays["b"].copy()
    if regime == "far":
        arrays["x"], arrays["y"] = arrays["x"] + 2.0**10, arrays["y"] + 2.0**10
    kind = TRAINED.get(regime, str(rng.choice(CRITICS)))
    return Cases(arrays, {"kind": kind, "steps": shape["steps"]}, regime)


def digit_samples() -> dict[str, Floats]:
    """Sixteen digits 3 and eight digits 8 as points of [0, 1]^64, equal masses: one lane."""
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    x, y = (images[labels == digit][:count] / 16 for digit, count in ((3, 16), (8, 8)))
    return {"x": x[None], "y": y[None], "a": np.full((1, len(x)), 1 / len(x)), "b": np.full((1, len(y)), 1 / len(y))}


def digits() -> Cases:
    """A random leaky perceptron on digits."""
    rng = np.random.default_rng(64)
    return Cases({**digit_samples(), **network(rng, "", 1, 64, 8)}, {"activation": "leaky_relu"}, "digits")


def training_digits() -> Cases:
    """A critic to be trained on digits, by spectral normalisation."""
    return Cases(digit_samples(), {"kind": "sn", "steps": 20}, "digits")


def digit_kernels() -> Cases:
    """The 3 × 3 corners of sixteen digits as kernels of one channel."""
    from sklearn.datasets import load_digits

    images = load_digits().images[:16, 2:5, 2:5]
    return Cases({"kernel": images[:, None, None].astype(np.float64)}, {}, "digits")


CRITIC_DOMAIN = Domain(
    MappingProxyType({"n": (1, 8), "m": (1, 8), "d": (1, 4), "h": (1, 6)}),
    ("generic", "integers", "straight", "duplicates", "close", "zero-weights", "zero-layer", "heavy-bias", *SCALES),
    draw_critic,
    MappingProxyType(
        {
            "x": Axes(("n", "d"), "real"),
            "y": Axes(("m", "d"), "real"),
            "a": Axes(("n",)),
            "b": Axes(("m",)),
            "W1": Axes(("h", "d"), "real"),
            "b1": Axes(("h",), "real"),
            "W2": Axes(("h", "h"), "real"),
            "b2": Axes(("h",), "real"),
            "W3": Axes(("one", "h"), "real"),
            "b3": Axes(("one",), "real"),
        }
    ),
    valid=valid_critic,
    real=MappingProxyType({"digits": digits}),
)
CLIP_DOMAIN = Domain(
    MappingProxyType({"o": (1, 6), "i": (1, 6)}),
    ("generic", "integers", "saturated", "inside", "one-row", "huge"),
    draw_clip,
    MappingProxyType({"W": Axes(("o", "i"), "real")}),
)
SPECTRAL_DOMAIN = Domain(
    MappingProxyType({"o": (1, 6), "i": (1, 6), "iterations": (1, 5)}),
    ("generic", "integers", "rank-one", "gap", "close", "orthogonal", "huge", "tiny"),
    draw_spectral,
    MappingProxyType({"W": Axes(("o", "i"), "real")}),
    MappingProxyType({"iterations": 1}),
    valid_weights,
)
KERNEL_DOMAIN = Domain(
    MappingProxyType({"o": (1, 3), "i": (1, 3), "kh": (1, 3), "kw": (1, 3)}),
    ("generic", "integers", "constant", "alternating", "one-tap", "huge"),
    draw_kernel,
    MappingProxyType({"kernel": Axes(("o", "i", "kh", "kw"), "real")}),
    real=MappingProxyType({"digits": digit_kernels}),
)
PENALTY_DOMAIN = Domain(
    MappingProxyType({"d": (1, 4)}),
    ("generic", "axis", "five", "same"),
    draw_penalty,
    MappingProxyType({"w": Axes(("d",), "real"), "y": Axes(("d",), "real")}),
)
TRAINING_DOMAIN = Domain(
    MappingProxyType({"n": (1, 8), "m": (1, 8), "d": (1, 2), "steps": (1, 16)}),
    ("generic", "shifted", "around", "diracs", "equal", "far", "zero-weights"),
    draw_training,
    MappingProxyType(
        {"x": Axes(("n", "d"), "real"), "y": Axes(("m", "d"), "real"), "a": Axes(("n",)), "b": Axes(("m",))}
    ),
    MappingProxyType({"steps": 1}),
    valid_samples,
    MappingProxyType({"digits": training_digits}),
)
