"""Claims about symmetries and limits: names of components, affine coordinates, and k-means as temperature 0."""

from __future__ import annotations

import numpy as np

from theory.core.bound import SMALLEST_NORMAL, U64, Bound, absolute, rounding
from theory.core.claim import Answer, Claim
from theory.core.domain import Array, Cases
from theory.core.gap import Gap, at_most, equal, exactly
from theory.em.bounds_mixture import guess
from theory.em.bounds_steps import moved, start_of, step_bound
from theory.em.cases_symmetry import (
    AFFINE_DOMAIN,
    LABEL_DOMAIN,
    LIMIT_DOMAIN,
    carried,
    renamed,
    squared_distances,
    transformed,
)
from theory.em.oracle_steps import Floats, responsibilities

LANES = 32


def _e_bounds(cases: Cases) -> tuple[Bound, Bound, Bound]:
    """How far log-densities, responsibilities and log p(x_n) of one computation may be from the exact ones."""
    known = guess(cases["x"], start_of(cases), str(cases.settings["covariance"]), cases.u)
    tiny = SMALLEST_NORMAL[cases.dtype]
    return absolute(known.T, "T"), absolute(known.resp * known.error + tiny, "r δ"), absolute(known.drift, "t")


def _sum(one: Bound, two: Bound) -> Bound:
    return Bound(one.value + two.value, f"{one.terms} twice")


def check_labels(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Renaming the components renames every answer; equal components stay equal, on the CPU to the bit.

    Each side errs by the bound of its own computation, since the sum over components is made in another order. Equal
    components get equal operands in the same operations, so rounding treats them alike.
    """
    x, weight, kind, order = cases["x"], cases["sample_weight"], str(cases.settings["covariance"]), cases["order"]
    named = ("pi", "mu", *(() if kind == "tied" else (kind,)))
    other = cases.with_arrays(
        resp=renamed(cases["resp"], order, 2), **{name: renamed(cases[name], order) for name in named}
    )
    joint, resp, row = _e_bounds(cases)
    e = answer.again("mixture_e_step", other)
    m = [answer.again("mixture_m_step", each) for each in (cases, other)]
    fit = [answer.again("mixture_fit", each) for each in (cases, other)]
    error = moved(x, weight, start_of(cases), kind, cases.u)
    once = step_bound(x, weight, cases["resp"], kind, cases.u).doubled()
    step = step_bound(x, weight, cases["resp"], kind, cases.u, error).doubled()

    def told(label: str, two: Array, one: Array, bound: Bound, axis: int = 1) -> Gap:
        limit = Bound(renamed(np.broadcast_to(bound.value, one.shape), order, axis), bound.terms)
        return equal(label, two, renamed(one, order, axis), limit)

    gaps = [
        told("log p(x, k)", e["log_joint"], answer["log_joint"], _sum(joint, joint), 2),
        told("responsibilities", e["resp"], answer["resp"], _sum(resp, resp), 2),
        equal("log p(x)", e["log_likelihood"], answer["log_likelihood"], _sum(row, row)),
    ]
    for name, one, two in zip(("pi", "mu", "covariances"), once, step, strict=True):
        gap = equal if (name, kind) == ("covariances", "tied") else told
        gaps += [
            gap(f"M-step: {name}", m[1][name], m[0][name], one),
            gap(f"EM: {name}", fit[1][name][:, 1], fit[0][name][:, 1], two),
        ]
    twins = _twins(cases) & (cases.device == "cpu")
    for name in ("pi", "mu", *(("covariances",) if kind != "tied" else ())):
        path = fit[0][name]
        mask = twins.reshape(-1, *[1] * (path.ndim - 2))
        gaps.append(exactly(f"equal components keep an equal {name}", path[:, :, 0], path[:, :, -1], mask))
    return tuple(gaps)


def _twins(cases: Cases) -> Array:
    """Whether the first and the last component are two and equal: (lane,)."""
    kind, k = str(cases.settings["covariance"]), cases["pi"].shape[1]
    same = np.full(cases.lanes, k > 1)
    for name in ("pi", "mu", *(() if kind == "tied" else (kind,))):
        same &= (cases[name][:, 0] == cases[name][:, -1]).reshape(cases.lanes, -1).all(axis=1)
    return same


def check_affine(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Responsibilities do not see an affine map, densities fall by log |det A|, means and covariances follow.

    The mapped problem is exact, so each side errs by the bound of its own computation: what holds for Σ before the map
    holds for A Σ Aᵀ times |A| · |A|ᵀ, entry by entry, and mapping the answer in float64 adds γ(2d+2).
    """
    x, weight, A, b = cases["x"], cases["sample_weight"], cases["A"], cases["b"]
    kind, there = str(cases.settings["covariance"]), transformed(cases)
    d, size = x.shape[2], np.abs(A)
    before, after = _e_bounds(cases), _e_bounds(there)
    e, fit, mapped = (
        answer.again("mixture_e_step", there),
        answer.again("mixture_fit", cases),
        answer.again("mixture_fit", there),
    )
    volume = np.log(np.abs(np.linalg.det(A)))
    own = rounding(8 * d, U64, "γ(8d) log|det A| (float64)", 1 + np.abs(volume))
    steps = [
        step_bound(each["x"], weight, responsibilities(each["x"], start_of(each), kind), kind, cases.u,
                   moved(each["x"], weight, start_of(each), kind, cases.u))
        for each in (cases, there)
    ]  # fmt: skip
    mu, spread = fit["mu"][:, 1], fit["covariances"][:, 1]
    turned = size.swapaxes(1, 2)
    mean = (
        steps[0].mu.value @ turned + steps[1].mu.value + (2 * d + 2) * U64 * (np.abs(mu) @ turned + np.abs(b)[:, None])
    )
    shape = carried(steps[0].covariances.value + (4 * d + 4) * U64 * np.abs(spread), size, kind)
    return (
        equal("responsibilities", e["resp"], answer["resp"], _sum(before[1], after[1])),
        equal("log p(x, k) − log|det A|", e["log_joint"], answer["log_joint"] - volume[:, None, None],
              _sum(before[0], after[0]) + Bound(own.value[:, None, None], own.terms)),
        equal("log p(x) − log|det A|", e["log_likelihood"], answer["log_likelihood"] - volume[:, None],
              _sum(before[2], after[2]) + Bound(own.value[:, None], own.terms)),
        equal("π", mapped["pi"][:, 1], fit["pi"][:, 1], _sum(steps[0].pi, steps[1].pi)),
        equal("A μ + b", mapped["mu"][:, 1], mu @ A.swapaxes(1, 2) + b[:, None], absolute(mean, "|A| bound + bound")),
        equal("A Σ Aᵀ", mapped["covariances"][:, 1], carried(spread, A, kind),
              absolute(shape + steps[1].covariances.value, "|A| bound |A|ᵀ + bound")),
    )  # fmt: skip


def check_k_means(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """With equal weights and a common σ², 1 − r of the nearest centre is e^{−Δ/2σ²} up to factors 1/K and K − 1.

    Δ is the gap of the two smallest squared distances; r_j = r_k e^{−(D_j−D_k)/2σ²} exactly, within the E-step's error.
    So a mean of the M-step is off the mean m of its Voronoi cell by Σ_n ε_n |x_n − m| ∕ (|cell| − Σ_{cell} ε), where
    ε_n = (K−1) e^{−Δ_n/2σ²} bounds how far r_n is from 0 or 1.
    """
    x, resp, k = cases["x"], answer["resp"], cases["mu"].shape[1]
    distance, variance = squared_distances(cases), cases["spherical"][:, 0, None]
    order = np.argsort(distance, axis=2, kind="stable")
    share, ranked = np.take_along_axis(resp, order, axis=2), np.take_along_axis(distance, order, axis=2)
    worst = guess(x, start_of(cases), "spherical", cases.u).error.max(axis=2)
    odds = np.exp(-(ranked - ranked[:, :, :1]) / (2 * variance[..., None]))
    own = 1 + U64 * (8 + 8 * ranked / variance[..., None])
    tiny = SMALLEST_NORMAL[cases.dtype]
    slack = absolute(odds * (2 * worst[..., None] + own - 1) + tiny, "e^{−Δ/2σ²} (2 δ + 8u₆₄ D/σ²)")
    epsilon = (k - 1) * odds[:, :, 1]
    rate = absolute(epsilon * (2 * worst + own[:, :, 1] - 1) + k * tiny, "(K−1) e^{−Δ/2σ²} 2 δ")
    rest = share[:, :, 1:].sum(axis=2)
    return (
        equal("r_j = r_k e^{−(D_j − D_k)/2σ²}", share, share[:, :, :1] * odds, slack),
        at_most("1 − r_k ≤ (K−1) e^{−Δ/2σ²}", rest, epsilon, rate),
        at_most("e^{−Δ/2σ²}/K ≤ 1 − r_k", odds[:, :, 1] / k, rest, rate),
        _lloyd(answer, cases, order[:, :, 0], epsilon + rate.value),
    )


def _lloyd(answer: Answer, cases: Cases, nearest: Array, epsilon: Floats) -> Gap:
    """Means of the M-step against those of the Voronoi cells, where more than half of each cell is certain."""
    x, weight, k = cases["x"], cases["sample_weight"], cases["mu"].shape[1]
    cell = nearest[:, :, None] == np.arange(k)
    held = (cell * weight[:, :, None]).sum(axis=1)
    centre = np.einsum("lnk,ln,lnd->lkd", cell, weight, x) / np.where(held > 0, held, 1.0)[..., None]
    lost = np.einsum("lnk,ln,ln->lk", cell, weight, epsilon)
    sure = lost < held / 2
    away = np.abs(x[:, :, None] - centre[:, None])
    drift = np.einsum("ln,ln,lnkd->lkd", weight, epsilon, away) / np.where(sure, held - lost, 1.0)[..., None]
    told = cases.with_arrays(resp=answer["resp"]).with_settings(covariance="tied")
    new = answer.again("mixture_m_step", told)["mu"]
    g = rounding(4 * x.shape[1] + 16, cases.u, "γ(4n+16) max|x|", np.abs(x).max(axis=1)[:, None])
    bound = absolute(drift, "Σ ε |x − m| ∕ (|cell| − Σ ε)") + g
    return equal("M-step means = Lloyd's", new, centre, bound, sure[..., None])


SYMMETRY_CLAIMS = (
    Claim(
        id="EM-09",
        version=1,
        title="Names of components do not matter",
        sentence="Permuting the components permutes every answer, and two equal components stay equal for ever.",
        latex=r"\mathrm{EM}(P\theta)=P\,\mathrm{EM}(\theta)",
        source=(("redner1984", "section 2"), ("mclachlan2000", "section 1")),
        kind="identity",
        asks="mixture_e_step",
        check=check_labels,
        domain=LABEL_DOMAIN,
        also=("mixture_m_step", "mixture_fit"),
        needs=("log_joint", "resp", "log_likelihood"),
        parents=("EM-06",),
        lanes=LANES,
    ),
    Claim(
        id="EM-10",
        version=1,
        title="Affine coordinates do not matter",
        sentence="In other coordinates the responsibilities are the same, log-densities fall by log |det A|, and means "
        "and covariances follow: any regular A for full and tied, scaled permutations for diag, scaled rotations for "
        "spherical.",
        latex=r"x\mapsto Ax+b:\quad r'=r,\quad \log p'=\log p-\log|\det A|,\quad \mu'=A\mu+b,\quad "
        r"\Sigma'=A\Sigma A^\top",
        source=(("mclachlan2000", "section 3"),),
        kind="identity",
        asks="mixture_e_step",
        check=check_affine,
        domain=AFFINE_DOMAIN,
        also=("mixture_fit",),
        needs=("log_joint", "resp", "log_likelihood"),
        parents=("EM-06",),
        lanes=LANES,
    ),
    Claim(
        id="EM-12",
        version=1,
        title="k-means is temperature 0",
        sentence="With equal weights and a common variance the nearest component takes all, at a stated exponential "
        "rate, and the M-step's means become those of Lloyd's algorithm.",
        latex=r"\frac{e^{-\Delta_n/2\sigma^2}}{K}\le 1-r_{nk^*}\le(K-1)e^{-\Delta_n/2\sigma^2}",
        source=(("bishop2006", "section 9.3.2"),),
        kind="rate",
        asks="mixture_e_step",
        check=check_k_means,
        domain=LIMIT_DOMAIN,
        also=("mixture_m_step",),
        needs=("resp",),
        parents=("EM-07",),
        lanes=128,
    ),
)
