"""Formulas: LaTeX to MathML, and the prose around them. What cannot be converted is shown as it was written."""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape
from typing import Any
from xml.etree import ElementTree

_MATHML = "http://www.w3.org/1998/Math/MathML"
_TAG_NAMES = """
math mrow mi mn mo ms mtext mspace msup msub msubsup mfrac msqrt mroot munder mover munderover mtable mtr mtd
mstyle mpadded mphantom menclose mfenced mmultiscripts mprescripts none
"""
_ATTRIBUTE_NAMES = """
display stretchy fence separator form lspace rspace largeop movablelimits accent accentunder mathvariant width
height depth linethickness columnalign rowalign columnspacing rowspacing columnlines rowlines displaystyle
scriptlevel symmetric minsize maxsize notation open close separators
"""
_TAGS = frozenset(_TAG_NAMES.split())
_ATTRIBUTES = frozenset(_ATTRIBUTE_NAMES.split())
_SPAN = re.compile(r"\$([^$]+)\$|`([^`]+)`")


class ReportExtraMissing(ImportError):
    """The libraries that only reports need are not installed."""

    def __init__(self, missing: str) -> None:
        super().__init__(f"the HTML report needs {missing}, install it with: pip install 'tollens[report]'")


@lru_cache(maxsize=4096)
def mathml(latex: str, display: str = "block") -> str:
    """A formula as MathML, safe to put into a page; escaped LaTeX in <code> where it cannot be converted.

    An empty formula is empty. display: "block" or "inline". Raises ReportExtraMissing without latex2mathml.
    """
    try:
        from latex2mathml.converter import convert
    except ImportError as error:
        raise ReportExtraMissing("latex2mathml") from error
    if not latex.strip():
        return ""
    try:
        tree = ElementTree.fromstring(convert(latex, display=display))
        return _checked(tree, latex)
    except Exception:  # the converter's errors have no common type, and a formula must never cost the report
        return f'<code class="latex">{escape(latex)}</code>'


def _checked(tree: ElementTree.Element, latex: str) -> str:
    """Serialise, keeping MathML alone. Raises ValueError for any other element, or attribute that could act."""
    prefix = f"{{{_MATHML}}}"
    for element in tree.iter():
        element.tag = element.tag.removeprefix(prefix)
        if element.tag not in _TAGS:
            raise ValueError(f"<{element.tag}> is not presentation MathML")
        if "\\" in (element.text or ""):
            raise ValueError(f"{element.text} is a command that the converter does not know")
        for name in set(element.attrib) - _ATTRIBUTES:
            del element.attrib[name]
    tree.set("alttext", latex)
    return ElementTree.tostring(tree, encoding="unicode", short_empty_elements=False)


def prose(text: str) -> str:
    """A claim's words as HTML: escaped, with $formula$ as inline MathML and `name` as code."""
    parts: list[Any] = []
    end = 0
    for match in _SPAN.finditer(text):
        parts.append(escape(text[end : match.start()]))
        formula, code = match.groups()
        parts.append(mathml(formula, "inline") if formula else f"<code>{escape(code)}</code>")
        end = match.end()
    return "".join([*parts, escape(text[end:])])
