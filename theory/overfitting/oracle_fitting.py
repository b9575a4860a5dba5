"""Least squares in exact rational arithmetic, on the very floats that the subject sees.

Everything is rounded once, at the end: x (n, d), y (n,) are one lane; `stacked` runs a function over all lanes.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def matrix(values: NDArray[Any]) -> Any:
    """The exact rational matrix of a float array (n, d); a vector (n,) becomes a column."""
    from flint import fmpq, fmpq_mat

    table = np.asarray(values, dtype=np.float64)
    table = table.reshape(len(table), -1)
    return fmpq_mat(*table.shape, [fmpq(*value.as_integer_ratio()) for value in table.ravel().tolist()])


def rounded(exact: Any) -> Floats:
    """A rational matrix as floats, each entry rounded once."""
    values = [int(value.p) / int(value.q) for value in exact.entries()]
    return np.array(values, dtype=np.float64).reshape(exact.nrows(), exact.ncols())


def vector(exact: Any) -> Floats:
    """A rational column or row as floats: (n,)."""
    return rounded(exact).ravel()


def number(exact: Any) -> float:
    """A rational as the nearest float."""
    return int(exact.p) / int(exact.q)


def squares(exact: Any) -> Any:
    """Sum of the squares of a rational column."""
    return (exact.transpose() * exact)[0, 0]


def stacked(function: Callable[..., tuple[Any, ...]], *arrays: NDArray[Any]) -> tuple[Floats, ...]:
    """What `function` answers for each lane, each of its answers stacked: (lane, …)."""
    found = [function(*lane) for lane in zip(*arrays, strict=True)]
    return tuple(np.array(values, dtype=np.float64) for values in zip(*found, strict=True))


def projection(x: Any, penalty: Any = 0) -> Any:
    """(XᵀX + λI)⁻¹ Xᵀ, exactly: what turns y into coefficients. Penalty: a rational, or one for each column."""
    from flint import fmpq_mat

    d = x.ncols()
    penalties = penalty if isinstance(penalty, list) else [penalty] * d
    diagonal = fmpq_mat(d, d, [penalties[i] if i == j else 0 for i in range(d) for j in range(d)])
    return (x.transpose() * x + diagonal).solve(x.transpose())


class Fit(NamedTuple):
    """A least-squares fit: coef (d,), fitted, residual, leverage (n,), rss; of many lanes once stacked."""

    coef: Floats
    fitted: Floats
    residual: Floats
    leverage: Floats
    rss: Floats


def least_squares(x: NDArray[Any], y: NDArray[Any]) -> Fit:
    """The fit of a design of full column rank."""
    design, target = matrix(x), matrix(y)
    back = projection(design)
    coef = back * target
    fitted = design * coef
    left = target - fitted
    return Fit(vector(coef), vector(fitted), vector(left), diagonal_of(design, back), np.array(number(squares(left))))


def diagonal_of(design: Any, back: Any) -> Floats:
    """Diagonal of the product of an (n, d) and a (d, n) matrix, without its other entries: (n,)."""
    rows, columns = design.tolist(), back.transpose().tolist()
    pairs = zip(rows, columns, strict=True)
    return np.array([number(sum((a * b for a, b in zip(*pair, strict=True)), 0 * pair[0][0])) for pair in pairs])


def hat_matrix(x: NDArray[Any], penalty: float = 0.0) -> tuple[Floats]:
    """X (XᵀX + λI)⁻¹ Xᵀ: (n, n)."""
    from flint import fmpq

    design = matrix(x)
    return (rounded(design * projection(design, fmpq(*float(penalty).as_integer_ratio()))),)


def nested(x: NDArray[Any], y: NDArray[Any]) -> tuple[Floats, Floats]:
    """Residual sum of squares of the first 0, 1, …, d columns, and what each took off: (d+1,), (d,)."""
    target = matrix(y)
    sums = [squares(target)]
    for k in range(1, x.shape[1] + 1):
        design = matrix(x[:, :k])
        sums.append(squares(target - design * (projection(design) * target)))
    gains = [number(a - b) for a, b in itertools.pairwise(sums)]
    return np.array([number(value) for value in sums]), np.array(gains)


class Left(NamedTuple):
    """Leave-one-out: residual of each refit, residual and leverage of the whole fit, (n,) each; press and gcv."""

    residual: Floats
    whole: Floats
    leverage: Floats
    press: Floats
    gcv: Floats


def leave_one_out(x: NDArray[Any], y: NDArray[Any], penalty: float, intercept: bool) -> Left:
    """N refits: each solves the exact normal equations of the other n − 1 rows. The intercept is not penalised."""
    from flint import fmpq, fmpq_mat

    n = len(x)
    columns = np.column_stack([np.ones(n), x]) if intercept else np.asarray(x)
    design, target = matrix(columns), matrix(y)
    exact = fmpq(*float(penalty).as_integer_ratio())
    d = design.ncols()
    penalties = [0 if intercept and j == 0 else exact for j in range(d)]
    shrink = fmpq_mat(d, d, [penalties[i] if i == j else 0 for i in range(d) for j in range(d)])
    gram, moment = design.transpose() * design + shrink, design.transpose() * target
    left = []
    for i, row in enumerate(design.tolist()):
        one = fmpq_mat(1, d, row)
        others = (gram - one.transpose() * one).solve(moment - one.transpose() * target[i, 0])
        left.append(target[i, 0] - (one * others)[0, 0])
    back = projection(design, penalties)
    whole, leverage = target - design * (back * target), diagonal_of(design, back)
    trace = (back * design).tolist()
    mean = sum((trace[j][j] for j in range(d)), fmpq(0)) / n
    gcv = squares(whole) / n / (1 - mean) ** 2
    return Left(
        np.array([number(value) for value in left]),
        vector(whole),
        leverage,
        np.array(number(sum((value * value for value in left), fmpq(0)))),
        np.array(number(gcv)),
    )


def pseudo_inverse(x: NDArray[Any]) -> tuple[Floats, int]:
    """Moore & Penrose's inverse (d, n) and the rank."""
    inverse, rank = inverted(matrix(x))
    return rounded(inverse), rank


def minimum_norm(x: NDArray[Any], y: NDArray[Any]) -> tuple[Floats, Floats]:
    """The least-squares solution of least norm (d,), and its residual (n,)."""
    design, target = matrix(x), matrix(y)
    coef = inverted(design)[0] * target
    return vector(coef), vector(target - design * coef)


def inverted(design: Any) -> tuple[Any, int]:
    """X⁺ = Rᵀ (R Rᵀ)⁻¹ (Cᵀ C)⁻¹ Cᵀ for X = C R, C its pivot columns and R its echelon form without zero rows."""
    from flint import fmpq_mat

    n, d = design.nrows(), design.ncols()
    echelon, rank = design.rref()
    if rank == 0:
        return fmpq_mat(d, n, [0] * (d * n)), 0
    kept = echelon.tolist()[:rank]
    pivots = [next(j for j, value in enumerate(row) if value != 0) for row in kept]
    right = fmpq_mat(rank, d, [value for row in kept for value in row])
    left = fmpq_mat(n, rank, [row[j] for row in design.tolist() for j in pivots])
    tall = projection(left)
    return right.transpose() * (right * right.transpose()).solve(tall), int(rank)


class Path(NamedTuple):
    """Gradient descent from 0: coef (steps+1, d), rss (steps+1,), residual (steps+1, n)."""

    coef: Floats
    rss: Floats
    residual: Floats


def descent(x: NDArray[Any], y: NDArray[Any], rate: float, steps: int) -> Path:
    """W_t+1 = w_t + η Xᵀ(y − X w_t), every step exact."""
    from flint import fmpq, fmpq_mat

    design, target = matrix(x), matrix(y)
    eta, w = fmpq(*float(rate).as_integer_ratio()), fmpq_mat(design.ncols(), 1, [0] * design.ncols())
    coef, rss, left = [], [], []
    for _ in range(int(steps) + 1):
        residual = target - design * w
        coef.append(vector(w))
        rss.append(number(squares(residual)))
        left.append(vector(residual))
        w = w + design.transpose() * residual * eta
    return Path(np.array(coef), np.array(rss), np.array(left))


def polynomials(t: NDArray[Any], degree: int, basis: str) -> Any:
    """Values of the basis at the nodes, exactly, by its recurrence: an (n, degree+1) rational matrix.

    Powers: p_{k+1} = t p_k. Chebyshev: T_{k+1} = 2t T_k − T_{k−1}. Legendre: (k+1) P_{k+1} = (2k+1) t P_k − k P_{k−1}.
    """
    from flint import fmpq, fmpq_mat

    rows = []
    for value in np.asarray(t, dtype=np.float64).tolist():
        node = fmpq(*value.as_integer_ratio())
        row = [fmpq(1), node]
        for k in range(1, degree):
            now, before = row[k], row[k - 1]
            row.append(
                node * now
                if basis == "monomial"
                else 2 * node * now - before
                if basis == "chebyshev"
                else ((2 * k + 1) * node * now - k * before) / (k + 1)
            )
        rows.append(row[: degree + 1])
    return fmpq_mat(len(rows), degree + 1, [value for row in rows for value in row])
