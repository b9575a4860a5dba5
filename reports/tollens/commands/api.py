"""The Python doors: a plain function with a list of verdicts, and a pytest decorator. Shaped like scikit-learn's."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from impl import catalogue
from impl.core.subject import Subject
from theory.core import registry
from theory.core.claim import Claim
from theory.core.judge import Setup, judge
from theory.core.search import PROFILES
from theory.core.verdict import Verdict

OnFail = Literal["raise", "warn"] | None


class ClaimRefuted(AssertionError):
    """A claim does not hold for the subject; the message has the claim, the smallest case and both sides."""


@dataclass(frozen=True)
class Judged:
    """One claim's verdict on one subject."""

    claim: Claim
    subject: Subject
    verdict: Verdict

    def __str__(self) -> str:
        """The verdict in one line, with the smallest case when the claim was refuted."""
        head = f"{self.claim.id} {self.verdict.outcome} for {self.subject.name}: {self.claim.sentence}"
        if self.verdict.refutation is None:
            return f"{head} {self.verdict.reason}".rstrip()
        found = self.verdict.refutation
        case = "; ".join(f"{name} = {value[0].tolist()}" for name, value in found.cases.arrays.items())
        return f"{head}\n  seen: {self.verdict.reason}\n  smallest case: {case}, {dict(found.cases.settings)}"


def subject_of(thing: object, system: str) -> Subject:
    """A subject from a Subject, a name for the catalogue, a class, or an instance (whose class is used)."""
    if isinstance(thing, Subject):
        return thing
    if isinstance(thing, str):
        return catalogue.resolve(thing, system)
    make = thing if callable(thing) and isinstance(thing, type) else type(thing)
    return catalogue.adapt(cast(Callable[[], object], make), make.__name__, system)


def check_subject(
    obj: object,
    system: str,
    claims: Iterable[str] | None = None,
    on_fail: OnFail = "raise",
    *,
    profile: str = "quick",
    device: str = "cpu",
    dtype: str = "float64",
    seed: int = 0,
) -> list[Judged]:
    """Judge every claim of a system on an object; returns a verdict for each.

    obj: a class (or instance of one) that follows the system's convention, a Subject, or a name such as
    "foreign:sklearn-adaboost". claims: ids; all by default. on_fail: "raise" raises ClaimRefuted at the first claim
    that is refuted or whose subject fails, "warn" warns, None only returns.

    Raises Unknown for a system or claim that does not exist.

    >>> verdicts = check_subject("ours", "adaboost", claims=["ADA-01"])  # doctest: +SKIP
    """
    registry.check_system(system)
    chosen = registry.claims(system) if claims is None else [_claim(i, system) for i in claims]
    subject = subject_of(obj, system)
    setup = Setup(profile=PROFILES[profile], device=device, dtype=dtype, seed=seed)
    found = []
    for claim in chosen:
        judged = Judged(claim, subject, judge(claim, subject, setup))
        found.append(judged)
        if not judged.verdict.good:
            if on_fail == "raise":
                raise ClaimRefuted(str(judged))
            if on_fail == "warn":
                warnings.warn(str(judged), UserWarning, stacklevel=2)
    return found


def _claim(claim_id: str, system: str) -> Claim:
    entry = registry.find(claim_id)
    if not isinstance(entry, Claim) or registry.system_of(claim_id) != system:
        raise registry.Unknown(f"{claim_id} is not a claim of {system}")
    return entry


def parametrize_with_claims(
    subjects: Sequence[tuple[object, str]], claims: Iterable[str] | None = None, *, profile: str = "quick"
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Parametrise a pytest test with every claim on every (object, system): the test takes `subject` and `check`.

    >>> @parametrize_with_claims([(MyBoost, "adaboost")])  # doctest: +SKIP
    ... def test_my_boost(subject, check):
    ...     check(subject)

    A claim that does not apply to the object is skipped, with the name of what is missing.
    """
    import pytest

    wanted = None if claims is None else frozenset(claims)
    cases = []
    for obj, system in subjects:
        name = obj if isinstance(obj, str) else getattr(obj, "__name__", type(obj).__name__)
        for claim in registry.claims(system):
            if wanted is None or claim.id in wanted:
                marks = [pytest.mark.claim(claim.id), pytest.mark.system(system)]
                check = _Check(claim, system, profile)
                cases.append(pytest.param(obj, check, id=f"{claim.id}-{name}-cpu-float64", marks=marks))
    if not cases:
        raise registry.Unknown(f"no claim is selected by {sorted(wanted or ())}")
    return pytest.mark.parametrize(("subject", "check"), cases)


@dataclass(frozen=True)
class _Check:
    claim: Claim
    system: str
    profile: str

    def __call__(self, obj: object) -> Judged:
        """Judge; fail the test on a refutation, skip it where the claim does not apply."""
        import pytest

        subject = subject_of(obj, self.system)
        judged = Judged(self.claim, subject, judge(self.claim, subject, Setup(profile=PROFILES[self.profile])))
        if not judged.verdict.good:
            raise ClaimRefuted(str(judged))
        if judged.verdict.outcome in ("not-applicable", "skipped", "vacuous"):
            pytest.skip(judged.verdict.reason)
        return judged
