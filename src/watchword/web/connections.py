"""
Connections that do not wait for ever: whoever opens one says within seconds what he wants, or it is closed.

Without this a stranger could hold every file descriptor that the process has, and the database would have none left.
"""

import asyncio
import resource
from typing import Any, Final

from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

HEAD_SECONDS: Final = 10
"""Seconds between the opening of a connection, or its last answer, and the whole head of the next request."""

MOST_CONNECTIONS: Final = 25_000
"""Connections at once, where the system grants so many: every poll that is allowed, and some."""


def most_connections() -> int:
    """Return how many connections there may be at once: half of the file descriptors stay for everything else."""
    granted, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return min(MOST_CONNECTIONS, granted // 2)


class ImpatientProtocol(H11Protocol):
    """One connection."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._most = most_connections()
        self._late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection, if there is room."""
        super().connection_made(transport)
        if len(self.connections) > self._most:
            transport.abort()
            return
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Expect nothing of it any more."""
        self._expect_nothing()
        super().connection_lost(exc)

    def handle_websocket_upgrade(self, event: Any) -> None:
        """Let go of a connection that becomes a WebSocket."""
        self._expect_nothing()
        super().handle_websocket_upgrade(event)

    def on_response_complete(self) -> None:
        """Expect the next request, if there is to be one."""
        self._expect_head()
        super().on_response_complete()

    def is_late(self) -> None:
        """Close the connection, unless it waits for an answer of ours."""
        last: RequestResponseCycle | None = self.cycle
        if last is None or last.response_complete:
            self.transport.abort()

    def _expect_head(self) -> None:
        self._expect_nothing()
        self._late = self.loop.call_later(HEAD_SECONDS, self.is_late)

    def _expect_nothing(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None
