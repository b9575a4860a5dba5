"""The judge: explore → isolate → shrink → confirm → record."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from theory.core.ask import Asker, NotAnswered, NotOffered, SubjectError, SubjectLike
from theory.core.claim import Check, Claim, Myth, gaps_of
from theory.core.domain import Cases
from theory.core.gap import Gap
from theory.core.search import PROFILES, Draw, Profile, explore
from theory.core.shrink import Shrinker
from theory.core.verdict import Refutation, Tally, Verdict, observe

CALL_LIMIT = 20.0
"""Seconds a subject may take for one call before it counts as hanging."""

REAL_LIMIT = 120.0
"""The same for one call on bundled data, which are larger."""

SHRINK_SECONDS = 5.0
"""Seconds that the batched shrinker may take."""

STATISTICAL_DRAWS = 8
"""Batches on which a statistical claim is tested; its level is shared among them in advance."""


@dataclass(frozen=True)
class Setup:
    """How a judgement is made: search profile, device, dtype, seed, and the share of the false-alarm account.

    shrink: False stops at the first counterexample as found (kill matrices need no small one). real: whether bundled
    data are judged too. until: a `time.monotonic` instant at which the search must wind down.
    """

    profile: Profile = PROFILES["standard"]
    device: str = "cpu"
    dtype: str = "float64"
    seed: int = 0
    share: float = 1e-9
    shrink: bool = True
    real: bool = True
    until: float = float("inf")
    call_limit: float = CALL_LIMIT
    real_limit: float = REAL_LIMIT


def judge(claim: Claim | Myth, subject: SubjectLike, setup: Setup = Setup()) -> Verdict:
    """Search for a case on which `subject` breaks `claim`, and tell what happened.

    Never raises for what the subject does: an exception, a hang or a wrong shape becomes the verdict `error`.
    """
    started = time.monotonic()
    trial = _Trial(claim, subject, setup)
    verdict = _decide(trial)
    return replace(verdict, seconds=time.monotonic() - started)


def replay(claim: Claim | Myth, subject: SubjectLike, cases: Cases, seed: int) -> tuple[Gap, ...]:
    """The gaps of one recorded case, judged again. Raises NotOffered and SubjectError."""
    answer = Asker(subject, seed, CALL_LIMIT)(claim.asks, cases)
    return gaps_of(claim.check(answer, cases))


@dataclass
class _Trial:
    claim: Claim | Myth
    subject: SubjectLike
    setup: Setup
    tally: Tally = field(default_factory=Tally)
    silent: str = ""  # why the subject answered nothing about some cases

    @property
    def seed(self) -> int:
        """Seed of this judgement: it depends on the run's seed and the claim alone, so a claim can be re-run alone."""
        return int(np.random.SeedSequence([self.setup.seed, zlib.crc32(self.claim.id.encode())]).generate_state(1)[0])

    @property
    def statistical(self) -> bool:
        return isinstance(self.claim, Claim) and self.claim.kind == "statistical"

    @property
    def lanes(self) -> int:
        return min(self.setup.profile.lanes, self.claim.lanes)

    @property
    def level(self) -> float:
        tests = self.claim.tests if isinstance(self.claim, Claim) else 1
        return self.setup.share / (tests * self.lanes * STATISTICAL_DRAWS)

    def prepare(self, cases: Cases) -> Cases:
        """The cases as the subject will truly see them; lanes outside the domain are dropped and counted."""
        cases = replace(cases, dtype=self.setup.dtype, device=self.setup.device, level=self.level).rounded()
        valid = self.claim.domain.valid(cases)
        self.tally.rejected += int((~valid).sum())
        return cases if valid.all() else cases.take(valid)

    def drawn(self, draw: Draw) -> Cases:
        rng = np.random.default_rng(draw.seed)
        return self.prepare(self.claim.domain.draw(rng, dict(draw.shape), draw.regime, self.lanes))

    def gaps(self, cases: Cases, check: Check | None = None) -> tuple[Gap, ...]:
        real = cases.regime in self.claim.domain.real
        limit = self.setup.real_limit if real else self.setup.call_limit
        answer = Asker(self.subject, self.seed, limit)(self.claim.asks, cases)
        for name in self.claim.needs if isinstance(self.claim, Claim) else ():
            if name not in answer:
                raise NotOffered(self.subject.missing.get(name, f"{self.subject.name} does not answer {name!r}"))
        try:
            return gaps_of((check or self.claim.check)(answer, cases))
        except (SubjectError, NotOffered):
            raise
        except (ValueError, IndexError, KeyError, TypeError) as error:
            raise SubjectError(f"the answer could not be checked: {type(error).__name__}: {error}") from error

    def margins(self, cases: Cases) -> NDArray[np.float64]:
        """Worst margin of each lane, NaN where the claim says nothing."""
        return observe(self.gaps(cases)).margin

    def margin_of(self, draw: Draw) -> float:
        """Worst margin of a draw, written into the tally; −inf when the batch says nothing."""
        return self.told(draw.regime, self.drawn(draw))

    def told(self, regime: str, cases: Cases, *, real: bool = False) -> float:
        """Worst margin of some cases, written into the tally; −inf when they or the subject say nothing."""
        if not cases.lanes:
            return -np.inf
        try:
            return self.tally.add(regime, self.gaps(cases), real=real)
        except NotAnswered as silence:
            self.silent = str(silence)
            self.tally.rejected += cases.lanes
            return -np.inf


def _decide(trial: _Trial) -> Verdict:
    claim, subject, setup = trial.claim, trial.subject, trial.setup
    if isinstance(claim, Claim) and not claim.on_cpu and setup.device == "cpu":
        return trial.tally.verdict("skipped", "compares another device with the CPU")
    if isinstance(claim, Claim) and claim.house_rule and not subject.house:
        return trial.tally.verdict("not-applicable", "a rule of this project for its own code, not of mathematics")
    if subject.devices and setup.device not in subject.devices:
        return trial.tally.verdict("skipped", f"{subject.name} computes on {', '.join(subject.devices)} only")
    if subject.dtypes and setup.dtype not in subject.dtypes:
        return trial.tally.verdict("skipped", f"{subject.name} computes in {', '.join(subject.dtypes)} only")
    try:
        failing = next(_counterexamples(trial), None)
        if failing is not None:
            return _refute(trial, failing)
    except NotOffered as absent:
        return trial.tally.verdict("not-applicable", str(absent))
    except SubjectError as error:
        return trial.tally.verdict("error", str(error))
    if trial.tally.cases == 0 and trial.silent:
        return trial.tally.verdict("not-applicable", trial.silent)
    drawn = trial.tally.cases + trial.tally.rejected
    if trial.tally.cases == 0 or (drawn >= 100 and trial.tally.cases * 50 < drawn):
        return trial.tally.verdict("vacuous", f"only {trial.tally.cases} of {drawn} cases met the preconditions")
    return trial.tally.verdict("stands", grade=claim.grade(trial.tally.exact) if isinstance(claim, Claim) else "")


def _counterexamples(trial: _Trial) -> Iterator[Cases]:
    """Failing batches: first what the search finds, then bundled data."""
    domain, setup = trial.claim.domain, trial.setup
    if trial.statistical:
        yield from _statistical(trial)
    elif domain.regimes:
        found = explore(domain, trial.margin_of, profile=setup.profile, seed=trial.seed, until=setup.until)
        if found is not None:
            yield trial.drawn(found)
    if setup.real and not trial.statistical:
        for name, load in domain.real.items():
            cases = trial.prepare(replace(load(), regime=name))
            if trial.told(name, cases, real=True) > 1:
                yield cases


def _statistical(trial: _Trial) -> Iterator[Cases]:
    """Fixed cases from the claim's own seed; no search, which would hunt for unlucky samples, and no shrinking."""
    domain, rng = trial.claim.domain, np.random.default_rng(trial.seed)
    for index in range(STATISTICAL_DRAWS):
        shape = tuple((name, int(rng.integers(low, high + 1))) for name, (low, high) in domain.shapes.items())
        draw = Draw(shape, domain.regimes[index % len(domain.regimes)], int(rng.integers(2**32)))
        if trial.margin_of(draw) > 1:
            yield trial.drawn(draw)


def _refute(trial: _Trial, failing: Cases) -> Verdict:
    """Isolate, shrink and confirm a failing batch; a rounding artefact is a standing claim with a note."""
    cases, alone = _isolate(trial, failing)
    calls = 0
    if trial.setup.shrink and alone and not trial.statistical:
        shrinker = Shrinker(trial.claim.domain, _still_fails(trial), time.monotonic() + SHRINK_SECONDS)
        cases, calls = shrinker(cases).rounded(), shrinker.calls  # what the subject was asked while it shrank
    artefact = _artefact(trial, cases) if alone else ""
    if artefact:
        return trial.tally.verdict("stands", artefact, grade="within-rounding")
    seen = observe(trial.gaps(cases))
    confirmed = _confirmed(trial, cases) if alone else f"only in a batch of {cases.lanes} lanes, in no lane alone"
    return replace(
        trial.tally.verdict("refuted", seen.describe()),
        refutation=Refutation.of(seen, cases, trial.claim.domain, confirmed, calls),
        subject_seed=trial.seed,
    )


def _isolate(trial: _Trial, failing: Cases) -> tuple[Cases, bool]:
    """The worst lane alone where it still fails alone; else the whole batch."""
    worst = failing.lane(int(np.nanargmax(trial.margins(failing))))
    return (worst, True) if trial.margins(worst)[0] > 1 else (failing, False)


def _still_fails(trial: _Trial) -> Callable[[Cases], NDArray[np.bool_]]:
    """The shrinker's question. A candidate at which the subject raises or is silent is no counterexample."""

    def fails(cases: Cases) -> NDArray[np.bool_]:
        try:
            return np.asarray(trial.margins(cases.rounded()) > 1)
        except (SubjectError, NotAnswered):
            if cases.lanes == 1:
                return np.zeros(1, dtype=bool)
        return np.concatenate([fails(cases.lane(i)) for i in range(cases.lanes)])

    return fails


def _artefact(trial: _Trial, cases: Cases) -> str:
    """Why the refutation is the oracle's own rounding, when the claim's exact check says that the claim stands."""
    exact = trial.claim.exact if isinstance(trial.claim, Claim) else None
    if exact is None:
        return ""
    margin = observe(trial.gaps(cases, exact)).margin[0]
    if np.isnan(margin) or margin > 1:
        return ""
    return f"a rounding artefact: exact arithmetic puts the worst margin at {margin:.3g}"


def _confirmed(trial: _Trial, cases: Cases) -> str:
    """What a second look says: exact arithmetic where the claim has it, float64 on the CPU otherwise."""
    if isinstance(trial.claim, Claim) and trial.claim.exact is not None:
        return "confirmed in exact arithmetic"
    if trial.statistical:
        return f"the sample contradicts the claim at level {cases.level:.1e}"
    if (cases.dtype, cases.device) == ("float64", "cpu"):
        return "confirmed by a second run in float64 on the CPU"
    try:
        again = trial.margins(replace(cases, dtype="float64", device="cpu"))[0] > 1
    except (SubjectError, NotOffered) as error:
        return f"float64 on the CPU could not be asked: {error}"
    return "also fails in float64 on the CPU" if again else f"fails in {cases.dtype} on {cases.device} only"
