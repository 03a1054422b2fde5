"""
Use cases of administration: reads on threads of their own, changes in the single writer, and who follows it all.
"""

import asyncio
import sqlite3
import threading
from collections.abc import Awaitable, Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

from watchword.domain.configuration import Configuration
from watchword.domain.events import Activity
from watchword.domain.users import UserId
from watchword.kit.clock import Clock
from watchword.kit.sealing import KeyRing, SealBroken
from watchword.ports.login import Committed, StoreAway
from watchword.ports.records import Changer, Reader
from watchword.ports.replicas import PeopleChanged
from watchword.stores.bodies import Unreadable
from watchword.stores.connections import Unusable, connect
from watchword.stores.reader import SqlReader
from watchword.stores.writer import Ended, Group, Work, Writer

Value = TypeVar("Value")

READERS: Final = 2
"""Threads that read for administration."""


PeopleChange = tuple[frozenset[UserId], frozenset[str]]
"""Users and folded names that a group may have changed."""


class Settled(Generic[Value]):
    """An awaitable that has its value already: what there is without a loop."""

    def __init__(self, ended: Ended) -> None:
        self._ended = ended

    def __await__(self) -> Generator[Any, None, Value]:
        """Return the value, or raise what was raised."""
        yield from ()
        if self._ended.raised is not None:
            raise self._ended.raised
        value: Value = self._ended.value
        return value


class Readers:
    """Connections that read, one for each thread that asks."""

    def __init__(self, path: Path, keys: KeyRing, clock: Clock) -> None:
        self._path = path
        self._keys = keys
        self._clock = clock
        self._mine = threading.local()
        self._all: list[sqlite3.Connection] = []
        self._pool: ThreadPoolExecutor | None = None
        self._closed = False

    def run(self, work: Callable[[sqlite3.Connection], Value]) -> Value:
        """Run `work` on this thread, in a transaction that sees one state. Raises `StoreAway`."""
        if self._closed:
            # A walk along the chain, which is many steps, must not hold up a process that ends.
            raise StoreAway("the store is closed")
        try:
            connection: sqlite3.Connection | None = getattr(self._mine, "connection", None)
            if connection is None:
                connection = connect(self._path, reads_only=True)
                self._mine.connection = connection
                self._all.append(connection)
            connection.execute("BEGIN")
            try:
                return work(connection)
            finally:
                connection.execute("ROLLBACK")
        except (sqlite3.Error, Unusable, SealBroken, Unreadable) as problem:
            raise StoreAway(str(problem)) from problem

    def read(self, use_case: Callable[[Reader], Value]) -> Value:
        """Run a use case on this thread."""
        return self.run(lambda connection: use_case(SqlReader(connection, self._keys, self._clock)))

    def submit(self, loop: asyncio.AbstractEventLoop, work: Callable[[], Value]) -> Awaitable[Value]:
        """Run `work` on one of the threads."""
        if self._pool is None:
            self._pool = ThreadPoolExecutor(READERS, thread_name_prefix="watchword-reader")
        return loop.run_in_executor(self._pool, work)

    def close(self) -> None:
        """End the threads and close the connections. Nothing can be read any more."""
        self._closed = True
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None
        for connection in self._all:
            connection.close()


class SqlRecords:
    """Runs use cases, and tells of what was committed."""

    def __init__(self, readers: Readers, writer: Writer) -> None:
        self.readers = readers
        self._writer = writer
        self._loop: asyncio.AbstractEventLoop | None = None
        self._followers: dict[object, Callable[[Activity], None]] = {}
        self._configured: list[Callable[[Configuration], None]] = []
        self._people: list[Callable[[PeopleChange], None]] = []

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Answer on `loop` from now on."""
        self._loop = loop

    def read(self, use_case: Callable[[Reader], Value]) -> Awaitable[Value]:
        """Run a read off the loop."""
        return self.examine(lambda: self.readers.read(use_case))

    def examine(self, work: Callable[[], Value]) -> Awaitable[Value]:
        """Run something that reads, off the loop; at once where there is none."""
        if self._loop is not None:
            return self.readers.submit(self._loop, work)
        try:
            return Settled(Ended(value=work()))
        except Exception as problem:  # noqa: BLE001 - it is raised again where it is awaited
            return Settled(Ended(raised=problem))

    def change(self, use_case: Callable[[Changer], Value]) -> Awaitable[Value]:
        """Run a change in the writer; durable when this returns. A failed commit raises `StoreAway`."""
        return self.work(Work(lambda committer: committer.change(use_case)))

    def work(self, work: Work) -> Awaitable[Any]:
        """Do a piece of work in the writer."""
        if self._loop is None:
            ended: list[Ended] = []
            self._writer.work(work, ended.append)
            return Settled(ended[0])
        future: asyncio.Future[Any] = self._loop.create_future()

        def settle(ended: Ended) -> None:
            if future.cancelled():
                return
            if ended.raised is None:
                future.set_result(ended.value)
            else:
                future.set_exception(ended.raised)

        self._writer.work(work, settle)
        return future

    def follow(self, told: Callable[[Activity], None]) -> Callable[[], None]:
        """Call `told` on the loop for every committed row of activity, until the function returned is called."""
        follower = object()
        self._followers[follower] = told

        def stop() -> None:
            self._followers.pop(follower, None)

        return stop

    def on_configuration(self, told: Callable[[Configuration], None]) -> None:
        """Call `told` on the loop with the new configuration after every commit that changed it."""
        self._configured.append(told)

    def on_people(self, told: PeopleChanged) -> None:
        """Call `told` on the loop after every commit that changed something of people, before anybody waits for it."""
        self._people.append(lambda change: told(*change))

    def settled(self, group: Group) -> None:
        """Tell whoever follows of what a group committed."""
        if self._people and (change := _of_people(group)) is not None:
            for people in self._people:
                self._tell(people, change)
        if self._followers:
            for unit, result in zip(group.units, group.results, strict=True):
                if result is not Committed.FAILED:
                    self._tell_all(unit.activity if result is Committed.TAKEN else unit.refused())
        touched = None if group.ended is None else group.ended.touched
        if touched is not None and touched.configuration is not None:
            for configured in self._configured:
                self._tell(configured, touched.configuration)

    def _tell_all(self, rows: Sequence[Activity]) -> None:
        for row in rows:
            for told in tuple(self._followers.values()):
                self._tell(told, row)

    def _tell(self, told: Callable[[Value], None], value: Value) -> None:
        try:
            told(value)
        except Exception as problem:
            if self._loop is None:
                raise
            # Others who follow, and everybody who waits for this group, must be told all the same.
            self._loop.call_exception_handler({"message": "a follower of the store failed", "exception": problem})


def _of_people(group: Group) -> PeopleChange | None:
    """Return what a group may have changed of people, None for nothing."""
    touched = None if group.ended is None else group.ended.touched
    if touched is not None:
        change = frozenset(touched.users), frozenset(touched.names)
        return change if any(change) else None
    users: set[UserId] = set()
    for unit, result in zip(group.units, group.results, strict=True):
        if result is Committed.TAKEN and unit.writes:
            # Whatever a login writes is its user's, who stands in its rows.
            users.update(row.user for row in unit.activity if row.user is not None)
    return (frozenset(users), frozenset()) if users else None
