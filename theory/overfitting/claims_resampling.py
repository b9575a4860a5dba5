"""Claims about folds and neighbours: OV-13, OV-27, OV-26, OV-32, OV-22, OV-14, OV-25."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import Bound, absolute, gamma
from theory.core.chance import binomial_p_value
from theory.core.claim import Answer, Claim
from theory.core.domain import Cases, Domain, Shape
from theory.core.gap import Gap, at_most, equal, exactly
from theory.overfitting import oracle_fitting as oracle
from theory.overfitting.bounds_fitting import augmented, coef_error, norm, size, squared_error
from theory.overfitting.cases_resampling import FOLDS, LABELS, POINTS, VALIDATED, VOTES, training_masks

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Rng = np.random.Generator
SHUFFLES = 400
"""Lanes of a shuffled split: at a level of 1e-9, a share of 1∕2 is told from 1 or 0 by 31."""


def partition_gaps(answer: Answer, n: int, k: int) -> tuple[Gap, ...]:
    """Every row is tested by exactly one of k folds, and each fold trains on all others."""
    test, train = (np.asarray(answer[name], dtype=np.float64) for name in ("test", "train"))
    return (
        exactly("folds and rows", np.full((len(test), 2), test.shape[1:]), np.array([[k, n]])),
        exactly("each row is tested once", test.sum(axis=1), np.ones((len(test), test.shape[2]))),
        exactly("a fold trains on what it does not test", train, 1 - test),
    )


def check_kfold(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Sizes ⌊n∕k⌋ or one more, the first n mod k folds being the larger; blocks in order when nothing is shuffled."""
    n, k = cases.integer("n"), cases.integer("k")
    test = np.asarray(answer["test"], dtype=np.float64)
    sizes = np.array([n // k + (fold < n % k) for fold in range(k)])
    gaps = (*partition_gaps(answer, n, k), exactly("sizes", test.sum(axis=2), sizes[None]))
    if cases.integer("shuffle"):
        return gaps
    return (*gaps, exactly("blocks in order", test, ~training_masks(n, k)[None]))


def check_stratified(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Of c rows with one label each fold tests ⌊c∕k⌋ or ⌈c∕k⌉, and of all rows too."""
    y, k = cases["y"], cases.integer("k")
    test = np.asarray(answer["test"], dtype=np.float64)
    labels = np.unique(y)
    same = (y[:, None] == labels[:, None]).astype(np.float64)  # (lane, label, n)
    counts = np.einsum("lkn,lcn->lck", test, same)
    spread = counts.max(axis=2) - counts.min(axis=2)
    sizes = test.sum(axis=2)
    return (
        *partition_gaps(answer, y.shape[1], k),
        at_most("counts of a label differ by at most 1", spread, np.ones_like(spread), _NONE),
        at_most("sizes differ by at most 1", np.ptp(sizes, axis=1), np.ones(len(sizes)), _NONE),
    )


_NONE = absolute(0.0, "0 (exact)")


def draw_shuffles(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """One split of n rows into k folds, shuffled many times."""
    n, k = shape["n"], min(shape["k"], shape["n"])
    arrays = {"lanes": np.zeros(1), "y": np.ones((1, n), dtype=np.int64)}
    return Cases(arrays, {"n": n, "k": k, "shuffle": 1}, regime)


SPLITS = Domain(shapes={"n": (3, 12), "k": (2, 5)}, regimes=("generic",), draw=draw_shuffles)


def check_shuffles(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """See `uniformity`: asked again for 400 lanes."""
    n, k = cases.integer("n"), cases.integer("k")
    return uniformity(answer.again("kfold", cases.with_arrays(lanes=np.zeros(SHUFFLES))), n, k, cases.level)


def check_stratified_shuffles(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """See `uniformity`: with one label, stratified folds are plain ones."""
    ones = np.ones((SHUFFLES, cases.integer("n")), dtype=np.int64)
    many = cases.with_arrays(lanes=np.zeros(SHUFFLES), y=ones)
    return uniformity(answer.again("stratified_kfold", many), cases.integer("n"), cases.integer("k"), cases.level)


def uniformity(split: Answer, n: int, k: int, level: float) -> tuple[Gap, ...]:
    """A row is in the first fold, of s rows, with probability s∕n; two rows with s(s−1)∕n(n−1); lanes differ.

    The tail of each binomial count is exact. Whether neighbouring lanes put the first row into the same fold has
    probability Σ (s_j∕n)².
    """
    sizes = np.array([n // k + (fold < n % k) for fold in range(k)])
    first, together = sizes[0] / n, sizes[0] * (sizes[0] - 1) / (n * (n - 1))
    test = np.asarray(split["test"], dtype=np.float64)
    where = test[:, :, 0].argmax(axis=1)
    same, both = (where[::2] == where[1::2]).sum(), test[:, 0, -2:].prod(axis=1).sum()
    values = {
        "the first row in the first fold": binomial_p_value(test[:, 0, 0].sum(), SHUFFLES, first),
        "the last two rows in the first fold": binomial_p_value(both, SHUFFLES, together),
        "lanes agree about the first row": binomial_p_value(same, SHUFFLES // 2, ((sizes / n) ** 2).sum()),
    }
    return tuple(at_most(what, np.full(1, level), value.reshape(1), _LEVEL) for what, value in values.items())


_LEVEL = absolute(0.0, "level of one test")


class Refits(NamedTuple):
    """prediction (lane, n): of each row by its fold's exact fit, and how far rounding may move it."""

    prediction: Floats
    bound: Bound


def refits(cases: Cases) -> Refits:
    """Fit every training set in rationals, and predict the rows that it lacks.

    A fit moves by `coef_error` of its training rows with √λ I below them, a prediction by ‖x_i‖ of it, and its sum of d
    products rounds.
    """
    x, y, penalty = cases["x"], cases["y"], cases["penalty"]
    n, d = x.shape[1:]
    prediction, moved = np.zeros_like(y), np.zeros_like(y)
    for kept in training_masks(n, cases.integer("k")):
        rows, targets = x[:, kept], y[:, kept]
        (coef,) = oracle.stacked(exact_ridge, rows, targets, penalty)
        whole = augmented(rows, penalty, False)
        left = np.concatenate([targets, np.zeros((len(y), d))], axis=1) - np.einsum("lnd,ld->ln", whole, coef)
        off = coef_error(size(whole, cases.u), norm(coef), norm(left), norm(targets)).value
        prediction[:, ~kept] = np.einsum("lnd,ld->ln", x[:, ~kept], coef)
        products = np.einsum("lnd,ld->ln", np.abs(x[:, ~kept]), np.abs(coef))
        moved[:, ~kept] = norm(x[:, ~kept]) * off[:, None] + gamma(d, cases.u) * products
    return Refits(prediction, absolute(moved, "‖x‖ 2ε(2κ‖w‖ + κ‖r‖∕σ + ‖y‖∕σ) + γ(d)Σ|x w|, ε = γ(8nd)"))


def exact_ridge(x: Floats, y: Floats, penalty: float) -> tuple[Floats]:
    """(XᵀX + λI)⁻¹Xᵀy in rationals, rounded once: (d,)."""
    from flint import fmpq

    weight = fmpq(*float(penalty).as_integer_ratio())
    return (oracle.vector(oracle.projection(oracle.matrix(x), weight) * oracle.matrix(y)),)


def check_cross_validation(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Each row's prediction is that of a fit without its fold; the error is the mean square of what is left.

    A square moves by 2|left| times the prediction's bound, and a mean of n squares by γ(n+2) more.
    """
    told = refits(cases)
    left = cases["y"] - told.prediction
    square = (left**2).mean(axis=1)
    moved = squared_error(left, told.bound.value).mean(axis=1) + gamma(left.shape[1] + 3, cases.u) * square
    bound = absolute(moved, "mean(2|left| e + e²) + γ(n+3) error, e of the predictions")
    return (
        equal("predictions", answer["prediction"], told.prediction, told.bound),
        equal("error", answer["error"], square, bound),
    )


def check_training_error(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """One neighbour, asked about the rows themselves, answers their labels: the training error is 0.

    Equal rows have equal labels here, and a distance of two different floats is not 0 when differences come first.
    """
    index = answer["nearest"].astype(np.int64)
    found = np.take_along_axis(cases["x"], index[..., None].clip(0, cases["x"].shape[1] - 1), axis=1)
    return (
        exactly("label of the row itself", answer["label"], cases["y"]),
        exactly("the nearest row is the row itself", found, cases["query"]),
    )


def votes(cases: Cases) -> tuple[Ints, Ints]:
    """Labels and nearest rows by sorting (distance, index) in whole numbers: (lane, m) each."""
    x, query = (cases[name].astype(np.int64) for name in ("x", "query"))
    few = cases.integer("neighbours")
    apart = ((query[:, :, None] - x[:, None]) ** 2).sum(axis=3)
    n = x.shape[1]
    order = np.argsort(apart * n + np.arange(n), axis=2)
    label = np.empty(order.shape[:2], dtype=np.int64)
    for lane in range(len(x)):
        for m in range(order.shape[1]):
            values, counts = np.unique(cases["y"][lane, order[lane, m, :few]], return_counts=True)
            label[lane, m] = values[counts.argmax()]
    return label, order[..., 0]


def check_majority(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """The most frequent label among the nearest rows, the lowest of equals; of equally near rows the first."""
    label, nearest = votes(cases)
    return exactly("label", answer["label"], label), exactly("nearest row", answer["nearest"], nearest)


RESAMPLING_CLAIMS: tuple[Claim, ...] = (
    Claim(
        id="OV-13",
        version=1,
        title="Folds are a partition",
        sentence="Every row is tested by exactly one fold and trained on by all others; sizes differ by at most one.",
        latex=r"\bigsqcup_jT_j=\{1,\dots,n\},\quad|T_j|\in\{\lfloor n/k\rfloor,\lceil n/k\rceil\}",
        source=(("hastie2009", "section 7.10"),),
        kind="exact",
        asks="kfold",
        check=check_kfold,
        domain=FOLDS,
        needs=("test", "train"),
        lanes=16,
    ),
    Claim(
        id="OV-27",
        version=1,
        title="Stratified folds share each label fairly",
        sentence="The counts of each label, and the sizes, differ by at most one from fold to fold.",
        latex=r"\bigl||T_i\cap C|-|T_j\cap C|\bigr|\le1\ \text{for every label's rows}\ C",
        source=(("kohavi1995", "section 2.2"),),
        kind="exact",
        asks="stratified_kfold",
        check=check_stratified,
        domain=LABELS,
        parents=("OV-13",),
        needs=("test", "train"),
    ),
    Claim(
        id="OV-26",
        version=1,
        title="Shuffled folds are drawn uniformly",
        sentence="A shuffled row is in a fold with that fold's share of the rows, pairs likewise, and lanes apart.",
        latex=r"P(i\in T_1)=\frac{s_1}n,\quad P(i,j\in T_1)=\frac{s_1(s_1-1)}{n(n-1)}",
        source=(("hastie2009", "section 7.10"),),
        kind="statistical",
        asks="kfold",
        check=check_shuffles,
        domain=SPLITS,
        parents=("OV-13",),
        needs=("test",),
        lanes=1,
        tests=3,
    ),
    Claim(
        id="OV-32",
        version=1,
        title="Shuffled stratified folds are drawn uniformly",
        sentence="With one label, shuffled stratified folds follow the law of plain shuffled folds.",
        latex=r"P(i\in T_1)=\frac{s_1}n,\quad P(i,j\in T_1)=\frac{s_1(s_1-1)}{n(n-1)}",
        source=(("kohavi1995", "section 2.2"),),
        kind="statistical",
        asks="stratified_kfold",
        check=check_stratified_shuffles,
        domain=SPLITS,
        parents=("OV-26", "OV-27"),
        needs=("test",),
        lanes=1,
        tests=3,
    ),
    Claim(
        id="OV-22",
        version=1,
        title="Cross-validation is a refit without the fold",
        sentence="Each prediction is that of the fit without the row's fold; k = n leaves out just the row.",
        latex=r"\hat y_i=x_i^\top(X_{-T}^\top X_{-T}+\lambda I)^{-1}X_{-T}^\top y_{-T},\quad i\in T",
        source=(("stone1974", "section 2"), ("hastie2009", "section 7.10")),
        kind="identity",
        asks="cross_validate",
        check=check_cross_validation,
        domain=VALIDATED,
        parents=("OV-13", "OV-05"),
        needs=("prediction", "error"),
        lanes=16,
    ),
    Claim(
        id="OV-14",
        version=1,
        title="One neighbour never errs on its own rows",
        sentence="The training error of one nearest neighbour is 0, wherever the data lie and however close.",
        latex=r"\hat y(x_i)=y_i\ \text{for}\ k=1,\ x_i=x_j\Rightarrow y_i=y_j",
        source=(("cover1967", "section I"),),
        kind="exact",
        asks="nearest_neighbours",
        check=check_training_error,
        domain=POINTS,
        needs=("label", "nearest"),
        lanes=64,
    ),
    Claim(
        id="OV-25",
        version=1,
        title="Neighbours vote",
        sentence="The label is the most frequent one among the nearest rows, the lowest of equals.",
        latex=r"\hat y(q)=\min\arg\max_c\#\{i\in N_k(q):y_i=c\}",
        source=(("cover1967", "section I"),),
        kind="exact",
        asks="nearest_neighbours",
        check=check_majority,
        domain=VOTES,
        parents=("OV-14",),
        needs=("label", "nearest"),
        lanes=64,
    ),
)
