"""
What happened at a server while no portal answered, written down here once.

The server gives each row an identifier and tells it until it was acknowledged; a row whose identifier stands here
already was told before.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from watchword.app.channel.offline_reports import LONGEST, OfflineReports, kind_of
from watchword.app.channel.parts import Caller
from watchword.domain.applications import ApplicationId
from watchword.domain.events import Activity
from watchword.domain.trace import Answer, Question, Step
from watchword.domain.users import Person, Unknown, fold
from watchword.domain.verification import ActivityId, OutcomeKind, Reason
from watchword.kit.clock import MICROSECONDS, Clock
from watchword.kit.identifiers import LENGTH, made_at
from watchword.kit.tasks import Tasks
from watchword.ports.login import Committed, Ledger, StoreAway, Unit
from watchword.ports.records import Reader, Records
from watchword.wire.channel.away import Away, Offline

EARLIEST: Final = 30 * 86_400 * MICROSECONDS
LATEST: Final = 300 * MICROSECONDS
"""
How far from now an identifier may have been made, in microseconds: rows are found by their identifiers' time, and one
from another century would stand before all others for ever.
"""


class AwayReports:
    """Writes them down."""

    def __init__(
        self, *, records: Records, ledger: Ledger, clock: Clock, tasks: Tasks, offline: OfflineReports
    ) -> None:
        self._offline = offline
        self._records = records
        self._ledger = ledger
        self._clock = clock
        self._tasks = tasks
        self._turn = asyncio.Lock()

    def take(self, caller: Caller, rows: Sequence[Away], done: Callable[[bool], None]) -> None:
        """Write rows down, and call `done` with whether all of them are durable."""
        self._tasks.start(self._take(caller, rows, done), name="report")

    async def _take(self, caller: Caller, rows: Sequence[Away], done: Callable[[bool], None]) -> None:
        durable = False
        try:
            # One after the other: what one report writes the next one finds.
            async with self._turn:
                durable = await self._write(caller, [row for row in rows if self._is_sound(row)])
        except StoreAway:
            durable = False
        finally:
            done(durable)

    async def _write(self, caller: Caller, rows: Sequence[Away]) -> bool:
        now = self._clock.now()
        plain = [row for row in rows if row.offline is None]
        activity = await self._records.read(lambda records: tuple(_new(records, plain, caller, now)))
        if activity:
            committed: asyncio.Future[Committed] = asyncio.get_running_loop().create_future()
            self._ledger.commit(Unit(writes=(), activity=activity), committed.set_result)
            if await committed is not Committed.TAKEN:
                return False
        for row in rows:
            if row.offline is not None and not await self._decided(caller, row, row.offline):
                return False
        return True

    async def _decided(self, caller: Caller, row: Away, told: Offline) -> bool:
        key = ActivityId(row.key)
        known = await self._records.read(lambda records: records.activity_row(key))
        return known is not None or await self._offline.take(caller, row, told)

    def _is_sound(self, row: Away) -> bool:
        if len(row.key) != LENGTH or row.count < 1:
            return False
        return -EARLIEST <= made_at(row.key) - self._clock.now() <= LATEST


def _new(records: Reader, rows: Sequence[Away], caller: Caller, now: int) -> Iterator[Activity]:
    """Yield the activity of those rows that do not stand here yet."""
    seen: set[bytes] = set()
    for row in rows:
        if row.key in seen or records.activity_row(ActivityId(row.key)) is not None:
            continue
        seen.add(row.key)
        name = fold(row.user_name)
        found = Unknown() if name is None else records.resolve(name)
        user = found.user if isinstance(found, Person) else None
        yield Activity(
            id=ActivityId(row.key),
            at=min(row.at, now),
            group=caller.group,
            kind=OutcomeKind.DENIED,
            reason=Reason.PORTAL_AWAY,
            user=None if user is None else user.id,
            user_name=row.user_name[:LONGEST] if user is None else user.username,
            epoch=0 if user is None else user.epoch,
            application=ApplicationId(row.application),
            authentication_type=kind_of(row.authentication_type),
            client=row.client[:LONGEST],
            source=None if row.source is None else row.source[:LONGEST],
            server=caller.name,
            count=row.count,
            trace=(Step(Question.PORTAL, Answer.NO, decided=True, detail=row.why[:LONGEST]),),
        )
