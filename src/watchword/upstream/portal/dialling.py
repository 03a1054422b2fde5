"""
The way to a portal: TCP, through a proxy where there is one (HTTP CONNECT), and TLS where the URL has it.

TLS protects what lies around the channel; the channel itself trusts nothing but the portal's identity key. A URL in
clear is therefore possible, and meant for a machine of one's own.
"""

import asyncio
import base64
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, cast
from urllib.parse import unquote, urlsplit

from websockets.uri import WebSocketURI

from watchword.domain.enrolment import WORDS, EnrolmentRefusal
from watchword.kit.websocket import FrameSocket

PATH: Final = "/channel/v1"
"""Where the portal takes servers in."""

LONGEST_ANSWER: Final = 16_384
"""Octets of a proxy's answer."""

_PORTS: Final = {"http": 80, "https": 443}


class NotReached(Exception):  # noqa: N818 - it is a state of the world, not a fault of the caller
    """A portal could not be reached, or will not have us. `detail` is for the operator."""

    def __init__(self, refusal: EnrolmentRefusal, detail: str = "") -> None:
        super().__init__(f"{WORDS[refusal]} ({detail})" if detail else WORDS[refusal])
        self.refusal = refusal
        self.detail = detail


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """A proxy that lets connections through."""

    host: str
    port: int
    authorization: str | None = None

    @classmethod
    def read(cls, url: str) -> "Proxy":
        """Read `http://[USER:PASSWORD@]HOST[:PORT]`. Raises ValueError."""
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname:
            raise ValueError("a proxy is written http://HOST:PORT")
        authorization = None
        if parts.username is not None:
            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            authorization = "Basic " + base64.b64encode(pair.encode()).decode()
        return cls(host=parts.hostname, port=parts.port or 8080, authorization=authorization)


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalAddress:
    """Where a portal is; `tls` is None where its URL is in clear."""

    url: str
    host: str
    port: int
    path: str
    tls: ssl.SSLContext | None

    @classmethod
    def read(cls, url: str, *, ca: str | None = None) -> "PortalAddress":
        """
        Read `http[s]://HOST[:PORT][/PATH]`.

        Args:
            url: the portal's.
            ca: PEM of the only certificates that are trusted to sign, None for the system's.

        Raises:
            ValueError: it is no such URL, or `ca` no such certificate.
        """
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname or "@" in parts.netloc:
            raise ValueError("a portal's URL is https://HOST or https://HOST:PORT")
        # It checks names, and takes nothing older than TLS 1.2.
        tls = ssl.create_default_context(cadata=ca) if parts.scheme == "https" else None
        return cls(
            url=url,
            host=parts.hostname,
            port=parts.port or _PORTS[parts.scheme],
            path=parts.path.rstrip("/") + PATH,
            tls=tls,
        )

    @property
    def uri(self) -> WebSocketURI:
        """The same, as websockets has it."""
        return WebSocketURI(secure=self.tls is not None, host=self.host, port=self.port, path=self.path, query="")


async def dial(
    address: PortalAddress, made: Callable[[], FrameSocket], *, proxy: Proxy | None, loop: asyncio.AbstractEventLoop
) -> FrameSocket:
    """
    Connect to a portal.

    Args:
        address: where it is.
        made: makes the protocol of the connection.
        proxy: what lies between.
        loop: where the connection lives.

    Raises:
        NotReached: it cannot be had.
    """
    try:
        if proxy is None:
            name = None if address.tls is None else address.host
            _, made_socket = await loop.create_connection(
                made, address.host, address.port, ssl=address.tls, server_hostname=name
            )
            return made_socket
        return await _through(proxy, address, made(), loop)
    except ssl.SSLCertVerificationError as error:
        raise NotReached(EnrolmentRefusal.TLS_NOT_TRUSTED, error.verify_message) from error
    except socket.gaierror as error:
        raise NotReached(EnrolmentRefusal.NAME_NOT_FOUND, error.strerror or "") from error
    except OSError as error:
        raise NotReached(EnrolmentRefusal.NOT_REACHED, error.strerror or type(error).__name__) from error


async def _through(
    proxy: Proxy, address: PortalAddress, frames: FrameSocket, loop: asyncio.AbstractEventLoop
) -> FrameSocket:
    transport, tunnel = await loop.create_connection(_Tunnel, proxy.host, proxy.port)
    try:
        await tunnel.ask(address, proxy)
        if address.tls is None:
            transport.set_protocol(frames)
            frames.connection_made(transport)
            return frames
        secured = await loop.start_tls(transport, frames, address.tls, server_hostname=address.host)
    except BaseException:
        transport.abort()
        raise
    if secured is None:
        raise NotReached(EnrolmentRefusal.NOT_REACHED, "the connection was lost while TLS began")
    frames.connection_made(secured)
    return frames


class _Tunnel(asyncio.Protocol):
    """A connection to a proxy, until it leads further."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._head = b""
        self._done: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports do what asyncio's do and are none by their type.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._head += data
        if not self._done.done() and (b"\r\n\r\n" in self._head or len(self._head) > LONGEST_ANSWER):
            self._done.set_result(self._head)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - what broke it changes nothing
        if not self._done.done():
            self._done.set_result(b"")

    async def ask(self, address: PortalAddress, proxy: Proxy) -> None:
        """Have the proxy connect to the portal. Raises `NotReached`."""
        host = f"[{address.host}]" if ":" in address.host else address.host
        lines = [f"CONNECT {host}:{address.port} HTTP/1.1", f"Host: {host}:{address.port}"]
        if proxy.authorization is not None:
            lines.append(f"Proxy-Authorization: {proxy.authorization}")
        if self._transport is not None:
            self._transport.write("\r\n".join([*lines, "", ""]).encode())
        head = await self._done
        status = head.partition(b"\r\n")[0].split(b" ", 2)
        # What comes after the head would be the portal's, which says nothing before it is asked.
        if len(status) < 2 or status[1] != b"200" or not head.endswith(b"\r\n\r\n"):  # noqa: PLR2004 - version and status
            raise NotReached(
                EnrolmentRefusal.PROXY, status[1].decode("ascii", "replace") if len(status) > 1 else "no answer"
            )
