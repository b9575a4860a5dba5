"""The port's Markov operations, in arrays, each built from formulas that a mutant can replace."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from impl.core import validation
from impl.core.arrays import answers, to_torch
from impl.core.devices import place
from impl.core.subject import Answers, Arrays, Operation, Parts, Settings, built
from impl.em import baum_welch, emissions, forward_backward, gaussian_emissions
from impl.em.baum_welch import GaussianChain, Steps, SymbolChain, fit_gaussian, fit_symbols
from impl.em.driver import EMResult
from impl.em.forward_backward import Messages, Posterior, Table, check_possible
from impl.em.gaussian_steps import ridged
from impl.em.probabilities import check_probabilities
from impl.em.sequences import check_chain, check_lengths, inside, seen_numbers, seen_symbols
from impl.em.viterbi import Path, viterbi


@dataclass(frozen=True)
class Markov:
    """The formulas that are asked for.

    messages, log_messages: (pi, A, table) → Messages. evidence: (table, growth) → log p. weighed, pairs, log_gamma,
    log_pairs: γ, ξ and α ÷ Σ αβ from messages. viterbi: (pi, A, table) → Path. The others are those of
    `baum_welch.Steps`.
    """

    messages: Callable[[Tensor, Tensor, Table], Messages] = forward_backward.messages
    log_messages: Callable[[Tensor, Tensor, Table], Messages] = forward_backward.log_messages
    evidence: Callable[[Table, Tensor], Tensor] = forward_backward.evidence
    weighed: Callable[[Messages, Tensor | None], tuple[Tensor, Tensor]] = forward_backward.weighed
    pairs: Callable[[Tensor, Tensor, Tensor, Tensor | None], Tensor] = forward_backward.pair_posterior
    log_gamma: Callable[[Messages, Tensor | None], Tensor] = forward_backward.log_gamma
    log_pairs: Callable[[Messages, Tensor, Tensor | None], Tensor] = forward_backward.log_pairs
    viterbi: Callable[[Tensor, Tensor, Table], Path] = viterbi
    posterior: Callable[[Tensor, Tensor, Table], Posterior] = forward_backward.posterior
    starts: Callable[[Posterior, Tensor], Tensor] = baum_welch.starts
    transitions: Callable[[Posterior, Tensor], Tensor] = baum_welch.transitions
    emission: Callable[[Tensor, Tensor, Tensor], Tensor] = baum_welch.emission
    gaussian: Callable[[Tensor, Tensor, Tensor, str, Tensor | None], Table] = gaussian_emissions.gaussian
    moments: Callable[[Tensor, Tensor, Tensor, Tensor, str], tuple[Tensor, Tensor]] = gaussian_emissions.moments
    ridged: Callable[[Tensor, str, float], Tensor] = ridged


MARKOV = Markov()


def markov_operations(formulas: Markov) -> dict[str, Operation]:
    """The operations of `MarkovPort`, computed by these formulas."""
    return built(formulas, MARKOV, PARTS)


def _floats(arrays: Arrays, names: tuple[str, ...], device: str, dtype: str) -> list[Tensor]:
    """The arrays of these names as tensors of the dtype, whole numbers too."""
    kind = getattr(torch, dtype)
    return [to_torch(arrays[name], device=device, dtype=dtype).to(kind) for name in names]


def _lengths(arrays: Arrays, name: str, axes: int, device: str, dtype: str) -> Tensor | None:
    """Lengths (lane, 1) or (lane, r) on the device, None where all are whole; checked on the host."""
    array, given = arrays[name], arrays["lengths"]
    if array.ndim < axes + 1 or array.size == 0:
        raise ValueError(f"{name} must have {axes + 1} axes or more and no empty one, got shape {array.shape}")
    told = check_lengths(to_torch(given, device="cpu", dtype=dtype), array.shape[:axes], array.shape[axes], name)
    return None if bool((told == array.shape[axes]).all()) else told.view(len(told), -1).to(place(device))


def _table(arrays: Arrays, device: str, dtype: str) -> tuple[Tensor, Tensor, Table]:
    """pi, A and the table of a question about one sequence a lane."""
    pi, A, b = _floats(arrays, ("pi", "A", "b"), device, dtype)
    check_chain(pi, A)
    lengths = _lengths(arrays, "b", 1, device, dtype)
    if b.dim() != 3 or (b.shape[0], b.shape[2]) != pi.shape:
        raise ValueError(f"b must have shape ({pi.shape[0]}, t, {pi.shape[1]}) to match pi, got {tuple(b.shape)}")
    return pi, A, emissions.given(b[:, None], lengths)


def _forward_backward(formulas: Markov) -> Operation:
    def forward_backward_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        method = str(settings["method"])
        if method not in ("scaled", "log"):
            raise ValueError(f"method must be one of scaled, log, got {method!r}")
        pi, A, table = _table(arrays, device, dtype)
        found = _scaled(formulas, pi, A, table) if method == "scaled" else _logs(formulas, pi, A, table)
        return answers(**{name: value[:, 0] for name, value in found.items()})

    return forward_backward_


def _logs(formulas: Markov, pi: Tensor, A: Tensor, table: Table) -> dict[str, Tensor]:
    message = formulas.log_messages(pi, A, table)
    check_possible(message.growth)
    gamma = formulas.log_gamma(message, table.lengths)
    return {"log_likelihood": message.growth, "gamma": gamma, "xi": formulas.log_pairs(message, A, table.lengths)}


def _scaled(formulas: Markov, pi: Tensor, A: Tensor, table: Table) -> dict[str, Tensor]:
    """Posteriors, and the messages in Bishop's normalisation: Σ alpha = 1 and Σ alpha · beta = 1."""
    message = formulas.messages(pi, A, table)
    value = formulas.evidence(table, message.growth)
    if not bool(torch.isfinite(value).all()):
        check_possible(forward_backward.log_messages(pi, A, table).growth)
        raise ValueError("b spans more than the dtype's range along its likeliest paths: use method 'log' or float64")
    alpha = message.alpha / message.alpha.sum(-1, keepdim=True)
    beta = message.beta / (alpha * message.beta).sum(-1, keepdim=True)
    scale = message.growth * table.shift.exp()
    within = inside(_whole(table), scale.shape[-1])
    gamma, before = formulas.weighed(message, table.lengths)
    found = {"alpha": alpha, "beta": beta, "scale": scale[..., None]}
    kept = {name: torch.where(within[..., None], part, 0) for name, part in found.items()}
    kept["scale"] = kept["scale"][..., 0]
    return {
        "log_likelihood": value,
        "gamma": gamma,
        "xi": formulas.pairs(before, A, message.later, table.lengths),
        **kept,
    }


def _whole(table: Table) -> Tensor:
    """The lengths of a table, also where all are alike."""
    if table.lengths is not None:
        return table.lengths
    return torch.full(table.shift.shape[:2], table.shift.shape[2], device=table.shift.device)


def _viterbi(formulas: Markov) -> Operation:
    def viterbi_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        found = formulas.viterbi(*_table(arrays, device, dtype))
        return answers(path=found.states[:, 0], log_prob=found.log_probability[:, 0])

    return viterbi_


def _steps(formulas: Markov) -> Steps:
    return Steps(
        formulas.posterior,
        formulas.starts,
        formulas.transitions,
        formulas.emission,
        formulas.gaussian,
        formulas.moments,
        formulas.ridged,
    )


def _baum_welch(formulas: Markov, whole_path: bool) -> Operation:
    def baum_welch_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        pi, A, B = _floats(arrays, ("pi", "A", "B"), device, dtype)
        check_chain(pi, A)
        check_probabilities(B, "B")
        if B.dim() != 3 or B.shape[:2] != pi.shape:
            raise ValueError(f"B must have shape {(*pi.shape, 'v')} to match pi, got {tuple(B.shape)}")
        lengths = _lengths(arrays, "symbols", 2, device, dtype)
        symbols = to_torch(arrays["symbols"], device=device, dtype=dtype)
        seen = seen_symbols(symbols, _given(lengths, symbols, 2), B.shape[-1])
        found = fit_symbols(
            seen, SymbolChain(pi, A, B), max_iter=_count(settings, whole_path), lengths=lengths, keep=True,
            steps=_steps(formulas),
        )  # fmt: skip
        return _told(found, whole_path)

    return baum_welch_


def _given(lengths: Tensor | None, x: Tensor, axes: int) -> Tensor:
    return torch.full(x.shape[:axes], x.shape[axes], device=x.device) if lengths is None else lengths


def _gaussian(formulas: Markov, whole_path: bool) -> Operation:
    def gaussian_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        kind, ridge = str(settings["covariance"]), float(settings.get("ridge", 0.0))
        if kind not in ("diag", "full"):
            raise ValueError(f"covariance must be one of diag, full, got {kind!r}")
        if not 0 <= ridge < float("inf"):
            raise ValueError(f"ridge must be non-negative and finite, got {ridge!r}")
        pi, A, mu, covariances, x = _floats(arrays, ("pi", "A", "mu", kind, "x"), device, dtype)
        check_chain(pi, A)
        _check_gaussians(pi, mu, covariances, kind, x)
        lengths = _lengths(arrays, "x", 2, device, dtype)
        seen = seen_numbers(x, _given(lengths, x, 2), "x")
        found = fit_gaussian(
            seen, GaussianChain(pi, A, mu, covariances), kind=kind, max_iter=_count(settings, whole_path),
            lengths=lengths, ridge=ridge, keep=True, steps=_steps(formulas),
        )  # fmt: skip
        return _told(found, whole_path)

    return gaussian_


def _check_gaussians(pi: Tensor, mu: Tensor, covariances: Tensor, kind: str, x: Tensor) -> None:
    """Refuse means, covariances and rows that do not belong together or are not finite."""
    d = x.shape[-1]
    wanted = {"mu": (*pi.shape, d), kind: (*pi.shape, d) if kind == "diag" else (*pi.shape, d, d)}
    for name, value in (("mu", mu), (kind, covariances)):
        if tuple(value.shape) != wanted[name]:
            raise ValueError(f"{name} must have shape {wanted[name]} to match pi and x, got {tuple(value.shape)}")
        validation.finite(value, name)


def _count(settings: Settings, whole_path: bool) -> int:
    steps = int(settings["steps"]) if whole_path else 1
    validation.at_least(steps, "steps", 0)
    return steps


def _told(found: EMResult[SymbolChain] | EMResult[GaussianChain], whole_path: bool) -> Answers:
    """The path of a fit, or its last entry with the log-likelihood before it."""
    if whole_path:
        parts = {name: torch.stack([getattr(at, name) for at in found.path], 1) for name in found.params._fields}
        return answers(log_likelihood=found.log_likelihood, **parts)
    return answers(log_likelihood=found.log_likelihood[:, 0], **found.params._asdict())


_SHARED = ("posterior", "starts", "transitions")
_SYMBOLS = (*_SHARED, "emission")
_GAUSSIAN = (*_SHARED, "gaussian", "moments", "ridged")

PARTS: Parts[Markov] = {
    "forward_backward": (
        _forward_backward,
        ("messages", "log_messages", "evidence", "weighed", "pairs", "log_gamma", "log_pairs"),
    ),
    "viterbi": (_viterbi, ("viterbi",)),
    "baum_welch_step": (lambda formulas: _baum_welch(formulas, False), _SYMBOLS),
    "baum_welch_fit": (lambda formulas: _baum_welch(formulas, True), _SYMBOLS),
    "gaussian_markov_step": (lambda formulas: _gaussian(formulas, False), _GAUSSIAN),
    "gaussian_markov_fit": (lambda formulas: _gaussian(formulas, True), _GAUSSIAN),
}
