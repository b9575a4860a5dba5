"""What an EM subject is asked, and what its answers mean.

Every array has the lane first. Log-likelihoods are in nats and of the whole data of a lane unless a row index is given;
a Gaussian's density counts in full, a count's with its binomial or multinomial coefficient. Settings `steps` counts EM
steps: a path has steps + 1 entries on its second axis, the parameters before the first step among them, and its
log_likelihood is that of each entry. Nothing stops early. Weights of components are positive up to zeros and sum to 1.
Nothing is ever NaN or infinite unless it is said.

Gaussian mixtures: x (lane, n, d); sample_weight (lane, n) ≥ 0, where 0 is padding, whose (finite) content changes no
other answer; pi (lane, k); mu (lane, k, d). Setting `covariance` names the shape and the array that holds it: `full`
(lane, k, d, d), `tied` (lane, d, d), `diag` (lane, k, d), `spherical` (lane, k): variances, not deviations. Answers
call it `covariances`, in the same shape. resp (lane, n, k): responsibilities, rows sum to 1. Setting `ridge` ≥ 0 is
added to the variances (the diagonal) after each M-step; 0 where the setting is absent.

Coins: heads, tosses (lane, m): whole numbers, 0 ≤ heads ≤ tosses; theta (lane, k) in [0, 1]; pi (lane, k). Setting
`learn_weights`: 1 where pi is estimated too, 0 where it stays. Multinomials: counts (lane, m, v): whole numbers; pi
(lane, k); beta (lane, k, v): rows sum to 1.

Hidden Markov models: pi (lane, s); A (lane, s, s), rows sum to 1; b (lane, t, s) ≥ 0: likelihood of what was seen at
each time in each state; B (lane, s, v), rows sum to 1; symbols (lane, r, t): r sequences of whole numbers 0 … v−1;
lengths (lane,) or (lane, r), 1 ≤ length ≤ t: what stands behind the length is never looked at, NaN included, and its
answers are 0. A path's probability 0 is log-probability −∞; a sequence that no path explains is an error
(ZeroLikelihoodError). Gaussian emissions: x (lane, r, t, d), mu (lane, s, d), `diag` (lane, s, d) or `full`
(lane, s, d, d).

Latent Dirichlet allocation: alpha (lane, k) > 0; beta (lane, k, v), rows sum to 1; words (lane, r, n): word ids of r
documents; lengths (lane, r), 0 ≤ length ≤ n; gamma (lane, r, k) > 0; phi (lane, r, n, k): rows sum to 1, 0 behind the
length. elbo (lane, r): Blei, Ng & Jordan's bound of each document.
"""

from __future__ import annotations

from typing import Any, Protocol

from numpy.typing import NDArray

from theory.core.domain import Array, Setting

Arrays = dict[str, NDArray[Any]]

COVARIANCES = ("full", "tied", "diag", "spherical")
"""Values of the setting `covariance`."""

STARTS = ("k-means++", "random")
"""Values of the setting `method` of `mixture_start`."""

METHODS = ("scaled", "log")
"""Values of the setting `method` of `forward_backward`."""


class MixturePort(Protocol):
    """Gaussian mixtures."""

    def mixture_e_step(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """x, pi, mu, covariances → log_joint (lane, n, k) = log π_k + log N(x_n; μ_k, Σ_k), −∞ where π_k = 0.

        resp; log_likelihood (lane, n): of each row.
        """
        ...

    def mixture_m_step(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """x, sample_weight, resp → pi, mu, covariances: what maximises the expected complete log-likelihood."""
        ...

    def mixture_elbo(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """x, pi, mu, covariances, q (lane, n, k) → elbo (lane, n) = Σ_k q (log_joint − log q), 0 log 0 = 0.

        log_likelihood (lane, n). elbo is −∞ where q > 0 meets π_k = 0.
        """
        ...

    def mixture_fit(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """x, sample_weight, pi, mu, covariances: the start; settings: covariance, steps, ridge → the path of EM.

        pi (lane, steps+1, k), mu (lane, steps+1, k, d), covariances (lane, steps+1, …), log_likelihood
        (lane, steps+1): Σ_n sample_weight_n log p(x_n). elbo (lane, steps): after each M-step, at the
        responsibilities that the step was made with. A component whose covariance is singular is an error
        (DegenerateCovarianceError) that names the component and the remedy.
        """
        ...

    def mixture_start(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """x; settings: method, components → index (lane, components) of the rows chosen as centres, in this order.

        "random": distinct rows, uniformly. "k-means++": the first uniformly, each next with probability proportional
        to the squared distance to the nearest centre so far (Arthur & Vassilvitskii 2007), one draw for each centre;
        uniformly where all distances are 0. Lanes are drawn independently; x may differ from lane to lane or not.
        """
        ...

    def mixture_search(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """x; settings: covariance, components, method, restarts, steps, ridge → the best of several runs.

        log_likelihoods (lane, restarts): at the end of each run, starts being drawn one after another; best (lane,):
        which run is kept, the first of equals; pi, mu, covariances, log_likelihood (lane,): its end.
        """
        ...

    def mixture_sample(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """pi, mu, covariances; settings: covariance, count → x (lane, count, d), label (lane, count): draws."""
        ...


class CountPort(Protocol):
    """Mixtures of coins and of multinomials."""

    def coin_step(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """heads, tosses, pi, theta; settings: learn_weights → resp (lane, m, k), and after the step pi, theta.

        log_likelihood (lane,): before the step. A component that no toss belongs to keeps its theta.
        """
        ...

    def coin_fit(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """As `coin_step`; settings: steps too → paths pi, theta (lane, steps+1, k), log_likelihood (lane, steps+1)."""
        ...

    def coin_rate(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """heads, tosses, pi, theta inside (0, 1) → jacobian (lane, k, k): ∂ theta' ∕ ∂ theta of one step, pi fixed."""
        ...

    def multinomial_step(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """counts, pi, beta → resp (lane, m, k), and after the step pi, beta; log_likelihood (lane,): before it.

        A component that no count belongs to keeps its beta.
        """
        ...

    def multinomial_fit(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """As `multinomial_step`; settings: steps → paths pi, beta (lane, steps+1, k, v), log_likelihood."""
        ...


class MarkovPort(Protocol):
    """Hidden Markov models."""

    def forward_backward(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """pi, A, b, lengths (lane,); settings: method → log_likelihood (lane,), gamma (lane, t, s).

        xi (lane, t−1, s, s): probability of state i at time t and j at t+1. With "scaled" also alpha, beta
        (lane, t, s) and scale (lane, t) in Bishop's normalisation (PRML 13.55–13.62): Σ_i alpha = 1,
        alpha · beta = gamma, log p = Σ log scale. "log" answers in the log domain and offers none of the three.
        """
        ...

    def viterbi(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """pi, A, b, lengths (lane,) → path (lane, t): a most probable path, −1 behind the length; log_prob (lane,)."""
        ...

    def baum_welch_step(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """pi, A, B, symbols, lengths (lane, r) → pi, A, B after one step on all sequences together.

        log_likelihood (lane,): Σ over sequences, before the step. A row of A or B that nothing was counted for keeps
        its value.
        """
        ...

    def baum_welch_fit(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """As `baum_welch_step`; settings: steps → paths pi, A, B (lane, steps+1, …), log_likelihood (lane, steps+1)."""
        ...

    def gaussian_markov_step(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """pi, A, mu, covariances, x, lengths (lane, r); settings: covariance (diag, full), ridge → after one step.

        pi, A, mu, covariances; log_likelihood (lane,): before the step. A state that is never visited keeps its mean
        and covariance.
        """
        ...

    def gaussian_markov_fit(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """As `gaussian_markov_step`; settings: steps → paths pi, A, mu, covariances, log_likelihood."""
        ...


class AllocationPort(Protocol):
    """Latent Dirichlet allocation by variational EM (Blei, Ng & Jordan 2003)."""

    def lda_elbo(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """alpha, beta, words, lengths, gamma, phi: any variational parameters → elbo; phi = 0 where beta is 0."""
        ...

    def lda_phi(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """beta, words, lengths, gamma → phi ∝ β_{k,w} exp(ψ(γ_k)), the best phi for this gamma (eq. 6)."""
        ...

    def lda_gamma(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """alpha, lengths, phi → gamma = α + Σ_n φ_n, the best gamma for this phi (eq. 7)."""
        ...

    def lda_beta(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """beta, words, lengths, phi → beta after the M-step: β_{kv} ∝ Σ_r Σ_n φ_{rnk} [w_{rn} = v] (eq. 9).

        A topic to which no word belongs keeps its row.
        """
        ...

    def lda_alpha(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """alpha, gamma → direction (lane, k): the Newton step H⁻¹ g of the bound in alpha, in linear time (A.2, A.4.2).

        0 for k = 1. next (lane, k) > 0: alpha after one damped step: alpha − direction, halved until it is positive
        and does not lower the bound.
        """
        ...

    def lda_e_step(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """alpha, beta, words, lengths; settings: sweeps → gamma, phi, elbo after so many sweeps (phi, then gamma).

        The start is gamma = α + length/k. elbos (lane, r, sweeps): after each sweep.
        """
        ...

    def lda_fit(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """alpha, beta, words, lengths; settings: steps, sweeps, learn_alpha (0, 1) → the path of variational EM.

        alpha (lane, steps+1, k), beta (lane, steps+1, k, v), elbo (lane, steps+1): of all documents, after the
        E-step at each entry; each E-step goes on from the gamma of the one before.
        """
        ...

    def lda_smoothed(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """alpha, eta (lane,) > 0, topics (lane, k, v) > 0: the start λ, words, lengths; settings: steps, sweeps.

        Smoothed model: β_k ~ Dirichlet(η). topics (lane, k, v): λ at the end; elbos (lane, steps+1): the bound of the
        whole corpus log p(w | α, η) (section 5.4), after the E-step at each λ, which goes on from the gamma before;
        elbo (lane,): the last of them. gamma: of the last E-step; a subject whose phi, bound and λ are not those of the
        port's sweeps leaves it out.
        """
        ...


class Port(MixturePort, CountPort, MarkovPort, AllocationPort, Protocol):
    """The operations of `em`. A subject may offer only some of them, and only some of their answers."""
