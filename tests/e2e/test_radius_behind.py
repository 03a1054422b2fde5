"""
FreeRADIUS as the server behind us, over real sockets.

What it grants, what it refuses, and what happens where it hangs, is stopped, loses datagrams or is impersonated.
"""

import asyncio
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

import pytest

from tests.rigs.freeradius import HOST, PASSWORD, SECRET, FreeRadius, free_udp_port, run_freeradius
from tests.rigs.slapd import BASE, SERVICE_DN, SERVICE_PASSWORD, Slapd, run_slapd
from watchword.domain.applications import Application, ApplicationId, DirectoryId, PrimaryKind
from watchword.domain.configuration import Configuration
from watchword.domain.directories import Directory, LdapDirectory, RadiusDirectory
from watchword.domain.secrets import Secret
from watchword.domain.verification import PrimaryResult, PrimaryVerdict
from watchword.kit.clock import NANOSECONDS, SystemClock
from watchword.kit.randomness import SystemRandomness
from watchword.kit.tasks import Tasks
from watchword.kit.timers import Timers
from watchword.kit.workers import Workers
from watchword.ports.login import PrimaryAttempt
from watchword.upstream.primary.chain import Primaries
from watchword.upstream.primary.connect import Connector
from watchword.upstream.primary.datagrams import Names
from watchword.upstream.primary.local import LocalPasswords
from watchword.wire.radius.packet import Code, Packet, decode
from watchword.wire.radius.shared_secret import SharedSecret

pytestmark = pytest.mark.needs("freeradius")

STATION: Final = "203.0.113.7"
FILTER_ID, CLASS, FRAMED_ADDRESS, REPLY_MESSAGE, SESSION_TIMEOUT, VENDOR_SPECIFIC = 11, 25, 8, 18, 27, 26


@pytest.fixture(scope="module")
def freeradius(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FreeRadius]:
    with run_freeradius(tmp_path_factory.mktemp("freeradius")) as server:
        yield server


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FreeRadius]:
    with run_freeradius(tmp_path_factory.mktemp("second")) as server:
        yield server


@pytest.fixture(scope="module")
def slapd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slapd]:
    with run_slapd(tmp_path_factory.mktemp("slapd")) as server:
        yield server


class FirstStep:
    """The first step as the product puts it together, on this test's loop."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.clock = SystemClock()
        self.faults: list[str] = []
        self.timers = Timers(clock=self.clock, later=self.loop.call_later, fault=self.fault)
        self.workers = Workers(name="test", threads=1, waiting=4, wake=self.loop.call_soon_threadsafe, fault=self.fault)
        self.tasks = Tasks(fault=self.fault)
        self.directories: dict[DirectoryId, Directory] = {}
        self.primaries = Primaries(
            configuration=lambda: Configuration(directories=self.directories),
            local=LocalPasswords(
                password_hash=lambda _, done: done(None), workers=self.workers, clock=self.clock, timers=self.timers
            ),
            connect=Connector(
                loop=self.loop,
                resolve=Names(self.workers).resolve,
                clock=self.clock,
                timers=self.timers,
                tasks=self.tasks,
                randomness=SystemRandomness(),
            ),
            clock=self.clock,
            timers=self.timers,
            fault=self.fault,
        )

    def fault(self, where: str) -> None:
        self.faults.append(f"{where}: {sys.exc_info()[1]!r}")

    def add(
        self, port: int, *, timeout: float = 5, tries: int = 2, secret: bytes = SECRET, host: str = HOST
    ) -> DirectoryId:
        """Configure a RADIUS server behind."""
        made = DirectoryId(len(self.directories).to_bytes(16, "big"))
        self.directories[made] = RadiusDirectory(
            id=made,
            name=f"behind-{len(self.directories)}",
            host=host,
            port=port,
            secret=Secret(secret),
            timeout=timeout,
            tries=tries,
        )
        return made

    def add_ldap(self, slapd: Slapd) -> DirectoryId:
        """Configure an LDAP directory."""
        made = DirectoryId(len(self.directories).to_bytes(16, "big"))
        self.directories[made] = LdapDirectory(
            id=made,
            name="ldap",
            url=slapd.url,
            base=BASE,
            bind_dn=SERVICE_DN,
            bind_password=Secret(SERVICE_PASSWORD.encode()),
        )
        return made

    async def check(
        self, *directories: DirectoryId, name: str = "alice", password: str = PASSWORD, seconds: float = 30
    ) -> PrimaryResult:
        answered: asyncio.Future[PrimaryResult] = self.loop.create_future()
        attempt = PrimaryAttempt(
            application=Application(
                id=ApplicationId(bytes(16)), name="vpn", primary=PrimaryKind.RADIUS, directories=directories
            ),
            user_name=name,
            user=None,
            password=Secret(password.encode()),
            client="192.0.2.9",
            source=STATION,
            deadline=self.clock.monotonic() + int(seconds * NANOSECONDS),
        )
        self.primaries.check(attempt, answered.set_result)
        async with asyncio.timeout(60):
            return await answered


@pytest.fixture
async def first_step() -> AsyncIterator[FirstStep]:
    first_step = FirstStep()
    yield first_step
    first_step.primaries.close()
    await first_step.tasks.stop()
    first_step.workers.close()
    assert first_step.faults == []


@contextmanager
def deaf_server() -> Iterator[socket.socket]:
    """Take datagrams in and never answer one."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as deaf:
        deaf.bind((HOST, 0))
        deaf.setblocking(False)  # noqa: FBT003 - the standard library's way
        yield deaf


def taken_in(deaf: socket.socket) -> list[bytes]:
    """Return what a deaf server was sent."""
    datagrams = []
    while True:
        try:
            datagrams.append(deaf.recv(4_096))
        except BlockingIOError:
            return datagrams


class Relay(asyncio.DatagramProtocol):
    """
    Stands between the client and FreeRADIUS, as an attacker on the way does.

    `there` and `back` turn each datagram into those that are passed on.
    """

    def __init__(self, port: int) -> None:
        self.there: Callable[[bytes], list[bytes]] = lambda datagram: [datagram]
        self.back: Callable[[bytes], list[bytes]] = lambda datagram: [datagram]
        self.requests: list[Packet] = []
        self.clients: dict[int, tuple[str, int]] = {}
        self.behind = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.behind.connect((HOST, port))
        self.behind.setblocking(False)  # noqa: FBT003 - as above
        self.loop = asyncio.get_running_loop()
        self.loop.add_reader(self.behind, self._answered)
        self.port = 0
        self.transport: asyncio.DatagramTransport | None = None

    async def open(self) -> None:
        self.transport, _ = await self.loop.create_datagram_endpoint(lambda: self, local_addr=(HOST, 0))
        self.port = self.transport.get_extra_info("sockname")[1]

    def close(self) -> None:
        self.loop.remove_reader(self.behind)
        self.behind.close()
        if self.transport is not None:
            self.transport.close()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.requests.append(decode(data))
        self.clients[data[1]] = addr
        for datagram in self.there(data):
            self.behind.send(datagram)

    def _answered(self) -> None:
        answer = self.behind.recv(4_096)
        for datagram in self.back(answer):
            if self.transport is not None:
                self.transport.sendto(datagram, self.clients[answer[1]])


@pytest.fixture
async def relay(freeradius: FreeRadius) -> AsyncIterator[Relay]:
    relay = Relay(freeradius.port)
    await relay.open()
    yield relay
    relay.close()


async def test_what_an_accept_grants_is_carried_and_nothing_else(first_step: FirstStep, freeradius: FreeRadius) -> None:
    result = await first_step.check(first_step.add(freeradius.port))

    assert result.verdict is PrimaryVerdict.ACCEPTED
    assert result.by_directory
    assert dict(result.attributes) == {
        FILTER_ID: f"watchword {STATION}".encode(),
        CLASS: b"\x00\x01\xfe",
        FRAMED_ADDRESS: bytes((10, 1, 2, 3)),
        SESSION_TIMEOUT: (3_600).to_bytes(4, "big"),
        VENDOR_SPECIFIC: b"\x00\x00\x00\x09\x01\x13shell:priv-lvl=15",
    }
    assert len(result.attributes) == 5


async def test_names_and_passwords_may_be_of_any_letters(first_step: FirstStep, freeradius: FreeRadius) -> None:
    behind = first_step.add(freeradius.port)

    assert (await first_step.check(behind, name="zoë", password="pässwörd")).verdict is PrimaryVerdict.ACCEPTED
    assert (await first_step.check(behind, name="zoë", password="passwörd")).verdict is PrimaryVerdict.REJECTED


@pytest.mark.parametrize(
    ("name", "password", "detail"),
    [
        ("alice", "wrong", "Welcome"),
        ("alice", "x" * 128, "Welcome"),
        ("bob", PASSWORD, "Your account is closed."),
        ("nobody", PASSWORD, "Who are you?"),
        ("carol", PASSWORD, "asked for a step of its own. Enter the code of your other token"),
    ],
)
async def test_whom_it_does_not_accept_is_rejected_with_its_words(
    first_step: FirstStep, freeradius: FreeRadius, name: str, password: str, detail: str
) -> None:
    result = await first_step.check(first_step.add(freeradius.port), name=name, password=password)

    assert result.verdict is PrimaryVerdict.REJECTED
    assert result.detail == detail
    assert result.attributes == ()


async def test_a_wrong_password_is_one_login_at_one_server(
    first_step: FirstStep, freeradius: FreeRadius, second: FreeRadius
) -> None:
    before = freeradius.logins(), second.logins()
    result = await first_step.check(first_step.add(freeradius.port), first_step.add(second.port), password="wrong")

    assert result.verdict is PrimaryVerdict.REJECTED
    assert (freeradius.logins(), second.logins()) == (before[0] + 1, before[1])


async def test_a_name_stands_for_its_address(first_step: FirstStep, freeradius: FreeRadius) -> None:
    # `localhost` may be ::1 first, where nobody listens: its next address is taken then.
    behind = first_step.add(freeradius.port, host="localhost")
    results = [await first_step.check(behind) for _ in range(2)]

    assert results[-1].verdict is PrimaryVerdict.ACCEPTED


async def test_a_server_that_hangs_costs_its_own_time_and_the_next_one_is_asked(
    first_step: FirstStep, freeradius: FreeRadius
) -> None:
    with deaf_server() as deaf:
        hung = first_step.add(deaf.getsockname()[1], timeout=0.3, tries=3)
        working = first_step.add(freeradius.port)
        started = time.monotonic()
        waiting = asyncio.gather(first_step.check(hung, working), first_step.check(hung, working, name="zoë"))
        other = await first_step.check(working)
        assert other.verdict is PrimaryVerdict.ACCEPTED
        assert time.monotonic() - started < 0.3

        results = await waiting
        assert 0.9 <= time.monotonic() - started < 3
        assert [result.verdict for result in results] == [PrimaryVerdict.ACCEPTED, PrimaryVerdict.REJECTED]
        assert [result.checked_by for result in results] == ["behind-1", "behind-1"]
        sent = taken_in(deaf)
        assert len(sent) == 6
        assert len(set(sent)) == 2

        again = await first_step.check(hung, working)
        assert again.verdict is PrimaryVerdict.ACCEPTED
        assert taken_in(deaf) == []  # It was away a moment ago.

        alone = await first_step.check(hung)
        assert alone.verdict is PrimaryVerdict.AWAY
        assert alone.detail == "no answer came"
        assert len(taken_in(deaf)) == 3


async def test_a_server_that_is_stopped_is_passed_over_at_once(first_step: FirstStep, freeradius: FreeRadius) -> None:
    stopped = first_step.add(free_udp_port(), timeout=10, tries=3)
    result = await first_step.check(stopped, first_step.add(freeradius.port), seconds=50)

    assert result.verdict is PrimaryVerdict.ACCEPTED
    assert result.detail == "behind-0: Connection refused"


async def test_a_server_that_was_started_again_is_used_again(first_step: FirstStep, tmp_path: Path) -> None:
    port = free_udp_port()
    behind = first_step.add(port)
    assert (await first_step.check(behind)).verdict is PrimaryVerdict.AWAY

    with run_freeradius(tmp_path, port=port):
        assert (await first_step.check(behind)).verdict is PrimaryVerdict.ACCEPTED


async def test_another_secret_gets_no_answer(first_step: FirstStep, freeradius: FreeRadius) -> None:
    behind = first_step.add(freeradius.port, secret=b"not the secret of that server", timeout=0.3, tries=1)
    result = await first_step.check(behind)

    assert result.verdict is PrimaryVerdict.AWAY


@pytest.mark.parametrize("password", [PASSWORD, "wrong"])
async def test_a_server_whose_answers_are_unsigned_decides_nothing(
    first_step: FirstStep, tmp_path: Path, password: str
) -> None:
    with run_freeradius(tmp_path, signed=False) as unsigned:
        result = await first_step.check(first_step.add(unsigned.port, timeout=0.3, tries=1), password=password)

        assert unsigned.logins() == 1
        assert result.verdict is PrimaryVerdict.AWAY
        assert result.detail == "an answer came that does not count: no-message-authenticator"
        assert result.attributes == ()


async def test_a_reject_that_was_made_an_accept_on_the_way_is_not_believed(first_step: FirstStep, relay: Relay) -> None:
    secret = SharedSecret(SECRET)

    def forge(answer: bytes) -> list[bytes]:
        # What a collision of MD5 gives whoever sits on the way (CVE-2024-3596): a right Response Authenticator over a
        # packet that was never sent, but no right Message-Authenticator.
        request = next(packet for packet in relay.requests if packet.identifier == answer[1])
        head = bytes((Code.ACCESS_ACCEPT, answer[1], 0, 20))
        plain = head + secret.digest(head + request.authenticator)
        head = bytes((Code.ACCESS_ACCEPT, answer[1])) + answer[2:4]
        signed = head + secret.digest(head + request.authenticator + answer[20:]) + answer[20:]
        return [plain, signed, answer]

    relay.back = forge
    result = await first_step.check(first_step.add(relay.port), password="wrong")

    assert result.verdict is PrimaryVerdict.REJECTED
    assert len(relay.requests) == 1


async def test_the_answer_to_somebody_elses_request_is_not_believed(first_step: FirstStep, relay: Relay) -> None:
    kept: list[bytes] = []

    def keep(answer: bytes) -> list[bytes]:
        kept.append(answer)
        return [bytes((first[0], answer[1])) + first[2:] for first in kept[:1]] + [answer]

    relay.back = keep
    behind = first_step.add(relay.port)
    assert (await first_step.check(behind)).verdict is PrimaryVerdict.ACCEPTED
    assert (await first_step.check(behind, password="wrong")).verdict is PrimaryVerdict.REJECTED


@pytest.mark.parametrize("lost", ["there", "back"])
async def test_a_lost_datagram_is_sent_again_and_is_still_one_login(
    first_step: FirstStep, relay: Relay, freeradius: FreeRadius, lost: str
) -> None:
    before = freeradius.logins()
    seen: list[bytes] = []

    def drop_the_first(datagram: bytes) -> list[bytes]:
        seen.append(datagram)
        return [] if len(seen) == 1 else [datagram]

    setattr(relay, lost, drop_the_first)
    result = await first_step.check(first_step.add(relay.port, timeout=0.3, tries=5), password="wrong")

    assert result.verdict is PrimaryVerdict.REJECTED
    assert len({packet.octets for packet in relay.requests}) == 1
    assert len(relay.requests) >= 2
    assert freeradius.logins() == before + 1


async def test_six_hundred_at_once_are_each_answered_for_themselves(
    first_step: FirstStep, freeradius: FreeRadius
) -> None:
    behind = first_step.add(freeradius.port, timeout=1, tries=9)
    passwords = [PASSWORD if number % 3 else f"wrong-{number}" for number in range(600)]
    results = await asyncio.gather(*(first_step.check(behind, password=password) for password in passwords))

    assert [result.verdict is PrimaryVerdict.ACCEPTED for result in results] == [
        password == PASSWORD for password in passwords
    ]
    assert {result.verdict for result in results} == {PrimaryVerdict.ACCEPTED, PrimaryVerdict.REJECTED}


async def test_a_directory_that_is_removed_while_it_is_asked_is_away(first_step: FirstStep) -> None:
    with deaf_server() as deaf:
        hung = first_step.add(deaf.getsockname()[1], timeout=10)
        waiting = asyncio.gather(first_step.check(hung))
        first_step.loop.call_soon(first_step.primaries.follow, Configuration())
        (result,) = await waiting

    assert result.verdict is PrimaryVerdict.AWAY


@pytest.mark.needs("slapd")
@pytest.mark.parametrize(
    ("name", "password", "verdict", "checked_by", "asked"),
    [
        ("alice", PASSWORD, PrimaryVerdict.ACCEPTED, "ldap", 0),
        ("alice", "wrong", PrimaryVerdict.REJECTED, "ldap", 0),
        ("dave", PASSWORD, PrimaryVerdict.ACCEPTED, "behind-1", 1),
        ("dave", "wrong", PrimaryVerdict.REJECTED, "behind-1", 1),
    ],
)
async def test_whom_the_ldap_directory_does_not_know_the_radius_server_is_asked_for(
    first_step: FirstStep,
    slapd: Slapd,
    freeradius: FreeRadius,
    name: str,
    password: str,
    verdict: PrimaryVerdict,
    checked_by: str,
    asked: int,
) -> None:
    before = freeradius.logins()
    ldap, behind = first_step.add_ldap(slapd), first_step.add(freeradius.port)
    result = await first_step.check(ldap, behind, name=name, password=password)

    assert result.verdict is verdict
    assert result.checked_by == checked_by
    assert result.by_directory
    assert freeradius.logins() == before + asked
