from collections.abc import Callable

import pytest

from tests.unit.wire.radius.forging import (
    SHARED,
    UNSIGNED,
    USER_NAME,
    accounting,
    body,
    hidden,
    packet,
    reason_of,
    reply,
    request,
)
from watchword.wire.radius.attributes import Attribute
from watchword.wire.radius.authenticators import verify_reply
from watchword.wire.radius.errors import RadiusError, Reason
from watchword.wire.radius.packet import Code, decode
from watchword.wire.radius.replies import accept, accounting_response, challenge, reject, status

PROXY_STATES = ((33, b"b"), (33, b""), (33, b"a" * 253))
ASKED = request((33, b"b"), USER_NAME, (33, b""), (2, hidden(b"password")), (31, b"here"), (33, b"a" * 253))
DECODED = decode(ASKED)

ANSWERS: dict[str, Callable[[], bytes]] = {
    "accept": lambda: accept(DECODED, SHARED, message="hello", attributes=[(25, b"class")]),
    "reject": lambda: reject(DECODED, SHARED, message="no"),
    "challenge": lambda: challenge(DECODED, SHARED, state=b"state", message="code"),
}


@pytest.mark.parametrize("make", ANSWERS.values(), ids=ANSWERS)
def test_every_answer_is_signed_in_front_and_verifies(make: Callable[[], bytes]) -> None:
    answer = decode(make())

    assert answer.message_authenticator_at == 22
    assert answer.identifier == ASKED[1]
    verify_reply(answer, DECODED, SHARED)


@pytest.mark.parametrize("make", ANSWERS.values(), ids=ANSWERS)
def test_every_answer_echoes_proxy_state_in_order_and_nothing_else_of_the_request(make: Callable[[], bytes]) -> None:
    answer = decode(make())

    assert answer.attributes[-3:] == PROXY_STATES
    assert {kind for kind, _ in answer.attributes} <= {80, 33, 18, 24, 25}


def test_an_accept_is_the_one_made_by_hand() -> None:
    by_hand = reply(2, ASKED, UNSIGNED, (18, b"hello"), (25, b"class"), (26, bytes(5)), *PROXY_STATES)

    assert accept(DECODED, SHARED, message="hello", attributes=[(25, b"class"), (26, bytes(5))]) == by_hand


def test_an_accept_needs_nothing() -> None:
    plain = request(USER_NAME)

    assert accept(decode(plain), SHARED) == reply(2, plain, UNSIGNED)


def test_a_reject_holds_a_message_alone() -> None:
    plain = request(USER_NAME)

    assert reject(decode(plain), SHARED, message="no") == reply(3, plain, UNSIGNED, (18, b"no"))
    assert reject(decode(plain), SHARED) == reply(3, plain, UNSIGNED)


def test_a_challenge_holds_state_prompt_and_time() -> None:
    plain = request(USER_NAME)
    expected = reply(11, plain, UNSIGNED, (24, b"state"), (18, b"code"), (27, bytes([0, 0, 0, 60])))

    assert challenge(decode(plain), SHARED, state=b"state", message="code", seconds=60) == expected
    assert decode(challenge(decode(plain), SHARED, state=b"s", message="c")).places.keys() == {80, 24, 18}


@pytest.mark.parametrize("kind", [24, 33, 79, 80])
def test_an_accept_takes_nothing_that_only_the_codec_may_add(kind: int) -> None:
    with pytest.raises(ValueError, match=f"attribute {kind} "):
        accept(DECODED, SHARED, attributes=[(25, b"class"), (kind, bytes(16))])


def test_a_long_message_is_cut_between_characters() -> None:
    parts = decode(reject(decode(request(USER_NAME)), SHARED, message="\u20ac" * 200)).attributes[1:]

    assert [len(value) for _, value in parts] == [252, 252, 96]
    assert b"".join(value for _, value in parts).decode() == "\u20ac" * 200


def test_the_longest_answer_is_made_and_a_longer_one_is_refused() -> None:
    plain = decode(request(USER_NAME))
    fits: list[Attribute] = [(25, bytes(253))] * 15 + [(25, bytes(4096 - 38 - 15 * 255 - 2))]

    assert len(accept(plain, SHARED, attributes=fits)) == 4096
    for attributes in ([*fits, (25, b"")], [(25, bytes(254))]):
        with pytest.raises(RadiusError) as raised:
            accept(plain, SHARED, attributes=attributes)
        assert reason_of(raised.value) is Reason.TOO_LARGE
        assert not raised.value.reason.is_silent


def test_a_message_that_fills_the_packet_is_refused_in_every_answer() -> None:
    makers: list[Callable[[str], bytes]] = [
        lambda message: accept(DECODED, SHARED, message=message),
        lambda message: reject(DECODED, SHARED, message=message),
        lambda message: challenge(DECODED, SHARED, state=b"s", message=message),
    ]
    for make in makers:
        with pytest.raises(RadiusError) as raised:
            make("x" * 4000)
        assert reason_of(raised.value) is Reason.TOO_LARGE


@pytest.mark.parametrize(("at_accounting", "code"), [(False, Code.ACCESS_ACCEPT), (True, Code.ACCOUNTING_RESPONSE)])
def test_status_is_answered_by_port_and_holds_a_signature_alone(code: Code, *, at_accounting: bool) -> None:
    asked = request((33, b"proxy"), USER_NAME, code=12)
    answer = status(decode(asked), SHARED, accounting=at_accounting)

    assert answer == reply(code, asked, UNSIGNED)
    verify_reply(decode(answer), decode(asked), SHARED)


def test_status_is_answered_as_at_the_authentication_port_unless_told() -> None:
    assert status(decode(request(code=12)), SHARED)[0] == Code.ACCESS_ACCEPT


def test_accounting_is_acknowledged_with_proxy_state_alone() -> None:
    asked = accounting(USER_NAME, (33, b"b"), (33, b"a"))
    answer = accounting_response(decode(asked), SHARED)

    assert answer == reply(5, asked, (33, b"b"), (33, b"a"))
    verify_reply(decode(answer), decode(asked), SHARED)


def test_the_answer_to_an_unsigned_request_is_signed_all_the_same() -> None:
    asked = packet(1, USER_NAME, (33, b"proxy"))
    answer = reject(decode(asked), SHARED)

    assert answer[20:22] == body(UNSIGNED)[:2]
    verify_reply(decode(answer), decode(asked), SHARED)
