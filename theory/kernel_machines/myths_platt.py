"""A popular myth about probabilities from scores, stated as if it were true: SVM-M7."""

from __future__ import annotations

from theory.core.bound import rounding
from theory.core.claim import Answer, Myth
from theory.core.domain import Cases
from theory.core.gap import Gap, equal
from theory.kernel_machines import oracle_platt as oracle
from theory.kernel_machines.cases_platt import MACHINES


def check_calibrated(answer: Answer, cases: Cases) -> Gap:
    """The mean of σ(f) is the share of the label 1; σ errs by γ(6), |f| by what the machine's gap leaves."""
    f, n = answer["score"], cases["y"].shape[1]
    share = oracle.share(f, 0.0 * cases["C"] - 1, 0.0 * cases["C"])
    row = abs(cases["K"]).sum(axis=2).max(axis=1)
    bound = rounding(256 * n**2, cases.u, "γ(256n²)(1 + C max Σ|K|)", 1 + cases["C"] * row)
    return equal("mean σ(f) = share of 1", share.mean(axis=1), (cases["y"] > 0).mean(axis=1), bound)


PLATT_MYTHS: tuple[Myth, ...] = (
    Myth(
        id="SVM-M7",
        title="A sigmoid of the score is a probability",
        sentence="σ(f) of a machine's score f is a calibrated probability: on average it is the share of the label 1.",
        truth="The hinge loss is not made for it: scores stop at the margin however sure the machine could be. Platt's "
        "sigmoid has two parameters to fit, with smoothed targets, for with 0 and 1 they diverge on separable data; "
        "even then only two moments are matched (SVM-14).",
        source=(("platt1999", "section 2.1"), ("lin2007", "section 2")),
        asks="two_level",
        check=check_calibrated,
        domain=MACHINES,
        smallest="x = −1, 1, 1 with y = −1, 1, 1: f = y, and the mean of σ(f) is 0.577, not 2∕3",
        lanes=16,
    ),
)
