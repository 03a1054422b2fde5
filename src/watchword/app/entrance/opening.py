"""
Sessions: begun where enough was shown, renewed where more is, and known again by their token at every request.
"""

from dataclasses import dataclass, field

from watchword.app.administration import Actor, Administration, Scribe
from watchword.app.manage.texts import one_line
from watchword.app.tokens import new_token, token_digest
from watchword.domain.administrators import Administrator, Session, SessionId
from watchword.domain.events import AuditEvent
from watchword.domain.secrets import Secret
from watchword.domain.settings import Settings
from watchword.kit.clock import MICROSECONDS
from watchword.ports.administrators import SignedIn
from watchword.ports.records import Changer

SEEN_SECONDS = 60
"""Seconds between two notes that somebody was there."""

MOST_SESSIONS = 20
"""Sessions of one administrator; a new one ends the oldest."""

LONGEST_AGENT = 200
"""Characters that are kept of what a browser calls itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """From where somebody comes: a network address, and what his browser calls itself. Neither proves anything."""

    source: str
    agent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A session that was begun or renewed, and the token that it is known by from now on."""

    token: Secret
    session: SessionId


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A session to be begun, drawn on the loop before the writer is asked."""

    id: SessionId
    token: Secret = field(repr=False)
    client: Client

    def begin(self, records: Changer, administrator: Administrator, scribe: Scribe, *, by: str) -> Opened:
        """
        Begin it, in the transaction that spends what was shown.

        Args:
            records: the transaction.
            administrator: whose.
            scribe: of him.
            by: what was shown, for the audit trail.
        """
        longest = records.configuration().settings.session.longest_seconds
        for old in records.sessions(administrator.id)[MOST_SESSIONS - 1 :]:
            records.end_session(old.id)
        session = Session(
            id=self.id,
            administrator=administrator.id,
            created_at=scribe.at,
            seen_at=scribe.at,
            confirmed_at=scribe.at,
            expires_at=scribe.at + longest * MICROSECONDS,
            source=self.client.source,
            agent=self.client.agent,
        )
        records.add_session(session, token_digest(self.token))
        records.audit(
            scribe.row(
                AuditEvent.SESSION_STARTED,
                user=administrator.user,
                subject=self.id,
                administrator=administrator.name,
                by=by,
                source=self.client.source,
            )
        )
        return Opened(token=self.token, session=self.id)


def client_of(source: str, agent: str) -> Client:
    """Return from where somebody comes, as it can be kept and shown."""
    shown = one_line(agent[:LONGEST_AGENT]) or ""
    return Client(source=source, agent=shown)


def opening(context: Administration, client: Client) -> Opening:
    """Draw what a session needs."""
    return Opening(id=SessionId(context.identifiers.new()), token=new_token(context.randomness), client=client)


def scribe_of(context: Administration, administrator: Administrator) -> Scribe:
    """Return what writes the audit rows of what an administrator does to come in."""
    return context.scribe(actor_of(administrator))


def actor_of(administrator: Administrator, session: SessionId | None = None) -> Actor:
    """Return whom operations are performed as."""
    return Actor(
        name=administrator.name,
        role=administrator.role,
        user=administrator.user,
        administrator=administrator.id,
        session=session,
    )


class Sessions:
    """Knows sessions again."""

    def __init__(self, context: Administration) -> None:
        self._context = context
        self._settings: Settings | None = None
        context.records.on_configuration(lambda configuration: self._take(configuration.settings))

    def _take(self, settings: Settings) -> None:
        self._settings = settings

    async def recognise(self, token: Secret) -> SignedIn | None:
        """
        Return whose session a token opens, None where it opens none.

        It is looked up for each request, so that one that was ended opens nothing at once. Raises `StoreAway`.
        """
        records, now = self._context.records, self._context.clock.now()
        if self._settings is None:
            self._take(await records.read(lambda reader: reader.configuration().settings))
        settings, digest = self._settings or Settings(), token_digest(token)
        found = await records.read(lambda reader: reader.signed_in(digest))
        if found is None or found.administrator.disabled or not found.session.is_live(now, settings.session):
            return None
        if now - found.session.seen_at >= SEEN_SECONDS * MICROSECONDS:
            await records.change(lambda changer: changer.see_session(found.session.id, at=now))
        return found

    async def sign_out(self, token: Secret) -> None:
        """End the session that a token opens, if it opens one."""
        digest = token_digest(token)
        found = await self._context.records.read(lambda reader: reader.signed_in(digest))
        if found is None:
            return
        scribe = scribe_of(self._context, found.administrator)

        def change(records: Changer) -> None:
            if records.end_session(found.session.id):
                name = found.administrator.name
                row = scribe.row(
                    AuditEvent.SESSION_ENDED, subject=found.session.id, administrator=name, because="signed out"
                )
                records.audit(row)

        await self._context.records.change(change)
