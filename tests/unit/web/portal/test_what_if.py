"""
The page that answers what would happen: the decision in words, and nothing changed.
"""

import html

import pytest

from tests.fakes.office import ALICE, Office
from tests.unit.app.diagnose.test_what_if import HERE, remember
from tests.unit.web.portal.rooms import Room, room_of, visitor
from watchword.app.manage.bypasses import BypassAdd
from watchword.app.manage.rules import RuleList
from watchword.domain.caching import CacheType
from watchword.domain.roles import Role

CANARY = '"><img src=x onerror=alert(1)>'


@pytest.fixture
async def at(office: Office) -> Room:
    await office.user(ALICE)
    await office.application(challenge=True)
    return room_of(office)


async def page(at: Room, query: str = "", status: int = 200) -> str:
    answer = await at.get(f"/what-if{query}")
    assert answer.status == status, answer.body
    return html.unescape(answer.body.decode())


async def test_before_anything_is_asked_there_is_a_form(at: Room) -> None:
    shown = await page(at, "?user=alice@example.org")

    assert 'value="alice@example.org"' in shown
    assert "How it would end" not in shown


async def test_the_end_is_told_with_its_reason_its_steps_and_what_it_rests_on(at: Room) -> None:
    shown = await page(at, "?user=alice&application=VPN&source=203.0.113.7&code_typed=off")

    assert "no second step that works here" in shown
    assert "Which second step can be asked for?" in shown
    assert "The password is right." in shown
    assert 'href="/users/alice@example.org"' in shown


async def test_the_same_in_german(at: Room) -> None:
    at.cookies["watchword-language"] = "de"

    shown = await page(at, "?user=alice&application=VPN")

    assert "Welcher zweite Schritt kann verlangt werden?" in shown
    assert "Das Passwort ist richtig." in shown
    assert '<span lang="en">' not in shown


async def test_a_code_that_is_typed_decides(at: Room, office: Office) -> None:
    await office.token()

    shown = await page(at, "?user=alice&application=VPN&code_typed=off&code_typed=on")

    assert "right code" in shown
    assert "of this second step: Authenticator app." in shown


async def test_a_bypass_that_would_be_used_is_led_to_and_stays(at: Room, office: Office) -> None:
    await office.do("bypass.add", BypassAdd(user=ALICE, reason="phone lost", seconds=300))

    for _ in range(2):
        shown = await page(at, "?user=alice&application=VPN")
        assert "one-time bypass" in shown
        assert "/bypasses/report?user=alice%40example.org&state=active" in shown


async def test_a_rule_that_would_let_somebody_in_is_led_to(office: Office) -> None:
    await remember(office, CacheType.APPLICATION)
    (row,) = await office.do("rule.list", RuleList())

    shown = await page(room_of(office), f"?user=alice&application=VPN&source={HERE}")

    assert f'href="/rules/{row.id}/change"' in shown


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("?user=&application=VPN", "This is needed."),
        ("?user=alice&application=Nowhere", "There is no application"),
        ("?user=alice&application=VPN&source=%07", "Write an address"),
    ],
)
async def test_what_cannot_be_asked_is_said_beside_its_field(at: Room, query: str, sentence: str) -> None:
    assert sentence in await page(at, query, status=422)


async def test_what_is_typed_is_only_text(at: Room) -> None:
    answer = await at.get(f"/what-if?application=VPN&user={CANARY}&source={CANARY}".replace(" ", "%20"))

    assert b"<img" not in answer.body


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.HELP_DESK])
async def test_whoever_reads_activity_may_ask(at: Room, role: Role) -> None:
    at.who[0] = visitor(role)

    assert "How it would end" in await page(at, "?user=alice&application=VPN")
