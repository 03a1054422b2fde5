"""
One-time codes: HOTP (RFC 4226), TOTP (RFC 6238) and printed backup codes.

A check looks at every candidate in a time that does not tell which one matched (O7), and says what was found. Whether
a found step may still be spent is decided by the conditional write; here it is only what the values at hand say.
"""

import base64
import hashlib
import hmac
from typing import Final, NamedTuple
from urllib.parse import quote, urlencode

from watchword.domain.methods import BackupCodes, Hotp, Method, MethodId, MethodKind, OathAlgorithm, Totp
from watchword.domain.secrets import Secret

WINDOW: Final = 1
"""Time steps accepted on either side: RFC 6238 section 5.2 recommends at most one."""

LONGEST_DRIFT: Final = 10
"""Time steps that a token's clock may be learned to be off (O4)."""

LOOK_AHEAD: Final = 10
"""Counters looked at beyond the expected one (RFC 4226 section 7.4; O6)."""

RESYNC_AHEAD: Final = 100
"""Counters searched for the first of the two codes in a row that bring a token back (RFC 4226 section 7.4)."""

DIGITS: Final = (6, 8)
"""Lengths of a code that a token may have."""

_HASHES: Final = {
    OathAlgorithm.SHA1: (hashlib.sha1, 64),
    OathAlgorithm.SHA256: (hashlib.sha256, 64),
    OathAlgorithm.SHA512: (hashlib.sha512, 128),
}
"""What computes each, and the octets of its block."""
_INNER: Final = bytes(octet ^ 0x36 for octet in range(256))
_OUTER: Final = bytes(octet ^ 0x5C for octet in range(256))
"""The two pads of HMAC, as tables that a key is translated by."""

_BACKUP_ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
_BACKUP_GROUP: Final = 4

BACKUP_LETTERS: Final = len(_BACKUP_ALPHABET)
"""Letters that a backup code is spelled with: digits and capitals that nobody mistakes for one another."""

BACKUP_LENGTH: Final = 2 * _BACKUP_GROUP
"""Letters of a backup code."""


class Matched(NamedTuple):
    """
    The code is that of an unused step.

    Attributes:
        method: whose code it is.
        step: the time step or counter to spend.
        drift: the token's drift as this code shows it; 0 for a counter.
    """

    method: MethodId
    kind: MethodKind
    step: int
    drift: int = 0
    digest: bytes = b""


class Used(NamedTuple):
    """The code is right and was accepted before."""

    method: MethodId


class Wrong(NamedTuple):
    """No method has this code now. `resync` names a counter token that was found far ahead, and its next counter."""

    resync: tuple[MethodId, int] | None = None


_WRONG: Final = Wrong()
CodeCheck = Matched | Used | Wrong
"""What a typed code turned out to be."""


class Codes:
    """The codes of one token: of each HMAC (RFC 2104), what hangs on the secret alone is done once for all of them."""

    __slots__ = ("_digits", "_inner", "_modulus", "_outer")

    def __init__(self, secret: bytes, digits: int, algorithm: OathAlgorithm) -> None:
        new, block = _HASHES[algorithm]
        key = (secret if len(secret) <= block else new(secret).digest()).ljust(block, b"\0")
        self._inner = new(key.translate(_INNER))
        self._outer = new(key.translate(_OUTER))
        self._digits = digits
        self._modulus = 10**digits

    def at(self, moving: int) -> str:
        """Return the code of one counter or time step (RFC 4226 section 5.3)."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(moving.to_bytes(8, "big"))
        outer.update(inner.digest())
        mac = outer.digest()
        offset = mac[-1] & 0xF
        number = int.from_bytes(mac[offset : offset + 4], "big") & 0x7FFF_FFFF
        return str(number % self._modulus).zfill(self._digits)


def code_at(secret: bytes, moving: int, digits: int, algorithm: OathAlgorithm = OathAlgorithm.SHA1) -> str:
    """Return the code of one counter or time step."""
    return Codes(secret, digits, algorithm).at(moving)


def is_code(text: str) -> bool:
    """Tell whether `text` is 6 or 8 ASCII digits, and nothing that merely reads as a number (O7)."""
    return len(text) in DIGITS and text.isascii() and text.isdigit()


def is_backup_code(text: str) -> bool:
    """Tell whether `text` has a backup code's form, XXXX-XXXX."""
    return (
        len(text) == BACKUP_LENGTH + 1
        and text[_BACKUP_GROUP] == "-"
        and all(character in _BACKUP_ALPHABET for character in text[:_BACKUP_GROUP] + text[_BACKUP_GROUP + 1 :])
    )


def backup_code(numbers: tuple[int, ...]) -> str:
    """Return the code that `BACKUP_LENGTH` random numbers below `BACKUP_LETTERS` spell."""
    letters = "".join(_BACKUP_ALPHABET[number] for number in numbers)
    return f"{letters[:_BACKUP_GROUP]}-{letters[_BACKUP_GROUP:]}"


def backup_digest(secret: Secret, code: str) -> bytes:
    """
    Return what is stored of a backup code.

    It is keyed, so that a stolen database tells no code and one user's digest is no other's (V33).
    """
    return hmac.digest(secret.octets, code.encode(), "sha256")


def check(methods: tuple[Method, ...], code: str, wall: int) -> CodeCheck:
    """
    Find the method whose code this is.

    Args:
        methods: the user's.
        code: what was typed; what has no code's form is wrong.
        wall: UTC microseconds of the machine's clock (O8).
    """
    if not (is_code(code) or is_backup_code(code)):
        return _WRONG
    used: Used | None = None
    matched: Matched | None = None
    resync: tuple[MethodId, int] | None = None
    for method in methods:
        found: CodeCheck = _WRONG
        match method.detail:
            case Totp() as token if len(code) == token.digits:
                found = _check_totp(method, token, code, wall)
            case Hotp() as token if len(code) == token.digits:
                found = _check_hotp(method, token, code)
            case BackupCodes() as codes if is_backup_code(code):
                found = _check_backup(method, codes, code)
            case _:
                pass
        if isinstance(found, Matched):
            matched = matched or found
        elif isinstance(found, Used):
            used = found
        elif found.resync is not None:
            resync = found.resync
    return matched or used or Wrong(resync)


def _check_totp(method: Method, token: Totp, code: str, wall: int) -> CodeCheck:
    now = wall // (token.period * 1_000_000)
    codes = Codes(token.secret.octets, token.digits, token.algorithm)
    expected = now + token.drift
    found = -1
    for step in range(max(0, expected - WINDOW), expected + WINDOW + 1):
        if hmac.compare_digest(codes.at(step), code):
            found = step
    if found < 0:
        return _WRONG
    if found <= token.last_step:
        return Used(method.id)
    drift = max(-LONGEST_DRIFT, min(LONGEST_DRIFT, found - now))
    return Matched(method.id, method.kind, found, drift)


def _check_hotp(method: Method, token: Hotp, code: str) -> CodeCheck:
    codes = Codes(token.secret.octets, token.digits, token.algorithm)
    far = -1
    found = -1
    # One more than `RESYNC_AHEAD`: the last counter at which the first of the two codes may stand has a next one too.
    for counter in range(token.counter + RESYNC_AHEAD + 1, token.counter - 1, -1):
        if hmac.compare_digest(codes.at(counter), code):
            if counter <= token.counter + LOOK_AHEAD or counter == token.resync:
                found = counter
            elif counter <= token.counter + RESYNC_AHEAD:
                far = counter
    if found >= 0:
        return Matched(method=method.id, kind=method.kind, step=found)
    if token.counter > 0 and hmac.compare_digest(codes.at(token.counter - 1), code):
        return Used(method.id)
    return Wrong((method.id, far + 1) if far >= 0 else None)


def _check_backup(method: Method, codes: BackupCodes, code: str) -> CodeCheck:
    digest = backup_digest(codes.secret, code)
    found = False
    for left in codes.left:
        found |= hmac.compare_digest(left, digest)
    return Matched(method=method.id, kind=method.kind, step=0, digest=digest) if found else Wrong()


def uri(method: Totp | Hotp, *, issuer: str, account: str) -> str:
    """Return the otpauth URI that authenticator apps scan (O10)."""
    kind = "totp" if isinstance(method, Totp) else "hotp"
    fields = {
        "secret": base64.b32encode(method.secret.octets).decode().rstrip("="),
        "issuer": issuer,
        "algorithm": method.algorithm.value.upper(),
        "digits": str(method.digits),
        "period" if isinstance(method, Totp) else "counter": str(
            method.period if isinstance(method, Totp) else method.counter
        ),
    }
    label = f"{quote(issuer, safe='')}:{quote(account, safe='')}"
    return f"otpauth://{kind}/{label}?{urlencode(fields, safe='', quote_via=quote)}"
