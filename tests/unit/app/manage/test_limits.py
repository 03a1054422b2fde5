"""
How many bypasses may be made (B16), and the report of them by what is known, as rows and as CSV in pieces.
"""

import csv
import io
from typing import Any

import pytest

from tests.fakes.office import ALICE, DESK, OWNER, Office
from watchword.app import operations
from watchword.app.administration import HOST, Actor, Refusal, RefusalKind
from watchword.app.manage import report
from watchword.app.manage.bypasses import BypassAdd, BypassCancel
from watchword.app.manage.report import BypassList
from watchword.app.manage.settings import SettingSet
from watchword.app.manage.users import UserNamed
from watchword.domain.bypass import BypassState
from watchword.domain.roles import PERMISSIONS, Permission, Role
from watchword.kit.identifiers import text

HOUR = 3_600


async def made(office: Office, user: str, actor: Actor = DESK) -> str:
    added = await office.do("bypass.add", BypassAdd(user=user, reason="phone", seconds=60), actor)
    office.clock.advance(1)
    return str(added.id)


async def test_one_administrator_makes_so_many_within_an_hour(office: Office) -> None:
    await office.do("setting.set", SettingSet(name="bypass.most_by_creator", value=2))
    for number in range(4):
        await office.user(f"user{number}@example.org")
    await made(office, "user0")
    await made(office, "user1")

    refusal = await office.refused("bypass.add", BypassAdd(user="user2", reason="phone"), DESK)

    assert refusal.kind is RefusalKind.CONFLICT
    assert "within an hour, 2; wait, or ask another administrator" in refusal.sentence
    await made(office, "user2", OWNER)
    office.clock.advance(HOUR)
    await made(office, "user3")


async def test_for_one_user_so_many_are_made_within_a_day_whoever_makes_them(office: Office) -> None:
    await office.do("setting.set", SettingSet(name="bypass.most_for_user", value=2))
    await office.user()
    await made(office, ALICE)
    await made(office, ALICE, OWNER)

    refusal = await office.refused("bypass.add", BypassAdd(user=ALICE, reason="phone"), OWNER)

    assert refusal.kind is RefusalKind.CONFLICT
    assert "within a day, 2" in refusal.sentence
    office.clock.advance(24 * HOUR)
    await made(office, ALICE)


async def test_whoever_holds_the_data_folder_is_not_stopped(office: Office) -> None:
    await office.user()
    for _ in range(12):
        await made(office, ALICE, HOST)


# --- the report


@pytest.fixture
async def busy(office: Office) -> dict[str, str]:
    for name in ("alice", "bob"):
        await office.user(f"{name}@example.org")
    ids = {"superseded": await made(office, "alice"), "cancelled": await made(office, "alice", OWNER)}
    await office.do("bypass.cancel", BypassCancel(id=ids["cancelled"], reason="found"), OWNER)
    ids["expired"] = await made(office, "bob", OWNER)
    office.clock.advance(HOUR)
    await office.context.upkeep.sweep(now=office.clock.now(), limit=100)
    ids["active"] = await made(office, "alice")
    return ids


@pytest.mark.parametrize("state", ["superseded", "cancelled", "expired", "active", "used"])
async def test_a_bypass_is_found_by_how_it_ended(office: Office, busy: dict[str, str], state: str) -> None:
    rows = await office.do("bypass.list", BypassList(state=BypassState(state)))
    of_alice = await office.do("bypass.list", BypassList(state=BypassState(state), user="alice"))

    assert [row.id for row in rows] == ([busy[state]] if state in busy else [])
    assert [row.id for row in of_alice] == [row.id for row in rows if row.user == ALICE]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"all": True}, ["active", "expired", "cancelled", "superseded"]),
        ({"all": True, "user": "alice"}, ["active", "cancelled", "superseded"]),
        ({"all": True, "created_by": DESK.name}, ["active", "superseded"]),
        ({"all": True, "created_by": DESK.name, "user": "bob"}, []),
        ({"created_by": OWNER.name}, []),
        ({"user": "alice"}, ["active"]),
        ({"all": True, "since": "2023-11-14T23:00:00Z"}, ["active"]),
        ({"all": True, "until": "2023-11-14T23:00:00Z"}, ["expired", "cancelled", "superseded"]),
    ],
)
async def test_a_bypass_is_found_by_what_is_known_of_it(
    office: Office, busy: dict[str, str], wanted: dict[str, Any], found: list[str]
) -> None:
    rows = await office.do("bypass.list", BypassList(**wanted))

    assert [row.id for row in rows] == [busy[name] for name in found]


async def test_the_report_of_a_removed_user_is_found_by_his_id(office: Office, busy: dict[str, str]) -> None:
    bob = (await office.person("bob@example.org")).user.id
    await office.do("user.remove", UserNamed(user="bob"))

    rows = await office.do("bypass.list", BypassList(all=True, user=text(bob)))

    assert [row.id for row in rows] == [busy["expired"]]


@pytest.mark.parametrize("wanted", [{"since": "x"}, {"until": "x"}, {"before": "x"}, {"limit": 0}])
async def test_what_makes_no_sense_is_refused(office: Office, wanted: dict[str, Any]) -> None:
    assert (await office.refused("bypass.list", BypassList(**wanted))).kind is RefusalKind.INVALID
    assert (await office.refused("bypass.list", BypassList(user="bob"))).kind is RefusalKind.NOT_FOUND


@pytest.mark.parametrize("piece", [1, 2, 500])
async def test_the_export_comes_in_pieces_and_is_whole(
    office: Office, busy: dict[str, str], piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "PIECE", piece)
    pieces = await operations.export_bypasses(office.context, OWNER, BypassList(all=True))
    assert not isinstance(pieces, Refusal)

    made = [one async for one in pieces]

    rows = list(csv.DictReader(io.StringIO("".join(made))))
    assert [row["id"] for row in rows] == [busy[name] for name in ("active", "expired", "cancelled", "superseded")]
    assert len(made) == {1: 5, 2: 3, 500: 1}[piece]


async def test_an_export_of_nothing_has_its_header(office: Office) -> None:
    pieces = await operations.export_bypasses(office.context, OWNER, BypassList())
    assert not isinstance(pieces, Refusal)

    assert [one.count("\r\n") async for one in pieces] == [1]


async def test_an_export_is_refused_before_its_first_piece(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = await operations.export_bypasses(office.context, OWNER, BypassList(user="nobody"))
    assert isinstance(refused, Refusal)
    assert refused.kind is RefusalKind.NOT_FOUND
    wrong = await operations.export_bypasses(office.context, OWNER, BypassList(since="x"))
    assert isinstance(wrong, Refusal)
    monkeypatch.setitem(PERMISSIONS, Role.AUDITOR, PERMISSIONS[Role.AUDITOR] - {Permission.BYPASS_READ})
    forbidden = await operations.export_bypasses(office.context, Actor(name="x", role=Role.AUDITOR), BypassList())
    assert isinstance(forbidden, Refusal)
    assert forbidden.kind is RefusalKind.FORBIDDEN
    office.records.away = True
    away = await operations.export_bypasses(office.context, OWNER, BypassList())
    assert isinstance(away, Refusal)
    assert away.kind is RefusalKind.UNAVAILABLE
