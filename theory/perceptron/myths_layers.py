"""Popular myths about biases in layers, each stated as if it were true."""

from __future__ import annotations

import numpy as np

from theory.core.claim import Answer, Myth
from theory.core.domain import Cases, Domain, Shape
from theory.core.gap import Gap, equal, exactly
from theory.perceptron import bounds_layers as bounds
from theory.perceptron.cases_layers import NETWORK, TRAINING, draw_network
from theory.perceptron.claims_layers import exact_sums


def _learns(answer: Answer, cases: Cases) -> Gap:
    normal = bounds.training(cases)
    slope = cases["scale"] / normal.root * exact_sums(cases["gradient"])
    bound = bounds.gradient_bound(normal, cases)
    return equal(
        "∂ loss ∕ ∂ b = γ∕s Σ g, the batch norm behind it being a mere scale", answer["bias_gradient"], slope, bound
    )


def _constant(answer: Answer, cases: Cases) -> Gap:
    wanted = np.broadcast_to(cases["output_bias"][:, None], answer["output"].shape)
    return exactly("without biases the network can still output the constant c at x = 0", answer["output"], wanted)


def _at_zero(rng: np.random.Generator, shape: Shape, regime: str, lanes: int) -> Cases:
    return draw_network(rng, shape, "zero-point", lanes)


AT_ZERO = Domain(NETWORK.shapes, ("zero-point",), _at_zero, NETWORK.axes)

LAYERS_MYTHS: tuple[Myth, ...] = (
    Myth(
        id="BP-M5",
        title="A bias before batch norm learns something",
        sentence="The bias of a layer that is followed by batch norm gets a gradient like any other bias.",
        truth="The batch's mean takes the bias away, so that its gradient is 0 in training.",
        source=(("ioffe2015", "section 3.2"),),
        asks="normalised",
        check=_learns,
        domain=TRAINING,
        smallest="two rows, one unit, a gradient on one of the rows",
    ),
    Myth(
        id="BP-M6",
        title="A ReLU network without biases approximates every function",
        sentence="Biases are a convenience: enough hidden units without any can output what they like.",
        truth="Without biases f(0) = 0 and f(cx) = c f(x) for c ≥ 0, so that not even a constant can be had.",
        source=(("nielsen2015", "chapter 1"),),
        asks="relu_network",
        check=_constant,
        domain=AT_ZERO,
        smallest="one hidden unit, x = 0, c = 1",
    ),
)
