"""Claims about noise that acts as a penalty: dropout (OV-11) and noise in the inputs (OV-12)."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np

from theory.core.bound import U64, Bound, rounding
from theory.core.claim import Answer, Claim
from theory.core.domain import Axes, Cases, Domain, Shape
from theory.core.gap import Gap, at_most, equal
from theory.overfitting import oracle_enumeration as enumeration
from theory.overfitting.cases_fitting import Floats, Mask, Rng

MOST_ENTRIES = 8
"""Most entries of a design of which every mask, and every sign of a noise, is tried."""


def check_dropout(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """The mean over all 2^(nd) masks, and never less than without dropout; see `dropout_bound`."""
    x, y, w, keep = (cases[name] for name in ("x", "y", "w", "keep"))
    plain = ((y - np.einsum("lnd,ld->ln", x, w)) ** 2).sum(axis=1)
    off = dropout_bound(cases)
    return (
        equal("E over all masks", answer["value"], enumeration.masked(x, y, w, keep), off),
        at_most("rss ≤ E over all masks", plain, answer["value"], off),
    )


def check_noise(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """The mean over all 2^(nd) signs of a noise of this variance; see `noise_bound`."""
    x, y, w = (cases[name] for name in ("x", "y", "w"))
    plain = ((y - np.einsum("lnd,ld->ln", x, w)) ** 2).sum(axis=1)
    off = noise_bound(cases)
    return (
        equal("E over all noises", answer["value"], enumeration.shaken(x, y, w, np.sqrt(cases["variance"])), off),
        at_most("rss ≤ E over all noises", plain, answer["value"], off),
    )


def dropout_bound(cases: Cases) -> Bound:
    """How far E over all masks may be off: (lane,).

    Any order of summing the closed form, or the masks, rounds at most 2(nd + n + d + 8) times what is at most
    Σ(|y| + Σ|x||w|∕p)² in size; the oracle's sum over masks in float64 adds 2^(nd).
    """
    x, y, w, keep = (np.abs(cases[name]) for name in ("x", "y", "w", "keep"))
    scale = ((y + np.einsum("lnd,ld->ln", x, w) / keep[:, None]) ** 2).sum(axis=1)
    return _bound(cases, scale, "γ(2(nd+n+d+8)) Σ(|y| + Σ|x||w|∕p)²")


def noise_bound(cases: Cases) -> Bound:
    """The same of Σ(|y| + Σ(|x| + σ)|w|)²."""
    x, y, w = (np.abs(cases[name]) for name in ("x", "y", "w"))
    shaken = x + np.sqrt(cases["variance"])[:, None, None]
    scale = ((y + np.einsum("lnd,ld->ln", shaken, w)) ** 2).sum(axis=1)
    return _bound(cases, scale, "γ(2(nd+n+d+8)) Σ(|y| + Σ(|x|+σ)|w|)²")


def _bound(cases: Cases, scale: Floats, words: str) -> Bound:
    n, d = cases["x"].shape[1:]
    own = rounding(2 ** (n * d) + 2 * n * d + 8, U64, "γ(2^(nd)+2nd+8) (float64)", scale)
    return rounding(2 * (n * d + n + d + 8), cases.u, words, scale) + own


def draw_shaken(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """A design with weights and with both kinds of noise: keep (lane,), variance (lane,)."""
    n = 1 if regime == "single-row" else shape["n"]
    d = 1 if regime == "single-column" else min(shape["d"], MOST_ENTRIES // n)
    x, y, w = rng.standard_normal((lanes, n, d)), rng.standard_normal((lanes, n)), rng.standard_normal((lanes, d))
    keep, variance = rng.uniform(0.2, 1, lanes), rng.uniform(0, 4, lanes)
    if regime == "integers":
        x, y, w = (rng.integers(-4, 5, part.shape).astype(np.float64) for part in (x, y, w))
        keep, variance = rng.integers(1, 5, lanes) / 4, rng.choice([0.0, 1.0, 4.0, 9.0, 16.0], lanes)
    if regime == "exact-fit":
        y = np.einsum("lnd,ld->ln", x, w)
    if regime == "zeros":
        x[:, :, 0], w[:, -1] = 0, 0
    if regime == "no-noise":
        keep, variance = np.ones(lanes), np.zeros(lanes)
    if regime == "loud":
        keep, variance = np.exp2(-rng.integers(3, 7, lanes)), np.exp2(rng.integers(4, 11, lanes))
    if regime == "huge-scale":
        x, y, variance = x * 2.0**20, y * 2.0**20, variance * 2.0**40
    return Cases({"x": x, "y": y, "w": w, "keep": keep, "variance": variance}, {}, regime)


def valid_shaken(cases: Cases) -> Mask:
    """Few enough entries to try all masks, a probability, and a variance ≥ 0."""
    n, d = cases["x"].shape[1:]
    keep = cases["keep"]
    return np.asarray((n * d <= MOST_ENTRIES) & (keep > 0) & (keep <= 1) & (cases["variance"] >= 0))


SHAKEN = Domain(
    MappingProxyType({"n": (1, 5), "d": (1, 4)}),
    (
        "generic",
        "integers",
        "single-row",
        "single-column",
        "exact-fit",
        "zeros",
        "no-noise",
        "loud",
        "huge-scale",
    ),
    draw_shaken,
    MappingProxyType(
        {
            "x": Axes(("n", "d"), "real"),
            "y": Axes(("n",), "real"),
            "w": Axes(("d",), "real"),
            "keep": Axes((), "weight"),
            "variance": Axes((), "real"),
        }
    ),
    valid=valid_shaken,
)
"""Up to eight entries; weights and columns of 0; keep = 1; keep down to 1/64."""

DROPOUT_CLAIM = Claim(
    id="OV-11",
    version=1,
    title="Dropout is a ridge penalty",
    sentence="On average over its masks, dropout with inverted scaling adds to the squared error of a linear model the "
    "squares of its weights, each times the squares of its column.",
    latex=r"E\lVert y-(M\circ X/p)w\rVert^2=\lVert y-Xw\rVert^2+\frac{1-p}p\sum_j\lVert X_{\cdot j}\rVert^2w_j^2",
    source=(("srivastava2014", "section 9.1"),),
    kind="identity",
    asks="dropout_objective",
    check=check_dropout,
    domain=SHAKEN,
    needs=("value",),
    lanes=16,
)
NOISE_CLAIM = Claim(
    id="OV-12",
    version=1,
    title="Noise in the inputs is a ridge penalty",
    sentence="On average over independent noise in the inputs, the squared error of a linear model grows by rows times "
    "variance times the squared norm of its weights.",
    latex=r"E\lVert y-(X+E)w\rVert^2=\lVert y-Xw\rVert^2+n\sigma^2\lVert w\rVert^2",
    source=(("bishop1995", "section 2"),),
    kind="identity",
    asks="noise_objective",
    check=check_noise,
    domain=SHAKEN,
    needs=("value",),
    lanes=16,
)
