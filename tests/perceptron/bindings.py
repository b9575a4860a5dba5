"""Which claims must refute which mutant."""

from __future__ import annotations

from tests.perceptron.bindings_layers import LAYERS_KILLERS
from tests.perceptron.bindings_learning import LEARNING_KILLERS
from tests.perceptron.bindings_separation import SEPARATION_KILLERS
from tests.perceptron.bindings_unit import UNIT_KILLERS

KILLERS: dict[str, tuple[str, ...]] = {
    **UNIT_KILLERS,
    **LEARNING_KILLERS,
    **SEPARATION_KILLERS,
    **LAYERS_KILLERS,
}
