"""Reference computations for critics: a forward pass with a running error, norms, W_1 by linear programming.

Everything is NumPy in float64, and every rounding bound is a magnitude of the case times γ_n (Higham 2002, section 3).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import U64, gamma
from theory.transport.programme import by_network_simplex

Floats = NDArray[np.float64]

BITS = 24
"""Bits that a number may have and still be exact in every dtype."""
Arrays = Mapping[str, NDArray[Any]]

NETWORK = ("W1", "b1", "W2", "b2", "W3", "b3")
LAYERS = ("W1", "W2", "W3")
SLOPE = 0.2

ACTIVATIONS: dict[str, Callable[[Floats], Floats]] = {
    "relu": lambda z: np.maximum(z, 0.0),
    "leaky_relu": lambda z: np.where(z > 0, z, SLOPE * z),
    "tanh": np.tanh,
    "softplus": lambda z: np.logaddexp(0.0, z),
}
ROUNDINGS = {"relu": 0, "leaky_relu": 2, "tanh": 4, "softplus": 6}
"""Roundings of one call: none; the slope and a product; a library function good to 2 ulp; two of those and a sum."""


class Values(NamedTuple):
    """f at points, and how far the same pass in arithmetic of unit u may be from it: both (lane, n)."""

    value: Floats
    error: Floats


def evaluate(net: Arrays, x: Floats, activation: str, u: float) -> Values:
    """W3 s(W2 s(W1 x + b1) + b2) + b3 at x (lane, n, d), with a running error bound (Higham 2002, section 3.3).

    A layer adds γ_{k+2}(|W||h| + |b|) for inner products of length k, and carries the error so far through |W|; a
    1-Lipschitz activation carries it unchanged and adds its own roundings. The oracle's own pass is the case u = U64.
    """
    h, error = x, np.zeros(x.shape)
    for k in (1, 2, 3):
        W, b = net[f"W{k}"], net[f"b{k}"]
        size = np.abs(W)
        carried = np.einsum("loi,lni->lno", size, error)
        reach = np.einsum("loi,lni->lno", size, np.abs(h) + error) + np.abs(b)[:, None]
        h, error = np.einsum("loi,lni->lno", W, h) + b[:, None], carried + gamma(W.shape[-1] + 2, u) * reach
        if k < 3:
            h = ACTIVATIONS[activation](h)
            error = error + gamma(ROUNDINGS[activation], u) * (np.abs(h) + error)
    return Values(h[..., 0], error[..., 0])


def norms(W: Floats) -> Floats:
    """All singular values of W (lane, o, i), the largest first."""
    finite = np.asarray(np.isfinite(W).all(axis=(1, 2)))[:, None]
    found = np.linalg.svd(np.where(finite[..., None], W, 0.0), compute_uv=False)
    return np.asarray(np.where(finite, found, np.nan), dtype=np.float64)


def norm_error(W: Floats, u: float) -> Floats:
    """How far a computed singular value of W (lane, o, i) may be off: γ(8 (o+1)(i+1)) ‖W‖_F, (lane,).

    Bidiagonalisation applies min(o, i) reflections from either side, each with a backward error of c·max(o, i) u ‖W‖_F
    (Higham 2002, lemma 19.3, its constant c taken as 4); an upper bound that proves itself costs as much again.
    """
    o, i = W.shape[-2:]
    return np.asarray(gamma(8 * (o + 1) * (i + 1), u) * frobenius(W))


def frobenius(W: Floats) -> Floats:
    """Root of the sum of squares over all axes but the lane, scaled against underflow: (lane,)."""
    flat = np.abs(W).reshape(len(W), -1)
    top = flat.max(axis=1)
    scaled = flat / np.where(top > 0, top, 1.0)[:, None]
    return np.asarray(top * np.sqrt((scaled**2).sum(axis=1)))


class Product(NamedTuple):
    """Π σ_max over the layers, and how far the product of computed norms may be off: both (lane,)."""

    value: Floats
    error: Floats


def product_of_norms(net: Arrays, u: float) -> Product:
    """Π_l (σ_l ± `norm_error`), and γ(4) for the products."""
    sigma = [norms(net[name])[:, 0] for name in LAYERS]
    value = np.prod(sigma, axis=0)
    wide = np.prod([s + norm_error(net[name], u) for s, name in zip(sigma, LAYERS, strict=True)], axis=0)
    return Product(value, wide - value + gamma(4, u) * wide)


def distances(x: Floats, y: Floats) -> Floats:
    """‖x_i − y_j‖ from differences: x (lane, n, d), y (lane, m, d) → (lane, n, m); relative error γ(d+3)."""
    return np.asarray(np.sqrt(((x[:, :, None] - y[:, None]) ** 2).sum(axis=-1)))


class Transport(NamedTuple):
    """W_1 times the mass, and the error of that number: both (lane,)."""

    value: Floats
    error: Floats


def wasserstein(arrays: Arrays) -> Transport:
    """W_1 of the weighted samples x, a and y, b under Euclidean distance, by linear programming.

    The cost of a feasible plan, so never too low but for rounding: γ(d + 8(n+m)) of the largest cost, in float64.
    """
    x, y, a, b = (arrays[name] for name in ("x", "y", "a", "b"))
    C = distances(x, y)
    cost = by_network_simplex(a, b, C).cost
    terms = x.shape[2] + 8 * (a.shape[1] + b.shape[1])
    return Transport(cost, gamma(terms, U64) * C.max(axis=(1, 2)) * a.sum(axis=1))


class Reading(NamedTuple):
    """Σ a f(x) − Σ b f(y), and how far a reading in arithmetic of unit u may be from it: both (lane,)."""

    value: Floats
    error: Floats


def read(fx: Values, fy: Values, a: Floats, b: Floats, u: float) -> Reading:
    """Two weighted sums, n + m products and sums: γ(n+m+2) Σ w (|f| + e), and the values' own errors Σ w e."""
    value = (a * fx.value).sum(axis=1) - (b * fy.value).sum(axis=1)
    carried = (a * fx.error).sum(axis=1) + (b * fy.error).sum(axis=1)
    size = (a * np.abs(fx.value)).sum(axis=1) + (b * np.abs(fy.value)).sum(axis=1)
    return Reading(value, carried + gamma(a.shape[1] + b.shape[1] + 2, u) * (size + carried))


def full_convolution(kernel: Floats, size: int) -> Floats:
    """The convolution with all its zero padding as a matrix, on images of size × size pixels.

    kernel (lane, o, i, kh, kw) → (lane, o (size+kh−1)(size+kw−1), i size²). Less padding drops rows of it, larger
    strides too.
    """
    lanes, o, i, kh, kw = kernel.shape
    rows, columns = size + kh - 1, size + kw - 1
    matrix = np.zeros((lanes, o, rows, columns, i, size, size))
    for r in range(size):
        for c in range(size):
            matrix[:, :, r : r + kh, c : c + kw, :, r, c] = np.moveaxis(kernel, 2, 4)
    return matrix.reshape(lanes, o * rows * columns, i * size * size)


def torus_norm(kernel: Floats, size: int) -> Floats:
    """Operator norm of the convolution on a torus of size × size pixels: (lane,).

    Fourier's basis makes it block diagonal: the largest norm of Σ_k K[:, :, k] e^{−i θ·k} over the frequencies θ
    (Sedghi et al. 2019, section 2).
    """
    blocks = np.moveaxis(np.fft.fft2(kernel, s=(size, size)), (1, 2), (3, 4))  # (lane, size, size, o, i)
    return np.asarray(np.linalg.svd(blocks, compute_uv=False)[..., 0].max(axis=(1, 2)))


def reshaped_norm(kernel: Floats) -> Floats:
    """σ_max of the kernel as a matrix o × (i kh kw): (lane,)."""
    lanes, o = kernel.shape[:2]
    return norms(kernel.reshape(lanes, o, -1))[:, 0]


def next_estimate(sigma: Floats, first: Floats, second: Floats, doubt: Floats) -> Floats:
    """The least that one more power step can give after the estimate `sigma`, for the two largest singular values.

    σ² = Σ c_i² σ_i² of a unit vector, so that cos² θ = c_1² ≥ (σ² − σ_2²)/(σ_1² − σ_2²); a step multiplies tan θ by at
    most (σ_2/σ_1)²; the estimate is at least σ_1 cos θ (Golub & Van Loan 2013, section 8.2). 0 where σ ≤ σ_2: then
    nothing follows. Every input is moved by `doubt` to the side that claims less.
    """
    low, top, next_ = sigma - doubt, first + doubt, second + doubt
    told = (low > next_) & (top > next_)
    cos2 = np.where(told, (low**2 - next_**2) / np.where(told, top**2 - next_**2, 1.0), 1.0)
    ratio = np.minimum(next_ / np.maximum(first - doubt, next_), 1.0)
    tan2 = (1 / cos2 - 1) * ratio**4
    return np.where(told, (first - doubt) / np.sqrt(1 + np.maximum(tan2, 0.0)), 0.0)


def penalty_error(w: Floats, y: Floats, lam: float, u: float) -> tuple[Floats, Floats]:
    """How far the gap w·y and the penalty λ(‖w‖ − 1)² may be off: both (lane,).

    The gap by γ(d+4) Σ|w y|. A norm of d entries by γ(d+4), relative, less 1 by e = γ(d+6)(‖w‖ + 1); its square by
    2 |‖w‖ − 1| e + e²; λ and the mean add γ(8) of the penalty.
    """
    d = w.shape[1]
    norm = np.sqrt((w**2).sum(axis=1))
    off = np.abs(norm - 1)
    e = gamma(d + 6, u) * (norm + 1)
    return gamma(d + 4, u) * np.abs(w * y).sum(axis=1), lam * (2 * off * e + e**2) + gamma(8, u) * lam * off**2


def few_bits(*values: Floats) -> NDArray[np.bool_]:
    """Where all of these (lane, ...) are multiples of 2^-10 below 2^14, so exact in every dtype: (lane,)."""
    good = [(v * 2.0**10 == np.round(v * 2.0**10)) & (np.abs(v) < 2.0 ** (BITS - 10)) for v in values]
    return np.asarray(np.all([g.reshape(len(g), -1).all(axis=1) for g in good], axis=0))
