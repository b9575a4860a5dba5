"""How fast EM converges: EM-14, on coins whose weights are known."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import U64, Bound, absolute, gamma
from theory.core.claim import Answer, Claim
from theory.core.domain import Cases, Domain, Shape
from theory.core.gap import Gap, at_most, equal, exactly
from theory.em import oracle_counts as oracle
from theory.em import oracle_rate as rate
from theory.em.cases_counts import COIN_AXES, Rng, draw_coins, settled, valid_coins

Floats = NDArray[np.float64]

CURVED = 2.0**-10
"""Least eigenvalue of I_c^-1 I_o, and least distance of θ from 0 and 1, at which a maximum is judged."""

REGIMES: Mapping[str, str] = MappingProxyType(
    {
        "anywhere": "fixed-weights",
        "maximum": "unequal",
        "any-theta": "any-theta",
        "symmetric": "symmetric",
        "not-tossed": "not-tossed",
        "nobody": "nobody",
        "rare": "rare",
        "single-tosses": "single-tosses",
        "many-tosses": "many-tosses",
        "maximum-article": "article",
        "maximum-not-tossed": "not-tossed",
    }
)
"""Regime, and the regime of the coins that it draws."""


def draw_rates(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Coins with θ inside (0, 1); at a maximum of the likelihood where the regime says so."""
    cases = draw_coins(rng, shape, REGIMES[regime], lanes)
    theta = np.clip(cases["theta"], 2.0**-10, 1 - 2.0**-10)
    if regime == "many-tosses":  # a hundred or so: the powers of a thousand rationals take seconds
        cases = cases.with_arrays(heads=cases["heads"] // 16, tosses=cases["tosses"] // 16)
    if regime.startswith("maximum"):
        theta = rate.maximum(cases["heads"], cases["tosses"], cases["pi"], theta)
    return Cases({**cases.arrays, "theta": theta}, {}, regime)


def valid_rates(cases: Cases) -> NDArray[np.bool_]:
    """Valid coins with θ inside (0, 1): (lane,)."""
    theta = cases["theta"]
    return np.asarray(valid_coins(cases) & ((theta > 0) & (theta < 1)).all(axis=1))


def check_rate(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """∂θ'_k/∂θ_j = Σ_m r_mk(δ_kj − r_mj) s_mj (h_m − θ'_k n_m) ∕ Σ_m r_mk n_m, s_mj = (h − nθ_j) ∕ (θ_j(1 − θ_j)).

    Exact rationals at any θ. Of each term, r_mk, r_mj, Σ r n err by ρ and θ'_k by 2ρ (see `oracle_counts.sizes`), and
    6M + 2K + 20 operations round: (6ρ + γ) Σ_m |terms|. A coin that no toss belongs to stands still: ∂θ'_k/∂θ_k = 1.
    At a maximum also I − I_c⁻¹ I_o, see `maximum_gaps`.
    """
    rates = [rate.exact_rate(cases, lane) for lane in range(cases.lanes)]
    bound = rate_bound(cases)
    exact = np.array([found.jacobian for found in rates])
    steady = np.array([found.taken for found in rates])[..., None] == 0
    return (
        equal("∂θ'∕∂θ", answer["jacobian"], exact, bound, ~steady),
        exactly("a coin that no toss belongs to stands still", answer["jacobian"], exact, steady),
        *maximum_gaps(answer["jacobian"], cases, rates, bound),
    )


def rate_bound(cases: Cases, times: float = 1.0) -> Bound:
    """How far rounding takes the Jacobian of one step from the exact one, (lane, k, j); see `check_rate`."""
    size, (m, k) = oracle.sizes_of(cases), (cases["heads"].shape[1], cases["pi"].shape[1])
    terms, lost = rate.terms(cases, size)
    relative = 6 * size.resp + gamma(6 * m + 2 * k + 20, cases.u)
    value = times * (relative[:, None, None] * terms + oracle.tiny(cases) * lost)
    steady = np.isnan(value)  # 0 ∕ 0 where no toss belongs to the coin
    return absolute(np.where(steady, 0.0, value), "(6ρ + γ(6M+2K+20)) Σ|terms| + η")


def maximum_gaps(jacobian: Floats, cases: Cases, rates: list[rate.Rate], rounding: Bound) -> tuple[Gap, ...]:
    """I − I_c⁻¹ I_o = I_c⁻¹ V, V = Σ_m r_mk(δ_kj − r_mj) s_mj s_mk, which is self-adjoint for I_c: real eigenvalues.

    θ is a maximum rounded to floats: with e = θ'_k − θ_k and c = e(1 − 2θ) ∕ (θ(1 − θ)) the exact Jacobian differs by
    V θ(1 − θ) ∕ Σrn · c ∕ (1 + c) − e Σ_m r_mk(δ_kj − r_mj) s_mj n_m ∕ Σrn. In the basis in which V is symmetric,
    eigenvalues move by at most the Frobenius norm of an error (Weyl's inequality).
    """
    theory, drift, scale = (np.array([getattr(found, name) for found in rates]) for name in ("fixed", "drift", "scale"))
    with np.errstate(invalid="ignore", divide="ignore"):
        turn = np.sqrt(scale)[:, :, None] / np.sqrt(scale)[:, None, :]
        error = Bound(rounding.value + drift, f"{rounding.terms} + |e|…")
        turned, right, size = jacobian * turn, theory * turn, (error.value + 8 * U64 * np.abs(theory)) * turn
    judged = _judged(cases, right + error.value, scale)
    shift = absolute(np.sqrt((np.where(judged[:, None, None], size, 0.0) ** 2).sum(axis=(1, 2))), "‖error‖")
    said, least, most = _ends(turned, judged), 0.0, _ends(right, judged)[:, -1]
    where = judged[:, None, None]
    return (
        equal("I − I_c⁻¹ I_o at a maximum", jacobian, theory, error, where),
        equal(
            "self-adjoint for I_c", turned, turned.swapaxes(1, 2), absolute(size + size.swapaxes(1, 2), "error"), where
        ),
        at_most("no eigenvalue below 0", least - said[:, 0], np.zeros(len(said)), shift, judged),
        at_most("every eigenvalue below 1", said[:, -1], np.full(len(said), 1 - CURVED), shift, judged),
        equal("the rate is the largest share of missing information", said[:, -1], most, shift, judged),
    )


def _judged(cases: Cases, right: Floats, scale: Floats) -> NDArray[np.bool_]:
    """Whether θ is a strict maximum, well inside: (lane,)."""
    if not cases.regime.startswith("maximum"):
        return np.zeros(cases.lanes, dtype=bool)
    inside = (np.minimum(cases["theta"], 1 - cases["theta"]) >= CURVED).all(axis=1)
    usable = inside & (scale > 0).all(axis=1) & np.isfinite(right).all(axis=(1, 2))
    return np.asarray(usable & (_ends(right, usable)[:, -1] <= 1 - CURVED))


def _ends(matrix: Floats, where: NDArray[np.bool_]) -> Floats:
    """Least and largest eigenvalue of the symmetric part of each matrix: (lane, 2), 0 where it is not judged."""
    values = np.linalg.eigvalsh(np.where(where[:, None, None], (matrix + matrix.swapaxes(1, 2)) / 2, 0.0))
    return np.asarray(values[:, [0, -1]])


RATES = Domain({"m": (1, 6), "k": (1, 3)}, tuple(REGIMES), draw_rates, COIN_AXES, valid=valid_rates, settle=settled)
"""Coins of known weight with θ inside (0, 1), in some regimes at a maximum of the likelihood."""

RATE_CLAIMS: tuple[Claim, ...] = (
    Claim(
        id="EM-14",
        version=1,
        title="EM converges at the rate of the missing information",
        sentence="The derivative of the EM map is its closed form, and at a maximum it is the share of information "
        "that is missing: real eigenvalues from 0 to below 1.",
        latex=r"\frac{\partial\theta'}{\partial\theta}\Big|_{\theta^*}=I-I_c^{-1}I_o,\quad "
        r"0\le\lambda\left(I-I_c^{-1}I_o\right)<1",
        source=(("dempster1977", "section 3"), ("meng1991", "section 2")),
        kind="rate",
        asks="coin_rate",
        check=check_rate,
        domain=RATES,
        parents=("EM-25",),
        needs=("jacobian",),
        lanes=16,
    ),
)
