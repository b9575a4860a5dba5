"""Hidden Markov models with Gaussian emissions, with one classic mistake each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from impl.core.subject import Mutant, mutant
from impl.em.asked.markov import MARKOV
from impl.em.emissions import tabled
from impl.em.forward_backward import Table
from impl.em.gaussian_emissions import gaussian, log_densities, moments, visited
from impl.em.gaussian_steps import ridged
from impl.em.subject import subject


def _changed_density(change: Callable[[Tensor, int], Tensor]) -> Callable[..., Table]:
    """Densities whose logarithm is changed by a function of the covariances and d: (G, S)."""

    def table(x: Tensor, mu: Tensor, covariances: Tensor, kind: str, lengths: Tensor | None) -> Table:
        spread = torch.diag_embed(covariances) if kind == "diag" else covariances
        logs = log_densities(x, mu, covariances, kind) + change(spread, x.shape[-1])[:, None, None]
        peak = logs.amax(-1, keepdim=True)
        return tabled((logs - peak).exp(), peak[..., 0], lambda: logs, lengths)

    return table


def _unshifted(x: Tensor, mu: Tensor, covariances: Tensor, kind: str, lengths: Tensor | None) -> Table:
    density = log_densities(x, mu, covariances, kind).exp()
    return tabled(density, torch.zeros_like(density[..., 0]), density.log, lengths)


def _deviation_for_variance(x: Tensor, mu: Tensor, covariances: Tensor, kind: str, lengths: Tensor | None) -> Table:
    return gaussian(x, mu, covariances.square() if kind == "diag" else covariances @ covariances, kind, lengths)


def _about(
    x: Tensor, gamma: Tensor, centre: Tensor, covariances: Tensor, kind: str, weight: Tensor | None = None
) -> Tensor:
    """Second moments about a centre (G, S, d), weighed by γ or by another weight (G, S, R T)."""
    rows, resp = x.flatten(1, 2), gamma.flatten(1, 2).mT if weight is None else weight
    share = resp / resp.sum(-1, keepdim=True)
    gap = rows[:, None] - centre[:, :, None]
    full = (gap * share[..., None]).mT @ gap
    spread = full.diagonal(dim1=-2, dim2=-1) if kind == "diag" else full
    seen = visited(gamma).view(*spread.shape[:2], *[1] * (spread.dim() - 2))
    return torch.where(seen, spread, covariances)


def _old_mean(x: Tensor, gamma: Tensor, mu: Tensor, covariances: Tensor, kind: str) -> tuple[Tensor, Tensor]:
    return moments(x, gamma, mu, covariances, kind)[0], _about(x, gamma, mu, covariances, kind)


def _unweighted(x: Tensor, gamma: Tensor, mu: Tensor, covariances: Tensor, kind: str) -> tuple[Tensor, Tensor]:
    centre = moments(x, gamma, mu, covariances, kind)[0]
    within = (gamma.sum(-1) > 0).flatten(1).to(x)[:, None].expand(-1, mu.shape[1], -1)
    return centre, _about(x, gamma, centre, covariances, kind, within)


def _frozen_mean(x: Tensor, gamma: Tensor, mu: Tensor, covariances: Tensor, kind: str) -> tuple[Tensor, Tensor]:
    return mu, moments(x, gamma, mu, covariances, kind)[1]


def _unbiased(x: Tensor, gamma: Tensor, mu: Tensor, covariances: Tensor, kind: str) -> tuple[Tensor, Tensor]:
    """Divided by Σ γ − 1, where that is positive."""
    centre, spread = moments(x, gamma, mu, covariances, kind)
    count = gamma.sum((1, 2)).view(*mu.shape[:2], *[1] * (spread.dim() - 2))
    return centre, torch.where(count > 1, spread * count / (count - 1), spread)


def _forgotten_states(x: Tensor, gamma: Tensor, mu: Tensor, covariances: Tensor, kind: str) -> tuple[Tensor, Tensor]:
    """A state that was never visited gets the moments of nothing: mean 0."""
    centre, spread = moments(x, gamma, mu, covariances, kind)
    return torch.where(visited(gamma)[..., None], centre, 0), spread


def _wrong(**formulas: Any) -> Any:
    return subject("", markov=replace(MARKOV, **formulas))


GAUSSIAN_MARKOV_MUTANTS: tuple[Mutant, ...] = tuple(
    mutant(name, mistake, wrong)
    for name, mistake, wrong in (
        ("emission-without-log-det", "the density of an emission forgets its determinant",
         _wrong(gaussian=_changed_density(lambda spread, d: spread.logdet() / 2))),
        ("emission-log-det-not-halved", "the density of an emission has the whole logarithm of its determinant",
         _wrong(gaussian=_changed_density(lambda spread, d: -spread.logdet() / 2))),
        ("variance-taken-for-deviation", "the density of an emission takes the variance for a deviation",
         _wrong(gaussian=_deviation_for_variance)),
        ("density-without-shift", "densities underflow for a row that is far from every state",
         _wrong(gaussian=_unshifted)),
        ("emission-about-old-mean", "covariances of emissions are taken about the old mean",
         _wrong(moments=_old_mean)),
        ("emission-covariance-unweighted", "covariances of emissions count all rows alike",
         _wrong(moments=_unweighted)),
        ("emission-mean-never-updated", "means of emissions stay as they are", _wrong(moments=_frozen_mean)),
        ("emission-covariance-unbiased", "covariances of emissions are divided by the count less 1",
         _wrong(moments=_unbiased)),
        ("unvisited-mean-zeroed", "the mean of a state that was never visited becomes 0",
         _wrong(moments=_forgotten_states)),
        ("emission-silent-ridge", "2^-20 is silently added to the variances of emissions",
         _wrong(ridged=lambda spread, kind, ridge: ridged(spread, kind, ridge + 2.0**-20))),
        ("emission-ridge-forgotten", "the ridge that was asked for is not added",
         _wrong(ridged=lambda spread, kind, ridge: spread)),
        ("emission-ridge-everywhere", "the ridge is added to covariances too, not only to variances",
         _wrong(ridged=lambda spread, kind, ridge: spread + ridge)),
    )
)  # fmt: skip
