"""
What breaks, for how long, and that it is mended.
"""

from collections.abc import Callable
from functools import partial
from typing import Final

from tests.simulation.scheduler import SECOND
from tests.simulation.town import PORTAL
from tests.simulation.world import World

SHORTEST: Final = 0.05
LONGEST: Final = 9.0
"""Seconds that a fault lasts."""

DOWN: Final = 5.0
"""Seconds that a process is gone at most: now and then it is back before anybody gives up (`upstream.portal`)."""

HANGS: Final = 14.0
"""Seconds that one commit may take on a disk that hangs: longer than the writer lets anybody wait."""


class Faults:
    """Everything that can break."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._random = world.random
        self._mend: dict[str, Callable[[], None]] = {}
        self._healed = False

    def draw(self) -> None:
        """Let something break."""
        if self._healed:
            return
        server = self._random.choice(self._world.names)
        break_it = self._random.choice(
            (
                partial(self._cut, server),
                partial(self._cut, server),
                partial(self._break, server),
                partial(self._break, server),
                partial(self._slow, server),
                partial(self.kill, server),
                partial(self.kill, PORTAL),
                partial(self.kill, PORTAL),
                partial(self._freeze, server),
                partial(self._freeze, PORTAL),
                self._slow_disk,
                partial(self._set_clock, self._random.choice((server, PORTAL))),
                self._lose,
            )
        )
        break_it()

    def heal(self) -> None:
        """Mend everything that is still broken, and break nothing any more."""
        self._healed = True
        for mend in tuple(self._mend.values()):
            mend()
        for host in (PORTAL, *self._world.names):
            self._world.start(host)

    def _until(self, what: str, mend: Callable[[], None], *, longest: float = LONGEST) -> None:
        def mended() -> None:
            if self._mend.pop(what, None) is not None:
                mend()

        self._mend[what] = mended
        self._world.after(self._world.scheduler.seconds(SHORTEST, longest), mended)

    # --- the network --------------------------------------------------------------------------------------------------

    def _cut(self, server: str) -> None:
        ways = self._random.choice((((PORTAL, server), (server, PORTAL)), ((PORTAL, server),), ((server, PORTAL),)))
        self._world.history.note("network", "lets nothing through from " + ", ".join(f"{a} to {b}" for a, b in ways))
        for source, target in ways:
            self._world.network.cut(source, target)
        self._until(f"way {server}", partial(self._mend_way, server))

    def _slow(self, server: str) -> None:
        seconds = self._random.choice((0.1, 0.5, 2.0, 5.0))
        self._world.history.note("network", f"takes up to {seconds} s between {PORTAL} and {server}")
        self._world.network.slow(PORTAL, server, seconds)
        self._until(f"way {server}", partial(self._mend_way, server))

    def _mend_way(self, server: str) -> None:
        self._world.history.note("network", f"is well between {PORTAL} and {server}")
        self._world.network.mend(PORTAL, server)

    def _break(self, server: str) -> None:
        one, other = self._random.choice(((PORTAL, server), (server, PORTAL)))
        quietly = self._random.random() < 0.5
        self._world.history.note("network", f"breaks what {one} and {other} have" + quietly * ", and only one learns")
        self._world.network.break_connections(one, other, quietly=quietly)

    def _lose(self) -> None:
        self._world.history.note("network", "loses one datagram in three")
        self._world.network.loss = 0.3
        self._until("loss", self._lose_nothing)

    def _lose_nothing(self) -> None:
        self._world.network.loss = 0.0

    # --- hosts --------------------------------------------------------------------------------------------------------

    def kill(self, host: str) -> None:
        """Kill a process, and start it anew after a while."""
        self._world.kill(host, power=self._random.random() < 0.3)
        self._until(f"process {host}", partial(self._world.start, host), longest=DOWN)

    def _freeze(self, host: str) -> None:
        self._world.freeze(host)
        self._until(f"frozen {host}", partial(self._world.thaw, host))

    def _slow_disk(self) -> None:
        portal = self._world.portal
        if portal is None:
            return
        seconds = self._random.choice((0.1, 1.0, HANGS))
        self._world.history.note("disk", f"takes up to {seconds} s for a commit")
        self._world.history.hung = True
        portal.store.disk.slow = seconds
        self._until("disk", self._mend_disk)

    def _mend_disk(self) -> None:
        portal = self._world.portal
        self._world.history.note("disk", "is well")
        if portal is not None:
            portal.store.disk.mend()

    def _set_clock(self, host: str) -> None:
        seconds = self._random.choice((-3_600, -400, -20, -2, 2, 20, 400, 3_600))
        self._world.history.note("clock", f"of {host} is set by {seconds} s")
        self._world.walls[host].ahead += seconds * SECOND
        self._until(f"clock {host}", partial(self._mend_clock, host))

    def _mend_clock(self, host: str) -> None:
        self._world.history.note("clock", f"of {host} is right")
        self._world.walls[host].ahead = 0
