"""
One-time bypasses: made for somebody else, for a reason, for a short time.

What is made here decides nothing that is pending by itself: whoever makes it is shown what waits, and may choose one
verification to be let through by it at once (design.md section 6).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from watchword.app.administration import (
    Actor,
    Administration,
    Refusal,
    Scribe,
    conflict,
    forbidden,
    invalid,
    not_found,
    unavailable,
)
from watchword.app.manage import finding
from watchword.app.manage.pending import NOTHING_RUNS, PendingRow
from watchword.app.manage.pending import rows as pending_rows
from watchword.app.manage.texts import instant, name_of, reason_of, shown
from watchword.domain import bypass as rules
from watchword.domain.applications import ApplicationId, GroupId
from watchword.domain.bypass import MICROSECONDS, BypassId, BypassRefusal, BypassState
from watchword.domain.configuration import Configuration
from watchword.domain.events import AuditEvent
from watchword.domain.roles import BYPASS_CAPS, Role
from watchword.domain.settings import BypassSettings
from watchword.domain.users import Person, fold
from watchword.kit.identifiers import text
from watchword.ports.live import PendingVerification
from watchword.ports.records import BypassRow as Kept
from watchword.ports.records import Changer, Reader

KEYS_MAKE_NONE: Final = (
    "this key makes no bypasses; an owner who wants that makes another one for it (`watchword key add --bypasses`)"
)
"""What a program is told whose key was not made for bypasses (B2)."""

_TOO_LATE: Final = "that verification was over by then; the bypass waits for the next login"


@dataclass(frozen=True, slots=True, kw_only=True)
class BypassAdd:
    """
    A bypass to be made.

    Attributes:
        seconds: None for the organisation's default.
        group: name of a replication group, or `all`; needed where there is more than one.
        application: the only one where it may be used, None for any.
        let_through: the verification in progress that it is to be used for at once.
    """

    user: str
    reason: str
    seconds: int | None = None
    group: str | None = None
    application: str | None = None
    let_through: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BypassAdded:
    """
    The bypass was made.

    Attributes:
        user: whose it is, by his canonical name.
        seconds: how long it lasts.
        superseded: the bypasses that it replaces.
        pending: what is in progress for the user and not decided by it.
        let_through: whether it was used for the verification that was chosen; None where none was.
        notes: sentences about what else is worth knowing.
    """

    id: str
    user: str
    seconds: int
    expires_at: str
    superseded: tuple[str, ...] = ()
    pending: tuple[PendingRow, ...] = ()
    let_through: bool | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BypassChoices:
    """What whoever asks may choose from when he makes a bypass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BypassChoice:
    """
    What there is to choose from.

    Attributes:
        default: seconds of a bypass for which none are named.
        longest: the most seconds that whoever asks may give.
        groups: names of the replication groups, of which one must be chosen where there are more.
        applications: names of the applications that a bypass may be for.
    """

    default: int
    longest: int
    groups: tuple[str, ...]
    applications: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BypassCancel:
    """The bypass that is to be cancelled, and why."""

    id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BypassCancelled:
    """The bypass was cancelled."""

    id: str
    user: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scope:
    """Where a bypass is good: None for everywhere."""

    group: GroupId | None
    application: ApplicationId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    """A bypass to be made, with what the loop has added to it before the writer is asked."""

    id: BypassId
    arguments: BypassAdd
    reason: str
    actor: Actor
    scribe: Scribe
    chosen: PendingVerification | None
    waiting: tuple[PendingVerification, ...]


async def add(context: Administration, actor: Actor, arguments: BypassAdd) -> BypassAdded | Refusal:
    """Make a bypass, and use it at once for the verification that was chosen."""
    if not actor.makes_bypasses:
        return forbidden(KEYS_MAKE_NONE)
    chosen = _chosen(context, arguments.let_through)
    if isinstance(chosen, Refusal):
        return chosen
    reason = reason_of(arguments.reason)
    if isinstance(reason, Refusal):
        return reason
    wish = _Wish(
        id=BypassId(context.identifiers.new()),
        arguments=arguments,
        reason=reason,
        actor=actor,
        scribe=context.scribe(actor),
        chosen=chosen,
        waiting=() if context.live is None else tuple(context.live.pending()),
    )
    added = await context.records.change(partial(_make, wish=wish))
    if isinstance(added, Refusal) or chosen is None or context.live is None:
        return added
    if await context.live.let_through(chosen.id, wish.id):
        return replace(added, let_through=True)
    return replace(added, let_through=False, notes=(*added.notes, _TOO_LATE))


async def choices(context: Administration, actor: Actor, _arguments: BypassChoices) -> BypassChoice | Refusal:
    """Tell what there is to choose from."""

    def read(records: Reader) -> BypassChoice:
        configuration = records.configuration()
        settings = configuration.settings.bypass
        longest = rules.longest_for(settings, BYPASS_CAPS.get(actor.role))
        return BypassChoice(
            default=min(settings.default_seconds, longest),
            longest=longest,
            groups=tuple(group.name for group in finding.groups(configuration)),
            applications=tuple(sorted(finding.application_names(configuration).values(), key=str.casefold)),
        )

    return await context.records.read(read)


def _make(records: Changer, *, wish: _Wish) -> BypassAdded | Refusal:
    """Write down a bypass, if its maker may make it."""
    configuration = records.configuration()
    found = finding.person(records, wish.arguments.user)
    if isinstance(found, Refusal):
        return found
    if wish.chosen is not None and wish.chosen.user != found.user.id:
        return conflict(
            f"that verification is not one of {found.user.username}; `watchword pending` shows whose it is",
            field="/let_through",
        )
    scope = _scope(configuration, wish.arguments)
    if isinstance(scope, Refusal):
        return scope
    seconds = _seconds(records, configuration, wish, found)
    if isinstance(seconds, Refusal):
        return seconds
    row = Kept(
        id=wish.id,
        user=found.user.id,
        username=found.user.username,
        group=scope.group,
        application=scope.application,
        reason=wish.reason,
        seconds=seconds,
        created_by=wish.actor.name,
        created_at=wish.scribe.at,
        expires_at=wish.scribe.at + seconds * MICROSECONDS,
        state=BypassState.ACTIVE,
        ended_at=None,
        ended_by="",
        used_at_application=None,
        used_from=None,
    )
    superseded = records.add_bypass(row)
    _write(records, wish.scribe, row, superseded, configuration)
    mine = [one for one in wish.waiting if one.user == found.user.id and one != wish.chosen]
    return BypassAdded(
        id=text(wish.id),
        user=row.username,
        seconds=seconds,
        expires_at=instant(row.expires_at),
        superseded=tuple(text(one) for one in superseded),
        pending=pending_rows(records, mine),
        notes=_notes(found, wish.scribe.at),
    )


def _chosen(context: Administration, written: str | None) -> PendingVerification | Refusal | None:
    """Find the verification that is to be let through."""
    if written is None:
        return None
    if context.live is None:
        return unavailable(NOTHING_RUNS)
    wanted = finding.identifier(written, "a verification")
    if isinstance(wanted, Refusal):
        return wanted
    found = next((one for one in context.live.pending() if one.id == wanted), None)
    if found is None:
        return not_found(
            f"no verification {shown(written)} is in progress any more; `watchword pending` shows what is",
            field="/let_through",
        )
    return found


def _scope(configuration: Configuration, arguments: BypassAdd) -> _Scope | Refusal:
    group: GroupId | None = None
    if arguments.group is None:
        # With more than one group this is refused by the rule; with one there is no choice.
        group = finding.groups(configuration)[0].id
    elif arguments.group.strip() != finding.EVERY_GROUP:
        found = finding.group(configuration, arguments.group)
        if isinstance(found, Refusal):
            return found
        group = found.id
    if arguments.application is None:
        return _Scope(group=group, application=None)
    application = finding.application(configuration, arguments.application)
    return application if isinstance(application, Refusal) else _Scope(group=group, application=application.id)


def _seconds(records: Reader, configuration: Configuration, wish: _Wish, person: Person) -> int | Refusal:
    """Return how long the bypass lasts, or why it is not made."""
    settings, actor, wanted = configuration.settings.bypass, wish.actor, wish.arguments
    longest = rules.longest_for(settings, BYPASS_CAPS.get(actor.role))
    seconds = min(settings.default_seconds, longest) if wanted.seconds is None else wanted.seconds
    own = actor.user == person.user.id or fold(actor.name) in records.aliases(person.user.id)
    why = _too_many(records, settings, wish, person) or rules.refusal(
        seconds=seconds,
        reason=wish.reason,
        longest=longest,
        own=own,
        group_named=wanted.group is not None,
        groups=len(finding.groups(configuration)),
    )
    match why:
        case None:
            return seconds
        case BypassRefusal.SECONDS:
            return invalid(f"{why.value}: a bypass lasts from 1 to {longest} seconds", field="/seconds")
        case BypassRefusal.OWN:
            return forbidden(f"{why.value}; ask another administrator", field="/user")
        case BypassRefusal.GROUP:
            names = ", ".join(group.name for group in finding.groups(configuration))
            return invalid(f"{why.value} (--group); there are {names}", field="/group")
        case BypassRefusal.REASON:
            return invalid(why.value, field="/reason")
        case BypassRefusal.MADE:
            return conflict(f"{why.value}, {settings.most_by_creator}; wait, or ask another administrator")
        case BypassRefusal.USER:
            return conflict(
                f"{why.value}, {settings.most_for_user}; give the user a method, or let an owner raise"
                " bypass.most_for_user"
            )


def _too_many(records: Reader, settings: BypassSettings, wish: _Wish, person: Person) -> BypassRefusal | None:
    """Tell whether too many were made (B16). Whoever holds the data folder is not stopped: he is the break-glass."""
    if wish.actor.role is Role.HOST:
        return None
    now = wish.scribe.at
    return rules.too_many(
        settings,
        made_by=records.bypasses_made(by=wish.actor.name, since=now - rules.HOUR, most=settings.most_by_creator),
        made_for=records.bypasses_for(person.user.id, since=now - rules.DAY, most=settings.most_for_user),
    )


def _write(
    records: Changer, scribe: Scribe, row: Kept, superseded: Sequence[BypassId], configuration: Configuration
) -> None:
    """Write the audit rows of a new bypass and of those that it replaces."""
    records.audit(
        scribe.row(
            AuditEvent.BYPASS_CREATED,
            user=row.user,
            subject=row.id,
            username=row.username,
            seconds=str(row.seconds),
            reason=row.reason,
            group=name_of(finding.group_names(configuration), row.group) or finding.EVERY_GROUP,
            application=name_of(finding.application_names(configuration), row.application) or "",
        )
    )
    for one in superseded:
        records.audit(
            scribe.row(AuditEvent.BYPASS_SUPERSEDED, user=row.user, subject=one, username=row.username, by=text(row.id))
        )


def _notes(person: Person, now: int) -> tuple[str, ...]:
    """Tell what makes a bypass worthless for the moment: a block and a lock beat it (B13)."""
    name = person.user.username
    notes = []
    if person.user.block is not None:
        notes.append(f"{name} is blocked, and a block beats a bypass; `watchword user unblock {name}` ends it")
    if person.user.disabled:
        notes.append(f"{name} is disabled, and that beats a bypass")
    if person.failures.locked(now):
        notes.append(f"{name} is locked, and a lock beats a bypass; `watchword user unlock {name}` ends it")
    return tuple(notes)


async def cancel(context: Administration, actor: Actor, arguments: BypassCancel) -> BypassCancelled | Refusal:
    """Cancel a bypass: once this returns, nobody passes by it any more (B12)."""
    wanted = finding.identifier(arguments.id, "a bypass")
    if isinstance(wanted, Refusal):
        return wanted
    reason = reason_of(arguments.reason)
    if isinstance(reason, Refusal):
        return reason
    scribe = context.scribe(actor)

    def change(records: Changer) -> Kept | Refusal:
        row = records.bypass(BypassId(wanted), now=scribe.at)
        if row is None:
            return not_found(f"there is no bypass {text(wanted)}; `watchword bypass list --all` shows every one")
        if not records.cancel_bypass(row.id, by=actor.name, now=scribe.at):
            return conflict(f"the bypass is {row.state.value}, so there is nothing left to cancel")
        records.audit(
            scribe.row(AuditEvent.BYPASS_CANCELLED, user=row.user, subject=row.id, username=row.username, reason=reason)
        )
        return row

    changed = await context.records.change(change)
    if isinstance(changed, Refusal):
        return changed
    context.end_pending(changed.user)
    return BypassCancelled(id=text(changed.id), user=changed.username)
