"""Which judgements a command makes: every claim × subject × device × dtype, as plain data that a worker can take."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from impl import catalogue
from impl.core.subject import Mutant
from theory.core import registry
from theory.core.claim import Claim

Role = Literal["claim", "myth", "mutant"]


@dataclass(frozen=True)
class Job:
    """One judgement. subject: a name for `impl.catalogue.resolve`. profile: how hard to search."""

    role: Role
    system: str
    claim: str
    subject: str
    device: str
    dtype: str
    profile: str

    @property
    def key(self) -> tuple[str, str, str, str, str]:
        """What makes two judgements the same one, for `--resume`."""
        return self.role, self.claim, shown(self.subject), self.device, self.dtype

    @property
    def title(self) -> str:
        """The judgement in a few words, for progress lines."""
        return f"{self.claim} · {shown(self.subject)} · {self.device} {self.dtype}"


def shown(spec: str) -> str:
    """How a subject is called in evidence: its name without "mutant:" or "foreign:"."""
    for kind in ("mutant:", "foreign:"):
        spec = spec.removeprefix(kind)
    return spec


def kind_of(spec: str) -> str:
    """ours, mutant, foreign or user."""
    head = spec.partition(":")[0]
    return head if head in ("ours", "mutant", "foreign") else "user"


def claim_jobs(
    systems: Iterable[str],
    subjects: Iterable[str],
    devices: Iterable[tuple[str, tuple[str, ...]]],
    *,
    profile: str,
    only: frozenset[str] = frozenset(),
) -> list[Job]:
    """Every claim on every subject, device and dtype; `only` keeps the claims named (a prefix names its family)."""
    return [
        Job("claim", system, claim.id, subject, device, dtype, effort(claim, device, profile))
        for system in systems
        for claim in registry.claims(system)
        if wanted(claim.id, only)
        for subject in subjects
        for device, dtypes in devices
        if claim.on_cpu or device != "cpu"
        for dtype in dtypes
    ]


LIGHTER = {"deep": "deep", "standard": "quick", "quick": "glance", "glance": "glance"}


def effort(claim: Claim, device: str, profile: str) -> str:
    """How hard to search. Lighter where little can be news: a simulation has the CPU's numbers, a law is generic."""
    if device.startswith("sim"):
        profile = LIGHTER[profile]
    return LIGHTER[profile] if is_crosscutting(claim) else profile


def myth_jobs(systems: Iterable[str], *, profile: str, only: frozenset[str] = frozenset()) -> list[Job]:
    """Every myth on our subject, in float64 on the CPU."""
    return [
        Job("myth", system, myth.id, "ours", "cpu", "float64", profile)
        for system in systems
        for myth in registry.myths(system)
        if wanted(myth.id, only)
    ]


def mutant_jobs(systems: Iterable[str], *, only: frozenset[str] = frozenset()) -> list[Job]:
    """The kill matrix: the system's claims on its own mutants, each cross-cutting law on the cross-cutting ones.

    A law is tried on the first operation to which it applies; the test suite tries it on all. A claim is not tried on
    a mutant whose mistake is in no operation that the claim asks: it would judge our own code again.
    """
    chosen = {claim.id for system in systems for claim in _one_of_each_law(registry.claims(system))}
    return [
        Job("mutant", system, claim.id, f"mutant:{mutant.name}", *place(claim), "glance")
        for system in systems
        for mutant, spoilt, crosscutting in _mutants(system)
        for claim in registry.claims(system)
        if wanted(claim.id, only) and is_crosscutting(claim) == crosscutting and claim.id in chosen
        if spoilt & {claim.asks, *claim.also}
    ]


def _mutants(system: str) -> list[tuple[Mutant, set[str], bool]]:
    """Each mutant, the operations in which it differs from ours, and whether any system can make its mistake."""
    from impl.mutants.crosscutting import mutants_of

    ours = catalogue.ours(system)
    general = {m.name for m in mutants_of(ours)}
    found = []
    for m in catalogue.mutants(system):
        spoilt = {name for name, asked in m.subject.operations.items() if asked is not ours.operations[name]}
        found.append((m, spoilt, m.name in general))
    return found


def _one_of_each_law(claims: tuple[Claim, ...]) -> list[Claim]:
    """The system's own claims, and of each cross-cutting law the first."""
    laws = {claim.id[:5]: claim for claim in reversed(claims) if is_crosscutting(claim)}
    return [claim for claim in claims if not is_crosscutting(claim) or claim is laws[claim.id[:5]]]


def is_crosscutting(claim: Claim) -> bool:
    """Whether the claim is one of the laws that every system keeps."""
    return claim.id.startswith("XC-")


def place(claim: Claim) -> tuple[str, str]:
    """Device and dtype of a claim's row in the kill matrix: where its mistake can show."""
    if not claim.on_cpu:
        return "sim", "float64"
    return ("cpu", "float32") if claim.id.startswith("XC-03") else ("cpu", "float64")


def wanted(claim_id: str, only: frozenset[str]) -> bool:
    """Whether a claim is asked for: no filter, its id, or the family that its id begins with ("XC-01")."""
    return not only or claim_id in only or any(claim_id.startswith(f"{family}.") for family in only)
