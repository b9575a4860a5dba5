"""Forward–backward and Viterbi: EM-15, EM-33, EM-17. The thread goes on in `claims_baum_welch`."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import SMALLEST_NORMAL, Bound, absolute, rounding
from theory.core.claim import Answer, Claim
from theory.core.domain import Cases, Domain, Shape
from theory.core.gap import Gap, at_most, equal, exactly
from theory.em import bounds_markov as bounds
from theory.em.cases_markov import AXES, PATHS, TABLE, Rng, chain, hidden, settled, valid
from theory.em.claims_baum_welch import BAUM_WELCH_CLAIMS, attempt
from theory.em.data_markov import letters_as_table
from theory.em.oracle_markov import ball_posterior, best_path, enumerated
from theory.em.port import METHODS

Floats = NDArray[np.float64]


def _parts(cases: Cases) -> tuple[Floats, Floats, Floats, NDArray[Any]]:
    return cases["pi"], cases["A"], cases["b"], cases["lengths"]


def _relative(cases: Cases, method: str) -> Floats:
    """Relative error of γ and ξ by a method: (lane,)."""
    if method == "scaled":
        return bounds.scaled_error(cases["lengths"], cases["pi"].shape[1], cases.u)
    return np.expm1(3 * bounds.log_error(*_parts(cases), cases.u))


def of_evidence(cases: Cases, method: str) -> Bound:
    """How far log p may be off by a method: (lane,)."""
    if method == "scaled":
        value = bounds.scaled_likelihood_error(*_parts(cases), cases.u)
        return absolute(value, "γ((2T+2)(S+4)) + γ(T+2) 3M")
    return absolute(bounds.log_error(*_parts(cases), cases.u), "u (2T(S+8) + 3(T+1)M)")


def of_posterior(cases: Cases, method: str, exact: Floats) -> Bound:
    """How far entries of γ or ξ may be off by a method; 0 where the exact value is 0."""
    relative = _relative(cases, method).reshape(-1, *[1] * (exact.ndim - 1))
    words = "γ((2T+2)(S+4)) γ" if method == "scaled" else "expm1(3u (2T(S+8) + 3(T+1)M)) γ"
    return absolute(relative * exact, words)


def check_paths_are_added_up(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Log p, γ and ξ are what all S^T paths add up to in exact arithmetic; α̂, β̂ and c_t are Bishop's.

    The bounds are relative, see `bounds_markov`: an exact 0 must be 0, behind the length too.
    """
    exact, method = enumerated(*_parts(cases)), str(cases.settings["method"])
    gaps = [
        equal("log p", answer["log_likelihood"], exact.log_likelihood, of_evidence(cases, method)),
        equal("γ", answer["gamma"], exact.gamma, of_posterior(cases, method, exact.gamma)),
    ]
    messages = (("alpha", "α̂", exact.alpha), ("beta", "β̂", exact.beta), ("scale", "c", exact.scale))
    for name, label, right in (("xi", "ξ", exact.xi), *(messages if method == "scaled" else ())):
        if name in answer:
            gaps.append(equal(label, answer[name], right, of_posterior(cases, method, right)))
    return tuple(gaps)


EM_15 = Claim(
    id="EM-15",
    version=1,
    title="Forward–backward adds up all paths",
    sentence="The forward–backward algorithm gives the likelihood of a sequence and the probability of each state and "
    "of each transition at each time that the sum over all hidden paths gives, zeros included.",
    latex=r"p(x)=\sum_{z\in S^T}\pi_{z_1}b_{z_1}(x_1)\prod_{t=2}^{T}a_{z_{t-1}z_t}b_{z_t}(x_t),\quad"
    r"\gamma_t(i)=p(z_t=i\mid x),\quad\xi_t(i,j)=p(z_t=i,z_{t+1}=j\mid x)",
    source=(("rabiner1989", "section III.A–B"), ("bishop2006", "section 13.2")),
    kind="identity",
    asks="forward_backward",
    check=check_paths_are_added_up,
    domain=TABLE,
    needs=("log_likelihood", "gamma"),
    parents=("EM-02",),
    lanes=16,
)

# --- EM-33 --------------------------------------------------------------------------------------------------------

RUNS = MappingProxyType({"50": 50, "300": 300, "1500": 1500})
"""Lengths of the long runs by regime; the plain word, then a flavour."""

OPENING = 8
"""How much of a run is asked first; the whole run is asked through `again`."""


def draw_run(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """A long run of likelihoods about e^-1 a time step; at T = 1500 its probability is below the smallest float."""
    size, _, flavour = regime.partition("-")
    t, s = RUNS[size], shape["s"]
    pi, A = chain(rng, lanes, s, flavour)
    b = rng.uniform(2.0**-4, 3 / 4, (lanes, t, s))
    if flavour == "zeros":
        sound = np.arange(s) == hidden(rng, pi, A, t)[:, 0, :, None]
        b = np.where(sound | (rng.random(b.shape) < 4 / 5), b, 0.0)
    arrays = {"pi": pi, "A": A, "b": b, "lengths": np.full(lanes, min(OPENING, t))}
    return Cases(arrays, {"method": "scaled"}, regime)


def whole_run(cases: Cases) -> Cases:
    """The same runs to their end."""
    return cases.with_arrays(lengths=np.full(cases.lanes, cases["b"].shape[1]))


def check_long_runs(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Both methods give log p and γ of the forward–backward recursion in balls, for runs of up to 1500 steps.

    First only the opening of the run was asked, so that a method which fails on the whole run is refuted by name. Balls
    of 200 bits have exponents of any size: nothing underflows there. Bounds as in EM-15, and γ below the smallest
    normal float may be 0. Where an α̂ itself is below that float, the scaled method is not on trial.
    """
    whole, tiny = whole_run(cases), SMALLEST_NORMAL[cases.dtype]
    run = ball_posterior(*_parts(whole))
    gaps = []
    for method in METHODS:
        found, words = attempt(answer, "forward_backward", whole.with_settings(method=method))
        fair = (run.least > tiny) | (method == "log")
        said = np.full(cases.lanes, found is not None)
        gaps.append(exactly(f"{method} answers for the whole run: {words}"[:200], said, np.ones_like(said), fair))
        if found is not None:
            evidence, each = of_evidence(whole, method), of_posterior(whole, method, run.gamma)
            each = each + absolute(np.where(run.gamma > 0, tiny, 0.0), "smallest normal float")
            gaps.append(equal(f"log p ({method})", found["log_likelihood"], run.log_likelihood, evidence, fair))
            gaps.append(equal(f"γ ({method})", found["gamma"], run.gamma, each, fair[:, None, None]))
    return tuple(gaps)


def valid_run(cases: Cases) -> NDArray[np.bool_]:
    """As `valid`, for the opening and for the whole run: (lane,)."""
    return valid(cases) & valid(whole_run(cases))


EM_33 = Claim(
    id="EM-33",
    version=1,
    title="Scaled = log domain, however long the sequence",
    sentence="The scaled recursion and the one in the log domain give the same likelihood and posteriors for sequences "
    "whose probability is far below the smallest floating-point number.",
    latex=r"\log p(x)=\sum_{t=1}^{T}\log c_t=\log\sum_i e^{\log\alpha_T(i)},\quad T=50,\dots,1500",
    source=(("rabiner1989", "section V.A"), ("bishop2006", "section 13.2.4")),
    kind="identity",
    asks="forward_backward",
    check=check_long_runs,
    domain=Domain(
        {"s": (1, 3)},
        ("50", "300", "1500", "50-left-right", "300-sticky", "300-zeros", "1500-unreachable"),
        draw_run,
        AXES,
        valid=valid_run,
        settle=settled,
        real=MappingProxyType({"letters": letters_as_table}),
    ),
    needs=("log_likelihood", "gamma"),
    parents=("EM-15",),
    lanes=4,
)

# --- EM-17 --------------------------------------------------------------------------------------------------------


def check_viterbi(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """No path is more probable than the one that is returned, and log_prob is its log-probability, at most log p(x).

    A sum of 2T logs of total size M errs by u (2 + 3(T+1)M) at most (T additions of partial sums, logs to an ulp), and
    a path may be preferred to the best one by both their errors. Behind the length the path is −1.
    """
    lengths, log = cases["lengths"], bounds.log_size(*_parts(cases))
    best = best_path(*_parts(cases), answer["path"])
    single = rounding(1, cases.u, "u (2 + 3(T+1)M)", 2 + 3 * (lengths + 1) * log)
    behind = np.arange(cases["b"].shape[1]) >= lengths[:, None]
    return (
        exactly("the path is possible", best.is_possible, np.ones_like(best.is_possible)),
        exactly("−1 behind the length", answer["path"], -np.ones(behind.shape), behind),
        equal("log max p(x, z)", answer["log_prob"], best.highest, single),
        equal("log p(x, path)", best.of_path, best.highest, single.scaled(2.0, "2")),
        at_most("max p(x, z) ≤ p(x)", answer["log_prob"], best.evidence, single),
    )


EM_17 = Claim(
    id="EM-17",
    version=1,
    title="Viterbi finds a most probable path",
    sentence="The path that the Viterbi algorithm returns is possible, no other path is more probable, and the "
    "log-probability that it reports is the path's.",
    latex=r"\log p(x,\hat z)=\max_{z\in S^T}\log p(x,z)\le\log p(x)",
    source=(("viterbi1967", "whole paper"), ("rabiner1989", "section III.B")),
    kind="identity",
    asks="viterbi",
    check=check_viterbi,
    domain=PATHS,
    needs=("path", "log_prob"),
    parents=("EM-15",),
    lanes=32,
)

MARKOV_CLAIMS: tuple[Claim, ...] = (EM_15, EM_33, *BAUM_WELCH_CLAIMS, EM_17)
