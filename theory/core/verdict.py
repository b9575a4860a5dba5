"""What the judge tells: the verdict, its worst margin, and the refutation when there is one."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from theory.core.domain import Cases, Domain
from theory.core.gap import Gap

Outcome = Literal["stands", "refuted", "not-applicable", "vacuous", "error", "skipped"]
ZERO_BIN = "zero"


@dataclass(frozen=True)
class Observation:
    """Several gaps of one batch seen together: which is worst in each lane."""

    gaps: tuple[Gap, ...]
    margins: NDArray[np.float64]  # (gap, lane)

    @property
    def margin(self) -> NDArray[np.float64]:
        """Worst margin per lane: (lane,), NaN where no gap says anything."""
        worst = np.where(np.isnan(self.margins), -1.0, self.margins).max(axis=0)
        return np.where(worst < 0, np.nan, worst)

    def worst(self) -> tuple[Gap, int]:
        """The gap with the largest margin of all, and its lane."""
        filled = np.where(np.isnan(self.margins), -1.0, self.margins)
        gap, lane = np.unravel_index(int(np.argmax(filled)), filled.shape)
        return self.gaps[gap], int(lane)

    def describe(self) -> str:
        """The worst gap in one line: label, left, relation, right, bound."""
        gap, lane = self.worst()
        entry = (lane, *gap.worst_entry(lane))
        bound = float(np.broadcast_to(gap.bound.value, gap.excess.shape)[entry])
        sign = "≠" if gap.relation == "=" else ">"
        allowed = "exactly" if bound == 0 else f"beyond {bound:.3g} = {gap.bound.terms}"
        return f"{gap.label}: {gap.left[entry]:.17g} {sign} {gap.right[entry]:.17g} ({allowed})"


def observe(gaps: tuple[Gap, ...]) -> Observation:
    """The gaps of one batch together. Raises ValueError when they disagree about the number of lanes."""
    lanes = {gap.excess.shape[0] for gap in gaps}
    if len(lanes) != 1:
        raise ValueError(f"gaps of one check must have the same lanes, got {sorted(lanes)}")
    return Observation(gaps, np.stack([gap.margin for gap in gaps]))


@dataclass(frozen=True)
class Refutation:
    """The smallest failing case found, and what was seen on it."""

    label: str
    relation: str
    left: float
    right: float
    bound: float
    terms: str
    entry: tuple[int, ...]
    regime: str
    cases: Cases
    shape: dict[str, int]
    confirmed: str
    shrink_calls: int

    @classmethod
    def of(cls, seen: Observation, cases: Cases, domain: Domain, confirmed: str, calls: int) -> Refutation:
        """What the worst gap says, with the sizes of the case by the domain's names for its axes."""
        gap, lane = seen.worst()
        place = gap.worst_entry(lane)
        at = (lane, *place)
        bound = float(np.broadcast_to(gap.bound.value, gap.excess.shape)[at])
        left, right = float(gap.left[at]), float(gap.right[at])
        return cls(
            gap.label,
            gap.relation,
            left,
            right,
            bound,
            gap.bound.terms,
            place,
            cases.regime,
            cases,
            domain.sizes(cases),
            confirmed,
            calls,
        )


@dataclass(frozen=True)
class Verdict:
    """The outcome of judging one claim on one subject, device and dtype."""

    outcome: Outcome
    reason: str
    grade: str
    cases: int
    rejected: int
    regimes: dict[str, int]
    real: dict[str, float]
    margin: float | None
    margin_label: str
    margin_terms: str
    margin_regime: str
    histogram: tuple[tuple[float | str, int], ...]
    seconds: float = 0.0
    refutation: Refutation | None = None
    subject_seed: int = 0

    @property
    def good(self) -> bool:
        """Whether nothing speaks against the subject: neither refuted nor in error."""
        return self.outcome not in ("refuted", "error")


@dataclass
class Tally:
    """What has been seen so far: cases by regime, worst margin with its words, histogram of log10 margins."""

    rejected: int = 0
    regimes: Counter[str] = field(default_factory=Counter)
    real: dict[str, float] = field(default_factory=dict)
    bins: Counter[float | str] = field(default_factory=Counter)
    exact: bool = True  # whether no comparison had any room for rounding
    worst: float = -math.inf
    label: str = ""
    terms: str = ""
    regime: str = ""

    @property
    def cases(self) -> int:
        """Cases about which the claim said something."""
        return self.regimes.total()

    def add(self, regime: str, gaps: tuple[Gap, ...], *, real: bool = False) -> float:
        """Count one batch; returns its worst margin, −inf when the claim says nothing about it."""
        seen = observe(gaps)
        margin = seen.margin
        told = margin[~np.isnan(margin)]
        self.rejected += len(margin) - len(told)
        if len(told) == 0:
            return -math.inf
        self.regimes[regime] += len(told)
        self.exact = self.exact and not any(np.any(gap.bound.value) for gap in gaps)
        self._bin(told)
        worst = float(told.max())
        if real:
            self.real[regime] = worst
        if worst > self.worst:
            gap, _ = seen.worst()
            self.worst, self.label, self.terms, self.regime = worst, gap.label, gap.bound.terms, regime
        return worst

    def _bin(self, margins: NDArray[np.float64]) -> None:
        """Half-decade bins of log10 margin by their lower edge; margin 0 apart, infinity in the last bin."""
        positive = margins[margins > 0]
        if zeros := len(margins) - len(positive):
            self.bins[ZERO_BIN] += zeros
        edges = np.floor(2 * np.log10(np.clip(positive, 1e-20, 1e20))) / 2
        for edge, count in zip(*np.unique(edges, return_counts=True), strict=True):
            self.bins[float(edge)] += int(count)

    def verdict(self, outcome: Outcome, reason: str = "", *, grade: str = "") -> Verdict:
        """The verdict with everything counted so far."""
        edges = sorted(self.bins.items(), key=lambda item: -math.inf if item[0] == ZERO_BIN else float(item[0]))
        return Verdict(
            outcome,
            reason,
            grade,
            cases=self.cases,
            rejected=self.rejected,
            regimes=dict(self.regimes),
            real=dict(self.real),
            margin=self.worst if self.cases else None,
            margin_label=self.label,
            margin_terms=self.terms,
            margin_regime=self.regime,
            histogram=tuple(edges),
        )
