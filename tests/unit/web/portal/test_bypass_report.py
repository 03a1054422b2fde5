"""
The report of one-time bypasses.
"""

import csv
import io

import pytest

from tests.fakes.office import ALICE, DESK, Office
from tests.unit.web.portal.rooms import Room, room_of
from watchword.app.manage.bypasses import BypassAdd, BypassCancel
from watchword.web.portal.bypass_report import PAGE

BOB = "bob@example.org"


@pytest.fixture
async def at(office: Office) -> Room:
    """Have three: one that was cancelled, one replaced, one of the help desk's that is active."""
    await office.user(ALICE)
    await office.user(BOB)
    first = await office.do("bypass.add", BypassAdd(user="alice", reason="the first"))
    await office.do("bypass.cancel", BypassCancel(id=first.id, reason="found"))
    await office.do("bypass.add", BypassAdd(user="bob", reason="the second"))
    await office.do("bypass.add", BypassAdd(user="bob", reason="=the third"), DESK)
    return room_of(office)


async def shown(at: Room, query: str = "") -> set[str]:
    page = (await at.get(f"/bypasses/report{query}")).body.decode()
    return {word for word in ("the first", "the second", "the third") if word in page}


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("", {"the first", "the second", "the third"}),
        ("?user=alice", {"the first"}),
        ("?created_by=dora@example.org", {"the third"}),
        ("?state=superseded", {"the second"}),
        ("?state=cancelled&user=bob", set()),
        ("?since=2023-11-14&until=2023-11-14", {"the first", "the second", "the third"}),
        ("?until=2023-11-13", set()),
        ("?since=2023-11-15", set()),
        ("?since=yesterday&state=nonsense", {"the first", "the second", "the third"}),
    ],
)
async def test_it_is_narrowed_down(at: Room, query: str, rows: set[str]) -> None:
    assert await shown(at, query) == rows


async def test_a_day_is_the_readers(at: Room) -> None:
    # The office's clock shows 22:13 of the 14th in UTC, when it is the 15th in Tokyo already.
    at.cookies["watchword-zone"] = "Asia/Tokyo"

    assert await shown(at, "?since=2023-11-15") == {"the first", "the second", "the third"}
    assert await shown(at, "?until=2023-11-14") == set()


async def test_nobody_is_said_to_be_nobody(at: Room) -> None:
    answer = await at.get("/bypasses/report?user=nobody")

    assert answer.status == 422
    assert "Nobody goes by nobody." in answer.body.decode()


async def test_what_is_saved_is_what_is_shown_and_no_formula(at: Room) -> None:
    answer = await at.get("/bypasses/report.csv?user=bob")

    assert answer.headers["content-disposition"] == 'attachment; filename="one-time-bypasses.csv"'
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.body.decode())))
    assert [row["reason"] for row in rows] == ["'=the third", "the second"]


async def test_more_than_a_page_leads_on(at: Room, office: Office) -> None:
    for number in range(PAGE):
        await office.do("bypass.add", BypassAdd(user="alice", reason=f"number {number}"))

    first = (await at.get("/bypasses/report")).body.decode()

    assert "the first" not in first
    onward = first.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0]
    assert await shown(at, onward.removeprefix("/bypasses/report").replace("&amp;", "&")) == {
        "the first",
        "the second",
        "the third",
    }
