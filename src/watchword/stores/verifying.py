"""
Walks the chain of activity and audit, and names the first thing that is not as it was written.

It starts at the checkpoint that retention left, or at the origin, and goes on in steps that each see one state of the
database, so that a long walk holds up nothing and needs little memory. What it proves: no row was changed, added, left
out or moved since it was written; the last row is the one that was written last, by who holds the key ring; and nothing
is missing behind it that `DIR/generation` knows of.
"""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from sqlalchemy import bindparam, literal_column, select, union_all

from watchword.kit.sealing import KeyRing
from watchword.ports.login import StoreAway
from watchword.ports.upkeep import ChainVerdict, ChainWalk
from watchword.stores import chain
from watchword.stores.bodies import Unreadable, head_of
from watchword.stores.generation import Known
from watchword.stores.journal import Head, head
from watchword.stores.statements import Row, Statement
from watchword.stores.tables import ACTIVITY, AUDIT, CHECKPOINTS

Value = TypeVar("Value")

STEP: Final = 500
"""Rows that are looked at in one go: few enough that the loop waits no longer for this thread than for others."""

_activity: Final = select(
    ACTIVITY.c.position, literal_column("1").label("kind"), ACTIVITY.c.digest, ACTIVITY.c.id, ACTIVITY.c.body
).where(ACTIVITY.c.position > bindparam("after"))
_audit: Final = select(
    AUDIT.c.position, literal_column("2").label("kind"), AUDIT.c.digest, AUDIT.c.id, AUDIT.c.body
).where(AUDIT.c.position > bindparam("after"))
_rows: Final = union_all(_activity, _audit)
_AFTER: Final = Statement(_rows.order_by(_rows.selected_columns.position).limit(bindparam("most")))
_CHECKPOINT: Final = Statement(
    select(CHECKPOINTS.c.sequence, CHECKPOINTS.c.digest, CHECKPOINTS.c.key_version, CHECKPOINTS.c.seal).where(
        CHECKPOINTS.c.chain == bindparam("chain")
    )
)


_BEFORE_ACTIVITY: Final = Statement(
    select(ACTIVITY.c.position).where(ACTIVITY.c.position <= bindparam("place")).limit(1)
)
_BEFORE_AUDIT: Final = Statement(select(AUDIT.c.position).where(AUDIT.c.position <= bindparam("place")).limit(1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """Where a chain starts whose first rows were retired; `sound` tells whether its checksum is right."""

    sequence: int
    digest: bytes
    sound: bool


def checkpoint(connection: sqlite3.Connection, keys: KeyRing, origin: bytes) -> Checkpoint | None:
    """Read the checkpoint of the local chain, None where nothing was ever retired."""
    row = _CHECKPOINT.one(connection, chain=chain.LOCAL)
    if row is None:
        return None
    sequence, digest, version, seal = row
    vouched = chain.vouched(chain.LOCAL, origin, sequence, digest)
    sound = keys.checksum(vouched, purpose=chain.CHECKPOINT, version=version) == seal
    return Checkpoint(sequence=sequence, digest=digest, sound=sound)


def rows_after(connection: sqlite3.Connection, sequence: int, *, limit: int) -> list[Row]:
    """Return the next rows of the chain: position, table, digest, identifier and body of each."""
    return _AFTER.all(connection, after=chain.position(chain.LOCAL, sequence), most=limit)


class Walk:
    """One walk along the local chain."""

    def __init__(self, keys: KeyRing, known: Known | None, *, step: int = STEP) -> None:
        """
        Stand before the chain.

        Args:
            keys: vouches for checkpoint and head.
            known: what `DIR/generation` says, None where it says nothing.
            step: rows that are looked at in one go.

        Attributes: `rows` were looked at so far, `of` were there when the walk began.
        """
        self._keys = keys
        self._known = known
        self._step = step
        self._sequence = -1
        self._digest = b""
        self.rows = 0
        self.of = 0

    def go_on(self, connection: sqlite3.Connection) -> ChainVerdict | None:
        """Look at the next rows, in one state of the database; None where there is more to look at."""
        current = head(connection, self._keys)
        fault = self._start(connection, current)
        self.of = self.of or max(0, current.sequence - self._sequence)
        if not fault:
            rows = rows_after(connection, self._sequence, limit=self._step)
            fault = next((wrong for wrong in map(self._row, rows) if wrong), "")
            if not fault and len(rows) == self._step:
                return None
            fault = fault or self._end(current)
        return ChainVerdict(whole=not fault, rows=self.rows, fault=fault)

    def _start(self, connection: sqlite3.Connection, current: Head) -> str:
        """Stand at the origin or at the checkpoint, also where retention has overtaken the walk."""
        if self._sequence < 0:
            self._sequence, self._digest = 0, chain.first_digest(current.origin)
            if self._known is not None and self._known.origin != current.origin:
                return "DIR/generation belongs to another database"
        start = checkpoint(connection, self._keys, current.origin)
        if start is None:
            return ""
        if not start.sound:
            return f"the checkpoint at {start.sequence} was not written by Watchword"
        if start.sequence > self._sequence:
            self._sequence, self._digest = start.sequence, start.digest
        place = chain.position(chain.LOCAL, start.sequence)
        if _BEFORE_ACTIVITY.one(connection, place=place) or _BEFORE_AUDIT.one(connection, place=place):
            return f"there are rows before the checkpoint at {start.sequence}"
        return ""

    def _row(self, row: Row) -> str:
        """Look at one row and return what is wrong with it."""
        place, kind, digest, identifier, body = row
        expected = self._sequence + 1
        if place != chain.position(chain.LOCAL, expected):
            return f"row {expected} is missing: the next one is {chain.sequence_of(place)}"
        if chain.link(self._digest, kind, place, body) != digest:
            return f"row {expected} was changed, or stands in another's place"
        try:
            inside = head_of(body).id
        except Unreadable:
            return f"row {expected} cannot be read"
        if inside != identifier:
            return f"row {expected} bears another identifier than it was written with"
        self._sequence, self._digest = expected, digest
        self.rows += 1
        if self._known is not None and self._known.sequence == expected and self._known.digest != digest:
            return f"row {expected} is not the one that was written last before the database was replaced"
        return ""

    def _end(self, current: Head) -> str:
        """Return what is wrong with the end of the chain."""
        if self._sequence != current.sequence:
            return f"rows are missing at the end: the last is {self._sequence}, and {current.sequence} were written"
        if self._digest != current.digest:
            return f"row {current.sequence} is not the one that was written last"
        if not current.sound:
            return "the head of the chain was not written by Watchword"
        if self._known is not None and self._known.sequence > current.sequence:
            return (
                f"rows are missing at the end: DIR/generation knows of {self._known.sequence}, "
                f"and there are {current.sequence}"
            )
        return ""


class Run(Protocol):
    """Runs a function on a connection that sees one state."""

    def __call__(self, work: Callable[[sqlite3.Connection], Value]) -> Value:
        """Run `work`."""


class Begun:
    """A walk that goes on by itself: made and asked on the loop, run on another thread."""

    def __init__(self, run: Run, walk: Walk, *, at: int, by: str) -> None:
        """Stand before the chain; `at` (UTC microseconds) and `by` are when it was begun and who wanted it."""
        self._run = run
        self._walk = walk
        self._at = at
        self._by = by
        self._verdict: ChainVerdict | None = None

    @property
    def goes_on(self) -> bool:
        """Whether it has not come to its end."""
        return self._verdict is None

    def to_the_end(self) -> None:
        """Walk. What cannot be read is not whole."""
        broken = ChainVerdict(whole=False, rows=0, fault="the rows could not be read to their end")
        try:
            broken = verify(self._run, self._walk)
        except StoreAway:
            return
        finally:
            self._verdict = broken

    def shown(self) -> ChainWalk:
        """Return how far it has come."""
        return ChainWalk(begun_at=self._at, by=self._by, rows=self._walk.rows, of=self._walk.of, verdict=self._verdict)


def verify(run: Run, walk: Walk) -> ChainVerdict:
    """Walk to the end."""
    while True:
        verdict = run(walk.go_on)
        if verdict is not None:
            return verdict
