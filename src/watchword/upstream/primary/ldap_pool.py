"""
Connections to one LDAP directory that are kept for the next search.

The one used last is used next, so that the others grow idle and are closed. What the directory itself has closed is not
given out, and nothing is kept beyond its age.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from watchword.kit.clock import NANOSECONDS, Clock
from watchword.kit.timers import Timers
from watchword.upstream.primary.ldap_connection import Connection

MOST_KEPT: Final = 8
"""Connections that are kept while nobody searches."""

IDLE_SECONDS: Final = 60
"""Seconds after which a connection that nobody used is closed, before a firewall on the way forgets it."""

AGE_SECONDS: Final = 900
"""Seconds after which a connection is not used again, so that no bind outlives for long what its account may do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pooled:
    """A connection on which searches may run. `opened_at` is a monotonic nanosecond."""

    connection: Connection
    opened_at: int


class Pool:
    """The connections that nobody uses at the moment."""

    def __init__(self, clock: Clock, timers: Timers) -> None:
        self._clock = clock
        self._timers = timers
        self._idle: dict[Pooled, Callable[[], None]] = {}

    def take(self) -> Pooled | None:
        """Give out a connection, None where none is left that is of use."""
        while self._idle:
            pooled, call_off = self._idle.popitem()
            call_off()
            if self._is_young(pooled) and pooled.connection.usable:
                return pooled
            pooled.connection.close()
        return None

    def put(self, pooled: Pooled) -> None:
        """Keep a connection on which nothing is in progress, or close it where that would be one too many."""
        if len(self._idle) >= MOST_KEPT or not self._is_young(pooled):
            pooled.connection.close()
            return
        idle_until = self._clock.monotonic() + IDLE_SECONDS * NANOSECONDS
        self._idle[pooled] = self._timers.at(idle_until, partial(self._drop, pooled))

    def close(self) -> None:
        """Close what is kept."""
        for pooled, call_off in self._idle.items():
            call_off()
            pooled.connection.close()
        self._idle.clear()

    def _drop(self, pooled: Pooled) -> None:
        del self._idle[pooled]
        pooled.connection.close()

    def _is_young(self, pooled: Pooled) -> bool:
        return self._clock.monotonic() - pooled.opened_at < AGE_SECONDS * NANOSECONDS
