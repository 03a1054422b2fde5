"""
The past as administration reads it: `ports.history.ReadsHistory` on one connection.

A search goes from run to run (`stores.terms`), the newest first or, towards newer rows, the oldest first. SQLite leaves
out the rows of a run whose body does not hold the octets of what is wanted; the others are read and looked at.
"""

import sqlite3
from collections.abc import Iterator
from typing import Final

from sqlalchemy import ColumnElement, bindparam, func, select

from watchword.domain.applications import ApplicationId
from watchword.domain.caching import RuleId
from watchword.domain.events import Activity
from watchword.domain.verification import ActivityId
from watchword.kit.clock import MICROSECONDS
from watchword.kit.identifiers import first_id
from watchword.ports.history import ActivityFilter, ActivityPage, AnswerCount, Count, Counted, Span, Total
from watchword.stores import blocks, marks, terms
from watchword.stores.bodies import activity_of, known_outcome, known_reason
from watchword.stores.history_tables import ANSWER_COUNTS, COUNTS
from watchword.stores.statements import Statement, Value
from watchword.stores.tables import ACTIVITY
from watchword.stores.terms import Where, facts_wanted

RUNS_LOOKED_AT: Final = 128
ROWS_LOOKED_AT: Final = 4_000
"""Runs, and rows in them, that one search looks at: some 20 ms. Whoever asks goes on from there."""

LATE: Final = 120 * MICROSECONDS
"""How much later than its instant a row may be written: rejects that repeat are counted for a minute."""

_octets: Final = ("who", "source", "application", "reason", "server")
_in_run: Final = select(ACTIVITY.c.position, ACTIVITY.c.body).where(
    ACTIVITY.c.position.between(bindparam("first"), bindparam("last")),
    *(func.instr(ACTIVITY.c.body, bindparam(octets)) > 0 for octets in _octets),
)
_HOLDING: Final = Statement(_in_run.order_by(ACTIVITY.c.position.desc()))
_HOLDING_UP: Final = Statement(_in_run.order_by(ACTIVITY.c.position))
_PLACE: Final = Statement(select(ACTIVITY.c.position).where(ACTIVITY.c.id == bindparam("row")))
_FIRST: Final = Statement(
    select(ACTIVITY.c.position, ACTIVITY.c.id)
    .where(ACTIVITY.c.position >= bindparam("place"))
    .order_by(ACTIVITY.c.position)
    .limit(1)
)
_LAST: Final = Statement(
    select(ACTIVITY.c.position, ACTIVITY.c.id)
    .where(ACTIVITY.c.position <= bindparam("place"))
    .order_by(ACTIVITY.c.position.desc())
    .limit(1)
)
_SINCE: Final = Statement(
    select(ACTIVITY.c.position).where(ACTIVITY.c.id >= bindparam("id")).order_by(ACTIVITY.c.id).limit(1)
)
_span: Final = (
    COUNTS.c.span == bindparam("span"),
    COUNTS.c.start >= bindparam("since"),
    COUNTS.c.start < bindparam("until"),
)
_alike: Final = (COUNTS.c.start, COUNTS.c.outcome, COUNTS.c.reason)
_counted: Final = select(*_alike, func.sum(COUNTS.c.count)).where(*_span).group_by(*_alike).order_by(*_alike)
_COUNTS: Final = Statement(_counted)
_COUNTS_OF: Final = Statement(_counted.where(COUNTS.c.application_id == bindparam("application")))
_at: Final = (COUNTS.c.application_id, COUNTS.c.outcome, COUNTS.c.reason, COUNTS.c.rule_id)
_TOTALS: Final = Statement(select(*_at, func.sum(COUNTS.c.count)).where(*_span).group_by(*_at))
_answers: Final = (ANSWER_COUNTS.c.start, ANSWER_COUNTS.c.milliseconds)
_answered: Final = (
    select(*_answers, func.sum(ANSWER_COUNTS.c.count))
    .where(
        ANSWER_COUNTS.c.span == bindparam("span"),
        ANSWER_COUNTS.c.start >= bindparam("since"),
        ANSWER_COUNTS.c.start < bindparam("until"),
    )
    .group_by(*_answers)
    .order_by(*_answers)
)
_ANSWERS: Final = Statement(_answered)
_of_one: Final[ColumnElement[bool]] = ANSWER_COUNTS.c.application_id == bindparam("application")
_ANSWERS_OF: Final = Statement(_answered.where(_of_one))

_BEHIND_ALL: Final = 2**63 - 1
"""No row stands at or behind this position."""


class _Search:
    """One search: where it may look, and what it has found."""

    def __init__(self, connection: sqlite3.Connection, wanted: ActivityFilter, *, first: int, last: int) -> None:
        self._connection = connection
        self._wanted = wanted
        self._first, self._last = first, last
        self._where = Where(connection, facts_wanted(wanted))
        self._up = wanted.after is not None
        self.rows: list[Activity] = []
        self.stopped_at: int | None = None

    def run(self) -> None:
        """Look, until the page is full, everything was looked at or it took long enough."""
        values = _values(self._wanted)
        statement = _HOLDING_UP if self._up else _HOLDING
        looked_at = 0
        for runs, (first, last) in enumerate(self._runs()):
            if runs >= RUNS_LOOKED_AT:
                self.stopped_at = first if self._up else last
                return
            for position, body in statement.run(self._connection, first=first, last=last, **values):
                row = activity_of(body, traced=False)
                looked_at += 1
                if self._wanted.fits(row):
                    self.rows.append(row)
                if len(self.rows) >= self._wanted.limit or looked_at >= ROWS_LOOKED_AT:
                    self.stopped_at = position + 1 if self._up else position - 1
                    return

    def _runs(self) -> Iterator[tuple[int, int]]:
        """Yield the first and last position of each run to look at, in the order of the search."""
        if self._first > self._last:
            return
        tail = self._where.indexed + 1
        if not self._up and self._last >= tail:
            yield from self._tail(tail)
        first, last = (
            self._first >> terms.SEGMENT_BITS,
            min(self._last, _BEHIND_ALL if self._up else tail - 1) >> terms.SEGMENT_BITS,
        )
        for segment in range(first, last + 1) if self._up else range(last, first - 1, -1):
            yield from self._runs_of(segment)

    def _tail(self, tail: int) -> Iterator[tuple[int, int]]:
        """Yield the runs that are not indexed yet, the newest first; of users the writer has noted more."""
        wanted = self._wanted
        term = None
        if wanted.user is not None:
            term = blocks.user_term(wanted.user)
        elif wanted.user_name is not None:
            term = blocks.name_term(wanted.user_name)
        start = max(self._first, tail)
        if term is not None:
            for first, last in blocks.runs(self._connection, term, since=start, before=self._last + 1):
                if last < start:
                    return
                yield max(first, start), last
            return
        last = self._last
        while last >= start:
            first = max(last >> terms.RUN_BITS << terms.RUN_BITS, start)
            yield first, last
            last = first - 1

    def _runs_of(self, segment: int) -> Iterator[tuple[int, int]]:
        mask, base = self._where.runs(segment), segment << terms.SEGMENT_BITS
        numbers = range(mask.bit_length()) if self._up else range(mask.bit_length() - 1, -1, -1)
        for run in numbers:
            first = base + (run << terms.RUN_BITS)
            last = first + (1 << terms.RUN_BITS) - 1
            if mask >> run & 1 and first <= self._last and last >= self._first:
                yield max(first, self._first), min(last, self._last)


def _values(wanted: ActivityFilter) -> dict[str, Value]:
    who: bytes = b""
    if wanted.user is not None:
        who = wanted.user
    elif wanted.user_name is not None:
        who = wanted.user_name.encode()
    return {
        "who": who,
        "source": (wanted.source or "").encode(),
        "application": wanted.application or b"",
        "reason": b"" if wanted.reason is None else wanted.reason.value.encode(),
        "server": (wanted.server or "").encode(),
    }


class SqlReadsHistory:
    """Reads the past."""

    _connection: sqlite3.Connection

    def activity(self, wanted: ActivityFilter) -> ActivityPage:
        """Find rows of activity, looking at a bounded number of them."""
        bounds = self._bounds(wanted)
        if bounds is None:
            return ActivityPage(rows=(), before=None, after=wanted.after)
        search = self._searched(wanted, *bounds)
        found, stopped = search.rows, search.stopped_at
        if wanted.after is not None:
            newer = self._named(_LAST, None if stopped is None else stopped - 1)
            newest = found[-1].id if found else wanted.after
            return ActivityPage(rows=tuple(found[::-1]), before=found[0].id if found else None, after=newer or newest)
        older = None if stopped is None or stopped < bounds[0] else self._named(_FIRST, stopped + 1)
        return ActivityPage(rows=tuple(found), before=older, after=found[0].id if found else wanted.before)

    def _searched(self, wanted: ActivityFilter, first: int, last: int) -> _Search:
        """Search, and go on at once where there was no row to name that the next search could go on from."""
        while True:
            search = _Search(self._connection, wanted, first=first, last=last)
            search.run()
            stopped = search.stopped_at
            if search.rows or stopped is None:
                return search
            if wanted.after is not None:
                if self._named(_LAST, stopped - 1) != wanted.after:
                    return search
                first = stopped
            else:
                if self._named(_FIRST, stopped + 1) not in (None, wanted.before):
                    return search
                last = stopped

    def _named(self, statement: Statement, place: int | None) -> ActivityId | None:
        row = None if place is None else statement.one(self._connection, place=place)
        return None if row is None else ActivityId(row[1])

    def _bounds(self, wanted: ActivityFilter) -> tuple[int, int] | None:
        """Return the first and last position where a wanted row may stand, None where there can be none."""
        oldest, newest = _FIRST.one(self._connection, place=0), _LAST.one(self._connection, place=_BEHIND_ALL)
        if oldest is None or newest is None:
            return None
        first, last = oldest[0], newest[0]
        if wanted.since is not None:
            since = _SINCE.one(self._connection, id=first_id(wanted.since - LATE))
            first = last + 1 if since is None else max(first, since[0])
        if wanted.until is not None:
            until = _SINCE.one(self._connection, id=first_id(wanted.until + LATE))
            last = last if until is None else min(last, until[0])
        for row, older in ((wanted.before, True), (wanted.after, False)):
            if row is not None:
                place = _PLACE.one(self._connection, row=row)
                if place is None and older:
                    # It was retired, and whatever is older than it with it.
                    return None
                if place is not None:
                    first, last = (first, min(last, place[0] - 1)) if older else (max(first, place[0] + 1), last)
        return first, last

    def counts(self, span: Span, *, since: int, until: int, application: ApplicationId | None = None) -> list[Count]:
        """Return how logins of the spans that begin from `since` up to `until` ended, in order."""
        values: dict[str, Value] = {"span": span.value, "since": since, "until": until}
        if application is None:
            rows = _COUNTS.run(self._connection, **values)
        else:
            rows = _COUNTS_OF.run(self._connection, application=application, **values)
        return [
            Count(start=start, outcome=known_outcome(outcome), reason=known_reason(reason), count=count)
            for start, outcome, reason, count in rows
        ]

    def totals(self, span: Span, *, since: int, until: int) -> list[Total]:
        """Return how logins of these spans ended at each application."""
        return [
            Total(
                application=ApplicationId(application) if application else None,
                outcome=known_outcome(outcome),
                reason=known_reason(reason),
                rule=RuleId(rule) if rule else None,
                count=count,
            )
            for application, outcome, reason, rule, count in _TOTALS.run(
                self._connection, span=span.value, since=since, until=until
            )
        ]

    def answer_counts(
        self, span: Span, *, since: int, until: int, application: ApplicationId | None = None
    ) -> list[AnswerCount]:
        """Return how long phones took to answer in these spans, in order."""
        values: dict[str, Value] = {"span": span.value, "since": since, "until": until}
        if application is None:
            rows = _ANSWERS.run(self._connection, **values)
        else:
            rows = _ANSWERS_OF.run(self._connection, application=application, **values)
        return [AnswerCount(start=start, milliseconds=took, count=count) for start, took, count in rows]

    def counted(self) -> Counted:
        """Return how far the counting has come."""
        mark = marks.read(self._connection, marks.COUNTS)
        return Counted(until=mark.at or None)
