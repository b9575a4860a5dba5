"""Our perceptrons and bias as a subject. Formulas are arguments, so that a mutant is one line."""

from __future__ import annotations

from impl.core.subject import Subject
from impl.perceptron.asked.layers import LAYERS, Layers, layers_operations
from impl.perceptron.asked.learning import LEARNING, Learning, learning_operations
from impl.perceptron.asked.separation import SEPARATION, Separation, separation_operations
from impl.perceptron.asked.unit import UNIT, Unit, unit_operations


def subject(
    name: str,
    *,
    unit: Unit = UNIT,
    learning: Learning = LEARNING,
    separation: Separation = SEPARATION,
    layers: Layers = LAYERS,
) -> Subject:
    """A subject with these formulas that answers every operation of the port."""
    operations = {
        **unit_operations(unit),
        **learning_operations(learning),
        **separation_operations(separation),
        **layers_operations(layers),
    }
    return Subject(name, "perceptron", operations, version="0.1.0", house=True)


SUBJECT = subject("ours")
