"""
Activation credentials: made for somebody who sets up a server, shown once, good once.
"""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from watchword.app.administration import Actor, Administration, Refusal, conflict, invalid, not_found
from watchword.app.manage import finding
from watchword.app.manage.texts import instant, maybe_instant, name_of
from watchword.app.servers.finding import server_named
from watchword.app.servers.identity import pinned, portal_identity
from watchword.domain.applications import GroupId, Network
from watchword.domain.clients import parse_network
from watchword.domain.enrolment import (
    CREDENTIALS_SECONDS,
    EMAIL_LETTERS,
    LETTERS,
    PASSWORD_GROUP_LETTERS,
    PASSWORD_GROUPS,
    ActivationCredentials,
    CredentialsId,
    CredentialsState,
    email_of,
    password_of,
)
from watchword.domain.events import AuditEvent
from watchword.domain.servers import ServerId
from watchword.kit.clock import MICROSECONDS
from watchword.kit.identifiers import text
from watchword.kit.randomness import Randomness
from watchword.kit.signatures import digest
from watchword.ports.records import Changer, Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerCredentials:
    """
    Activation credentials to be made.

    Attributes:
        group: the only replication group whose server may be activated with them, None for any.
        address: the only network that may be activated from, None for any.
        server: the server that gets a new key by them, None for one that is not known yet.
    """

    group: str | None = None
    address: str | None = None
    server: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialsMade:
    """What a server is activated with, once and until `expires_at`. It is shown once."""

    id: str
    email: str
    password: str = field(repr=False)
    url: str
    expires_at: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialsList:
    """All activation credentials of the last day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialsRow:
    """Activation credentials, without what is secret of them."""

    id: str
    email: str
    group: str | None
    address: str | None
    server: str | None
    created_by: str
    created_at: str
    expires_at: str
    state: CredentialsState
    ended_at: str | None
    used_by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialsWithdraw:
    """The activation credentials that are to be withdrawn, by their id or e-mail."""

    credentials: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialsWithdrawn:
    """They were withdrawn."""

    id: str
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bound:
    """What credentials are bound to, and what that is called."""

    group: GroupId | None
    server: ServerId | None
    names: tuple[str, str]


async def make(context: Administration, actor: Actor, arguments: ServerCredentials) -> CredentialsMade | Refusal:
    """Make activation credentials."""
    network = _network(arguments.address)
    if isinstance(network, Refusal):
        return network
    identity = await portal_identity(context)
    scribe = context.scribe(actor)
    made, email = CredentialsId(context.identifiers.new()), email_of(_letters(context.randomness, EMAIL_LETTERS))
    password = password_of(_letters(context.randomness, PASSWORD_GROUPS * PASSWORD_GROUP_LETTERS))
    expires_at = scribe.at + CREDENTIALS_SECONDS * MICROSECONDS

    def change(records: Changer) -> Refusal | None:
        bound = _bound(records, arguments)
        if isinstance(bound, Refusal):
            return bound
        records.add_credentials(
            ActivationCredentials(
                id=made,
                email=email,
                digest=digest(password.encode()),
                group=bound.group,
                network=network,
                server=bound.server,
                created_by=actor.name,
                created_at=scribe.at,
                expires_at=expires_at,
            )
        )
        group, server = bound.names
        records.audit(
            scribe.row(
                AuditEvent.CREDENTIALS_MADE,
                subject=made,
                email=email,
                group=group,
                server=server,
                address="" if network is None else str(network),
            )
        )
        return None

    refused = await context.records.change(change)
    if refused is not None:
        return refused
    return CredentialsMade(
        id=text(made),
        email=email,
        password=password,
        url=pinned(context.portal_url, identity),
        expires_at=instant(expires_at),
        notes=_notes(context.portal_url),
    )


def _letters(randomness: Randomness, count: int) -> tuple[int, ...]:
    return tuple(randomness.below(len(LETTERS)) for _ in range(count))


def _network(written: str | None) -> Network | Refusal | None:
    if written is None:
        return None
    network = parse_network(written.strip())
    return (
        invalid("the address must be an address or a network, such as 192.0.2.7 or 192.0.2.0/24", field="/address")
        if (network is None)
        else network
    )


def _bound(records: Reader, arguments: ServerCredentials) -> _Bound | Refusal:
    group, server, names = None, None, ["", ""]
    if arguments.group is not None:
        found = finding.group(records.configuration(), arguments.group)
        if isinstance(found, Refusal):
            return found
        group, names[0] = found.id, found.name
    if arguments.server is not None:
        known = server_named(records, arguments.server)
        if isinstance(known, Refusal):
            return known
        if known.revoked_at is not None:
            return conflict(f"{known.name} is revoked, and gets no key any more; activate it as a new server")
        server, names[1] = known.id, known.name
    return _Bound(group=group, server=server, names=(names[0], names[1]))


def _notes(url: str) -> tuple[str, ...]:
    """Tell where a server elsewhere would not get at the portal by this URL."""
    parts = urlsplit(url)
    if parts.hostname in {"localhost", "::1"} or (parts.hostname or "").startswith("127."):
        return ("this URL leads to this machine only; set public_url to what servers elsewhere reach the portal by",)
    if parts.scheme != "https":
        return ("this URL is spoken to in clear; set tls_cert and tls_key, or public_url to what has TLS in front",)
    return ()


async def listed(context: Administration, _actor: Actor, _arguments: CredentialsList) -> list[CredentialsRow] | Refusal:
    """List the activation credentials of the last day, newest first."""
    now = context.clock.now()

    def read(records: Reader) -> list[CredentialsRow]:
        groups = finding.group_names(records.configuration())
        servers = {server.id: server.name for server in records.servers()}
        return [
            CredentialsRow(
                id=text(one.id),
                email=one.email,
                group=name_of(groups, one.group),
                address=None if one.network is None else str(one.network),
                server=name_of(servers, one.server),
                created_by=one.created_by,
                created_at=instant(one.created_at),
                expires_at=instant(one.expires_at),
                state=one.state,
                ended_at=maybe_instant(one.ended_at),
                used_by=name_of(servers, one.used_by),
            )
            for one in records.credentials(now=now)
        ]

    return await context.records.read(read)


async def withdraw(
    context: Administration, actor: Actor, arguments: CredentialsWithdraw
) -> CredentialsWithdrawn | Refusal:
    """Withdraw activation credentials before they are used."""
    scribe, wanted = context.scribe(actor), arguments.credentials.strip().lower()

    def change(records: Changer) -> CredentialsWithdrawn | Refusal:
        found = next((one for one in records.credentials(now=scribe.at) if wanted in (one.email, text(one.id))), None)
        if found is None:
            return not_found("there are no such credentials; `watchword server credentials-list` shows those of a day")
        if not records.withdraw_credentials(found.id, at=scribe.at):
            return conflict(f"these credentials are {found.state.value}, so there is nothing left to withdraw")
        records.audit(scribe.row(AuditEvent.CREDENTIALS_WITHDRAWN, subject=found.id, email=found.email))
        return CredentialsWithdrawn(id=text(found.id), email=found.email)

    return await context.records.change(change)
