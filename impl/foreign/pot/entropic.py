"""POT's entropic solvers.

They end with the update of u, the port's with that of g, so they are asked the transposed problem, and told to start
from f = g = 0 where their documentation takes a start. Their stopping rule is in another norm than the port's: `tol`
is divided by what separates the two.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import ot
from numpy.typing import NDArray

from impl.core.subject import Answers, Arrays, Operation, Settings
from impl.foreign.pot.quiet import quietly
from impl.transport.convention import Entropic, lane, one

Floats = NDArray[np.float64]


@quietly
def solve(arrays: Arrays, settings: Settings, dtype: str) -> Answers:
    """sinkhorn: ot.solve with KL regularisation. Its `value` is the primal one."""
    asked = Entropic.of(arrays, settings, dtype)
    found = ot.solve(
        np.ascontiguousarray(asked.C.T), asked.b, asked.a, reg=asked.eps, reg_type="KL", max_iter=asked.sweeps,
        tol=asked.tol / np.sqrt(len(asked.a)), potentials_init=start(asked),
    )  # fmt: skip
    answers = asked.answers(found.plan.T, *asked.potentials(found.potentials[1], found.potentials[0]))
    return answers | lane({"value": found.value})


def logarithms(log: Mapping[str, Any], eps: float) -> tuple[Floats, Floats]:
    """Log u and log v, under whatever name a solver keeps them."""
    for first, second in (("log_u", "log_v"), ("logu", "logv")):
        if first in log:
            return log[first], log[second]
    if "alpha" in log:
        return log["alpha"] / eps, log["beta"] / eps
    return np.log(log["u"]), np.log(log["v"])


def start(asked: Entropic, scaled: bool = False) -> tuple[Floats, Floats]:
    """Logarithms of the scalings at f = g = 0.

    scaled: for methods that take ε times the logarithms, multiply the scalings by 1/m and 1/n, and divide by those of
    weight 0, which are then merely so small that they change no digit of a sum.
    """
    if not scaled:
        return np.log(asked.b), np.log(asked.a)
    least = np.sqrt(np.finfo(asked.a.dtype).tiny)
    first, second = (asked.eps * np.log(np.maximum(w * len(w), least)) for w in (asked.b, asked.a))
    return first, second


def sinkhorn(
    method: str,
    *,
    told: Callable[[Entropic], dict[str, int]] = lambda asked: {"numItermax": asked.sweeps},
    norm: Callable[[int], float] = np.sqrt,
    scaled: bool = False,
    sweeps: bool = True,
) -> Operation:
    """sinkhorn: ot.sinkhorn with a method.

    told: what the port's `sweeps` means to it. norm(n): how many times larger the port's error can be than the one it
    stops at. scaled: see `start`. sweeps: whether its steps are Sinkhorn's; if not, its potentials answer only for a
    converged plan.
    """

    def solved(asked: Entropic) -> tuple[Floats, Floats, Floats]:
        plan, log = ot.sinkhorn(
            asked.b, asked.a, np.ascontiguousarray(asked.C.T), asked.eps, method=method, log=True,
            warmstart=start(asked, scaled), stopThr=asked.tol / norm(len(asked.a)), **told(asked),
        )  # fmt: skip
        log_v, log_u = logarithms(log, asked.eps)
        return plan.T, *asked.potentials(log_u, log_v)

    @quietly
    def operation(arrays: Arrays, settings: Settings, dtype: str) -> Answers:
        asked = Entropic.of(arrays, settings, dtype)
        plan, f, g = solved(asked)
        if asked.tol:
            return asked.answers(plan, f, g)
        if not sweeps:
            return without_potentials(asked.answers(plan, f, g))
        if (asked.a == 0).any():  # there the port's f follows from the g before the last sweep; a scaling of 0 hides it
            before = solved(asked._replace(sweeps=asked.sweeps - 1))[2] if asked.sweeps > 1 else np.zeros_like(g)
            f, _ = asked.filled(np.where(asked.a > 0, f, np.nan), before)
        return asked.answers(plan, f, g)

    return operation


def _outer_and_inner(asked: Entropic) -> dict[str, int]:
    """Its own limits, the inner one lowered to the sweeps asked for."""
    return {"numItermax": 100, "numInnerItermax": min(asked.sweeps, 100)}


def _single_rows(asked: Entropic) -> dict[str, int]:
    """As many updates of one row or column as the sweeps have where there is weight."""
    return {"numItermax": asked.sweeps * int((asked.a > 0).sum() + (asked.b > 0).sum())}


SINKHORN = sinkhorn("sinkhorn")
LOG = sinkhorn("sinkhorn_log")
STABILIZED = sinkhorn("sinkhorn_stabilized", scaled=True)
SCALING = sinkhorn("sinkhorn_epsilon_scaling", told=_outer_and_inner, scaled=True, sweeps=False)
GREENKHORN = sinkhorn("greenkhorn", told=_single_rows, norm=float, sweeps=False)


def without_potentials(answers: Answers) -> Answers:
    """The answers less f and g."""
    return {key: value for key, value in answers.items() if key not in ("f", "g")}


@quietly
def screenkhorn(arrays: Arrays, settings: Settings, dtype: str) -> Answers:
    """sinkhorn: screenkhorn that screens nothing: L-BFGS-B with its own stopping rule, and a plan rescaled to total 1.

    The rescaling is added to its scalings.
    """
    asked = Entropic.of(arrays, settings, dtype)
    n, m = asked.C.shape
    plan, log = ot.bregman.screenkhorn(asked.a, asked.b, asked.C, asked.eps, ns_budget=n, nt_budget=m, log=True)
    log_u, log_v = logarithms(log, asked.eps)
    total = np.exp(log_u[:, None] - asked.C / asked.eps + log_v).sum()
    answers = asked.answers(plan, *asked.potentials(log_u - np.log(total), log_v))
    return answers if asked.tol else without_potentials(answers)


def batch(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
    """sinkhorn: ot.solve_batch, all lanes in one call; it ends with v, as the port does."""
    a, b, C = (np.asarray(arrays[key], dtype=dtype) for key in ("a", "b", "C"))
    eps, n = float(settings["eps"]), a.shape[1]
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        found = ot.solve_batch(
            C, reg=eps, a=a, b=b, max_iter=int(settings["sweeps"]), tol=float(settings["tol"]) / np.sqrt(n),
            method="log_sinkhorn", reg_type="kl",
        )  # fmt: skip
    rows = []
    for i, plan in enumerate(found.plan):
        asked = Entropic.of({"a": a[i : i + 1], "b": b[i : i + 1], "C": C[i : i + 1]}, settings, dtype)
        rows.append(asked.answers(plan, *asked.potentials(found.potentials[0][i], found.potentials[1][i])))
    answers = {key: np.concatenate([row[key] for row in rows]) for key in rows[0]} | {"value": np.asarray(found.value)}
    return answers if settings["tol"] else without_potentials(answers)


@quietly
def divergence(arrays: Arrays, settings: Settings, dtype: str) -> Answers:
    """divergence: ot.bregman.empirical_sinkhorn_divergence, with the three losses that it is made of.

    It is asked for (y, b) and (x, a), so that what its last update leaves wrong are the rows of the port's plans.
    """
    x, y, a, b = one(arrays, "x", "y", "a", "b", dtype=dtype)
    p, eps, tol = (float(settings[key]) for key in ("p", "eps", "tol"))

    def power(u: Floats, v: Floats) -> float:
        return float(np.sqrt(((u - v) ** 2).sum()) ** p)

    metric: Any = {1.0: "euclidean", 2.0: "sqeuclidean"}.get(p, power)
    found, log = ot.bregman.empirical_sinkhorn_divergence(
        y, x, eps, b, a, metric=metric, numIterMax=int(settings["sweeps"]), stopThr=tol / np.sqrt(max(len(a), len(b))),
        log=True,
    )  # fmt: skip
    errors, ranges = [], []
    first, second = (x, a), (y, b)
    for key, (rows, u_weights), (columns, v_weights) in (
        ("ab", first, second),
        ("b", first, first),
        ("a", second, second),
    ):
        log_v, log_u = logarithms(log[f"log_sinkhorn_{key}"], eps)
        asked = Entropic(u_weights, v_weights, ot.dist(rows, columns, metric=metric), eps, int(settings["sweeps"]), tol)
        plan = np.exp(log_u[:, None] - asked.C / eps + log_v)
        errors.append(np.abs(plan.sum(axis=1) - asked.a).sum())
        ranges.append(np.ptp(asked.potentials(log_u, log_v)[0]))
    losses = {"ab": "sinkhorn_loss_ab", "aa": "sinkhorn_loss_b", "bb": "sinkhorn_loss_a"}
    answers = {"divergence": found, "marginal_error": max(errors), "osc": max(ranges)}
    return lane(answers | {name: log[key] for name, key in losses.items()})
