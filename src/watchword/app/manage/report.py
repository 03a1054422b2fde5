"""
The one-time bypass report: every bypass that ever was, as rows and as a CSV file.

A spreadsheet takes a cell that begins like a formula for one, a quoted cell too, and people supply the text of these
cells: such a cell gets an apostrophe in front, which shows it as text (N27). What breaks lines became a space when it
was taken in; it is made one here again, because rows may be older than that rule.
"""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass, fields
from typing import Final

from watchword.app.administration import Actor, Administration, Refusal, invalid
from watchword.app.manage import finding
from watchword.app.manage.texts import instant, maybe_instant, name_of
from watchword.domain.bypass import BypassId, BypassState
from watchword.domain.configuration import Configuration
from watchword.kit.identifiers import text
from watchword.ports.records import BypassRow as Kept
from watchword.ports.records import Reader

LONGEST_PAGE: Final = 1_000
_FORMULA: Final = frozenset("=+-@\t\r\n|%")


@dataclass(frozen=True, slots=True, kw_only=True)
class BypassList:
    """Which bypasses are wanted: the active ones or `all`, up to `limit` of those made before the one named."""

    all: bool = False
    before: str | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class BypassRow:
    """A bypass in the report."""

    id: str
    user: str
    group: str
    application: str | None
    reason: str
    seconds: int
    created_by: str
    created_at: str
    expires_at: str
    state: BypassState
    ended_at: str | None
    ended_by: str | None
    used_at_application: str | None
    used_from: str | None


def bypass_row(row: Kept, configuration: Configuration) -> BypassRow:
    """Return a bypass as the report shows it."""
    applications = finding.application_names(configuration)
    return BypassRow(
        id=text(row.id),
        user=row.username,
        group=name_of(finding.group_names(configuration), row.group) or finding.EVERY_GROUP,
        application=name_of(applications, row.application),
        reason=row.reason,
        seconds=row.seconds,
        created_by=row.created_by,
        created_at=instant(row.created_at),
        expires_at=instant(row.expires_at),
        state=row.state,
        ended_at=maybe_instant(row.ended_at),
        ended_by=row.ended_by or None,
        used_at_application=name_of(applications, row.used_at_application),
        used_from=row.used_from,
    )


async def listed(context: Administration, _actor: Actor, arguments: BypassList) -> list[BypassRow] | Refusal:
    """List bypasses, newest first."""
    if not 1 <= arguments.limit <= LONGEST_PAGE:
        return invalid(f"the limit must be from 1 to {LONGEST_PAGE}")
    before = None if arguments.before is None else finding.identifier(arguments.before, "a bypass")
    if isinstance(before, Refusal):
        return before
    now = context.clock.now()

    def read(records: Reader) -> list[BypassRow]:
        found = records.bypasses(
            active_only=not arguments.all,
            now=now,
            before=None if before is None else BypassId(before),
            limit=arguments.limit,
        )
        configuration = records.configuration()
        return [bypass_row(row, configuration) for row in found]

    return await context.records.read(read)


def cell(value: object) -> str:
    """Return a value as a cell that no spreadsheet runs."""
    line = "" if value is None else " ".join(str(value).split())
    return f"'{line}" if line and line[0] in _FORMULA else line


def as_csv(rows: Iterable[BypassRow]) -> Iterator[str]:
    """Yield the lines of the report, its header first, each with its line end (RFC 4180)."""
    line = io.StringIO()
    writer = csv.writer(line)
    writer.writerow(field.name for field in fields(BypassRow))
    yield line.getvalue()
    for row in rows:
        line.seek(0)
        line.truncate()
        writer.writerow(cell(value) for value in astuple(row))
        yield line.getvalue()
