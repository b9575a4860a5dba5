"""Claims about potentials: the c-transform OT-05, Lipschitz functions OT-26, and one potential instead of two OT-06."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import U64, UNIT_ROUNDOFF, Bound, rounding
from theory.core.claim import Answer, Claim
from theory.core.domain import Cases
from theory.core.gap import Gap, at_most, equal, exactly
from theory.transport.cases_linear import exactly_solvable
from theory.transport.cases_metric import COMMON_SUPPORT, DISTANCE, TRANSFORM, is_true_metric, triangle
from theory.transport.oracle_linear import by_linear_programming, closure_by_squaring, enclosure, largest, total

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

SECOND_OPINIONS = 3
"""Lanes of a batch that HiGHS solves too."""

MANY = 16
"""Points whose n² constraints are too many for a second opinion."""


def whole(cases: Cases, *names: str) -> Mask:
    """(lane,): every entry is a whole number, and sums of a dozen of them keep every bit."""
    flat = np.concatenate([cases[name].reshape(cases.lanes, -1) for name in names], axis=1)
    room = 16 * np.abs(flat).max(axis=1) <= 1 / UNIT_ROUNDOFF[cases.dtype]
    return np.asarray((flat % 1 == 0).all(axis=1) & room)


def unless(exact: Mask, k: float, u: float, scale: Floats, words: str) -> Bound:
    """γ_k of the subject and of the check, times a scale (lane, ...); 0 on the lanes that are exact."""
    bound = rounding(k, u + U64, words, scale)
    return Bound(np.where(exact.reshape(-1, *[1] * (bound.value.ndim - 1)), 0.0, bound.value), words)


def least_differences(f: Floats, C: Floats) -> Floats:
    """min_i (C_ij − f_i) by plain loops over lanes, targets and sources: (lane, m)."""
    rows, columns = C.shape[1:]
    found = [[min(C[lane][i][j] - f[lane][i] for i in range(rows)) for j in range(columns)] for lane in range(len(C))]
    return np.array(found, dtype=np.float64).reshape(len(C), columns)


@np.errstate(invalid="ignore", over="ignore")
def check_transform(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """f^c is the largest g under C next to f; f ≤ f^{cc̄}; f^{cc̄c} = f^c; f ≤ h makes f^c ≥ h^c.

    In whole numbers exactly. Else every transform subtracts once, and errors do not grow in the next: u, 2u, 3u of
    S + F, S = max |C|, F = max |f|; against the plain loops 7u (S + F) in all.
    """
    f, C, h = cases["f"], cases["C"], cases["h"]
    c, cc, ccc = answer["c"], answer["cc"], answer["ccc"]
    exact = whole(cases, "f", "C", "h")
    size = (largest(C) + np.maximum(largest(f), largest(h)))[:, None]
    bound = unless(exact, 7, cases.u, size, "7u (S + F)")
    room = C - f[:, :, None] - c[:, None, :]
    other = answer.again("c_transform", cases.with_arrays(f=h))["c"]
    gaps = [
        equal("f^c = min_i (C_ij − f_i)", c, least_differences(f, C), bound),
        equal("f^{cc̄} = min_j (C_ij − f^c_j)", cc, least_differences(c, C.transpose(0, 2, 1)), bound),
        equal("f^{cc̄c} = f^c", ccc, c, bound),
        at_most("f ≤ f^{cc̄}", f, cc, bound),
        equal("tight in every column", room.min(axis=1), 0, bound),
        at_most("f ≤ h ⇒ h^c ≤ f^c", other, c, bound),
    ]
    if C.shape[1] == C.shape[2]:
        gaps += _on_metrics(f, c, C, exact)
    return tuple(gaps)


def _on_metrics(f: Floats, c: Floats, D: Floats, exact: Mask) -> list[Gap]:
    """For a metric, in whole numbers: every f^c is 1-Lipschitz, and f^c = −f exactly for the 1-Lipschitz f."""
    where = exact & is_true_metric(D)
    steps = c[:, :, None] - c[:, None, :]
    itself = (f[:, :, None] - f[:, None, :] <= D).all(axis=(1, 2))
    return [
        at_most("f^c_i − f^c_j ≤ D_ij", steps, D, unless(where, 1, 0.0, D, "0 (exact)"), where[:, None, None]),
        exactly("f^c = −f ⟺ f is 1-Lipschitz", (c == -f).all(axis=1), itself, where),
    ]


@np.errstate(invalid="ignore", over="ignore")
def check_lipschitz(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Shortest paths, found by squaring in (min, +), are the largest costs below C with a triangle inequality.

    A path adds at most n − 1 costs: γ(n) of it. `is_metric` is asked of whole numbers. The Lipschitz constant is the
    largest quotient |f_i − f_j| ÷ C_ij, in both directions: one subtraction and one division, γ(2); infinite where two
    points at distance 0 have two values.
    """
    C, f, D = cases["C"], cases["f"], answer["closure"]
    n, exact, u = C.shape[1], whole(cases, "C"), cases.u
    shortest = closure_by_squaring(C)
    bound = unless(exact, n, u, shortest, "γ(n) D")
    detour = (D[:, :, :, None] + D[:, None, :, :]).min(axis=2)
    constant = answer.again("lipschitz", replace(cases, arrays={"f": f, "D": C}))["constant"]
    within = answer.again("lipschitz", replace(cases, arrays={"f": f, "D": D}))["constant"]
    quotient, on_paths = _steepest(f, C), _steepest(f, D)
    return (
        equal("closure = lengths of shortest paths", D, shortest, bound),
        at_most("closure ≤ C", D, C, bound),
        at_most("D_ik ≤ D_ij + D_jk", D, detour, Bound(2 * bound.value, "2γ(n) D")),
        exactly("is_metric", answer["is_metric"] == 1, is_true_metric(C), exact),
        equal("Lipschitz constant", constant, quotient, unless(quotient == np.inf, 2, u, finite(quotient), "γ(2) L")),
        equal("Lipschitz constant on the closure", within, on_paths,
              unless(on_paths == np.inf, 2, u, finite(on_paths), "γ(2) L")),
    )  # fmt: skip


def finite(values: Floats) -> Floats:
    """The values with 0 for infinities."""
    return np.where(np.isfinite(values), values, 0.0)


def _steepest(f: Floats, D: Floats) -> Floats:
    """The largest |f_i − f_j| ÷ D_ij with 0 ÷ 0 = 0: (lane,)."""
    rise = np.abs(f[:, :, None] - f[:, None, :])
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = np.where(rise == 0, 0.0, rise / D)
    return np.asarray(slope.max(axis=(1, 2)))


@np.errstate(invalid="ignore", over="ignore")
def check_rubinstein(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """The best ⟨f, a − b⟩ with f_i − f_j ≤ D_ij is the transport cost along shortest paths, at most W_D.

    In whole numbers exactly. Else potentials are sums of at most n costs and values sums of n products: γ(8n) T n S,
    S = max D. What a and b share may be taken from both. Under a triangle inequality the value is W_D.
    """
    a, b, D, f, value = cases["a"], cases["b"], cases["D"], answer["f"], answer["value"]
    n, T = D.shape[1], total(cases)
    closure = closure_by_squaring(D)
    direct, along = (replace(cases, arrays={"a": a, "b": b, "C": C}) for C in (D, closure))
    exact = exactly_solvable(direct)
    bound = unless(exact, 8 * n, cases.u, T * n * largest(D), "γ(8n) T n S")
    room = unless(exact, 8 * n, cases.u, n * largest(D)[:, None, None], "γ(8n) n S")
    least, most = enclosure(along)
    few = (np.arange(cases.lanes) < SECOND_OPINIONS) & (n < MANY)
    second = np.where(few, 0.0, value)
    second[few] = np.rint(by_linear_programming((a - b)[few], D[few]))
    shared = np.minimum(a, b) * (exact & (a != b).any(axis=1))[:, None]
    apart = answer.again("single_potential", cases.with_arrays(a=a - shared, b=b - shared))["value"]
    return (
        equal("value = ⟨f, a − b⟩", value, (f * (a - b)).sum(axis=1), bound),
        at_most("f_i − f_j ≤ D_ij", f[:, :, None] - f[:, None, :], D, room),
        at_most("value ≤ W along shortest paths", value, most, bound),
        at_most("W along shortest paths ≤ value", least, value, bound),
        at_most("value ≤ W_D", value, enclosure(direct)[1], bound),
        at_most("W_D ≤ value for a triangle inequality", enclosure(direct)[0], value, bound, triangle(D) & exact),
        equal("HiGHS' optimum, rounded", value, second, bound, few & exact),
        equal("common mass cancels", apart, value, bound, exact),
    )


C_TRANSFORM = Claim(
    id="OT-05",
    version=1,
    title="The c-transform",
    sentence="The c-transform of a potential is the largest partner that the costs allow; a second one never lowers "
    "it, a third changes nothing. For a metric, 1-Lipschitz functions are the ones that it negates.",
    latex=r"f^c_j=\min_i\,(C_{ij}-f_i),\qquad f\le f^{c\bar c},\qquad f^{c\bar cc}=f^c,\qquad "
    r"f^c=-f\iff |f_i-f_j|\le D_{ij}",
    source=(("villani2009", "Definition 5.2 and Proposition 5.8"), ("peyre2019", "section 5.1"),
            ("santambrogio2015", "section 1.2")),
    kind="inequality",
    asks="c_transform",
    check=check_transform,
    domain=TRANSFORM,
    needs=("c", "cc", "ccc"),
    parents=("OT-02",),
    lanes=64,
)  # fmt: skip
LIPSCHITZ = Claim(
    id="OT-26",
    version=1,
    title="Shortest paths and Lipschitz constants",
    sentence="Lengths of shortest paths are the largest costs below the given ones that keep the triangle inequality, "
    "and a function's Lipschitz constant is its steepest slope between two points.",
    latex=r"\bar C_{ij}=\min_{i=k_0,\dots,k_r=j}\ \sum_s C_{k_{s-1}k_s},\qquad "
    r"\mathrm{Lip}(f)=\max_{i\ne j}\frac{|f_i-f_j|}{D_{ij}}",
    source=(("villani2009", "chapter 5"), ("peyre2019", "section 6.1")),
    kind="identity",
    asks="metric",
    also=("lipschitz",),
    check=check_lipschitz,
    domain=DISTANCE,
    needs=("closure", "is_metric"),
    parents=("OT-05",),
)
RUBINSTEIN = Claim(
    id="OT-06",
    version=1,
    title="Kantorovich–Rubinstein: one potential instead of two",
    sentence="The best single potential that rises by at most the cost earns the transport cost along shortest paths; "
    "for a metric that is the transport cost, and mass common to both sides cancels.",
    latex=r"\max_{f_i-f_j\le D_{ij}}\ \sum_i f_i\,(a_i-b_i)=W_{\bar D}(a,b)\le W_D(a,b)",
    source=(("villani2009", "Particular Case 5.16"), ("peyre2019", "Proposition 6.1"),
            ("herrmann2017", "Kantorovich–Rubinstein duality")),
    kind="identity",
    asks="single_potential",
    check=check_rubinstein,
    domain=COMMON_SUPPORT,
    needs=("f", "value"),
    parents=("OT-05", "OT-02"),
    lanes=64,
)  # fmt: skip
