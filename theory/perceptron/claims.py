"""The claims that Tollens makes about perceptrons and bias, in reading order."""

from __future__ import annotations

from theory.core.claim import Claim
from theory.perceptron.claims_layers import LAYERS_CLAIMS
from theory.perceptron.claims_learning import LEARNING_CLAIMS
from theory.perceptron.claims_separation import SEPARATION_CLAIMS
from theory.perceptron.claims_unit import UNIT_CLAIMS

CLAIMS: tuple[Claim, ...] = (
    *UNIT_CLAIMS,
    *LEARNING_CLAIMS,
    *SEPARATION_CLAIMS,
    *LAYERS_CLAIMS,
)
