"""
What listeners have seen of their clients since they were started: what `doctor` reads.

There is one record for each configured client and one for all addresses that are nobody's, so strangers cannot make it
grow.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from watchword.domain.applications import ClientId
from watchword.ports.live import ClientObservation, Listening

MOST_AUTHENTICATORS: Final = 4_096
"""Authenticators in a generation of those that are compared (R29)."""


class ClientRecord:
    """What was seen of one client, counted while packets come in. The fields are those of `ClientObservation`."""

    __slots__ = (
        "address",
        "at",
        "bad_authenticator",
        "dropped",
        "newer_secret",
        "repeated_authenticators",
        "retries",
        "unsigned_proxy_state",
        "without_authenticator",
    )

    def __init__(self) -> None:
        self.address = ""
        self.at = 0
        self.newer_secret: bool | None = None
        self.without_authenticator = 0
        self.bad_authenticator = 0
        self.unsigned_proxy_state = 0
        self.repeated_authenticators = 0
        self.retries = 0
        self.dropped = 0

    def read(self, client: ClientId | None) -> ClientObservation:
        """Return what stands here now."""
        return ClientObservation(
            client=client,
            address=self.address,
            at=self.at,
            newer_secret=self.newer_secret,
            without_authenticator=self.without_authenticator,
            bad_authenticator=self.bad_authenticator,
            unsigned_proxy_state=self.unsigned_proxy_state,
            repeated_authenticators=self.repeated_authenticators,
            retries=self.retries,
            dropped=self.dropped,
        )


class ListenerObservations:
    """Fills `ports.live.Observations`: the sockets that are open, and a record for each client."""

    def __init__(self) -> None:
        self.nobody = ClientRecord()
        self._records: dict[ClientId, ClientRecord] = {}
        self._listening: list[Listening] = []

    def of(self, client: ClientId) -> ClientRecord:
        """Return the record of a configured client."""
        return self._records.setdefault(client, ClientRecord())

    def keep(self, clients: Iterable[ClientId]) -> None:
        """Drop the records of all but these clients."""
        kept = frozenset(clients)
        self._records = {client: record for client, record in self._records.items() if client in kept}

    def opened(self, socket: Listening) -> None:
        """Note that something is served on a socket."""
        self._listening.append(socket)

    def closed(self, socket: Listening) -> None:
        """Note that nothing is served there any more."""
        self._listening.remove(socket)

    def listening(self) -> Sequence[Listening]:
        """Return the sockets that are open."""
        return tuple(self._listening)

    def clients(self) -> Sequence[ClientObservation]:
        """Return what was seen, of each client that anything came from, and of all nobodies together."""
        seen = [(None, self.nobody), *self._records.items()]
        return tuple(record.read(client) for client, record in seen if record.address)


class RequestAuthenticators:
    """
    The authenticators of the last requests, to see whether one comes again with another request (R29).

    A client that repeats one hides two passwords under the same key stream. It is told of and not refused.
    """

    def __init__(self, *, most: int = MOST_AUTHENTICATORS) -> None:
        self._most = most
        self._young: dict[bytes, tuple[ClientId, bytes]] = {}
        self._old: dict[bytes, tuple[ClientId, bytes]] = {}

    def repeats(self, client: ClientId, authenticator: bytes, packet: bytes) -> bool:
        """Remember a verified packet's authenticator, and tell whether the client has used it for another packet."""
        known = self._young.get(authenticator) or self._old.get(authenticator)
        if len(self._young) >= self._most:
            self._old, self._young = self._young, {}
        self._young[authenticator] = (client, packet)
        return known is not None and known[0] == client and known[1] != packet
