"""
The audit trail as it is searched.
"""

from typing import Any

import pytest

from tests.fakes.office import ALICE, DESK, OWNER, Office
from watchword.app.administration import RefusalKind
from watchword.app.manage.audit import AuditList, AuditRow
from watchword.app.manage.bypasses import BypassAdd
from watchword.app.manage.standing import UserReasoned
from watchword.app.manage.users import UserNamed
from watchword.kit.identifiers import text
from watchword.stores import trail


async def listed(office: Office, **wanted: Any) -> list[AuditRow]:
    rows = await office.do("audit.list", AuditList(**wanted))
    assert all(isinstance(row, AuditRow) for row in rows)
    return list(rows)


@pytest.fixture(params=[False, True])
async def busy(office: Office, request: pytest.FixtureRequest) -> Office:
    """An office in which something was done, all of it indexed or none of it."""
    await office.user()
    await office.user("bob@example.org")
    await office.do("user.block", UserReasoned(user="bob", reason="lost"), DESK)
    office.clock.advance(1)
    await office.do("user.unblock", UserReasoned(user="bob", reason="found"), OWNER)
    await office.do("bypass.add", BypassAdd(user="alice", reason="phone"), OWNER)
    await office.do("user.remove", UserNamed(user="bob"))
    if request.param:
        assert await office.context.upkeep.index_audit(limit=500)
        assert not await office.context.upkeep.index_audit(limit=500)
    return office


async def test_what_was_done_is_told_in_words_newest_first(busy: Office) -> None:
    rows = await listed(busy)

    assert [row.event for row in rows[:4]] == ["user.removed", "bypass.created", "user.unblocked", "user.blocked"]
    assert rows[0].sentence == "host removed the user bob@example.org"
    assert rows[1].sentence.endswith("made a bypass for alice@example.org, 300 seconds: phone")
    assert rows[3].sentence == f"{DESK.name} blocked bob@example.org: lost"
    assert rows[3].user == "bob@example.org"


@pytest.mark.parametrize(
    ("wanted", "events"),
    [
        ({"actor": DESK.name}, ["user.blocked"]),
        ({"event": "bypass"}, ["bypass.created"]),
        ({"event": "bypass.created"}, ["bypass.created"]),
        ({"event": "byp"}, []),
        ({"user": "alice", "event": "user"}, ["user.added"]),
        ({"user": "alice", "actor": OWNER.name}, ["bypass.created"]),
        ({"event": "user.blocked", "actor": OWNER.name}, []),
    ],
)
async def test_what_is_wanted_is_found(busy: Office, wanted: dict[str, Any], events: list[str]) -> None:
    assert [row.event for row in await listed(busy, **wanted)] == events


async def test_a_thing_has_its_own_history_and_a_removed_user_too(busy: Office) -> None:
    rows = await listed(busy)
    bypass = next(row.subject for row in rows if row.event == "bypass.created")
    bob = next(row for row in busy.records.audit if row.event == "user.removed").user
    assert bob is not None

    assert [row.event for row in await listed(busy, subject=bypass)] == ["bypass.created"]
    events = [row.event for row in await listed(busy, user=text(bob))]
    assert events == ["user.removed", "user.unblocked", "user.blocked", "password.set", "user.added"]


async def test_a_time_and_pages(busy: Office) -> None:
    rows = await listed(busy)
    since = next(row.at for row in rows if row.event == "user.unblocked")

    assert await listed(busy, since=since) == [row for row in rows if row.at >= since]
    assert await listed(busy, until=since) == [row for row in rows if row.at < since]
    assert await listed(busy, limit=2, before=rows[1].id) == rows[2:4]
    assert await listed(busy, since="2200-01-01") == []


async def test_a_long_search_goes_on(busy: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = await listed(busy)
    monkeypatch.setattr(trail, "LOOKED_AT", 2)

    assert await listed(busy, actor="host") == [row for row in rows if row.actor == "host"]
    assert await listed(busy) == rows


@pytest.mark.parametrize(
    "wanted",
    [{"limit": 0}, {"limit": 1_001}, {"subject": "x"}, {"before": "x"}, {"since": "x"}, {"until": "2026-13-01"}],
)
async def test_what_makes_no_sense_is_refused(office: Office, wanted: dict[str, Any]) -> None:
    assert (await office.refused("audit.list", AuditList(**wanted))).kind is RefusalKind.INVALID
    assert (await office.refused("audit.list", AuditList(user="nobody"))).kind is RefusalKind.NOT_FOUND


async def test_what_was_retired_is_not_found(busy: Office) -> None:
    rows = await listed(busy)
    await busy.context.upkeep.retire(before=busy.clock.now() + 1, now=busy.clock.now(), limit=500)

    left = await listed(busy)
    assert [row.event for row in left] == ["records.retired"]
    assert await listed(busy, user=ALICE) == []
    assert await listed(busy, before=rows[0].id) == []
