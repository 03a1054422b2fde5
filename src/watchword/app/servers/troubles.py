"""
What is wrong with an MFA server, as far as the portal can tell: a closed list, each with what it is judged by.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import Final

from watchword.domain.servers import DAY, RENEW_DAYS, Report, Server, ServerStatus
from watchword.kit.clock import MICROSECONDS

MOST_SKEW_SECONDS: Final = 5
"""Seconds by which a server's clock may differ: a third of what a code of 30 seconds forgives is left then."""

OVERDUE_DAYS: Final = RENEW_DAYS + 5
"""Days after which a key should long have been renewed: a server that is heard does so by itself before."""


class Trouble(StrEnum):
    """What is wrong."""

    CLONE = "clone"
    """Two claim to be this server; neither may act."""
    OFFLINE = "offline"
    LATE = "late"
    NEVER = "never"
    """It was activated, and has not been heard since."""
    SKEW = "skew"
    """Its clock differs from the portal's."""
    OLD_KEY = "old-key"
    """It should have renewed its key by now."""
    NO_LISTENER = "no-listener"
    """It is heard, and serves nobody."""


_OF_STATUS: Final = {
    ServerStatus.OFFLINE: Trouble.OFFLINE,
    ServerStatus.LATE: Trouble.LATE,
    ServerStatus.NEVER: Trouble.NEVER,
}


def troubles_of(server: Server, report: Report, status: ServerStatus, *, now: int) -> Iterator[Trouble]:
    """
    Tell what is wrong with a server, the worst first; nothing where it was revoked.

    Args:
        server: as it is kept.
        report: what it said last.
        status: how it stands.
        now: UTC microseconds.
    """
    if status is ServerStatus.REVOKED:
        return
    if server.alarmed_at is not None:
        yield Trouble.CLONE
    if status in _OF_STATUS:
        yield _OF_STATUS[status]
        return
    if abs(report.clock_skew) > MOST_SKEW_SECONDS * MICROSECONDS:
        yield Trouble.SKEW
    if not report.listeners:
        yield Trouble.NO_LISTENER
    if now - server.key_since > OVERDUE_DAYS * DAY:
        yield Trouble.OLD_KEY
