"""What an AdaBoost subject is asked, and what its answers mean.

Every array has the lane first: X (lane, n, d), y (lane, n), w (lane, n) non-negative with a positive sum. After a
subject has stopped, the remaining rounds are padding (see `used`): alphas, errors 0; predictions 0 (−1 for classes,
0.0 for regression); weights, staged and scores repeat their last value.
"""

from __future__ import annotations

from typing import Any, Protocol

from numpy.typing import NDArray

from theory.core.domain import Array, Setting

Arrays = dict[str, NDArray[Any]]

STOP = ("max_rounds", "perfect", "no_weak_learner")
"""What the codes in `stop` (lane,) mean."""


class AdaBoostPort(Protocol):
    """The operations of the system; a subject may offer only some of them."""

    def fit_discrete(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """Two classes y ∈ {−1, +1}, stumps. Settings: rounds; mode "reweight" (default) or "resample".

        weights (lane, rounds+1, n): D_1 … D_{rounds+1}. predictions (lane, rounds, n): h_m(x_i) ∈ {−1, +1}.
        errors (lane, rounds): ε_m under D_m. alphas (lane, rounds): the vote of h_m. alpha_scale (lane,): 1 where
        α = ½ ln((1−ε)/ε), 2 where α = ln((1−ε)/ε) (SAMME with two classes). feature (lane, rounds) int, −1 for the
        constant stump; threshold (lane, rounds), −inf for the constant stump; polarity (lane, rounds) ±1: the label
        on the side x > threshold. used (lane,): rounds kept. stop (lane,): code, see STOP. staged
        (lane, rounds, n): F_m(x_i) = Σ_{t≤m} α_t h_t(x_i). decision (lane, n): F of the whole ensemble. labels
        (lane, n) ∈ {−1, +1}: its prediction, the weighted majority where the ensemble is empty, +1 where F = 0. A
        perfect round (ε = 0, α infinite in theory) carries a finite vote that outvotes all others together, leaves
        D unchanged and stops. A round with ε ≥ ½ is discarded and stops. Nothing but threshold is ever NaN or
        infinite.
        """
        ...

    def fit_samme(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """K classes y ∈ {0 … K−1}, stumps with a class on each side. Settings: rounds, n_classes.

        weights, errors, alphas, used, stop as above, α = ln((1−ε)/ε) + ln(K−1). predictions (lane, rounds, n): class
        of h_m(x_i), −1 for padding. scores (lane, rounds, n, K): Σ_{t≤m} α_t 1{h_t(x_i) = k}. labels (lane, n): class.
        A round with ε ≥ 1 − 1/K is discarded and stops.
        """
        ...

    def fit_real(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """Confidence-rated boosting with two-cell partitions. Settings: rounds, smoothing (float ≥ 0).

        cells (lane, rounds, n) ∈ {0, 1}: the cell of x_i. cell_scores (lane, rounds, 2):
        c_j = ½ ln((W₊ + s)/(W₋ + s)) with s = smoothing. weights (lane, rounds+1, n). normalisers (lane, rounds):
        Z_m = Σ D_m exp(−y c). used (lane,). staged (lane, rounds, n): Σ c. With smoothing 0 a pure cell stops the
        loop before the round (its score would be infinite).
        """
        ...

    def fit_r2(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """Regression, y real (lane, n), regression stumps. Settings: rounds, loss "linear", "square", "exponential".

        predictions (lane, rounds, n). losses (lane, rounds, n): L_i ∈ [0, 1]. mean_losses (lane, rounds): L̄ under
        D_m. betas (lane, rounds): L̄/(1−L̄); a perfect round (L̄ = 0) has beta 0, leaves D unchanged and stops. weights
        (lane, rounds+1, n). used, stop as above (L̄ ≥ ½ discards the round). staged (lane, rounds, n): weighted median
        of the first m predictions with weights ln(1/β) (after a perfect round: that round's prediction).
        """
        ...

    def weighted_median(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """Values (lane, t), weights (lane, t) → median (lane,): smallest value with cumulative weight ≥ half."""
        ...

    def resample(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """D (lane, n) a distribution; settings: draws → indices (lane, draws), independent, i with probability D_i."""
        ...
