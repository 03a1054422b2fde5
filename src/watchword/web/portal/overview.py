"""
The first page: is everything well, what needs me, and what happens now?
"""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchword.app.administration import Refusal
from watchword.app.diagnose.checks import Finding, Level
from watchword.app.diagnose.doctor import Doctor
from watchword.app.manage.pending import PendingList, PendingRow
from watchword.app.manage.report import BypassList, BypassRow
from watchword.app.manage.statistics import ActivityStatistics, Statistics
from watchword.app.manage.texts import instant
from watchword.app.servers.listing import ServerList, ServerRow
from watchword.domain.roles import PERMISSIONS, Permission
from watchword.domain.verification import OutcomeKind, Reason
from watchword.kit.clock import MICROSECONDS
from watchword.ports.history import Span
from watchword.web.portal.charts import HALF, WIDTH, Chart, Ranking, Series, ranked, stacked
from watchword.web.portal.desk import Desk
from watchword.web.portal.languages import marked
from watchword.web.portal.login_words import LABELS_OF
from watchword.web.portal.reading import Reading
from watchword.web.portal.servers import EVERY, path_of
from watchword.web.portal.visitor import Visitor

HOURS: Final = 24
_WORST_FIRST: Final = {Level.ERROR: 0, Level.WARNING: 1, Level.ADVICE: 2}
_MOST: Final = 8

_HOUR: Final = marked("Hour")
_STEPPED: Final = marked("allowed after a second step")
_SAVED: Final = marked("allowed without a new prompt")
_DENIED: Final = marked("denied")

_WHY: Final = marked("Why")
_LOGINS: Final = marked("Logins")
_BY_RULES: Final = marked("by caching rules")
_BY_JOINING: Final = marked("by joining a login in progress")
_HALF: Final = marked("half of the phones answered within")
_MOST_OF_THEM: Final = marked("nine of ten within")

_FILLS: Final = {"stepped": 1, "saved": 4, "denied": 2}
"""The fill of each kind of outcome, on every chart."""

_WITHOUT_PROMPT: Final = (Reason.CACHE, Reason.JOINED, Reason.BYPASS, Reason.NOT_REQUIRED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """
    What the last day came to.

    Attributes:
        answer: how many seconds half of the phones took at most, None for none.
        chart: logins by hour and how they ended; `reasons` by why.
        spared: prompts that nobody was asked for, by hour and by what.
        answers: how soon phones answered, by hour.
    """

    logins: int
    denied: int
    saved: int
    answer: float | None
    chart: Chart
    reasons: Ranking
    spared: Chart
    answers: Chart


class Overview:
    """Shows how everything stands."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        """Return what is served."""
        door = self._desk.doors.signed_in
        return [
            Route("/", door(self._show), methods=["GET"]),
            Route("/overview/now", door(self._now), methods=["GET"]),
        ]

    async def _show(self, visitor: Visitor, request: Request) -> Response:
        reading = self._desk.shell.reading(request, visitor)
        return self._desk.shell.page(
            visitor,
            request,
            "overview/page.html",
            findings=await self._findings(visitor),
            every=EVERY,
            day=await self._day(visitor, reading),
            **await self._happening(visitor),
        )

    async def _now(self, visitor: Visitor, request: Request) -> Response:
        return self._desk.shell.fragment(visitor, request, "overview/now.html", **await self._happening(visitor))

    async def _findings(self, visitor: Visitor) -> list[Finding] | None:
        """Return what is not well, the worst first; None for a role that does not look after that."""
        found: list[Finding] | Refusal | None = await self._maybe(visitor, Permission.SETTING_READ, "doctor", Doctor())
        if found is None or isinstance(found, Refusal):
            return None
        return sorted((one for one in found if one.level in _WORST_FIRST), key=lambda one: _WORST_FIRST[one.level])

    async def _happening(self, visitor: Visitor) -> dict[str, Any]:
        """Return how servers stand, the logins that wait and the active bypasses; None is what the role may not see."""
        waiting: list[PendingRow] | Refusal | None = await self._maybe(
            visitor, Permission.ACTIVITY_READ, "pending", PendingList()
        )
        active: list[BypassRow] | Refusal | None = await self._maybe(
            visitor, Permission.BYPASS_READ, "bypass.list", BypassList(limit=1_000)
        )
        servers: list[ServerRow] | Refusal | None = await self._maybe(
            visitor, Permission.SERVER_READ, "server.list", ServerList()
        )
        return {
            "servers": [] if servers is None or isinstance(servers, Refusal) else servers,
            "path_of": path_of,
            "waiting": None if isinstance(waiting, Refusal) else waiting,
            "bypasses": None if isinstance(active, Refusal) else active,
            "most": _MOST,
        }

    async def _day(self, visitor: Visitor, reading: Reading) -> Day | None:
        until = self._desk.now()
        first = until.replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS - 1)
        wanted = ActivityStatistics(span=Span.HOUR, since=instant(int(first.timestamp() * MICROSECONDS)))
        numbers: Statistics | Refusal | None = await self._maybe(
            visitor, Permission.ACTIVITY_READ, "activity.statistics", wanted
        )
        return None if numbers is None or isinstance(numbers, Refusal) else day_of(numbers, first, reading)

    async def _maybe(self, visitor: Visitor, permission: Permission, name: str, arguments: object) -> Any:
        if permission not in PERMISSIONS[visitor.actor.role]:
            return None
        return await self._desk.perform(visitor, name, arguments)


def day_of(numbers: Statistics, first: datetime, reading: Reading) -> Day:
    """
    Return what a day came to.

    Args:
        numbers: by hours.
        first: when it begins, at a full hour of UTC.
        reading: whoever looks.
    """
    hours = [first + timedelta(hours=number) for number in range(HOURS)]
    counts: defaultdict[tuple[str, datetime], int] = defaultdict(int)
    for one in numbers.logins:
        counts[_kind(one.outcome, one.reason), _hour_of(one.start)] += one.count
    series = tuple(
        Series(label=reading.gettext(label), figures=[counts[kind, hour] for hour in hours], fill=fill)
        for kind, label, fill in (
            ("stepped", _STEPPED, _FILLS["stepped"]),
            ("saved", _SAVED, _FILLS["saved"]),
            ("denied", _DENIED, _FILLS["denied"]),
        )
    )
    stepped, saved, denied = (int(sum(one.figures)) for one in series)

    def by_hour(drawn: tuple[Series, ...], width: int) -> Chart:
        labels = [reading.hour(hour) for hour in hours]
        return stacked(reading, axis=reading.gettext(_HOUR), labels=labels, series=drawn, width=width)

    answered = [one for one in numbers.answers if one.count]
    return Day(
        logins=stepped + saved + denied,
        denied=denied,
        saved=saved,
        answer=max((one.p50 for one in answered[-1:]), default=None),
        chart=by_hour(series, WIDTH),
        reasons=_reasons(numbers, reading),
        spared=by_hour(_spared(numbers, hours, reading), HALF),
        answers=by_hour(_answers(numbers, hours, reading), HALF),
    )


def _reasons(numbers: Statistics, reading: Reading) -> Ranking:
    """Return why logins ended as they did, the most frequent first."""
    counts: Counter[tuple[OutcomeKind, Reason]] = Counter()
    for one in numbers.logins:
        counts[one.outcome, one.reason] += one.count
    rows = [
        (reading.gettext(LABELS_OF[Reason][reason]), float(count), _FILLS.get(_kind(outcome, reason), 3))
        for (outcome, reason), count in counts.most_common(_MOST)
    ]
    return ranked(axis=reading.gettext(_WHY), measure=reading.gettext(_LOGINS), rows=rows)


def _spared(numbers: Statistics, hours: list[datetime], reading: Reading) -> tuple[Series, ...]:
    found = {_hour_of(one.start): one for one in numbers.saved}
    return (
        Series(
            label=reading.gettext(_BY_RULES),
            figures=[found[hour].by_rules if hour in found else 0 for hour in hours],
            fill=4,
        ),
        Series(
            label=reading.gettext(_BY_JOINING),
            figures=[found[hour].by_joining if hour in found else 0 for hour in hours],
            fill=5,
        ),
    )


def _answers(numbers: Statistics, hours: list[datetime], reading: Reading) -> tuple[Series, ...]:
    found = {_hour_of(one.start): one for one in numbers.answers if one.count}
    half = [found[hour].p50 if hour in found else 0 for hour in hours]
    most = [found[hour].p90 if hour in found else 0 for hour in hours]
    above = [later - sooner for sooner, later in zip(half, most, strict=True)]
    return (
        Series(label=reading.gettext(_HALF), figures=half, fill=1),
        Series(label=reading.gettext(_MOST_OF_THEM), figures=above, fill=5, said=most),
    )


def _hour_of(written: str) -> datetime:
    return datetime.fromisoformat(written).astimezone(UTC)


def _kind(outcome: OutcomeKind, reason: Reason) -> str:
    if outcome is OutcomeKind.ALLOWED:
        return "saved" if reason in _WITHOUT_PROMPT else "stepped"
    return "denied" if outcome is OutcomeKind.DENIED else "open"
