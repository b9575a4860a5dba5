"""Popular myths about kernels and losses, each stated as if it were true: SVM-M1, SVM-M4."""

from __future__ import annotations

import numpy as np

from theory.core.claim import Answer, Myth
from theory.core.domain import Axes, Cases, Domain, Shape
from theory.core.gap import Gap, at_most, exactly
from theory.kernel_machines import oracle_kernels as oracle
from theory.kernel_machines.cases_kernels import SCORES, draw_gram, valid_gram
from theory.kernel_machines.claims_losses import loss_error

Rng = np.random.Generator


def check_nats(answer: Answer, cases: Cases) -> Gap:
    """The 0/1 loss is at most the logistic loss in nats."""
    error = loss_error(cases, "logistic", oracle.losses(cases["score"], cases.dtype)["logistic"])
    return at_most("0/1 ≤ log(1 + e^−s)", answer["zero_one"], answer["logistic"], error)


def draw_sigmoid(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Points and a sigmoid with the offset −1; the first and the last of them are 0."""
    cases = draw_gram(rng, shape, "sigmoid-counterexample", lanes)
    x = cases["x"].copy()
    x[:, -1] = 0.0
    return cases.with_arrays(z=x, x=x.copy())


def check_sigmoid(answer: Answer, cases: Cases) -> Gap:
    """The matrix of tanh is positive semidefinite by LDLᵀ in rationals, up to what rounding explains."""
    gram = (answer["gram"] + answer["gram"].transpose(0, 2, 1)) / 2
    found = oracle.psd(gram, oracle.tolerated(gram, cases.dtype))
    return exactly("semidefinite by LDLᵀ", found, np.ones(cases.lanes))


KERNELS_MYTHS: tuple[Myth, ...] = (
    Myth(
        id="SVM-M1",
        title="The logistic loss is above the 0/1 loss",
        sentence="log(1 + e^−s) is at least the 0/1 loss, so that a small logistic loss means few errors.",
        truth="In nats the loss at s = 0 is log 2 = 0.693 < 1. Divided by log 2 it touches the 0/1 loss there and is "
        "above it everywhere (SVM-02): a bound on errors needs the loss in bits.",
        source=(("bartlett2006", "section 2"),),
        asks="losses",
        check=check_nats,
        domain=SCORES,
        smallest="s = 0: log 2 = 0.693 < 1",
    ),
    Myth(
        id="SVM-M4",
        title="The sigmoid is a kernel",
        sentence="tanh(γ x·z + ζ) is a kernel like the others: its matrices are positive semidefinite.",
        truth="It is not: at x = 0 with ζ = −1 its only entry is tanh(−1) < 0, which no squared length can be. With "
        "such a matrix the machine's dual is not concave, and a solver may stop anywhere (Lin & Lin 2003).",
        source=(("lin2003", "section 2"), ("scholkopf2002", "chapter 2")),
        asks="kernel",
        check=check_sigmoid,
        domain=Domain(
            {"n": (1, 4), "d": (1, 3)},
            ("sigmoid-counterexample",),
            draw_sigmoid,
            {"z": Axes(("n", "d")), "x": Axes(("n", "d"))},
            valid=valid_gram,
        ),
        smallest="one point x = 0 with ζ = −1: the matrix (tanh(−1)) = (−0.762)",
        lanes=16,
    ),
)
