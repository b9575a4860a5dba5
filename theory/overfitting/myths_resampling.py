"""Popular myths about leaving one out and about fitting perfectly, each stated as if it were true."""

from __future__ import annotations

import numpy as np

from theory.core.bound import absolute
from theory.core.claim import Answer, Myth
from theory.core.domain import Axes, Cases, Domain, Shape
from theory.core.gap import Gap, at_most

Rng = np.random.Generator
_EXACT = absolute(0.0, "0 (exact)")


def draw_coin(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Labels that do not depend on the point, as many of one as of the other: any rule errs on half of the new rows."""
    n = 2 * shape["half"]
    y = rng.permuted(np.tile(np.arange(n) % 2, (lanes, 1)), axis=1)
    x = np.zeros((lanes, n, 1))
    return Cases({"x": x, "y": y, "query": x[:, :1].copy()}, {"neighbours": n - 1}, regime)


COIN = Domain(shapes={"half": (1, 4)}, regimes=("balanced",), draw=draw_coin)


def _almost_unbiased(answer: Answer, cases: Cases) -> Gap:
    """Each row is predicted by the majority of the others; the true error is one half."""
    x, y = cases["x"], cases["y"]
    n = y.shape[1]
    wrong = np.zeros(len(y))
    for row in range(n):
        rest = np.delete(np.arange(n), row)
        left = cases.with_arrays(x=x[:, rest], y=y[:, rest], query=x[:, [row]])
        wrong += answer.again("nearest_neighbours", left)["label"][:, 0] != y[:, row]
    return at_most("error of leave-one-out ≤ true error + 1∕n", wrong / n, np.full(len(y), 0.5 + 1 / n), _EXACT)


def draw_clean(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Labels that are a threshold of the point, on rows that lie close together, and queries between them."""
    n = shape["n"]
    x = np.tile(np.arange(n, dtype=np.float64)[None, :, None], (lanes, 1, 1))
    cut = rng.integers(0, n, (lanes, 1)) + 0.5
    query = x + 0.25
    arrays = {"x": x, "y": (x[..., 0] > cut).astype(np.int64), "query": query, "cut": cut}
    return Cases(arrays, {"neighbours": 1}, regime)


CLEAN = Domain(
    shapes={"n": (1, 8)},
    regimes=("noise-free",),
    draw=draw_clean,
    axes={
        "x": Axes(("n",)),
        "y": Axes(("n",)),
        "query": Axes(("n",)),
    },
)


def _bad_model(answer: Answer, cases: Cases) -> Gap:
    """A model of no training error errs on new rows: the myth says on at least one of these."""
    truth = (cases["query"][..., 0] > cases["cut"]).astype(np.int64)
    wrong = (answer["label"] != truth).sum(axis=1)
    return at_most("one error ≤ errors on the new rows", np.ones(len(wrong)), wrong, _EXACT)


RESAMPLING_MYTHS: tuple[Myth, ...] = (
    Myth(
        id="OV-M5",
        title="Leave-one-out is almost unbiased for every learner",
        sentence="The error of leave-one-out differs from the true error by no more than one row's share.",
        truth="The majority of a balanced sample turns against the row that is left out: 100 % errors, 50 % in truth.",
        source=(("kohavi1995", "section 2.2"),),
        asks="nearest_neighbours",
        check=_almost_unbiased,
        domain=COIN,
        smallest="two rows at one place, one label each: leave-one-out errs twice",
    ),
    Myth(
        id="OV-M7",
        title="Zero training error means a bad model",
        sentence="A model that fits its training rows perfectly errs on new ones.",
        truth="One nearest neighbour always fits perfectly; without noise its test error goes to 0.",
        source=(("cover1967", "section I"),),
        asks="nearest_neighbours",
        check=_bad_model,
        domain=CLEAN,
        smallest="one row, and one new row beside it",
    ),
)
