"""Claims about one threshold unit: BP-01, BP-02, BP-16."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import SMALLEST_NORMAL, U64, Bound, absolute, gamma, rounding
from theory.core.claim import Answer, Claim
from theory.core.domain import Cases
from theory.core.gap import Gap, equal, exactly
from theory.perceptron.cases_unit import BIASED, PLANES, UNITS

Floats = NDArray[np.float64]
GRADUAL = ("cpu", "sim", "sim-mps")
"""Devices whose float32 underflows gradually in every kernel."""


def dot_bound(cases: Cases) -> Bound:
    """γ(d) Σ|w x| of the subject's sum and of the float64 sum beside it, and η for each product that underflows."""
    d, eta = cases["x"].shape[2], SMALLEST_NORMAL[cases.dtype]
    size = np.einsum("lnd,ld->ln", np.abs(cases["x"]), np.abs(cases["w"]))
    return absolute((gamma(d, cases.u) + gamma(d, U64)) * size + d * eta * cases.u, "2γ(d) Σ|w x| + d u η")


def check_threshold(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """w·x > T ⟺ w·x + b > 0 for b = −T, from the same sum a = w·x as it was computed.

    a > T ⟹ a − T ≥ the distance of two floats, which gradual underflow keeps above 0 (Goldberg 1991, section 2.2.4),
    and rounding keeps the sign. Where a device may flush subnormal numbers to 0, subnormal differences are not judged.
    """
    a, threshold = answer["dot"], cases["threshold"][:, None]
    kept = np.abs(a - threshold) >= SMALLEST_NORMAL[cases.dtype]
    judged = kept | (a == threshold) | (cases.device in GRADUAL)
    fires = a > threshold
    return (
        exactly("b = −T", answer["bias"], -cases["threshold"]),
        equal("w·x", a, np.einsum("lnd,ld->ln", cases["x"], cases["w"]), dot_bound(cases)),
        exactly("fires by its threshold ⟺ w·x > T", answer["by_threshold"], fires),
        exactly("fires by its bias ⟺ w·x > T", answer["by_bias"], fires, judged),
    )


def check_augmented(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """(w, b)·(x, 1) = w·x + b, exactly: whole numbers whose sums of magnitudes a float32 holds."""
    x, w, bias = (cases[name].astype(np.int64) for name in ("x", "w", "bias"))
    ones = np.ones((*x.shape[:2], 1))
    return (
        exactly("(x, 1)", answer["x"], np.concatenate([cases["x"], ones], axis=2)),
        exactly("(w, b)", answer["w"], np.concatenate([cases["w"], cases["bias"][:, None]], axis=1)),
        exactly("w·x + b", answer["activation"], np.einsum("lnd,ld->ln", x, w) + bias[:, None]),
    )


def check_hyperplane(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Distance |b| ∕ ‖w‖, nearest point −b w ∕ ‖w‖²; the norm here is that of math.hypot.

    A norm by a scaled sum of squares has γ(d+4) of relative error and a quotient two more; the nearest point has the
    square of it. Relative error of each: γ(d+8), and γ(2d+12).
    """
    w, bias, d = cases["w"], cases["bias"], cases["w"].shape[1]
    norm = np.array([math.hypot(*row) for row in w])
    apart = np.abs(bias) / norm
    point = -(bias / norm)[:, None] * (w / norm[:, None])
    return (
        equal("distance", answer["distance"], apart, plane_bound(cases, apart)),
        equal("nearest", answer["nearest"], point, rounding(2 * d + 12, cases.u, "γ(2d+12) |p|", point)),
    )


def plane_bound(cases: Cases, apart: Floats) -> Bound:
    """See `check_hyperplane`."""
    return rounding(cases["w"].shape[1] + 8, cases.u, "γ(d+8) |b|∕‖w‖", apart)


UNIT_CLAIMS: tuple[Claim, ...] = (
    Claim(
        id="BP-01",
        version=1,
        title="A threshold is a bias, to the bit",
        sentence="A unit with threshold T and a unit with bias −T fire on the same inputs, in floating point too.",
        latex=r"\mathrm{fl}(w\cdot x)>T\iff\mathrm{fl}(\mathrm{fl}(w\cdot x)+b)>0,\quad b=-T",
        source=(("nielsen2015", "chapter 1"), ("goldberg1991", "section 2.2.4")),
        kind="exact",
        asks="threshold_unit",
        check=check_threshold,
        domain=UNITS,
        needs=("bias", "dot", "by_threshold", "by_bias"),
    ),
    Claim(
        id="BP-02",
        version=1,
        title="A bias is a weight of the constant 1",
        sentence="Appending the constant 1 to the inputs and the bias to the weights changes no activation.",
        latex=r"(w,b)\cdot(x,1)=w\cdot x+b",
        source=(("duda2001", "section 5.3"),),
        kind="exact",
        asks="augment",
        check=check_augmented,
        domain=BIASED,
        parents=("BP-01",),
        needs=("x", "w", "activation"),
    ),
    Claim(
        id="BP-16",
        version=1,
        title="The bias moves the hyperplane away from the origin",
        sentence="The hyperplane lies |b| ∕ ‖w‖ from the origin, and −b w ∕ ‖w‖² is its nearest point.",
        latex=r"\min_{w\cdot p+b=0}\|p\|=\frac{|b|}{\|w\|},\quad p^*=-\frac{b\,w}{\|w\|^2}",
        source=(("bishop2006", "equation (4.5)"),),
        kind="identity",
        asks="hyperplane",
        check=check_hyperplane,
        domain=PLANES,
        parents=("BP-02",),
        needs=("distance", "nearest"),
    ),
)
