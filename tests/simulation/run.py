"""
One schedule, from its seed to what the checker finds.
"""

import gc
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.simulation.checker import Checker
from tests.simulation.history import Login
from tests.simulation.plan import Plan
from tests.simulation.scheduler import SECOND
from tests.simulation.town import DEADLINE, LOCAL, PROBES, SERVERS, Town, town
from tests.simulation.vpns import Vpns, code_of
from tests.simulation.world import World

BROKEN: Final = 12.0
"""Seconds of a schedule in which things break."""

HEALING: Final = 10.0
"""Seconds within which everybody can sign in again once all is mended."""

PROBED: Final = 1.0
"""Seconds between two tries to sign in."""

DRAINED: Final = DEADLINE + 7.0
"""
Seconds after the last request after which nothing may be under way any more: its deadline, and the portal's next look
(`app.channel.hub`).
"""

MEMORY: Final = Path("/dev/shm")  # noqa: S108 - a folder of this run's own is made in it


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of a schedule. `steps` is how many callbacks ran."""

    seed: int
    faults: list[str]
    digest: str
    text: str
    steps: int
    logins: int
    requests: int
    accepted: int


class Simulation:
    """Runs schedules, each in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (folder / "town").mkdir()
        self._town = town(folder / "town")

    def run(self, seed: int) -> Result:
        """Run the schedule of a seed."""
        folder = self._folder / f"run-{os.getpid()}"
        folder.mkdir()
        try:
            with warnings.catch_warnings():
                # A process that is killed finishes nothing, not even a coroutine that it has not begun.
                warnings.filterwarnings("ignore", message="coroutine .* was never awaited")
                return _run(self._town, folder, seed)
        finally:
            shutil.rmtree(folder)


@contextmanager
def simulation() -> Iterator[Simulation]:
    """
    Yield what runs schedules, on a disk that is memory where there is one.

    Garbage is not collected meanwhile: that would take a quarter of the time. Whoever runs many has processes of their
    own run a few of them each.
    """
    parent = MEMORY if MEMORY.is_dir() else None
    collects = gc.isenabled()
    with tempfile.TemporaryDirectory(prefix="watchword-simulation-", dir=parent) as folder:
        gc.disable()
        try:
            runs = Simulation(Path(folder))
            gc.collect()
            # What is there now stays, and need not be looked at again and again.
            gc.freeze()
            yield runs
        finally:
            gc.unfreeze()
            if collects:
                gc.enable()


def _run(town: Town, folder: Path, seed: int) -> Result:
    # One schedule in three has both groups.
    lot = seed % 3
    names = tuple(SERVERS)[: 2 + (lot == 2)]
    world = World(town, folder, seed=seed, servers=names)
    try:
        plan = Plan(world)
        plan.draw()
        world.run(BROKEN)
        world.history.note("", "everything is mended")
        world.aims.clear()
        plan.faults.heal()
        healed = world.scheduler.now
        probes = _Probes(world, plan.vpns)
        probes.begin()
        world.run(HEALING)
        late = [f"{name} lets nobody in {HEALING:.0f} s after everything was mended" for name in probes.open()]
        while (left := world.history.last + DRAINED * SECOND - world.scheduler.now) > 0:
            world.run(left / SECOND)
        faults = [*late, *Checker(world, healed=healed).look()]
        history = world.history
        return Result(
            seed=seed,
            faults=faults,
            digest=history.digest(),
            text=history.text(),
            steps=world.scheduler.steps,
            logins=len(history.logins),
            requests=len(history.requests),
            accepted=sum(login.accepted for login in history.logins),
        )
    finally:
        world.close()


class _Probes:
    """People who sign in at each server once all is well, again and again until they are let in."""

    def __init__(self, world: World, vpns: Vpns) -> None:
        self._world = world
        self._vpns = vpns
        self._users = list(PROBES)
        self._tries: dict[str, list[Login]] = {name: [] for name in world.names if name not in world.revoked}

    def begin(self) -> None:
        """Let each begin."""
        for name in self._tries:
            self._try(name)

    def open(self) -> list[str]:
        """Return the servers that have let nobody in."""
        return [
            name
            for name, tries in self._tries.items()
            if name not in self._world.revoked and not any(login.accepted for login in tries)
        ]

    def _try(self, name: str) -> None:
        tries = self._tries[name]
        if not self._users or any(login.accepted for login in tries):
            return
        user = self._users.pop()
        login = Login(
            number=900 + len(self._world.history.logins),
            user=user,
            application=LOCAL,
            source=f"203.0.113.{len(self._world.history.logins)}",
            servers=(name,),
            code=code_of(self._world, user),
        )
        tries.append(login)
        self._vpns.begin(login)
        self._world.after(PROBED, lambda: self._try(name))
