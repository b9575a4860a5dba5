"""Our AdaBoost as a subject: the port's operations, in arrays. Rules are arguments, so that a mutant is one line."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from impl.adaboost.boosting import fit_discrete, fit_samme
from impl.adaboost.ensemble import Ensemble, class_scores, decision_function
from impl.adaboost.median import check_median, weighted_median
from impl.adaboost.r2 import R2, R2Rules, fit_r2
from impl.adaboost.real import REAL, RealRules, fit_real
from impl.adaboost.resampling import Draw, check_resample, resample_indices
from impl.adaboost.rules import RULES, SAMME, Rules
from impl.adaboost.stump import heaviest
from impl.core.arrays import answers, tensors
from impl.core.random import generator
from impl.core.subject import Answers, Arrays, Operation, Settings, Subject


def subject(
    name: str,
    *,
    discrete: Rules = RULES,
    samme: Rules = SAMME,
    real: RealRules = REAL,
    r2: R2Rules = R2,
    median: Callable[[Tensor, Tensor], Tensor] = weighted_median,
    draw: Draw = resample_indices,
) -> Subject:
    """AdaBoost with these formulas, as a subject that answers every operation of the port.

    The same formulas give the same operations, so that it shows which of them a mutant leaves alone.
    """
    operations: dict[str, Operation] = {
        "fit_discrete": _discrete(discrete),
        "fit_samme": _samme(samme),
        "fit_real": _real(real),
        "fit_r2": _r2(r2),
        "weighted_median": _median(median),
        "resample": _resample(draw),
    }
    return Subject(name, "adaboost", operations, version="0.1.0", house=True)


@functools.cache
def _discrete(rules: Rules) -> Operation:
    def fit_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data, rounds = tensors(arrays, device=device, dtype=dtype), int(settings["rounds"])
        drawing = settings.get("mode", "reweight") == "resample"
        source = generator(rules.seed(seed, rounds)) if drawing else None
        found = fit_discrete(data["X"], data["y"], data["w"], rounds=rounds, rules=rules, resample=source)
        voted = replace(found, alphas=rules.vote(found.alphas))
        F = rules.decision(decision_function(voted, data["X"]), voted.alphas)
        empty = (found.used == 0)[:, None]
        labels = torch.where(empty, found.fallback[:, None].long(), rules.label(F).long())
        return answers(
            **_trace(found),
            alpha_scale=torch.full_like(found.alphas[:, 0], rules.alpha_scale),
            feature=found.feature,
            threshold=found.threshold,
            polarity=torch.where(found.right == 0, 1, found.right).long(),
            staged=_traced(found.scores),
            decision=F,
            labels=labels,
        )

    return fit_


@functools.cache
def _samme(rules: Rules) -> Operation:
    def fit_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data, n_classes = tensors(arrays, device=device, dtype=dtype), int(settings["n_classes"])
        rounds = int(settings["rounds"])
        found = fit_samme(data["X"], data["y"], data["w"], n_classes=n_classes, rounds=rounds, rules=rules)
        votes = class_scores(replace(found, alphas=rules.vote(found.alphas)), data["X"], n_classes)
        chosen = heaviest(votes.movedim(-1, 0).contiguous())
        labels = torch.where((found.used == 0)[:, None], found.fallback[:, None].long(), chosen)
        trace = {**_trace(found), "predictions": _traced(found.predictions).long()}
        return answers(**trace, scores=_traced(found.scores), labels=labels)

    return fit_


def _trace(found: Ensemble) -> dict[str, Tensor]:
    """What both kinds of classifier answer."""
    return {
        "weights": _traced(found.weights),
        "predictions": _traced(found.predictions),
        "errors": found.errors,
        "alphas": found.alphas,
        "used": found.used,
        "stop": found.stop,
    }


def _traced(value: Tensor | None) -> Tensor:
    if value is None:
        raise ValueError("this ensemble was fitted without a trace: fit with trace=True")
    return value


@functools.cache
def _real(rules: RealRules) -> Operation:
    def fit_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data = tensors(arrays, device=device, dtype=dtype)
        rounds, smoothing = int(settings["rounds"]), float(settings["smoothing"])
        found = fit_real(data["X"], data["y"], data["w"], rounds=rounds, smoothing=smoothing, rules=rules)
        return answers(
            cells=found.cells.long(),
            cell_scores=found.cell_scores,
            weights=found.weights,
            normalisers=found.normalisers,
            used=found.used,
            staged=found.staged,
        )

    return fit_


@functools.cache
def _r2(rules: R2Rules) -> Operation:
    def fit_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data, loss = tensors(arrays, device=device, dtype=dtype), str(settings.get("loss", "linear"))
        found = fit_r2(data["X"], data["y"], data["w"], rounds=int(settings["rounds"]), loss=loss, rules=rules)
        return answers(
            predictions=found.predictions,
            losses=found.losses,
            mean_losses=found.mean_losses,
            betas=found.betas,
            weights=found.weights,
            used=found.used,
            stop=found.stop,
            staged=found.staged,
        )

    return fit_


@functools.cache
def _median(median: Callable[[Tensor, Tensor], Tensor]) -> Operation:
    def median_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data = tensors(arrays, device=device, dtype=dtype)
        check_median(data["values"], data["weights"])
        return answers(median=median(data["values"], data["weights"]))

    return median_


@functools.cache
def _resample(draw: Draw) -> Operation:
    def draw_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        D, draws = tensors(arrays, device=device, dtype=dtype)["D"], int(settings["draws"])
        check_resample(D, draws)
        return answers(indices=draw(D, draws, generator(seed)))

    return draw_


SUBJECT = subject("ours")
