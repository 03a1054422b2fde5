"""
Users: who is there, what each is called, and the password of those who have one here.
"""

import asyncio
from dataclasses import dataclass
from typing import Final

from watchword.app.administration import Actor, Administration, Refusal, conflict, invalid
from watchword.app.manage import finding
from watchword.app.manage.reach import NotReached, not_reached, sentences
from watchword.app.manage.texts import instant, one_line, shown
from watchword.domain.credentials import Credentials, split
from watchword.domain.events import AuditEvent
from watchword.domain.secrets import Secret
from watchword.domain.users import Ambiguous, Block, Person, User, UserId, fold, is_canonical, names_of
from watchword.kit.identifiers import text
from watchword.ports.finding import Standing
from watchword.ports.records import Changer, Reader

LONGEST_NAME: Final = 200
"""Characters of a display name."""

LONGEST_PASSWORD: Final = 118
"""Octets of a local password: with a comma and a backup code it still fits a packet's 128 (RFC 2865 section 5.2)."""

ADVISED_PASSWORD: Final = 8
"""Characters below which a password is taken with a warning (SP 800-63B section 3.1.1.2)."""

MOST_ALIASES: Final = 20
LONGEST_PAGE: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class UserAdd:
    """A new user. `aliases` are names besides those that follow from the canonical one; each must be free."""

    username: str
    name: str = ""
    password: Secret | None = None
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UserDone:
    """
    What was asked was done to this user.

    Attributes:
        not_reached: servers that have not heard of it, and until when each could still act by what it knew.
        notes: sentences about what else is worth knowing.
    """

    id: str
    username: str
    not_reached: tuple[NotReached, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UserNamed:
    """The user that is meant, by any of his names."""

    user: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UserPassword:
    """A new password for a user."""

    user: str
    password: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class UserList:
    """Which users are wanted: up to `limit` of those whose names come after `after`, all or those who stand so."""

    after: str = ""
    limit: int = 100
    standing: Standing | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockRow:
    """Since when and why a user may not sign in."""

    at: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRow:
    """A user in a list."""

    id: str
    username: str
    name: str
    blocked: BlockRow | None
    disabled: bool


def block_row(block: Block | None) -> BlockRow | None:
    """Return a block as it is shown."""
    return None if block is None else BlockRow(at=instant(block.at), reason=block.reason)


def user_row(user: User) -> UserRow:
    """Return a user as lists show him."""
    return UserRow(
        id=text(user.id),
        username=user.username,
        name=user.name,
        blocked=block_row(user.block),
        disabled=user.disabled,
    )


def display_name(written: str) -> str | Refusal:
    """Return a display name as it is kept."""
    display = one_line(written)
    if display is None or len(display) > LONGEST_NAME:
        return invalid(f"the name must have at most {LONGEST_NAME} printable characters")
    return display


def checked_password(password: Secret) -> tuple[Secret, tuple[str, ...]] | Refusal:
    """Return a password as a listener will see it, and notes about it, or why nobody could ever sign in with it."""
    if len(password.octets) > LONGEST_PASSWORD:
        return invalid(f"the password is too long: at most {LONGEST_PASSWORD} octets fit a RADIUS request with a code")
    taken = split(password, asserted=False)
    if not isinstance(taken, Credentials) or taken.password is None:
        return invalid("the password must be UTF-8 text of at least one character, without NUL")
    if taken.code is not None:
        return invalid(
            "the password ends like a typed code (a comma and 6 or 8 digits, or a backup code), so it could never be"
            " told from one; choose another"
        )
    if len(taken.password.octets.decode()) < ADVISED_PASSWORD:
        return taken.password, (f"the password is shorter than {ADVISED_PASSWORD} characters",)
    return taken.password, ()


def _names(arguments: UserAdd) -> tuple[str, tuple[str, ...]] | Refusal:
    """Return the canonical name and the names that were given besides, all folded."""
    username = fold(arguments.username.strip())
    if username is None or not is_canonical(username):
        return invalid(f"{shown(arguments.username)!r} is no user name; write it as username@domain")
    if len(arguments.aliases) > MOST_ALIASES:
        return invalid(f"a user has at most {MOST_ALIASES} aliases")
    aliases = []
    for written in arguments.aliases:
        alias = fold(written.strip())
        if alias is None:
            return invalid(f"{shown(written)!r} can be nobody's name")
        aliases.append(alias)
    return username, tuple(alias for alias in dict.fromkeys(aliases) if alias not in names_of(username))


def _taken(records: Reader, username: str, aliases: tuple[str, ...]) -> Refusal | tuple[str, ...]:
    """Tell which of the names is in use, or return notes about names that will mean nobody from now on."""
    for name in (username, *aliases):
        if isinstance(records.resolve(name), Person | Ambiguous):
            return conflict(f"there is a user who goes by {name} already; a name that is given must be free")
    return tuple(
        f"{name} was a name of {other.user.username} and now names nobody, because two users share it"
        for name in names_of(username)[1:]
        if isinstance(other := records.resolve(name), Person)
    )


async def add(context: Administration, actor: Actor, arguments: UserAdd) -> UserDone | Refusal:
    """Add a user."""
    named = _names(arguments)
    if isinstance(named, Refusal):
        return named
    username, aliases = named
    display = display_name(arguments.name)
    if isinstance(display, Refusal):
        return display
    encoded: str | None = None
    notes: tuple[str, ...] = ()
    if arguments.password is not None:
        checked = checked_password(arguments.password)
        if isinstance(checked, Refusal):
            return checked
        password, notes = checked
        encoded = await asyncio.to_thread(context.hash_password, password)
    scribe = context.scribe(actor)
    user = User(id=UserId(context.identifiers.new()), username=username, name=display)

    def change(records: Changer) -> UserDone | Refusal:
        found = _taken(records, username, aliases)
        if isinstance(found, Refusal):
            return found
        records.add_user(user, (*names_of(username), *aliases), at=scribe.at)
        records.audit(scribe.row(AuditEvent.USER_ADDED, user=user.id, username=username))
        if encoded is not None:
            records.set_password(user.id, encoded)
            records.audit(scribe.row(AuditEvent.PASSWORD_SET, user=user.id, username=username))
        return UserDone(id=text(user.id), username=username, notes=(*notes, *found))

    return await context.records.change(change)


async def listed(context: Administration, _actor: Actor, arguments: UserList) -> list[UserRow] | Refusal:
    """List users in the order of their names."""
    if not 1 <= arguments.limit <= LONGEST_PAGE:
        return invalid(f"the limit must be from 1 to {LONGEST_PAGE}")
    standing, after, limit, now = arguments.standing, arguments.after, arguments.limit, context.clock.now()

    def read(records: Reader) -> list[User]:
        if standing is None:
            return records.users(after=after, limit=limit)
        return records.standing(standing, after=after, now=now, limit=limit)

    return [user_row(user) for user in await context.records.read(read)]


async def remove(context: Administration, actor: Actor, arguments: UserNamed) -> UserDone | Refusal:
    """Remove a user: his methods are erased, his bypasses end, and what is in progress for him ends at once."""
    scribe = context.scribe(actor)

    def change(records: Changer) -> User | Refusal:
        found = finding.person(records, arguments.user)
        if isinstance(found, Refusal):
            return found
        records.remove_user(found.user.id, at=scribe.at)
        records.audit(scribe.row(AuditEvent.USER_REMOVED, user=found.user.id, username=found.user.username))
        return found.user

    return await ended(context, await context.records.change(change))


async def set_password(context: Administration, actor: Actor, arguments: UserPassword) -> UserDone | Refusal:
    """Set the password of a user whom we check ourselves."""
    checked = checked_password(arguments.password)
    if isinstance(checked, Refusal):
        return checked
    password, notes = checked
    encoded = await asyncio.to_thread(context.hash_password, password)
    scribe = context.scribe(actor)

    def change(records: Changer) -> User | Refusal:
        found = finding.person(records, arguments.user)
        if isinstance(found, Refusal):
            return found
        records.set_password(found.user.id, encoded)
        records.audit(scribe.row(AuditEvent.PASSWORD_SET, user=found.user.id, username=found.user.username))
        return found.user

    return done(context, await context.records.change(change), notes)


async def ended(context: Administration, changed: User | Refusal) -> UserDone | Refusal:
    """End what is in progress for a user who may sign in no more, and tell which servers have not heard of it."""
    if isinstance(changed, Refusal):
        return changed
    context.end_pending(changed.id)
    unreached = await not_reached(context)
    notes = sentences(unreached, f"still let {changed.username} in by a code, where an application allows that,")
    return UserDone(id=text(changed.id), username=changed.username, not_reached=unreached, notes=notes)


def done(context: Administration, changed: User | Refusal, notes: tuple[str, ...] = ()) -> UserDone | Refusal:
    """End what is in progress for a user who was just changed, and say so; pass a refusal on."""
    if isinstance(changed, Refusal):
        return changed
    context.end_pending(changed.id)
    return UserDone(id=text(changed.id), username=changed.username, notes=notes)
