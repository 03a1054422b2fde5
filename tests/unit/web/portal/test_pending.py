"""
The page of logins that wait: whose, where, since when, what may be done, and that nobody approves one.
"""

import html

import pytest

from tests.fakes.office import ALICE, Office
from tests.unit.web.portal.rooms import Room, room_of, visitor
from watchword.domain.applications import ApplicationId
from watchword.domain.roles import Role
from watchword.domain.verification import VerificationId
from watchword.kit.identifiers import parse
from watchword.ports.live import PendingVerification

CANARY = '"><img src=x onerror=alert(1)>'


async def waits(office: Office, *, contended: bool = False, source: str | None = "203.0.113.7") -> None:
    user = await office.user(ALICE)
    application = await office.application()
    office.running.verifications.append(
        PendingVerification(
            id=VerificationId(b"v" * 16),
            user=user,
            application=ApplicationId(parse(application) or b""),
            source=source,
            since=office.clock.now(),
            contended=contended,
        )
    )


async def page(at: Room, path: str = "/pending") -> str:
    answer = await at.get(path)
    assert answer.status == 200, answer.body
    return html.unescape(answer.body.decode())


async def test_while_nobody_waits_the_page_says_what_will_stand_there(office: Office) -> None:
    shown = await page(room_of(office))

    assert "Nobody waits at this moment." in shown
    assert 'data-topics="pending"' in shown


@pytest.mark.parametrize("path", ["/pending", "/pending/now"])
async def test_who_waits_stands_there_with_what_may_be_done(office: Office, path: str) -> None:
    await waits(office)

    shown = await page(room_of(office), path)

    for part in (ALICE, "VPN", "203.0.113.7", f'href="/users/{ALICE}"', f'href="/users/{ALICE}/block"'):
        assert part in shown
    assert 'href="/bypasses/add?user=alice%40example.org"' in shown
    assert "two places at once" not in shown


async def test_two_places_at_once_are_told(office: Office) -> None:
    await waits(office, contended=True, source=None)

    assert "two places at once" in await page(room_of(office))
    assert "two places at once" in await page(room_of(office), "/overview/now")


async def test_nobody_approves_a_login_here(office: Office) -> None:
    await waits(office)
    at = room_of(office)

    assert "<form" not in await page(at, "/pending/now")
    assert (await at.post("/pending", id="76767676-7676-7676-7676-767676767676")).status == 405
    assert (await at.post("/pending/76767676-7676-7676-7676-767676767676/approve")).status == 404


async def test_an_auditor_sees_it_and_may_do_nothing(office: Office) -> None:
    await waits(office)

    shown = await page(room_of(office, visitor(Role.AUDITOR)))

    assert ALICE in shown
    assert "/bypasses/add" not in shown
    assert "/block" not in shown


async def test_what_an_application_said_is_only_text(office: Office) -> None:
    await waits(office, source=CANARY)

    assert b"<img" not in (await room_of(office).get("/pending")).body


async def test_without_anything_that_runs_the_page_says_so(office: Office) -> None:
    office.stop()

    answer = await room_of(office).get("/pending")

    assert answer.status == 503
