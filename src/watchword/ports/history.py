"""
What administration reads of the past: rows of activity by what is known of them, and how many there were.

Rows are many, so nothing here looks through all of them: a search looks at a bounded number and says how far it came,
and what is counted was counted before (`ports.upkeep.Upkeep.count`).
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from watchword.domain.applications import ApplicationId
from watchword.domain.caching import RuleId
from watchword.domain.events import Activity
from watchword.domain.users import UserId
from watchword.domain.verification import ActivityId, OutcomeKind, Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityFilter:
    """
    Which rows of activity are wanted: those that are all that is named here.

    Attributes:
        user_name: what was typed where it is nobody's name.
        since: the first instant that is wanted, in UTC microseconds; `until` the first that is not.
        before: rows older than this one, the newest first.
        after: rows newer than this one; of these the oldest are wanted, and they too come newest first.
        limit: how many rows at most.
    """

    user: UserId | None = None
    user_name: str | None = None
    application: ApplicationId | None = None
    outcome: OutcomeKind | None = None
    reason: Reason | None = None
    source: str | None = None
    server: str | None = None
    since: int | None = None
    until: int | None = None
    before: ActivityId | None = None
    after: ActivityId | None = None
    limit: int = 100

    def fits(self, row: Activity) -> bool:
        """Tell whether a row is wanted, wherever it stands."""
        return (
            self.user in (None, row.user)
            and (self.user_name is None or (row.user is None and row.user_name == self.user_name))
            and self.application in (None, row.application)
            and self.outcome in (None, row.kind)
            and self.reason in (None, row.reason)
            and self.source in (None, row.source)
            and self.server in (None, row.server)
            and (self.since is None or row.at >= self.since)
            and (self.until is None or row.at < self.until)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityPage:
    """
    Rows of activity without their traces, newest first.

    Attributes:
        before: by what to ask for older ones, None where none are left. Where fewer rows came than were asked for,
            the search stopped for its time, and goes on from there.
        after: by what to ask for newer ones, None where there was nothing at all.
    """

    rows: tuple[Activity, ...]
    before: ActivityId | None
    after: ActivityId | None


class Span(StrEnum):
    """For how long logins are counted together, by UTC."""

    HOUR = "hour"
    DAY = "day"


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """So many requests that ended alike in the span that began at `start` (UTC microseconds)."""

    start: int
    outcome: OutcomeKind
    reason: Reason
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """So many requests at an application that ended alike; `rule` is the caching rule that let them through."""

    application: ApplicationId | None
    outcome: OutcomeKind
    reason: Reason
    rule: RuleId | None
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerCount:
    """So many prompts of a span that the phone answered after about so many milliseconds."""

    start: int
    milliseconds: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """How far the counting has come: the instant of the last row that is in it, None before the first."""

    until: int | None


class ReadsHistory(Protocol):
    """Reads the past."""

    def activity(self, wanted: ActivityFilter) -> ActivityPage:
        """Find rows of activity, looking at a bounded number of them."""

    def counts(self, span: Span, *, since: int, until: int, application: ApplicationId | None = None) -> list[Count]:
        """Return how logins of the spans that begin from `since` up to `until` ended, in order."""

    def totals(self, span: Span, *, since: int, until: int) -> list[Total]:
        """Return how logins of these spans ended at each application."""

    def answer_counts(
        self, span: Span, *, since: int, until: int, application: ApplicationId | None = None
    ) -> list[AnswerCount]:
        """Return how long phones took to answer in these spans, in order."""

    def counted(self) -> Counted:
        """Return how far the counting has come."""
