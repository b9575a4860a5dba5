"""Claims about proximal operators and projections: REG-18, REG-21."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from theory.core.ask import NotOffered
from theory.core.bound import U64, ZERO, Bound, absolute, gamma, rounding
from theory.core.claim import Answer, Claim
from theory.core.domain import Cases
from theory.core.gap import Gap, at_most, equal, exactly
from theory.regularization import oracle_prox as oracle
from theory.regularization.cases_prox import PROJECTED, PROX, norm_of

Floats = NDArray[np.float64]
DUAL = {"l1": "linf", "l2": "l2", "linf": "l1"}


def prox_error(cases: Cases, v: Floats) -> Bound:
    """Error of each entry of prox at v (lane, p), the oracle's own included.

    l1: |v| − t, 1 + μ and their quotient are one rounding each, so γ₃ of the value. l2: t ∕ ‖v‖ ≤ 1 after p + 4
    roundings, then three more: γ(p+10)|v| ∕ (1 + μ). An entry that must be 0 has no error.
    """
    mu = 1 + cases["ridge"][:, None]
    if cases.settings["norm"] == "l1":
        value = oracle.prox(v, cases["step"], cases["ridge"], "l1")
        return rounding(3, cases.u, "γ(3)|prox|", value) + rounding(3, U64, "its like in the oracle", value)
    steps = v.shape[1] + 10
    size = np.where((norm_of(v, "l2") > 0)[:, None], np.abs(v) / mu, 0.0)
    return rounding(steps, cases.u, "γ(p+10)|v| ∕ (1+μ)", size) + rounding(steps, U64, "its like in the oracle", size)


def _length(bound: Bound) -> Floats:
    """The length of an error that is bounded entry by entry: (lane,)."""
    return norm_of(bound.value, "l2")


def check_prox(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """The value is the closed form, it is the strict minimiser of its definition, and Moreau's decomposition holds.

    Errors of the value as in `prox_error`, e in length. F(a) + (1+μ)∕2 ‖a − x‖² ≤ F(x) for every x: moving a by e
    costs (1+μ) e (‖a − x‖ + ‖v‖ + t), and F itself is γ(2p+8) of its terms.
    """
    v, z, norm = cases["v"], cases["z"], str(cases.settings["norm"])
    a, error = answer["value"], prox_error(cases, v)
    other = answer.again("prox", cases.with_arrays(v=z))["value"]
    gaps = [equal("prox", a, oracle.prox(v, cases["step"], cases["ridge"], norm), error)]
    for label, x in (("0", np.zeros_like(v)), ("v", v), ("z", z), ("prox(z)", other), ("2 prox(v)", 2 * a)):
        gaps.append(_minimal(f"at most F at {label}", a, x, cases, error))
    gaps.append(_firm(a, other, cases, error + prox_error(cases, z)))
    try:
        ball = cases.with_arrays(radius=cases["step"]).with_settings(norm=DUAL[norm])
        rest = answer.again("project", ball)["value"]
    except NotOffered:
        return tuple(gaps)
    both = error + projection_error(ball, v) + rounding(1, U64, "u|v|", v)
    return (*gaps, equal("prox + projection on the dual ball = v", a + rest, v, both, cases["ridge"][:, None] == 0))


def _minimal(label: str, a: Floats, x: Floats, cases: Cases, error: Bound) -> Gap:
    v, norm, mu = cases["v"], str(cases.settings["norm"]), cases["ridge"]
    t = cases["step"]
    scale = np.maximum(np.abs(np.concatenate([v, x, a], axis=1)).max(axis=1), t)
    unit = np.where(scale > 0, scale, 1.0)  # everything is measured in the largest number, whose square may overflow
    v, a, x, t = v / unit[:, None], a / unit[:, None], x / unit[:, None], t / unit

    def objective(point: Floats) -> Floats:
        square = ((point - v) ** 2).sum(axis=1) + mu * (point**2).sum(axis=1)
        return np.asarray(square / 2 + t * norm_of(point, norm))

    away = (1 + mu) * ((a - x) ** 2).sum(axis=1) / 2
    best, there = objective(a), objective(x)
    moved = (1 + mu) * _length(error) / unit * (norm_of(a - x, "l2") + norm_of(v, "l2") + t)
    bound = absolute(moved, "(1+μ) e (‖a − x‖ + ‖v‖ + t)") + rounding(
        2 * v.shape[1] + 8, U64, "γ(2p+8) F", best + there + away
    )
    return at_most(label, best + away, there, bound)


def _firm(a: Floats, b: Floats, cases: Cases, error: Bound) -> Gap:
    """Firmly non-expansive: (1+μ)‖Pv − Pz‖² ≤ ⟨Pv − Pz, v − z⟩; errors e of both together move it by their products."""
    mu = 1 + cases["ridge"]
    unit = np.maximum(norm_of(np.concatenate([cases["v"], cases["z"]], axis=1), "linf"), np.finfo(np.float64).tiny)
    apart, between = (a - b) / unit[:, None], (cases["v"] - cases["z"]) / unit[:, None]
    off = _length(error) / unit
    far, near = norm_of(between, "l2"), norm_of(apart, "l2")
    bound = absolute(off * (far + 2 * mu * near + mu * off), "e (‖v − z‖ + 2(1+μ)‖Pv − Pz‖ + (1+μ) e)")
    own = rounding(a.shape[1] + 6, U64, "γ(p+6) of both", near * far + mu * near**2)
    return at_most("firmly non-expansive", mu * (apart**2).sum(axis=1), (apart * between).sum(axis=1), bound + own)


def projection_error(cases: Cases, v: Floats) -> Bound:
    """Error of each entry of the projection of v (lane, p), the oracle's own included.

    linf: clipping is exact. l1: the threshold is a sum of entries less the radius, γ(p+6)(‖v‖₁ + r), where v is not
    clearly inside. l2: γ(p+6)|v| min(1, r ∕ ‖v‖). A radius of 0 leaves 0.
    """
    norm, r, p = str(cases.settings["norm"]), cases["radius"], v.shape[1]
    steps, length = p + 6, norm_of(v, norm)
    if norm == "linf":
        return Bound(np.zeros(v.shape), ZERO.terms)
    outside = (length > r * (1 - gamma(2 * steps, cases.u))) & (r > 0)
    if norm == "l1":
        size, words = np.where(outside, length + r, 0.0)[:, None] + np.zeros_like(v), "γ(p+6)(‖v‖₁ + r)"
    else:
        size = np.abs(v) * np.where(outside, np.minimum(1.0, r / np.where(length > 0, length, 1.0)), 0.0)[:, None]
        words = "γ(p+6)|v| min(1, r ∕ ‖v‖)"
    return rounding(steps, cases.u, words, size) + rounding(steps, U64, "its like in the oracle", size)


def check_projection(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """The nearest point of the ball: inside, ⟨v − Π, z − Π⟩ ≤ 0 for every extreme point z, the exact point, shrinking.

    The largest ⟨v − Π, z⟩ over the ball is r ‖v − Π‖ in the dual norm, reached at an extreme point. With an error e
    entry by entry it moves by r‖e‖ in the dual norm and ‖e‖₁(‖Π‖∞ + ‖v − Π‖∞); own sums γ(2p+4).
    """
    v, r, norm = cases["v"], cases["radius"], str(cases.settings["norm"])
    found, error = answer["value"], projection_error(cases, v)
    p, moved = v.shape[1], norm_of(error.value, norm)
    scale = np.maximum(norm_of(v, "linf"), r)
    unit = np.where(scale > 0, scale, 1.0)
    rest, near = (v - found) / unit[:, None], found / unit[:, None]
    off, radius = error.value / unit[:, None], r / unit
    reach = radius * norm_of(rest, DUAL[norm])
    inner = (rest * near).sum(axis=1)
    first = radius * norm_of(off, DUAL[norm])
    second = norm_of(off, "l1") * (norm_of(near, "linf") + norm_of(rest, "linf"))
    own = rounding(2 * p + 4, U64, "γ(2p+4) of both", reach + (np.abs(rest) * np.abs(near)).sum(axis=1))
    variational = absolute(first + second, "r‖e‖ + ‖e‖₁(‖Π‖∞ + ‖v − Π‖∞)") + own
    other = answer.again("project", cases.with_arrays(v=cases["z"]))["value"]
    total = error + projection_error(cases, cases["z"])
    apart, before = norm_of(found - other, "l2"), norm_of(v - cases["z"], "l2")
    shrinking = absolute(_length(total), "e(v) + e(z)") + rounding(p + 4, U64, "γ(p+4)", before + apart)
    size = norm_of(found, norm)
    within = absolute(moved, "‖e‖") + rounding(p + 2, U64, "γ(p+2) ‖Π‖", 0.0 if norm == "linf" else size)
    again = answer.again("project", cases.with_arrays(v=found))["value"]
    return (
        equal("the nearest point", found, oracle.project(v, r, norm), error),
        at_most("inside the ball", size, r, within),
        at_most("⟨v − Π, z − Π⟩ ≤ 0 at every extreme point", reach, inner, variational),
        at_most("no two points move apart", apart, before, shrinking),
        equal("once is enough", again, found, error + projection_error(cases, found)),
        exactly("a ball of radius 0", found, np.zeros_like(found), (r == 0)[:, None]),
    )


PROX_CLAIMS: tuple[Claim, ...] = (
    Claim(
        id="REG-18",
        version=1,
        title="The proximal operator, and Moreau's decomposition",
        sentence="The proximal point is the soft threshold or the shrunk block, no point is better, and with the "
        "projection on the dual ball it adds up to the point itself.",
        latex=r"\mathrm{prox}_{t\lVert\cdot\rVert}(v)+\Pi_{\lVert\cdot\rVert_*\le t}(v)=v,\quad "
        r"\mathrm{prox}_{t\lVert\cdot\rVert_1}(v)_j=\mathrm{sign}(v_j)\max(|v_j|-t,0)",
        source=(("moreau1965", "whole paper"), ("parikh2014", "sections 2.5, 6.5")),
        kind="certificate",
        asks="prox",
        also=("project",),
        check=check_prox,
        domain=PROX,
        parents=("REG-01",),
        needs=("value",),
    ),
    Claim(
        id="REG-21",
        version=1,
        title="The projection on a ball",
        sentence="The projection lies in the ball, makes an obtuse angle with every extreme point, and brings no two "
        "points further apart.",
        latex=r"\langle v-\Pi(v),z-\Pi(v)\rangle\le0\ \text{for all}\ \lVert z\rVert\le r",
        source=(("parikh2014", "sections 1.2, 6.5"), ("duchi2008", "section 3")),
        kind="certificate",
        asks="project",
        check=check_projection,
        domain=PROJECTED,
        parents=("REG-18",),
        needs=("value",),
        lanes=64,
    ),
)
