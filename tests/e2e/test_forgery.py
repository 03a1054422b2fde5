"""
Who may ask, with which secret, and what a forged packet achieves: nothing (N13, N26).
"""

from pathlib import Path
from typing import Final

import pytest

from tests.rigs.nas import Code, Exchange, Nas, Signed, Type, packet
from tests.rigs.watchword import PASSWORD, STATION, Phone, Watchword, serving, until

pytestmark = pytest.mark.needs("oathtool")

LONG: Final = "the secret of a longer prefix, which counts"
WIDE: Final = "the secret of a wider network, which does not"


def dropped(server: Watchword, exchange: Exchange) -> None:
    """Wait until the packet of an exchange, which was the last one, was dropped, and see that nothing came back."""
    before = server.metric("watchword_dropped_packets_total")
    exchange.again()
    until(lambda: server.metric("watchword_dropped_packets_total") > before, "the packet dropped")
    assert not exchange.has_answer()


# --- Message-Authenticator


@pytest.fixture
def waiting(server: Watchword) -> tuple[str, Phone, Nas]:
    """Have a user with a phone, and an application that need not sign."""
    user = server.user()
    return user, server.phone(user), server.nas("--no-message-authenticator")


def test_a_proxied_request_without_message_authenticator_is_dropped_where_others_pass(server: Watchword) -> None:
    user, nas = server.user(), server.nas("--no-message-authenticator")
    token = server.hotp(user)

    def asked(code: str, *, proxied: bool) -> Exchange:
        more = [(Type.PROXY_STATE, b"1")] if proxied else []
        return nas.send(nas.request(user, f"{PASSWORD},{code}", station=STATION, signed=Signed.MISSING, more=more))

    before = server.dropped("unsigned-proxy-state")
    with asked(token.code(0), proxied=True) as proxied:
        server.ignored(proxied, "unsigned-proxy-state", before)
    with asked(token.code(0), proxied=False) as direct:
        assert direct.answer().accepted


@pytest.mark.parametrize("signed", [Signed.WRONG, Signed.MISSING])
def test_a_forged_packet_disturbs_no_login_that_waits(server: Watchword, signed: Signed) -> None:
    """It has the very port and Identifier of the login, as a spoofed one would."""
    user, nas = server.user(), server.nas()
    phone = server.phone(user)

    with nas.begin(user, PASSWORD, station=STATION) as login:
        server.waits(user)
        real = login.request
        login.send(nas.request(user, "x", signed=signed, identifier=real.identifier))
        dropped(server, login)
        login.request = real
        before = server.metric("watchword_retransmissions_total")
        login.again()
        until(lambda: server.metric("watchword_retransmissions_total") > before, "the real one still known")
        phone.approve()
        assert login.answer().accepted


def test_a_forged_packet_disturbs_no_answer_that_is_kept(server: Watchword) -> None:
    user, nas = server.user(), server.nas()
    token = server.hotp(user)

    with nas.begin(user, f"{PASSWORD},{token.code(0)}", station=STATION) as login:
        first, real = login.octets(), login.request
        login.send(nas.request(user, "x", signed=Signed.WRONG, identifier=real.identifier))
        dropped(server, login)
        login.request = real
        login.again()
        assert login.octets() == first
    assert server.reasons(user) == ["code"]


def test_a_forged_packet_fills_no_cache_and_spends_no_code(server: Watchword) -> None:
    user, nas = server.user(), server.nas()
    token = server.hotp(user)
    rule = server.ask("rule", "add", "--type", "application", "--seconds", "300", "--application", nas.name)["id"]

    with nas.send(nas.request(user, f"{PASSWORD},{token.code(0)}", signed=Signed.WRONG)) as forged:
        dropped(server, forged)
    assert server.ask("rule", "entries", "--user", user) == []
    assert nas.login(user, f"{PASSWORD},{token.code(0)}", station=STATION).accepted
    server.ask("rule", "remove", rule)


def test_another_packet_under_the_same_key_is_a_login_of_its_own(
    server: Watchword, waiting: tuple[str, Phone, Nas]
) -> None:
    """It takes the place of the first among retransmissions; the verification behind that goes on."""
    user, phone, nas = waiting
    with nas.begin(user, PASSWORD, station=STATION) as login:
        server.waits(user)
        login.send(nas.request(user, PASSWORD, station=STATION, identifier=login.request.identifier))
        server.outstanding(2)
        phone.approve()
        seen = [login.octets(), login.octets()]
        assert {octets[0] for octets in seen} == {Code.ACCESS_ACCEPT}

    assert server.reasons(user) == ["push", "joined"]


# --- secrets and networks


@pytest.mark.parametrize("kind", [Type.NAS_IP_ADDRESS, Type.NAS_IDENTIFIER])
def test_nothing_inside_a_packet_chooses_the_secret(server: Watchword, kind: Type) -> None:
    user, one, other = server.user(), server.nas(), server.nas()
    token = server.hotp(user)
    name = bytes(map(int, other.address.split("."))) if kind is Type.NAS_IP_ADDRESS else other.name.encode()

    posing = Nas(server.radius, other.secret, name=other.name, address=one.address)
    with posing.send(posing.request(user, f"{PASSWORD},{token.code(0)}", more=[(kind, name)])) as login:
        dropped(server, login)
    with one.send(one.request(user, f"{PASSWORD},{token.code(0)}", more=[(kind, name)])) as login:
        assert login.answer().accepted
    assert server.activity(user)[-1]["application"] == one.name


def test_only_the_secret_of_the_longest_prefix_counts(server: Watchword) -> None:
    user = server.user()
    token = server.hotp(user)
    server.nas(name="wide", secret=WIDE, address="127.60.0.0/16")
    server.nas(name="long", secret=LONG, address="127.60.7.0/24")

    def at(address: str, secret: str) -> Nas:
        return Nas(server.radius, secret.encode(), name="", address=address)

    with at("127.60.7.9", WIDE).begin(user, f"{PASSWORD},{token.code(0)}", station=STATION) as login:
        dropped(server, login)
    assert at("127.60.7.9", LONG).login(user, f"{PASSWORD},{token.code(0)}", station=STATION).accepted
    assert at("127.60.8.9", WIDE).login(user, f"{PASSWORD},{token.code(1)}", station="198.51.100.1").accepted
    assert [row["application"] for row in server.activity(user)] == ["long", "wide"]

    # What is switched off is nobody's: it does not fall to the wider network.
    server.ask("application", "change", "long", "--no-enabled")
    for secret in (WIDE, LONG):
        with at("127.60.7.9", secret).begin(user, f"{PASSWORD},{token.code(2)}", station="198.51.100.2") as login:
            dropped(server, login)
    server.ask("application", "remove", "long")
    assert at("127.60.7.9", WIDE).login(user, f"{PASSWORD},{token.code(2)}", station="198.51.100.2").accepted


@pytest.mark.parametrize("again", ["127.61.0.1", "127.61.0.1/32", "::ffff:127.61.0.1", "::ffff:127.61.0.1/128"])
def test_one_network_is_one_applications(server: Watchword, again: str) -> None:
    if not any(row["name"] == "first" for row in server.ask("application", "list")):
        server.nas(name="first", address="127.61.0.1")

    options = ("--client", again, "--secret-stdin")
    assert "first" in server.refused("application", "add", "second", *options, stdin="a secret that is long enough")


@pytest.mark.parametrize("network", ["0.0.0.0/0", "127.0.0.0/8", "::/0", "2001:db8::/32", "::ffff:0.0.0.0/96"])
def test_a_wide_network_must_be_meant(server: Watchword, network: str) -> None:
    options = ("application", "add", "everybody", "--client", network, "--secret-stdin")

    assert "wider" in server.refused(*options, stdin="a secret that is long enough")
    assert server.ask(*options, "--allow-wide", stdin="a secret that is long enough")["id"]
    assert any(found["check"] == "networks" for found in server.here("doctor", "--json").document)
    server.ask("application", "remove", "everybody")


def test_a_mapped_address_is_the_one_that_it_maps(server: Watchword) -> None:
    user = server.user()
    token = server.hotp(user)
    nas = server.nas(address="::ffff:127.63.0.1")
    nas.address = "127.63.0.1"

    assert nas.login(user, f"{PASSWORD},{token.code(0)}", station="::ffff:198.51.100.1").accepted
    (row,) = server.activity(user)
    assert (row["client"], row["source"]) == ("127.63.0.1", "198.51.100.1")


def test_ipv6_is_served(tmp_path: Path) -> None:
    with serving(tmp_path, "--radius", "[::1]:0", "--accounting", "off") as server:
        assert server.ready["accounting"] is None
        user = server.user()
        token = server.hotp(user)
        nas = server.nas(address="::1")

        assert nas.login(user, f"{PASSWORD},{token.code(0)}", station="2001:DB8:0::1").accepted
        (row,) = server.activity(user)
        assert (row["client"], row["source"]) == ("::1", "2001:db8::1")


def test_ipv4_and_ipv6_are_served_by_one_process(tmp_path: Path) -> None:
    with serving(tmp_path, "--radius", "127.0.0.1:0,[::1]:0") as server:
        addresses = server.ready["radius_addresses"]
        assert [one.rpartition(":")[0] for one in addresses] == ["127.0.0.1", "[::1]"]
        assert (server.ready["radius"], len(server.ready["accounting_addresses"])) == (addresses[0], 2)
        user = server.user()
        token = server.hotp(user)
        four, six = server.nas(), server.nas(address="::1")
        six.server = ("::1", int(addresses[1].rpartition(":")[2]))

        assert four.login(user, f"{PASSWORD},{token.code(0)}", station="198.51.100.1").accepted
        assert not six.login(user, f"{PASSWORD},{token.code(0)}", station="198.51.100.1").accepted
        assert six.login(user, f"{PASSWORD},{token.code(1)}", station="198.51.100.1").accepted


@pytest.mark.parametrize("secret", ["", "short", "fifteen octets."])
def test_a_short_secret_is_refused(server: Watchword, secret: str) -> None:
    given = ("application", "add", "weak", "--client", "127.62.0.1", "--secret-stdin")

    assert "16 octets" in server.refused(*given, stdin=secret)


def test_a_secret_is_replaced_while_both_count(server: Watchword) -> None:
    user, old = server.user(), server.nas()
    token = server.hotp(user)
    secret = "the secret that comes after the first one"
    server.canaries.add(secret)
    new = Nas(old.server, secret.encode(), name=old.name, address=old.address)

    server.ask("application", "secret-replace", old.name, "--secret-stdin", stdin=secret)
    assert old.login(user, f"{PASSWORD},{token.code(0)}", station="198.51.100.1").accepted
    assert new.login(user, f"{PASSWORD},{token.code(1)}", station="198.51.100.2").accepted
    server.ask("application", "secret-finish", old.name)
    with old.begin(user, f"{PASSWORD},{token.code(2)}", station="198.51.100.3") as login:
        dropped(server, login)
    assert new.login(user, f"{PASSWORD},{token.code(2)}", station="198.51.100.4").accepted


def test_accounting_with_another_secret_is_dropped(server: Watchword) -> None:
    nas = server.nas()
    wrong = packet(
        Code.ACCOUNTING_REQUEST,
        b"another secret",
        ((Type.ACCT_STATUS_TYPE, (1).to_bytes(4, "big")),),
        signed=Signed.MISSING,
    )
    nas.server = (nas.server[0], int(server.ready["accounting"].rpartition(":")[2]))

    with nas.send(wrong) as report:
        dropped(server, report)
