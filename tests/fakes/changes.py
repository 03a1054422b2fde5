"""
A value with some of its fields changed, whichever of the two kinds of values it is: a dataclass or a named tuple.
"""

import dataclasses
from typing import Any, TypeVar

Value = TypeVar("Value")


def replace(value: Value, /, **changes: Any) -> Value:
    """Return `value` with `changes`."""
    if isinstance(value, tuple):
        changed: Value = value._replace(**changes)  # type: ignore[attr-defined]
        return changed
    return dataclasses.replace(value, **changes)  # type: ignore[type-var]
