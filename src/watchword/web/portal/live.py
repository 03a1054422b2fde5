"""
One stream of live events for each page that is looked at (server-sent events): which topics have changed, no more.

What a reader then sees he fetches through the same doors as everything else. A stream ends by itself after some
minutes, so that whoever is signed out meanwhile is not let in again.
"""

from collections.abc import AsyncIterator
from typing import Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from watchword.app.feed import Feed, Listener, Topic
from watchword.domain.roles import PERMISSIONS, Permission
from watchword.web.portal.doors import Doors
from watchword.web.portal.visitor import Visitor
from watchword.web.problems import problem

MAY: Final = {
    Topic.ACTIVITY: Permission.ACTIVITY_READ,
    Topic.APPLICATIONS: Permission.APPLICATION_READ,
    Topic.BYPASSES: Permission.BYPASS_READ,
    Topic.GROUPS: Permission.SERVER_READ,
    Topic.PENDING: Permission.ACTIVITY_READ,
    Topic.RULES: Permission.RULE_READ,
    Topic.SERVERS: Permission.SERVER_READ,
    Topic.SETTINGS: Permission.SETTING_READ,
    Topic.USERS: Permission.USER_READ,
}
"""What a role must be allowed to hear of a topic."""

QUIET_SECONDS: Final = 20
"""Seconds after which a word is sent all the same, so that nobody between takes the connection for dead."""

APART_SECONDS: Final = 0.5
"""Seconds between two words: a thousand logins a second are two."""

LONGEST_SECONDS: Final = 600
"""How long a stream lasts before its reader has to show again who he is; browsers come back by themselves."""


class Live:
    """Serves live events."""

    def __init__(self, feed: Feed, doors: Doors) -> None:
        self._feed = feed
        self._doors = doors

    def routes(self) -> list[Route]:
        """Return what is served."""
        return [Route("/live", self._doors.signed_in(self._stream), methods=["GET"])]

    async def _stream(self, visitor: Visitor, request: Request) -> Response:
        wanted = request.query_params.get("topics", "").split()
        allowed = PERMISSIONS[visitor.actor.role]
        topics = [topic for topic, permission in MAY.items() if topic.value in wanted and permission in allowed]
        if not topics:
            return problem(404)
        listener = self._feed.listen(topics)
        return problem(503) if listener is None else _Stream(listener)


class _Stream(Response):
    """What one listener is told, and told no more once nobody is there to read it."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._listener:
            headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
            await StreamingResponse(self._words(), media_type="text/event-stream", headers=headers)(
                scope, receive, send
            )

    async def _words(self) -> AsyncIterator[bytes]:
        # The browser waits so long before it comes back.
        yield b"retry: 2000\n\n"
        lasted = 0.0
        while lasted < LONGEST_SECONDS:
            changed = await self._listener.changed(QUIET_SECONDS)
            if changed is None:
                return
            yield b"".join(f"event: changed\ndata: {topic.value}\n\n".encode() for topic in sorted(changed)) or b":\n\n"
            lasted += APART_SECONDS if changed else QUIET_SECONDS
            if changed and await self._listener.ended(APART_SECONDS):
                return
