"""
Administrators: who may open the portal, by what he shows that it is he, and for how long.

A password and a second step together, or a passkey alone whose authenticator has verified its holder. No caching rule
and no bypass has a part in it: nothing here knows of either (K5, B18, B20).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address
from typing import Final, NewType
from urllib.parse import urlsplit

from watchword.domain.lockout import NO_FAILURES, Failures
from watchword.domain.methods import Totp
from watchword.domain.roles import Role
from watchword.domain.secrets import Secret
from watchword.domain.settings import SessionSettings
from watchword.domain.users import UserId, fold

AdministratorId = NewType("AdministratorId", bytes)
PasskeyId = NewType("PasskeyId", bytes)
SessionId = NewType("SessionId", bytes)
ApiKeyId = NewType("ApiKeyId", bytes)

FRESH_SECONDS: Final = 300
"""Seconds for which a second step lets its holder do what is dangerous."""

SETUP_LINK_SECONDS: Final = 86_400
"""Seconds for which a link that makes somebody an administrator is good."""

SIGN_IN_SECONDS: Final = 300
"""Seconds between the password and the second step, and for which a passkey's challenge is good (P40)."""

SHORTEST_PASSWORD: Final = 12
"""Characters of an administrator's password; SP 800-63B section 3.1.1.2 wants 8 beside a second step."""

LONGEST_PASSWORD: Final = 256
"""Octets of one."""

TOTP_SECONDS: Final = 30
"""Seconds of a time step of an administrator's token (RFC 6238 section 5.2)."""

FEWEST_CHARACTERS: Final = 5
"""Different characters of one, so that it is not one key held down."""

LONGEST_LOGIN_NAME: Final = 64
"""Characters of the name that an administrator signs in with."""

MOST_PASSKEYS: Final = 10
"""Passkeys of one administrator."""

_MICROSECONDS: Final = 1_000_000
_NEVER_IN_NAMES: Final = frozenset({*" :/?#<>'", '"', "\\"})
_OTHERS_WHO_ACT: Final = frozenset({"host", "system", "restore"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Passkey:
    """
    A passkey of an administrator.

    Attributes:
        credential: what its authenticator calls it.
        public_key: COSE, as the authenticator gave it.
        sign_count: how often it has signed, by its own count; 0 for ever where it is copied among devices.
        transports: how browsers reach its authenticator, as they said.
        synced: whether it is copied among devices.
        regressed_at: when its count first went back, which a copied key does (UTC microseconds), None for never.
    """

    id: PasskeyId
    credential: bytes
    public_key: bytes
    sign_count: int
    label: str
    transports: tuple[str, ...] = ()
    synced: bool = False
    created_at: int = 0
    used_at: int | None = None
    regressed_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Administrator:
    """
    Somebody who administers.

    Attributes:
        name: folded, what he signs in with.
        display: how he is called on the screen.
        user: the user that he is, so that he gives himself no bypass; None where he is none.
        language: the tag of the language that he chose, empty for his browser's.
        password: its argon2id hash, None before he was set up.
    """

    id: AdministratorId
    name: str
    display: str
    role: Role
    disabled: bool = False
    user: UserId | None = None
    language: str = ""
    password: str | None = field(default=None, repr=False)
    totp: Totp | None = None
    passkeys: tuple[Passkey, ...] = ()
    failures: Failures = NO_FAILURES
    created_at: int = 0

    @property
    def is_set_up(self) -> bool:
        """Whether he has all that it takes to sign in."""
        return self.password is not None and (self.totp is not None or bool(self.passkeys))

    @property
    def is_acting_owner(self) -> bool:
        """Whether he is an owner who can sign in."""
        return self.role is Role.OWNER and self.is_set_up and not self.disabled

    @property
    def second_steps(self) -> int:
        """How many second steps he has."""
        return len(self.passkeys) + (self.totp is not None)


def login_name(written: str) -> str | None:
    """
    Return the folded name that an administrator signs in with, None for what can be none.

    The audit trail tells administrators from everybody else who acts: `host`, `system`, and programs as `key:NAME`.
    """
    folded = fold(written.strip())
    if folded is None or len(folded) > LONGEST_LOGIN_NAME or folded in _OTHERS_WHO_ACT:
        return None
    return None if set(folded) & _NEVER_IN_NAMES else folded


def password_fault(password: bytes) -> str | None:
    """Return why a password cannot be an administrator's, in a sentence; None where it can."""
    try:
        written = password.decode()
    except UnicodeDecodeError:
        return "the password must be text"
    if "\0" in written or len(password) > LONGEST_PASSWORD:
        return f"the password must have at most {LONGEST_PASSWORD} octets, and no NUL"
    if len(written) < SHORTEST_PASSWORD:
        return f"the password must have at least {SHORTEST_PASSWORD} characters; several words make a good one"
    if len(set(written)) < FEWEST_CHARACTERS:
        return f"the password must have at least {FEWEST_CHARACTERS} different characters"
    return None


def is_last_owner(one: Administrator, all_: Iterable[Administrator]) -> bool:
    """Tell whether nobody but `one` is an owner who can sign in: he stays what he is (E12)."""
    return one.is_acting_owner and not any(other.is_acting_owner for other in all_ if other.id != one.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """
    A session of an administrator; instants in UTC microseconds.

    Attributes:
        confirmed_at: when he last showed a second step.
        expires_at: the end of it, whatever he does.
        source: the network address that it was begun from.
        agent: what the browser called itself.
    """

    id: SessionId
    administrator: AdministratorId
    created_at: int
    seen_at: int
    confirmed_at: int
    expires_at: int
    source: str
    agent: str

    def is_live(self, now: int, limits: SessionSettings) -> bool:
        """Tell whether it has ended neither by its age nor because nobody was there."""
        return now < self.expires_at and now < self.seen_at + limits.idle_seconds * _MICROSECONDS

    def is_fresh(self, now: int) -> bool:
        """Tell whether a second step was shown a moment ago."""
        return now < self.confirmed_at + FRESH_SECONDS * _MICROSECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupDraft:
    """What somebody who follows his link has chosen, before his second step was seen to work; `id` will be his."""

    id: AdministratorId
    name: str
    display: str
    password: str = field(repr=False)
    seed: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupLink:
    """A link that makes whoever follows it an administrator, once: the first owner where `administrator` is None."""

    administrator: AdministratorId | None
    created_at: int
    expires_at: int
    draft: SetupDraft | None = None


class Ceremony(StrEnum):
    """What a passkey's challenge was made for: an answer to one is good for nothing else."""

    SIGN_IN = "sign-in"
    SECOND_STEP = "second-step"
    CONFIRM = "confirm"
    SET_UP = "set-up"
    ADD = "add"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """
    A key of a program; instants in UTC microseconds.

    Attributes:
        expires_at: None is good until it is revoked.
        bypasses: whether it may make bypasses, where its role may (B2).
    """

    id: ApiKeyId
    name: str
    role: Role
    created_by: str
    created_at: int
    expires_at: int | None = None
    revoked_at: int | None = None
    used_at: int | None = None
    bypasses: bool = False

    def is_good(self, now: int) -> bool:
        """Tell whether it opens anything."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class RelyingParty:
    """What passkeys are bound to: the host's name, and the one origin whose pages may ask for them."""

    id: str
    origin: str


def site_of(portal_url: str) -> str:
    """
    Return where browsers should go, without a slash at its end.

    No passkey can be bound to an address, so that the portal of this machine itself is called `localhost`.
    """
    parts = urlsplit(portal_url)
    if not _is_loopback(parts.hostname or ""):
        return portal_url
    port = "" if parts.port is None else f":{parts.port}"
    return f"{parts.scheme}://localhost{port}"


def relying_party(portal_url: str) -> RelyingParty | None:
    """Return what the portal's passkeys are bound to, None where browsers know it by an address alone."""
    site = site_of(portal_url)
    parts = urlsplit(site)
    host = parts.hostname or ""
    if not host or _is_address(host):
        return None
    return RelyingParty(id=host, origin=f"{parts.scheme}://{parts.netloc}".lower())


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _is_loopback(host: str) -> bool:
    return _is_address(host) and ip_address(host).is_loopback
