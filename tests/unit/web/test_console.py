"""
The page of an MFA server itself: what it says, to whom, and that no stranger's text becomes markup.
"""

from collections.abc import Sequence
from typing import Any

import pytest

from tests.fakes.changes import replace
from tests.unit.web.asgi import Answer, Faults, ask
from watchword.app.diagnose.offline_view import OfflineView
from watchword.app.diagnose.server_doctor import ServerView
from watchword.app.refusals import LastRefusal
from watchword.domain.applications import Application, ApplicationId, PortalAway, PrimaryKind
from watchword.domain.configuration import Configuration
from watchword.domain.verification import Reason
from watchword.ports.live import ClientObservation, Listening
from watchword.web.application import application
from watchword.web.console import Console
from watchword.web.portal.assets import Assets

HERE = ("127.0.0.1", 50_000)
VPN = Application(id=ApplicationId(b"a" * 16), name="VPN", primary=PrimaryKind.ASSERTED, portal_away=PortalAway.CODES)


class Radius:
    """RADIUS is served, and nobody has asked."""

    def listening(self) -> Sequence[Listening]:
        return (Listening(protocol="radius", host="192.0.2.9", port=1812),)

    def clients(self) -> Sequence[ClientObservation]:
        return ()


VIEW = ServerView(
    name="vpn-mfa-1",
    group="berlin",
    portal="https://portal.test",
    why="",
    apart=1.0,
    skew=200_000,
    untold=2,
    dropped=0,
    configuration=Configuration(applications={VPN.id: VPN}),
    observations=Radius(),
    free_octets=1 << 40,
    offline=OfflineView(users=12, left=840.0, untold=3),
    refusals=(LastRefusal(at=0, application="VPN", client="192.0.2.1", reason=Reason.WRONG_CODE),),
)
AWAY = replace(VIEW, portal="", apart=60.0, why="connection refused")


async def page(view: ServerView = VIEW, **how: Any) -> Answer:
    asked = {"client": HERE, "headers": {"host": "127.0.0.1:8081"}, "method": "GET", **how}
    faults = Faults()
    answer = await ask(application(Console(lambda: view, Assets.read()).routes(), fault=faults), "/", **asked)
    assert faults == []
    return answer


async def test_it_says_what_the_server_is_doing() -> None:
    answer = await page()
    text = answer.body.decode()
    assert answer.status == 200
    for said in (
        *("MFA server vpn-mfa-1", "berlin", "https://portal.test", "the portal decides every login"),
        *("radius", "192.0.2.9:1812", "5 rows", "12 users, as the portal had them 60 s ago", "wrong-code"),
        "without a portal codes would be taken at VPN for 14 minutes",
    ):
        assert said in text, said


async def test_without_a_portal_it_says_what_is_answered_now() -> None:
    text = (await page(AWAY)).body.decode()
    assert "codes are taken at VPN for 14 more minutes, each once; every other login is denied" in text
    assert "away: connection refused" in text
    assert "60 s ago" in text

    shut = OfflineView(users=12, shut="a portal was last heard long ago")
    text = (await page(replace(AWAY, offline=shut))).body.decode()
    assert "every login is denied" in text
    assert "not to be used: a portal was last heard long ago" in text


async def test_where_there_is_nothing_to_show_it_says_so() -> None:
    text = (await page(replace(AWAY, apart=None, refusals=(), offline=OfflineView()))).body.decode()
    assert "Nothing was denied." in text
    assert "never since this process began" in text


@pytest.mark.parametrize(
    "how",
    [
        {"client": ("192.0.2.7", 5_000)},
        {"client": ("10.0.0.7", 5_000)},
        {"client": None},
        {"headers": {"host": "evil.example"}},
        {"headers": {"host": "127.0.0.1", "x-forwarded-for": "192.0.2.7"}},
    ],
)
async def test_it_is_for_the_machine_itself_and_nobody_else(how: dict[str, Any]) -> None:
    answer = await page(**how)
    assert answer.status == 404
    assert b"vpn-mfa-1" not in answer.body


async def test_it_loads_and_does_nothing_but_show() -> None:
    answer = await page()
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "script" not in answer.headers["content-security-policy"]
    assert b"<script" not in answer.body
    assert b"<form" not in answer.body
    assert (await page(method="POST")).status == 405


async def test_no_strangers_text_becomes_markup() -> None:
    evil = "<script>alert(1)</script>"
    view = replace(AWAY, name=evil, group=evil, why=evil, refusals=(replace(VIEW.refusals[0], client=evil),))
    assert evil.encode() not in (await page(view)).body
