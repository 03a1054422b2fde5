"""
What goes wrong and what is asked meanwhile, all of it drawn from one seed.
"""

from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Final, assert_never

from tests.torture.schedule import drawn

LOAD_SECONDS: Final = 6.0
"""Seconds within which logins begin."""

LOGINS: Final = 14
REVOKED_ONE_IN: Final = 6
"""Of so many schedules one revokes a server."""


ASSERTED, LOCAL = "asserted", "local"
"""The application that has checked the password itself, and the one whose passwords the portal keeps."""


class Wrong(StrEnum):
    """What goes wrong."""

    KILL_PORTAL = "the portal is killed"
    RESTART_PORTAL = "the portal is restarted"
    FREEZE_PORTAL = "the portal stands still"
    KILL_SERVER = "a server is killed"
    FREEZE_SERVER = "a server stands still"
    CLOCK = "a server's clock is stepped"
    FULL_DISK = "a server's disk is full"
    PARTITION = "a server is cut off"
    DEAF = "a server hears nothing of the portal"
    MUTE = "a server is not heard by the portal"
    LOSS = "a third of all packets is lost"
    DELAY = "everything takes half a second longer"


_PORTAL: Final = (Wrong.KILL_PORTAL, Wrong.RESTART_PORTAL, Wrong.FREEZE_PORTAL)
_SERVER: Final = (Wrong.KILL_SERVER, Wrong.FREEZE_SERVER, Wrong.CLOCK, Wrong.FULL_DISK)
_WIRE: Final = (Wrong.PARTITION, Wrong.DEAF, Wrong.MUTE, Wrong.LOSS, Wrong.DELAY)
_GROUPS: Final = (_PORTAL, _SERVER, _WIRE)
"""Of each at most one at a time: what is killed cannot stand still."""

WITH_CLOCK, WITH_DISK = 0, 1
"""The server whose clock can be stepped, and the one whose disk can be filled."""

_OFFSETS: Final = ("+3s", "-3s", "+10m", "-10m", "+1h", "-1d", "+1d")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What goes wrong where, from when on and for how long, in seconds; `offset` of a clock."""

    wrong: Wrong
    server: int
    at: float
    seconds: float
    offset: str = ""

    def __str__(self) -> str:
        return f"{self.wrong} {self.offset} ({self.server + 1}) at {self.at:.1f} for {self.seconds:.1f} s"


class Errand(StrEnum):
    """What somebody does."""

    CODE = "a code from one place, and later from another"
    RACE = "a code from several places at once"
    APPROVED = "a push that is approved"
    DENIED = "a push that is denied"
    BYPASS = "a bypass from one place"
    BYPASS_RACE = "a bypass from several places at once"
    BYPASS_CANCELLED = "a bypass that is cancelled meanwhile"
    BLOCK = "codes of somebody who is blocked meanwhile"


_PUSHES: Final = (Errand.APPROVED, Errand.DENIED)
PHONES: Final = 4
"""At most so many pushes in one schedule: each has a phone of its own."""


@dataclass(frozen=True, slots=True)
class Shot:
    """One packet: seconds after its errand's begin, which server, from which place."""

    after: float
    server: int
    place: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Doing:
    """
    An errand, when it begins, its packets, and the seconds after which the phone answers or the desk acts.

    `application` is where: codes and bypasses are asked for at both.
    """

    errand: Errand
    application: str
    at: float
    shots: tuple[Shot, ...]
    acts_after: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """What one seed comes to; `revoked` is the server that is revoked at a second, where one is."""

    seed: int
    faults: tuple[Fault, ...]
    doings: tuple[Doing, ...]
    revoked: tuple[int, float] | None


def schedule(seed: int) -> Schedule:
    """Draw a schedule."""
    random = drawn(f"faults {seed}")
    groups = random.sample(_GROUPS, random.choice((1, 1, 2)))
    faults = tuple(_fault(random, random.choice(group)) for group in groups)
    revoked = (random.randrange(2), random.uniform(1, LOAD_SECONDS)) if not random.randrange(REVOKED_ONE_IN) else None
    errands = [random.choice(tuple(Errand)) for _ in range(LOGINS)]
    pushes = 0
    for place, errand in enumerate(errands):
        pushes += errand in _PUSHES
        if errand in _PUSHES and pushes > PHONES:
            errands[place] = Errand.RACE
    doings = tuple(_doing(random, errand) for errand in errands)
    return Schedule(seed=seed, faults=faults, doings=doings, revoked=revoked)


def _fault(random: Random, wrong: Wrong) -> Fault:
    server = {Wrong.CLOCK: WITH_CLOCK, Wrong.FULL_DISK: WITH_DISK}.get(wrong, random.randrange(2))
    seconds = random.choice((random.uniform(0.1, 1), random.uniform(1, 4), random.uniform(4, 11)))
    offset = random.choice(_OFFSETS) if wrong is Wrong.CLOCK else ""
    return Fault(wrong=wrong, server=server, at=random.uniform(0.3, 3), seconds=seconds, offset=offset)


def _doing(random: Random, errand: Errand) -> Doing:
    acts_after = random.uniform(0.3, 2.5)
    match errand:
        case Errand.RACE | Errand.BYPASS_RACE:
            shots = [Shot(random.uniform(0, 0.05), number % 2, number // 2) for number in range(random.randint(2, 8))]
        case Errand.BLOCK:
            shots = [Shot(number * 0.4, random.randrange(2), number) for number in range(10)]
        case Errand.BYPASS_CANCELLED:
            shots = [Shot(acts_after + random.uniform(-0.1, 1), random.randrange(2), number) for number in range(8)]
        case Errand.CODE | Errand.APPROVED | Errand.DENIED | Errand.BYPASS:
            shots = [Shot(random.uniform(0, 1), random.randrange(2), 0) for _ in range(random.randint(1, 4))]
        case _:
            assert_never(errand)
    if errand is Errand.CODE:
        shots += [Shot(random.uniform(2, 5), random.randrange(2), 1)]
    return Doing(
        errand=errand,
        application=random.choice((ASSERTED, ASSERTED, LOCAL)),
        at=random.uniform(0, LOAD_SECONDS),
        shots=tuple(sorted(shots, key=lambda shot: shot.after)),
        acts_after=acts_after,
    )
