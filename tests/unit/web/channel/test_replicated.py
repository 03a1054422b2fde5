"""
What is promised of servers hangs on what they were told: a beat is answered, and a block has reached them, after that.

A configuration that comes into force makes a server beat at once.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.fakes.line import SERVER, Bench, PortalEnd, ServerEnd
from tests.unit.web.channel.test_line import until
from watchword.domain.servers import ServerId
from watchword.kit.clock import NANOSECONDS
from watchword.wire.channel.messages import Replicate


class Told:
    """Replicas of which everything was told, or not."""

    def __init__(self) -> None:
        self.is_told = True
        self.follows_all = True
        self.asked: list[Replicate] = []
        self.left = 0

    def ask(self, _say: object, wanted: Replicate) -> None:
        self.asked.append(wanted)

    def leave(self, _say: object) -> None:
        self.left += 1

    def follows(self, _say: object) -> bool:
        return self.follows_all

    async def settle(self, _seconds: float) -> bool:
        return self.is_told


@asynccontextmanager
async def line() -> AsyncIterator[tuple[PortalEnd, ServerEnd, Told]]:
    """Yield a portal, a server that is connected to it, and what the portal has told."""
    bench, told = Bench(), Told()
    portal = PortalEnd(bench, replicas=told)
    async with portal.serving():
        server = ServerEnd(bench, portal)
        try:
            await until(lambda: not server.requests.is_away)
            yield portal, server, told
        finally:
            server.kept.stop()
            await bench.tasks.stop()
    assert not bench.faults, bench.text.getvalue()


async def test_a_beat_is_answered_once_a_server_was_told_everything() -> None:
    async with line() as (portal, server, told):
        await until(lambda: server.kept.heard_at)
        told.is_told = False
        before = server.kept.heard_at
        portal.world.configuration.swap(portal.world.configuration.value)
        portal.heard.last.clear()
        await until(lambda: ServerId(SERVER) in portal.heard.last)
        told.is_told = True
        assert server.kept.heard_at == before, "it would act for longer than was promised"
        portal.world.configuration.swap(portal.world.configuration.value)
        await until(lambda: server.kept.heard_at != before)


async def test_a_server_that_could_not_be_told_was_not_reached() -> None:
    async with line() as (portal, server, told):
        assert await portal.hub.settle() == {ServerId(SERVER)}
        told.is_told = False
        assert await portal.hub.settle() == frozenset()
        told.follows_all = False
        assert await portal.hub.settle() == {ServerId(SERVER)}, "one without a replica decides nothing by itself"
        assert server.kept.is_up


async def test_what_a_server_asks_for_is_asked_of_the_replicas_and_left_with_it() -> None:
    async with line() as (portal, server, told):
        deadline = server.bench.clock.monotonic() + NANOSECONDS
        wanted = Replicate(run=b"run", serial=7)
        server.requests.ask(1, lambda _left: wanted, lambda _reply: None, deadline=deadline, anew=True)
        await until(lambda: told.asked)
        assert told.asked == [wanted]
        server.kept.stop()
        await until(lambda: told.left)
        assert len(portal.hub) == 0
