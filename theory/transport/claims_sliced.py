"""Claims about projections, OT-30, and about lines that never meet, OT-18."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np

from theory.core.bound import U64, ZERO, Bound, rounding
from theory.core.claim import Answer, Claim
from theory.core.domain import Cases
from theory.core.gap import Gap, at_most, equal
from theory.transport.cases_closed import CLOUD_DOMAIN, LINES_DOMAIN
from theory.transport.oracle_closed import Floats, Measure, cost, enclosure, entropies, line_bound, measure, power

SOLVED = 4
"""Problems a call that are also solved as linear programmes."""
ANGLES = np.array([[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]])
"""Directions (cos φ, sin φ) in which parallel lines are seen."""


def _projections(cases: Cases, lane: int, points: str, weights: str) -> list[Measure]:
    """The exact projections of one lane's measure onto each direction."""
    rows, directions = (
        [[Fraction(v) for v in row] for row in cases[name][lane].tolist()] for name in (points, "directions")
    )
    w = cases[weights][lane].tolist()
    return [
        measure([sum((v * c for v, c in zip(row, theta, strict=True)), Fraction(0)) for row in rows], w)
        for theta in directions
    ]


def _diameter(cases: Cases) -> Floats:
    """2 √d max|x|, which no projection exceeds; 1 where all is 0: (lane,)."""
    sides = ((cases["x"], cases["a"]), (cases["y"], cases["b"]))
    size = np.maximum(*(np.where((w > 0)[..., None], np.abs(v), 0).max(axis=(1, 2)) for v, w in sides))
    return np.asarray(np.where(size > 0, 2 * np.sqrt(cases["x"].shape[2]) * size, 1.0))


def check_sliced(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Each direction costs what its projections cost on the line; the distance is their mean of order p, at most W_p.

    Unit: D = 2 √d max|x|. A projection errs by γ(d) D/2 on both sides, and |A^p − B^p| ≤ p |A − B| max(A, B)^{p−1}:
    p γ(d) D^p on top of `line_bound`. Turning by a signed permutation changes the order of d terms only. Any plan in d
    dimensions costs at least W_p^p; directions are of length 1 up to γ(8d), which stretches a projection.
    """
    x, y = cases["x"], cases["y"]
    (lanes, n, d), m, k = x.shape, y.shape[1], cases["directions"].shape[1]
    p, u, unit = float(cases.settings["p"]), cases.u, _diameter(cases)
    line = line_bound(n, m, p, u, unit) + rounding(p * d, u, "p γ(d) D^p")
    exact = np.empty((lanes, k))
    for lane in range(lanes):
        sides = zip(*(_projections(cases, lane, *names) for names in (("x", "a"), ("y", "b"))), strict=True)
        exact[lane] = [cost(mu, nu, p, Fraction(float(unit[lane]))) for mu, nu in sides]
    found, distance = power(answer["per_direction"], unit[:, None], p), power(answer["distance"], unit, p)
    mean = rounding(k + p * np.abs(np.log(unit)) + 4 * p + 9, u, "γ(k + p|ln D| + 4p + 9) mean", found.mean(axis=1))
    order, flip = np.roll(np.arange(d), 1), np.where(np.arange(d) % 2, -1.0, 1.0)
    turn = {name: cases[name][..., order] * flip for name in ("x", "y", "directions")}
    turned = power(answer.again("sliced", cases.with_arrays(**turn))["distance"], unit, p)
    C = (np.linalg.norm(x[:, :, None] - y[:, None], axis=-1) / unit[:, None, None]) ** p
    _, high = enclosure(cases["a"], cases["b"], C, SOLVED)
    room = line + mean + rounding(8 * p * d, u, "p γ(8d)") + rounding(8 * (n + m + d + p), U64, "the solver's")
    return (
        equal("W_p^p of each direction", found, exact, Bound(line.value[:, None], line.terms)),
        equal("distance^p = mean of W_p^p", distance, found.mean(axis=1), mean),
        equal("turned by a signed permutation", turned, distance, line + line + mean + mean),
        at_most("distance^p ≤ W_p^p", distance, high, room, ~np.isnan(high)),
    )


def check_lines(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Disjoint: JSD = ln 2, TV = 1, KL = ∞; equal: all 0; else what long digits say. W_1 = |θ|, whatever the masses.

    A sum of N = 2n terms of size (a + b) ln 2, each with a logarithm and a few roundings: γ(2N + 16). KL: terms of
    size a(1 + |ln a| + |ln b|), γ(N + 12). W_1 on the line of the θ's: γ(2N + 16) |θ|; a slice in direction (cos φ,
    sin φ) shifts z sin φ by θ cos φ, and rounds projections of size N + |θ|: γ(2N + 32) (N + |θ|).
    """
    a, b, theta, u = cases["a"], cases["b"], cases["theta"], cases.u
    N = a.shape[1]
    exact = np.array([entropies(*pair) for pair in zip(a, b, strict=True)])
    logs = [np.abs(np.log(np.where(w > 0, w, 1.0))) for w in (a, b)]
    size = (a * (1 + logs[0] + logs[1])).sum(axis=1)
    disjoint, same = (a * b == 0).all(axis=1), (a == b).all(axis=1)
    jump = np.where(same, 0.0, np.log(2.0) * (a + b).sum(axis=1) / 2)
    entropy = rounding(2 * N + 16, u, "γ(4n + 16)")
    half = rounding(N + 4, u, "γ(2n + 4)")
    apart, slices = _lines_apart(answer, cases)
    return (
        equal("JSD", answer["jsd"], exact[:, 0], entropy),
        equal("JSD = ln 2 where disjoint, 0 where equal", answer["jsd"], jump, entropy, disjoint | same),
        equal("TV = ½ Σ|a − b|", answer["tv"], np.abs(a - b).sum(axis=1) / 2, half),
        equal("KL", answer["kl"], exact[:, 1], rounding(N + 12, u, "γ(2n + 12) Σ a(1 + |ln a| + |ln b|)", size)),
        equal("KL = ∞ where disjoint", answer["kl"], np.inf, ZERO, disjoint),
        equal("W_1 = |θ|", apart, np.abs(theta), rounding(2 * N + 16, u, "γ(4n + 16) |θ|", theta)),
        equal("W_1 of a slice = |θ cos φ|", slices, np.abs(theta[:, None] * ANGLES[:, 0]),
              rounding(2 * N + 32, u, "γ(4n + 32) (2n + |θ|)", N + np.abs(theta)[:, None])),
    )  # fmt: skip


def _lines_apart(answer: Answer, cases: Cases) -> tuple[Floats, Floats]:
    """W_1 of the first coordinates, 0 against θ with masses a and b: (lane,); and of the slices: (lane, angle).

    The slices are those of the points (0, i) and (θ, i), which have the masses a on both lines.
    """
    a, theta = cases["a"], cases["theta"]
    shift = np.broadcast_to(theta[:, None], a.shape).copy()
    line = {"x": np.zeros_like(a), "a": a, "y": shift, "b": cases["b"]}
    heights = np.broadcast_to(np.arange(a.shape[1], dtype=np.float64), a.shape)
    plane = {
        "x": np.stack([np.zeros_like(a), heights], axis=2),
        "y": np.stack([shift, heights], axis=2),
        "a": a,
        "b": a,
        "directions": np.repeat(ANGLES[None], cases.lanes, axis=0),
    }
    found, sliced = (
        answer.again(operation, replace(cases, arrays=arrays, settings={"p": 1.0}))
        for operation, arrays in (("wasserstein_1d", line), ("sliced", plane))
    )
    return found["distance"], sliced["per_direction"]


SLICED_CLAIMS: tuple[Claim, ...] = (
    Claim(
        id="OT-30",
        version=1,
        title="Sliced distance",
        sentence="The sliced distance is the mean of order p of the distances of the projections, does not change when "
        "the space is turned, and is at most the distance itself.",
        latex=r"SW_p^p(\mu,\nu)=\frac1K\sum_kW_p^p\bigl(\langle\theta_k,\cdot\rangle_\#\mu,"
        r"\langle\theta_k,\cdot\rangle_\#\nu\bigr)\le W_p^p(\mu,\nu)",
        source=(("bonneel2015", "section 3"), ("peyre2019", "section 10.4")),
        kind="identity",
        asks="sliced",
        check=check_sliced,
        domain=CLOUD_DOMAIN,
        needs=("per_direction", "distance"),
        parents=("OT-07",),
        lanes=16,
    ),
    Claim(
        id="OT-18",
        version=1,
        title="Parallel lines",
        sentence="Between measures on parallel lines the Jensen–Shannon divergence is ln 2, the total variation 1 and "
        "the Kullback–Leibler divergence infinite, however near the lines are; the distance is that of the lines.",
        latex=r"W_1(P_0,P_\theta)=|\theta|,\qquad\mathrm{JSD}(P_0,P_\theta)=\ln2\cdot\mathbf 1_{\theta\neq0},\qquad"
        r"\mathrm{TV}(P_0,P_\theta)=\mathbf 1_{\theta\neq0},\qquad"
        r"\mathrm{KL}(P_0\,\|\,P_\theta)=\infty\cdot\mathbf 1_{\theta\neq0}",
        source=(("arjovsky2017", "Example 1"), ("lin1991", "whole paper")),
        kind="identity",
        asks="discrepancies",
        check=check_lines,
        domain=LINES_DOMAIN,
        also=("wasserstein_1d", "sliced"),
        needs=("jsd", "tv", "kl"),
        parents=("OT-07", "OT-30"),
        lanes=32,
    ),
)
