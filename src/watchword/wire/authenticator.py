"""
Messages between a device and the portal: JSON objects, one for each request and one for each reply.

Octets are base64url without padding, identifiers the usual text of a UUID, instants UTC microseconds. A reader ignores
fields that it does not know, so that either side may be the newer one; what a signature covers does not change by that.
Everything is bounded, and whatever is no such message is the one error of this module, which names the field and never
its value.
"""

import base64
import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NoReturn

LONGEST_MESSAGE: Final = 8_192
"""Octets of a message."""

LONGEST_WAIT: Final = 60
"""Seconds for which a device may let the portal wait before it answers that nothing is there."""

_LONGEST_TEXT: Final = 1_024
_LONGEST_OCTETS: Final = 1_024
_LONGEST_TOKEN: Final = 128
_LONGEST_NUMBER: Final = 16
_LATEST: Final = 2**63 - 1
_BASE64: Final = re.compile(r"[A-Za-z0-9_-]*")


class AuthenticatorError(Exception):
    """The octets are no such message. The text says what is wrong with which field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairRequest:
    """A device asks to be paired. `public_key` is SubjectPublicKeyInfo in DER, `proof` signs both by that key."""

    token: str = field(repr=False)
    public_key: bytes
    proof: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class PairReply:
    """A device was paired: what it is called and whose it is."""

    device: bytes
    user: bytes
    username: str
    issuer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchRequest:
    """A device asks what waits, and lets the portal wait for up to `wait` seconds until there is something."""

    device: bytes
    issued_at: int
    signature: bytes
    wait: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """What waits: `domain.prompts.PromptDetails` with the name of the application, and what is signed besides."""

    verification: bytes
    application: bytes
    application_name: str
    source: str | None
    asked_at: int
    number_needed: bool
    contended: bool
    nonce: bytes
    issued_at: int
    expires_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchReply:
    """What waits, None where nothing does."""

    prompt: Prompt | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRequest:
    """A device answers. `displayed` is the digest of what it showed, `signature` that of the whole statement."""

    device: bytes
    verification: bytes
    decision: str
    number: str | None = field(repr=False)
    displayed: bytes
    signature: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerReply:
    """What became of an answer, in a word of the portal's."""

    result: str


Message = PairRequest | PairReply | FetchRequest | FetchReply | AnswerRequest | AnswerReply


def encode(message: Message) -> bytes:
    """Return a message's octets."""
    return json.dumps(_document(message), separators=(",", ":")).encode()


def decode_pair_request(octets: bytes) -> PairRequest:
    """Read a request. Raises `AuthenticatorError`."""
    fields = _read(octets)
    return PairRequest(
        token=fields.text("token", _LONGEST_TOKEN),
        public_key=fields.octets("public_key"),
        proof=fields.octets("proof"),
    )


def decode_pair_reply(octets: bytes) -> PairReply:
    """Read a reply. Raises `AuthenticatorError`."""
    fields = _read(octets)
    return PairReply(
        device=fields.identifier("device"),
        user=fields.identifier("user"),
        username=fields.text("username"),
        issuer=fields.text("issuer"),
    )


def decode_fetch_request(octets: bytes) -> FetchRequest:
    """Read a request. Raises `AuthenticatorError`."""
    fields = _read(octets)
    return FetchRequest(
        device=fields.identifier("device"),
        issued_at=fields.whole("issued_at"),
        signature=fields.octets("signature"),
        wait=fields.whole("wait", most=LONGEST_WAIT),
    )


def decode_fetch_reply(octets: bytes) -> FetchReply:
    """Read a reply. Raises `AuthenticatorError`."""
    inner = _read(octets).within("prompt")
    return FetchReply(prompt=None if inner is None else _prompt(inner))


def decode_answer_request(octets: bytes) -> AnswerRequest:
    """Read a request. Raises `AuthenticatorError`."""
    fields = _read(octets)
    return AnswerRequest(
        device=fields.identifier("device"),
        verification=fields.identifier("verification"),
        decision=fields.text("decision"),
        number=fields.maybe_text("number", _LONGEST_NUMBER),
        displayed=fields.octets("displayed"),
        signature=fields.octets("signature"),
    )


def decode_answer_reply(octets: bytes) -> AnswerReply:
    """Read a reply. Raises `AuthenticatorError`."""
    return AnswerReply(result=_read(octets).text("result"))


def _prompt(fields: "_Fields") -> Prompt:
    return Prompt(
        verification=fields.identifier("verification"),
        application=fields.identifier("application"),
        application_name=fields.text("application_name"),
        source=fields.maybe_text("source"),
        asked_at=fields.whole("asked_at"),
        number_needed=fields.truth("number_needed"),
        contended=fields.truth("contended"),
        nonce=fields.octets("nonce"),
        issued_at=fields.whole("issued_at"),
        expires_at=fields.whole("expires_at"),
    )


_IDENTIFIERS: Final = frozenset({"device", "user", "verification", "application"})


def _document(message: Message | Prompt) -> dict[str, object]:
    document: dict[str, object] = {}
    for name in message.__slots__:
        value = getattr(message, name)
        if isinstance(value, Prompt):
            value = _document(value)
        elif isinstance(value, bytes):
            encoded = base64.urlsafe_b64encode(value).decode().rstrip("=")
            value = str(uuid.UUID(bytes=value)) if name in _IDENTIFIERS else encoded
        document[name] = value
    return document


class _Fields:
    """The fields of an object, each read as what it has to be."""

    def __init__(self, document: object) -> None:
        if not isinstance(document, dict):
            raise AuthenticatorError("a message is a JSON object, each field of it once")
        self._document: Mapping[str, object] = document

    def within(self, name: str) -> "_Fields | None":
        value = self._value(name)
        return None if value is None else _Fields(value)

    def text(self, name: str, longest: int = _LONGEST_TEXT) -> str:
        value = self._value(name)
        if not isinstance(value, str) or len(value) > longest or not _is_unicode(value):
            raise AuthenticatorError(f"{name} must be text of at most {longest} characters")
        return value

    def maybe_text(self, name: str, longest: int = _LONGEST_TEXT) -> str | None:
        return None if self._value(name) is None else self.text(name, longest)

    def octets(self, name: str) -> bytes:
        written = self.text(name, _LONGEST_OCTETS)
        if not _BASE64.fullmatch(written) or len(written) % 4 == 1:
            raise AuthenticatorError(f"{name} must be base64url without padding")
        return base64.urlsafe_b64decode(written + "=" * (-len(written) % 4))

    def identifier(self, name: str) -> bytes:
        written = self.text(name)
        try:
            read = uuid.UUID(written)
        except ValueError:
            raise AuthenticatorError(f"{name} must be a UUID") from None
        if str(read) != written:
            raise AuthenticatorError(f"{name} must be a UUID in lower case, with its hyphens")
        return read.bytes

    def whole(self, name: str, most: int = _LATEST) -> int:
        value = self._value(name)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
            raise AuthenticatorError(f"{name} must be a whole number from 0 to {most}")
        return value

    def truth(self, name: str) -> bool:
        value = self._value(name)
        if not isinstance(value, bool):
            raise AuthenticatorError(f"{name} must be true or false")
        return value

    def _value(self, name: str) -> object:
        if name not in self._document:
            raise AuthenticatorError(f"{name} is missing")
        return self._document[name]


def _read(octets: bytes) -> _Fields:
    if len(octets) > LONGEST_MESSAGE:
        raise AuthenticatorError(f"a message has at most {LONGEST_MESSAGE} octets")
    try:
        # Two values under one name would be read differently by different readers.
        document = json.loads(octets.decode(), object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError):
        document = None
    return _Fields(document)


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError
    return document


def _no_number(_written: str) -> NoReturn:
    raise ValueError


def _is_unicode(written: str) -> bool:
    """Tell whether a text has octets: JSON can write halves of surrogate pairs, which have none."""
    return not any("\ud800" <= character <= "\udfff" for character in written)
