"""
A process that is an MFA server: it speaks to VPNs, checks passwords, and asks its portal for the second step.
"""

import asyncio
import shutil
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from watchword.app.diagnose.offline_view import OfflineView
from watchword.app.diagnose.server_doctor import ServerView
from watchword.app.directory import CurrentConfiguration
from watchword.app.login import Login
from watchword.app.proofs import PasswordProofs
from watchword.app.refusals import LastRefusals
from watchword.compose.alone import alone, key_ring
from watchword.compose.first_step import primaries
from watchword.compose.foundation import Foundation
from watchword.compose.listening import RadiusListening, radius_ports
from watchword.config import Address, Config
from watchword.domain.configuration import Configuration
from watchword.kit import enumerations, memory
from watchword.kit.identities import fingerprint
from watchword.kit.sealing import KeysUnusable
from watchword.kit.workers import Workers
from watchword.listeners.observations import ListenerObservations
from watchword.listeners.sockets import ListenError
from watchword.ports.login import PrimaryAttempt
from watchword.stores.lock import Held, Lock
from watchword.stores.snapshots import FileSnapshot
from watchword.stores.spool import FileSpool
from watchword.upstream.portal.accounting import FarAccounting
from watchword.upstream.portal.apart import Apart
from watchword.upstream.portal.configuration import Obeyed
from watchword.upstream.portal.dialling import PortalAddress, Proxy
from watchword.upstream.portal.enrolment import PortalDoor, PortalUrl
from watchword.upstream.portal.folder import ServerFolder
from watchword.upstream.portal.keeping import Kept
from watchword.upstream.portal.link import Means
from watchword.upstream.portal.passwords import FarPasswords
from watchword.upstream.portal.renewing import KeyRenewal
from watchword.upstream.portal.requests import Requests
from watchword.upstream.portal.server_file import FolderFault
from watchword.upstream.portal.verifier import FarVerifier
from watchword.web.sockets import ServeError, listen, listen_control, remove_control
from watchword.wire.channel.messages import Listener, Load

if TYPE_CHECKING:
    from watchword.web.server_side import ServerSide

FIRST_SECONDS: Final = 15.0
"""Seconds that a server that starts waits for its portal before it says that it serves: then without one."""

ServerStartError = (FolderFault, Held, KeysUnusable, ListenError, ServeError)
"""What `server` raises where it cannot begin: each message is one sentence for whoever starts it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerRunning:
    """What serves, and where; `portal` is the one that is connected, None for none yet, and `why` then says why."""

    name: str
    group: str
    radius: tuple[Address, ...]
    accounting: tuple[Address, ...]
    portal: str | None
    why: str
    health: Address | None


class MfaServer:
    """Everything of such a process."""

    def __init__(self, base: Foundation, folder: ServerFolder, *, resources: AsyncExitStack) -> None:
        self.base = base
        self.folder = folder
        self._known: dict[str, PortalAddress] = {}
        self.observations = ListenerObservations()
        self.refusals = LastRefusals()
        self.current = CurrentConfiguration(Configuration())
        self.requests = Requests(clock=base.clock, timers=base.timers)
        self.obeyed = Obeyed(
            portal=folder.portal,
            server=folder.server,
            swap=self.current.swap,
            file=FileSnapshot(base.config.data, key_ring(base)),
        )
        self.apart = self._apart(resources)
        self.alone = alone(
            base, self.requests, portal=folder.portal, current=self.current, note=self.apart.note, resources=resources
        )
        proofs = PasswordProofs(lambda: self.obeyed.proof_keys)
        self.login = Login(
            verifier=FarVerifier(
                self.requests,
                clock=base.clock,
                away=self.apart.note,
                alone=None if self.alone is None else self.alone.decides,
            ),
            primary=primaries(base, self.current, resources, local=partial(self._passwords, proofs)),
            proofs=proofs,
            fault=base.fault,
            metrics=base.metrics,
            denied=self.refusals.note,
        )
        self.renewal = self._renewal(folder, resources)
        self.kept = self._kept(folder)

    def _passwords(self, proofs: PasswordProofs, workers: Workers) -> FarPasswords:
        def proof(attempt: PrimaryAttempt) -> bytes | None:
            return next(iter(proofs.of(attempt.password)), None)

        return FarPasswords(self.requests, proof=proof, workers=workers)

    def _apart(self, resources: AsyncExitStack) -> Apart:
        base = self.base
        workers = base.workers("apart", 1)
        resources.callback(workers.close)
        return Apart(
            FileSpool(base.config.data),
            requests=self.requests,
            clock=base.clock,
            identifiers=base.identifiers,
            workers=workers,
            log=base.seldom,
        )

    def _kept(self, folder: ServerFolder) -> Kept:
        base = self.base
        return Kept(
            folder,
            self._addresses,
            requests=self.requests,
            obeyed=self.obeyed,
            said=self,
            means=Means(clock=base.clock, randomness=base.randomness, loop=base.loop),
            proxy=None if folder.proxy is None else Proxy.read(folder.proxy),
            log=base.seldom,
            renew=self.renewal.begin,
            replica=None if self.alone is None else self.alone.replica,
        )

    def _renewal(self, folder: ServerFolder, resources: AsyncExitStack) -> KeyRenewal:
        base, membership = self.base, folder.membership
        workers = base.workers("renewal", 1)
        resources.callback(workers.close)
        pin = fingerprint(folder.portal)

        def doors() -> list[PortalDoor]:
            return [
                PortalDoor(
                    PortalUrl(url=address.url, pin=pin),
                    clock=base.clock,
                    randomness=base.randomness,
                    tls=None if membership.ca is None else ssl.create_default_context(cadata=membership.ca),
                    proxy=None if folder.proxy is None else urlsplit(folder.proxy),
                )
                for address in self._addresses()
            ]

        return KeyRenewal(folder, doors, threads=workers, log=base.seldom)

    def _urls(self) -> tuple[str, ...]:
        """Return where its portals are: first where it was activated, then what its newest configuration names."""
        return tuple(dict.fromkeys((*self.folder.membership.portals, *self.obeyed.portals)))

    def _addresses(self) -> tuple[PortalAddress, ...]:
        found = []
        for url in self._urls():
            with suppress(ValueError):
                found.append(self._address(url))
        return tuple(found)

    def _address(self, url: str) -> PortalAddress:
        # Reading the system's authorities takes some hundredths of a second.
        if url not in self._known:
            self._known[url] = PortalAddress.read(url, ca=self.folder.membership.ca)
        return self._known[url]

    # --- as `upstream.portal.keeping.Said` ----------------------------------------------------------------------------

    @property
    def version(self) -> str:
        """Of this software."""
        return version("watchword")

    @property
    def host(self) -> str:
        """What this machine calls itself."""
        return socket.gethostname()

    def load(self) -> Load:
        """Return how it fares."""
        return Load(waiting=len(self.requests))

    def listeners(self) -> tuple[Listener, ...]:
        """Return where it listens."""
        return tuple(
            Listener(protocol=one.protocol, host=one.host, port=one.port) for one in self.observations.listening()
        )

    def view(self) -> ServerView:
        """Return how it stands."""
        membership, kept = self.folder.membership, self.kept
        return ServerView(
            name=membership.name,
            group=membership.group_name,
            portal=kept.portal,
            why="" if kept.refusal is None else str(kept.refusal),
            apart=kept.seconds_apart(),
            skew=kept.skew,
            untold=len(self.apart),
            dropped=self.apart.dropped,
            configuration=self.current.value,
            observations=self.observations,
            free_octets=shutil.disk_usage(self.base.config.data).free,
            offline=OfflineView(works=False) if self.alone is None else self.alone.view(),
            refusals=self.refusals.listed(),
        )

    def can_complete(self) -> bool:
        """Tell whether a login could complete now."""
        return not self.requests.is_away or (self.alone is not None and self.alone.decides.is_ready())

    async def web(self, *, control: socket.socket, opened: socket.socket | None) -> "ServerSide":
        """Import the web, off the loop because RADIUS serves already, and serve it."""

        def load() -> "ServerSide":
            from watchword.web.server_side import ServerSide

            return ServerSide(
                view=self.view,
                ready=self.can_complete,
                metrics=self.base.metrics,
                fault=self.base.fault,
                control=control,
                opened=opened,
            )

        web = await asyncio.to_thread(load)
        await web.start(tasks=self.base.tasks, log=self.base.seldom)
        return web


@asynccontextmanager
async def server(config: Config, *, health: Address | None) -> AsyncIterator[ServerRunning]:
    """
    Serve as an MFA server until the block ends; then answer what was taken in, and close.

    Args:
        config: what to serve, and where.
        health: where health and metrics are served, None for nowhere.

    Raises one of `ServerStartError`.
    """
    base = Foundation(config)
    folder = ServerFolder.open(config.data, randomness=base.randomness)
    async with AsyncExitStack() as resources:
        lock = Lock(config.data)
        resources.callback(lock.release)
        control = listen_control(config.data)
        resources.callback(remove_control, config.data)
        resources.callback(control.close)
        opened = None if health is None else listen(health.host, health.port)
        if opened is not None:
            resources.callback(opened.close)
        resources.push_async_callback(base.tasks.stop)
        made = MfaServer(base, folder, resources=resources)
        made.obeyed.recall()
        if made.alone is not None:
            made.alone.recall()
            base.every(1, made.alone.go_on)
        made.renewal.go_on()
        resources.callback(made.kept.stop)
        listening = RadiusListening(
            login=made.login,
            accounting=FarAccounting(made.requests, clock=base.clock),
            current=made.current,
            observations=made.observations,
            can_complete=made.can_complete,
        )
        base.metrics.pending.read = lambda: len(made.requests)
        base.every(1, made.apart.go_on)
        radius, accounting = radius_ports(base, listening, config, resources)
        base.tasks.start(made.kept.run(base.pause), name="portal")
        # The web closes what it serves at.
        port = 0 if opened is None else opened.getsockname()[1]
        web = await made.web(control=control, opened=opened)
        resources.push_async_callback(web.stop)
        await made.kept.tried(FIRST_SECONDS)
        enumerations.settle()
        memory.settle()
        yield ServerRunning(
            name=folder.membership.name,
            group=folder.membership.group_name,
            radius=radius,
            accounting=accounting,
            portal=made.kept.portal or None,
            why="" if made.kept.refusal is None else str(made.kept.refusal),
            health=None if health is None else Address(host=health.host, port=port),
        )
