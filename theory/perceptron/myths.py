"""Popular myths about perceptrons and bias, each stated as if it were true."""

from __future__ import annotations

from theory.core.claim import Myth
from theory.perceptron.myths_layers import LAYERS_MYTHS
from theory.perceptron.myths_learning import LEARNING_MYTHS
from theory.perceptron.myths_separation import SEPARATION_MYTHS
from theory.perceptron.myths_unit import UNIT_MYTHS

MYTHS: tuple[Myth, ...] = (
    *UNIT_MYTHS,
    *LEARNING_MYTHS,
    *SEPARATION_MYTHS,
    *LAYERS_MYTHS,
)
