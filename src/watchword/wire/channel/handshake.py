"""
How an MFA server and a portal meet: each proves who it is, and both agree on keys, whatever TLS stands between them.

Three messages, one a frame, in clear (inside of TLS): the server's `Hello`, the portal's `Welcome`, the server's
`Proof`. Both carry a share of a key agreement (X25519), and each side signs (Ed25519) everything that was said before,
so that nobody in the middle, a proxy that ends TLS least of all, can read what follows or put a word into it: every
later frame is sealed under keys that hang on the agreement and on the whole transcript. A nonce is part of each half,
so that nothing signed once is good twice.

`Unwelcome` comes instead of `Welcome` where no version is common. It proves nothing and is taken for a hint.
"""

from typing import Final, assert_never

import msgspec

from watchword.wire.channel.undecodable import UNDECODABLE

LEAST_VERSION: Final = 1
VERSION: Final = 1
"""Versions of the channel that this code speaks, both ends included."""

SERVER_OCTETS: Final = 16
BOOT_OCTETS: Final = 16
SHARE_OCTETS: Final = 32
NONCE_OCTETS: Final = 32
LINK_OCTETS: Final = 32
SIGNATURE_OCTETS: Final = 64

LONGEST_HANDSHAKE: Final = 2_048
"""Octets of a frame of the handshake."""

_WELCOME: Final = b"watchword channel welcome\x00"
_PROOF: Final = b"watchword channel proof\x00"
"""What a signature is for, so that none can be taken for another."""


class Hello(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="hello"):
    """
    Who calls, and which versions it speaks.

    Attributes:
        least: the oldest version.
        most: the newest.
        server: the server's identifier.
        boot: 16 octets that the server has drawn when it started: a restart is another.
        share: X25519 public key, for this connection only.
        nonce: 32 octets, for this connection only.
        serial: of the newest configuration that the server has taken.
    """

    least: int
    most: int
    server: bytes
    boot: bytes
    share: bytes
    nonce: bytes
    serial: int = 0


class Welcome(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="welcome"):
    """The portal's half. `boot` is another after a restart; what was asked before one cannot be repeated after it."""

    version: int
    boot: bytes
    share: bytes
    nonce: bytes
    signature: bytes = b""


class Proof(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="proof"):
    """
    That the server is who it says, and no copy of it.

    Attributes:
        shown: the secret that it drew for this session when it opened the one before (E7).
        drawn: SHA-256 of the secret that it has drawn for the next one.
        at: its clock, UTC microseconds.
        signature: of a statement of all that, bound to the transcript.
    """

    shown: bytes
    drawn: bytes
    at: int
    signature: bytes


class Unwelcome(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="unwelcome"):
    """No version is common: those of the portal."""

    least: int
    most: int


Handshake = Hello | Welcome | Proof | Unwelcome

_encode: Final = msgspec.msgpack.Encoder().encode
_messages: Final = msgspec.msgpack.Decoder(Handshake)


def encode_handshake(message: Handshake) -> bytes:
    """Return the octets of one message."""
    return _encode(message)


def decode_handshake(octets: bytes) -> Handshake | None:
    """Return the message, None where it cannot be understood or a part of it has not the length that it must have."""
    if len(octets) > LONGEST_HANDSHAKE:
        return None
    try:
        message = _messages.decode(octets)
    except UNDECODABLE:
        return None
    return message if _is_sound(message) else None


def _is_sound(message: Handshake) -> bool:
    parts: tuple[bytes, ...]
    match message:
        case Hello():
            parts = (message.server, message.boot, message.share, message.nonce)
            return [*map(len, parts)] == [SERVER_OCTETS, BOOT_OCTETS, SHARE_OCTETS, NONCE_OCTETS]
        case Welcome():
            parts = (message.boot, message.share, message.nonce, message.signature)
            return [*map(len, parts)] == [BOOT_OCTETS, SHARE_OCTETS, NONCE_OCTETS, SIGNATURE_OCTETS]
        case Proof():
            parts = (message.shown, message.drawn, message.signature)
            return [*map(len, parts)] == [LINK_OCTETS, LINK_OCTETS, SIGNATURE_OCTETS]
        case Unwelcome():
            return True
        case _:
            assert_never(message)


def common_version(hello: Hello) -> int | None:
    """Return the newest version that both speak, None where there is none."""
    newest = min(hello.most, VERSION)
    return newest if newest >= max(hello.least, LEAST_VERSION) else None


def welcome_transcript(hello: bytes, welcome: Welcome) -> bytes:
    """Return what the portal signs: the octets of the hello as they came, and its own half."""
    return _joined(_WELCOME, hello, _encode(msgspec.structs.replace(welcome, signature=b"")))


def proof_transcript(hello: bytes, welcome: bytes) -> bytes:
    """Return what the server signs and the keys hang on: the octets of both messages as they crossed."""
    return _joined(_PROOF, hello, welcome)


def _joined(purpose: bytes, *parts: bytes) -> bytes:
    return purpose + b"".join(len(part).to_bytes(4, "big") + part for part in parts)
