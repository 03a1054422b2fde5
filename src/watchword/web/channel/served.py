"""
One connection of a server, from the request that opens it to its end.

uvicorn hands over whatever asks to become a WebSocket. Only the channel's path does; the framing is that of the
websockets library, without a task for a connection or a frame. The handshake is `app.channel.door`'s, and what follows
is sealed frames.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from websockets.http11 import Request
from websockets.server import ServerProtocol

from watchword.app.channel.door import Doorkeeper, Opening, Refused, Threshold
from watchword.app.channel.hub import Connection, Hub
from watchword.domain.enrolment import EnrolmentRefusal
from watchword.kit.agreement import TAG_OCTETS, Unsealable
from watchword.kit.outbox import Outbox
from watchword.kit.tasks import Tasks
from watchword.kit.telemetry import SeldomLog
from watchword.kit.websocket import GOING_AWAY, NORMAL, PROTOCOL_ERROR, REFUSED, TRY_LATER, FrameSocket
from watchword.web.channel.entrance import ENTRANCE_SECONDS, Entrance
from watchword.wire.channel.handshake import LONGEST_HANDSHAKE
from watchword.wire.channel.messages import LONGEST_ASKED, Goodbye, Told, decode_asked, encode_frame

PATH: Final = "/channel/v1"
"""Where servers call."""

SILENCE_SECONDS: Final = 35.0
"""Seconds without a sign of life after which a server's connection is taken for broken: three beats, and a little."""

TOGETHER: Final = 256
"""Messages in one frame to a server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelSurroundings:
    """
    What connections of servers stand on.

    Attributes:
        threshold: makes a server's way in.
        doorkeeper: tells whether it may come in.
        hub: where it is then.
    """

    threshold: Callable[[], Threshold]
    doorkeeper: Doorkeeper
    hub: Hub
    tasks: Tasks
    log: SeldomLog


class Calls:
    """Makes the protocol of every connection that asks to become a WebSocket."""

    def __init__(self, surroundings: ChannelSurroundings) -> None:
        """Take what they stand on."""
        self._surroundings = surroundings
        self._entrance = Entrance()

    def __call__(self, config: Any, server_state: Any, app_state: Any) -> FrameSocket:  # noqa: ARG002 - as uvicorn calls
        """Return the protocol of a connection; uvicorn calls this."""
        served = Served(self._surroundings, self._entrance, loop=asyncio.get_running_loop())
        return _UvicornSocket(served, connections=server_state.connections)


class Served:
    """One connection."""

    def __init__(
        self, surroundings: ChannelSurroundings, entrance: Entrance, *, loop: asyncio.AbstractEventLoop
    ) -> None:
        self._surroundings = surroundings
        self._entrance = entrance
        self._loop = loop
        self._address = ""
        self._waits = False
        self._threshold: Threshold | None = None
        self._admitting = False
        self._connection: Connection | None = None
        self._limit: asyncio.TimerHandle | None = None
        self._heard = True
        self._outbox: Outbox[Told] = Outbox(soon=loop.call_soon, send=self._send, together=TOGETHER)
        self.framing = ServerProtocol(max_size=LONGEST_ASKED + TAG_OCTETS)
        self.socket: FrameSocket

    # --- as `kit.websocket.Owner` -------------------------------------------------------------------------------------

    def asked(self, request: Request) -> None:
        """Open the connection, where it is the channel that is asked for and there is room."""
        self._address = self.socket.peer()
        if request.path != PATH or "Origin" in request.headers:
            # A browser says where its page is from; no page has business here.
            self._refuse(404, "There is nothing here.\n")
        elif not self._entrance.enter(self._address):
            self._refuse(503, "Too many servers call at once; call again.\n")
        else:
            self._waits = True
            self._threshold = self._surroundings.threshold()
            self._limit = self._loop.call_later(ENTRANCE_SECONDS, self.socket.abort)
            self.framing.send_response(self.framing.accept(request))

    def opened(self) -> None:
        """Wait for the server to begin."""

    def received(self, octets: bytes) -> None:
        """Take a frame."""
        if self._connection is not None:
            self._take(self._connection, octets)
        elif self._threshold is None or self._admitting or len(octets) > LONGEST_HANDSHAKE:
            self.socket.close(PROTOCOL_ERROR)
        else:
            self._come_in(self._threshold, octets)

    def heard(self) -> None:
        """Take note that the server is there."""
        self._heard = True

    def held(self, *, back: bool) -> None:
        """Hold back what it does not read, and take no more questions meanwhile."""
        self._outbox.hold(back=back)
        if back:
            self.socket.pause_reading()
        else:
            self.socket.resume_reading()

    def lost(self) -> None:
        """End."""
        self._leave_entrance()
        if self._limit is not None:
            self._limit.cancel()
        self._outbox.clear()
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.lost()

    # --- coming in ----------------------------------------------------------------------------------------------------

    def _refuse(self, status: int, words: str) -> None:
        self.framing.send_response(self.framing.reject(status, words))

    def _come_in(self, threshold: Threshold, octets: bytes) -> None:
        try:
            if threshold.hello is None:
                self.socket.send(threshold.welcome(octets))
                return
            opening = threshold.opening(octets, address=self._address)
        except Refused as refused:
            if refused.octets:
                self.socket.send(refused.octets)
            self.socket.close(REFUSED)
            return
        self._admitting = True
        self._surroundings.tasks.start(self._admit(threshold, opening), name="channel")

    async def _admit(self, threshold: Threshold, opening: Opening) -> None:
        surroundings, caller = self._surroundings, None
        try:
            caller = await surroundings.doorkeeper.admit(opening)
        finally:
            if caller is None:
                self.socket.close(TRY_LATER)
        if not self.socket.is_open or threshold.hello is None:
            return
        if isinstance(caller, EnrolmentRefusal):
            surroundings.log.tell(
                ("channel", caller, opening.server),
                "a server was not let in",
                server=opening.server.hex(),
                cause=caller.value,
                address=self._address,
            )
            self._say(Goodbye(reason=caller.value))
            self._outbox.flush()
            self.socket.close(REFUSED)
            return
        self._leave_entrance()
        self._watch()
        self._connection = surroundings.hub.connected(
            caller,
            boot=threshold.hello.boot,
            address=self._address,
            serial=threshold.hello.serial,
            say=self._say,
            close=self._close,
        )

    def _leave_entrance(self) -> None:
        if self._waits:
            self._waits = False
            self._entrance.leave(self._address)

    def _watch(self) -> None:
        """End the connection where nothing was heard since this was called last."""
        if self._limit is not None:
            self._limit.cancel()
        if not self._heard:
            self.socket.abort()
            return
        self._heard = False
        self._limit = self._loop.call_later(SILENCE_SECONDS, self._watch)

    # --- what follows -------------------------------------------------------------------------------------------------

    def _take(self, connection: Connection, octets: bytes) -> None:
        messages = None
        if self._threshold is not None and self._threshold.opener is not None:
            try:
                messages = decode_asked(self._threshold.opener.open(octets))
            except Unsealable:
                messages = None
        if messages is None:
            self.socket.close(PROTOCOL_ERROR)
            return
        for message in messages:
            connection.take(message)

    def _say(self, message: Told) -> None:
        self._outbox.put(message)

    def _send(self, messages: Sequence[Told]) -> None:
        if self._threshold is not None and self._threshold.sealer is not None:
            self.socket.send(self._threshold.sealer.seal(encode_frame(messages)))

    def _close(self) -> None:
        self._outbox.flush()
        self.socket.close(NORMAL)


class _UvicornSocket(FrameSocket):
    """The protocol that uvicorn knows: it counts it, and ends it when it stops."""

    def __init__(self, served: Served, *, connections: set[Any]) -> None:
        super().__init__(served.framing, served, loop=asyncio.get_running_loop())
        served.socket = self
        self._connections = connections

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport."""
        super().connection_made(transport)
        self._connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Take note that the connection is gone."""
        self._connections.discard(self)
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """End; uvicorn calls this when it stops."""
        self.close(GOING_AWAY)
