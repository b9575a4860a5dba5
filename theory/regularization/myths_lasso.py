"""Popular myths about the lasso, each stated as if it were true: REG-M1, REG-M2, REG-M4."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import absolute
from theory.core.claim import Answer, Myth
from theory.core.domain import Axes, Cases, Domain, Shape
from theory.core.gap import Gap, equal, exactly
from theory.regularization import oracle_lasso as oracle
from theory.regularization.cases_lasso import LASSO_AXES, valid_path, valid_penalised
from theory.regularization.gaps_lasso import nothing, optimality, points

Rng = np.random.Generator
Floats = NDArray[np.float64]
DIGITS = 30


def draw_dependent(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Whole numbers whose first two columns are alike; in the first lane both are 1, y = 2 and λ = ½."""
    n, p = shape["n"], shape["p"]
    x = rng.integers(-2, 3, (lanes, n, p)).astype(np.float64)
    x[:, :, 1] = x[:, :, 0]
    y = rng.integers(-4, 5, (lanes, n)).astype(np.float64)
    penalty = rng.integers(1, 4, lanes) / 2
    x[0], y[0], penalty[0] = 1.0, 2.0, 0.5
    return Cases({"x": x, "y": y, "penalty": penalty}, {"intercept": 0, "solver": "cd"}, regime)


def check_unique(answer: Answer, cases: Cases) -> Gap:
    """Where the answer is a minimiser to the last bit, in rationals, every other exact minimiser equals it."""
    coef, penalty = answer["coef"], oracle.exacts(cases["penalty"])
    seen = optimality(cases, coef, penalty, nothing(cases))
    others = []
    for m, beta, l1 in zip(oracle.moments_of(cases), points(coef), penalty, strict=True):
        found = oracle.minimisers(m, l1, oracle.exact(0))
        apart = [sum((abs(a - b) for a, b in zip(beta, other, strict=True)), oracle.exact(0)) for other in found]
        others.append(oracle.nearests(found[apart.index(max(apart))]))
    return exactly("another minimiser is the same", coef, np.array(others), (seen.above == 0)[:, None])


def draw_path(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Small whole numbers and falling penalties, or the known smallest example with penalties to either side."""
    if regime == "turns-back":
        x, y = np.array([[0.0, 1.0], [-1.0, 3.0]]), np.array([-1.0, 1.0])
        penalties = rng.integers((5, 1), (15, 4), (lanes, 2)) / 16
        arrays = {"x": np.tile(x, (lanes, 1, 1)), "y": np.tile(y, (lanes, 1)), "penalties": penalties}
        return Cases(arrays, {"intercept": 0}, regime)
    n, p, length = shape["n"], shape["p"], shape["l"]
    x = rng.integers(-3, 4, (lanes, n, p)).astype(np.float64)
    y = rng.integers(-3, 4, (lanes, n)).astype(np.float64)
    top = np.abs(np.einsum("lnp,ln->lp", x, y)).max(axis=1) / n
    share = np.sort(rng.uniform(0.05, 1.0, (lanes, length)), axis=1)[:, ::-1]
    penalties = (np.ceil(16 * top[:, None] * share) + np.arange(length, 0, -1)) / 16
    return Cases({"x": x, "y": y, "penalties": penalties}, {"intercept": 0}, regime)


def check_stays(answer: Answer, cases: Cases) -> Gap:
    """A coefficient that is active at one penalty is active at the next smaller one.

    Only judged where both activities are those of an exact minimiser, so that no rounding is blamed.
    """
    coef, penalties = answer["coef"], cases["penalties"]
    active = coef != 0
    exact = np.zeros_like(active)
    for lane, m in enumerate(oracle.moments_of(cases)):
        for k, penalty in enumerate(oracle.exacts(penalties[lane])):
            exact[lane, k] = oracle.nearests(oracle.minimum(m, penalty, oracle.exact(0)).beta) != 0
    sure = (active == exact).all(axis=2)
    return exactly("active stays active", active[:, :-1] & ~active[:, 1:], np.zeros_like(active[:, 1:]),
                   (sure[:, :-1] & sure[:, 1:])[..., None])  # fmt: skip


def draw_single(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """One coefficient; in the first lane one observation y = ½ at x = 1 with σ² = b = 1."""
    n = shape["n"]
    x = rng.integers(1, 4, (lanes, n, 1)).astype(np.float64)
    y = rng.integers(-8, 9, (lanes, n)) / 8
    variance, scale = rng.integers(1, 9, lanes) / 4, rng.integers(1, 9, lanes) / 8
    x[0], y[0], variance[0], scale[0] = 1.0, 0.5, 1.0, 1.0
    return Cases({"x": x, "y": y, "noise_variance": variance, "scale": scale}, {}, regime)


def valid_single(cases: Cases) -> NDArray[np.bool_]:
    """One coefficient that the data say something about, variance and scale above 0: (lane,)."""
    return np.asarray(
        (cases["noise_variance"] > 0) & (cases["scale"] > 0) & cases["x"].any(axis=(1, 2)) & (cases["x"].shape[2] == 1)
    )


def posterior_means(cases: Cases) -> tuple[Floats, Floats]:
    """The mean of the only coefficient's posterior and how far it may be off: (lane,) each.

    The second is what thirty digits less differ by, doubled; both are far below what is judged.
    """
    import mpmath

    found = []
    for digits in (DIGITS, 2 * DIGITS):
        with mpmath.workdps(digits):
            rows = zip(cases["x"][:, :, 0], cases["y"], cases["noise_variance"], cases["scale"], strict=True)
            each = [oracle.laplace_mean(*_tilt(x, y, variance), scale) for x, y, variance, scale in rows]
            found.append(np.array([float(mean) for mean in each]))
    return found[1], 2 * np.abs(found[1] - found[0])


def _tilt(x: Floats, y: Floats, variance: float) -> tuple[object, object]:
    """xᵀy ∕ σ² and xᵀx ∕ σ²."""
    import mpmath

    return (
        mpmath.fdot(map(float, x), map(float, y)) / mpmath.mpf(float(variance)),
        mpmath.fdot(map(float, x), map(float, x)) / mpmath.mpf(float(variance)),
    )


def check_sparse(answer: Answer, cases: Cases) -> Gap:
    """Where the mode is 0 the posterior's mean is 0."""
    mean, off = posterior_means(cases)
    bound = absolute(off, "what thirty digits more change")
    return equal("posterior mean where the mode is 0", mean, np.zeros(cases.lanes), bound, answer["coef"][:, 0] == 0)


LASSO_MYTHS: tuple[Myth, ...] = (
    Myth(
        id="REG-M1",
        title="The lasso's solution is unique",
        sentence="There is only one vector of coefficients that minimises the lasso.",
        truth="Fit and ℓ1 norm are unique, coefficients need not be: two columns that are alike share theirs in any "
        "proportion. They are unique if the columns are in general position (Tibshirani 2013, lemma 3), or with a "
        "ridge beside (REG-15).",
        source=(("tibshirani2013", "section 2.1"),),
        asks="lasso",
        check=check_unique,
        domain=Domain({"n": (1, 2), "p": (2, 3)}, ("dependent",), draw_dependent, LASSO_AXES, valid=valid_penalised),
        smallest="X = (1, 1), y = 2, λ = ½: every β ≥ 0 with β₁ + β₂ = 3∕2",
        lanes=16,
    ),
    Myth(
        id="REG-M2",
        title="A variable that has entered the lasso's path stays",
        sentence="As λ falls, a coefficient that has become active remains so.",
        truth="Another column may enter and explain better what the first one did: its coefficient returns to 0, and "
        "may even come back with the other sign. Least angle regression has to drop it to follow the lasso.",
        source=(("efron2004lars", "section 3.1"), ("osborne2000", "section 3")),
        asks="lasso_path",
        check=check_stays,
        domain=Domain(
            {"n": (2, 5), "p": (2, 3), "l": (2, 6)},
            ("whole-numbers", "turns-back"),
            draw_path,
            {"x": Axes(("n", "p"), "real"), "y": Axes(("n",), "real"), "penalties": Axes(("l",))},
            valid=valid_path,
        ),
        smallest="X = ((0, 1), (−1, 3)), y = (−1, 1): β₂ alone is active at λ = 1∕2, β₁ alone at λ = 3∕16",
        lanes=16,
    ),
    Myth(
        id="REG-M4",
        title="A Laplace prior gives a sparse posterior mean",
        sentence="Where the mode under a Laplace prior is 0, the posterior's mean is 0 too.",
        truth="The posterior has a density, of which 0 is the peak, not an atom: the mean is 0 only by symmetry. The "
        "lasso is sparse because it is a mode (REG-13).",
        source=(("park2008", "section 1"),),
        asks="map_laplace",
        check=check_sparse,
        domain=Domain(
            {"n": (1, 3)},
            ("one-coefficient",),
            draw_single,
            {
                "x": Axes(("n",), "real"),
                "y": Axes(("n",), "real"),
                "noise_variance": Axes((), "weight"),
                "scale": Axes((), "weight"),
            },
            valid=valid_single,
        ),
        smallest="one observation y = ½ at x = 1 with σ = b = 1: mode 0, mean 0.241",
        lanes=16,
    ),
)
