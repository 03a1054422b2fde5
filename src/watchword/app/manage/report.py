"""
The one-time bypass report: every bypass that ever was, as rows and as a CSV file.
"""

from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from watchword.app.administration import Actor, Administration, Refusal, invalid
from watchword.app.manage import finding
from watchword.app.manage.csv_lines import lines_of
from watchword.app.manage.texts import instant, maybe_instant, moment, name_of
from watchword.domain.bypass import BypassId, BypassState
from watchword.domain.configuration import Configuration
from watchword.kit.identifiers import text
from watchword.ports.records import BypassFilter, Reader
from watchword.ports.records import BypassRow as Kept

LONGEST_PAGE: Final = 1_000
PIECE: Final = 500
"""Bypasses in one piece of the CSV file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BypassList:
    """
    Which bypasses are wanted, newest first: up to `limit` of those made before the one named.

    Attributes:
        all: whether those are wanted too that are no longer active.
        user: for whom, by any of his names or his id, which still finds him when he was removed.
        created_by: who made it.
        state: how it stands or ended.
        since: the first instant of its making that is wanted, as RFC 3339 has it; `until` the first that is not.
    """

    all: bool = False
    user: str | None = None
    created_by: str | None = None
    state: BypassState | None = None
    since: str | None = None
    until: str | None = None
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
    wanted = _wanted(arguments)
    if isinstance(wanted, Refusal):
        return wanted
    now = context.clock.now()

    def read(records: Reader) -> list[BypassRow] | Refusal:
        whole = _with_user(records, wanted, arguments.user)
        if isinstance(whole, Refusal):
            return whole
        configuration = records.configuration()
        return [bypass_row(row, configuration) for row in records.bypasses(whole, now=now)]

    return await context.records.read(read)


async def exported(context: Administration, arguments: BypassList) -> AsyncIterator[str] | Refusal:
    """
    Return the report as CSV, in pieces that are made off the loop: of everything that is wanted, whatever `limit` says.

    What is refused is refused before the first piece. Each piece is a few hundred lines.
    """
    wanted = _wanted(replace(arguments, limit=PIECE))
    if isinstance(wanted, Refusal):
        return wanted
    whole = await context.records.read(lambda records: _with_user(records, wanted, arguments.user))
    return whole if isinstance(whole, Refusal) else _pieces(context, whole)


async def _pieces(context: Administration, wanted: BypassFilter) -> AsyncIterator[str]:
    now, before, first = context.clock.now(), wanted.before, True

    def read(records: Reader) -> tuple[str, BypassId | None]:
        rows = records.bypasses(replace(wanted, before=before), now=now)
        configuration = records.configuration()
        lines = as_csv((bypass_row(row, configuration) for row in rows), header=first)
        return "".join(lines), rows[-1].id if len(rows) == wanted.limit else None

    while first or before is not None:
        piece, before = await context.records.read(read)
        first = False
        yield piece


def _wanted(arguments: BypassList) -> BypassFilter | Refusal:
    """Return what is wanted, but for whom: that the records know."""
    if not 1 <= arguments.limit <= LONGEST_PAGE:
        return invalid(f"the limit must be from 1 to {LONGEST_PAGE}")
    before = None if arguments.before is None else finding.identifier(arguments.before, "a bypass")
    since = None if arguments.since is None else moment(arguments.since)
    until = None if arguments.until is None else moment(arguments.until)
    if isinstance(before, Refusal):
        return before
    if isinstance(since, Refusal):
        return since
    if isinstance(until, Refusal):
        return until
    return BypassFilter(
        state=arguments.state if arguments.all or arguments.state is not None else BypassState.ACTIVE,
        created_by=arguments.created_by,
        since=since,
        until=until,
        before=None if before is None else BypassId(before),
        limit=arguments.limit,
    )


def _with_user(records: Reader, wanted: BypassFilter, user: str | None) -> BypassFilter | Refusal:
    if user is None:
        return wanted
    found = finding.anybody(records, user)
    return found if isinstance(found, Refusal) else replace(wanted, user=found)


def as_csv(rows: Iterable[BypassRow], *, header: bool = True) -> Iterator[str]:
    """Yield the lines of the report, its header first where it is wanted."""
    return lines_of(BypassRow, rows, header=header)
