"""Our AdaBoost obeys its mathematics, on every device and in every dtype."""

from __future__ import annotations

SYSTEM = "adaboost"
