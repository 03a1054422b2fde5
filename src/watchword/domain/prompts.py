"""
What a device shows of a login, and what it signs: to be paired, to be told what waits, and to say its owner's answer.

All are octets that every implementation makes alike, so that a signature holds for one answer to one prompt and for
nothing else (P22). They are a list of fields, each its length in four octets, most significant first, and then its
octets; the first field names the list and its version. Text is UTF-8, an instant is microseconds in eight octets, a
truth value is one octet, and a text that may be missing is empty where it is, and starts with an octet 1 where it is
not. Number and order of the fields are fixed, so no two values have the same octets.
"""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from watchword.domain.applications import ApplicationId
from watchword.domain.methods import MethodId
from watchword.domain.users import UserId
from watchword.domain.verification import VerificationId

PROTOCOL_VERSION: Final = 1
"""Version of the protocol between devices and the portal; the lists below change only with it."""

SHORTEST_NONCE: Final = 16
"""Octets of the server's nonce at least: 128 bit (P22)."""

FETCH_WINDOW: Final = 300_000_000
"""Microseconds by which the clocks of device and portal may differ: 5 minutes, as Kerberos advises (RFC 4120, 8.2)."""

_PAIRING: Final = b"watchword pairing 1"
_FETCH: Final = b"watchword fetch 1"
_PROMPT: Final = b"watchword prompt 1"
_ANSWER: Final = b"watchword answer 1"


class AnswerDecision(StrEnum):
    """What the owner of a device says to a prompt; `fraud` is 'this was not me'."""

    APPROVE = "approve"
    DENY = "deny"
    FRAUD = "fraud"


@dataclass(frozen=True, slots=True, kw_only=True)
class PairingStatement:
    """What a device signs to show that it holds the private half of the key that it registers with a pairing token."""

    token: bytes
    public_key: bytes

    def canonical(self) -> bytes:
        """Return the octets that are signed."""
        return _list(_PAIRING, bytes((PROTOCOL_VERSION,)), self.token, self.public_key)


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchStatement:
    """
    What a device signs to be shown what waits for its owner.

    It may be used again while it is fresh: it shows what its first use has shown already, to whoever saw that, and it
    answers nothing.

    Attributes:
        device: the push method whose key signs.
        issued_at: UTC microseconds of the device's clock.
    """

    device: MethodId
    issued_at: int

    def canonical(self) -> bytes:
        """Return the octets that are signed."""
        return _list(_FETCH, bytes((PROTOCOL_VERSION,)), self.device, _microseconds(self.issued_at))

    def is_fresh(self, wall: int) -> bool:
        """Tell whether it was made within `FETCH_WINDOW` of `wall`, which is in UTC microseconds, either way."""
        return abs(wall - self.issued_at) <= FETCH_WINDOW


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptDetails:
    """
    What a device shows: text, and nothing that anybody could click on (P25). The number itself is never among it (P23).

    Attributes:
        application: name of the application that asks.
        source: where the user is, as the application says; None where it does not.
        asked_at: UTC microseconds.
        number_needed: whether the owner must type the number that the application shows.
        contended: whether another login of the same user came from elsewhere meanwhile.
    """

    application: str
    source: str | None
    asked_at: int
    number_needed: bool
    contended: bool

    def canonical(self) -> bytes:
        """Return the octets that stand for what was displayed."""
        return _list(
            _PROMPT,
            _text(self.application),
            _optional(self.source),
            _microseconds(self.asked_at),
            bytes((self.number_needed,)),
            bytes((self.contended,)),
        )

    def digest(self) -> bytes:
        """Return SHA-256 of `canonical`: 32 octets."""
        return hashlib.sha256(self.canonical()).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerStatement:
    """
    What a device signs (P22).

    Attributes:
        nonce: what the portal made for this prompt, at least `SHORTEST_NONCE` octets.
        number: what the owner typed, None where no number was needed.
        device: the push method whose key signs.
        issued_at: UTC microseconds at which the portal began to ask.
        expires_at: UTC microseconds after which no answer counts.
        displayed: digest of the `PromptDetails` that the device says it showed.

    Raises:
        ValueError: the nonce is too short to prove anything.
    """

    verification: VerificationId
    nonce: bytes
    decision: AnswerDecision
    number: str | None
    application: ApplicationId
    user: UserId
    device: MethodId
    issued_at: int
    expires_at: int
    displayed: bytes

    def __post_init__(self) -> None:
        if len(self.nonce) < SHORTEST_NONCE:
            raise ValueError("a nonce has at least 16 octets")

    def canonical(self) -> bytes:
        """Return the octets that are signed."""
        return _list(
            _ANSWER,
            bytes((PROTOCOL_VERSION,)),
            self.verification,
            self.nonce,
            self.decision.value.encode(),
            _optional(self.number),
            self.application,
            self.user,
            self.device,
            _microseconds(self.issued_at),
            _microseconds(self.expires_at),
            self.displayed,
        )


def _list(*parts: bytes) -> bytes:
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def _optional(text: str | None) -> bytes:
    return b"" if text is None else b"\x01" + _text(text)


def _text(text: str) -> bytes:
    # Half a surrogate pair, which a device may send as what was typed, is no text and still no reason to raise.
    return text.encode("utf-8", "surrogatepass")


def _microseconds(instant: int) -> bytes:
    return instant.to_bytes(8, "big")
