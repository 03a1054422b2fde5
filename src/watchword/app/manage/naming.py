"""
What a user is called after he was added: the display name, and the names that he goes by.

A name that two users share names neither of them; whoever adds or removes one is told what that does to others.
"""

from dataclasses import dataclass

from watchword.app.administration import Actor, Administration, Refusal, conflict, invalid
from watchword.app.manage import finding
from watchword.app.manage.texts import shown
from watchword.app.manage.users import MOST_ALIASES, UserDone, display_name
from watchword.domain.events import AuditEvent
from watchword.domain.users import Ambiguous, Person, Unknown, User, UserId, fold, names_of
from watchword.kit.identifiers import text
from watchword.ports.records import Changer, Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRename:
    """A new display name for a user."""

    user: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UserAlias:
    """A name that a user is to go by, or to go by no more."""

    user: str
    alias: str


@dataclass(frozen=True, slots=True)
class _Changed:
    user: User
    notes: tuple[str, ...] = ()
    others: tuple[UserId, ...] = ()


async def rename(context: Administration, actor: Actor, arguments: UserRename) -> UserDone | Refusal:
    """Change how people call a user. Nothing that is in progress ends: nobody signs in by it."""
    display = display_name(arguments.name)
    if isinstance(display, Refusal):
        return display
    scribe = context.scribe(actor)

    def change(records: Changer) -> UserDone | Refusal:
        found = finding.person(records, arguments.user)
        if isinstance(found, Refusal):
            return found
        user = found.user
        records.set_display_name(user.id, display)
        records.audit(
            scribe.row(AuditEvent.USER_RENAMED, user=user.id, username=user.username, name=display, was=user.name)
        )
        return UserDone(id=text(user.id), username=user.username)

    return await context.records.change(change)


async def alias_add(context: Administration, actor: Actor, arguments: UserAlias) -> UserDone | Refusal:
    """
    Let a user go by one more name.

    Nobody else may go by it, unless it follows from the user's canonical name; then it names nobody from now on, and
    what is in progress for the other one ends, because it may have come by that name.
    """
    alias = fold(arguments.alias.strip())
    if alias is None:
        return invalid(f"{shown(arguments.alias)!r} can be nobody's name")
    scribe = context.scribe(actor)

    def change(records: Changer) -> _Changed | Refusal:
        found = finding.person(records, arguments.user)
        if isinstance(found, Refusal):
            return found
        user = found.user
        known = records.aliases(user.id)
        if alias in known:
            return conflict(f"{user.username} goes by {alias} already")
        if len(known) >= MOST_ALIASES + len(names_of(user.username)):
            return conflict(f"a user has at most {MOST_ALIASES} aliases")
        other = records.resolve(alias)
        if not isinstance(other, Unknown) and alias not in names_of(user.username):
            return conflict(f"there is a user who goes by {alias} already; a name that is given must be free")
        records.add_name(user.id, alias)
        records.audit(scribe.row(AuditEvent.ALIAS_ADDED, user=user.id, username=user.username, alias=alias))
        return _shared(records, user, alias, other)

    return _done(context, await context.records.change(change))


def _shared(records: Changer, user: User, alias: str, other: Person | Unknown | Ambiguous) -> _Changed:
    if isinstance(other, Unknown):
        return _Changed(user)
    note = f"{alias} names nobody at a login, because more than one user goes by it"
    if isinstance(other, Ambiguous):
        return _Changed(user, (note,))
    records.bump_epoch(other.user.id)
    return _Changed(user, (f"{note}: {other.user.username} too",), (other.user.id,))


async def alias_remove(context: Administration, actor: Actor, arguments: UserAlias) -> UserDone | Refusal:
    """Let a user go by a name no more. His epoch moves, so that whatever came by that name ends."""
    alias = fold(arguments.alias.strip())
    if alias is None:
        return invalid(f"{shown(arguments.alias)!r} can be nobody's name")
    scribe = context.scribe(actor)

    def change(records: Changer) -> _Changed | Refusal:
        found = finding.person(records, arguments.user)
        if isinstance(found, Refusal):
            return found
        user = found.user
        if alias == user.username:
            return conflict(f"{alias} is the user's own name; `watchword user remove` removes the user")
        if not records.remove_name(user.id, alias):
            return conflict(f"{user.username} does not go by {alias}; `watchword user show` lists his names")
        records.audit(scribe.row(AuditEvent.ALIAS_REMOVED, user=user.id, username=user.username, alias=alias))
        return _Changed(user, _left(records, alias), (user.id,))

    return _done(context, await context.records.change(change))


def _left(records: Reader, alias: str) -> tuple[str, ...]:
    other = records.resolve(alias)
    return (f"{alias} names {other.user.username} from now on",) if isinstance(other, Person) else ()


def _done(context: Administration, changed: _Changed | Refusal) -> UserDone | Refusal:
    if isinstance(changed, Refusal):
        return changed
    for other in changed.others:
        context.end_pending(other)
    return UserDone(id=text(changed.user.id), username=changed.user.username, notes=changed.notes)
