"""What the cross-cutting claims ask of kernels, features and losses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import UNIT_ROUNDOFF, Bound, absolute
from theory.core.claim import Answer
from theory.core.crosscutting import Output, Question, Refusal, changed, put, set_to
from theory.core.domain import Array, Axes, Cases, Domain, Shape
from theory.kernel_machines import bounds_kernels as bounds
from theory.kernel_machines import oracle_kernels as oracle
from theory.kernel_machines.cases_kernels import FLAT, POLYNOMIAL, SCORES, draw_flat, draw_polynomial, points
from theory.kernel_machines.claims_losses import CONVEX, loss_error

Rng = np.random.Generator


def two_grams(answer: Answer, cases: Cases) -> Bound:
    """How far two kernels of the same points may be apart."""
    value = oracle.gram(cases["x"], cases["z"], cases.settings)
    return bounds.gram_error(cases, value).scaled(2.0, "· 2")


def squared_lengths(answer: Answer) -> Array:
    """Σ φ² of each row: it does not depend on the order of the features. (lane, n)."""
    return np.asarray((answer["features"] ** 2).sum(axis=-1))


def _lengths(answer: Answer, cases: Cases) -> Bound:
    return absolute(4 * bounds.feature_error(cases) * squared_lengths(answer), "2γ(4Q+24) Σφ²")


def _two_series(answer: Answer, cases: Cases) -> Bound:
    return bounds.series_error(cases).scaled(2.0, "· 2")


def draw_near(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Points whose kernel and series are both far above the smallest number."""
    return draw_flat(rng, shape, "rbf", lanes) if regime == "grid" else draw_flat(rng, shape, "rbf-reals", lanes)


def draw_featured(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """The points x (lane, n, d) of `draw_polynomial` alone."""
    cases = draw_polynomial(rng, {**shape, "m": 1}, regime, lanes)
    return replace(cases, arrays={"x": cases["x"]})


def draw_symmetric(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """K (lane, n, n) = A + Aᵀ of whole numbers, or A Aᵀ, which is positive semidefinite."""
    a = points(rng, shape["n"], shape["n"], "whole", lanes)
    mirrored = a.transpose(0, 2, 1)
    return Cases({"K": a + mirrored if regime == "symmetric" else a @ mirrored}, {}, regime)


def valid_symmetric(cases: Cases) -> NDArray[np.bool_]:
    """K equals its mirror image: (lane,)."""
    return np.asarray((cases["K"] == cases["K"].transpose(0, 2, 1)).all(axis=(1, 2)))


def _eigenvalue(answer: Answer, cases: Cases) -> Bound:
    slack = oracle.tolerated(cases["K"], cases.dtype) * cases.u / UNIT_ROUNDOFF[cases.dtype]
    return absolute(slack, "2n(n+12) u max|K|")


def _loss(name: str) -> Output:
    def bound(answer: Answer, cases: Cases) -> Bound:
        value = oracle.losses(cases["score"], cases.dtype)[name]
        return loss_error(cases, name, value).scaled(2.0, "· 2")

    return Output(name, bound=bound, by_sample=True)


def _permuted(name: str, cases: Cases, order: NDArray[np.intp]) -> Cases:
    return cases.with_arrays(**{name: cases[name][:, order]})


def with_zeros(cases: Cases) -> Cases:
    """One more coordinate, which is 0 everywhere: no inner product or distance changes."""
    return cases.with_arrays(**{name: np.pad(cases[name], ((0, 0), (0, 0), (0, 1))) for name in ("z", "x")})


def skewed(array: Array) -> Array:
    """The matrix with one corner changed, so that it is its own mirror image no more."""
    out = np.array(array, dtype=np.float64)
    out[:, 0, -1] += 1 + np.abs(out).max()
    return out


def _bad(*names: str) -> tuple[Refusal, ...]:
    undefined = tuple(Refusal(f"NaN in {name}", put(name, np.nan), f"{name} must be finite") for name in names)
    empty = tuple(
        Refusal(f"no rows in {name}", changed(name, lambda a: a[:, :0]), f"{name} must not be empty") for name in names
    )
    return undefined + empty


BAD_GAMMA = Refusal("a gamma of 0", set_to(gamma=0.0), "gamma must be positive")
BAD_DEGREE = Refusal("a degree of 0", set_to(degree=0), "degree must be at least 1")
SHORTER = Refusal("z with fewer coordinates", changed("z", lambda a: np.concatenate([a, a], axis=2)), "z must have")

NEAR = Domain(FLAT.shapes, ("grid", "reals"), draw_near, FLAT.axes, FLAT.countdown, FLAT.valid)
"""Points for the series."""

FEATURED = Domain(
    {name: POLYNOMIAL.shapes[name] for name in ("n", "d", "degree")},
    ("inhomogeneous", "reals"),
    draw_featured,
    {"x": POLYNOMIAL.axes["x"]},
    POLYNOMIAL.countdown,
    POLYNOMIAL.valid,
)
"""Points whose features are asked for."""

SYMMETRIC = Domain(
    {"n": (2, 6)}, ("symmetric", "semidefinite"), draw_symmetric, {"K": Axes(("n", "n"))}, valid=valid_symmetric
)
"""Symmetric matrices of whole numbers."""

KERNELS_QUESTIONS: tuple[Question, ...] = (
    Question(
        "kernel",
        FLAT,
        (Output("gram", bound=two_grams, by_sample=True),),
        floats=("gram",),
        permuted=lambda cases, order: _permuted("z", cases, order),
        rows="z",
        padded=with_zeros,
        refusals=(
            *_bad("x", "z"),
            SHORTER,
            BAD_GAMMA,
            Refusal("an unknown kernel", set_to(kernel="cosine"), "kernel must be one of"),
        ),
    ),
    Question(
        "features",
        FEATURED,
        (Output("features", read=squared_lengths, bound=_lengths, by_sample=True),),
        floats=("features",),
        permuted=lambda cases, order: _permuted("x", cases, order),
        rows="x",
        refusals=(
            *_bad("x"),
            BAD_GAMMA,
            BAD_DEGREE,
            Refusal("a negative zeta", set_to(zeta=-1.0), "zeta must be non-negative"),
        ),
    ),
    Question(
        "rbf_series",
        NEAR,
        (Output("gram", bound=_two_series, by_sample=True),),
        floats=("gram", "remainder"),
        permuted=lambda cases, order: _permuted("z", cases, order),
        rows="z",
        padded=with_zeros,
        refusals=(
            *_bad("x", "z"),
            BAD_GAMMA,
            Refusal("no terms", set_to(terms=0), "terms must be at least 1"),
        ),
    ),
    Question(
        "spectrum",
        SYMMETRIC,
        (Output("smallest", bound=_eigenvalue),),
        floats=("smallest",),
        permuted=lambda cases, order: cases.with_arrays(K=cases["K"][:, order][:, :, order]),
        rows="K",
        refusals=(
            Refusal("NaN in K", put("K", np.nan), "K must be finite"),
            Refusal("a matrix that is not symmetric", changed("K", skewed), "K must be symmetric"),
            Refusal("a matrix that is not square", changed("K", lambda a: a[:, :, :-1]), "K must be square"),
        ),
    ),
    Question(
        "losses",
        SCORES,
        tuple(_loss(name) for name in CONVEX),
        floats=("zero_one", *CONVEX),
        permuted=lambda cases, order: _permuted("score", cases, order),
        rows="score",
        refusals=(Refusal("NaN in score", put("score", np.nan), "score must be finite"),),
    ),
)
