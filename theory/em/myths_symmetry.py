"""Popular myths (symmetry)."""

from __future__ import annotations

import numpy as np

from theory.core.bound import absolute
from theory.core.claim import Answer, Myth
from theory.core.domain import Cases
from theory.core.gap import Gap, equal
from theory.em.bounds_mixture import guess
from theory.em.cases_symmetry import EIGHTH_TURN, TURN_DOMAIN, turned
from theory.em.oracle_mixture import Mixture


def check_turned(answer: Answer, cases: Cases) -> Gap:
    """The myth: turned data have the same likelihood at its maximum, up to the volume n log |det A|.

    One component: a single step is the maximum. Each side errs by the sum of its rows' errors, and by what rounding
    does to a maximum, which is less.
    """
    x, there = cases["x"], turned(cases)
    other = answer.again("mixture_fit", there)
    volume = x.shape[1] * np.log(np.linalg.det(EIGHTH_TURN))
    bound = sum(_row_errors(found, each) for found, each in ((answer, cases), (other, there)))
    return equal(
        "log p after an eighth of a turn",
        other["log_likelihood"][:, 1],
        answer["log_likelihood"][:, 1] - volume,
        absolute(2 * x.shape[1] * bound, "2n Σ t"),
    )


def _row_errors(answer: Answer, cases: Cases) -> np.ndarray:
    end = Mixture(answer["pi"][:, 1], answer["mu"][:, 1], answer["covariances"][:, 1])
    return np.asarray(guess(cases["x"], end, "diag", cases.u).drift.sum(axis=1))


SYMMETRY_MYTHS = (
    Myth(
        id="EM-M7",
        title="A diagonal mixture does not care how the axes are turned",
        sentence="Turning the data turns a fitted mixture with diagonal covariances and leaves its likelihood.",
        truth="Only scaled permutations of the axes do (EM-10): a diagonal covariance cannot lie along a slope, so the "
        "turn decides how well it fits. Full covariances turn along.",
        source=(("mclachlan2000", "section 3"),),
        asks="mixture_fit",
        check=check_turned,
        domain=TURN_DOMAIN,
        smallest="(−1, −1), (0, 0.1), (1, 1): at best log p = −7.302; an eighth of a turn further 1.257",
    ),
)
