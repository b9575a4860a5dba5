"""Claims about biases in layers: BP-11, BP-12, BP-13, BP-20; those about outputs, BP-14 and BP-21, join them."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import U64, Bound, absolute, gamma, rounding
from theory.core.claim import Answer, Claim
from theory.core.domain import Cases
from theory.core.gap import Gap, equal, exactly
from theory.perceptron import bounds_layers as bounds
from theory.perceptron.cases_layers import EVALUATION, LAYER, NETWORK, TRAINING
from theory.perceptron.claims_outputs import OUTPUT_CLAIMS

Floats = NDArray[np.float64]
EIGHT = 8.0
"""A power of two, so that scaling is exact."""


def check_shift(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Σ v relu(w·x + b) + c in whole numbers; a unit is active ⟺ w·x > −b. Without biases f(8x) = 8 f(x)."""
    x, w, v = (cases[name].astype(np.int64) for name in ("x", "hidden_w", "output_w"))
    used = cases.integer("intercept")
    bias, c = (used * cases[name].astype(np.int64) for name in ("hidden_bias", "output_bias"))
    dot = np.einsum("lnd,lhd->lnh", x, w)
    value = (np.maximum(dot + bias[:, None], 0) * v[:, None]).sum(axis=2) + c[:, None]
    gaps = [
        exactly("active ⟺ w·x > −b", answer["active"], dot > -bias[:, None]),
        exactly("f(x)", answer["output"], value),
    ]
    if not used:
        scaled = answer.again("relu_network", cases.with_arrays(x=EIGHT * cases["x"]))
        gaps.append(exactly("f(8x) = 8 f(x)", scaled["output"], EIGHT * answer["output"]))
    return tuple(gaps)


def exact_sums(gradient: Floats) -> Floats:
    """Sums over batch and positions, rounded once: (lane, b, o, positions…) → (lane, o)."""
    rows = np.moveaxis(gradient, 2, 1).reshape(len(gradient), gradient.shape[2], -1)
    return np.array([[math.fsum(row) for row in lane] for lane in rows])


def layer_output(cases: Cases) -> tuple[Floats, Floats]:
    """The layer's output, window by window, and the sum of magnitudes that its rounding is measured by."""
    x, weight, bias = cases["x"], cases["weight"], cases["bias"]
    axes = tuple(range(3, x.ndim))
    windows = np.lib.stride_tricks.sliding_window_view(x, weight.shape[3:], axes) if axes else x
    spec = {0: "lbc,loc->lbo", 1: "lbcpk,lock->lbop", 2: "lbcpqkm,lockm->lbopq"}[len(axes)]
    wide = bias.reshape(len(bias), 1, -1, *[1] * len(axes))
    size = np.einsum(spec, np.abs(windows), np.abs(weight)) + np.abs(wide)
    return np.einsum(spec, windows, weight) + wide, size


def output_bound(cases: Cases, size: Floats) -> Bound:
    """A sum of c k products and a bias, the subject's and the float64 one beside it."""
    terms = math.prod(cases["weight"].shape[2:]) + 1
    return absolute((gamma(terms, cases.u) + gamma(terms, U64)) * size, "2γ(ck+1)(Σ|x w| + |b|)")


def sum_bound(cases: Cases) -> Bound:
    """A sum of b · positions terms in any order."""
    gradient = cases["gradient"]
    size = np.abs(gradient).sum(axis=(1, *range(3, gradient.ndim)))
    terms = gradient[0].size // gradient.shape[2]
    return rounding(terms, cases.u, "γ(b · positions) Σ|g|", size)


def check_gradient(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """∂ loss ∕ ∂ b_o = Σ over batch and positions of ∂ loss ∕ ∂ out_o: a bias is added at each of them."""
    output, size = layer_output(cases)
    return (
        equal("output", answer["output"], output, output_bound(cases, size)),
        equal("∂ loss ∕ ∂ b = Σ g", answer["bias_gradient"], exact_sums(cases["gradient"]), sum_bound(cases)),
    )


def check_redundant(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """In training the output is that of the layer without its bias, and the bias's gradient is 0.

    The batch's mean takes the bias away; rounding is that of `bounds_layers.training`.
    """
    normal = bounds.training(cases)
    bound = bounds.output_bound(normal, cases)
    bare = answer.again("normalised", cases.with_arrays(bias=np.zeros_like(cases["bias"])))
    gradient = bounds.gradient_bound(normal, cases)
    return (
        equal("BN(W x)", answer["output"], normal.output, bound),
        equal("BN(W x + b) = BN(W x)", answer["output"], bare["output"], bound.scaled(2.0, "· 2")),
        equal("∂ loss ∕ ∂ b = 0", answer["bias_gradient"], np.zeros_like(cases["bias"]), gradient),
    )


def folded_bound(normal: bounds.Normal, cases: Cases) -> Bound:
    """W'x + b' with entries that err by γ(4) of themselves: γ(d+8)(|γ|∕s (Σ|x w| + |b| + |m|) + |β|)."""
    size = bounds.pre_of(cases)[1] + np.abs(cases["running_mean"])[:, None]
    ratio = np.abs(cases["scale"]) / normal.root
    total = ratio[:, None] * size + np.abs(cases["shift"])[:, None]
    return rounding(cases["x"].shape[2] + 8, cases.u, "γ(d+8)(|γ|∕s (Σ|x w| + |b| + |m|) + |β|)", total)


def check_folded(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """With fixed statistics batch norm is affine: W' = γ∕s W, b' = γ∕s (b − m) + β, and ∂ loss ∕ ∂ b = γ∕s Σ g."""
    normal = bounds.evaluation(cases)
    folded = np.einsum("lbd,lod->lbo", cases["x"], answer["folded_weight"]) + answer["folded_bias"][:, None]
    ratio = cases["scale"] / normal.root
    bound = bounds.output_bound(normal, cases)
    total = ratio * exact_sums(cases["gradient"])
    slope = sum_bound(cases).scaled(ratio, "|γ|∕s") + rounding(5, cases.u, "γ(5)|∂b|", total)
    return (
        equal("γ (W x + b − m) ∕ s + β", answer["output"], normal.output, bound),
        equal("W'x + b'", folded, normal.output, folded_bound(normal, cases)),
        equal("∂ loss ∕ ∂ b = γ∕s Σ g", answer["bias_gradient"], total, slope),
    )


LAYERS_CLAIMS: tuple[Claim, ...] = (
    Claim(
        id="BP-11",
        version=1,
        title="A bias shifts the hinge of a ReLU",
        sentence="A hidden unit is active exactly where w·x > −b; without biases a ReLU network is homogeneous.",
        latex=r"\mathrm{relu}(w\cdot x+b)>0\iff w\cdot x>-b;\quad b=0\Rightarrow f(cx)=c\,f(x),\ c\ge0",
        source=(("nielsen2015", "chapter 1"),),
        kind="exact",
        asks="relu_network",
        check=check_shift,
        domain=NETWORK,
        parents=("BP-01",),
        needs=("output", "active"),
    ),
    *OUTPUT_CLAIMS[:1],
    Claim(
        id="BP-13",
        version=1,
        title="A bias's gradient is a sum",
        sentence="The gradient of a bias is the output's gradient summed over the batch and over all positions.",
        latex=r"\frac{\partial L}{\partial b_o}=\sum_{i,p}\frac{\partial L}{\partial h_{iop}}",
        source=(("nielsen2015", "equation (BP3)"),),
        kind="identity",
        asks="layer",
        check=check_gradient,
        domain=LAYER,
        parents=("BP-02",),
        needs=("output", "bias_gradient"),
    ),
    Claim(
        id="BP-12",
        version=1,
        title="In training, batch norm makes the bias before it redundant",
        sentence="Batch norm over the batch's own statistics does not depend on the bias before it: its gradient is 0.",
        latex=r"\mathrm{BN}(Wx+b)=\mathrm{BN}(Wx),\quad\frac{\partial L}{\partial b}=0",
        source=(("ioffe2015", "section 3.2"),),
        kind="identity",
        asks="normalised",
        check=check_redundant,
        domain=TRAINING,
        parents=("BP-13",),
        needs=("output", "bias_gradient"),
    ),
    Claim(
        id="BP-20",
        version=1,
        title="In evaluation, batch norm folds into the layer, and its bias counts",
        sentence="With running statistics, layer and batch norm are one linear layer; the bias has its gradient back.",
        latex=r"W'=\tfrac{\gamma}{s}W,\quad b'=\tfrac{\gamma}{s}(b-m)+\beta,\quad s=\sqrt{v+\epsilon}",
        source=(("ioffe2015", "section 3.1"),),
        kind="identity",
        asks="normalised",
        check=check_folded,
        domain=EVALUATION,
        parents=("BP-12",),
        needs=("output", "bias_gradient", "folded_weight", "folded_bias"),
    ),
    *OUTPUT_CLAIMS[1:],
)
