"""
What the database says, read from its file while the process serves: one snapshot after each start, of new rows only.

The chain is counted anew here from its written definition (`stores.chain`), without the product's own code for it, so
that a fault in one does not hide in the other; `watchword audit verify` is asked besides.
"""

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from watchword.domain.events import Activity
from watchword.stores.bodies import activity_of

ACTIVITY: Final = 1
AUDIT: Final = 2

_NEW: Final = """
    SELECT position, 1, digest, body FROM activity WHERE position > :after
    UNION ALL SELECT position, 2, digest, body FROM audit WHERE position > :after
    ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of activity and its place in the chain."""

    position: int
    activity: Activity


@dataclass(frozen=True, slots=True)
class AuditRow:
    """What is looked at of a row of the audit trail."""

    position: int
    event: str
    subject: bytes | None
    words: dict[str, str]


class Chain:
    """The chain as far as it was counted."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._position = 0
        self._digest = b""
        self.length = 0
        self.faults: list[str] = []

    @contextmanager
    def snapshot(self) -> Iterator["Snapshot"]:
        """See one state of the database, and go on along the chain in it."""
        with closing(sqlite3.connect(f"file:{self._path}?mode=ro", uri=True, isolation_level=None)) as connection:
            connection.execute("PRAGMA busy_timeout = 5000")
            connection.execute("BEGIN")
            rows, audit = self._go_on(connection)
            yield Snapshot(connection, rows, audit)

    def _go_on(self, connection: sqlite3.Connection) -> tuple[list[Row], list[AuditRow]]:
        origin, sequence, head = connection.execute("SELECT origin, sequence, digest FROM chains").fetchone()
        self._digest = self._digest or hashlib.sha256(b"watchword chain" + origin).digest()
        rows, audit = [], []
        for position, kind, digest, body in connection.execute(_NEW, {"after": self._position}):
            self._follow(position, kind, digest, body)
            if kind == ACTIVITY:
                rows.append(Row(position, activity_of(body, traced=False)))
            else:
                _, _, _, event, _, _, subject, words = msgspec.msgpack.decode(body)
                audit.append(AuditRow(position, event, subject, dict(words)))
        if (self._position, self._digest) != (sequence, head):
            self.faults.append(f"the head is at {sequence}, and the last row at {self._position}")
        return rows, audit

    def _follow(self, position: int, kind: int, digest: bytes, body: bytes) -> None:
        expected = self._position + 1
        link = hashlib.sha256(self._digest + bytes((kind,)) + position.to_bytes(8, "big") + body).digest()
        if position != expected:
            self.faults.append(f"row {expected} is missing: the next one is {position}")
        elif link != digest:
            self.faults.append(f"row {position} was changed, or stands in another's place")
        self._position, self._digest = position, digest
        self.length += 1


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One state of the database, and what was written since the one before."""

    connection: sqlite3.Connection
    rows: list[Row]
    audit: list[AuditRow]

    def last_step(self, method: bytes) -> int:
        """Return the last time step or counter that was spent, -1 before the first."""
        (step,) = self.connection.execute("SELECT last_step FROM methods WHERE id = ?", (method,)).fetchone()
        return int(step)

    def has_backup_code(self, method: bytes, digest: bytes) -> bool:
        """Tell whether a printed code is unspent."""
        found = self.connection.execute(
            "SELECT 1 FROM backup_codes WHERE method_id = ? AND digest = ?", (method, digest)
        )
        return found.fetchone() is not None

    def has_challenge(self, digest: bytes) -> bool:
        """Tell whether a State is unspent."""
        return self.connection.execute("SELECT 1 FROM challenges WHERE digest = ?", (digest,)).fetchone() is not None

    def bypass(self, bypass: bytes) -> tuple[str, str | None]:
        """Return how a bypass stands, `missing` where there is none, and from where it was used."""
        found = self.connection.execute("SELECT state, used_from FROM bypasses WHERE id = ?", (bypass,)).fetchone()
        return ("missing", None) if found is None else (str(found[0]), found[1])
