"""
Where messages begin and end.
"""

import pytest

from watchword.wire.ldap.errors import LdapError, LdapReason
from watchword.wire.ldap.framing import FrameBuffer

LIMIT = 64 * 1024
UNBIND = bytes.fromhex("3005 020105 4200")


def filled(data: bytes) -> FrameBuffer:
    buffer = FrameBuffer()
    buffer.push(data)
    return buffer


def test_one_message_after_the_other_comes_out() -> None:
    buffer = filled(UNBIND + UNBIND + UNBIND[:-1])

    assert buffer
    assert [buffer.take(LIMIT) for _ in range(3)] == [UNBIND, UNBIND, None]
    buffer.push(UNBIND[-1:])
    assert buffer.take(LIMIT) == UNBIND
    assert not buffer
    assert buffer.take(LIMIT) is None


@pytest.mark.parametrize("cut", range(1, len(UNBIND)))
def test_a_part_of_a_message_waits_for_the_rest(cut: int) -> None:
    buffer = filled(UNBIND[:cut])

    assert buffer.take(LIMIT) is None
    buffer.push(UNBIND[cut:])
    assert buffer.take(LIMIT) == UNBIND


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        pytest.param("04", LdapReason.UNEXPECTED_TAG, id="no sequence, after one octet"),
        pytest.param("15 03 01", LdapReason.UNEXPECTED_TAG, id="a TLS alert"),
        pytest.param("30 84 80 00 00 00", LdapReason.TOO_LARGE, id="2 GiB, from its header"),
        pytest.param("30 84 ff ff ff ff", LdapReason.TOO_LARGE, id="4 GiB, from its header"),
        pytest.param("30 83 00 ff fc", LdapReason.TOO_LARGE, id="one octet above the limit, header included"),
        pytest.param("30 80", LdapReason.BAD_LENGTH, id="indefinite"),
        pytest.param("30 85", LdapReason.BAD_LENGTH, id="five octets of length"),
    ],
)
def test_what_can_be_no_message_is_refused_at_its_header(header: str, reason: LdapReason) -> None:
    with pytest.raises(LdapError) as refusal:
        filled(bytes.fromhex(header)).take(LIMIT)

    assert refusal.value.reason is reason


def test_a_message_of_the_limit_passes() -> None:
    frame = bytes.fromhex("30 83 00 ff fb") + bytes(LIMIT - 5)

    assert filled(frame).take(LIMIT) == frame
