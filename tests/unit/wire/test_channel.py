"""
Messages of the channel: they come back as they went, later versions add to them, and what is not understood is None.
"""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchword.wire import channel
from watchword.wire.channel import Allowed, Challenged, Denied, Request, Step

REQUEST = Request(
    application=b"a" * 16,
    authentication_type="radius",
    user_name="alice",
    client="192.0.2.1",
    source="198.51.100.7",
    address=None,
    proofs=(b"p" * 32, b"q" * 32),
    code=None,
    state=b"s" * 16,
    received_at=1_700_000_000_000_000,
    remaining=50_000_000_000,
)
OUTCOMES = [
    Allowed(reason="code", activity=b"a" * 16, epoch=3, attributes=((25, b"staff"),)),
    Denied(reason="wrong-code", activity=None, epoch=0),
    Denied(reason="blocked", activity=b"a" * 16, epoch=1),
    Challenged(state=b"s" * 16, number="42", activity=b"a" * 16),
    Challenged(state=b"s" * 16, number=None, activity=b"a" * 16),
]


def widened(message: object, **fields: object) -> bytes:
    """Return a message as a later version would send it, with fields that are not known here."""
    known = msgspec.msgpack.decode(msgspec.msgpack.encode(message))
    return msgspec.msgpack.encode(known | fields)


@given(
    st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99), st.booleans(), st.text(st.characters(codec="utf-8"))))
)
def test_a_trace_comes_back(steps: list[tuple[int, int, bool, str]]) -> None:
    assert channel.decode_trace(channel.encode_trace(steps)) == tuple(Step(*step) for step in steps)


def test_a_trace_is_compact_and_canonical() -> None:
    octets = channel.encode_trace([(8, 9, True, "totp"), (15, 2, False, "")])

    assert octets == bytes.fromhex("9201 92 940809c3a4746f7470 940f02c2a0")


def test_a_trace_of_a_later_version_reads_as_far_as_it_is_known() -> None:
    longer = msgspec.msgpack.encode((1, ((8, 9, True, "totp", "added"), (15, 2)), "added"))

    assert channel.decode_trace(longer) == (Step(8, 9, decided=True, detail="totp"), Step(15, 2))
    assert channel.decode_trace(msgspec.msgpack.encode((2, ((8, 9),)))) is None


def test_a_request_comes_back() -> None:
    assert channel.decode_request(channel.encode(REQUEST)) == REQUEST


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_an_outcome_comes_back(outcome: channel.Outcome) -> None:
    assert channel.decode_outcome(channel.encode(outcome)) == outcome


def test_fields_of_a_later_version_are_ignored() -> None:
    assert channel.decode_request(widened(REQUEST, added=1)) == REQUEST
    for outcome in OUTCOMES:
        assert channel.decode_outcome(widened(outcome, added=1)) == outcome


def test_a_later_version_is_not_understood() -> None:
    assert channel.decode_request(widened(REQUEST, version=2)) is None
    for outcome in OUTCOMES:
        assert channel.decode_outcome(widened(outcome, version=2)) is None


def test_an_unknown_kind_of_outcome_is_not_understood() -> None:
    assert channel.decode_outcome(widened(OUTCOMES[0], kind="allowed-for-a-day")) is None
    assert channel.decode_outcome(msgspec.msgpack.encode({"reason": "code"})) is None


@given(st.binary(max_size=200))
def test_garbage_is_not_understood_and_raises_nothing(garbage: bytes) -> None:
    assert channel.decode_request(garbage) is None
    assert channel.decode_outcome(garbage) is None
    assert all(isinstance(step, Step) for step in channel.decode_trace(garbage) or ())
