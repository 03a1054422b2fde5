"""
Counts rows of activity by hour and day, each row once: what a page shows was counted before it is asked for.

A step reads the rows behind the mark off the loop, and then writes their sums and moves the mark in one transaction of
the writer. Whoever is killed between the two counts the same rows again; whoever counted them twice writes them once.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects.sqlite import insert

from watchword.domain.verification import OutcomeKind
from watchword.kit.clock import MICROSECONDS
from watchword.ports.history import Span
from watchword.stores import marks
from watchword.stores.bodies import Facts, facts_of
from watchword.stores.history_tables import ANSWER_COUNTS, COUNTS
from watchword.stores.marks import Mark
from watchword.stores.statements import Statement
from watchword.stores.tables import ACTIVITY

LENGTHS: Final = {Span.HOUR: 3_600 * MICROSECONDS, Span.DAY: 86_400 * MICROSECONDS}
"""Microseconds of each span."""

_HOUR: Final = LENGTHS[Span.HOUR]
_HOURS_KEPT: Final = 62 * LENGTHS[Span.DAY]
"""Hours are kept for two months; days as long as anything."""

LADDER: Final = tuple(round(100 * 1.15**step) for step in range(60))
"""The milliseconds to which an answer's time is rounded up: none is more than 15 % off, up to six minutes."""

_ROWS: Final = Statement(
    select(ACTIVITY.c.position, ACTIVITY.c.body)
    .where(ACTIVITY.c.position > bindparam("after"))
    .order_by(ACTIVITY.c.position)
    .limit(bindparam("most"))
)
_counts: Final = insert(COUNTS)
_ADD: Final = Statement(
    _counts.on_conflict_do_update(
        index_elements=list(COUNTS.primary_key), set_={"count": COUNTS.c.count + _counts.excluded["count"]}
    ),
    "span",
    "start",
    "outcome",
    "reason",
    "application_id",
    "rule_id",
    "count",
)
_answers: Final = insert(ANSWER_COUNTS)
_ADD_ANSWER: Final = Statement(
    _answers.on_conflict_do_update(
        index_elements=list(ANSWER_COUNTS.primary_key),
        set_={"count": ANSWER_COUNTS.c.count + _answers.excluded["count"]},
    ),
    "span",
    "start",
    "milliseconds",
    "application_id",
    "count",
)
_FORGET: Final = Statement(
    delete(COUNTS).where(COUNTS.c.span == bindparam("span"), COUNTS.c.start < bindparam("before"))
)
_FORGET_ANSWERS: Final = Statement(
    delete(ANSWER_COUNTS).where(ANSWER_COUNTS.c.span == bindparam("span"), ANSWER_COUNTS.c.start < bindparam("before"))
)


@dataclass(slots=True)
class Sums:
    """What some rows come to. `end` is the mark behind them."""

    start: Mark
    end: Mark
    rows: int = 0
    counts: Counter[tuple[int, str, str, bytes, bytes]] = field(default_factory=Counter)
    answers: Counter[tuple[int, int, bytes]] = field(default_factory=Counter)

    def add(self, row: Facts) -> None:
        """Count a row under its hour; accounting asks for nothing and is left out."""
        if row.kind is None:
            return
        hour, application = row.at // _HOUR, row.application or b""
        self.counts[hour, row.kind, row.reason, application, row.rule or b""] += row.count
        if row.asked_at is not None and row.kind != OutcomeKind.CHALLENGED:
            self.answers[hour, rung(row.at - row.asked_at), application] += 1


def rung(microseconds: int) -> int:
    """Return the milliseconds of the ladder that an answer's time is counted under."""
    milliseconds = microseconds // 1_000
    return next((step for step in LADDER if milliseconds <= step), LADDER[-1])


def read(connection: sqlite3.Connection, *, limit: int) -> Sums:
    """Read up to `limit` rows behind the mark, and sum them up."""
    start = marks.read(connection, marks.COUNTS)
    sums = Sums(start=start, end=start)
    for position, body in _ROWS.run(connection, after=start.position, most=limit):
        row = facts_of(body)
        sums.add(row)
        sums.rows += 1
        sums.end = Mark(position, max(sums.end.at, row.at))
    return sums


def write(connection: sqlite3.Connection, sums: Sums) -> bool:
    """Write sums down and move the mark behind them; False, and nothing is written, where that was done already."""
    if not marks.move(connection, marks.COUNTS, start=sums.start, end=sums.end):
        return False
    connection.executemany(_ADD.sql, _rows(sums.counts.items()))
    connection.executemany(_ADD_ANSWER.sql, _rows(sums.answers.items()))
    return True


def _rows(counted: Iterable[tuple[tuple[Any, ...], int]]) -> list[tuple[object, ...]]:
    """Return what was counted under each hour as rows, for the hour itself and for every longer span it lies in."""
    return [
        (span.value, hour * _HOUR - hour * _HOUR % length, *rest, count)
        for (hour, *rest), count in counted
        for span, length in LENGTHS.items()
    ]


def forget(connection: sqlite3.Connection, *, before: int, now: int) -> None:
    """Forget the days before `before`, and hours after two months."""
    for statement in (_FORGET, _FORGET_ANSWERS):
        statement.run(connection, span=Span.HOUR.value, before=max(before, now - _HOURS_KEPT))
        statement.run(connection, span=Span.DAY.value, before=before)
