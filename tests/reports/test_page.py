from __future__ import annotations

import itertools
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.reports.conftest import Record
from tests.reports.sample import END, HEADER, SMALLEST, good_rows, nothing, refuted, sample_rows, verdict
from tollens import page
from tollens.evidence import Run
from tollens.findings import anchor, safe_link
from tollens.maths import ReportExtraMissing, mathml

VOID = {"meta", "link", "br", "img", "hr", "input", "wbr"}
NASTY = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>&amp;"


class Page(HTMLParser):
    """What a test wants to know about a page; complains about a tag that is not closed in its turn."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.headings: list[int] = []
        self.wrong: list[str] = []
        self.feed(text)
        self.wrong += self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if len(dict(attrs)) < len(attrs):
            self.wrong.append(f"<{tag}> has an attribute twice")
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}> at {self.getpos()}")

    def values(self, name: str) -> list[str]:
        return [attributes[name] or "" for _, attributes in self.tags if name in attributes]

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(params=["sample", "good", "interrupted", "empty", "header alone"])
def html(request: pytest.FixtureRequest, record: Record) -> str:
    rows = {
        "sample": sample_rows(),
        "good": good_rows(),
        "interrupted": sample_rows()[:9],
        "empty": [{**HEADER, "systems": [], "account": None}, END],
        "header alone": [HEADER],
    }
    return page.render(record(rows[request.param]))


def test_every_tag_is_closed_in_its_turn(html: str) -> None:
    assert Page(html).wrong == []


def test_no_id_is_given_twice_and_every_link_inside_leads_somewhere(html: str) -> None:
    parsed = Page(html)

    ids = parsed.values("id")
    assert len(ids) == len(set(ids))
    inside = {href[1:] for href in parsed.values("href") if href.startswith("#")} | set(
        parsed.values("aria-labelledby")
    )
    assert inside <= set(ids)


def test_headings_descend_one_level_at_a_time_from_a_single_first(html: str) -> None:
    levels = Page(html).headings

    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later <= earlier + 1 for earlier, later in itertools.pairwise(levels))


def test_nothing_is_loaded_and_nothing_is_run(html: str) -> None:
    parsed = Page(html)

    assert not parsed.all("script")
    assert not parsed.values("src")
    assert [link["href"] for link in parsed.all("link")] == ["data:,"]
    assert not any(re.match(r"[a-z]+:|//", href) for href in parsed.values("href") if href != "data:,")
    assert not re.search(r"url\(|@import|https?://", html)
    assert not any(name.startswith("on") for _, attributes in parsed.tags for name in attributes)


def test_pictures_tables_and_scrolling_regions_are_named_for_those_who_listen(html: str) -> None:
    parsed = Page(html)

    assert all(svg["role"] == "img" and svg["aria-label"] for svg in parsed.all("svg"))
    assert len(parsed.all("caption")) == len(parsed.all("table"))
    assert all(
        attributes.get("aria-label") for _, attributes in parsed.tags if attributes.get("role") in ("region", "group")
    )
    assert all("scope" in head for head in parsed.all("th"))
    assert len(parsed.all("main")) == len(parsed.all("nav")) == 1
    assert parsed.all("html")[0]["lang"] == "en"


def test_the_verdict_comes_before_the_systems_the_refutations_and_the_rest(run: Run) -> None:
    html = page.render(run)

    parts = ("glance", "refutations", "claims", "mutants", "myths", "foreign", "untested", "environment")
    places = [html.index("the weakest of them"), *(html.index(f'<section id="{part}"') for part in parts)]
    assert places == sorted(places)


def test_a_refutation_tells_claim_input_observation_mistake_and_replay_in_this_order(run: Run) -> None:
    html = page.render(run)
    story = html[html.index('<article class="story"') : html.index('<details class="cascade"')]

    order = [
        "The vote of a round",
        "<math",
        "Smallest input",
        "Observed against bound",
        "alpha-without-half",
        "tollens replay",
    ]
    places = [story.index(word) for word in order]
    assert places == sorted(places)
    assert 'href="counterexamples/ADA-02-shop.boost.Booster-cpu-float64.json"' in story


def test_what_follows_from_a_broken_claim_is_folded_behind_it(run: Run) -> None:
    html = page.render(run)

    cascade = html[html.index('<details class="cascade"') :]
    assert "3 claims that rest on it and fall with it (ADA-04, ADA-05, ADA-07)" in cascade


def test_a_good_run_says_calmly_that_nothing_was_refuted(good_run: Run) -> None:
    html = page.render(good_run)

    assert '<header class="masthead good">' in html
    assert "None. Nothing that was tried refutes a claim, every mutant is killed, every myth is refuted." in html


def test_simulated_devices_and_absent_ones_are_told_apart_from_real_ones(run: Run) -> None:
    html = page.render(run)

    assert "simulated: device rules checked, numbers are the CPU&#39;s" in html
    assert "NOT VERIFIED" in html


def test_a_claim_is_shown_as_the_subject_on_trial_left_it_whatever_others_do(run: Run) -> None:
    html = page.render(run)

    assert f'<details class="claim error" id="{anchor("claim", "ADA-15")}">' in html


def test_text_of_the_evidence_never_becomes_markup(record: Record) -> None:
    found = {
        **SMALLEST,
        "label": NASTY,
        "terms": NASTY,
        "regime": NASTY,
        "confirmed": NASTY,
        "settings": {NASTY: NASTY},
    }
    found |= {"arrays": {NASTY: [[0.0]], "y": [NASTY]}, "shape": {NASTY: 1}}
    words = dict.fromkeys(
        ("title", "sentence", "latex", "replay", "counterexample", "margin_terms", "margin_label"), NASTY
    )
    rows = [
        refuted("ADA-02", NASTY, "user", refutation=found, source=[[NASTY, NASTY]], regimes={NASTY: 1}, **words),
        verdict("ADA-01", subject=NASTY, subject_kind="foreign", subject_version=NASTY, **nothing("error", NASTY)),
        {**verdict("ADA-01", subject=NASTY), "role": "mutant", "mistake": NASTY},
        {**refuted("ADA-01", "ours", "ours", refutation=found), "role": "myth", "claim": NASTY, "truth": NASTY},
        verdict("RCF-01", device_used=NASTY, **nothing("skipped", NASTY)),
    ]
    header = {**HEADER, "command": NASTY, "cpu": NASTY, "not_verified": [[NASTY, NASTY]], "libraries": {NASTY: NASTY}}

    parsed = Page(page.render(record([header, *rows, END])))

    assert parsed.wrong == []
    assert not parsed.all("script")
    assert not parsed.all("img")


@pytest.mark.parametrize(
    "path", ["javascript:alert(1)", "https://a.b/c", "//a.b/c", "/etc/passwd", "a\\b", "", None, "a b"]
)
def test_only_a_path_beside_the_report_is_linked(path: str | None) -> None:
    assert safe_link(path) == ""


def test_different_names_have_different_anchors() -> None:
    names = ["A-1", "A.1", "A_1", "A 1", "A:1", "a1"]

    assert len({anchor("claim", name) for name in names}) == len(names)


@pytest.mark.parametrize("missing", ["jinja2", "latex2mathml.converter"])
def test_without_the_extra_the_page_says_what_to_install(
    run: Run, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    page.environment.cache_clear()
    mathml.cache_clear()

    with pytest.raises(ReportExtraMissing, match=r"pip install 'tollens\[report\]'"):
        page.render(run)


def test_reading_evidence_and_all_reports_but_the_page_need_the_standard_library_alone() -> None:
    code = (
        "import sys, tollens.evidence, tollens.summary, tollens.markdown, tollens.junit, tollens.compare, tollens.page;"
        "print([m for m in ('jinja2', 'latex2mathml', 'numpy', 'torch', 'jsonschema') if m in sys.modules])"
    )
    root = Path(page.__file__).parents[1]

    told = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)

    assert told.stdout == "[]\n"
