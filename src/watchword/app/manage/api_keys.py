"""
Keys of programs that administer over REST: each has a role, is shown once, and opens what that role may.

A key is no person: it makes no administrators and no keys, so that one that was stolen cannot outlive its revocation.
"""

import re
import zlib
from dataclasses import dataclass, field
from typing import Final

from watchword.app.administration import Actor, Administration, Refusal, conflict, forbidden, invalid, not_found
from watchword.app.manage import finding
from watchword.app.manage.texts import instant, label_of, maybe_instant
from watchword.app.tokens import new_token, token_digest
from watchword.domain.administrators import ApiKey, ApiKeyId
from watchword.domain.events import AuditEvent
from watchword.domain.roles import PERMISSIONS, Permission, Role
from watchword.domain.secrets import Secret
from watchword.kit.clock import MICROSECONDS
from watchword.kit.identifiers import text
from watchword.ports.records import Changer

PREFIX: Final = "wwk_"
"""What every key begins with, so that scanners for lost secrets know one; eight digits of CRC-32 end it."""

_FORM: Final = re.compile(r"wwk_[A-Za-z0-9_-]{43}[0-9a-f]{8}", re.ASCII)

LONGEST_LIFE: Final = 10 * 366 * 86_400
"""Seconds for which a key may be made; one without an end is good until it is revoked."""

SEEN_SECONDS: Final = 60
"""Seconds between two notes that a key was used."""

PERSONS_ONLY: Final = "a program with an API key may not do that; sign in at the portal, or do it on the host"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyAdd:
    """
    A key to be made.

    Attributes:
        expires_in: seconds for which it is good; None until it is revoked.
        name: an empty one is made up.
        bypasses: whether it may make bypasses, where its role may. None is no, but on the host yes: whoever holds the
            data folder may everything.
    """

    role: Role
    expires_in: int | None = None
    name: str = ""
    bypasses: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyAdded:
    """The key; it is shown once."""

    id: str
    name: str
    role: str
    key: str = field(repr=False)
    expires_at: str | None
    bypasses: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyList:
    """All keys of programs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRow:
    """A key, without itself. `state` is `good`, `expired` or `revoked`."""

    id: str
    name: str
    role: str
    state: str
    created_by: str
    created_at: str
    expires_at: str | None
    revoked_at: str | None
    used_at: str | None
    bypasses: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRevoke:
    """The key that is to open nothing any more."""

    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRevoked:
    """The key was revoked."""

    id: str
    name: str


def _checked(token: str) -> str:
    return f"{PREFIX}{token}{zlib.crc32(token.encode()):08x}"


async def add(context: Administration, actor: Actor, arguments: KeyAdd) -> KeyAdded | Refusal:
    """Make a key."""
    if not actor.is_person:
        return forbidden(PERSONS_ONLY)
    if arguments.role is Role.HOST:
        return invalid("no key has the role host; choose owner, authentication-administrator, help-desk or auditor")
    if arguments.expires_in is not None and not 1 <= arguments.expires_in <= LONGEST_LIFE:
        return invalid(f"a key is good for 1 to {LONGEST_LIFE} seconds, or until it is revoked")
    identifier = ApiKeyId(context.identifiers.new())
    name = label_of(arguments.name or f"key-{text(identifier)[-8:]}", "a key")
    if isinstance(name, Refusal):
        return name
    written = _checked(new_token(context.randomness).octets.decode())
    scribe = context.scribe(actor)
    key = ApiKey(
        id=identifier,
        name=name,
        role=arguments.role,
        created_by=actor.name,
        created_at=scribe.at,
        expires_at=None if arguments.expires_in is None else scribe.at + arguments.expires_in * MICROSECONDS,
        bypasses=_makes_bypasses(actor, arguments),
    )

    def change(records: Changer) -> KeyAdded | Refusal:
        if any(other.name == name for other in records.api_keys()):
            return conflict(f"there is a key {name} already; what it did would not be told from what this one does")
        records.add_api_key(key, token_digest(Secret(written.encode())))
        expires = maybe_instant(key.expires_at) or "never"
        row = scribe.row(AuditEvent.API_KEY_ADDED, subject=key.id, name=name, role=key.role.value, expires=expires)
        if key.bypasses:
            row = row._replace(words=(*row.words, ("bypasses", "yes")))
        records.audit(row)
        return KeyAdded(
            id=text(key.id),
            name=name,
            role=key.role.value,
            key=written,
            expires_at=maybe_instant(key.expires_at),
            bypasses=key.bypasses,
        )

    return await context.records.change(change)


def _makes_bypasses(actor: Actor, arguments: KeyAdd) -> bool:
    """Tell whether a key may make bypasses: where its role may, and that was said, or the host makes it (B2)."""
    wanted = actor.role is Role.HOST if arguments.bypasses is None else arguments.bypasses
    return wanted and Permission.BYPASS_CREATE in PERMISSIONS[arguments.role]


async def listed(context: Administration, _actor: Actor, _arguments: KeyList) -> list[KeyRow] | Refusal:
    """List the keys of programs, the newest first."""
    now = context.clock.now()
    return [
        KeyRow(
            id=text(key.id),
            name=key.name,
            role=key.role.value,
            state="good" if key.is_good(now) else "expired" if key.revoked_at is None else "revoked",
            created_by=key.created_by,
            created_at=instant(key.created_at),
            expires_at=maybe_instant(key.expires_at),
            revoked_at=maybe_instant(key.revoked_at),
            used_at=maybe_instant(key.used_at),
            bypasses=key.bypasses,
        )
        for key in await context.records.read(lambda records: records.api_keys())
    ]


async def revoke(context: Administration, actor: Actor, arguments: KeyRevoke) -> KeyRevoked | Refusal:
    """Revoke a key: its next request is refused."""
    if not actor.is_person:
        return forbidden(PERSONS_ONLY)
    identifier = finding.identifier(arguments.id, "a key")
    if isinstance(identifier, Refusal):
        return identifier
    wanted, scribe = ApiKeyId(identifier), context.scribe(actor)

    def change(records: Changer) -> KeyRevoked | Refusal:
        found = next((key for key in records.api_keys() if key.id == wanted), None)
        if found is None:
            return not_found("there is no such key; `watchword key list` shows them")
        if not records.revoke_api_key(wanted, at=scribe.at):
            return conflict(f"the key {found.name} is revoked already")
        records.audit(scribe.row(AuditEvent.API_KEY_REVOKED, subject=wanted, name=found.name))
        return KeyRevoked(id=text(wanted), name=found.name)

    return await context.records.change(change)


async def authenticate(context: Administration, key: Secret) -> Actor | None:
    """
    Return whom the key of a request stands for, None where it opens nothing.

    It is looked up for each request, so that a revoked one is nobody at once. Raises `ports.login.StoreAway`.
    """
    written = key.octets.decode("latin-1")
    if _FORM.fullmatch(written) is None or _checked(written[len(PREFIX) : -8]) != written:
        return None
    digest = token_digest(key)
    found = await context.records.read(lambda records: records.api_key(digest))
    now = context.clock.now()
    if found is None or not found.is_good(now):
        return None
    if found.used_at is None or now - found.used_at >= SEEN_SECONDS * MICROSECONDS:
        await context.records.change(lambda records: records.see_api_key(found.id, at=now))
    return Actor(name=f"key:{found.name}", role=found.role, makes_bypasses=found.bypasses)
