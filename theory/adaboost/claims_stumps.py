"""Claims about the chosen stumps and about how a run ends: ADA-09, ADA-15, ADA-16, ADA-17."""

from __future__ import annotations

import numpy as np

from theory.adaboost.balls import compare, dot, in_balls, own_gamma, size
from theory.adaboost.cases import DISCRETE_DOMAIN, DYADIC_DOMAIN, REWEIGHT_DOMAIN
from theory.adaboost.claims_weights import FIT, FIT_ALPHA
from theory.adaboost.oracle import Floats, Mask, best_edge, kept_rounds, read_rounds, stump_predictions
from theory.core.bound import Bound, gamma, rounding
from theory.core.claim import Answer, Claim
from theory.core.domain import Array, Cases
from theory.core.gap import Gap, exactly

PERFECT, NO_WEAK_LEARNER = 1, 2


def _search_tolerance(n: int, u: float, like: Array) -> Floats:
    """How far a search may miss the least error, ΣD = 1: the candidates' errors, each within γ(2n+4), are compared.

    An edge is t − 2c with t and c sums of n terms: 3γ_n, halved by ε = ½(1 − edge); two candidates make it 3γ_n, and
    a canonical choice among near-ties may cost one γ_n more. The oracle's own cuts cost γ(2n+4) of its unit.
    """
    return 4 * gamma(n + 4, u) + own_gamma(2 * n + 4, like)


def _whole_weights(cases: Cases, tolerance: Floats) -> Mask:
    """(L,): whole example weights so light that two different errors differ by far more than rounding."""
    w = cases["w"].astype(np.float64)
    return np.asarray((w == np.round(w)).all(axis=1) & (4 * tolerance * w.sum(axis=1) < 1))


def check_least_error(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """No stump has a smaller weighted error than the recorded one; with whole weights exactly so in round 1.

    Every cut of every feature is tried, see `best_edge`; the regret is at most `_search_tolerance`. Whole weights make
    errors multiples of 1/Σw, so that rounding cannot hide a wrong choice. The recorded stump must also say, example
    by example, what the recorded predictions say.
    """
    rounds, y = read_rounds(answer, cases), cases["y"]
    signed = rounds.D * y[:, None, :]
    least = (rounds.total - best_edge(cases["X"], signed)) / 2
    chosen = dot(rounds.D, rounds.miss.astype(np.float64))
    tolerance = _search_tolerance(rounds.n, cases.u, rounds.D)
    bound = Bound(np.broadcast_to(tolerance, chosen.shape), "4γ(n+4)")
    w = np.asarray(cases["w"])
    whole = _whole_weights(cases, 4 * gamma(rounds.n + 4, cases.u)) & rounds.kept[:, 0]
    fewest = (w.sum(axis=-1) - best_edge(cases["X"], (w * y)[:, None, :])[:, 0]) / 2
    missed = dot(w, rounds.miss[:, 0].astype(np.float64))
    zero = Bound(np.zeros(()), "0 (whole numbers)")
    gaps = [
        compare("error of the stump ≤ least error", chosen, "<=", least, bound, rounds.kept),
        compare("weight missed in round 1 = least", missed, "=", fewest, zero, whole),
    ]
    if "feature" in answer:
        says = stump_predictions(cases["X"], answer["feature"], answer["threshold"], answer["polarity"])
        gaps.append(exactly("stump says what it predicted", says, answer["predictions"], rounds.kept[..., None]))
    return tuple(gaps)


def _last(values: Array, used: Array) -> Array:
    """The entry of round `used` (0-based: the round that was not kept, or the last): (L, R, ...) → (L, ...)."""
    index = np.minimum(used, values.shape[1] - 1).reshape(-1, 1, *[1] * (values.ndim - 2))
    return np.take_along_axis(values, index, axis=1)[:, 0]


def _finite(answer: Answer, lanes: int) -> Mask:
    """(L,): every answer but the thresholds is finite."""
    good = np.ones(lanes, dtype=bool)
    for name, value in answer.items():
        if name != "threshold" and value.dtype.kind == "f":
            good &= np.isfinite(value).reshape(lanes, -1).all(axis=1)
    return good


def _padding_is_neutral(answer: Answer, kept: Mask) -> Mask:
    """(L,): after the last kept round votes, errors and predictions are 0, weights and scores stand still."""
    padded = ~kept
    still = (answer["weights"][:, 1:] == answer["weights"][:, :-1]).all(axis=-1)
    staged = answer["staged"]
    before = np.concatenate([np.zeros_like(staged[:, :1]), staged[:, :-1]], axis=1)
    silent = (answer["alphas"] == 0) & (answer["errors"] == 0) & (answer["predictions"] == 0).all(axis=-1)
    quiet = still & silent & (staged == before).all(axis=-1)
    return np.asarray((quiet | ~padded).all(axis=1))


def check_how_it_ends(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """A run ends for the reason it gives: all rounds used, a perfect round, or no stump better than a coin.

    Perfect: ε_m = 0 exactly happens in the last kept round only, and then every example of positive weight is
    labelled right. No weak learner: the best edge 1 − 2ε under the last weights is 0 up to twice `_search_tolerance`
    and the rounding of ε; with whole weights whose sum is a power of two, where nothing is rounded, the first round is
    dropped exactly if the edge is 0.
    Nothing is NaN or infinite; labels are −1 or +1, the sign of F, and the majority where there is no F.
    """
    rounds, X, y, w = read_rounds(answer, cases), cases["X"], cases["y"], cases["w"]
    used, stop, labels = answer["used"], answer["stop"], answer["labels"]
    lanes, length = rounds.kept.shape
    perfect = rounds.kept & ~rounds.regular
    perfect_at = np.where(perfect.any(axis=1), perfect.argmax(axis=1) + 1, 0)
    right = np.asarray((labels == y) | (w == 0)).all(axis=1)
    some, reweighting = used > 0, cases.settings.get("mode") != "resample"
    edge = best_edge(X, np.stack([w / w.sum(axis=1)[:, None] * y, _last(rounds.D, used) * y], axis=1))
    tolerance = _search_tolerance(rounds.n, cases.u, rounds.D)
    coin = Bound(np.broadcast_to(3 * tolerance, (lanes,)), "12γ(n+4)")
    exact = (np.frexp(w.sum(axis=1))[0] == 0.5) & (w == np.round(w)).all(axis=1) & reweighting
    majority = (w * y).sum(axis=1)
    return (
        exactly("finite", _finite(answer, lanes), 1),
        exactly("labels are ±1", np.abs(labels), 1),
        exactly("padding is neutral", _padding_is_neutral(answer, rounds.kept), 1),
        exactly("all rounds used", used, length, stop == 0),
        exactly("perfect round is the last", perfect_at, np.where(stop == 1, used, 0)),
        exactly("no error after a perfect round", right, 1, stop == 1),
        compare("edge when no stump helps", edge[:, 1], "<=", np.zeros(lanes), coin, (stop == 2) & reweighting),
        exactly("XOR stops at once", used > 0, edge[:, 0] > 0, exact),
        exactly("labels are the sign of F", labels, np.where(answer["decision"] >= 0, 1, -1), some[:, None]),
        exactly("majority", labels * np.sign(majority)[:, None], 1, (~some & (majority != 0))[:, None]),
    )


def _mirrored(cases: Cases) -> Cases:
    return cases.with_arrays(y=-cases["y"])


def _reversed(cases: Cases) -> Cases:
    return cases.with_arrays(**{name: cases[name][:, ::-1].copy() for name in ("X", "y", "w")})


def _split(cases: Cases) -> Cases:
    """Every row of weight a + b as two rows of weights a and b; those of weight 1 leave a row of weight 0 behind."""
    half = np.floor(cases["w"] / 2)
    return cases.with_arrays(
        X=np.concatenate([cases["X"], cases["X"]], axis=1),
        y=np.concatenate([cases["y"], cases["y"]], axis=1),
        w=np.concatenate([cases["w"] - half, half], axis=1),
    )


def _with_absent_rows(cases: Cases) -> Cases:
    """The rows again with other features, opposite labels and no weight."""
    return cases.with_arrays(
        X=np.concatenate([cases["X"], 1 - 3 * cases["X"][:, ::-1]], axis=1),
        y=np.concatenate([cases["y"], -cases["y"]], axis=1),
        w=np.concatenate([cases["w"], np.zeros_like(cases["w"])], axis=1),
    )


def _ranked(cases: Cases) -> Cases:
    """Every feature replaced by the rank of its values: a strictly increasing map."""
    X = cases["X"]
    order = np.argsort(X, axis=1, kind="stable")
    column = np.take_along_axis(X, order, axis=1)
    steps = np.concatenate([np.zeros_like(column[:, :1]), column[:, 1:] > column[:, :-1]], axis=1)
    ranks = np.empty_like(X)
    np.put_along_axis(ranks, order, np.cumsum(steps, axis=1), axis=1)
    return cases.with_arrays(X=ranks)


def check_symmetries(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """The first error survives every change of the problem that leaves the theory's first error alone, bit for bit.

    Weights are whole with a sum of 2^k, so all sums of D_1 are exact in any order and nothing is rounded. Opposite
    labels, rows in reverse, rows split in two, rows of no weight; and under a strictly increasing map of each feature
    every prediction of every round stays, because stumps see the order only. Whole trajectories are not compared for
    the others: a tie may be broken the other way.
    """
    first = answer["errors"][:, 0]
    changes = {
        "labels flipped": _mirrored,
        "rows reversed": _reversed,
        "rows split in two": _split,
        "rows of no weight added": _with_absent_rows,
    }
    shorter = cases.with_settings(rounds=1)
    gaps = [
        exactly(f"ε_1, {name}", answer.again("fit_discrete", change(shorter))["errors"][:, 0], first)
        for name, change in changes.items()
    ]
    ranked = answer.again("fit_discrete", _ranked(cases))
    return (*gaps, exactly("predictions, features ranked", ranked["predictions"], answer["predictions"]))


def check_stages(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """F_m − F_{m−1} = α_m h_m; the decision is the last stage; a shorter run is a prefix of a longer one, bit for bit.

    Each stage is a sum of at most m products: γ(m+2) Σ|α|, and once more for a decision summed on another path. A
    prefix does the same arithmetic on the same numbers.
    """
    alphas, predictions, staged = answer["alphas"], answer["predictions"], answer["staged"]
    length = alphas.shape[1]
    kept = kept_rounds(answer, length)
    before = np.concatenate([np.zeros_like(staged[:, :1]), staged[:, :-1]], axis=1)
    votes = np.cumsum(size(alphas), axis=1)
    bound = rounding(length + 2, cases.u, "γ(m+2) Σ|α|", votes) + Bound(own_gamma(2, alphas) * votes, "γ(2) Σ|α|")
    each = Bound(2 * bound.value[..., None], f"2 ({bound.terms})")
    head = (length + 1) // 2
    short = answer.again("fit_discrete", cases.with_settings(rounds=head))
    same = [
        exactly(f"prefix: {name}", short[name], answer[name][:, : short[name].shape[1]])
        for name in ("weights", "alphas", "predictions", "staged")
    ]
    return (
        compare(
            "F_m − F_{m−1} = α_m h_m", staged - before, "=", alphas[..., None] * predictions, each, kept[..., None]
        ),
        compare("decision = last stage", answer["decision"], "=", staged[:, -1], Bound(each.value[:, -1], each.terms)),
        exactly("prefix: rounds used", short["used"], np.minimum(answer["used"], head)),
        *same,
    )


STUMP_CLAIMS = (
    Claim(
        id="ADA-09",
        version=1,
        title="The stump of least error",
        sentence="No decision stump, the constant one and both polarities included, has a smaller weighted error "
        "than the one that the round chose.",
        latex=r"\varepsilon_m=\min_{h\in\mathcal H_{\mathrm{stump}}}\sum_{i:h(x_i)\ne y_i}D_m(i)",
        source=(("freund1997", "section 4"),),
        kind="certificate",
        asks="fit_discrete",
        check=check_least_error,
        exact=in_balls(check_least_error),
        domain=REWEIGHT_DOMAIN,
        needs=FIT,
    ),
    Claim(
        id="ADA-15",
        version=1,
        title="Degenerate rounds",
        sentence="A perfect round ends the run with no training error, a round no better than a coin is dropped "
        "and ends it, and nothing that is returned is infinite or no number.",
        latex=r"\varepsilon_m=0\Rightarrow\operatorname{sign}F(x_i)=y_i\ \forall i,\qquad "
        r"\min_h\varepsilon(h)\ge\tfrac12\Rightarrow M=m-1",
        source=(("freund1997", "section 4"),),
        kind="certificate",
        asks="fit_discrete",
        check=check_how_it_ends,
        domain=DISCRETE_DOMAIN,
        needs=(*FIT_ALPHA, "errors", "stop", "staged", "decision", "labels"),
    ),
    Claim(
        id="ADA-16",
        version=1,
        title="Symmetries",
        sentence="The first error does not depend on the sign of the labels, the order of the rows, how weight is "
        "split over equal rows, or rows of no weight; no prediction depends on more than the order of a "
        "feature.",
        latex=r"\varepsilon_1(X,-y,w)=\varepsilon_1(PX,Py,Pw)=\varepsilon_1(X,y,w),\qquad "
        r"h_m\bigl(\phi(x_i);\phi(X)\bigr)=h_m(x_i;X)\ \text{for increasing}\ \phi",
        source=(("freund1997", "Fig. 2"),),
        kind="exact",
        asks="fit_discrete",
        check=check_symmetries,
        domain=DYADIC_DOMAIN,
        needs=("errors", "predictions"),
        parents=("ADA-09",),
        lanes=64,
    ),
    Claim(
        id="ADA-17",
        version=1,
        title="Stages and prefixes",
        sentence="Each stage adds one vote to the one before, the decision is the last stage, and a shorter run is "
        "the beginning of a longer one.",
        latex=r"F_m-F_{m-1}=\alpha_mh_m,\qquad F=F_M",
        source=(("freund1997", "Fig. 2"),),
        kind="identity",
        asks="fit_discrete",
        check=check_stages,
        domain=DISCRETE_DOMAIN,
        needs=("weights", "alphas", "predictions", "staged", "decision", "used"),
    ),
)
