"""
A replication group behaves as one server: one login, one prompt, one use, whichever of its servers the VPN asks (N7).
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import Final

import pytest

from tests.rigs.nas import Code, Exchange, Nas, Signed, Type, answers, packet
from tests.rigs.servers import MfaServer, servers
from tests.rigs.watchword import PASSWORD, STATION, Watchword, serving

pytestmark = pytest.mark.needs("oathtool")

ELSEWHERE: Final = "198.51.100.66"
PACKETS: Final = 50
RACERS: Final = 60


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watchword]:
    with serving(tmp_path_factory.mktemp("portal")) as portal:
        yield portal


@pytest.fixture(scope="module")
def group(portal: Watchword, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[MfaServer]]:
    """Run two servers of the default group."""
    with servers(tmp_path_factory.mktemp("group"), portal, 2) as group:
        yield group


def at_both(group: Sequence[MfaServer], portal: Watchword, *options: str) -> list[Nas]:
    """Return a VPN as it asks the one server, and as it asks the other."""
    nas = portal.nas(*options)
    return [server.serves(nas) for server in group]


def spread(both: Sequence[Nas], stack: ExitStack, user: str, password: str, stations: Sequence[str]) -> list[Exchange]:
    """Send a login from each station, at the one server and the other in turn."""
    return [
        stack.enter_context(both[number % len(both)].begin(user, password, station=station))
        for number, station in enumerate(stations)
    ]


def test_both_are_online_with_what_they_are(portal: Watchword, group: list[MfaServer]) -> None:
    for server in group:
        row = server.row()
        assert (row["status"], row["ip"], row["group"]) == ("online", "127.0.0.1", "default")
        assert row["version"] == portal.run("--version").out.strip()
        assert row["last_communication"] is not None
        assert f"radius {server.ready['radius']}" in row["listeners"]


def test_fifty_packets_over_two_servers_are_one_prompt_and_fifty_accepts(
    portal: Watchword, group: list[MfaServer]
) -> None:
    user, both = portal.user(), at_both(group, portal)
    phone = portal.phone(user)

    with ExitStack() as stack:
        sent = spread(both, stack, user, PASSWORD, [STATION] * PACKETS)
        portal.waits(user)
        assert phone.approve().code == 0
        told = answers(sent)

    assert all(answer.accepted for answer in told)
    assert sorted(portal.reasons(user)) == ["joined"] * (PACKETS - 1) + ["push"]
    assert {row["server"] for row in portal.activity(user)} == {server.name for server in group}


def test_fifty_packets_that_are_denied_are_fifty_rejects_and_one_failure(
    portal: Watchword, group: list[MfaServer]
) -> None:
    user, both = portal.user(), at_both(group, portal)
    phone = portal.phone(user)

    with ExitStack() as stack:
        sent = spread(both, stack, user, PASSWORD, [STATION] * PACKETS)
        portal.waits(user)
        assert phone.deny().code == 0
        told = answers(sent)

    assert all(answer.rejected for answer in told)
    rows = portal.activity(user)
    assert {row["reason"] for row in rows} == {"denied-by-user"}
    assert [row["origin"] for row in rows].count(None) == 1, "one of them is the denial, the others share it"
    with both[0].begin(user, PASSWORD, station=ELSEWHERE) as next_login:
        portal.waits(user)
        assert not next_login.has_answer(), "one failure does not turn push off"
        assert phone.deny().code == 0
        assert next_login.answer().rejected


def test_a_code_is_used_once_in_the_whole_group(portal: Watchword, group: list[MfaServer]) -> None:
    user, both = portal.user(), at_both(group, portal)
    code = portal.hotp(user).code(0)

    with ExitStack() as stack:
        stations = [f"198.51.100.{last}" for last in range(4)]
        told = answers(spread(both, stack, user, f"{PASSWORD},{code}", stations))

    assert [answer.accepted for answer in told].count(True) == 1


def test_a_bypass_raced_from_sixty_sources_lets_one_pass(portal: Watchword, group: list[MfaServer]) -> None:
    user, both = portal.user(), at_both(group, portal)
    made = portal.ask("bypass", "add", user, "--seconds", "60", "--reason", "phone at home")

    with ExitStack() as stack:
        stations = [f"198.51.100.{last}" for last in range(RACERS)]
        told = answers(spread(both, stack, user, PASSWORD, stations))

    assert [answer.accepted for answer in told].count(True) == 1
    (row,) = (row for row in portal.ask("bypass", "list", "--all") if row["id"] == made["id"])
    assert row["state"] == "used"
    assert portal.reasons(user).count("bypass") == 1


def test_a_bypass_raced_from_one_source_is_one_use_and_lets_all_of_it_pass(
    portal: Watchword, group: list[MfaServer]
) -> None:
    user, both = portal.user(), at_both(group, portal)
    portal.ask("bypass", "add", user, "--seconds", "60", "--reason", "phone at home")

    with ExitStack() as stack:
        told = answers(spread(both, stack, user, PASSWORD, [STATION] * RACERS))

    assert all(answer.accepted for answer in told)
    assert sorted(portal.reasons(user)) == ["bypass"] + ["joined"] * (RACERS - 1)


def test_a_state_of_one_server_is_good_at_the_other_once(portal: Watchword, group: list[MfaServer]) -> None:
    user, (one, other) = portal.user(), at_both(group, portal, "--challenge")
    token = portal.hotp(user)
    state = one.login(user, PASSWORD, station=STATION).state

    assert other.login(user, token.code(0), station=STATION, state=state).accepted
    assert one.login(user, token.code(1), station=STATION, state=state).rejected


def test_what_a_caching_rule_remembers_holds_at_both(portal: Watchword, group: list[MfaServer]) -> None:
    user, (one, other) = portal.user(), at_both(group, portal)
    code = portal.hotp(user).code(0)
    options = ("--type", "ip", "--seconds", "300", "--application", one.name)
    rule = portal.ask("rule", "add", *options)["id"]
    assert one.login(user, f"{PASSWORD},{code}", station=STATION).accepted

    assert other.login(user, PASSWORD, station=STATION).accepted
    assert other.login(user, PASSWORD, station=ELSEWHERE).rejected

    portal.ask("user", "block", user, "--reason", "left")
    assert other.login(user, PASSWORD, station=STATION).rejected
    portal.ask("rule", "remove", rule)


def test_a_wrong_password_is_wrong_at_both_and_nothing_of_it_crosses(portal: Watchword, group: list[MfaServer]) -> None:
    user, both = portal.user(), at_both(group, portal)
    portal.phone(user)

    assert all(nas.login(user, "wrong", station=STATION).rejected for nas in both)
    assert all(nas.login("nobody@example.test", PASSWORD, station=STATION).rejected for nas in both)

    assert set(portal.reasons(user)) == {"wrong-password"}
    assert user not in {row["user"] for row in portal.ask("pending")}


def test_sessions_that_a_client_tells_of_are_written_down_at_the_portal(
    portal: Watchword, group: list[MfaServer]
) -> None:
    (nas, _), user = at_both(group, portal), portal.user()
    host, _, port = group[0].ready["accounting"].rpartition(":")
    accounting = Nas((host, int(port)), nas.secret, name=nas.name, address=nas.address)

    told = (
        (Type.ACCT_STATUS_TYPE, (1).to_bytes(4, "big")),
        (Type.ACCT_SESSION_ID, b"session-1"),
        (Type.USER_NAME, user.encode()),
    )
    with accounting.send(packet(Code.ACCOUNTING_REQUEST, nas.secret, told, signed=Signed.MISSING)) as report:
        head = report.octets()[:2]
    assert head == bytes((Code.ACCOUNTING_RESPONSE, report.request.identifier))

    (row,) = portal.activity(user)
    assert (row["kind"], row["server"]) == ("accounting", group[0].name)
