"""Popular false statements about AdaBoost. Each check states the myth as if it were true."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from theory.adaboost.cases import AXES, COUNTDOWN, Rng, valid
from theory.adaboost.oracle import Floats, read_rounds, step_bound
from theory.core.bound import U64, Bound, absolute, gamma
from theory.core.claim import Answer, Myth
from theory.core.domain import Axes, Cases, Domain, Shape
from theory.core.gap import Gap, at_most, equal, exactly

RUDIN = np.array(
    [
        [-1, 1, 1, 1, 1, -1, -1, 1],
        [-1, 1, 1, -1, -1, 1, 1, 1],
        [1, -1, 1, 1, 1, -1, 1, 1],
        [1, -1, 1, 1, -1, 1, 1, 1],
        [1, -1, 1, -1, 1, 1, 1, -1],
        [1, 1, -1, 1, 1, 1, 1, -1],
        [1, 1, -1, 1, 1, 1, -1, 1],
        [1, 1, 1, 1, -1, -1, 1, -1],
    ],
    dtype=np.float64,
)
"""y_i h_j(x_i) of eight examples and eight hypotheses on which AdaBoost cycles below the best margin."""

RUDIN_LABELS = np.array([1, -1, -1, -1, -1, 1, -1, -1])
"""Labels for which the two constant stumps, which a stump search adds, leave the cycle as it is."""


def draw_line(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Points 0, 1, 2, … on a line with labels by coin and equal weights; `truth`: the label before noise, all +1."""
    n = shape["n"]
    X = np.broadcast_to(np.arange(n, dtype=np.float64)[:, None], (lanes, n, 1)).copy()
    arrays = {"X": X, "y": 2 * rng.integers(0, 2, (lanes, n)) - 1, "w": np.ones((lanes, n))}
    if regime == "label-noise":
        arrays["truth"] = np.ones((lanes, n), dtype=np.int64)
        arrays["y"] = np.where(rng.random((lanes, n)) < 0.25, -1, 1)
    return Cases(arrays, {"rounds": shape["rounds"], "mode": "reweight"}, regime)


def draw_grid(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Distinct points of a grid in the plane, labels by coin."""
    n = shape["n"]
    places = np.argsort(rng.random((lanes, 9)), axis=1)[:, :n]
    X = np.stack([places // 3, places % 3], axis=-1).astype(np.float64)
    arrays = {"X": X, "y": 2 * rng.integers(0, 2, (lanes, n)) - 1, "w": np.ones((lanes, n))}
    return Cases(arrays, {"rounds": 1, "mode": "reweight"}, regime)


def draw_rudin(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """The matrix of Rudin, Daubechies and Schapire as features ±1, the columns shuffled in all lanes but the first."""
    order = np.argsort(rng.random((lanes, 8)), axis=1)
    order[0] = np.arange(8)
    X = (RUDIN_LABELS[:, None] * RUDIN)[:, order].transpose(1, 0, 2)
    y = np.broadcast_to(RUDIN_LABELS, (lanes, 8)).copy()
    return Cases({"X": X, "y": y, "w": np.ones((lanes, 8))}, {"rounds": shape["rounds"], "mode": "reweight"}, regime)


def _distinct_rows(cases: Cases) -> NDArray[np.bool_]:
    X = cases["X"]
    same = (X[:, :, None] == X[:, None, :]).all(axis=-1).sum(axis=(1, 2))
    return np.asarray(valid(cases) & (same == X.shape[1]))


def _mistakes(answer: Answer, cases: Cases, labels: str) -> tuple[Floats, Floats]:
    """Mistakes of sign F_m after each round, counted for sure and counted at most: (L, R). F errs by γ(m+2) Σ|α|."""
    margin = cases[labels][:, None, :] * answer["staged"]
    votes = np.cumsum(np.abs(answer["alphas"]), axis=1)[..., None]
    doubt = gamma(margin.shape[1] + 2, cases.u) * votes
    return (margin < -doubt).sum(axis=-1), (margin <= doubt).sum(axis=-1)


def _next_is_no_worse(answer: Answer, cases: Cases, labels: str) -> Gap:
    surely, at_worst = _mistakes(answer, cases, labels)
    kept = np.arange(1, surely.shape[1]) < answer["used"][:, None]
    zero = Bound(np.zeros(()), "0 (counts)")
    return at_most("mistakes after a further round", surely[:, 1:], at_worst[:, :-1], zero, kept)


def check_training_error_falls(answer: Answer, cases: Cases) -> Gap:
    """The number of training mistakes never rises from one round to the next."""
    return _next_is_no_worse(answer, cases, "y")


def check_never_overfits(answer: Answer, cases: Cases) -> Gap:
    """The number of mistakes against the noiseless labels never rises from one round to the next."""
    return _next_is_no_worse(answer, cases, "truth")


def check_error_grows(answer: Answer, cases: Cases) -> Gap:
    """The weighted error ε_m never falls, up to the rounding of the rounds so far."""
    rounds = read_rounds(answer, cases)
    bound = Bound(np.cumsum(step_bound(rounds, cases.u).value, axis=1)[:, 1:], "Σ_m (γ(3n+16) + 4u|α|)")
    return at_most("ε_m ≤ ε_{m+1}", rounds.error[:, :-1], rounds.error[:, 1:], bound, rounds.kept[:, 1:])


def check_all_earlier_are_worthless(answer: Answer, cases: Cases) -> Gap:
    """Every hypothesis so far, not only the last, has error ½ under the next weights."""
    rounds = read_rounds(answer, cases)
    wrong = np.einsum("ltn,lmn->lmt", rounds.miss.astype(np.float64), rounds.after)
    length = wrong.shape[1]
    earlier = np.tril(np.ones((length, length), dtype=bool)) & rounds.regular[:, :, None]
    steps = np.cumsum(step_bound(rounds, cases.u).value, axis=1)[..., None]
    return equal("error of h_t under D_{m+1}", wrong, 0.5, Bound(steps, "Σ_m (γ(3n+16) + 4u|α|)"), earlier)


def best_margin(X: Floats, y: NDArray[np.int64]) -> float:
    """Largest minimum margin of a convex combination of stumps on features ±1, by linear programming."""
    from scipy.optimize import linprog

    columns = np.concatenate([y[:, None] * X, y[:, None]], axis=1)
    A = np.concatenate([columns, -columns], axis=1)  # (n, stumps): y_i h_j(x_i)
    n, stumps = A.shape
    found = linprog(
        np.append(np.zeros(stumps), -1.0),
        A_ub=np.column_stack([-A, np.ones(n)]),
        b_ub=np.zeros(n),
        A_eq=np.append(np.ones(stumps), 0.0)[None],
        b_eq=[1.0],
        bounds=[(0, None)] * stumps + [(None, None)],
    )
    return float(np.asarray(found.x)[-1])


def check_maximises_margin(answer: Answer, cases: Cases) -> Gap:
    """The minimum margin after T rounds is within √(2 ln n / T) of the best, the rate of margin-maximising boosting."""
    X, y = cases["X"], cases["y"]
    best = np.array([best_margin(X[lane], y[lane]) for lane in range(cases.lanes)])
    reached = (y * answer["staged"][:, -1]).min(axis=1) / np.abs(answer["alphas"]).sum(axis=1)
    n, T = X.shape[1], answer["alphas"].shape[1]
    rate = absolute(np.sqrt(2 * np.log(n) / T) + gamma(T + 2, cases.u) + 100 * U64, "√(2 ln n / T) + γ(T+2)")
    return at_most("best margin", best, reached, rate)


def check_better_than_random_exists(answer: Answer, cases: Cases) -> Gap:
    """Distinct points: some stump beats the coin, so at least one round is kept."""
    return exactly("a first round is kept", answer["used"] > 0, True)


LINE = Domain(
    MappingProxyType({"n": (1, 8), "rounds": (1, 8)}),
    ("line",),
    draw_line,
    MappingProxyType({**AXES, "truth": Axes(("n",), "fixed")}),
    COUNTDOWN,
    _distinct_rows,
)

MYTHS: tuple[Myth, ...] = (
    Myth(
        id="ADA-M1",
        title="The training error falls every round",
        sentence="Each round of boosting leaves the training error as it is or makes it smaller.",
        truth="Only its bound, the exponential loss, falls every round (ADA-07); the error itself may rise.",
        source=(("freund1997", "Theorem 6"),),
        asks="fit_discrete",
        check=check_training_error_falls,
        domain=LINE,
        smallest="5 points on a line, labels −, −, +, −, −: 1, 1, 0, 1 mistakes after rounds 1, 2, 3, 4",
    ),
    Myth(
        id="ADA-M2",
        title="The weighted error grows monotonically",
        sentence="As the easy part of the problem is used up, the weighted error of each hypothesis exceeds the "
        "last one's.",
        truth="The weighted errors may go up and down for ever.",
        source=(("schapire2012", "chapter 3"),),
        asks="fit_discrete",
        check=check_error_grows,
        domain=LINE,
        smallest="3 points on a line, labels −, +, −: errors 1/3, 1/4, 1/6, 1/5",
    ),
    Myth(
        id="ADA-M3",
        title="All earlier hypotheses become worthless",
        sentence="Reweighting makes every hypothesis chosen so far no better than a coin.",
        truth="Only the last one (ADA-04). Making all of them worthless is totally corrective boosting.",
        source=(("kivinen1999", "whole paper"),),
        asks="fit_discrete",
        check=check_all_earlier_are_worthless,
        domain=LINE,
        smallest="3 points on a line, labels −, +, −: after two rounds the first hypothesis has error 1/3",
    ),
    Myth(
        id="ADA-M4",
        title="AdaBoost cannot overfit",
        sentence="More rounds never make the predictions of AdaBoost worse on the noiseless labels.",
        truth="Label noise is learnt: exponential weight goes to the flipped labels.",
        source=(("hastie2009", "section 10.6"),),
        asks="fit_discrete",
        check=check_never_overfits,
        domain=replace(LINE, regimes=("label-noise",)),
        smallest="3 points on a line, all truly +, the middle label flipped: 0 mistakes after round 1, 2 after round 2",
    ),
    Myth(
        id="ADA-M5",
        title="AdaBoost maximises the minimum margin",
        sentence="In the long run AdaBoost finds the combination of hypotheses with the largest minimum margin.",
        truth="AdaBoost may cycle for ever below the largest margin; variants with a margin target reach it.",
        source=(("rudin2004", "whole paper"), ("ratsch2005", "whole paper")),
        asks="fit_discrete",
        check=check_maximises_margin,
        domain=Domain(MappingProxyType({"rounds": (2400, 2400)}), ("cycle",), draw_rudin),
        smallest="an 8 × 8 sign matrix: margin 1/3 for ever, where 5/13 is possible with the constant stumps",
        lanes=4,
    ),
    Myth(
        id="ADA-M6",
        title="A better-than-random stump always exists",
        sentence="On distinct points some decision stump has weighted error below one half.",
        truth="A stump sees one feature; exclusive or cannot be told from a coin by any one feature.",
        source=(("schapire2012", "chapter 2"),),
        asks="fit_discrete",
        check=check_better_than_random_exists,
        domain=Domain(
            MappingProxyType({"n": (1, 6)}), ("grid",), draw_grid, AXES, MappingProxyType({}), _distinct_rows
        ),
        smallest="exclusive or: the 4 corners of a square, equal labels on each diagonal",
    ),
)
