"""
The audit trail: who did what, and whether the chain of everything that was written down is whole.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from watchword.app.administration import Actor, Administration, Refusal, invalid
from watchword.app.manage import finding
from watchword.app.manage.texts import instant, maybe_id, moment, name_of
from watchword.domain.audit_words import sentence
from watchword.domain.events import AuditId
from watchword.kit.identifiers import text
from watchword.ports.records import Reader
from watchword.ports.trail import AuditFilter, AuditRecord

LONGEST_PAGE: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditVerify:
    """The whole chain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditVerified:
    """Whether the chain is whole, how many rows it has, and the first thing that is wrong where it is not."""

    whole: bool
    rows: int
    fault: str


class WalkState(StrEnum):
    """How a walk along the chain that goes on by itself stands. `NEVER`: none was begun since the process started."""

    NEVER = "never"
    GOES_ON = "goes-on"
    WHOLE = "whole"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditVerifyBegin:
    """The whole chain, looked at while whoever asks does something else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditVerifyState:
    """The walk that was begun last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditWalk:
    """
    How far a walk along the chain has come.

    Attributes:
        rows: how many were looked at.
        of: how many there were when it began, 0 while that is not known.
        fault: the first thing that is wrong where something is.
    """

    state: WalkState
    begun_at: str | None
    by: str | None
    rows: int
    of: int
    fault: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditList:
    """
    Which rows of the audit trail are wanted, newest first: those that are all that is said here.

    Attributes:
        user: whom it befell, by any of his names or his id, which still finds him when he was removed.
        actor: who did it, as the trail names him.
        event: `noun.verb`, or a noun for everything that befell one.
        subject: the id of what it befell: a resource's own history.
        since: the first instant that is wanted, as RFC 3339 has it; `until` the first that is not.
        before: the id of the row before which to go on.
    """

    user: str | None = None
    actor: str | None = None
    event: str | None = None
    subject: str | None = None
    since: str | None = None
    until: str | None = None
    before: str | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """What was done. `sentence` says it in words; `words` is the rest that was written down, by its names."""

    id: str
    at: str
    event: str
    sentence: str
    actor: str
    user: str | None
    subject: str | None
    words: dict[str, str]


async def verify(context: Administration, _actor: Actor, _arguments: AuditVerify) -> AuditVerified | Refusal:
    """Walk the chain."""
    verdict = await context.upkeep.verify_chain()
    return AuditVerified(whole=verdict.whole, rows=verdict.rows, fault=verdict.fault)


async def verify_begin(context: Administration, actor: Actor, _arguments: AuditVerifyBegin) -> AuditWalk | Refusal:
    """Begin to walk the chain, or tell of the walk that goes on already."""
    context.upkeep.begin_walk(at=context.clock.now(), by=actor.name)
    return _walk(context)


async def verify_state(context: Administration, _actor: Actor, _arguments: AuditVerifyState) -> AuditWalk | Refusal:
    """Tell how far the last walk has come."""
    return _walk(context)


def _walk(context: Administration) -> AuditWalk:
    walk = context.upkeep.walk()
    if walk is None:
        return AuditWalk(state=WalkState.NEVER, begun_at=None, by=None, rows=0, of=0, fault="")
    verdict = walk.verdict
    state = WalkState.GOES_ON if verdict is None else WalkState.WHOLE if verdict.whole else WalkState.BROKEN
    return AuditWalk(
        state=state,
        begun_at=instant(walk.begun_at),
        by=walk.by,
        rows=walk.rows,
        of=walk.of,
        fault="" if verdict is None else verdict.fault,
    )


async def listed(context: Administration, _actor: Actor, arguments: AuditList) -> list[AuditRow] | Refusal:
    """List what was done, newest first; each look at the records is a short one."""
    if not 1 <= arguments.limit <= LONGEST_PAGE:
        return invalid(f"the limit must be from 1 to {LONGEST_PAGE}")
    wanted = _wanted(arguments)
    if isinstance(wanted, Refusal):
        return wanted
    found: list[AuditRow] = []
    before = wanted.before
    while True:
        limit = arguments.limit - len(found)
        page = await _page(context, arguments, wanted, before, limit)
        if isinstance(page, Refusal):
            return page
        found.extend(page[0])
        before = page[1]
        if before is None or len(found) >= arguments.limit:
            return found


async def _page(
    context: Administration, arguments: AuditList, wanted: AuditFilter, before: AuditId | None, limit: int
) -> tuple[list[AuditRow], AuditId | None] | Refusal:
    def read(records: Reader) -> tuple[list[AuditRow], AuditId | None] | Refusal:
        user = None if arguments.user is None else finding.anybody(records, arguments.user)
        if isinstance(user, Refusal):
            return user
        page = records.audit_trail(
            AuditFilter(
                user=user,
                actor=wanted.actor,
                event=wanted.event,
                subject=wanted.subject,
                since=wanted.since,
                until=wanted.until,
                before=before,
                limit=limit,
            )
        )
        names = records.usernames([row.user for row in page.rows if row.user is not None])
        return [_row(row, None if row.user is None else name_of(names, row.user)) for row in page.rows], page.before

    return await context.records.read(read)


def _wanted(arguments: AuditList) -> AuditFilter | Refusal:
    """Return what is wanted, but for whom: that the records know."""
    subject = None if arguments.subject is None else finding.identifier(arguments.subject, "anything")
    before = None if arguments.before is None else finding.identifier(arguments.before, "a row of the audit trail")
    since = None if arguments.since is None else moment(arguments.since)
    until = None if arguments.until is None else moment(arguments.until)
    if isinstance(subject, Refusal):
        return subject
    if isinstance(before, Refusal):
        return before
    if isinstance(since, Refusal):
        return since
    if isinstance(until, Refusal):
        return until
    return AuditFilter(
        actor=arguments.actor,
        event=arguments.event,
        subject=subject,
        since=since,
        until=until,
        before=None if before is None else AuditId(before),
    )


def _row(row: AuditRecord, user: str | None) -> AuditRow:
    words = dict(row.words)
    known = words if user is None else {"username": user, **words}
    return AuditRow(
        id=text(row.id),
        at=instant(row.at),
        event=row.event,
        sentence=sentence(row.event, row.actor, known),
        actor=row.actor,
        user=user,
        subject=maybe_id(row.subject),
        words=words,
    )
