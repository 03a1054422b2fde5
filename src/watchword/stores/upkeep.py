"""
Keeps the records in order: `ports.upkeep.Upkeep`, each step one short transaction in the writer.
"""

import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final

from sqlalchemy import bindparam, delete, select

from watchword.domain.events import Audit, AuditEvent
from watchword.domain.users import UserId
from watchword.kit.clock import MICROSECONDS
from watchword.kit.sealing import Key, KeyRing
from watchword.ports.upkeep import ChainVerdict, ChainWalk, SealingKey
from watchword.stores import (
    bypasses,
    counting,
    credentials,
    entrances,
    finding,
    indexing,
    requests,
    schema,
    servers,
    terms,
    trail,
)
from watchword.stores.administrators import reseal_administrators
from watchword.stores.alterations import reseal_configuration
from watchword.stores.changer import Touched
from watchword.stores.committer import Committer
from watchword.stores.generation import Generation
from watchword.stores.methods import reseal_methods
from watchword.stores.records import Readers, SqlRecords
from watchword.stores.retiring import retire, vouch
from watchword.stores.statements import Statement
from watchword.stores.tables import CHALLENGES, METHODS, PAIRINGS
from watchword.stores.verifying import Begun, Walk, checkpoint, verify
from watchword.stores.writer import Work

_LATE_CHALLENGES: Final = Statement(
    delete(CHALLENGES).where(
        CHALLENGES.c.digest.in_(
            select(CHALLENGES.c.digest)
            .where(CHALLENGES.c.expires_at <= bindparam("now"))
            .order_by(CHALLENGES.c.expires_at)
            .limit(bindparam("most"))
        )
    )
)
_LATE_PAIRINGS: Final = Statement(
    select(PAIRINGS.c.method_id, PAIRINGS.c.user_id)
    .where(PAIRINGS.c.expires_at <= bindparam("now"))
    .order_by(PAIRINGS.c.expires_at)
    .limit(bindparam("most"))
)
_REMOVE_UNPAIRED: Final = Statement(
    delete(METHODS).where(METHODS.c.id == bindparam("method"), METHODS.c.public_key.is_(None))
)
_REMOVE_PAIRING: Final = Statement(delete(PAIRINGS).where(PAIRINGS.c.method_id == bindparam("method")))

FAULTS: Final = 10
"""Faults of the file that are listed."""


class SqlUpkeep:
    """Runs the steps."""

    def __init__(
        self,
        *,
        connection: sqlite3.Connection,
        keys: KeyRing,
        key_file: Path,
        generation: Generation,
        readers: Readers,
        records: SqlRecords,
    ) -> None:
        """
        Take what it works with.

        Args:
            connection: the committer's, used in the writer alone.
            keys: the ring.
            key_file: where the ring is kept.
            generation: how far the chain has come.
            readers: read off the loop.
            records: run work in the writer.
        """
        self._connection = connection
        self._begun: Begun | None = None
        self._walking: Awaitable[None] | None = None
        self._keys = keys
        self._key_file = key_file
        self._generation = generation
        self._readers = readers
        self._records = records
        self._retired = 0

    def sweep(self, *, now: int, limit: int) -> Awaitable[int]:
        """Remove up to `limit` rows that nothing will ask for any more, mark bypasses that have run out."""
        return self._step(lambda committer, touched: self._sweep(committer, touched, now=now, limit=limit))

    def _sweep(self, committer: Committer, touched: Touched, *, now: int, limit: int) -> int:
        connection = self._connection
        swept = bypasses.expire(connection, committer.scribe, now=now, limit=limit)
        touched.users.update(swept)
        done = len(swept)
        for method, user in _LATE_PAIRINGS.all(connection, now=now, most=limit - done):
            if _REMOVE_UNPAIRED.change(connection, method=method) == 1:
                finding.note_methods(connection, UserId(user))
                words = (("because", "no device was paired in time"),)
                committer.scribe.note(AuditEvent.METHOD_REMOVED, at=now, user=UserId(user), subject=method, words=words)
            else:
                _REMOVE_PAIRING.run(connection, method=method)
            touched.users.add(UserId(user))
            done += 1
        done += _LATE_CHALLENGES.change(connection, now=now, most=limit - done)
        done += requests.forget(connection, now=now, limit=limit - done)
        entrances.sweep(connection, now=now)
        before = now - credentials.KEPT_SECONDS * MICROSECONDS
        return done + credentials.sweep(connection, before=before, limit=limit - done)

    def retire(self, *, before: int, now: int, limit: int) -> Awaitable[int]:
        """Remove up to `limit` rows of activity and audit older than `before`, the oldest first; a checkpoint stays."""
        return self._step(lambda committer, _: self._retire(committer, before=before, now=now, limit=limit))

    def _retire(self, committer: Committer, *, before: int, now: int, limit: int) -> int:
        done = retire(self._connection, self._keys, committer.journal.origin, before=before, limit=limit)
        self._retired += done
        if done < limit and self._retired:
            words = (("rows", str(self._retired)), ("before", str(before)))
            committer.scribe.note(AuditEvent.RECORDS_RETIRED, at=now, words=words)
            self._retired = 0
        return done

    async def count(self, *, limit: int) -> int:
        """Count up to `limit` rows of activity into hours and days, each once, and return how many."""
        sums = await self._records.examine(lambda: self._readers.run(lambda read: counting.read(read, limit=limit)))
        if not sums.rows:
            return 0
        await self._step(lambda _, __: counting.write(self._connection, sums))
        return sums.rows

    async def index(self) -> int:
        """Write down what occurs in the next full segment of activity; return its positions, 0 where none is full."""
        reading = await self._records.examine(lambda: self._readers.run(indexing.begun))
        if reading is None:
            return 0
        while not await self._records.examine(lambda: self._readers.run(reading.go_on)):
            pass
        await self._step(lambda _, __: reading.write(self._connection))
        return terms.positions()

    async def index_audit(self, *, limit: int) -> int:
        """Write down by what up to `limit` rows of the audit trail are found, each once, and return how many."""
        found = await self._records.examine(lambda: self._readers.run(lambda read: trail.read(read, limit=limit)))
        if not found.rows:
            return 0
        await self._step(lambda _, __: trail.write(self._connection, found))
        return found.rows

    def forget_counts(self, *, before: int, now: int) -> Awaitable[int]:
        """Forget what was counted of days before `before`, and hours that are too long ago to be asked for."""

        def step(_committer: Committer, _touched: Touched) -> int:
            counting.forget(self._connection, before=before, now=now)
            return 0

        return self._step(step)

    def reseal(self, *, limit: int) -> Awaitable[int]:
        """Seal up to `limit` secrets under the newest key that are sealed under an older one, and return how many."""
        return self._step(lambda committer, _: self._reseal(committer, limit=limit))

    def _reseal(self, committer: Committer, *, limit: int) -> int:
        connection, keys, newest = self._connection, self._keys, self._keys.newest.version
        if schema.remembered_versions(connection) == [newest]:
            return 0
        done = reseal_methods(connection, keys, limit=limit)
        done += reseal_configuration(connection, keys, limit=limit - done)
        done += servers.reseal_portal_seed(connection, keys, limit=limit - done)
        done += reseal_administrators(connection, keys, limit=limit - done)
        if not done:
            entrances.forget_old_drafts(connection, keys)
            start = checkpoint(connection, keys, committer.journal.origin)
            if start is not None and start.sound:
                origin = committer.journal.origin
                vouch(connection, keys, origin, sequence=start.sequence, digest=start.digest)
            committer.journal.write_head()
            schema.forget_versions(connection, but=newest)
        return done

    def rotate_key(self, audit: Audit) -> Awaitable[SealingKey]:
        """Add a new newest key to the ring, durably, with its audit row."""

        def run(committer: Committer) -> tuple[SealingKey, Touched]:
            def agreed(key: Key) -> None:
                def work() -> None:
                    schema.remember_version(self._connection, key.version)
                    committer.journal.audit(audit)

                committer.run(work)

            key = self._keys.rotate(self._key_file, now=audit.at, agreed=agreed)
            return SealingKey(version=key.version, created_at=key.created_at), Touched()

        return self._records.work(Work(run))

    def keys(self) -> Sequence[SealingKey]:
        """Return the keys of the ring, the newest first."""
        return [SealingKey(version=key.version, created_at=key.created_at) for key in self._keys.keys]

    def verify_chain(self) -> Awaitable[ChainVerdict]:
        """Walk the whole chain off the loop."""
        return self._records.examine(lambda: verify(self._readers.run, Walk(self._keys, self._generation.known())))

    def begin_walk(self, *, at: int, by: str) -> None:
        """Begin to walk the whole chain off the loop, unless a walk that was begun so goes on."""
        if self._begun is None or not self._begun.goes_on:
            self._begun = begun = Begun(self._readers.run, Walk(self._keys, self._generation.known()), at=at, by=by)
            self._walking = self._records.examine(begun.to_the_end)

    def walk(self) -> ChainWalk | None:
        """Return the last walk that was begun so, None where there was none since the process started."""
        return None if self._begun is None else self._begun.shown()

    def faults(self) -> Awaitable[Sequence[str]]:
        """Check the database file itself, quickly, and return what is wrong with it in its own words."""
        return self._records.examine(lambda: self._readers.run(_faults))

    def _step(self, step: Callable[[Committer, Touched], int]) -> Awaitable[int]:
        def run(committer: Committer) -> tuple[int, Touched]:
            touched = Touched()
            return committer.run(lambda: step(committer, touched)), touched

        return self._records.work(Work(run))


def _faults(connection: sqlite3.Connection) -> list[str]:
    said = [str(row[0]) for row in connection.execute(f"PRAGMA quick_check({FAULTS})")]
    return [] if said == ["ok"] else said
