"""
An LDAP directory in memory, played with the codec's own server session.
"""

import asyncio
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Final

from tests.unit.upstream.primary.doubles import World, attempt
from watchword.domain.applications import DirectoryId
from watchword.domain.directories import LdapDirectory
from watchword.domain.secrets import Secret
from watchword.domain.verification import PrimaryResult
from watchword.kit.tasks import Tasks
from watchword.upstream.primary.ldap import LdapBinds
from watchword.upstream.primary.ldap_connection import Broken, Connection, Endpoint
from watchword.wire.ldap.messages import (
    Attribute,
    BindRequest,
    BindResponse,
    Request,
    Response,
    SearchRequest,
    SearchResultDone,
    SearchResultEntry,
    SimpleAuthentication,
    UnbindRequest,
)
from watchword.wire.ldap.results import LdapResult, ResultCode
from watchword.wire.ldap.server import LdapServer

SERVICE: Final = "cn=service,dc=example,dc=test"
SERVICE_PASSWORD: Final = "service-password"
ALICE: Final = "cn=alice,dc=example,dc=test"
PASSWORD: Final = "correct horse"
UUID: Final = b"f0bc47ae-7c0d-1041-952c-85dd87566b7d"

SUCCESS: Final = LdapResult(code=ResultCode.SUCCESS)
WRONG: Final = LdapResult(code=ResultCode.INVALID_CREDENTIALS)
ENTRY: Final = SearchResultEntry(name=ALICE, attributes=(Attribute(type="entryUUID", values=(UUID,)),))
DONE: Final = SearchResultDone(result=SUCCESS)

Answering = Callable[[Request], tuple[Response, ...] | None]
"""What a directory answers to a request; None for nothing at all."""


class Turn:
    """One turn of the loop."""

    def __await__(self) -> Generator[None, None, None]:
        yield


async def turns(count: int = 20) -> None:
    """Let everything happen that can happen without time passing."""
    for _ in range(count):
        await Turn()


def wellbehaved(request: Request) -> tuple[Response, ...]:
    """Answer as a directory does that has one service account and alice."""
    match request:
        case BindRequest(name=name, authentication=SimpleAuthentication(password=password)):
            right = {SERVICE: SERVICE_PASSWORD.encode(), ALICE: PASSWORD.encode()}.get(name) == password
            return (BindResponse(result=SUCCESS if right else WRONG),)
        case SearchRequest():
            return (ENTRY, DONE)
        case _:
            return ()


@dataclass(eq=False)
class Link(asyncio.Transport):
    """One connection's wire, and the directory's end of it."""

    directory: "FakeLdap"
    connection: Connection
    session: LdapServer = field(default_factory=LdapServer)
    requests: list[Request] = field(default_factory=list)
    closed: bool = False
    aborted: bool = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self.closed
        for message in self.session.receive(bytes(data)):
            request = message.operation
            assert isinstance(request, Request)
            self.requests.append(request)
            self.directory.requests.append(request)
            if not isinstance(request, UnbindRequest):
                self._answer(message.message_id, request)

    def _answer(self, message_id: int, request: Request) -> None:
        answers = self.directory.answering(request)
        octets = b"".join(self.session.respond(message_id, answer) for answer in answers or ())
        if octets:
            self.say(octets)

    def say(self, octets: bytes) -> None:
        """Let the client receive something."""
        asyncio.get_running_loop().call_soon(self._deliver, octets)

    def _deliver(self, octets: bytes) -> None:
        if not self.closed:
            self.connection.data_received(octets)

    def hang_up(self, error: Exception | None = None) -> None:
        """Close the connection from the directory's end."""
        self.closed = True
        self.connection.connection_lost(error)

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            asyncio.get_running_loop().call_soon(self.connection.connection_lost, None)

    def abort(self) -> None:
        self.aborted = True
        self.close()


class FakeLdap:
    """A directory, and a client of it."""

    def __init__(self, *, timeout: float = 3.0, service: bool = True, user_filter: str = "") -> None:
        self.world = World()
        self.answering: Answering = wellbehaved
        self.links: list[Link] = []
        self.requests: list[Request] = []
        self.unreachable = ""
        self.tasks = Tasks(fault=self.world.fault)
        self.client = LdapBinds(
            LdapDirectory(
                id=DirectoryId(b"d" * 16),
                name="people",
                url="ldap://192.0.2.1",
                base="dc=example,dc=test",
                bind_dn=SERVICE if service else "",
                bind_password=Secret(SERVICE_PASSWORD.encode()) if service else None,
                user_filter=user_filter,
                timeout=timeout,
            ),
            dial=self.dial,
            clock=self.world.clock,
            timers=self.world.timers,
            tasks=self.tasks,
        )

    async def dial(self, endpoint: Endpoint) -> Connection:
        assert (endpoint.host, endpoint.port) == ("192.0.2.1", 389)
        if self.unreachable:
            raise Broken(self.unreachable)
        connection = Connection(secure=False)
        link = Link(self, connection)
        self.links.append(link)
        connection.connection_made(link)
        return connection

    def begin(
        self, *, name: str = "alice", password: str = PASSWORD, seconds: float = 50
    ) -> "asyncio.Future[PrimaryResult]":
        """Begin a check."""
        told: asyncio.Future[PrimaryResult] = asyncio.get_running_loop().create_future()
        self.client.check(attempt(self.world, name=name, password=password, seconds=seconds), told.set_result)
        return told

    async def check(self, *, name: str = "alice", password: str = PASSWORD) -> PrimaryResult:
        """Check a password, without time passing."""
        told = self.begin(name=name, password=password)
        await turns()
        return told.result()

    async def pass_time(self, seconds: float) -> None:
        """Let time pass, and everything happen that happens then."""
        step = 0.1 if seconds < 5 else 1.0
        for _ in range(round(seconds / step)):
            self.world.advance(step)
            await turns()

    @property
    def open_links(self) -> list[Link]:
        """Connections that are not closed."""
        return [link for link in self.links if not link.closed]

    def binds_as(self, name: str) -> int:
        """Count the binds under a name."""
        return sum(isinstance(request, BindRequest) and request.name == name for request in self.requests)
