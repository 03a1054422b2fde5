"""
The MFA server as one file over HTTP: by its digest alone, and not so often that others get nothing.
"""

import asyncio
import http
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.types import ASGIApp, Message

from tests.fakes.office import Office
from tests.unit.app.servers.test_downloading import FILE
from tests.unit.web.asgi import ask, scope_of
from tests.unit.web.phones import Portal
from watchword.ports.downloads import DownloadProgress, DownloadState
from watchword.web.downloads import MOST, MOST_OF_ONE

OCTETS = bytes(range(256)) * 1_000
PATH = f"/download/{FILE.sha256}/{FILE.name}"


@pytest.fixture
def portal(office: Office, tmp_path: Path) -> Portal:
    office.offered.stands = DownloadProgress(state=DownloadState.READY, percent=100, file=FILE)
    office.offered.path = tmp_path / FILE.name
    office.offered.path.write_bytes(OCTETS)
    return Portal(office)


async def test_whoever_knows_the_digest_gets_the_file(portal: Portal) -> None:
    answer = await ask(portal.app, PATH, method="GET")

    assert (answer.status, answer.body) == (200, OCTETS)
    assert answer.headers["content-length"] == str(len(OCTETS))
    assert answer.headers["content-disposition"] == f'attachment; filename="{FILE.name}"'
    assert answer.headers["etag"] == f'"{FILE.sha256}"'
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_nobody_else_sees_that_there_is_one(portal: Portal) -> None:
    for path in (f"/download/{'0' * 64}/{FILE.name}", f"/download/{FILE.sha256}/other.pyz", "/download/x/y"):
        assert (await ask(portal.app, path, method="GET")).status == 404
    assert (await ask(portal.app, PATH, method="POST")).status == 405


async def test_what_was_cut_off_is_gone_on_with(portal: Portal) -> None:
    answer = await ask(
        portal.app, PATH, method="GET", headers={"range": "bytes=255000-", "if-range": f'"{FILE.sha256}"'}
    )

    assert (answer.status, answer.body) == (206, OCTETS[255_000:])


class Slow:
    """Somebody who takes the head of the answer, and nothing more until he is let go on."""

    def __init__(self, app: ASGIApp, client: str) -> None:
        self.status = 0
        self.head = asyncio.Event()
        self.on = asyncio.Event()
        self._served = app(scope_of(PATH, method="GET", client=(client, 4711)), self._receive, self._send)

    async def _receive(self) -> Message:
        await asyncio.Event().wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.head.set()
            await self.on.wait()

    async def run(self) -> None:
        await self._served


async def test_one_network_cannot_keep_all_others_from_it(portal: Portal) -> None:
    async with asyncio.TaskGroup() as group:
        slow = [Slow(portal.app, "192.0.2.7") for _ in range(MOST_OF_ONE)]
        for each in slow:
            group.create_task(each.run())
            await each.head.wait()
        refused = await ask(portal.app, PATH, method="GET", client=("192.0.2.7", 4711))
        assert refused.status == http.HTTPStatus.SERVICE_UNAVAILABLE
        assert (await ask(portal.app, PATH, method="GET", client=("192.0.2.8", 4711))).status == 200
        for each in slow:
            each.on.set()
    assert (await ask(portal.app, PATH, method="GET", client=("192.0.2.7", 4711))).status == 200


async def test_so_many_are_served_at_once_and_no_more(portal: Portal) -> None:
    async with asyncio.TaskGroup() as group:
        slow = [Slow(portal.app, f"198.51.100.{number}") for number in range(MOST)]
        for each in slow:
            group.create_task(each.run())
            await each.head.wait()
        assert (await ask(portal.app, PATH, method="GET")).status == 503
        for each in slow:
            each.on.set()


async def test_a_file_that_is_not_there_yet_is_not_there(portal: Portal) -> None:
    portal.office.offered.stands = replace(portal.office.offered.stands, file=None)

    assert (await ask(portal.app, PATH, method="GET")).status == 404
