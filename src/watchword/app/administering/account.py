"""
An administrator's own account: what he signs in with, and where he is signed in.

Whatever takes something away that he signs in with ends his other sessions: they may be somebody else's.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from watchword.app.administering.sessions import SessionRow, SessionsEnded, live, row_of
from watchword.app.administration import Actor, Administration, Refusal, Scribe, conflict, forbidden, invalid, not_found
from watchword.app.manage import finding
from watchword.app.manage.texts import instant, label_of, maybe_instant
from watchword.domain.administrators import Administrator, SessionId, password_fault
from watchword.domain.events import AuditEvent
from watchword.domain.secrets import Secret
from watchword.kit.identifiers import text
from watchword.ports.records import Changer, Reader

Result = TypeVar("Result")

NOBODY: Final = conflict("only somebody who is signed in at the portal has an account")
WRONG_PASSWORD: Final = forbidden("the present password is wrong")

LONGEST_LANGUAGE: Final = 35
"""Characters of a language's tag (RFC 5646 section 4.4.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountShow:
    """One's own account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountChange:
    """How one is called, and the tag of the language that one reads, empty for the browser's."""

    display: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPassword:
    """A new password, and the present one."""

    present_password: Secret
    new_password: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnSessionEnd:
    """The session of one's own that is to end."""

    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnSessionsEnd:
    """Every session of one's own is to end but this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeyRow:
    """A passkey. `regressed_at` is when its count went back, as that of a copied one does."""

    id: str
    label: str
    synced: bool
    created_at: str
    used_at: str | None
    regressed_at: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountShown:
    """One's own account."""

    id: str
    name: str
    display: str
    role: str
    language: str
    user: str | None
    totp: bool
    passkeys: tuple[PasskeyRow, ...]
    sessions: tuple[SessionRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountDone:
    """What was asked was done; `ended` sessions ended with it."""

    name: str
    ended: int = 0


async def show(context: Administration, actor: Actor, _arguments: AccountShow) -> AccountShown | Refusal:
    """Show one's own account."""
    now = context.clock.now()

    def read(records: Reader) -> AccountShown | Refusal:
        one = self_of(records, actor)
        if isinstance(one, Refusal):
            return one
        limits = records.configuration().settings.session
        return AccountShown(
            id=text(one.id),
            name=one.name,
            display=one.display,
            role=one.role.value,
            language=one.language,
            user=None if one.user is None else records.usernames([one.user]).get(one.user),
            totp=one.totp is not None,
            passkeys=tuple(
                PasskeyRow(
                    id=text(passkey.id),
                    label=passkey.label,
                    synced=passkey.synced,
                    created_at=instant(passkey.created_at),
                    used_at=maybe_instant(passkey.used_at),
                    regressed_at=maybe_instant(passkey.regressed_at),
                )
                for passkey in one.passkeys
            ),
            sessions=tuple(
                row_of(session, one.name, current=actor.session)
                for session in live(records.sessions(one.id), now, limits)
            ),
        )

    return await context.records.read(read)


async def change(context: Administration, actor: Actor, arguments: AccountChange) -> AccountDone | Refusal:
    """Change how one is called, and one's language."""
    display = None if arguments.display is None else label_of(arguments.display, "an administrator")
    if isinstance(display, Refusal):
        return display
    language = arguments.language
    if language and not (len(language) <= LONGEST_LANGUAGE and language.replace("-", "").isalnum()):
        return invalid("a language is named by its tag, such as en or de")

    def alter(records: Changer, one: Administrator, scribe: Scribe) -> AccountDone | Refusal:
        wanted = replace(one, display=display or one.display, language=one.language if language is None else language)
        records.set_administrator(wanted)
        records.audit(
            scribe.row(AuditEvent.ADMINISTRATOR_CHANGED, subject=one.id, name=one.name, display=wanted.display)
        )
        return AccountDone(name=one.name)

    return await to_self(context, actor, alter)


async def set_password(context: Administration, actor: Actor, arguments: AccountPassword) -> AccountDone | Refusal:
    """Set one's own password; every other session of one's own ends."""
    one = await context.records.read(lambda records: self_of(records, actor))
    if isinstance(one, Refusal):
        return one
    fault = password_fault(arguments.new_password.octets)
    if fault is not None:
        return invalid(fault)
    if not await asyncio.to_thread(context.check_password, arguments.present_password, one.password):
        return WRONG_PASSWORD
    encoded, before = await asyncio.to_thread(context.hash_password, arguments.new_password), one.password

    def alter(records: Changer, one: Administrator, scribe: Scribe) -> AccountDone | Refusal:
        if one.password != before:
            return WRONG_PASSWORD
        records.set_administrator_password(one.id, encoded)
        records.audit(scribe.row(AuditEvent.PASSWORD_SET, subject=one.id, administrator=one.name))
        return others_ended(records, one, actor, scribe)

    return await to_self(context, actor, alter)


async def end_session(context: Administration, actor: Actor, arguments: OwnSessionEnd) -> SessionsEnded | Refusal:
    """End a session of one's own."""
    identifier = finding.identifier(arguments.id, "a session")
    if isinstance(identifier, Refusal):
        return identifier
    wanted = SessionId(identifier)

    def alter(records: Changer, one: Administrator, scribe: Scribe) -> SessionsEnded | Refusal:
        if all(session.id != wanted for session in records.sessions(one.id)) or not records.end_session(wanted):
            return not_found("there is no such session; it may have ended already")
        row = scribe.row(AuditEvent.SESSION_ENDED, subject=wanted, administrator=one.name, because="ended")
        records.audit(row)
        return SessionsEnded(ended=1)

    return await to_self(context, actor, alter)


async def end_sessions(context: Administration, actor: Actor, _arguments: OwnSessionsEnd) -> SessionsEnded | Refusal:
    """End every session of one's own but this one."""

    def alter(records: Changer, one: Administrator, scribe: Scribe) -> SessionsEnded | Refusal:
        return SessionsEnded(ended=others_ended(records, one, actor, scribe).ended)

    return await to_self(context, actor, alter)


def self_of(records: Reader, actor: Actor) -> Administrator | Refusal:
    """Return who is signed in."""
    one = None if actor.administrator is None else records.administrator(actor.administrator)
    return NOBODY if one is None or actor.session is None else one


def others_ended(records: Changer, one: Administrator, actor: Actor, scribe: Scribe) -> AccountDone:
    """End every session of one's own but this one, in the transaction that took something away."""
    ended = records.end_sessions(one.id, but=actor.session)
    if ended:
        row = scribe.row(AuditEvent.SESSION_ENDED, subject=one.id, administrator=one.name, sessions=str(ended))
        records.audit(row)
    return AccountDone(name=one.name, ended=ended)


async def to_self(
    context: Administration, actor: Actor, alter: Callable[[Changer, Administrator, Scribe], Result | Refusal]
) -> Result | Refusal:
    """Do something to one's own account."""
    scribe = context.scribe(actor)

    def change(records: Changer) -> Result | Refusal:
        one = self_of(records, actor)
        return one if isinstance(one, Refusal) else alter(records, one, scribe)

    return await context.records.change(change)
