"""
The whole listener on loopback, asked by clients that share no code with it: FreeRADIUS's radclient, and pyrad.
"""

import asyncio
import io
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from ipaddress import ip_network
from typing import Any, Final

import pyrad.client
import pyrad.dictionary
import pyrad.packet
import pytest

from tests.unit.listeners.doubles import ALLOWED, CHALLENGED, CLIENT, DENIED, World, asked, configured
from tests.unit.wire.radius.forging import SECRET
from watchword.domain.clients import Client
from watchword.domain.verification import Outcome
from watchword.listeners.radius import RadiusPort
from watchword.listeners.sockets import UdpSocket, bind
from watchword.ports.live import Listening

LOOPBACK: Final = replace(CLIENT, network=ip_network("127.0.0.0/8"))
DICTIONARY: Final = pyrad.dictionary.Dictionary(
    io.StringIO(
        """
ATTRIBUTE User-Name 1 string
ATTRIBUTE User-Password 2 string encrypt=1
ATTRIBUTE Reply-Message 18 string
ATTRIBUTE State 24 octets
ATTRIBUTE Acct-Status-Type 40 integer
ATTRIBUTE Acct-Session-Id 44 string
ATTRIBUTE Message-Authenticator 80 octets
"""
    )
)
LOGIN: Final = "User-Name = alice, User-Password = password, Proxy-State = 0x61, Message-Authenticator = 0"


@asynccontextmanager
async def served(port: Callable[[World], RadiusPort], client: Client = LOOPBACK) -> AsyncIterator[tuple[World, int]]:
    """Serve a port of a world on loopback."""
    world = World(configuration=configured(client, reject_delay=0))
    opened = UdpSocket(bind("127.0.0.1", 0), loop=asyncio.get_running_loop(), clock=world.clock, unsent=lambda: None)
    served_port = port(world)
    served_port.serve(opened)
    try:
        yield world, opened.port
    finally:
        await served_port.stop(0)


def logins(world: World) -> RadiusPort:
    return world.port


def accounts(world: World) -> RadiusPort:
    return world.accounting_port


async def radclient(port: int, kind: str, attributes: str, *options: str) -> str:
    """Let radclient ask, and return what it says."""
    command = ["-x", "-r", "1", "-t", "2", *options, f"127.0.0.1:{port}", kind, SECRET.decode()]
    process = await asyncio.create_subprocess_exec(
        "radclient",
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate(attributes.encode())
    return said.decode()


@pytest.mark.needs("radclient")
@pytest.mark.parametrize(
    ("outcome", "name"),
    [(ALLOWED, "Access-Accept"), (DENIED, "Access-Reject"), (CHALLENGED, "Access-Challenge")],
)
async def test_radclient_takes_every_answer_and_finds_its_proxy_state(outcome: Outcome, name: str) -> None:
    async with served(logins) as (world, port):
        world.login.at_once = outcome
        said = await radclient(port, "auth", LOGIN)
        # radclient drops what does not verify before it prints this.
        received = said.partition("\nReceived ")[2]

    assert received.startswith(name)
    assert received.index("Message-Authenticator") < received.index("Proxy-State = 0x61")
    assert [attempt.user_name for attempt in world.login.attempts] == ["alice"]


@pytest.mark.needs("radclient")
async def test_radclient_without_message_authenticator_gets_silence_unless_the_client_may_leave_it_out() -> None:
    unsigned = LOGIN.replace(", Message-Authenticator = 0", "").replace(", Proxy-State = 0x61", "")
    async with served(logins) as (world, port):
        world.login.at_once = ALLOWED
        assert "Received" not in await radclient(port, "auth", unsigned)
        assert world.dropped("no-message-authenticator") == 1

    async with served(logins, replace(LOOPBACK, require_message_authenticator=False)) as (world, port):
        world.login.at_once = ALLOWED
        assert "Received Access-Accept" in await radclient(port, "auth", unsigned)


@pytest.mark.needs("radclient")
async def test_radclients_retries_are_one_login_and_all_get_its_answer() -> None:
    async with served(logins) as (world, port):
        asking = asyncio.ensure_future(radclient(port, "auth", LOGIN, "-r", "10", "-t", "0.2"))  # noqa: TID251 - it is awaited
        async with asyncio.timeout(10):
            while not world.metrics.retransmissions.values:
                await turn(0.05)
            world.login.done[0](ALLOWED)
            said = await asking

    assert "Received Access-Accept" in said
    assert len(world.login.attempts) == 1


@pytest.mark.needs("radclient")
@pytest.mark.parametrize(("port_of", "name"), [(logins, "Access-Accept"), (accounts, "Accounting-Response")])
async def test_radclients_status_is_answered_on_both_ports(port_of: Callable[[World], RadiusPort], name: str) -> None:
    async with served(port_of) as (world, port):
        said = await radclient(port, "status", "Message-Authenticator = 0")
        assert f"Received {name}" in said
        world.able = False
        assert "Received" not in await radclient(port, "status", "Message-Authenticator = 0")


@pytest.mark.needs("radclient")
async def test_radclients_accounting_is_acknowledged_once_it_is_written() -> None:
    async with served(accounts) as (world, port):
        asking = asyncio.ensure_future(  # noqa: TID251 - it is awaited
            radclient(port, "acct", "User-Name = alice, Acct-Session-Id = 2a, Acct-Status-Type = Start")
        )
        async with asyncio.timeout(10):
            while not world.accounting.done:
                await turn(0.01)
        world.accounting.done[0](True)  # noqa: FBT003 - as the port has it
        assert "Received Accounting-Response" in await asking


async def turn(seconds: float) -> None:
    """Let the loop do other things for a moment, while a real client is at work."""
    later = asyncio.Event()
    asyncio.get_running_loop().call_later(seconds, later.set)
    await later.wait()


def pyrad_asks(port: int) -> list[tuple[int, Any]]:
    """Ask for a login and then answer its challenge, as pyrad does; return code and State of each answer."""
    client = pyrad.client.Client(server="127.0.0.1", authport=port, secret=SECRET, dict=DICTIONARY)
    client.timeout = 5
    answers: list[tuple[int, Any]] = []
    for password in ("password", "123456"):
        request = client.CreateAuthPacket(code=pyrad.packet.AccessRequest, User_Name="alice")
        request["User-Password"] = request.PwCrypt(password)
        if answers:
            request["State"] = answers[0][1]
        request.add_message_authenticator()
        reply = client.SendPacket(request)
        assert reply.verify_message_authenticator(original_authenticator=request.authenticator)
        answers.append((reply.code, reply["State"][0] if "State" in reply else None))
    client._CloseSocket()  # noqa: SLF001 - it has no other way
    return answers


async def test_pyrad_logs_in_through_a_challenge() -> None:
    async with served(logins) as (world, port):
        asking = asyncio.ensure_future(asyncio.to_thread(pyrad_asks, port))  # noqa: TID251 - it is awaited
        outcomes: tuple[Outcome, ...] = (CHALLENGED, ALLOWED)
        for number, outcome in enumerate(outcomes):
            async with asyncio.timeout(10):
                while len(world.login.done) <= number:
                    await turn(0.01)
            world.login.done[number](outcome)
        answers = await asking

    assert answers == [(pyrad.packet.AccessChallenge, CHALLENGED.state), (pyrad.packet.AccessAccept, None)]
    assert [attempt.typed.octets for attempt in world.login.attempts] == [b"password", b"123456"]
    assert [attempt.state for attempt in world.login.attempts] == [None, CHALLENGED.state]


async def test_what_comes_while_it_stops_is_not_read_and_what_came_before_is_answered() -> None:
    async with served(logins) as (world, port):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.settimeout(10)
            sender.connect(("127.0.0.1", port))
            sender.send(asked())
            async with asyncio.timeout(10):
                while not world.login.done:
                    await turn(0.01)
            stopping = asyncio.ensure_future(world.port.stop(10))  # noqa: TID251 - it is awaited
            await turn(0)
            sender.send(asked(number=1))
            await turn(0.1)
            world.login.done[0](ALLOWED)
            await stopping
            assert sender.recv(4096)[0] == pyrad.packet.AccessAccept
    assert len(world.login.attempts) == 1


async def test_what_is_open_is_listed_until_it_is_closed() -> None:
    async with served(logins) as (world, port):
        assert world.observations.listening() == (Listening(protocol="radius", host="127.0.0.1", port=port),)
    assert world.observations.listening() == ()


async def test_a_socket_on_the_internet_is_warned_of() -> None:
    world = World()
    opened = UdpSocket(bind("127.0.0.1", 0), loop=asyncio.get_running_loop(), clock=world.clock, unsent=lambda: None)
    opened.host = "8.8.8.8"
    world.port.serve(opened)
    await world.port.stop(0)

    assert [line["host"] for line in world.log.lines] == ["8.8.8.8"]
