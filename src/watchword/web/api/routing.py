"""
From the path of a request to what is served there, by segments as they were sent: a `%2F` is part of a name.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from urllib.parse import unquote_to_bytes

Served = TypeVar("Served")


@dataclass(slots=True)
class _Node(Generic[Served]):
    named: dict[str, "_Node[Served]"] = field(default_factory=dict)
    any: "_Node[Served] | None" = None
    served: dict[str, tuple[Served, tuple[str, ...]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found(Generic[Served]):
    """What is served at a path: by method, each with the values in the path by their names."""

    by_method: Mapping[str, tuple[Served, Mapping[str, str]]]

    @property
    def allow(self) -> str:
        """The methods, as `Allow` has them."""
        methods = set(self.by_method)
        return ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set())))


class Paths(Generic[Served]):
    """Every path that is served."""

    def __init__(self, served: Iterable[tuple[str, str, Served]]) -> None:
        """Take methods, paths (a segment `{name}` takes any value that is not empty), and what is served there."""
        self._root: _Node[Served] = _Node()
        for method, path, one in served:
            node, names = self._root, []
            for part in path.split("/")[1:]:
                if part.startswith("{"):
                    names.append(part[1:-1])
                    node.any = node.any or _Node()
                    node = node.any
                else:
                    node = node.named.setdefault(part, _Node())
            node.served[method] = one, tuple(names)

    def find(self, raw: bytes) -> Found[Served] | None:
        """Find what is served at a path, None where nothing is. Constant segments come before names."""
        parts = raw.split(b"/")[1:]
        try:
            segments = [unquote_to_bytes(part).decode() for part in parts]
        except UnicodeDecodeError:
            return None
        reached = _walk(self._root, segments)
        if reached is None:
            return None
        node, values = reached
        return Found(
            {method: (one, dict(zip(names, values, strict=True))) for method, (one, names) in node.served.items()}
        )


def _walk(node: _Node[Served], segments: list[str]) -> tuple[_Node[Served], list[str]] | None:
    if not segments:
        return (node, []) if node.served else None
    first, *rest = segments
    constant = node.named.get(first)
    if constant is not None and (reached := _walk(constant, rest)) is not None:
        return reached
    if node.any is None or not first:
        return None
    reached = _walk(node.any, rest)
    return None if reached is None else (reached[0], [first, *reached[1]])
