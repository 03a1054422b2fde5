"""
MFA servers on hosts of their own, as their administrator and their VPN meet them: stories, and N2, N7, N10, N14, N20.
"""

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from threading import Event, Thread
from typing import Final

import pytest

from tests.rigs.clocks import ProcessClock
from tests.rigs.hosted import Estate, FarNas, FarServer, estate
from tests.rigs.hosts import cut
from tests.rigs.nas import PATIENCE, Exchange, Type, answers
from tests.rigs.servers import HEALED_SECONDS
from tests.rigs.watchword import PASSWORD, STATION, until
from watchword.domain.servers import BEAT_SECONDS, LATE_SECONDS, OFFLINE_SECONDS

pytestmark = [pytest.mark.soak, pytest.mark.needs("ip", "nft", "oathtool", "radclient")]

ELSEWHERE: Final = "198.51.100.66"
PACKETS: Final = 50
RACERS: Final = 60
TRUTHFUL_SECONDS: Final = 5
"""Seconds within which the status has to say what is so."""

MISSED_SECONDS: Final = 1.0
"""Seconds after which what was ended at one server is ended at the other (N10)."""


class Watcher:
    """Looks at a server's status all the time, and takes down when it changed."""

    def __init__(self, server: FarServer) -> None:
        self._server = server
        self._over = Event()
        self._thread = Thread(target=self._run, daemon=True)
        self.stopped_at = 0.0
        self.seen: list[tuple[str, float]] = []
        self.last_communication: set[str] = set()
        self._thread.start()

    def _run(self) -> None:
        while not self._over.wait(0.25):
            row = self._server.row()
            if not self.seen or self.seen[-1][0] != row["status"]:
                self.seen.append((row["status"], time.monotonic()))
            self.last_communication.add(row["last_communication"])

    def close(self) -> None:
        self._over.set()
        self._thread.join()


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    """Run a portal and two servers of one group, and have a third host for one more."""
    with estate(tmp_path_factory.mktemp("estate"), 2) as hosts:
        yield hosts


@pytest.fixture(scope="module")
def stopped(hosts: Estate) -> Iterator[Watcher]:
    """Have a server that was stopped as the first of all, and whose status is watched while the other tests run."""
    server = another(hosts)
    server.start()
    watcher = Watcher(server)
    until(lambda: bool(watcher.seen) and watcher.seen[-1][0] == "online", "the server online", TRUTHFUL_SECONDS)
    watcher.last_communication.clear()
    assert server.stop() == 0
    watcher.stopped_at = time.monotonic()
    yield watcher
    watcher.close()


@pytest.fixture(autouse=True)
def _watched(stopped: Watcher) -> None:
    """Begin to watch before the first test."""


def another(hosts: Estate) -> FarServer:
    """Return one more server of the default group, activated, on a host of its own."""
    server = hosts.server()
    server.activate()
    return server


def spread(asked: Sequence[FarNas], stack: ExitStack, user: str, stations: Sequence[str]) -> list[Exchange]:
    """Send a login from each station, at one server after the other."""
    return [
        stack.enter_context(asked[number % len(asked)].begin(user, PASSWORD, station=station))
        for number, station in enumerate(stations)
    ]


# --- its life


def test_a_server_is_online_with_what_it_is_and_moves_renews_and_is_revoked(hosts: Estate) -> None:
    portal, server = hosts.portal, another(hosts)
    assert (server.row()["status"], server.row()["last_communication"]) == ("never", None)
    began = time.time()
    server.start()
    until(lambda: server.row()["status"] == "online", "the server online", TRUTHFUL_SECONDS)

    row = server.row()
    assert (row["ip"], row["reported_ip"], row["group"]) == (server.host.address, server.host.address, "default")
    assert row["version"] == portal.run("--version").out.strip()
    assert began - 1 < datetime.fromisoformat(row["last_communication"]).timestamp() < time.time() + 1
    user, nas = portal.user(), portal.far_nas()
    token = portal.hotp(user)
    (asked,) = hosts.serving(nas, server)
    portal.ask("bypass", "add", user, "--seconds", "300", "--reason", "phone at home", "--group", "default")

    portal.ask("group", "add", "potsdam")
    portal.ask("server", "move", server.name, "--group", "potsdam")
    (asked,) = hosts.serving(nas, server)
    assert server.row()["group"] == "potsdam"
    assert asked.login(user, PASSWORD, station=STATION).rejected, "a bypass of the group that it was in"
    assert asked.login(user, f"{PASSWORD},{token.code(0)}", station=STATION).accepted

    key = portal.ask("server", "show", server.name)["key_sha256"]
    portal.ask("server", "renew", server.name)
    until(lambda: portal.ask("server", "show", server.name)["key_sha256"] != key, "a new key", 3 * HEALED_SECONDS)
    assert server.stop() == 0
    server.start()
    (asked,) = hosts.serving(nas, server)
    assert asked.login(user, f"{PASSWORD},{token.code(1)}", station=STATION).accepted

    portal.ask("server", "revoke", server.name, "--reason", "stolen")
    assert silent_or_rejected(asked, user, f"{PASSWORD},{token.code(2)}")
    assert server.row()["status"] == "revoked"
    server.kill()
    server.start()
    assert silent_or_rejected(asked, user, f"{PASSWORD},{token.code(2)}")
    assert server.row()["status"] == "revoked"
    reasons = portal.reasons(user)
    assert (reasons.count("code"), reasons.count("bypass")) == (2, 0)


def silent_or_rejected(nas: FarNas, user: str, typed: str) -> bool:
    """Tell whether a login is not let in, in words or without."""
    with nas.begin(user, typed, station=STATION) as login:
        try:
            return login.answer(2).rejected
        except (AssertionError, ConnectionRefusedError):
            return True


# --- one login, one prompt, one use


def test_fifty_packets_over_two_servers_are_one_prompt_and_fifty_accepts(hosts: Estate) -> None:
    portal, asked = hosts.portal, hosts.both(hosts.portal.far_nas())
    user = portal.user()
    phone = portal.phone(user)

    with ExitStack() as stack:
        sent = spread(asked, stack, user, [STATION] * PACKETS)
        portal.waits(user)
        assert phone.approve().code == 0
        told = answers(sent)

    assert all(answer.accepted for answer in told)
    assert sorted(portal.reasons(user)) == ["joined"] * (PACKETS - 1) + ["push"]
    assert {row["server"] for row in portal.activity(user)} == {server.name for server in hosts.servers[:2]}


def test_fifty_packets_that_are_denied_are_fifty_rejects_and_one_failure(hosts: Estate) -> None:
    portal, asked = hosts.portal, hosts.both(hosts.portal.far_nas())
    user = portal.user()
    phone = portal.phone(user)

    with ExitStack() as stack:
        sent = spread(asked, stack, user, [STATION] * PACKETS)
        portal.waits(user)
        assert phone.deny().code == 0
        told = answers(sent)

    assert all(answer.rejected for answer in told)
    rows = portal.activity(user)
    assert {row["reason"] for row in rows} == {"denied-by-user"}
    assert [row["origin"] for row in rows].count(None) == 1, "one of them is the denial, the others share it"


def test_a_bypass_raced_from_sixty_sources_lets_one_in(hosts: Estate) -> None:
    portal, asked = hosts.portal, hosts.both(hosts.portal.far_nas())
    user = portal.user()
    portal.ask("bypass", "add", user, "--seconds", "60", "--reason", "phone at home", "--group", "default")

    with ExitStack() as stack:
        told = answers(spread(asked, stack, user, [f"198.51.100.{number}" for number in range(RACERS)]))

    assert [answer.accepted for answer in told].count(True) == 1
    assert portal.reasons(user).count("bypass") == 1


def test_a_bypass_raced_from_one_source_is_one_use_and_lets_all_of_it_pass(hosts: Estate) -> None:
    portal, asked = hosts.portal, hosts.both(hosts.portal.far_nas())
    user = portal.user()
    portal.ask("bypass", "add", user, "--seconds", "60", "--reason", "phone at home", "--group", "default")

    with ExitStack() as stack:
        told = answers(spread(asked, stack, user, [STATION] * RACERS))

    assert all(answer.accepted for answer in told)
    assert sorted(portal.reasons(user)) == ["bypass"] + ["joined"] * (RACERS - 1)


# --- N2, N10, N14


def test_a_bypass_is_worth_nothing_while_its_server_is_cut_off_and_is_usable_once_afterwards(hosts: Estate) -> None:
    portal, server = hosts.portal, hosts.servers[0]
    user, (one, other) = portal.user(), hosts.both(portal.far_nas())
    portal.ask("bypass", "add", user, "--seconds", "300", "--reason", "phone at home", "--group", "default")

    cut(server.host, portal.host)
    assert one.radclient(user, PASSWORD, station=STATION, tries=1, seconds=PATIENCE) == "Access-Reject"
    assert one.radclient(user, PASSWORD, station=STATION, tries=1) == "Access-Reject"
    server.host.heal()
    portal.host.heal()
    (one,) = hosts.serving(one, server)

    assert one.login(user, PASSWORD, station=STATION).accepted
    assert other.login(user, PASSWORD, station=ELSEWHERE).rejected
    until(lambda: portal.reasons(user).count("portal-away") == 2, "what happened told to the portal")
    assert portal.reasons(user).count("bypass") == 1


class Remembered:
    """A user whom a caching rule lets in at both servers."""

    def __init__(self, hosts: Estate) -> None:
        self.portal = hosts.portal
        self.user = self.portal.user()
        self.nas = self.portal.far_nas()
        self.token = self.portal.hotp(self.user)
        given = ("--type", "ip", "--seconds", "300", "--application", self.nas.name)
        self.rule = self.portal.ask("rule", "add", *given)["id"]
        self.one, self.other = hosts.both(self.nas)
        assert self.one.login(self.user, f"{PASSWORD},{self.token.code(0)}", station=STATION).accepted
        assert self.other.login(self.user, PASSWORD, station=STATION).accepted


def block(who: Remembered) -> None:
    who.portal.ask("user", "block", who.user, "--reason", "left")


def block_and_unblock(who: Remembered) -> None:
    block(who)
    who.portal.ask("user", "unblock", who.user, "--reason", "back")


def lock(who: Remembered) -> None:
    right = {who.token.code(counter) for counter in range(120)}
    wrong = [code for code in map("{:06d}".format, range(200)) if code not in right][:5]
    for number, code in enumerate(wrong):
        assert who.one.login(who.user, f"{PASSWORD},{code}", station=f"198.51.100.{number}").rejected
    who.portal.ask("user", "unlock", who.user)


def remove_the_method(who: Remembered) -> None:
    who.portal.ask("method", "remove", who.user, who.token.id)


def change_the_password(who: Remembered) -> None:
    who.portal.ask("user", "password", who.user, "--password-stdin", stdin=PASSWORD)


def use_a_bypass(who: Remembered) -> None:
    options = ("--seconds", "60", "--reason", "test", "--group", "default")
    who.portal.ask("bypass", "add", who.user, *options)
    assert who.one.login(who.user, PASSWORD, station=ELSEWHERE).accepted


def remove_the_rule(who: Remembered) -> None:
    who.portal.ask("rule", "remove", who.rule)


def purge(who: Remembered) -> None:
    assert who.portal.ask("rule", "purge", "--user", who.user)["purged"] == 1


def change_the_application(who: Remembered) -> None:
    who.portal.ask("application", "change", who.nas.name, "--deadline", "40")


EVENTS: Final = (
    block,
    block_and_unblock,
    lock,
    remove_the_method,
    change_the_password,
    use_a_bypass,
    remove_the_rule,
    purge,
    change_the_application,
)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.__name__)
def test_what_ends_a_remembered_login_at_one_server_ends_it_at_the_other(
    hosts: Estate, event: Callable[[Remembered], None]
) -> None:
    who = Remembered(hosts)

    event(who)

    began = time.monotonic()
    assert who.other.login(who.user, PASSWORD, station=STATION).rejected
    assert time.monotonic() - began < MISSED_SECONDS


def test_a_server_that_is_cut_off_remembers_nobody(hosts: Estate) -> None:
    who, server = Remembered(hosts), hosts.servers[1]

    cut(server.host, hosts.portal.host)
    answered = who.other.radclient(who.user, PASSWORD, station=STATION, tries=1, seconds=PATIENCE)
    block(who)
    server.host.heal()
    hosts.portal.host.heal()

    assert answered == "Access-Reject"
    (other,) = hosts.serving(who.nas, server)
    assert other.login(who.user, PASSWORD, station=STATION).rejected
    assert hosts.portal.reasons(who.user)[-1] == "blocked"


def test_a_state_is_good_once_at_either_server_and_no_one_elses(hosts: Estate) -> None:
    portal = hosts.portal
    user, stranger = portal.user(), portal.user()
    token, theirs = portal.hotp(user), portal.hotp(stranger)
    nas, another_nas = portal.far_nas("--challenge"), portal.far_nas("--challenge")
    one, other = hosts.both(nas)
    (_, foreign) = hosts.both(another_nas)
    state = one.login(user, PASSWORD, station=STATION).state
    second = one.login(user, PASSWORD, station=ELSEWHERE).state

    assert other.login(stranger, theirs.code(0), station=STATION, state=state).rejected
    assert foreign.login(user, token.code(0), station=STATION, state=state).rejected
    two = other.request(user, token.code(0), station=STATION, state=state, more=[(Type.STATE, second)])
    with other.send(two) as login:
        assert login.answer().rejected
    assert other.login(user, token.code(0), station=STATION, state=state).accepted
    for nas_again in (one, other):
        assert nas_again.login(user, token.code(1), station=STATION, state=state).rejected


# --- N20


def test_credentials_are_good_for_one_of_those_who_use_them_at_once(hosts: Estate) -> None:
    rivals = [hosts.server(), hosts.server()]
    made = hosts.portal.ask("server", "credentials")
    hosts.portal.canaries.add(made["password"])

    with ThreadPoolExecutor() as pool:
        ran = list(pool.map(lambda rival: rival.activate_with(made), rivals))

    assert sorted(each.code for each in ran) == [0, 1]
    (refused,) = (each for each in ran if each.code)
    assert "were used by another server" in refused.err
    assert "were used by another server" in hosts.server().activate_with(made).err


def test_a_server_that_was_copied_is_no_server_until_it_gets_a_new_key(hosts: Estate) -> None:
    portal, server, thief = hosts.portal, another(hosts), hosts.server()
    server.start()
    user, nas = portal.user(), portal.far_nas()
    token = portal.hotp(user)
    (asked,) = hosts.serving(nas, server)
    assert asked.login(user, f"{PASSWORD},{token.code(0)}", station=STATION).accepted
    shutil.copytree(server.data, thief.data, ignore=shutil.ignore_patterns("control.sock", "lock"))
    thief.start()

    until(lambda: server.row()["alarm"] is not None, "the alarm", HEALED_SECONDS)
    for each in (server, thief):
        assert silent_or_rejected(nas.at(each.radius), user, f"{PASSWORD},{token.code(1)}")
    assert portal.reasons(user) == ["code"]
    assert thief.stop() == 0
    assert server.stop() == 0

    shutil.rmtree(server.data)
    made = portal.ask("server", "credentials", "--server", server.name)
    portal.canaries.add(made["password"])
    assert server.activate_with(made).code == 0
    server.start()
    (asked,) = hosts.serving(nas, server)
    assert asked.login(user, f"{PASSWORD},{token.code(1)}", station=STATION).accepted
    assert server.row()["alarm"] is None
    thief.start()
    assert silent_or_rejected(nas.at(thief.radius), user, f"{PASSWORD},{token.code(2)}")


def test_a_folder_that_was_put_back_is_noticed(hosts: Estate) -> None:
    server = another(hosts)
    server.start()
    until(lambda: server.row()["status"] == "online", "the server online", TRUTHFUL_SECONDS)
    assert server.stop() == 0
    before = server.folder / "before"
    shutil.copytree(server.data, before)
    server.start()
    until(lambda: server.row()["status"] == "online", "the server online", TRUTHFUL_SECONDS)
    assert server.stop() == 0

    shutil.rmtree(server.data)
    before.rename(server.data)
    server.start()

    until(lambda: server.row()["alarm"] is not None, "the alarm", HEALED_SECONDS)


def test_credentials_expire_by_the_portals_clock(tmp_path: Path) -> None:
    clock = ProcessClock(tmp_path / "clock")
    with estate(tmp_path, 0, environment=clock.environment) as hosts:
        made = hosts.portal.ask("server", "credentials")
        hosts.portal.canaries.add(made["password"])
        clock.set("+11m")
        hosts.portal.user()
        clock.set("+0")

        assert "have expired" in hosts.server().activate_with(made).err


# --- last, because it takes two minutes


def test_a_stopped_server_was_late_after_thirty_seconds_and_offline_after_two_minutes(stopped: Watcher) -> None:
    until(lambda: stopped.seen[-1][0] == "offline", "the server offline", OFFLINE_SECONDS + TRUTHFUL_SECONDS)

    (_, (late, late_at), (offline, offline_at)) = stopped.seen[-3:]
    assert (late, offline) == ("late", "offline")
    for instant, seconds in ((late_at, LATE_SECONDS), (offline_at, OFFLINE_SECONDS)):
        assert -BEAT_SECONDS - 1 < instant - stopped.stopped_at - seconds < TRUTHFUL_SECONDS
    assert len(stopped.last_communication) == 1
