"""Small inline SVG: a margin histogram, a gauge, a strip of verdicts, a picture of a small case.

Colours are classes, so that the page's style decides them in light, dark and print. Every picture has role="img", a
title and, where it shows more than its title says, a description.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from html import escape

from tollens.wording import count, plural, short

Bins = Iterable[Sequence[int | float | str]]
_LOW, _HIGH = -6.0, 4.0
"""Decades of margin that a histogram can show; what lies beyond is gathered in its first or last bar."""
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def svg(width: float, height: float, title: str, body: Iterable[str], description: str = "", name: str = "") -> str:
    """An accessible SVG element of the given size in user units."""
    desc = f"<desc>{escape(description)}</desc>" if description else ""
    return (
        f'<svg class="{name}" role="img" aria-label="{escape(title)}" viewBox="0 0 {width:g} {height:g}" '
        f'width="{width:g}" height="{height:g}"><title>{escape(title)}</title>{desc}{"".join(body)}</svg>'
    )


def histogram(bins: Bins, name: str = "") -> str:
    """How many cases came how near to the bound: counts (log scale) over log10 of the margin, a line at margin 1.

    bins: [lower edge of a half decade, count]; the edge may be "zero" or "inf". Returns "" without a count.
    """
    zero, infinite, bars = _sorted_bins(bins)
    everything = zero + infinite + sum(bars.values())
    if not everything:
        return ""
    low = min([-3.0, *bars])
    high = max([1.0, *(edge + 0.5 for edge in bars)])
    plot = _Plot(low, high, max([zero, infinite, *bars.values()]), zero > 0, infinite > 0)
    body = [plot.bar(plot.x(edge), plot.step, n, _span(edge), edge >= 0) for edge, n in sorted(bars.items())]
    if zero:
        body.append(plot.bar(0, plot.step, zero, "margin 0", False) + plot.tick(plot.step / 2, "0"))
    if infinite:
        body.append(plot.bar(plot.width - plot.step, plot.step, infinite, "margin ∞", True))
        body.append(plot.tick(plot.width - plot.step / 2, "∞"))
    beyond = infinite + sum(n for edge, n in bars.items() if edge >= 0)
    title = f"Margins of {plural(everything, 'case')}" + (f" of {name}" if name else "")
    words = f"{count(beyond)} beyond the bound" if beyond else "none beyond the bound"
    detail = f"{words}, {count(zero)} with margin 0. Bars are counts on a log scale over log10 of the margin."
    return svg(plot.width, plot.height + 16, title, [*body, *plot.axis()], detail, "histogram")


class _Plot:
    """The geometry of a histogram: half-decade steps, room at the ends for margins that have no logarithm."""

    width, height = 320.0, 84.0

    def __init__(self, low: float, high: float, most: int, zero: bool, infinite: bool) -> None:
        self.low, self.high, self.most = low, high, most
        steps = (high - low) * 2 + 1.6 * (zero + infinite)
        self.step = min(self.width / steps, 26.0)
        self.width = steps * self.step
        self.left = 1.6 * self.step if zero else 0.0

    def x(self, decade: float) -> float:
        return self.left + (decade - self.low) * 2 * self.step

    def bar(self, x: float, width: float, number: int, words: str, beyond: bool) -> str:
        tall = max(2.0, (self.height - 14) * math.log1p(number) / math.log1p(self.most))
        tip = escape(f"{words}: {plural(number, 'case')}")
        kind = "beyond" if beyond else "within"
        return (
            f'<rect class="{kind}" x="{x + 0.75:.1f}" y="{self.height - tall:.1f}" width="{width - 1.5:.1f}" '
            f'height="{tall:.1f}" rx="1"><title>{tip}</title></rect>'
        )

    def tick(self, x: float, label: str) -> str:
        return f'<text class="tick" x="{x:.1f}" y="{self.height + 12:g}" text-anchor="middle">{label}</text>'

    def axis(self) -> list[str]:
        """Base line, the line at margin 1, and a label for each decade that has room (the ends may be cut off)."""
        at = self.x(0)
        line = f'<path class="axis" d="M0 {self.height:g}H{self.width:.1f}"/>'
        bound = f'<path class="bound" d="M{at:.1f} 0V{self.height:g}"/>'
        label = f'<text class="tick" x="{at - 4:.1f}" y="9" text-anchor="end">bound</text>'
        every = 1 if self.step >= 13 else 2
        decades = range(math.ceil(self.low), math.floor(self.high) + 1)
        inner = [d for d in decades if d % every == 0 and 8 <= self.x(d) <= self.width - 8]
        return [line, bound, label, *(self.tick(self.x(d), _power(d)) for d in inner)]


def _sorted_bins(bins: Bins) -> tuple[int, int, dict[float, int]]:
    """Counts at margin zero, at infinity, and by half decade with the far ends gathered."""
    zero = infinite = 0
    bars: Counter[float] = Counter()
    for edge, number in bins:
        if edge == "zero":
            zero += int(number)
        elif edge == "inf":
            infinite += int(number)
        elif number:
            bars[min(max(float(edge), _LOW), _HIGH - 0.5)] += int(number)
    return zero, infinite, bars


def _span(edge: float) -> str:
    if edge == _HIGH - 0.5:
        return f"margin {short(10**edge, 2)} or more"
    if edge == _LOW:
        return f"margin {short(10 ** (edge + 0.5), 2)} or less"
    return f"margin {short(10**edge, 2)} to {short(10 ** (edge + 0.5), 2)}"


def _power(decade: int) -> str:
    return {0: "1", 1: "10"}.get(decade, f"10{str(decade).translate(_SUPERSCRIPT)}")


def gauge(margin: float) -> str:
    """Where one margin lies between 10⁻⁴ and 10, with a line at the bound; beyond that it stays at the end."""
    width, height, low, high = 96.0, 14.0, -4.0, 1.0
    decade = -math.inf if margin <= 0 else math.log10(margin) if math.isfinite(margin) else math.inf
    share = (min(max(decade, low), high) - low) / (high - low)
    at, bound = 4 + share * (width - 8), 4 + (0 - low) / (high - low) * (width - 8)
    kind = "beyond" if margin > 1 else "within"
    return svg(
        width,
        height,
        f"worst margin {short(margin)}",
        [
            f'<path class="axis" d="M4 7H{width - 4:g}"/><path class="bound" d="M{bound:.1f} 1V13"/>',
            f'<circle class="{kind}" cx="{at:.1f}" cy="7" r="3.5"/>',
        ],
        name="gauge",
    )


def strip(counts: Mapping[str, int]) -> str:
    """One bar, divided by verdict: {"stands": 12, "refuted": 2, ...}. Returns "" when all are zero."""
    everything = sum(counts.values())
    if not everything:
        return ""
    width, x, body = 120.0, 0.0, []
    for kind, number in counts.items():
        share = width * number / everything
        if number:
            wide = max(share - 1, 1.0)
            body.append(f'<rect class="{escape(kind)}" x="{x:.1f}" y="0" width="{wide:.1f}" height="10" rx="1"/>')
        x += share
    title = ", ".join(f"{number} {kind.replace('-', ' ')}" for kind, number in counts.items() if number)
    return svg(width, 10, title, body, name="strip")


def scatter(points: Sequence[Sequence[float]], labels: Sequence[float], title: str) -> str:
    """A small classified case: points on a line (one feature) or in a plane (two), a mark for each class.

    points: (n, 1) or (n, 2), finite. labels: (n,); −1 and +1 are drawn as signs, other classes by their number.
    """
    plane = len(points[0]) == 2
    width, height, edge = 240.0, 180.0 if plane else 64.0, 16.0
    xs = _scaled([point[0] for point in points], edge, width - edge)
    ys = _scaled([-point[1] for point in points], edge, height - edge) if plane else [height - 26.0] * len(points)
    classes = sorted(set(labels))
    seen: Counter[tuple[float, float]] = Counter()
    marks = []
    for x, y, label, point in zip(xs, ys, labels, points, strict=True):
        again = seen[x, y]
        seen[x, y] += 1
        tip = f"({', '.join(short(value) for value in point)}): class {short(label)}"
        marks.append(_mark(x + 5 * again * plane, y - (5 if plane else 15) * again, classes.index(label), label, tip))
    frame = f'<path class="axis" d="M0 {height - 12:g}H{width:g}"/>'
    if plane:
        frame = f'<rect class="frame" x=".5" y=".5" width="{width - 1:g}" height="{height - 1:g}" rx="3"/>'
    spoken = "; ".join(
        f"({', '.join(short(v) for v in point)}) is {short(label)}" for point, label in zip(points, labels, strict=True)
    )
    return svg(width, height, title, [frame, *marks], spoken, "scatter")


def dots(points: Sequence[tuple[float, float]], title: str) -> str:
    """A small regression case: a dot for each row, x to the right, y upwards; lines at x = 0 and y = 0.

    points: (x, y) of each row, finite.
    """
    width, height, edge = 240.0, 150.0, 16.0
    xs, ys = ([*values, 0.0] for values in zip(*points, strict=True))
    across, up = _scaled(xs, edge, width - edge), _scaled([-y for y in ys], edge, height - edge)
    body = [f'<path class="axis" d="M0 {up[-1]:.1f}H{width:g}M{across[-1]:.1f} 0V{height:g}"/>']
    for x, y, (a, b) in zip(across, up, points, strict=False):
        tip = f"x = {short(a)}, y = {short(b)}"
        body.append(f'<circle class="class0" cx="{x:.1f}" cy="{y:.1f}" r="4"><title>{escape(tip)}</title></circle>')
    spoken = "; ".join(f"y is {short(b)} at x {short(a)}" for a, b in points)
    return svg(width, height, title, body, spoken, "scatter")


def tableau(cost: Sequence[Sequence[float]], supply: Sequence[float], demand: Sequence[float], title: str) -> str:
    """The tableau of a small transport problem: a cell for each cost, the darker the dearer.

    cost: (n, m); supply: (n,), to the left; demand: (m,), above; all finite.
    """
    cell, left, top = 30.0, 44.0, 34.0
    width, height = left + cell * len(demand), top + cell * len(supply)
    low, high = min(map(min, cost)), max(map(max, cost))
    span = (high / 2 - low / 2) or 1.0  # halves: the difference of two huge costs may overflow
    body = [f'<text class="tick" x="{left - 6:g}" y="{top - 6:g}" text-anchor="end">a \\ b</text>']
    for j, mass in enumerate(demand):
        body.append(_centred(left + cell * (j + 0.5), top - 10, short(mass), "mass"))
    for i, (mass, row) in enumerate(zip(supply, cost, strict=True)):
        y = top + cell * i
        body.append(_centred(left - 22, y + cell / 2 + 4, short(mass), "mass"))
        for j, price in enumerate(row):
            shade = (price / 2 - low / 2) / span
            x, tip = left + cell * j, escape(f"from {i} to {j}: cost {short(price)}")
            body.append(
                f'<g><title>{tip}</title><rect class="price" x="{x:g}" y="{y:g}" width="{cell:g}" height="{cell:g}" '
                f'fill-opacity="{0.08 + 0.6 * shade:.2f}"/>{_centred(x + cell / 2, y + cell / 2 + 4, short(price))}</g>'
            )
    masses = [f"{name} {', '.join(map(short, values))}" for name, values in (("a", supply), ("b", demand))]
    costs = "; ".join(", ".join(map(short, row)) for row in cost)
    return svg(width + 1, height + 1, title, body, f"weights {' and '.join(masses)}; costs {costs}", "tableau")


def _centred(x: float, y: float, text: str, kind: str = "") -> str:
    return f'<text class="{kind}" x="{x:g}" y="{y:g}" text-anchor="middle">{escape(text)}</text>'


def _mark(x: float, y: float, order: int, label: float, tip: str) -> str:
    glyph = {-1.0: "−", 1.0: "+"}.get(float(label), short(label))
    shape = (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="7.5"/>',
        f'<rect x="{x - 7:.1f}" y="{y - 7:.1f}" width="14" height="14" rx="2"/>',
        f'<path d="M{x:.1f} {y - 9:.1f}l9 16h-18z"/>',
    )[order % 3]
    text = f'<text x="{x:.1f}" y="{y + 4:.1f}" text-anchor="middle">{escape(glyph)}</text>'
    return f'<g class="class{order % 3}"><title>{escape(tip)}</title>{shape}{text}</g>'


def _scaled(values: Sequence[float], start: float, stop: float) -> list[float]:
    """Values mapped linearly to [start, stop], the middle when all are equal; safe against overflow."""
    largest = max(abs(value) for value in values) or 1.0
    small = [value / largest for value in values]
    low, high = min(small), max(small)
    if high == low:
        return [(start + stop) / 2] * len(values)
    return [start + (stop - start) * (value - low) / (high - low) for value in small]
