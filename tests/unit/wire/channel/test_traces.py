"""
Traces as they are kept for ever: they come back as they went, and what a later version adds does no harm.
"""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from watchword.wire.channel import decisions as channel
from watchword.wire.channel.decisions import Step


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


@given(st.binary(max_size=200))
def test_garbage_is_not_understood_and_raises_nothing(garbage: bytes) -> None:
    assert all(isinstance(step, Step) for step in channel.decode_trace(garbage) or ())
