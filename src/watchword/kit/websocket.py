"""
A WebSocket (RFC 6455) on an asyncio transport: whole binary frames in and out, for either side of one.

Everything is a callback, so that a connection costs no task and a frame no wake-up of one. What the frames say is the
owner's business. Text, fragments past the limit and whatever else does not belong here end the connection. Nothing is
compressed: small frames of random octets would only grow, and large ones could be bombs.

Back-pressure goes both ways: while the other side reads nothing, the owner is told to hold back, and may stop reading
in turn.
"""

import asyncio
from typing import Final, Protocol, cast

from websockets.exceptions import WebSocketException
from websockets.frames import Frame, Opcode
from websockets.http11 import Request, Response
from websockets.protocol import Protocol as Framing
from websockets.protocol import State

CLOSE_SECONDS: Final = 3.0
"""Seconds that the other side has for its part of a close."""

WRITTEN: Final = 1_048_576
"""Octets that may wait to be written before the owner is told to hold back."""

NORMAL: Final = 1000
GOING_AWAY: Final = 1001
PROTOCOL_ERROR: Final = 1002
REFUSED: Final = 1008
TRY_LATER: Final = 1013
"""Close codes (RFC 6455 section 7.4.1 and its registry)."""


class Owner(Protocol):
    """Whoever a connection belongs to."""

    def asked(self, request: Request) -> None:
        """Take a client's opening request; only on the server's side."""

    def opened(self) -> None:
        """Begin: frames may be sent."""

    def received(self, octets: bytes) -> None:
        """Take a frame."""

    def heard(self) -> None:
        """Take note that the other side is there: called for whatever it sends."""

    def held(self, *, back: bool) -> None:
        """Hold back, because nothing is read on the other side, or go on."""

    def lost(self) -> None:
        """End: the connection is gone, and this is the last call."""


class FrameSocket(asyncio.Protocol):
    """One connection, from its opening handshake on."""

    def __init__(self, framing: Framing, owner: Owner, *, loop: asyncio.AbstractEventLoop) -> None:
        """
        Make it, before it is connected.

        Args:
            framing: `ServerProtocol` or `ClientProtocol` of websockets, with its limits set.
            owner: who is told.
            loop: where it lives.
        """
        self.framing = framing
        self._owner = owner
        self._loop = loop
        self._transport: asyncio.Transport | None = None
        self._closing: asyncio.TimerHandle | None = None
        self._gone = False

    @property
    def is_open(self) -> bool:
        """Whether frames can be sent."""
        return not self._gone and self.framing.state is State.OPEN

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport; asyncio calls this."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=WRITTEN)

    def data_received(self, data: bytes) -> None:
        """Take octets; asyncio calls this."""
        if self._gone:
            return
        self._owner.heard()
        self.framing.receive_data(data)
        self._go_on()

    def eof_received(self) -> bool:
        """Take the end of what is received; asyncio calls this."""
        if not self._gone:
            self.framing.receive_eof()
            self._go_on()
        return False

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - what broke it changes nothing
        """Take note that the connection is gone; asyncio calls this."""
        self._end()

    def pause_writing(self) -> None:
        """Hold back; asyncio calls this."""
        self._owner.held(back=True)

    def resume_writing(self) -> None:
        """Go on; asyncio calls this."""
        self._owner.held(back=False)

    def pause_reading(self) -> None:
        """Read nothing, so that the other side has to wait."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Read again."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def peer(self) -> str:
        """Return the address of the other end, empty where there is none."""
        return self._name("peername")

    def here(self) -> str:
        """Return the address of this end, empty where there is none."""
        return self._name("sockname")

    def send(self, octets: bytes) -> None:
        """Send a frame; one that comes too late is dropped, because `lost` was or will be called."""
        if self.is_open:
            self.framing.send_binary(octets)
            self.flush()

    def ping(self) -> None:
        """Ask the other side for a sign of life, which `heard` tells."""
        if self.is_open:
            self.framing.send_ping(b"")
            self.flush()

    def close(self, code: int = NORMAL, reason: str = "") -> None:
        """Take leave, and end in a few seconds whatever the other side does. `lost` is called in the end."""
        if self._gone:
            return
        if self.framing.state is State.OPEN:
            self.framing.send_close(code, reason)
            self.flush()
            self._close_later()
        else:
            self.abort()

    def abort(self) -> None:
        """End at once."""
        if self._transport is not None:
            self._transport.abort()
        self._end()

    def flush(self) -> None:
        """Write what the framing has to say."""
        transport = self._transport
        for octets in self.framing.data_to_send():
            if transport is None or transport.is_closing():
                return
            if octets:
                transport.write(octets)
            else:
                transport.close()

    def _go_on(self) -> None:
        for event in self.framing.events_received():
            if isinstance(event, Request):
                self._owner.asked(event)
            elif isinstance(event, Response):
                # Whether it was one that opens the connection stands in `handshake_exc`.
                self._answered()
            elif isinstance(event, Frame):
                self._framed(event)
            if self._gone:
                return
        if self.framing.handshake_exc is not None:
            self.abort()
            return
        self.flush()
        if self.framing.close_expected():
            self._close_later()

    def _answered(self) -> None:
        if self.framing.handshake_exc is None:
            self._owner.opened()

    def _framed(self, frame: Frame) -> None:
        if frame.opcode is Opcode.BINARY and frame.fin:
            self._owner.received(bytes(frame.data))
        elif frame.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            self.close(PROTOCOL_ERROR)

    def _close_later(self) -> None:
        if self._closing is None:
            self._closing = self._loop.call_later(CLOSE_SECONDS, self.abort)

    def _end(self) -> None:
        if self._gone:
            return
        self._gone = True
        if self._closing is not None:
            self._closing.cancel()
        self._owner.lost()

    def _name(self, which: str) -> str:
        name = None if self._transport is None else self._transport.get_extra_info(which)
        return str(name[0]) if isinstance(name, tuple) and name else ""


def opening_fault(framing: Framing) -> str:
    """Return why a connection was not opened, in words, empty where nothing is known."""
    fault = framing.handshake_exc
    return str(fault) if isinstance(fault, WebSocketException) else ""
