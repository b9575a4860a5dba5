"""EM-05: an EM step is a gradient step, preconditioned by a positive definite matrix."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import U64, absolute
from theory.core.claim import Answer, Claim
from theory.core.domain import Cases, Shape
from theory.core.gap import Gap, equal
from theory.em.bounds_mixture import guess
from theory.em.cases_paths import PATHS, draw_paths, valid_paths
from theory.em.oracle_mixture import Mixture, score

Rng = np.random.Generator

ROUND = 2.0**5
"""Largest condition number of a covariance at the start."""

REGIMES = tuple(name for name in PATHS.regimes if name.startswith("full"))


def draw_starts(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """The starts of `PATHS` with full covariances, tilted, and one step to go."""
    cases = draw_paths(rng, {**shape, "steps": 1}, regime, lanes)
    d = cases["mu"].shape[2]
    tilt = np.eye(d) + rng.uniform(-1, 1, (lanes, 1, d, d)) / (2 * d)
    full = np.einsum("lkab,lkbc,lkdc->lkad", tilt, cases["full"], tilt)
    return cases.with_arrays(full=(full + full.swapaxes(-1, -2)) / 2)


def valid_starts(cases: Cases) -> NDArray[np.bool_]:
    """(lane,): a start with round covariances, from which one step does not collapse."""
    good = np.asarray((np.linalg.cond(cases["full"]) <= ROUND).all(axis=1))
    good[good] = valid_paths(cases.take(good))
    return good


@np.errstate(all="ignore")  # a subject may answer anything: what is no number is refuted
def check_ascent(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """π' − π, μ' − μ and Σ' − Σ + (μ' − μ)(μ' − μ)ᵀ are preconditioned gradients; the score is in closed form.

    Shares s_nk = w r ∕ N_k are wrong by δ_nk (`guess`), δ̄ = Σ s δ, so π' errs by δ̄ + (n + 10) u. With y² = Σ s |x − μ|²
    and |x| ≤ X, μ' − μ errs by Σ s δ |x − μ| ≤ √(δ̄ Σ s δ |x − μ|²), by δ̄ y (from N_k), by rounding, (n + 10) u X, and
    the gradient by 8 κ d u y. Second moments about μ err by Σ s δ |x − μ|² + δ̄ y², by (n + 10) u (X + y) y, by twice
    the error of μ' times y where the rank-one term is put back, and the gradient by 8 κ² d² u (y² + |Σ|).
    """
    x, weight, kind = cases["x"], cases["sample_weight"], "full"
    n, d = x.shape[1:]
    now = Mixture(cases["pi"], cases["mu"], cases["full"])
    known = guess(x, now, kind, cases.u)
    slope = score(x, weight, *now)
    mass = weight[..., None] * known.resp
    count, total = mass.sum(axis=1), weight.sum(axis=1, keepdims=True)  # (lane, k), (lane, 1)
    far = np.abs(x[:, :, None] - now.mu[:, None]).max(axis=-1) ** 2  # (lane, n, k)
    share = mass / count[:, None]
    y2 = (share * far).sum(axis=1)
    error, error_far = (share * known.error).sum(axis=1), (share * known.error * far).sum(axis=1)
    u, eta = cases.u + U64, (n + 10) * (cases.u + U64)
    largest, sigma = np.abs(x).max(axis=(1, 2))[:, None], np.abs(now.covariances).max(axis=(2, 3))
    kappa = np.linalg.cond(now.covariances)
    reach = np.sqrt(error * error_far) + (error + 8 * kappa * d * u) * np.sqrt(y2) + eta * largest
    spread = 4 * error_far + (4 * error + 8 * kappa**2 * d**2 * u) * (y2 + sigma)
    spread = spread + 4 * eta * (largest + np.sqrt(y2)) * np.sqrt(y2)
    pi, mu, covariances = (answer[name][:, 1] for name in ("pi", "mu", "covariances"))
    moved = mu - now.mu
    pull = np.einsum("...ij,...j->...i", now.covariances, slope.mu) / count[..., None]
    turn = 2 * now.covariances @ slope.sigma @ now.covariances / count[..., None, None]
    share_of = now.pi * slope.pi - now.pi * (now.pi * slope.pi).sum(axis=1, keepdims=True)
    return (
        equal("π′ − π", pi - now.pi, share_of / total, absolute(error + eta, "δ̄ + (n+10) u")),
        equal("μ′ − μ", moved, pull, absolute(reach[..., None], "√(δ̄ Σ s δ y²) + (δ̄ + 8κd u) y + (n+10) u X")),
        equal(
            "Σ′ − Σ + (μ′ − μ)(μ′ − μ)ᵀ",
            covariances - now.covariances + moved[..., :, None] * moved[..., None, :],
            turn,
            absolute(spread[..., None, None], "4 Σ s δ y² + (4δ̄ + 8κ²d² u)(y² + |Σ|) + 4(n+10) u (X+y) y"),
        ),
    )


EM_05 = Claim(
    id="EM-05",
    version=1,
    title="EM is preconditioned gradient ascent",
    sentence="One EM step moves the weights, the means and the covariances of a Gaussian mixture along the gradient of "
    "the log-likelihood, each times a positive matrix of its own, so that the fixed points are the stationary points.",
    latex=r"\pi'-\pi=\tfrac1W(\mathrm{diag}\,\pi-\pi\pi^{\top})\nabla_{\pi}\ell,\quad "
    r"\mu_k'-\mu_k=\tfrac1{N_k}\Sigma_k\nabla_{\mu_k}\ell,\quad "
    r"\Sigma_k'-\Sigma_k+(\mu_k'-\mu_k)(\mu_k'-\mu_k)^{\top}=\tfrac2{N_k}\Sigma_k(\nabla_{\Sigma_k}\ell)\Sigma_k",
    source=(("xu1996", "Theorem 1"),),
    kind="identity",
    asks="mixture_fit",
    check=check_ascent,
    domain=replace(
        PATHS,
        shapes=MappingProxyType({"n": (8, 32), "d": (1, 3), "k": (1, 3)}),
        regimes=REGIMES,
        draw=draw_starts,
        valid=valid_starts,
        countdown=MappingProxyType({}),
        real=MappingProxyType({}),
    ),
    needs=("pi", "mu", "covariances"),
    parents=("EM-04",),
)
