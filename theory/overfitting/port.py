"""What an overfitting subject is asked, and what its answers mean.

Every array has the lane first. x (lane, n, d): a design whose columns may be dependent only where it is said; y
(lane, n). Errors called rss are sums of squares, errors called error are means over rows. Nothing is ever NaN or
infinite unless it is said. Counts and booleans are whole numbers and booleans.
"""

from __future__ import annotations

from typing import Any, Protocol

from numpy.typing import NDArray

from theory.core.domain import Array, Setting

Arrays = dict[str, NDArray[Any]]

BASES = ("monomial", "chebyshev", "legendre")
"""Values of the setting `basis` of `polynomial_design`."""

FAMILIES = ("rays", "two-sided-rays", "intervals", "half-planes", "rectangles", "convex-sets", "sines")
"""Values of the setting `family`: three families of subsets of the line, three of the plane, {x : sin ωx > 0}."""

NORMS = ("l1", "l2")
"""Values of the setting `norm` of `rademacher`: of the ball that the weights lie in."""


class FittingPort(Protocol):
    """Least squares: capacity, optimism, leave-one-out, early stopping."""

    def polynomial_design(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From t (lane, n) in [−1, 1]; settings: degree, basis → x (lane, n, degree+1)."""
        ...

    def least_squares(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From x of full column rank, y.

        → coef (lane, d), fitted (lane, n), rss (lane,), leverage (lane, n): the hat matrix's diagonal.
        """
        ...

    def nested_errors(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From x of full column rank, y.

        → rss (lane, d+1): of the first 0, 1, …, d columns; gain (lane, d): what each column took off.
        """
        ...

    def minimum_norm(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From x of any rank, y → coef (lane, d): of all least-squares solutions the one of least norm."""
        ...

    def pseudo_inverse(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From x → inverse (lane, d, n): Moore & Penrose's."""
        ...

    def hat_matrix(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From x, penalty (lane,) ≥ 0 → hat (lane, n, n) = X (XᵀX + λI)⁻¹ Xᵀ, df (lane,)."""
        ...

    def leave_one_out(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From x, y, penalty (lane,) ≥ 0; settings: intercept.

        → residual (lane, n): y_i − what the other rows predict at x_i. press (lane,): their sum of squares; gcv
        (lane,): the mean of (residual of the fit ∕ (1 − mean leverage))². The intercept is not penalised. A row of
        leverage 1 is an error (LeverageOneError) that names it.
        """
        ...

    def optimism(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From x, mean (lane, n): E y, noise_variance (lane,).

        → training, in_sample, optimism (lane,): expected errors of least squares, and their difference.
        """
        ...

    def criteria(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From rss, parameters (lane,), noise_variance (lane,); settings: n → cp, aic, bic (lane,).

        cp: rss∕n + 2σ²d∕n. aic = n log(rss∕n) + 2d, bic = n log(rss∕n) + d log n: Gaussian, σ² estimated and not
        counted.
        """
        ...

    def bias_variance(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From predictions (lane, r, m), truth (lane, m), noise_variance (lane,).

        → bias, variance, error (lane,): means over the m points. bias: (mean prediction − truth)²; variance: divided
        by r; error: of (prediction − truth)² over all, plus the noise.
        """
        ...

    def monte_carlo(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From x of full column rank, mean (lane, n), noise_variance (lane,); settings: repetitions.

        → predictions (lane, r, n): least squares at the design's rows, each on fresh Gaussian noise around the mean.
        """
        ...

    def learning_curve(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From x, y, test_x (lane, m, d), test_y (lane, m), sizes (lane, s): whole numbers.

        → training, test (lane, s): mean squared errors of the minimum-norm fit on the first `size` rows, on these
        rows and on the test rows.
        """
        ...

    def gradient_descent(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From x, y, rate (lane,) > 0; settings: steps.

        → path (lane, steps+1, d) of descent on ½‖y − Xw‖² from w = 0, rss (lane, steps+1).
        """
        ...

    def spectral_filter(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From x, y, rate (lane,); settings: steps.

        → the same path and rss in closed form, by 1 − (1 − rate·s²)^t on singular values s.
        """
        ...

    def dropout_objective(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From x, y, w (lane, d), keep (lane,) in (0, 1].

        → value (lane,): E ‖y − (M∘X∕keep) w‖², M independent and 1 with probability keep.
        """
        ...

    def noise_objective(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From x, y, w (lane, d), variance (lane,) ≥ 0.

        → value (lane,): E ‖y − (X + E) w‖², E independent of that variance.
        """
        ...

    def dropout(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From x, keep (lane,); settings: repetitions.

        → samples (lane, repetitions, n, d): x kept with probability keep and divided by it, else 0.
        """
        ...

    def minimum_norm_risk(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From rows, columns (lane,): whole numbers; noise_variance, norm (lane,): ‖β‖.

        → variance, bias (lane,): of the minimum-norm fit of a standard Gaussian design, E‖β̂ − E[β̂|X]‖² and
        E‖E[β̂|X] − β‖². Where there is noise, variance is ∞ for |rows − columns| ≤ 1.
        """
        ...


class ResamplingPort(Protocol):
    """Folds and neighbours."""

    def kfold(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From lanes (lane,), whose content means nothing; settings: n, k, shuffle → test, train (lane, k, n).

        Membership. fold (lane, n): who tests each row. Sizes differ by at most 1, the first n mod k folds are the
        larger ones; without shuffling they are blocks in order.
        """
        ...

    def stratified_kfold(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From y (lane, n): whole numbers; settings: k, shuffle.

        → test, train (lane, k, n); of each class, folds differ by at most 1, and in all.
        """
        ...

    def cross_validate(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From x, y, penalty (lane,) ≥ 0; settings: k.

        → prediction (lane, n): of ridge without intercept, each row's by the fold that lacks it, folds being blocks
        in order; error (lane,): mean squared. k = n leaves one out.
        """
        ...

    def nearest_neighbours(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From x, y (lane, n): whole numbers, query (lane, m, d); settings: neighbours, odd.

        → label (lane, m): the majority of the nearest rows, the lowest label of equals; nearest (lane, m): the first
        row of least distance.
        """
        ...


class CapacityPort(Protocol):
    """Generalisation bounds and what they count."""

    def hoeffding(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From epsilon (lane,) > 0, hypotheses (lane,): whole numbers; settings: n.

        → bound (lane,): on P(some |p̂ − p| ≥ epsilon), capped at 1. rows (lane,): the least n at which the bound
        without cap is ≤ delta (array, (lane,)).
        """
        ...

    def growth(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From n (lane,): whole numbers ≥ 0; settings: family → count, dimension (lane,).

        count: the greatest number of dichotomies of n points, in closed form; of rectangles Sauer & Shelah's bound on
        it. dimension: the VC dimension, −1 where it is infinite.
        """
        ...

    def dichotomies(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From points (lane, n, 1 or 2); settings: family.

        → count (lane,): of the subsets of these points that the family cuts out, by trying.
        """
        ...

    def sauer(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From n, dimension (lane,): whole numbers ≥ 0 → bound (lane,): Σ_{i ≤ dimension} C(n, i)."""
        ...

    def vc_bound(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From dimension (lane,), delta (lane,) in (0, 1); settings: n.

        → bound (lane,): √(8∕n · log(4 ((2n)^dimension + 1) ∕ delta)).
        """
        ...

    def rademacher(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From x, radius (lane,) > 0; settings: norm, draws.

        → complexity (lane,): (1∕n) E sup_{‖w‖ ≤ radius} Σ σ_i w·x_i, by all 2^n signs. upper (lane,): radius∕n
        √(Σ‖x_i‖₂²) for l2, radius∕n max_j ‖X_j‖₂ √(2 log 2d) for l1; sampled (lane,): the mean over `draws` random
        signs, range (lane,): the most that one draw can give less the least.
        """
        ...

    def empirical_risk(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From losses (lane, m, q), weights (lane, q), sample (lane, n).

        of m hypotheses at q points; weights sum to 1; indices. → chosen (lane,): the first hypothesis of least mean
        loss on the sample; training (lane,), risk (lane,): its loss on the sample, and under the weights.
        """
        ...


class Port(FittingPort, ResamplingPort, CapacityPort, Protocol):
    """The operations of `overfitting`. A subject may offer only some of them, and only some of their answers."""
