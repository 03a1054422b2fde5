"""
RADIUS clients: found by the longest prefix and nothing else (R1, R3, N26).
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

import pytest

from tests.unit.domain.values import VPN
from watchword.domain.applications import ClientId
from watchword.domain.clients import Client, ClientTable, parse_address, parse_network
from watchword.domain.secrets import Secret


def client(network: str) -> Client:
    parsed = ip_network(network)
    return Client(id=ClientId(network.encode()), application=VPN, network=parsed, secrets=(Secret(network.encode()),))


def found(table: ClientTable, address: str) -> str | None:
    one = table.find(address)
    return None if one is None else one.id.decode()


def test_the_longest_prefix_decides() -> None:
    networks = ["10.1.2.3/32", "10.0.0.0/8", "0.0.0.0/0", "10.1.0.0/16", "10.1.2.0/24"]
    for order in (networks, networks[::-1]):
        table = ClientTable(client(network) for network in order)
        assert found(table, "10.1.2.3") == "10.1.2.3/32"
        assert found(table, "10.1.2.4") == "10.1.2.0/24"
        assert found(table, "10.1.3.0") == "10.1.0.0/16"
        assert found(table, "10.2.0.0") == "10.0.0.0/8"
        assert found(table, "11.0.0.0") == "0.0.0.0/0"
        assert found(table, "::1") is None


def test_the_secret_is_that_of_the_longest_prefix_only() -> None:
    table = ClientTable([client("10.0.0.0/8"), client("10.1.0.0/16")])
    one = table.find("10.1.0.1")
    assert one is not None
    assert one.secrets == (Secret(b"10.1.0.0/16"),)


def test_ipv6_by_longest_prefix() -> None:
    table = ClientTable([client("2001:db8::/32"), client("2001:db8:1::/48"), client("::/0")])
    assert found(table, "2001:db8:1::7") == "2001:db8:1::/48"
    assert found(table, "2001:db8:2::7") == "2001:db8::/32"
    assert found(table, "2001:db9::") == "::/0"
    assert found(table, "192.0.2.1") is None


def test_a_mapped_address_is_the_ipv4_client() -> None:
    table = ClientTable([client("192.0.2.0/24"), client("::/0")])
    assert found(table, "::ffff:192.0.2.9") == "192.0.2.0/24"
    assert found(table, "::ffff:198.51.100.1") is None
    assert found(table, "::192.0.2.9") == "::/0"


def test_addresses_at_the_ends_of_a_network() -> None:
    table = ClientTable([client("192.0.2.64/26")])
    assert found(table, "192.0.2.63") is None
    assert found(table, "192.0.2.64") == "192.0.2.64/26"
    assert found(table, "192.0.2.127") == "192.0.2.64/26"
    assert found(table, "192.0.2.128") is None


def test_an_address_with_a_zone_is_the_address() -> None:
    table = ClientTable([client("fe80::/64")])
    assert found(table, "fe80::1%eth0") == "fe80::/64"


@pytest.mark.parametrize("address", ["", "vpn", "192.0.2", "192.0.2.1.1", "192.0.2.01", "192.0.2.1/32", "192.0.2.1%1"])
def test_what_is_no_address_is_nobodys(address: str) -> None:
    assert ClientTable([client("0.0.0.0/0"), client("::/0")]).find(address) is None


def test_an_empty_table_knows_nobody() -> None:
    assert ClientTable([]).find("192.0.2.1") is None


def test_a_client_must_sign_by_default() -> None:
    assert client("192.0.2.1/32").require_message_authenticator


@pytest.mark.parametrize(
    ("written", "network"),
    [
        ("192.0.2.1", IPv4Network("192.0.2.1/32")),
        (" 192.0.2.7/24 ", IPv4Network("192.0.2.0/24")),
        ("0.0.0.0/0", IPv4Network("0.0.0.0/0")),
        ("10.0.0.0/255.0.0.0", IPv4Network("10.0.0.0/8")),
        ("2001:db8::1", IPv6Network("2001:db8::1/128")),
        ("::/0", IPv6Network("::/0")),
        ("::ffff:192.0.2.1", IPv4Network("192.0.2.1/32")),
        ("::ffff:192.0.2.0/120", IPv4Network("192.0.2.0/24")),
        ("::ffff:0:0/96", IPv4Network("0.0.0.0/0")),
        ("::ffff:0:0/95", IPv6Network("::fffe:0:0/95")),
        ("::fffe:0:0/96", IPv6Network("::fffe:0:0/96")),
        ("2001:db8::/96", IPv6Network("2001:db8::/96")),
    ],
)
def test_networks_are_read(written: str, network: IPv4Network | IPv6Network) -> None:
    assert parse_network(written) == network


@pytest.mark.parametrize("written", ["", "vpn", "192.0.2.1/33", "192.0.2.1/-1", "::/129", "192.0.2.1 192.0.2.2", "*"])
def test_what_is_no_network(written: str) -> None:
    assert parse_network(written) is None


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("192.0.2.1", IPv4Address("192.0.2.1")),
        ("2001:DB8::1", IPv6Address("2001:db8::1")),
        ("::ffff:192.0.2.1", IPv4Address("192.0.2.1")),
        ("::ffff:c000:201", IPv4Address("192.0.2.1")),
        ("fe80::1%eth0", IPv6Address("fe80::1")),
        ("fe80::1%", None),
        ("00:11:22:33:44:55", None),
        (" 192.0.2.1", None),
        ("3232235777", None),
    ],
)
def test_addresses_are_read(written: str, address: IPv4Address | IPv6Address | None) -> None:
    assert parse_address(written) == address


def test_an_address_read_with_a_zone_is_written_without() -> None:
    assert str(parse_address("fe80::1%eth0")) == "fe80::1"
