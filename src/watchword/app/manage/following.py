"""
Activity as it happens, for one who watches.
"""

import asyncio
from collections import deque
from functools import partial
from types import TracebackType
from typing import Final, Self

from watchword.app.administration import Administration, Refusal
from watchword.app.manage.activity import ActivityRow, meant, rows, whose
from watchword.domain.events import Activity
from watchword.domain.users import UserId, fold
from watchword.ports.records import Reader, Records

MOST_BEHIND: Final = 10_000
"""Rows that may wait for one who follows; the oldest are dropped for one who is slower than what happens."""

_AT_ONCE: Final = 500


class Following:
    """The rows that are committed from now on, oldest first, until it is closed: `async for` in a `with` block."""

    def __init__(self, records: Records, *, user: UserId | None, name: str | None) -> None:
        """
        Begin to follow.

        Args:
            records: where rows are committed.
            user: the one whose rows are wanted, None for any.
            name: the folded name whose rows are wanted where it is nobody's.
        """
        self._records = records
        self._user = user
        self._name = name
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
        if wanted:
            self._waiting.append(row)
            self._news.set()


async def follow(context: Administration, user: str | None) -> Following | Refusal:
    """Begin to follow what happens, to everybody or to one user."""
    wanted = whose(user)
    if isinstance(wanted, Refusal):
        return wanted

    def read(records: Reader) -> tuple[UserId | None, str | None]:
        return meant(records, wanted)

    found, name = await context.records.read(read)
    return Following(context.records, user=found, name=None if name is None else fold(name))
