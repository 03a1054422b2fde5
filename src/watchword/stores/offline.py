"""
A server's replica and what it has decided by itself, in `DIR/offline.db`: every row sealed for its place.

`DIR/offline.mark` tells how far the database had come when something was last written, and when that was. A database
that is behind its mark was put back, and so was a mark that the disk has had touched at another time than it says: what
either holds of spent codes may be too little. The mark need not be synced: a machine that went down is another start of
it, after which nothing is decided here until a portal was heard.
"""

import json
import os
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from watchword.domain.offline import Moment, Word
from watchword.domain.settings import LockSettings
from watchword.domain.users import UserId
from watchword.kit.clock import Clock
from watchword.kit.sealing import KeyRing, Place, SealBroken
from watchword.ports.login import StoreAway
from watchword.ports.offline import OfflineChange, OfflineKept, ReplicaState
from watchword.stores.connections import Unusable, connect

NAME: Final = "offline.db"
MARK: Final = "offline.mark"

MOST_OFF: Final = 2_000_000
"""Microseconds by which the disk's time of the mark may be off what it says: a tick of the kernel, and a slow write."""

_LONGEST_MARK: Final = 200
_STATE: Final = Place("offline", b"", "state")
_TABLES: Final = (
    "CREATE TABLE IF NOT EXISTS replica (user BLOB PRIMARY KEY, sealed BLOB NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS outcomes (key BLOB PRIMARY KEY, sealed BLOB NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS state (id INTEGER PRIMARY KEY, sequence INTEGER NOT NULL, sealed BLOB)",
    "INSERT OR IGNORE INTO state (id, sequence) VALUES (1, 0)",
    # What was erased is overwritten: seeds that are in use no more are not to be found in what lies free.
    "PRAGMA secure_delete = ON",
)


class _Written(msgspec.Struct, frozen=True, array_like=True):
    run: bytes
    serial: int
    lock: tuple[int, int, int]
    word: tuple[bytes, int, int, int, int] | None


_encode: Final = msgspec.msgpack.Encoder().encode
_states: Final = msgspec.msgpack.Decoder(_Written)


class SqliteOffline:
    """Implements `ports.offline.OfflineStore`."""

    def __init__(self, folder: Path, keys: KeyRing, clock: Clock) -> None:
        """Open the database, made empty where there is none. Raises `Unusable`."""
        self._keys = keys
        self._clock = clock
        self._mark = folder / MARK
        self._connection = connect(folder / NAME)
        try:
            for statement in _TABLES:
                self._connection.execute(statement)
            self._sequence: int = self._connection.execute("SELECT sequence FROM state").fetchone()[0]
        except sqlite3.Error as problem:
            self._connection.close()
            raise Unusable(f"the database {folder / NAME} cannot be used: {problem}") from None

    def close(self) -> None:
        """Close the database."""
        self._connection.close()

    def load(self) -> OfflineKept:
        """Return what an earlier run has kept. What cannot be opened any more is not there, and nothing is trusted."""
        trusted, holders, outcomes = self._is_newest(), {}, {}
        try:
            state = self._state(self._connection.execute("SELECT sealed FROM state").fetchone()[0])
            for user, sealed in self._connection.execute("SELECT user, sealed FROM replica"):
                holders[UserId(user)] = self._keys.open(sealed, _holder(user))
            for key, sealed in self._connection.execute("SELECT key, sealed FROM outcomes ORDER BY key"):
                try:
                    outcomes[key] = self._keys.open(sealed, _outcome(key))
                except SealBroken:
                    trusted = False
        except (SealBroken, msgspec.MsgspecError):
            return OfflineKept(outcomes=outcomes, trusted=False)
        except sqlite3.Error as problem:
            raise StoreAway(str(problem)) from problem
        return OfflineKept(holders=holders, state=state, outcomes=outcomes, trusted=trusted)

    def write(self, changes: Sequence[OfflineChange]) -> None:
        """Write changes in one transaction; durable when it returns. Raises `StoreAway`."""
        connection = self._connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            try:
                for change in changes:
                    self._change(change)
                connection.execute("UPDATE state SET sequence = sequence + 1")
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            self._sequence += 1
            if any(change.clear for change in changes):
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._advance()
        except (sqlite3.Error, OSError) as problem:
            raise StoreAway(str(problem)) from problem

    def _change(self, change: OfflineChange) -> None:
        connection, seal = self._connection, self._keys.seal
        if change.clear:
            connection.execute("DELETE FROM replica")
            connection.execute("UPDATE state SET sealed = NULL")
        _put(connection, "replica", {user: seal(octets, _holder(user)) for user, octets in change.holders.items()})
        connection.executemany("DELETE FROM replica WHERE user = ?", [(user,) for user in change.gone])
        if change.state is not None:
            sealed = seal(_encode(_written(change.state)), _STATE)
            connection.execute("UPDATE state SET sealed = ?", (sealed,))
        _put(connection, "outcomes", {key: seal(octets, _outcome(key)) for key, octets in change.outcomes.items()})
        connection.executemany("DELETE FROM outcomes WHERE key = ?", [(key,) for key in change.told])

    def _state(self, sealed: bytes | None) -> ReplicaState | None:
        return None if sealed is None else _state_of(_states.decode(self._keys.open(sealed, _STATE)))

    # --- whether it is what was written last --------------------------------------------------------------------------

    def _advance(self) -> None:
        octets = json.dumps({"sequence": self._sequence, "at": self._clock.wall()}).encode()
        descriptor = os.open(self._mark, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.pwrite(descriptor, octets.ljust(_LONGEST_MARK), 0)
        finally:
            os.close(descriptor)

    def _is_newest(self) -> bool:
        if self._sequence == 0:
            return not self._mark.exists()
        with suppress(OSError, ValueError, KeyError, TypeError):
            written = json.loads(self._mark.read_bytes())
            touched = self._mark.stat().st_ctime_ns // 1_000
            return bool(written["sequence"] <= self._sequence and abs(touched - written["at"]) <= MOST_OFF)
        return False


def _put(connection: sqlite3.Connection, table: str, rows: Mapping[bytes, bytes] | Mapping[UserId, bytes]) -> None:
    statement = f"INSERT OR REPLACE INTO {table} VALUES (?, ?)"  # noqa: S608 - a name of our own
    connection.executemany(statement, list(rows.items()))


def _holder(user: bytes) -> Place:
    return Place("offline", user, "holder")


def _outcome(key: bytes) -> Place:
    return Place("offline", key, "outcome")


def _written(state: ReplicaState) -> _Written:
    lock, word = state.lock, state.word
    return _Written(
        run=state.run,
        serial=state.serial,
        lock=(lock.failures, lock.within_seconds, lock.lock_seconds),
        word=None if word is None else (*word.said, word.answered, word.portal),
    )


def _state_of(written: _Written) -> ReplicaState:
    failures, within, locked = written.lock
    word = None
    if written.word is not None:
        boot, elapsed, wall, answered, portal = written.word
        word = Word(Moment(boot, elapsed, wall), answered, portal)
    return ReplicaState(
        run=written.run,
        serial=written.serial,
        lock=LockSettings(failures=failures, within_seconds=within, lock_seconds=locked),
        word=word,
    )
