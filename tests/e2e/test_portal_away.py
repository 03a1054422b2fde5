"""
A server whose portal is away denies everything, says so afterwards once, and heals by itself (N2).
"""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.rigs.clocks import ProcessClock
from tests.rigs.nas import Nas
from tests.rigs.servers import HEALED_SECONDS, servers
from tests.rigs.watchword import PASSWORD, STATION, Watchword, until
from watchword.stores.spool import FileSpool

pytestmark = pytest.mark.needs("oathtool")

AWAY_SECONDS: Final = 8.0
"""Seconds in which a login is denied after its portal was killed: the grace, the Reject's delay, and a busy machine."""


@pytest.fixture
def portal(own: Watchword) -> Iterator[Watchword]:
    """Run a portal that the test may kill."""
    own.start()
    own.ask("setting", "set", "radius.reject_delay", "0")
    yield own
    if own.process is None:
        own.start("--http", own.ready["http"].removeprefix("http://"))
    assert own.metric("watchword_faults_total") == 0, own.logged()[-4000:]
    assert own.stop() == 0


def start_again(portal: Watchword) -> None:
    """Start it where it was."""
    portal.start("--http", portal.ready["http"].removeprefix("http://"))


def denied(nas: Nas, user: str, typed: str) -> float:
    """Log in, see that it is rejected, and return the seconds that it took."""
    began = time.monotonic()
    assert nas.login(user, typed, station=STATION).rejected
    return time.monotonic() - began


def test_everything_is_denied_told_once_and_heals(portal: Watchword, tmp_path: Path) -> None:
    user = portal.user()
    token = portal.hotp(user)
    with servers(tmp_path, portal, 1) as (server,):
        nas = server.serves(portal.nas())
        assert nas.login(user, f"{PASSWORD},{token.code(0)}", station=STATION).accepted
        http = portal.ready["http"]
        portal.ask("bypass", "add", user, "--seconds", "300", "--reason", "phone at home")
        portal.kill()

        assert denied(nas, user, f"{PASSWORD},{token.code(1)}") < AWAY_SECONDS
        assert denied(nas, user, f"{PASSWORD},{token.code(2)}") < 2
        assert denied(nas, user, PASSWORD) < 2
        ran = server.here("doctor", "--json")
        assert ran.code == 1
        assert any("every login is denied" in finding["sentence"] for finding in ran.document)
        until(lambda: sum(row.count for row in FileSpool(server.data).load()) == 3, "all of it written down")
        server.kill()
        server.start()
        nas = Nas(server.radius, nas.secret, name=nas.name, address=nas.address)
        assert server.ready["portal"] is None
        assert denied(nas, user, PASSWORD) < 2, "after a restart it still knows its clients, and denies"

        portal.start("--http", http.removeprefix("http://"))
        server.serves(nas)
        until(lambda: portal.reasons(user).count("portal-away") == 4, "what happened told to the portal")
        assert nas.login(user, PASSWORD, station=STATION).accepted, "nothing was used meanwhile"

        assert portal.reasons(user) == ["code", *["portal-away"] * 4, "bypass"]
        assert server.here("doctor", "--json").code == 0
        assert "administer at its portal" in server.refused("user", "list")
        assert {row["server"] for row in portal.activity(user)} == {server.name}
        server.kill()
        server.start()
        assert portal.reasons(user).count("portal-away") == 4


@pytest.mark.soak
def test_who_waits_for_a_phone_is_denied_when_the_portal_dies_and_asked_again_once_it_is_back(
    portal: Watchword, tmp_path: Path
) -> None:
    user = portal.user()
    phone = portal.phone(user)
    with servers(tmp_path, portal, 1) as (server,):
        nas = server.serves(portal.nas())
        with nas.begin(user, PASSWORD, station=STATION) as login:
            portal.waits(user)
            portal.kill()
            assert login.answer(AWAY_SECONDS).rejected
        start_again(portal)
        server.serves(nas)

        with nas.begin(user, PASSWORD, station=STATION) as login:
            portal.waits(user)
            assert phone.approve().code == 0
            assert login.answer().accepted


def test_a_server_that_is_revoked_serves_nobody_from_then_on(portal: Watchword, tmp_path: Path) -> None:
    user = portal.user()
    token = portal.hotp(user)
    with servers(tmp_path, portal, 1) as (server,):
        nas = server.serves(portal.nas())
        assert nas.login(user, f"{PASSWORD},{token.code(0)}", station=STATION).accepted

        portal.ask("server", "revoke", server.name, "--reason", "stolen")

        with nas.begin(user, f"{PASSWORD},{token.code(1)}", station=STATION) as login:
            try:
                assert login.answer(2).rejected
            except AssertionError as silence:
                assert "no answer" in str(silence)  # noqa: PT017 - silence is as good as a Reject
        assert server.row()["status"] == "revoked"
        until(lambda: not (server.data / "configuration").exists(), "every secret forgotten")
        assert portal.reasons(user) == ["code"]


@pytest.mark.soak
def test_a_stopped_server_is_late_and_then_offline(own: Watchword, tmp_path: Path) -> None:
    clock = ProcessClock(tmp_path / "clock")
    own.environment = clock.environment
    own.start()
    with servers(tmp_path, own, 1) as (server,):
        server.environment = {}
        assert server.row()["status"] == "online"
        last = server.row()["last_communication"]
        assert server.stop() == 0

        clock.set("+31s")
        assert server.row()["status"] == "late"
        clock.set("+2m")
        assert (server.row()["status"], server.row()["last_communication"]) == ("offline", last)

        clock.set("+0")
        server.start()
        until(lambda: server.row()["status"] == "online", "the server online", HEALED_SECONDS)
    assert own.stop() == 0


@pytest.mark.soak
def test_a_portal_that_stands_still_is_away_and_back_when_it_goes_on(portal: Watchword, tmp_path: Path) -> None:
    user = portal.user()
    token = portal.hotp(user)
    with servers(tmp_path, portal, 1) as (server,):
        nas = server.serves(portal.nas())
        os.kill(portal.pid, signal.SIGSTOP)
        try:
            assert denied(nas, user, f"{PASSWORD},{token.code(0)}") < 2 * AWAY_SECONDS
        finally:
            os.kill(portal.pid, signal.SIGCONT)
        server.serves(nas)
        assert nas.login(user, f"{PASSWORD},{token.code(1)}", station=STATION).accepted


@pytest.mark.soak
def test_the_other_server_takes_over_the_prompt_of_one_that_was_killed(portal: Watchword, tmp_path: Path) -> None:
    user = portal.user()
    phone = portal.phone(user)
    with servers(tmp_path, portal, 2) as (one, other):
        nas = portal.nas()
        first, second = one.serves(nas), other.serves(nas)
        with first.begin(user, PASSWORD, station=STATION):
            (row,) = portal.waits(user)
            one.kill()
        with second.begin(user, PASSWORD, station=STATION) as login:
            (still,) = portal.waits(user)
            assert phone.approve().code == 0
            assert login.answer().accepted

        assert still["id"] == row["id"], "the prompt that was pending, and no second one"
