from __future__ import annotations

from tests.reports.conftest import Record
from tests.reports.sample import END, HEADER, nothing, refuted, verdict
from tollens.evidence import Run
from tollens.markdown import render


def test_the_report_reads_verdict_systems_refutations_and_what_was_left_out(run: Run) -> None:
    headings = [line for line in render(run).splitlines() if line.startswith(("# ", "## "))]

    assert headings == [
        "# Refuted",
        "## Systems at a glance",
        "## Refutations",
        "## What was not tested, and why",
        "## Statistical tests",
    ]


def test_a_refutation_tells_case_bound_likely_mistake_and_replay(run: Run) -> None:
    text = render(run)

    assert "| i | X[·,0] | y | w |" in text
    assert "1.09861 should equal 0.549306; bound 3.9 × 10⁻¹⁵" in text
    assert "Likely mistake: looks like `alpha-without-half`" in text
    assert "Replay: `tollens replay " in text
    assert "With it fall ADA-04, ADA-05 and ADA-07." in text


def test_a_good_run_has_no_refutations(good_run: Run) -> None:
    assert "## Refutations\n\nNone.\n" in render(good_run)


def test_every_row_of_a_table_has_as_many_cells_as_its_head(run: Run) -> None:
    tables = [block.splitlines() for block in render(run).split("\n\n") if block.startswith("| ")]

    widths = [{line.replace("\\|", "").count("|") for line in table} for table in tables]
    assert len(tables) == 2
    assert all(len(width) == 1 for width in widths)


def test_markup_in_the_evidence_is_not_markup_in_the_report(record: Record) -> None:
    nasty = "<script>alert(1)</script> *x* [a](http://b) | c\n# head"
    rows = [
        refuted("ADA-02", nasty, "user", sentence=nasty, title=nasty, replay=None),
        verdict("ADA-01", subject=nasty, **nothing("error", nasty)),
    ]

    text = render(record([HEADER, *rows, END]))

    assert "<script" not in text.replace("\\<script", "")
    assert "\n# head" not in text
    assert "](http" not in text.replace("\\](http", "")
