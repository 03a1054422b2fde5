"""
How applications of type `api` show who they are: one secret, and the networks that they may ask from.
"""

from dataclasses import dataclass, replace

from watchword.app.administration import Refusal, conflict, invalid
from watchword.app.manage.clients import networks_of
from watchword.domain.api_clients import ApiClient
from watchword.domain.applications import WIDEST_PREFIX, Application, ApplicationRefusal, AuthenticationType
from watchword.domain.configuration import Configuration


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiClientRow:
    """How an application of type `api` shows who it is, as `ClientRow` has it. No networks are any."""

    networks: tuple[str, ...]
    secrets: int
    secret_octets: int


def row_of(configuration: Configuration, application: Application) -> ApiClientRow | None:
    """Return how an application shows who it is over the API, None where it does not."""
    client = configuration.api_clients.get(application.id)
    if client is None:
        return None
    return ApiClientRow(
        networks=tuple(str(network) for network in client.networks),
        secrets=len(client.secrets),
        secret_octets=min(len(secret.octets) for secret in client.secrets),
    )


def narrowed(configuration: Configuration, application: Application, written: tuple[str, ...]) -> ApiClient | Refusal:
    """Return the client of an application that asks from other networks from now on; none are any."""
    client = configuration.api_clients.get(application.id)
    if client is None or application.authentication_type is not AuthenticationType.API:
        return conflict(
            f"{application.name} asks by {application.authentication_type.value}: each of its networks has a secret;"
            " `watchword application client-add` and `client-remove` change them"
        )
    networks = networks_of(written, least=0)
    if isinstance(networks, Refusal):
        return networks
    if any(network.prefixlen < WIDEST_PREFIX[network.version] for network in networks):
        return invalid(ApplicationRefusal.WIDE.value)
    return replace(client, networks=networks)
