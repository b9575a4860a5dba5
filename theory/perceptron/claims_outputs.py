"""Claims about what comes out of a network: pieces of a ReLU network (BP-21), the first output (BP-14)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import Bound, absolute, gamma, rounding
from theory.core.claim import Answer, Claim
from theory.core.domain import Cases
from theory.core.gap import Gap, at_most, equal
from theory.perceptron.cases_layers import KINKS, OUTPUT

Floats = NDArray[np.float64]


def kink_bound(cases: Cases) -> Bound:
    """One division: u |k|."""
    return rounding(1, cases.u, "γ(1)|b∕w|", true_kinks(cases))


def true_kinks(cases: Cases) -> Floats:
    """−b ∕ w in ascending order (lane, h)."""
    return np.sort(-cases["bias"] / cases["w"], axis=1)


def inner_points(cases: Cases) -> Floats:
    """Three points inside each of the h + 1 pieces, as the subject will see them: (lane, h+1, 3)."""
    kinks = true_kinks(cases)
    reach = 1 + np.abs(kinks).max(axis=1, keepdims=True)
    ends = np.concatenate([kinks[:, :1] - reach, kinks, kinks[:, -1:] + reach], axis=1)
    low, high = ends[:, :-1, None], ends[:, 1:, None]
    points = low + (high - low) * np.array([0.25, 0.5, 0.75])
    return cases.with_arrays(points=points).rounded()["points"]


def check_pieces(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """A ReLU network is linear between neighbouring kinks −b∕w, so that h units give at most h + 1 pieces.

    Three values of f, each a sum of h terms with error γ(h+4) E, E = Σ|v|(|w t| + |b|) + |c|, are compared with a
    chord, which is a mean of two of them and has five roundings more.
    """
    points = inner_points(cases)
    kinks, h = true_kinks(cases), cases["w"].shape[1]
    network = {
        "x": points.reshape(len(points), -1, 1),
        "hidden_w": cases["w"][:, :, None],
        "hidden_bias": cases["bias"],
        "output_w": cases["output_w"],
        "output_bias": cases["output_bias"],
    }
    asked = cases.with_arrays(**network).with_settings(intercept=1)
    f = answer.again("relu_network", asked)["output"].reshape(points.shape)
    a, t, b = np.moveaxis(points, 2, 0)
    chord = np.where(b > a, ((b - t) * f[..., 0] + (t - a) * f[..., 2]) / np.where(b > a, b - a, 1), 0)
    slope = np.abs(cases["output_w"])[:, None]
    far = np.maximum(np.abs(a), np.abs(b))[..., None]
    size = (slope * (np.abs(cases["w"])[:, None] * far + np.abs(cases["bias"])[:, None])).sum(axis=2)
    bound = absolute(2 * gamma(h + 9, cases.u) * (size + np.abs(cases["output_bias"])[:, None]), "2γ(h+9) E")
    inside = (a < b) & _between(kinks, a, b, cases.u)
    return (
        equal("kinks −b ∕ w", answer["kinks"], kinks, kink_bound(cases)),
        equal("f is linear inside a piece", f[..., 1], chord, bound, inside),
    )


def _between(kinks: Floats, a: Floats, b: Floats, u: float) -> NDArray[np.bool_]:
    """Whether [a, b] lies inside its piece, whatever the last place of the kinks."""
    low = np.concatenate([np.full_like(kinks[:, :1], -np.inf), kinks + 2 * u * np.abs(kinks)], axis=1)
    high = np.concatenate([kinks - 2 * u * np.abs(kinks), np.full_like(kinks[:, :1], np.inf)], axis=1)
    return np.asarray((low < a) & (b < high))


def frequencies(cases: Cases) -> Floats:
    """How often each class occurs, as shares (lane, c)."""
    counts = cases["counts"].astype(np.float64)
    return np.asarray(counts / counts.sum(axis=1, keepdims=True))


def logits(cases: Cases) -> Floats:
    """The bias that predicts them: log of the shares, or the second's log odds."""
    log = np.log(frequencies(cases))
    return log if cases.settings["output"] == "softmax" else log[:, 1:] - log[:, :1]


def constant_loss(bias: Floats, cases: Cases) -> Floats:
    """Mean cross-entropy of a constant output, by logaddexp: (lane,)."""
    share = frequencies(cases)
    scores = bias if cases.settings["output"] == "softmax" else np.concatenate([np.zeros_like(bias), bias], axis=1)
    return np.asarray((share * (np.logaddexp.reduce(scores, axis=1)[:, None] - scores)).sum(axis=1))


def output_bound(cases: Cases, moved: bool = False) -> Bound:
    """γ(c+16)(1 + max|log π|): a share, its log, and a log-sum of c terms; moved by the shift's magnitude too."""
    log = np.abs(np.log(frequencies(cases))).max(axis=1)
    size = 1 + log + (np.abs(cases["shift"]).max(axis=1) if moved else 0)
    words = "γ(c+16)(1 + max|log π|" + (" + max|shift|)" if moved else ")")
    return rounding(cases["counts"].shape[1] + 16, cases.u, words, 2 * size)


def check_initial(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """The loss at b = logit π, or log π, is the entropy H(π); its gradient there is 0; elsewhere it is larger."""
    share, bias, bound = frequencies(cases), logits(cases), output_bound(cases)
    each = absolute(bound.value[:, None], bound.terms)
    entropy = -(share * np.log(share)).sum(axis=1)
    shifted = constant_loss(bias + cases["shift"], cases)
    return (
        equal("b = logit π", answer["bias"], bias, each),
        equal("loss = H(π)", answer["loss"], entropy, bound),
        equal("∂ loss ∕ ∂ b = 0", answer["gradient"], np.zeros_like(bias), each),
        equal("loss at b + shift", answer["shifted_loss"], shifted, output_bound(cases, moved=True)),
        at_most("loss ≤ loss at b + shift", answer["loss"], answer["shifted_loss"], output_bound(cases, moved=True)),
    )


OUTPUT_CLAIMS: tuple[Claim, ...] = (
    Claim(
        id="BP-21",
        version=1,
        title="h hidden units make at most h + 1 pieces",
        sentence="A ReLU network of one input bends only at its units' kinks −b ∕ w, and is linear between them.",
        latex=r"f(t)=\sum_h v_h\,\mathrm{relu}(w_ht+b_h)+c\ \text{bends only at}\ t_h=-b_h/w_h",
        source=(("montufar2014", "section 2"),),
        kind="identity",
        asks="kinks",
        also=("relu_network",),
        check=check_pieces,
        domain=KINKS,
        parents=("BP-11",),
        needs=("kinks",),
    ),
    Claim(
        id="BP-14",
        version=1,
        title="Start the output at the prior",
        sentence="A constant output has the least loss, the entropy, when its bias is the log odds of the labels.",
        latex=r"b=\log\pi:\quad L(b)=H(\pi),\ \nabla L(b)=0,\ L(b+\delta)\ge L(b)",
        source=(("lin2017", "section 4.1"),),
        kind="identity",
        asks="initial_output",
        check=check_initial,
        domain=OUTPUT,
        parents=("BP-13",),
        needs=("bias", "loss", "gradient", "shifted_loss"),
    ),
)
