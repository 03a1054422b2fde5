"""
Snapshots: they come back as they went, and what is not understood is left out, never guessed.
"""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.wire.channel.samples import SNAPSHOT
from watchword.wire.channel.configuration import decode_snapshot, encode_snapshot, signed


def plain() -> dict[str, Any]:
    written: dict[str, Any] = msgspec.msgpack.decode(encode_snapshot(SNAPSHOT))
    return written


def test_it_comes_back() -> None:
    assert decode_snapshot(encode_snapshot(SNAPSHOT)) == SNAPSHOT


def test_fields_of_a_later_version_are_ignored() -> None:
    written = plain() | {"added": 1}
    written["applications"][0]["added"] = 1

    assert decode_snapshot(msgspec.msgpack.encode(written)) == SNAPSHOT


def test_a_directory_of_a_later_kind_is_left_out() -> None:
    written = plain()
    written["directories"][0]["kind"] = "scim"

    read = decode_snapshot(msgspec.msgpack.encode(written))

    assert read == msgspec.structs.replace(SNAPSHOT, directories=SNAPSHOT.directories[1:])


@pytest.mark.parametrize("part", ["applications", "clients", "directories"])
def test_what_lacks_a_part_is_left_out(part: str) -> None:
    written = plain()
    del written[part][0]["id"]

    read = decode_snapshot(msgspec.msgpack.encode(written))

    assert read == msgspec.structs.replace(SNAPSHOT, **{part: getattr(SNAPSHOT, part)[1:]})


def test_one_that_does_not_say_whom_it_is_for_is_none() -> None:
    written = plain()
    del written["server"]

    assert decode_snapshot(msgspec.msgpack.encode(written)) is None


@given(st.binary(max_size=200))
def test_garbage_is_none(garbage: bytes) -> None:
    assert decode_snapshot(garbage) is None


def test_what_is_signed_is_a_configuration_and_nothing_else() -> None:
    assert signed(b"body") == b"watchword channel configuration\x00body"


@pytest.mark.parametrize("seconds", [float("nan"), float("inf"), -1.0])
def test_a_directory_whose_time_out_is_no_span_is_left_out(seconds: float) -> None:
    written = plain()
    written["directories"][0]["timeout"] = seconds

    decoded = decode_snapshot(msgspec.msgpack.encode(written))

    assert decoded is not None
    assert decoded.directories == SNAPSHOT.directories[1:]


@pytest.mark.parametrize("seconds", [float("nan"), -1.0])
def test_a_delay_that_is_no_span_is_no_configuration(seconds: float) -> None:
    assert decode_snapshot(msgspec.msgpack.encode(plain() | {"reject_delay": seconds})) is None


def test_a_directory_whose_name_is_no_text_is_left_out() -> None:
    written = msgspec.msgpack.encode(plain()).replace(b"ldaps://ad.example.com", b"ldaps://ad.example.\xff\xff\xff")

    decoded = decode_snapshot(written)

    assert decoded is not None
    assert decoded.directories == SNAPSHOT.directories[1:]
