"""
The store on SQLite: opens a data folder, and hands out what implements the ports.

`DIR/lock` is held while it is open. Files in the folder: `watchword.db` with its write-ahead log, `keys` (the key
ring), `generation`, `lock`. Whatever is wrong with them is one sentence (`Refused`), and nothing is half-written then.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import ClassVar, Final, Protocol, Self

from watchword.kit import sealing
from watchword.kit.clock import Clock
from watchword.kit.identifiers import Identifiers
from watchword.kit.randomness import Randomness
from watchword.kit.sealing import KeyRing, KeysUnusable
from watchword.stores import generation, migrations, schema
from watchword.stores.committer import Committer
from watchword.stores.connections import NAME, Unusable, connect, sentence
from watchword.stores.generation import Generation
from watchword.stores.journal import head
from watchword.stores.lock import Held, Lock
from watchword.stores.people import KEPT, SqlPeople
from watchword.stores.records import Readers, SqlRecords
from watchword.stores.restoring import Restored, is_restored, void
from watchword.stores.upkeep import SqlUpkeep
from watchword.stores.writer import Group, Writer

KEYS: Final = "keys"

Refused = (Unusable, KeysUnusable, Held)
"""What `SqliteStore.open` raises: each message is one sentence for an administrator."""


class FlooredClock(Clock, Protocol):
    """A clock that can be told what time it has been already."""

    def raise_floor(self, floor: int) -> None:
        """Let `now` start no earlier than `floor`, in UTC microseconds."""


class SqliteStore:
    """
    An open data folder.

    Attributes:
        writer: what commits; the simulation has one whose thread is a seeded order of events.
    """

    writer: ClassVar[type[Writer]] = Writer

    def __init__(  # noqa: PLR0913 - the parts it is made of
        self,
        *,
        directory: Path,
        keys: KeyRing,
        key_file: Path,
        clock: Clock,
        committer: Committer,
        connection: sqlite3.Connection,
        past: Generation,
        restored: Restored | None,
        kept: int,
        resources: ExitStack,
    ) -> None:
        """Put together what `open` has opened, and own it from the end on."""
        path = directory / NAME
        self.keys: Final = keys
        self.restored: Final = restored
        self._told: list[Callable[[int], None]] = []
        self._readers = Readers(path, keys, clock)
        resources.callback(self._readers.close)
        reading = connect(path, reads_only=True)
        resources.callback(reading.close)
        self.people: Final = SqlPeople(reading, keys, clock, kept=kept)
        self.ledger: Final = self.writer(committer, generation=past, clock=clock, settled=self._settled)
        self.records: Final = SqlRecords(self._readers, self.ledger)
        self.upkeep: Final = SqlUpkeep(
            connection=connection,
            keys=keys,
            key_file=key_file,
            generation=past,
            readers=self._readers,
            records=self.records,
        )
        self._resources = resources.pop_all()

    @classmethod
    def open(
        cls,
        directory: Path,
        *,
        clock: FlooredClock,
        randomness: Randomness,
        key_file: Path | None = None,
        kept: int = KEPT,
    ) -> Self:
        """
        Open a data folder, made where there is none.

        Args:
            directory: the folder; from now on nobody but its owner may enter it.
            clock: told not to go back behind what was written here.
            randomness: where keys and nonces come from.
            key_file: the sealing keys, `keys` in the folder where it is None.
            kept: persons and names that are kept in memory.

        Raises one of `Refused`.
        """
        key_file = directory / KEYS if key_file is None else key_file
        with ExitStack() as resources:
            try:
                _own(directory)
                resources.callback(Lock(directory).release)
                past = Generation(directory / generation.NAME)
                resources.callback(past.close)
            except OSError as problem:
                raise Unusable(f"the data folder {directory} cannot be used: {problem.strerror}") from None
            path = directory / NAME
            connection = connect(path)
            resources.callback(connection.close)
            try:
                fresh = migrations.version_of(connection) is None
                keys = _prepared(connection, path, key_file, randomness=randomness, clock=clock)
                identifiers = Identifiers(clock=clock, randomness=randomness)
                restored = None
                current, known = head(connection, keys), past.known()
                clock.raise_floor(max(current.at, 0 if known is None else known.at))
                committer = Committer(connection, keys=keys, clock=clock, identifiers=identifiers, generation=past)
                if not fresh and is_restored(connection, current, known):
                    restored = void(connection, committer, current, known, now=max(clock.now(), clock.wall()))
                _start(past, committer, anew=fresh or restored is not None)
            except (sqlite3.Error, OSError) as problem:
                raise Unusable(_words(path, problem)) from None
            return cls(
                directory=directory,
                keys=keys,
                key_file=key_file,
                clock=clock,
                committer=committer,
                connection=connection,
                past=past,
                restored=restored,
                kept=kept,
                resources=resources,
            )

    @property
    def challenges(self) -> SqlPeople:
        """What finds challenges."""
        return self.people

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Serve: commit in a thread of its own, and answer on `loop`. Without this everything is done at once."""
        self.records.start(loop)
        self.ledger.start(loop)

    def on_group(self, told: Callable[[int], None]) -> None:
        """Call `told` on the loop with the number of units of every group that was settled."""
        self._told.append(told)

    def close(self) -> None:
        """Finish what was asked for, answer it, and let go of the folder."""
        self.ledger.close()
        self._resources.close()

    def _settled(self, group: Group) -> None:
        self.people.settled(group)
        self.records.settled(group)
        if group.units:
            for told in self._told:
                told(len(group.units))


def _own(directory: Path) -> None:
    """Make the folder where there is none, and keep everybody else out of it."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    if directory.stat().st_mode & 0o077:
        directory.chmod(0o700)


def _prepared(
    connection: sqlite3.Connection, path: Path, key_file: Path, *, randomness: Randomness, clock: Clock
) -> KeyRing:
    """Return the key ring of a database that is now of the latest version and made where it was empty."""
    version = migrations.version_of(connection)
    keys = sealing.load(key_file, randomness=randomness)
    if version is None:
        if connection.execute("SELECT 1 FROM sqlite_schema WHERE type = 'table'").fetchone() is not None:
            raise Unusable(f"the database {path} was not made by Watchword: give another data folder")
        keys = keys or sealing.create(key_file, randomness=randomness, now=clock.now())
        schema.create(connection, keys, origin=randomness.octets(schema.ORIGIN_OCTETS))
        return keys
    if version not in migrations.KNOWN:
        raise Unusable(
            f"the database {path} was made by a later Watchword (its version {version} is not known here): "
            "install that one, or put a copy back that this one has made"
        )
    if keys is None:
        raise KeysUnusable(
            f"the key file {key_file} is missing, and the secrets in {path} cannot be opened without it: put it back"
        )
    if version != migrations.LATEST:
        # Alembic is imported only where it is needed: it would double the time to the first answer.
        from watchword.stores.migrations.running import migrate  # noqa: PLC0415

        migrate(path)
    keys.require(schema.remembered_versions(connection), path=key_file)
    if keys.newest.version not in schema.remembered_versions(connection):
        schema.remember_version(connection, keys.newest.version)
    return keys


def _start(past: Generation, committer: Committer, *, anew: bool) -> None:
    """Let the generation say where the chain stands now."""
    journal = committer.journal
    write = past.start if anew else past.advance
    write(origin=journal.origin, sequence=journal.sequence, digest=journal.digest, at=journal.at)


def _words(path: Path, problem: Exception) -> str:
    if isinstance(problem, sqlite3.Error):
        return sentence(path, problem)
    return f"the database {path} cannot be used: {problem}"
