"""
The page around every page.
"""

import re
from dataclasses import replace

import pytest

from tests.fakes.office import Office
from tests.unit.web.portal.rooms import CSRF, Room, room_of, visitor
from watchword.domain.roles import Role
from watchword.web.portal.navigation import PLACES
from watchword.web.portal.reading import zone_of


async def test_a_page_may_load_our_own_files_and_do_nothing_unsafe(room: Room) -> None:
    answer = await room.get("/")

    policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self'",
        "connect-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/", "/design", "/bypasses", "/bypasses/add", "/find"])
async def test_no_page_has_a_script_or_a_style_of_its_own(room: Room, path: str) -> None:
    page = (await room.get(path)).body.decode()

    assert re.findall(r"<script(?![^>]*\bsrc=\"/static/)", page) == []
    assert "<style" not in page
    assert re.findall(r"<[^>]+\s(?:style|on\w+)\s*=", page) == []
    assert "javascript:" not in page


@pytest.mark.parametrize(
    ("headers", "tag", "words"),
    [({}, "en", "Overview"), ({"accept-language": "de"}, "de", "Übersicht")],
)
async def test_a_page_speaks_the_readers_language(
    office: Office, headers: dict[str, str], tag: str, words: str
) -> None:

    room = room_of(office, replace(visitor(), language=""))

    answer = await room.get("/", headers)

    assert answer.headers["content-language"] == tag
    assert f'<html lang="{tag}"' in answer.body.decode()
    assert words in answer.body.decode()


async def test_what_somebody_chose_goes_before_what_his_browser_likes(room: Room) -> None:
    chosen = await room.post("/preferences", language="de", look="dark", next="/bypasses")
    assert (chosen.status, chosen.headers["location"]) == (303, "/bypasses")
    room.cookies = {"watchword-language": "de", "watchword-look": "dark"}

    page = (await room.get("/", {"accept-language": "en"})).body.decode()

    assert '<html lang="de" data-look="dark">' in page


@pytest.mark.parametrize("next_", ["https://evil.example/", "//evil.example", "/\\evil.example"])
async def test_preferences_lead_nowhere_else(room: Room, next_: str) -> None:
    assert (await room.post("/preferences", look="dark", next=next_)).headers["location"] == "/"


async def test_what_cannot_be_chosen_changes_nothing(room: Room) -> None:
    answer = await room.post("/preferences", language="../../etc", look="loud")

    assert "set-cookie" not in answer.headers
    room.cookies = {"watchword-language": '"><script>', "watchword-look": '"><script>', "watchword-zone": "../x"}
    assert "<script>" not in (await room.get("/")).body.decode()


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "Europe/", "Nowhere/Town", "/etc/localtime", "x" * 200])
def test_a_zone_that_is_none_is_utc(name: str) -> None:
    assert zone_of(name)[1] == "UTC"


async def test_places_are_those_of_the_role(office: Office) -> None:
    desk = (await room_of(office, visitor(Role.HELP_DESK)).get("/bypasses")).body.decode()
    auditor = (await room_of(office, visitor(Role.AUDITOR)).get("/bypasses")).body.decode()

    assert 'href="/bypasses/add"' in desk
    assert 'href="/bypasses"' in auditor
    assert 'href="/bypasses/add"' not in auditor


async def test_design_is_served_only_where_one_develops(office: Office) -> None:
    assert (await room_of(office, development=True).get("/design")).status == 200
    assert (await room_of(office, development=False).get("/design")).status == 404


async def test_whoever_may_not_is_told_so_on_a_page(office: Office) -> None:
    answer = await room_of(office, visitor(Role.AUDITOR)).get("/bypasses/add")

    assert answer.status == 403
    assert answer.headers["content-type"].startswith("text/html")
    assert "bypass:create" in answer.body.decode()


async def test_a_form_of_another_site_is_turned_away(room: Room) -> None:
    answer = await room.post("/bypasses/add", csrf="guessed")

    assert answer.status == 403
    assert CSRF not in answer.body.decode().replace(f'value="{CSRF}"', "")


def test_every_shortcut_opens_one_place() -> None:
    keys = [place.key for place in PLACES if place.key]

    assert len(keys) == len(set(keys))
