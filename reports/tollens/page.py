"""index.html: one self-contained page from evidence alone. No network, no script, everything escaped."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from tollens import findings, ledger, summary
from tollens.diagnosis import Matrix
from tollens.evidence import Run
from tollens.maths import ReportExtraMissing, prose
from tollens.wording import SIMULATED, VERDICTS, count, duration, plural, short

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"


def render(run: Run, mutants: Matrix | None = None) -> str:
    """The whole report as one HTML file.

    `mutants` is the kill matrix that diagnoses compare with; by default what the run itself measured, and beyond that
    what is packaged. Raises ReportExtraMissing when jinja2 or latex2mathml is not installed.
    """
    code = summary.exit_code(run)
    account = run.header["account"]
    return (
        environment()
        .get_template("page.html")
        .render(
            run=run,
            header=run.header,
            tone={0: "good", 1: "bad"}.get(code, "none"),
            headline=summary.headline(run),
            sentence=summary.verdict_sentence(run),
            took=duration(run.end["seconds"]) if run.end else "",
            glances=findings.glances(run),
            stories=findings.stories(run, mutants),
            troubles=findings.troubles(run),
            claims=ledger.claims_by_system(run),
            matrices=ledger.kill_matrices(run),
            myths=ledger.myths(run),
            foreigners=findings.foreigners(run),
            untested=findings.untested(run),
            environment=findings.environment(run),
            account=summary.account_sentences(run) if account else [],
        )
    )


@cache
def environment() -> Environment:
    """The template environment: autoescaping on, an undefined name is an error."""
    try:
        import jinja2
    except ImportError as error:
        raise ReportExtraMissing("jinja2") from error
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(prose=prose, short=short, count=count, duration=duration, plural=plural)
    made.globals.update(words=VERDICTS, simulated_words=SIMULATED, style=_style())
    return made


def _style() -> str:
    return (TEMPLATES / "page.css").read_text(encoding="utf-8")
