"""Claims about polynomials as columns: the bases span the same (OV-24), and n parameters interpolate (OV-02)."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np

from theory.core.bound import U64, Bound, absolute, gamma, rounding
from theory.core.claim import Answer, Claim
from theory.core.domain import Axes, Cases, Domain, Shape
from theory.core.gap import Gap, equal
from theory.overfitting import oracle_fitting as oracle
from theory.overfitting.bounds_fitting import MOST, Size, coef_error, fitted_error, norm, size
from theory.overfitting.cases_fitting import Floats, Mask, Rng

EIGHTHS = 8
"""Nodes lie on the grid −1, −7∕8, …, 1, where powers are not rounded as long as they fit."""


MANY = 14
"""So many equispaced nodes that powers are almost dependent."""


def basis_bound(t: Floats, degree: int, basis: str, u: float) -> Bound:
    """How far basis values may be off, (lane, n, degree+1).

    A power of order k is made by at most k + 3 roundings of itself. In a three-term recurrence on [−1, 1] each step
    adds at most 6u, which later steps multiply by at most k (T: by |U_j| ≤ j+1; P: by less), so 8k² roundings; so does
    cos(k arccos t).
    """
    k = np.arange(degree + 1)
    if basis == "monomial":
        return rounding(k + 3, u, "γ(k+3) |t|^k", np.abs(t)[..., None] ** k)
    return rounding(8 * (k + 1) ** 2, u, "γ(8(k+1)²)", np.ones((*t.shape, 1)))


def check_bases(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """The basis by its recurrence in rationals, and the fit of y by it, which every basis shares.

    Values off by the bound of `basis_bound` move the design by their norm, and a design moved by δ‖X‖_F moves the fit
    by 2(1+2κ)δ‖y‖ as rounding does, see `fitted_error`.
    """
    t, y = cases["t"], cases["y"]
    degree, basis = cases.integer("degree"), str(cases.settings["basis"])
    exact = [oracle.polynomials(lane, degree, basis) for lane in t]
    values = np.array([oracle.rounded(lane) for lane in exact])
    off = basis_bound(t, degree, basis, cases.u)
    fit = answer.again("least_squares", Cases({"x": answer["x"], "y": y}, {}, cases.regime, cases.dtype, cases.device))
    same = np.array([_projected(lane, degree, target) for lane, target in zip(t, y, strict=True)])
    sized = size(values, cases.u)
    bound = fitted_error(_moved(sized, t, degree, basis, cases.u), norm(y))
    return (
        equal("values of the basis", answer["x"], values, off),
        equal("the fit by any basis", fit["fitted"], same, Bound(bound.value[:, None], f"{bound.terms} + ‖ΔX‖∕‖X‖")),
    )


def _projected(t: Floats, degree: int, y: Floats) -> Floats:
    """The exact least-squares fit by powers of exact nodes."""
    design, target = oracle.polynomials(t, degree, "monomial"), oracle.matrix(y)
    return oracle.vector(design * (oracle.projection(design) * target))


def draw_nodes(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Nodes t (lane, n) in [−1, 1] and targets; at least as many different nodes as columns."""
    basis, _, flavour = regime.partition(": ")
    degree = 0 if flavour == "constant" else shape["degree"]
    n = degree + 1 if flavour == "interpolating" else max(shape["n"], degree + 1)
    t = rng.uniform(-1, 1, (lanes, n))
    if flavour == "grid":
        t = np.sort(rng.permuted(np.tile(np.arange(-EIGHTHS, EIGHTHS + 1), (lanes, 1)), axis=1)[:, :n]) / EIGHTHS
    if flavour == "ends":
        t[:, 0], t[:, -1] = -1, 1 if n > 1 else -1
    if flavour == "duplicates":
        t = np.concatenate([t, t[:, :2]], axis=1)
    y = rng.integers(-8, 9, t.shape).astype(np.float64)
    return Cases({"t": t, "y": y}, {"degree": degree, "basis": basis}, regime)


def valid_nodes(cases: Cases) -> Mask:
    """Nodes in [−1, 1] on which the basis is well enough conditioned: (lane,)."""
    t, basis = cases["t"], str(cases.settings["basis"])
    degree, n = cases.integer("degree"), cases["t"].shape[1]
    inside = (np.abs(t) <= 1).all(axis=1)
    if n <= degree:
        return np.zeros(cases.lanes, dtype=bool)
    values = vandermonde(t, degree, basis)
    sized = _moved(size(values, cases.u), t, degree, basis, cases.u)
    return np.asarray(inside & (sized.rank == degree + 1) & (sized.eps * sized.kappa <= MOST))


def vandermonde(t: Floats, degree: int, basis: str) -> Floats:
    """Basis values in float64, by NumPy's series: (lane, n, degree+1)."""
    from numpy.polynomial import chebyshev, legendre, polynomial

    make = {"monomial": polynomial.polyvander, "chebyshev": chebyshev.chebvander, "legendre": legendre.legvander}
    return np.asarray(make[basis](t, degree), dtype=np.float64)


NODES = Domain(
    MappingProxyType({"n": (1, 9), "degree": (0, 6)}),
    (
        "monomial",
        "chebyshev",
        "legendre",
        *(f"{basis}: {flavour}" for flavour in ("grid", "ends") for basis in ("monomial", "chebyshev", "legendre")),
        "legendre: constant",
        "monomial: duplicates",
        "chebyshev: interpolating",
    ),
    draw_nodes,
    MappingProxyType({"t": Axes(("n",), "real"), "y": Axes(("n",), "real")}),
    MappingProxyType({"degree": 0}),
    valid=valid_nodes,
)
"""Nodes: anywhere · on a grid · with both ends · for degree 0 · with duplicates · as many as parameters."""


def check_interpolation(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Coefficients from the exact Vandermonde system, and a residual without κ.

    QR is backward stable: (X+ΔX)ŵ = y + Δy, so ‖y − Xŵ‖ ≤ ε(‖X‖_F‖ŵ‖ + ‖y‖) (Higham 2002, theorem 20.3); products add
    γ(d+1) Σ|x||w|. The normal equations have no such bound. Rounded basis values are part of ε for coefficients.
    """
    t, y = cases["t"], cases["y"]
    basis, degree = str(cases.settings["basis"]), t.shape[1] - 1
    exact = [oracle.polynomials(lane, degree, basis) for lane in t]
    values = np.array([oracle.rounded(lane) for lane in exact])
    w = np.array([oracle.vector(a.solve(oracle.matrix(b))) for a, b in zip(exact, y, strict=True)])
    x = answer["x"]
    fit = answer.again("least_squares", Cases({"x": x, "y": y}, {}, cases.regime, cases.dtype, cases.device))
    sized, found = size(values, cases.u), fit["coef"]
    products = np.einsum("lnd,ld->ln", np.abs(x), np.abs(found))
    stable = sized.eps * (sized.norm * norm(found) + norm(y))
    evaluated = rounding(degree + 2, U64, "γ(d+1)Σ|x||ŵ| (float64)", products)
    whole = stable + gamma(degree + 2, cases.u) * norm(products)
    off = coef_error(_moved(sized, t, degree, basis, cases.u), norm(w), np.zeros(cases.lanes), norm(y))
    return (
        equal("values of the basis", x, values, basis_bound(t, degree, basis, cases.u)),
        equal("y − Xŵ = 0", y - np.einsum("lnd,ld->ln", x, found), 0.0,
              absolute(stable[:, None], "ε(‖X‖‖ŵ‖ + ‖y‖)") + evaluated),
        equal("coefficients of the interpolating polynomial", found, w, Bound(off.value[:, None], off.terms)),
        equal("residual sum of squares is 0", fit["rss"], 0.0,
              absolute(whole**2, "(ε(‖X‖‖ŵ‖ + ‖y‖) + γ(d+1)‖Σ|x||ŵ|‖)²")),
    )  # fmt: skip


def _moved(sized: Size, t: Floats, degree: int, basis: str, u: float) -> Size:
    """The sizes of a design whose entries are off by `basis_bound`, as a part of ε."""
    value = np.broadcast_to(basis_bound(t, degree, basis, u).value, (*t.shape, degree + 1))
    return sized._replace(eps=sized.eps + np.sqrt((value**2).sum(axis=(1, 2))) / sized.norm)


def draw_interpolation(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """As many different nodes of a grid as parameters; equispaced nodes with targets ±1 in turn are the hardest."""
    basis, _, flavour = regime.partition(": ")
    n = MANY if flavour == "many" else shape["n"]
    grid = np.tile(np.arange(-EIGHTHS, EIGHTHS + 1), (lanes, 1))
    t = np.sort(rng.permuted(grid, axis=1)[:, :n], axis=1) / EIGHTHS
    y = rng.integers(-8, 9, (lanes, n)).astype(np.float64)
    if flavour in ("alternating", "many"):
        t = np.tile(np.linspace(-1, 1, n) if n > 1 else np.zeros(1), (lanes, 1))
        y = np.tile((-1.0) ** np.arange(n), (lanes, 1)) * rng.choice([-1.0, 1.0], (lanes, 1))
    return Cases({"t": t, "y": y}, {"degree": n - 1, "basis": basis}, regime)


def with_degree(cases: Cases) -> Cases:
    """One degree less than nodes, after dropping some."""
    return cases.with_settings(degree=cases["t"].shape[1] - 1)


INTERPOLATION = Domain(
    MappingProxyType({"n": (1, 8)}),
    ("monomial", "chebyshev", "legendre", "monomial: alternating", "monomial: many"),
    draw_interpolation,
    MappingProxyType({"t": Axes(("n",)), "y": Axes(("n",), "real")}),
    valid=valid_nodes,
    settle=with_degree,
)
"""n different nodes and polynomials of degree n − 1."""

BASES_CLAIM = Claim(
    id="OV-24",
    version=1,
    title="All polynomial bases span the same",
    sentence="Powers, Chebyshev's and Legendre's polynomials are what their recurrences say, and fit the same values.",
    latex=r"T_{k+1}=2tT_k-T_{k-1},\quad (k+1)P_{k+1}=(2k+1)tP_k-kP_{k-1},\qquad "
    r"\hat y(\text{monomial})=\hat y(\text{Chebyshev})=\hat y(\text{Legendre})",
    source=(("higham2002", "chapter 22"),),
    kind="identity",
    asks="polynomial_design",
    also=("least_squares",),
    check=check_bases,
    domain=NODES,
    needs=("x",),
    lanes=16,
)
INTERPOLATION_CLAIM = Claim(
    id="OV-02",
    version=1,
    title="As many parameters as data interpolate",
    sentence="A polynomial of degree n − 1 passes through n points with different nodes, whatever the targets are.",
    latex=r"t_1,\dots,t_n\ \text{distinct}\ \Rightarrow\ \exists!\,p\in\mathcal P_{n-1}:\ p(t_i)=y_i,\qquad "
    r"\mathrm{RSS}=0",
    source=(("higham2002", "theorem 20.3"), ("hastie2009", "section 7.2")),
    kind="identity",
    asks="polynomial_design",
    also=("least_squares",),
    check=check_interpolation,
    domain=INTERPOLATION,
    needs=("x",),
    parents=("OV-01",),
    lanes=16,
)
