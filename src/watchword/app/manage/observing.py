"""
How applications ask: when they did last, with which secret, and what of it was dropped.

It is what the listeners of this process have seen since they were started; MFA servers elsewhere see for themselves.
"""

from dataclasses import dataclass

from watchword.app.administration import Actor, Administration, Refusal, unavailable
from watchword.app.manage import finding
from watchword.app.manage.clients import clients_of
from watchword.app.manage.pending import NOTHING_RUNS
from watchword.app.manage.texts import maybe_instant
from watchword.domain.applications import Application, ClientId
from watchword.domain.clients import Client
from watchword.domain.configuration import Configuration
from watchword.kit.identifiers import text
from watchword.ports.live import ClientObservation
from watchword.ports.records import Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationObserve:
    """The application that is meant, by its name or id; None for all."""

    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientObserved:
    """
    What was seen of one network. The counts are of requests.

    Attributes:
        address: the last one that asked; null where none did.
        at: when that was.
        newer_secret: whether the last request that proves its secret was made with the newer one of two; null where
            there is only one, or where none has proven it.
        without_authenticator: dropped, because they carry no Message-Authenticator.
        unsigned_proxy_state: dropped, because they carry Proxy-State and no Message-Authenticator.
        bad_authenticator: dropped, because they were made with another secret.
        repeated_authenticators: whose random part was used before.
        retries: that came again before they were answered.
        dropped: dropped for whatever else.
    """

    network: str
    address: str | None = None
    at: str | None = None
    newer_secret: bool | None = None
    without_authenticator: int = 0
    unsigned_proxy_state: int = 0
    bad_authenticator: int = 0
    repeated_authenticators: int = 0
    retries: int = 0
    dropped: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationObserved:
    """What was seen of an application. `last_request` is null where it has not asked since the listeners started."""

    id: str
    name: str
    last_request: str | None
    clients: tuple[ClientObserved, ...]


async def observed(
    context: Administration, _actor: Actor, arguments: ApplicationObserve
) -> list[ApplicationObserved] | Refusal:
    """Tell what was seen of each application, by name."""
    if context.observations is None:
        return unavailable(NOTHING_RUNS)
    seen = {one.client: one for one in context.observations.clients() if one.client is not None}

    def read(records: Reader) -> list[ApplicationObserved] | Refusal:
        configuration = records.configuration()
        if arguments.name is None:
            meant = sorted(configuration.applications.values(), key=lambda application: application.name)
        else:
            found = finding.application(configuration, arguments.name)
            if isinstance(found, Refusal):
                return found
            meant = [found]
        return [_observed(application, configuration, seen) for application in meant]

    return await context.records.read(read)


def _observed(
    application: Application, configuration: Configuration, seen: dict[ClientId, ClientObservation]
) -> ApplicationObserved:
    clients = clients_of(configuration, application)
    last = max((seen[client.id].at for client in clients if client.id in seen), default=0)
    return ApplicationObserved(
        id=text(application.id),
        name=application.name,
        last_request=maybe_instant(last or None),
        clients=tuple(_client(client, seen.get(client.id)) for client in clients),
    )


def _client(client: Client, seen: ClientObservation | None) -> ClientObserved:
    network = str(client.network)
    if seen is None:
        return ClientObserved(network=network)
    return ClientObserved(
        network=network,
        address=seen.address,
        at=maybe_instant(seen.at or None),
        newer_secret=seen.newer_secret,
        without_authenticator=seen.without_authenticator,
        unsigned_proxy_state=seen.unsigned_proxy_state,
        bad_authenticator=seen.bad_authenticator,
        repeated_authenticators=seen.repeated_authenticators,
        retries=seen.retries,
        dropped=seen.dropped,
    )
