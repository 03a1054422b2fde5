"""
The pages of caching rules, and of what they remember.
"""

import html
import re

import pytest

from tests.fakes.office import ALICE, VPN, Office
from tests.unit.web.portal.rooms import Room, room_of, visitor
from watchword.app.manage.rules import RuleAdd, RuleList
from watchword.domain.caching import CacheType
from watchword.domain.roles import Role


@pytest.fixture
async def staffed(office: Office) -> Office:
    await office.user(ALICE)
    await office.application(VPN)
    return office


@pytest.fixture
async def at(staffed: Office) -> Room:
    return room_of(staffed)


async def test_a_rule_is_added_in_words(at: Room, staffed: Office) -> None:
    answer = await at.post("/rules/add", type="ip", seconds="28800", authentication_type="", application=VPN)

    assert (answer.status, answer.headers["location"]) == (303, "/rules")
    (row,) = await staffed.do("rule.list", RuleList())
    assert (row.type, row.seconds, row.authentication_type, row.application) == (CacheType.IP, 28_800, None, VPN)
    page = (await at.get("/rules")).body.decode()
    assert "8 hours" in page
    assert "IP address" in page


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"type": "user", "seconds": "301"}, "A rule of this type keeps a login for 1 to 300 seconds."),
        ({"type": "", "seconds": "60"}, "This is needed."),
        ({"type": "mood", "seconds": "60"}, "Choose one of these."),
        ({"type": "ip", "seconds": "60", "application": "Nowhere"}, "There is no application"),
    ],
)
async def test_what_is_wrong_is_said(at: Room, fields: dict[str, str], words: str) -> None:
    answer = await at.post("/rules/add", **fields)

    assert answer.status == 422
    assert words in html.unescape(answer.body.decode())


async def test_a_rule_is_turned_off_and_on_and_changed_and_removed(at: Room, staffed: Office) -> None:
    added = await staffed.do("rule.add", RuleAdd(type=CacheType.IP, seconds=60))
    path = f"/rules/{added.id}"

    async def row() -> tuple[int, bool]:
        (found,) = await staffed.do("rule.list", RuleList())
        return found.seconds, found.enabled

    assert (await at.post(f"{path}/change", enabled="off")).status == 303
    assert await row() == (60, False)
    assert (await at.post(f"{path}/change", seconds="90", enabled="on")).status == 303
    assert await row() == (90, True)
    assert (await at.post(f"{path}/change", seconds="0", enabled="on")).status == 422
    assert "1 minute 30 seconds" in (await at.get(f"{path}/change")).body.decode()
    assert (await at.get(f"{path}/remove")).status == 200
    assert (await at.post(f"{path}/remove")).status == 303
    assert await staffed.do("rule.list", RuleList()) == []
    assert "gone already" in (await at.get(f"{path}/remove")).body.decode()


async def test_what_a_rule_would_have_done_is_shown_with_its_risks(at: Room) -> None:
    part = (await at.get("/rules/foresee?type=user&seconds=60")).body.decode()

    assert "<html" not in part
    assert "Prompts saved" in part
    assert "Whoever has the password gets in from anywhere" in part
    assert "Choose a type and the seconds" in (await at.get("/rules/foresee?type=user&seconds=many")).body.decode()


async def test_what_is_remembered_can_be_forgotten(at: Room) -> None:
    assert "Nothing is remembered" in (await at.get("/rules/entries")).body.decode()
    assert (await at.get("/rules/entries?user=nobody")).status == 422
    assert (await at.post("/rules/entries/purge", user="nobody")).status == 422

    answer = await at.post("/rules/entries/purge", user="")

    assert (answer.status, answer.headers["location"]) == (303, "/rules/entries")


async def test_an_auditor_looks_and_changes_nothing(staffed: Office) -> None:
    added = await staffed.do("rule.add", RuleAdd(type=CacheType.IP, seconds=60))
    auditor = room_of(staffed, visitor(Role.AUDITOR))

    page = (await auditor.get("/rules")).body.decode()

    assert re.findall(r'href="/rules/(?!entries)', page) == []
    for path in ("/rules/add", f"/rules/{added.id}/change", f"/rules/{added.id}/remove", "/rules/entries/purge"):
        assert (await auditor.get(path)).status == 403
        assert (await auditor.post(path, reason="x")).status == 403
    assert (await room_of(staffed, visitor(Role.HELP_DESK)).get("/rules")).status == 403
