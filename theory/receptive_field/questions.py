"""What the cross-cutting claims ask of every operation: a batch is a loop, nothing is written to, devices agree."""

from __future__ import annotations

from theory.core.crosscutting import Output, Question
from theory.core.domain import Domain
from theory.receptive_field.cases import COUNTED, GEOMETRY, SIGNS, SUPPORT
from theory.receptive_field.cases_graphs import BRANCHES, GRAPHS, MIXED, PLANES
from theory.receptive_field.cases_layers import SIZES, layer_domain
from theory.receptive_field.port import LAYERS


def _question(operation: str, domain: Domain, *outputs: str) -> Question:
    return Question(operation, domain, tuple(Output(name) for name in outputs))


QUESTIONS = (
    _question("geometry", GEOMETRY, "size", "jump", "left", "right", "region", "top_down", "composed", "outputs"),
    _question("output_sizes", SIZES, "outputs", "measured"),
    _question("support", SUPPORT, "support", "gradient", "nan", "region"),
    _question("support_2d", PLANES, "support", "gradient", "region"),
    _question("path_counts", COUNTED, "counts", "gradient_counts", "mean2", "variance12"),
    _question("random_weights", SIGNS, "mean_square"),
    _question("branches", BRANCHES, "box", "sizes", "aligned", "gradient"),
    _question("layer", layer_domain(*LAYERS), "support", "measured", "multiplicity"),
    _question("trace", GRAPHS, "box", "gradient", "filled"),
    _question("scopes", MIXED, "scope", "measured"),
)
