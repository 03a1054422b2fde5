"""
Activity as it happens, as server-sent events or as a JSON object a line.
"""

from collections.abc import AsyncIterator
from contextlib import suppress
from enum import StrEnum
from typing import Final

import msgspec
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from watchword.app.manage.following import Following
from watchword.ports.login import StoreAway
from watchword.web.problems import problem

STREAM: Final = "/activity/stream"

MOST_STREAMS: Final = 200
"""Those who follow at once."""


class Form(StrEnum):
    """How rows are written."""

    EVENTS = "text/event-stream"
    LINES = "application/x-ndjson"


class Streams:
    """Everybody who follows."""

    def __init__(self) -> None:
        self._following: set[Following] = set()

    def form(self, accept: str) -> Form | None:
        """Return how somebody wants rows written who accepts these, None where he cannot have them."""
        kinds = {part.partition(";")[0].strip().lower() for part in accept.split(",")}
        if kinds & {Form.EVENTS, "text/*", "*/*"}:
            return Form.EVENTS
        return Form.LINES if kinds & {Form.LINES, "application/*"} else None

    def response(self, following: Following, form: Form) -> Response:
        """Return what tells of everything that is followed."""
        if len(self._following) >= MOST_STREAMS:
            following.close()
            return problem(503)
        return _Followed(following, self._following, form)

    def close(self) -> None:
        """End what is followed."""
        for following in tuple(self._following):
            following.close()


class _Followed(Response):
    """What is followed, and followed no more once this was sent or nobody is there to read it."""

    def __init__(self, following: Following, all_: set[Following], form: Form) -> None:
        super().__init__()
        self._following = following
        self._all = all_
        self._form = form
        all_.add(following)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            with self._following:
                if scope["method"] == "HEAD":
                    await Response(media_type=self._form.value)(scope, receive, send)
                else:
                    await StreamingResponse(self._rows(), media_type=self._form.value)(scope, receive, send)
        finally:
            self._all.discard(self._following)

    async def _rows(self) -> AsyncIterator[bytes]:
        # Whoever reads knows at once that he is heard: the first row may be hours away.
        yield b": following\n\n" if self._form is Form.EVENTS else b""
        # A store that went away is the end of what can be followed.
        with suppress(StoreAway):
            async for row in self._following:
                octets = msgspec.json.encode(row)
                if self._form is Form.LINES:
                    yield octets + b"\n"
                else:
                    yield b"id: " + row.id.encode() + b"\nevent: activity\ndata: " + octets + b"\n\n"
