"""Popular myths about learning from mistakes, each stated as if it were true: BP-M3, BP-M4, BP-M7."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import ZERO
from theory.core.claim import Answer, Myth
from theory.core.domain import Cases, Shape
from theory.core.gap import Gap, at_most, exactly
from theory.perceptron.cases_learning import RATES, TAUGHT, Rng, activation, draw_factors, draw_taught, valid_taught

LATE = 60
"""Epochs after which a perceptron on a few separable rows has converged."""


def check_ever_fewer(answer: Answer, cases: Cases) -> Gap:
    """No epoch has more mistakes than the one before."""
    mistakes = answer["mistake"].sum(axis=2)
    return at_most("mistakes of each epoch ≤ those of the one before", mistakes[:, 1:], mistakes[:, :-1], ZERO)


def check_rate_matters(answer: Answer, cases: Cases) -> Gap:
    """With another rate some visit is a mistake that was none, or the other way round."""
    rate = float(cases.settings["factor"]) * float(cases.settings["rate"])
    other = answer.again("perceptron_fit", cases.with_settings(rate=rate))
    differs = (other["mistake"] != answer["mistake"]).any(axis=(1, 2))
    return exactly("another rate makes other mistakes", differs, np.ones(cases.lanes))


def check_widest(answer: Answer, cases: Cases) -> Gap:
    """No separating plane has a wider margin, not even the teacher's: whole numbers, squared to be free of roots."""
    x, y, u = cases["x"], cases["y"], cases["u"]
    own = (y * activation(x, answer["w"], answer["bias"])).min(axis=1)
    taught = (y * activation(x, u, cases["v"])).min(axis=1)
    wide, own_wide = taught**2 * (answer["w"] ** 2).sum(axis=1), own**2 * (u**2).sum(axis=1)
    return at_most("the teacher's margin ≤ the learnt margin", wide, own_wide, ZERO, own > 0)


def draw_two_epochs(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Separable rows for so many epochs with rate 1."""
    return draw_taught(rng, shape, regime, lanes).with_settings(rate=1.0)


def draw_late(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Separable rows, learnt until there are no mistakes."""
    return draw_taught(rng, {**shape, "epochs": LATE}, regime, lanes).with_settings(rate=1.0)


def valid_plane(cases: Cases) -> NDArray[np.bool_]:
    """Two classes and a teacher with a plane between them, which has a margin: (lane,)."""
    both = cases["y"].min(axis=1) < cases["y"].max(axis=1)
    return np.asarray(valid_taught(cases) & both)


def draw_from_zero(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Any rows, a start of 0, and another rate."""
    cases = draw_factors(rng, shape, regime, lanes)
    return cases.with_arrays(w=0 * cases["w"], bias=0 * cases["bias"])


LEARNING_MYTHS: tuple[Myth, ...] = (
    Myth(
        id="BP-M3",
        title="Each epoch has fewer mistakes than the one before",
        sentence="On separable rows the number of mistakes never rises from one epoch to the next.",
        truth="What falls is the angle to every separating plane, with each mistake. Mistakes of an epoch go up and "
        "down until there are none: only their total is bounded.",
        source=(("novikoff1962", "the theorem"),),
        asks="perceptron_fit",
        check=check_ever_fewer,
        domain=replace(
            TAUGHT,
            shapes={"n": (1, 6), "d": (1, 2), "epochs": (2, 6)},
            draw=draw_two_epochs,
            countdown={"epochs": 2},
            real={},
        ),
        smallest="−3 and 2, both with the label +: 2, 1, 2, 0 mistakes",
    ),
    Myth(
        id="BP-M4",
        title="The perceptron needs a good learning rate",
        sentence="From a start of 0 another learning rate leads to other mistakes.",
        truth="The rate multiplies all weights, and no sign notices. It matters only beside a start that is not 0, or "
        "where a rule other than Rosenblatt's decides how far to go.",
        source=(("mohri2018", "section 8.3.1"),),
        asks="perceptron_fit",
        check=check_rate_matters,
        domain=replace(
            RATES,
            regimes=("bias", "no-bias", "contradictions"),
            draw=draw_from_zero,
            real={},
        ),
        smallest="one row and any two rates: one mistake, then none",
    ),
    Myth(
        id="BP-M7",
        title="The perceptron finds the plane in the middle",
        sentence="The plane that the perceptron learns has the widest margin of all.",
        truth="It stops at the first plane that separates, and which one that is depends on the order of the rows. On "
        "AND it ends at 3 x₁ + 2 x₂ = 4 or 2 x₁ + 3 x₂ = 4, while the widest margin has the direction (1, 1).",
        source=(("novikoff1962", "the theorem"), ("freund1999", "section 2")),
        asks="perceptron_fit",
        check=check_widest,
        domain=replace(
            TAUGHT,
            shapes={"n": (2, 6), "d": (1, 2)},
            regimes=("bias", "duplicates", "narrow"),
            draw=draw_late,
            valid=valid_plane,
            real={},
        ),
        smallest="two numbers, one of each label: the learnt threshold is not halfway",
    ),
)
