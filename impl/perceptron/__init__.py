"""Perceptrons and bias: learning from mistakes, what a plane can separate and its proof, counts, biases in layers.

>>> from impl.perceptron import separability
>>> separability([[0], [1], [2]], [0, 1, 0])
Inseparable(certificate=(1, 2, 1))

Names are looked up when they are used: the faces need scikit-learn, whose import takes longer than a claim.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from impl.core.lazy import exports

if TYPE_CHECKING:
    from impl.perceptron.boolean import Network, boolean_network, fire
    from impl.perceptron.classifier import Perceptron, PocketPerceptron
    from impl.perceptron.counting import census, cover_count, dichotomies
    from impl.perceptron.layers import initial_output_bias, kinks
    from impl.perceptron.learning import Path, perceptron_path
    from impl.perceptron.normalisation import Affine, fold
    from impl.perceptron.pocket import Pocket, best_seen
    from impl.perceptron.points import truth_table
    from impl.perceptron.separation import Inseparable, Separable, separability
    from impl.perceptron.unit import distance, nearest

_ROOMS = {
    "boolean": ("Network", "boolean_network", "fire"),
    "classifier": ("Perceptron", "PocketPerceptron"),
    "counting": ("census", "cover_count", "dichotomies"),
    "layers": ("initial_output_bias", "kinks"),
    "learning": ("Path", "perceptron_path"),
    "normalisation": ("Affine", "fold"),
    "pocket": ("Pocket", "best_seen"),
    "points": ("truth_table",),
    "separation": ("Inseparable", "Separable", "separability"),
    "unit": ("distance", "nearest"),
}

__all__ = [
    "Affine",
    "Inseparable",
    "Network",
    "Path",
    "Perceptron",
    "Pocket",
    "PocketPerceptron",
    "Separable",
    "best_seen",
    "boolean_network",
    "census",
    "cover_count",
    "dichotomies",
    "distance",
    "fire",
    "fold",
    "initial_output_bias",
    "kinks",
    "nearest",
    "perceptron_path",
    "separability",
    "truth_table",
]

__getattr__, __dir__ = exports(__name__, _ROOMS)
