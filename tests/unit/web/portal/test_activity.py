"""
The pages of activity: narrowed down, page by page, and why each login ended as it did.
"""

import html
import re

import pytest

from tests.fakes.office import ALICE, Office
from tests.unit.web.portal.rooms import Room, room_of
from watchword.domain.applications import DEFAULT_GROUP
from watchword.domain.events import Activity
from watchword.domain.trace import Answer, Question, Step
from watchword.domain.users import UserId
from watchword.domain.verification import ActivityId, OutcomeKind, Reason

CANARY = '"><img src=x onerror=alert(1)>{{7*7}}'


def login(office: Office, user: UserId | None, **changed: object) -> str:
    """Write a row of activity, and return its identifier as pages have it."""
    number = office.context.identifiers.new()
    values = {
        "kind": OutcomeKind.DENIED,
        "reason": Reason.WRONG_CODE,
        "user_name": ALICE,
        "source": "198.51.100.7",
        "trace": (Step(Question.CODE, Answer.WRONG, decided=True),),
        "origin": None,
        **changed,
    }
    row = Activity(
        id=ActivityId(number),
        at=office.context.clock.now(),
        group=DEFAULT_GROUP,
        user=user,
        epoch=0,
        application=None,
        authentication_type=None,
        client="192.0.2.1",
        server="local",
        rule=None,
        bypass=None,
        detail="",
        **values,  # type: ignore[arg-type]
    )
    office.commit(activity=(row,))
    text = number.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


@pytest.fixture
async def user(office: Office) -> UserId:
    return await office.user(ALICE)


async def page(at: Room, path: str, status: int = 200) -> str:
    answer = await at.get(path)
    assert answer.status == status, answer.body
    return answer.body.decode()


async def test_before_anything_happened_the_page_says_what_will_stand_there(office: Office) -> None:
    assert "Nothing has happened yet" in await page(room_of(office), "/activity")


async def test_what_happened_stands_there_and_leads_to_why(office: Office, user: UserId) -> None:
    row = login(office, user)
    at = room_of(office)

    shown = await page(at, "/activity")
    why = await page(at, f"/activity/{row}")

    assert f'href="/activity/{row}"' in shown
    assert "wrong code" in shown
    assert "198.51.100.7" in why
    assert re.search(r"<strong>[^<]*code[^<]*</strong>", why)
    assert "decided" in why
    assert f'href="/users/{ALICE}"' in why


async def test_filters_narrow_it_down_and_stay_in_the_address_that_is_fetched_again(
    office: Office, user: UserId
) -> None:
    wrong, right = login(office, user), login(office, user, kind=OutcomeKind.ALLOWED, reason=Reason.CODE)
    at = room_of(office)

    shown = await page(at, "/activity?outcome=allowed&reason=code")

    assert (right in shown, wrong in shown) == (True, False)
    source = re.search(r'data-source="(/activity/now[^"]*)"', shown)
    assert source
    again = await page(at, html.unescape(source[1]))
    assert (right in again, wrong in again) == (True, False)


@pytest.mark.parametrize("query", ["outcome=perhaps", "reason=weather"])
async def test_a_value_that_there_is_none_of_is_said_beside_its_filter(office: Office, query: str) -> None:
    assert "Choose one of these." in await page(room_of(office), f"/activity?{query}")


async def test_an_application_that_there_is_not_is_said(office: Office) -> None:
    assert "There is no application" in html.unescape(await page(room_of(office), "/activity?application=none"))


async def test_more_than_a_page_goes_on_behind_its_last_row(office: Office, user: UserId) -> None:
    rows = [login(office, user) for _ in range(51)]
    at = room_of(office)

    first = await page(at, "/activity")
    following = re.search(r'href="(/activity\?before=[^"]+)"', first)
    assert following
    second = await page(at, html.unescape(following[1]))

    assert [row for row in rows if row in first] == rows[1:]
    assert [row for row in rows if f'href="/activity/{row}"' in second] == rows[:1]
    assert "/activity/now" not in second


async def test_what_strangers_typed_is_only_text(office: Office) -> None:
    row = login(office, None, user_name=CANARY, source=CANARY, reason=Reason.UNKNOWN_USER)
    at = room_of(office)

    for path in ("/activity", f"/activity/{row}"):
        shown = await page(at, path)
        assert "<img" not in shown
        assert "{{7*7}}" in shown


async def test_a_row_that_there_is_not_has_no_page(office: Office) -> None:
    await page(room_of(office), "/activity/01a20cad-f0a2-7e31-bab7-628fe0a418ff", status=404)
