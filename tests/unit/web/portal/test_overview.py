"""
The charts of the first page: the same figures as geometry and as tables.
"""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.unit.web.portal.test_filled import READING
from watchword.app.manage.statistics import AnswerTimes, LoginCount, SavedCount, Statistics
from watchword.domain.verification import OutcomeKind, Reason
from watchword.ports.history import Span
from watchword.web.portal.charts import ranked
from watchword.web.portal.overview import day_of

FIRST = datetime(2026, 11, 23, 10, tzinfo=UTC)
THIRD = "2026-11-23T12:00:00.000000Z"
LAST = "2026-11-24T09:00:00.000000Z"


def numbers(**found: Any) -> Statistics:
    return Statistics(
        span=Span.HOUR,
        since="2026-11-23T10:00:00.000000Z",
        until="2026-11-24T10:00:00.000000Z",
        counted_until=None,
        logins=found.get("logins", ()),
        saved=found.get("saved", ()),
        answers=found.get("answers", ()),
        applications=(),
    )


def login(start: str, outcome: OutcomeKind, reason: Reason, count: int) -> LoginCount:
    return LoginCount(start=start, outcome=outcome, reason=reason, count=count)


def test_logins_are_drawn_by_hour_and_by_why_they_ended_so() -> None:
    day = day_of(
        numbers(
            logins=(
                login(THIRD, OutcomeKind.ALLOWED, Reason.PUSH, 5),
                login(THIRD, OutcomeKind.DENIED, Reason.WRONG_CODE, 2),
                login(LAST, OutcomeKind.ALLOWED, Reason.PUSH, 4),
                login(LAST, OutcomeKind.ALLOWED, Reason.CACHE, 7),
            )
        ),
        FIRST,
        READING,
    )

    assert (day.logins, day.denied, day.saved) == (18, 2, 7)
    assert [list(day.chart.rows[place].figures) for place in (2, 23)] == [[5, 0, 2], [4, 7, 0]]
    assert [(bar.label, bar.figure) for bar in day.reasons.bars] == [
        ("approved on the phone", 9),
        ("caching rule", 7),
        ("wrong code", 2),
    ]
    assert {bar.label: bar.fill for bar in day.reasons.bars} == {
        "approved on the phone": 1,
        "caching rule": 4,
        "wrong code": 2,
    }


def test_prompts_saved_are_drawn_by_rules_and_by_joining() -> None:
    day = day_of(numbers(saved=(SavedCount(start=THIRD, by_rules=3, by_joining=1),)), FIRST, READING)

    assert [one.label for one in day.spared.series] == ["by caching rules", "by joining a login in progress"]
    assert [list(day.spared.rows[place].figures) for place in (2, 3)] == [[3, 1], [0, 0]]


def test_answer_times_stand_one_upon_the_other_and_are_told_as_they_are() -> None:
    times = AnswerTimes(start=THIRD, count=9, p50=4.0, p90=10.0, p99=12.0)
    none = AnswerTimes(start=LAST, count=0, p50=0.0, p90=0.0, p99=0.0)
    day = day_of(numbers(answers=(times, none)), FIRST, READING)

    assert list(day.answers.rows[2].figures) == [4.0, 10.0]
    half, most = day.answers.bars
    assert most.height == pytest.approx(half.height * 6 / 4, abs=0.02)
    assert half.y == pytest.approx(most.y + most.height, abs=0.02)
    assert most.title.endswith("10")
    assert day.answer == 4.0


def test_a_day_on_which_nothing_happened_has_empty_charts() -> None:
    day = day_of(numbers(), FIRST, READING)

    assert (day.logins, day.answer, day.reasons.bars, day.spared.bars, day.answers.bars) == (0, None, (), (), ())
    assert day.answers.width < day.chart.width
    assert len(day.answers.ticks) < len(day.chart.ticks)


def test_a_ranking_goes_from_the_longest_to_the_shortest() -> None:
    made = ranked(axis="Why", measure="Logins", rows=[("b", 2, 1), ("a", 2, 1), ("c", 8, 2)])

    assert [bar.label for bar in made.bars] == ["c", "a", "b"]
    assert [bar.width for bar in made.bars] == [360, 90, 90]
    assert [bar.y for bar in made.bars] == [0, 34, 68]
    assert made.height == 102
