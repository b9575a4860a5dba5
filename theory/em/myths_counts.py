"""A popular myth about mixtures of coins, stated as if it were true: EM-M8."""

from __future__ import annotations

import numpy as np

from theory.core.claim import Answer, Myth
from theory.core.domain import Cases, Domain, Shape
from theory.core.gap import Gap, exactly
from theory.em.cases_counts import COIN_AXES, Rng, draw_coins, settled, valid_coins


def draw_symmetric(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Two coins that begin as equals and have equal weights, and a number of steps."""
    cases = draw_coins(rng, {"m": shape["m"], "k": 2}, "symmetric", lanes)
    pi = np.full((lanes, 2), 0.5)
    return cases.with_arrays(pi=pi).with_settings(steps=shape["steps"], learn_weights=1)


def valid_pair(cases: Cases) -> np.ndarray:
    """Two coins that are equal at the start: (lane,)."""
    theta = cases["theta"]
    return np.asarray(valid_coins(cases) & (theta == theta[:, :1]).all(axis=1) & (theta.shape[1] == 2))


def check_breaks(answer: Answer, cases: Cases) -> Gap:
    """After the steps the two coins differ."""
    last = answer["theta"][:, -1]
    return exactly("the coins differ at the end", last[:, 0] != last[:, 1], np.ones(len(last)))


COUNTS_MYTHS: tuple[Myth, ...] = (
    Myth(
        id="EM-M8",
        title="A symmetric start breaks by itself",
        sentence="Started with two equal coins, EM tells them apart after some steps.",
        truth="Equal coins get equal responsibilities, hence equal updates: both jump to the overall share of heads "
        "and stay. It is a stationary point, a saddle where the rows differ enough, and rounding does not leave it.",
        source=(("do2008", "Figure 1"), ("mclachlan2000", "section 2.12")),
        asks="coin_fit",
        check=check_breaks,
        domain=Domain(
            {"m": (1, 6), "steps": (1, 25)},
            ("symmetric",),
            draw_symmetric,
            COIN_AXES,
            countdown={"steps": 1},
            valid=valid_pair,
            settle=settled,
        ),
        smallest="one row of one toss, θ = (½, ½): after a step both coins are at the share of heads",
    ),
)
