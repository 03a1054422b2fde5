"""
Those who administer: invited by a link, given a role, disabled, removed.

Nobody changes what he himself may do, and an owner who can sign in is always left, so that nobody is locked out of his
own portal (E12). Whoever loses a role, or is disabled, loses his sessions at once.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
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
)
from watchword.app.entrance.setting_up import add_link, url_of
from watchword.app.manage import finding
from watchword.app.manage.api_keys import PERSONS_ONLY
from watchword.app.manage.texts import instant, label_of, maybe_instant, shown
from watchword.app.tokens import new_token
from watchword.domain.administrators import Administrator, AdministratorId, is_last_owner, login_name
from watchword.domain.events import AuditEvent
from watchword.domain.lockout import NO_FAILURES
from watchword.domain.roles import Role
from watchword.domain.users import UserId
from watchword.kit.identifiers import text
from watchword.ports.records import Changer, Reader

LAST_OWNER: Final = conflict("this is the last owner who can sign in; make another one first")
NOT_HIMSELF: Final = forbidden("nobody changes what he himself may do; another owner does that")


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminInvite:
    """Who is to become an administrator. `user` is the user that he is, so that he gives himself no bypass."""

    name: str
    role: Role
    display: str = ""
    user: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminNamed:
    """The administrator that is meant."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminChange:
    """What an administrator is to be; None leaves it as it is, an empty `user` is none."""

    name: str
    role: Role | None = None
    display: str | None = None
    user: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminLink:
    """A link by which somebody chooses what he signs in with, once and until `expires_at`. It is shown once."""

    id: str
    name: str
    role: str
    url: str = field(repr=False)
    expires_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminDone:
    """What was asked was done to this administrator."""

    id: str
    name: str
    role: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminList:
    """Everybody who administers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminRow:
    """An administrator. `state` is `active`, `invited`, `locked` or `disabled`."""

    id: str
    name: str
    display: str
    role: str
    state: str
    user: str | None
    password: bool
    totp: bool
    passkeys: int
    created_at: str
    locked_until: str | None
    last_seen_at: str | None


def state_of(one: Administrator, now: int) -> str:
    """Return how an administrator stands, in a word."""
    if one.disabled:
        return "disabled"
    if not one.is_set_up:
        return "invited"
    return "locked" if one.failures.locked(now) else "active"


def find(records: Reader, written: str) -> Administrator | Refusal:
    """Find an administrator by his name."""
    name = login_name(written)
    found = None if name is None else records.administrator_named(name)
    if found is None:
        return not_found(f"there is no administrator {shown(written)!r}; `watchword admin list` shows them")
    return found


async def listed(context: Administration, _actor: Actor, _arguments: AdminList) -> list[AdminRow] | Refusal:
    """List everybody who administers, by name."""
    now = context.clock.now()

    def read(records: Reader) -> list[AdminRow]:
        everybody = records.administrators()
        names = records.usernames([one.user for one in everybody if one.user is not None])
        seen: dict[AdministratorId, int] = {}
        for session in records.sessions(None):
            seen[session.administrator] = max(seen.get(session.administrator, 0), session.seen_at)
        return [
            AdminRow(
                id=text(one.id),
                name=one.name,
                display=one.display,
                role=one.role.value,
                state=state_of(one, now),
                user=None if one.user is None else names.get(one.user),
                password=one.password is not None,
                totp=one.totp is not None,
                passkeys=len(one.passkeys),
                created_at=instant(one.created_at),
                locked_until=instant(one.failures.locked_until) if one.failures.locked(now) else None,
                last_seen_at=maybe_instant(seen.get(one.id)),
            )
            for one in everybody
        ]

    return await context.records.read(read)


async def invite(context: Administration, actor: Actor, arguments: AdminInvite) -> AdminLink | Refusal:
    """Make somebody an administrator who chooses by a link what he signs in with; again for one who has not yet."""
    if not actor.is_person:
        return forbidden(PERSONS_ONLY)
    name = login_name(arguments.name)
    if name is None:
        return invalid(
            f"{shown(arguments.name)!r} is no name to sign in with: 1 to 64 characters, no blanks, no colons"
        )
    if arguments.role is Role.HOST:
        return _NO_HOST
    display = label_of(arguments.display or name, "an administrator")
    if isinstance(display, Refusal):
        return display
    token, scribe = new_token(context.randomness), context.scribe(actor)
    new = AdministratorId(context.identifiers.new())

    def change(records: Changer) -> AdminLink | Refusal:
        user = _user(records, arguments.user)
        if isinstance(user, Refusal):
            return user
        wanted = Administrator(id=new, name=name, display=display, role=arguments.role, user=user, created_at=scribe.at)
        known = records.administrator_named(name)
        if known is not None and known.is_set_up:
            return conflict(f"there is an administrator {name} already")
        if known is None:
            records.add_administrator(wanted)
        else:
            wanted = replace(wanted, id=known.id, disabled=known.disabled)
            records.set_administrator(wanted)
        records.audit(scribe.row(AuditEvent.ADMINISTRATOR_ADDED, subject=wanted.id, name=name, role=wanted.role.value))
        voided = records.void_setup_links(wanted.id)
        link = add_link(records, wanted.id, token, scribe, voided=voided)
        return AdminLink(
            id=text(wanted.id),
            name=name,
            role=wanted.role.value,
            url=url_of(context, token),
            expires_at=instant(link.expires_at),
        )

    return await context.records.change(change)


async def recover(context: Administration, actor: Actor, arguments: AdminNamed) -> AdminLink | Refusal:
    """Make a link by which somebody who has lost what he signs in with chooses it anew. Only the host may."""
    token, scribe = new_token(context.randomness), context.scribe(actor)

    def change(records: Changer) -> AdminLink | Refusal:
        found = find(records, arguments.name)
        if isinstance(found, Refusal):
            return found
        voided = records.void_setup_links(found.id)
        link = add_link(records, found.id, token, scribe, voided=voided)
        return AdminLink(
            id=text(found.id),
            name=found.name,
            role=found.role.value,
            url=url_of(context, token),
            expires_at=instant(link.expires_at),
        )

    return await context.records.change(change)


async def change(context: Administration, actor: Actor, arguments: AdminChange) -> AdminDone | Refusal:
    """Change what an administrator is; with another role his sessions end."""
    if arguments.role is Role.HOST:
        return _NO_HOST
    display = None if arguments.display is None else label_of(arguments.display, "an administrator")
    if isinstance(display, Refusal):
        return display

    def alter(records: Changer, one: Administrator, scribe: Scribe) -> Refusal | None:
        user = one.user if arguments.user is None else _user(records, arguments.user)
        if isinstance(user, Refusal):
            return user
        wanted = replace(one, role=arguments.role or one.role, display=display or one.display, user=user)
        loses = wanted.role is not one.role and wanted.role is not Role.OWNER
        if loses and is_last_owner(one, records.administrators()):
            return LAST_OWNER
        records.set_administrator(wanted)
        if wanted.role is not one.role:
            records.end_sessions(one.id)
        words = {
            what: f"{before} -> {after}"
            for what, before, after in (
                ("role", one.role.value, wanted.role.value),
                ("display", one.display, wanted.display),
                ("linked", _called(records, one.user), _called(records, wanted.user)),
            )
            if before != after
        }
        row = scribe.row(AuditEvent.ADMINISTRATOR_CHANGED, subject=one.id, user=wanted.user, name=one.name, **words)
        records.audit(row)
        return None

    return await _to_somebody_else(context, actor, arguments.name, alter)


async def disable(context: Administration, actor: Actor, arguments: AdminNamed) -> AdminDone | Refusal:
    """Let an administrator in no more; his sessions end."""

    def alter(records: Changer, one: Administrator, scribe: Scribe) -> Refusal | None:
        if one.disabled:
            return conflict(f"{one.name} is disabled already")
        if is_last_owner(one, records.administrators()):
            return LAST_OWNER
        records.set_administrator(replace(one, disabled=True))
        records.end_sessions(one.id)
        records.audit(scribe.row(AuditEvent.ADMINISTRATOR_DISABLED, subject=one.id, name=one.name))
        return None

    return await _to_somebody_else(context, actor, arguments.name, alter)


async def enable(context: Administration, actor: Actor, arguments: AdminNamed) -> AdminDone | Refusal:
    """Let an administrator in again."""

    def alter(records: Changer, one: Administrator, scribe: Scribe) -> Refusal | None:
        if not one.disabled:
            return conflict(f"{one.name} is not disabled")
        records.set_administrator(replace(one, disabled=False))
        records.audit(scribe.row(AuditEvent.ADMINISTRATOR_ENABLED, subject=one.id, name=one.name))
        return None

    return await _to_somebody_else(context, actor, arguments.name, alter)


async def unlock(context: Administration, actor: Actor, arguments: AdminNamed) -> AdminDone | Refusal:
    """Forget the wrong codes of an administrator, and the lock that came of them."""

    def alter(records: Changer, one: Administrator, scribe: Scribe) -> Refusal | None:
        records.set_administrator_failures(one.id, NO_FAILURES)
        records.audit(scribe.row(AuditEvent.ADMINISTRATOR_UNLOCKED, subject=one.id, name=one.name))
        return None

    return await _to_somebody_else(context, actor, arguments.name, alter)


async def remove(context: Administration, actor: Actor, arguments: AdminNamed) -> AdminDone | Refusal:
    """Remove an administrator with everything that is his; what he did stays written."""

    def alter(records: Changer, one: Administrator, scribe: Scribe) -> Refusal | None:
        if is_last_owner(one, records.administrators()):
            return LAST_OWNER
        records.remove_administrator(one.id)
        records.audit(scribe.row(AuditEvent.ADMINISTRATOR_REMOVED, subject=one.id, name=one.name))
        return None

    return await _to_somebody_else(context, actor, arguments.name, alter)


_NO_HOST: Final = invalid("nobody has the role host; choose owner, authentication-administrator, help-desk or auditor")


async def _to_somebody_else(
    context: Administration,
    actor: Actor,
    name: str,
    alter: Callable[[Changer, Administrator, Scribe], Refusal | None],
) -> AdminDone | Refusal:
    """Do something to an administrator who is not the one that asks."""
    if not actor.is_person:
        return forbidden(PERSONS_ONLY)
    scribe = context.scribe(actor)

    def change(records: Changer) -> AdminDone | Refusal:
        one = find(records, name)
        if isinstance(one, Refusal):
            return one
        if one.id == actor.administrator:
            return NOT_HIMSELF
        refused = alter(records, one, scribe)
        if refused is not None:
            return refused
        now = records.administrator(one.id) or one
        return AdminDone(id=text(now.id), name=now.name, role=now.role.value)

    return await context.records.change(change)


def _user(records: Reader, written: str | None) -> UserId | Refusal | None:
    """Return the user that somebody is, None for nobody."""
    if not written:
        return None
    found = finding.person(records, written)
    return found if isinstance(found, Refusal) else found.user.id


def _called(records: Reader, user: UserId | None) -> str:
    return "nobody" if user is None else records.usernames([user]).get(user, text(user))
