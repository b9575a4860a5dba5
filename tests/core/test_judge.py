from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pytest

from tests.core import toy
from theory.core.bound import ZERO
from theory.core.claim import Answer
from theory.core.domain import Cases, Domain
from theory.core.gap import Gap, at_most, equal, exactly
from theory.core.judge import Setup, judge, replay
from theory.core.search import PROFILES

QUICK = Setup(profile=PROFILES["quick"])


def test_a_right_subject_stands_with_its_worst_margin_and_regimes() -> None:
    verdict = judge(toy.claim(), toy.Toy(toy.right), QUICK)

    assert verdict.outcome == "stands"
    assert verdict.grade == "within-rounding"
    assert set(verdict.regimes) == {"integers", "generic"}
    assert verdict.margin is not None
    assert 0 <= verdict.margin <= 1
    assert sum(count for _, count in verdict.histogram) == verdict.cases


def test_only_what_was_compared_without_tolerance_is_proved() -> None:
    whole = dataclasses.replace(toy.DOMAIN, regimes=("integers",))

    def exact(answer: Answer, cases: Cases) -> Gap:
        return exactly("total", answer["total"], cases["x"].sum(axis=1))

    rounded = judge(toy.claim(kind="certificate"), toy.Toy(toy.right), QUICK)
    proved = judge(toy.claim(kind="certificate", domain=whole, check=exact), toy.Toy(toy.right), QUICK)

    assert (rounded.grade, proved.grade) == ("within-rounding", "proved-for-input")


def test_a_wrong_subject_is_refuted_with_one_number_that_is_minus_one() -> None:
    verdict = judge(toy.claim(), toy.Toy(toy.ignores_the_last_negative), QUICK)

    assert verdict.outcome == "refuted"
    assert verdict.refutation is not None
    np.testing.assert_array_equal(verdict.refutation.cases["x"], [[-1.0]])
    assert verdict.refutation.shape == {"n": 1}


def test_the_same_seed_gives_the_same_verdict() -> None:
    first, second = (judge(toy.claim(), toy.Toy(toy.right), QUICK) for _ in range(2))

    assert dataclasses.replace(first, seconds=0.0) == dataclasses.replace(second, seconds=0.0)


def test_a_mistake_that_only_a_batch_shows_is_reported_as_such() -> None:
    verdict = judge(toy.claim(), toy.Toy(toy.across_lanes), QUICK)

    assert verdict.outcome == "refuted"
    assert verdict.refutation is not None
    assert "only in a batch of" in verdict.refutation.confirmed


def test_a_subject_without_lanes_is_asked_one_problem_at_a_time() -> None:
    verdict = judge(toy.claim(), toy.Toy(toy.across_lanes, lanes=False), QUICK)

    assert verdict.outcome == "stands"


def _raises(x: Any) -> Any:
    raise RuntimeError("no luck today\nsecond line")


@pytest.mark.parametrize(
    ("sum_of", "message"),
    [
        (_raises, "toy.total raised RuntimeError: no luck today"),
        (lambda x: x.sum(), "answer 'total' has shape (), expected 32 along its first axis (the lanes)"),
        (lambda x: np.array(["a"] * len(x)), "answer 'total' must hold numbers, got dtype <U1"),
    ],
)
def test_a_subject_that_fails_is_an_error_of_one_line(sum_of: toy.Sum, message: str) -> None:
    verdict = judge(toy.claim(), toy.Toy(sum_of), QUICK)

    assert verdict.outcome == "error"
    assert verdict.reason == message


def test_a_subject_that_hangs_is_an_error_after_the_limit() -> None:
    verdict = judge(toy.claim(), toy.Toy(toy.hangs), dataclasses.replace(QUICK, call_limit=0.2))

    assert verdict.outcome == "error"
    assert verdict.reason == "toy.total gave no answer within 0.2 s"


def test_a_missing_answer_makes_the_claim_not_applicable_by_name() -> None:
    verdict = judge(toy.claim(needs=("carry",)), toy.Toy(toy.right, missing={"carry": "toy keeps no carry"}), QUICK)

    assert (verdict.outcome, verdict.reason) == ("not-applicable", "toy keeps no carry")


def test_a_missing_operation_makes_the_claim_not_applicable_by_name() -> None:
    verdict = judge(toy.claim(asks="product"), toy.Toy(toy.right), QUICK)

    assert (verdict.outcome, verdict.reason) == ("not-applicable", "toy does not offer product")


def test_cases_about_which_the_subject_says_nothing_are_rejected_and_the_others_judged() -> None:
    @dataclasses.dataclass(frozen=True)
    class Choosy(toy.Toy):
        most: int = 6

        def _total(self, arrays: Any, settings: Any, **place: Any) -> dict[str, Any]:
            return super()._total(arrays, settings, **place) if arrays["x"].shape[1] <= self.most else {}

    some, none = judge(toy.claim(), Choosy(toy.right), QUICK), judge(toy.claim(), Choosy(toy.right, most=0), QUICK)

    assert some.outcome == "stands"
    assert some.rejected > 0
    assert (none.outcome, none.reason) == ("not-applicable", "toy answers nothing to total")
    assert judge(toy.claim(), Choosy(toy.ignores_the_last_negative), QUICK).outcome == "refuted"


@pytest.mark.parametrize("lanes", [True, False])
def test_a_subject_that_is_silent_about_one_problem_is_refuted_by_those_that_it_answers(lanes: bool) -> None:
    @dataclasses.dataclass(frozen=True)
    class Shy(toy.Toy):
        def _total(self, arrays: Any, settings: Any, **place: Any) -> dict[str, Any]:
            dull = (np.abs(arrays["x"]) <= 1).all(axis=1)  # where the search would like to end
            return {} if dull.any() else super()._total(arrays, settings, **place)

    right = judge(toy.claim(), Shy(toy.right, lanes=lanes), QUICK)
    wrong = judge(toy.claim(), Shy(toy.ignores_the_last_negative, lanes=lanes), QUICK)

    assert (right.outcome, right.rejected > 0) == ("stands", True)
    assert wrong.outcome == "refuted"
    assert wrong.refutation is not None
    assert (np.abs(wrong.refutation.cases["x"]) > 1).any()


def test_a_domain_whose_preconditions_are_never_met_is_vacuous() -> None:
    nothing = dataclasses.replace(toy.DOMAIN, valid=lambda cases: np.zeros(cases.lanes, dtype=bool))

    verdict = judge(toy.claim(domain=nothing), toy.Toy(toy.right), QUICK)

    assert verdict.outcome == "vacuous"
    assert verdict.margin is None


def test_a_dtype_that_the_subject_does_not_compute_in_is_skipped_with_the_reason() -> None:
    verdict = judge(toy.claim(), toy.Toy(toy.right, dtypes=("float64",)), dataclasses.replace(QUICK, dtype="float32"))

    assert (verdict.outcome, verdict.reason) == ("skipped", "toy computes in float64 only")


def test_float32_is_held_to_the_bound_of_float32() -> None:
    verdict = judge(toy.claim(), toy.Toy(toy.right), dataclasses.replace(QUICK, dtype="float32"))

    assert verdict.outcome == "stands"
    assert verdict.margin is not None
    assert verdict.margin > 1e-3


def test_an_exact_check_that_disagrees_turns_a_refutation_into_a_rounding_artefact() -> None:
    def sloppy(answer: Answer, cases: Cases) -> Gap:
        return exactly("total, as if floats were exact", answer["total"], cases["x"].sum(axis=1) + 2.0**-40)

    verdict = judge(toy.claim(check=sloppy, exact=toy.check), toy.Toy(toy.right), QUICK)

    assert verdict.outcome == "stands"
    assert verdict.reason.startswith("a rounding artefact")


def test_nan_refutes_an_equation_and_an_inequality() -> None:
    nan = np.array([math.nan])

    assert equal("a", nan, [0.0], ZERO).margin[0] == math.inf
    assert at_most("a", nan, [0.0], ZERO).margin[0] == math.inf


def test_a_check_that_says_nothing_about_a_lane_rejects_it() -> None:
    def only_positive(answer: Answer, cases: Cases) -> Gap:
        return exactly("total", answer["total"], answer["total"], where=answer["total"] > 0)

    verdict = judge(toy.claim(check=only_positive), toy.Toy(toy.right), QUICK)

    assert verdict.outcome == "stands"
    assert verdict.rejected > 0


def test_real_data_are_judged_by_name() -> None:
    real: Domain = dataclasses.replace(toy.DOMAIN, real={"ones": lambda: Cases({"x": np.ones((1, 5))})})

    verdict = judge(toy.claim(domain=real), toy.Toy(toy.right), QUICK)

    assert verdict.real == {"ones": 0.0}


def test_a_recorded_case_can_be_judged_again() -> None:
    case = Cases({"x": np.array([[-1.0]])})

    (gap,) = replay(toy.claim(), toy.Toy(toy.ignores_the_last_negative), case, seed=0)

    assert gap.margin[0] > 1


def test_a_subject_never_sees_the_arrays_that_the_oracle_reads() -> None:
    def scribbles(x: Any) -> Any:
        return x.sum(axis=1)

    class Scribbler(toy.Toy):
        def _total(self, arrays: Any, settings: Any, *, device: str, dtype: str, seed: int) -> Any:
            answer = {"total": scribbles(arrays["x"])}
            arrays["x"][...] = 0
            return answer

    assert judge(toy.claim(), Scribbler(toy.right), QUICK).outcome == "stands"
