"""The claim about what cannot happen, EM-37: a sequence that no path explains has no posterior."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from theory.core.ask import SubjectError
from theory.core.claim import Answer, Claim
from theory.core.domain import Cases
from theory.core.gap import Gap, exactly
from theory.em.cases_markov import SHORT


def impossible(cases: Cases) -> Cases:
    """The same sequences under a model in which no state emits the first symbol of the first one."""
    symbol = cases["symbols"][:, 0, 0].astype(np.int64)
    B, lane, v = cases["B"].copy(), np.arange(cases.lanes), cases["B"].shape[2]
    B[lane, :, symbol] = 0
    total = B.sum(axis=2, keepdims=True)
    other = np.equal((symbol[:, None, None] + 1) % v, np.arange(v))  # what a state emits that emitted nothing else
    return cases.with_arrays(B=np.where(total > 0, B / np.where(total > 0, total, 1.0), other))


def answered(answer: Answer, cases: Cases) -> bool:
    """Whether the subject goes on: neither refuses nor says that log p = −∞, or has parameters that are no numbers."""
    try:
        told = answer.again("baum_welch_step", cases)
    except SubjectError:
        return False
    says = "log_likelihood" in told and bool((told["log_likelihood"] == -np.inf).all())
    return not says or not all(np.isfinite(told[name]).all() for name in ("pi", "A", "B") if name in told)


def check_impossible(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Every lane alone, as one refusal would hide the others. A model with one symbol cannot exclude it."""
    excluded = impossible(cases)
    wrong: NDArray[np.bool_] = np.array([answered(answer, excluded.lane(i)) for i in range(cases.lanes)])
    several = np.full(cases.lanes, cases["B"].shape[2] > 1)
    return (exactly("an impossible sequence is answered", wrong & several, np.zeros_like(wrong), several),)


IMPOSSIBLE_CLAIMS: tuple[Claim, ...] = (
    Claim(
        id="EM-37",
        version=1,
        title="An impossible sequence has no posterior",
        sentence="Where no path explains a sequence, a step of Baum–Welch is refused, or says that log p = −∞, and "
        "never goes on with posteriors that are not there.",
        latex=r"\sum_{z}p(x,z)=0\Rightarrow p(z\mid x)\ \text{undefined}",
        source=(("rabiner1989", "section III.A"),),
        kind="exact",
        asks="baum_welch_step",
        check=check_impossible,
        domain=SHORT,
        parents=("EM-16",),
        lanes=6,
    ),
)
