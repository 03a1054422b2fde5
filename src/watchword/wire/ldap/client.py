"""
A client's LDAP session, without its socket.

Rules of this file: values in, bytes out, and the other way round. It knows what was asked, so that nothing comes in
that was not; while a bind or a StartTLS is in progress nothing else is sent (RFC 4511 sections 4.2.1 and 4.14.1), and
whatever arrives between the answer to StartTLS and the end of the TLS handshake ends the session (rule L12): somebody
without a key may have put it there. After an `LdapError` from `receive` the session is closed for good; the caller
hangs up.

    OPEN --bind--> BINDING --its response--> OPEN
    OPEN --StartTLS--> STARTING_TLS --success--> HANDSHAKE --tls_established--> OPEN
                                    --else--> OPEN
    any but HANDSHAKE --unbind--> CLOSED; any --violation or Notice of Disconnection--> CLOSED
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Final, TypeAlias, final

from watchword.wire.ldap import ber
from watchword.wire.ldap.controls import Control
from watchword.wire.ldap.decode import decode_message
from watchword.wire.ldap.encode import encode_message
from watchword.wire.ldap.errors import LdapError, LdapReason
from watchword.wire.ldap.framing import BOUND_LIMIT, UNBOUND_LIMIT, FrameBuffer
from watchword.wire.ldap.messages import (
    NOTICE_OF_DISCONNECTION,
    START_TLS,
    UNSOLICITED,
    AbandonRequest,
    BindRequest,
    BindResponse,
    ExtendedRequest,
    ExtendedResponse,
    Message,
    SearchRequest,
    SearchResultDone,
    SearchResultEntry,
    SearchResultReference,
    SimpleAuthentication,
    UnbindRequest,
)
from watchword.wire.ldap.results import ResultCode

MAX_REMEMBERED: Final = 256
"""
Operations in progress, and abandoned ones whose answers may still come, in one session; a bound on memory, far above
any use.
"""

ClientRequest: TypeAlias = BindRequest | SearchRequest | ExtendedRequest | AbandonRequest | UnbindRequest
"""What a client can send."""

_Answered: TypeAlias = BindRequest | SearchRequest | ExtendedRequest


@final
class ClientState(Enum):
    """Where a client's session stands."""

    OPEN = auto()
    BINDING = auto()
    STARTING_TLS = auto()
    HANDSHAKE = auto()
    CLOSED = auto()


@final
class LdapClient:
    """One session, from connecting to unbinding."""

    __slots__ = ("_abandoned", "_bound_limit", "_buffer", "_last_id", "_limit", "_pending", "_secure", "_state")

    def __init__(self, *, secure: bool = False, bound_limit: int = BOUND_LIMIT) -> None:
        """
        Begin a session on a new connection.

        Args:
            secure: Whether TLS is on already (LDAPS).
            bound_limit: Octets that one message may have once a bind succeeded.
        """
        self._state = ClientState.OPEN
        self._secure = secure
        self._bound_limit = bound_limit
        self._limit = UNBOUND_LIMIT
        self._buffer = FrameBuffer()
        self._last_id = 0
        self._pending: dict[int, _Answered] = {}
        self._abandoned: set[int] = set()

    @property
    def state(self) -> ClientState:
        """Where the session stands."""
        return self._state

    @property
    def secure(self) -> bool:
        """Whether TLS is on."""
        return self._secure

    def send(self, request: ClientRequest, controls: tuple[Control, ...] = ()) -> tuple[int, bytes]:
        """
        Give a request its messageID and its bytes.

        Raises:
            LdapError: `OUT_OF_ORDER` or `TOO_MANY_OPERATIONS` where the session's state does not allow it,
                `EMPTY_PASSWORD` for a bind that proves nothing, `BAD_VALUE` and `TOO_DEEP` for values that cannot be
                encoded. The session is as before.
        """
        self._may_send(request)
        message_id = self._next_id()
        data = encode_message(Message(message_id=message_id, operation=request, controls=controls))
        self._last_id = message_id
        match request:
            case UnbindRequest():
                self._state = ClientState.CLOSED
            case AbandonRequest(target=target):
                del self._pending[target]
                self._abandoned.add(target)
            case answered:
                self._pending[message_id] = answered
                if isinstance(answered, BindRequest):
                    self._state = ClientState.BINDING
                elif _is_start_tls(answered):
                    self._state = ClientState.STARTING_TLS
        return message_id, data

    def _may_send(self, request: ClientRequest) -> None:
        if isinstance(request, UnbindRequest):
            if self._state in {ClientState.HANDSHAKE, ClientState.CLOSED}:
                raise LdapError(LdapReason.OUT_OF_ORDER, "UnbindRequest")
            return
        if self._state is not ClientState.OPEN:
            raise LdapError(LdapReason.OUT_OF_ORDER, "not open")
        if isinstance(request, AbandonRequest):
            if not isinstance(self._pending.get(request.target), SearchRequest):
                raise LdapError(LdapReason.OUT_OF_ORDER, "AbandonRequest")
            return
        if len(self._pending) + len(self._abandoned) >= MAX_REMEMBERED:
            raise LdapError(LdapReason.TOO_MANY_OPERATIONS, "LDAPMessage.messageID")
        if isinstance(request, BindRequest):
            _check_password(request)
        if _is_start_tls(request) and self._secure:
            raise LdapError(LdapReason.OUT_OF_ORDER, "StartTLS")
        if (isinstance(request, BindRequest) or _is_start_tls(request)) and self._pending:
            raise LdapError(LdapReason.OUT_OF_ORDER, "operations in progress")

    def _next_id(self) -> int:
        message_id = self._last_id % ber.MAX_INTEGER + 1
        while message_id in self._pending or message_id in self._abandoned:
            message_id = message_id % ber.MAX_INTEGER + 1
        return message_id

    def receive(self, data: bytes) -> tuple[Message, ...]:
        """
        Take what arrived and return the messages that are whole now.

        Messages of operations that were abandoned are left out. A Notice of Disconnection is the last message there is;
        a closed session returns nothing more.

        Raises:
            LdapError: The server broke the protocol, in any of the messages; the session is closed and its messages are
                void.
        """
        if self._state is ClientState.CLOSED:
            return ()
        try:
            return self._receive(data)
        except LdapError:
            self._state = ClientState.CLOSED
            raise

    def _receive(self, data: bytes) -> tuple[Message, ...]:
        self._buffer.push(data)
        messages: list[Message] = []
        while self._state is not ClientState.CLOSED:
            if self._state is ClientState.HANDSHAKE and self._buffer:
                raise LdapError(LdapReason.PIPELINED, "StartTLS")
            frame = self._buffer.take(self._limit)
            if frame is None:
                break
            message = decode_message(frame)
            if message.message_id in self._abandoned:
                self._late(message)
            else:
                self._take(message)
                messages.append(message)
        return tuple(messages)

    def _late(self, message: Message) -> None:
        if isinstance(message.operation, SearchResultDone):
            self._abandoned.remove(message.message_id)
        elif not isinstance(message.operation, SearchResultEntry | SearchResultReference):
            raise LdapError(LdapReason.UNEXPECTED_RESPONSE, "LDAPMessage.protocolOp")

    def _take(self, message: Message) -> None:
        operation = message.operation
        if message.message_id == UNSOLICITED:
            if isinstance(operation, ExtendedResponse) and operation.name == NOTICE_OF_DISCONNECTION:
                self._state = ClientState.CLOSED
            return
        request = self._pending.get(message.message_id)
        match request, operation:
            case None, _:
                raise LdapError(LdapReason.UNKNOWN_MESSAGE_ID, "LDAPMessage.messageID")
            case SearchRequest(), SearchResultEntry() | SearchResultReference():
                return
            case SearchRequest(), SearchResultDone():
                pass
            case BindRequest(), BindResponse(result=result):
                self._state = ClientState.OPEN
                self._limit = self._bound_limit if result.code is ResultCode.SUCCESS else UNBOUND_LIMIT
            case ExtendedRequest(), ExtendedResponse(result=result):
                if _is_start_tls(request):
                    succeeded = result.code is ResultCode.SUCCESS
                    self._state = ClientState.HANDSHAKE if succeeded else ClientState.OPEN
            case _:
                raise LdapError(LdapReason.UNEXPECTED_RESPONSE, "LDAPMessage.protocolOp")
        del self._pending[message.message_id]

    def tls_established(self) -> None:
        """
        Go on after the TLS handshake that a successful StartTLS asked for.

        Raises:
            LdapError: There was none to be made.
        """
        if self._state is not ClientState.HANDSHAKE:
            raise LdapError(LdapReason.OUT_OF_ORDER, "StartTLS")
        self._secure = True
        self._state = ClientState.OPEN


def _is_start_tls(request: ClientRequest | None) -> bool:
    return isinstance(request, ExtendedRequest) and request.name == START_TLS


def _check_password(request: BindRequest) -> None:
    """
    Refuse a simple bind that a server might answer with success though nobody proved anything.

    An empty password with a name is an unauthenticated bind, and an empty name an anonymous one (RFC 4513 sections
    5.1.1 and 5.1.2); a NUL may end the password early at a server written in C. Both empty is what a client sends to
    become nobody.
    """
    if not isinstance(request.authentication, SimpleAuthentication):
        return
    password = request.authentication.password
    if bool(password) != bool(request.name):
        raise LdapError(LdapReason.EMPTY_PASSWORD, "BindRequest")
    if b"\0" in password:
        raise LdapError(LdapReason.BAD_VALUE, "AuthenticationChoice.simple")
