"""
Clients of applications of type `api`.
"""

from ipaddress import ip_network

from watchword.domain.api_clients import ApiClient
from watchword.domain.applications import ApplicationId
from watchword.domain.secrets import Secret


def client(*secrets: bytes, networks: tuple[str, ...] = ()) -> ApiClient:
    return ApiClient(
        application=ApplicationId(bytes(16)),
        networks=tuple(ip_network(network) for network in networks),
        secrets=tuple(map(Secret, secrets)),
    )


def test_each_of_its_secrets_counts_and_no_other() -> None:
    both = client(b"old", b"new")

    assert [both.knows(Secret(shown)) for shown in (b"old", b"new", b"ol", b"olds", b"", b"oldnew")] == [
        True,
        True,
        *[False] * 4,
    ]


def test_it_asks_from_its_networks_or_from_anywhere() -> None:
    narrow = client(b"x", networks=("192.0.2.0/28", "2001:db8::/48"))

    assert client(b"x").may_ask_from("anything")
    assert narrow.may_ask_from("192.0.2.7")
    assert narrow.may_ask_from("::ffff:192.0.2.7")
    assert narrow.may_ask_from("2001:db8::1")
    assert not narrow.may_ask_from("192.0.2.16")
    assert not narrow.may_ask_from("")
    assert not narrow.may_ask_from("192.0.2.7, 10.0.0.1")
