"""
Activity: what happened, one row a request.
"""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, replace
from typing import Final

from watchword.app.administration import Actor, Administration, Refusal, invalid
from watchword.app.manage import finding
from watchword.app.manage.csv_lines import lines_of
from watchword.app.manage.texts import instant, maybe_id, moment, name_of, shown
from watchword.domain.applications import AuthenticationType
from watchword.domain.events import Activity
from watchword.domain.users import Person, UserId, fold
from watchword.domain.verification import ActivityId, OutcomeKind, Reason
from watchword.kit.identifiers import text
from watchword.ports.history import ActivityFilter
from watchword.ports.records import Reader

LONGEST_PAGE: Final = 1_000

PIECE: Final = 200
"""Rows in one piece of a CSV file: some milliseconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityList:
    """
    Which rows are wanted, newest first: up to `limit` of those before the one named that are all that is said here.

    Attributes:
        user: any name of a user, or what was typed where it is nobody's name.
        application: its name.
        source: where the user was, as the application said.
        since: the first instant that is wanted, as RFC 3339 has it; `until` the first that is not.
    """

    user: str | None = None
    application: str | None = None
    outcome: OutcomeKind | None = None
    reason: Reason | None = None
    source: str | None = None
    server: str | None = None
    since: str | None = None
    until: str | None = None
    before: str | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivitySearch:
    """As `ActivityList`, a page at a time in both directions. `after` asks for what is newer than the row named."""

    user: str | None = None
    application: str | None = None
    outcome: OutcomeKind | None = None
    reason: Reason | None = None
    source: str | None = None
    server: str | None = None
    since: str | None = None
    until: str | None = None
    before: str | None = None
    after: str | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityFound:
    """
    A page of rows, newest first.

    Attributes:
        before: by what to ask for older rows, null where none are left. Where fewer came than were asked for, the
            search had looked at enough for one page, and goes on from there.
        after: by what to ask for newer rows, null while there are none at all.
    """

    rows: tuple["ActivityRow", ...]
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityRow:
    """
    What happened to one request, or to `count` alike.

    Attributes:
        kind: `login` or `accounting`; accounting has no outcome.
        user: the user, or what was typed where that is nobody.
        origin: the row whose outcome this one shares, or of the success that the cache entry came from.
    """

    id: str
    at: str
    kind: str
    user: str
    application: str | None
    authentication_type: AuthenticationType | None
    client: str
    source: str | None
    server: str
    outcome: OutcomeKind | None
    reason: Reason
    rule: str | None
    bypass: str | None
    origin: str | None
    count: int
    detail: str


def rows(records: Reader, activity: Iterable[Activity]) -> list[ActivityRow]:
    """Return rows of activity as they are shown."""
    found = list(activity)
    users = records.usernames([row.user for row in found if row.user is not None])
    applications = finding.application_names(records.configuration())
    return [
        ActivityRow(
            id=text(row.id),
            at=instant(row.at),
            kind="accounting" if row.kind is None else "login",
            user=row.user_name if row.user is None else users.get(row.user, row.user_name),
            application=name_of(applications, row.application),
            authentication_type=row.authentication_type,
            client=row.client,
            source=row.source,
            server=row.server,
            outcome=row.kind,
            reason=row.reason,
            rule=maybe_id(row.rule),
            bypass=maybe_id(row.bypass),
            origin=maybe_id(row.origin),
            count=row.count,
            detail=row.detail,
        )
        for row in found
    ]


async def listed(context: Administration, _actor: Actor, arguments: ActivityList) -> list[ActivityRow] | Refusal:
    """List what happened, newest first, however long that takes: each look at the records is a short one."""
    found: list[ActivityRow] = []
    before = arguments.before
    while True:
        page = await search(context, _actor, _page_of(arguments, before=before, limit=arguments.limit - len(found)))
        if isinstance(page, Refusal):
            return page
        found.extend(page.rows)
        before = page.before
        if before is None or len(found) >= arguments.limit:
            return found


async def exported(context: Administration, actor: Actor, arguments: ActivityList) -> AsyncIterator[str] | Refusal:
    """
    Return what happened as CSV, in short pieces: everything that is wanted, whatever `limit` says.

    What is refused is refused before the first piece.
    """
    first = await search(context, actor, _page_of(arguments, before=arguments.before, limit=PIECE))
    return first if isinstance(first, Refusal) else _pieces(context, actor, arguments, first)


async def _pieces(
    context: Administration, actor: Actor, arguments: ActivityList, first: ActivityFound
) -> AsyncIterator[str]:
    page, header = first, True
    while True:
        yield "".join(lines_of(ActivityRow, page.rows, header=header))
        if page.before is None:
            return
        following = await search(context, actor, _page_of(arguments, before=page.before, limit=PIECE))
        if isinstance(following, Refusal):
            # What was named was removed meanwhile: the file ends where it is.
            return
        page, header = following, False


def _page_of(arguments: ActivityList, *, before: str | None, limit: int) -> ActivitySearch:
    return ActivitySearch(
        user=arguments.user,
        application=arguments.application,
        outcome=arguments.outcome,
        reason=arguments.reason,
        source=arguments.source,
        server=arguments.server,
        since=arguments.since,
        until=arguments.until,
        before=before,
        limit=limit,
    )


async def search(context: Administration, _actor: Actor, arguments: ActivitySearch) -> ActivityFound | Refusal:
    """Find rows of activity, looking at a bounded number of them."""
    wanted = _wanted(arguments)
    if isinstance(wanted, Refusal):
        return wanted
    name = whose(arguments.user)
    if isinstance(name, Refusal):
        return name

    def read(records: Reader) -> ActivityFound | Refusal:
        application = None
        if arguments.application is not None:
            found = finding.application(records.configuration(), arguments.application)
            if isinstance(found, Refusal):
                return found
            application = found.id
        user, typed = meant(records, name)
        page = records.activity(replace(wanted, application=application, user=user, user_name=typed))
        return ActivityFound(
            rows=tuple(rows(records, page.rows)), before=maybe_id(page.before), after=maybe_id(page.after)
        )

    if context.live is not None:
        await context.live.settle()
    return await context.records.read(read)


def _wanted(arguments: ActivitySearch) -> ActivityFilter | Refusal:
    """Return what is wanted, but for whom and where: that the records know."""
    if not 1 <= arguments.limit <= LONGEST_PAGE:
        return invalid(f"the limit must be from 1 to {LONGEST_PAGE}")
    places = []
    for written in (arguments.before, arguments.after):
        place = None if written is None else finding.identifier(written, "a row of activity")
        if isinstance(place, Refusal):
            return place
        places.append(place)
    before, after = places
    if before is not None and after is not None:
        return invalid("a page is before one row or after one, not both")
    instants = []
    for written in (arguments.since, arguments.until):
        at = None if written is None else moment(written)
        if isinstance(at, Refusal):
            return at
        instants.append(at)
    return ActivityFilter(
        outcome=arguments.outcome,
        reason=arguments.reason,
        source=arguments.source,
        server=arguments.server,
        since=instants[0],
        until=instants[1],
        before=None if before is None else ActivityId(before),
        after=None if after is None else ActivityId(after),
        limit=arguments.limit,
    )


def whose(written: str | None) -> str | Refusal | None:
    """Return the name whose rows are wanted, None for all."""
    if written is None:
        return None
    name = written.strip()
    return name if fold(name) is not None else invalid(f"{shown(written)!r} can be nobody's name")


def meant(records: Reader, name: str | None) -> tuple[UserId | None, str | None]:
    """Return whose rows are wanted: a user's, or those of a name that is nobody's, as it was typed."""
    folded = None if name is None else fold(name)
    if name is None or folded is None:
        return None, None
    found = records.resolve(folded)
    return (found.user.id, None) if isinstance(found, Person) else (None, name)
