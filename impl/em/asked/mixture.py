"""The port's mixture operations, in arrays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from impl.core import validation
from impl.core.arrays import answers, tensors
from impl.core.random import generator
from impl.core.subject import Answers, Arrays, Operation, Parts, Settings, built
from impl.em.driver import EMResult, best_of
from impl.em.gaussian import KINDS, Gaussians, Scratch
from impl.em.gaussian_check import check_data, check_distribution, check_mixture, check_ridge
from impl.em.gaussian_fit import Plan, fit, raise_degenerate, start_at, without_padding
from impl.em.gaussian_sample import sample
from impl.em.gaussian_start import STARTS, seeds
from impl.em.gaussian_steps import STEPS, Steps, as_columns


@dataclass(frozen=True)
class Mixture:
    """The formulas that are asked for.

    joint, posterior, m_step, ridged, bound: as in `Steps`. fit: (x, start, plan, weight) → the path. start: (x,
    components, method, source) → rows. best: values (lane, runs) → which is kept. sample: (mixture, kind, count,
    source) → draws and labels.
    """

    joint: Callable[[Tensor, Gaussians, str, Scratch], Tensor] = STEPS.joint
    posterior: Callable[[Tensor, Scratch], tuple[Tensor, Tensor]] = STEPS.posterior
    m_step: Callable[[Tensor, Tensor, Tensor | None, str, Gaussians | None, Scratch], Gaussians] = STEPS.m_step
    ridged: Callable[[Tensor, str, float], Tensor] = STEPS.ridged
    bound: Callable[[Tensor, Tensor], Tensor] = STEPS.bound
    fit: Callable[[Tensor, Gaussians, Plan, Tensor | None], EMResult[Gaussians]] = fit
    start: Callable[[Tensor, int, str, torch.Generator], Tensor] = seeds
    best: Callable[[Tensor], Tensor] = best_of
    sample: Callable[[Gaussians, str, int, torch.Generator], tuple[Tensor, Tensor]] = sample


MIXTURE = Mixture()


def mixture_operations(formulas: Mixture) -> dict[str, Operation]:
    """The operations of the port, computed by these formulas."""
    return built(formulas, MIXTURE, PARTS)


def _steps(formulas: Mixture) -> Steps:
    return Steps(**{field.name: getattr(formulas, field.name) for field in fields(Steps)})


def _kind(settings: Settings) -> str:
    kind = str(settings["covariance"])
    if kind not in KINDS:
        raise ValueError(f"covariance must be one of {', '.join(KINDS)}, got {kind!r}")
    return kind


def _mixture(data: dict[str, Tensor], kind: str) -> Gaussians:
    mixture = Gaussians(data["pi"], data["mu"], data[kind])
    check_mixture(mixture, kind, ("pi", "mu", kind))
    return mixture


def _rows_first(values: Tensor) -> Tensor:
    """(k, n, lane) as (lane, n, k)."""
    return values.permute(2, 1, 0)


def _e_step(formulas: Mixture) -> Operation:
    def e_step_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data, kind = tensors(arrays, device=device, dtype=dtype), _kind(settings)
        mixture = _mixture(data, kind)
        check_data(data["x"], mixture)
        joint = formulas.joint(as_columns(data["x"]), mixture, kind, Scratch())
        resp, value = formulas.posterior(joint.clone(), Scratch())
        return answers(log_joint=_rows_first(joint), resp=_rows_first(resp), log_likelihood=value.T)

    return e_step_


def _m_step(formulas: Mixture) -> Operation:
    def m_step_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data, kind = tensors(arrays, device=device, dtype=dtype), _kind(settings)
        x, weight, resp, ridge = data["x"], data["sample_weight"], data["resp"], float(settings.get("ridge", 0.0))
        check_ridge(ridge)
        check_data(x, None, weight)
        check_distribution(resp, "resp", (*x.shape[:2], resp.shape[-1]))
        w = weight.T.contiguous()
        columns, shares = without_padding(as_columns(x), w), resp.permute(2, 1, 0).contiguous()
        found = formulas.m_step(columns, shares, w, kind, None, Scratch())
        return answers(pi=found.weights, mu=found.means, covariances=formulas.ridged(found.covariances, kind, ridge))

    return m_step_


def _elbo(formulas: Mixture) -> Operation:
    def elbo_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data, kind = tensors(arrays, device=device, dtype=dtype), _kind(settings)
        mixture, x, q = _mixture(data, kind), data["x"], data["q"]
        check_data(x, mixture)
        check_distribution(q, "q", (*x.shape[:2], mixture.weights.shape[-1]))
        joint = formulas.joint(as_columns(x), mixture, kind, Scratch())
        bound = formulas.bound(joint, q.permute(2, 1, 0))
        return answers(elbo=bound.T, log_likelihood=formulas.posterior(joint, Scratch())[1].T)

    return elbo_


def _fit(formulas: Mixture) -> Operation:
    def fit_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data, plan = tensors(arrays, device=device, dtype=dtype), _plan(formulas, settings)
        mixture, x, weight = _mixture(data, plan.kind), data["x"], data["sample_weight"]
        check_data(x, mixture, weight)
        found = formulas.fit(x, mixture, plan, weight)
        pi, mu, covariances = (torch.stack(list(same), 1) for same in zip(*found.path, strict=True))
        elbo = found.log_likelihood[:, :0] if found.elbo is None else found.elbo
        return answers(pi=pi, mu=mu, covariances=covariances, log_likelihood=found.log_likelihood, elbo=elbo)

    return fit_


def _plan(formulas: Mixture, settings: Settings) -> Plan:
    steps, ridge = int(settings["steps"]), float(settings.get("ridge", 0.0))
    validation.at_least(steps, "steps", 0)
    check_ridge(ridge)
    return Plan(_kind(settings), steps, None, ridge, keep=True, bounds=True, steps=_steps(formulas))


def _seeds(formulas: Mixture, x: Tensor, settings: Settings, source: torch.Generator) -> Tensor:
    method, components = str(settings["method"]), int(settings["components"])
    if method not in STARTS:
        raise ValueError(f"method must be one of {', '.join(STARTS)}, got {method!r}")
    validation.at_least(components, "components", 1)
    return formulas.start(x, components, method, source)


def _start(formulas: Mixture) -> Operation:
    def start_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        x = tensors(arrays, device=device, dtype=dtype)["x"]
        check_data(x, None)
        return answers(index=_seeds(formulas, x, settings, generator(seed)))

    return start_


def _search(formulas: Mixture) -> Operation:
    def search_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        x, plan = tensors(arrays, device=device, dtype=dtype)["x"], _plan(formulas, settings)
        check_data(x, None)
        restarts, source = int(settings["restarts"]), generator(seed)
        validation.at_least(restarts, "restarts", 1)
        runs = []
        for _ in range(restarts):
            index = _seeds(formulas, x, settings, source)
            first = start_at(x, index, plan.kind, ridge=plan.ridge)
            raise_degenerate(first, plan.kind, "at the start")
            runs.append(
                formulas.fit(x, first, Plan(plan.kind, plan.max_iter, None, plan.ridge, steps=plan.steps), None)
            )
        values = torch.stack([run.log_likelihood[:, -1] for run in runs], -1)
        best = formulas.best(values)
        pi, mu, covariances = (_chosen(list(same), best) for same in zip(*(run.params for run in runs), strict=True))
        kept = values.gather(-1, best.unsqueeze(-1)).squeeze(-1)
        return answers(log_likelihoods=values, best=best, pi=pi, mu=mu, covariances=covariances, log_likelihood=kept)

    return search_


def _chosen(values: list[Tensor], which: Tensor) -> Tensor:
    """The value (lane, …) of each lane's run."""
    stacked = torch.stack(values)
    index = which.reshape(1, -1, *[1] * (stacked.dim() - 2)).expand(1, *stacked.shape[1:])
    return stacked.gather(0, index)[0]


def _sample(formulas: Mixture) -> Operation:
    def sample_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data, kind = tensors(arrays, device=device, dtype=dtype), _kind(settings)
        count = int(settings["count"])
        validation.at_least(count, "count", 1)
        x, label = formulas.sample(_mixture(data, kind), kind, count, generator(seed))
        return answers(x=x, label=label)

    return sample_


_ROUND = ("joint", "posterior", "m_step", "ridged", "bound", "fit")
PARTS: Parts[Mixture] = {
    "mixture_e_step": (_e_step, ("joint", "posterior")),
    "mixture_m_step": (_m_step, ("m_step", "ridged")),
    "mixture_elbo": (_elbo, ("joint", "posterior", "bound")),
    "mixture_fit": (_fit, _ROUND),
    "mixture_start": (_start, ("start",)),
    "mixture_search": (_search, (*_ROUND, "start", "best")),
    "mixture_sample": (_sample, ("sample",)),
}
