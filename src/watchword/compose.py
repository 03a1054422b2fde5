"""
Puts the parts together; the only place that names implementations.

`serving` is a process that answers logins: it opens the store, serves RADIUS, and only then imports the web. `offline`
is administration on the database alone, for when nothing runs. What was opened last is closed first.
"""

import asyncio
import shutil
import socket
import ssl
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from watchword.app import demo, upkeep
from watchword.app.accounting import Accounting
from watchword.app.administration import Administration, Refusal
from watchword.app.directory import CurrentConfiguration
from watchword.app.login import Login
from watchword.app.pending import Pending
from watchword.app.proofs import PasswordProofs
from watchword.app.readiness import WatchedLedger
from watchword.app.recorder import Recorder
from watchword.app.throttles import Throttles
from watchword.app.verify.live import LiveVerifications
from watchword.app.verify.parts import Parts
from watchword.app.verify.prompting import Prompting
from watchword.app.verify.releases import Releases
from watchword.app.verify.service import VerificationService
from watchword.app.verify.turns import Turns
from watchword.config import Address, Config
from watchword.delivery.push import LongPolls
from watchword.domain.applications import DEFAULT_GROUP
from watchword.domain.secrets import Secret
from watchword.domain.servers import LOCAL_SERVER
from watchword.kit import memory
from watchword.kit.clock import NANOSECONDS, SystemClock
from watchword.kit.identifiers import Identifiers
from watchword.kit.metrics import Metrics
from watchword.kit.passwords import SALT_OCTETS, hashed
from watchword.kit.randomness import SystemRandomness
from watchword.kit.tasks import Tasks
from watchword.kit.telemetry import Faults, LogForm, SeldomLog, open_log
from watchword.kit.timers import Timers
from watchword.kit.workers import WAITING_FOR_EACH, Workers
from watchword.listeners import radius
from watchword.listeners.access import AccessService
from watchword.listeners.accounting import AccountingService
from watchword.listeners.clients import Clients
from watchword.listeners.duplicates import Room
from watchword.listeners.observations import ListenerObservations
from watchword.listeners.radius import RadiusPort
from watchword.listeners.sockets import ListenError, UdpSocket, bind
from watchword.ports.live import Listening
from watchword.ports.login import PrimaryAuthentication, StoreAway
from watchword.stores.memory import MemoryLoginCache
from watchword.stores.sqlite import Refused, SqliteStore
from watchword.upstream.primary.chain import Primaries
from watchword.upstream.primary.connect import Connector
from watchword.upstream.primary.datagrams import Names
from watchword.upstream.primary.local import LocalPasswords
from watchword.upstream.probe import UdpProbe
from watchword.web.sockets import ServeError, listen, listen_control, remove_control, tls
from watchword.web.surroundings import Surroundings as WebSurroundings

if TYPE_CHECKING:
    from watchword.web.servers import Web

DRAIN_SECONDS: Final = 10.0
"""How long a process that stops still answers what it has taken in."""

PASSWORD_THREADS: Final = 2
NAME_THREADS: Final = 4

StartError = (*Refused, ListenError, ServeError)
"""What `serving` and `offline` raise where they cannot begin: each message is one sentence for whoever starts them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """What serves, and where. `example` is what a demonstration's terminal shows."""

    http: str
    radius: Address
    accounting: Address | None
    example: tuple[str, ...] = ()


def _hash_password(randomness: SystemRandomness, password: Secret) -> str:
    return hashed(password.octets, salt=randomness.octets(SALT_OCTETS))


class Foundation:
    """What every part of a process stands on."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.clock = SystemClock()
        self.randomness = SystemRandomness()
        self.identifiers = Identifiers(clock=self.clock, randomness=self.randomness)
        self.metrics = Metrics()
        self.log = open_log(clock=self.clock, stream=sys.stderr, form=LogForm(config.log_format))
        self.seldom = SeldomLog(self.log, clock=self.clock)
        self.fault = Faults(self.seldom, count=self.metrics.faults.add)
        self.loop = asyncio.get_running_loop()
        self.timers = Timers(clock=self.clock, later=self.loop.call_later, fault=self.fault)
        self.tasks = Tasks(fault=self.fault)

    def workers(self, name: str, threads: int) -> Workers:
        """Make a pool of threads."""
        return Workers(
            name=name,
            threads=threads,
            waiting=threads * WAITING_FOR_EACH,
            wake=self.loop.call_soon_threadsafe,
            fault=self.fault,
        )

    def every(self, seconds: float, call: Callable[[], None]) -> None:
        """Call `call` again and again, as long as the process runs."""

        def run() -> None:
            self.timers.at(self.clock.monotonic() + int(seconds * NANOSECONDS), run)
            call()

        run()

    def pause(self, seconds: float) -> Awaitable[None]:
        """Wait."""
        over: asyncio.Future[None] = self.loop.create_future()

        def end() -> None:
            if not over.done():
                over.set_result(None)

        self.timers.at(self.clock.monotonic() + int(seconds * NANOSECONDS), end)
        return over


def _primaries(
    base: Foundation, store: SqliteStore, current: CurrentConfiguration, resources: AsyncExitStack
) -> Primaries:
    """Make the first step of every application."""
    passwords, names = base.workers("passwords", PASSWORD_THREADS), base.workers("names", NAME_THREADS)
    resources.callback(passwords.close)
    resources.callback(names.close)
    primaries = Primaries(
        configuration=lambda: current.value,
        local=LocalPasswords(
            password_hash=store.people.password_hash, workers=passwords, clock=base.clock, timers=base.timers
        ),
        connect=Connector(
            loop=base.loop,
            resolve=Names(names).resolve,
            clock=base.clock,
            timers=base.timers,
            tasks=base.tasks,
            randomness=base.randomness,
        ),
        clock=base.clock,
        timers=base.timers,
        fault=base.fault,
    )
    current.on_swap(primaries.follow)
    resources.callback(primaries.close)
    return primaries


def _administration(
    base: Foundation, store: SqliteStore, primary: PrimaryAuthentication, *, portal_url: str, portal: "Portal | None"
) -> Administration:
    """Return what operations may reach; `portal` is None where nothing runs."""
    return Administration(
        records=store.records,
        upkeep=store.upkeep,
        clock=base.clock,
        identifiers=base.identifiers,
        randomness=base.randomness,
        hash_password=partial(_hash_password, base.randomness),
        primary=primary,
        probe=UdpProbe(),
        portal_url=portal_url,
        free_octets=lambda: shutil.disk_usage(base.config.data).free,
        live=None if portal is None else portal.live,
        cache=None if portal is None else portal.cache,
        observations=None if portal is None else portal.observations,
    )


class Portal:
    """The verification service of a process, and everything around it."""

    def __init__(
        self, base: Foundation, store: SqliteStore, current: CurrentConfiguration, primary: PrimaryAuthentication
    ) -> None:
        self.foundation = base
        self.store = store
        self.current = current
        self.ledger = WatchedLedger(store.ledger)
        self.cache = MemoryLoginCache(clock=base.clock)
        self.polls = LongPolls(clock=base.clock, timers=base.timers)
        self.observations = ListenerObservations()
        self.recorder = Recorder(
            ledger=self.ledger,
            clock=base.clock,
            identifiers=base.identifiers,
            group=DEFAULT_GROUP,
            server=LOCAL_SERVER,
        )
        self.parts = self._parts()
        releases = Releases(self.parts)
        self.live = LiveVerifications(self.parts, releases)
        self.prompting = Prompting(self.parts, releases)
        self.login = Login(
            verifier=VerificationService(self.parts, releases),
            primary=primary,
            proofs=PasswordProofs(clock=base.clock, randomness=base.randomness),
            fault=base.fault,
            metrics=base.metrics,
        )
        self.accounting = Accounting(
            ledger=self.ledger,
            people=store.people,
            clock=base.clock,
            identifiers=base.identifiers,
            group=DEFAULT_GROUP,
            server=LOCAL_SERVER,
        )
        base.metrics.pending.read = lambda: len(self.parts.pending)
        base.metrics.queue.read = lambda: store.ledger.waiting

    def _parts(self) -> Parts:
        base = self.foundation
        return Parts(
            ledger=self.ledger,
            people=self.store.people,
            challenges=self.store.challenges,
            cache=self.cache,
            push=self.polls,
            configuration=self.current,
            clock=base.clock,
            timer=base.timers,
            randomness=base.randomness,
            identifiers=base.identifiers,
            recorder=self.recorder,
            pending=Pending(clock=base.clock, timer=base.timers),
            throttles=Throttles(clock=base.clock),
            turns=Turns(),
            group=DEFAULT_GROUP,
            fault=base.fault,
            metrics=base.metrics,
        )

    def keep_in_order(self, context: Administration) -> None:
        """Do what has to be done now and then."""
        base = self.foundation
        base.every(1, self.recorder.flush)
        base.every(1, self.ledger.try_again)
        for chore in upkeep.CHORES:
            base.tasks.start(self._do(chore, context), name=chore.name)

    async def _do(self, chore: upkeep.Chore, context: Administration) -> None:
        while True:
            touched = 0
            try:
                touched = await chore.step(context)
            except StoreAway:
                self.foundation.seldom.tell(("chore", chore.name), "upkeep has to wait: the store is away")
            await self.foundation.pause(upkeep.wait_after(chore, touched))


def _radius(portal: Portal, config: Config, resources: AsyncExitStack) -> tuple[Address, Address | None]:
    """Serve RADIUS, and return where."""
    base = portal.foundation
    surroundings = radius.Surroundings(
        clock=base.clock,
        metrics=base.metrics,
        log=base.seldom,
        fault=base.fault,
        observations=portal.observations,
        later=base.loop.call_later,
    )
    clients = Clients(
        current=portal.current,
        observations=portal.observations,
        room=Room(),
        clock=base.clock,
        later=base.loop.call_later,
    )
    access = AccessService(
        login=portal.login,
        current=portal.current,
        timers=base.timers,
        randomness=base.randomness,
        surroundings=surroundings,
    )

    ports: list[RadiusPort] = []
    base.metrics.outstanding.read = lambda: sum(map(len, ports))

    def serve(service: radius.Service, where: Address) -> Address:
        opened = bind(where.host, where.port)
        port = RadiusPort(service, clients=clients, can_complete=portal.ledger.can_write, surroundings=surroundings)
        ports.append(port)
        unsent = partial(base.metrics.unsent.add, service.name)
        served = UdpSocket(opened, loop=base.loop, clock=base.clock, unsent=unsent)
        resources.push_async_callback(port.stop, DRAIN_SECONDS)
        port.serve(served)
        return Address(host=where.host, port=served.port)

    reports = AccountingService(accounting=portal.accounting, clock=base.clock)
    accounting = None if config.accounting is None else serve(reports, config.accounting)
    return serve(access, config.radius), accounting


async def _web(
    portal: Portal,
    context: Administration,
    *,
    opened: socket.socket,
    control: socket.socket,
    secure: ssl.SSLContext | None,
) -> "Web":
    """Import the web, off the loop because RADIUS serves already, and serve it."""

    def load() -> "type[Web]":
        from watchword.web.servers import Web

        return Web

    base = portal.foundation
    made = await asyncio.to_thread(load)
    surroundings = WebSurroundings(
        context=context,
        prompting=portal.prompting,
        polls=portal.polls,
        metrics=base.metrics,
        fault=base.fault,
        ready=portal.ledger.can_write,
    )
    web = made(surroundings, opened=opened, control=control, tls=secure)
    await web.start(tasks=base.tasks, log=base.seldom)
    return web


async def _example(context: Administration, served: Address, folder: Path) -> tuple[str, ...]:
    made = await demo.prepare(context)
    if isinstance(made, Refusal):
        return (made.sentence,)
    return demo.lines(made, radius=str(served), folder=str(folder))


async def _configuration(store: SqliteStore) -> CurrentConfiguration:
    current = CurrentConfiguration(await store.records.read(lambda records: records.configuration()))
    store.records.on_configuration(current.swap)
    return current


@asynccontextmanager
async def serving(config: Config, *, example: bool) -> AsyncIterator[Running]:
    """
    Serve everything on one machine until the block ends; then answer what was taken in, and close.

    Args:
        config: what to serve, and where.
        example: whether to make an example user and an example VPN.

    Raises one of `StartError`.
    """
    base = Foundation(config)
    async with AsyncExitStack() as resources:
        store = SqliteStore.open(config.data, clock=base.clock, randomness=base.randomness)
        resources.callback(store.close)
        if store.restored is not None:
            base.log.error("the database is an older copy of itself; everything that was good once is void")
        secure = None if config.tls_cert is None or config.tls_key is None else tls(config.tls_cert, config.tls_key)
        control = listen_control(config.data)
        resources.callback(remove_control, config.data)
        opened = listen(config.http.host, config.http.port)
        current = await _configuration(store)
        store.start(base.loop)
        resources.push_async_callback(base.tasks.stop)
        primary = _primaries(base, store, current, resources)
        portal = Portal(base, store, current, primary)
        resources.callback(portal.recorder.settle, lambda: None)
        served, accounting = _radius(portal, config, resources)
        address = Address(host=config.http.host, port=opened.getsockname()[1])
        url = f"{'http' if secure is None else 'https'}://{address}"
        context = _administration(base, store, primary, portal_url=config.public_url or url, portal=portal)
        portal.keep_in_order(context)
        web = await _web(portal, context, opened=opened, control=control, secure=secure)
        portal.observations.opened(Listening(protocol=url.partition(":")[0], host=address.host, port=address.port))
        resources.push_async_callback(web.stop)
        resources.callback(portal.polls.close)
        shown = await _example(context, served, config.data) if example else ()
        memory.settle()
        yield Running(http=url, radius=served, accounting=accounting, example=shown)


@asynccontextmanager
async def offline(config: Config) -> AsyncIterator[Administration]:
    """
    Administer the database alone: for when nothing runs, and on the host only.

    Raises one of `StartError`.
    """
    base = Foundation(config)
    async with AsyncExitStack() as resources:
        store = SqliteStore.open(config.data, clock=base.clock, randomness=base.randomness)
        resources.callback(store.close)
        resources.push_async_callback(base.tasks.stop)
        primary = _primaries(base, store, await _configuration(store), resources)
        portal_url = config.public_url or f"http://{config.http}"
        yield _administration(base, store, primary, portal_url=portal_url, portal=None)
