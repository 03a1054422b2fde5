"""
Numbers for charts: how logins ended, which prompts nobody was asked for, how long phones took to answer.

They were counted before they are asked for, a few seconds behind what happens; `counted_until` says up to when.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from watchword.app.administration import Actor, Administration, Refusal, invalid
from watchword.app.manage import finding
from watchword.app.manage.texts import instant, maybe_instant, moment, name_of
from watchword.domain.applications import ApplicationId
from watchword.domain.verification import OutcomeKind, Reason
from watchword.kit.clock import MICROSECONDS
from watchword.ports.history import AnswerCount, Count, Span, Total
from watchword.ports.records import Reader

_LENGTHS: Final = {Span.HOUR: 3_600 * MICROSECONDS, Span.DAY: 86_400 * MICROSECONDS}
_USUAL: Final = {Span.HOUR: 48, Span.DAY: 30}
MOST_SPANS: Final = 400
PERCENTILES: Final = (50, 90, 99)
"""Of the answer times of a span."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityStatistics:
    """
    Which numbers are wanted.

    Attributes:
        span: what is counted together, by UTC.
        since: the first instant, as RFC 3339 has it; 48 hours or 30 days ago where it is not said.
        until: the first instant that is not wanted any more; now where it is not said.
        application: the name of the one whose logins are wanted.
    """

    span: Span = Span.DAY
    since: str | None = None
    until: str | None = None
    application: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginCount:
    """So many requests that ended alike in the span that begins at `start`."""

    start: str
    outcome: OutcomeKind
    reason: Reason
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedCount:
    """So many logins of a span that passed without a prompt of their own: by caching rules, and by joining another."""

    start: str
    by_rules: int
    by_joining: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerTimes:
    """How many prompts of a span a phone answered, and within how many seconds 50, 90 and 99 of 100 were answered."""

    start: str
    count: int
    p50: float
    p90: float
    p99: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationTotal:
    """What logins of the whole time came to at one application; null is what no application could be found for."""

    application: str | None
    allowed: int
    denied: int
    saved: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """The numbers, in the order of time. Spans in which nothing happened are left out."""

    span: Span
    since: str
    until: str
    counted_until: str | None
    logins: tuple[LoginCount, ...]
    saved: tuple[SavedCount, ...]
    answers: tuple[AnswerTimes, ...]
    applications: tuple[ApplicationTotal, ...]


async def statistics(context: Administration, _actor: Actor, arguments: ActivityStatistics) -> Statistics | Refusal:
    """Return numbers for charts."""
    times = _times(arguments, context.clock.now())
    if isinstance(times, Refusal):
        return times
    since, until = times
    span = arguments.span

    def read(records: Reader) -> Statistics | Refusal:
        configuration = records.configuration()
        application: ApplicationId | None = None
        if arguments.application is not None:
            found = finding.application(configuration, arguments.application)
            if isinstance(found, Refusal):
                return found
            application = found.id
        counts = records.counts(span, since=since, until=until, application=application)
        answers = records.answer_counts(span, since=since, until=until, application=application)
        names = finding.application_names(configuration)
        return Statistics(
            span=span,
            since=instant(since),
            until=instant(until),
            counted_until=maybe_instant(records.counted().until),
            logins=tuple(
                LoginCount(start=instant(one.start), outcome=one.outcome, reason=one.reason, count=one.count)
                for one in counts
            ),
            saved=_saved(counts),
            answers=_answers(answers),
            applications=_totals(records.totals(span, since=since, until=until), names, application),
        )

    return await context.records.read(read)


def _times(arguments: ActivityStatistics, now: int) -> tuple[int, int] | Refusal:
    """Return the first instant, at the begin of its span, and the first that is not wanted."""
    length = _LENGTHS[arguments.span]
    until = now + 1 if arguments.until is None else moment(arguments.until)
    if isinstance(until, Refusal):
        return until
    since = until - _USUAL[arguments.span] * length if arguments.since is None else moment(arguments.since)
    if isinstance(since, Refusal):
        return since
    since -= since % length
    if not 0 < until - since <= MOST_SPANS * length:
        return invalid(f"at most {MOST_SPANS} {arguments.span.value}s can be shown, from one instant to a later one")
    return since, until


def _saved(counts: Iterable[Count]) -> tuple[SavedCount, ...]:
    rules: defaultdict[int, int] = defaultdict(int)
    joined: defaultdict[int, int] = defaultdict(int)
    for one in counts:
        if one.reason is Reason.CACHE:
            rules[one.start] += one.count
        elif one.reason is Reason.JOINED:
            joined[one.start] += one.count
    return tuple(
        SavedCount(start=instant(start), by_rules=rules[start], by_joining=joined[start])
        for start in sorted({*rules, *joined})
    )


def _answers(answers: Iterable[AnswerCount]) -> tuple[AnswerTimes, ...]:
    spans: defaultdict[int, list[AnswerCount]] = defaultdict(list)
    for one in answers:
        spans[one.start].append(one)
    found = []
    for start, steps in spans.items():
        p50, p90, p99 = (_within(steps, percent) for percent in PERCENTILES)
        found.append(
            AnswerTimes(start=instant(start), count=sum(one.count for one in steps), p50=p50, p90=p90, p99=p99)
        )
    return tuple(found)


def _within(steps: list[AnswerCount], percent: int) -> float:
    """Return the seconds within which so many of a hundred were answered; `steps` are in order."""
    wanted = sum(one.count for one in steps) * percent
    passed = 0
    for one in steps:
        passed += one.count * 100
        if passed >= wanted:
            break
    return one.milliseconds / 1_000


def _totals(
    totals: Iterable[Total], names: dict[ApplicationId, str], application: ApplicationId | None
) -> tuple[ApplicationTotal, ...]:
    sums: defaultdict[ApplicationId | None, list[int]] = defaultdict(lambda: [0, 0, 0])
    for one in totals:
        if application in (None, one.application):
            of_one = sums[one.application]
            of_one[0] += one.count if one.outcome is OutcomeKind.ALLOWED else 0
            of_one[1] += one.count if one.outcome is OutcomeKind.DENIED else 0
            of_one[2] += one.count if one.reason in (Reason.CACHE, Reason.JOINED) else 0
    rows = [
        ApplicationTotal(application=name_of(names, known), allowed=allowed, denied=denied, saved=saved)
        for known, (allowed, denied, saved) in sums.items()
    ]
    return tuple(sorted(rows, key=lambda row: (-row.allowed - row.denied, row.application or "")))
