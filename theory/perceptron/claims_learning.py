"""Claims about learning from mistakes: BP-07, BP-17, BP-06; with those of claims_decides, BP-05 and BP-18."""

from __future__ import annotations

import numpy as np

from theory.core.bound import ZERO
from theory.core.claim import Answer, Claim
from theory.core.domain import Array, Cases
from theory.core.gap import Gap, at_most, exactly
from theory.perceptron import oracle_learning as oracle
from theory.perceptron.cases_learning import RATES, ROWS, TAUGHT
from theory.perceptron.claims_decides import DECIDES_CLAIMS

FIT = ("w", "bias", "mistake", "path_w", "path_bias", "mistakes", "converged")


def check_rate(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Start and rate times c: by induction w and bias are times c, and every sign is what it was.

    All are whole numbers over a power of 2 with few digits, so nothing is rounded.
    """
    factor = float(cases.settings["factor"])
    scaled = cases.with_arrays(w=factor * cases["w"], bias=factor * cases["bias"])
    other = answer.again("perceptron_fit", scaled.with_settings(rate=factor * float(cases.settings["rate"])))
    same = [name for name in ("mistake", "mistakes", "converged") if name in answer]
    times = [name for name in ("w", "bias", "path_w", "path_bias") if name in answer]
    return (
        *(exactly(f"{name} is the same", other[name], answer[name]) for name in same),
        *(exactly(f"{name} is times the factor", other[name], factor * answer[name]) for name in times),
    )


def visits(answer: Answer, cases: Cases) -> tuple[Array, Array]:
    """Weights with the bias as last coordinate, before and after each visit: (lane, epochs·n, d + 1)."""
    path = np.concatenate([answer["path_w"], answer["path_bias"][..., None]], axis=-1)
    path = path.reshape(cases.lanes, -1, path.shape[-1])
    start = np.concatenate([cases["w"], cases["bias"][:, None]], axis=1)
    before = np.concatenate([start[:, None], path[:, :-1]], axis=1)
    return before, path


def check_direction(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """The end, by following the rule; and where the path is answered, every visit on its own, see `visit_gaps`."""
    end = oracle.followed(cases)
    gaps = (
        exactly("w in the end", answer["w"], end[:, :-1]),
        exactly("the bias in the end", answer["bias"], end[:, -1]),
    )
    return (*gaps, *visit_gaps(answer, cases)) if set(FIT) <= set(answer) else gaps


def visit_gaps(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Every visit on its own, from the weights reported before it to those after; then the sum of all visits.

    Whole numbers over a power of 2 that are far below 2^24 of their unit: products, sums and differences are exact.
    """
    rate, epochs = float(cases.settings["rate"]), cases.integer("epochs")
    rows, y = oracle.augmented(cases["x"], bool(cases.settings["intercept"])), cases["y"]
    before, after = visits(answer, cases)
    x, label = np.tile(rows, (1, epochs, 1)), np.tile(y, (1, epochs))
    missed = label * (before * x).sum(axis=2) <= 0
    step = rate * (label * missed)[..., None] * x
    mistake = answer["mistake"].astype(bool)
    often = mistake.sum(axis=1)  # (lane, n): mistakes on each row
    missed_positives, false_alarms = (often * (y == 1)).sum(axis=1), (often * (y == -1)).sum(axis=1)
    lowered = rate * (missed_positives - false_alarms) * bool(cases.settings["intercept"])
    total = cases["w"] + rate * ((often * y)[..., None] * cases["x"]).sum(axis=1)
    threshold = (before - after)[..., -1]
    return (
        exactly("a visit is a mistake where y (w·x + bias) ≤ 0", mistake.reshape(missed.shape), missed),
        exactly("w moves by rate·y·x after a mistake, else stays", (after - before)[..., :-1], step[..., :-1]),
        exactly("the threshold falls after a missed positive, rises after a false alarm", threshold, -step[..., -1]),
        exactly("the threshold in the end", -answer["bias"], -cases["bias"] - lowered),
        exactly("w in the end is the start and each row times its mistakes", answer["w"], total),
        exactly("mistakes are counted", answer["mistakes"], often.sum(axis=1)),
        exactly("converged means a last epoch without mistakes", answer["converged"], ~mistake[:, -1].any(axis=1)),
    )


def check_novikoff(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """After k mistakes u·w_k ≥ k η γ and ‖w_k‖² ≤ k η² R²; Cauchy and Schwarz give k ≤ R² ‖u‖² ∕ γ².

    R² is the largest squared length of a row, γ = min y u·x, with the 1 of the bias as a coordinate. u is the case's
    teacher, and a second one is the answer itself where it separates. All are whole numbers over a power of 2.
    """
    rate, intercept = float(cases.settings["rate"]), bool(cases.settings["intercept"])
    rows, y = oracle.augmented(cases["x"], intercept), cases["y"]
    _, after = visits(answer, cases)
    teacher = np.concatenate([cases["u"], cases["v"][:, None]], axis=1)
    learnt = np.concatenate([answer["w"], answer["bias"][:, None]], axis=1) / rate
    planes = np.stack([teacher, learnt], axis=1)  # (lane, 2, d + 1)
    most = oracle.most_mistakes(rows, y, planes)
    k = answer["mistake"].reshape(cases.lanes, -1).cumsum(axis=1)
    radius = (rows**2).sum(axis=2).max(axis=1)[:, None]
    least = oracle.margins(rows, y, teacher[:, None]).min(axis=2)
    within = most[:, 0] < cases.integer("epochs")
    return (
        at_most("mistakes ≤ R² ‖u‖² ∕ γ², u the teacher", answer["mistakes"], most[:, 0], ZERO),
        at_most("mistakes ≤ R² ‖u‖² ∕ γ², u what was learnt", answer["mistakes"], most[:, 1], ZERO),
        at_most("‖w_k‖² ≤ k η² R²", (after**2).sum(axis=2), k * rate**2 * radius, ZERO),
        at_most("u·w_k ≥ k η γ", k * rate * least, (after * teacher[:, None]).sum(axis=2), ZERO),
        exactly("an epoch without mistakes comes", answer["converged"], np.ones(cases.lanes), within),
    )


LEARNING_CLAIMS: tuple[Claim, ...] = (
    Claim(
        id="BP-07",
        version=1,
        title="The learning rate only scales",
        sentence="Start and learning rate times c give the same mistakes and weights times c; from a start of 0 the "
        "rate changes nothing else.",
        latex=r"w_k(c\,\eta,\,c\,w_0)=c\,w_k(\eta,\,w_0)",
        source=(("rosenblatt1958", "the learning rule"), ("mohri2018", "section 8.3.1")),
        kind="exact",
        asks="perceptron_fit",
        check=check_rate,
        domain=RATES,
        parents=("BP-02",),
        needs=("w", "bias"),
    ),
    Claim(
        id="BP-17",
        version=1,
        title="Which way it learns",
        sentence="A missed positive moves the weights towards the row and lowers the threshold by the rate, a false "
        "alarm does the opposite, and the result is the sum of its mistakes.",
        latex=r"w=w_0+\eta\sum_n\alpha_n y_n x_n,\quad T=T_0-\eta\,(\#\text{missed}-\#\text{false alarms})",
        source=(("rosenblatt1958", "the learning rule"), ("freund1999", "section 2")),
        kind="exact",
        asks="perceptron_fit",
        check=check_direction,
        domain=ROWS,
        parents=("BP-07",),
        needs=("w", "bias"),
    ),
    Claim(
        id="BP-06",
        version=1,
        title="Novikoff's bound",
        sentence="On separable rows the mistakes are at most (R ‖u‖ ∕ γ)² for every u that separates, and both halves "
        "of the proof hold after every visit.",
        latex=r"k\le\frac{R^2\,\lVert u\rVert^2}{\gamma^2},\quad"
        r"k\,\eta\,\gamma\le u\cdot w_k,\quad\lVert w_k\rVert^2\le k\,\eta^2R^2",
        source=(("novikoff1962", "the theorem"), ("block1962", "convergence theorem"), ("mohri2018", "Theorem 8.8")),
        kind="exact",
        asks="perceptron_fit",
        check=check_novikoff,
        domain=TAUGHT,
        parents=("BP-07",),
        needs=FIT,
    ),
    *DECIDES_CLAIMS,
)
