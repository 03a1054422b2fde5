"""
What is spent stays spent: over a database that is put back from a copy, over kills, and where nothing can be written.

N4 and N18, from outside: the copy is a file that an administrator puts back, the full disk a limit on the process.
"""

import http.client
import resource
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

import pytest

from tests.rigs.nas import PATIENCE, Nas
from tests.rigs.watchword import PASSWORD, STATION, Token, Watchword, until

pytestmark = [pytest.mark.soak, pytest.mark.needs("oathtool")]


class Spent:
    """A server with one of everything that is good once, before and after it was spent."""

    def __init__(self, server: Watchword) -> None:
        self.server = server
        server.start()
        server.ask("setting", "set", "radius.reject_delay", "0")
        self.nas: Nas = server.nas("--challenge")
        self.bypassed, self.timed, self.counted, self.printed, self.challenged = (server.user() for _ in range(5))
        self.totp: Token = server.totp(self.timed)
        self.hotp: Token = server.hotp(self.counted)
        self.codes = server.backup_codes(self.printed)
        self.token: Token = server.hotp(self.challenged)
        self.bypass = server.ask("bypass", "add", self.bypassed, "--seconds", "600", "--reason", "test")["id"]
        self.state = self.nas.login(self.challenged, PASSWORD, station=STATION).state
        self.code = self.totp.code()

    def restart(self, between: Callable[[], None], *, kill: bool) -> None:
        """Stop it or kill it, do something to its folder, and start it again."""
        if kill:
            self.server.kill()
        else:
            assert self.server.stop() == 0
        between()
        self.server.start()
        self.nas.server = self.server.radius

    def accepted(self) -> list[bool]:
        """Spend each of them, from where nobody has before, and tell what was accepted."""
        logins = (
            (self.bypassed, PASSWORD, None),
            (self.timed, f"{PASSWORD},{self.code}", None),
            (self.counted, f"{PASSWORD},{self.hotp.code(0)}", None),
            (self.printed, f"{PASSWORD},{self.codes[0]}", None),
            (self.challenged, self.token.code(0), self.state),
        )
        return [
            self.nas.login(user, password, station=STATION, state=state).accepted for user, password, state in logins
        ]


NONE: Final = [False] * 5
ALL: Final = [True] * 5


@pytest.fixture
def spent(own: Watchword) -> Iterator[Spent]:
    """Have one of everything."""
    spent = Spent(own)
    yield spent
    assert spent.server.here("audit", "verify").code == 0
    assert spent.server.leaks() == []
    assert spent.server.stop() == 0


def see_that_it_is_told(spent: Spent) -> None:
    """See that a restore is told where people look."""
    assert "older copy" in spent.server.logged()
    (row,) = (row for row in spent.server.ask("bypass", "list", "--all") if row["id"] == spent.bypass)
    assert row["state"] == "cancelled"
    assert row["ended_by"] == "restore"


@pytest.mark.parametrize("kill", [False, True], ids=["stopped", "killed"])
def test_nothing_comes_alive_again_with_a_database_that_is_put_back(
    spent: Spent, tmp_path: Path, *, kill: bool
) -> None:
    server, copy = spent.server, tmp_path / "copy"
    backup = sqlite3.connect(tmp_path / "backup.db")
    with closing(backup), closing(sqlite3.connect(server.data / "watchword.db")) as running:
        running.backup(backup)
    assert spent.accepted() == ALL

    def put_back() -> None:
        copy.mkdir()
        (tmp_path / "backup.db").rename(copy / "watchword.db")
        server.put_back(copy)

    spent.restart(put_back, kill=kill)

    assert spent.accepted() == NONE
    see_that_it_is_told(spent)
    # Counters were moved past everything that can have been accepted, and go on from there.
    assert spent.nas.login(spent.counted, f"{PASSWORD},{spent.hotp.code(15)}", station="198.51.100.1").accepted
    spent.restart(lambda: None, kill=False)
    assert server.logged().count("older copy") == 1, "it is told once"


def test_nothing_that_was_not_spent_either_survives_where_nobody_can_know(spent: Spent) -> None:
    """Without the file that says how far the database had come it may be any copy."""
    spent.restart((spent.server.data / "generation").unlink, kill=False)

    assert spent.accepted() == NONE
    see_that_it_is_told(spent)


def test_a_restart_alone_voids_nothing_and_forgets_nothing(spent: Spent) -> None:
    spent.restart(lambda: None, kill=True)
    assert spent.accepted() == ALL, "what was not spent before a kill is good after it"

    spent.restart(lambda: None, kill=True)
    assert spent.accepted() == NONE, "and every accept that was seen has its row"
    users = (spent.bypassed, spent.timed, spent.counted, spent.printed, spent.challenged)
    assert [row["outcome"] for user in users for row in spent.server.activity(user)].count("allowed") == len(users)

    spent.restart(lambda: None, kill=False)
    assert spent.accepted() == NONE
    assert "older copy" not in spent.server.logged()


@contextmanager
def nothing_can_be_written(server: Watchword) -> Iterator[None]:
    """Let no file of the process grow while the block runs, as on a disk that is full."""
    before = resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, before)


def is_ready(server: Watchword) -> bool:
    """Tell what the health page says."""
    host, _, port = server.ready["http"].removeprefix("http://").rpartition(":")
    with closing(http.client.HTTPConnection(host, int(port), timeout=PATIENCE)) as connection:
        connection.request("GET", "/healthz/ready")
        return connection.getresponse().status == http.client.OK


def test_where_nothing_can_be_written_rejects_leave_and_accepts_do_not(spent: Spent) -> None:
    server, nas = spent.server, spent.nas
    assert is_ready(server)

    with nothing_can_be_written(server):
        assert spent.accepted() == NONE
        assert nas.login(spent.timed, "wrong", station="198.51.100.1").rejected
        assert nas.login(spent.challenged, PASSWORD, station="198.51.100.2").rejected, "no challenge without its row"
        assert not is_ready(server)
        before = server.metric("watchword_status_requests_total", answer="silence")
        with nas.probe() as probe:
            until(
                lambda: server.metric("watchword_status_requests_total", answer="silence") > before,
                "the probe met with silence",
            )
            assert not probe.has_answer(), "so that the NAS goes to another server"
        assert server.here("user", "add", "late@example.test").code == 1

    until(lambda: is_ready(server), "it is well again")
    with nas.probe() as probe:
        assert probe.answer().accepted
    # Nothing was spent by what could not be written.
    server.ask("user", "add", "late@example.test")
    for user, password in ((spent.bypassed, PASSWORD), (spent.counted, f"{PASSWORD},{spent.hotp.code(1)}")):
        assert nas.login(user, password, station="198.51.100.9").accepted
