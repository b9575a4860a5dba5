"""How far a computed kernel, its series or its features may be from the truth."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import SMALLEST_NORMAL, U64, Bound, absolute, gamma, rounding
from theory.core.domain import Cases

Floats = NDArray[np.float64]


def tiny(cases: Cases) -> float:
    """The smallest normal number of the subject's dtype, below which digits are lost."""
    return SMALLEST_NORMAL[cases.dtype]


def base_size(cases: Cases) -> Floats:
    """|ζ| + γ |x|·|z|, the size of a polynomial kernel's base before cancellation: (lane, n, m)."""
    inner = np.einsum("lnd,lmd->lnm", np.abs(cases["x"]), np.abs(cases["z"]))
    if cases.settings["kernel"] == "linear":
        return np.asarray(inner)
    return np.asarray(abs(float(cases.settings["zeta"])) + float(cases.settings["gamma"]) * inner)


def gram_error(cases: Cases, value: Floats) -> Bound:
    """Error of each entry of a kernel matrix whose true value is `value`: (lane, n, m).

    B = |ζ| + γ|x|·|z|. linear: γ(d)B. polynomial: the base errs by γ(d+3)B, its power by γ(Q(d+3)+2)B^Q. sigmoid: the
    slope of tanh is at most 1, so γ(d+3)B + γ(4)|K|. rbf, laplacian: the exponent t is a sum of positive terms,
    relative γ(d+5), so K expm1(γ(d+5)t) + γ(4)K, and the smallest normal number where K is lost below it.
    """
    d, kernel = cases["x"].shape[-1], str(cases.settings["kernel"])
    if kernel in ("rbf", "laplacian"):
        with np.errstate(divide="ignore"):
            t = np.where(value > 0, -np.log(np.where(value > 0, value, 1.0)), np.inf)
        lost = np.where(value > 0, value * np.expm1(gamma(d + 5, cases.u) * np.where(value > 0, t, 0.0)), 0.0)
        return absolute(lost + gamma(4, cases.u) * value + tiny(cases), "K expm1(γ(d+5)t) + γ(4)K + η")
    size = base_size(cases)
    if kernel == "linear":
        return rounding(d, cases.u, "γ(d)|x|·|z|", size)
    if kernel == "sigmoid":
        return rounding(d + 3, cases.u, "γ(d+3)B", size) + rounding(4, cases.u, "γ(4)|K|", value)
    degree = cases.integer("degree")
    return rounding(degree * (d + 3) + 2, cases.u, "γ(Q(d+3)+2)B^Q", size**degree)


def whole(cases: Cases) -> NDArray[np.bool_]:
    """Where a polynomial kernel is exact: whole coordinates and (4B)^Q within the significand, γ and ζ quarters.

    (lane, n, m).
    """
    x, z = cases["x"], cases["z"]
    points = (x == np.round(x)).all(axis=-1)[:, :, None] & (z == np.round(z)).all(axis=-1)[:, None]
    return np.asarray(points & ((4 * base_size(cases)) ** cases.integer("degree") <= 1 / cases.u))


def feature_error(cases: Cases) -> float:
    """Relative error of one feature: the weight's own roundings and its square root, the power, their product."""
    return float(gamma(2 * cases.integer("degree") + 12, cases.u))


def exponents(cases: Cases) -> tuple[Floats, Floats, Floats]:
    """N = γ(‖x‖² + ‖z‖²), S = 2γ|x|·|z| and s = 2γ|x·z|: (lane, n, m) each."""
    scale, x, z = float(cases.settings["gamma"]), cases["x"], cases["z"]
    norms = scale * ((x**2).sum(axis=-1)[:, :, None] + (z**2).sum(axis=-1)[:, None])
    size = 2 * scale * np.einsum("lnd,lmd->lnm", np.abs(x), np.abs(z))
    return norms, size, 2 * scale * np.abs(np.einsum("lnd,lmd->lnm", x, z))


def series_error(cases: Cases) -> Bound:
    """Error of the truncated series: (lane, n, m).

    N and 2γx·z err by γ(d+4)N and γ(d+4)S, which multiplies e^(S−N) by expm1 of both. A term costs γ(3T+8), or through
    logarithms γ(8)(m|log s| + log m! + N) of itself; Σ_m of the terms at S is at most e^S.
    """
    norms, size, inner = exponents(cases)
    terms, d = cases.integer("terms"), cases["x"].shape[-1]
    with np.errstate(divide="ignore"):
        log = np.abs(np.log(np.where(inner > 0, inner, 1.0)))
    logs = sum(
        (m * log + math.lgamma(m + 1) + norms) * np.exp(_power(m, inner) - math.lgamma(m + 1) - norms)
        for m in range(terms)
    )
    top = np.exp(size - norms)
    total = top * (np.expm1(gamma(d + 4, cases.u) * (size + norms)) + gamma(3 * terms + 8, cases.u))
    words = "e^(S−N)[expm1(γ(d+4)(S+N)) + γ(3T+8)] + γ(8)Σ term (m|log s| + log m! + N) + η"
    return absolute(total + gamma(8, cases.u) * logs + tiny(cases), words)


def _power(m: int, size: Floats) -> Floats:
    """The logarithm of size^m, with 0^0 = 1."""
    with np.errstate(divide="ignore"):
        return np.asarray(m * np.log(size)) if m else np.zeros_like(size)


def remainder_error(cases: Cases, value: Floats, moved: Floats) -> Bound:
    """Error of the remainder R(N, s): `moved` is R at s + γ(d+4)S.

    R(s + γ(d+4)S) − R(s), then expm1(γ(d+4)N), γ(2T+8) of products, or γ(8)(T|log s| + log T! + N + s) by logarithms.
    """
    norms, _, inner = exponents(cases)
    terms, d = cases.integer("terms"), cases["x"].shape[-1]
    log = np.abs(np.log(np.where(inner > 0, inner, 1.0)))
    own = np.expm1(gamma(d + 4, cases.u) * norms) + gamma(2 * terms + 8, cases.u)
    own = own + gamma(8, cases.u) * (terms * log + math.lgamma(terms + 1) + norms + inner)
    mine = gamma(2 * d + 8, U64) * (norms + inner + terms * (1 + log) + math.lgamma(terms + 1))
    words = "R(s + γ(d+4)S) − R(s) + R[expm1(γ(d+4)N) + γ(2T+8) + γ(8)(T|log s| + log T! + N + s)] + η"
    return absolute(np.maximum(moved - value, 0.0) + value * (own + mine) + tiny(cases), words)
