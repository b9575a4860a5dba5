"""A popular myth about the VC dimension, stated as if it were true."""

from __future__ import annotations

from theory.core.claim import Answer, Myth
from theory.core.domain import Cases
from theory.core.gap import Gap, exactly
from theory.overfitting.cases_capacity import GROWTH

PARAMETERS = {
    "rays": 1,
    "two-sided-rays": 2,
    "intervals": 2,
    "half-planes": 3,
    "rectangles": 4,
    "convex-sets": -1,
    "sines": 1,
}
"""How many numbers say which member of the family is meant; convex sets need infinitely many."""


def _parameters(answer: Answer, cases: Cases) -> Gap:
    return exactly(
        "VC dimension = number of parameters", answer["dimension"], PARAMETERS[str(cases.settings["family"])]
    )


CAPACITY_MYTHS: tuple[Myth, ...] = (
    Myth(
        id="OV-M4",
        title="The VC dimension is the number of parameters",
        sentence="A model with one parameter can shatter one point, a model with p parameters p points.",
        truth="{x : sin ωx > 0} has one parameter and shatters any number of points, such as 10⁻¹, …, 10⁻ⁿ.",
        source=(("vapnik1998", "chapter 4"),),
        asks="growth",
        check=_parameters,
        domain=GROWTH,
        smallest="the family of sines, whatever n",
    ),
)
