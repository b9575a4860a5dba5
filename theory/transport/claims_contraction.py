"""OT-14: how fast a positive kernel, and with it Sinkhorn's algorithm, contracts Hilbert's projective metric."""

from __future__ import annotations

import numpy as np

from theory.core.bound import U64, Bound, absolute, rounding
from theory.core.claim import Answer, Claim
from theory.core.domain import Cases
from theory.core.gap import Gap, at_most, equal
from theory.transport.bounds_entropic import rounding_of
from theory.transport.cases_entropic import CONTRACTION_DOMAIN, grains
from theory.transport.oracle_entropic import (
    Floats,
    hilbert,
    kernel_diameter,
    log_sum_exp,
    osc,
    soft_transform,
    sweeps_of,
    transposed,
)

SWEEPS = 4
"""Sinkhorn's first iterates are compared, each with the next."""

LONG_RUN = 60
"""Sweeps of the oracle towards the fixed point; how near it came is measured and counted, so more is not needed."""

STEEPEST = 1 / (6 * np.sqrt(3))
"""Largest |σ''| of the logistic function, where σ = ½ ± 1/(2√3)."""


@np.errstate(all="ignore")
def check_contraction(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """κ = tanh(Δ/4), distances before and after K, d(Ku, Kv) ≤ κ d(u, v), attained in two dimensions, κ² a sweep.

    Δ: differences of four costs, a division and a root of 1/ε, 6 roundings of 4 max|C|/ε. tanh' ≤ 1, so κ errs by a
    quarter of that and 4u. log K e^u: h of `bounds_entropic` without weights; d_H of two of them errs by four times as
    much, d_H(u, v) by two roundings of 2(max|u| + max|v|).
    """
    C, u, v, eps = cases["C"], cases["u"], cases["v"], float(cases.settings["eps"])
    unit = cases.u + U64
    height = np.abs(C).max(axis=(1, 2)) / eps
    delta = kernel_diameter(C, eps)
    wide = rounding(6, unit, "γ(6) 4 max|C|/ε", 4 * height)
    slope = wide.scaled(0.25, "/ 4") + rounding(4, unit, "γ(4)")
    largest = np.abs(u).max(axis=1) + np.abs(v).max(axis=1)
    short = rounding(2, unit, "γ(2) 2(|u| + |v|)", 2 * largest)
    step = absolute((7 * (height + largest) + C.shape[2] + 6) * unit, "h")
    after = hilbert(_log_product(C, u, eps), _log_product(C, v, eps))
    held = step.scaled(4.0, "· 4") + slope.scaled(answer["before"], "· before") + short
    return (
        equal("Δ", answer["diameter"], delta, wide),
        equal("κ = tanh(Δ/4)", answer["factor"], np.tanh(delta / 4), slope),
        equal("d(u, v)", answer["before"], hilbert(u, v), short),
        equal("d(Ku, Kv)", answer["after"], after, step.scaled(4.0, "· 4")),
        at_most("d(Ku, Kv) ≤ κ d(u, v)", answer["after"], answer["factor"] * answer["before"], held),
        *_attained(answer, cases, held),
        *_sweeps(answer, cases),
    )


def _log_product(C: Floats, u: Floats, eps: float) -> Floats:
    return log_sum_exp(u[:, None, :] - C / eps)


def _attained(answer: Answer, cases: Cases, held: Bound) -> tuple[Gap, ...]:
    """In two dimensions κ is the slope at t = 0, so close pairs there lose at most a second-order term.

    With x = log(K_11 K_22/(K_12 K_21))/2, |x| = Δ/2, and t the log ratio of u less (C_11 + C_21 − C_12 − C_22)/2ε,
    log((Ku)_1/(Ku)_2) moves with t at the rate σ(t + x) − σ(t − x), which is ±tanh(Δ/4) at t = 0 and even in t. So
    d(Ku, Kv) ≥ (κ − max t² max|σ''|) d(u, v).
    """
    C, eps = cases["C"], float(cases.settings["eps"])
    if C.shape[1:] != (2, 2):
        return ()
    middle = (C[:, 0, 0] + C[:, 1, 0] - C[:, 0, 1] - C[:, 1, 1]) / (2 * eps)
    t = np.stack([w[:, 0] - w[:, 1] - middle for w in (cases["u"], cases["v"])])
    lost = absolute(STEEPEST * np.max(t**2, axis=0) * hilbert(cases["u"], cases["v"]), "t² max|σ''| d(u, v)")
    return (at_most("κ d(u, v) ≤ d(Ku, Kv)", answer["factor"] * answer["before"], answer["after"], held + lost),)


def _sweeps(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """d(g^{k+1}, g°) ≤ κ² d(g^k, g°) + d(S g°, g°), S one sweep, g° any potential: here one near the fixed point.

    S is κ²-Lipschitz: e^{f/ε} = 1/K(b e^{g/ε}) and e^{g/ε} = 1/K^T(a e^{f/ε}), and a product with positive weights
    or an inverse changes no distance (Franklin & Lorenz 1989). The k-th iterate errs by 2k h, a distance by twice that.
    """
    C, eps = cases["C"], float(cases.settings["eps"])
    a, b = _weights(cases["u"].mean(axis=1), C.shape[1]), _weights(cases["v"].mean(axis=1), C.shape[2])
    problem = cases.with_arrays(a=a, b=b).with_settings(tol=0.0)
    iterates = [answer.again("sinkhorn", problem.with_settings(sweeps=k + 1))["g"] for k in range(SWEEPS)]
    f, fixed = sweeps_of(a, b, C, eps, LONG_RUN)
    further = soft_transform(soft_transform(fixed, b, C, eps), a, transposed(C), eps)
    moved = osc(further - fixed) / eps
    found = rounding_of(f, fixed, a, b, C, eps, cases)
    distance = np.stack([osc(g - fixed) / eps for g in iterates], axis=1)
    factor = np.tanh(kernel_diameter(C, eps) / 4)[:, None]
    error = 4 * (np.arange(1, SWEEPS)[None] + 1) * found.step[:, None] * 2 + moved[:, None]
    bound = absolute(error, "8(k+1) h + d(S g°, g°)")
    return (at_most("d(g', g°) ≤ κ² d(g, g°)", distance[:, 1:], factor**2 * distance[:, :-1], bound),)


def _weights(seed: Floats, n: int) -> Floats:
    """Some positive weights (lane, n) of total 1 that depend on the case alone."""
    return grains(1.5 + np.sin(np.outer(1 + np.abs(seed), np.arange(1, n + 1))))


OT_14 = Claim(
    id="OT-14",
    version=1,
    title="Birkhoff's contraction and the rate of Sinkhorn",
    sentence="A positive kernel contracts Hilbert's projective metric by the hyperbolic tangent of a quarter of its "
    "diameter, in two dimensions no better, and a sweep of Sinkhorn's algorithm by the square of that.",
    latex=r"d_H(Kx,Ky)\le\tanh(\Delta/4)\,d_H(x,y),\qquad "
    r"\Delta=\max_{ijkl}\frac{C_{il}+C_{jk}-C_{ik}-C_{jl}}{\varepsilon},\qquad "
    r"d_H(e^{g_{k+1}/\varepsilon},e^{g^\star/\varepsilon})\le\tanh^2(\Delta/4)\,"
    r"d_H(e^{g_k/\varepsilon},e^{g^\star/\varepsilon})",
    source=(("birkhoff1957", "whole paper"), ("franklin1989", "whole paper"), ("peyre2019", "Theorems 4.1 and 4.2")),
    kind="rate",
    asks="contraction",
    also=("sinkhorn",),
    check=check_contraction,
    domain=CONTRACTION_DOMAIN,
    needs=("factor", "diameter", "before", "after"),
    parents=("OT-13",),
)
