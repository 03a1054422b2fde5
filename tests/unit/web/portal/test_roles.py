"""
Every address of the portal, tried by every role: what the table of roles says, and nothing else.
"""

import re
from typing import Final

import pytest
from starlette.routing import Route

from tests.fakes.office import Office
from tests.rigs.roles import LETTERS, OPEN, PAGES
from tests.unit.web.phones import Portal
from tests.unit.web.portal.rooms import room_of, visitor
from watchword.web.portal.portal import portal

STREAM: Final = "GET /live"
"""It answers for as long as somebody listens."""


def addresses(office: Office) -> list[str]:
    """Return every method and path that the portal answers, without its assets."""
    routes = [route for route in portal(Portal(office).surroundings) if isinstance(route, Route)]
    return [f"{method} {route.path}" for route in routes for method in sorted((route.methods or set()) - {"HEAD"})]


def test_every_address_stands_in_the_table_once(office: Office) -> None:
    written = [*OPEN, *(address for all_of in PAGES.values() for address in all_of)]

    assert sorted(written) == sorted(addresses(office))


@pytest.mark.parametrize("letter", LETTERS)
async def test_a_role_opens_what_is_its_own_and_nothing_else(office: Office, letter: str) -> None:
    room = room_of(office, visitor(LETTERS[letter]), development=False)
    wrong: list[str] = []

    for letters, written in PAGES.items():
        for address in written:
            if address == STREAM and letter in letters:
                continue
            method, _, path = address.partition(" ")
            path = re.sub(r"{[^}]*}", "nobody-here", path)
            answer = await (room.get(path) if method == "GET" else room.post(path))
            if (answer.status == 403) is (letter in letters):
                wrong.append(f"{address}: {answer.status}")

    assert wrong == []


async def test_who_is_not_signed_in_is_led_to_the_sign_in_page_from_everywhere(office: Office) -> None:
    room = room_of(office, development=False)
    room.who[0] = None
    wrong: list[str] = []

    for written in PAGES.values():
        for address in written:
            method, _, path = address.partition(" ")
            path = re.sub(r"{[^}]*}", "nobody-here", path)
            answer = await (room.get(path) if method == "GET" else room.post(path))
            if answer.status != 303 or not answer.headers["location"].startswith("/sign-in"):
                wrong.append(f"{address}: {answer.status}")

    assert wrong == []
