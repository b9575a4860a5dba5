"""Does a piece of JSON fit a TypedDict? A few lines in place of a schema library at run time."""

from __future__ import annotations

import types
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict


def misfit(value: Any, hint: Any, where: str = "") -> str:
    """Why `value` does not fit `hint`, in one line that names the place, or "" when it fits.

    Knows TypedDict (keys beyond it are let pass), list, dict, Literal, unions and JSON's scalars; an int is a float.
    """
    typed, origin, arguments = _anatomy(hint)
    if typed:
        return _misfit_of_fields(value, hint, where)
    if origin is None:
        return "" if _is_scalar(value, hint) else _complaint(where, _words(hint), value)
    if origin in (Union, types.UnionType):
        fits = any(not misfit(value, option, where) for option in arguments)
        return "" if fits else _misfit_of_union(value, arguments, where)
    if origin is Literal:
        return "" if value in arguments and isinstance(value, str) else _complaint(where, _words(hint), value)
    if origin in (list, dict) and isinstance(value, origin):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        return next((why for key, item in items if (why := misfit(item, arguments[-1], f"{where}[{key}]"))), "")
    return _complaint(where, _words(hint), value)


@cache
def _anatomy(hint: Any) -> tuple[bool, Any, tuple[Any, ...]]:
    """Whether a hint is a TypedDict, what it is made of, and its arguments."""
    return is_typeddict(hint), get_origin(hint), get_args(hint)


def _misfit_of_fields(value: Any, hint: Any, where: str) -> str:
    if not isinstance(value, dict):
        return _complaint(where, "an object", value)
    for missing in sorted(hint.__required_keys__ - value.keys()):
        return f"{where or 'the row'} has no {missing!r}"
    for name, expected in _fields(hint).items():
        if name in value and (why := misfit(value[name], expected, f"{where}.{name}" if where else name)):
            return why
    return ""


def _misfit_of_union(value: Any, options: tuple[Any, ...], where: str) -> str:
    """Speak about the one option that has the right container, when there is one: its complaint is nearer."""
    for option in options:
        if is_typeddict(option) and isinstance(value, dict):
            return misfit(value, option, where)
    return _complaint(where, " or ".join(_words(option) for option in options), value)


@cache
def _fields(hint: Any) -> dict[str, Any]:
    return get_type_hints(hint)


def _is_scalar(value: Any, hint: Any) -> bool:
    if hint is Any:
        return True
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, hint)


def _words(hint: Any) -> str:
    names = {str: "text", int: "a whole number", float: "a number", bool: "true or false", type(None): "null"}
    origin = get_origin(hint)
    if origin is Literal:
        return " or ".join(repr(option) for option in get_args(hint))
    return {list: "a list", dict: "an object"}.get(origin, "") or names.get(hint, "an object")


def _complaint(where: str, expected: str, value: Any) -> str:
    shown = repr(value)
    return f"{where or 'the row'} must be {expected}, got {shown if len(shown) <= 60 else shown[:57] + '...'}"
