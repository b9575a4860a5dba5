"""The arrays of a small case as tables, and as a picture where there is something to look at."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

from tollens.evidence import Refutation
from tollens.models import mixture, trellis
from tollens.plots import dots, scatter, tableau
from tollens.wording import exact, plural

MOST_ROWS, MOST_COLUMNS, MOST_POINTS, MOST_CLASSES, MOST_SITES = 16, 10, 40, 6, 8
MOST_TIMES = 8


@dataclass(frozen=True)
class Table:
    """A table of exact numbers; `more` says what was left out."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    more: str = ""


def tables(refutation: Refutation) -> list[Table]:
    """The case's arrays: those with the same number of rows side by side, rows counted from 0, single numbers last."""
    columns: dict[int, dict[str, list[str]]] = {}
    single: dict[str, str] = {}
    for name, value in refutation["arrays"].items():
        if not isinstance(value, list):
            single[name] = exact(value)
            continue
        columns.setdefault(len(value), {}).update(_columns(name, value))
    found = [_table(length, named) for length, named in columns.items()]
    return found + ([Table("Numbers", tuple(single), (tuple(single.values()),))] if single else [])


def _columns(name: str, value: list[Any]) -> dict[str, list[str]]:
    """One column for a vector, one for each column of a matrix; deeper arrays keep their inner lists as text."""
    if value and all(isinstance(row, list) for row in value):
        widths = {len(row) for row in value}
        if len(widths) == 1 and not any(isinstance(item, list) for row in value for item in row):
            return {f"{name}[·,{j}]": [exact(row[j]) for row in value] for j in range(widths.pop())}
    return {name: [_flat(item) for item in value]}


def _table(length: int, named: Mapping[str, list[str]]) -> Table:
    names = list(named)[:MOST_COLUMNS]
    kept = min(length, MOST_ROWS)
    rows = tuple((str(i), *(named[name][i] for name in names)) for i in range(kept))
    left_out = [plural(length - kept, "row")] if length > kept else []
    left_out += [plural(len(named) - len(names), "column")] if len(named) > len(names) else []
    caption = ", ".join(dict.fromkeys(name.split("[")[0] for name in named))
    return Table(caption, ("i", *names), rows, " and ".join(left_out))


def _flat(value: Any) -> str:
    return "[" + ", ".join(_flat(item) for item in value) + "]" if isinstance(value, list) else exact(value)


def picture(refutation: Refutation, title: str) -> str:
    """An SVG of a case of a kind that is easier to look at than to read; "" for any other.

    Points X with classes y, or x with labels −1 and 1, of one or two features; rows x of one feature with targets y;
    weights a and b with the costs C between them; rows x (one or two features) with the weights, means and covariances
    of a mixture; a hidden Markov model pi, A with likelihoods b.
    """
    arrays = refutation["arrays"]
    return (
        _classified(arrays.get("X"), arrays.get("y"), title)
        or _signed(arrays, title)
        or _regression(arrays, title)
        or _transport(arrays, title)
        or _mixture(arrays, title)
        or _trellis(arrays, title)
    )


def _classified(points: Any, labels: Any, title: str) -> str:
    if not isinstance(points, list) or not isinstance(labels, list) or not 0 < len(points) == len(labels):
        return ""
    flat = all(isinstance(point, list) and len(point) in (1, 2) for point in points)
    if not flat or len(points) > MOST_POINTS or len({len(point) for point in points}) > 1:
        return ""
    if not all(_is_finite(value) for value in [*labels, *(v for point in points for v in point)]):
        return ""
    if any(label != int(label) for label in labels) or len(set(labels)) > MOST_CLASSES:
        return ""
    return scatter(points, labels, title)


KNOBS = {"penalty", "penalties", "ratio", "radius", "noise_variance", "rate", "keep", "variance", "sizes"}
"""Arrays beside x and y that tell a regression from labels −1 and 1; a `query` tells labels from a regression."""


def _signed(arrays: Mapping[str, Any], title: str) -> str:
    labels = arrays.get("y")
    signs = _is_vector(labels) and set(labels) <= {-1, 1} and not KNOBS & arrays.keys()
    if not signs and "query" not in arrays:
        return ""
    return _classified(arrays.get("x"), labels, title)


def _regression(arrays: Mapping[str, Any], title: str) -> str:
    rows, targets = arrays.get("x"), arrays.get("y")
    if "query" in arrays or not _is_matrix(rows) or not _is_vector(targets):
        return ""
    if len(rows[0]) != 1 or len(rows) != len(targets):
        return ""
    return dots([(row[0], target) for row, target in zip(rows, targets, strict=True)][:MOST_POINTS], title)


def _transport(arrays: Mapping[str, Any], title: str) -> str:
    supply, demand, cost = (arrays.get(name) for name in ("a", "b", "C"))
    if not (isinstance(supply, list) and isinstance(demand, list) and isinstance(cost, list)):
        return ""
    if any(not isinstance(row, list) or len(row) != len(demand) for row in cost) or len(cost) != len(supply):
        return ""
    if not 0 < len(supply) <= MOST_SITES or not 0 < len(demand) <= MOST_SITES:
        return ""
    if not all(map(_is_finite, [*supply, *demand, *(price for row in cost for price in row)])):
        return ""
    return tableau(cost, supply, demand, title)


def _mixture(arrays: Mapping[str, Any], title: str) -> str:
    rows, weights, means = (arrays.get(name) for name in ("x", "pi", "mu"))
    if not _is_matrix(rows) or not _is_matrix(means) or not _is_vector(weights) or len(weights) != len(means):
        return ""
    k, d = len(means), len(means[0])
    if d not in (1, 2) or len(rows[0]) != d or len(rows) > MOST_POINTS or k > MOST_CLASSES:
        return ""
    matrices = _matrices(arrays, k, d)
    return mixture(rows, weights, means, matrices, title) if matrices else ""


def _matrices(arrays: Mapping[str, Any], k: int, d: int) -> list[list[list[float]]]:
    """The covariances of k components as d×d matrices, whatever shape they come in; [] where there are none."""
    full, tied, diag, spherical = (arrays.get(name) for name in ("full", "tied", "diag", "spherical"))
    found: list[Any] = []
    if isinstance(full, list) and all(map(_is_matrix, full)):
        found = full
    elif _is_matrix(tied):
        found = [tied] * k
    elif _is_matrix(diag):
        found = [[[value * (i == j) for j in range(d)] for i, value in enumerate(row)] for row in diag]
    elif _is_vector(spherical):
        found = [[[value * (i == j) for j in range(d)] for i in range(d)] for value in spherical]
    fits = len(found) == k and all(len(m) == d and all(len(row) == d and row[i] > 0 for i, row in enumerate(m))
                                   for m in found)  # fmt: skip
    return found if fits else []


def _trellis(arrays: Mapping[str, Any], title: str) -> str:
    start, moves, likelihoods = (arrays.get(name) for name in ("pi", "A", "b"))
    if not _is_vector(start) or not _is_matrix(moves) or not _is_matrix(likelihoods):
        return ""
    sizes = {len(start), len(moves), len(moves[0]), len(likelihoods[0])}
    if len(sizes) > 1 or len(start) > MOST_SITES or len(likelihoods) > MOST_TIMES:
        return ""
    return trellis(start, moves, likelihoods, title)


def _is_vector(value: Any) -> TypeGuard[list[float]]:
    return isinstance(value, list) and bool(value) and all(map(_is_finite, value))


def _is_matrix(value: Any) -> TypeGuard[list[list[float]]]:
    """A list of equally long lists of finite numbers."""
    return isinstance(value, list) and bool(value) and all(map(_is_vector, value)) and len(set(map(len, value))) == 1


def _is_finite(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)
