"""Claims about what a plane separates: BP-03, BP-04, BP-15, BP-09; with those of claims_tables, BP-10, BP-08, BP-19."""

from __future__ import annotations

import numpy as np

from theory.core.bound import ZERO
from theory.core.claim import Answer, Claim
from theory.core.domain import Cases
from theory.core.gap import Gap, at_most, exactly
from theory.perceptron import oracle_separation as oracle
from theory.perceptron.cases_separation import MIRRORED, MOVED, POINTS, POSITIONS, labels
from theory.perceptron.claims_tables import TABLES_CLAIMS
from theory.perceptron.proofs import activations, residual, separation_gaps, whole, with_one

PROOF = ("separable", "w", "bias", "certificate")


def check_gordan(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Each verdict by its proof, see `separation_gaps`; a plane without a bias is one with the bias 0."""
    intercept = bool(cases.settings["intercept"])
    other = answer.again("separability", cases.with_settings(intercept=int(not intercept)))
    with_bias, without = (answer, other) if intercept else (other, answer)
    return (
        *separation_gaps(answer, cases["x"], cases["y"], intercept),
        at_most("separable without a bias ⇒ with one", without["separable"], with_bias["separable"], ZERO),
    )


def check_origin(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Y w·x is the same for (x, y) and (−x, −y) and keeps its sign for (c x, y), c > 0.

    So no w gives x and −x one label, nor 0 any, although a teacher with a bias does where its labels are the case's.
    """
    x, y, mirror, times = (cases[name] for name in ("x", "y", "mirror", "times"))
    moved = cases.with_arrays(x=(mirror * times)[..., None] * x, y=mirror * y)
    mirrored, biased = (
        answer.again("separability", moved),
        answer.again("separability", cases.with_settings(intercept=1)),
    )
    opposite = (x[:, :, None] == -x[:, None]).all(axis=3) & (y[:, :, None] == y[:, None])
    planted = opposite.any(axis=(1, 2))  # the origin is its own opposite
    taught = (labels(x, cases["u"], cases["v"]) == y).all(axis=1)
    through = taught & (cases["v"] == 0)
    ones = np.ones(cases.lanes)
    return (
        *separation_gaps(answer, x, y, False),
        exactly("mirrored and stretched points are separable alike", mirrored["separable"], answer["separable"]),
        exactly("no plane without bias gives x and −x one label", answer["separable"], 0 * ones, planted),
        exactly("a teacher without bias is found", answer["separable"], ones, through),
        exactly("with a bias the teacher's labels are separable", biased["separable"], ones, taught),
    )


def check_moved(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """w·(x + c) + (bias − w·c) = w·x + bias, and Σ λ y (x + c, 1) = 0 with Σ λ y (x, 1).

    Without a bias it matters where the origin is: ‖u‖² x + v u puts it on the teacher's plane, since there
    u·(‖u‖² x + v u) = ‖u‖² (u·x + v).
    """
    x, y, shift, u, v = (cases[name] for name in ("x", "y", "shift", "u", "v"))
    there = x + shift[:, None]
    again = answer.again("separability", cases.with_arrays(x=there))
    separable = answer["separable"].astype(bool)
    w, bias = answer["w"], answer["bias"]
    offset = (whole(w) * whole(shift)).sum(axis=1).astype(np.float64)
    right = whole(y) * activations(there, w, bias - offset) > 0
    left = residual(answer["certificate"], there, y, True).astype(np.float64)
    on_plane = (u**2).sum(axis=1)[:, None, None] * x + (v[:, None] * u)[:, None]
    centred = answer.again("separability", cases.with_arrays(x=on_plane).with_settings(intercept=0))
    taught = (labels(x, u, v) == y).all(axis=1)
    return (
        exactly("the verdict stays", again["separable"], separable),
        exactly("the moved plane separates the moved points", right, np.ones_like(right), separable[:, None]),
        exactly("the certificate holds for the moved points", left, np.zeros_like(left), ~separable[:, None]),
        *separation_gaps(again, there, y, True),
        exactly("no bias is needed where the origin lies on the plane", centred["separable"], np.ones(cases.lanes),
                taught),
    )  # fmt: skip


def check_dichotomies(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Whitney's sum over the exact ranks of all subsets, for any points; Cover's number is the most.

    It is reached in general position: every subset of at most so many points is independent. Whole numbers throughout.
    """
    intercept = bool(cases.settings["intercept"])
    rows = with_one(cases["x"], intercept)[..., : cases["x"].shape[2] + intercept].astype(np.int64)
    rank, subsets = oracle.subset_ranks(rows)
    count = oracle.count_dichotomies(rank, subsets)
    general = oracle.in_general_position(rank, subsets, rows.shape[2])
    cover = np.full(cases.lanes, oracle.cover_number(rows.shape[1], rows.shape[2]))
    return (
        exactly("dichotomies are the regions of the points' arrangement", answer["count"], count),
        exactly("Cover's number", answer["general"], cover),
        exactly("dichotomies in general position", answer["count"], cover, general),
        at_most("no points have more dichotomies", answer["count"], cover, ZERO),
    )


SEPARATION_CLAIMS: tuple[Claim, ...] = (
    Claim(
        id="BP-03",
        version=1,
        title="A plane or a certificate",
        sentence="Either a plane separates the points, or a sum of their signed rows with whole weights is 0; each "
        "verdict comes with its proof.",
        latex=r"\exists w\;\forall n\;y_n\,w\cdot x_n>0\quad\text{or}\quad"
        r"\exists\lambda\ge0,\ \lambda\ne0,\ \sum_n\lambda_n y_n x_n=0",
        source=(("gordan1873", "the theorem"), ("schrijver1986", "section 7.8")),
        kind="certificate",
        asks="separability",
        check=check_gordan,
        domain=POINTS,
        parents=("BP-02",),
        needs=PROOF,
    ),
    Claim(
        id="BP-04",
        version=1,
        title="Without a bias the boundary passes through the origin",
        sentence="Without a bias a point and its mirror image cannot have one label, nor the origin any, whatever the "
        "weights; with one they can.",
        latex=r"w\cdot(-x)=-\,w\cdot x",
        source=(("minsky1969", "chapter 1"), ("gordan1873", "the theorem")),
        kind="certificate",
        asks="separability",
        check=check_origin,
        domain=MIRRORED,
        parents=("BP-03",),
        needs=PROOF,
    ),
    Claim(
        id="BP-15",
        version=1,
        title="With a bias it does not matter where the origin is",
        sentence="Moving all points leaves the verdict and both proofs, and moves only the bias; without a bias a move "
        "can change the verdict.",
        latex=r"w\cdot(x+c)+(b-w\cdot c)=w\cdot x+b",
        source=(("duda2001", "section 5.3"), ("gordan1873", "the theorem")),
        kind="certificate",
        asks="separability",
        check=check_moved,
        domain=MOVED,
        parents=("BP-03",),
        needs=PROOF,
    ),
    *TABLES_CLAIMS,
    Claim(
        id="BP-09",
        version=1,
        title="How many dichotomies a plane can make",
        sentence="The labellings that a plane can make of any points are counted by the ranks of their subsets; in "
        "general position that is Cover's number, and no points have more.",
        latex=r"\#=\sum_{S}(-1)^{|S|-\mathrm{rank}\,S}\le 2\sum_{i<d}\binom{n-1}{i}",
        source=(
            ("cover1965", "Theorem 1"),
            ("zaslavsky1975", "Theorem A"),
            ("whitney1932", "the expansion"),
        ),
        kind="exact",
        asks="dichotomies",
        check=check_dichotomies,
        domain=POSITIONS,
        parents=("BP-03",),
        needs=("count", "general"),
    ),
)
