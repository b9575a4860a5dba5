"""scipy as a subject: linprog (HiGHS) decides what a plane separates, and says with which plane or certificate.

A vertex of a programme in whole numbers has rational coordinates. HiGHS returns them in floating point; the nearest
fractions of small denominator, times their common denominator, are the whole numbers that a proof needs. What HiGHS
rounds to something else is no proof, and is refuted.
"""

from __future__ import annotations

import functools
import itertools
import math
from fractions import Fraction
from typing import Any

import numpy as np
import scipy
from scipy.optimize import linprog

from impl.core.own_class import Floats, lane, one
from impl.core.subject import Answers, Arrays, Operation, Settings, Subject

LARGEST_DENOMINATOR = 10**6
"""Fractions p∕q with q up to here are at least 10⁻¹² apart, which HiGHS tells apart on numbers of size 1."""

OPTIMAL, INFEASIBLE = 0, 2
"""Statuses of linprog."""

FEW = 3
"""Most variables of a census: of four there are 65,536 tables, each with a programme of its own."""


def _vertex(**programme: Any) -> Floats | None:
    """A vertex of the programme, None where there is none. Raises ArithmeticError with HiGHS's words otherwise."""
    found = linprog(method="highs-ds", **programme)
    if found.status not in (OPTIMAL, INFEASIBLE):
        raise ArithmeticError(f"HiGHS: {found.message}")
    return np.asarray(found.x) if found.status == OPTIMAL else None


def _whole(values: Floats) -> Floats:
    """The nearest fractions of small denominator, times their common denominator."""
    fractions = [Fraction(value).limit_denominator(LARGEST_DENOMINATOR) for value in values.tolist()]
    common = math.lcm(*(fraction.denominator for fraction in fractions))
    return np.array([float(fraction * common) for fraction in fractions])


def _decided(x: Floats, y: Floats, strict: Floats, intercept: bool) -> tuple[bool, Floats, Floats, Floats]:
    """Whether some plane has y (w·x + bias) ≥ 1 where strict is 1 and ≥ 0 where it is 0; w, bias, certificate.

    x (n, d), y, strict (n,). Otherwise λ ≥ 0 has Σ λ y (x, 1) = 0 and Σ λ = 1 over the strict rows (Motzkin 1936).
    """
    signed = y[:, None] * (np.column_stack([x, np.ones(len(x))]) if intercept else x)
    n, width = signed.shape
    plane = _vertex(c=np.zeros(width), A_ub=-signed, b_ub=-strict, bounds=(None, None))
    if plane is not None:
        w = np.append(_whole(plane), [] if intercept else [0.0])
        return True, w[:-1], w[-1], np.zeros(n)
    equations = np.vstack([signed.T, strict])
    certificate = _vertex(c=np.zeros(n), A_eq=equations, b_eq=np.append(np.zeros(width), 1.0), bounds=(0, None))
    if certificate is None:
        raise ArithmeticError("HiGHS: neither a plane nor a certificate is feasible")
    return False, np.zeros(x.shape[1]), np.zeros(()), _whole(certificate)


def _separability(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
    """separability: one programme for the plane, and one for the certificate where there is none."""
    x, y = one(arrays, "x", "y")
    separable, w, bias, certificate = _decided(x, y, np.ones(len(y)), bool(settings["intercept"]))
    return lane(separable=separable, w=w, bias=bias, certificate=certificate)


def _inputs(k: int, inputs: str) -> Floats:
    """The rows of a table of k variables, (2^k, k)."""
    digits = np.array(list(itertools.product((0.0, 1.0), repeat=k)))
    return digits if inputs == "01" else 2 * digits - 1


def _boolean_threshold(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
    """boolean_threshold: rows of 1 lie before the plane, rows of 0 behind or on it."""
    (table,) = one(arrays, "table")
    x = _inputs(len(table).bit_length() - 1, str(settings["inputs"]))
    threshold, w, bias, certificate = _decided(x, 2.0 * table - 1, 1.0 * table, bool(settings["intercept"]))
    return lane(threshold=threshold, w=w, bias=bias, certificate=certificate)


def _census(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
    """census: every table of up to three variables in turn."""
    k = int(settings["variables"])
    return lane(count=_count(k, str(settings["inputs"]), bool(settings["intercept"]))) if k <= FEW else {}


@functools.cache
def _count(k: int, inputs: str, intercept: bool) -> int:
    """How many tables of k variables have a plane."""
    x, tables = _inputs(k, inputs), map(np.array, itertools.product((0.0, 1.0), repeat=2**k))
    return sum(_decided(x, 2 * table - 1, table, intercept)[0] for table in tables)


OPERATIONS: dict[str, Operation] = {
    "separability": _separability,
    "boolean_threshold": _boolean_threshold,
    "census": _census,
}

OTHERS = (
    *("threshold_unit", "augment", "hyperplane", "perceptron_fit", "pocket_fit", "boolean_network", "dichotomies"),
    *("layer", "relu_network", "kinks", "normalised", "initial_output"),
)

SUBJECTS: tuple[Subject, ...] = (
    Subject(
        "scipy-linprog",
        "perceptron",
        OPERATIONS,
        lanes=False,
        version=scipy.__version__,
        devices=("cpu",),
        dtypes=("float64",),
        missing={
            **dict.fromkeys(OTHERS, "scipy solves the programmes of separation only"),
            "census": "four variables have 65,536 tables, each with a programme of its own",
        },
    ),
)
