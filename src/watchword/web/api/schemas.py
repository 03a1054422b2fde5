"""
Schemas of JSON (2020-12) from the very types that requests are read with and answers are written from.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import is_dataclass
from functools import cache
from types import UnionType
from typing import Any, Final, Union, get_args, get_origin

import msgspec

from watchword.app.operations import OPERATIONS

REFERENCE: Final = "#/components/schemas/"

SECRET: Final[Mapping[str, Any]] = {
    "title": "Secret",
    "description": "A password or shared secret: text, or any octets in base64. It is never shown again.",
    "anyOf": [
        {"type": "string", "format": "password", "writeOnly": True},
        {
            "type": "object",
            "properties": {"octets": {"type": "string", "contentEncoding": "base64"}},
            "required": ["octets"],
            "additionalProperties": False,
        },
    ],
}

_ATTRIBUTE: Final = re.compile(r"^ {0,4}(\w+(?:, \w+)*): (.*(?:\n {5,}.*)*)", re.MULTILINE)


def reference(name: str) -> dict[str, str]:
    """Return a reference to a schema by its name."""
    return {"$ref": REFERENCE + name}


def parts_of(kind: Any) -> tuple[Any, ...]:
    """Return the types of a union of them, or the one type that it is."""
    return get_args(kind) if get_origin(kind) in {Union, UnionType} else (kind,)


def schema_of(kind: Any) -> dict[str, Any]:
    """Return the schema of a result: a reference, or several of which one holds."""
    parts = [reference(part.__name__) for part in parts_of(kind)]
    return parts[0] if len(parts) == 1 else {"oneOf": parts}


@cache
def components() -> Mapping[str, Any]:
    """Return the schema of every type of the catalogue by its name."""
    return described(list(_types()))


def described(types: Iterable[Any]) -> Mapping[str, Any]:
    """Return the schemas of types and of what they are made of, by their names."""
    _, found = msgspec.json.schema_components(list(types), ref_template=REFERENCE + "{name}")
    made = {name: _told(schema) for name, schema in found.items()}
    return {**made, **({"Secret": SECRET} if "Secret" in made else {})}


def _types() -> Iterable[Any]:
    for operation in OPERATIONS.values():
        yield operation.arguments
        result = get_args(operation.result)[0] if get_origin(operation.result) is list else operation.result
        yield from (part for part in parts_of(result) if is_dataclass(part))


def _told(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema whose type's docstring is told where it belongs: its first part above, the rest at the fields."""
    words, _, attributes = str(schema.get("description", "")).partition("Attributes:")
    told = {**schema, **({"description": _line(words)} if words else {})}
    if "properties" not in schema:
        return told
    properties = {name: dict(described) for name, described in schema["properties"].items()}
    for names, text in _ATTRIBUTE.findall(attributes):
        for name in names.split(", "):
            if name in properties:
                properties[name]["description"] = _sentence(text)
    return {**told, "properties": properties}


def _sentence(text: str) -> str:
    line = _line(text)
    return line[:1].upper() + line[1:]


def _line(text: str) -> str:
    return " ".join(text.split())
