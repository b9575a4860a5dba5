"""Gaussian mixtures with one classic mistake each."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from impl.core.random import uniform
from impl.core.subject import Mutant, mutant
from impl.em.asked.mixture import MIXTURE
from impl.em.driver import EMResult
from impl.em.gaussian import Gaussians, Scratch, is_matrix, root
from impl.em.gaussian_fit import Plan, fit_block
from impl.em.gaussian_start import drawn
from impl.em.gaussian_steps import second_moments, shaped
from impl.em.subject import subject

Weight = Tensor | None


def _mutant(name: str, mistake: str, **formulas: Any) -> Mutant:
    return mutant(name, mistake, subject("", mixture=replace(MIXTURE, **formulas)))


def _whole_log_det(columns: Tensor, mixture: Gaussians, kind: str, scratch: Scratch) -> Tensor:
    half = root(mixture.covariances, kind, len(columns)).pivots.log().sum(0) / 2
    return MIXTURE.joint(columns, mixture, kind, scratch) - half.unsqueeze(1)


def _without_prior(columns: Tensor, mixture: Gaussians, kind: str, scratch: Scratch) -> Tensor:
    return MIXTURE.joint(columns, mixture._replace(weights=torch.ones_like(mixture.weights)), kind, scratch)


def _squared_variances(columns: Tensor, mixture: Gaussians, kind: str, scratch: Scratch) -> Tensor:
    wrong = mixture if is_matrix(kind) else mixture._replace(covariances=mixture.covariances.square())
    return MIXTURE.joint(columns, wrong, kind, scratch)


def _diagonal_only(columns: Tensor, mixture: Gaussians, kind: str, scratch: Scratch) -> Tensor:
    S = mixture.covariances
    wrong = S.diagonal(dim1=-2, dim2=-1).diag_embed() if is_matrix(kind) else S
    return MIXTURE.joint(columns, mixture._replace(covariances=wrong), kind, scratch)


def _naive(joint: Tensor, scratch: Scratch) -> tuple[Tensor, Tensor]:
    density = joint.exp()
    total = density.sum(0)
    return density / total, total.log()


def _over_samples(joint: Tensor, scratch: Scratch) -> tuple[Tensor, Tensor]:
    return joint.softmax(1), joint.logsumexp(0)


def _hard(joint: Tensor, scratch: Scratch) -> tuple[Tensor, Tensor]:
    value = joint.logsumexp(0)
    winner = joint.argmax(0, keepdim=True)
    return torch.zeros_like(joint).scatter_(0, winner, 1.0), value


def _through_the_log(joint: Tensor, scratch: Scratch) -> tuple[Tensor, Tensor]:
    value = joint.logsumexp(0)
    return (joint - value).exp(), value


def _weighed(resp: Tensor, weight: Weight) -> Tensor:
    return resp if weight is None else resp * weight


def _about(
    columns: Tensor, resp: Tensor, weight: Weight, kind: str, found: Gaussians, centres: Tensor, divisor: Tensor
) -> Gaussians:
    """The mixture with covariances about other centres, or divided by something else than N_k (k, lane)."""
    moments = second_moments(columns, _weighed(resp, weight), centres, kind, Scratch()) / divisor
    return found._replace(covariances=shaped(moments, found.weights, kind))


def _old_mean(
    columns: Tensor, resp: Tensor, weight: Weight, kind: str, old: Gaussians | None, scratch: Scratch
) -> Gaussians:
    found = MIXTURE.m_step(columns, resp, weight, kind, old, scratch)
    if old is None:
        return found
    return _about(columns, resp, weight, kind, found, old.means, _weighed(resp, weight).sum(1))


def _bessel(
    columns: Tensor, resp: Tensor, weight: Weight, kind: str, old: Gaussians | None, scratch: Scratch
) -> Gaussians:
    found = MIXTURE.m_step(columns, resp, weight, kind, old, scratch)
    count = _weighed(resp, weight).sum(1)
    return _about(columns, resp, weight, kind, found, found.means, torch.where(count > 1, count - 1, count))


def _weights_kept(
    columns: Tensor, resp: Tensor, weight: Weight, kind: str, old: Gaussians | None, scratch: Scratch
) -> Gaussians:
    found = MIXTURE.m_step(columns, resp, weight, kind, old, scratch)
    return found if old is None else found._replace(weights=old.weights)


def _means_kept(
    columns: Tensor, resp: Tensor, weight: Weight, kind: str, old: Gaussians | None, scratch: Scratch
) -> Gaussians:
    found = _old_mean(columns, resp, weight, kind, old, scratch)
    return found if old is None else found._replace(means=old.means)


def _undivided(
    columns: Tensor, resp: Tensor, weight: Weight, kind: str, old: Gaussians | None, scratch: Scratch
) -> Gaussians:
    found = MIXTURE.m_step(columns, resp, weight, kind, old, scratch)
    return found._replace(covariances=found.covariances * len(columns)) if kind == "spherical" else found


def _unweighted_tie(
    columns: Tensor, resp: Tensor, weight: Weight, kind: str, old: Gaussians | None, scratch: Scratch
) -> Gaussians:
    if kind != "tied":
        return MIXTURE.m_step(columns, resp, weight, kind, old, scratch)
    found = MIXTURE.m_step(columns, resp, weight, "full", old, scratch)
    return found._replace(covariances=found.covariances.mean(1))


def _one_pass(
    columns: Tensor, resp: Tensor, weight: Weight, kind: str, old: Gaussians | None, scratch: Scratch
) -> Gaussians:
    """Σ = E[xxᵀ] − μμᵀ."""
    found = MIXTURE.m_step(columns, resp, weight, kind, old, scratch)
    count = _weighed(resp, weight).sum(1)
    raw = second_moments(columns, _weighed(resp, weight), torch.zeros_like(found.means), kind, Scratch()) / count
    mean = found.means.permute(2, 1, 0)  # (d, k, lane)
    square = mean.unsqueeze(1) * mean if is_matrix(kind) else mean.square()
    return found._replace(covariances=shaped(raw - square, found.weights, kind))


def _rows_alike(
    columns: Tensor, resp: Tensor, weight: Weight, kind: str, old: Gaussians | None, scratch: Scratch
) -> Gaussians:
    present = None if weight is None else (weight > 0).to(resp)
    return MIXTURE.m_step(columns, resp, present, kind, old, scratch)


def _by_rows(
    columns: Tensor, resp: Tensor, weight: Weight, kind: str, old: Gaussians | None, scratch: Scratch
) -> Gaussians:
    found = MIXTURE.m_step(columns, resp, weight, kind, old, scratch)
    rows = resp.shape[1] if weight is None else (weight > 0).sum(0)
    return found._replace(weights=(_weighed(resp, weight).sum(1) / rows).T)


def _on_every_entry(covariances: Tensor, kind: str, ridge: float) -> Tensor:
    return covariances + ridge


def _goes_on(x: Tensor, start: Gaussians, plan: Plan, weight: Weight) -> EMResult[Gaussians]:
    return fit_block(x, start, plan, weight, Scratch())


def _late(x: Tensor, start: Gaussians, plan: Plan, weight: Weight) -> EMResult[Gaussians]:
    """The log-likelihood of each entry of the path is that of the one before."""
    found = MIXTURE.fit(x, start, plan, weight)
    trace = found.log_likelihood
    return replace(found, log_likelihood=torch.cat([trace[:, :1], trace[:, :-1]], 1))


def _a_row(x: Tensor, start: Gaussians, plan: Plan, weight: Weight) -> EMResult[Gaussians]:
    found = MIXTURE.fit(x, start, plan, weight)
    return replace(found, log_likelihood=found.log_likelihood / x.shape[1])


def _nearest(x: Tensor, chosen: list[Tensor]) -> Tensor:
    """Squared distance of each row (lane, n) to the nearest of the chosen rows, each (lane, 1)."""
    index = torch.cat(chosen, 1).unsqueeze(-1).expand(-1, -1, x.shape[-1])
    return (x.unsqueeze(2) - x.gather(1, index).unsqueeze(1)).square().sum(-1).amin(-1)


def _plus_plus(x: Tensor, components: int, method: str, source: torch.Generator, mass: Any, first: Any) -> Tensor:
    """k-means++ with another mass (squared distances → mass) or another first row (levels → index)."""
    if method != "k-means++":
        return MIXTURE.start(x, components, method, source)
    levels = uniform((components, len(x)), source, x).unsqueeze(-1)
    chosen = [first(levels[0])]
    for level in levels[1:]:
        m = mass(_nearest(x, chosen))
        chosen.append(drawn(torch.where((m > 0).any(-1, keepdim=True), m, torch.ones_like(m)), level))
    return torch.cat(chosen, 1)


def _any_row(x: Tensor) -> Any:
    return lambda level: drawn(torch.ones_like(x[..., 0]), level)


def _as_it_is(mass: Tensor) -> Tensor:
    return mass


def _row_0(level: Tensor) -> Tensor:
    return torch.zeros_like(level).long()


def _last(values: Tensor) -> Tensor:
    return torch.full_like(values[:, 0], values.shape[1] - 1).long()


def _with_replacement(x: Tensor, components: int, method: str, source: torch.Generator) -> Tensor:
    if method == "k-means++":
        return MIXTURE.start(x, components, method, source)
    return drawn(torch.ones_like(x[..., 0]), uniform((len(x), components), source, x))


def _farthest(mass: Tensor) -> Tensor:
    return mass * (mass == mass.amax(-1, keepdim=True))


def _even(mixture: Gaussians) -> Gaussians:
    return mixture._replace(weights=torch.full_like(mixture.weights, 1 / mixture.weights.shape[-1]))


def _own_root(mixture: Gaussians, kind: str, count: int, source: torch.Generator) -> tuple[Tensor, Tensor]:
    """Draws x = μ + Σ z: with the covariance Σ Σᵀ."""
    S = mixture.covariances
    square = S @ S.mT if is_matrix(kind) else S.square()
    return MIXTURE.sample(mixture._replace(covariances=square), kind, count, source)


def _uncorrelated(mixture: Gaussians, kind: str, count: int, source: torch.Generator) -> tuple[Tensor, Tensor]:
    S = mixture.covariances
    flat = S.diagonal(dim1=-2, dim2=-1).diag_embed() if is_matrix(kind) else S
    return MIXTURE.sample(mixture._replace(covariances=flat), kind, count, source)


def _relabelled(mixture: Gaussians, kind: str, count: int, source: torch.Generator) -> tuple[Tensor, Tensor]:
    x, label = MIXTURE.sample(mixture, kind, count, source)
    return x, mixture.weights.shape[-1] - 1 - label


MIXTURE_MUTANTS: tuple[Mutant, ...] = (
    _mutant("naive-exponentials", "densities are exponentiated before they are compared", posterior=_naive),
    _mutant("softmax-over-samples", "responsibilities sum to 1 over the rows", posterior=_over_samples),
    _mutant("hard-responsibilities", "each row belongs to its most probable component", posterior=_hard),
    _mutant("exponential-of-the-difference", "r = exp(log p(x, k) − log p(x))", posterior=_through_the_log),
    _mutant("log-determinant-not-halved", "log det Σ is taken off in full", joint=_whole_log_det),
    _mutant("prior-forgotten-in-e-step", "the E-step leaves out log π", joint=_without_prior),
    _mutant("deviations-for-variances", "variances are read as standard deviations", joint=_squared_variances),
    _mutant("correlations-ignored", "the density sees the diagonal of a covariance only", joint=_diagonal_only),
    _mutant("covariance-about-old-mean", "deviations are taken from the mean before the step", m_step=_old_mean),
    _mutant("bessel-correction", "covariances are divided by N_k − 1", m_step=_bessel),
    _mutant("weights-never-updated", "π stays what it was", m_step=_weights_kept),
    _mutant("means-never-updated", "μ stays what it was", m_step=_means_kept),
    _mutant("spherical-not-divided", "the spherical variance is the trace", m_step=_undivided),
    _mutant("tied-unweighted", "the tied covariance is the plain mean of the components'", m_step=_unweighted_tie),
    _mutant("one-pass-covariance", "Σ = E[xxᵀ] − μμᵀ", m_step=_one_pass),
    _mutant("sample-weights-ignored", "every row with a weight counts once", m_step=_rows_alike),
    _mutant("weights-divided-by-rows", "π is N_k by the number of rows, not by their weight", m_step=_by_rows),
    _mutant(
        "silent-ridge",
        "1e-6 is added to the variances unasked",
        ridged=lambda S, kind, ridge: MIXTURE.ridged(S, kind, ridge + 1e-6),
    ),
    _mutant("ridge-not-applied", "the ridge is forgotten", ridged=lambda S, kind, ridge: S),
    _mutant(
        "ridge-twice", "the ridge is added twice", ridged=lambda S, kind, ridge: MIXTURE.ridged(S, kind, 2 * ridge)
    ),
    _mutant(
        "ridge-squared",
        "the ridge is taken for a deviation",
        ridged=lambda S, kind, ridge: MIXTURE.ridged(S, kind, ridge * ridge),
    ),
    _mutant("ridge-on-every-entry", "the ridge is added off the diagonal too", ridged=_on_every_entry),
    _mutant(
        "entropy-sign",
        "the bound takes off the entropy of the guess",
        bound=lambda joint, q: 2 * torch.where(q > 0, q * joint, 0).sum(0) - MIXTURE.bound(joint, q),
    ),
    _mutant(
        "entropy-forgotten",
        "the bound is the expected complete log-likelihood",
        bound=lambda joint, q: torch.where(q > 0, q * joint, 0).sum(0),
    ),
    _mutant("zero-times-log-zero", "0 log 0 is not a number", bound=lambda joint, q: (q * (joint - q.log())).sum(0)),
    _mutant("collapse-goes-on", "a singular covariance ends in NaN instead of an error", fit=_goes_on),
    _mutant("likelihood-one-step-late", "the trace holds the likelihood before each step", fit=_late),
    _mutant("likelihood-per-row", "the trace holds the mean over the rows", fit=_a_row),
    _mutant(
        "plus-plus-by-distance",
        "k-means++ draws by distance, not by its square",
        start=lambda x, k, how, source: _plus_plus(x, k, how, source, torch.sqrt, _any_row(x)),
    ),
    _mutant(
        "plus-plus-farthest",
        "k-means++ takes the farthest row",
        start=lambda x, k, how, source: _plus_plus(x, k, how, source, _farthest, _any_row(x)),
    ),
    _mutant(
        "plus-plus-from-row-0",
        "k-means++ begins with the first row",
        start=lambda x, k, how, source: _plus_plus(
            x, k, how, source, lambda m: m, lambda u: torch.zeros_like(u).long()
        ),
    ),
    _mutant("start-with-replacement", "random rows may come twice", start=_with_replacement),
    _mutant(
        "last-restart-kept",
        "the last run is kept",
        best=_last,
    ),
    _mutant("worst-restart-kept", "the run of the lowest likelihood is kept", best=lambda values: values.argmin(-1)),
    _mutant(
        "sampling-ignores-weights",
        "every component is drawn equally often",
        sample=lambda mixture, kind, count, source: MIXTURE.sample(_even(mixture), kind, count, source),
    ),
    _mutant("covariance-as-root", "draws are μ + Σ z", sample=_own_root),
    _mutant("sampling-uncorrelated", "draws have independent coordinates", sample=_uncorrelated),
    _mutant("labels-reversed", "the labels of draws count from the last component", sample=_relabelled),
)
