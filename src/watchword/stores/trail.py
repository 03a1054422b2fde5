"""
The audit trail as administration reads it: `ports.trail.ReadsTrail` on one connection.

A row is found by terms, 8 octets of a hash of its user, actor, event, noun or subject. Upkeep writes them down behind
the writer; the few rows that it has not come to yet are looked through.
"""

import hashlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, delete, insert, select

from watchword.domain.events import AuditId
from watchword.domain.users import UserId
from watchword.kit.identifiers import first_id
from watchword.ports.trail import AuditFilter, AuditPage, AuditRecord, Stretch
from watchword.stores import marks
from watchword.stores.bodies import activity_of, audit_facts_of
from watchword.stores.marks import Mark
from watchword.stores.statements import Row, Statement
from watchword.stores.tables import ACTIVITY, AUDIT
from watchword.stores.trail_tables import AUDIT_TERMS

LOOKED_AT: Final = 2_000
"""Rows that one search looks at: some 10 ms."""

_TERM_OCTETS: Final = 8
_BEHIND_ALL: Final = 2**63 - 1

_BETWEEN: Final = (AUDIT.c.position > bindparam("behind"), AUDIT.c.position < bindparam("before"))
_ROWS: Final = Statement(
    select(AUDIT.c.position, AUDIT.c.body).where(*_BETWEEN).order_by(AUDIT.c.position.desc()).limit(bindparam("most"))
)
_WITH_TERM: Final = Statement(
    select(AUDIT_TERMS.c.position, AUDIT.c.body)
    .join_from(AUDIT_TERMS, AUDIT, AUDIT_TERMS.c.position == AUDIT.c.position)
    .where(
        AUDIT_TERMS.c.term == bindparam("term"),
        AUDIT_TERMS.c.position > bindparam("behind"),
        AUDIT_TERMS.c.position < bindparam("before"),
    )
    .order_by(AUDIT_TERMS.c.position.desc())
    .limit(bindparam("most"))
)
_PLACE: Final = Statement(select(AUDIT.c.position).where(AUDIT.c.id == bindparam("row")))
_SINCE: Final = Statement(select(AUDIT.c.position).where(AUDIT.c.id >= bindparam("id")).order_by(AUDIT.c.id).limit(1))
_UNREAD: Final = Statement(
    select(AUDIT.c.position, AUDIT.c.body)
    .where(AUDIT.c.position > bindparam("behind"))
    .order_by(AUDIT.c.position)
    .limit(bindparam("most"))
)
_ADD: Final = Statement(insert(AUDIT_TERMS).prefix_with("OR IGNORE", dialect="sqlite"), "term", "position")
_TERMS_OF: Final = Statement(
    delete(AUDIT_TERMS).where(AUDIT_TERMS.c.term == bindparam("term"), AUDIT_TERMS.c.position == bindparam("position")),
    "term",
    "position",
)
_RETIRED: Final = Statement(select(AUDIT.c.position, AUDIT.c.body).where(AUDIT.c.position <= bindparam("place")))
_STRETCH: Final = Statement(
    select(ACTIVITY.c.position, ACTIVITY.c.body)
    .where(ACTIVITY.c.position > bindparam("behind"))
    .order_by(ACTIVITY.c.position)
    .limit(bindparam("most"))
)
_ACTIVITY_SINCE: Final = Statement(
    select(ACTIVITY.c.position).where(ACTIVITY.c.id >= bindparam("id")).order_by(ACTIVITY.c.id).limit(1)
)
_NEWEST: Final = Statement(select(ACTIVITY.c.position).order_by(ACTIVITY.c.position.desc()).limit(1))


def _term(facet: str, value: bytes) -> bytes:
    return hashlib.sha256(b"%b\0%b" % (facet.encode(), value)).digest()[:_TERM_OCTETS]


def _terms_of(row: AuditRecord) -> Iterator[bytes]:
    yield _term("actor", row.actor.encode())
    yield _term("event", row.event.encode())
    yield _term("event", row.event.partition(".")[0].encode())
    if row.user is not None:
        yield _term("user", row.user)
    if row.subject is not None:
        yield _term("subject", row.subject)


def _best_term(wanted: AuditFilter) -> bytes | None:
    """Return the term of what is wanted that the fewest rows have, as far as one can tell."""
    if wanted.subject is not None:
        return _term("subject", wanted.subject)
    if wanted.user is not None:
        return _term("user", wanted.user)
    if wanted.event is not None and "." in wanted.event:
        return _term("event", wanted.event.encode())
    if wanted.actor is not None:
        return _term("actor", wanted.actor.encode())
    return None if wanted.event is None else _term("event", wanted.event.encode())


def _fits(wanted: AuditFilter, row: AuditRecord) -> bool:
    return (
        wanted.user in (None, row.user)
        and wanted.actor in (None, row.actor)
        and wanted.subject in (None, row.subject)
        and wanted.event in (None, row.event, row.event.partition(".")[0])
        and (wanted.since is None or row.at >= wanted.since)
        and (wanted.until is None or row.at < wanted.until)
    )


def record_of(body: bytes) -> AuditRecord:
    """Return the row of a body. Raises `Unreadable`."""
    row = audit_facts_of(body)
    return AuditRecord(
        id=AuditId(row.id),
        at=row.at,
        event=row.event,
        actor=row.actor,
        user=None if row.user is None else UserId(row.user),
        subject=row.subject,
        words=row.words,
    )


class SqlReadsTrail:
    """Reads what was done, and what happened."""

    _connection: sqlite3.Connection

    def audit_trail(self, wanted: AuditFilter) -> AuditPage:
        """Find rows of the audit trail, looking at a bounded number of them."""
        bounds = self._trail_bounds(wanted)
        found: list[AuditRecord] = []
        for looked_at, (_, body) in enumerate(self._candidates(wanted, *bounds), start=1):
            last = record_of(body)
            if _fits(wanted, last):
                found.append(last)
            if len(found) >= wanted.limit or looked_at >= LOOKED_AT:
                return AuditPage(rows=tuple(found), before=last.id)
        return AuditPage(rows=tuple(found), before=None)

    def _trail_bounds(self, wanted: AuditFilter) -> tuple[int, int]:
        """Return the positions between which wanted rows stand."""
        behind, before = -1, _BEHIND_ALL
        for at, low in ((wanted.since, True), (wanted.until, False)):
            row = None if at is None else _SINCE.one(self._connection, id=first_id(at))
            if at is not None and low:
                behind = _BEHIND_ALL if row is None else row[0] - 1
            elif row is not None:
                before = row[0] + 1
        if wanted.before is not None:
            row = _PLACE.one(self._connection, row=wanted.before)
            # A row that was retired has nothing before it.
            before = -1 if row is None else min(before, row[0])
        return behind, before

    def _candidates(self, wanted: AuditFilter, behind: int, before: int) -> Iterator[Row]:
        term = _best_term(wanted)
        if term is None:
            yield from _ROWS.run(self._connection, behind=behind, before=before, most=LOOKED_AT)
            return
        indexed = marks.read(self._connection, marks.AUDIT).position
        yield from _ROWS.run(self._connection, behind=max(behind, indexed), before=before, most=LOOKED_AT)
        yield from _WITH_TERM.run(
            self._connection, term=term, behind=behind, before=min(before, indexed + 1), most=LOOKED_AT
        )

    def stretch_begin(self, *, since: int, most: int) -> tuple[int, bool]:
        """Return the position behind which the rows of activity since an instant stand, and whether all of them do."""
        newest = _NEWEST.one(self._connection)
        first = _ACTIVITY_SINCE.one(self._connection, id=first_id(since))
        if newest is None or first is None:
            return _BEHIND_ALL, True
        behind: int = max(first[0] - 1, newest[0] - most)
        return behind, behind == first[0] - 1

    def stretch(self, *, behind: int, limit: int) -> Stretch:
        """Return up to `limit` rows of activity behind a position, without their traces."""
        rows = _STRETCH.all(self._connection, behind=behind, most=limit)
        found = [activity_of(body, traced=False) for _, body in rows]
        return Stretch(rows=found, behind=rows[-1][0] if len(rows) == limit else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unindexed:
    """Terms of rows of the trail that upkeep has not come to before."""

    start: Mark
    end: Mark
    rows: int
    terms: tuple[tuple[bytes, int], ...]


def read(connection: sqlite3.Connection, *, limit: int) -> Unindexed:
    """Read up to `limit` rows behind the mark."""
    start = marks.read(connection, marks.AUDIT)
    end, rows = start, 0
    found: list[tuple[bytes, int]] = []
    for position, body in _UNREAD.run(connection, behind=start.position, most=limit):
        record = record_of(body)
        found.extend((term, position) for term in _terms_of(record))
        end, rows = Mark(position, record.at), rows + 1
    return Unindexed(start=start, end=end, rows=rows, terms=tuple(found))


def write(connection: sqlite3.Connection, read_: Unindexed) -> bool:
    """Write terms down and move the mark; False, and nothing is written, where that was done already."""
    if not marks.move(connection, marks.AUDIT, start=read_.start, end=read_.end):
        return False
    connection.executemany(_ADD.sql, sorted(read_.terms))
    return True


def forget(connection: sqlite3.Connection, *, place: int) -> None:
    """Forget the terms of rows up to `place`, which are about to be retired."""
    for position, body in _RETIRED.all(connection, place=place):
        connection.executemany(_TERMS_OF.sql, [(term, position) for term in _terms_of(record_of(body))])
