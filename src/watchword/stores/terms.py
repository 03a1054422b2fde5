"""
Where in activity something occurs, for whoever searches ten million rows.

The chain is cut by position into segments of 256 runs of 256 positions. Upkeep reads each segment once it is full and
writes down, for every user, name, source, application, server, outcome and reason in it, in which of its runs it
occurs. A term is 5 octets of a hash; the first chooses one of 256 rows of the segment, the others stand in that row
with the run, 5 octets for each. So a search reads one small row a segment and term, and opens only runs where all that
it wants may be; what is not indexed yet it looks through (measured: `docs/speed.md`).
"""

import hashlib
import sqlite3
from collections.abc import Iterator
from typing import Final

from sqlalchemy import bindparam, delete, insert, select

from watchword.ports.history import ActivityFilter
from watchword.stores import marks
from watchword.stores.bodies import Facts
from watchword.stores.history_tables import ACTIVITY_TERMS
from watchword.stores.marks import Mark
from watchword.stores.statements import Statement

RUN_BITS: Final = 8
SEGMENT_BITS: Final = 16
_TERM_OCTETS: Final = 5
_ENTRY_OCTETS: Final = 5
_BUCKET_SHIFT: Final = 48
_BUCKETS: Final = 256

_ENTRIES: Final = Statement(select(ACTIVITY_TERMS.c.entries).where(ACTIVITY_TERMS.c.place == bindparam("place")))
_ADD: Final = Statement(insert(ACTIVITY_TERMS).prefix_with("OR REPLACE", dialect="sqlite"), "place", "entries")
_FORGET: Final = Statement(
    delete(ACTIVITY_TERMS).where(ACTIVITY_TERMS.c.place.between(bindparam("first"), bindparam("last")))
)

FACETS: Final = ("user", "name", "source", "application", "reason", "outcome", "server")

Fact = tuple[str, bytes]


def positions() -> int:
    """Return how many positions a segment has."""
    return 1 << SEGMENT_BITS


def every_run() -> int:
    """Return every run of a segment as bits."""
    return (1 << (1 << (SEGMENT_BITS - RUN_BITS))) - 1


def facts_wanted(wanted: ActivityFilter) -> tuple[Fact, ...]:
    """Return what must occur in a run for a row of it to be wanted."""
    found: list[Fact] = []
    if wanted.user is not None:
        found.append(("user", wanted.user))
    if wanted.user_name is not None:
        found.append(("name", wanted.user_name.encode()))
    if wanted.source is not None:
        found.append(("source", wanted.source.encode()))
    if wanted.application is not None:
        found.append(("application", wanted.application))
    if wanted.reason is not None:
        found.append(("reason", wanted.reason.value.encode()))
    if wanted.outcome is not None:
        found.append(("outcome", wanted.outcome.value.encode()))
    if wanted.server is not None:
        found.append(("server", wanted.server.encode()))
    return tuple(found)


def _term(facet: str, value: bytes) -> bytes:
    return hashlib.sha256(b"%b\0%b" % (facet.encode(), value)).digest()[:_TERM_OCTETS]


class Segment:
    """Gathers what occurs in one segment."""

    def __init__(self, number: int) -> None:
        self.number = number
        self._runs: dict[str, dict[str | bytes, int]] = {facet: {} for facet in FACETS}

    def add(self, position: int, row: Facts) -> None:
        """Take in a row of activity of the segment."""
        bit, runs = 1 << (position % positions() >> RUN_BITS), self._runs
        if row.user is None:
            _note(runs["name"], row.user_name, bit)
        else:
            _note(runs["user"], row.user, bit)
        _note(runs["reason"], row.reason, bit)
        _note(runs["server"], row.server, bit)
        if row.kind is not None:
            _note(runs["outcome"], row.kind, bit)
        if row.source is not None:
            _note(runs["source"], row.source, bit)
        if row.application is not None:
            _note(runs["application"], row.application, bit)

    def write(self, connection: sqlite3.Connection) -> None:
        """Write down what was gathered."""
        rows: list[list[bytes]] = [[] for _ in range(_BUCKETS)]
        for facet, runs in self._runs.items():
            for value, mask in runs.items():
                term = _term(facet, value.encode() if isinstance(value, str) else value)
                rows[term[0]].extend(term[1:] + bytes((run,)) for run in _bits(mask))
        written = [
            (bucket << _BUCKET_SHIFT | self.number, b"".join(entries)) for bucket, entries in enumerate(rows) if entries
        ]
        connection.executemany(_ADD.sql, written)


def _note(runs: dict[str | bytes, int], value: str | bytes, bit: int) -> None:
    runs[value] = runs.get(value, 0) | bit


def _bits(mask: int) -> Iterator[int]:
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


class Where:
    """In which runs of each segment everything may be that a search wants."""

    def __init__(self, connection: sqlite3.Connection, facts: tuple[Fact, ...]) -> None:
        self._connection = connection
        self._terms = [_term(facet, value) for facet, value in facts]
        self.indexed: Final = marks.read(connection, marks.TERMS).position

    def runs(self, segment: int) -> int:
        """Return the runs of a segment as bits; every one where the segment is not indexed yet."""
        if segment << SEGMENT_BITS > self.indexed:
            return every_run()
        found = every_run()
        for term in self._terms:
            found &= self._runs_of(term, segment)
            if not found:
                break
        return found

    def _runs_of(self, term: bytes, segment: int) -> int:
        row = _ENTRIES.one(self._connection, place=term[0] << _BUCKET_SHIFT | segment)
        entries: bytes = b"" if row is None else row[0]
        found, start, key = 0, 0, term[1:]
        while (at := entries.find(key, start)) >= 0:
            if at % _ENTRY_OCTETS:
                start = at + 1
                continue
            found |= 1 << entries[at + _ENTRY_OCTETS - 1]
            start = at + _ENTRY_OCTETS
        return found


def forget_before(connection: sqlite3.Connection, first: int, last: int) -> None:
    """Forget the segments that end among the positions from `first` to `last`, which were just retired."""
    low, high = first >> SEGMENT_BITS, (last + 1) >> SEGMENT_BITS
    for bucket in range(_BUCKETS) if low < high else ():
        place = bucket << _BUCKET_SHIFT
        _FORGET.run(connection, first=place | low, last=place | high - 1)


def written(connection: sqlite3.Connection, segment: Segment, *, start: Mark, end: Mark) -> bool:
    """Write a whole segment down, once, and move the mark behind it; False where somebody has done so already."""
    if not marks.move(connection, marks.TERMS, start=start, end=end):
        return False
    segment.write(connection)
    return True
