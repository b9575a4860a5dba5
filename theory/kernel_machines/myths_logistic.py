"""A popular myth about kernel logistic regression, stated as if it were true: SVM-M6."""

from __future__ import annotations

import numpy as np

from theory.core.claim import Answer, Myth
from theory.core.domain import Cases, Domain, Shape
from theory.core.gap import Gap, exactly
from theory.kernel_machines.cases_logistic import KLR_AXES, signs
from theory.kernel_machines.cases_svm import labels, linear


def draw_light(rng: np.random.Generator, shape: Shape, regime: str, lanes: int) -> Cases:
    """Whole points on a line and a small penalty; in the first lane the points −1 and 1 with λ = 1∕8."""
    x = rng.integers(-4, 5, (lanes, shape["n"], 1)).astype(np.float64)
    y, penalty = labels(rng, lanes, shape["n"], regime), 2.0 ** rng.integers(-6, 0, lanes)
    if shape["n"] == 2:
        x[0, :, 0], y[0], penalty[0] = (-1, 1), (-1, 1), 1 / 8
    return Cases({"K": linear(x, x), "y": y, "penalty": penalty}, {"solver": "newton"}, regime)


def check_sparse(answer: Answer, cases: Cases) -> Gap:
    """A point beyond the margin has β = 0."""
    beta = answer["beta"]
    score = cases["y"] * np.einsum("lij,lj->li", cases["K"], beta)
    return exactly("β is 0 beyond the margin", beta, np.zeros_like(beta), score > 1)


LOGISTIC_MYTHS: tuple[Myth, ...] = (
    Myth(
        id="SVM-M6",
        title="Kernel logistic regression has support vectors",
        sentence="As in the support vector machine, a point beyond the margin has a coefficient of 0.",
        truth="The logistic loss has a slope everywhere, so every coefficient is y σ(−y f) ∕ 2λ, and none is 0.",
        source=(("zhu2005", "section 1"),),
        asks="klr_fit",
        check=check_sparse,
        domain=Domain({"n": (2, 6)}, ("light",), draw_light, KLR_AXES, valid=signs),
        smallest="x = (−1, 1), y = (−, +), λ = 1∕8: y f > 1 at both points, and neither β is 0",
    ),
)
"""Popular myths of this group, each stated as if it were true."""
