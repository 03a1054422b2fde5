"""
MFA servers and the replication groups that they belong to: what is known of one, and how it stands.

`status_of` is a pure function of what was last heard and of the time, so that nothing old can pass for current (E10).
"""

from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import Final, NamedTuple, NewType

from watchword.domain.applications import DEFAULT_GROUP, GroupId

ServerId = NewType("ServerId", bytes)


class ServedBy(NamedTuple):
    """The server that a request came in at: its replication group, and the name under which it stands in activity."""

    group: GroupId
    name: str


LOCAL: Final = ServedBy(DEFAULT_GROUP, "local")
"""A portal's own listeners."""

MICROSECONDS: Final = 1_000_000
DAY: Final = 86_400 * MICROSECONDS

BEAT_SECONDS: Final = 10
"""Seconds between two beats of a server."""

LATE_SECONDS: Final = 3 * BEAT_SECONDS
"""Seconds without a word after which three beats were missed (E9)."""

OFFLINE_SECONDS: Final = 120

ACTS_SECONDS: Final = 900
"""
Seconds for which a server that reaches no portal may still act, counted from the last word it had (design.md, 8).
"""

AHEAD_SECONDS: Final = 60
"""
Seconds by which it is written down ahead until when a server may act.

A portal that is killed forgets what it heard since it last wrote; what is written then still is no promise too short.
"""

RENEW_DAYS: Final = 20
"""Days after which a server renews its key by itself (E5: two thirds of a month)."""

OLD_KEY_DAYS: Final = 30
"""Days after which a key is old: its server ought to have renewed it, and has not."""

MOST_SKEW: Final = 5
"""Seconds by which the clocks of server and portal may differ before that is worth a word (B11)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """MFA servers that share users' live state."""

    id: GroupId
    name: str


class ServerStatus(StrEnum):
    """How a server stands."""

    ONLINE = "online"
    LATE = "late"
    OFFLINE = "offline"
    REVOKED = "revoked"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """
    What a server says of itself. All of it is a stranger's text: shown as such, and decided on nowhere.

    Attributes:
        version: of its software.
        address: its own, as it sees it.
        clock_skew: microseconds by which its clock is ahead of the portal's.
        configuration: version of the configuration that it holds, 0 for none.
        listeners: what it serves, as `protocol host:port`.
        load: requests in progress.
        checked_at: UTC microseconds of its last synthetic login that ended as it should, None for none.
    """

    version: str = ""
    host_name: str = ""
    address: str = ""
    clock_skew: int = 0
    configuration: int = 0
    listeners: tuple[str, ...] = ()
    load: int = 0
    checked_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """
    What shows that a server is the one that opened its last session, and no copy of it (E7).

    Before a server opens a session it draws a secret and keeps it; it shows the one that it drew for the session
    before, and the digest of the new one. A copy that was made earlier shows one that was shown already.

    Attributes:
        current: digest of the secret that the next session must show; None where the database was restored and nothing
            is known.
        previous: digest of the one that was shown last.
    """

    current: bytes | None
    previous: bytes | None = None


class LinkVerdict(Enum):
    """What the secrets of a session that is opened say."""

    NEXT = auto()
    REPEATED = auto()
    """The answer was lost: the same server opens the same session again."""
    STALE = auto()
    """A copy of the server, or an old copy of its folder, has opened a session."""


def judge_links(kept: Links, *, shown: bytes, drawn: bytes) -> LinkVerdict:
    """
    Tell whether whoever opens a session is the server that opened the one before.

    Args:
        kept: what is known.
        shown: digest of the secret that is shown.
        drawn: digest of the secret that was drawn for the session after this one.
    """
    if kept.current is None or shown == kept.current:
        return LinkVerdict.NEXT
    if shown == kept.previous and drawn == kept.current:
        return LinkVerdict.REPEATED
    return LinkVerdict.STALE


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """
    An MFA server as it is kept. Instants are UTC microseconds of the portal's clock.

    Attributes:
        public_key: its identity.
        previous_key: the one before, by which a renewal whose answer was lost can be asked for again; None for none.
        renew_at: when an administrator asked it to renew its key, None where nobody did or it has done so.
        revoked_at: since when it is revoked, None where it is not.
        alarmed_at: since when two servers claim to be this one, None where none do; neither may act then.
        heard_at: when it was last heard, as far as it was written down; None for never.
        acts_until: until when it may act without a portal, at the latest.
        address: where its last word came from.
    """

    id: ServerId
    name: str
    group: GroupId
    public_key: bytes
    links: Links
    activated_at: int
    key_since: int
    previous_key: bytes | None = None
    renew_at: int | None = None
    revoked_at: int | None = None
    alarmed_at: int | None = None
    heard_at: int | None = None
    acts_until: int = 0
    address: str = ""
    report: Report = Report()


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A word from a server: when (UTC microseconds of the portal's clock), from which address, and what it said."""

    at: int
    address: str
    report: Report


def status_of(*, revoked: bool, heard_at: int | None, now: int) -> ServerStatus:
    """
    Return how a server stands.

    Args:
        revoked: whether it was revoked.
        heard_at: UTC microseconds at which it was last heard, None for never.
        now: UTC microseconds.
    """
    if revoked:
        return ServerStatus.REVOKED
    if heard_at is None:
        return ServerStatus.NEVER
    silent = now - heard_at
    if silent >= OFFLINE_SECONDS * MICROSECONDS:
        return ServerStatus.OFFLINE
    return ServerStatus.LATE if silent > LATE_SECONDS * MICROSECONDS else ServerStatus.ONLINE


def renewal_due(server: Server, now: int) -> bool:
    """Tell whether a server is to make itself a new key: because somebody wants it, or because the old one is old."""
    return server.renew_at is not None or now - server.key_since >= RENEW_DAYS * DAY


def acts_until(heard_at: int) -> int:
    """Return the instant from which on a server that was last heard at `heard_at` acts no more without a portal."""
    return heard_at + ACTS_SECONDS * MICROSECONDS


def written_until(heard_at: int) -> int:
    """Return what is written down as that instant: later than it is, so that it need not be written at every beat."""
    return acts_until(heard_at) + AHEAD_SECONDS * MICROSECONDS


def to_be_written(kept_until: int, heard_at: int) -> bool:
    """Tell whether a word must be written down before it is answered, because what is kept would promise too little."""
    return kept_until < acts_until(heard_at)
