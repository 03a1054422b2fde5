"""
What every operation of administration stands on: who acts, what it may reach, and how it refuses.

An operation is `async (context, actor, arguments) -> result | Refusal`. Arguments and results are plain frozen data,
so that the same operation is served in process, over the control socket and over REST. A refusal is a value whose
sentence says what to do; a bug is an exception. Identifiers and instants are made on the loop before a change goes to
the writer, because clock and identifiers belong to the loop's thread.
"""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from watchword.app.feed import Feed
from watchword.domain.administrators import AdministratorId, SessionId
from watchword.domain.applications import DEFAULT_GROUP, GroupId
from watchword.domain.events import Audit, AuditEvent, AuditId
from watchword.domain.roles import Role
from watchword.domain.secrets import Secret
from watchword.domain.users import UserId
from watchword.kit.clock import Clock
from watchword.kit.identifiers import LENGTH, Identifiers
from watchword.kit.randomness import Randomness
from watchword.ports.downloads import Downloads
from watchword.ports.live import Live, Observations
from watchword.ports.login import LoginCache, PrimaryAuthentication
from watchword.ports.probe import Probe
from watchword.ports.records import Records
from watchword.ports.servers import ConnectedServers
from watchword.ports.upkeep import Upkeep


class RefusalKind(StrEnum):
    """What kind of no it is; every transport has one table from these to its own."""

    NOT_FOUND = "not-found"
    INVALID = "invalid"
    CONFLICT = "conflict"
    FORBIDDEN = "forbidden"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class Refusal:
    """
    Why an operation was not done, in a sentence that says what to do instead. Nothing was changed.

    Attributes:
        field: a JSON pointer to the argument that is refused (`/seconds`), None where it is not one alone.
    """

    sentence: str
    kind: RefusalKind
    field: str | None = dataclasses.field(default=None, compare=False)


def invalid(sentence: str, *, field: str | None = None) -> Refusal:
    """Refuse a value."""
    return Refusal(sentence, RefusalKind.INVALID, field)


def not_found(sentence: str, *, field: str | None = None) -> Refusal:
    """Refuse because something that was named is not there."""
    return Refusal(sentence, RefusalKind.NOT_FOUND, field)


def conflict(sentence: str, *, field: str | None = None) -> Refusal:
    """Refuse because of what is there already."""
    return Refusal(sentence, RefusalKind.CONFLICT, field)


def forbidden(sentence: str, *, field: str | None = None) -> Refusal:
    """Refuse because of who asks."""
    return Refusal(sentence, RefusalKind.FORBIDDEN, field)


def unavailable(sentence: str) -> Refusal:
    """Refuse because something that is needed does not run or cannot be reached."""
    return Refusal(sentence, RefusalKind.UNAVAILABLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """
    Who acts.

    Attributes:
        name: for the audit trail.
        user: the user that he is, None where he is none.
        administrator: who is signed in at the portal, None for the host and for programs with a key.
        session: where he is signed in.
        makes_bypasses: whether he may make bypasses where his role may: a key only where that was said (B2).
    """

    name: str
    role: Role
    user: UserId | None = None
    administrator: AdministratorId | None = None
    session: SessionId | None = None
    makes_bypasses: bool = True

    @property
    def is_person(self) -> bool:
        """Whether somebody is there who has shown who he is, and no program with a key that may have been stolen."""
        return self.role is Role.HOST or self.administrator is not None


HOST = Actor(name=Role.HOST.value, role=Role.HOST)
"""Whoever holds the data folder."""

SYSTEM = Actor(name="system", role=Role.HOST)
"""Ourselves."""


class Scribe:
    """
    Writes the audit rows of one operation, also in the writer's thread.

    They share one instant, and their identifiers count up from one that was made before.
    """

    def __init__(self, *, actor: str, at: int, first: bytes) -> None:
        self.at = at
        self._actor = actor
        self._next = int.from_bytes(first, "big")

    def row(
        self, event: AuditEvent, *, user: UserId | None = None, subject: bytes | None = None, **words: str
    ) -> Audit:
        """Return the next row. `words` are texts without secrets."""
        number, self._next = self._next, self._next + 1
        return Audit(
            id=AuditId(number.to_bytes(LENGTH, "big")),
            at=self.at,
            event=event,
            actor=self._actor,
            user=user,
            subject=subject,
            words=tuple(words.items()),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Administration:
    """
    What operations may reach.

    Attributes:
        hash_password: makes an argon2id hash; slow, so it is called in a thread.
        check_password: tells whether a password is that of a hash, and takes as long where there is none; as slow.
        portal_url: where browsers and phones reach the portal, without a slash at its end.
        free_octets: how much room is left on the disk of the data folder.
        group: the replication group of this process.
        downloads: what other machines can have of Watchword.
        live: None where nothing runs; so are `cache`, `observations`, `servers` and `feed`.
    """

    records: Records
    upkeep: Upkeep
    clock: Clock
    identifiers: Identifiers
    randomness: Randomness
    hash_password: Callable[[Secret], str]
    check_password: Callable[[Secret, str | None], bool]
    primary: PrimaryAuthentication
    probe: Probe
    portal_url: str
    free_octets: Callable[[], int]
    downloads: Downloads
    group: GroupId = DEFAULT_GROUP
    live: Live | None = None
    cache: LoginCache | None = None
    observations: Observations | None = None
    servers: ConnectedServers | None = None
    feed: Feed | None = None

    def scribe(self, actor: Actor) -> Scribe:
        """Return what writes the audit rows of an operation that begins now."""
        return Scribe(actor=actor.name, at=self.clock.now(), first=self.identifiers.new())

    def end_pending(self, user: UserId) -> None:
        """End what is in progress for a user whose epoch was just bumped."""
        if self.live is not None:
            self.live.ended(user)
