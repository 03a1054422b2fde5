"""
The client of an LDAP directory against a real slapd and a real Active Directory (Samba).

In the clear, with LDAPS and with StartTLS, on asyncio's own loop and on uvloop.
"""

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest
import uvloop

from tests.rigs import samba as ad
from tests.rigs.certificates import make_server_certificate
from tests.rigs.samba import Samba
from tests.rigs.slapd import AWKWARD, BASE, HOST, PASSWORD, SERVICE_DN, SERVICE_PASSWORD, Slapd
from watchword.domain.applications import Application, ApplicationId, DirectoryId, PrimaryKind
from watchword.domain.directories import LdapDirectory
from watchword.domain.secrets import Secret
from watchword.domain.verification import PrimaryResult, PrimaryVerdict
from watchword.kit.clock import NANOSECONDS, SystemClock
from watchword.kit.tasks import Tasks
from watchword.kit.timers import Timers
from watchword.kit.workers import Workers
from watchword.ports.login import PrimaryAttempt
from watchword.upstream.primary.datagrams import Names
from watchword.upstream.primary.ldap import LdapBinds
from watchword.upstream.primary.ldap_connection import Dialler

APPLICATION: Final = Application(id=ApplicationId(bytes(16)), name="vpn", primary=PrimaryKind.LDAP)
ALICE: Final = f"cn=0,ou=people,{BASE}"

needs_slapd = pytest.mark.needs("slapd", "slapadd")
needs_samba = pytest.mark.needs("samba", "samba-tool")


class Logins:
    """Clients of directories as the product makes them, on a loop that runs while a test waits."""

    def __init__(self, runner: asyncio.Runner) -> None:
        self.runner = runner
        self.faults: list[str] = []
        self.clock = SystemClock()
        self.clients: list[LdapBinds] = []
        loop = runner.get_loop()
        self.timers = Timers(clock=self.clock, later=loop.call_later, fault=self.fault)
        self.tasks = Tasks(fault=self.fault)
        self.workers = Workers(name="test", threads=1, waiting=4, wake=loop.call_soon_threadsafe, fault=self.fault)

    def fault(self, where: str) -> None:
        self.faults.append(f"{where}: {sys.exc_info()[1]!r}")

    def client(self, directory: LdapDirectory) -> LdapBinds:
        dial = Dialler(Names(self.workers).resolve)
        client = LdapBinds(directory, dial=dial, clock=self.clock, timers=self.timers, tasks=self.tasks)
        self.clients.append(client)
        return client

    async def login(
        self, client: LdapBinds, name: str, password: str | bytes = PASSWORD, *, seconds: float = 30
    ) -> PrimaryResult:
        told: asyncio.Future[PrimaryResult] = asyncio.get_running_loop().create_future()
        attempt = PrimaryAttempt(
            application=APPLICATION,
            user_name=name,
            user=None,
            password=Secret(password.encode() if isinstance(password, str) else password),
            client="192.0.2.9",
            source=None,
            deadline=self.clock.monotonic() + int(seconds * NANOSECONDS),
        )
        client.check(attempt, told.set_result)
        async with asyncio.timeout(60):
            return await told

    def check(self, client: LdapBinds, name: str, password: str | bytes = PASSWORD) -> PrimaryResult:
        return self.run(self.login(client, name, password))

    def run(self, work: Coroutine[object, object, PrimaryResult]) -> PrimaryResult:
        return self.runner.run(work)

    def close(self) -> None:
        async def end() -> None:
            for client in self.clients:
                client.close()
            await self.tasks.stop()
            # Connections that are being closed take a few turns of the loop to say goodbye.
            await asyncio.sleep(0.05)

        self.runner.run(end())
        self.workers.close()
        assert self.faults == []


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def logins(request: pytest.FixtureRequest) -> Iterator[Logins]:
    factory: Callable[[], asyncio.AbstractEventLoop] = request.param
    with asyncio.Runner(loop_factory=factory) as runner:
        logins = Logins(runner)
        yield logins
        logins.close()


def at_slapd(  # noqa: PLR0913 - a directory is many values
    server: Slapd,
    kind: str = "ldap",
    *,
    user_filter: str = "",
    base: str = BASE,
    bind_dn: str = SERVICE_DN,
    bind_password: str = SERVICE_PASSWORD,
    timeout: float = 5,
    authority: Path | None = None,
    host: str = HOST,
) -> LdapDirectory:
    port = server.tls_port if kind == "ldaps" else server.port
    return LdapDirectory(
        id=DirectoryId(b"d" * 16),
        name="people",
        url=f"{'ldaps' if kind == 'ldaps' else 'ldap'}://{host}:{port}",
        base=base,
        bind_dn=bind_dn,
        bind_password=Secret(bind_password.encode()) if bind_password else None,
        user_filter=user_filter,
        start_tls=kind == "start-tls",
        ca="" if kind == "ldap" else (authority or server.authority).read_text(),
        timeout=timeout,
    )


def at_samba(controller: Samba, kind: str) -> LdapDirectory:
    return LdapDirectory(
        id=DirectoryId(b"s" * 16),
        name="ad",
        url=controller.tls_url if kind == "ldaps" else controller.url,
        base=ad.BASE,
        bind_dn=controller.dn("service"),
        bind_password=Secret(ad.PASSWORD.encode()),
        start_tls=kind == "start-tls",
        ca="" if kind == "ldap" else controller.authority.read_text(),
        timeout=10,
    )


# --- OpenLDAP ---------------------------------------------------------------------------------------------------------


@needs_slapd
@pytest.mark.parametrize("kind", ["ldap", "ldaps", "start-tls"])
def test_a_right_password_is_accepted_and_a_wrong_one_rejected(logins: Logins, slapd: Slapd, kind: str) -> None:
    client = logins.client(at_slapd(slapd, kind))

    right, wrong, again = (logins.check(client, "alice", password) for password in (PASSWORD, "wrong", PASSWORD))

    assert [result.verdict for result in (right, wrong, again)] == [
        PrimaryVerdict.ACCEPTED,
        PrimaryVerdict.REJECTED,
        PrimaryVerdict.ACCEPTED,
    ]
    assert right.checked_by == "people"
    assert right.by_directory
    assert right.directory_id is not None
    assert len(right.directory_id) == 36
    assert right.directory_id == wrong.directory_id == again.directory_id
    assert right.detail == wrong.detail == ""


@needs_slapd
def test_a_wrong_password_is_one_bind_and_searching_takes_one_for_all(logins: Logins, slapd: Slapd) -> None:
    before = slapd.binds(ALICE), slapd.binds(SERVICE_DN)
    client = logins.client(at_slapd(slapd))

    for _ in range(3):
        assert logins.check(client, "alice", "wrong").verdict is PrimaryVerdict.REJECTED

    assert (slapd.binds(ALICE), slapd.binds(SERVICE_DN)) == (before[0] + 3, before[1] + 1)


@needs_slapd
@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("alice", PrimaryVerdict.ACCEPTED),
        ("ALICE", PrimaryVerdict.ACCEPTED),
        ("zoë", PrimaryVerdict.ACCEPTED),
        (AWKWARD, PrimaryVerdict.ACCEPTED),
        ("alice@example.test", PrimaryVerdict.ACCEPTED),
        ("EXAMPLE\\alice", PrimaryVerdict.ACCEPTED),
        ("alice@other.test", PrimaryVerdict.UNKNOWN),
        ("OTHER\\alice", PrimaryVerdict.UNKNOWN),
        ("nobody", PrimaryVerdict.UNKNOWN),
        ("*", PrimaryVerdict.UNKNOWN),
        ("al*", PrimaryVerdict.UNKNOWN),
        ("alice)(uid=*", PrimaryVerdict.UNKNOWN),
        ("*)(|(uid=*", PrimaryVerdict.UNKNOWN),
        (r"\2a", PrimaryVerdict.UNKNOWN),
        ("alice\0", PrimaryVerdict.UNKNOWN),
        ("\udcff", PrimaryVerdict.UNKNOWN),
        ("{username}", PrimaryVerdict.UNKNOWN),
    ],
)
def test_a_name_means_one_entry_or_nobody(logins: Logins, slapd: Slapd, name: str, verdict: PrimaryVerdict) -> None:
    result = logins.check(logins.client(at_slapd(slapd)), name)

    assert result.verdict is verdict
    assert result.by_directory is (verdict is PrimaryVerdict.ACCEPTED)


@needs_slapd
@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("alice@example.test", PrimaryVerdict.ACCEPTED),
        ("shared@example.test", PrimaryVerdict.AMBIGUOUS),
        ("alice", PrimaryVerdict.UNKNOWN),
    ],
)
def test_the_user_filter_says_what_a_name_is(logins: Logins, slapd: Slapd, name: str, verdict: PrimaryVerdict) -> None:
    client = logins.client(at_slapd(slapd, user_filter="(&(objectClass=inetOrgPerson)(mail={username}))"))

    assert logins.check(client, name).verdict is verdict


@needs_slapd
@pytest.mark.parametrize("password", ["", "\0", "\0" + PASSWORD, PASSWORD + "\0"])
def test_a_password_that_proves_nothing_is_never_sent(logins: Logins, slapd: Slapd, password: str) -> None:
    before = slapd.binds(ALICE)

    result = logins.check(logins.client(at_slapd(slapd)), "alice", password)

    assert result.verdict is PrimaryVerdict.REJECTED
    assert slapd.binds(ALICE) == before


@needs_slapd
def test_without_a_service_account_it_searches_as_nobody(logins: Logins, slapd: Slapd) -> None:
    before = slapd.binds(SERVICE_DN)
    client = logins.client(at_slapd(slapd, bind_dn="", bind_password="", base=f"ou=public,{BASE}"))

    assert logins.check(client, "guest").verdict is PrimaryVerdict.ACCEPTED
    assert logins.check(client, "guest", "wrong").verdict is PrimaryVerdict.REJECTED
    assert logins.check(client, "alice").verdict is PrimaryVerdict.UNKNOWN
    assert slapd.binds(SERVICE_DN) == before


@needs_slapd
def test_a_service_account_whose_password_is_wrong_is_not_tried_again_at_once(logins: Logins, slapd: Slapd) -> None:
    before = slapd.binds(SERVICE_DN)
    client = logins.client(at_slapd(slapd, bind_password="wrong"))

    results = [logins.check(client, "alice") for _ in range(3)]

    assert [(result.verdict, result.detail) for result in results] == [
        (PrimaryVerdict.AWAY, f"the bind as {SERVICE_DN} failed: invalid credentials (49)")
    ] * 3
    assert slapd.binds(SERVICE_DN) == before + 1


@needs_slapd
def test_a_base_that_is_not_there_is_said(logins: Logins, slapd: Slapd) -> None:
    result = logins.check(logins.client(at_slapd(slapd, base=f"ou=nowhere,{BASE}")), "alice")

    assert result.verdict is PrimaryVerdict.AWAY
    assert result.detail == "the search for the user failed: no such object (32)"


@needs_slapd
def test_a_referral_is_not_followed(logins: Logins, slapd: Slapd) -> None:
    result = logins.check(logins.client(at_slapd(slapd, base=f"ou=away,{BASE}")), "alice")

    assert result.verdict is PrimaryVerdict.AWAY
    assert result.detail == "the search for the user failed: referral (10)"


@needs_slapd
@pytest.mark.parametrize("kind", ["ldaps", "start-tls"])
def test_a_certificate_of_a_stranger_ends_it_before_any_password(
    logins: Logins, slapd: Slapd, kind: str, tmp_path: Path
) -> None:
    before = slapd.binds(SERVICE_DN)
    stranger = make_server_certificate(tmp_path, host="directory.test")

    result = logins.check(logins.client(at_slapd(slapd, kind, authority=stranger.authority)), "alice")

    assert result.verdict is PrimaryVerdict.AWAY
    assert result.detail.startswith("its certificate is not trusted: ")
    assert slapd.binds(SERVICE_DN) == before


@needs_slapd
@pytest.mark.parametrize("kind", ["ldaps", "start-tls"])
def test_a_certificate_for_another_host_ends_it_before_any_password(logins: Logins, slapd: Slapd, kind: str) -> None:
    before = slapd.binds(SERVICE_DN)

    result = logins.check(logins.client(at_slapd(slapd, kind, host="localhost")), "alice")

    assert result.verdict is PrimaryVerdict.AWAY
    assert "localhost" in result.detail
    assert slapd.binds(SERVICE_DN) == before


@needs_slapd
def test_a_directory_that_is_not_there_says_so_at_once(logins: Logins, slapd: Slapd) -> None:
    with closing(socket.create_server((HOST, 0))) as listener:
        port = listener.getsockname()[1]
    directory = at_slapd(slapd, timeout=30)
    gone = LdapDirectory(id=directory.id, name="gone", url=f"ldap://{HOST}:{port}", base=BASE, timeout=30)

    result = logins.check(logins.client(gone), "alice")

    assert (result.verdict, result.detail) == (PrimaryVerdict.AWAY, "Connection refused")


@needs_slapd
def test_a_directory_that_hangs_costs_its_own_time_and_nobody_elses(logins: Logins, slapd: Slapd) -> None:
    working = logins.client(at_slapd(slapd))
    with closing(socket.create_server((HOST, 0), backlog=16)) as silent:
        url = f"ldap://{HOST}:{silent.getsockname()[1]}"
        hung = logins.client(LdapDirectory(id=DirectoryId(b"h" * 16), name="hung", url=url, base=BASE, timeout=0.5))

        async def both() -> PrimaryResult:
            began = time.monotonic()
            waiting = [asyncio.ensure_future(logins.login(hung, "alice")) for _ in range(5)]
            other = await logins.login(working, "alice")
            assert other.verdict is PrimaryVerdict.ACCEPTED
            assert not any(one.done() for one in waiting)
            results = await asyncio.gather(*waiting)
            assert 0.5 <= time.monotonic() - began < 2
            assert len(set(results)) == 1
            return results[0]

        result = logins.run(both())

    assert (result.verdict, result.detail) == (PrimaryVerdict.AWAY, "no answer came in time")


@needs_slapd
def test_the_attempts_deadline_ends_it_earlier_than_the_time_out(logins: Logins, slapd: Slapd) -> None:
    del slapd
    with closing(socket.create_server((HOST, 0))) as silent:
        url = f"ldap://{HOST}:{silent.getsockname()[1]}"
        hung = logins.client(LdapDirectory(id=DirectoryId(b"h" * 16), name="hung", url=url, base=BASE, timeout=30))
        began = time.monotonic()

        result = logins.run(logins.login(hung, "alice", seconds=0.3))

    assert result.verdict is PrimaryVerdict.AWAY
    assert time.monotonic() - began < 2


@needs_slapd
def test_a_directory_that_froze_is_used_again_when_it_goes_on(logins: Logins, slapd: Slapd) -> None:
    client = logins.client(at_slapd(slapd, "ldaps", timeout=0.6))
    assert logins.check(client, "alice").verdict is PrimaryVerdict.ACCEPTED

    os.kill(slapd.pid, signal.SIGSTOP)
    try:
        frozen = logins.check(client, "alice")
    finally:
        os.kill(slapd.pid, signal.SIGCONT)

    assert (frozen.verdict, frozen.detail) == (PrimaryVerdict.AWAY, "no answer came in time")
    assert logins.check(client, "alice").verdict is PrimaryVerdict.ACCEPTED


@needs_slapd
def test_a_hundred_at_once_are_each_answered_for_themselves(logins: Logins, slapd: Slapd) -> None:
    before = slapd.binds(ALICE)
    client = logins.client(at_slapd(slapd, timeout=20))
    passwords = [PASSWORD if number % 3 else f"wrong-{number}" for number in range(100)]

    async def all_of_them() -> list[PrimaryResult]:
        return await asyncio.gather(*(logins.login(client, "alice", password) for password in passwords))

    results = logins.runner.run(all_of_them())

    assert [result.verdict is PrimaryVerdict.ACCEPTED for result in results] == [
        password == PASSWORD for password in passwords
    ]
    assert {result.verdict for result in results} == {PrimaryVerdict.ACCEPTED, PrimaryVerdict.REJECTED}
    assert slapd.binds(ALICE) == before + 100


@needs_slapd
def test_a_client_that_is_closed_answers_whoever_waits(logins: Logins, slapd: Slapd) -> None:
    del slapd
    with closing(socket.create_server((HOST, 0))) as silent:
        url = f"ldap://{HOST}:{silent.getsockname()[1]}"
        client = logins.client(LdapDirectory(id=DirectoryId(b"h" * 16), name="hung", url=url, base=BASE, timeout=30))

        async def closed_meanwhile() -> PrimaryResult:
            waiting = asyncio.ensure_future(logins.login(client, "alice"))
            await asyncio.sleep(0.1)
            client.close()
            return await waiting

        result = logins.run(closed_meanwhile())

    assert result.verdict is PrimaryVerdict.AWAY
    assert logins.check(client, "alice").verdict is PrimaryVerdict.AWAY


# --- Active Directory -------------------------------------------------------------------------------------------------


@needs_samba
@pytest.mark.parametrize("kind", ["ldaps", "start-tls"])
def test_active_directory_checks_a_password(logins: Logins, samba: Samba, kind: str) -> None:
    client = logins.client(at_samba(samba, kind))

    names = ("alice", "alice@example.test", "EXAMPLE\\alice")
    right = [logins.check(client, name, ad.PASSWORD) for name in names]
    wrong = logins.check(client, "alice", "wrong")

    assert [result.verdict for result in right] == [PrimaryVerdict.ACCEPTED] * len(names)
    assert (wrong.verdict, wrong.detail) == (PrimaryVerdict.REJECTED, "")
    (directory_id,) = {result.directory_id for result in (*right, wrong)}
    assert directory_id is not None
    assert len(directory_id) == 16


@needs_samba
@pytest.mark.parametrize("kind", ["ldaps", "start-tls"])
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("disabled", "the account is disabled (533)"),
        ("expired", "the account has expired (701)"),
        ("mustchange", "the password must be changed first (773)"),
    ],
)
def test_active_directory_says_what_is_wrong_with_an_account(
    logins: Logins, samba: Samba, kind: str, name: str, words: str
) -> None:
    result = logins.check(logins.client(at_samba(samba, kind)), name, ad.PASSWORD)

    assert (result.verdict, result.detail) == (PrimaryVerdict.REFUSED, words)


@needs_samba
def test_active_directory_locks_an_account(logins: Logins, samba: Samba) -> None:
    client = logins.client(at_samba(samba, "ldaps"))
    for _ in range(3):
        logins.check(client, "locked", "wrong")

    result = logins.check(client, "locked", ad.PASSWORD)

    assert (result.verdict, result.detail) == (PrimaryVerdict.REFUSED, "the account is locked (775)")


@needs_samba
def test_active_directory_takes_no_password_in_the_clear(logins: Logins, samba: Samba) -> None:
    result = logins.check(logins.client(at_samba(samba, "ldap")), "alice", ad.PASSWORD)

    assert result.verdict is PrimaryVerdict.AWAY
    assert result.detail.startswith(f"the bind as {samba.dn('service')} failed: stronger auth required (8)")
