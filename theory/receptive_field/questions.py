"""What the cross-cutting claims ask of every operation: a batch is a loop, nothing is written to, devices agree."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from theory.core.crosscutting import Output, Question, Refusal
from theory.core.domain import Array, Cases, Domain
from theory.receptive_field.cases import COUNTED, GEOMETRY, SIGNS, SUPPORT
from theory.receptive_field.cases_graphs import BRANCHES, GRAPHS, MIXED, PLANES
from theory.receptive_field.cases_layers import SIZES, layer_domain
from theory.receptive_field.port import LAYERS


def _one_layer(name: str, value: int) -> Callable[[Cases], Cases]:
    """A harmless layer of which one number is wrong."""

    def spoil(cases: Cases) -> Cases:
        one = np.ones((cases.lanes, 1), dtype=np.int64)
        layer = {
            "kernel": one,
            "stride": one,
            "dilation": one,
            "padding": np.zeros((cases.lanes, 1, 2), dtype=np.int64),
        }
        place = {"n": 4 * one[:, 0], "unit": 0 * one[:, 0], "cut": 0 * one[:, 0]}
        arrays = {key: array for key, array in {**layer, **place}.items() if key in cases.arrays}
        return Cases({**arrays, name: np.full_like(arrays[name], value)}, cases.settings, cases.regime)

    return spoil


REFUSED = tuple(
    Refusal(f"{name} = {value}", _one_layer(name, value), name)
    for name, value in (("kernel", 0), ("stride", 0), ("dilation", 0), ("padding", -1), ("unit", 4), ("unit", -1))
)


def _padded(cases: Cases) -> Cases:
    """Two identity layers (kernel 1, stride 1, no padding) on top: they change nothing below."""
    plain = {"kernel": 1, "stride": 1, "dilation": 1, "padding": 0}
    return cases.with_arrays(
        **{
            name: np.concatenate([cases[name], np.full_like(cases[name], value, shape=_two(cases[name]))], axis=1)
            for name, value in plain.items()
        }
    )


def _two(array: Array) -> tuple[int, ...]:
    return (array.shape[0], 2, *array.shape[2:])


def _question(
    operation: str,
    domain: Domain,
    *outputs: str,
    refusals: tuple[Refusal, ...] = (),
    padded: Callable[[Cases], Cases] | None = None,
    floats: tuple[str, ...] = (),
) -> Question:
    outs = tuple(Output(name) for name in outputs)
    return Question(operation, domain, outs, floats, refusals=refusals, padded=padded)


QUESTIONS = (
    _question(
        "geometry",
        GEOMETRY,
        "size",
        "jump",
        "left",
        "right",
        "region",
        "top_down",
        "composed",
        "outputs",
        refusals=REFUSED[:4],
        padded=_padded,
    ),
    _question("output_sizes", SIZES, "outputs", "measured"),
    _question("support", SUPPORT, "support", "gradient", "nan", "region", refusals=REFUSED),
    _question("support_2d", PLANES, "support", "gradient", "region"),
    _question("path_counts", COUNTED, "counts", "gradient_counts", "mean2", "variance12"),
    _question("random_weights", SIGNS, "mean_square", floats=("mean_square",)),
    _question("branches", BRANCHES, "box", "sizes", "aligned", "gradient"),
    _question("layer", layer_domain(*LAYERS), "support", "measured", "multiplicity"),
    _question("trace", GRAPHS, "box", "gradient", "filled"),
    _question("scopes", MIXED, "scope", "measured"),
)
