"""
`doctor` on an MFA server: says whether a portal is there, how the clocks stand, and what is not told yet.
"""

from collections.abc import Sequence
from typing import Any

from tests.fakes.changes import replace
from watchword.app.diagnose.checks import Finding, Level
from watchword.app.diagnose.offline_view import OfflineView
from watchword.app.diagnose.server_doctor import ServerView, server_findings
from watchword.domain.applications import Application, ApplicationId, PortalAway, PrimaryKind
from watchword.domain.configuration import Configuration
from watchword.ports.live import ClientObservation, Listening

VIEW_SECONDS = 1_000_000


class Nothing:
    """Nothing listens, and nobody has asked."""

    def listening(self) -> Sequence[Listening]:
        return ()

    def clients(self) -> Sequence[ClientObservation]:
        return ()


VIEW = ServerView(
    name="vpn-mfa-1",
    group="berlin",
    portal="https://portal.test",
    why="",
    apart=1.0,
    skew=200_000,
    untold=0,
    dropped=0,
    configuration=Configuration(),
    observations=Nothing(),
    free_octets=1 << 40,
    offline=OfflineView(),
)


def about(view: ServerView, check: str) -> list[Finding]:
    return [finding for finding in server_findings(view) if finding.check == check]


def test_all_is_well_where_it_is() -> None:
    assert {finding.level for finding in server_findings(VIEW)} == {Level.OK}
    (portal,) = about(VIEW, "portal")
    assert portal.sentence == "vpn-mfa-1, in the replication group berlin, is connected to https://portal.test"


def test_without_a_portal_it_says_since_when_and_why_first_of_all() -> None:
    first = server_findings(replace(VIEW, portal="", apart=42.4, why="the portal cannot be reached"))[0]
    assert (first.check, first.level) == ("portal", Level.ERROR)
    assert "for 42 seconds, and every login is denied: the portal cannot be reached" in first.sentence

    (never,) = about(replace(VIEW, portal="", apart=None), "portal")
    assert "since this process began, and every login is denied: it is being dialled" in never.sentence
    assert about(replace(VIEW, portal="", apart=None), "clock") == []


def test_clocks_that_differ_are_told_with_their_direction() -> None:
    (ahead,) = about(replace(VIEW, skew=90 * VIEW_SECONDS), "clock")
    (behind,) = about(replace(VIEW, skew=-6 * VIEW_SECONDS), "clock")

    assert (ahead.level, behind.level) == (Level.WARNING, Level.WARNING)
    assert "90 seconds ahead of" in ahead.sentence
    assert "6 seconds behind" in behind.sentence


def test_what_the_portal_does_not_have_yet_is_told() -> None:
    waiting, lost = about(replace(VIEW, untold=3, dropped=7), "activity")

    assert waiting.sentence.startswith("3 rows")
    assert lost.sentence.startswith("7 denials")


VPN = Application(id=ApplicationId(b"a" * 16), name="VPN", primary=PrimaryKind.ASSERTED, portal_away=PortalAway.CODES)
CODES = replace(
    VIEW, configuration=Configuration(applications={VPN.id: VPN}), offline=OfflineView(users=12, left=840.0)
)


def codes(**fields: Any) -> Finding:
    """Return what is said of codes without a portal."""
    (finding,) = about(replace(CODES, offline=OfflineView(**fields)), "codes-without-portal")
    return finding


def test_where_codes_may_be_taken_without_a_portal_it_says_for_how_long() -> None:
    (finding,) = about(CODES, "codes-without-portal")
    assert finding.level is Level.OK
    assert "codes would be taken at VPN for 14 minutes, by a sealed replica of 12 users" in finding.sentence
    assert about(VIEW, "codes-without-portal") == []

    first = server_findings(replace(CODES, portal="", apart=60.0, why="refused"))[0]
    assert first.sentence == (
        "no portal was heard for 60 seconds, and codes are taken at VPN for 14 more minutes, each once; "
        "every other login is denied: refused"
    )


def test_where_none_can_be_taken_it_says_why() -> None:
    assert "kept on the disk" in codes(works=False).sentence
    assert codes(too_many=50_001).sentence.startswith("50001 users or more")
    assert "no replica" in codes().sentence
    assert "the machine was started" in codes(users=3, shut="the machine was started since").sentence
    local = replace(VPN, primary=PrimaryKind.LOCAL)
    view = replace(CODES, configuration=Configuration(applications={VPN.id: local}))
    (never,) = about(view, "codes-without-portal")
    assert (never.level, "passwords are at the portal" in never.sentence) == (Level.WARNING, True)


def test_what_was_decided_and_is_not_told_yet_is_told() -> None:
    (finding,) = about(replace(CODES, offline=OfflineView(untold=3)), "activity")
    assert finding.sentence == "3 rows of what was decided without a portal wait until it is back"
