"""
Sessions of administrators: who is signed in from where, and the end of it, one by one or all at once.
"""

from dataclasses import dataclass

from watchword.app.administering import administrators
from watchword.app.administration import Actor, Administration, Refusal, forbidden, not_found
from watchword.app.manage import finding
from watchword.app.manage.api_keys import PERSONS_ONLY
from watchword.app.manage.texts import instant
from watchword.domain.administrators import Session, SessionId
from watchword.domain.events import AuditEvent
from watchword.domain.settings import SessionSettings
from watchword.kit.identifiers import text
from watchword.ports.records import Changer, Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionList:
    """The sessions of one administrator, or of everybody."""

    administrator: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionEnd:
    """The session that is to end."""

    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionEndAll:
    """Whose sessions are to end, all of them."""

    administrator: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    """A session that goes on. `current` is the one that asks."""

    id: str
    administrator: str
    source: str
    agent: str
    created_at: str
    seen_at: str
    expires_at: str
    current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionsEnded:
    """How many sessions ended."""

    ended: int


def row_of(session: Session, name: str, *, current: SessionId | None) -> SessionRow:
    """Return a session as it is shown."""
    return SessionRow(
        id=text(session.id),
        administrator=name,
        source=session.source,
        agent=session.agent,
        created_at=instant(session.created_at),
        seen_at=instant(session.seen_at),
        expires_at=instant(session.expires_at),
        current=session.id == current,
    )


def live(sessions: list[Session], now: int, limits: SessionSettings) -> list[Session]:
    """Return those that go on."""
    return [session for session in sessions if session.is_live(now, limits)]


async def listed(context: Administration, actor: Actor, arguments: SessionList) -> list[SessionRow] | Refusal:
    """List the sessions that go on, the newest first."""
    now = context.clock.now()

    def read(records: Reader) -> list[SessionRow] | Refusal:
        wanted = None
        if arguments.administrator is not None:
            found = administrators.find(records, arguments.administrator)
            if isinstance(found, Refusal):
                return found
            wanted = found.id
        names = {one.id: one.name for one in records.administrators()}
        limits = records.configuration().settings.session
        return [
            row_of(session, names[session.administrator], current=actor.session)
            for session in live(records.sessions(wanted), now, limits)
        ]

    return await context.records.read(read)


async def end(context: Administration, actor: Actor, arguments: SessionEnd) -> SessionsEnded | Refusal:
    """End a session: its next request is nobody's."""
    if not actor.is_person:
        return forbidden(PERSONS_ONLY)
    identifier = finding.identifier(arguments.id, "a session")
    if isinstance(identifier, Refusal):
        return identifier
    wanted, scribe = SessionId(identifier), context.scribe(actor)

    def change(records: Changer) -> SessionsEnded | Refusal:
        if not records.end_session(wanted):
            return not_found("there is no such session; it may have ended already")
        records.audit(scribe.row(AuditEvent.SESSION_ENDED, subject=wanted, because="ended"))
        return SessionsEnded(ended=1)

    return await context.records.change(change)


async def end_all(context: Administration, actor: Actor, arguments: SessionEndAll) -> SessionsEnded | Refusal:
    """End every session of an administrator, but the one that asks."""
    if not actor.is_person:
        return forbidden(PERSONS_ONLY)
    scribe = context.scribe(actor)

    def change(records: Changer) -> SessionsEnded | Refusal:
        found = administrators.find(records, arguments.administrator)
        if isinstance(found, Refusal):
            return found
        ended = records.end_sessions(found.id, but=actor.session)
        row = scribe.row(AuditEvent.SESSION_ENDED, subject=found.id, administrator=found.name, sessions=str(ended))
        records.audit(row)
        return SessionsEnded(ended=ended)

    return await context.records.change(change)
