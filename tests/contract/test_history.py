"""
The past: whatever is wanted of it is found, in pages both ways, whether it is indexed or not; and it is counted once.
"""

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import pytest

from tests.contract.folder import Folder, value_of
from watchword.domain.applications import ApplicationId
from watchword.domain.caching import RuleId
from watchword.domain.events import Activity
from watchword.domain.users import UserId
from watchword.domain.verification import ActivityId, OutcomeKind, Reason
from watchword.kit.clock import MICROSECONDS
from watchword.kit.randomness import SeededRandomness
from watchword.ports.history import ActivityFilter, ActivityPage, Span
from watchword.stores import counting, history, terms

Value = TypeVar("Value")

USERS = tuple(UserId(bytes(15) + bytes([number])) for number in range(4))
APPLICATIONS = tuple(ApplicationId(bytes(15) + bytes([number])) for number in range(3))
SOURCES = ("192.0.2.1", "192.0.2.11", None)
ENDS = (
    (OutcomeKind.ALLOWED, Reason.CODE),
    (OutcomeKind.ALLOWED, Reason.PUSH),
    (OutcomeKind.DENIED, Reason.WRONG_CODE),
    (OutcomeKind.CHALLENGED, Reason.CHALLENGE),
    (None, Reason.ACCOUNTING),
)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make runs and segments so small that a few hundred rows fill some, and one look a short one."""
    monkeypatch.setattr(terms, "RUN_BITS", 3)
    monkeypatch.setattr(terms, "SEGMENT_BITS", 5)
    monkeypatch.setattr(history, "RUNS_LOOKED_AT", 3)
    monkeypatch.setattr(history, "ROWS_LOOKED_AT", 9)


def chosen(chance: SeededRandomness, choices: Sequence[Value]) -> Value:
    return choices[chance.below(len(choices))]


def filled(folder: Folder, rows: int, seed: int = 1) -> list[Activity]:
    """Write rows of all kinds among rows of the audit trail, and return them, the newest first."""
    chance = SeededRandomness(seed)
    written: list[Activity] = []
    while len(written) < rows:
        folder.clock.advance((1 + chance.below(5 * MICROSECONDS)) / MICROSECONDS)
        if chance.below(5) == 0:
            folder.commit(audit=(folder.audit(),), activity=())
            continue
        outcome, reason = chosen(chance, ENDS)
        user = chosen(chance, (*USERS, None))
        row = folder.row(
            kind=outcome,
            reason=reason,
            user=user,
            user_name=f"name{chance.below(3)}" if user is None else "known",
            application=chosen(chance, (*APPLICATIONS, None)),
            source=chosen(chance, SOURCES),
            server=chosen(chance, ("local", "other")),
            trace=(),
        )
        folder.commit(activity=(row,))
        written.append(row)
    return written[::-1]


def page(folder: Folder, **wanted: Any) -> ActivityPage:
    return folder.read(lambda reader: reader.activity(ActivityFilter(**wanted)))


def older(folder: Folder, **wanted: Any) -> Iterator[Activity]:
    """Yield what is found page by page, towards the oldest."""
    before: ActivityId | None = None
    while True:
        found = page(folder, before=before, **wanted)
        assert len(found.rows) <= wanted.get("limit", 100)
        yield from found.rows
        if found.before is None:
            return
        assert found.before != before
        before = found.before


def newer(folder: Folder, after: ActivityId, **wanted: Any) -> Iterator[Activity]:
    """Yield what is found page by page, towards the newest."""
    while True:
        found = page(folder, after=after, **wanted)
        yield from reversed(found.rows)
        assert found.after is not None
        if found.after == after:
            return
        after = found.after


def indexed(folder: Folder) -> int:
    segments = 0
    while value_of(folder.store.upkeep.index()):
        segments += 1
    return segments


WANTED: list[dict[str, Any]] = [
    {},
    {"user": USERS[0]},
    {"user": UserId(bytes(15) + b"x")},
    {"user_name": "name1"},
    {"application": APPLICATIONS[1]},
    {"outcome": OutcomeKind.DENIED},
    {"reason": Reason.ACCOUNTING},
    {"reason": Reason.FRAUD},
    {"source": "192.0.2.1"},
    {"source": "192.0.2"},
    {"server": "other"},
    {"user": USERS[1], "reason": Reason.PUSH, "application": APPLICATIONS[2], "source": "192.0.2.11"},
]


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("before_indexing", [0, 90, 200])
@pytest.mark.parametrize("wanted", WANTED)
def test_whatever_is_wanted_is_found_both_ways(folder: Folder, wanted: dict[str, Any], before_indexing: int) -> None:
    first = filled(folder, before_indexing) if before_indexing else []
    indexed(folder)
    rows = filled(folder, 240 - before_indexing, seed=2) + first
    meant = [row for row in rows if ActivityFilter(**wanted).fits(row)]

    assert list(older(folder, limit=7, **wanted)) == meant
    assert list(newer(folder, rows[-1].id, limit=7, **wanted)) == [row for row in meant if row != rows[-1]][::-1]


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("index", [False, True])
def test_a_time_is_found_to_the_microsecond(folder: Folder, *, index: bool) -> None:
    rows = filled(folder, 200)
    if index:
        assert indexed(folder) == folder.sql("SELECT sequence FROM chains")[0][0] + 1 >> 5
    since, until = rows[150].at, rows[40].at

    assert list(older(folder, since=since, until=until)) == rows[41:151]
    assert list(older(folder, since=since + 1, until=until + 1, user=USERS[0])) == [
        row for row in rows[40:150] if row.user == USERS[0]
    ]
    assert page(folder, since=rows[0].at + 1).rows == ()
    assert page(folder, until=rows[-1].at).rows == ()


@pytest.mark.usefixtures("small")
def test_one_look_is_short_and_says_how_far_it_came(folder: Folder) -> None:
    rows = filled(folder, 100)

    found = page(folder, reason=Reason.FRAUD)

    assert found.rows == ()
    assert found.before in {row.id for row in rows[10:40]}


def test_an_empty_past_has_no_pages(folder: Folder) -> None:
    assert page(folder) == ActivityPage(rows=(), before=None, after=None)


@pytest.mark.usefixtures("small")
def test_what_was_retired_is_not_looked_for(folder: Folder) -> None:
    rows = filled(folder, 200)
    indexed(folder)
    before = rows[60].at
    while value_of(folder.store.upkeep.retire(before=before, now=folder.clock.now(), limit=30)):
        pass
    left = rows[:61]

    assert list(older(folder, limit=5)) == left
    assert list(older(folder, limit=5, user=USERS[2])) == [row for row in left if row.user == USERS[2]]
    assert page(folder, before=rows[150].id).rows == ()
    kept = {place & 0xFFFF for (place,) in folder.sql("SELECT place FROM activity_terms")}
    assert kept
    first = folder.sql("SELECT min(position) FROM activity")[0][0]
    assert min(kept) == first >> 5
    folder.reopen()
    filled(folder, 40, seed=3)
    assert indexed(folder) >= 1


# --- counting


def counted(folder: Folder, limit: int = 50) -> int:
    rows = 0
    while done := value_of(folder.store.upkeep.count(limit=limit)):
        rows += done
    return rows


def test_every_row_is_counted_once_in_its_hour_and_day(folder: Folder) -> None:
    rows = filled(folder, 120)
    assert counted(folder) == 120
    more = filled(folder, 30, seed=2)
    assert counted(folder) == 30

    logins = [row for row in (*more, *rows) if row.kind is not None]
    for span in Span:
        counts = folder.read(lambda reader, span=span: reader.counts(span, since=0, until=2**60))  # type: ignore[misc]
        assert sum(one.count for one in counts) == len(logins)
        for one in counts:
            alike = [row for row in logins if (row.kind, row.reason) == (one.outcome, one.reason)]
            length = counting.LENGTHS[span]
            assert one.start % length == 0
            assert one.count == len([row for row in alike if row.at - row.at % length == one.start])
        of_one = folder.read(
            lambda reader, span=span: reader.counts(  # type: ignore[misc]
                span, since=0, until=2**60, application=APPLICATIONS[0]
            )
        )
        assert sum(one.count for one in of_one) == len([row for row in logins if row.application == APPLICATIONS[0]])
    assert folder.read(lambda reader: reader.counted()).until == more[0].at


def test_what_two_have_counted_is_written_once(folder: Folder) -> None:
    filled(folder, 30)
    first = folder.store.records.readers.run(lambda connection: counting.read(connection, limit=20))
    second = folder.store.records.readers.run(lambda connection: counting.read(connection, limit=20))
    work = folder.store.ledger.committer

    assert work.run(lambda: counting.write(work.connection, first))
    assert not work.run(lambda: counting.write(work.connection, second))
    assert counted(folder) == 10
    everything = folder.sql("SELECT sum(count) FROM counts WHERE span = 'day'")[0][0]
    assert everything == folder.sql("SELECT count(*) FROM activity")[0][0] - len(
        [row for row in folder.activity() if row.kind is None]
    )


def test_counting_goes_on_where_it_was_after_a_start(folder: Folder) -> None:
    filled(folder, 20)
    counted(folder)
    folder.reopen()

    assert counted(folder) == 0
    filled(folder, 5, seed=2)
    assert counted(folder) == 5


def test_rules_and_repetitions_are_counted_as_what_they_are(folder: Folder) -> None:
    rule = RuleId(b"r" * 16)
    folder.commit(activity=(folder.row(reason=Reason.CACHE, rule=rule),))
    folder.commit(activity=(folder.row(kind=OutcomeKind.DENIED, reason=Reason.WRONG_PASSWORD, count=7),))
    counted(folder)

    totals = folder.read(lambda reader: reader.totals(Span.DAY, since=0, until=2**60))

    assert {(one.reason, one.rule, one.count) for one in totals} == {
        (Reason.CACHE, rule, 1),
        (Reason.WRONG_PASSWORD, None, 7),
    }


def test_the_time_of_an_answer_is_counted_within_a_seventh(folder: Folder) -> None:
    application = ApplicationId(bytes(15) + b"A")
    for milliseconds in (0, 100, 101, 5_000, 10**9):
        at = folder.clock.now()
        folder.commit(activity=(folder.row(reason=Reason.PUSH, asked_at=at - milliseconds * 1_000),))
    counted(folder)

    found = folder.read(lambda reader: reader.answer_counts(Span.DAY, since=0, until=2**60, application=application))

    times = [(one.milliseconds, one.count) for one in found]
    assert times == [
        (100, 2),
        (115, 1),
        (5_007, 1),
        (counting.LADDER[-1], 1),
    ]
    everywhere = folder.read(lambda reader: reader.answer_counts(Span.DAY, since=0, until=2**60))
    assert everywhere == found
    assert all(later / earlier < 1.16 for earlier, later in zip(counting.LADDER, counting.LADDER[1:], strict=False))


def test_what_is_too_long_ago_is_forgotten(folder: Folder) -> None:
    folder.commit(activity=(folder.row(reason=Reason.PUSH, asked_at=folder.clock.now()),))
    counted(folder)
    day = 86_400 * MICROSECONDS
    now = folder.clock.now()

    value_of(folder.store.upkeep.forget_counts(before=now - 400 * day, now=now + 63 * day))
    assert folder.sql("SELECT DISTINCT span FROM counts") == [("day",)]
    assert folder.sql("SELECT DISTINCT span FROM answer_counts") == [("day",)]
    value_of(folder.store.upkeep.forget_counts(before=now + day, now=now))
    assert folder.sql("SELECT count(*) FROM counts") == [(0,)]
