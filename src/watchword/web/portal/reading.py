"""
How one reader sees a page: language, time zone, look, and which page it is.

The zone is what his browser says, in a cookie that means nothing else; before it has said anything, UTC. Instants come
as operations give them, RFC 3339 text in UTC.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.dates import format_date, format_datetime, format_skeleton, format_timedelta
from babel.numbers import format_decimal
from babel.units import format_unit
from starlette.requests import Request

from watchword.web.portal.languages import Language, Languages
from watchword.web.portal.visitor import Visitor

ZONE_COOKIE: Final = "watchword-zone"
LOOK_COOKIE: Final = "watchword-look"
LANGUAGE_COOKIE: Final = "watchword-language"

LOOKS: Final = ("auto", "light", "dark")

_ZONE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_+-]{0,30}(/[A-Za-z0-9_+-]{1,30}){0,2}")
_MOMENTS: Final = 45
"""Seconds up to which ago is told in seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """
    One reader at one page.

    Attributes:
        visitor: None at a page that is shown to everybody.
        look: `auto`, `light` or `dark`.
        path: the page's path with its query.
        now: when it is made.
        token: makes what tells one form from another.
    """

    language: Language
    visitor: Visitor | None
    zone: tzinfo
    zone_name: str
    look: str
    path: str
    now: datetime
    token: Callable[[], str] = field(repr=False)

    def gettext(self, message: str, **values: object) -> str:
        """Return a message in the reader's language, with values in the places that it names as `%(name)s`."""
        found = self.language.gettext(message)
        return found % values if values else found

    def ngettext(self, one: str, many: str, count: int, **values: object) -> str:
        """Return a message that counts; `%(count)s` stands for the number as the language writes it."""
        return self.language.ngettext(one, many, count) % {"count": self.number(count), **values}

    def number(self, value: float) -> str:
        """Return a number as the language writes it."""
        return str(format_decimal(value, locale=self.language.locale))

    def instant(self, written: str) -> datetime:
        """Return an instant of an operation in the reader's zone."""
        return datetime.fromisoformat(written).astimezone(self.zone)

    def exact(self, written: str) -> str:
        """Return an instant to the second, with its zone."""
        at = self.instant(written)
        shown = format_datetime(at, "medium", locale=self.language.locale)
        return f"{shown} {at.tzname() or self.zone_name}"

    def short(self, written: str) -> str:
        """Return an instant as a table shows it: the time alone where it was today."""
        at, locale = self.instant(written), self.language.locale
        if at.date() == self.now.astimezone(self.zone).date():
            return str(format_skeleton("Hms", at, tzinfo=self.zone, locale=locale))
        day = "MMMd" if at.year == self.now.astimezone(self.zone).year else "yMMMd"
        return f"{format_skeleton(day, at, tzinfo=self.zone, locale=locale)}, " + str(
            format_skeleton("Hm", at, tzinfo=self.zone, locale=locale)
        )

    def hour(self, at: datetime) -> str:
        """Return the hour that begins at an instant, in the reader's zone."""
        return str(format_skeleton("Hm", at.astimezone(self.zone), tzinfo=self.zone, locale=self.language.locale))

    def ago(self, written: str) -> str:
        """Return how long ago, or how soon, an instant is, in words."""
        delta = datetime.fromisoformat(written) - self.now
        threshold = 0.85 if abs(delta.total_seconds()) >= _MOMENTS else 2
        return str(
            format_timedelta(
                delta, granularity="second", threshold=threshold, add_direction=True, locale=self.language.locale
            )
        )

    def left(self, written: str) -> str:
        """Return how long there is until an instant, as minutes and seconds."""
        seconds = max(0, round((datetime.fromisoformat(written) - self.now).total_seconds()))
        hours, rest = divmod(seconds, 3600)
        return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"

    def seconds(self, count: int) -> str:
        """Return a span of seconds in words, whole and without rounding."""
        parts = []
        for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1)):
            many, count = divmod(count, size)
            if many:
                parts.append(self.unit(many, unit))
        return " ".join(parts) or self.unit(0, "second")

    def unit(self, many: float, unit: str) -> str:
        """Return so many of a unit of time (`day`, `hour`, `minute`, `second`) in words."""
        return str(format_unit(many, f"duration-{unit}", "long", locale=self.language.locale))

    def day_begins(self, written: str, later: int = 0) -> str | None:
        """Return the first instant of a day of the reader's, or of one so many days later; None where it is no day."""
        try:
            day = date.fromisoformat(written) + timedelta(days=later)
        except (ValueError, OverflowError):
            return None
        begins = datetime.combine(day, time(), tzinfo=self.zone).astimezone(UTC)
        return f"{begins:%Y-%m-%dT%H:%M:%S}.000000Z"

    def day(self, value: date) -> str:
        """Return a day."""
        return str(format_date(value, "medium", locale=self.language.locale))


_READING: Final[ContextVar[Reading]] = ContextVar("reading")


def current() -> Reading:
    """Return whoever a template is rendered for at this moment."""
    return _READING.get()


@contextmanager
def rendering(reading: Reading) -> Iterator[None]:
    """Render for somebody while the block runs. Rendering never waits, so nothing else comes in between."""
    before = _READING.set(reading)
    try:
        yield
    finally:
        _READING.reset(before)


def zone_of(name: str) -> tuple[tzinfo, str]:
    """Return the time zone of a name that a browser has sent, UTC where there is none such."""
    if _ZONE.fullmatch(name):
        try:
            return ZoneInfo(name), name
        except (ZoneInfoNotFoundError, ValueError, OSError):
            return UTC, "UTC"
    return UTC, "UTC"


def reading_of(
    request: Request, visitor: Visitor | None, languages: Languages, *, now: int, token: Callable[[], str]
) -> Reading:
    """
    Tell how somebody sees a page.

    Args:
        request: what his browser has sent.
        visitor: who he is, None where that is not known.
        languages: those that there are.
        now: UTC microseconds.
        token: makes what tells one form from another.
    """
    cookies = request.cookies
    zone, zone_name = zone_of(cookies.get(ZONE_COOKIE, ""))
    look = cookies.get(LOOK_COOKIE, "")
    query = request.url.query
    return Reading(
        language=_language(request, visitor, languages),
        visitor=visitor,
        zone=zone,
        zone_name=zone_name,
        look=look if look in LOOKS else LOOKS[0],
        path=f"{request.url.path}?{query}" if query else request.url.path,
        now=datetime.fromtimestamp(now / 1_000_000, UTC),
        token=token,
    )


def _language(request: Request, visitor: Visitor | None, languages: Languages) -> Language:
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    if chosen is not None:
        return languages.named(chosen)
    if visitor is not None and visitor.language:
        return languages.named(visitor.language)
    return languages.wished(request.headers.get("accept-language", ""))
