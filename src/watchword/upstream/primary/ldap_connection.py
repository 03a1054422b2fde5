"""
One connection to an LDAP directory: the session of `wire.ldap` on a socket, one request at a time.

TLS always checks the certificate's names against the URL's host. The bytes that arrive are handed to the session as
they come, so that nothing which was sent before TLS can be taken for something that came through it (L12). A connection
on which anything went wrong, or whose answer nobody waited for, is closed and never used again.
"""

import asyncio
import os
import ssl
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol, cast
from urllib.parse import urlsplit

from watchword.upstream.primary.datagrams import Address, Resolve
from watchword.upstream.primary.ldap_questions import Answer
from watchword.wire.ldap.client import ClientState, LdapClient
from watchword.wire.ldap.errors import LdapError
from watchword.wire.ldap.framing import UNBOUND_LIMIT
from watchword.wire.ldap.messages import (
    START_TLS,
    UNSOLICITED,
    BindRequest,
    BindResponse,
    ExtendedRequest,
    ExtendedResponse,
    Message,
    SearchRequest,
    SearchResultDone,
    SearchResultEntry,
    UnbindRequest,
)
from watchword.wire.ldap.results import ResultCode

MOST_MESSAGES: Final = 64
"""Messages that may answer one request: two entries, and a reference for each naming context of a large forest."""

SHUTDOWN_SECONDS: Final = 1.0
"""Seconds that a directory has for its part of the end of TLS."""

_PORTS: Final = {"ldap": 389, "ldaps": 636}


class Broken(Exception):  # noqa: N818 - it is a state of the world, not a fault of the caller
    """The directory could not be asked; the words are for the operator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """
    Where a directory is.

    Attributes:
        tls: what certificates are checked with, None for a connection in the clear.
        start_tls: whether TLS begins with StartTLS instead of with the connection.
    """

    host: str
    port: int
    tls: ssl.SSLContext | None
    start_tls: bool


def endpoint_of(url: str, *, start_tls: bool, authority: str) -> Endpoint:
    """
    Read where a directory is from its URL.

    Args:
        url: `ldap://HOST[:PORT]` or `ldaps://HOST[:PORT]`.
        start_tls: whether TLS begins with StartTLS.
        authority: PEM of the only certificates that are trusted to sign, empty for the system's.
    """
    parts = urlsplit(url)
    wanted = start_tls or parts.scheme == "ldaps"
    return Endpoint(
        host=parts.hostname or "",
        port=parts.port or _PORTS[parts.scheme],
        # It checks names, and takes nothing older than TLS 1.2.
        tls=ssl.create_default_context(cadata=authority or None) if wanted else None,
        start_tls=start_tls,
    )


class Dial(Protocol):
    """Opens a connection."""

    async def __call__(self, endpoint: Endpoint) -> "Connection":
        """
        Connect, with TLS where the endpoint has it.

        Raises:
            Broken: that was not possible.
        """


class Connection(asyncio.Protocol):
    """A connection. `ask` one thing at a time."""

    def __init__(self, *, secure: bool) -> None:
        """
        Make the protocol of a connection that is about to be opened.

        Args:
            secure: whether TLS is on from the start.
        """
        self._session = LdapClient(secure=secure, bound_limit=UNBOUND_LIMIT)
        self._transport: asyncio.Transport | None = None
        self._answers: list[Message] = []
        self._waiting: asyncio.Future[Answer] | None = None
        self._why_closed: str | None = None

    @property
    def usable(self) -> bool:
        """Whether something can be asked."""
        return self._why_closed is None and self._session.state is ClientState.OPEN

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport; asyncio calls this."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Take what the directory sent; asyncio calls this."""
        try:
            messages = self._session.receive(data)
        except LdapError as error:
            self._break(f"it does not keep to the protocol: {error}")
            return
        for message in messages:
            self._take(message)
        if self._session.state is ClientState.CLOSED:
            self._break("it has ended the session")

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that the connection is gone; asyncio calls this."""
        self._break("the connection was lost" if exc is None else f"the connection was lost: {words_of(exc)}")

    async def ask(self, request: BindRequest | SearchRequest | ExtendedRequest) -> Answer:
        """
        Ask something, and return the answer. The connection is closed where no answer comes, for whatever reason.

        Raises:
            Broken: there is no answer and will be none.
            LdapError: the request cannot be asked.
        """
        if self._transport is None or self._why_closed is not None:
            raise Broken(self._why_closed or "it is not connected")
        _, octets = self._session.send(request)
        self._answers = []
        self._waiting = asyncio.get_running_loop().create_future()
        answered = False
        try:
            self._transport.write(octets)
            answer = await self._waiting
            answered = True
            return answer
        finally:
            self._waiting = None
            if not answered:
                self._break("nobody waited for its answer")

    async def start_tls(self, context: ssl.SSLContext, host: str) -> None:
        """
        Go on with TLS.

        Raises:
            Broken: the directory does not, or there is no trust in it.
        """
        answer = await self.ask(ExtendedRequest(name=START_TLS))
        if answer.result.code is not ResultCode.SUCCESS:
            self._break("it refused StartTLS")
        if self._transport is None or self._why_closed is not None:
            raise Broken(self._why_closed or "it is not connected")
        loop = asyncio.get_running_loop()
        try:
            secured = await loop.start_tls(
                self._transport, self, context, server_hostname=host, ssl_shutdown_timeout=SHUTDOWN_SECONDS
            )
            if secured is None:
                raise Broken("the connection was lost during the TLS handshake")
            self._transport = secured
            self._session.tls_established()
        except OSError as error:
            raise Broken(words_of(error)) from error
        finally:
            if not self._session.secure:
                self._break("there is no TLS")

    def close(self) -> None:
        """Take leave and close; a second time changes nothing."""
        if self.usable and self._transport is not None:
            _, octets = self._session.send(UnbindRequest())
            self._transport.write(octets)
            self._transport.close()
        self._break("it was closed here")

    def _take(self, message: Message) -> None:
        if message.message_id == UNSOLICITED or self._waiting is None:
            return
        self._answers.append(message)
        match message.operation:
            case BindResponse(result=result) | SearchResultDone(result=result) | ExtendedResponse(result=result):
                found = [answer.operation for answer in self._answers]
                entries = tuple(one for one in found if isinstance(one, SearchResultEntry))
                if not self._waiting.done():
                    self._waiting.set_result(Answer(result=result, entries=entries))
            case _:
                if len(self._answers) >= MOST_MESSAGES:
                    self._break("it answers with far more than was asked for")

    def _break(self, why: str) -> None:
        if self._why_closed is None:
            self._why_closed = why
            if self._transport is not None and not self._transport.is_closing():
                self._transport.abort()
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(Broken(self._why_closed))


def words_of(error: Exception) -> str:
    """Return what the system says of an error."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"TLS failed: {error.reason or type(error).__name__}"
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno)
    return type(error).__name__


class Dialler:
    """
    Dials over TCP.

    Args:
        resolve: finds the addresses of a host, which are tried in their order.
    """

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve

    async def __call__(self, endpoint: Endpoint) -> Connection:
        """Connect, with TLS where the endpoint has it. Raises `Broken`."""
        why = f"{endpoint.host} has no address"
        for _, where in await self._addresses(endpoint):
            try:
                connection = await self._connect(endpoint, str(where[0]))
            except OSError as error:
                why = words_of(error)
                continue
            if endpoint.tls is not None and endpoint.start_tls:
                await connection.start_tls(endpoint.tls, endpoint.host)
            return connection
        raise Broken(why)

    async def _addresses(self, endpoint: Endpoint) -> tuple[Address, ...]:
        found: asyncio.Future[tuple[Address, ...]] = asyncio.get_running_loop().create_future()

        def resolved(addresses: tuple[Address, ...]) -> None:
            if not found.done():
                found.set_result(addresses)

        self._resolve(endpoint.host, endpoint.port, resolved)
        return await found

    async def _connect(self, endpoint: Endpoint, address: str) -> Connection:
        loop = asyncio.get_running_loop()
        if endpoint.tls is None or endpoint.start_tls:
            _, connection = await loop.create_connection(partial(Connection, secure=False), address, endpoint.port)
            return connection
        _, connection = await loop.create_connection(
            partial(Connection, secure=True),
            address,
            endpoint.port,
            ssl=endpoint.tls,
            server_hostname=endpoint.host,
            ssl_shutdown_timeout=SHUTDOWN_SECONDS,
        )
        return connection
