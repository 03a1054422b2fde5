"""
What lies between hosts: connections that are slow, stall, break on one side or on both, and hosts that are gone.

Like TCP it delivers what was written in its order, once, in pieces of any size, or not at all; what cannot get through
waits, and arrives a while after the way is free again. It duplicates nothing, because TCP does not. Datagrams may be
lost.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Final

from tests.simulation.scheduler import SECOND, Scheduler, SimulatedLoop

QUICK: Final = 0.0002
USUAL: Final = 0.004
"""Seconds that a packet takes: between these two where nothing is amiss."""

AGAIN: Final = (1, 2, 4)
"""Seconds between two tries to open a connection, as TCP has them; they go on in the last step."""

RESUMED: Final = 1.0
"""Seconds within which what was held up arrives once the way is free."""

ACCEPT, DATA, END, RESET = "accept", "data", "end", "reset"

Item = tuple[str, bytes]


class Network:
    """All hosts, by name, and what happens between them."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._cut: set[tuple[str, str]] = set()
        self._slow: dict[frozenset[str], float] = {}
        self._transports: list[Transport] = []
        self._listening: dict[str, tuple[SimulatedLoop, Callable[[], asyncio.BaseProtocol]]] = {}
        self._off: set[str] = set()
        self.loss = 0.0
        scheduler.dial = self.dial

    # --- what is amiss ----------------------------------------------------------------------------------------------

    def cut(self, source: str, target: str) -> None:
        """Let nothing more through in this direction."""
        self._cut.add((source, target))

    def slow(self, one: str, other: str, seconds: float) -> None:
        """Let everything between two hosts take up to so many seconds."""
        self._slow[frozenset((one, other))] = seconds

    def mend(self, one: str, other: str) -> None:
        """Let everything through again between two hosts, and what was held up first."""
        self._cut -= {(one, other), (other, one)}
        self._slow.pop(frozenset((one, other)), None)
        for transport in tuple(self._transports):
            transport.resume()

    def break_connections(self, one: str, other: str, *, quietly: bool) -> None:
        """Break what stands between two hosts; `quietly` means that only the first of them learns of it."""
        for transport in tuple(self._transports):
            ends = (transport.here, transport.there)
            if ends == (one, other) or (ends == (other, one) and not quietly):
                transport.broken()

    def killed(self, loop: SimulatedLoop) -> None:
        """End the connections of a process that is gone; its host still answers."""
        self._listening = {name: kept for name, kept in self._listening.items() if kept[0] is not loop}
        for transport in tuple(self._transports):
            if transport.loop is loop:
                transport.orphaned()

    def power_off(self, host: str) -> None:
        """Let a host vanish: nobody is told."""
        self._off.add(host)

    def power_on(self, host: str) -> None:
        """Let a host be there again."""
        self._off.discard(host)

    def is_off(self, host: str) -> bool:
        """Tell whether a host is gone."""
        return host in self._off

    # --- connections ------------------------------------------------------------------------------------------------

    def listen(self, loop: SimulatedLoop, factory: Callable[[], asyncio.BaseProtocol]) -> None:
        """Let a process take connections."""
        self._listening[loop.name] = (loop, factory)

    def dial(
        self, loop: SimulatedLoop, target: str, factory: Callable[[], asyncio.BaseProtocol]
    ) -> asyncio.Future[tuple[asyncio.Transport, asyncio.BaseProtocol]]:
        """Connect a process to a host."""
        answer: asyncio.Future[tuple[asyncio.Transport, asyncio.BaseProtocol]] = loop.create_future()
        self._try(loop, target, factory, answer, 0)
        return answer

    def _try(
        self,
        loop: SimulatedLoop,
        target: str,
        factory: Callable[[], asyncio.BaseProtocol],
        answer: asyncio.Future[tuple[asyncio.Transport, asyncio.BaseProtocol]],
        tries: int,
    ) -> None:
        if answer.done() or loop.dead:
            return
        if self._blocked(loop.name, target) or self._blocked(target, loop.name) or target in self._off:
            wait = AGAIN[min(tries, len(AGAIN) - 1)]
            self._scheduler.carry(wait, partial(self._try, loop, target, factory, answer, tries + 1))
            return
        there = self.delay(loop.name, target)
        back = there + self.delay(target, loop.name)
        listening = self._listening.get(target)
        if listening is None:
            self._scheduler.carry(back, partial(loop.call_soon, _refuse, answer))
            return
        mine, theirs = Transport(self, loop, target), Transport(self, listening[0], loop.name)
        mine.peer, theirs.peer = theirs, mine
        self._transports += [mine, theirs]
        self._scheduler.carry(there, partial(listening[0].call_soon, theirs.connect, listening[1]))
        self._scheduler.carry(back, partial(loop.call_soon, _connected, mine, factory, answer))

    def drop(self, transport: "Transport") -> None:
        """Forget an end of a connection."""
        if transport in self._transports:
            self._transports.remove(transport)

    # --- packets ----------------------------------------------------------------------------------------------------

    def delay(self, source: str, target: str) -> float:
        """Draw the seconds that a packet takes."""
        slow = self._slow.get(frozenset((source, target)))
        if slow is not None:
            return self._scheduler.seconds(QUICK, slow)
        return self._scheduler.seconds(QUICK, USUAL)

    def _blocked(self, source: str, target: str) -> bool:
        return (source, target) in self._cut

    def send(self, transport: "Transport", item: Item) -> None:
        """Let something arrive at the other end, after all that was sent before; hold it up where the way is cut."""
        if transport.parked or self._blocked(transport.here, transport.there):
            transport.parked.append(item)
        else:
            self.carry(transport, item, self.delay(transport.here, transport.there))

    def carry(self, transport: "Transport", item: Item, seconds: float) -> None:
        """Let something arrive in so many seconds, and not before what was sent before it."""
        now = self._scheduler.now
        transport.arrives = max(transport.arrives, now + round(seconds * SECOND))
        self._scheduler.carry((transport.arrives - now) / SECOND, partial(transport.peer.arrive, item))

    def is_free(self, transport: "Transport") -> bool:
        """Tell whether anything gets through from this end."""
        return not self._blocked(transport.here, transport.there)

    def resumed(self) -> float:
        """Draw the seconds after which what was held up arrives."""
        return self._scheduler.seconds(0, RESUMED)

    def pieces(self, data: bytes) -> Iterable[bytes]:
        """Cut what was written now and then in two, as TCP may."""
        if len(data) > 1 and self._scheduler.random.random() < 0.05:
            place = self._scheduler.random.randrange(1, len(data))
            return (data[:place], data[place:])
        return (data,)

    def datagram(self, source: str, loop: SimulatedLoop, work: Callable[[], None]) -> None:
        """Let a process do something on behalf of somebody else, unless what tells it so is lost on the way."""
        if self._scheduler.random.random() < self.loss or loop.name in self._off:
            return
        self._scheduler.carry(self.delay(source, loop.name), partial(loop.call_soon, work))


class Transport(asyncio.Transport):
    """One end of a connection."""

    peer: "Transport"

    def __init__(self, network: Network, loop: SimulatedLoop, there: str) -> None:
        super().__init__()
        self.loop = loop
        self.here = loop.name
        self.there = there
        self.arrives = 0
        self.parked: deque[Item] = deque()
        self._network = network
        self._protocol: asyncio.Protocol | None = None
        self._closing = False
        self._gone = False
        self._reads = True
        self._unread: deque[Item] = deque()

    def connect(self, factory: Callable[[], asyncio.BaseProtocol]) -> asyncio.BaseProtocol:
        """Give the connection to the process."""
        protocol = factory()
        if not isinstance(protocol, asyncio.Protocol):
            raise TypeError("a connection belongs to a protocol of streams")
        self._protocol = protocol
        protocol.connection_made(self)
        return protocol

    # --- what the network does ----------------------------------------------------------------------------------------

    def arrive(self, item: Item) -> None:
        """Take what has come to this host."""
        if self._network.is_off(self.here):
            return
        if self.loop.dead or self._gone:
            if item[0] == DATA:
                # Nobody is there for it.
                self._network.send(self, (RESET, b""))
            return
        self.loop.call_soon(self._take, item)

    def resume(self) -> None:
        """Send what was held up, where the way is free again."""
        if self.parked and self._network.is_free(self):
            first = self._network.resumed()
            while self.parked:
                self._network.carry(self, self.parked.popleft(), first)

    def broken(self) -> None:
        """Take note that something on the way has ended the connection."""
        if not self._gone and not self.loop.dead:
            self.loop.call_soon(self._lost, ConnectionResetError("the connection was reset"))

    def orphaned(self) -> None:
        """End with the process; the host says so, where it is still there."""
        self._network.drop(self)
        if self._network.is_off(self.here):
            self.parked.clear()
        elif not self._closing:
            self._network.send(self, (RESET, b""))
        self._closing = self._gone = True

    def _take(self, item: Item) -> None:
        if self._gone or self._protocol is None:
            return
        if not self._reads:
            self._unread.append(item)
            return
        kind, data = item
        if kind == DATA:
            self._protocol.data_received(data)
        elif kind == END:
            if not self._protocol.eof_received():
                self.close()
        else:
            self._lost(ConnectionResetError("the connection was reset"))

    def _lost(self, why: Exception | None) -> None:
        if not self._gone:
            self._closing = self._gone = True
            self._network.drop(self)
            if self._protocol is not None:
                self._protocol.connection_lost(why)

    # --- as asyncio has it --------------------------------------------------------------------------------------------

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send octets."""
        if not self._closing and not self.loop.dead:
            for piece in self._network.pieces(bytes(data)):
                self._network.send(self, (DATA, piece))

    def close(self) -> None:
        """Say that no more will come, and end."""
        self._end(END)

    def abort(self) -> None:
        """End at once."""
        self._end(RESET)

    def _end(self, kind: str) -> None:
        if not self._closing and not self.loop.dead:
            self._closing = True
            self._network.send(self, (kind, b""))
            self.loop.call_soon(self._lost, None)

    def is_closing(self) -> bool:
        """Tell whether it ends."""
        return self._closing

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Return where the ends are."""
        return {"peername": (self.there, 0), "sockname": (self.here, 0)}.get(name, default)

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Take how much may wait to be sent; the simulated network takes everything."""

    def pause_reading(self) -> None:
        """Hand nothing over any more."""
        self._reads = False

    def resume_reading(self) -> None:
        """Hand over what has come meanwhile."""
        self._reads = True
        unread, self._unread = self._unread, deque()
        for item in unread:
            self.loop.call_soon(partial(self._take, item))


def _refuse(answer: asyncio.Future[Any]) -> None:
    if not answer.done():
        answer.set_exception(ConnectionRefusedError("nobody listens there"))


def _connected(mine: Transport, factory: Callable[[], asyncio.BaseProtocol], answer: asyncio.Future[Any]) -> None:
    if answer.done():
        mine.abort()
    else:
        answer.set_result((mine, mine.connect(factory)))
