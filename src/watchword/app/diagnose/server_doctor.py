"""
What is not as it should be on an MFA server: `doctor` for a process that has no database.
"""

from dataclasses import dataclass

from watchword.app.diagnose import checks, offline_view
from watchword.app.diagnose.checks import Finding, Level
from watchword.app.diagnose.doctor import ordered
from watchword.app.diagnose.observed import observed
from watchword.app.diagnose.offline_view import OfflineView
from watchword.app.refusals import LastRefusal
from watchword.domain.configuration import Configuration
from watchword.domain.servers import MOST_SKEW
from watchword.kit.clock import MICROSECONDS
from watchword.ports.live import Observations


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerView:
    """
    How an MFA server stands.

    Attributes:
        portal: URL of the portal that is connected, empty for none; `why` then says why.
        apart: seconds since a portal was last heard, None for never.
        skew: microseconds by which this machine's clock is ahead of the portal's.
        untold: rows of what happened without a portal that it does not have yet, and `dropped` of them that were lost.
        free_octets: on the disk of the data folder.
        offline: how it stands that it may decide by itself.
        refusals: the logins that were denied last, the newest first.
    """

    name: str
    group: str
    portal: str
    why: str
    apart: float | None
    skew: int
    untold: int
    dropped: int
    configuration: Configuration
    observations: Observations
    free_octets: int
    offline: OfflineView
    refusals: tuple[LastRefusal, ...] = ()


def server_findings(view: ServerView) -> list[Finding]:
    """Look at everything, and tell the worst first."""
    return ordered(
        [
            _portal(view),
            *_clock(view),
            *_untold(view),
            *offline_view.findings(view.configuration, view.offline),
            *checks.disk(view.free_octets),
            *checks.clients(view.configuration),
            *checks.directories(view.configuration),
            *observed(view.configuration, view.observations),
        ]
    )


def _portal(view: ServerView) -> Finding:
    if view.portal:
        sentence = f"{view.name}, in the replication group {view.group}, is connected to {view.portal}"
        return Finding(check="portal", level=Level.OK, sentence=sentence)
    answered = offline_view.answered(view.configuration, view.offline, connected=False)
    since = "since this process began" if view.apart is None else f"for {view.apart:.0f} seconds"
    return Finding(
        check="portal",
        level=Level.ERROR,
        sentence=f"no portal was heard {since}, and {answered}: {view.why or 'it is being dialled'}",
        advice="logins go on by themselves a few seconds after the portal can be reached again",
    )


def _clock(view: ServerView) -> list[Finding]:
    seconds = view.skew / MICROSECONDS
    if view.apart is None:
        return []
    if abs(seconds) <= MOST_SKEW:
        sentence = f"the clocks of this machine and the portal differ by {abs(seconds):.1f} seconds"
        return [Finding(check="clock", level=Level.OK, sentence=sentence)]
    which = "ahead of" if seconds > 0 else "behind"
    return [
        Finding(
            check="clock",
            level=Level.WARNING,
            sentence=f"this machine's clock is {abs(seconds):.0f} seconds {which} the portal's",
            advice="let a time service (NTP) set both: by more than 5 minutes the portal lets the server in no more",
        )
    ]


def _untold(view: ServerView) -> list[Finding]:
    findings = []
    if view.untold:
        sentence = f"{view.untold} rows of what was denied without a portal wait until it is back"
        findings.append(Finding(check="activity", level=Level.WARNING, sentence=sentence))
    if view.dropped:
        sentence = f"{view.dropped} denials without a portal were not kept, because there were too many"
        findings.append(Finding(check="activity", level=Level.WARNING, sentence=sentence))
    return findings
