"""POT's closed forms: on the line, along directions, between Gaussians."""

from __future__ import annotations

import ot

from impl.core.subject import Answers, Arrays, Settings
from impl.foreign.pot.quiet import quietly
from impl.transport.convention import lane, measures, one


@quietly
def wasserstein_1d(arrays: Arrays, settings: Settings, dtype: str) -> Answers:
    """wasserstein_1d: what ot.wasserstein_1d returns under that name, W_p to the power p."""
    x, y, a, b = measures(arrays, dtype)
    return lane({"distance": ot.wasserstein_1d(x, y, a, b, p=settings["p"])})


@quietly
def emd2_1d(arrays: Arrays, settings: Settings, dtype: str) -> Answers:
    """wasserstein_1d: the root of what ot.emd2_1d returns, a loss by its own words."""
    p = float(settings["p"])
    return lane({"distance": ot.emd2_1d(*measures(arrays), metric="minkowski", p=p) ** (1 / p)})


@quietly
def sliced(arrays: Arrays, settings: Settings, dtype: str) -> Answers:
    """sliced: ot.sliced_wasserstein_distance along the directions given."""
    x, y, a, b = measures(arrays, dtype)
    (directions,) = one(arrays, "directions", dtype=dtype)
    p = float(settings["p"])
    found, log = ot.sliced_wasserstein_distance(x, y, a, b, p=p, projections=directions.T, log=True)
    return lane({"distance": found, "per_direction": log["projected_emds"] ** (1 / p)})


@quietly
def gaussian(arrays: Arrays, settings: Settings, dtype: str) -> Answers:
    """gaussian: the square of ot.gaussian.bures_wasserstein_distance."""
    found = ot.gaussian.bures_wasserstein_distance(*one(arrays, "m1", "m2", "S1", "S2", dtype=dtype))
    return lane({"squared": found**2})


@quietly
def gelbrich(arrays: Arrays, settings: Settings, dtype: str) -> Answers:
    """gelbrich: the square of ot.gaussian.empirical_bures_wasserstein_distance, without its ridge."""
    x, y, a, b = measures(arrays, dtype)
    found = ot.gaussian.empirical_bures_wasserstein_distance(x, y, reg=0, ws=a[:, None], wt=b[:, None])
    return lane({"squared": found**2})
