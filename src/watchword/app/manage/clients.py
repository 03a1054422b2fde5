"""
Clients of applications: the networks that they ask from, and the secret that both sides know.

A secret is replaced in two steps, so that nobody has to change both sides at the same instant: `secret-replace` lets
both secrets count, `secret-finish` ends the older one (R4).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from watchword.app.administration import Actor, Administration, Refusal, Scribe, conflict, invalid, not_found
from watchword.app.manage import finding
from watchword.app.manage.making import made_or_given
from watchword.app.manage.texts import shown
from watchword.domain.api_clients import ApiClient
from watchword.domain.applications import (
    SHORTEST_SECRET,
    WIDEST_PREFIX,
    Application,
    ApplicationId,
    ApplicationRefusal,
    AuthenticationType,
    ClientId,
    Network,
)
from watchword.domain.clients import Client, parse_network
from watchword.domain.configuration import Configuration
from watchword.domain.events import AuditEvent
from watchword.domain.secrets import Secret
from watchword.kit.identifiers import text
from watchword.ports.records import Changer

MOST_CLIENTS: Final = 200
"""Networks of one application."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientRow:
    """A network as it is shown. `secrets` is 2 while one is being replaced; `secret_octets` is the shorter's length."""

    id: str
    network: str
    message_authenticator: bool
    secrets: int
    secret_octets: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientAdd:
    """A network that an application asks from besides. `secret` is one of its own, None for one that is made here."""

    name: str
    client: str
    secret: Secret | None = None
    message_authenticator: bool = True
    allow_wide: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientRemove:
    """A network that an application asks from no more."""

    name: str
    client: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientDone:
    """What was asked was done to this network of this application."""

    id: str
    name: str
    client: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientAdded:
    """The network was added. `secret` is shown this once, null where it was given."""

    id: str
    name: str
    client: str
    secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretReplace:
    """
    The secret that an application has from now on, None for one that is made here.

    Attributes:
        client: the one network that it is for, None for all.
    """

    name: str
    secret: Secret | None = None
    client: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretFinish:
    """The application whose older secret ends. `client` is the one network that it is for, None for all."""

    name: str
    client: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretDone:
    """For these networks of the application it was done."""

    id: str
    name: str
    clients: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretReplaced:
    """For these networks the new secret counts too. `secret` is shown this once, null where it was given."""

    id: str
    name: str
    clients: tuple[str, ...]
    secret: str | None = field(default=None, repr=False)


_AnyClient = Client | ApiClient


def made(
    context: Administration,
    application: ApplicationId,
    networks: tuple[Network, ...],
    *,
    secret: Secret,
    by: AuthenticationType,
    message_authenticator: bool,
) -> ApiClient | tuple[Client, ...]:
    """Return how a new application shows who it is: with one secret, or with one for each network."""
    if by is AuthenticationType.API:
        return ApiClient(application=application, networks=networks, secrets=(secret,))
    return tuple(
        Client(
            id=ClientId(context.identifiers.new()),
            application=application,
            network=network,
            secrets=(secret,),
            require_message_authenticator=message_authenticator,
        )
        for network in networks
    )


def client_row(client: Client) -> ClientRow:
    """Return a client as it is shown."""
    return ClientRow(
        id=text(client.id),
        network=str(client.network),
        message_authenticator=client.require_message_authenticator,
        secrets=len(client.secrets),
        secret_octets=min(len(secret.octets) for secret in client.secrets),
    )


def clients_of(configuration: Configuration, application: Application) -> tuple[Client, ...]:
    """Return the clients of an application, IPv4 before IPv6, each in the order of its networks."""
    found = [client for client in configuration.clients if client.application == application.id]
    return tuple(
        sorted(found, key=lambda client: (client.network.version, int(client.network.network_address), client.id))
    )


def networks_of(
    written: tuple[str, ...], *, least: int = 1, argument: str = "/clients"
) -> tuple[Network, ...] | Refusal:
    """Read the networks of an application, of which it must have so many; `argument` says them."""
    if not least <= len(written) <= MOST_CLIENTS:
        words = f"an application has {least} to {MOST_CLIENTS} addresses or networks that it asks from (--client)"
        return invalid(words, field=argument)
    networks: list[Network] = []
    for one in written:
        network = parse_network(one)
        if network is None:
            return invalid(
                f"{shown(one)!r} is no address or network; write 192.0.2.7, 192.0.2.0/24 or 2001:db8::/64",
                field=argument,
            )
        if network not in networks:
            networks.append(network)
    return tuple(networks)


def held_already(configuration: Configuration, networks: tuple[Network, ...]) -> Refusal | None:
    """Refuse a network that an application has already: which secret counts could not be told (R3)."""
    for client in configuration.clients:
        if client.network in networks:
            holder = configuration.applications.get(client.application)
            name = "another application" if holder is None else holder.name
            return conflict(f"{client.network} is a client of {name} already; one network belongs to one application")
    return None


def _find(configuration: Configuration, name: str, written: str | None) -> tuple[Application, list[Client]] | Refusal:
    """Find an application and those of its clients that are meant."""
    application = finding.application(configuration, name)
    if isinstance(application, Refusal):
        return application
    clients = list(clients_of(configuration, application))
    if written is None:
        return application, clients
    network = parse_network(written)
    meant = [client for client in clients if client.network == network]
    if not meant:
        return not_found(
            f"{shown(written)!r} is no client of {application.name}; it has"
            f" {', '.join(str(client.network) for client in clients) or 'none'}"
        )
    return application, meant


async def add(context: Administration, actor: Actor, arguments: ClientAdd) -> ClientAdded | Refusal:
    """Let an application ask from another network too."""
    secret, made_here = made_or_given(context.randomness, arguments.secret)
    networks = networks_of((arguments.client,), argument="/client")
    if isinstance(networks, Refusal):
        return networks
    (network,) = networks
    if len(secret.octets) < SHORTEST_SECRET:
        return invalid(ApplicationRefusal.SECRET.value, field="/secret")
    if not arguments.allow_wide and network.prefixlen < WIDEST_PREFIX[network.version]:
        return invalid(ApplicationRefusal.WIDE.value, field="/client")
    scribe = context.scribe(actor)
    client_id = ClientId(context.identifiers.new())

    def change(records: Changer) -> ClientAdded | Refusal:
        configuration = records.configuration()
        found = _find(configuration, arguments.name, None)
        if isinstance(found, Refusal):
            return found
        application, clients = found
        if application.authentication_type is AuthenticationType.API:
            return conflict(
                f"{application.name} asks by api and has one secret; `watchword application change --client` says from"
                " where it may ask"
            )
        taken = held_already(configuration, networks)
        if taken is not None:
            return taken
        if len(clients) >= MOST_CLIENTS:
            return conflict(f"{application.name} has {MOST_CLIENTS} networks already; a wider one may cover several")
        records.add_client(
            Client(
                id=client_id,
                application=application.id,
                network=network,
                secrets=(secret,),
                require_message_authenticator=arguments.message_authenticator,
            )
        )
        records.audit(
            scribe.row(
                AuditEvent.APPLICATION_CHANGED,
                subject=application.id,
                name=application.name,
                client_added=str(network),
            )
        )
        return ClientAdded(id=text(client_id), name=application.name, client=str(network), secret=made_here)

    return await context.records.change(change)


async def remove(context: Administration, actor: Actor, arguments: ClientRemove) -> ClientDone | Refusal:
    """Let an application ask from a network no more."""
    scribe = context.scribe(actor)

    def change(records: Changer) -> ClientDone | Refusal:
        found = _find(records.configuration(), arguments.name, arguments.client)
        if isinstance(found, Refusal):
            return found
        application, (client, *_) = found
        records.remove_client(client.id)
        records.audit(
            scribe.row(
                AuditEvent.APPLICATION_CHANGED,
                subject=application.id,
                name=application.name,
                client_removed=str(client.network),
            )
        )
        return ClientDone(id=text(client.id), name=application.name, client=str(client.network))

    return await context.records.change(change)


def _holders(
    configuration: Configuration, name: str, written: str | None
) -> tuple[Application, list[_AnyClient]] | Refusal:
    """Find an application and what of it holds the secrets that are meant."""
    found = _find(configuration, name, written)
    if isinstance(found, Refusal):
        return found
    application, clients = found
    known = configuration.api_clients.get(application.id)
    return application, [*clients] if known is None else [known]


def _keep(records: Changer, client: _AnyClient) -> None:
    if isinstance(client, ApiClient):
        records.set_api_client(client)
    else:
        records.set_client_secrets(client)


async def secret_replace(context: Administration, actor: Actor, arguments: SecretReplace) -> SecretReplaced | Refusal:
    """Let a new secret count beside the one that an application has."""
    secret, made_here = made_or_given(context.randomness, arguments.secret)
    if len(secret.octets) < SHORTEST_SECRET:
        return invalid(ApplicationRefusal.SECRET.value, field="/secret")
    scribe = context.scribe(actor)

    def change(records: Changer) -> SecretReplaced | Refusal:
        found = _holders(records.configuration(), arguments.name, arguments.client)
        if isinstance(found, Refusal):
            return found
        application, clients = found
        for client in clients:
            if len(client.secrets) > 1:
                return conflict(
                    f"a secret of {application.name} is being replaced already;"
                    " `watchword application secret-finish` ends the older one first"
                )
            if secret in client.secrets:
                return conflict(f"that is the secret which {application.name} has already")
        for client in clients:
            _keep(records, replace(client, secrets=(*client.secrets, secret)))
        networks = _note_secret(records, scribe, application, clients, "replace")
        return SecretReplaced(id=text(application.id), name=application.name, clients=networks, secret=made_here)

    return await context.records.change(change)


async def secret_finish(context: Administration, actor: Actor, arguments: SecretFinish) -> SecretDone | Refusal:
    """Let only the newer secret of an application count."""
    scribe = context.scribe(actor)

    def change(records: Changer) -> SecretDone | Refusal:
        found = _holders(records.configuration(), arguments.name, arguments.client)
        if isinstance(found, Refusal):
            return found
        application, clients = found
        halfway = [client for client in clients if len(client.secrets) > 1]
        if not halfway:
            return conflict(f"no secret of {application.name} is being replaced")
        for client in halfway:
            _keep(records, replace(client, secrets=client.secrets[-1:]))
        networks = _note_secret(records, scribe, application, halfway, "finish")
        return SecretDone(id=text(application.id), name=application.name, clients=networks)

    return await context.records.change(change)


def _note_secret(
    records: Changer, scribe: Scribe, application: Application, clients: Sequence[_AnyClient], step: str
) -> tuple[str, ...]:
    """Write down which step of a replacement was done, and return the networks that it was done for."""
    networks = tuple(str(client.network) for client in clients if isinstance(client, Client))
    records.audit(
        scribe.row(
            AuditEvent.APPLICATION_CHANGED,
            subject=application.id,
            name=application.name,
            secret=step,
            clients=", ".join(networks),
        )
    )
    return networks
