"""
What was typed into the password field, taken apart.

One deterministic split for each form, never several tries against a directory: each would cost the user a strike
there (L8). The part that goes to the directory is never empty (L5) and never contains the code.
"""

import base64
import unicodedata
from enum import Enum, auto
from typing import Final, NamedTuple

from watchword.domain.otp import is_backup_code, is_code
from watchword.domain.secrets import Secret

LONGEST_PASSWORD: Final = 1_024
"""Octets of a password that any listener takes."""

_STATIC_CHALLENGE: Final = "SCRV1:"


class Credentials(NamedTuple):
    """The password, None where the application asserts it, and the code, None where none was typed."""

    password: Secret | None
    code: str | None


class CredentialsFault(Enum):
    """Why what was typed cannot be a login."""

    EMPTY = auto()
    NOT_TEXT = auto()
    NOT_A_CODE = auto()
    TOO_LONG = auto()


def _decoded(typed: bytes) -> str | CredentialsFault:
    if len(typed) > LONGEST_PASSWORD:
        return CredentialsFault.TOO_LONG
    try:
        text = typed.decode()
    except UnicodeDecodeError:
        return CredentialsFault.NOT_TEXT
    # A NUL ends a string for many a directory: what follows it would not be checked (R9).
    return CredentialsFault.NOT_TEXT if "\x00" in text else text


def _static_challenge(text: str) -> tuple[str, str] | None:
    """Return password and code of OpenVPN's static challenge, `SCRV1:base64(password):base64(code)`."""
    parts = text.split(":")
    if len(parts) != 3:  # noqa: PLR2004 - the three parts of the form
        return None
    try:
        password, code = (base64.b64decode(part, validate=True).decode() for part in parts[1:])
    except ValueError:
        return None
    return password, code


def _is_any_code(text: str) -> bool:
    return is_code(text) or is_backup_code(text)


def split(typed: Secret, *, asserted: bool) -> Credentials | CredentialsFault:
    """
    Take apart what was typed.

    Args:
        typed: the octets of the password field.
        asserted: whether the application has checked the password itself; then the field holds a code, or nothing
            that matters.
    """
    text = _decoded(typed.octets)
    if isinstance(text, CredentialsFault):
        return text
    if asserted and (not text or _is_any_code(text)):
        return Credentials(None, text or None)
    password, code = text, ""
    static = _static_challenge(text) if text.startswith(_STATIC_CHALLENGE) else None
    if static is not None:
        password, code = static
    else:
        head, comma, tail = text.rpartition(",")
        if comma and _is_any_code(tail):
            password, code = head, tail
    if code and not _is_any_code(code):
        return CredentialsFault.NOT_A_CODE
    if asserted:
        return Credentials(None, code or None)
    if not password or "\x00" in password:
        return CredentialsFault.EMPTY
    return Credentials(password=Secret(unicodedata.normalize("NFC", password).encode()), code=code or None)


def answer_to_challenge(typed: Secret) -> str | None:
    """Return the code typed in answer to a challenge, None where what was typed is no code."""
    text = _decoded(typed.octets)
    if isinstance(text, CredentialsFault):
        return None
    stripped = text.strip(" ")
    return stripped if _is_any_code(stripped) else None
