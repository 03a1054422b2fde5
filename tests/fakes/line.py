"""
A portal and a server on one loop, with real sockets between them: everything but the processes is as it will be.
"""

import asyncio
import io
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from types import SimpleNamespace
from typing import Any

from tests.fakes.far_world import Accounts, Hashes, Reports
from tests.fakes.world import World
from watchword.app.channel.door import Opening, Threshold
from watchword.app.channel.hub import Hub
from watchword.app.channel.parts import Caller, ChannelParts
from watchword.domain.applications import DEFAULT_GROUP
from watchword.domain.configuration import Configuration
from watchword.domain.enrolment import EnrolmentRefusal
from watchword.domain.servers import Contact, Links, Server, ServerId
from watchword.domain.statements import SessionStatement
from watchword.domain.verification import VerificationRequest
from watchword.kit.clock import SystemClock
from watchword.kit.identities import Identity, fingerprint, stated_by
from watchword.kit.randomness import SeededRandomness
from watchword.kit.signatures import digest
from watchword.kit.tasks import Tasks
from watchword.kit.telemetry import LogForm, SeldomLog, open_log
from watchword.kit.timers import Timers
from watchword.kit.websocket import FrameSocket
from watchword.upstream.portal.configuration import Obeyed
from watchword.upstream.portal.dialling import PortalAddress, Proxy
from watchword.upstream.portal.keeping import Kept
from watchword.upstream.portal.link import Means
from watchword.upstream.portal.requests import Requests
from watchword.upstream.portal.verifier import FarVerifier
from watchword.web.channel.served import Calls, ChannelSurroundings
from watchword.wire.channel.messages import Listener, Load

SERVER = b"i" * 16


class Secrets:
    """A server's links, in memory."""

    def __init__(self) -> None:
        self.shown, self.drawn = b"1" * 32, b"2" * 32
        self.sessions = 0

    def open(self) -> tuple[bytes, bytes]:
        return self.shown, digest(self.drawn)

    def opened(self) -> None:
        self.sessions += 1
        self.shown, self.drawn = self.drawn, digest(self.drawn)


class NoFile:
    """Keeps no snapshot."""

    def load(self) -> None:
        return None

    def keep(self, body: bytes, signature: bytes) -> None:
        pass

    def forget(self) -> None:
        pass


class Doors:
    """Lets one server in, by its key."""

    def __init__(self, portal: Identity, key: bytes) -> None:
        self.portal, self.key = portal, key
        self.refusal: EnrolmentRefusal | None = None
        self.openings: list[Opening] = []

    async def admit(self, opening: Opening) -> Caller | EnrolmentRefusal:
        self.openings.append(opening)
        statement = SessionStatement(
            portal=fingerprint(self.portal.public),
            nonce=opening.nonce,
            server=ServerId(opening.server),
            shown=digest(opening.shown),
            drawn=opening.drawn,
            at=opening.at,
        )
        if not stated_by(self.key, statement.canonical(), opening.signature):
            return EnrolmentRefusal.PROOF
        return self.refusal or Caller(id=opening.server, name="vpn-mfa-1", group=DEFAULT_GROUP)


def server_known(**fields: Any) -> Server:
    """Return what a portal knows of a server whose key is new."""
    known = Server(
        id=ServerId(SERVER),
        name="vpn-mfa-1",
        group=DEFAULT_GROUP,
        public_key=bytes(32),
        links=Links(current=None),
        activated_at=0,
        key_since=1 << 60,
    )
    return replace(known, **fields)


class Heard:
    """Takes note of when servers were heard."""

    def __init__(self) -> None:
        self.last: dict[ServerId, Contact] = {}
        self.known: Server | None = server_known()

    def all(self) -> Mapping[ServerId, Contact]:
        return self.last

    async def heard(self, server: ServerId, contact: Contact) -> Server | None:
        self.last[server] = contact
        return self.known


class Said:
    """What beats say."""

    version, host = "0.1.0", "vpn-mfa-1.example.com"

    def load(self) -> Load:
        return Load(waiting=3)

    def listeners(self) -> tuple[Listener, ...]:
        return (Listener(protocol="radius", host="127.0.0.1", port=1812),)


class Bench:
    """What both stand on: one loop, the machine's clock, and a log that is kept."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.clock = SystemClock()
        self.faults: list[str] = []
        self.text = io.StringIO()
        self.log = SeldomLog(open_log(clock=self.clock, stream=self.text, form=LogForm.JSON), clock=self.clock)
        self.tasks = Tasks(fault=self.fault)
        self.timers = Timers(clock=self.clock, later=self.loop.call_later, fault=self.fault)

    def fault(self, where: str) -> None:
        self.faults.append(where)


class PortalEnd:
    """A portal that servers call."""

    def __init__(self, bench: Bench, *, world: World | None = None, replicas: Any = None) -> None:
        self.bench = bench
        self.replicas = replicas
        self.world = world or World()
        self.identity = Identity.new(SeededRandomness(7))
        self.server_key = Identity.new(SeededRandomness(8))
        self.boot = b"B" * 16
        self.hashes, self.reports, self.accounts, self.heard = Hashes(), Reports(), Accounts(), Heard()
        self.portals: tuple[str, ...] = ()
        self.doors = Doors(self.identity, self.server_key.public)
        self.hub = self.make_hub()
        self.sockets: set[FrameSocket] = set()
        self.port = 0

    def make_hub(self) -> Hub:
        parts = ChannelParts(
            verifier=lambda _caller: self.world.service,
            accounting=lambda _caller: self.accounts,
            passwords=self.hashes,
            reports=self.reports,
            configuration=self.world.configuration,
            proof_keys=self.world.proof_keys,
            clock=self.world.clock,
            fault=self.bench.fault,
            portals=self.portals,
        )
        return Hub(
            parts,
            identity=self.identity,
            contacts=self.heard,
            timers=self.bench.timers,
            tasks=self.bench.tasks,
            replicas=self.replicas,
        )

    def restart(self) -> None:
        """Be another run of the portal: nothing that was asked is known."""
        self.hub.close("stopping")
        self.boot = b"C" * 16
        self.hub = self.make_hub()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[int]:
        """Listen, and yield the port."""
        calls = Calls(
            ChannelSurroundings(
                threshold=lambda: Threshold(self.identity, boot=self.boot, randomness=SeededRandomness(9)),
                doorkeeper=self.doors,
                hub=self.hub,
                tasks=self.bench.tasks,
                log=self.bench.log,
            )
        )
        state = SimpleNamespace(connections=self.sockets)
        made = partial(calls, config=None, server_state=state, app_state=None)
        server = await self.bench.loop.create_server(made, "127.0.0.1", self.port)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self.port
        finally:
            server.close()
            for one in tuple(self.sockets):
                one.abort()


class ServerEnd:
    """A server that calls a portal."""

    def __init__(
        self, bench: Bench, portal: PortalEnd, *, ports: tuple[int, ...] = (), proxy: Proxy | None = None
    ) -> None:
        self.bench = bench
        self.server, self.identity, self.portal = SERVER, portal.server_key, portal.identity.public
        self.links = Secrets()
        self.configurations: list[Configuration] = []
        self.renewals: list[bytes] = []
        self.away: list[VerificationRequest] = []
        self.requests = Requests(clock=bench.clock, timers=bench.timers)
        self.obeyed = Obeyed(portal=self.portal, server=SERVER, swap=self.configurations.append, file=NoFile())
        self.verifier = FarVerifier(self.requests, clock=bench.clock, away=self.away.append)
        own = [f"http://127.0.0.1:{port}" for port in ports or (portal.port,)]
        self.kept = Kept(
            self,
            lambda: [PortalAddress.read(url) for url in dict.fromkeys((*own, *self.obeyed.portals))],
            requests=self.requests,
            obeyed=self.obeyed,
            said=Said(),
            means=Means(clock=bench.clock, randomness=SeededRandomness(3), loop=bench.loop),
            proxy=proxy,
            log=bench.log,
            renew=lambda: self.renewals.append(self.server),
        )
        self.task = bench.tasks.start(self.kept.run(self.pause), name="server")

    async def pause(self, seconds: float) -> None:
        """Wait a hundredth of it."""
        over = asyncio.Event()
        self.bench.loop.call_later(seconds / 100, over.set)
        await over.wait()
