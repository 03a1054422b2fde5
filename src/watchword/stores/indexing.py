"""
Indexes activity segment by segment (`stores.terms`): reads one off the loop, a slice at a time, and writes it at once.
"""

import sqlite3
from typing import Final

from sqlalchemy import bindparam, select

from watchword.stores import chain, marks, terms
from watchword.stores.bodies import facts_of
from watchword.stores.marks import Mark
from watchword.stores.statements import Statement
from watchword.stores.tables import ACTIVITY, CHAINS
from watchword.stores.terms import Segment

SLICE: Final = 1_024
"""Rows that are read in one go: a few milliseconds of a thread."""

_HEAD: Final = Statement(select(CHAINS.c.sequence).where(CHAINS.c.chain == bindparam("chain")))
_ROWS: Final = Statement(
    select(ACTIVITY.c.position, ACTIVITY.c.body)
    .where(ACTIVITY.c.position.between(bindparam("first"), bindparam("last")))
    .order_by(ACTIVITY.c.position)
    .limit(bindparam("most"))
)
_OLDEST: Final = Statement(select(ACTIVITY.c.position).order_by(ACTIVITY.c.position).limit(1))


class Reading:
    """The reading of one full segment."""

    def __init__(self, start: Mark, number: int) -> None:
        self._start = start
        self._segment = Segment(number)
        self._next = number << terms.SEGMENT_BITS
        self._last = self._next + terms.positions() - 1

    def go_on(self, connection: sqlite3.Connection) -> bool:
        """Read the next slice, and tell whether it was the last."""
        rows = _ROWS.all(connection, first=self._next, last=self._last, most=SLICE)
        for position, body in rows:
            self._segment.add(position, facts_of(body))
        if rows:
            self._next = rows[-1][0] + 1
        return len(rows) < SLICE

    def write(self, connection: sqlite3.Connection) -> bool:
        """Write down what occurs in it, and move the mark; False where that was done already."""
        return terms.written(connection, self._segment, start=self._start, end=Mark(self._last, 0))


def begun(connection: sqlite3.Connection) -> Reading | None:
    """Begin with the next segment that is full, None where there is none yet."""
    start = marks.read(connection, marks.TERMS)
    head, oldest = _HEAD.one(connection, chain=chain.LOCAL), _OLDEST.one(connection)
    if head is None or oldest is None:
        return None
    number = max(start.position + 1, oldest[0] >> terms.SEGMENT_BITS << terms.SEGMENT_BITS) >> terms.SEGMENT_BITS
    return Reading(start, number) if head[0] >= (number + 1 << terms.SEGMENT_BITS) - 1 else None
