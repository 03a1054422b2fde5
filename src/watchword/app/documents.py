"""
From documents of plain values, as JSON has them, to types of ours; what does not fit is named by a pointer.
"""

import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Final, TypeVar

import msgspec

from watchword.app.administration import Refusal, invalid
from watchword.app.manage.texts import shown

Read = TypeVar("Read")

_MISSING: Final = re.compile(r"missing required field `([^`]+)`")
"""How msgspec names what is not there."""


def read_document(name: str, kind: type[Read], document: Mapping[str, object]) -> Read | Refusal:
    """Read a frozen dataclass from a document of plain values, or refuse it; `name` says what was asked for."""
    known = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    unknown = sorted(set(document) - known)
    if unknown:
        return invalid(
            f"{name} has no argument {shown(unknown[0])!r}; it has {', '.join(sorted(known))}",
            field=pointer(unknown[0]),
        )
    try:
        return msgspec.convert(document, type=kind, strict=True, builtin_types=())
    except msgspec.ValidationError as error:
        return invalid(f"{name}: {shown(str(error))}", field=_pointer(str(error)))


def _pointer(said: str) -> str | None:
    """Return the JSON pointer to what msgspec could not read, None where it is the whole."""
    _, at, path = said.rpartition(" - at `$.")
    parts = re.findall(r"[^.\[\]]+", path.removesuffix("`")) if at else []
    name = _MISSING.search(said)
    if name is not None:
        parts.append(name[1])
    return pointer(*parts) if parts else None


def pointer(*parts: str) -> str:
    """Return the JSON pointer (RFC 6901) to a part of a document, as a refusal may quote it."""
    return "".join("/" + shown(part).replace("~", "~0").replace("/", "~1") for part in parts)
