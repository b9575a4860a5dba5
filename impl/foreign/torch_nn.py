"""torch's own layers as a subject: what they return, differentiate and spread NaN to, with no formula of ours."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from impl.core.subject import Answers, Arrays, Operation, Settings, Subject
from impl.receptive_field.asked import layer as layers
from impl.receptive_field.asked.question import Question, padded
from impl.receptive_field.rules import RULES
from impl.receptive_field.subject import MEASURED

WEIGHTED = (0, 1, 7, 8, 9)
"""Kinds of `layer` with weights: with all-ones weights their derivative counts taps."""


def _renamed(answers: Answers, **names: str) -> Answers:
    """The measured answers, some of them a second time under the name that the port gives to the formula's."""
    return answers | {new: answers[old] for new, old in names.items()}


def _output_sizes(q: Question) -> Answers:
    return _renamed(MEASURED["output_sizes"](q), outputs="measured")


def _support(q: Question) -> Answers:
    return _renamed(MEASURED["support"](q), support="gradient")


def _path_counts(q: Question) -> Answers:
    return _renamed(MEASURED["path_counts"](q), counts="gradient_counts")


def _layer(q: Question) -> Answers:
    answers = _renamed(MEASURED["layer"](q), support="measured")
    rows = [_multiplicity(layers.Layer(*values), q) for values in q.each(*layers.NAMES)]
    return answers | {"multiplicity": padded(rows, q.setting("width"))}


def _multiplicity(layer: layers.Layer, q: Question) -> torch.Tensor:
    """How many (unit, tap) pairs read each pixel: (n,) int64, one unit at a time where a layer has no weights."""
    if layer.kind in WEIGHTED:
        derivative = layers.derivative(layers.runner(layer, 1.0), layer, q.place)
        return derivative.round().to(torch.int64)
    units = [layer._replace(unit=layer.unit + step, span=1) for step in range(layer.span)]
    return torch.stack([layers.response(unit, q.place) for unit in units]).to(torch.int64).sum(dim=0)


def _scopes(q: Question) -> Answers:
    answers = MEASURED["scopes"](q)
    seen: NDArray[Any] = answers["measured"]  # (lane, batch, width)
    others, whole = seen[:, 1:].any(axis=(1, 2)), seen[:, 0].all(axis=1)
    return answers | {"scope": np.where(others, 2, np.where(whole, 1, 0)).astype(np.int64)}


PARTS = {
    **{name: MEASURED[name] for name in ("random_weights",)},
    "output_sizes": _output_sizes,
    "support": _support,
    "path_counts": _path_counts,
    "layer": _layer,
    "scopes": _scopes,
}


def _ask(name: str, arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
    return PARTS[name](Question(arrays, settings, device, dtype, seed, RULES))


_OPERATIONS: dict[str, Operation] = {name: partial(_ask, name) for name in PARTS}

SUBJECT = Subject(
    "torch-nn",
    "receptive_field",
    _OPERATIONS,
    version=torch.__version__,
    missing={
        "geometry": "torch has no receptive-field arithmetic",
        "compose": "torch has no receptive-field arithmetic",
        "support_2d": "torch gives the gradient, but no box",
        "effective_field": "torch gives the profile, but no formula for its deviation",
        "branches": "torch gives the gradient, but no box",
        "trace": "torch has no receptive-field tracer",
        "network": "torch has no receptive-field tracer",
    },
)

SUBJECTS: tuple[Subject, ...] = (SUBJECT,)
