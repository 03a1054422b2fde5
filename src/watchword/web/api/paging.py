"""
Cursors: where a list goes on.

They are opaque to whoever has one, and good for the list and the filters that they were made for alone.

A cursor holds nothing but the key of a row, which whoever uses it must be allowed to see anyway, so it is checked for
mistakes and not signed: it stays good over restarts and at every portal.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Final

_CHECK: Final = 12
"""Octets of the checksum."""


def _check(where: str, filters: Mapping[str, object], behind: str) -> bytes:
    written = json.dumps([1, where, sorted(filters.items()), behind], ensure_ascii=True, default=str)
    return hashlib.sha256(written.encode()).digest()[:_CHECK]


def cursor(where: str, filters: Mapping[str, object], behind: str) -> str:
    """Return the cursor behind the row whose key is `behind`, of the list `where` with these filters."""
    octets = _check(where, filters, behind) + behind.encode()
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def behind(where: str, filters: Mapping[str, object], written: str) -> str | None:
    """Return the key of the row that a cursor stands behind, None where it is none of this list and these filters."""
    try:
        octets = base64.b64decode(written + "=" * (-len(written) % 4), altchars=b"-_", validate=True)
        key = octets[_CHECK:].decode()
    except ValueError:
        return None
    good = octets[:_CHECK] == _check(where, filters, key) and cursor(where, filters, key) == written
    return key if good else None
