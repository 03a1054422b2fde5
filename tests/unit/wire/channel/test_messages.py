"""
Frames of the channel: messages come back as they went, later versions add to them, and what is not understood denies.
"""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.wire.channel.samples import ASKED, OFFLINE, TOLD
from watchword.wire.channel import messages
from watchword.wire.channel.away import decode_away, encode_away
from watchword.wire.channel.messages import (
    LONGEST_ASKED,
    LONGEST_TOLD,
    MOST_TOGETHER,
    Asked,
    Cancel,
    Lost,
    Told,
    Unreadable,
    decode_asked,
    decode_told,
    encode_frame,
)


def plain(message: object) -> dict[str, Any]:
    """Return a message as a map, so that it can be changed into one that this version would not send."""
    written: dict[str, Any] = msgspec.msgpack.decode(msgspec.msgpack.encode(message))
    return written


def frame(*written: object) -> bytes:
    return msgspec.msgpack.encode(written)


def test_one_of_each_comes_back() -> None:
    assert decode_asked(encode_frame(ASKED)) == ASKED
    assert decode_told(encode_frame(TOLD)) == TOLD


@pytest.mark.parametrize("message", ASKED)
def test_fields_of_a_later_version_are_ignored_by_a_portal(message: Asked) -> None:
    assert decode_asked(frame(plain(message) | {"added": {"deep": [1]}})) == (message,)


@pytest.mark.parametrize("message", TOLD)
def test_fields_of_a_later_version_are_ignored_by_a_server(message: Told) -> None:
    assert decode_told(frame(plain(message) | {"added": {"deep": [1]}})) == (message,)


def test_a_message_of_a_later_kind_is_unreadable_and_its_neighbours_are_read() -> None:
    unknown = {"kind": "telepathy", "id": 41}

    assert decode_asked(frame(plain(ASKED[0]), unknown, plain(ASKED[-1]))) == (ASKED[0], Unreadable(id=41), ASKED[-1])
    assert decode_told(frame(unknown, plain(TOLD[0]))) == (Unreadable(id=41), TOLD[0])


def test_a_message_without_a_number_that_is_not_understood_is_passed_over() -> None:
    assert decode_told(frame({"kind": "advice"}, 7, plain(Lost(id=1)))) == (Lost(id=1),)


def test_a_message_that_lacks_a_part_is_unreadable() -> None:
    broken = plain(ASKED[0])
    del broken["request"]["user_name"]

    assert decode_asked(frame(broken)) == (Unreadable(id=1),)


def test_an_outcome_of_a_later_kind_is_unreadable() -> None:
    waved_through = plain(TOLD[1])
    waved_through["outcome"]["kind"] = "waved-through"

    assert decode_told(frame(waved_through)) == (Unreadable(id=1),)


@pytest.mark.parametrize("octets", [b"", b"\xc1", frame()[:-1], msgspec.msgpack.encode({"kind": "beat"})])
def test_what_is_no_frame_is_none(octets: bytes) -> None:
    assert decode_asked(octets) is None
    assert decode_told(octets) is None


def test_a_frame_past_its_limits_is_none() -> None:
    many = [Cancel(id=1)] * MOST_TOGETHER

    assert decode_asked(encode_frame(many)) == tuple(many)
    assert decode_asked(encode_frame([*many, Cancel(id=1)])) is None
    assert decode_told(encode_frame([Lost(id=1)] * (MOST_TOGETHER + 1))) is None
    assert decode_asked(frame(*[7] * (MOST_TOGETHER + 1))) is None
    assert decode_asked(frame(b"a" * LONGEST_ASKED)) is None
    assert decode_told(frame(b"a" * LONGEST_TOLD)) is None


@given(st.binary(max_size=300))
def test_garbage_raises_nothing(garbage: bytes) -> None:
    for found in (decode_asked(garbage), decode_told(garbage)):
        assert found is None or isinstance(found, tuple)


@given(st.lists(st.sampled_from(ASKED), max_size=20))
def test_any_messages_come_back_in_their_order(said: list[Asked]) -> None:
    assert decode_asked(encode_frame(said)) == tuple(said)


def test_every_kind_has_a_sample() -> None:
    assert {type(message) for message in ASKED} == set(messages.Asked.__args__)
    assert {type(message) for message in TOLD} == set(messages.Told.__args__)


def test_a_row_that_is_kept_by_itself_is_read_again_or_is_none() -> None:
    assert decode_away(encode_away(OFFLINE)) == OFFLINE
    assert decode_away(b"\xc1") is None
