"""
Entity tags: which version of something somebody has seen (RFC 9110 sections 8.8.3 and 13).
"""

import base64
import hashlib
from typing import Final

_OCTETS: Final = 18


def tag_of(octets: bytes) -> str:
    """Return the strong entity tag of a representation."""
    return f'"{base64.urlsafe_b64encode(hashlib.sha256(octets).digest()[:_OCTETS]).decode()}"'


def listed(written: str) -> frozenset[str]:
    """Return the strong tags in a list of them; a weak one is the same as none (RFC 9110 section 13.1.1)."""
    return frozenset(part.strip() for part in written.split(",") if part.strip().startswith('"'))


def names(written: str, tag: str) -> bool:
    """Tell whether `If-Match` holds for what has this tag."""
    return written.strip() == "*" or tag in listed(written)


def known(written: str, tag: str) -> bool:
    """Tell whether `If-None-Match` names this tag, weakly compared (RFC 9110 section 13.1.2)."""
    return written.strip() == "*" or tag in listed(written.replace("W/", ""))
