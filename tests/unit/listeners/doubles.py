"""
What stands around a RADIUS port in these tests.

A clock that is moved, a login that answers when it is told to, and a way back that keeps what is sent. Requests are
forged without the codec.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from ipaddress import ip_network
from typing import Final

from tests.unit.wire.radius.forging import AUTHENTICATOR, SECRET, UNSIGNED, USER_NAME, hidden, packet, sign
from watchword.app.attempt import AccountingRecord, LoginAttempt
from watchword.app.directory import CurrentConfiguration
from watchword.domain.applications import Application, ApplicationId, ClientId
from watchword.domain.clients import Client
from watchword.domain.configuration import Configuration
from watchword.domain.secrets import Secret
from watchword.domain.settings import Settings, changed
from watchword.domain.verification import ActivityId, Allowed, Challenged, Denied, Outcome, Prompt, Reason
from watchword.kit.clock import ManualClock, Moment
from watchword.kit.metrics import Metrics
from watchword.kit.randomness import SeededRandomness
from watchword.kit.telemetry import SeldomLog
from watchword.kit.timers import Timers
from watchword.listeners.access import AccessService
from watchword.listeners.accounting import AccountingService
from watchword.listeners.clients import Clients
from watchword.listeners.duplicates import Room
from watchword.listeners.observations import ListenerObservations
from watchword.listeners.radius import RadiusPort, Surroundings
from watchword.listeners.sockets import Peer

ACTIVITY: Final = ActivityId(bytes(16))
ALLOWED: Final = Allowed(reason=Reason.CODE, activity=ACTIVITY)
DENIED: Final = Denied(reason=Reason.WRONG_PASSWORD, activity=ACTIVITY)
CHALLENGED: Final = Challenged(state=b"handle-of-16-oct", prompt=Prompt(), activity=ACTIVITY)
OTHER_SECRET: Final = b"another secret altogether"
HOST: Final = "192.0.2.10"
PEER: Final = (HOST, 40_000)
VPN: Final = Application(id=ApplicationId(b"vpn-application!"), name="vpn")
CLIENT: Final = Client(
    id=ClientId(b"the-vpns-client!"),
    application=VPN.id,
    network=ip_network("192.0.2.0/24"),
    secrets=(Secret(SECRET),),
)


def configured(
    *clients: Client, applications: tuple[Application, ...] = (VPN,), reject_delay: float = 1
) -> Configuration:
    """Return a configuration with these clients."""
    settings = changed(Settings(), "reject_delay", reject_delay)
    assert isinstance(settings, Settings)
    return Configuration(
        applications={application.id: application for application in applications}, clients=clients, settings=settings
    )


def authenticator(number: int) -> bytes:
    """Return the authenticator of the packet of that number, `AUTHENTICATOR` for 0."""
    return bytes((octet + number) % 256 for octet in AUTHENTICATOR)


def asked(
    *attributes: tuple[int, bytes],
    password: bytes | None = b"password",
    user: tuple[int, bytes] = USER_NAME,
    number: int = 0,
    identifier: int = 7,
    signed: bool = True,
    secret: bytes = SECRET,
    code: int = 1,
) -> bytes:
    """Return an Access-Request (or another code); another `number` is another authenticator."""
    known = authenticator(number)
    word = () if password is None else ((2, hidden(password, authenticator=known, secret=secret)),)
    given = (*((UNSIGNED,) if signed else ()), user, *word, *attributes)
    octets = packet(code, *given, identifier=identifier, authenticator=known)
    return sign(octets, secret=secret) if signed else octets


class Handle:
    """What a login that was taken in is cancelled by."""

    def __init__(self) -> None:
        self.cancelled = 0

    def cancel(self) -> None:
        self.cancelled += 1


class FakeLogin:
    """Keeps what is asked. It answers at once with `at_once`, or when the test calls what it kept."""

    def __init__(self) -> None:
        self.attempts: list[LoginAttempt] = []
        self.done: list[Callable[[Outcome], None]] = []
        self.handles: list[Handle] = []
        self.at_once: Outcome | None = None
        self.broken: Exception | None = None

    def submit(self, attempt: LoginAttempt, done: Callable[[Outcome], None]) -> Handle:
        if self.broken is not None:
            raise self.broken
        self.attempts.append(attempt)
        self.done.append(done)
        self.handles.append(Handle())
        if self.at_once is not None:
            done(self.at_once)
        return self.handles[-1]


class FakeAccounting:
    """Keeps what is recorded."""

    def __init__(self) -> None:
        self.records: list[AccountingRecord] = []
        self.done: list[Callable[[bool], None]] = []
        self.broken = False

    def record(self, record: AccountingRecord, done: Callable[[bool], None]) -> None:
        if self.broken:
            raise ValueError("a bug")
        self.records.append(record)
        self.done.append(done)


class FakePath:
    """Keeps what is sent back."""

    def __init__(self) -> None:
        self.sent: list[tuple[bytes, Peer]] = []

    def send(self, datagram: bytes, peer: Peer) -> None:
        self.sent.append((datagram, peer))


class FakeLoop:
    """Keeps what is to be called later."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self._waiting: list[tuple[int, Callable[[], None]]] = []

    def __len__(self) -> int:
        return len(self._waiting)

    def later(self, seconds: float, call: Callable[[], None]) -> None:
        self._waiting.append((self._clock.monotonic() + int(seconds * 1e9), call))

    def pass_time(self, seconds: float) -> None:
        """Move the clock in small steps, and call what is due after each."""
        for _ in range(round(seconds * 100)):
            self._clock.advance(0.01)
            due = [one for one in self._waiting if one[0] <= self._clock.monotonic()]
            self._waiting = [one for one in self._waiting if one not in due]
            for _, call in due:
                call()


class Lines:
    """A log that keeps its lines."""

    def __init__(self) -> None:
        self.lines: list[dict[str, object]] = []

    def warning(self, event: str, **fields: object) -> None:
        self.lines.append({"event": event, **fields})

    debug = info = error = exception = warning


class Reports:
    """Keeps where bugs were caught."""

    def __init__(self) -> None:
        self.where: list[str] = []

    def __call__(self, where: str) -> None:
        self.where.append(where)


@dataclass
class World:
    """A port for logins and one for accounting, of one process."""

    configuration: Configuration = field(default_factory=lambda: configured(CLIENT))
    room: Room = field(default_factory=Room)
    able: bool = True

    def __post_init__(self) -> None:
        self.clock = ManualClock()
        self.loop = FakeLoop(self.clock)
        self.metrics = Metrics()
        self.log = Lines()
        self.reports = Reports()
        self.observations = ListenerObservations()
        self.current = CurrentConfiguration(self.configuration)
        self.login = FakeLogin()
        self.accounting = FakeAccounting()
        self.path = FakePath()
        self.surroundings = Surroundings(
            clock=self.clock,
            later=self.loop.later,
            metrics=self.metrics,
            log=SeldomLog(self.log, clock=self.clock),
            fault=self.reports,
            observations=self.observations,
        )
        self.timers = Timers(clock=self.clock, later=self.loop.later, fault=self.reports)
        self.clients = Clients(
            current=self.current,
            observations=self.observations,
            room=self.room,
            later=self.loop.later,
        )
        access = AccessService(
            login=self.login,
            current=self.current,
            timers=self.timers,
            randomness=SeededRandomness(1),
            surroundings=self.surroundings,
        )
        self.port = self._port(access)
        self.accounting_port = self._port(AccountingService(accounting=self.accounting, clock=self.clock))

    def _port(self, service: AccessService | AccountingService) -> RadiusPort:
        return RadiusPort(service, clients=self.clients, can_complete=lambda: self.able, surroundings=self.surroundings)

    def moment(self) -> Moment:
        """Return when something arrives that arrives now."""
        return self.clock.read()

    def send(self, datagram: bytes, peer: Peer = PEER) -> list[bytes]:
        """Let a datagram come to the port for logins, and return what leaves at once."""
        before = len(self.path.sent)
        self.port.received(datagram, peer, self.path, self.moment())
        return [octets for octets, _ in self.path.sent[before:]]

    def account(self, datagram: bytes, peer: Peer = PEER) -> list[bytes]:
        """Let a datagram come to the port for accounting, and return what leaves at once."""
        before = len(self.path.sent)
        self.accounting_port.received(datagram, peer, self.path, self.moment())
        return [octets for octets, _ in self.path.sent[before:]]

    def wait(self, seconds: float) -> list[bytes]:
        """Let time pass, and return what leaves in the meantime."""
        before = len(self.path.sent)
        self.loop.pass_time(seconds)
        return [octets for octets, _ in self.path.sent[before:]]

    def dropped(self, cause: str, listener: str = "radius") -> int:
        """Return how many packets were dropped for that cause."""
        return self.metrics.dropped.values.get((listener, cause), 0)

    def use(self, *clients: Client, **settings: object) -> None:
        """Put other clients in force."""
        self.current.swap(replace(configured(*clients, **settings), version=self.current.value.version + 1))  # type: ignore[arg-type]
