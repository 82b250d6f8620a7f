"""Find types with bounds that a Python value may break. Their values are checked before they are sent."""

from __future__ import annotations

from typing import Any

from msgspec import inspect

_BOUNDS = ("gt", "ge", "lt", "le", "multiple_of", "pattern", "min_length", "max_length")


def has_bounds(wanted: Any) -> bool:
    """Tell whether anything in *wanted* has a bound beyond its Python type.

    A value of a type without bounds is taken by its decoder once an encoder has taken it.
    """
    return _has_bounds(inspect.type_info(wanted), set())


def _has_bounds(node: Any, seen: set[type]) -> bool:
    if isinstance(node, inspect.StructType):
        if node.cls in seen:
            return False
        seen.add(node.cls)
    if any(getattr(node, bound, None) is not None for bound in _BOUNDS):
        return True
    if isinstance(node, inspect.Type | inspect.Field):
        return any(_has_bounds(getattr(node, name), seen) for name in type(node).__struct_fields__)
    return isinstance(node, tuple) and any(_has_bounds(item, seen) for item in node)
