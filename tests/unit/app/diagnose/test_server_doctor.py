"""
`doctor` on an MFA server: says whether a portal is there, how the clocks stand, and what is not told yet.
"""

from collections.abc import Sequence

from tests.fakes.changes import replace
from watchword.app.diagnose.checks import Finding, Level
from watchword.app.diagnose.offline_view import OfflineView
from watchword.app.diagnose.server_doctor import ServerView, server_findings
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
