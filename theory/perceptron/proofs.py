"""Proofs of separability and of its absence, verified in whole numbers of any size."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from theory.core.domain import Array
from theory.core.gap import Gap, exactly

FEW_BITS = 2.0**20
"""Whole numbers up to here are multiplied in pairs and summed in int64; larger ones in Python's."""


def whole(values: Array) -> NDArray[Any]:
    """The nearest whole numbers, of any size. Raises ValueError at NaN or infinity."""
    if not np.isfinite(values).all():
        raise ValueError("a proof must be finite")
    nearest = np.rint(values) if values.dtype.kind == "f" else values
    if np.abs(nearest).max(initial=0) <= FEW_BITS:
        return np.asarray(nearest.astype(np.int64))
    return np.asarray(np.vectorize(int, otypes=[object])(nearest))


def are_whole(label: str, values: Array) -> Gap:
    """Every value is a whole number."""
    return exactly(f"{label} is whole", values % 1, np.zeros(values.shape))


def with_one(x: Array, intercept: bool) -> NDArray[Any]:
    """Whole rows with a last coordinate 1, or 0 where there is no bias: (lane, n, d + 1)."""
    rows = whole(x)
    return np.concatenate([rows, np.full_like(rows[..., :1], int(intercept))], axis=-1)


def activations(x: Array, w: Array, bias: Array) -> NDArray[Any]:
    """w·x + bias of every row, exactly: (lane, n)."""
    plane = whole(np.concatenate([w, bias[:, None]], axis=1))
    return np.asarray((with_one(x, True) @ plane[..., None])[..., 0])


def residual(certificate: Array, x: Array, y: Array, intercept: bool) -> NDArray[Any]:
    """Σ certificate·y·(x, 1), exactly: (lane, d + 1)."""
    weights = whole(certificate) * whole(y)
    return np.asarray((weights[:, None] @ with_one(x, intercept))[:, 0])


def separation_gaps(proof: Mapping[str, Array], x: Array, y: Array, intercept: bool) -> tuple[Gap, ...]:
    """The proof that comes with each verdict, of which Gordan's theorem leaves exactly one.

    If y (w·x) > 0 on every row and λ ≥ 0 is not 0, then Σ λ y (w·x) > 0, so Σ λ y x = 0 is impossible, and the other
    way round. Each proof is verified in whole numbers; no solver is trusted.
    """
    separable = proof["separable"].astype(bool)
    w, bias, certificate = proof["w"], proof["bias"], proof["certificate"]
    right = whole(y) * activations(x, w, bias) > 0
    left = residual(certificate, x, y, intercept).astype(np.float64)
    ones = np.ones(len(separable))
    return (
        are_whole("w", w),
        are_whole("bias", bias),
        are_whole("certificate", certificate),
        exactly("w separates every row", right, np.ones_like(right), separable[:, None]),
        exactly("no bias where there is no intercept", bias, 0 * ones, not intercept),
        exactly("the certificate is not negative", certificate < 0, np.zeros_like(certificate)),
        exactly("the certificate is not 0", certificate.any(axis=1), ones, ~separable),
        exactly("the certificate's rows add up to 0", left, np.zeros_like(left), ~separable[:, None]),
        exactly("no certificate where separable", certificate, np.zeros_like(certificate), separable[:, None]),
        exactly("w is 0 where not separable", w, np.zeros_like(w), ~separable[:, None]),
        exactly("bias is 0 where not separable", bias, 0 * ones, ~separable),
    )


def table_gaps(proof: Mapping[str, Array], table: Array, x: Array, intercept: bool) -> tuple[Gap, ...]:
    """The proof that comes with each Boolean function; x (rows, k) are the inputs of the rows.

    A unit fires where w·x + bias > 0. If one computed the table, Σ λ y (w·x + bias) would be above 0 for λ ≥ 0 with a
    positive entry on a row of 1, since no row of 0 makes it smaller: so Σ λ y (x, 1) = 0 is impossible (Motzkin 1936).
    """
    threshold = proof["threshold"].astype(bool)
    w, bias, certificate = proof["w"], proof["bias"], proof["certificate"]
    rows, one = np.broadcast_to(x, (len(table), *x.shape)), table == 1
    fires = activations(rows, w, bias) > 0
    left = residual(certificate, rows, 2 * table.astype(np.int64) - 1, intercept).astype(np.float64)
    ones = np.ones(len(table))
    return (
        are_whole("w", w),
        are_whole("bias", bias),
        are_whole("certificate", certificate),
        exactly("the unit fires exactly on the rows that are 1", fires, one, threshold[:, None]),
        exactly("no bias where there is no intercept", bias, 0 * ones, not intercept),
        exactly("the certificate is not negative", certificate < 0, np.zeros_like(certificate), ~threshold[:, None]),
        exactly("the certificate takes a row of 1", ((certificate > 0) & one).any(axis=1), ones, ~threshold),
        exactly("the certificate's rows add up to 0", left, np.zeros_like(left), ~threshold[:, None]),
    )
