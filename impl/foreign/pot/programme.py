"""POT's costs, its network simplex, and autograd of what it solves."""

from __future__ import annotations

import numpy as np
import ot
import torch

from impl.core.arrays import tensors, to_numpy
from impl.core.subject import Answers, Arrays, Operation, Settings
from impl.foreign.pot.quiet import quietly
from impl.transport.convention import Entropic, lane, one


@quietly
def cost(arrays: Arrays, settings: Settings, dtype: str) -> Answers:
    """cost: ot.dist. The 0–1 metric, which it lacks, is 1 where its Hamming distance is positive."""
    x, y = one(arrays, "x", "y", dtype=dtype)
    if settings["metric"] == "discrete":
        return lane({"C": (ot.dist(x, y, metric="hamming") > 0).astype(dtype)})
    return lane({"C": ot.dist(x, y, metric=str(settings["metric"]), p=settings.get("p", 2))})


def emd(lowered: bool) -> Operation:
    """solve: the network simplex. Whole numbers stay whole if its potentials are not centred.

    lowered: whether the least cost is taken off first and put back afterwards, which changes nothing in theory.
    """

    @quietly
    def operation(arrays: Arrays, settings: Settings, dtype: str) -> Answers:
        a, b, C = one(arrays, "a", "b", "C")
        least = C.min() if lowered else 0.0
        plan, log = ot.emd(a, b, C - least, log=True, center_dual=False)
        return lane({"plan": plan, "cost": log["cost"] + least * a.sum(), "f": log["u"] + least, "g": log["v"]})

    return operation


@quietly
def emd2(arrays: Arrays, settings: Settings, dtype: str) -> Answers:
    """solve: ot.emd2, the cost, and what its log holds besides."""
    a, b, C = one(arrays, "a", "b", "C")
    cost, log = ot.emd2(a, b, C, log=True, return_matrix=True, center_dual=False)
    return lane({"plan": log["G"], "cost": cost, "f": log["u"], "g": log["v"]})


@quietly
def solve(arrays: Arrays, settings: Settings, dtype: str) -> Answers:
    """solve: ot.solve without regularisation."""
    a, b, C = one(arrays, "a", "b", "C")
    found = ot.solve(C, a, b)
    return lane({"plan": found.plan, "cost": found.value, "f": found.potentials[0], "g": found.potentials[1]})


def gradients(grad: str, lowered: bool) -> Operation:
    """gradients: autograd of the value of ot.solve, whose option `grad` says how it differentiates.

    lowered: see `emd`.
    """

    @quietly
    def operation(arrays: Arrays, settings: Settings, dtype: str) -> Answers:
        asked = Entropic.of(arrays, settings, dtype)
        least = asked.C.min() if lowered else 0.0
        asked = asked._replace(C=asked.C - least)
        leaves = tensors({"a": asked.a, "b": asked.b, "C": asked.C}, device="cpu", dtype=dtype)
        a, b, C = (leaf.requires_grad_() for leaf in leaves.values())
        told = {"max_iter": asked.sweeps, "tol": asked.tol / np.sqrt(len(a))} if asked.eps else {}
        found = ot.solve(C.T, b, a, reg=asked.eps, reg_type="KL", grad=grad, **told)
        slopes = torch.autograd.grad(found.value, (a, b, C))
        plan, g, f = (to_numpy(each) for each in (found.plan.T, *found.potentials))
        if asked.eps:
            f, g = asked.potentials(f, g)
        error = np.abs(plan.sum(axis=1) - asked.a).sum() if asked.eps else 0.0
        value = to_numpy(found.value) + least * asked.a.sum()
        answers = {"plan": plan, "f": f + least, "g": g, "value": value, "marginal_error": error}
        return lane(answers | {f"grad_{key}": to_numpy(slope) for key, slope in zip(leaves, slopes, strict=True)})

    return operation
