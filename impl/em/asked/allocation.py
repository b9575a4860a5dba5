"""The port's operations on latent Dirichlet allocation, in arrays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from impl.core import validation
from impl.core.arrays import answers, tensors
from impl.core.subject import Answers, Arrays, Operation, Parts, Settings, built
from impl.em.allocation import (
    Documents,
    Updates,
    best_gamma,
    best_phi,
    elbo,
    expected_counts,
    expected_log,
    from_tokens,
    infer,
    normalised,
    of_words,
    start_gamma,
)
from impl.em.allocation_alpha import damped_step, newton_direction
from impl.em.allocation_checks import (
    check_dirichlet,
    check_producible,
    checked_lengths,
    checked_phi,
    checked_words,
)
from impl.em.allocation_fit import VariationalEM, resumed
from impl.em.allocation_topics import POINTS, TopicModel, smoothed_topics, topics_bound
from impl.em.probabilities import check_probabilities

Formula = Callable[..., Tensor]


@dataclass(frozen=True)
class Allocation:
    """The formulas that are asked for, named and called as in `impl.em.allocation` and its neighbours.

    documents: (words, lengths, like) → what is looked at. start, phi, gamma, elbo: of an E-step. counts: (φ,
    documents, v); beta: (expected, β); direction: (α, γ); step: (α, γ, direction) → α. table: λ → E log β; topics:
    (expected, η) → λ; bound: (λ, η). resume: (γ of the E-step before, a fresh start) → γ.
    """

    documents: Callable[[Tensor, Tensor, Tensor], Documents] = from_tokens
    start: Formula = start_gamma
    phi: Formula = best_phi
    gamma: Formula = best_gamma
    elbo: Formula = elbo
    counts: Formula = expected_counts
    beta: Formula = normalised
    direction: Formula = newton_direction
    step: Formula = damped_step
    table: Formula = expected_log
    topics: Formula = smoothed_topics
    bound: Formula = topics_bound
    resume: Formula = resumed

    @property
    def updates(self) -> Updates:
        """The formulas of an E-step."""
        return Updates(self.start, self.phi, self.gamma, self.elbo)


ALLOCATION = Allocation()


def allocation_operations(formulas: Allocation) -> dict[str, Operation]:
    """The operations of `AllocationPort`, computed by these formulas."""
    return built(formulas, ALLOCATION, PARTS)


def _elbo(formulas: Allocation) -> Operation:
    def elbo_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data = _data(arrays, device, dtype)
        documents, log_words = _corpus(formulas, data)
        return answers(elbo=formulas.elbo(data["alpha"], log_words, data["gamma"], data["phi"], documents))

    return elbo_


def _phi(formulas: Allocation) -> Operation:
    def phi_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data = _data(arrays, device, dtype)
        documents, log_words = _corpus(formulas, data)
        return answers(phi=formulas.phi(log_words, data["gamma"], documents))

    return phi_


def _gamma(formulas: Allocation) -> Operation:
    def gamma_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data = _data(arrays, device, dtype)
        blank = torch.zeros(data["phi"].shape[:-1], dtype=torch.int64, device=data["phi"].device)
        documents = formulas.documents(blank, data["lengths"], data["alpha"])
        return answers(gamma=formulas.gamma(data["alpha"], data["phi"], documents))

    return gamma_


def _beta(formulas: Allocation) -> Operation:
    def beta_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data = _data(arrays, device, dtype)
        documents = formulas.documents(data["words"], data["lengths"], data["beta"])
        expected = formulas.counts(data["phi"], documents, data["beta"].shape[-1])
        return answers(beta=formulas.beta(expected, data["beta"]))

    return beta_


def _alpha(formulas: Allocation) -> Operation:
    def alpha_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data = _data(arrays, device, dtype)
        alpha, gamma = data["alpha"], data["gamma"]
        direction = formulas.direction(alpha, gamma)
        return answers(direction=direction, next=formulas.step(alpha, gamma, direction))

    return alpha_


def _e_step(formulas: Allocation) -> Operation:
    def e_step_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data, sweeps = _data(arrays, device, dtype), _count(settings, "sweeps", 1)
        documents, log_words = _corpus(formulas, data)
        start = formulas.start(data["alpha"], documents)
        found = infer(data["alpha"], log_words, documents, start, sweeps=sweeps, updates=formulas.updates)
        return answers(gamma=found.gamma, phi=found.phi, elbo=found.elbos[..., -1], elbos=found.elbos)

    return e_step_


def _fit(formulas: Allocation) -> Operation:
    def fit_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data = _data(arrays, device, dtype)
        documents, _ = _corpus(formulas, data)
        model = replace(POINTS, update=formulas.beta)
        em = _em(formulas, documents, model, settings, learn_alpha=bool(int(settings["learn_alpha"])))
        found = em.fit(data["alpha"], data["beta"], max_iter=_count(settings, "steps", 0), keep=True)
        alpha, beta, _ = (torch.stack(entries, 1) for entries in zip(*found.path, strict=True))
        end = found.params
        last = em.infer(documents, end.topics.log(), end.alpha, end.gamma)
        return answers(alpha=alpha, beta=beta, elbo=found.log_likelihood, gamma=last.gamma, phi=last.phi)

    return fit_


def _smoothed(formulas: Allocation) -> Operation:
    def smoothed_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data = _data(arrays, device, dtype)
        eta = data["eta"]
        documents = formulas.documents(data["words"], data["lengths"], data["topics"])
        model = TopicModel(
            formulas.table,
            lambda expected, _: formulas.topics(expected, eta),
            lambda topics: formulas.bound(topics, eta),
        )
        em = _em(formulas, documents, model, settings, learn_alpha=False)
        found = em.fit(data["alpha"], data["topics"], max_iter=_count(settings, "steps", 0))
        end, elbos = found.params, found.log_likelihood
        gamma = em.infer(documents, formulas.table(end.topics), end.alpha, end.gamma).gamma
        return answers(topics=end.topics, gamma=gamma, elbos=elbos, elbo=elbos[..., -1])

    return smoothed_


def _em(
    formulas: Allocation, documents: Documents, model: TopicModel, settings: Settings, *, learn_alpha: bool
) -> VariationalEM:
    """Variational EM by these formulas."""

    def next_alpha(alpha: Tensor, gamma: Tensor) -> Tensor:
        return formulas.step(alpha, gamma, formulas.direction(alpha, gamma))

    return VariationalEM(
        [documents],
        model,
        _count(settings, "sweeps", 1),
        next_alpha=next_alpha if learn_alpha else None,
        updates=formulas.updates,
        counts=formulas.counts,
        resume=formulas.resume,
    )


def _count(settings: Settings, name: str, least: int) -> int:
    value = int(settings[name])
    validation.at_least(value, name, least)
    return value


def _corpus(formulas: Allocation, data: dict[str, Tensor]) -> tuple[Documents, Tensor]:
    """The documents, and log β of every word in them."""
    documents = formulas.documents(data["words"], data["lengths"], data["beta"])
    log_words = of_words(data["beta"].log(), documents)
    check_producible(log_words, documents)
    return documents, log_words


def _data(arrays: Arrays, device: str, dtype: str) -> dict[str, Tensor]:
    """Every array of a question as a tensor, checked; what stands behind a length is 0."""
    data = tensors(arrays, device=device, dtype=dtype)
    for name in {"alpha", "gamma", "beta", "eta", "topics", "phi"} & data.keys():
        data[name] = data[name].to(getattr(torch, dtype))
    if "lengths" in data:
        slots = data["words"].shape[-1] if "words" in data else data["phi"].shape[-2]
        data["lengths"] = checked_lengths(data["lengths"], slots)
    for name, layout in (("alpha", "(..., k)"), ("gamma", "(..., r, k)"), ("topics", "(..., k, v)")):
        if name in data:
            check_dirichlet(data[name], name, layout)
    if "eta" in data:
        check_dirichlet(data["eta"], "eta", "(lane,)")
    if "beta" in data:
        check_probabilities(data["beta"], "beta")
    if "words" in data:
        table = data["beta"] if "beta" in data else data["topics"]
        data["words"] = checked_words(data["words"], data["lengths"], table.shape[-1])
    if "phi" in data:
        data["phi"] = checked_phi(data["phi"], data["lengths"])
    return data


_E_STEP = ("documents", "start", "phi", "gamma", "elbo")
PARTS: Parts[Allocation] = {
    "lda_elbo": (_elbo, ("documents", "elbo")),
    "lda_phi": (_phi, ("documents", "phi")),
    "lda_gamma": (_gamma, ("documents", "gamma")),
    "lda_beta": (_beta, ("documents", "counts", "beta")),
    "lda_alpha": (_alpha, ("direction", "step")),
    "lda_e_step": (_e_step, _E_STEP),
    "lda_fit": (_fit, (*_E_STEP, "counts", "beta", "direction", "step", "resume")),
    "lda_smoothed": (_smoothed, (*_E_STEP, "counts", "table", "topics", "bound", "resume")),
}
