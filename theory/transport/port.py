"""What a transport subject is asked, and what its answers mean.

Every array has the lane first. a (lane, n), b (lane, m): weights ≥ 0 with equal positive totals, zeros allowed. C
(lane, n, m): any finite costs, negative ones too. D (lane, n, n): a metric, or costs ≥ 0 with a zero diagonal. x
(lane, n, d), y (lane, m, d): points. f (lane, n), g (lane, m): dual potentials. plan (lane, n, m). Totals need not be
1: a plan moves the mass that there is, and a cost is ⟨plan, C⟩. Whole-number floats stay exact where an operation
only adds, subtracts and compares. A row or column of weight 0 is padding: it receives no mass, its potential is
finite, and it changes no other answer. Nothing is ever NaN or infinite unless it is said.
"""

from __future__ import annotations

from typing import Any, Protocol

from numpy.typing import NDArray

from theory.core.domain import Array, Setting

Arrays = dict[str, NDArray[Any]]

METRICS = ("euclidean", "sqeuclidean", "cityblock", "discrete", "minkowski")
"""Values of the setting `metric`; "discrete" is 0–1, "minkowski" takes the exponent from the setting `p` ≥ 1."""

ACTIVATIONS = ("relu", "leaky_relu", "tanh", "softplus")
"""Values of the setting `activation`; all of them 1-Lipschitz (leaky_relu with slope 0.2)."""

CRITICS = ("clip", "gp", "sn")
"""Values of the setting `kind`: weight clipping, gradient penalty, spectral normalisation."""


class LinearPort(Protocol):
    """The linear programme, its dual, and what is made of potentials."""

    def cost(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """x, y; settings: metric, p → C (lane, n, m): d(x_i, y_j)."""
        ...

    def metric(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """C (lane, n, n) ≥ 0 with a zero diagonal → closure (lane, n, n): lengths of shortest paths.

        is_metric (lane,): 1 where C is symmetric, positive off the diagonal and keeps the triangle inequality, else 0.
        """
        ...

    def solve(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """a, b, C → plan, cost (lane,), f, g: an optimal vertex of the transport polytope and optimal potentials.

        f ⊕ g ≤ C everywhere, on rows and columns of weight 0 too. Whole numbers in, whole numbers out, exactly.
        """
        ...

    def certify(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """a, b, C, plan, f, g → primal = ⟨plan, C⟩, dual = ⟨f, a⟩ + ⟨g, b⟩, gap = primal − dual: each (lane,).

        primal_ok (lane,): 1 where plan ≥ 0 has the marginals a and b, else 0; dual_ok (lane,): 1 where f ⊕ g ≤ C.
        Both up to the rounding of the dtype; for whole numbers exactly.
        """
        ...

    def c_transform(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """f, C → c (lane, m): f^c_j = min_i (C_ij − f_i); cc (lane, n): (f^c)_i = min_j (C_ij − c_j); ccc (lane, m)."""
        ...

    def lipschitz(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """f, D (lane, n, n) → constant (lane,): least L with |f_i − f_j| ≤ L D_ij; +∞ where D_ij = 0 and f differs."""
        ...

    def single_potential(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """a, b (lane, n) on the same n points, D → f (lane, n), value (lane,): max ⟨f, a − b⟩ with f_i − f_j ≤ D_ij.

        D ≥ 0 with a zero diagonal; it need be neither symmetric nor a metric. Whole numbers stay whole.
        """
        ...

    def farkas(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """A (lane, k, n), b (lane, k): whole numbers → feasible (lane,): 1 where some x ≥ 0 has A x = b, else 0.

        x (lane, n), y (lane, k), denominator (lane,) > 0: whole numbers (int64). Where feasible, x/denominator is a
        solution and y is 0; where not, A^T y ≤ 0 and b^T y > 0, and x is 0.
        """
        ...

    def interval(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """a, b, C, plan ≥ 0, f: any plan, any potential → low, high (lane,), low ≤ W ≤ high up to rounding.

        low = ⟨f^{c c̄}, a⟩ + ⟨f^c, b⟩; high = ⟨rounded, C⟩. rounded (lane, n, m): the plan moved onto the polytope
        (Altschuler, Weed & Rigollet 2017, algorithm 2).
        """
        ...


class ClosedFormPort(Protocol):
    """Where the distance has a formula."""

    def wasserstein_1d(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """Points x (lane, n), y (lane, m); a, b; settings: p ≥ 1 → distance (lane,): W_p, the root, at total 1."""
        ...

    def barycentre_1d(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """Points x (lane, k, n), masses a (lane, k, n), t (lane, k); totals 1 → the W_2 barycentre of k measures.

        support (lane, s), increasing; mass (lane, s) ≥ 0, total 1: its quantile function is Σ_k t_k F_k^{-1}. Atoms
        of mass 0 are padding.
        """
        ...

    def sliced(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """x, y, a, b, directions (lane, k, d) of length 1; settings: p → distance (lane,): (mean_k W_p^p)^{1/p}.

        per_direction (lane, k): W_p of the projections.
        """
        ...

    def gaussian(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """m1, m2 (lane, d), S1, S2 (lane, d, d) positive semi-definite → squared (lane,): W_2² of the two Gaussians."""
        ...

    def gaussian_factors(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """m1, m2 (lane, d), A1, A2 (lane, d, r) with S = A A^T → squared (lane,), from the factors alone."""
        ...

    def gelbrich(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """x, y, a, b → squared (lane,): the Gaussian W_2² of means and (population) covariances, a bound below W_2²."""
        ...

    def discrepancies(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """a, b (lane, n) on the same n points, total 1 → jsd (in nats), tv = ½ Σ|a − b|, kl = Σ a ln(a/b): (lane,).

        kl is +∞ where a has mass outside the support of b.
        """
        ...


class EntropicPort(Protocol):
    """Entropic regularisation: min ⟨P, C⟩ + ε KL(P ‖ a b^T), plan P = a_i b_j exp((f_i + g_j − C_ij)/ε)."""

    def sinkhorn(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """a, b, C; settings: eps > 0, sweeps ≥ 1, tol ≥ 0 → f, g, plan. a and b have total 1 here.

        From g = 0: each sweep updates f, then g; stops after `sweeps`, or earlier once the error is at most tol
        (tol 0: all sweeps are made, none saved or accelerated, so that the iterates are Sinkhorn's own; tol > 0:
        any faster method may be used, as long as its last step is an exact g-update). marginal_error (lane,): Σ_i
        |Σ_j P_ij − a_i|, converged (lane,): 1 where it is at most tol. transport (lane,): ⟨P, C⟩. value (lane,):
        ⟨f, a⟩ + ⟨g, b⟩ − ε (Σ P − 1), the dual value. Potentials of weight 0 are the finite soft c-transforms.
        """
        ...

    def contraction(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """C, u, v (lane, m): logarithms of two positive vectors; settings: eps → factor (lane,): tanh(Δ/4) of e^{−C/ε}.

        diameter (lane,): Δ. before (lane,): Hilbert's projective distance of e^u and e^v. after (lane,): that of
        K e^u and K e^v, K = e^{−C/ε}.
        """
        ...

    def divergence(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """x, a, y, b; settings: p (cost |x − y|^p), eps, sweeps, tol → divergence (lane,) = ab − ½ aa − ½ bb.

        ab, aa, bb (lane,): entropic values. marginal_error (lane,): the largest of the three solves. osc (lane,): the
        largest oscillation max f − min f of their first potentials.
        """
        ...

    def gradients(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """a, b, C; settings: eps ≥ 0 (0: the linear programme), sweeps, tol → what autograd says of the value.

        grad_a (lane, n), grad_b (lane, m), each up to an additive constant; grad_C (lane, n, m). value (lane,), and
        f, g, plan as in `solve` or `sinkhorn`. marginal_error (lane,), 0 for eps 0.
        """
        ...


class CriticPort(Protocol):
    """Critics: functions with a certified Lipschitz constant, hence lower bounds of W_1 (Euclidean metric)."""

    def critic(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """x, y, a, b (total 1), W1 (lane, h, d), b1 (lane, h), W2 (lane, h, h), b2, W3 (lane, 1, h), b3 (lane, 1).

        Settings: activation. The perceptron W3 s(W2 s(W1 x + b1) + b2) + b3. values_x (lane, n), values_y (lane, m).
        lipschitz (lane,): an upper bound of its Lipschitz constant. reading (lane,): Σ a f(x) − Σ b f(y).
        lower_bound (lane,): |reading| ÷ lipschitz, at most W_1(a, b); 0 where lipschitz is 0.
        """
        ...

    def clip(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """W (lane, o, i); settings: c > 0 → clipped (lane, o, i): into [−c, c]; bound (lane,): c √(o i)."""
        ...

    def spectral(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """W (lane, o, i), not 0; settings: iterations (0: by singular values, else power iteration).

        sigma (lane,): the estimate; normalised (lane, o, i): W ÷ sigma.
        """
        ...

    def conv_norm(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """A kernel (lane, o, i, kh, kw) → bound (lane,): at least the operator norm at stride 1, for any image size."""
        ...

    def penalty(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """A linear critic w·x between Diracs at 0 and at y: w, y (lane, d); settings: lam.

        gap (lane,): f(y) − f(0); penalty (lane,): λ E(‖∇f‖ − 1)² between the two; objective = gap − penalty.
        """
        ...

    def train(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """x, y, a, b; settings: kind (see CRITICS), steps → a perceptron critic trained to tell x from y.

        reading (lane,): Σ a f(x) − Σ b f(y) after training; lipschitz (lane,): a certified upper bound of its constant;
        lower_bound (lane,): |reading| ÷ lipschitz, at most W_1. W1 … b3: the trained weights as in `critic`, in the
        units of the data; activation (lane,): index into ACTIVATIONS. With them the certificate can be checked.
        """
        ...


class TransportPort(LinearPort, ClosedFormPort, EntropicPort, CriticPort, Protocol):
    """The operations of the system; a subject may offer only some of them."""
