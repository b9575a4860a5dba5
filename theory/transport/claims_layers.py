"""Claims about the norms of a critic's layers: clipped, spectrally normalised, convolutional: OT-32, OT-34, OT-33."""

from __future__ import annotations

import numpy as np

from theory.core.bound import U64, absolute, gamma, rounding
from theory.core.claim import Answer, Claim
from theory.core.domain import Cases
from theory.core.gap import Gap, at_most, equal, exactly
from theory.transport.cases_critic import CLIP_DOMAIN, KERNEL_DOMAIN, SPECTRAL_DOMAIN
from theory.transport.oracle_critic import (
    frobenius,
    full_convolution,
    next_estimate,
    norm_error,
    norms,
    reshaped_norm,
    torus_norm,
)

IMAGES = (1, 2, 4)
"""Sides of the images on which convolutions are written out as matrices."""

TORUS = 8
"""Side of the torus: even, so that it has the highest frequency."""


def check_clip(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Entries exactly clipped; σ_max ≤ c √(o i); the row c·sign(Δ), which clipping makes of a large one, reads c ‖Δ‖₁.

    The bound is one root and one product, γ(4); σ_max is the oracle's, `norm_error`. Between Diracs at 0 and at Δ
    (the rows of W themselves) a linear critic reads w·Δ: γ(i+2) of Σ|w Δ|.
    """
    W, c = cases["W"], float(cases.settings["c"])
    o, i = W.shape[1:]
    own = c * np.sqrt(o * i)
    clipped = answer["clipped"]
    sigma = norms(clipped)[:, 0]
    wide = absolute(norm_error(clipped, U64) + gamma(4, cases.u) * own, "γ(8(o+1)(i+1)) ‖W‖_F + γ(4) c √(oi)")
    steepest = answer.again("clip", cases.with_arrays(W=np.sign(W) * 4 * c))["clipped"]
    most = c * np.abs(W).sum(axis=2)
    dot = rounding(i + 2, U64, "γ(i+2) c ‖Δ‖₁", most)
    return (
        exactly("clipped = min(max(W, −c), c)", clipped, np.clip(W, -c, c)),
        equal(
            "bound = c √(o i)", answer["bound"], np.full(cases.lanes, own), rounding(4, cases.u, "γ(4) c √(oi)", own)
        ),
        at_most("σ_max(clipped) ≤ bound", sigma, answer["bound"], wide),
        at_most("a clipped linear critic reads ≤ c ‖Δ‖₁", np.abs((clipped * W).sum(axis=2)), most, dot),
        equal("the steepest one reads c ‖Δ‖₁", (steepest * W).sum(axis=2), most, dot),
    )


def check_convolution(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Operator norm ≤ bound ≤ √(kh kw) σ_max(reshaped), on small images with all their padding and on a torus.

    The operator norms are NumPy's, off by γ(8 r) of the matrix's Frobenius norm at 64 bits; on the torus the transform
    adds γ(TORUS²) of Σ|K|. The subject's bound is a norm of a reshaped kernel: `norm_error`, times √(kh kw).
    """
    kernel = cases["kernel"]
    lanes, o, _, kh, kw = kernel.shape
    taps = np.sqrt(kh * kw)
    theirs = taps * norm_error(kernel.reshape(lanes, o, -1), cases.u)
    mine = norm_error(kernel.reshape(lanes, o, -1), U64)
    gaps = []
    for side in IMAGES:
        matrix = full_convolution(kernel, side)
        bound = absolute(theirs + norm_error(matrix, U64), "√(kh kw) γ(8(o+1)(q+1)) ‖K‖_F + the oracle's")
        gaps.append(at_most(f"norm on {side} × {side} pixels ≤ bound", norms(matrix)[:, 0], answer["bound"], bound))
    size = np.abs(kernel).sum(axis=(1, 2, 3, 4))
    bound = absolute(theirs + mine + gamma(TORUS**2, U64) * size, "√(kh kw) γ(8(o+1)(q+1)) ‖K‖_F + γ(64) Σ|K|")
    gaps.append(at_most("norm on a torus ≤ bound", torus_norm(kernel, TORUS), answer["bound"], bound))
    tight = absolute(theirs + taps * mine, "√(kh kw) γ(8(o+1)(q+1)) ‖K‖_F")
    return (*gaps, at_most("bound ≤ √(kh kw) σ_max", answer["bound"], taps * reshaped_norm(kernel), tight))


@np.errstate(divide="ignore", invalid="ignore")
def check_spectral(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Estimate ≤ σ_max, never falling, at the rate of the gap; W over it has σ_max ≥ 1, by singular values = 1.

    An estimate ‖W v‖ with a computed unit v: γ(2(o+i)+8) ‖W‖_F. By singular values: `norm_error`. W ÷ σ: one rounding
    an entry, u ‖W‖_F ÷ σ. The oracle's own norms add `norm_error` at 64 bits.
    """
    W, u, sigma = cases["W"], cases.u, answer["sigma"]
    o, i = W.shape[1:]
    s = norms(W)
    first, second = s[:, 0], s[:, 1] if min(o, i) > 1 else np.zeros(cases.lanes)
    size, mine = frobenius(W), norm_error(W, U64)
    step = gamma(2 * (o + i) + 8, u) * size + mine
    later = answer.again("spectral", cases.with_settings(iterations=cases.integer("iterations") + 1))["sigma"]
    exact = answer.again("spectral", cases.with_settings(iterations=0))
    svd = norm_error(W, u) + mine
    power = absolute(step, "γ(2(o+i)+8) ‖W‖_F")
    top = norms(answer["normalised"])[:, 0]
    share = (step + gamma(2, u) * size) / sigma
    one = absolute((svd + gamma(2, u) * size) / first, "γ(8(o+1)(i+1)) ‖W‖_F ÷ σ_max")
    undone = answer["normalised"] * sigma[:, None, None]
    return (
        at_most("estimate ≤ σ_max", sigma, first, power),
        at_most("estimate ≤ the next one", sigma, later, absolute(2 * step, "2 γ(2(o+i)+8) ‖W‖_F")),
        at_most("tan θ shrinks by (σ_2/σ_1)²", next_estimate(sigma, first, second, step), later, power),
        at_most("1 ≤ σ_max(W ÷ estimate)", 1.0, top, absolute(share, "γ(2(o+i)+10) ‖W‖_F ÷ estimate")),
        equal("normalised = W ÷ estimate", undone, W, rounding(2, u, "γ(2) |W|", W)),
        equal("by singular values: σ_max", exact["sigma"], first, absolute(svd, "γ(8(o+1)(i+1)) ‖W‖_F")),
        equal("by singular values: σ_max(normalised) = 1", norms(exact["normalised"])[:, 0], 1.0, one),
    )


LAYER_CLAIMS: tuple[Claim, ...] = (
    Claim(
        id="OT-32",
        version=1,
        title="What clipping bounds",
        sentence="Weights clipped to a box of half-width c have spectral norm at most c times the root of their "
        "number, and a clipped linear critic between two points reads up to c times their city-block distance.",
        latex=r"|W_{kl}|\le c\;\Rightarrow\;\sigma_{\max}(W)\le c\sqrt{oi},\qquad"
        r"\max_{\|w\|_\infty\le c}\langle w,\Delta\rangle=c\,\|\Delta\|_1",
        source=(("arjovsky2017", "Algorithm 1"),),
        kind="inequality",
        asks="clip",
        check=check_clip,
        domain=CLIP_DOMAIN,
        needs=("clipped", "bound"),
        parents=("OT-17",),
        lanes=128,
    ),
    Claim(
        id="OT-34",
        version=1,
        title="Power iteration never over-estimates",
        sentence="A power iteration's estimate of the spectral norm grows towards it from below at the rate of the "
        "gap, so a layer divided by it has norm at least one; divided by its largest singular value, exactly one.",
        latex=r"\hat\sigma_k\le\hat\sigma_{k+1}\le\sigma_{\max}(W),\qquad\sigma_{\max}(W/\hat\sigma_k)\ge1,\qquad"
        r"\tan\theta_{k+1}\le\Bigl(\frac{\sigma_2}{\sigma_1}\Bigr)^2\tan\theta_k",
        source=(("miyato2018", "section 2.1"), ("golub2013", "section 8.2")),
        kind="inequality",
        asks="spectral",
        check=check_spectral,
        domain=SPECTRAL_DOMAIN,
        needs=("sigma", "normalised"),
        parents=("OT-17",),
        lanes=128,
    ),
    Claim(
        id="OT-33",
        version=1,
        title="The norm of a convolution",
        sentence="A convolution's operator norm is at most the spectral norm of its reshaped kernel times the root "
        "of the number of taps, for every image size.",
        latex=r"\|x\mapsto K*x\|\le\sqrt{k_hk_w}\;\sigma_{\max}\bigl(K_{o\times(i\,k_h\,k_w)}\bigr)",
        source=(("sedghi2019", "section 2"), ("singla2021", "whole paper")),
        kind="inequality",
        asks="conv_norm",
        check=check_convolution,
        domain=KERNEL_DOMAIN,
        needs=("bound",),
        parents=("OT-17",),
        lanes=32,
    ),
)
