"""
What `doctor` makes of what listeners have seen.
"""

from dataclasses import dataclass, replace
from ipaddress import ip_network

import pytest

from watchword.app.diagnose.checks import Finding, Level
from watchword.app.diagnose.observed import observed
from watchword.domain.applications import Application, ApplicationId, ClientId
from watchword.domain.clients import Client
from watchword.domain.configuration import Configuration
from watchword.domain.secrets import Secret
from watchword.ports.live import ClientObservation, Listening

EVERYWHERE = "0.0.0.0"  # noqa: S104 - it is looked at, not bound
VPN = Application(id=ApplicationId(b"v" * 16), name="VPN", deadline=40)
CLIENT = Client(
    id=ClientId(b"c" * 16), application=VPN.id, network=ip_network("192.0.2.0/24"), secrets=(Secret(b"x" * 24),)
)
CONFIGURATION = Configuration(applications={VPN.id: VPN}, clients=(CLIENT,))
QUIET = ClientObservation(client=CLIENT.id, address="192.0.2.7")


@dataclass
class Seen:
    """Observations that a test chose."""

    sockets: tuple[Listening, ...] = ()
    observations: tuple[ClientObservation, ...] = ()

    def listening(self) -> tuple[Listening, ...]:
        return self.sockets

    def clients(self) -> tuple[ClientObservation, ...]:
        return self.observations


def only(seen: Seen) -> Finding:
    (finding,) = observed(CONFIGURATION, seen)
    return finding


def test_where_nothing_runs_that_is_said() -> None:
    (finding,) = observed(CONFIGURATION, None)

    assert finding.level is Level.ADVICE
    assert finding.sentence.startswith("nothing is running")


@pytest.mark.parametrize(
    "socket",
    [
        Listening(protocol="http", host="127.0.0.1", port=8080),
        Listening(protocol="http", host="::1", port=8080),
        Listening(protocol="http", host="localhost", port=8080),
        Listening(protocol="radius", host="10.0.0.1", port=1812),
        Listening(protocol="https", host="10.0.0.1", port=443),
    ],
)
def test_sockets_that_few_can_reach_are_no_finding(socket: Listening) -> None:
    assert only(Seen(sockets=(socket,), observations=(QUIET,))).level is Level.OK


@pytest.mark.parametrize(
    ("socket", "level", "sentence"),
    [
        (Listening(protocol="http", host="10.0.0.1", port=80), Level.ERROR, "without TLS"),
        (Listening(protocol="http", host=EVERYWHERE, port=80), Level.ERROR, "without TLS"),
        (Listening(protocol="http", host="portal.example.org", port=80), Level.ERROR, "without TLS"),
        (Listening(protocol="radius", host=EVERYWHERE, port=1812), Level.ADVICE, "every address of this machine"),
        (Listening(protocol="radius", host="::", port=1812), Level.ADVICE, "every address of this machine"),
        (Listening(protocol="radius", host="8.8.8.8", port=1812), Level.WARNING, "a public address"),
    ],
)
def test_sockets_that_many_can_reach_are_told(socket: Listening, level: Level, sentence: str) -> None:
    finding = only(Seen(sockets=(socket,)))

    assert (finding.check, finding.level) == ("addresses", level)
    assert sentence in finding.sentence


@pytest.mark.parametrize(
    ("field", "level", "sentence", "advice"),
    [
        ("without_authenticator", Level.ERROR, "without Message-Authenticator were dropped", "CVE-2024-3596"),
        ("unsigned_proxy_state", Level.ERROR, "with Proxy-State but no Message-Authenticator", "CVE-2024-3596"),
        ("bad_authenticator", Level.ERROR, "made with another secret", "secret-replace"),
        ("retries", Level.WARNING, "came again before they were answered", "above the 40 seconds"),
        ("repeated_authenticators", Level.WARNING, "was used before", "its random numbers repeat"),
        ("dropped", Level.WARNING, "were dropped", "/metrics"),
    ],
)
def test_what_a_client_does_wrong_is_told(field: str, level: Level, sentence: str, advice: str) -> None:
    finding = only(Seen(observations=(replace(QUIET, **{field: 3}),)))  # type: ignore[arg-type]

    assert finding.level is level
    assert finding.sentence.startswith("3 requests of VPN (192.0.2.7)")
    assert sentence in finding.sentence
    assert advice in finding.advice


def test_how_to_turn_the_requirement_off_is_said_with_what_it_costs() -> None:
    finding = only(Seen(observations=(replace(QUIET, without_authenticator=1),)))

    assert finding.sentence.startswith("one request of VPN")
    assert "`watchword application change 'VPN' --no-message-authenticator`" in finding.advice
    assert "can forge requests and answers" in finding.advice


def test_addresses_that_are_nobodys_are_told_together() -> None:
    finding = only(Seen(observations=(ClientObservation(client=None, address="198.51.100.9", dropped=7),)))

    assert finding.sentence == ("7 requests of addresses that are no client's were dropped, the last from 198.51.100.9")


def test_what_a_client_did_that_is_gone_is_not_told() -> None:
    gone = ClientObservation(client=ClientId(b"g" * 16), address="192.0.2.9", dropped=7)

    assert only(Seen(observations=(gone,))).level is Level.OK


def test_what_a_client_of_an_application_did_that_is_gone_is_not_told() -> None:
    lost = Configuration(clients=(CLIENT,))
    (finding,) = observed(lost, Seen(observations=(replace(QUIET, dropped=7),)))

    assert finding.level is Level.OK
