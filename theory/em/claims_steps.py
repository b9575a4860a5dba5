"""Claims about the M-step: its closed forms, the moments it keeps, what sample weights mean, and the stated ridge."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from theory.core.bound import U64, Bound, absolute, rounding
from theory.core.claim import Answer, Claim
from theory.core.domain import Array, Cases
from theory.core.gap import Gap, at_most, equal
from theory.em.bounds_mixture import guess
from theory.em.bounds_steps import StepBound, condition, moved, start_of, step_bound
from theory.em.cases_steps import PATH_DOMAIN, REPEAT_DOMAIN, RIDGE_DOMAIN, STEP_DOMAIN
from theory.em.density import as_full
from theory.em.oracle_mixture import Mixture
from theory.em.oracle_steps import Floats, exact_step, expected_log_joint

LANES = 16
PARAMETERS = ("pi", "mu", "covariances")
NEAR = 2.0**-2
"""How far rivals stand from the maximiser: a quarter of a deviation, of a covariance, of a weight."""


def read(cases: Cases) -> tuple[Array, Array, Array, str]:
    """Rows, sample weights, responsibilities and the shape of the covariance."""
    return cases["x"], cases["sample_weight"], cases["resp"], str(cases.settings["covariance"])


def step_gaps(label: str, answer: Answer, exact: Mixture, bound: StepBound) -> tuple[Gap, ...]:
    """Weights, means and covariances of an answer against a step."""
    return (
        equal(f"{label}π", answer["pi"], exact.pi, bound.pi),
        equal(f"{label}μ", answer["mu"], exact.mu, bound.mu),
        equal(f"{label}Σ", answer["covariances"], exact.covariances, bound.covariances),
    )


def _rivals(best: Mixture, kind: str) -> list[tuple[str, Mixture]]:
    """Parameters near a maximiser: one coordinate of each mean moved, variances larger and smaller, weights evened."""
    full = as_full(best.covariances, kind, *best.mu.shape[1:])
    nudge = np.zeros_like(best.mu)
    nudge[..., 0] = NEAR * np.sqrt(full[..., 0, 0])
    even = (1 - NEAR) * best.pi + NEAR / best.pi.shape[1]
    return [
        ("means moved", best._replace(mu=best.mu + nudge)),
        ("variances larger", best._replace(covariances=best.covariances * (1 + NEAR))),
        ("variances smaller", best._replace(covariances=best.covariances * (1 - NEAR))),
        ("weights evened", best._replace(pi=even)),
    ]


def _loss_bound(cases: Cases, best: Mixture, bound: StepBound) -> Bound:
    """How much Q a step loses by its rounding: of second order, since Q is stationary at its maximiser.

    Covariances off by a relative δ = d max|ΔΣ| ∕ λ_min cost N_k δ² (Stein's loss δ − log(1+δ) ≤ δ² for |δ| ≤ ½ in each
    direction: d of them), means N_k |Δμ|² ∕ λ_min, weights N_k δ² of theirs; Q itself is summed in float64.
    """
    x, weight, resp, kind = read(cases)
    d = x.shape[2]
    full = as_full(best.covariances, kind, *best.mu.shape[1:])
    error = as_full(bound.covariances.value, kind, *best.mu.shape[1:])
    least, _ = condition(full)
    counts = (weight[..., None] * resp).sum(axis=1)
    shape = d * (d * error.max(axis=(2, 3)) / least) ** 2
    place = (bound.mu.value**2).sum(axis=2) / least
    share = (bound.pi.value / best.pi) ** 2
    own, kappa = np.abs(expected_log_joint(x, weight, resp, best, kind)), condition(full)[1].max(axis=1)
    summed = (np.prod(x.shape[1:]) + 8 * d**2 * kappa) * U64 * (own + 8 * d * counts.sum(axis=1) * (1 + own))
    return absolute((counts * (shape + place + share)).sum(axis=1) + summed, "Σ N_k (dδ² + |Δμ|²∕λ + δ_π²) + float64")


def check_m_step(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """The step is the maximiser of Q in rational arithmetic within `step_bound`, and no rival has a greater Q.

    Rivals stand a quarter away, so that what they lose, about N ∕ 64, is far above what rounding does to Q once π is
    divided by its sum.
    """
    x, weight, resp, kind = read(cases)
    exact, bound = exact_step(x, weight, resp, kind), step_bound(x, weight, resp, kind, cases.u)
    pi = answer["pi"] / answer["pi"].sum(axis=1, keepdims=True)
    found = Mixture(pi, answer["mu"], answer["covariances"])
    value, loss = expected_log_joint(x, weight, resp, found, kind), _loss_bound(cases, exact, bound)
    rivals = (
        at_most(f"Q({name}) ≤ Q(step)", expected_log_joint(x, weight, resp, rival, kind), value, loss)
        for name, rival in _rivals(exact, kind)
    )
    return (*step_gaps("", answer, exact, bound), *rivals)


def check_moments(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """After every step the mixture has the weighted mean and covariance of the data, whatever the responsibilities.

    Law of total variance, about the mean x̄ of the data: Σ π_k (Σ_k + (μ_k − x̄)(μ_k − x̄)ᵀ) = cov(x), its diagonal for
    diag, its trace for spherical. With g = γ(4n+4k+4d+16) and s² = diag cov(x): components' own deviations pool to at
    most s (Cauchy & Schwarz), each mean errs by g x̄_rms, so both sides agree within g (s + x_rms)(s)ᵀ and its transpose
    plus g² x_rms x_rmsᵀ.
    """
    x, weight, kind = cases["x"], cases["sample_weight"], str(cases.settings["covariance"])
    (_, n, d), k = x.shape, cases["pi"].shape[1]
    share = weight / weight.sum(axis=1, keepdims=True)
    mean = np.einsum("ln,lnd->ld", share, x)
    away = x - mean[:, None]
    total = np.einsum("ln,lna,lnb->lab", share, away, away)
    s, root = np.sqrt(np.einsum("laa->la", total)), np.sqrt(np.einsum("ln,lnd->ld", share, x**2))
    pi, mu = answer["pi"][:, 1:], answer["mu"][:, 1:]
    apart = mu - mean[:, None, None]
    within = as_full(answer["covariances"][:, 1:], kind, k, d)
    pooled = np.einsum("ltk,ltkab->ltab", pi, within + apart[..., :, None] * apart[..., None, :])
    count = 4 * n + 4 * k + 4 * d + 16
    g = rounding(count, cases.u, f"γ({count})")
    wide = s[:, :, None] * s[:, None] + root[:, :, None] * s[:, None] + s[:, :, None] * root[:, None]
    spread = g.scaled(wide, "(ssᵀ + xsᵀ + sxᵀ)") + g.scaled(g.value * root[:, :, None] * root[:, None], "γ xxᵀ")
    left, right = _kept(pooled, kind), _kept(total[:, None], kind)
    return (
        equal("Σ π = 1", pi.sum(axis=2), 1.0, g),
        equal("Σ π μ = mean", np.einsum("ltk,ltkd->ltd", pi, mu), mean[:, None], g.scaled(root[:, None], "x_rms")),
        equal("Σ π (Σ + (μ−x̄)(μ−x̄)ᵀ) = cov", left, right, Bound(_kept(spread.value[:, None], kind), spread.terms)),
    )


def _kept(matrices: Floats, kind: str) -> Floats:
    """The part of second moments (…, d, d) that a shape of covariance can match."""
    if kind in ("full", "tied"):
        return matrices
    diagonal = np.diagonal(matrices, axis1=-2, axis2=-1)
    return np.asarray(diagonal if kind == "diag" else diagonal.sum(axis=-1))


def repeated(cases: Cases, *names: str) -> Cases:
    """Row n written sample_weight_n times, with weight 1; what is short of the longest lane gets rows of weight 0."""
    counts = cases["sample_weight"].astype(np.int64)
    longest = int(counts.sum(axis=1).max())
    index = np.zeros((cases.lanes, longest), dtype=np.int64)
    weight = np.zeros((cases.lanes, longest))
    for lane, times in enumerate(counts):
        rows = np.repeat(np.arange(len(times)), times)
        index[lane, : len(rows)], weight[lane, : len(rows)] = rows, 1.0
    written = {name: np.take_along_axis(cases[name], index[..., None], axis=1) for name in names}
    return cases.with_arrays(**written, sample_weight=weight)


def check_weights(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """An M-step and a step of EM from whole sample weights are those from the rows written so many times.

    Both err by `step_bound` of the longer problem; EM's responsibilities are equal for equal rows up to twice the
    E-step's error, and Σ w log p adds γ(2Σw) Σ w |log p| to w times that error.
    """
    x, weight, _, kind = read(cases)
    long = repeated(cases, "x", "resp")
    bound = step_bound(long["x"], long["sample_weight"], long["resp"], kind, cases.u).doubled()
    other = answer.again("mixture_m_step", long)
    twice = Mixture(*(other[name] for name in PARAMETERS))
    start, one, two = start_of(cases), answer.again("mixture_fit", cases), answer.again("mixture_fit", long)
    error = moved(x, weight, start, kind, cases.u)
    fit = step_bound(long["x"], long["sample_weight"], long["resp"], kind, cases.u, error).doubled()
    after = Mixture(*(two[name][:, 1] for name in PARAMETERS))
    fitted = replace(one, arrays={name: one[name][:, 1] for name in PARAMETERS})
    known, value = guess(x, start, kind, cases.u), two["log_likelihood"][:, 0]
    size, sums = (weight * known.drift).sum(axis=1), (weight * np.abs(known.value)).sum(axis=1)
    summed = rounding(2 * long["x"].shape[1], cases.u, "γ(2Σw) Σw|log p|", sums)
    return (
        *step_gaps("M-step: ", answer, twice, bound),
        *step_gaps("EM: ", fitted, after, fit),
        equal("Σ w log p", one["log_likelihood"][:, 0], value, absolute(2 * size, "2Σwt") + summed),
    )


def check_ridge(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Variances are the exact ones plus the ridge, and at ridge 0 and without the setting the exact ones.

    Adding the ridge costs one more rounding of Σ + ridge. A step of EM with the ridge and one without share their
    responsibilities up to twice the E-step's error, so their covariances differ by the ridge.
    """
    x, weight, resp, kind = read(cases)
    d, ridge = x.shape[2], float(cases.settings["ridge"])
    exact, bound = exact_step(x, weight, resp, kind), step_bound(x, weight, resp, kind, cases.u)
    extra = ridge * np.eye(d) if kind in ("full", "tied") else ridge
    once = rounding(2, cases.u, "γ(2)(Σ + ridge)", np.abs(exact.covariances) + ridge)
    with_ridge = exact._replace(covariances=exact.covariances + extra)
    told = bound._replace(covariances=bound.covariances + once)
    nothing = replace(cases, settings={name: v for name, v in cases.settings.items() if name != "ridge"})
    zero = cases.with_settings(ridge=0.0)
    after, before = (answer.again("mixture_fit", each)["covariances"][:, 1] for each in (cases, zero))
    error = moved(x, weight, start_of(cases), kind, cases.u)
    pair = step_bound(x, weight, resp, kind, cases.u, error).doubled().covariances + once
    return (
        *step_gaps("", answer, with_ridge, told),
        *step_gaps("ridge 0: ", answer.again("mixture_m_step", zero), exact, bound),
        *step_gaps("no ridge: ", answer.again("mixture_m_step", nothing), exact, bound),
        equal("EM: Σ = Σ at ridge 0 + ridge", after, before + extra, pair),
    )


def _claim(number: str, title: str, sentence: str, latex: str, **rest: Any) -> Claim:
    return Claim(
        **{"id": number, "version": 1, "title": title, "sentence": sentence, "latex": latex, "kind": "identity",
           "asks": "mixture_m_step", "needs": PARAMETERS, "lanes": LANES, **rest}
    )  # fmt: skip


STEPS_CLAIMS = (
    _claim(
        "EM-06",
        "The M-step in closed form",
        "Weighted means and covariances maximise the expected complete log-likelihood, exactly and for every shape "
        "of covariance.",
        r"N_k=\sum_n w_nr_{nk},\quad \pi_k=\frac{N_k}{\sum_jN_j},\quad \mu_k=\frac1{N_k}\sum_nw_nr_{nk}x_n,\quad "
        r"\Sigma_k=\frac1{N_k}\sum_nw_nr_{nk}(x_n-\mu_k)(x_n-\mu_k)^\top",
        source=(("bishop2006", "section 9.2.2"), ("dempster1977", "section 2")),
        check=check_m_step,
        domain=STEP_DOMAIN,
        parents=("EM-02",),
    ),
    _claim(
        "EM-08",
        "A step matches the moments of the data",
        "After any step the mixture has the weighted mean and covariance of the data, whatever the responsibilities "
        "were.",
        r"\sum_k\pi_k\mu_k=\bar x,\qquad \sum_k\pi_k\bigl(\Sigma_k+(\mu_k-\bar x)(\mu_k-\bar x)^\top\bigr)="
        r"\frac{\sum_nw_n(x_n-\bar x)(x_n-\bar x)^\top}{\sum_nw_n}",
        source=(("redner1984", "section 4"),),
        asks="mixture_fit",
        check=check_moments,
        domain=PATH_DOMAIN,
        parents=("EM-06",),
        lanes=64,
    ),
    _claim(
        "EM-19",
        "Sample weights are repetitions",
        "A row of whole weight w counts as w rows, for the M-step, for a step of EM and for the log-likelihood.",
        r"M\bigl(x,w,r\bigr)=M\bigl((x_n)_{\times w_n},1,(r_n)_{\times w_n}\bigr)",
        source=(("mclachlan2000", "section 2"),),
        check=check_weights,
        domain=REPEAT_DOMAIN,
        also=("mixture_fit",),
        parents=("EM-06",),
    ),
    _claim(
        "EM-20",
        "The stated ridge, and only it",
        "The ridge is added once to each variance, tied and spherical alike, and without one nothing is added.",
        r"\Sigma_k^{(\rho)}=\Sigma_k^{(0)}+\rho I,\qquad \Sigma_k^{(0)}=\Sigma_k",
        source=(("bishop2006", "section 9.2.1"),),
        check=check_ridge,
        domain=RIDGE_DOMAIN,
        also=("mixture_fit",),
        parents=("EM-06",),
    ),
)
