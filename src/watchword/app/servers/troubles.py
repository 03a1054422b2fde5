"""
What is wrong with an MFA server, as far as the portal can tell: a closed list, each with what it is judged by.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import Final

from watchword.domain.servers import (
    DAY,
    LATE_SECONDS,
    MICROSECONDS,
    MOST_SKEW,
    OLD_KEY_DAYS,
    Report,
    Server,
    ServerStatus,
)


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
    BEHIND = "behind"
    """It has not taken the newest configuration that it was sent."""
    NO_LISTENER = "no-listener"
    """It is heard, and serves nobody."""
    OLD_KEY = "old-key"
    """It should have renewed its key by now."""


_OF_STATUS: Final = {
    ServerStatus.OFFLINE: Trouble.OFFLINE,
    ServerStatus.LATE: Trouble.LATE,
    ServerStatus.NEVER: Trouble.NEVER,
}


def troubles_of(
    server: Server, report: Report, status: ServerStatus, *, untaken: int | None, now: int
) -> Iterator[Trouble]:
    """
    Tell what is wrong with a server, the worst first; nothing where it was revoked.

    What it said of itself counts only while it is heard: nothing old passes for current (E10).

    Args:
        server: as it is kept.
        report: what it said last.
        status: how it stands.
        untaken: since when it has had a configuration that it has not said to have taken, None where there is none.
        now: UTC microseconds, as `untaken` is.
    """
    if status is ServerStatus.REVOKED:
        return
    if server.alarmed_at is not None:
        # It may open no session: that it is silent as well says nothing more.
        yield Trouble.CLONE
        return
    if status in _OF_STATUS:
        yield _OF_STATUS[status]
    else:
        yield from _said(report, untaken, now)
    if now - server.key_since > OLD_KEY_DAYS * DAY:
        yield Trouble.OLD_KEY


def _said(report: Report, untaken: int | None, now: int) -> Iterator[Trouble]:
    if abs(report.clock_skew) > MOST_SKEW * MICROSECONDS:
        yield Trouble.SKEW
    if untaken is not None and now - untaken > LATE_SECONDS * MICROSECONDS:
        yield Trouble.BEHIND
    if not report.listeners:
        yield Trouble.NO_LISTENER
