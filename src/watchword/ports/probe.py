"""
How an application is tried out: a datagram is sent as a client of it would, and the answer is waited for.
"""

from collections.abc import Awaitable, Callable
from typing import Protocol


class Probe(Protocol):
    """Sends datagrams that are no business of a listener's."""

    def address_towards(self, host: str, port: int) -> Awaitable[str | None]:
        """Return the own address that a datagram to `host` would leave from, None where there is no way there."""

    def exchange(
        self, datagram: bytes, *, host: str, port: int, seconds: float, fits: Callable[[bytes], bool]
    ) -> Awaitable[bytes | None]:
        """Send a datagram once and return the first answer that `fits`, None where none comes in time or can come."""
