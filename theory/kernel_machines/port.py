"""What a kernel-machine subject is asked, and what its answers mean.

Every array has the lane first. x (lane, n, d), z (lane, m, d): points; y (lane, n): labels −1 and 1; K (lane, n, n):
a symmetric kernel matrix of the training points. Scores f (lane, n) = K(alpha·y) + bias for the SVM, Kβ for kernel
logistic regression (no intercept). Logarithms are natural and losses are in nats unless they are called scaled.
Nothing is ever NaN or infinite unless it is said.

Soft-margin SVM with C (lane,) > 0: min ½‖w‖² + C Σ max(0, 1 − y f), its dual max Σα − ½ Σ α_i α_j y_i y_j K_ij with 0
≤ α ≤ C, Σ α y = 0. Kernel logistic regression with penalty λ (lane,) > 0: min (λ∕n) βᵀKβ + (1∕n) Σ log(1 + exp(−y
Kβ)). Platt scaling: P(y = 1 | f) = 1 ∕ (1 + exp(A f + B)), Platt's sign.
"""

from __future__ import annotations

from typing import Any, Protocol

from numpy.typing import NDArray

from theory.core.domain import Array, Setting

Arrays = dict[str, NDArray[Any]]

KERNELS = ("linear", "polynomial", "rbf", "laplacian", "sigmoid")
"""Values of `kernel`: x·z; (zeta + gamma x·z)^degree; exp(−gamma‖x−z‖²); exp(−gamma‖x−z‖₁); tanh(gamma x·z + zeta)."""

SCHEMES = ("one-vs-rest", "one-vs-one")
"""Values of the setting `scheme` of `multiclass`."""

KLR_SOLVERS = ("newton", "gradient")
"""Values of the setting `solver` of `klr_fit`."""


class KernelPort(Protocol):
    """Kernels, their features and losses."""

    def kernel(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From x, z; settings: kernel, gamma > 0, zeta, degree → gram (lane, n, m).

        rbf and laplacian by direct differences.
        """
        ...

    def features(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From x; settings: gamma, zeta ≥ 0, degree.

        → features (lane, n, C(d+degree, degree)): φ with φ(x)·φ(z) = (zeta + gamma x·z)^degree. One for each exponent
        vector of total at most degree, in no particular order.
        """
        ...

    def rbf_series(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From x, z; settings: gamma, terms ≥ 1 → gram (lane, n, m): e^(−γ‖x‖²−γ‖z‖²) Σ_{m < terms} (2γ x·z)^m ∕ m!.

        remainder (lane, n, m): a bound on how far that is from the kernel, e^(−γ‖x‖²−γ‖z‖²+2γ|x·z|) (2γ|x·z|)^terms ∕
        terms!.
        """
        ...

    def spectrum(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From K → smallest (lane,): its least eigenvalue; psd (lane,): whether it is at least −2n u(n + 12) max|K|.

        A matrix that is not symmetric is an error.
        """
        ...

    def losses(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From score (lane, n) = y f → zero_one, hinge, squared_hinge, logistic, scaled_logistic (lane, n).

        zero_one: 1 where score ≤ 0. scaled: divided by log 2. Accurate for every score up to 1e300.
        """
        ...


class SvmPort(Protocol):
    """The soft-margin support vector machine."""

    def svm_fit(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From K positive semidefinite, y of both labels, C.

        → alpha (lane, n), bias, low, high (lane,), primal, dual, gap (lane,), support (lane, n), converged (lane,).
        low ≤ high: every bias between them is optimal for these alpha up to rounding, bias is their midpoint;
        support: alpha > 0. gap: Σ [C max(0, 1 − y f) − alpha (1 − y f)] ≥ 0, at most 256 n² u C (1 + C max_i Σ_j
        |K_ij|) where converged.
        """
        ...

    def svm_objective(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From K, y, C, alpha in [0, C] (Σ alpha y need not be 0), bias → primal, dual, gap, violation (lane,).

        gap as in svm_fit; violation: max over {α can grow along y} of −∇ less the min over {α can fall} (m(α) − M(α),
        Keerthi et al. 2001), 0 where one set is empty.
        """
        ...

    def svm_trace(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """As svm_fit; settings: steps ≥ 1.

        → path (lane, steps+1, n) of alpha, 0 first: a pair of multipliers is optimised at each step. dual (lane,
        steps+1). Steps after the optimum change nothing.
        """
        ...

    def linear_svm(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From x, y, C → w (lane, d), bias, low, high, primal, gap (lane,): svm_fit of the linear kernel."""
        ...

    def convert(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From value (lane,) > 0; settings: target "C" or "lambda".

        → value (lane,): λ = 1 ∕ 2C, of (λ∕n)‖w‖² + (1∕n) Σ hinge.
        """
        ...

    def multiclass(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From K, y (lane, n), C, test (lane, m, n): the kernel of m points with the training ones.

        y holds classes 0 … k−1, each occurring; settings: scheme, classes → score (lane, m, k) or
        (lane, m, k(k−1)∕2): decision functions, of class c against the rest, or of the pairs (0,1), (0,2), … positive
        for the first; label (lane, m): the greatest score, or most votes and among equals the lowest class.
        """
        ...


class LogisticPort(Protocol):
    """Kernel logistic regression."""

    def klr_objective(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From K, y, penalty, beta (lane, n) → value (lane,), gradient (lane, n), hessian (lane, n, n).

        dual (lane,): (1∕n)[Σ H(a) − (1∕4λ)(a y)ᵀK(a y)] at a = 2λ β y clipped to [0, 1], H the binary entropy in
        nats; gap = value − dual ≥ 0.
        """
        ...

    def klr_fit(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From K, y, penalty; settings: solver.

        → beta (lane, n), f (lane, n), value, gap (lane,), iterations, converged (lane,).
        """
        ...

    def logistic_fit(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From x, y, penalty.

        → w (lane, d) of least (λ∕n)‖w‖² + (1∕n) Σ log(1 + exp(−y x·w)), value (lane,), gradient_norm (lane,).
        """
        ...


class PlattPort(Protocol):
    """Probabilities from scores."""

    def platt_targets(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From y → targets (lane, n): (N₊+1)∕(N₊+2) where y = 1, 1∕(N₋+2) where y = −1."""
        ...

    def platt_fit(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From f, y of both labels.

        → a, b (lane,) of least negative log-likelihood of the targets, probability (lane, n), value (lane,).
        """
        ...

    def platt_objective(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From f, y, a, b (lane,).

        → value (lane,): negative log-likelihood of the targets, accurate for |a f + b| up to 1e5; probability (lane,
        n).
        """
        ...

    def two_level(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From K, y of both labels, C.

        → score (lane, n): of the SVM; a, b (lane,): Platt's fit to these scores; probability (lane, n).
        """
        ...

    def softmax(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From z (lane, n, k) → softmax, log_softmax (lane, n, k): along the last axis."""
        ...


class Port(KernelPort, SvmPort, LogisticPort, PlattPort, Protocol):
    """The operations of `kernel_machines`. A subject may offer only some of them, and only some of their answers."""
