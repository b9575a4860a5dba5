"""The claim that gradient descent, stopped early, is a filter of singular values: OV-10."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from theory.core.bound import U64, Bound, absolute, gamma, rounding
from theory.core.claim import Answer, Claim
from theory.core.domain import Axes, Cases, Domain, Shape
from theory.core.gap import Gap, at_most, equal
from theory.overfitting import oracle_fitting as oracle
from theory.overfitting.bounds_fitting import MOST, Size, norm, size, squared_error
from theory.overfitting.cases_fitting import Floats, Mask, Rng, design, real_fits, scaled, target

RATES = MappingProxyType({"slow": (0.01, 0.2), "middle": (0.2, 1.0), "fast": (1.0, 1.9), "beyond": (2.05, 2.5)})
"""Learning rates in units of 1∕s₁²; from 2 on descent diverges."""


def check_filter(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Descent and filter against descent in exact rationals, step by step, with the bounds of `Walk`.

    Below 2∕s₁² no step raises rss, and ‖w_t − X⁺y‖ ≤ max_j|1 − ηs_j²|^t ‖X⁺y‖: descent ends at the solution of least
    norm.
    """
    walk = Walk.of(cases)
    walked, filtered, path = walk.descended(), walk.filtered(), walk.path
    filters, summed = answer.again("spectral_filter", cases), answer["rss"]
    rss_off, other_off = walk.squares(walked), walk.squares(filtered)
    below = cases["rate"] * walk.values[:, 0] ** 2 < 2
    return (
        equal("descent", answer["path"], path.coef, Bound(walked.value[..., None], walked.terms)),
        equal("filter", filters["path"], path.coef, Bound(filtered.value[..., None], filtered.terms)),
        equal("rss of descent", summed, path.rss, rss_off),
        equal("rss of the filter", filters["rss"], path.rss, other_off),
        at_most("no step raises rss", summed[:, 1:], summed[:, :-1],
                Bound(rss_off.value[:, 1:] + rss_off.value[:, :-1], rss_off.terms), below[:, None]),
        _arrives(answer, cases, walk, walked),
    )  # fmt: skip


@dataclass(frozen=True)
class Walk:
    """The exact path of a case, and how far computed ones may be from it.

    E_t+1 = ρE_t + what step t adds, with ρ = ‖I − ηXᵀX‖ ≤ max(1, |1 − ηs₁²|). values: singular values (lane, k). force:
    η‖X‖(‖X‖‖w_t‖ + ‖y‖) (lane, steps+1), which bounds what one step moves.
    """

    cases: Cases
    path: oracle.Path
    sized: Size
    values: Floats
    force: Floats

    @classmethod
    def of(cls, cases: Cases) -> Walk:
        """The exact path of every lane."""
        x, y, rate = cases["x"], cases["y"], cases["rate"]
        steps = np.full(cases.lanes, cases.integer("steps"))
        path = oracle.Path(*oracle.stacked(oracle.descent, x, y, rate, steps))
        sized, length = size(x, cases.u), norm(path.coef)
        force = (rate * sized.norm)[:, None] * (sized.norm[:, None] * length + norm(y)[:, None])
        return cls(cases, path, sized, np.linalg.svd(x, compute_uv=False), force)

    @property
    def rho(self) -> Floats:
        """How much one step may stretch an error: (lane,)."""
        return np.asarray(np.maximum(1.0, np.abs(1 - self.cases["rate"] * self.values[:, 0] ** 2)))

    def grown(self, local: Floats, words: str) -> Bound:
        """The sum over steps, doubled for what is of second order: (lane, steps+1)."""
        off = np.zeros(local.shape)
        for step in range(self.cases.integer("steps")):
            off[:, step + 1] = self.rho * off[:, step] + local[:, step]
        return absolute(2 * off, f"2 Σ_s ρ^(t−s) {words}")

    def descended(self) -> Bound:
        """One step rounds its two products, γ(n+d+6) of the force, and its sum, 2u‖w‖: (lane, steps+1)."""
        n, d = self.cases["x"].shape[1:]
        local = gamma(n + d + 6, self.cases.u) * self.force + 2 * self.cases.u * norm(self.path.coef)
        return self.grown(local, "[γ(n+d+6) η‖X‖(‖X‖‖w‖+‖y‖) + 2u‖w‖]")

    def filtered(self) -> Bound:
        """A filter is exact for X + ΔX and y + Δy, see `bounds_fitting`, of which each step differs by 2ε of the force.

        Its factor 1 − (1 − ηs²)^t is off by 4t+4 roundings of at most 1 + ρ^t, by 1∕s as much in the coefficients.
        """
        n, d = self.cases["x"].shape[1:]
        t = np.arange(self.force.shape[1])
        power = self.rho[:, None] ** t * (norm(self.cases["y"]) / self.sized.least)[:, None]
        factors = gamma(4 * t + n + d + 8, self.cases.u) * 2 * power
        moved = self.grown(2 * self.sized.eps[:, None] * self.force, "2ε η‖X‖(‖X‖‖w‖+‖y‖)")
        return moved + absolute(factors, "γ(4t+n+d+8) 2ρ^t‖y‖∕s_min")

    def squares(self, off: Bound) -> Bound:
        """A residual moves by δ = ‖X‖E + γ(d+2)(‖y‖ + ‖X‖‖w‖), rss by 2‖r‖δ + δ² and γ(n+2) of itself."""
        (n, d), reach = self.cases["x"].shape[1:], self.sized.norm[:, None]
        length = norm(self.path.coef) + off.value
        delta = reach * off.value + gamma(d + 2, self.cases.u) * (norm(self.cases["y"])[:, None] + reach * length)
        value = squared_error(norm(self.path.residual), delta) + gamma(n + 2, self.cases.u) * self.path.rss
        return absolute(value, "2‖r‖δ + δ² + γ(n+2)rss, δ = ‖X‖E + γ(d+2)(‖y‖+‖X‖‖w‖)")


def _arrives(answer: Answer, cases: Cases, walk: Walk, walked: Bound) -> Gap:
    """How far the path is from the solution of least norm, which is exact here."""
    end, _ = oracle.stacked(oracle.minimum_norm, cases["x"], cases["y"])
    shrink = np.abs(1 - cases["rate"][:, None] * walk.values**2).max(axis=1)
    t = np.arange(answer["path"].shape[1])
    allowed = shrink[:, None] ** t * norm(end)[:, None]
    own = rounding(8 * t + 16, U64, "γ(8t+16)(allowed + ‖X⁺y‖) (float64)", allowed + norm(end)[:, None])
    squared = (
        gamma(16 * t, U64) * (1 + cases["rate"] * walk.values[:, 0] ** 2)[:, None] * (norm(end)[:, None] + allowed)
    )
    slack = walked + own + absolute(squared, "rounded singular values")
    return at_most("‖w_t − X⁺y‖ ≤ max|1 − ηs²|^t ‖X⁺y‖", norm(answer["path"] - end[:, None]), allowed, slack)


def draw_descents(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Designs of full rank, tall or wide, and a rate as a share of 2∕s₁²."""
    pace, _, kind = regime.partition(": ")
    n, d = max(shape["n"], shape["d"]), shape["d"]
    if kind == "wide":
        n, d = min(shape["n"], 3), 4
    if kind == "single-column":
        d = 1
    x = design(rng, kind, lanes, n, d)
    y = target(rng, kind, x)
    unit = scaled(kind)
    largest = np.linalg.svd(x * unit, compute_uv=False)[:, 0]
    rate = rng.uniform(*RATES[pace], lanes) / np.where(largest > 0, largest, 1.0) ** 2
    return Cases({"x": x * unit, "y": y * unit, "rate": rate}, {"steps": shape["steps"]}, regime)


def valid_descents(cases: Cases) -> Mask:
    """Rows or columns independent, also after rounding, and a positive rate up to 3∕s₁²."""
    x, rate = cases["x"], cases["rate"]
    sized = size(x, cases.u)
    largest = np.linalg.svd(x, compute_uv=False)[:, 0]
    sane = (rate > 0) & (rate * largest**2 <= 3)
    return np.asarray((sized.rank == min(x.shape[1:])) & (sized.eps * sized.kappa <= MOST) & sane)


def _real_descent() -> Cases:
    cases = real_fits(4, 64)()
    largest = np.linalg.svd(cases["x"], compute_uv=False)[:, 0]
    return cases.with_arrays(rate=1 / largest**2).with_settings(steps=12)


DESCENTS = Domain(
    MappingProxyType({"n": (1, 6), "d": (1, 4), "steps": (0, 16)}),
    (
        "middle: generic",
        "slow: generic",
        "fast: generic",
        "beyond: generic",
        "middle: wide",
        "fast: wide",
        "middle: single-column",
        "middle: orthogonal",
        "fast: integers",
        "slow: near-collinear",
        "middle: exact-fit",
        "middle: zero-target",
        "middle: tiny-scale",
        "fast: huge-scale",
    ),
    draw_descents,
    MappingProxyType({"x": Axes(("n", "d"), "real"), "y": Axes(("n",), "real"), "rate": Axes((), "real")}),
    MappingProxyType({"steps": 0}),
    valid=valid_descents,
    real=MappingProxyType({"diabetes": _real_descent}),
)
"""Rates far below the limit, near it, and beyond, where descent diverges and the filter says how."""

FILTER_CLAIM = Claim(
    id="OV-10",
    version=1,
    title="Stopping early is a filter",
    sentence="Gradient descent from 0 on the squared error multiplies each singular direction of the solution by one "
    "minus a power; below its limit rate no step raises the error, and it ends at the solution of least norm.",
    latex=r"w_t=\sum_j\frac{1-(1-\eta s_j^2)^t}{s_j}(u_j^\top y)v_j,\qquad w_t\to X^+y\quad(\eta<2/s_1^2)",
    source=(("yao2007", "section 2"), ("ali2019", "section 2")),
    kind="identity",
    asks="gradient_descent",
    also=("spectral_filter",),
    check=check_filter,
    domain=DESCENTS,
    needs=("path", "rss"),
    parents=("OV-17",),
    lanes=12,
)
