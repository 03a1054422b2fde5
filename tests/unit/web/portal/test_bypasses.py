"""
The pages of one-time bypasses.
"""

import html
import re

import pytest

from tests.fakes.office import ALICE, Office
from tests.unit.web.portal.rooms import Room, room_of, visitor
from watchword.app.feed import Topic
from watchword.app.manage.bypasses import BypassAdd, BypassCancel
from watchword.app.manage.groups import GroupAdd
from watchword.app.manage.report import BypassList
from watchword.domain.roles import Role

CANARY = '"><img src=x onerror=alert(1)>{{7*7}}'


@pytest.fixture
async def staffed(office: Office) -> Office:
    await office.user(ALICE)
    return office


@pytest.fixture
async def at(staffed: Office) -> Room:
    return room_of(staffed)


async def once_of(at: Room) -> str:
    found = re.search(r'name="once" value="([^"]+)"', (await at.get("/bypasses/add")).body.decode())
    assert found
    return found[1]


async def test_a_bypass_is_added_and_the_next_page_says_so(at: Room, staffed: Office) -> None:
    answer = await at.post("/bypasses/add", user="alice", seconds="300", reason="phone lost", once=await once_of(at))

    assert (answer.status, answer.headers["location"]) == (303, "/bypasses")
    (row,) = await staffed.do("bypass.list", BypassList())
    assert (row.user, row.seconds, row.reason, row.created_by) == (ALICE, 300, "phone lost", "carol@example.org")
    at.cookies["watchword-told"] = answer.headers["set-cookie"].partition("=")[2].partition(";")[0]
    shown = await at.get("/bypasses")
    assert f"{ALICE} may log in once without the second step, from now on for 5 minutes." in shown.body.decode()
    assert 'watchword-told=""' in shown.headers["set-cookie"]


async def test_pressed_twice_it_is_added_once(at: Room, staffed: Office) -> None:
    once = await once_of(at)

    both = [
        await at.post("/bypasses/add", user="alice", seconds="300", reason="phone lost", once=once) for _ in range(2)
    ]

    assert [answer.status for answer in both] == [303, 303]
    assert len(await staffed.do("bypass.list", BypassList(all=True))) == 1


@pytest.mark.parametrize(
    ("fields", "name", "words"),
    [
        ({"user": "nobody"}, "user", "Nobody goes by nobody."),
        ({"user": ""}, "user", "This is needed."),
        ({"seconds": "0"}, "seconds", "A bypass lasts from 1 to 3600 seconds."),
        ({"seconds": "five"}, "seconds", "Write a whole number"),
        ({"reason": " "}, "reason", "This is needed."),
    ],
)
async def test_what_is_wrong_stands_beside_its_field_and_nothing_is_lost(
    at: Room, fields: dict[str, str], name: str, words: str
) -> None:
    typed = {"user": "alice", "seconds": "240", "reason": "phone <lost>", **fields}

    answer = await at.post("/bypasses/add", once=await once_of(at), **typed)

    page = answer.body.decode()
    assert answer.status == 422
    error = re.search(rf'id="f-{name}-error">.*?<span>(.*?)</span>', page, re.DOTALL)
    assert error
    assert words in html.unescape(error[1])
    assert re.search(rf'id="f-{name}"[^>]*aria-invalid="true"[^>]*autofocus', page)
    for value in typed.values():
        assert html.escape(value, quote=False) in page


async def test_the_group_is_asked_only_where_there_is_more_than_one(at: Room, staffed: Office) -> None:
    assert 'name="group"' not in (await at.get("/bypasses/add")).body.decode()
    await staffed.do("group.add", GroupAdd(name="Branch"))

    assert 'name="group"' in (await at.get("/bypasses/add")).body.decode()
    answer = await at.post("/bypasses/add", user="alice", seconds="60", reason="phone lost")
    assert answer.status == 422
    assert 'id="f-group-error"' in answer.body.decode()


async def test_the_help_desk_is_offered_what_it_may_give(staffed: Office) -> None:
    page = (await room_of(staffed, visitor(Role.HELP_DESK)).get("/bypasses/add")).body.decode()

    assert 'data-seconds="900"' in page
    assert 'data-seconds="3600"' not in page


async def test_one_is_cancelled_for_a_reason(at: Room, staffed: Office) -> None:
    added = await staffed.do("bypass.add", BypassAdd(user="alice", reason="lost"))
    path = f"/bypasses/{added.id}/cancel"
    assert "lost" in (await at.get(path)).body.decode()

    assert (await at.post(path, reason=" ")).status == 422
    assert (await at.post(path, reason="found")).headers["location"] == "/bypasses"

    page = (await at.get("/bypasses")).body.decode()
    assert "cancelled" in page
    assert path not in page
    assert "over already" in (await at.get(path)).body.decode()


async def test_what_people_write_is_text_everywhere(at: Room, staffed: Office) -> None:
    await staffed.do("bypass.add", BypassAdd(user="alice", reason=CANARY))
    (row,) = await staffed.do("bypass.list", BypassList())
    paths = [
        "/bypasses",
        "/bypasses/now",
        f"/bypasses/{row.id}/cancel",
        f"/bypasses/add?user={CANARY}",
        f"/find?q={CANARY}",
    ]

    for path in paths:
        page = (await at.get(path)).body.decode()
        assert "<img" not in page
        assert "49" not in re.sub(r"\d{3,}|[\w-]{20,}", "", page) or "{{7*7}}" in page


async def test_whoever_looks_is_told_that_something_has_changed(at: Room, staffed: Office) -> None:
    listener = at.feed.listen([Topic.BYPASSES])
    assert listener is not None

    added = await staffed.do("bypass.add", BypassAdd(user="alice", reason="lost"))
    assert await listener.changed(1) == frozenset({Topic.BYPASSES})

    await staffed.do("bypass.list", BypassList())
    assert await listener.changed(0) == frozenset()
    await staffed.refused("bypass.cancel", BypassCancel(id="nonsense", reason="found"))
    assert await listener.changed(0) == frozenset()
    await staffed.do("bypass.cancel", BypassCancel(id=added.id, reason="found"))
    assert await listener.changed(0) == frozenset({Topic.BYPASSES})
