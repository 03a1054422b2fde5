"""
A server's LDAP session, without its socket.

Rules of this file: it cuts, reads, counts and orders requests; what they are answered with is the listener's business.
Every error of `receive` and `respond` carries the Notice of Disconnection to send before hanging up (RFC 4511 section
4.1.1). A request that was sent before a bind's answer can run neither under the old name nor under the new one, so
nothing but an unbind may come, not even in part, while a bind is in progress (rule L3); behind StartTLS nothing at all
may (rule L12).
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Final, final

from watchword.wire.ldap.controls import Control
from watchword.wire.ldap.decode import decode_message
from watchword.wire.ldap.encode import encode_message
from watchword.wire.ldap.errors import LdapError, LdapReason
from watchword.wire.ldap.framing import BOUND_LIMIT, UNBOUND_LIMIT, FrameBuffer
from watchword.wire.ldap.messages import (
    START_TLS,
    AbandonRequest,
    BindRequest,
    BindResponse,
    ExtendedRequest,
    ExtendedResponse,
    Message,
    OpaqueRequest,
    Request,
    Response,
    SearchRequest,
    SearchResultEntry,
    SearchResultReference,
    UnbindRequest,
    notice_of_disconnection,
)
from watchword.wire.ldap.results import ResultCode

MAX_OPERATIONS: Final = 32
"""Operations in progress in one session (rule L18 of the project's protocol checklist)."""


@final
class ServerState(Enum):
    """Where a server's session stands."""

    OPEN = auto()
    BINDING = auto()
    STARTING_TLS = auto()
    HANDSHAKE = auto()
    CLOSED = auto()


@final
class LdapServer:
    """One session, from accepting to hanging up."""

    __slots__ = ("_bound_limit", "_buffer", "_limit", "_pending", "_secure", "_state")

    def __init__(self, *, secure: bool = False, bound_limit: int = BOUND_LIMIT) -> None:
        """
        Begin a session on a new connection.

        Args:
            secure: Whether TLS is on already (LDAPS).
            bound_limit: Octets that one message may have once a bind succeeded.
        """
        self._state = ServerState.OPEN
        self._secure = secure
        self._bound_limit = bound_limit
        self._limit = UNBOUND_LIMIT
        self._buffer = FrameBuffer()
        self._pending: dict[int, Request] = {}

    @property
    def state(self) -> ServerState:
        """Where the session stands."""
        return self._state

    @property
    def secure(self) -> bool:
        """Whether TLS is on; a StartTLS is then answered with `OPERATIONS_ERROR` (RFC 4511 section 4.14.3)."""
        return self._secure

    @property
    def operations(self) -> int:
        """Operations in progress."""
        return len(self._pending)

    def receive(self, data: bytes) -> tuple[Message, ...]:
        """
        Take what arrived and return the requests that are whole now; a closed session returns none.

        Raises:
            LdapError: The client broke the protocol, in any of the requests; its `response` is to be sent, then the
                caller hangs up.
        """
        if self._state is ServerState.CLOSED:
            return ()
        try:
            return self._receive(data)
        except LdapError as error:
            raise self._end(error) from None

    def _end(self, error: LdapError) -> LdapError:
        self._state = ServerState.CLOSED
        notice = encode_message(notice_of_disconnection(ResultCode.PROTOCOL_ERROR, str(error.reason)))
        return LdapError(error.reason, error.where, response=notice)

    def _receive(self, data: bytes) -> tuple[Message, ...]:
        self._buffer.push(data)
        messages: list[Message] = []
        while self._state is not ServerState.CLOSED:
            if self._state in {ServerState.STARTING_TLS, ServerState.HANDSHAKE} and self._buffer:
                raise LdapError(LdapReason.PIPELINED, "StartTLS")
            frame = self._buffer.take(self._limit)
            if frame is None:
                break
            message = decode_message(frame)
            self._take(message)
            messages.append(message)
        return tuple(messages)

    def _take(self, message: Message) -> None:
        operation = message.operation
        if isinstance(operation, UnbindRequest):
            self._state = ServerState.CLOSED
            return
        if self._state is ServerState.BINDING:
            raise LdapError(LdapReason.PIPELINED, "BindRequest")
        if message.message_id in self._pending:
            raise LdapError(LdapReason.DUPLICATE_MESSAGE_ID, "LDAPMessage.messageID")
        match operation:
            case AbandonRequest(target=target):
                if isinstance(self._pending.get(target), SearchRequest):
                    del self._pending[target]
                return
            case BindRequest():
                self._state = ServerState.BINDING
            case ExtendedRequest(name=name):
                if name == START_TLS:
                    self._state = ServerState.STARTING_TLS
            case SearchRequest() | OpaqueRequest():
                pass
            case _:
                raise LdapError(LdapReason.UNKNOWN_OPERATION, "LDAPMessage.protocolOp")
        if len(self._pending) == MAX_OPERATIONS:
            raise LdapError(LdapReason.TOO_MANY_OPERATIONS, "LDAPMessage.messageID")
        self._pending[message.message_id] = operation

    def respond(self, message_id: int, response: Response, controls: tuple[Control, ...] = ()) -> bytes:
        """
        Give the bytes that answer a request; every response but entries and references ends the operation.

        Raises:
            LdapError: `UNKNOWN_MESSAGE_ID` where nobody waits (an abandoned search has no answer), `PIPELINED` where a
                request was begun while the bind that is answered here was in progress, or what `encode_message`
                refuses.
        """
        request = self._pending.get(message_id)
        if request is None:
            raise LdapError(LdapReason.UNKNOWN_MESSAGE_ID, "LDAPMessage.messageID")
        if isinstance(request, BindRequest) and self._buffer:
            raise self._end(LdapError(LdapReason.PIPELINED, "BindRequest"))
        data = encode_message(Message(message_id=message_id, operation=response, controls=controls))
        if isinstance(response, SearchResultEntry | SearchResultReference):
            return data
        del self._pending[message_id]
        match request, response:
            case BindRequest(), BindResponse(result=result):
                self._state = ServerState.OPEN
                self._limit = self._bound_limit if result.code is ResultCode.SUCCESS else UNBOUND_LIMIT
            case ExtendedRequest(name=name), ExtendedResponse(result=result) if name == START_TLS:
                self._state = ServerState.HANDSHAKE if result.code is ResultCode.SUCCESS else ServerState.OPEN
            case _:
                pass
        return data

    def tls_established(self) -> None:
        """
        Go on after the TLS handshake that a successful StartTLS asked for.

        Raises:
            LdapError: There was none to be made.
        """
        if self._state is not ServerState.HANDSHAKE:
            raise LdapError(LdapReason.OUT_OF_ORDER, "StartTLS")
        self._secure = True
        self._state = ServerState.OPEN
