"""
The portal and the MFA servers, put together from the product's own parts as `compose` does it.

There are no listeners and there is no web: logins come in at `app.login`, devices at `app.verify.prompting`,
administrators at `app.operations`.
"""

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Final, Protocol
from unittest.mock import patch

from tests.simulation.foundation import SimulatedFoundation, Wall
from tests.simulation.network import Network
from tests.simulation.scheduler import SimulatedLoop
from tests.simulation.store import SimulatedStore
from watchword.app import upkeep
from watchword.app.administration import Administration
from watchword.app.channel.hub import Hub
from watchword.app.directory import CurrentConfiguration
from watchword.app.feed import Feed
from watchword.app.pending import Pending, PendingLogin, Timer
from watchword.app.verify.parts import Parts
from watchword.compose.channel import portal_channel
from watchword.compose.first_step import primaries
from watchword.compose.foundation import Foundation
from watchword.compose.offline import administration, configuration, file_downloads, local_passwords
from watchword.compose.portal import Portal
from watchword.compose.server import MfaServer
from watchword.kit.clock import Clock
from watchword.ports.login import PrimaryAuthentication
from watchword.stores.sqlite import SqliteStore
from watchword.upstream.portal.folder import ServerFolder
from watchword.web.channel.served import Calls, ChannelSurroundings

URL: Final = "http://portal:8080"

UPKEEP: Final = 10
"""In one of so many runs a portal does all of its upkeep."""

DECIDING: Final = tuple(chore for chore in upkeep.CHORES if chore.step is upkeep.sweep)
"""The upkeep that ends what logins could still use."""


class Watch(Protocol):
    """Hears of verifications."""

    def began(self, login: PendingLogin) -> None:
        """One was put in progress."""

    def ended(self, login: PendingLogin) -> None:
        """It is in progress no more."""


class WatchedPending(Pending):
    """The product's verifications in progress, and somebody who watches."""

    def __init__(self, *, clock: Clock, timer: Timer, watch: Watch) -> None:
        super().__init__(clock=clock, timer=timer)
        self._watch = watch

    def begin(self, login: PendingLogin, expired: Callable[[PendingLogin], None]) -> None:
        """Put one in progress."""
        super().begin(login, expired)
        self._watch.began(login)

    def drop(self, login: PendingLogin) -> None:
        """Take one out."""
        if self.get(login.id) is not None:
            self._watch.ended(login)
        super().drop(login)


class SimulatedPortal(Portal):
    """The product's verification service."""

    def __init__(
        self,
        base: Foundation,
        store: SqliteStore,
        current: CurrentConfiguration,
        primary: PrimaryAuthentication,
        *,
        watch: Watch,
    ) -> None:
        self._watch = watch
        super().__init__(base, store, current, primary)

    def _parts(self) -> Parts:
        base = self.foundation
        pending = WatchedPending(clock=base.clock, timer=base.timers, watch=self._watch)
        return replace(super()._parts(), pending=pending)

    def keep_in_order(self, context: Administration) -> None:
        """
        Do what has to be done now and then.

        What only counts, indexes and retires is left out of most schedules: it decides nothing, and takes a tenth of
        their time.
        """
        all_of_it = self.foundation.randomness.below(UPKEEP) == 0
        with patch.object(upkeep, "CHORES", upkeep.CHORES if all_of_it else DECIDING):
            super().keep_in_order(context)


class PortalProcess:
    """One run of the portal. Its attributes are there once it serves."""

    portal: SimulatedPortal
    context: Administration
    hub: Hub

    def __init__(
        self, loop: SimulatedLoop, network: Network, *, folder: Path, wall: Wall, faults: list[str], watch: Watch
    ) -> None:
        self.loop = loop
        self._watch = watch
        self.base = SimulatedFoundation(loop, folder=folder, wall=wall, faults=faults)
        self.store = SimulatedStore.open(folder, clock=self.base.clock, randomness=self.base.randomness)
        self.serves = False
        self._network = network
        self._resources = AsyncExitStack()

    async def start(self) -> None:
        """Serve."""
        base, store = self.base, self.store
        current = await configuration(store)
        store.start(base.loop)
        primary = primaries(base, current, self._resources, local=partial(local_passwords, base, store))
        self.portal = SimulatedPortal(base, store, current, primary, watch=self._watch)
        feed = Feed()
        store.records.follow(feed.activity)
        context = administration(
            base,
            store,
            primary,
            portal_url=URL,
            downloads=file_downloads(base, self._resources),
            live=self.portal.live,
            cache=self.portal.cache,
            feed=feed,
        )
        channel = await portal_channel(self.portal, context)
        self.context, self.hub = channel.context, channel.hub
        self.portal.keep_in_order(self.context)
        calls = Calls(
            ChannelSurroundings(
                threshold=channel.threshold,
                doorkeeper=channel.doorkeeper(),
                hub=channel.hub,
                tasks=base.tasks,
                log=base.seldom,
            )
        )
        sockets = SimpleNamespace(connections=set())
        self._network.listen(self.loop, partial(calls, config=None, server_state=sockets, app_state=None))
        self.serves = True

    def kill(self) -> None:
        """Be killed: what is committed stays."""
        self.serves = False
        self.loop.die()
        self._network.killed(self.loop)
        self.store.close()


class SimulatedServer(MfaServer):
    """The product's MFA server."""

    @property
    def version(self) -> str:
        """Of this software."""
        return "0.1.0"

    @property
    def host(self) -> str:
        """What this machine calls itself."""
        return self.folder.membership.name


class ServerProcess:
    """One run of an MFA server."""

    def __init__(self, loop: SimulatedLoop, network: Network, *, folder: Path, wall: Wall, faults: list[str]) -> None:
        self.loop = loop
        self.base = SimulatedFoundation(loop, folder=folder, wall=wall, faults=faults)
        self.serves = False
        self._network = network
        self._resources = AsyncExitStack()
        opened = ServerFolder.open(folder, randomness=self.base.randomness)
        self.server = SimulatedServer(self.base, opened, resources=self._resources)

    def start(self) -> None:
        """Serve."""
        made, base = self.server, self.base
        made.obeyed.recall()
        base.every(1, made.apart.go_on)
        base.tasks.start(made.kept.run(base.pause), name="portal")
        self.serves = True

    def kill(self) -> None:
        """Be killed."""
        self.serves = False
        self.loop.die()
        self._network.killed(self.loop)
