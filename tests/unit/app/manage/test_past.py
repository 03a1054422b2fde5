"""
The past as pages read it: activity by what is known of it, statistics, and what rules did and would do.
"""

from typing import Any

import pytest

from tests.fakes.office import ALICE, DESK, OWNER, VPN, Office
from watchword.app.administration import Refusal, RefusalKind
from watchword.app.manage import foreseeing
from watchword.app.manage.activity import ActivityList, ActivitySearch
from watchword.app.manage.following import ActivityWanted
from watchword.app.manage.foreseeing import RuleForesee
from watchword.app.manage.rules import RuleAdd, RuleChange, RuleList
from watchword.app.manage.statistics import ActivityStatistics
from watchword.app.operations import follow
from watchword.domain.applications import DEFAULT_GROUP, ApplicationId, AuthenticationType
from watchword.domain.caching import CacheType, RuleId
from watchword.domain.events import Activity, AuditEvent
from watchword.domain.users import UserId
from watchword.domain.verification import ActivityId, OutcomeKind, Reason
from watchword.kit.identifiers import parse, text
from watchword.ports.history import Span
from watchword.stores import history

SECOND = 1_000_000


class Past:
    """Writes rows of activity."""

    def __init__(self, office: Office, user: UserId, application: str) -> None:
        self.office = office
        self.user = user
        self.application = ApplicationId(parse(application) or b"")
        self.rows: list[Activity] = []

    def happened(self, reason: Reason, **fields: Any) -> Activity:
        """Write a row, a minute after the one before."""
        self.office.clock.advance(60)
        kinds = {Reason.NO_ANSWER: OutcomeKind.DENIED, Reason.FRAUD: OutcomeKind.DENIED}
        wanted: dict[str, Any] = {
            "id": ActivityId(self.office.context.identifiers.new()),
            "at": self.office.clock.now(),
            "group": DEFAULT_GROUP,
            "kind": kinds.get(reason, OutcomeKind.ALLOWED),
            "reason": reason,
            "user": self.user,
            "user_name": ALICE,
            "epoch": 0,
            "application": self.application,
            "authentication_type": AuthenticationType.RADIUS,
            "client": "127.0.0.1",
            "source": "192.0.2.7",
            "server": "local",
        }
        row = Activity(**(wanted | fields))
        self.office.commit(activity=(row,))
        self.rows.append(row)
        return row

    async def counted(self) -> None:
        """Let upkeep count what happened."""
        while await self.office.context.upkeep.count(limit=100):
            pass


@pytest.fixture
async def past(office: Office) -> Past:
    return Past(office, await office.user(), await office.application())


# --- activity


@pytest.mark.parametrize(
    ("wanted", "reasons"),
    [
        ({}, ["fraud", "code", "push"]),
        ({"reason": Reason.FRAUD}, ["fraud"]),
        ({"outcome": OutcomeKind.ALLOWED}, ["code", "push"]),
        ({"application": VPN}, ["fraud", "push"]),
        ({"source": "198.51.100.1"}, ["code"]),
        ({"server": "elsewhere"}, []),
        ({"user": "alice", "source": "192.0.2.7"}, ["fraud", "push"]),
        ({"user": "bob"}, []),
    ],
)
async def test_activity_is_found_by_what_is_known_of_it(past: Past, wanted: dict[str, Any], reasons: list[str]) -> None:
    past.happened(Reason.PUSH)
    past.happened(Reason.CODE, source="198.51.100.1", application=None)
    past.happened(Reason.FRAUD)

    found = await past.office.do("activity.search", ActivitySearch(**wanted))
    rows = await past.office.do("activity.list", ActivityList(**wanted))

    assert [row.reason.value for row in found.rows] == reasons
    assert list(found.rows) == rows
    assert found.before is None


async def test_pages_go_both_ways(past: Past) -> None:
    for _ in range(5):
        past.happened(Reason.CODE)

    first = await past.office.do("activity.search", ActivitySearch(limit=2))
    second = await past.office.do("activity.search", ActivitySearch(limit=2, before=first.before))
    back = await past.office.do("activity.search", ActivitySearch(limit=2, after=second.rows[0].id))
    news = await past.office.do("activity.search", ActivitySearch(after=first.after))

    assert len({row.id for row in (*first.rows, *second.rows)}) == 4
    assert back.rows == first.rows
    assert news.rows == ()
    assert news.after == first.after


async def test_a_list_is_whole_however_short_each_look_is(past: Past, monkeypatch: pytest.MonkeyPatch) -> None:
    rare = past.happened(Reason.FRAUD)
    for _ in range(9):
        past.happened(Reason.CODE)
    monkeypatch.setattr(history, "ROWS_LOOKED_AT", 2)

    rows = await past.office.do("activity.list", ActivityList(outcome=OutcomeKind.DENIED))

    assert [row.id for row in rows] == [text(rare.id)]


@pytest.mark.parametrize(
    "wanted",
    [
        {"limit": 0},
        {"before": "x"},
        {"after": "x"},
        {"before": "0190b2f4-5d6e-7c3a-8f10-2b4c6d8e0f12", "after": "0190b2f4-5d6e-7c3a-8f10-2b4c6d8e0f12"},
        {"since": "yesterday"},
        {"until": "9999-99-99"},
        {"user": "\x00"},
    ],
)
async def test_a_search_that_makes_no_sense_is_refused(office: Office, wanted: dict[str, Any]) -> None:
    assert (await office.refused("activity.search", ActivitySearch(**wanted))).kind is RefusalKind.INVALID
    unknown = await office.refused("activity.search", ActivitySearch(application="nowhere"))
    assert unknown.kind is RefusalKind.NOT_FOUND


async def test_who_follows_sees_what_is_wanted(past: Past) -> None:
    following = await follow(past.office.context, DESK, None, ActivityWanted(application=VPN, reason=Reason.CODE))
    assert not isinstance(following, Refusal)
    with following:
        past.happened(Reason.PUSH)
        past.happened(Reason.CODE, application=None)
        wanted = past.happened(Reason.CODE)
        row = await anext(following)
    assert row.at.endswith("Z")
    assert parse(row.id) == wanted.id
    refused = await follow(past.office.context, DESK, None, ActivityWanted(application="nowhere"))
    assert isinstance(refused, Refusal)


# --- statistics


async def test_numbers_say_how_logins_ended_what_was_saved_and_how_long_phones_took(past: Past) -> None:
    for seconds in (1, 2, 3, 30):
        past.happened(Reason.PUSH, asked_at=past.office.clock.now() + (60 - seconds) * SECOND)
    past.happened(Reason.CACHE, rule=RuleId(b"r" * 16))
    past.happened(Reason.JOINED)
    past.happened(Reason.FRAUD, application=None, count=3)
    await past.counted()

    for span in Span:
        found = await past.office.do("activity.statistics", ActivityStatistics(span=span))
        assert {(one.outcome.value, one.reason.value, one.count) for one in found.logins} == {
            ("allowed", "push", 4),
            ("allowed", "cache", 1),
            ("allowed", "joined", 1),
            ("denied", "fraud", 3),
        }
        assert [(one.by_rules, one.by_joining) for one in found.saved] == [(1, 1)]
        (times,) = found.answers
        assert times.count == 4
        assert 2 <= times.p50 <= 2.3
        assert 30 <= times.p90 == times.p99 <= 34.5
        assert [(one.application, one.allowed, one.denied, one.saved) for one in found.applications] == [
            (VPN, 6, 0, 2),
            (None, 0, 3, 0),
        ]
        assert found.counted_until is not None
    of_one = await past.office.do("activity.statistics", ActivityStatistics(application=VPN))
    assert sum(one.count for one in of_one.logins) == 6
    assert [one.application for one in of_one.applications] == [VPN]


async def test_nothing_counted_is_no_number(office: Office) -> None:
    found = await office.do("activity.statistics", ActivityStatistics())

    assert (found.logins, found.saved, found.answers, found.applications, found.counted_until) == ((), (), (), (), None)


@pytest.mark.parametrize(
    "wanted",
    [
        {"since": "x"},
        {"until": "x"},
        {"since": "2024-01-01", "until": "2023-01-01"},
        {"since": "2020-01-01", "until": "2022-01-01"},
        {"span": Span.HOUR, "since": "2023-01-01", "until": "2023-02-01"},
    ],
)
async def test_a_time_that_makes_no_sense_is_refused(office: Office, wanted: dict[str, Any]) -> None:
    assert (await office.refused("activity.statistics", ActivityStatistics(**wanted))).kind is RefusalKind.INVALID
    unknown = await office.refused("activity.statistics", ActivityStatistics(application="nowhere"))
    assert unknown.kind is RefusalKind.NOT_FOUND


# --- rules


async def test_a_rule_tells_what_it_let_through(past: Past) -> None:
    added = await past.office.do("rule.add", RuleAdd(type=CacheType.IP, seconds=60))
    past.happened(Reason.CACHE, rule=RuleId(parse(added.id) or b""))
    await past.counted()

    (row,) = await past.office.do("rule.list", RuleList())
    assert (row.hits, row.entries) == (1, 0)
    past.office.stop()
    (row,) = await past.office.do("rule.list", RuleList())
    assert row.entries is None


async def test_a_rule_is_changed_and_nothing_of_what_it_was_is_honoured(office: Office) -> None:
    added = await office.do("rule.add", RuleAdd(type=CacheType.IP, seconds=60))

    done = await office.do("rule.change", RuleChange(id=added.id, seconds=90), OWNER)
    assert (done.seconds, done.enabled) == (90, True)
    assert (await office.configuration()).rules[0].version == 1
    done = await office.do("rule.change", RuleChange(id=added.id, enabled=False), OWNER)
    assert (done.seconds, done.enabled) == (90, False)
    assert not (await office.configuration()).rules[0].enabled
    assert (await office.configuration()).rules[0].version == 2
    changes = [dict(row.words)["changes"] for row in office.records.audit if row.event is AuditEvent.RULE_CHANGED]
    assert changes == ["60 to 90 seconds", "off"]
    await office.do("rule.change", RuleChange(id=added.id, enabled=False), OWNER)
    assert len([event for event, _ in office.audited() if event is AuditEvent.RULE_CHANGED]) == 2
    await office.do("rule.change", RuleChange(id=added.id, enabled=True), OWNER)
    assert (await office.configuration()).rules[0].enabled


async def test_a_change_that_may_not_be_is_refused(office: Office) -> None:
    added = await office.do("rule.add", RuleAdd(type=CacheType.USER, seconds=60))

    for wanted, kind in (
        (RuleChange(id=added.id, seconds=301), RefusalKind.INVALID),
        (RuleChange(id="x", seconds=1), RefusalKind.INVALID),
        (RuleChange(id="0190b2f4-5d6e-7c3a-8f10-2b4c6d8e0f12", seconds=1), RefusalKind.NOT_FOUND),
    ):
        assert (await office.refused("rule.change", wanted)).kind is kind
    assert (await office.configuration()).rules[0].seconds == 60


async def test_a_rule_that_is_thought_of_is_told_by_what_happened(past: Past, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foreseeing, "SLICE", 2)
    for reason in (Reason.PUSH, Reason.PUSH, Reason.CACHE, Reason.NO_ANSWER, Reason.PUSH):
        past.happened(reason)

    found = await past.office.do("rule.foresee", RuleForesee(type=CacheType.IP, seconds=100, application=VPN))

    assert (found.logins, found.prompts, found.saved, found.users) == (5, 4, 1, 1)
    assert found.complete
    assert len(found.risks) == 1
    wide = await past.office.do("rule.foresee", RuleForesee(type=CacheType.USER, seconds=300))
    assert wide.saved == 3
    assert len(wide.risks) == 2
    shorter = await past.office.do("rule.foresee", RuleForesee(type=CacheType.APPLICATION, seconds=59))
    assert shorter.saved == 0


async def test_a_rule_that_is_there_is_told_as_if_it_were_on(past: Past) -> None:
    added = await past.office.do("rule.add", RuleAdd(type=CacheType.IP, seconds=100))
    await past.office.do("rule.change", RuleChange(id=added.id, enabled=False))
    past.happened(Reason.PUSH)
    past.happened(Reason.PUSH)

    assert (await past.office.do("rule.foresee", RuleForesee(id=added.id))).saved == 1
    assert (await past.office.do("rule.foresee", RuleForesee(id=added.id, seconds=10))).saved == 0


async def test_nothing_that_happened_is_nothing_saved(office: Office) -> None:
    found = await office.do("rule.foresee", RuleForesee(type=CacheType.IP, seconds=100))

    assert (found.logins, found.saved, found.complete) == (0, 0, True)


async def test_only_the_newest_are_looked_at_and_that_is_said(past: Past, monkeypatch: pytest.MonkeyPatch) -> None:
    past.happened(Reason.PUSH)
    past.office.clock.advance(3 * 86_400)
    for _ in range(3):
        past.happened(Reason.PUSH)
    monkeypatch.setattr(foreseeing, "MOST_ROWS", 2)

    found = await past.office.do("rule.foresee", RuleForesee(type=CacheType.IP, seconds=100))

    assert found.logins == 2
    assert not found.complete


@pytest.mark.parametrize(
    ("wanted", "kind"),
    [
        ({"days": 0}, RefusalKind.INVALID),
        ({"days": 31}, RefusalKind.INVALID),
        ({"type": CacheType.IP}, RefusalKind.INVALID),
        ({"seconds": 3}, RefusalKind.INVALID),
        ({"type": CacheType.USER, "seconds": 301}, RefusalKind.INVALID),
        ({"type": CacheType.USER, "seconds": 1, "application": "nowhere"}, RefusalKind.NOT_FOUND),
        ({"id": "x"}, RefusalKind.INVALID),
        ({"id": "0190b2f4-5d6e-7c3a-8f10-2b4c6d8e0f12"}, RefusalKind.NOT_FOUND),
    ],
)
async def test_what_cannot_be_foreseen_is_refused(office: Office, wanted: dict[str, Any], kind: RefusalKind) -> None:
    assert (await office.refused("rule.foresee", RuleForesee(**wanted))).kind is kind
