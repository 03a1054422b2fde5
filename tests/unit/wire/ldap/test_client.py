"""
A client's session: what it sends when, and what it takes from a server.
"""

import functools
from collections.abc import Callable
from typing import Final

import pytest

from watchword.wire.ldap.client import MAX_REMEMBERED, ClientRequest, ClientState, LdapClient
from watchword.wire.ldap.controls import Control
from watchword.wire.ldap.decode import decode_message
from watchword.wire.ldap.encode import encode_message
from watchword.wire.ldap.errors import LdapError, LdapReason
from watchword.wire.ldap.filters import Present
from watchword.wire.ldap.messages import (
    START_TLS,
    UNSOLICITED,
    AbandonRequest,
    Attribute,
    BindRequest,
    BindResponse,
    ExtendedRequest,
    ExtendedResponse,
    Message,
    OpaqueOperation,
    OpaqueResponse,
    Request,
    Response,
    SaslAuthentication,
    Scope,
    SearchRequest,
    SearchResultDone,
    SearchResultEntry,
    SearchResultReference,
    SimpleAuthentication,
    UnbindRequest,
    notice_of_disconnection,
)
from watchword.wire.ldap.results import LdapResult, ResultCode

SUCCESS: Final = LdapResult(code=ResultCode.SUCCESS)
REFUSED: Final = LdapResult(code=ResultCode.INVALID_CREDENTIALS)
BIND: Final = BindRequest(name="cn=a", authentication=SimpleAuthentication(password=b"secret"))
SEARCH: Final = SearchRequest(base="", scope=Scope.BASE_OBJECT, filter=Present(attribute="cn"))
TLS: Final = ExtendedRequest(name=START_TLS)
WHO_AM_I: Final = ExtendedRequest(name="1.3.6.1.4.1.4203.1.11.3")
ENTRY: Final = SearchResultEntry(name="cn=a", attributes=())
REFERENCE: Final = SearchResultReference(uris=("ldap://elsewhere.invalid",))
DONE: Final = SearchResultDone(result=SUCCESS)
BOUND: Final = BindResponse(result=SUCCESS)
EXTENDED: Final = ExtendedResponse(result=SUCCESS)


def octets(message_id: int, operation: Request | Response) -> bytes:
    return encode_message(Message(message_id=message_id, operation=operation))


def refusal(step: Callable[[], object]) -> LdapReason:
    with pytest.raises(LdapError) as refused:
        step()
    assert refused.value.response == b""
    return refused.value.reason


def bound_client(bound_limit: int = 1024 * 1024) -> LdapClient:
    client = LdapClient(bound_limit=bound_limit)
    message_id, _ = client.send(BIND)
    client.receive(octets(message_id, BOUND))
    return client


def test_requests_are_numbered_and_carry_their_controls() -> None:
    client = LdapClient()
    controls = (Control(oid="1.2", critical=True),)

    first, first_octets = client.send(SEARCH)
    second, second_octets = client.send(SEARCH, controls)

    assert (first, second) == (1, 2)
    assert decode_message(first_octets) == Message(message_id=1, operation=SEARCH)
    assert decode_message(second_octets) == Message(message_id=2, operation=SEARCH, controls=controls)


def test_a_search_is_answered_until_it_is_done() -> None:
    client = LdapClient()
    message_id, _ = client.send(SEARCH)

    answers: list[Response] = [ENTRY, REFERENCE, ENTRY, DONE]
    messages = client.receive(b"".join(octets(message_id, answer) for answer in answers))

    assert [message.operation for message in messages] == answers
    assert refusal(lambda: client.receive(octets(message_id, ENTRY))) is LdapReason.UNKNOWN_MESSAGE_ID


def test_answers_may_come_in_any_order_and_octet_by_octet() -> None:
    client = LdapClient()
    first, _ = client.send(SEARCH)
    second, _ = client.send(WHO_AM_I)

    stream = octets(second, EXTENDED) + octets(first, ENTRY) + octets(first, DONE)
    messages = [message for octet in stream for message in client.receive(bytes([octet]))]

    assert [(message.message_id, message.operation) for message in messages] == [
        (second, EXTENDED),
        (first, ENTRY),
        (first, DONE),
    ]


@pytest.mark.parametrize("other", [BIND, SEARCH, WHO_AM_I, TLS, AbandonRequest(target=1)])
def test_nothing_but_an_unbind_is_sent_while_a_bind_is_in_progress(other: ClientRequest) -> None:
    """RFC 4511 section 4.2.1."""
    client = LdapClient()
    client.send(BIND)

    assert refusal(lambda: client.send(other)) is LdapReason.OUT_OF_ORDER
    assert client.state is ClientState.BINDING
    client.send(UnbindRequest())
    assert refusal(lambda: client.send(UnbindRequest())) is LdapReason.OUT_OF_ORDER


@pytest.mark.parametrize("request_", [BIND, TLS])
def test_bind_and_start_tls_wait_for_what_is_in_progress(request_: ClientRequest) -> None:
    """RFC 4511 sections 4.2.1 and 4.14.1."""
    client = LdapClient()
    message_id, _ = client.send(SEARCH)

    assert refusal(lambda: client.send(request_)) is LdapReason.OUT_OF_ORDER
    client.receive(octets(message_id, DONE))
    assert client.send(request_)[0] == message_id + 1


@pytest.mark.parametrize("result", [SUCCESS, REFUSED, LdapResult(code=ResultCode.SASL_BIND_IN_PROGRESS)])
def test_the_session_is_open_again_after_a_bind(result: LdapResult) -> None:
    client = LdapClient()
    message_id, _ = client.send(BIND)

    (message,) = client.receive(octets(message_id, BindResponse(result=result)))

    assert message.operation == BindResponse(result=result)
    assert client.state is ClientState.OPEN


@pytest.mark.parametrize(
    ("name", "password", "reason"),
    [
        pytest.param("cn=a", b"", LdapReason.EMPTY_PASSWORD, id="an unauthenticated bind (RFC 4513 section 5.1.2)"),
        pytest.param("", b"secret", LdapReason.EMPTY_PASSWORD, id="an anonymous bind that looks like a check"),
        pytest.param("cn=a", b"\0", LdapReason.BAD_VALUE, id="NUL alone"),
        pytest.param("cn=a", b"\0secret", LdapReason.BAD_VALUE, id="NUL in front"),
        pytest.param("cn=a", b"secret\0", LdapReason.BAD_VALUE, id="NUL behind"),
    ],
)
def test_a_bind_that_proves_nothing_is_not_sent(name: str, password: bytes, reason: LdapReason) -> None:
    client = LdapClient()
    request = BindRequest(name=name, authentication=SimpleAuthentication(password=password))

    assert refusal(lambda: client.send(request)) is reason
    assert client.state is ClientState.OPEN
    assert client.send(SEARCH)[0] == 1


@pytest.mark.parametrize(
    "request_",
    [
        BindRequest(name="", authentication=SimpleAuthentication(password=b"")),
        BindRequest(name="", authentication=SaslAuthentication(mechanism="EXTERNAL")),
        BindRequest(name="cn=a", authentication=SimpleAuthentication(password=b" ")),
    ],
)
def test_other_binds_are_sent(request_: BindRequest) -> None:
    _, data = LdapClient().send(request_)

    assert decode_message(data).operation == request_


def test_what_cannot_be_encoded_changes_nothing() -> None:
    client = LdapClient()
    request = BindRequest(name="\ud800", authentication=SimpleAuthentication(password=b"secret"))

    assert refusal(lambda: client.send(request)) is LdapReason.BAD_VALUE
    assert client.state is ClientState.OPEN
    assert client.send(BIND)[0] == 1


def test_start_tls_and_the_handshake_make_the_session_secure() -> None:
    client = LdapClient()
    message_id, _ = client.send(TLS)
    assert client.state is ClientState.STARTING_TLS

    client.receive(octets(message_id, EXTENDED))

    assert (client.state, client.secure) == (ClientState.HANDSHAKE, False)
    assert refusal(lambda: client.send(SEARCH)) is LdapReason.OUT_OF_ORDER
    assert refusal(lambda: client.send(UnbindRequest())) is LdapReason.OUT_OF_ORDER
    client.tls_established()
    assert (client.state, client.secure) == (ClientState.OPEN, True)
    client.send(BIND)


def test_a_refused_start_tls_leaves_the_session_open_and_insecure() -> None:
    client = LdapClient()
    message_id, _ = client.send(TLS)

    client.receive(octets(message_id, ExtendedResponse(result=LdapResult(code=ResultCode.PROTOCOL_ERROR))))

    assert (client.state, client.secure) == (ClientState.OPEN, False)
    assert refusal(client.tls_established) is LdapReason.OUT_OF_ORDER


@pytest.mark.parametrize("injected", [b"\x30", octets(UNSOLICITED, EXTENDED), octets(2, BOUND)])
@pytest.mark.parametrize("together", [True, False])
def test_nothing_may_stand_between_start_tls_and_tls(injected: bytes, together: bool) -> None:  # noqa: FBT001 a parameter
    """Rule L12: what somebody put there before TLS must not be taken for something that came through TLS."""
    client = LdapClient()
    message_id, _ = client.send(TLS)
    answer = octets(message_id, EXTENDED)
    if not together:
        client.receive(answer)

    reason = refusal(lambda: client.receive(answer + injected if together else injected))

    assert reason is LdapReason.PIPELINED
    assert client.state is ClientState.CLOSED
    assert refusal(client.tls_established) is LdapReason.OUT_OF_ORDER


def test_no_bytes_in_the_handshake_are_no_violation() -> None:
    client = LdapClient()
    message_id, _ = client.send(TLS)
    client.receive(octets(message_id, EXTENDED))

    assert client.receive(b"") == ()
    assert client.state is ClientState.HANDSHAKE


def test_tls_is_not_started_twice() -> None:
    assert refusal(lambda: LdapClient(secure=True).send(TLS)) is LdapReason.OUT_OF_ORDER


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        (BIND, ENTRY),
        (BIND, EXTENDED),
        (SEARCH, BOUND),
        (SEARCH, EXTENDED),
        (SEARCH, OpaqueResponse(operation=OpaqueOperation.MODIFY, result=SUCCESS)),
        (TLS, BOUND),
        (WHO_AM_I, DONE),
        (SEARCH, BIND),
        (SEARCH, UnbindRequest()),
    ],
)
def test_an_answer_of_another_kind_ends_the_session(request_: ClientRequest, answer: Request | Response) -> None:
    client = LdapClient()
    message_id, _ = client.send(request_)

    assert refusal(lambda: client.receive(octets(message_id, answer))) is LdapReason.UNEXPECTED_RESPONSE
    assert client.state is ClientState.CLOSED


@pytest.mark.parametrize("answer", [BOUND, ENTRY, DONE, EXTENDED])
def test_what_was_not_asked_ends_the_session(answer: Response) -> None:
    client = LdapClient()
    message_id, _ = client.send(BIND)

    assert refusal(lambda: client.receive(octets(message_id + 1, answer))) is LdapReason.UNKNOWN_MESSAGE_ID
    assert client.state is ClientState.CLOSED


def test_a_good_answer_with_a_bad_one_behind_it_is_void() -> None:
    client = LdapClient()
    message_id, _ = client.send(BIND)

    assert refusal(lambda: client.receive(octets(message_id, BOUND) + b"garbage")) is LdapReason.UNEXPECTED_TAG


def test_a_closed_session_says_and_hears_nothing() -> None:
    client = LdapClient()
    refusal(lambda: client.receive(b"garbage"))

    assert client.receive(octets(1, BOUND)) == ()
    assert refusal(lambda: client.send(SEARCH)) is LdapReason.OUT_OF_ORDER
    assert refusal(lambda: client.send(UnbindRequest())) is LdapReason.OUT_OF_ORDER


def test_a_notice_of_disconnection_is_the_last_message() -> None:
    client = LdapClient()
    message_id, _ = client.send(SEARCH)
    notice = notice_of_disconnection(ResultCode.UNAVAILABLE)

    messages = client.receive(octets(message_id, ENTRY) + encode_message(notice) + octets(message_id, DONE))

    assert messages[1:] == (notice,)
    assert client.state is ClientState.CLOSED


def test_other_notifications_are_passed_on_and_change_nothing() -> None:
    client = LdapClient()
    client.send(BIND)
    notification = Message(message_id=UNSOLICITED, operation=ExtendedResponse(result=SUCCESS, name="1.2.3"))

    assert client.receive(encode_message(notification)) == (notification,)
    assert client.state is ClientState.BINDING


def test_what_still_comes_of_an_abandoned_search_is_left_out() -> None:
    client = LdapClient()
    abandoned, _ = client.send(SEARCH)
    _, data = client.send(AbandonRequest(target=abandoned))
    kept, _ = client.send(SEARCH)

    late = [octets(abandoned, answer) for answer in (ENTRY, REFERENCE, DONE)]
    messages = client.receive(b"".join([*late, octets(kept, DONE)]))

    assert decode_message(data).operation == AbandonRequest(target=abandoned)
    assert [message.message_id for message in messages] == [kept]
    assert refusal(lambda: client.receive(octets(abandoned, ENTRY))) is LdapReason.UNKNOWN_MESSAGE_ID


def test_an_abandoned_search_is_not_answered_by_something_else() -> None:
    client = LdapClient()
    abandoned, _ = client.send(SEARCH)
    client.send(AbandonRequest(target=abandoned))

    assert refusal(lambda: client.receive(octets(abandoned, BOUND))) is LdapReason.UNEXPECTED_RESPONSE


def test_only_a_search_in_progress_is_abandoned() -> None:
    client = LdapClient()
    extended, _ = client.send(WHO_AM_I)

    for request in (AbandonRequest(target=extended), AbandonRequest(target=extended + 1)):
        assert refusal(functools.partial(client.send, request)) is LdapReason.OUT_OF_ORDER


def test_an_abandoned_search_does_not_hold_up_a_bind() -> None:
    client = LdapClient()
    abandoned, _ = client.send(SEARCH)
    client.send(AbandonRequest(target=abandoned))

    assert client.send(BIND)[0] == abandoned + 2


def test_what_is_remembered_is_bounded() -> None:
    client = LdapClient()
    first, _ = client.send(SEARCH)
    client.send(AbandonRequest(target=first))
    *_, last = (client.send(SEARCH)[0] for _ in range(MAX_REMEMBERED - 1))

    assert refusal(lambda: client.send(SEARCH)) is LdapReason.TOO_MANY_OPERATIONS
    client.receive(octets(last, DONE))
    client.send(SEARCH)


def test_ids_begin_again_at_1_and_pass_over_those_in_use() -> None:
    client = LdapClient()
    first, second, abandoned = (client.send(SEARCH)[0] for _ in range(3))
    client.send(AbandonRequest(target=abandoned))
    client._last_id = 2**31 - 2  # noqa: SLF001 counting there takes hours

    assert (first, second, abandoned) == (1, 2, 3)
    assert [client.send(SEARCH)[0] for _ in range(2)] == [2**31 - 1, 4]


def test_before_a_bind_messages_are_small_and_afterwards_as_large_as_configured() -> None:
    large = SearchResultEntry(name="", attributes=(Attribute(type="photo", values=(bytes(70_000),)),))
    unbound, bound, lower = LdapClient(), bound_client(), bound_client(bound_limit=70_000)
    results: list[int | LdapReason] = []
    for client in (unbound, bound, lower):
        message_id, _ = client.send(SEARCH)
        try:
            results.append(len(client.receive(octets(message_id, large))))
        except LdapError as error:
            results.append(error.reason)

    assert results == [LdapReason.TOO_LARGE, 1, LdapReason.TOO_LARGE]


def test_a_refused_bind_makes_messages_small_again() -> None:
    """RFC 4511 section 4.2.1: what was before a bind does not outlive it."""
    client = bound_client()
    message_id, _ = client.send(BIND)
    client.receive(octets(message_id, BindResponse(result=REFUSED)))

    assert refusal(lambda: client.receive(bytes.fromhex("3083010000"))) is LdapReason.TOO_LARGE


def test_a_session_shows_no_secret() -> None:
    client = LdapClient()
    client.send(BIND)

    assert "secret" not in repr(client)
