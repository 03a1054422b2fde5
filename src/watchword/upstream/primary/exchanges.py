"""
Requests to one RADIUS server and the answers to them, over UDP.

A request is sent again octet by octet until its tries or its time are used up (RFC 2865 section 2.4, RFC 5080 section
2.2.1), each on its own timer, so that a server that hangs costs nobody more than his own request. An answer counts only
where it was made for this request with the shared secret; everything else that arrives is passed over, and the request
goes on waiting.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from watchword.kit.clock import NANOSECONDS, Clock
from watchword.kit.timers import Timers
from watchword.upstream.primary.datagrams import Address, Datagrams, OpenDatagrams, Resolve
from watchword.wire.radius.errors import RadiusError
from watchword.wire.radius.packet import Packet

IDENTIFIERS: Final = 256
"""Requests that can wait at one socket: Identifier is one octet (RFC 2865 section 3)."""

MOST_SOCKETS: Final = 8
"""Sockets to one server: 2,048 requests at once, more than answers in time what hangs behind them."""


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Nothing came back that counts, and why, for the operator."""

    words: str


Answer = Packet | RadiusError | Unanswered
"""A verified answer; why no request could be made; or why there is no answer."""


class _Exchange:
    """One request. `done` is called once."""

    __slots__ = ("call_off", "deadline", "done", "doubt", "make", "request", "tries")

    def __init__(self, make: Callable[[int], bytes], deadline: int, tries: int, done: Callable[[Answer], None]) -> None:
        self.make = make
        self.deadline = deadline
        self.tries = tries
        self.done = done
        self.request = b""
        self.doubt = ""
        self.call_off: Callable[[], None] = _nothing


class _Line:
    """A socket and the requests that wait at it. One that left a request without an answer takes no new ones."""

    __slots__ = ("_next", "datagrams", "retired", "waiting")

    def __init__(self, open_datagrams: Callable[["_Line"], Datagrams]) -> None:
        self.waiting: dict[int, _Exchange] = {}
        self.retired = False
        self._next = 0
        self.datagrams = open_datagrams(self)

    def takes(self) -> bool:
        return not self.retired and len(self.waiting) < IDENTIFIERS

    def identifier(self) -> int:
        # In turn, so that an identifier rests as long as can be before it is used again.
        while self._next in self.waiting:
            self._next = (self._next + 1) % IDENTIFIERS
        taken = self._next
        self._next = (taken + 1) % IDENTIFIERS
        return taken


class Exchanges:
    """
    All requests to one server.

    Args:
        host: name or address; a name is looked up again for each new socket.
        port: UDP port.
        timeout: seconds until a request is sent again.
        tries: how many times it is sent, at least 1.
        read: takes an answer apart, given the datagram and the request; raises `RadiusError` where it is none.
        open_datagrams: opens a socket.
        resolve: looks `host` up.
        clock: time.
        timers: waiting.
    """

    def __init__(  # noqa: PLR0913 - where to, how patiently, and the outside world
        self,
        *,
        host: str,
        port: int,
        timeout: float,
        tries: int,
        read: Callable[[bytes, bytes], Packet],
        open_datagrams: OpenDatagrams,
        resolve: Resolve,
        clock: Clock,
        timers: Timers,
    ) -> None:
        self._host = host
        self._port = port
        self._timeout = int(timeout * NANOSECONDS)
        self._tries = tries
        self._read = read
        self._open_datagrams = open_datagrams
        self._resolve = resolve
        self._clock = clock
        self._timers = timers
        self._lines: list[_Line] = []
        self._unplaced: list[_Exchange] = []
        self._resolving = False
        self._turn = 0
        self._closed = False

    def ask(self, make: Callable[[int], bytes], deadline: int, done: Callable[[Answer], None]) -> None:
        """
        Send a request and call `done` with its answer.

        Args:
            make: makes the request with the identifier it is given; may raise `RadiusError`.
            deadline: monotonic nanosecond after which no answer is of use.
            done: called once, possibly before this returns.
        """
        if self._closed or self._clock.monotonic() >= deadline:
            done(Unanswered("no time was left" if not self._closed else "it has just been changed or removed"))
            return
        exchange = _Exchange(make, deadline, self._tries, done)
        line = next((line for line in self._lines if line.takes()), None)
        if line is not None:
            self._start(line, exchange)
        elif len(self._lines) >= MOST_SOCKETS or len(self._unplaced) >= IDENTIFIERS:
            done(Unanswered("too many requests wait for it"))
        else:
            self._unplaced.append(exchange)
            exchange.call_off = self._timers.at(deadline, partial(self._unresolved, exchange))
            if not self._resolving:
                self._resolving = True
                self._resolve(self._host, self._port, self._resolved)

    def close(self) -> None:
        """Ask nothing more; whoever waits is told so."""
        self._closed = True
        waiting = [exchange for line in self._lines for exchange in line.waiting.values()] + self._unplaced
        for line in self._lines:
            line.datagrams.close()
        self._lines, self._unplaced = [], []
        for exchange in waiting:
            exchange.call_off()
            exchange.done(Unanswered("it has just been changed or removed"))

    def _unresolved(self, exchange: _Exchange) -> None:
        self._unplaced.remove(exchange)
        exchange.done(Unanswered(f"{self._host} was not looked up in time"))

    def _resolved(self, addresses: tuple[Address, ...]) -> None:
        self._resolving = False
        waiting, self._unplaced = self._unplaced, []
        if not waiting:
            return
        opened = self._open(addresses)
        for exchange in waiting:
            exchange.call_off()
            if isinstance(opened, Unanswered):
                exchange.done(opened)
            else:
                self._start(opened, exchange)

    def _open(self, addresses: tuple[Address, ...]) -> _Line | Unanswered:
        if not addresses:
            return Unanswered(f"{self._host} has no address")
        # Of a host's several addresses the next one is taken each time that one was of no use.
        address = addresses[self._turn % len(addresses)]
        try:
            line = _Line(
                lambda line: self._open_datagrams(
                    address, partial(self._received, line), partial(self._unreachable, line)
                )
            )
        except OSError as error:
            self._turn += 1
            return Unanswered(error.strerror or type(error).__name__)
        self._lines.append(line)
        return line

    def _start(self, line: _Line, exchange: _Exchange) -> None:
        identifier = line.identifier()
        try:
            exchange.request = exchange.make(identifier)
        except RadiusError as error:
            exchange.done(error)
            return
        line.waiting[identifier] = exchange
        self._send(line, identifier, exchange)

    def _send(self, line: _Line, identifier: int, exchange: _Exchange) -> None:
        exchange.tries -= 1
        until = min(self._clock.monotonic() + self._timeout, exchange.deadline)
        exchange.call_off = self._timers.at(until, partial(self._silent, line, identifier, exchange))
        line.datagrams.send(exchange.request)

    def _silent(self, line: _Line, identifier: int, exchange: _Exchange) -> None:
        if exchange.tries and self._clock.monotonic() < exchange.deadline:
            self._send(line, identifier, exchange)
            return
        if not line.retired:
            line.retired = True
            self._turn += 1
        self._release(line, identifier, exchange)
        exchange.done(Unanswered(exchange.doubt or "no answer came"))

    def _unreachable(self, line: _Line, words: str) -> None:
        for identifier, exchange in tuple(line.waiting.items()):
            exchange.doubt = words
            exchange.call_off()
            self._silent(line, identifier, exchange)

    def _received(self, line: _Line, datagram: bytes) -> None:
        identifier = int.from_bytes(datagram[1:2], "big")
        exchange = line.waiting.get(identifier)
        if exchange is None:
            return
        try:
            reply = self._read(datagram, exchange.request)
        except RadiusError as error:
            exchange.doubt = f"an answer came that does not count: {error.reason.value}"
            return
        self._release(line, identifier, exchange)
        exchange.done(reply)

    def _release(self, line: _Line, identifier: int, exchange: _Exchange) -> None:
        exchange.call_off()
        del line.waiting[identifier]
        if line.retired and not line.waiting:
            line.datagrams.close()
            self._lines.remove(line)


def _nothing() -> None:
    """Call off what was never set."""
