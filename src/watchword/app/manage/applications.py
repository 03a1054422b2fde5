"""
Applications: what asks for a second step, how it asks, and what it allows.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from typing import Final, TypeVar

from watchword.app.administration import Actor, Administration, Refusal, conflict, invalid
from watchword.app.manage import api_clients, finding
from watchword.app.manage.application_rows import ApplicationNamed, ApplicationRow, primary_words, row_of
from watchword.app.manage.clients import clients_of, held_already, made, networks_of
from watchword.app.manage.making import made_or_given
from watchword.app.manage.texts import label_of, shown
from watchword.domain import applications as rules
from watchword.domain.api_clients import ApiClient
from watchword.domain.applications import (
    DEFAULT_DEADLINE,
    Application,
    ApplicationId,
    ApplicationRefusal,
    AuthenticationType,
    DirectoryId,
    Network,
    PortalAway,
    PrimaryKind,
)
from watchword.domain.clients import Client
from watchword.domain.configuration import Configuration
from watchword.domain.directories import LdapDirectory
from watchword.domain.events import AuditEvent
from watchword.domain.secrets import Secret
from watchword.kit.identifiers import text
from watchword.ports.records import Changer, Taken

MOST_DIRECTORIES: Final = 10

_SERVED: Final = frozenset({AuthenticationType.RADIUS, AuthenticationType.API})
"""The types of applications that are served."""

NO_AUTHENTICATOR: Final = (
    "requests without Message-Authenticator are taken, so whoever sits on the path between can forge them, and the"
    " answers to an application that does not ask for it either (CVE-2024-3596)"
)

Value = TypeVar("Value")

_FIELDS: Final = {
    ApplicationRefusal.NAME: "/name",
    ApplicationRefusal.DEADLINE: "/deadline",
    ApplicationRefusal.SECRET: "/secret",
    ApplicationRefusal.WIDE: "/clients",
}
"""The argument that each refusal is about."""

_Asks = ApiClient | tuple[Client, ...]
"""How an application shows who it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationAdd:
    """
    An application to be added.

    Attributes:
        clients: the networks (addresses or CIDR) that it asks from; of type `api` none means any.
        secret: what it shares with us; None for one that is made here.
        primary: `local`, `asserted`, or names of directories in the order in which they are asked, with commas between.
        deadline: seconds after which it must have an answer.
        allow_wide: whether a network wider than /16 or /48 is meant.
    """

    name: str
    secret: Secret | None = None
    clients: tuple[str, ...] = ()
    type: AuthenticationType = AuthenticationType.RADIUS
    primary: str = PrimaryKind.LOCAL.value
    challenge: bool = False
    deadline: int = DEFAULT_DEADLINE
    user_match: bool = True
    message_authenticator: bool = True
    portal_away: PortalAway = PortalAway.DENY
    allow_wide: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationChange:
    """
    What is to be changed of an application; what is None stays.

    Attributes:
        clients: the networks that an application of type `api` may ask from, none of them for any.
        version: the one that was looked at (`application.show`): nothing is changed where there is a newer one.
    """

    name: str
    clients: tuple[str, ...] | None = None
    primary: str | None = None
    challenge: bool | None = None
    deadline: int | None = None
    user_match: bool | None = None
    message_authenticator: bool | None = None
    portal_away: PortalAway | None = None
    enabled: bool | None = None
    version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationDone:
    """What was asked was done to this application. `notes` are sentences about what else is worth knowing."""

    id: str
    name: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationAdded:
    """The application was added. `secret` is shown this once, null where it was given; `notes` as elsewhere."""

    id: str
    name: str
    notes: tuple[str, ...] = ()
    secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Primary:
    """Where passwords are checked."""

    kind: PrimaryKind
    directories: tuple[DirectoryId, ...] = ()


def _named(arguments: ApplicationAdd, secret: Secret) -> tuple[str, tuple[Network, ...]] | Refusal:
    """Return the name and the networks of a new application, or why there is none like it."""
    if arguments.type not in _SERVED:
        return invalid(f"an application of type {arguments.type.value} cannot be served yet; use --type radius or api")
    name = label_of(arguments.name, "an application")
    if isinstance(name, Refusal):
        return name
    networks = networks_of(arguments.clients, least=0 if arguments.type is AuthenticationType.API else 1)
    if isinstance(networks, Refusal):
        return networks
    why = rules.refusal(
        name=name,
        deadline=arguments.deadline,
        secret_octets=len(secret.octets),
        networks=networks,
        wide_allowed=arguments.allow_wide,
    )
    return (name, networks) if why is None else invalid(why.value, field=_FIELDS[why])


async def add(context: Administration, actor: Actor, arguments: ApplicationAdd) -> ApplicationAdded | Refusal:
    """Add an application with its clients."""
    secret, made_here = made_or_given(context.randomness, arguments.secret)
    named = _named(arguments, secret)
    if isinstance(named, Refusal):
        return named
    name, networks = named
    scribe = context.scribe(actor)
    application_id = ApplicationId(context.identifiers.new())
    asks = made(
        context,
        application_id,
        networks,
        secret=secret,
        by=arguments.type,
        message_authenticator=arguments.message_authenticator,
    )

    def write(records: Changer) -> ApplicationAdded | Refusal:
        configuration = records.configuration()
        primary = _primary(configuration, arguments.primary)
        if isinstance(primary, Refusal):
            return primary
        taken = None if isinstance(asks, ApiClient) else held_already(configuration, networks)
        if taken is not None:
            return taken
        application = Application(
            id=application_id,
            name=name,
            authentication_type=arguments.type,
            primary=primary.kind,
            directories=primary.directories,
            challenge=arguments.challenge,
            deadline=arguments.deadline,
            user_match=arguments.user_match,
            portal_away=arguments.portal_away,
        )
        records.add_application(application, at=scribe.at)
        if isinstance(asks, ApiClient):
            records.set_api_client(asks)
        else:
            for client in asks:
                records.add_client(client)
        records.audit(
            scribe.row(
                AuditEvent.APPLICATION_ADDED,
                subject=application_id,
                name=name,
                type=arguments.type.value,
                clients=", ".join(str(network) for network in networks) or "any",
                primary=primary_words(application, configuration),
            )
        )
        return ApplicationAdded(id=text(application_id), name=name, notes=_notes(application, asks), secret=made_here)

    try:
        return await context.records.change(write)
    except Taken:
        return conflict(f"there is an application {name} already", field="/name")


def _primary(configuration: Configuration, written: str) -> _Primary | Refusal:
    """Read `local`, `asserted` or the names of directories."""
    names = [name.strip() for name in written.split(",")]
    if len(names) == 1 and names[0] in (PrimaryKind.LOCAL, PrimaryKind.ASSERTED):
        return _Primary(kind=PrimaryKind(names[0]))
    if len(names) > MOST_DIRECTORIES or len(set(names)) < len(names):
        return invalid(f"--primary names each directory once, and at most {MOST_DIRECTORIES} of them", field="/primary")
    directories = []
    for name in names:
        if name in (PrimaryKind.LOCAL, PrimaryKind.ASSERTED):
            return invalid(f"`{name}` stands alone: it cannot be mixed with directories", field="/primary")
        found = finding.directory(configuration, name)
        if isinstance(found, Refusal):
            return found
        directories.append(found)
    kind = PrimaryKind.LDAP if isinstance(directories[0], LdapDirectory) else PrimaryKind.RADIUS
    return _Primary(kind=kind, directories=tuple(directory.id for directory in directories))


def _notes(application: Application, asks: _Asks) -> tuple[str, ...]:
    """Tell what of an application is legal and still worth a second look."""
    notes = []
    clients = (asks,) if isinstance(asks, ApiClient) else asks
    if any(len(secret.octets) < rules.SHORT_SECRET for client in clients for secret in client.secrets):
        notes.append(
            f"the secret is shorter than {rules.SHORT_SECRET} octets; `openssl rand -base64 32` makes a better one"
        )
    if isinstance(asks, ApiClient):
        if not asks.networks:
            notes.append("it may ask from anywhere; --client says from where alone")
    elif not all(client.require_message_authenticator for client in asks):
        notes.append(NO_AUTHENTICATOR)
    if not application.user_match and not application.directories:
        notes.append("--no-user-match changes nothing here: unknown users pass only where a directory checks them")
    if application.portal_away is PortalAway.CODES and application.primary is PrimaryKind.LOCAL:
        notes.append("--portal-away codes changes nothing here: without a portal nobody can check its passwords")
    elif application.portal_away is PortalAway.CODES:
        notes.append(
            "--portal-away codes gives every MFA server the seeds of all tokens; "
            "while no portal answers, a code is good once at each server"
        )
    return tuple(notes)


async def change(context: Administration, actor: Actor, arguments: ApplicationChange) -> ApplicationDone | Refusal:
    """Change an application; what caching rules remember of it ends."""
    if arguments.deadline is not None and not 1 <= arguments.deadline <= rules.LONGEST_DEADLINE:
        return invalid(ApplicationRefusal.DEADLINE.value, field="/deadline")
    scribe = context.scribe(actor)

    def write(records: Changer) -> ApplicationDone | Refusal:
        configuration = records.configuration()
        found = finding.application(configuration, arguments.name)
        if isinstance(found, Refusal):
            return found
        if arguments.version not in (None, found.version):
            return conflict(f"{found.name} was changed meanwhile; look at it again, then change it")
        before = row_of(found, configuration)
        changed = _changed(configuration, found, arguments)
        if isinstance(changed, Refusal):
            return changed
        asks = _asking(records, configuration, found, arguments)
        if isinstance(asks, Refusal):
            return asks
        records.set_application(changed)
        records.audit(
            scribe.row(
                AuditEvent.APPLICATION_CHANGED,
                subject=found.id,
                name=found.name,
                changes=", ".join(_changes(before, arguments)) or "none",
            )
        )
        return ApplicationDone(id=text(found.id), name=found.name, notes=_notes(changed, asks))

    return await context.records.change(write)


def _asking(
    records: Changer, configuration: Configuration, found: Application, arguments: ApplicationChange
) -> _Asks | Refusal:
    """Change how an application shows who it is, where that is asked for, and return how it does."""
    if arguments.clients is not None:
        narrowed = api_clients.narrowed(configuration, found, arguments.clients)
        if isinstance(narrowed, ApiClient):
            records.set_api_client(narrowed)
        return narrowed
    known = configuration.api_clients.get(found.id)
    if known is not None:
        return known
    clients = clients_of(configuration, found)
    if arguments.message_authenticator is not None:
        clients = tuple(
            replace(client, require_message_authenticator=arguments.message_authenticator) for client in clients
        )
        for client in clients:
            records.set_client_secrets(client)
    return clients


def _changed(configuration: Configuration, before: Application, arguments: ApplicationChange) -> Application | Refusal:
    primary = _Primary(kind=before.primary, directories=before.directories)
    if arguments.primary is not None:
        wanted = _primary(configuration, arguments.primary)
        if isinstance(wanted, Refusal):
            return wanted
        primary = wanted
    return replace(
        before,
        primary=primary.kind,
        directories=primary.directories,
        challenge=_or(arguments.challenge, before.challenge),
        deadline=_or(arguments.deadline, before.deadline),
        user_match=_or(arguments.user_match, before.user_match),
        portal_away=_or(arguments.portal_away, before.portal_away),
        enabled=_or(arguments.enabled, before.enabled),
    )


def _or(wanted: Value | None, before: Value) -> Value:
    return before if wanted is None else wanted


def _changes(before: ApplicationRow, arguments: ApplicationChange) -> list[str]:
    """Return what becomes otherwise, as `name=value` texts."""
    held: dict[str, object] = {
        "clients": None if before.api is None else before.api.networks,
        "message_authenticator": _common(client.message_authenticator for client in before.clients),
    }
    return [
        f"{field.name}={shown(str(wanted))}"
        for field in fields(arguments)
        if field.name not in ("name", "version")
        and (wanted := getattr(arguments, field.name)) is not None
        and wanted != (held[field.name] if field.name in held else getattr(before, field.name))
    ]


def _common(values: Iterable[bool]) -> bool | None:
    """Return what all have in common, None where they have not."""
    found = set(values)
    return found.pop() if len(found) == 1 else None


async def remove(context: Administration, actor: Actor, arguments: ApplicationNamed) -> ApplicationDone | Refusal:
    """Remove an application with its clients; its rules and bypasses end with it."""
    scribe = context.scribe(actor)

    def write(records: Changer) -> ApplicationDone | Refusal:
        found = finding.application(records.configuration(), arguments.name)
        if isinstance(found, Refusal):
            return found
        records.remove_application(found.id)
        records.audit(scribe.row(AuditEvent.APPLICATION_REMOVED, subject=found.id, name=found.name))
        return ApplicationDone(id=text(found.id), name=found.name)

    return await context.records.change(write)
