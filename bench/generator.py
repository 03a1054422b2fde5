"""
A RADIUS client that keeps so many requests outstanding, or sends them at a fixed pace, and measures what comes back.

It stands on a core of its own, makes every packet before the clock starts, and proves each answer afterwards.
"""

import select
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from watchword.kit.randomness import SystemRandomness
from watchword.wire.radius.attributes import AttributeType
from watchword.wire.radius.client import access_request
from watchword.wire.radius.packet import Code
from watchword.wire.radius.shared_secret import SharedSecret

SECRET: Final = b"a secret of the benchmark alone"
IDENTIFIERS: Final = 256
PATIENCE: Final = 2.0
"""Seconds after which an answer is given up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """One login to ask for."""

    user: str
    password: bytes
    station: bytes = b"198.51.100.7"


@dataclass(slots=True)
class Answered:
    """What came of a run: how many were asked, what each answer was, how long each and all of them took, in seconds."""

    asked: int
    seconds: float
    codes: list[int] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)

    def rate(self) -> float:
        """Return answers a second."""
        return len(self.codes) / self.seconds

    def share(self, code: Code) -> float:
        """Return which part of what was asked was answered so."""
        return self.codes.count(code) / self.asked

    def percentile(self, part: float) -> float:
        """Return the latency that this part of the answers did not exceed, in milliseconds."""
        ordered = sorted(self.latencies)
        return 1_000 * ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else 0.0


def packets(askings: Sequence[Asking]) -> list[bytes]:
    """Make the packets, whose identifiers go round."""
    secret, randomness = SharedSecret(SECRET), SystemRandomness()
    return [
        access_request(
            secret,
            identifier=number % IDENTIFIERS,
            authenticator=randomness.octets(16),
            user_name=asking.user,
            password=asking.password,
            attributes=((AttributeType.CALLING_STATION_ID, asking.station), (AttributeType.NAS_IDENTIFIER, b"bench")),
        )
        for number, asking in enumerate(askings)
    ]


def opened(source: str, server: tuple[str, int]) -> socket.socket:
    """Open a socket of a client at `source`."""
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * 1024 * 1024)
    made.bind((source, 0))
    made.connect(server)
    made.settimeout(0)
    return made


class Run:
    """One run over one socket."""

    def __init__(self, client: socket.socket, requests: Sequence[bytes]) -> None:
        self._client = client
        self._requests = requests
        self._sent_at = [0.0] * IDENTIFIERS
        self._number = [-1] * IDENTIFIERS
        self._sent = 0
        self._open = 0
        self._replies: list[tuple[bytes, int]] = []
        self._latencies: list[float] = []

    def closed_loop(self, outstanding: int) -> Answered:
        """Send all, never more than `outstanding` unanswered."""
        begun = time.perf_counter()
        while self._sent < len(self._requests) or self._open:
            while self._open < outstanding and self._sent < len(self._requests):
                self._send()
            if not self._receive(PATIENCE):
                break
        return self._answered(begun)

    def open_loop(self, rate: float) -> Answered:
        """Send `rate` a second, whatever comes back; a latency counts from when a request was due."""
        begun = time.perf_counter()
        while self._sent < len(self._requests):
            due = begun + self._sent / rate
            now = time.perf_counter()
            if now >= due:
                self._send(due)
            else:
                self._receive(due - now)
        while self._open and self._receive(PATIENCE):
            pass
        return self._answered(begun)

    def _send(self, at: float | None = None) -> None:
        request = self._requests[self._sent]
        identifier = request[1]
        if self._number[identifier] >= 0:
            self._open -= 1
        self._number[identifier] = self._sent
        self._sent_at[identifier] = time.perf_counter() if at is None else at
        self._client.send(request)
        self._sent += 1
        self._open += 1

    def _receive(self, seconds: float) -> bool:
        if not select.select([self._client], [], [], seconds)[0]:
            return False
        try:
            while True:
                reply = self._client.recv(4096)
                identifier = reply[1]
                number = self._number[identifier]
                if number >= 0:
                    self._latencies.append(time.perf_counter() - self._sent_at[identifier])
                    self._replies.append((reply, number))
                    self._number[identifier] = -1
                    self._open -= 1
        except BlockingIOError:
            return True

    def _answered(self, begun: float) -> Answered:
        took = time.perf_counter() - begun
        secret = SharedSecret(SECRET)
        codes, latencies = [], []
        for (reply, number), latency in zip(self._replies, self._latencies, strict=True):
            authenticator = self._requests[number][4:20]
            # On a machine that is busy otherwise an answer may be so late that its identifier is another request's.
            if secret.digest(reply[:4] + authenticator + reply[20:]) == reply[4:20]:
                codes.append(reply[0])
                latencies.append(latency)
        return Answered(len(self._requests), took, codes, latencies)
