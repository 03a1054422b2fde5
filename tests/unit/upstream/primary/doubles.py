"""
The outside world of a client of the first step: a clock that stands still, sockets that keep what is sent.
"""

import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from watchword.domain.applications import Application, ApplicationId, DirectoryId, PrimaryKind
from watchword.domain.secrets import Secret
from watchword.domain.users import UserId
from watchword.domain.verification import PrimaryResult
from watchword.kit.clock import NANOSECONDS, ManualClock
from watchword.kit.timers import Timers
from watchword.ports.login import PrimaryAttempt
from watchword.upstream.primary.datagrams import Address

APPLICATION: Final = Application(id=ApplicationId(b"a" * 16), name="vpn")
ALICE: Final = UserId(b"u" * 16)
ADDRESS: Final[Address] = (socket.AF_INET, ("192.0.2.1", 1812))

_STEP: Final = 0.05


class World:
    """Time that passes when it is told to, and what is reported meanwhile."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.timers = Timers(clock=self.clock, later=lambda _, __: None, fault=self.fault)
        self.faults: list[str] = []

    def fault(self, where: str) -> None:
        self.faults.append(where)

    def advance(self, seconds: float) -> None:
        """Let time pass, and call what falls due on the way."""
        for _ in range(round(seconds / _STEP)):
            self.clock.advance(_STEP)
            self.timers.turn()

    def within(self, seconds: float) -> int:
        """Return the deadline that is some seconds away."""
        return self.clock.monotonic() + int(seconds * NANOSECONDS)


def attempt(
    world: World,
    *,
    name: str = "alice",
    password: str = "correct horse",
    user: UserId | None = ALICE,
    source: str | None = "203.0.113.7",
    seconds: float = 50,
    primary: PrimaryKind = PrimaryKind.LOCAL,
    directories: tuple[DirectoryId, ...] = (),
) -> PrimaryAttempt:
    """Make an attempt that must be answered within some seconds."""
    return PrimaryAttempt(
        application=Application(id=APPLICATION.id, name=APPLICATION.name, primary=primary, directories=directories),
        user_name=name,
        user=user,
        password=Secret(password.encode()),
        client="192.0.2.9",
        source=source,
        deadline=world.within(seconds),
    )


class Answers:
    """Keeps what a check is answered with."""

    def __init__(self) -> None:
        self.given: list[PrimaryResult] = []

    def __call__(self, result: PrimaryResult) -> None:
        self.given.append(result)

    @property
    def only(self) -> PrimaryResult:
        """The one answer."""
        (answer,) = self.given
        return answer


@dataclass(eq=False)
class FakeDatagrams:
    """A socket that keeps what is sent; the test is the server."""

    address: Address
    received: Callable[[bytes], None]
    unreachable: Callable[[str], None]
    sent: list[bytes] = field(default_factory=list)
    closed: bool = False

    def send(self, datagram: bytes) -> None:
        assert not self.closed
        self.sent.append(datagram)

    def close(self) -> None:
        self.closed = True


class FakeNetwork:
    """Opens such sockets, and resolves every name at once to `addresses`, or never while `resolving` is False."""

    def __init__(self) -> None:
        self.opened: list[FakeDatagrams] = []
        self.addresses: tuple[Address, ...] = (ADDRESS,)
        self.error: OSError | None = None
        self.at_once = True
        self.waiting: list[Callable[[tuple[Address, ...]], None]] = []
        self.asked_for: list[tuple[str, int]] = []

    def open(
        self, address: Address, received: Callable[[bytes], None], unreachable: Callable[[str], None]
    ) -> FakeDatagrams:
        if self.error is not None:
            raise self.error
        self.opened.append(FakeDatagrams(address, received, unreachable))
        return self.opened[-1]

    def resolve(self, host: str, port: int, done: Callable[[tuple[Address, ...]], None]) -> None:
        self.asked_for.append((host, port))
        if self.at_once:
            done(self.addresses)
        else:
            self.waiting.append(done)
