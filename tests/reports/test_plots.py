from __future__ import annotations

import math
import re
from xml.etree import ElementTree

import pytest

from tests.reports.sample import SMALLEST
from tollens.evidence import Refutation
from tollens.plots import gauge, histogram, scatter, strip
from tollens.smallest import picture, tables


def parts(svg: str, tag: str, kind: str = "") -> list[ElementTree.Element]:
    return [e for e in ElementTree.fromstring(svg).iter(tag) if not kind or e.get("class") == kind]


def case(**arrays: object) -> Refutation:
    return {**SMALLEST, "arrays": arrays}  # type: ignore[typeddict-item]


@pytest.mark.parametrize(
    "svg",
    [
        histogram([["zero", 3], [-2.0, 5], [0.5, 1], ["inf", 2]], "A"),
        gauge(0.23),
        strip({"stands": 3, "refuted": 1}),
        scatter([[0.0], [1.0]], [-1, 1], "two points"),
    ],
)
def test_every_picture_is_an_image_with_a_title(svg: str) -> None:
    tree = ElementTree.fromstring(svg)

    assert tree.get("role") == "img"
    assert tree[0].tag == "title"
    assert tree.get("aria-label") == tree[0].text


def test_a_histogram_counts_all_cases_and_those_beyond_the_bound() -> None:
    svg = histogram([["zero", 900], [-0.5, 50], [0.0, 3], [13.5, 2], ["inf", 1]], "ADA-05")

    assert parts(svg, "title")[0].text == "Margins of 956 cases of ADA-05"
    assert (parts(svg, "desc")[0].text or "").startswith("6 beyond the bound, 900 with margin 0.")
    assert len(parts(svg, "rect", "within")) == 2
    assert len(parts(svg, "rect", "beyond")) == 3


def test_the_line_at_margin_one_lies_between_what_stands_and_what_does_not() -> None:
    svg = histogram([[-0.5, 5], [0.0, 5]])

    (line,) = parts(svg, "path", "bound")
    x = float(re.findall(r"M([\d.]+)", line.get("d", ""))[0])
    within, beyond = parts(svg, "rect", "within")[0], parts(svg, "rect", "beyond")[0]
    assert float(within.get("x", "")) + float(within.get("width", "")) <= x <= float(beyond.get("x", ""))


def test_one_case_among_a_million_can_be_seen() -> None:
    small, large = parts(histogram([[-0.5, 1], [-2.0, 10**6]]), "rect")[::-1]

    assert float(small.get("height", "")) >= 2 < float(large.get("height", ""))


@pytest.mark.parametrize("bins", [[], [["zero", 0]]])
def test_no_cases_make_no_histogram(bins: list[list[object]]) -> None:
    assert histogram(bins) == ""  # type: ignore[arg-type]


@pytest.mark.parametrize("margin", [0.0, 1e-300, 0.5, 1.0, 7.0, 1e14, math.inf])
def test_a_gauge_stays_inside_its_frame_and_is_red_only_beyond_the_bound(margin: float) -> None:
    svg = gauge(margin)

    (dot,) = parts(svg, "circle")
    assert 0 < float(dot.get("cx", "")) < 96
    assert dot.get("class") == ("beyond" if margin > 1 else "within")


def test_a_strip_has_a_part_for_each_verdict_that_occurs() -> None:
    svg = strip({"stands": 3, "refuted": 1, "error": 0, "not-judged": 2})

    assert [e.get("class") for e in parts(svg, "rect")] == ["stands", "refuted", "not-judged"]
    assert parts(svg, "title")[0].text == "3 stands, 1 refuted, 2 not judged"


def test_points_that_coincide_are_all_drawn() -> None:
    svg = scatter([[1.0], [1.0], [2.0]], [-1, 1, 1], "duplicates")

    assert len({(e.get("x"), e.get("y")) for e in parts(svg, "text")}) == 3


def test_labels_of_a_perceptron_are_drawn_as_signs() -> None:
    assert "(1, 2) is 1; (0, 0) is −1" in picture(case(x=[[1.0, 2.0], [0.0, 0.0]], y=[1.0, -1.0], bias=0.0), "a case")


def test_a_regression_of_one_feature_is_drawn_as_dots() -> None:
    svg = picture(case(x=[[1.0], [2.0]], y=[1.0, -1.0], penalty=0.5), "a case")

    assert svg.count("<circle") == 2
    assert "y is −1 at x 2" in svg


def test_a_regression_of_two_features_has_no_picture() -> None:
    assert picture(case(x=[[1.0, 2.0]], y=[1.0], penalty=0.5), "a case") == ""


def test_a_case_of_points_and_classes_has_a_picture() -> None:
    assert "is −1" in picture(case(X=[[0.0, 1.0], [1.7e308, -1.7e308]], y=[-1, 1]), "a case")


def test_a_transport_problem_has_a_tableau() -> None:
    svg = picture(case(a=[3.0], b=[1.0, 2.0], C=[[-1.7e308, 1.7e308]]), "a case")

    assert [e.text for e in parts(svg, "text")] == ["a \\ b", "1", "2", "3", "−1.7 × 10³⁰⁸", "1.7 × 10³⁰⁸"]
    assert [e.get("fill-opacity") for e in parts(svg, "rect")] == ["0.08", "0.68"]


@pytest.mark.parametrize(
    "shape", [{"full": [[[4.0, 0.0], [0.0, 1.0]]]}, {"tied": [[4.0, 0.0], [0.0, 1.0]]}, {"diag": [[4.0, 1.0]]}]
)
def test_a_mixture_has_a_dot_for_each_row_and_an_ellipse_for_each_component(shape: dict[str, object]) -> None:
    svg = picture(case(x=[[0.0, 0.0], [3.0, 1.0]], pi=[1.0], mu=[[0.0, 0.0]], **shape), "a case")

    (ellipse,) = parts(svg, "ellipse")
    assert float(ellipse.get("rx", "")) > 1.9 * float(ellipse.get("ry", "")) > 0
    assert len(parts(svg, "circle")) == 2


def test_an_ellipse_leans_the_way_its_correlation_does() -> None:
    svg = picture(case(x=[[0.0, 0.0]], pi=[1.0], mu=[[0.0, 0.0]], full=[[[1.0, 0.5], [0.5, 1.0]]]), "a case")

    assert "rotate(-45.0" in parts(svg, "ellipse")[0].get("transform", "")  # y grows downwards


def test_a_mixture_on_a_line_has_a_bar_for_each_component() -> None:
    svg = picture(case(x=[[0.0], [1.0]], pi=[0.5, 0.5], mu=[[0.0], [1.0]], spherical=[1.0, 4.0]), "a case")

    assert len(parts(svg, "path")) == 2


def test_a_trellis_has_no_edge_where_no_move_is_possible() -> None:
    svg = picture(case(pi=[1.0, 0.0], A=[[0.5, 0.5], [0.0, 1.0]], b=[[1.0, 0.0], [0.5, 0.5]]), "a case")

    assert [e.get("stroke-width") for e in parts(svg, "path")] == ["2.00", "2.00", "4.00"]
    assert [e.get("fill-opacity") for e in parts(svg, "circle") if e.get("class") == "state"] == [
        "0.68",
        "0.08",
        "0.38",
        "0.38",
    ]


@pytest.mark.parametrize(
    "arrays",
    [
        {},
        {"x": [[0.0]], "pi": [1.0], "mu": [[0.0]]},
        {"x": [[0.0]], "pi": [1.0], "mu": [[0.0]], "spherical": [0.0]},
        {"x": [[0.0]], "pi": [1.0], "mu": [[0.0]], "full": [[[1.0, 0.0], [0.0, 1.0]]]},
        {"x": [["nan"]], "pi": [1.0], "mu": [[0.0]], "spherical": [1.0]},
        {"x": [[0.0, 0.0, 0.0]], "pi": [1.0], "mu": [[0.0, 0.0, 0.0]], "spherical": [1.0]},
        {"pi": [1.0], "A": [[1.0]], "b": [[1.0]] * 30},
        {"pi": [1.0], "A": [[1.0]], "b": [[1.0, 2.0]]},
        {"X": [[0.0]]},
        {"X": [[0.0, 1.0, 2.0]], "y": [1]},
        {"X": [["inf"], [0.0]], "y": [1, -1]},
        {"X": [[0.0], [1.0]], "y": [0.25, 0.5]},
        {"X": [[0.0], [1.0]], "y": [1]},
        {"X": [[float(i)] for i in range(100)], "y": [1] * 100},
        {"X": [], "y": []},
        {"X": "left out", "y": [1]},
        {"a": [1.0], "b": [1.0]},
        {"a": [1.0], "b": [0.5, 0.5], "C": [[1.0]]},
        {"a": [1.0, 1.0], "b": [2.0], "C": [[1.0]]},
        {"a": [1.0], "b": [1.0], "C": [["inf"]]},
        {"a": [1.0] * 20, "b": [1.0] * 20, "C": [[0.0] * 20] * 20},
    ],
)
def test_any_other_case_has_none(arrays: dict[str, object]) -> None:
    assert picture(case(**arrays), "a case") == ""


def test_arrays_of_equal_length_stand_side_by_side_with_every_digit() -> None:
    (table,) = tables(case(X=[[0.1, 1e-300], [2.0, "inf"]], y=[-1, 1]))

    assert table.head == ("i", "X[·,0]", "X[·,1]", "y")
    assert table.rows == (("0", "0.1", "1e-300", "-1"), ("1", "2", "∞", "1"))


def test_large_arrays_are_cut_and_say_so() -> None:
    (table,) = tables(case(X=[[0.0] * 20] * 30))

    assert table.more == "14 rows and 10 columns"


def test_single_numbers_and_deep_arrays_have_their_place() -> None:
    deep, single = tables(case(theta=0.5, K=[[[1.0, 2.0]], [[3.0, 4.0]]]))

    assert deep.rows == (("0", "[[1, 2]]"), ("1", "[[3, 4]]"))
    assert single.rows == (("0.5",),)
