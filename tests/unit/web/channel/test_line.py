"""
Portal and server over real sockets: who is let in, what crosses, and what becomes of it when the line breaks.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from tests.fakes.line import SERVER, Bench, PortalEnd, ServerEnd
from watchword.domain.servers import ServerId


@asynccontextmanager
async def line() -> AsyncIterator[tuple[PortalEnd, ServerEnd]]:
    """Yield a portal and a server that is connected to it."""
    bench = Bench()
    portal = PortalEnd(bench)
    async with portal.serving():
        server = ServerEnd(bench, portal)
        try:
            await until(lambda: server.kept.is_up and not server.requests.is_away)
            yield portal, server
        finally:
            server.kept.stop()
            await bench.tasks.stop()
    assert not bench.faults, bench.text.getvalue()


async def until(condition: Callable[[], bool]) -> None:
    """Let the loop turn until something is so."""
    async with asyncio.timeout(5):
        while not condition():
            turned = asyncio.get_running_loop().create_future()
            asyncio.get_running_loop().call_later(0.005, turned.set_result, None)
            await turned


async def test_a_server_gets_its_configuration_and_is_heard() -> None:
    async with line() as (portal, server):
        await until(lambda: ServerId(SERVER) in portal.heard.last)

        contact = portal.heard.last[ServerId(SERVER)]
        assert server.configurations[-1].applications == portal.world.configuration.value.applications
        assert (contact.address, contact.report.host_name) == ("127.0.0.1", "vpn-mfa-1.example.com")
        assert contact.report.listeners == ("radius 127.0.0.1:1812",)
        await until(lambda: server.kept.heard_at is not None)


pytest.mark.usefixtures()
