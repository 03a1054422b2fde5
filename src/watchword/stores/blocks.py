"""
Who occurs where in activity: an index by user that is only ever appended to.

A tree in the order of users would dirty a page of its own for nearly every row (`stores.tables`). So each run of
`ROWS` rows leaves one row with the terms that occur in it, 8 octets for each user and each name; a search for one user
looks through these, newest first, and opens only the runs that he is in. For ten million rows that is some 60 MB to
look through for somebody who was never there, and one run for somebody who was there today.
"""

import hashlib
import sqlite3
from collections.abc import Iterator
from typing import Final

from sqlalchemy import bindparam, func, insert, select

from watchword.domain.events import Activity
from watchword.stores.bodies import activity_of
from watchword.stores.statements import Statement, Value
from watchword.stores.tables import ACTIVITY, ACTIVITY_BLOCKS

ROWS: Final = 1_024
TERM_OCTETS: Final = 8

_LAST: Final = Statement(select(ACTIVITY_BLOCKS.c.last).order_by(ACTIVITY_BLOCKS.c.first.desc()).limit(1))
_TAIL: Final = Statement(
    select(ACTIVITY.c.position, ACTIVITY.c.body)
    .where(ACTIVITY.c.position > bindparam("after"))
    .order_by(ACTIVITY.c.position)
)
_AROUND: Final = Statement(
    select(ACTIVITY_BLOCKS.c.first)
    .where(ACTIVITY_BLOCKS.c.first <= bindparam("place"))
    .order_by(ACTIVITY_BLOCKS.c.first.desc())
    .limit(1)
)
_ADD: Final = Statement(insert(ACTIVITY_BLOCKS), "first", "last", "terms")
_HOLDING: Final = Statement(
    select(ACTIVITY_BLOCKS.c.first, ACTIVITY_BLOCKS.c.last)
    .where(
        ACTIVITY_BLOCKS.c.first < bindparam("before"),
        ACTIVITY_BLOCKS.c.first >= bindparam("since"),
        func.instr(ACTIVITY_BLOCKS.c.terms, bindparam("term")) > 0,
    )
    .order_by(ACTIVITY_BLOCKS.c.first.desc())
)


def user_term(user: bytes) -> bytes:
    """Return the term of a user: the random end of his identifier."""
    return user[-TERM_OCTETS:]


def name_term(name: str) -> bytes:
    """Return the term of a name, as it stands in activity."""
    return hashlib.sha256(name.encode()).digest()[:TERM_OCTETS]


class Blocks:
    """Gathers the terms of the rows since the last full run."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Gather them from the rows, at most a run of them."""
        self._terms: set[bytes] = set()
        self._rows = 0
        self._first = 0
        row = _LAST.one(connection)
        for position, body in _TAIL.all(connection, after=-1 if row is None else row[0]):
            self._note(position, activity_of(body, traced=False))

    def _note(self, position: int, row: Activity) -> None:
        if not self._rows:
            self._first = position
        self._rows += 1
        if row.user is None:
            self._terms.add(name_term(row.user_name))
            return
        term = user_term(row.user)
        if term not in self._terms:
            self._terms.add(term)
            self._terms.add(name_term(row.user_name))

    def add(self, connection: sqlite3.Connection, position: int, row: Activity) -> None:
        """Take in a row that is being written at `position`, and write the run where it is the last of one."""
        self._note(position, row)
        if self._rows >= ROWS:
            _ADD.run(connection, first=self._first, last=position, terms=b"".join(sorted(self._terms)))
            self._terms = set()
            self._rows = 0


def runs(connection: sqlite3.Connection, term: bytes, *, since: int, before: int) -> Iterator[tuple[int, int]]:
    """
    Yield the runs in which `term` may occur, newest first: the unfinished one always.

    They hold positions below `before`, and none ends before `since`.
    """
    row = _LAST.one(connection)
    last = -1 if row is None else row[0]
    if before > last + 1:
        yield last + 1, before - 1
    begins = _AROUND.one(connection, place=since)
    values: dict[str, Value] = {"before": before, "since": since if begins is None else begins[0], "term": term}
    for first, end in _HOLDING.run(connection, **values):
        yield first, min(end, before - 1)
