import pytest

from tests.unit.wire.radius.forging import (
    AUTHENTICATOR,
    OTHER,
    SHARED,
    UNSIGNED,
    accounting,
    hidden,
    packet,
    reason_of,
    reply,
    sign,
)
from watchword.wire.radius.attributes import AttributeType, text
from watchword.wire.radius.client import access_request, accounting_request, read_reply, status_server
from watchword.wire.radius.errors import RadiusError, Reason
from watchword.wire.radius.packet import Code

STATION = text(AttributeType.CALLING_STATION_ID, "203.0.113.77")


def ask(user_name: str = "alice", password: bytes = b"password", *attributes: tuple[int, bytes]) -> bytes:
    return access_request(
        SHARED,
        identifier=7,
        authenticator=AUTHENTICATOR,
        user_name=user_name,
        password=password,
        attributes=attributes,
    )


def refusal(octets: bytes, asked: bytes) -> Reason:
    with pytest.raises(RadiusError) as raised:
        read_reply(octets, asked, SHARED)
    return reason_of(raised.value)


def test_an_access_request_is_the_one_made_by_hand() -> None:
    by_hand = packet(1, UNSIGNED, (1, b"alice"), (2, hidden(b"password")), (24, b"state"), STATION)

    assert ask("alice", b"password", (24, b"state"), STATION) == sign(by_hand)


def test_a_user_name_is_sent_as_utf8() -> None:
    assert ask("ren\u00e9", b"")[38:45] == b"\x01\x07ren\xc3\xa9"


@pytest.mark.parametrize(
    ("user_name", "password", "reason"),
    [
        ("", b"password", Reason.BAD_USER_NAME),
        ("\udcff", b"password", Reason.BAD_USER_NAME),
        ("x" * 254, b"password", Reason.TOO_LARGE),
        ("alice", bytes(129), Reason.BAD_PASSWORD_SIZE),
    ],
)
def test_what_does_not_fit_is_refused(user_name: str, password: bytes, reason: Reason) -> None:
    with pytest.raises(RadiusError) as raised:
        ask(user_name, password)
    assert reason_of(raised.value) is reason


def test_too_many_attributes_for_a_packet_are_refused() -> None:
    with pytest.raises(RadiusError) as raised:
        ask("alice", b"password", *[(25, bytes(253))] * 16)
    assert reason_of(raised.value) is Reason.TOO_LARGE


def test_a_status_server_is_the_one_made_by_hand() -> None:
    made = status_server(SHARED, identifier=7, authenticator=AUTHENTICATOR)

    assert made == sign(packet(12, UNSIGNED))


def test_an_accounting_request_is_the_one_made_by_hand() -> None:
    attributes = [(40, bytes([0, 0, 0, 1])), (44, b"2a")]

    assert accounting_request(SHARED, identifier=7, attributes=attributes) == accounting(*attributes)


def test_too_much_accounting_is_refused() -> None:
    with pytest.raises(RadiusError) as raised:
        accounting_request(SHARED, identifier=7, attributes=[(25, bytes(253))] * 17)
    assert reason_of(raised.value) is Reason.TOO_LARGE


def test_an_answer_is_read() -> None:
    answer = read_reply(reply(11, ask(), (24, b"state"), UNSIGNED), ask(), SHARED)

    assert answer.code is Code.ACCESS_CHALLENGE
    assert answer.value(AttributeType.STATE) == b"state"


def test_an_answer_without_signature_is_read_only_where_that_is_allowed() -> None:
    octets = reply(2, ask())

    assert refusal(octets, ask()) is Reason.NO_MESSAGE_AUTHENTICATOR
    assert read_reply(octets, ask(), SHARED, require_message_authenticator=False).code is Code.ACCESS_ACCEPT


def test_what_is_no_answer_is_refused() -> None:
    octets = reply(2, ask(), UNSIGNED)

    assert refusal(octets[:30], ask()) is Reason.TRUNCATED
    assert refusal(ask(), ask()) is Reason.UNEXPECTED_REPLY
    with pytest.raises(RadiusError) as raised:
        read_reply(octets, ask(), OTHER)
    assert reason_of(raised.value) is Reason.WRONG_MESSAGE_AUTHENTICATOR
