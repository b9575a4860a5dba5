"""junit.xml: a test case for each verdict on a claim, for each mutant and for each myth."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from tollens.evidence import Run, Verdict
from tollens.summary import mutant_standings, myth_standings, systems, verdict_sentence
from tollens.wording import exact, pair, short

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(run: Run) -> str:
    """The run as JUnit XML: refuted, survived and unbroken are failures, what was not judged is skipped."""
    root = ElementTree.Element("testsuites", name="tollens")
    for system in systems(run):
        rows = [row for row in run.rows if row["system"] == system]
        if rows:
            root.append(_suite(run, system, rows))
    for attribute in ("tests", "failures", "errors", "skipped"):
        root.set(attribute, str(sum(int(suite.get(attribute, "0")) for suite in root)))
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _suite(run: Run, system: str, rows: list[Verdict]) -> ElementTree.Element:
    suite = ElementTree.Element("testsuite", name=system, timestamp=_clean(run.header["started"]))
    _properties(suite, run)
    for row in rows:
        if row["role"] == "claim":
            _claim(suite, row)
    for subject in dict.fromkeys(row["subject"] for row in rows if row["role"] == "mutant"):
        own = [row for row in rows if row["role"] == "mutant" and row["subject"] == subject]
        _mutant(suite, own, mutant_standings(run)[system, subject])
    for claim in dict.fromkeys(row["claim"] for row in rows if row["role"] == "myth"):
        own = [row for row in rows if row["role"] == "myth" and row["claim"] == claim]
        _myth(suite, own, myth_standings(run)[system, claim])
    cases = suite.findall("testcase")
    for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(attribute, str(sum(case.find(tag) is not None for case in cases)))
    suite.set("tests", str(len(cases)))
    suite.set("time", f"{sum(row['seconds'] for row in rows):.3f}")
    return suite


def _properties(suite: ElementTree.Element, run: Run) -> None:
    header = run.header
    facts = {"verdict": verdict_sentence(run), "revision": header["revision"] or "", "seed": str(header["seed"])}
    properties = ElementTree.SubElement(suite, "properties")
    for name, value in {**facts, "profile": header["profile"], "python": header["python"]}.items():
        ElementTree.SubElement(properties, "property", name=name, value=_clean(value))


def _claim(suite: ElementTree.Element, row: Verdict) -> None:
    name = f"{row['claim']}[{row['subject']}-{row['device_asked']}-{row['dtype']}]"
    case = _case(suite, "claim", name, row["seconds"])
    if row["verdict"] == "refuted":
        _outcome(case, "failure", f"{row['title'] or row['claim']}: margin {short(row['margin'])}", _story(row))
    elif row["verdict"] == "error":
        _outcome(case, "error", row["reason"], row["replay"] or "")
    elif row["verdict"] != "stands":
        _outcome(case, "skipped", f"{row['verdict']}: {row['reason']}")


def _mutant(suite: ElementTree.Element, rows: list[Verdict], standing: str) -> None:
    case = _case(suite, "mutant", rows[0]["subject"], sum(row["seconds"] for row in rows))
    judged = dict.fromkeys(row["claim"] for row in rows)
    if standing == "survived":
        _outcome(case, "failure", "survived: no claim refutes this mutant", f"judged by {', '.join(judged)}")
    elif standing == "skipped":
        _outcome(case, "skipped", rows[0]["reason"])
    else:
        killers = dict.fromkeys(row["claim"] for row in rows if row["verdict"] == "refuted")
        ElementTree.SubElement(case, "system-out").text = _clean(f"killed by {', '.join(killers)}")


def _myth(suite: ElementTree.Element, rows: list[Verdict], standing: str) -> None:
    case = _case(suite, "myth", rows[0]["claim"], sum(row["seconds"] for row in rows))
    reason = next((row["reason"] for row in rows if row["reason"]), "")
    if standing == "standing":
        _outcome(case, "failure", f"the search found no counterexample to: {rows[0]['sentence']}", reason)
    elif standing == "error":
        _outcome(case, "error", reason)
    elif standing == "skipped":
        _outcome(case, "skipped", reason)


def _case(suite: ElementTree.Element, role: str, name: str, seconds: float) -> ElementTree.Element:
    classname = f"tollens.{suite.get('name')}.{role}"
    return ElementTree.SubElement(
        suite, "testcase", classname=_clean(classname), name=_clean(name), time=f"{seconds:.3f}"
    )


def _outcome(case: ElementTree.Element, tag: str, message: str, text: str = "") -> None:
    ElementTree.SubElement(case, tag, message=_clean(message)).text = _clean(text) or None


def _story(row: Verdict) -> str:
    lines = [row["sentence"]]
    found = row["refutation"]
    if found is not None:
        left, right = pair(found["left"], found["right"])
        lines.append(f"{found['label']}: {left} {found['relation']} {right} fails, bound {short(found['bound'])}")
        lines += [f"{name} = {_flat(value)}" for name, value in found["arrays"].items()]
    return "\n".join([*lines, row["replay"] or ""]).strip()


def _flat(value: object) -> str:
    return "[" + ", ".join(_flat(item) for item in value) + "]" if isinstance(value, list) else exact(value)


def _clean(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)
