"""
Activity as it happens, over the API.
"""

import asyncio
import json
from typing import Any

import pytest
from starlette.types import Message

from tests.fakes.office import Office
from tests.unit.web.api.desk import KEYS, Desk
from tests.unit.web.asgi import scope_of
from tests.unit.web.test_control import happened
from watchword.domain.roles import Role
from watchword.web.api import streaming

PATH = "/api/v1/activity/stream"


class Reader:
    """A program that reads until it goes away."""

    def __init__(
        self, desk: Desk, *, accept: str, query: bytes = b"", path: str = PATH, headers: dict[str, str] | None = None
    ) -> None:
        shown = {"authorization": f"Bearer {KEYS[Role.AUDITOR]}", "accept": accept} | (headers or {})
        self._app = desk.app
        self._scope = {**scope_of(path, method="GET", headers=shown), "query_string": query}
        self._gone = asyncio.Event()
        self._pieces: asyncio.Queue[bytes] = asyncio.Queue()
        self.begun: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    async def __call__(self) -> None:
        await self._app(self._scope, self._receive, self._send)

    async def piece(self) -> bytes:
        while not (piece := await self._pieces.get()):
            pass
        return piece

    def leave(self) -> None:
        self._gone.set()

    async def _receive(self) -> Message:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.begun.set_result({name.decode(): value.decode() for name, value in message["headers"]})
        else:
            self._pieces.put_nowait(message.get("body", b""))


async def test_a_row_is_an_event(desk: Desk, office: Office) -> None:
    reader = Reader(desk, accept="text/event-stream")
    async with asyncio.TaskGroup() as both:
        both.create_task(reader())
        assert (await reader.begun)["content-type"].startswith("text/event-stream")
        assert await reader.piece() == b": following\n\n"
        happened(office, 1)
        lines = (await reader.piece()).splitlines()
        reader.leave()

    assert lines[:2] == [b"id: 00000000-0000-0000-0000-000000000001", b"event: activity"]
    assert json.loads(lines[2].removeprefix(b"data: "))["reason"] == "unknown-user"


async def test_a_row_is_a_line(desk: Desk, office: Office) -> None:
    reader = Reader(desk, accept="application/x-ndjson", query=b"user=stranger")
    async with asyncio.TaskGroup() as both:
        both.create_task(reader())
        await reader.begun
        happened(office, 1, "somebody")
        happened(office, 2)
        row = json.loads(await reader.piece())
        reader.leave()

    assert row["user"] == "Stranger"


async def test_who_follows_is_let_go_when_the_process_ends(desk: Desk) -> None:
    reader = Reader(desk, accept="*/*")
    async with asyncio.TaskGroup() as both:
        both.create_task(reader())
        await reader.begun
        desk.portal.api.close()


async def test_those_who_follow_are_bounded(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "MOST_STREAMS", 0)

    assert (await desk.get("/activity/stream")).status == 503


@pytest.mark.parametrize(
    ("path", "status"),
    [("/activity/stream?user=%07", 422), ("/activity/stream?users=a", 422), ("/activity/stream?user=a&user=b", 422)],
)
async def test_what_cannot_be_followed_is_refused(desk: Desk, path: str, status: int) -> None:
    assert (await desk.get(path)).status == status


async def test_who_may_not_look_may_not_follow(desk: Desk) -> None:
    assert (await desk.get("/activity/stream", role=None)).status == 401
    assert (await desk.get("/activity/stream", headers={"accept": "image/png"})).status == 406


async def test_a_look_at_the_head_follows_nothing(desk: Desk) -> None:
    assert (await desk.ask("HEAD", "/activity/stream")).status == 200
