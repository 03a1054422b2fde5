"""
Where the clients stand: one socket for each request, and what is to be done when, in one thread.
"""

import heapq
import select
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from typing import Final

from tests.rigs.nas import Address, Answer, read_answer
from tests.rigs.nas import Request as Packet
from tests.torture.history import Request, Sent

LONGEST_DATAGRAM: Final = 4_096


@dataclass(slots=True, eq=False)
class Line:
    """A request that may still be answered, its packet and its socket."""

    request: Request
    packet: Packet
    socket: socket.socket
    answered: Callable[["Line", Answer], None] | None


def microseconds() -> int:
    """Return the wall clock, as rows of activity have it."""
    return time.time_ns() // 1_000


class Field:
    """All lines, and a heap of what is to be done."""

    def __init__(self, server: Address, heard: Callable[[Line, Answer], None]) -> None:
        """
        Begin with nothing.

        Args:
            server: where RADIUS is served.
            heard: told of every answer that was found whole.
        """
        self._server = server
        self._heard = heard
        self._epoll = select.epoll()
        self._lines: dict[int, Line] = {}
        self._watched: dict[int, Callable[[], None]] = {}
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()

    # --- time

    def after(self, seconds: float, call: Callable[[], None]) -> None:
        """Do something in so many seconds."""
        heapq.heappush(self._heap, (time.monotonic() + seconds, next(self._order), call))

    def forget_plans(self) -> None:
        """Do nothing of what was still to be done."""
        self._heap.clear()

    def run(self, over: Callable[[], bool], seconds: float) -> bool:
        """Do what is due and hear what comes until something is over; False where that takes more than so long."""
        deadline = time.monotonic() + seconds
        while not over():
            now = time.monotonic()
            if now >= deadline:
                return False
            if self._heap and self._heap[0][0] <= now:
                heapq.heappop(self._heap)[2]()
                continue
            due = self._heap[0][0] if self._heap else deadline
            self._hear(max(0.0, min(due, deadline, now + 0.05) - now))
        return True

    # --- what is heard

    def watch(self, descriptor: int, call: Callable[[], None]) -> None:
        """Call when there is something to read."""
        self._watched[descriptor] = call
        self._epoll.register(descriptor, select.EPOLLIN)

    def unwatch(self, descriptor: int) -> None:
        """Call no more."""
        if self._watched.pop(descriptor, None) is not None:
            self._epoll.unregister(descriptor)

    def drain(self) -> None:
        """Hear everything that has come."""
        while self._hear(0):
            pass

    def _hear(self, seconds: float) -> bool:
        heard = False
        for descriptor, _ in self._epoll.poll(seconds):
            line = self._lines.get(descriptor)
            if line is not None:
                heard |= self._listen(line)
            elif descriptor in self._watched:
                self._watched[descriptor]()
        return heard

    def _listen(self, line: Line) -> bool:
        heard = False
        # The server's port may be nobody's for a moment: the system then says so instead of an answer.
        with suppress(BlockingIOError, ConnectionRefusedError):
            while True:
                octets = line.socket.recv(LONGEST_DATAGRAM)
                heard = True
                self._heard(line, read_answer(line.packet, octets))
        return heard

    # --- what is said

    def open(self, request: Request, packet: Packet, answered: Callable[[Line, Answer], None] | None) -> Line:
        """Give a request its socket."""
        opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        opened.settimeout(0)
        opened.bind((request.host, 0))
        opened.connect(self._server)
        line = Line(request, packet, opened, answered)
        self._lines[opened.fileno()] = line
        self._epoll.register(opened.fileno(), select.EPOLLIN)
        return line

    def send(self, line: Line, life: int) -> None:
        """Send a packet, once more where it was sent before."""
        with suppress(ConnectionRefusedError, BlockingIOError):
            line.request.sent.append(Sent(life, microseconds()))
            line.socket.send(line.packet.octets)

    def lines(self) -> list[Line]:
        """Return every line that is open."""
        return list(self._lines.values())

    def hang_up(self, line: Line) -> None:
        """Hear this one no more."""
        descriptor = line.socket.fileno()
        if self._lines.pop(descriptor, None) is not None:
            self._epoll.unregister(descriptor)
            line.socket.close()

    def close(self) -> None:
        """Hear nothing any more."""
        for line in self.lines():
            self.hang_up(line)
        self._epoll.close()
