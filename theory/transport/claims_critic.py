"""Claims about critics, the last links of the chain: OT-17, those about their layers, OT-35 and OT-36."""

from __future__ import annotations

import numpy as np

from theory.core.bound import U64, Bound, absolute, gamma, rounding
from theory.core.claim import Answer, Claim
from theory.core.domain import Cases
from theory.core.gap import Gap, at_most, equal, exactly
from theory.transport.cases_critic import (
    CRITIC_DOMAIN,
    PENALTY_DOMAIN,
    TRAINING_DOMAIN,
)
from theory.transport.claims_layers import LAYER_CLAIMS
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
    penalty_error,
    product_of_norms,
    read,
    wasserstein,
)

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
    *LAYER_CLAIMS,
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
