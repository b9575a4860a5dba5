"""Baum–Welch: EM-16 (a step is normalised expected counts) and EM-28 (the likelihood never falls, decided in balls)."""

from __future__ import annotations

import itertools
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from theory.core.ask import NotAnswered, SubjectError
from theory.core.bound import Bound, absolute, gamma, rounding
from theory.core.claim import Answer, Claim
from theory.core.domain import Cases, Domain, Shape
from theory.core.gap import Gap, at_most, equal
from theory.em import bounds_markov as bounds
from theory.em import oracle_markov as oracle
from theory.em.cases_markov import BY_SEQUENCE, SHORT, Rng, draw_sequences, sequences_of, settled, valid
from theory.em.data_markov import letters_as_sequences

Floats = NDArray[np.float64]
STEPS = 15
OF_EVIDENCE = "Σ_r γ((2T+2)(S+4)) + γ(T+2) 3M + u (2T(S+8) + 3(T+1)M) + γ(r) M"


def attempt(answer: Answer, operation: str, cases: Cases) -> tuple[Answer | None, str]:
    """What the subject answers, or None and its words where it fails: for questions at which a failure refutes."""
    try:
        return answer.again(operation, cases), ""
    except NotAnswered:
        raise
    except SubjectError as error:
        return None, str(error)


def tokens(cases: Cases) -> Floats:
    """How much was seen in each lane, all sequences together: (lane,)."""
    return np.asarray(cases["lengths"].sum(axis=1), dtype=np.float64)


def _widest(cases: Cases) -> int:
    return int(max(cases["B"].shape[1:]))


def posterior_error(cases: Cases) -> Floats:
    """Relative error of expected counts, the worst over the sequences of a lane: (lane,)."""
    error = bounds.posterior_error(*sequences_of(cases), cases.u)
    return np.asarray(error.reshape(cases.lanes, -1).max(axis=1))


def evidence_error(cases: Cases) -> Floats:
    """Error of log p of all sequences of a lane together, in nats: (lane,); the largest partial sums are added up."""
    pi, A, b, lengths = sequences_of(cases)
    error = bounds.likelihood_error(pi, A, b, lengths, cases.u) + gamma(len(cases["lengths"][0]), cases.u) * (
        bounds.log_size(pi, A, b, lengths)
    )
    return np.asarray(error.reshape(cases.lanes, -1).sum(axis=1))


def step_error(cases: Cases) -> Floats:
    """ε (lane,): relative error of a normalised count: two posteriors', n additions each, one division."""
    return np.asarray(2 * posterior_error(cases) + gamma(2 * tokens(cases) + 4 + _widest(cases), cases.u))


def check_step(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """π, A and B after a step are the expected counts of all sequences together, each row divided by its sum.

    Counts are added up over all paths in exact arithmetic. Sums of non-negative terms: each entry has the relative
    error of two posteriors, of 2n additions and of a division, and an exact 0 stays 0; a row that nothing was counted
    for is the old one. Rows sum to 1 within the 8K u that a row may be off by where it is handed in.
    """
    pi, A, B = (oracle.whole(cases[name])[0] for name in ("pi", "A", "B"))
    symbols, lengths, v = cases["symbols"], cases["lengths"], cases["B"].shape[2]
    lanes = np.arange(cases.lanes)[:, None, None]
    counts = oracle.expected(pi, A, B.swapaxes(1, 2)[lanes, np.clip(symbols, 0, v - 1)], lengths)
    emitted_counts = oracle.symbol_counts(counts.emissions, symbols, v)
    right = {
        "pi": oracle.shares(counts.start, cases["pi"]),
        "A": oracle.shares(counts.moves, cases["A"]),
        "B": oracle.shares(emitted_counts, cases["B"]),
    }
    empty = {
        "A": np.equal(counts.moves.sum(axis=2, keepdims=True), 0),
        "B": np.equal(emitted_counts.sum(axis=2, keepdims=True), 0),
    }
    error, gaps = step_error(cases), []
    for name, value in right.items():
        relative = error.reshape(-1, *[1] * (value.ndim - 1)) * value * ~empty.get(name, np.zeros(1, dtype=bool))
        gaps.append(equal(name, answer[name], value, absolute(relative, "(2γ-error of ξ + γ(2n+K+4)) of the entry")))
        total = answer[name].sum(axis=-1)
        gaps.append(equal(f"rows of {name}", total, np.ones_like(total), rounding(8 * _widest(cases), cases.u, "8K u")))
    if "log_likelihood" in answer:
        exact_pi, exact_A, exact_B = (oracle.balls(cases[name]) for name in ("pi", "A", "B"))
        value = oracle.floats(oracle.symbol_evidence(exact_pi, exact_A, exact_B, symbols, lengths))
        gaps.append(equal("log p", answer["log_likelihood"], value, absolute(evidence_error(cases), OF_EVIDENCE)))
    return tuple(gaps)


EM_16 = Claim(
    id="EM-16",
    version=1,
    title="A Baum–Welch step is normalised expected counts",
    sentence="One step of Baum–Welch gives the expected counts of starts, transitions and emissions over all sequences "
    "together, each row divided by its sum; zeros stay zeros, and a row that nothing was counted for stays.",
    latex=r"\pi_i'\propto\sum_r\gamma^r_1(i),\quad a_{ij}'=\frac{\sum_r\sum_{t<T_r}\xi^r_t(i,j)}"
    r"{\sum_r\sum_{t<T_r}\gamma^r_t(i)},\quad b_{iv}'=\frac{\sum_r\sum_{t:x^r_t=v}\gamma^r_t(i)}"
    r"{\sum_r\sum_{t\le T_r}\gamma^r_t(i)}",
    source=(("baum1970", "whole paper"), ("rabiner1989", "sections III.C and V.B")),
    kind="identity",
    asks="baum_welch_step",
    check=check_step,
    domain=SHORT,
    needs=("pi", "A", "B"),
    parents=("EM-15", "EM-06"),
    lanes=12,
)

# --- EM-28 --------------------------------------------------------------------------------------------------------

RISING = (
    "plain",
    "zeros",
    "left-right",
    "unreachable",
    "sticky",
    "unequal",
    "one-step",
    "tied-symbols",
    "one-sequence",
)


def draw_learning(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Sequences and a start for fifteen steps of Baum–Welch."""
    return draw_sequences(rng, shape, regime, lanes).with_settings(steps=STEPS)


def at_entry(answer: Answer, cases: Cases, entry: int, names: tuple[str, ...]) -> Cases:
    """The same sequences under the parameters of one entry of a path."""
    return cases.with_arrays(**{name: answer[name][:, entry] for name in names})


def allowance(answer: Answer, cases: Cases) -> Bound:
    """What rounding may cost a step, in nats: 2n ε² of all three rows' counts, (lane, steps).

    Posteriors with relative error ε make rows p̃_j ∝ p_j (1 + ε_j) instead of p_j, and Q falls short of its maximum by
    Σ_i N_i KL(p_i ‖ p̃_i) ≤ Σ_i N_i ε² ≤ 2n ε² for ε ≤ ¼, N_i the row's count; log p rises by at least as much as Q
    (Dempster, Laird & Rubin 1977). To ε belong the rows' own sums, 1 within 8K u a time step, which theory takes as 1.
    """
    n, found = tokens(cases), []
    for entry in range(cases.integer("steps")):
        now = at_entry(answer, cases, entry, ("pi", "A", "B"))
        found.append(posterior_error(now) + gamma(n + 4, cases.u) + gamma(16 * _widest(cases) * n, cases.u))
    error = np.stack(found, axis=1)
    return absolute(np.where(error <= 1 / 4, 2 * n[:, None] * error**2, np.inf), "2n ε²")


def falls(path: list[NDArray[Any]]) -> Floats:
    """How much each step of a path of balls (lane,) falls at most, positive where it may: (lane, steps)."""
    steps = [before - after for before, after in itertools.pairwise(path)]
    upper = [[float(ball.upper()) for ball in step] for step in steps]
    return np.array(upper, dtype=np.float64).T


def check_never_falls(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Log p never falls along the path, decided in balls of 200 bits at exactly the subject's parameters.

    Rows are divided by their exact sums first. The balls are narrower than 2^-150, far below the allowance, which is of
    second order in u because a step ends at a stationary point. The reported path of log p is compared with balls too,
    at the parameters as they are.
    """
    exact: list[oracle.Numbers] = []
    reported: list[oracle.Numbers] = []
    for entry in range(cases.integer("steps") + 1):
        for found, made in ((exact, oracle.distributions), (reported, oracle.balls)):
            pi, A, B = (made(answer[name][:, entry]) for name in ("pi", "A", "B"))
            found.append(oracle.symbol_evidence(pi, A, B, cases["symbols"], cases["lengths"]))
    fall = falls(exact)
    with np.errstate(all="ignore"):  # a wrong answer may hold anything; NaN refutes
        entries = [at_entry(answer, cases, entry, ("pi", "A", "B")) for entry in range(len(reported))]
        allowed, bound = allowance(answer, cases), np.stack([evidence_error(now) for now in entries], axis=1)
    gaps = [at_most("fall of log p", fall, np.zeros_like(fall), allowed)]
    if "log_likelihood" in answer:
        value = np.stack([oracle.floats(balls) for balls in reported], axis=1)
        gaps.append(equal("reported log p", answer["log_likelihood"], value, absolute(bound, OF_EVIDENCE)))
    return tuple(gaps)


EM_28 = Claim(
    id="EM-28",
    version=1,
    title="Baum–Welch never lowers the likelihood",
    sentence="No step of Baum–Welch lowers the likelihood of the sequences, and the log-likelihood that is reported "
    "is that of the parameters.",
    latex=r"\sum_r\log p(x^r\mid\theta^{(t+1)})\ge\sum_r\log p(x^r\mid\theta^{(t)})",
    source=(("baum1970", "whole paper"), ("dempster1977", "theorem 1")),
    kind="monotone",
    asks="baum_welch_fit",
    check=check_never_falls,
    domain=Domain(
        {"r": (1, 3), "t": (2, 30), "s": (1, 3), "v": (1, 4)},
        RISING,
        draw_learning,
        BY_SEQUENCE,
        MappingProxyType({"steps": 1}),
        valid=valid,
        settle=settled,
        real=MappingProxyType({"letters": letters_as_sequences}),
    ),
    needs=("pi", "A", "B"),
    parents=("EM-16", "EM-03"),
    lanes=8,
)

BAUM_WELCH_CLAIMS: tuple[Claim, ...] = (EM_16, EM_28)
