"""Claims about critics, the last links of the chain: OT-17, OT-32 … OT-36."""

from __future__ import annotations

import numpy as np

from theory.core.bound import U64, Bound, absolute, gamma, rounding
from theory.core.claim import Answer, Claim
from theory.core.domain import Cases
from theory.core.gap import Gap, at_most, equal, exactly
from theory.transport.cases_critic import (
    CLIP_DOMAIN,
    CRITIC_DOMAIN,
    KERNEL_DOMAIN,
    PENALTY_DOMAIN,
    SPECTRAL_DOMAIN,
    TRAINING_DOMAIN,
)
from theory.transport.oracle_critic import (
    ACTIVATIONS,
    NETWORK,
    Arrays,
    Floats,
    Reading,
    Transport,
    Values,
    distances,
    evaluate,
    few_bits,
    frobenius,
    full_convolution,
    next_estimate,
    norm_error,
    norms,
    penalty_error,
    product_of_norms,
    read,
    reshaped_norm,
    torus_norm,
    wasserstein,
)

IMAGES = (1, 2, 4)
"""Sides of the images on which convolutions are written out as matrices."""

TORUS = 8
"""Side of the torus: even, so that it has the highest frequency."""

NOTICEABLE = 1 / 16
"""Share of the diameter above which W_1 counts as a difference that a trained critic must tell."""


def both(net: Arrays, cases: Cases, activation: str, u: float) -> tuple[Values, Values]:
    """F on x and on y, see `evaluate`."""
    return evaluate(net, cases["x"], activation, u), evaluate(net, cases["y"], activation, u)


def check_values(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """f(x), f(y), and the reading that they make.

    Values: the running errors of `evaluate` at the subject's u and at the oracle's. Reading: of the subject's own
    values, n + m products and sums.
    """
    activation = str(cases.settings["activation"])
    gaps = []
    for name, theirs, mine in zip(
        ("values_x", "values_y"),
        both(cases.arrays, cases, activation, cases.u),
        both(cases.arrays, cases, activation, U64),
        strict=True,
    ):
        bound = absolute(theirs.error + mine.error, "Σ_layers γ(k+2) Π|W| (|h| + |b|)")
        gaps.append(equal(name, answer[name], mine.value, bound))
    fx, fy = (Values(answer[name], np.zeros_like(answer[name])) for name in ("values_x", "values_y"))
    own = read(fx, fy, cases["a"], cases["b"], cases.u)
    bound = absolute(own.error + read(fx, fy, cases["a"], cases["b"], U64).error, "γ(n+m+2) Σ w|f|")
    return (*gaps, equal("reading = Σ a f(x) − Σ b f(y)", answer["reading"], own.value, bound))


def check_slopes(lipschitz: Floats, slack: Floats, net: Arrays, cases: Cases, activation: str) -> Gap:
    """|f(p) − f(q)| ≤ L ‖p − q‖ for every two points: differences, since slopes of close points are all rounding.

    f is the oracle's own, off by its running error at either end; the distance by γ(d+3); L by `slack`, what a
    product of norms computed in the subject's arithmetic may lack.
    """
    fx, fy = both(net, cases, activation, U64)
    f, e = (np.concatenate(pair, axis=1) for pair in zip(fx, fy, strict=True))
    points = np.concatenate([cases["x"], cases["y"]], axis=1)
    far = distances(points, points)
    reach = lipschitz[:, None, None] * far
    bound = Bound(
        e[:, :, None] + e[:, None] + slack[:, None, None] * far + gamma(points.shape[2] + 4, U64) * reach,
        "2 E_f + Σ_l γ(8(o+1)(i+1)) Π‖W‖ ‖p − q‖",
    )
    return at_most("|f(p) − f(q)| ≤ L ‖p − q‖", np.abs(f[:, :, None] - f[:, None]), reach, bound)


def check_certificate(
    answer: Answer, cases: Cases, net: Arrays, activation: str
) -> tuple[tuple[Gap, ...], Transport, Reading]:
    """What a critic proves: slopes ≤ L ≤ Π σ_max, lower bound = |reading| ÷ L ≤ W_1; also W_1 and the true reading.

    Lower bound ≤ W_1: a reading errs by `read`, by |Σa − Σb| max|f| where totals differ in their last bits, and L by
    what the product of norms may lack; all over L, and γ(4) for the quotient.
    """
    L, product = answer["lipschitz"], product_of_norms(net, cases.u)
    slack = product.error + product_of_norms(net, U64).error
    fx, fy = both(net, cases, activation, cases.u)
    true, best = read(fx, fy, cases["a"], cases["b"], cases.u), wasserstein(cases.arrays)
    unequal = np.abs(cases["a"].sum(axis=1) - cases["b"].sum(axis=1)) * np.abs(fy.value).max(axis=1)
    steep = L > 0
    divisor = np.where(steep, L, 1.0)
    quotient = np.where(steep, np.abs(answer["reading"]) / divisor, 0.0)
    doubt = (true.error + unequal + slack * best.value) / divisor + best.error + gamma(4, cases.u) * quotient
    gaps = (
        check_slopes(L, slack, net, cases, activation),
        at_most("L ≤ Π σ_max(W)", L, product.value, absolute(slack, "Σ_l γ(8(o+1)(i+1)) ‖W_l‖_F Π‖W‖")),
        equal("lower bound = |reading| ÷ L", answer["lower_bound"], quotient, rounding(2, cases.u, "γ(2)", quotient)),
        at_most("lower bound ≤ W_1", answer["lower_bound"], best.value, absolute(doubt, "(E_reading + δL W_1) ÷ L")),
    )
    return gaps, best, true


def check_critic(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """A critic's values, its reading, and what they prove: see `check_values` and `check_certificate`."""
    gaps, _, _ = check_certificate(answer, cases, cases.arrays, str(cases.settings["activation"]))
    return (*check_values(answer, cases), *gaps)


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


def check_penalty(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Gap = w·y, penalty = λ(‖w‖ − 1)², no w beats d + d²/(4λ); at 0, w* and 2w* the parabola itself, bit for bit.

    w* = s* y/d with s* = 1 + d/(2λ), d = ‖y‖: gap d + d²/(2λ), objective d + d²/(4λ), and λ s*² less at 0 and 2w*.
    Where all numbers have few bits the bound is 0; elsewhere `penalty_error`, at u and at 64 bits, of w and y rounded.
    """
    w, y, lam, u = cases["w"], cases["y"], float(cases.settings["lam"]), cases.u
    norm, d = (np.sqrt((v**2).sum(axis=1)) for v in (w, y))
    slope = 1 + d / (2 * lam)
    apart = d > 0
    first = np.eye(y.shape[1])[0]
    best = np.where(apart[:, None], slope[:, None] * y / np.where(apart, d, 1.0)[:, None], first)
    value, top = d + d**2 / (4 * lam), d + d**2 / (2 * lam)
    gap_error, own_error = penalty_error(w, y, lam, u + U64)
    cost = lam * (norm - 1) ** 2
    both_errors = gap_error + own_error + gamma(2, u) * (np.abs((w * y).sum(axis=1)) + cost)
    gaps = [
        equal("gap = w·y", answer["gap"], (w * y).sum(axis=1), absolute(gap_error, "γ(d+4) Σ|w y|")),
        equal(
            "penalty = λ(‖w‖ − 1)²", answer["penalty"], lam * (norm - 1) ** 2, absolute(own_error, "2 λ |‖w‖ − 1| e")
        ),
        at_most("objective ≤ d + d²/(4λ)", answer["objective"], value, absolute(both_errors, "errors of both terms")),
    ]
    lam_ = np.full(cases.lanes, lam)
    exact = few_bits(y, d, slope, best, slope * d, d**2, lam_, 4 * lam * slope**2, value, top)
    for times in (0, 1, 2):
        other = answer.again("penalty", cases.with_arrays(w=times * best))
        g, p = penalty_error(times * best, y, lam, 4 * u)
        bound = absolute(
            np.where(exact, 0.0, g + p + gamma(8, u) * (top + lam * slope**2)), "0, or errors of both terms"
        )
        right = value - (times - 1) ** 2 * lam * slope**2
        gaps.append(equal(f"objective at {times} w*", other["objective"], right, bound))
        gaps.append(equal(f"gap at {times} w*", other["gap"], times * top, bound))
    return tuple(gaps)


def check_trained(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """A trained critic's certificate, recomputed from the weights that it answers; and it reads positive.

    See `check_certificate`; the reading is the oracle's within twice its error. Positive: −f has the constant, the
    penalty and the box of f, so a critic that reads negative is beaten by its own negative; asked for where W_1 is
    above 1/16 of the diameter.
    """
    net = {name: answer[name] for name in NETWORK}
    names = tuple(ACTIVATIONS)
    known = np.unique(answer["activation"].astype(np.int64))
    if len(known) != 1 or not 0 <= known[0] < len(names):
        raise ValueError(f"activation must be one index below {len(names)} in all lanes, got {known.tolist()}")
    activation = names[int(known[0])]
    gaps, best, true = check_certificate(answer, cases, net, activation)
    own = read(*both(net, cases, activation, U64), cases["a"], cases["b"], U64)
    error = absolute(true.error + own.error, "E_reading")
    points = np.concatenate([cases["x"], cases["y"]], axis=1)
    wide = best.value > NOTICEABLE * distances(points, points).max(axis=(1, 2))
    return (
        equal("reading of the answered weights", answer["reading"], own.value, error),
        *gaps,
        exactly("it reads more on x than on y", answer["reading"] > 0, True, wide),
    )


CRITIC_CLAIMS: tuple[Claim, ...] = (
    Claim(
        id="OT-17",
        version=1,
        title="A critic is a lower bound",
        sentence="Any network reads at most its Lipschitz constant times the Wasserstein distance, and the constant "
        "is at most the product of the spectral norms of its layers.",
        latex=r"\Bigl|\sum_i a_if(x_i)-\sum_j b_jf(y_j)\Bigr|\le\mathrm{Lip}(f)\,W_1(a,b),\qquad"
        r"\mathrm{Lip}(f)\le\prod_l\sigma_{\max}(W_l)",
        source=(("arjovsky2017", "section 3"), ("villani2009", "Remark 6.5")),
        kind="inequality",
        asks="critic",
        check=check_critic,
        domain=CRITIC_DOMAIN,
        needs=("values_x", "values_y", "reading", "lipschitz", "lower_bound"),
        parents=("OT-06",),
        lanes=64,
    ),
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
    Claim(
        id="OT-35",
        version=1,
        title="What a gradient penalty buys",
        sentence="Between two points at distance d the penalised objective is a parabola in the slope of a linear "
        "critic, with its top beyond slope 1: there the critic reads more than the distance.",
        latex=r"\max_w\;\langle w,y\rangle-\lambda(\|w\|-1)^2=d+\frac{d^2}{4\lambda}\quad\text{at}\quad"
        r"\|w^\star\|=1+\frac d{2\lambda},\quad\langle w^\star,y\rangle=d+\frac{d^2}{2\lambda}",
        source=(("gulrajani2017", "section 4"),),
        kind="identity",
        asks="penalty",
        check=check_penalty,
        domain=PENALTY_DOMAIN,
        needs=("gap", "penalty", "objective"),
        parents=("OT-17",),
        lanes=128,
    ),
    Claim(
        id="OT-36",
        version=1,
        title="A trained critic certifies",
        sentence="Whatever way a critic was trained, its reading over a certified constant of the very weights that "
        "it ended with is at most the Wasserstein distance, and it reads positive where the measures differ.",
        latex=r"0<\frac{\sum_i a_if(x_i)-\sum_j b_jf(y_j)}{\prod_l\sigma_{\max}(W_l)}\le W_1(a,b)",
        source=(
            ("arjovsky2017", "Algorithm 1"),
            ("gulrajani2017", "Algorithm 1"),
            ("miyato2018", "Algorithm 1"),
        ),
        kind="inequality",
        asks="train",
        check=check_trained,
        domain=TRAINING_DOMAIN,
        needs=("reading", "lipschitz", "lower_bound", "activation", *NETWORK),
        parents=("OT-17",),
        lanes=6,
    ),
)
