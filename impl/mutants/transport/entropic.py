"""Entropic transport with one classic mistake each.

Potentials φ, γ are in units of ε, as in `impl.transport.iterates`; a wrong sweep is made as it is, without kernels.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor

from impl.core.subject import Mutant, mutant
from impl.transport.asked.entropic import ENTROPIC
from impl.transport.divergence import debiased, dual_value, point_cost
from impl.transport.gradients import with_gradients
from impl.transport.hilbert import contraction_factor, diameter, hilbert_metric
from impl.transport.iterates import Problems, Sweep, log_sweep
from impl.transport.sinkhorn import SinkhornResult, solve
from impl.transport.softmin import log_sums, soft_c_transform
from impl.transport.subject import subject

Potentials = tuple[Tensor, Tensor]


# Sweeps: (problems, φ, γ) → (φ, γ).


def _plain_kernel(problems: Problems, phi: Tensor, gamma: Tensor) -> Potentials:
    """U = 1/(K (b v)), v = 1/(Kᵀ (a u)) with K = e^{−C/ε} as it is."""
    a, b, C, _, rate = problems
    K = torch.exp(-C * rate[:, None, None])
    u = 1 / torch.bmm(K, (b * gamma.exp())[:, :, None])[:, :, 0]
    v = 1 / torch.bmm(K.mT, (a * u)[:, :, None])[:, :, 0]
    return u.log(), v.log()


def _jacobi(problems: Problems, phi: Tensor, gamma: Tensor) -> Potentials:
    return log_sweep(problems, phi, gamma)[0], _columns(problems, phi)


def _columns(problems: Problems, phi: Tensor) -> Tensor:
    """The right update of γ."""
    return -log_sums(problems.C.mT, phi + problems.a.log(), problems.rate)


def _columns_first(problems: Problems, phi: Tensor, gamma: Tensor) -> Potentials:
    gamma = _columns(problems, phi)
    return log_sweep(problems, phi, gamma)[0], gamma


def _uniform_target(problems: Problems, phi: Tensor, gamma: Tensor) -> Potentials:
    phi, gamma = log_sweep(problems, phi, gamma)
    uniform = 1 / (problems.b * problems.b.shape[-1])
    return phi, gamma + uniform.log().masked_fill(problems.b == 0, 0)


def _with(**wrong: Callable[[Problems], Tensor]) -> Sweep:
    """A right sweep of another problem."""

    def sweep(problems: Problems, phi: Tensor, gamma: Tensor) -> Potentials:
        return log_sweep(problems._replace(**{k: change(problems) for k, change in wrong.items()}), phi, gamma)

    return sweep


def _relaxed(problems: Problems, phi: Tensor, gamma: Tensor) -> Potentials:
    """Half of every update, as for a symmetric problem."""
    new_phi = (phi + log_sweep(problems, phi, gamma)[0]) / 2
    return new_phi, (gamma + _columns(problems, new_phi)) / 2


# Solvers: what is found, changed.


def _changed(change: Callable[[SinkhornResult], dict[str, Tensor]]) -> Callable[..., SinkhornResult]:
    def solver(*problem: Tensor, **options: float) -> SinkhornResult:
        found = solve(*problem, **options)  # type: ignore[arg-type]
        return replace(found, **change(found))  # type: ignore[arg-type]

    return solver


def _rows_last(found: SinkhornResult) -> dict[str, Tensor]:
    _, b, C, eps = found.problem
    return {"f": soft_c_transform(C, found.g, b, eps)}


def _infinite(found: SinkhornResult) -> dict[str, Tensor]:
    """The logarithms of scalings u, v of e^{−C/ε} without the weights: f_i = ε log u_i is −∞ where a_i = 0."""
    a, b, _, _ = found.problem
    return {"f": found.f.masked_fill(a == 0, -torch.inf), "g": found.g.masked_fill(b == 0, -torch.inf)}


def _scalings(found: SinkhornResult) -> dict[str, Tensor]:
    """The potentials of diag(u) e^{−C/ε} diag(v), into which the weights have gone."""
    a, b, _, eps = found.problem
    logs = ((w.log() * eps[:, None]).masked_fill(w == 0, 0) for w in (a, b))
    return {name: x + log for name, x, log in zip("fg", (found.f, found.g), logs, strict=True)}


def _one_less(*problem: Tensor, max_iter: int, tol: float) -> SinkhornResult:
    return solve(*problem, max_iter=max(1, max_iter - 1), tol=tol)


def _hasty(*problem: Tensor, max_iter: int, tol: float) -> SinkhornResult:
    found = solve(*problem, max_iter=1, tol=tol)
    return replace(found, marginal_error=torch.zeros_like(found.marginal_error))


def _column_error(found: SinkhornResult) -> dict[str, Tensor]:
    error = (found.plan.sum(-2) - found.problem[1]).abs().sum(-1)
    return {"marginal_error": error}


def _largest_error(found: SinkhornResult) -> dict[str, Tensor]:
    return {"marginal_error": (found.plan.sum(-1) - found.problem[0]).abs().amax(-1)}


# Values.


def _shannon(a: Tensor, b: Tensor, f: Tensor, g: Tensor, mass: Tensor, eps: float) -> Tensor:
    """⟨P, C⟩ − ε H(P) for H(P) = −Σ P log P: lower than the KL form by ε (H(a) + H(b)) at the optimum."""
    return dual_value(a, b, f, g, mass, eps) + eps * (torch.xlogy(a, a).sum(-1) + torch.xlogy(b, b).sum(-1))


def _independent(P: Tensor, C: Tensor, value: Tensor) -> Tensor:
    """The cost of a bᵀ."""
    return (P.sum(-1, keepdim=True) * P.sum(-2, keepdim=True) * C).sum((-2, -1))


def _as_if_normalised(P: Tensor, C: Tensor, value: Tensor) -> Tensor:
    """Each row of P is taken for a distribution."""
    return (P / P.sum(-1, keepdim=True).clamp_min(torch.finfo(P.dtype).tiny) * C).sum((-2, -1))


# Contraction.


def _neighbours(C: Tensor, eps: float) -> Tensor:
    """Only rows that follow each other are compared."""
    if C.shape[-2] == 1:
        return diameter(C, eps)
    step = C.diff(dim=-2)
    return (step.amax(-1) - step.amin(-1)).amax(-1) / eps


def _oscillation(C: Tensor, eps: float) -> Tensor:
    return (C.amax((-2, -1)) - C.amin((-2, -1))) / eps


def _plain_product(C: Tensor, log_u: Tensor, eps: float) -> Tensor:
    return (torch.exp(-C / eps) * log_u.exp()[..., None, :]).sum(-1).log()


# Gradients: (a, b, C, value, f, g, P) → value.


def _graded(
    change: Callable[[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor], tuple[Tensor, Tensor, Tensor]],
) -> object:
    """The right value with other derivatives, made of (a, b, C, f, g, P)."""

    def traced(a: Tensor, b: Tensor, C: Tensor, value: Tensor, f: Tensor, g: Tensor, plan: Tensor) -> Tensor:
        return with_gradients(a, b, C, value, *change(a.detach(), b.detach(), C.detach(), f, g, plan))

    return traced


def _swapped(x: Tensor, size: int) -> Tensor:
    """X cut, or filled with its mean, to another length."""
    fill = x.mean(-1, keepdim=True).expand(*x.shape[:-1], size)
    return torch.cat([x, fill], dim=-1)[..., :size]


def _conditional(plan: Tensor) -> Tensor:
    return plan / plan.sum(-1, keepdim=True).clamp_min(torch.finfo(plan.dtype).tiny)


def _mutant(name: str, mistake: str, **formulas: object) -> Mutant:
    return mutant(name, mistake, subject("", entropic=replace(ENTROPIC, **formulas)))  # type: ignore[arg-type]


def _sweeping(name: str, mistake: str, sweep: Sweep) -> Mutant:
    return _mutant(name, mistake, solve=partial(solve, sweep=sweep))


def _solving(name: str, mistake: str, change: Callable[[SinkhornResult], dict[str, Tensor]]) -> Mutant:
    return _mutant(name, mistake, solve=_changed(change))


ENTROPIC_MUTANTS: tuple[Mutant, ...] = (
    _sweeping("plain-domain-kernel", "e^{−C/ε} is formed, and under- or overflows", _plain_kernel),
    _sweeping("jacobi-sweep", "both potentials are updated from the old ones", _jacobi),
    _sweeping("sweep-ends-on-f", "a sweep updates g, then f", _columns_first),
    _sweeping("uniform-target", "the second marginal is made uniform", _uniform_target),
    _sweeping("zero-weights-not-masked", "a weight of 0 counts as 10^{−3}",
              _with(a=lambda p: p.a.clamp_min(1e-3), b=lambda p: p.b.clamp_min(1e-3))),
    _sweeping("epsilon-forgotten-in-sweep", "the sweeps are made with ε = 1",
              _with(rate=lambda p: torch.ones_like(p.rate))),
    _sweeping("epsilon-doubled", "the sweeps are made with 2ε", _with(rate=lambda p: p.rate / 2)),
    _sweeping("weights-forgotten-in-sweep", "sums run over points, not over mass",
              _with(a=lambda p: torch.ones_like(p.a), b=lambda p: torch.ones_like(p.b))),
    _sweeping("sign-of-cost", "the kernel is e^{+C/ε}", _with(C=lambda p: -p.C)),
    _sweeping("half-updates", "each potential moves half of its way", _relaxed),
    _mutant("one-sweep-less", "the last sweep is not made", solve=_one_less),
    _solving("f-updated-last", "f is updated once more at the end", _rows_last),
    _solving("weight-zero-potential-infinite", "the potential of weight 0 is −∞", _infinite),
    _solving("weights-inside-potentials", "f = ε log u for the scalings of e^{−C/ε}, weights included", _scalings),
    _solving("error-of-columns", "the error of the marginal that is always kept is told", _column_error),
    _solving("error-largest-row", "the largest error of a row is told for their sum", _largest_error),
    _mutant("always-converged", "converged is always 1", converged=lambda error, tol: error >= 0),
    _mutant("value-is-shannon", "the value has the entropy of P where KL(P ‖ abᵀ) belongs", value=_shannon),
    _mutant("value-without-g", "the value is ⟨f, a⟩ alone", value=lambda a, b, f, g, mass, eps: (f * a).sum(-1)),
    _mutant("value-less-epsilon", "ε ΣP is subtracted, and not ε (ΣP − 1)",
            value=lambda a, b, f, g, mass, eps: dual_value(a, b, f, g, mass, eps) - eps),
    _mutant("transport-is-dual-value", "the KL-form dual value is told as ⟨P, C⟩", transport=lambda P, C, value: value),
    _mutant("transport-of-independent-plan", "the cost is that of abᵀ", transport=_independent),
    _mutant("transport-of-normalised-rows", "every row of P is made a distribution", transport=_as_if_normalised),
    _mutant("hilbert-without-minimum", "the metric is max log(u/v)", hilbert=lambda u, v: (u - v).amax(-1)),
    _mutant("hilbert-sup-norm", "the metric is max |log(u/v)|", hilbert=lambda u, v: (u - v).abs().amax(-1)),
    _mutant("hilbert-of-plain-vectors", "the logarithms are taken for the vectors",
            hilbert=lambda u, v: hilbert_metric(u.exp().log1p(), v.exp().log1p())),
    _mutant("birkhoff-half-diameter", "κ = tanh(Δ/2)", factor=lambda delta: contraction_factor(2 * delta)),
    _mutant("birkhoff-eighth-diameter", "κ = tanh(Δ/8)", factor=lambda delta: contraction_factor(delta / 2)),
    _mutant("birkhoff-without-tanh", "κ = Δ/4", factor=lambda delta: delta / 4),
    _mutant("birkhoff-squared", "κ is that of a whole sweep", factor=lambda delta: contraction_factor(delta).square()),
    _mutant("diameter-of-neighbours", "only rows that follow each other are compared", diameter=_neighbours),
    _mutant("diameter-is-oscillation", "Δ = osc C/ε", diameter=_oscillation),
    _mutant("diameter-without-epsilon", "Δ is that of e^{−C}", diameter=lambda C, eps: diameter(C, 1.0)),
    _mutant("kernel-product-overflows", "K u is formed before its logarithm", product=_plain_product),
    _mutant("divergence-not-debiased", "the divergence is the entropic value", debias=lambda ab, aa, bb: ab),
    _mutant("divergence-without-half", "the whole of both biases is subtracted",
            debias=lambda ab, aa, bb: ab - aa - bb),
    _mutant("divergence-doubled", "2 OT(a, b) − OT(a, a) − OT(b, b)",
            debias=lambda ab, aa, bb: 2 * debiased(ab, aa, bb)),
    _mutant("divergence-one-bias", "only the bias of a is subtracted, twice", debias=lambda ab, aa, bb: ab - aa),
    _mutant("divergence-biases-added", "the biases are added", debias=lambda ab, aa, bb: ab + aa / 2 + bb / 2),
    _mutant("cost-always-squared", "the exponent p is ignored", cost=lambda x, y, p: point_cost(x, y, 2.0)),
    _mutant("cost-halved", "the cost is |x − y|^p/p", cost=lambda x, y, p: point_cost(x, y, p) / p),
    _mutant("gradient-constant", "the gradient is the same at every point",
            with_gradients=_graded(lambda a, b, C, f, g, P: (torch.ones_like(f), torch.ones_like(g), P))),
    _mutant("gradient-detached", "the value is cut off the graph: all gradients are 0",
            with_gradients=_graded(lambda a, b, C, f, g, P: (0 * f, 0 * g, 0 * P))),
    _mutant("gradient-plan-held-fixed", "⟨P, C⟩ is differentiated with P held fixed: no gradient for the weights",
            with_gradients=_graded(lambda a, b, C, f, g, P: (0 * f, 0 * g, P))),
    _mutant("gradient-g-for-f", "the potentials are exchanged",
            with_gradients=_graded(lambda a, b, C, f, g, P: (_swapped(g, f.shape[-1]), _swapped(f, g.shape[-1]), P))),
    _mutant("gradient-sign", "the potentials have the other sign",
            with_gradients=_graded(lambda a, b, C, f, g, P: (-f, -g, P))),
    _mutant("gradient-times-weight", "∂/∂a is a f, the derivative in log a",
            with_gradients=_graded(lambda a, b, C, f, g, P: (a * f, b * g, P))),
    _mutant("gradient-one-sided", "b is taken for a constant",
            with_gradients=_graded(lambda a, b, C, f, g, P: (f, 0 * g, P))),
    _mutant("gradient-plan-normalised", "∂/∂C is the plan with rows that add up to 1",
            with_gradients=_graded(lambda a, b, C, f, g, P: (f, g, _conditional(P)))),
    _mutant("gradient-independent-plan", "∂/∂C is abᵀ",
            with_gradients=_graded(lambda a, b, C, f, g, P: (f, g, a[..., :, None] * b[..., None, :]))),
    _mutant("gradient-hard-potentials", "f and g are those of the linear programme's c-transform",
            with_gradients=_graded(lambda a, b, C, f, g, P: ((C - g[..., None, :]).amin(-1), g, P))),
    _mutant("stops-after-one-sweep", "one sweep is made and told to be exact", solve=_hasty),
)  # fmt: skip
