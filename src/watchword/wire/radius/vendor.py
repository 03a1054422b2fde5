"""
Vendor-Specific: a vendor's number, and the attributes that most vendors put behind it (RFC 2865 section 5.26).
"""

from typing import Final

from watchword.wire.radius.attributes import Attribute

MICROSOFT: Final = 311
"""Private enterprise number of MS-CHAP and of the keys that follow it (RFC 2548)."""

_NUMBER_SIZE: Final = 4
_HEADER_SIZE: Final = 2


def vendor_of(value: bytes) -> int:
    """Return the vendor's number, which a value starts with; 0 (reserved) where nothing follows it."""
    return int.from_bytes(value[:_NUMBER_SIZE], "big") if len(value) > _NUMBER_SIZE else 0


def vendor_attributes(value: bytes) -> tuple[Attribute, ...] | None:
    """Return what follows the vendor's number, None where that is not built in the recommended way."""
    found = []
    position, end = _NUMBER_SIZE, len(value)
    while position < end - 1:
        start, stop = position + _HEADER_SIZE, position + value[position + 1]
        if not start <= stop <= end:
            return None
        found.append((value[position], value[start:stop]))
        position = stop
    return tuple(found) if position == end else None
