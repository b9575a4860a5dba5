"""What a regularization subject is asked, and what its answers mean.

Every array has the lane first. x (lane, n, p), y (lane, n), coef (lane, p). Three conventions, and `convert` between
them:

    ridge         min ‖y − Xβ‖² + λ ‖β‖²
    lasso         min ‖y − Xβ‖² ∕ 2n + λ ‖β‖₁
    elastic net   min ‖y − Xβ‖² ∕ 2n + λ (ρ ‖β‖₁ + (1 − ρ)∕2 ‖β‖²)

Setting `intercept` (0 where it is absent): 1 adds an intercept, which is never penalised; its answer `intercept`
(lane,) is 0 without. penalty (lane,) is λ ≥ 0. Nothing is ever NaN or infinite unless it is said.

Solutions of the lasso are optimal up to the duality gap that they come with: gap ≤ 16 (n + p + 8) u ‖y‖² ∕ 2n, y
centred when there is an intercept, u the dtype's unit roundoff. A coefficient that is not active is 0 to the bit.
"""

from __future__ import annotations

from typing import Any, Protocol

from numpy.typing import NDArray

from theory.core.domain import Array, Setting

Arrays = dict[str, NDArray[Any]]

CONVENTIONS = ("sum", "mean", "half-mean")
"""Values of `source` and `target` of `convert`: the loss beside λ ‖β‖² is ‖r‖², ‖r‖² ∕ n or ‖r‖² ∕ 2n."""

RIDGE_SOLVERS = ("svd", "cholesky")
"""Values of the setting `solver` of `ridge`."""

LASSO_SOLVERS = ("cd", "fista")
"""Values of the setting `solver` of the lasso and the elastic net."""

NORMS = ("l1", "l2", "linf")
"""Values of the setting `norm` of `project`; `prox` has l1 and l2."""

OPTIMIZERS = ("sgd", "sgdw", "adam", "adamw")
"""Values of the setting `optimizer` of `optimize`."""


class RidgePort(Protocol):
    """Ridge regression and the Gaussian prior."""

    def ridge(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From x, y, penalty; settings: intercept, solver → coef, intercept, fitted (lane, n), df (lane,).

        df: the trace of fitted = H y without the intercept's share. penalty 0 and dependent columns: the solution of
        least norm by svd; by cholesky an error (RankDeficientError).
        """
        ...

    def ridge_path(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From x, y, penalties (lane, l) > 0; settings: intercept.

        → coef (lane, l, p), intercept (lane, l), df (lane, l). rss (lane, l): ‖y − Xβ − β₀‖².
        """
        ...

    def hat_matrix(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From x, penalty > 0 → hat (lane, n, n) = X (XᵀX + λI)⁻¹ Xᵀ, df (lane,): its trace."""
        ...

    def map_gaussian(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From x, y, noise_variance, prior_variance (lane,) > 0.

        → coef: the mode of the posterior; covariance (lane, p, p): the posterior's. Noise N(0, σ²), prior N(0, τ²) on
        each coefficient. penalty (lane,): the λ of the ridge that is the same.
        """
        ...

    def constrained_l2(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From x, y, radius (lane,) > 0.

        → coef of least ‖y − Xβ‖² within ‖β‖₂ ≤ radius; penalty (lane,) ≥ 0: its multiplier as ridge λ. penalty is 0
        where the solution of least norm lies inside.
        """
        ...

    def convert(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From value (lane,) ≥ 0; settings: source, target, n.

        → value (lane,): the same ridge penalty in the target convention.
        """
        ...


class LassoPort(Protocol):
    """The lasso, the elastic net, proximal operators."""

    def lasso(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From x, y, penalty; settings: intercept, solver.

        → coef, intercept, gap (lane,), iterations (lane,), converged (lane,).
        """
        ...

    def elastic_net(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """As `lasso`, and array ratio (lane,) in [0, 1]: ρ.

        ratio 0 needs penalty > 0 only for a unique answer.
        """
        ...

    def lasso_path(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From x, y, penalties (lane, l), descending; settings: intercept.

        → coef (lane, l, p), intercept (lane, l), gap (lane, l).
        """
        ...

    def lambda_max(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From x, y; settings: intercept → penalty (lane,): the least λ at which the lasso's solution is 0."""
        ...

    def duality_gap(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From x, y, coef, penalty, ratio (lane,).

        → primal, dual, gap (lane,) of the elastic net without intercept, at any coef. theta (lane, n): the dual
        point, the residual shrunk until feasible, 0 where λρ = 0. ratio < 1 counts the quadratic part as p rows more.
        """
        ...

    def map_laplace(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From x, y, noise_variance, scale (lane,) > 0.

        → coef: the mode of the posterior; penalty (lane,): λ of the lasso that is the same. Noise N(0, σ²), prior
        Laplace(0, scale) on each coefficient. gap (lane,): of that lasso.
        """
        ...

    def constrained_l1(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From x, y, radius (lane,) > 0.

        → coef of least ‖y − Xβ‖² ∕ 2n within ‖β‖₁ ≤ radius, up to the Frank–Wolfe gap that it comes with. penalty
        (lane,) ≥ 0: the multiplier as lasso λ; gap (lane,): ∇fᵀβ + radius ‖∇f‖∞.
        """
        ...

    def prox(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From v (lane, p), step (lane,) ≥ 0, ridge (lane,) ≥ 0; settings: norm.

        → value (lane, p) = argmin_x ½‖x − v‖² + step ‖x‖ + ridge∕2 ‖x‖². norm is l1 (soft threshold) or l2 (block
        shrinkage).
        """
        ...

    def project(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From v (lane, p), radius (lane,) ≥ 0; settings: norm.

        → value (lane, p): the nearest point with ‖value‖ ≤ radius.
        """
        ...


class DecayPort(Protocol):
    """Weight decay in optimizers."""

    def optimize(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From w (lane, p), gradient (lane, steps, p), that of the loss at each step, whatever w.

        Settings: optimizer, rate, decay ≥ 0, momentum, beta1, beta2, epsilon → path (lane, steps+1, p), w first. sgd,
        adam: decay·w is added to the gradient; sgdw, adamw: w shrinks by rate·decay·w besides. momentum is the heavy
        ball of torch.optim.SGD; beta1, beta2, epsilon are Adam's.
        """
        ...


class Port(RidgePort, LassoPort, DecayPort, Protocol):
    """The operations of `regularization`. A subject may offer only some of them, and only some of their answers."""
