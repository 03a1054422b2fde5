"""
One portal and two servers on hosts of their own, on which one schedule after the other is run.

The first server's clock can be stepped, and the second one's disk can be filled. Everything is as lenient as its bounds
allow: a user who is locked out cannot show whether his code is good a second time.
"""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final, assert_never

from tests.faults.schedule import ASSERTED, LOCAL, WITH_CLOCK, WITH_DISK, Fault, Wrong
from tests.rigs.clocks import ProcessClock
from tests.rigs.hosted import Estate, FarNas, FarServer, estate
from tests.rigs.hosts import Host, cut
from tests.rigs.watchword import Phone
from tests.torture.disturbances import FullDisk, small_disk

DEADLINE: Final = 10
"""Seconds that an application waits for a phone."""

STARTING_SECONDS: Final = 120.0
"""Seconds that a process has to start: several lanes keep a small machine busy, and a slow start is no fault here."""

LOSS_PERCENT: Final = 30
DELAY_SECONDS: Final = 0.5

_SETTINGS: Final = {
    "lock.failures": 20,
    "lock.within_seconds": 60,
    "lock.lock_seconds": 60,
    "prompt.refused": 20,
    "prompt.within_seconds": 60,
    "prompt.off_seconds": 60,
}


class Lane:
    """The hosts, and what goes wrong on them."""

    def __init__(self, hosts: Estate, disk: Path, folder: Path) -> None:
        """Activate and start two servers."""
        self.hosts = hosts
        self.portal = hosts.portal
        self.lives: list[int] = []
        self._disk = disk
        self._clock = ProcessClock(folder / "clock")
        self._full = FullDisk(disk)
        self._activations = 0
        self.portal.starting_seconds = STARTING_SECONDS
        for name, value in _SETTINGS.items():
            self.portal.perform("setting.set", name=name, value=value)
        for server in (hosts.server(), hosts.server()):
            self.activate(server)
        elsewhere = hosts.lan.host("elsewhere")
        self.nas = {
            ASSERTED: self._application(ASSERTED, hosts.field, "--primary", "asserted"),
            LOCAL: self._application(LOCAL, elsewhere),
        }
        self.phones: list[tuple[str, Phone]] = []

    def _application(self, name: str, host: Host, *options: str) -> FarNas:
        """Add an application, any address of whose host is its client."""
        given = ("--deadline", str(DEADLINE), *options)
        made = self.portal.nas(*given, name=name, address=host.network)
        nas = FarNas(made.server, made.secret, name=name, address=host.another_address(), host=host)
        self.hosts.serving(nas)
        return nas

    @property
    def servers(self) -> list[FarServer]:
        """The two servers."""
        return self.hosts.servers

    def give_phones(self, count: int) -> None:
        """Have so many users with phones."""
        while len(self.phones) < count:
            user = f"phone{len(self.phones)}@example.test"
            self.portal.perform("user.add", username=user)
            self.phones.append((user, self.portal.phone(user)))

    def activate(self, server: FarServer) -> None:
        """Make a server known, in a folder that it has not had before, and start it."""
        self._activations += 1
        place = self.servers.index(server)
        server.data = (self._disk if place == WITH_DISK else server.folder) / f"data{self._activations}"
        server.starting_seconds = STARTING_SECONDS
        server.environment = self._clock.environment if place == WITH_CLOCK else {}
        server.activate()
        server.start()

    def start_portal(self) -> None:
        """Start the portal, and take down when."""
        self.lives.append(time.time_ns() // 1_000)
        self.portal.start()

    def inflict(self, fault: Fault) -> None:
        """Let something go wrong for its time, and have it end."""
        server, seconds = self.servers[fault.server], fault.seconds
        match fault.wrong:
            case Wrong.KILL_PORTAL:
                self.portal.kill()
                time.sleep(seconds)
                self.start_portal()
            case Wrong.RESTART_PORTAL:
                assert self.portal.stop() == 0
                self.start_portal()
            case Wrong.FREEZE_PORTAL:
                _frozen(self.portal.pid, seconds)
            case Wrong.KILL_SERVER:
                server.kill()
                time.sleep(seconds)
                server.start()
            case Wrong.FREEZE_SERVER:
                _frozen(server.pid, seconds)
            case Wrong.CLOCK:
                self._clock.set(fault.offset)
                time.sleep(seconds)
                self._clock.set("+0")
            case Wrong.FULL_DISK:
                self._full.begin(server.pid)
                time.sleep(seconds)
                self._full.end()
            case Wrong.PARTITION | Wrong.DEAF | Wrong.MUTE | Wrong.LOSS | Wrong.DELAY:
                self._spoil(server, fault.wrong)
                time.sleep(seconds)
                server.host.heal()
                self.portal.host.heal()
            case _:
                assert_never(fault.wrong)

    def _spoil(self, server: FarServer, wrong: Wrong) -> None:
        near, far = server.host, self.portal.host
        if wrong is Wrong.PARTITION:
            cut(near, far)
        elif wrong is Wrong.DEAF:
            near.loses(far)
        elif wrong is Wrong.MUTE:
            far.loses(near)
        elif wrong is Wrong.LOSS:
            near.loses(far, LOSS_PERCENT)
            far.loses(near, LOSS_PERCENT)
        else:
            near.slows(DELAY_SECONDS)


def _frozen(pid: int, seconds: float) -> None:
    os.kill(pid, signal.SIGSTOP)
    try:
        time.sleep(seconds)
    finally:
        os.kill(pid, signal.SIGCONT)


@contextmanager
def lane(folder: Path) -> Iterator[Lane]:
    """Have the hosts while the block runs; afterwards everything has to end well, its chain whole."""
    disk = folder / "disk"
    with ExitStack() as stack:
        stack.enter_context(small_disk(disk))
        hosts = stack.enter_context(estate(folder, 0))
        yield Lane(hosts, disk, folder)
