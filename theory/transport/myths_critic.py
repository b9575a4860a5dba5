"""Popular false statements about critics. Each check states the myth as if it were true."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import U64, absolute, gamma
from theory.core.claim import Answer, Myth
from theory.core.domain import Axes, Cases, Domain, Shape
from theory.core.gap import Gap, at_most
from theory.transport.cases_critic import Rng, valid_weights
from theory.transport.oracle_critic import frobenius, norm_error, norms, torus_norm

TORUS = 16
"""Side of the images, on a torus, on which the norm of a convolution is taken."""


def draw_box(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """One layer of small whole numbers, clipped at c = 1."""
    W = rng.integers(-2, 3, (lanes, shape["o"], shape["i"])).astype(np.float64)
    return Cases({"W": W}, {"c": 1.0}, regime)


def check_clipped_is_1_lipschitz(answer: Answer, cases: Cases) -> Gap:
    """A linear critic with weights clipped to [−1, 1] is 1-Lipschitz: σ_max ≤ 1, up to `norm_error`."""
    clipped = answer["clipped"]
    error = norm_error(clipped, cases.u) + norm_error(clipped, U64)
    return at_most("σ_max(clipped) ≤ 1", norms(clipped)[:, 0], 1.0, absolute(error, "γ(8(o+1)(i+1)) ‖W‖_F"))


def draw_diracs(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Diracs at 0 and at y > 0 on a line, any slope w to start from, λ a whole number."""
    w, y = (rng.integers(1, 9, (lanes, 1)).astype(np.float64) for _ in range(2))
    return Cases({"w": w, "y": y}, {"lam": int(rng.integers(1, 9))}, regime)


def apart(cases: Cases) -> NDArray[np.bool_]:
    """(lane,): the second Dirac is to the right of the first."""
    return np.asarray(cases["y"][:, 0] > 0)


def check_reads_at_most_the_distance(answer: Answer, cases: Cases) -> Gap:
    """The linear critic that is best for the penalised objective, w = 1 + y/(2λ), reads at most W_1 = y: γ(3).

    That it is best says OT-35; the answer for the given w is not needed.
    """
    y, lam = cases["y"], float(cases.settings["lam"])
    gap = answer.again("penalty", cases.with_arrays(w=1 + y / (2 * lam)))["gap"]
    return at_most("reading ≤ W_1", gap, y[:, 0], absolute(gamma(3, cases.u) * np.abs(gap), "γ(3) |reading|"))


def draw_taps(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Kernels of one row, one output and one input channel, as matrices W (lane, 1, taps)."""
    W = rng.integers(-2, 3, (lanes, 1, shape["taps"])).astype(np.float64)
    return Cases({"W": W}, {"iterations": 0}, regime)


def check_reshaping_normalises(answer: Answer, cases: Cases) -> Gap:
    """The kernel over σ_max of its reshaped matrix makes a convolution of norm at most 1, on a torus.

    Rounding: `norm_error` of the matrix over its norm, γ(TORUS²) of Σ|K| for the transform.
    """
    W, normalised = cases["W"], answer["normalised"]
    error = norm_error(W, cases.u) / frobenius(W) + gamma(TORUS**2, U64) * np.abs(normalised).sum(axis=(1, 2))
    norm = torus_norm(normalised[:, :, None, None], TORUS)  # (lane, 1, 1, 1, taps): one row of taps
    return at_most("norm of the convolution ≤ 1", norm, 1.0, absolute(error, "γ(8(o+1)(q+1)) + γ(256) Σ|K|"))


CRITIC_MYTHS: tuple[Myth, ...] = (
    Myth(
        id="OT-M5",
        title="Clipping makes a critic 1-Lipschitz",
        sentence="Once every weight is clipped to [−1, 1], a linear critic is 1-Lipschitz.",
        truth="A clipped layer is c√(o·i)-Lipschitz (OT-32): what the critic reads is in units of its constant, which "
        "grows with the width and multiplies over the layers.",
        source=(("arjovsky2017", "section 3"),),
        asks="clip",
        check=check_clipped_is_1_lipschitz,
        domain=Domain(
            MappingProxyType({"o": (1, 4), "i": (1, 4)}),
            ("integers",),
            draw_box,
            MappingProxyType({"W": Axes(("o", "i"), "real")}),
        ),
        smallest="two weights: w = (1, 1) with c = 1 has slope √2",
    ),
    Myth(
        id="OT-M9",
        title="A critic with gradient penalty reads a lower bound",
        sentence="The reading of the best critic under a gradient penalty is at most the Wasserstein distance.",
        truth="The penalty is a price, not a bound: the best slope between points at distance d is 1 + d/(2λ), and "
        "the critic reads d + d²/(2λ) (OT-35). Its reading has to be divided by a certified constant (OT-36).",
        source=(("gulrajani2017", "section 4"),),
        asks="penalty",
        check=check_reads_at_most_the_distance,
        domain=Domain(
            MappingProxyType({}),
            ("line",),
            draw_diracs,
            MappingProxyType({"w": Axes(("d",), "weight"), "y": Axes(("d",), "weight")}),
            MappingProxyType({"lam": 1}),
            apart,
        ),
        smallest="Diracs at 0 and at 1 with λ = 1: the best slope is 3/2, and the critic reads 3/2",
    ),
    Myth(
        id="OT-M11",
        title="The norm of the reshaped kernel normalises a convolution",
        sentence="A convolution whose kernel was divided by the spectral norm of its reshaped matrix is 1-Lipschitz.",
        truth="Every pixel is in up to kh·kw patches, so the norm can be √(kh·kw) times that (OT-33): 3 for a 3 × 3 "
        "kernel of thirds.",
        source=(("sedghi2019", "section 2"), ("miyato2018", "section 2.1")),
        asks="spectral",
        check=check_reshaping_normalises,
        domain=Domain(
            MappingProxyType({"taps": (1, 6)}),
            ("integers",),
            draw_taps,
            MappingProxyType({"W": Axes(("row", "taps"), "real")}),
            valid=valid_weights,
        ),
        smallest="two taps, (1, 1): σ = √2, but the convolution doubles a constant image",
    ),
)
