"""
The message that the next page shows, after a form has done what it was sent for.

It travels in a cookie, so that it needs no memory and finds its reader at any portal. Its checksum is keyed with the
session's own token: nobody else can put words on somebody's page.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from watchword.web.portal.visitor import Visitor

LONGEST: Final = 1_500
"""Octets of a message: a cookie holds 4,096, and base64 takes its third."""

_NAME: Final = "watchword-told"
_CHECKED: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Flash:
    """A message, and how it is meant."""

    message: str
    tone: str = "good"


def leave(response: Response, visitor: Visitor, message: Flash, *, secure: bool) -> None:
    """Let the next page of somebody's session show a message."""
    octets = msgspec.json.encode(message)
    if len(octets) > LONGEST:
        shorter = message.message.encode()[: LONGEST // 2].decode(errors="ignore")
        octets = msgspec.json.encode(Flash(message=f"{shorter}…", tone=message.tone))
    value = urlsafe_b64encode(_checksum(visitor, octets) + octets).decode().rstrip("=")
    response.set_cookie(_name(secure=secure), value, path="/", secure=secure, httponly=True, samesite="lax")


def take(request: Request, visitor: Visitor, *, secure: bool) -> Flash | None:
    """Return the message that waits for somebody, None where none does."""
    value = request.cookies.get(_name(secure=secure))
    if not value:
        return None
    try:
        octets = urlsafe_b64decode(value + "=" * (-len(value) % 4))
        found = msgspec.json.decode(octets[_CHECKED:], type=Flash)
    except (ValueError, msgspec.MsgspecError):
        return None
    return found if hmac.compare_digest(octets[:_CHECKED], _checksum(visitor, octets[_CHECKED:])) else None


def clear(response: Response, *, secure: bool) -> None:
    """Show it no second time."""
    response.delete_cookie(_name(secure=secure), path="/", secure=secure, httponly=True, samesite="lax")


def _name(*, secure: bool) -> str:
    return f"__Host-{_NAME}" if secure else _NAME


def _checksum(visitor: Visitor, octets: bytes) -> bytes:
    return hmac.digest(visitor.csrf.encode(), octets, sha256)[:_CHECKED]
