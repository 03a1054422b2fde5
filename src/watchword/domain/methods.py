"""
Methods: the second steps that a user has.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple, NewType

from watchword.domain.secrets import Secret

MethodId = NewType("MethodId", bytes)


class MethodKind(StrEnum):
    """The kinds of second step."""

    PUSH = "push"
    TOTP = "totp"
    HOTP = "hotp"
    SMS = "sms"
    VOICE = "voice"
    WEBAUTHN = "webauthn"
    BACKUP_CODE = "backup-code"


class OathAlgorithm(StrEnum):
    """The hash of an OATH token (RFC 6238 section 1.2)."""

    SHA1 = "sha1"
    SHA256 = "sha256"
    SHA512 = "sha512"


CODE_KINDS: Final = frozenset({MethodKind.TOTP, MethodKind.HOTP, MethodKind.BACKUP_CODE})
"""The methods that a typed code can prove."""


class Totp(NamedTuple):
    """
    A time-based token (RFC 6238).

    `last_step` is the last time step that was accepted, -1 before the first; `drift` is how many steps the token's
    clock is ahead.
    """

    secret: Secret
    algorithm: OathAlgorithm = OathAlgorithm.SHA1
    digits: int = 6
    period: int = 30
    last_step: int = -1
    drift: int = 0


class Hotp(NamedTuple):
    """
    A counter-based token (RFC 4226).

    `counter` is the next counter expected. `resync` is the counter after the one that a code far ahead was found at:
    the code of just that counter brings the token back (section 7.4).
    """

    secret: Secret
    algorithm: OathAlgorithm = OathAlgorithm.SHA1
    digits: int = 6
    counter: int = 0
    resync: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupCodes:
    """
    Printed codes, each good once.

    `left` are the digests (32 octets each) of those that are left, keyed with `secret`: eight characters alone would
    not withstand a stolen database.
    """

    secret: Secret
    left: tuple[bytes, ...] = field(repr=False, default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """A paired device. `public_key` is P-256 in DER; empty until the device has paired."""

    public_key: bytes = b""

    @property
    def paired(self) -> bool:
        """Whether a device has registered its key."""
        return bool(self.public_key)


class Method(NamedTuple):
    """One second step of one user."""

    id: MethodId
    kind: MethodKind
    detail: Totp | Hotp | BackupCodes | Push


def has_codes(methods: tuple[Method, ...]) -> bool:
    """Tell whether a typed code can prove any of `methods`."""
    return any(
        method.kind in CODE_KINDS and not (isinstance(method.detail, BackupCodes) and not method.detail.left)
        for method in methods
    )


def push_devices(methods: tuple[Method, ...]) -> tuple[Method, ...]:
    """Return the methods whose paired devices can be asked."""
    return tuple(method for method in methods if isinstance(method.detail, Push) and method.detail.paired)
