"""
What happened, as the writer writes it.

Rows of activity and audit are linked into the chain as their units are carried out, and written together at the end of
the group. The journal holds the head of the chain in memory; `rollback` brings it back to what the database holds.
"""

import sqlite3
from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, insert, select, update

from watchword.domain.events import Activity, Audit
from watchword.kit.sealing import KeyRing
from watchword.stores import chain
from watchword.stores.blocks import Blocks
from watchword.stores.bodies import activity_body, audit_body
from watchword.stores.statements import Statement
from watchword.stores.tables import ACTIVITY, AUDIT, CHAINS

TOGETHER: Final = 16
"""Rows in one INSERT: `sqlite3` gives the interpreter away once for all of them, not once for each."""

_HEAD: Final = Statement(
    select(CHAINS.c.origin, CHAINS.c.sequence, CHAINS.c.digest, CHAINS.c.at, CHAINS.c.key_version, CHAINS.c.seal).where(
        CHAINS.c.chain == bindparam("chain")
    )
)
_SET_HEAD: Final = Statement(
    update(CHAINS)
    .where(CHAINS.c.chain == bindparam("wanted"))
    .values({name: bindparam(name) for name in ("sequence", "digest", "at", "key_version", "seal")})
)
_ADD_ACTIVITY: Final = Statement(insert(ACTIVITY), "position", "digest", "id", "body")
_ADD_AUDIT: Final = Statement(insert(AUDIT), "position", "digest", "id", "body")
_NOT_VOUCHED: Final = bytes(32)
"""Where somebody else wrote a head, going on must not hide it: the chain is never proven again."""

_ADD_MANY: Final = _ADD_ACTIVITY.sql + ", (?, ?, ?, ?)" * (TOGETHER - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """
    Where a chain stands.

    Attributes:
        at: the latest instant of any row, in UTC microseconds.
        sound: whether the checksum of the head is right.
    """

    origin: bytes
    sequence: int
    digest: bytes
    at: int
    sound: bool


def head(connection: sqlite3.Connection, keys: KeyRing) -> Head:
    """Read the head of the local chain, which every database has."""
    row = _HEAD.one(connection, chain=chain.LOCAL)
    if row is None:
        raise sqlite3.DatabaseError("the chain has no head")
    origin, sequence, digest, at, version, seal = row
    vouched = chain.vouched(chain.LOCAL, origin, sequence, digest)
    sound = keys.checksum(vouched, purpose=chain.HEAD, version=version) == seal
    return Head(origin=origin, sequence=sequence, digest=digest, at=at, sound=sound)


Mark = tuple[int, bytes, int, int, int]
"""Where the journal stood."""


class Journal:
    """The writer's end of the chain."""

    def __init__(self, connection: sqlite3.Connection, keys: KeyRing) -> None:
        """Take up the chain where the database leaves it."""
        self.connection = connection
        self._keys = keys
        self.rollback()

    def rollback(self) -> None:
        """Forget what was not committed."""
        current = head(self.connection, self._keys)
        self.origin = current.origin
        self.sequence = current.sequence
        self.digest = current.digest
        self.at = current.at
        self._sound = current.sound
        self._blocks = Blocks(self.connection)
        self._activity: list[tuple[int, bytes, bytes, bytes]] = []
        self._audit: list[tuple[int, bytes, bytes, bytes]] = []
        self._rows: list[Activity] = []

    def activity(self, row: Activity) -> None:
        """Link a row of activity."""
        body = activity_body(row)
        place = self._link(chain.Kind.ACTIVITY, body, row.at)
        self._activity.append((place, self.digest, row.id, body))
        self._rows.append(row)

    def audit(self, row: Audit) -> None:
        """Link a row of the audit trail."""
        body = audit_body(row)
        place = self._link(chain.Kind.AUDIT, body, row.at)
        self._audit.append((place, self.digest, row.id, body))

    def _link(self, kind: chain.Kind, body: bytes, at: int) -> int:
        self.sequence += 1
        place = chain.position(chain.LOCAL, self.sequence)
        self.digest = chain.link(self.digest, kind, place, body)
        self.at = max(self.at, at)
        return place

    def mark(self) -> Mark:
        """Return where the journal stands, for `reset`."""
        return self.sequence, self.digest, self.at, len(self._activity), len(self._audit)

    def reset(self, mark: Mark) -> None:
        """Unlink what was linked since `mark`; nothing of it may have been flushed."""
        self.sequence, self.digest, self.at, activity, audit = mark
        del self._activity[activity:], self._rows[activity:], self._audit[audit:]

    def flush(self) -> None:
        """Write what was linked, and always the head: a commit that wrote nothing would prove nothing of the disk."""
        connection, rows = self.connection, self._activity
        whole = len(rows) - len(rows) % TOGETHER
        for start in range(0, whole, TOGETHER):
            connection.execute(_ADD_MANY, [value for row in rows[start : start + TOGETHER] for value in row])
        if whole < len(rows):
            connection.executemany(_ADD_ACTIVITY.sql, rows[whole:])
        if self._audit:
            connection.executemany(_ADD_AUDIT.sql, self._audit)
        for (place, _, _, _), row in zip(rows, self._rows, strict=True):
            self._blocks.add(connection, place, row)
        self._activity, self._audit, self._rows = [], [], []
        self.write_head()

    def write_head(self) -> None:
        """Write the head, vouched for under the newest key, unless it goes on from one that was not."""
        vouched = chain.vouched(chain.LOCAL, self.origin, self.sequence, self.digest)
        seal = self._keys.checksum(vouched, purpose=chain.HEAD) if self._sound else _NOT_VOUCHED
        _SET_HEAD.run(
            self.connection,
            wanted=chain.LOCAL,
            sequence=self.sequence,
            digest=self.digest,
            at=self.at,
            key_version=self._keys.newest.version,
            seal=seal,
        )
