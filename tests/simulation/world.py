"""
The hosts of one schedule: which processes run on them, and what befalls them.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from tests.simulation.foundation import Wall
from tests.simulation.history import Begun, History
from tests.simulation.network import Network
from tests.simulation.processes import PortalProcess, ServerProcess
from tests.simulation.scheduler import SECOND, Scheduler, SimulatedLoop
from tests.simulation.town import PORTAL, Town
from watchword.app.pending import PendingLogin

OUTSIDE: Final = "outside"
"""Where VPNs, phones and administrators are; nothing befalls them."""

AIMED: Final = 0.015
"""Seconds within which something is disturbed that is aimed at."""

Process = PortalProcess | ServerProcess


class World:
    """Everything that runs."""

    def __init__(self, town: Town, folder: Path, *, seed: int, servers: tuple[str, ...]) -> None:
        self.town = town
        self.names = servers
        self.scheduler = Scheduler(seed)
        self.random = self.scheduler.random
        self.network = Network(self.scheduler)
        self.history = History(lambda: self.scheduler.now)
        self.outside = self.scheduler.loop(OUTSIDE)
        self.walls = {name: Wall(self.scheduler) for name in (PORTAL, *servers)}
        self.lives = dict.fromkeys((PORTAL, *servers), 0)
        self.revoked: set[str] = set()
        self.aims: list[Callable[[str, bool], None]] = []
        self.serving: list[Callable[[PortalProcess], None]] = []
        self._stood: dict[str, int] = dict.fromkeys((PORTAL, *servers), 0)
        self._since: dict[str, int] = {}
        self._begun: dict[bytes, Begun] = {}
        self._folder = folder
        self._processes: dict[str, Process] = {}
        town.copy(folder)

    # --- who runs ---------------------------------------------------------------------------------------------------

    @property
    def portal(self) -> PortalProcess | None:
        """The portal, None while none serves."""
        process = self._processes.get(PORTAL)
        return process if isinstance(process, PortalProcess) and process.serves else None

    def server(self, name: str) -> ServerProcess | None:
        """A server, None while it does not serve."""
        process = self._processes.get(name)
        return process if isinstance(process, ServerProcess) and process.serves else None

    def loop(self, host: str) -> SimulatedLoop | None:
        """The loop of the process on a host, None while there is none."""
        process = self._processes.get(host)
        return None if process is None else process.loop

    def path(self, host: str) -> Path:
        """The data folder of a host."""
        return self._folder / host

    # --- what befalls them ------------------------------------------------------------------------------------------

    def start(self, host: str) -> None:
        """Start the process of a host where none runs."""
        if host in self._processes:
            return
        self.lives[host] += 1
        self.network.power_on(host)
        self.history.note(host, "starts")
        loop = self.scheduler.loop(host)
        if host == PORTAL:
            portal = PortalProcess(
                loop,
                self.network,
                folder=self.path(host),
                wall=self.walls[host],
                faults=self.history.faults,
                watch=self,
            )
            self._processes[host] = portal
            loop.within(lambda: portal.base.tasks.start(self._serve(portal), name="start"))
        else:
            server = ServerProcess(
                loop, self.network, folder=self.path(host), wall=self.walls[host], faults=self.history.faults
            )
            self._processes[host] = server
            loop.within(server.start)

    async def _serve(self, portal: PortalProcess) -> None:
        await portal.start()
        self.history.note(PORTAL, "serves")
        for told in self.serving:
            told(portal)

    def kill(self, host: str, *, power: bool) -> None:
        """Kill the process of a host; `power` takes the host with it, so that nobody is told."""
        process = self._processes.pop(host, None)
        if process is None:
            return
        self.thaw(host)
        self.history.note(host, "loses power" if power else "is killed")
        if power:
            self.network.power_off(host)
        process.kill()

    def freeze(self, host: str) -> None:
        """Let a process stand still."""
        loop = self.loop(host)
        if loop is not None and not loop.frozen:
            self.history.note(host, "stands still")
            loop.frozen = True
            self._since[host] = self.scheduler.now

    def thaw(self, host: str) -> None:
        """Let a process go on that stood still."""
        since = self._since.pop(host, None)
        if since is not None:
            self._stood[host] += self.scheduler.now - since
            loop = self.loop(host)
            if loop is not None:
                self.history.note(host, "goes on")
                loop.frozen = False

    def stood(self, host: str) -> int:
        """Return the nanoseconds for which a host has stood still so far."""
        since = self._since.get(host)
        return self._stood[host] + (0 if since is None else self.scheduler.now - since)

    # --- as `processes.Watch` ---------------------------------------------------------------------------------------

    def began(self, login: PendingLogin) -> None:
        """Take note of a verification that begins."""
        self._begun[login.id] = begun = Begun(
            life=self.lives[PORTAL],
            server=login.leader.served_by.name,
            verification=login.id,
            user=login.leader.user_name.partition("@")[0],
            source=login.leader.source,
            epoch=login.epoch,
            begun=self.scheduler.now,
        )
        self.history.begun.append(begun)
        self.history.note(PORTAL, f"asks {begun.user} for {begun.source}")
        self.aim(begun.user, rings=True)

    def ended(self, login: PendingLogin) -> None:
        """Take note of one that has ended."""
        begun = self._begun[login.id]
        begun.ended, begun.reason = self.scheduler.now, login.reason
        self.history.note(PORTAL, f"asks {begun.user} for {begun.source} no more, {begun.reason}")

    # --- who does what when -----------------------------------------------------------------------------------------

    def after(self, seconds: float, call: Callable[[], None]) -> None:
        """Do something outside in so many seconds."""
        self.outside.call_later(seconds, call)

    def aim(self, user: str, *, rings: bool, often: float = 0.4) -> None:
        """
        Let what was aimed at it disturb something within some milliseconds.

        Args:
            user: who is being decided about.
            rings: whether his phone rings; otherwise he approves, or a code of his has come.
            often: in how many of such moments.
        """
        if self.aims and self.random.random() < often:
            self.after(self.scheduler.seconds(0, AIMED), partial(self.aims.pop(), user, rings))

    def tell(self, host: str, call: Callable[[], None], *, source: str = OUTSIDE) -> None:
        """Let the process on a host do something, unless that is lost on the way."""
        loop = self.loop(host)
        if loop is not None:
            self.network.datagram(source, loop, call)

    def back(self, host: str, call: Callable[[], None]) -> None:
        """Let somebody outside hear of what a host says, unless that is lost on the way."""
        self.network.datagram(host, self.outside, call)

    def run(self, seconds: float) -> None:
        """Let so many seconds pass."""
        self.scheduler.run(self.scheduler.now + round(seconds * SECOND))

    def close(self) -> None:
        """End everything."""
        for process in self._processes.values():
            process.kill()
        self._processes.clear()
        self.outside.die()
