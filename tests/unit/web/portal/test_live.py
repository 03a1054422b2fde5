"""
The stream of live events.
"""

import asyncio

import pytest

from tests.fakes.office import Office
from tests.unit.web.asgi import scope_of
from tests.unit.web.portal.rooms import Room, room_of, visitor
from watchword.app.feed import MOST_LISTENERS, Topic
from watchword.domain.roles import Permission, Role
from watchword.web.portal.live import MAY


class Reader:
    """A browser that listens."""

    def __init__(self, room: Room, path: str) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.said = b""
        self.told = asyncio.Event()
        self.gone = asyncio.Event()
        self._room, self._path = room, path

    async def listen(self) -> None:
        await self._room.app(scope_of(self._path, method="GET"), self._receive, self._send)

    async def until(self, words: bytes) -> None:
        async with asyncio.timeout(5):
            while words not in self.said:
                await self.told.wait()
                self.told.clear()

    async def _receive(self) -> dict[str, object]:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: object) -> None:
        assert isinstance(message, dict)
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        self.said += message.get("body", b"")
        self.told.set()


async def test_whoever_listens_is_told_the_topic_and_nothing_else(room: Room) -> None:
    reader = Reader(room, "/live?topics=bypasses+rules+nonsense")
    async with asyncio.TaskGroup() as group:
        listening = group.create_task(reader.listen())
        await reader.until(b"retry")
        room.feed.operation("bypass.add")
        room.feed.operation("user.add")
        await reader.until(b"event: changed\ndata: bypasses\n\n")
        reader.gone.set()
        await listening

    assert (reader.status, reader.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    assert reader.headers["cache-control"] == "no-store"
    assert b"users" not in reader.said
    assert b"rules" not in reader.said


async def test_a_stream_ends_with_the_process(room: Room) -> None:
    reader = Reader(room, "/live?topics=bypasses")
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        group.create_task(reader.listen())
        await reader.until(b"retry")
        room.feed.close()


@pytest.mark.parametrize("role", [Role.HELP_DESK, Role.AUDITOR])
async def test_a_role_hears_of_what_it_may_see(office: Office, role: Role) -> None:
    room = room_of(office, visitor(role))
    reader = Reader(room, "/live?topics=" + "+".join(Topic))
    async with asyncio.TaskGroup() as group:
        listening = group.create_task(reader.listen())
        await reader.until(b"retry")
        room.feed.publish(Topic.RULES, Topic.BYPASSES)
        await reader.until(b"bypasses")
        reader.gone.set()
        await listening

    assert (b"rules" in reader.said) == (role is Role.AUDITOR)


async def test_nothing_to_hear_is_no_stream(room: Room) -> None:
    assert (await room.get("/live")).status == 404
    assert (await room.get("/live?topics=nonsense")).status == 404


async def test_one_too_many_is_told_to_come_back(room: Room) -> None:
    for _ in range(MOST_LISTENERS):
        room.feed.listen([Topic.RULES])

    assert (await room.get("/live?topics=rules")).status == 503


def test_every_topic_says_who_may_hear_of_it() -> None:
    assert set(MAY) == set(Topic)
    assert all(permission.only_reads for permission in MAY.values())
    assert Permission.RULE_WRITE not in MAY.values()
