"""
Which client a datagram comes from: by its source address and nothing inside it (R1), by longest prefix (R3).

What is made from a client's secret is made once. A new configuration keeps what has not changed; a client whose secrets
did loses every answer that was made with the old ones (R28). A client of an application that is switched off is
nobody's, also where a wider network belongs to somebody else (N26).
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Final, Protocol

from watchword.domain.applications import Application, AuthenticationType, ClientId
from watchword.domain.clients import Client, parse_address
from watchword.domain.configuration import Configuration
from watchword.kit.timers import Later
from watchword.listeners.duplicates import KEPT, Duplicates, Room
from watchword.listeners.observations import ClientRecord, ListenerObservations
from watchword.wire.radius.authenticators import verify_request
from watchword.wire.radius.packet import Code, Packet
from watchword.wire.radius.shared_secret import SharedSecret

MOST_HOSTS: Final = 16_384
"""Addresses whose client is remembered, so that a wide network cannot fill the memory."""


class CurrentConfiguration(Protocol):
    """The configuration in force: `app.directory.CurrentConfiguration`."""

    value: Configuration

    def on_swap(self, told: Callable[[Configuration], None]) -> None:
        """Call `told` with every configuration that comes into force from now on."""


class KnownClient:
    """
    A client, and what is kept of it while it asks.

    Attributes:
        secrets: what may have signed a request, the one that did so last first.
        duplicates: what it has asked and was answered.
        record: what was seen of it.
    """

    __slots__ = ("_newest", "_probes", "application", "client", "duplicates", "record", "secrets")

    def __init__(
        self, client: Client, application: Application, *, duplicates: Duplicates, record: ClientRecord
    ) -> None:
        self.client = client
        self.application = application
        self.duplicates = duplicates
        self.record = record
        self.secrets = tuple(SharedSecret(secret.octets) for secret in client.secrets)
        self._newest = self.secrets[-1] if len(self.secrets) > 1 else None
        record.newer_secret = None
        self._probes = (0, 0)

    def verify(self, packet: Packet) -> SharedSecret:
        """
        Return the secret that a packet was made with.

        Raises:
            RadiusError: It was not made with any of them, or cannot prove that it was where it has to.
        """
        secret = verify_request(
            packet, self.secrets, require_message_authenticator=self.client.require_message_authenticator
        )
        if secret is not self.secrets[0]:
            # The next secret is in use: it is tried first from now on, and taken for packets that prove nothing.
            self.secrets = (secret, *(other for other in self.secrets if other is not secret))
        if self._newest is not None and (packet.message_authenticator_at or packet.code is Code.ACCOUNTING_REQUEST):
            self.record.newer_secret = secret is self._newest
        return secret

    def may_probe(self, second: int, most: int) -> bool:
        """Count a Status-Server packet, and tell whether there were not more than `most` in this second (R72)."""
        since, count = self._probes
        self._probes = (second, count + 1 if since == second else 1)
        return self._probes[1] <= most


class Clients:
    """The clients of the configuration in force."""

    def __init__(
        self,
        *,
        current: CurrentConfiguration,
        observations: ListenerObservations,
        room: Room,
        later: Later,
    ) -> None:
        """
        Take the configuration in force, and whatever comes into force after it.

        Args:
            current: where it is.
            observations: where the clients' records are.
            room: what their retransmissions may occupy together.
            later: `call_later` of the event loop, by which answers grow old.
        """
        self._observations = observations
        self._room = room
        self._later = later
        self._known: dict[ClientId, KnownClient] = {}
        self._by_host: dict[str, KnownClient] = {}
        self._use(current.value)
        current.on_swap(self._use)
        self._turn()

    def find(self, host: str) -> KnownClient | None:
        """Return the client that an address belongs to, None where it is nobody's."""
        return self._by_host.get(host) or self._look_up(host)

    def _look_up(self, host: str) -> KnownClient | None:
        client = self._table.find(host)
        known = None if client is None else self._known.get(client.id)
        if known is not None:
            if len(self._by_host) >= MOST_HOSTS:
                self._by_host.clear()
            self._by_host[host] = known
        return known

    def _use(self, configuration: Configuration) -> None:
        before = self._known
        known: dict[ClientId, KnownClient] = {}
        for client in configuration.clients:
            application = configuration.applications.get(client.application)
            if application is not None and _is_served(client, application):
                known[client.id] = self._made(client, application, before.get(client.id))
        for client_id, old in before.items():
            if client_id not in known or known[client_id].duplicates is not old.duplicates:
                old.duplicates.retire()
        self._known, self._table = known, configuration.client_table()
        self._by_host.clear()
        self._observations.keep(client.id for client in configuration.clients)

    def _made(self, client: Client, application: Application, before: KnownClient | None) -> KnownClient:
        if before is not None and before.client == client:
            before.application = application
            return before
        kept = before is not None and before.client.secrets == client.secrets
        return KnownClient(
            client,
            application,
            duplicates=before.duplicates if before is not None and kept else Duplicates(self._room),
            record=self._observations.of(client.id),
        )

    def _turn(self) -> None:
        for known in self._known.values():
            known.duplicates.turn()
        self._later(KEPT, self._turn)


def _is_served(client: Client, application: Application) -> bool:
    return (
        application.enabled
        and application.authentication_type is AuthenticationType.RADIUS
        and len(client.secrets) > 0
        and all(secret.octets for secret in client.secrets)
    )


@lru_cache(maxsize=8_192)
def host_of(peer_host: str) -> str:
    """Return a peer's address in its canonical form, an IPv4-mapped one as IPv4 and without a zone."""
    address = parse_address(peer_host)
    return peer_host if address is None else str(address)
