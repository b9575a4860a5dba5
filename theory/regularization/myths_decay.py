"""A popular myth about weight decay, stated as if it were true: REG-M5."""

from __future__ import annotations

from dataclasses import replace

from theory.core.claim import Answer, Myth
from theory.core.domain import Cases
from theory.core.gap import Gap, equal
from theory.regularization.bounds_decay import path_bound
from theory.regularization.cases_decay import ADAM


def check_same(answer: Answer, cases: Cases) -> Gap:
    """Adam takes the same path with L2 and with decoupled decay."""
    beside = cases.with_settings(optimizer="adamw")
    other = answer.again("optimize", beside)["path"]
    return equal("Adam with L2 = AdamW", answer["path"], other, path_bound(cases) + path_bound(beside))


DECAY_MYTHS: tuple[Myth, ...] = (
    Myth(
        id="REG-M5",
        title="Weight decay is L2 for Adam",
        sentence="Adam takes the same steps whether λw is added to the gradient or the weights shrink by 1 − ηλ.",
        truth="Adam divides the penalty's slope by the root of its own mean square, so its strength is lost: where the "
        "loss is flat λ = 0.01 and λ = 10 give the same first step, of length η. Decoupled decay keeps it.",
        source=(("loshchilov2019", "proposition 2"),),
        asks="optimize",
        check=check_same,
        domain=replace(ADAM, regimes=("usual", "any-rate", "strong-decay")),
        smallest="w = 1, g = 0, one step of rate η: 1 − η with L2 whatever λ > 0, 1 − ηλ without",
        lanes=32,
    ),
)
