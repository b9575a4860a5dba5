"""Rounding of batch norm behind a linear layer."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import Bound, absolute, gamma
from theory.core.domain import Cases

Floats = NDArray[np.float64]


class Normal(NamedTuple):
    """Batch norm in float64, and what a subject's rounding can do to it.

    output (lane, b, o). root: √(v + ε) (lane, o). off: error of a centred entry, δ (lane, o).
    """

    output: Floats
    root: Floats
    off: Floats


def pre_of(cases: Cases) -> tuple[Floats, Floats]:
    """The linear layer's output h (lane, b, o), and what its rounding is measured by, Σ|x w| + |b|."""
    h = np.einsum("lbd,lod->lbo", cases["x"], cases["weight"]) + cases["bias"][:, None]
    size = np.einsum("lbd,lod->lbo", np.abs(cases["x"]), np.abs(cases["weight"])) + np.abs(cases["bias"])[:, None]
    return h, size


def training(cases: Cases) -> Normal:
    """With the batch's own statistics; the bias is left out here, since it cancels.

    An entry h errs by e = γ(d+2) max(Σ|x w| + |b|), the mean by e + γ(b) max|h|, their difference by
    δ = 2e + 2γ(b+2) max(Σ|x w| + |b|).
    """
    bare = cases.with_arrays(bias=np.zeros_like(cases["bias"]))
    h = pre_of(bare)[0]
    b, d = cases["x"].shape[1:]
    most = pre_of(cases)[1].max(axis=1)
    off = 2 * (gamma(d + 2, cases.u) + gamma(b + 2, cases.u)) * most
    centred = h - h.mean(axis=1, keepdims=True)
    root = np.sqrt((centred**2).mean(axis=1) + float(cases.settings["epsilon"]))
    output = cases["scale"][:, None] * centred / root[:, None] + cases["shift"][:, None]
    return Normal(output, root, off)


def evaluation(cases: Cases) -> Normal:
    """With running statistics: h − m errs by δ = γ(d+3)(max(Σ|x w| + |b|) + |m|)."""
    h, size = pre_of(cases)
    mean, d = cases["running_mean"], cases["x"].shape[2]
    root = np.sqrt(cases["running_var"] + float(cases.settings["epsilon"]))
    off = gamma(d + 3, cases.u) * (size.max(axis=1) + np.abs(mean))
    output = cases["scale"][:, None] * (h - mean[:, None]) / root[:, None] + cases["shift"][:, None]
    return Normal(output, root, off)


def output_bound(normal: Normal, cases: Cases) -> Bound:
    """γ∕s times δ, once for the entry and, in training, √b times for the root, whose relative error is (δ∕s)(1 + δ∕s).

    Ten more roundings of γ|ĥ| ≤ √b |γ| and of the shift.
    """
    b, scale = cases["x"].shape[1], np.abs(cases["scale"])
    drift = normal.off / normal.root
    learned = drift * (1 + drift) * (1 + np.sqrt(b) * cases.integer("training"))
    size = np.abs(normal.output).max(axis=1) + np.abs(cases["shift"])
    value = scale * learned + gamma(b + 10, cases.u) * (size + scale * np.sqrt(b))
    return absolute(value[:, None], "|γ| (δ∕s)(1 + δ∕s)(1 + √b) + γ(b+10)(|out| + |β| + |γ|√b)")


def gradient_bound(normal: Normal, cases: Cases) -> Bound:
    """∂ loss ∕ ∂ b = γ∕s Σ (g − ḡ − ĥ mean(g ĥ)): the exact sum is 0.

    Σ ĥ is off by b δ∕s, times |mean(g ĥ)| ≤ √b mean|g|, and 3b+16 roundings act on Σ|g|(1 + √b).
    """
    b = cases["x"].shape[1]
    total = np.abs(cases["gradient"]).sum(axis=1)
    drift = normal.off / normal.root
    inner = gamma(3 * b + 16, cases.u) * (1 + np.sqrt(b)) + 2 * np.sqrt(b) * drift
    value = np.abs(cases["scale"]) / normal.root * (1 + drift) * inner * total
    return absolute(value, "|γ|∕s (1 + δ∕s)[γ(3b+16)(1+√b) + 2√b δ∕s] Σ|g|")
