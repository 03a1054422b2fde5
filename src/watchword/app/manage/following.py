"""
Activity as it happens, for one who watches.
"""

import asyncio
from collections import deque
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Final, Self

from watchword.app.administration import Administration, Refusal
from watchword.app.manage import finding
from watchword.app.manage.activity import ActivityRow, meant, rows, whose
from watchword.domain.applications import ApplicationId
from watchword.domain.events import Activity
from watchword.domain.users import UserId, fold
from watchword.domain.verification import OutcomeKind, Reason
from watchword.ports.history import ActivityFilter
from watchword.ports.records import Reader, Records

MOST_BEHIND: Final = 10_000
"""Rows that may wait for one who follows; the oldest are dropped for one who is slower than what happens."""

_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityWanted:
    """Which rows are followed besides whose: those that are all that is said here. `application` is its name."""

    application: str | None = None
    outcome: OutcomeKind | None = None
    reason: Reason | None = None
    source: str | None = None
    server: str | None = None


_ANY: Final = ActivityFilter()

EVERYTHING: Final = ActivityWanted()


class Following:
    """The rows that are committed from now on, oldest first, until it is closed: `async for` in a `with` block."""

    def __init__(
        self, records: Records, *, user: UserId | None, name: str | None, wanted: ActivityFilter = _ANY
    ) -> None:
        """
        Begin to follow.

        Args:
            records: where rows are committed.
            user: the one whose rows are wanted, None for any.
            name: the folded name whose rows are wanted where it is nobody's.
            wanted: what else the rows must be.
        """
        self._records = records
        self._user = user
        self._name = name
        self._wanted = wanted
        self._waiting: deque[Activity] = deque(maxlen=MOST_BEHIND)
        self._ready: deque[ActivityRow] = deque()
        self._news = asyncio.Event()
        self._closed = False
        self._unfollow = records.follow(self.told)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Follow no more, and end whoever waits for the next row; a second time changes nothing."""
        self._unfollow()
        self._closed = True
        self._news.set()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> ActivityRow:
        while not self._ready:
            await self._news.wait()
            if self._closed:
                raise StopAsyncIteration
            found = [self._waiting.popleft() for _ in range(min(_AT_ONCE, len(self._waiting)))]
            if not self._waiting:
                self._news.clear()
            self._ready.extend(await self._records.read(partial(rows, activity=found)))
        return self._ready.popleft()

    def told(self, row: Activity) -> None:
        """Take a row that was committed, if it is wanted."""
        if self._user is not None:
            wanted = row.user == self._user
        else:
            wanted = self._name is None or (row.user is None and fold(row.user_name) == self._name)
        if wanted and self._wanted.fits(row):
            self._waiting.append(row)
            self._news.set()


async def follow(context: Administration, user: str | None, wanted: ActivityWanted = EVERYTHING) -> Following | Refusal:
    """Begin to follow what happens, to everybody or to one user, all of it or what is wanted."""
    whom = whose(user)
    if isinstance(whom, Refusal):
        return whom

    def read(records: Reader) -> tuple[UserId | None, str | None, ApplicationId | None] | Refusal:
        application = None
        if wanted.application is not None:
            found = finding.application(records.configuration(), wanted.application)
            if isinstance(found, Refusal):
                return found
            application = found.id
        return (*meant(records, whom), application)

    found = await context.records.read(read)
    if isinstance(found, Refusal):
        return found
    someone, name, application = found
    rows_wanted = ActivityFilter(
        application=application,
        outcome=wanted.outcome,
        reason=wanted.reason,
        source=wanted.source,
        server=wanted.server,
    )
    return Following(context.records, user=someone, name=None if name is None else fold(name), wanted=rows_wanted)
