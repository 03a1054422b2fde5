"""
RADIUS clients: which system a datagram comes from, and what is demanded of it.

A client is found by the source address of the packet and nothing inside it (R1), by the longest prefix that covers it
(R3).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, ip_address, ip_network
from typing import Final

from watchword.domain.applications import ApplicationId, ClientId, Network
from watchword.domain.secrets import Secret

_MAPPED_PREFIX: Final = 96
"""Length of ::ffff:0:0/96, the prefix of IPv4-mapped addresses (RFC 4291 section 2.5.5.2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """
    A network from which one application asks.

    Attributes:
        secrets: the shared secret, and the next one while it is being replaced.
        require_message_authenticator: whether a request without one is dropped (R42).
    """

    id: ClientId
    application: ApplicationId
    network: Network
    secrets: tuple[Secret, ...]
    require_message_authenticator: bool = True


def parse_network(written: str) -> Network | None:
    """
    Return the network that `written` (address or CIDR) names, None where it names none.

    An IPv4-mapped one is the IPv4 network that it maps (N26).
    """
    try:
        network = ip_network(written.strip(), strict=False)
    except ValueError:
        return None
    if isinstance(network, IPv4Network) or network.prefixlen < _MAPPED_PREFIX:
        return network
    mapped = network.network_address.ipv4_mapped
    return network if mapped is None else IPv4Network((mapped, network.prefixlen - _MAPPED_PREFIX))


def parse_address(written: str) -> IPv4Address | IPv6Address | None:
    """Return the address that `written` is, an IPv4-mapped one as IPv4, without a zone; None where it is none."""
    try:
        address = ip_address(written)
    except ValueError:
        return None
    if isinstance(address, IPv4Address):
        return address
    mapped = address.ipv4_mapped
    return IPv6Address(int(address)) if mapped is None else mapped


class ClientTable:
    """Clients by longest prefix: one look-up for each prefix length in use, however many clients there are."""

    def __init__(self, clients: Iterable[Client]) -> None:
        self._tables: dict[int, dict[int, dict[int, Client]]] = {4: {}, 6: {}}
        for client in clients:
            network = client.network
            shift = network.max_prefixlen - network.prefixlen
            self._tables[network.version].setdefault(shift, {})[int(network.network_address) >> shift] = client
        self._shifts = {version: sorted(table) for version, table in self._tables.items()}

    def find(self, address: str) -> Client | None:
        """Return the client that an address belongs to, None where it is nobody's."""
        parsed = parse_address(address)
        if parsed is None:
            return None
        number = int(parsed)
        table = self._tables[parsed.version]
        for shift in self._shifts[parsed.version]:
            client = table[shift].get(number >> shift)
            if client is not None:
                return client
        return None
