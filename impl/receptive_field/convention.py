"""A user's own code as a subject: an object that speaks the port, or a function from layers to a size."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from torch import nn

from impl.core.subject import Answers, Arrays, Operation, Settings, Subject
from impl.receptive_field.subject import SUBJECT

Layer = dict[str, Any]
"""{"kernel": k, "stride": s, "padding": p or (left, right), "dilation": d}."""

Given = tuple[int, ...]
"""size, (size, jump) or (size, jump, left padding)."""

MODULE_REMEDY = (
    "no claim of the port asks about a module of one's own; compare trace_receptive_field with gradient_support instead"
)
FUNCTION_REMEDY = "receptive_field(layers) does not answer it; give the subject a method of that name"


def adapt(make: Callable[..., Any], name: str) -> Subject:
    """The user's code as a subject of the port.

    make() is the object or class instance, or make itself is a function called receptive_field. Taken, in this order:
    methods named like the port's operations; an nn.Module (nothing of the port applies, see MODULE_REMEDY);
    `receptive_field(layers)` with layers as Layer dicts, input side first, returning the size, (size, jump) or
    (size, jump, padding). Raises TypeError for anything else.
    """
    if getattr(make, "__name__", "") == "receptive_field" and not isinstance(make, type):
        return _from_function(make, name)
    made = make()
    spoken = {key: getattr(made, key) for key in SUBJECT.operations if callable(getattr(made, key, None))}
    if isinstance(made, nn.Module):
        return Subject(name, "receptive_field", {}, missing=dict.fromkeys(SUBJECT.operations, MODULE_REMEDY))
    if spoken:
        lacking = {key: f"{name} has no method {key}" for key in SUBJECT.operations if key not in spoken}
        return Subject(name, "receptive_field", spoken, missing=lacking)
    function = getattr(made, "receptive_field", None)
    if callable(function):
        return _from_function(function, name)
    raise TypeError(
        f"{name}: expected a method called receptive_field or like one of {', '.join(SUBJECT.operations)}, "
        f"found neither on {type(made).__name__}"
    )


def _from_function(function: Callable[[list[Layer]], Any], name: str) -> Subject:
    geometry: Mapping[str, Operation] = {"geometry": partial(_geometry, function)}
    lacking = {key: FUNCTION_REMEDY for key in SUBJECT.operations if key not in geometry}
    return Subject(name, "receptive_field", geometry, missing=lacking)


def _geometry(
    function: Callable[[list[Layer]], Any], arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int
) -> Answers:
    """Every prefix and suffix of each stack, asked one by one."""
    rows: dict[str, list[Any]] = {}
    columns = (arrays[key].tolist() for key in ("kernel", "stride", "dilation", "padding", "unit"))
    for kernel, stride, dilation, padding, unit in zip(*columns, strict=True):
        layers = [_layer(*fields) for fields in zip(kernel, stride, dilation, padding, strict=True)]
        for key, value in _lane(function, layers, unit).items():
            rows.setdefault(key, []).append(value)
    return {key: np.array(values, dtype=np.int64) for key, values in rows.items()}


def _layer(kernel: int, stride: int, dilation: int, padding: Sequence[int]) -> Layer:
    sides = padding[0] if padding[0] == padding[1] else (padding[0], padding[1])
    return {"kernel": kernel, "stride": stride, "padding": sides, "dilation": dilation}


def _lane(function: Callable[[list[Layer]], Any], layers: list[Layer], unit: int) -> dict[str, Any]:
    """The answers for one stack.

    The jump of a map is by how much one more 2-wide layer enlarges the field, so that a bare size gives it too.
    """
    depth = len(layers)
    given = [_ask(function, layers[:end]) for end in range(depth + 1)]
    probe = {"kernel": 2, "stride": 1, "padding": 0, "dilation": 1}
    size = [entry[0] for entry in given]
    answers: dict[str, Any] = {
        "size": size,
        "closed_form": size[-1],
        "top_down": [_ask(function, layers[start:])[0] for start in range(depth + 1)],
        "jump": [
            entry[1] if len(entry) > 1 else _ask(function, [*layers[:end], probe])[0] - entry[0]
            for end, entry in enumerate(given)
        ],
        "effective_kernel": [_ask(function, [{**layer, "stride": 1, "padding": 0}])[0] for layer in layers],
    }
    if all(len(entry) > 2 for entry in given):
        left = [entry[2] for entry in given]
        start = unit * answers["jump"][-1] - left[-1]
        mirrored = [{**layer, "padding": _mirrored(layer["padding"])} for layer in layers]
        answers |= {
            "left": left,
            "right": [_ask(function, mirrored[:end])[2] for end in range(depth + 1)],
            "center2": [r - 1 - 2 * p for r, p in zip(size, left, strict=True)],
            "region": [start, start + size[-1] - 1],
        }
    return answers


def _mirrored(padding: int | tuple[int, int]) -> int | tuple[int, int]:
    return (padding[1], padding[0]) if isinstance(padding, tuple) else padding


def _ask(function: Callable[[list[Layer]], Any], layers: list[Layer]) -> Given:
    """One call, as a tuple. Raises TypeError for anything but one to three whole numbers."""
    given = function([dict(layer) for layer in layers])
    values = tuple(given) if isinstance(given, Sequence) else (given,)
    if not 1 <= len(values) <= 3 or any(int(value) != value for value in values):
        raise TypeError(f"receptive_field must return size, (size, jump) or (size, jump, padding), got {given!r}")
    return tuple(int(value) for value in values)
