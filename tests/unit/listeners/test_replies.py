import pytest

from tests.unit.listeners.doubles import ACTIVITY, ALLOWED, CHALLENGED, asked
from tests.unit.wire.radius.forging import SHARED
from watchword.domain.verification import Allowed, Challenged, Denied, Outcome, Prompt, Reason
from watchword.listeners.replies import ENTER_CODE, REFUSED, reply_to
from watchword.wire.radius.client import read_reply
from watchword.wire.radius.packet import Code, Packet, decode

PROXY_STATES = ((33, b"first"), (33, b"second"))
USER_NAME, REPLY_MESSAGE, STATE, CLASS, PROXY_STATE, MESSAGE_AUTHENTICATOR = 1, 18, 24, 25, 33, 80
REQUEST = asked(*PROXY_STATES, (31, b"198.51.100.7"))


def answer(outcome: Outcome, request: bytes = REQUEST) -> Packet:
    """Return the answer as a client sees it that checks both of its authenticators."""
    return read_reply(reply_to(decode(request), SHARED, outcome), request, SHARED)


def kinds(packet: Packet) -> list[int]:
    return [kind for kind, _ in packet.attributes]


def test_allowed_is_an_accept_with_what_the_server_behind_grants() -> None:
    packet = answer(Allowed(reason=Reason.CODE, activity=ACTIVITY, attributes=((CLASS, b"staff"), (CLASS, b"vpn"))))

    assert packet.code is Code.ACCESS_ACCEPT
    assert packet.values(CLASS) == (b"staff", b"vpn")


@pytest.mark.parametrize("reason", Reason)
def test_denied_is_one_and_the_same_reject_whatever_the_reason(reason: Reason) -> None:
    rejects = {
        answer(Denied(reason=reason)).octets,
        answer(Denied(reason=reason, activity=ACTIVITY, epoch=7)).octets,
        answer(Denied(reason=Reason.WRONG_PASSWORD)).octets,
    }
    assert len(rejects) == 1
    packet = decode(rejects.pop())
    assert packet.code is Code.ACCESS_REJECT
    assert packet.values(REPLY_MESSAGE) == (REFUSED.encode(),)


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        (Prompt(), ENTER_CODE),
        (Prompt(number="47"), "Enter 47 in your authenticator app, then answer anything here"),
    ],
)
def test_challenged_carries_one_state_and_says_what_to_do(prompt: Prompt, words: str) -> None:
    packet = answer(Challenged(state=b"handle-of-16-oct", prompt=prompt, activity=ACTIVITY))

    assert packet.code is Code.ACCESS_CHALLENGE
    assert packet.values(STATE) == (b"handle-of-16-oct",)
    assert packet.values(REPLY_MESSAGE) == (words.encode(),)


@pytest.mark.parametrize("outcome", [ALLOWED, CHALLENGED, Denied(reason=Reason.LOCKED)])
def test_message_authenticator_is_first_and_proxy_states_come_back_in_order(outcome: Outcome) -> None:
    packet = answer(outcome)

    assert kinds(packet)[0] == MESSAGE_AUTHENTICATOR
    assert packet.values(PROXY_STATE) == (b"first", b"second")


@pytest.mark.parametrize("outcome", [ALLOWED, CHALLENGED, Denied(reason=Reason.UNKNOWN_USER)])
def test_nothing_else_of_the_request_comes_back(outcome: Outcome) -> None:
    marked = asked((31, b"mark-31"), (32, b"mark-32"), (18, b"mark-18"), (24, b"mark-24"), user=(1, b"mark-01"))

    assert b"mark-" not in answer(outcome, marked).octets


@pytest.mark.parametrize(
    "outcome",
    [
        Allowed(reason=Reason.CODE, activity=ACTIVITY, attributes=((CLASS, b"x" * 253),) * 16),
        Challenged(state=b"x" * 254, prompt=Prompt(), activity=ACTIVITY),
    ],
)
def test_what_does_not_fit_into_a_packet_is_a_reject(outcome: Outcome) -> None:
    assert answer(outcome).code is Code.ACCESS_REJECT


def test_a_reject_without_room_for_words_has_none() -> None:
    full = asked(*((33, b"x" * 253),) * 15, (33, b"x" * 220), password=None)
    assert len(full) > 4_050
    packet = answer(ALLOWED, full)
    assert packet.code is Code.ACCESS_ACCEPT

    packet = answer(Denied(reason=Reason.WRONG_PASSWORD), full)
    assert packet.code is Code.ACCESS_REJECT
    assert kinds(packet) == [MESSAGE_AUTHENTICATOR] + [PROXY_STATE] * 16
