"""From a judgement to its row of evidence."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

from impl.catalogue import documented_deviations
from impl.core.subject import Mutant, Subject
from theory.core.claim import Claim, Myth
from theory.core.counterexample import Counterexample, save_script
from theory.core.registry import entries
from theory.core.verdict import Refutation, Verdict
from tollens.commands.subjects import Job, kind_of, shown

SHOWN_ENTRIES = 400
"""Largest array that a row carries in full; the counterexample file has them all."""


def row(job: Job, claim: Claim | Myth, subject: Subject, verdict: Verdict, mistake: str) -> dict[str, Any]:
    """The evidence row of one verdict, ready for JSON."""
    is_claim = isinstance(claim, Claim)
    return {
        "type": "verdict",
        "role": job.role,
        "claim": claim.id,
        "claim_version": claim.version if isinstance(claim, Claim) else 1,
        "system": job.system,
        "title": claim.title,
        "sentence": claim.sentence,
        "latex": claim.latex if isinstance(claim, Claim) else "",
        "source": [list(entry) for entry in claim.source],
        "kind": claim.kind if isinstance(claim, Claim) else "myth",
        "position": [entry.id for entry in entries(job.system)].index(claim.id),
        "parents": list(claim.parents) if isinstance(claim, Claim) else [],
        "subject": shown(job.subject),
        "subject_kind": kind_of(job.subject),
        "subject_version": subject.version,
        "mistake": mistake,
        "device_asked": job.device,
        "device_used": job.device,
        "simulated": job.device.startswith("sim"),
        "dtype": job.dtype,
        "verdict": verdict.outcome,
        "reason": _reason(verdict, subject, claim),
        "grade": verdict.grade,
        "regimes": verdict.regimes,
        "real": verdict.real,
        "cases": verdict.cases,
        "rejected": verdict.rejected,
        "margin": verdict.margin,
        "margin_label": verdict.margin_label,
        "margin_terms": verdict.margin_terms,
        "margin_regime": verdict.margin_regime,
        "histogram": [[edge, count] for edge, count in verdict.histogram],
        "seconds": round(verdict.seconds, 4),
        "cases_per_second": round(verdict.cases / verdict.seconds, 1) if verdict.seconds > 0 else 0.0,
        "refutation": _refutation(verdict.refutation) if verdict.refutation else None,
        "counterexample": None,
        "replay": None,
        "smallest": "" if is_claim else claim.smallest,  # type: ignore[union-attr]
        "truth": "" if is_claim else claim.truth,  # type: ignore[union-attr]
    }


def _reason(verdict: Verdict, subject: Subject, claim: Claim | Myth) -> str:
    """The verdict's reason; what a foreign library documents is told beside it, and the verdict stays what it is."""
    known = None if verdict.good else documented_deviations().get((subject.name, claim.id))
    return f"{verdict.reason}; a documented deviation: {known}" if known else verdict.reason


def _refutation(found: Refutation) -> dict[str, Any]:
    arrays = {name: value for name, value in found.cases.arrays.items() if value.size <= SHOWN_ENTRIES}
    lone = found.cases.lanes == 1
    return {
        "label": found.label,
        "relation": found.relation,
        "left": found.left,
        "right": found.right,
        "bound": found.bound,
        "terms": found.terms,
        "entry": list(found.entry),
        "regime": found.regime,
        "shape": found.shape,
        "arrays": {name: value[0] if lone else value for name, value in arrays.items()},
        "settings": dict(found.cases.settings),
        "confirmed": found.confirmed,
        "shrink_calls": found.shrink_calls,
    }


def save_counterexample(
    entry: dict[str, Any], job: Job, claim: Claim | Myth, verdict: Verdict, folder: Path, libraries: dict[str, str]
) -> None:
    """Write the counterexample file and its script into the run's folder, and name them in the row."""
    found = verdict.refutation
    if found is None:
        return
    stem = "-".join([job.claim, shown(job.subject).replace(":", ".").replace("/", "."), job.device, job.dtype])
    path = folder / "counterexamples" / f"{stem}.json"
    observed: dict[str, str | float] = {
        "label": found.label,
        "relation": found.relation,
        "left": float(found.left),
        "right": float(found.right),
        "bound": float(found.bound),
        "terms": found.terms,
    }
    version = claim.version if isinstance(claim, Claim) else 1
    Counterexample(
        job.claim, version, job.system, job.subject, verdict.subject_seed, found.cases, observed, libraries
    ).save(path)
    save_script(
        path.with_suffix(".py"),
        claim=job.claim,
        sentence=claim.sentence,
        observed=verdict.reason,
        obtain=_obtain(job),
        asks=claim.asks,
    )
    entry["counterexample"] = path.relative_to(folder).as_posix()
    subject = f" --subject {shlex.quote(job.subject)}" if kind_of(job.subject) == "user" else ""
    entry["replay"] = f"tollens replay {shlex.quote(str(path))}{subject}"


def _obtain(job: Job) -> str:
    return f'from impl.catalogue import resolve\nsubject = resolve("{job.subject}", "{job.system}")'


def mistake_of(job: Job, mutants: tuple[Mutant, ...]) -> str:
    """What a mutant does wrong, "" for other subjects."""
    return next((m.mistake for m in mutants if job.role == "mutant" and m.name == shown(job.subject)), "")
