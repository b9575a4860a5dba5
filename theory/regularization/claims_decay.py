"""Claims about weight decay: REG-17, REG-22."""

from __future__ import annotations

import numpy as np

from theory.core.ask import NotOffered
from theory.core.bound import Bound, absolute
from theory.core.claim import Answer, Claim
from theory.core.domain import Cases
from theory.core.gap import Gap, equal, exactly
from theory.regularization.bounds_decay import path_bound
from theory.regularization.cases_decay import ADAM, SGD
from theory.regularization.oracle_decay import exact_path, setting

LOUDER = 1024.0
"""By how much λ is multiplied where it must not matter: a power of two, so that floats scale without rounding."""

SILENT = 2.0**-90
"""An ε that is lost beside any √v̂ which is not 0."""


def check_sgd(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """SGD with L2 and SGDW, each along its recurrence in rationals, and each other while μ = 0; L2 alone without SGDW.

    After two steps (1 − ηλ)w₁ − η(μg₁ + g₂) less w₁ − η(μ(g₁ + λw₀) + g₂ + λw₁) is ημλw₀ exactly: momentum alone parts
    them. Bounds run along with the path (`bounds_decay`).
    """
    beside = cases.with_settings(optimizer="sgdw")
    path, bound, second = answer["path"], path_bound(cases), path_bound(beside)
    alone = (
        exactly("the path begins at w", path[:, 0], cases["w"]),
        equal("SGD with L2", path, exact_path(cases), bound),
    )
    try:
        other = answer.again("optimize", beside)["path"]
    except NotOffered:
        return alone
    both, rate = bound + second, setting(cases, "rate")
    part = rate * setting(cases, "momentum") * setting(cases, "decay") * cases["w"]
    gaps = [
        *alone,
        equal("SGDW", other, exact_path(beside), second),
        equal("SGD with L2 = SGDW without momentum", path, other, both, cases.settings["momentum"] == 0),
    ]
    if path.shape[1] > 2:
        gaps.append(equal("SGDW − SGD with L2 = ημλw₀ after two steps", other[:, 2] - path[:, 2], part, _at(both, 2)))
    return tuple(gaps)


def _at(bound: Bound, step: int) -> Bound:
    return absolute(bound.value[:, step], bound.terms)


def check_adam(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Adam with L2 and AdamW, each along its recurrence in balls; without decay they are one.

    Where the loss is flat and ε silent, Adam's steps for λ and 1024 λ agree to the bit: m̂ scales with λ as √v̂ does.
    AdamW shrinks to (1 − ηλ)^t w there, whatever the moments.
    """
    beside = cases.with_settings(optimizer="adamw")
    path, other = answer["path"], answer.again("optimize", beside)["path"]
    flat = cases.with_arrays(gradient=np.zeros_like(cases["gradient"])).with_settings(epsilon=SILENT)
    loud = flat.with_settings(decay=LOUDER * setting(cases, "decay"))
    faded = flat.with_settings(optimizer="adamw")
    shrunk = answer.again("optimize", faded)["path"]
    bound, second = path_bound(cases), path_bound(beside)
    same = [answer.again("optimize", one)["path"] for one in (flat, loud)]
    return (
        exactly("the path begins at w", path[:, 0], cases["w"]),
        equal("Adam with L2", path, exact_path(cases), bound),
        equal("AdamW", other, exact_path(beside), second),
        equal("Adam = AdamW without decay", path, other, bound + second, setting(cases, "decay") == 0),
        exactly("flat loss: Adam for 1024 λ = Adam for λ", same[1], same[0]),
        equal("flat loss: AdamW shrinks by 1 − ηλ", shrunk, exact_path(faded), path_bound(faded)),
    )


DECAY_CLAIMS: tuple[Claim, ...] = (
    Claim(
        id="REG-17",
        version=1,
        title="For SGD weight decay is L2",
        sentence="Without momentum SGD takes the same path whether λw joins the gradient or the weights shrink by "
        "1 − ηλ; momentum parts the two by ημλw₀ in the second step.",
        latex=r"w-\eta(g+\lambda w)=(1-\eta\lambda)w-\eta g,\qquad w_2^{\mathrm{SGDW}}-w_2^{L_2}=\eta\mu\lambda w_0",
        source=(("loshchilov2019", "proposition 1, algorithm 1"),),
        kind="identity",
        asks="optimize",
        check=check_sgd,
        domain=SGD,
        needs=("path",),
        parents=("REG-01",),
        lanes=16,
    ),
    Claim(
        id="REG-22",
        version=1,
        title="Adam forgets λ, AdamW does not",
        sentence="Adam with L2 and AdamW follow their recurrences; where the loss is flat Adam's steps are the same "
        "for every λ, while AdamW's weights shrink by 1 − ηλ at each step.",
        latex=r"\frac{\hat m}{\sqrt{\hat v}}\ \text{is the same for}\ g=\lambda w\ \text{and}\ g=c\lambda w;\qquad "
        r"w_t^{\mathrm{AdamW}}=(1-\eta\lambda)^t w_0\ \text{where}\ g=0",
        source=(("loshchilov2019", "proposition 2, algorithm 2"), ("kingma2015", "algorithm 1")),
        kind="identity",
        asks="optimize",
        check=check_adam,
        domain=ADAM,
        needs=("path",),
        parents=("REG-17",),
        lanes=12,
    ),
)
