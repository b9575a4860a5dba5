"""The laws that every system keeps, tried on a toy that keeps them and on toys that break one each."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from impl.core.subject import Subject
from impl.mutants.crosscutting import mutants_of
from tests.core.toy import DOMAIN
from theory.core.bound import Bound, rounding
from theory.core.claim import Answer, Claim
from theory.core.crosscutting import Output, Question, Refusal, cross_cutting_claims
from theory.core.domain import Cases
from theory.core.judge import Setup, judge
from theory.core.search import PROFILES


def total(arrays: Any, settings: Any, *, device: str, dtype: str, seed: int) -> dict[str, Any]:
    x = arrays["x"].astype(dtype)
    if np.isnan(x).any():
        raise ValueError("x must be finite, got nan")
    return {"total": x.sum(axis=1), "ranks": np.argsort(np.argsort(x, axis=1, kind="stable"), axis=1, kind="stable")}


def within_rounding(answer: Answer, cases: Cases) -> Bound:
    return rounding(2 * cases["x"].shape[1] + 4, cases.u, "γ(2n+4) Σ|x|", np.abs(cases["x"]).sum(axis=1))


def ranks(answer: Answer) -> Any:
    return answer["ranks"]


SUBJECT = Subject("toy", "sums", {"total": total}, house=True)
QUESTION = Question(
    operation="total",
    domain=dataclasses.replace(DOMAIN, regimes=("generic",)),
    outputs=(Output("total", bound=within_rounding), Output("ranks", ranks, by_sample=True)),
    floats=("total",),
    permuted=lambda cases, order: cases.with_arrays(x=cases["x"][:, order]),
    rows="x",
    padded=lambda cases: cases.with_arrays(x=np.concatenate([cases["x"], np.zeros((cases.lanes, 2))], axis=1)),
    refusals=(Refusal("NaN in x", lambda cases: cases.with_arrays(x=cases["x"] * np.nan), "x must be finite"),),
)
PADDING = dataclasses.replace(QUESTION, outputs=(Output("total", bound=within_rounding),))
CLAIMS = {c.id[:5]: c for c in cross_cutting_claims("sums", (QUESTION,))} | {
    "XC-04": next(c for c in cross_cutting_claims("sums", (PADDING,)) if c.id.startswith("XC-04"))
}
BREAKS = {
    "leaks-across-lanes": "XC-01",
    "other-numbers-off-the-cpu": "XC-02",
    "computes-in-double": "XC-03",
    "counts-the-padding": "XC-04",
    "first-row-counts-extra": "XC-05",
    "scribbles-on-its-input": "XC-06",
    "different-every-time": "XC-06",
    "repairs-bad-input": "XC-07",
}


def outcome(claim: Claim, subject: Subject) -> str:
    device, dtype = ("cpu", "float32") if claim.on_cpu else ("sim", "float64")
    return judge(claim, subject, Setup(profile=PROFILES["quick"], device=device, dtype=dtype)).outcome


@pytest.mark.parametrize("law", CLAIMS)
def test_a_good_subject_keeps_the_law(law: str) -> None:
    assert outcome(CLAIMS[law], SUBJECT) == "stands"


@pytest.mark.parametrize("mutant", mutants_of(SUBJECT), ids=lambda mutant: mutant.name)
def test_each_mistake_breaks_its_law(mutant: Any) -> None:
    assert outcome(CLAIMS[BREAKS[mutant.name]], mutant.subject) == "refuted"


def test_a_law_that_compares_devices_is_not_judged_on_the_cpu() -> None:
    verdict = judge(CLAIMS["XC-02"], SUBJECT, Setup(profile=PROFILES["quick"]))

    assert (verdict.outcome, verdict.reason) == ("skipped", "compares another device with the CPU")
