"""
The tags of the protocolOp choice (RFC 4511 appendix B).

Rules of this file: numbers only, each once, for `encode` and `decode` alike.
"""

from __future__ import annotations

from typing import Final

from watchword.wire.ldap.messages import OpaqueOperation

_APPLICATION: Final = 0x40
_CONSTRUCTED: Final = 0x20

BIND_REQUEST: Final = 0x60
BIND_RESPONSE: Final = 0x61
UNBIND_REQUEST: Final = 0x42
SEARCH_REQUEST: Final = 0x63
SEARCH_RESULT_ENTRY: Final = 0x64
SEARCH_RESULT_DONE: Final = 0x65
ABANDON_REQUEST: Final = 0x50
SEARCH_RESULT_REFERENCE: Final = 0x73
EXTENDED_REQUEST: Final = 0x77
EXTENDED_RESPONSE: Final = 0x78


def opaque_request(operation: OpaqueOperation) -> int:
    """Give the tag of a request whose body is not read; DelRequest alone is primitive (section 4.8)."""
    return _APPLICATION | operation | (0 if operation is OpaqueOperation.DELETE else _CONSTRUCTED)


def opaque_response(operation: OpaqueOperation) -> int:
    """Give the tag of its response."""
    return _APPLICATION | _CONSTRUCTED | (operation + 1)
