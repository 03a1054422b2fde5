"""
What the address of a list says: its filters, its order and where its page begins, and the addresses next to it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlencode

from starlette.requests import Request

LONGEST_VALUE = 400


@dataclass(frozen=True, slots=True)
class Listing:
    """A list's address."""

    path: str
    values: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, request: Request, known: Iterable[str]) -> Self:
        """Read what a request names of the values that a list knows; empty ones are none."""
        names = tuple(known)
        found = {
            name: value.strip()[:LONGEST_VALUE]
            for name, value in request.query_params.multi_items()
            if name in names and value.strip()
        }
        return cls(request.url.path, tuple(found.items()))

    def value(self, name: str) -> str:
        """Return a value, nothing where it is not named."""
        return dict(self.values).get(name, "")

    def maybe(self, name: str) -> str | None:
        """Return a value, None where it is not named."""
        return dict(self.values).get(name)

    @property
    def filtered(self) -> bool:
        """Whether anything but order and place is named."""
        return any(name not in ("sort", "before", "after") for name, _ in self.values)

    def having(self, **changed: str | None) -> str:
        """Return the address with some values changed, None for none."""
        values = {**dict(self.values), **changed}
        kept = [(name, value) for name, value in values.items() if value is not None]
        return f"{self.path}?{urlencode(kept)}" if kept else self.path

    def page(self, **place: str) -> str:
        """Return the address of another page of the list: `before` or `after` some row."""
        return self.having(**{"before": None, "after": None, **place})

    def sorted_by(self, column: str, default: str = "") -> str:
        """Return the address where the list is in the order of a column; the other way round where it is already."""
        current = self.value("sort") or default
        return self.having(sort=f"-{column}" if current == column else column, before=None, after=None)

    def order_of(self, column: str, default: str = "") -> str | None:
        """Return how a column is sorted, as `aria-sort` says it, None where it does not decide the order."""
        current = self.value("sort") or default
        return {column: "ascending", f"-{column}": "descending"}.get(current)
