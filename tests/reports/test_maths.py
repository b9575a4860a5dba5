from __future__ import annotations

import sys
from xml.etree import ElementTree

import pytest

from tollens.maths import ReportExtraMissing, mathml, prose


def test_a_formula_becomes_mathml_that_keeps_its_source() -> None:
    tree = ElementTree.fromstring(mathml(r"\alpha=\tfrac12\ln\frac{1-\varepsilon}{\varepsilon}"))

    assert tree.tag == "math"
    assert tree.get("display") == "block"
    assert tree.get("alttext", "").startswith(r"\alpha=")
    assert len(list(tree.iter("mfrac"))) == 2


@pytest.mark.parametrize("latex", [r"\frac{", r"\left(", r"\nosuchcommand x", "x_"])
def test_what_cannot_be_converted_is_shown_as_it_was_written(latex: str) -> None:
    shown = mathml(latex)

    assert shown.startswith('<code class="latex">')
    assert latex in shown


def test_no_formula_is_no_markup() -> None:
    assert mathml("  ") == ""


@pytest.mark.parametrize(
    "latex",
    [
        r"<script>alert(1)</script>",
        r"\href{javascript:alert(1)}{x}",
        r"\text{<img src=x onerror=alert(1)>}",
        "a & b < c",
    ],
)
def test_a_formula_can_carry_neither_elements_nor_links(latex: str) -> None:
    tree = ElementTree.fromstring(mathml(latex))

    assert {element.tag for element in tree.iter()}.isdisjoint({"script", "img", "a"})
    assert not any(
        name in ("href", "src") or name.startswith("on") for element in tree.iter() for name in element.attrib
    )


def test_prose_is_escaped_and_its_formulas_and_names_are_set() -> None:
    shown = prose("a < b, $x<1$ and `fit<y>` cost 5$")

    assert shown.startswith('a &lt; b, <math display="inline"')
    assert "<code>fit&lt;y&gt;</code> cost 5$" in shown


def test_without_the_converter_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "latex2mathml.converter", None)

    with pytest.raises(
        ReportExtraMissing, match=r"needs latex2mathml, install it with: pip install 'tollens\[report\]'"
    ):
        mathml(r"a formula that no other test has cached \alpha")
