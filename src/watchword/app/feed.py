"""
Live events: that something has changed, told after it was committed, to whoever looks at it.

An event is a topic and nothing else: who is told fetches what he may see. Nothing is queued, so nothing can grow: a
listener remembers which topics have changed since he last looked.
"""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from enum import StrEnum
from types import TracebackType
from typing import Final, Self

from watchword.domain.events import Activity


class Topic(StrEnum):
    """What can change."""

    ACTIVITY = "activity"
    APPLICATIONS = "applications"
    BYPASSES = "bypasses"
    GROUPS = "groups"
    PENDING = "pending"
    RULES = "rules"
    SERVERS = "servers"
    SETTINGS = "settings"
    USERS = "users"


MOST_LISTENERS: Final = 500

_OF_NOUNS: Final = {
    "application": (Topic.APPLICATIONS,),
    "bypass": (Topic.BYPASSES, Topic.USERS),
    "directory": (Topic.APPLICATIONS,),
    "group": (Topic.GROUPS,),
    "method": (Topic.USERS,),
    "rule": (Topic.RULES,),
    "server": (Topic.SERVERS,),
    "setting": (Topic.SETTINGS,),
    "user": (Topic.USERS,),
}
"""What an operation may have changed, by the noun of its name."""


class Listener:
    """One who wants to know of some topics, until the block ends that he is entered with."""

    def __init__(self, feed: "Feed", topics: frozenset[Topic]) -> None:
        self._feed = feed
        self.topics = topics
        self._changed: set[Topic] = set()
        self._news = asyncio.Event()
        self._over = asyncio.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._feed.leave(self)

    def told(self, topic: Topic) -> None:
        """Take note that something has changed."""
        if topic in self.topics:
            self._changed.add(topic)
            self._news.set()

    def end(self) -> None:
        """Let whoever waits go."""
        self._over.set()
        self._news.set()

    async def ended(self, seconds: float) -> bool:
        """Wait for the end, at most `seconds`: what changes meanwhile is told together afterwards."""
        return await _comes(self._over, seconds)

    async def changed(self, seconds: float) -> frozenset[Topic] | None:
        """Return what has changed since the last call, nothing after `seconds` without news, None when it is over."""
        await _comes(self._news, seconds)
        if self._over.is_set():
            return None
        changed = frozenset(self._changed)
        self._changed.clear()
        self._news.clear()
        return changed


async def _comes(event: asyncio.Event, seconds: float) -> bool:
    """Wait for an event, at most `seconds`; tell whether it came."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
    return event.is_set()


class Feed:
    """Tells of what has changed."""

    def __init__(self) -> None:
        self._listeners: set[Listener] = set()
        self._closed = False

    def listen(self, topics: Iterable[Topic]) -> Listener | None:
        """Let somebody listen from now on; None where too many do."""
        if self._closed or len(self._listeners) >= MOST_LISTENERS:
            return None
        listener = Listener(self, frozenset(topics))
        self._listeners.add(listener)
        return listener

    def leave(self, listener: Listener) -> None:
        """Tell him no more."""
        self._listeners.discard(listener)

    def close(self) -> None:
        """Let everybody go who listens."""
        self._closed = True
        for listener in tuple(self._listeners):
            listener.end()

    def publish(self, *topics: Topic) -> None:
        """Tell that something has changed; it is committed."""
        for listener in self._listeners:
            for topic in topics:
                listener.told(topic)

    def activity(self, row: Activity) -> None:
        """Tell of a committed row of activity."""
        if self._listeners:
            self.publish(Topic.ACTIVITY, *((Topic.BYPASSES,) if row.bypass is not None else ()))

    def pending(self) -> None:
        """Tell that a login began to wait, is contended, or waits no more."""
        if self._listeners:
            self.publish(Topic.PENDING)

    def operation(self, name: str) -> None:
        """Tell of an operation that was done."""
        self.publish(*_OF_NOUNS.get(name.partition(".")[0], ()))
