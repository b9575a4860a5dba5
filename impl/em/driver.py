"""Expectation maximisation, whatever the model: guess the hidden data, maximise with the guess, repeat.

Parameters are tuples of tensors with leading batch dimensions (*B, …). A model gives an E-step and an M-step; what
makes the likelihood rise is that the E-step touches log p with a lower bound that the M-step then maximises
(Dempster, Laird & Rubin 1977; Neal & Hinton 1998).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import torch
from torch import Tensor

Params = TypeVar("Params", bound="tuple[Tensor, ...]")
Posterior = TypeVar("Posterior")


@dataclass(frozen=True)
class EMResult(Generic[Params]):
    """What EM did, with batch dimensions (*B).

    params: the last parameters. log_likelihood (*B, steps+1): before the first step and after each one. elbo
    (*B, steps): the lower bound after each M-step, at the posterior it was made with; None where it was not asked
    for. n_iter (*B): steps until convergence. converged (*B): whether the last step rose by at most tol. path: the
    parameters at every entry of log_likelihood; empty unless `keep`.
    """

    params: Params
    log_likelihood: Tensor
    elbo: Tensor | None
    n_iter: Tensor
    converged: Tensor
    path: tuple[Params, ...]


def run(
    e_step: Callable[[Params], tuple[Posterior, Tensor]],
    m_step: Callable[[Posterior, Params], Params],
    params: Params,
    *,
    max_iter: int,
    tol: float | None = None,
    elbo: Callable[[Posterior, Params], Tensor] | None = None,
    keep: bool = False,
) -> EMResult[Params]:
    """Run EM from `params` for at most `max_iter` steps.

    e_step: params → (posterior, log-likelihood (*B)). m_step: (posterior, params) → params. tol: a problem stops after
    a step that raised its log-likelihood by at most tol nats, and keeps its parameters while others go on, so that a
    batch gives what a loop gives; None: never, and nothing waits for the device.
    """
    posterior, value = e_step(params)
    trace, bounds, path = [value], [], [params] if keep else []
    done = torch.zeros_like(value, dtype=torch.bool)
    steps = torch.zeros_like(value, dtype=torch.int64)
    for _ in range(max_iter):
        reached = m_step(posterior, params)
        if tol is not None:
            reached = _frozen(done, params, reached)
        if elbo is not None:
            bounds.append(elbo(posterior, reached))
        params, steps = reached, steps + ~done
        posterior, value = e_step(params)
        if tol is not None:
            value = torch.where(done, trace[-1], value)
            done = done | ~(value - trace[-1] > tol)  # what is no number any more has stopped too
        trace.append(value)
        if keep:
            path.append(params)
        if tol is not None and bool(done.all()):
            break
    return EMResult(
        params,
        torch.stack(trace, -1),
        torch.stack(bounds, -1) if bounds else None,
        steps,
        done,
        tuple(path),
    )


def _frozen(done: Tensor, old: Params, new: Params) -> Params:
    """The old parameters where a problem has stopped, the new ones elsewhere."""

    def kept(before: Tensor, after: Tensor) -> Tensor:
        return torch.where(done.reshape(*done.shape, *[1] * (after.dim() - done.dim())), before, after)

    pairs = [kept(before, after) for before, after in zip(old, new, strict=True)]
    made = type(new)
    return made(*pairs) if hasattr(new, "_fields") else made(pairs)


def best_of(values: Tensor) -> Tensor:
    """Which of several runs is best: the first with the highest log-likelihood; values (*B, runs) → (*B), int64."""
    runs = torch.arange(values.shape[-1], device=values.device)
    highest = values == values.amax(-1, keepdim=True)
    return torch.where(highest, runs, values.shape[-1]).amin(-1)
