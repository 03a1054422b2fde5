"""
Packets made by hand, with the standard library's hmac and hashlib and nothing of the codec that is tested.
"""

import hashlib
import hmac
from typing import Final

from watchword.wire.radius.errors import RadiusError, Reason
from watchword.wire.radius.shared_secret import SharedSecret

SECRET: Final = b"correct-horse-battery-staple"
SHARED: Final = SharedSecret(SECRET)
OTHER: Final = SharedSecret(b"another secret altogether")
AUTHENTICATOR: Final = bytes(range(16))
NULS: Final = bytes(16)

USER_NAME: Final = (1, b"alice")
UNSIGNED: Final = (80, NULS)


def reason_of(error: RadiusError) -> Reason:
    """Give the reason, and make sure that the error says nothing but it."""
    assert str(error) == error.reason.value
    return error.reason


def body(*attributes: tuple[int, bytes]) -> bytes:
    """Give attributes as they stand in a packet."""
    return b"".join(bytes([kind, len(value) + 2]) + value for kind, value in attributes)


def packet(
    code: int, *attributes: tuple[int, bytes], identifier: int = 7, authenticator: bytes = AUTHENTICATOR
) -> bytes:
    """Give a packet without any signature."""
    octets = body(*attributes)
    return bytes([code, identifier]) + (20 + len(octets)).to_bytes(2, "big") + authenticator + octets


def sign(octets: bytes, *, secret: bytes = SECRET, authenticator: bytes | None = None) -> bytes:
    """Fill in the one Message-Authenticator (`UNSIGNED`), over the packet's own authenticator or another."""
    start = octets.index(body(UNSIGNED), 20) + 2
    covered = octets if authenticator is None else octets[:4] + authenticator + octets[20:]
    return octets[:start] + hmac.digest(secret, covered, "md5") + octets[start + 16 :]


def request(*attributes: tuple[int, bytes], code: int = 1, identifier: int = 7) -> bytes:
    """Give a signed Access-Request or Status-Server; Message-Authenticator is where `UNSIGNED` is, or first."""
    given = attributes if UNSIGNED in attributes else (UNSIGNED, *attributes)
    return sign(packet(code, *given, identifier=identifier))


def digest(octets: bytes, authenticator: bytes, *, secret: bytes = SECRET) -> bytes:
    """Put in the authenticator that is computed over another one."""
    computed = hashlib.md5(octets[:4] + authenticator + octets[20:] + secret, usedforsecurity=False).digest()
    return octets[:4] + computed + octets[20:]


def accounting(*attributes: tuple[int, bytes], secret: bytes = SECRET) -> bytes:
    """Give an Accounting-Request."""
    octets = packet(4, *attributes, authenticator=NULS)
    if UNSIGNED in attributes:
        octets = sign(octets, secret=secret)
    return digest(octets, NULS, secret=secret)


def reply(code: int, asked: bytes, *attributes: tuple[int, bytes], secret: bytes = SECRET) -> bytes:
    """Give a reply to a request, signed where `UNSIGNED` is among the attributes."""
    octets = packet(code, *attributes, identifier=asked[1])
    if UNSIGNED in attributes:
        octets = sign(octets, secret=secret, authenticator=asked[4:20])
    return digest(octets, asked[4:20], secret=secret)


def hidden(password: bytes, *, authenticator: bytes = AUTHENTICATOR, secret: bytes = SECRET) -> bytes:
    """Give a password as User-Password's value, octet by octet as RFC 2865 section 5.2 writes it."""
    padded = password + bytes(-len(password) % 16 or (0 if password else 16))
    result = b""
    for start in range(0, len(padded), 16):
        stream = hashlib.md5(secret + (result[-16:] or authenticator), usedforsecurity=False).digest()
        result += bytes(plain ^ key for plain, key in zip(padded[start : start + 16], stream, strict=True))
    return result


def vendor(number: int, *attributes: tuple[int, bytes]) -> tuple[int, bytes]:
    """Give a Vendor-Specific attribute."""
    return 26, number.to_bytes(4, "big") + body(*attributes)
