"""
What a server tells of the time without a portal is written down once, however often it is told (E9).
"""

import asyncio

from tests.contract.folder import Folder
from tests.fakes.changes import replace
from watchword.app.channel.offline_reports import OfflineReports
from watchword.app.channel.parts import Caller
from watchword.app.channel.reports import EARLIEST, LATEST, AwayReports
from watchword.app.directory import CurrentConfiguration
from watchword.app.verify.turns import Turns
from watchword.domain.applications import DEFAULT_GROUP
from watchword.domain.configuration import Configuration
from watchword.domain.events import Activity
from watchword.domain.verification import OutcomeKind, Reason
from watchword.kit.clock import MICROSECONDS
from watchword.kit.tasks import Tasks
from watchword.ports.login import Committed, Unit
from watchword.wire.channel.away import Away

CALLER = Caller(id=b"i" * 16, name="vpn-mfa-1", group=DEFAULT_GROUP)


class Ledger:
    """Commits into the folder at once, or fails."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self.fails = False

    def commit(self, unit: Unit, done: object) -> None:
        assert callable(done)
        done(Committed.FAILED if self.fails else self.folder.group([unit])[0])


class Desk:
    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self.ledger = Ledger(folder)
        self.told: list[bool] = []
        self.faults: list[str] = []

    def fault(self, where: str) -> None:
        self.faults.append(where)

    def away(self, *, key: bytes | None = None, **fields: object) -> Away:
        made = {
            "key": self.folder.identifiers.new() if key is None else key,
            "at": self.folder.clock.now(),
            "count": 2,
            "application": b"a" * 16,
            "authentication_type": "radius",
            "user_name": "Alice@example.org",
            "client": "192.0.2.1",
            "source": "198.51.100.7",
        }
        return Away(**{**made, **fields})

    async def take(self, *reports: tuple[Away, ...]) -> list[bool]:
        tasks = Tasks(fault=self.fault)
        folder = self.folder
        offline = OfflineReports(
            records=folder.store.records,
            ledger=self.ledger,
            turns=Turns(),
            configuration=CurrentConfiguration(Configuration()),
            clock=folder.clock,
            identifiers=folder.identifiers,
        )
        taking = AwayReports(
            records=folder.store.records, ledger=self.ledger, clock=folder.clock, tasks=tasks, offline=offline
        )
        self.told = []
        for rows in reports:
            taking.take(CALLER, rows, self.told.append)
        async with asyncio.timeout(5):
            while len(self.told) < len(reports):
                turned = asyncio.Event()
                asyncio.get_running_loop().call_soon(turned.set)
                await turned.wait()
        assert not self.faults
        return self.told

    def rows(self) -> list[Activity]:
        return self.folder.activity()


async def test_it_is_written_down_once_however_often_it_is_told(folder: Folder) -> None:
    desk, user = Desk(folder), folder.user("alice@example.org")
    row, another = desk.away(), desk.away(user_name="nobody", source=None)
    assert await desk.take((row,), (row, another, another), (row,)) == [True, True, True]
    assert await desk.take((row, another)) == [True]

    known, unknown = sorted(desk.rows(), key=lambda one: one.user_name)
    assert (known.user, known.user_name, known.count) == (user, "alice@example.org", 2)
    assert (unknown.user, unknown.user_name) == (None, "nobody")
    for one in (known, unknown):
        assert (one.kind, one.reason, one.server) == (OutcomeKind.DENIED, Reason.PORTAL_AWAY, "vpn-mfa-1")


async def test_what_cannot_be_committed_is_not_acknowledged_and_written_down_later(folder: Folder) -> None:
    desk = Desk(folder)
    row = desk.away()
    desk.ledger.fails = True
    assert await desk.take((row,)) == [False]
    desk.ledger.fails = False

    assert await desk.take((row,)) == [True]
    assert len(desk.rows()) == 1


async def test_a_server_cannot_put_a_row_where_it_would_stand_for_ever(folder: Folder) -> None:
    desk = Desk(folder)
    now = folder.clock.now() // 1_000

    def key(milliseconds: int) -> bytes:
        return milliseconds.to_bytes(6, "big") + bytes(10)

    rows = (
        desk.away(key=key(now + LATEST // 1_000 + 1)),
        desk.away(key=key(now - EARLIEST // 1_000 - 1)),
        desk.away(key=b"short"),
        desk.away(count=0),
    )
    assert await desk.take(rows) == [True]
    assert desk.rows() == []


async def test_a_row_is_never_later_than_now_and_its_words_are_bounded(folder: Folder) -> None:
    desk = Desk(folder)
    ahead = folder.clock.now() + 3_600 * MICROSECONDS
    await desk.take((desk.away(at=ahead, client="x" * 9_999, authentication_type="telepathy"),))

    (row,) = desk.rows()
    assert row.at == folder.clock.now()
    assert len(row.client) == 500
    assert row.authentication_type is None
    assert replace(row, at=0) != row
