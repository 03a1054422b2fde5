"""
What `doctor` finds in what is stored and on the machine.
"""

from ipaddress import ip_network

import pytest

from watchword.app.diagnose import checks
from watchword.app.diagnose.checks import Finding, Level
from watchword.domain.applications import Application, ApplicationId, ClientId, DirectoryId
from watchword.domain.clients import Client
from watchword.domain.configuration import Configuration
from watchword.domain.directories import Directory, LdapDirectory, RadiusDirectory
from watchword.domain.secrets import Secret
from watchword.ports.upkeep import SealingKey

NOW = 1_700_000_000_000_000
DAY = 86_400_000_000
VPN = Application(id=ApplicationId(b"v" * 16), name="VPN")
WEB = Application(id=ApplicationId(b"w" * 16), name="Web")


def client(
    application: Application = VPN,
    *,
    network: str = "192.0.2.0/24",
    secrets: tuple[bytes, ...] = (b"x" * 24,),
    signed: bool = True,
) -> Client:
    return Client(
        id=ClientId(network.encode().ljust(16)),
        application=application.id,
        network=ip_network(network),
        secrets=tuple(map(Secret, secrets)),
        require_message_authenticator=signed,
    )


def configuration(*clients: Client, applications: tuple[Application, ...] = (VPN,)) -> Configuration:
    return Configuration(applications={one.id: one for one in applications}, clients=clients)


def only(findings: list[Finding]) -> Finding:
    (finding,) = findings
    return finding


@pytest.mark.parametrize(("behind", "level"), [(-10, Level.OK), (0, Level.OK), (5, Level.OK), (6, Level.ERROR)])
def test_a_clock_that_was_set_back_is_an_error(behind: int, level: Level) -> None:
    finding = only(checks.clock(NOW - behind * 1_000_000, NOW))

    assert finding.level is level
    assert (f"{behind} seconds behind" in finding.sentence) is (level is Level.ERROR)


@pytest.mark.parametrize(
    ("free", "level"),
    [
        (0, Level.ERROR),
        ((100 << 20) - 1, Level.ERROR),
        (100 << 20, Level.WARNING),
        ((1 << 30) - 1, Level.WARNING),
        (1 << 30, Level.OK),
    ],
)
def test_a_full_disk_is_told_before_it_is_full(free: int, level: Level) -> None:
    finding = only(checks.disk(free))

    assert finding.level is level
    assert bool(finding.advice) is (level is not Level.OK)


def test_each_fault_of_the_database_is_an_error() -> None:
    assert only(checks.database([])).level is Level.OK
    assert [finding.level for finding in checks.database(["row 3 missing", "page 7"])] == [Level.ERROR, Level.ERROR]


@pytest.mark.parametrize(("days", "level"), [(0, Level.OK), (365, Level.OK), (366, Level.ADVICE)])
def test_an_old_key_is_worth_rotating(days: int, level: Level) -> None:
    ring = [SealingKey(version=2, created_at=NOW - days * DAY), SealingKey(version=1, created_at=0)]

    finding = only(checks.keys(ring, NOW))

    assert finding.level is level
    assert finding.sentence == f"the sealing key (version 2) is {days} days old"


def test_no_key_is_an_error() -> None:
    assert only(checks.keys([], NOW)).level is Level.ERROR


def test_a_sound_client_is_no_finding() -> None:
    assert only(checks.clients(configuration(client()))).level is Level.OK


@pytest.mark.parametrize(
    ("wrong", "check", "level", "sentence"),
    [
        (client(secrets=(b"x" * 23,)), "secrets", Level.WARNING, "the secret of VPN (192.0.2.0/24) has 23 octets"),
        (client(signed=False), "message-authenticator", Level.WARNING, "(CVE-2024-3596)"),
        (client(network="10.0.0.0/15"), "networks", Level.WARNING, "a very wide network"),
        (client(network="2001:db8::/47"), "networks", Level.WARNING, "a very wide network"),
        (client(secrets=(b"x" * 24, b"y" * 24)), "secrets", Level.ADVICE, "is being replaced"),
    ],
)
def test_what_is_wrong_with_a_client_is_told(wrong: Client, check: str, level: Level, sentence: str) -> None:
    finding = only(checks.clients(configuration(wrong)))

    assert (finding.check, finding.level) == (check, level)
    assert sentence in finding.sentence
    assert finding.advice


@pytest.mark.parametrize("network", ["10.0.0.0/16", "2001:db8::/48"])
def test_a_network_just_wide_enough_is_no_finding(network: str) -> None:
    assert only(checks.clients(configuration(client(network=network)))).level is Level.OK


def test_two_applications_with_one_secret_could_speak_for_one_another() -> None:
    shared = client(WEB, network="198.51.100.0/24")

    finding = only(checks.clients(configuration(client(), shared, applications=(VPN, WEB))))

    assert finding.sentence == "VPN, Web have the same secret, so each could speak for the other"


def test_two_networks_of_one_application_may_share_a_secret() -> None:
    both = configuration(client(), client(network="198.51.100.0/24"))

    assert only(checks.clients(both)).level is Level.OK


def test_an_application_that_asks_from_nowhere_is_told() -> None:
    finding = only(checks.clients(configuration(client(), applications=(VPN, WEB))))

    assert finding.sentence == "Web has no network that it asks from, so it is never heard"


@pytest.mark.parametrize(
    ("url", "start_tls", "level"),
    [("ldap://dc", False, Level.WARNING), ("ldap://dc", True, Level.OK), ("ldaps://dc", False, Level.OK)],
)
def test_passwords_in_clear_text_are_told(url: str, start_tls: bool, level: Level) -> None:  # noqa: FBT001
    directory: Directory = LdapDirectory(
        id=DirectoryId(b"d" * 16), name="AD", url=url, base="dc=x", start_tls=start_tls
    )

    assert only(checks.directories(Configuration(directories={directory.id: directory}))).level is level


def test_a_radius_server_hides_passwords_itself() -> None:
    directory: Directory = RadiusDirectory(
        id=DirectoryId(b"d" * 16), name="NPS", host="192.0.2.7", port=1812, secret=Secret(b"x" * 24)
    )

    assert only(checks.directories(Configuration(directories={directory.id: directory}))).level is Level.OK


def test_users_without_a_second_step_are_named_and_counted_no_further_than_twenty() -> None:
    names = [f"user{number}@example.org" for number in range(21)]

    assert only(checks.users([])).level is Level.OK
    assert only(checks.users(names[:20])).sentence.endswith("user19@example.org")
    assert only(checks.users(names)).sentence.endswith("user19@example.org and more")
