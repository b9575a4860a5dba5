"""Which rule belongs to which operation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import nn

from impl.receptive_field.trace import mixing, pointwise, resizing, shaping, sliding
from impl.receptive_field.trace.call import Call, Rule, Seen

ROOMS = (sliding, resizing, pointwise, mixing, shaping)

MODULES: dict[type[nn.Module], Rule] = {kind: rule for room in ROOMS for kind, rule in room.MODULES.items()}
FUNCTIONS: dict[str, Rule] = {name: rule for room in ROOMS for name, rule in room.FUNCTIONS.items()}


def _constant(call: Call) -> Seen:
    """Takes a shape from its argument, but no value."""
    return None


FUNCTIONS.update(
    dict.fromkeys(
        (
            *(f"{kind}_like" for kind in ("zeros", "ones", "empty", "full", "rand", "randn")),
            *(f"new_{kind}" for kind in ("zeros", "ones", "empty", "full", "tensor")),
        ),
        _constant,
    )
)


def rule_for(target: Any, module: nn.Module | None, extra: Mapping[Any, Rule]) -> Rule | None:
    """The rule of a module's type, a function or a method's name; `extra` comes first. None if there is none."""
    if module is not None:
        return extra.get(type(module)) or MODULES.get(type(module))
    if target in extra:
        return extra[target]
    if isinstance(target, str):
        return FUNCTIONS.get(target)
    home = getattr(target, "__module__", None) or "torch"
    ours = home.split(".")[0] in ("torch", "_operator", "operator", "builtins", "math")
    return FUNCTIONS.get(getattr(target, "__name__", "")) if ours else None
