"""
The handshake's messages: what has not the length that it must have is none, and nothing is signed for two purposes.
"""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.wire.channel.samples import HANDSHAKE, HELLO, PROOF, WELCOME
from watchword.wire.channel.handshake import (
    LEAST_VERSION,
    LONGEST_HANDSHAKE,
    VERSION,
    Handshake,
    common_version,
    decode_handshake,
    encode_handshake,
    proof_transcript,
    welcome_transcript,
)


@pytest.mark.parametrize("message", HANDSHAKE)
def test_each_comes_back(message: Handshake) -> None:
    assert decode_handshake(encode_handshake(message)) == message


@pytest.mark.parametrize(
    ("message", "part"),
    [(HELLO, part) for part in ("server", "boot", "share", "nonce")]
    + [(WELCOME, part) for part in ("boot", "share", "nonce", "signature")]
    + [(PROOF, part) for part in ("shown", "drawn", "signature")],
)
def test_a_part_of_another_length_makes_none_of_it(message: Handshake, part: str) -> None:
    for octets in (getattr(message, part)[:-1], getattr(message, part) + b"\x00"):
        changed = msgspec.structs.replace(message, **{part: octets})

        assert decode_handshake(encode_handshake(changed)) is None


def test_fields_of_a_later_version_are_ignored() -> None:
    for message in HANDSHAKE:
        written = msgspec.msgpack.decode(encode_handshake(message)) | {"added": 1}

        assert decode_handshake(msgspec.msgpack.encode(written)) == message


def test_what_is_too_long_is_none() -> None:
    written = msgspec.msgpack.decode(encode_handshake(HELLO)) | {"added": b"a" * LONGEST_HANDSHAKE}

    assert decode_handshake(msgspec.msgpack.encode(written)) is None


@given(st.binary(max_size=200))
def test_garbage_is_none(garbage: bytes) -> None:
    assert decode_handshake(garbage) is None


@pytest.mark.parametrize(
    ("least", "most", "common"),
    [
        (LEAST_VERSION, VERSION, VERSION),
        (VERSION, VERSION + 1, VERSION),
        (0, LEAST_VERSION, LEAST_VERSION),
        (VERSION + 1, VERSION + 2, None),
        (0, LEAST_VERSION - 1, None),
        (VERSION + 1, VERSION - 1, None),
    ],
)
def test_the_newest_version_that_both_speak_is_spoken(least: int, most: int, common: int | None) -> None:
    assert common_version(msgspec.structs.replace(HELLO, least=least, most=most)) == common


def test_what_is_signed_covers_everything_and_nothing_twice() -> None:
    hello, welcome = encode_handshake(HELLO), encode_handshake(WELCOME)
    signed = {
        welcome_transcript(hello, WELCOME),
        welcome_transcript(hello + b"\x00", WELCOME),
        proof_transcript(hello, welcome),
        proof_transcript(hello + b"\x00", welcome),
        proof_transcript(hello, welcome + b"\x00"),
        proof_transcript(hello[:-1], hello[-1:] + welcome),
    }
    for part in ("version", "boot", "share", "nonce"):
        value = getattr(WELCOME, part)
        other = value + 1 if isinstance(value, int) else value[1:] + b"\x00"
        signed.add(welcome_transcript(hello, msgspec.structs.replace(WELCOME, **{part: other})))

    assert len(signed) == 10
    unsigned = msgspec.structs.replace(WELCOME, signature=b"0" * 64)
    assert welcome_transcript(hello, unsigned) == welcome_transcript(hello, WELCOME)
