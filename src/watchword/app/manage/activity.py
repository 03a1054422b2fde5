"""
Activity: what happened, one row a request.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from watchword.app.administration import Actor, Administration, Refusal, invalid
from watchword.app.manage import finding
from watchword.app.manage.texts import instant, maybe_id, name_of, shown
from watchword.domain.applications import AuthenticationType
from watchword.domain.events import Activity
from watchword.domain.users import Person, UserId, fold
from watchword.domain.verification import ActivityId, OutcomeKind, Reason
from watchword.kit.identifiers import text
from watchword.ports.records import ActivityFilter, Reader

LONGEST_PAGE: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityList:
    """Which rows are wanted, newest first: those of `user`, up to `limit` of those before the one named."""

    user: str | None = None
    before: str | None = None
    limit: int = 100


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
    """List what happened, newest first."""
    if not 1 <= arguments.limit <= LONGEST_PAGE:
        return invalid(f"the limit must be from 1 to {LONGEST_PAGE}")
    before = None if arguments.before is None else finding.identifier(arguments.before, "a row of activity")
    if isinstance(before, Refusal):
        return before
    wanted = whose(arguments.user)
    if isinstance(wanted, Refusal):
        return wanted

    def read(records: Reader) -> list[ActivityRow]:
        user, name = meant(records, wanted)
        found = records.activity(
            ActivityFilter(
                user=user,
                user_name=name,
                before=None if before is None else ActivityId(before),
                limit=arguments.limit,
            )
        )
        return rows(records, found)

    if context.live is not None:
        await context.live.settle()
    return await context.records.read(read)


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
