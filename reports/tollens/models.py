"""Pictures of small probability models: a mixture over its rows, and the trellis of a hidden Markov model."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from tollens.plots import svg
from tollens.wording import short

Rows = Sequence[Sequence[float]]
_WIDTH, _EDGE = 240.0, 18.0


def mixture(rows: Rows, weights: Sequence[float], means: Rows, covariances: Sequence[Rows], title: str) -> str:
    """Rows as dots, each component as its mean and the ellipse one standard deviation away, the fainter the lighter.

    rows: (n, d), weights: (k,), means: (k, d), covariances: (k, d, d) positive definite; d is 1 or 2, all finite. On a
    line the ellipses are bars, one below the other.
    """
    plane = len(means[0]) == 2
    ends = [
        [middle + side * math.sqrt(cov[i][i]) for i, middle in enumerate(mean)]
        for mean, cov in zip(means, covariances, strict=True)
        for side in (-1, 1)
    ]
    height = _WIDTH * 0.75 if plane else 40.0 + 16 * len(means)
    frame = _Frame([*rows, *ends], height)
    body = [f'<rect class="frame" x=".5" y=".5" width="{_WIDTH - 1:g}" height="{height - 1:g}" rx="3"/>']
    for k, (weight, mean, cov) in enumerate(zip(weights, means, covariances, strict=True)):
        tip = f"component {k}: weight {short(weight)}, mean {_vector(mean)}"
        shape = frame.ellipse(mean, cov) if plane else frame.bar(mean[0], math.sqrt(cov[0][0]), 40.0 + 16 * k)
        body.append(f'<g class="class{k % 3}" opacity="{0.35 + 0.65 * weight:.2f}"><title>{tip}</title>{shape}</g>')
    for row in rows:
        x, y = frame.at(row) if plane else (frame.at([row[0], 0])[0], 20.0)
        body.append(f'<circle class="row" cx="{x:.1f}" cy="{y:.1f}" r="3"><title>{_vector(row)}</title></circle>')
    spoken = f"rows {_vectors(rows)}; means {_vectors(means)}"
    return svg(_WIDTH, height, title, body, spoken, "mixture")


class _Frame:
    """One scale for both axes, so that a circle stays a circle."""

    def __init__(self, seen: Rows, height: float) -> None:
        lows, highs = ([pick(point[i] for point in seen) for i in range(len(seen[0]))] for pick in (min, max))
        sizes = (_WIDTH - 2 * _EDGE, height - 2 * _EDGE)
        spans = [(high - low) / size for low, high, size in zip(lows, highs, sizes, strict=False)]
        self.unit = max(spans) or 1.0
        self.middle = [(low + high) / 2 for low, high in zip(lows, highs, strict=True)] + [0.0]
        self.centre = (_WIDTH / 2, height / 2)

    def at(self, point: Sequence[float]) -> tuple[float, float]:
        return (
            self.centre[0] + (point[0] - self.middle[0]) / self.unit,
            self.centre[1] - (point[1] - self.middle[1]) / self.unit,
        )

    def ellipse(self, mean: Sequence[float], cov: Rows) -> str:
        """The ellipse of one standard deviation, from the eigenvalues of a symmetric 2×2 matrix."""
        (a, b), (_, c) = cov
        half, root = (a + c) / 2, math.hypot((a - c) / 2, b)
        long, short_ = (math.sqrt(max(value, 0.0)) / self.unit for value in (half + root, half - root))
        x, y = self.at(mean)
        turn = -math.degrees(math.atan2(2 * b, a - c) / 2)
        return (
            f'<ellipse cx="{x:.1f}" cy="{y:.1f}" rx="{max(long, 0.5):.1f}" ry="{max(short_, 0.5):.1f}" '
            f'transform="rotate({turn:.1f} {x:.1f} {y:.1f})"/><path d="M{x - 4:.1f} {y:.1f}h8m-4 -4v8"/>'
        )

    def bar(self, mean: float, deviation: float, y: float) -> str:
        x, wide = self.at([mean, 0.0])[0], max(deviation / self.unit, 0.5)
        return f'<path d="M{x - wide:.1f} {y:.1f}h{2 * wide:.1f}M{x:.1f} {y - 5:.1f}v10"/>'


def trellis(start: Sequence[float], moves: Rows, likelihoods: Rows, title: str) -> str:
    """States over time: a node for each, the darker the likelier what was seen there; edges as thick as the moves.

    start: (s,), moves: (s, s), likelihoods: (t, s) ≥ 0, all finite. A move of probability 0 has no edge.
    """
    states, times = len(start), len(likelihoods)
    step, gap, left = 54.0, 38.0, 46.0
    width, height = left + step * times, 14.0 + gap * states
    place = [[(left + step * t + 12, 24.0 + gap * i) for i in range(states)] for t in range(times)]
    largest = max(max(row) for row in likelihoods) or 1.0
    body = [
        f'<path class="move" stroke-width="{4 * moves[i][j]:.2f}" d="M{x:g} {y:g}L{place[t + 1][j][0]:g} '
        f'{place[t + 1][j][1]:g}"><title>from {i} to {j}: {short(moves[i][j])}</title></path>'
        for t in range(times - 1)
        for i, (x, y) in enumerate(place[t])
        for j in range(states)
        if moves[i][j] > 0
    ]
    for i, chance in enumerate(start):
        body.append(f'<text class="tick" x="2" y="{place[0][i][1] + 4:g}">π {escape(short(chance, 2))}</text>')
    for t, row in enumerate(likelihoods):
        for i, value in enumerate(row):
            x, y = place[t][i]
            tip = f"state {i} at time {t}: likelihood {short(value)}"
            body.append(
                f'<g><title>{tip}</title><circle class="under" cx="{x:g}" cy="{y:g}" r="11"/>'
                f'<circle class="state" cx="{x:g}" cy="{y:g}" r="11" '
                f'fill-opacity="{0.08 + 0.6 * value / largest:.2f}"/>'
                f'<text x="{x:g}" y="{y + 4:g}" text-anchor="middle">{i}</text></g>'
            )
    spoken = f"start {_vector(start)}; moves {_vectors(moves)}; likelihoods {_vectors(likelihoods)}"
    return svg(width, height, title, body, spoken, "trellis")


def _vector(values: Sequence[float]) -> str:
    return f"({', '.join(short(value) for value in values)})"


def _vectors(rows: Rows) -> str:
    return "; ".join(map(_vector, rows))
