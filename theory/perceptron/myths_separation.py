"""Popular myths about what a plane separates, each stated as if it were true: BP-M1, BP-M2."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import ZERO
from theory.core.claim import Answer, Myth
from theory.core.domain import Cases, Domain, Shape
from theory.core.gap import Gap, at_most, exactly
from theory.perceptron.cases_separation import POINT_AXES, Rng, labels, teachers, valid_points, whole_points
from theory.perceptron.cases_tables import XOR, draw_xor
from theory.perceptron.oracle_separation import rows


def draw_centred(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Points whose coordinates have the mean 0, with the labels that a teacher with a bias gives."""
    n, d = shape["n"], shape["d"]
    x = whole_points(rng, (lanes, n, d))
    u, v = teachers(rng, lanes, d, True)
    cases = recentred(Cases({"x": x.astype(np.float64)}, {"intercept": 1}, regime))
    side = labels(cases["x"], u, v)
    return cases.with_arrays(y=np.where(side == 0, 1, side))


def recentred(cases: Cases) -> Cases:
    """The last point moved so that the sum is 0 again."""
    x = cases["x"].copy()
    x[:, -1] -= x.sum(axis=1)
    return cases.with_arrays(x=x)


def valid_centred(cases: Cases) -> NDArray[np.bool_]:
    """Centred points of two classes: (lane,)."""
    centred, y = (cases["x"].sum(axis=1) == 0).all(axis=1), cases["y"]
    return np.asarray(valid_points(cases) & centred & (y.min(axis=1) < y.max(axis=1)))


def check_no_bias(answer: Answer, cases: Cases) -> Gap:
    """What is separable with a bias is separable without one."""
    without = answer.again("separability", cases.with_settings(intercept=0))
    return at_most("separable with a bias ⇒ without", answer["separable"], without["separable"], ZERO)


def draw_learnt_xor(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """XOR in some order as rows with labels, and a number of epochs."""
    cases = draw_xor(rng, shape, regime, lanes)
    x = rows(2, str(cases.settings["inputs"]))[cases["order"]].astype(np.float64)
    y = np.take_along_axis(2 * cases["table"] - 1, cases["order"], axis=1)
    return replace(cases, arrays={"x": x, "y": y, "w": cases["w"], "bias": cases["bias"]}).with_settings(
        epochs=shape["epochs"]
    )


def check_learns(answer: Answer, cases: Cases) -> Gap:
    """After so many epochs there is one without mistakes."""
    return exactly("XOR is learnt in the end", answer["converged"], np.ones(cases.lanes))


SEPARATION_MYTHS: tuple[Myth, ...] = (
    Myth(
        id="BP-M1",
        title="Centred data need no bias",
        sentence="Once every feature has the mean 0, what a plane separates is separated by one through the origin.",
        truth="Centring puts the origin at the mean of the points, not on the plane between the classes: unequal "
        "classes have their mean on the side of the larger.",
        source=(("minsky1969", "chapter 1"), ("gordan1873", "the theorem")),
        asks="separability",
        check=check_no_bias,
        domain=Domain(
            {"n": (2, 6), "d": (1, 2)},
            ("centred",),
            draw_centred,
            POINT_AXES,
            valid=valid_centred,
            settle=recentred,
        ),
        smallest="three numbers of mean 0, such as −1, 0, 1 with labels −, +, +: the origin itself is on no side",
    ),
    Myth(
        id="BP-M2",
        title="More epochs or a bias solve XOR",
        sentence="With a bias and enough epochs the perceptron learns XOR.",
        truth="The four rows with their labels add up to 0 (BP-10), so that no weights exist, and the perceptron's "
        "come back to what they were after a few epochs. A second layer solves it.",
        source=(("minsky1969", "section 3.1"), ("block1970", "boundedness theorem")),
        asks="perceptron_fit",
        check=check_learns,
        domain=Domain(
            {"epochs": (30, 60)},
            ("xor", "xor-signs", "xor-no-bias", "start"),
            draw_learnt_xor,
            XOR.axes,
        ),
        smallest="the four rows of XOR, in any order, for any number of epochs",
    ),
)
