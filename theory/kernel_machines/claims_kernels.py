"""Claims about kernels: SVM-08, SVM-07, SVM-09; with those about losses."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from theory.core.ask import NotOffered
from theory.core.bound import U64, absolute, gamma, rounding
from theory.core.claim import Answer, Claim
from theory.core.domain import Cases
from theory.core.gap import Gap, at_most, equal, exactly
from theory.kernel_machines import bounds_kernels as bounds
from theory.kernel_machines import oracle_kernels as oracle
from theory.kernel_machines.cases_kernels import FLAT, GRAM, POLYNOMIAL
from theory.kernel_machines.claims_losses import LOSSES_CLAIMS

Floats = NDArray[np.float64]
SHIFT = 2.0**10
"""How far the points are moved together: whole, so that sums with multiples of 1∕8 stay exact."""


def check_features(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """φ(x)·φ(z) is the polynomial kernel, and φ² are the multinomial terms; kernels of whole numbers are exact.

    A feature is off by γ(2Q+12) of itself, a product of two by γ(4Q+24), and Σ|φ φ| = (ζ + γ|x|·|z|)^Q; own sum of D
    terms γ(D). Sorting keeps elementwise relative errors. The kernel itself: see `gram_error`, `whole`.
    """
    d, degree = cases["x"].shape[-1], cases.integer("degree")
    phi, count = answer["features"], math.comb(d + degree, degree)
    found = np.full((cases.lanes, 1), phi.shape[-1])
    length = exactly("one feature for each exponent vector", found, np.full_like(found, count))
    if phi.shape[-1] != count:
        return (length,)
    other = answer.again("features", cases.with_arrays(x=cases["z"]))["features"]
    kernel = answer.again("kernel", cases)["gram"]
    linear = cases.with_settings(kernel="linear")
    inner, plain = answer.again("kernel", linear)["gram"], oracle.gram(cases["x"], cases["z"], linear.settings)
    value, error = oracle.gram(cases["x"], cases["z"], cases.settings), bounds.feature_error(cases)
    squares = oracle.feature_squares(cases["x"], cases.settings)
    total, fits = bounds.base_size(cases) ** degree, bounds.whole(cases)
    product = absolute((2 * error + gamma(count, U64)) * total, "[γ(4Q+24) + γ(D)] Σ|φ(x) φ(z)|")
    return (
        length,
        equal("φ(x)·φ(z) = K", np.einsum("lnk,lmk->lnm", phi, other), value, product),
        equal("φ² by size", np.sort(phi**2, axis=-1), squares, absolute(2 * error * squares, "γ(4Q+24) φ²")),
        equal("K", kernel, value, bounds.gram_error(cases, value)),
        equal("x·z", inner, plain, bounds.gram_error(linear, plain)),
        exactly("K of whole numbers", kernel, value, fits),
        exactly("x·z of whole numbers", inner, plain, fits),
    )


def check_psd(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """K, moved by no more than its rounding, is positive semidefinite by LDLᵀ in rationals; the spectrum says the same.

    Entries off by at most e move an eigenvalue by n e. An eigenvalue of a symmetric matrix is computed within n(n+12)u
    max|K| (backward stable, Higham 2002, section 1.5 for the notion): half of what `psd` tolerates, so `psd` must be
    true where K + half of that is semidefinite, and false where K + 3∕2 of it is not.
    """
    gram, n = answer["gram"], cases["x"].shape[1]
    value = oracle.gram(cases["x"], cases["z"], cases.settings)
    error = bounds.gram_error(cases, value)
    even = (gram + gram.transpose(0, 2, 1)) / 2
    positive = np.full(cases.lanes, cases.settings["kernel"] != "sigmoid" and float(cases.settings["zeta"]) >= 0)
    return (
        equal("K", gram, value, error),
        equal("symmetric", gram, gram.transpose(0, 2, 1), error.scaled(2.0, "· 2")),
        exactly("semidefinite by LDLᵀ", oracle.psd(even, n * error.value.max(axis=(1, 2))), positive, positive),
        *_spectrum(answer, cases, even),
    )


def _spectrum(answer: Answer, cases: Cases, even: Floats) -> tuple[Gap, ...]:
    """What `spectrum` says of the symmetric part, where it is offered."""
    n = even.shape[1]
    asked = Cases({"K": even}, {}, cases.regime, cases.dtype, cases.device).rounded()
    try:
        told = answer.again("spectrum", asked)
    except NotOffered:
        return ()
    slack = oracle.tolerated(asked["K"], cases.dtype)
    yes, no = oracle.psd(asked["K"], slack / 2), ~oracle.psd(asked["K"], 1.5 * slack)
    off = absolute(slack / 2, "n(n+12) u max|K|") + rounding(n * (n + 12), U64, "own", np.abs(even).max(axis=(1, 2)))
    return (
        equal("smallest eigenvalue", told["smallest"], np.linalg.eigvalsh(asked["K"])[:, 0], off),
        exactly("told that it is semidefinite", told["psd"], np.ones(cases.lanes), yes),
        exactly("told that it is not", told["psd"], np.zeros(cases.lanes), no),
    )


def check_flat(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """K against balls, the same K after all points have moved, and the series of the RBF kernel with its remainder.

    Errors as in `gram_error`, `series_error`, `remainder_error`. Moving is judged where x + c and z + c are exact. The
    series is judged where e^(−γ‖x‖²−γ‖z‖²) is far above the smallest number.
    """
    gram, value = answer["gram"], oracle.gram(cases["x"], cases["z"], cases.settings)
    error = bounds.gram_error(cases, value)
    same = (cases["x"][:, :, None] == cases["z"][:, None]).all(axis=-1)
    plain = (
        equal("K", gram, value, error),
        exactly("K of a point with itself is 1", gram, np.ones_like(gram), same),
        _moved(answer, cases, value),
    )
    return plain if cases.settings["kernel"] != "rbf" else (*plain, *_series(answer, cases, value))


def _moved(answer: Answer, cases: Cases, value: Floats) -> Gap:
    there = cases.with_arrays(x=cases["x"] + SHIFT, z=cases["z"] + SHIFT)
    seen = there.rounded()
    kept = [(seen[name] - SHIFT == cases[name]).all(axis=(1, 2)) & (seen[name] == there[name]).all(axis=(1, 2))
            for name in ("x", "z")]  # fmt: skip
    gram = answer.again("kernel", seen)["gram"]
    return equal("K of moved points", gram, value, bounds.gram_error(cases, value), (kept[0] & kept[1])[:, None, None])


def _series(answer: Answer, cases: Cases, value: Floats) -> tuple[Gap, ...]:
    terms, scale = cases.integer("terms"), float(cases.settings["gamma"])
    norms, size, inner = bounds.exponents(cases)
    near = norms < -np.log(bounds.tiny(cases)) / 2  # the factor before the sum is far above the smallest number
    if not near.any():
        return ()
    try:
        told = answer.again("rbf_series", cases)
    except NotOffered:
        return ()
    partial = oracle.series(cases["x"], cases["z"], scale, terms)
    with np.errstate(over="ignore", invalid="ignore"):
        rest = oracle.remainder(norms, inner, terms)
        moved = oracle.remainder(norms, inner + gamma(cases["x"].shape[-1] + 4, cases.u) * size, terms)
        off, left = bounds.series_error(cases), bounds.remainder_error(cases, rest, moved)
    away = np.abs(told["gram"] - value)
    return (
        equal("the first terms", told["gram"], partial, off, near),
        equal("remainder", told["remainder"], rest, left, near),
        at_most("|series − K| ≤ remainder", away, told["remainder"], off + left, near),
    )


KERNELS_CLAIMS: tuple[Claim, ...] = (
    Claim(
        id="SVM-08",
        version=1,
        title="Polynomial features",
        sentence="The polynomial kernel is the inner product of its features, one for each monomial, and is exact on "
        "whole numbers.",
        latex=r"(\zeta+\gamma x^\top z)^Q=\sum_{|k|\le Q}\frac{Q!}{(Q-|k|)!\,k!}\zeta^{Q-|k|}\gamma^{|k|}x^kz^k",
        source=(("shawetaylor2004", "chapter 9"),),
        kind="identity",
        asks="features",
        also=("kernel",),
        check=check_features,
        domain=POLYNOMIAL,
        needs=("features",),
        lanes=16,
    ),
    Claim(
        id="SVM-07",
        version=1,
        title="Gram matrices are positive semidefinite",
        sentence="The Gram matrix of a linear, polynomial, RBF or Laplacian kernel is positive semidefinite, and the "
        "least eigenvalue says of every matrix whether it is; tanh is no kernel.",
        latex=r"c^\top Kc=\Big\lVert\sum_i c_i\varphi(x_i)\Big\rVert^2\ge0",
        source=(("scholkopf2002", "chapter 2"), ("aronszajn1950", "part I, section 2")),
        kind="certificate",
        asks="kernel",
        also=("spectrum",),
        check=check_psd,
        domain=GRAM,
        parents=("SVM-08",),
        needs=("gram",),
        lanes=16,
    ),
    Claim(
        id="SVM-09",
        version=1,
        title="The RBF kernel: its series, and moving everything",
        sentence="RBF and Laplacian kernels see differences only, and the series of the RBF kernel is off by at most "
        "its remainder.",
        latex=r"e^{-\gamma\lVert x-z\rVert^2}=e^{-\gamma(\lVert x\rVert^2+\lVert z\rVert^2)}"
        r"\sum_{m\ge0}\frac{(2\gamma x^\top z)^m}{m!},\quad k(x+c,z+c)=k(x,z)",
        source=(("cotter2011", "section 2"), ("scholkopf2002", "chapter 2")),
        kind="identity",
        asks="kernel",
        also=("rbf_series",),
        check=check_flat,
        domain=FLAT,
        parents=("SVM-08",),
        needs=("gram",),
        lanes=16,
    ),
    *LOSSES_CLAIMS,
)
