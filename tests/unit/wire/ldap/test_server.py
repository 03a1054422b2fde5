"""
A server's session: what it takes from a client, and what it says before it hangs up.
"""

from collections.abc import Callable
from typing import Final

import pytest

from watchword.wire.ldap.controls import Control
from watchword.wire.ldap.decode import decode_message
from watchword.wire.ldap.encode import encode_message
from watchword.wire.ldap.errors import LdapError, LdapReason
from watchword.wire.ldap.filters import Present
from watchword.wire.ldap.messages import (
    START_TLS,
    AbandonRequest,
    BindRequest,
    BindResponse,
    ExtendedRequest,
    ExtendedResponse,
    Message,
    OpaqueOperation,
    OpaqueRequest,
    OpaqueResponse,
    Request,
    Response,
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
from watchword.wire.ldap.server import MAX_OPERATIONS, LdapServer, ServerState

SUCCESS: Final = LdapResult(code=ResultCode.SUCCESS)
REFUSED: Final = LdapResult(code=ResultCode.INVALID_CREDENTIALS)
BIND: Final = BindRequest(name="cn=a", authentication=SimpleAuthentication(password=b"secret"))
SEARCH: Final = SearchRequest(base="", scope=Scope.BASE_OBJECT, filter=Present(attribute="cn"))
TLS: Final = ExtendedRequest(name=START_TLS)
WHO_AM_I: Final = ExtendedRequest(name="1.3.6.1.4.1.4203.1.11.3")
ADD: Final = OpaqueRequest(operation=OpaqueOperation.ADD, body=b"")
ENTRY: Final = SearchResultEntry(name="cn=a", attributes=())
REFERENCE: Final = SearchResultReference(uris=("ldap://elsewhere.invalid",))
DONE: Final = SearchResultDone(result=SUCCESS)
BOUND: Final = BindResponse(result=SUCCESS)
EXTENDED: Final = ExtendedResponse(result=SUCCESS)


def octets(message_id: int, operation: Request | Response) -> bytes:
    return encode_message(Message(message_id=message_id, operation=operation))


def hang_up(server: LdapServer, step: Callable[[], object]) -> LdapReason:
    """Take a step that ends the session, and see that it leaves a Notice of Disconnection to be sent."""
    with pytest.raises(LdapError) as refused:
        step()
    reason = refused.value.reason
    notice = notice_of_disconnection(ResultCode.PROTOCOL_ERROR, str(reason))
    assert decode_message(refused.value.response) == notice
    assert server.state is ServerState.CLOSED
    return reason


def test_requests_come_out_octet_by_octet_too() -> None:
    server = LdapServer()
    stream = octets(1, SEARCH) + octets(2, ADD) + octets(3, WHO_AM_I)

    messages = [message for octet in stream for message in server.receive(bytes([octet]))]

    assert [message.operation for message in messages] == [SEARCH, ADD, WHO_AM_I]
    assert server.operations == 3


def test_a_search_is_in_progress_until_it_is_done() -> None:
    server = LdapServer()
    server.receive(octets(7, SEARCH))
    controls = (Control(oid="1.2"),)

    sent = [decode_message(server.respond(7, answer, controls)) for answer in (ENTRY, REFERENCE)]

    assert sent == [Message(message_id=7, operation=answer, controls=controls) for answer in (ENTRY, REFERENCE)]
    assert server.operations == 1
    server.respond(7, DONE)
    assert server.operations == 0
    with pytest.raises(LdapError) as refused:
        server.respond(7, DONE)
    assert refused.value.reason is LdapReason.UNKNOWN_MESSAGE_ID


def test_other_requests_end_with_their_answer() -> None:
    server = LdapServer()
    server.receive(octets(1, ADD) + octets(2, WHO_AM_I))

    server.respond(1, OpaqueResponse(operation=OpaqueOperation.ADD, result=REFUSED))
    server.respond(2, EXTENDED)

    assert (server.operations, server.state) == (0, ServerState.OPEN)


@pytest.mark.parametrize("other", [BIND, SEARCH, WHO_AM_I, TLS, ADD, AbandonRequest(target=1)])
@pytest.mark.parametrize("together", [True, False])
def test_nothing_but_an_unbind_comes_while_a_bind_is_in_progress(other: Request, together: bool) -> None:  # noqa: FBT001
    """Rule L3: it could run neither under the old name nor under the new one."""
    server = LdapServer()
    if not together:
        server.receive(octets(1, BIND))

    stream = octets(1, BIND) + octets(2, other) if together else octets(2, other)

    assert hang_up(server, lambda: server.receive(stream)) is LdapReason.PIPELINED


def test_nothing_is_begun_while_a_bind_is_in_progress() -> None:
    """The rest would come when the new name stands."""
    server = LdapServer()
    server.receive(octets(1, BIND))
    server.receive(octets(2, SEARCH)[:-1])

    assert hang_up(server, lambda: server.respond(1, BOUND)) is LdapReason.PIPELINED


def test_an_unbind_ends_the_session_whatever_is_in_progress() -> None:
    server = LdapServer()

    messages = server.receive(octets(1, BIND) + octets(2, UnbindRequest()) + b"garbage")

    assert [message.operation for message in messages] == [BIND, UnbindRequest()]
    assert server.state is ServerState.CLOSED
    assert server.receive(octets(3, SEARCH)) == ()


@pytest.mark.parametrize("result", [SUCCESS, REFUSED])
def test_the_session_is_open_again_after_a_bind(result: LdapResult) -> None:
    server = LdapServer()
    server.receive(octets(1, BIND))

    server.respond(1, BindResponse(result=result))

    assert server.state is ServerState.OPEN
    assert server.receive(octets(2, SEARCH))


def test_start_tls_and_the_handshake_make_the_session_secure() -> None:
    server = LdapServer()
    server.receive(octets(1, TLS))
    assert server.state is ServerState.STARTING_TLS

    server.respond(1, EXTENDED)

    assert (server.state, server.secure) == (ServerState.HANDSHAKE, False)
    assert server.receive(b"") == ()
    server.tls_established()
    assert (server.state, server.secure) == (ServerState.OPEN, True)


def test_a_refused_start_tls_leaves_the_session_open() -> None:
    server = LdapServer(secure=True)
    server.receive(octets(1, TLS))

    server.respond(1, ExtendedResponse(result=LdapResult(code=ResultCode.OPERATIONS_ERROR)))

    assert server.state is ServerState.OPEN
    with pytest.raises(LdapError) as refused:
        server.tls_established()
    assert refused.value.reason is LdapReason.OUT_OF_ORDER


def test_what_was_in_progress_before_start_tls_is_answered_and_does_not_start_it() -> None:
    server = LdapServer()
    server.receive(octets(1, WHO_AM_I) + octets(2, SEARCH) + octets(3, TLS))

    server.respond(1, EXTENDED)
    server.respond(2, DONE)

    assert server.state is ServerState.STARTING_TLS
    assert server.operations == 1


@pytest.mark.parametrize("injected", [b"\x30", b"\x16", octets(2, SEARCH), octets(2, UnbindRequest())])
@pytest.mark.parametrize("when", ["together", "before the answer", "after the answer"])
def test_nothing_may_stand_between_start_tls_and_tls(injected: bytes, when: str) -> None:
    """Rule L12."""
    server = LdapServer()
    if when != "together":
        server.receive(octets(1, TLS))
    if when == "after the answer":
        server.respond(1, EXTENDED)

    stream = octets(1, TLS) + injected if when == "together" else injected

    assert hang_up(server, lambda: server.receive(stream)) is LdapReason.PIPELINED


def test_an_id_in_use_ends_the_session() -> None:
    """Rule L2."""
    server = LdapServer()

    reason = hang_up(server, lambda: server.receive(octets(1, SEARCH) + octets(1, SEARCH)))

    assert reason is LdapReason.DUPLICATE_MESSAGE_ID


def test_an_id_may_be_used_again_after_its_answer() -> None:
    server = LdapServer()
    server.receive(octets(1, SEARCH))
    server.respond(1, DONE)

    assert server.receive(octets(1, SEARCH))


@pytest.mark.parametrize("operation", [BOUND, ENTRY, DONE, EXTENDED])
def test_a_client_does_not_answer(operation: Response) -> None:
    server = LdapServer()

    assert hang_up(server, lambda: server.receive(octets(1, operation))) is LdapReason.UNKNOWN_OPERATION


def test_garbage_ends_the_session() -> None:
    server = LdapServer()

    assert hang_up(server, lambda: server.receive(b"GET / HTTP/1.1\r\n")) is LdapReason.UNEXPECTED_TAG
    assert server.receive(octets(1, SEARCH)) == ()


def test_an_abandoned_search_has_no_answer() -> None:
    """Rule L11."""
    server = LdapServer()
    (_, message) = server.receive(octets(1, SEARCH) + octets(2, AbandonRequest(target=1)))

    assert message.operation == AbandonRequest(target=1)
    assert server.operations == 0
    with pytest.raises(LdapError) as refused:
        server.respond(1, DONE)
    assert refused.value.reason is LdapReason.UNKNOWN_MESSAGE_ID


@pytest.mark.parametrize("target", [1, 9])
def test_what_cannot_be_abandoned_goes_on(target: int) -> None:
    server = LdapServer()
    server.receive(octets(1, WHO_AM_I))

    server.receive(octets(2, AbandonRequest(target=target)))

    assert server.operations == 1
    server.respond(1, EXTENDED)


def test_operations_are_bounded() -> None:
    """Rule L18."""
    server = LdapServer()
    for message_id in range(1, MAX_OPERATIONS + 1):
        server.receive(octets(message_id, SEARCH))

    reason = hang_up(server, lambda: server.receive(octets(MAX_OPERATIONS + 1, SEARCH)))

    assert reason is LdapReason.TOO_MANY_OPERATIONS


@pytest.mark.parametrize(
    ("result", "announced", "fits"),
    [(SUCCESS, 100_000, True), (SUCCESS, 200_000, False), (REFUSED, 100_000, False), (None, 100_000, False)],
)
def test_messages_are_small_until_a_bind_succeeds(result: LdapResult | None, announced: int, fits: bool) -> None:  # noqa: FBT001
    server = LdapServer(bound_limit=150_000)
    if result is not None:
        server.receive(octets(1, BIND))
        server.respond(1, BindResponse(result=result))
    header = b"\x30\x83" + announced.to_bytes(3)

    if fits:
        assert server.receive(header) == ()
    else:
        assert hang_up(server, lambda: server.receive(header)) is LdapReason.TOO_LARGE


def test_two_gibibytes_are_refused_from_the_header() -> None:
    server = LdapServer()

    assert hang_up(server, lambda: server.receive(bytes.fromhex("308480000000"))) is LdapReason.TOO_LARGE


def test_500_nested_filters_are_refused_like_everything_else() -> None:
    """A recursive reader dies of these 1,867 octets, which nobody needs a password to send."""
    nested = bytes.fromhex("870163")
    for _ in range(500):
        length = len(nested)
        nested = b"\xa2" + (bytes([length]) if length < 128 else b"\x82" + length.to_bytes(2)) + nested
    search = bytes.fromhex("0400 0a0100 0a0100 020100 020100 010100") + nested + bytes.fromhex("3000")
    contents = bytes.fromhex("020101 6382") + len(search).to_bytes(2) + search
    server = LdapServer()

    reason = hang_up(server, lambda: server.receive(b"\x30\x82" + len(contents).to_bytes(2) + contents))

    assert reason is LdapReason.TOO_DEEP
