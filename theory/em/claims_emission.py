"""Gaussian emissions: EM-26 (a step is moments under the posterior) and EM-27 (the likelihood never falls)."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import SMALLEST_NORMAL, Bound, absolute, gamma
from theory.core.claim import Answer, Claim
from theory.core.domain import Array, Cases
from theory.core.gap import Gap, at_most, equal, exactly
from theory.em import bounds_markov as bounds
from theory.em import oracle_emission as oracle
from theory.em.cases_emission import LEARNING, RARE, VISITED, kind_of, log_densities, outlier
from theory.em.claims_baum_welch import attempt, falls, tokens
from theory.em.density import as_full, log_joint_error
from theory.em.oracle_markov import Numbers, balls, distributions, floats

Floats = NDArray[np.float64]


def full_of(cases: Cases) -> Floats:
    """Covariances as full matrices: (lane, s, d, d)."""
    kind = kind_of(cases)
    return as_full(cases[kind], kind, *cases["mu"].shape[1:])


def _sequences(cases: Cases) -> tuple[Floats, Floats, Floats, NDArray[np.int64]]:
    """As `bounds_markov` takes sequences: pi, A, b, lengths, one entry for each sequence."""
    r, b = cases["x"].shape[1], np.exp(log_densities(cases))
    pi, A = (np.repeat(cases[name], r, axis=0) for name in ("pi", "A"))
    return pi, A, b.reshape(len(pi), *b.shape[2:]), cases["lengths"].reshape(-1)


def density_error(cases: Cases) -> Floats:
    """Σ_t max_s 2 T_ts (lane, r): error of the log-probability of a path from the densities alone, see `density`."""
    lanes, r, t, d = cases["x"].shape
    s = cases["mu"].shape[1]
    x, ones = cases["x"].reshape(lanes, -1, d), np.ones((lanes, s))
    each = log_joint_error(x, ones, cases["mu"], full_of(cases), cases.u).reshape(lanes, r, t, s).max(axis=-1)
    return np.asarray(2 * np.where(np.arange(t) < cases["lengths"][..., None], each, 0.0).sum(axis=-1))


def posterior_error(cases: Cases) -> Floats:
    """ε (lane,): relative error of γ and ξ: the recursion's and twice the densities', the worst sequence.

    A posterior below the smallest normal float may become 0: against a count of `RARE` that is n tiny ÷ RARE.
    """
    recursion = bounds.posterior_error(*_sequences(cases), cases.u).reshape(cases.lanes, -1)
    tiny = tokens(cases) * SMALLEST_NORMAL[cases.dtype] / RARE
    return np.asarray((recursion + np.expm1(2 * density_error(cases))).max(axis=1) + tiny)


def evidence_error(cases: Cases) -> Floats:
    """Error of log p of all sequences of a lane, in nats: (lane,)."""
    parts = _sequences(cases)
    own = bounds.likelihood_error(*parts, cases.u) + gamma(cases["x"].shape[1], cases.u) * bounds.log_size(*parts)
    return np.asarray((own.reshape(cases.lanes, -1) + density_error(cases)).sum(axis=1))


OF_EVIDENCE = "Σ_r (2 Σ_t T_rt + the recursion's)"


def ball_densities(cases: Cases) -> NDArray[np.object_]:
    """Densities of all points in all states in balls: (lane, r, t, s)."""
    return np.stack([oracle.densities(*lane) for lane in zip(cases["x"], cases["mu"], full_of(cases), strict=True)])


def check_step(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """A step is `step_gaps`; so it is where one point is so far away that its density is below the smallest float.

    That point is moved after the first question, so that a subject which then fails is refuted by name.
    """
    gaps = step_gaps(answer, cases)
    if not cases.regime.endswith("far"):
        return gaps
    moved = outlier(cases)
    found, words = attempt(answer, "gaussian_markov_step", moved)
    said = np.full(cases.lanes, found is not None)
    gaps = (*gaps, exactly(f"answers about an outlier: {words}"[:200], said, np.ones_like(said)))
    return gaps if found is None else (*gaps, *step_gaps(found, moved))


def step_gaps(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """π and A are normalised expected counts, means and covariances the moments under the enumerated posterior.

    All paths are added up in balls. With weights of relative error ε a mean moves by D = 2ε Σγ|x−μ|/N + γ(2n+4)
    Σγ|x|/N, and a second moment about it by (2ε + γ(2n+8)) Σγ(|x−μ|+D)(|x−μ|+D)ᵀ/N + DDᵀ (first order in the offset
    through D alone: a one-pass covariance errs by u|x|²). The ridge adds one rounding. A state that is never visited
    keeps everything, bit for bit.
    """
    b, kind, x = ball_densities(cases), kind_of(cases), cases["x"]
    exact = oracle.moments(cases["pi"], cases["A"], b, x, cases["lengths"])
    n, error = tokens(cases)[:, None, None], posterior_error(cases)[:, None, None]
    seen = exact.visits[..., None] > 0
    weight = exact.gamma / np.where(seen[..., 0], exact.visits, 1.0)[:, None, None]
    away = np.abs(x[:, :, :, None] - exact.mu[:, None, None])  # (lane, r, t, s, d)
    drift = 2 * error * np.einsum("lrts,lrtsd->lsd", weight, away)
    drift = drift + gamma(2 * n + 4, cases.u) * np.einsum("lrts,lrtd->lsd", weight, np.abs(x))
    wide = away + drift[:, None, None]
    size = np.einsum("lrts,lrtsd,lrtse->lsde", weight, wide, wide)
    ridge = float(cases.settings["ridge"])
    moved = (2 * error + gamma(2 * n + 8, cases.u))[..., None] * size + drift[..., :, None] * drift[..., None, :]
    moved, right = moved + cases.u * ridge, exact.full + ridge * np.eye(x.shape[-1])
    if kind == "diag":
        moved, right = (np.diagonal(part, axis1=-2, axis2=-1) for part in (moved, right))
    alive = seen if kind == "diag" else seen[..., None]
    rows = 2 * error + gamma(2 * n + 4, cases.u)
    words = "2ε + γ(2n+4)"
    of_moves = rows * exact.A * (exact.left > 0)[..., None]
    gaps = [
        equal("pi", answer["pi"], exact.pi, absolute(rows[..., 0] * exact.pi, f"({words}) π")),
        equal("A", answer["A"], exact.A, absolute(of_moves, f"({words}) a")),
        equal("means", answer["mu"], np.where(seen, exact.mu, cases["mu"]), absolute(drift * seen, "D")),
        equal(
            "covariances",
            answer["covariances"],
            np.where(alive, right, cases[kind]),
            absolute(moved * alive, "(2ε + γ(2n+8)) Σγ(|x−μ|+D)²/N + D² + u ridge"),
        ),
    ]
    if "log_likelihood" in answer:
        lanes = zip(balls(cases["pi"]), balls(cases["A"]), b, cases["lengths"], strict=True)
        value = floats(np.array([oracle.emission_evidence(*lane) for lane in lanes], dtype=object))
        gaps.append(equal("log p", answer["log_likelihood"], value, absolute(evidence_error(cases), OF_EVIDENCE)))
    return tuple(gaps)


EM_26 = Claim(
    id="EM-26",
    version=1,
    title="Gaussian emissions: moments under the posterior",
    sentence="One step for Gaussian emissions gives each state the mean of the points under the posterior probability "
    "of the state, and their covariance about this new mean, plus the stated ridge; a state that is never visited "
    "stays.",
    latex=r"\mu_i'=\frac{\sum_{r,t}\gamma^r_t(i)\,x^r_t}{\sum_{r,t}\gamma^r_t(i)},\quad"
    r"\Sigma_i'=\frac{\sum_{r,t}\gamma^r_t(i)(x^r_t-\mu_i')(x^r_t-\mu_i')^\top}{\sum_{r,t}\gamma^r_t(i)}+\rho I",
    source=(("rabiner1989", "section IV.A"), ("bishop2006", "section 13.2.1")),
    kind="identity",
    asks="gaussian_markov_step",
    check=check_step,
    domain=VISITED,
    needs=("pi", "A", "mu", "covariances"),
    parents=("EM-16",),
    lanes=8,
)

# --- EM-27 --------------------------------------------------------------------------------------------------------


def at_entry(answer: Answer, cases: Cases, entry: int) -> Cases:
    """The same sequences under the parameters of one entry of a path; NaN as 0, so that it can be looked at."""
    names = {"pi": "pi", "A": "A", "mu": "mu", kind_of(cases): "covariances"}
    found: dict[str, Array] = {name: np.nan_to_num(answer[asked][:, entry]) for name, asked in names.items()}
    return cases.with_arrays(**found)


def allowance(entries: list[Cases]) -> Bound:
    """What rounding may cost each step, in nats: n (2ε² + 2E² + 2W²), (lane, steps).

    As in EM-28 the step ends at the maximum of Q, so errors count squared: rows cost 2n ε²; a covariance that is off by
    E (whitened, Frobenius: dκ times (2ε + γ(2n+12)) of its entries) costs a Stein loss of N_k E²; a mean that is off by
    D = 2ε · range + γ(2n+4) max|x| costs N_k W², W² = d D² ÷ the least eigenvalue.
    """
    found = []
    for now, after in itertools.pairwise(entries):
        n, d, x = tokens(now), now["x"].shape[-1], now["x"].reshape(now.lanes, -1)
        widest = max(now["A"].shape[1:])
        error = posterior_error(now) + gamma(n + 4, now.u) + gamma(16 * widest * n, now.u)
        values = np.linalg.eigvalsh(full_of(after)).reshape(now.lanes, -1)
        kappa, least = values.max(axis=1) / values.min(axis=1), values.min(axis=1)
        E = 2 * d * kappa * (2 * error + gamma(2 * n + 12, now.u))
        D = 2 * error * np.ptp(x, axis=1) + gamma(2 * n + 4, now.u) * np.abs(x).max(axis=1)
        W = np.sqrt(d / least) * D
        small = (error <= 1 / 4) & (E <= 1 / 2)
        found.append(np.where(small, 2 * n * (error**2 + E**2 + W**2), np.inf))
    return absolute(np.stack(found, axis=1), "2n (ε² + E² + W²)")


def check_never_falls(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Log p never falls along the path, decided in balls of 200 bits at exactly the subject's parameters.

    Rows are divided by their exact sums first. The balls are narrower than 2^-150, far below the allowance of second
    order in u. The reported path of log p is compared with balls at the parameters as they are.
    """
    entries = [at_entry(answer, cases, entry) for entry in range(cases.integer("steps") + 1)]
    exact: list[Numbers] = []
    reported: list[Numbers] = []
    for now in entries:
        b, lengths = ball_densities(now), now["lengths"]
        for found, made in ((exact, distributions), (reported, balls)):
            lanes = zip(made(now["pi"]), made(now["A"]), b, lengths, strict=True)
            found.append(np.array([oracle.emission_evidence(*lane) for lane in lanes], dtype=object))
    fall = falls(exact)
    with np.errstate(all="ignore"):  # a wrong answer may hold anything; NaN refutes
        allowed, bound = allowance(entries), np.stack([evidence_error(now) for now in entries], axis=1)
    parts = [answer[name].reshape(cases.lanes, -1) for name in ("pi", "A", "mu", "covariances")]
    finite = np.isfinite(np.concatenate(parts, axis=1))
    gaps = [exactly("parameters are finite", finite, np.ones_like(finite))]
    gaps.append(at_most("fall of log p", fall, np.zeros_like(fall), allowed))
    if "log_likelihood" in answer:
        value = np.stack([floats(values) for values in reported], axis=1)
        gaps.append(equal("reported log p", answer["log_likelihood"], value, absolute(bound, OF_EVIDENCE)))
    return tuple(gaps)


EM_27 = Claim(
    id="EM-27",
    version=1,
    title="Gaussian emissions: the likelihood never falls",
    sentence="No step of EM for a hidden Markov model with Gaussian emissions lowers the likelihood of the sequences, "
    "and the log-likelihood that is reported is that of the parameters.",
    latex=r"\sum_r\log p(x^r\mid\theta^{(t+1)})\ge\sum_r\log p(x^r\mid\theta^{(t)})",
    source=(("baum1970", "whole paper"), ("dempster1977", "theorem 1")),
    kind="monotone",
    asks="gaussian_markov_fit",
    check=check_never_falls,
    domain=LEARNING,
    needs=("pi", "A", "mu", "covariances"),
    parents=("EM-26", "EM-28"),
    lanes=6,
)

EMISSION_CLAIMS: tuple[Claim, ...] = (EM_26, EM_27)
