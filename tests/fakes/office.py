"""
Everything that administration stands on, in a test's hands: a real store on a real file, and fakes of what runs.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, cast

from tests.fakes.changes import replace
from tests.fakes.world import MemoryCache
from watchword.app.administration import HOST, Actor, Administration, Refusal, RefusalKind
from watchword.app.enrol import MethodAdd, MethodType, TokenAdded
from watchword.app.manage.applications import ApplicationAdd
from watchword.app.manage.users import UserAdd
from watchword.app.operations import perform
from watchword.domain.bypass import BypassId
from watchword.domain.configuration import Configuration
from watchword.domain.enrolment import EnrolmentRefusal
from watchword.domain.events import Activity, Audit, AuditEvent
from watchword.domain.roles import Role
from watchword.domain.secrets import Secret
from watchword.domain.servers import Contact, ServerId
from watchword.domain.users import Person, UserId
from watchword.domain.verification import PrimaryResult, PrimaryVerdict, VerificationId
from watchword.kit.clock import ManualClock
from watchword.kit.identifiers import Identifiers
from watchword.kit.randomness import SeededRandomness
from watchword.ports.downloads import DownloadProgress, DownloadState
from watchword.ports.live import ClientObservation, Listening, PendingVerification
from watchword.ports.login import Committed, Ledger, PrimaryAttempt, StoreAway, Unit, Write
from watchword.ports.records import Changer, Reader, Records
from watchword.ports.upkeep import Upkeep

Value = TypeVar("Value")

ALICE = "alice@example.org"
VPN = "VPN"
SECRET = Secret(b"a shared secret of the VPN's own")


OWNER = Actor(name="olga@example.org", role=Role.OWNER)
DESK = Actor(name="dora@example.org", role=Role.HELP_DESK)


class Offered:
    """The MFA server as one file, which is as far as a test says."""

    def __init__(self) -> None:
        self.stands = DownloadProgress(state=DownloadState.BUILDING, percent=40)
        self.waited: list[float] = []
        self.path: Path | None = None

    async def wanted(self, *, seconds: float) -> DownloadProgress:
        self.waited.append(seconds)
        return self.stands

    def kept(self, *, sha256: str, name: str) -> Path | None:
        file = self.stands.file
        return self.path if file is not None and (file.sha256, file.name) == (sha256, name) else None


class Running:
    """Verifications in progress, as a test put them there; it notes what it was asked for."""

    def __init__(self) -> None:
        self.verifications: list[PendingVerification] = []
        self.let: list[tuple[VerificationId, BypassId]] = []
        self.passes = True
        self.ends: list[UserId] = []
        self.settled = 0

    def pending(self) -> Sequence[PendingVerification]:
        return tuple(self.verifications)

    async def let_through(self, verification: VerificationId, bypass: BypassId) -> bool:
        self.let.append((verification, bypass))
        return self.passes

    async def settle(self) -> None:
        self.settled += 1

    def ended(self, user: UserId) -> None:
        self.ends.append(user)


@dataclass
class Seen:
    """What listeners have seen, as a test chose."""

    sockets: list[Listening] = field(default_factory=list)
    observations: list[ClientObservation] = field(default_factory=list)

    def listening(self) -> Sequence[Listening]:
        return self.sockets

    def clients(self) -> Sequence[ClientObservation]:
        return self.observations


class Connected:
    """Servers that are connected, as a test chose; it notes whose session was ended."""

    def __init__(self) -> None:
        self.heard: dict[ServerId, Contact] = {}
        self.settled: frozenset[ServerId] = frozenset()
        self.sent: dict[ServerId, int] = {}
        self.ends: list[tuple[ServerId, EnrolmentRefusal | None]] = []

    def contacts(self) -> Mapping[ServerId, Contact]:
        return self.heard

    def untaken(self) -> Mapping[ServerId, int]:
        return self.sent

    async def settle(self) -> frozenset[ServerId]:
        return self.settled

    def end(self, server: ServerId, why: EnrolmentRefusal | None) -> None:
        self.ends.append((server, why))


class Directories:
    """Answers every password as a test chose."""

    def __init__(self) -> None:
        self.attempts: list[PrimaryAttempt] = []
        self.result = PrimaryResult(verdict=PrimaryVerdict.ACCEPTED, checked_by="AD", by_directory=True)

    def check(self, attempt: PrimaryAttempt, done: Callable[[PrimaryResult], None]) -> None:
        self.attempts.append(attempt)
        done(self.result)


@dataclass(frozen=True)
class Sent:
    """A datagram that was sent."""

    datagram: bytes
    host: str
    port: int
    seconds: float


class Network:
    """Answers datagrams as a test chose, None by silence."""

    def __init__(self) -> None:
        self.own: str | None = "127.0.0.1"
        self.towards: dict[str, str | None] = {}
        self.sent: list[Sent] = []
        self.answer: Callable[[bytes], bytes | None] = lambda _datagram: None

    async def address_towards(self, host: str, _port: int) -> str | None:
        return self.towards.get(host, self.own)

    async def exchange(
        self, datagram: bytes, *, host: str, port: int, seconds: float, fits: Callable[[bytes], bool]
    ) -> bytes | None:
        self.sent.append(Sent(datagram, host, port, seconds))
        answer = self.answer(datagram)
        return answer if answer is not None and fits(answer) else None


class _Copying:
    """A changer whose audit rows are copied."""

    def __init__(self, changer: Changer, rows: list[Audit]) -> None:
        self._changer = changer
        self._rows = rows

    def audit(self, row: Audit) -> None:
        self._rows.append(row)
        self._changer.audit(row)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._changer, name)


class Watched:
    """Records whose audit rows a test may read, also those of changes that were undone."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self.audit: list[Audit] = []
        self.away = False

    def read(self, use_case: Callable[[Reader], Value]) -> Awaitable[Value]:
        self._reachable()
        return self._records.read(use_case)

    def change(self, use_case: Callable[[Changer], Value]) -> Awaitable[Value]:
        self._reachable()
        return self._records.change(lambda changer: use_case(cast(Changer, _Copying(changer, self.audit))))

    def follow(self, told: Callable[[Activity], None]) -> Callable[[], None]:
        return self._records.follow(told)

    def on_configuration(self, told: Callable[[Configuration], None]) -> None:
        self._records.on_configuration(told)

    def _reachable(self) -> None:
        if self.away:
            raise StoreAway


class Office:
    """Performs operations as whoever a test names."""

    def __init__(
        self, records: Records, upkeep: Upkeep, *, ledger: Ledger, clock: ManualClock, identifiers: Identifiers
    ) -> None:
        self.records = Watched(records)
        self.ledger = ledger
        self.clock = clock
        self.running = Running()
        self.seen = Seen()
        self.cache = MemoryCache()
        self.connected = Connected()
        self.directories = Directories()
        self.network = Network()
        self.hashed: list[bytes] = []
        self.checked: list[tuple[bytes, str | None]] = []
        self.free = 10 << 30
        self.offered = Offered()
        self.context = Administration(
            records=self.records,
            upkeep=upkeep,
            clock=clock,
            identifiers=identifiers,
            randomness=SeededRandomness(7),
            hash_password=self._hash,
            check_password=self._check,
            primary=self.directories,
            probe=self.network,
            portal_url="http://127.0.0.1:8080",
            free_octets=lambda: self.free,
            downloads=self.offered,
            live=self.running,
            cache=self.cache,
            observations=self.seen,
            servers=self.connected,
        )

    def _hash(self, password: Secret) -> str:
        self.hashed.append(password.octets)
        return f"$argon2id${len(self.hashed)}"

    def _check(self, password: Secret, encoded: str | None) -> bool:
        self.checked.append((password.octets, encoded))
        made = [f"$argon2id${number}" for number, known in enumerate(self.hashed, 1) if known == password.octets]
        return encoded is not None and encoded in made

    def stop(self) -> None:
        """From now on nothing runs: only the data folder is there."""
        self.context = replace(self.context, live=None, cache=None, observations=None, servers=None)

    async def do(self, name: str, arguments: object, actor: Actor = HOST) -> Any:
        """Perform an operation that must be done."""
        result = await perform(self.context, actor, name, arguments)
        assert not isinstance(result, Refusal), result
        return result

    async def refused(self, name: str, arguments: object, actor: Actor = HOST) -> Refusal:
        """Perform an operation that must be refused."""
        result = await perform(self.context, actor, name, arguments)
        assert isinstance(result, Refusal), result
        assert result.sentence.isprintable()
        return result

    async def user(self, username: str = ALICE, *, password: str | None = "correct horse") -> UserId:
        """Add a user."""
        secret = None if password is None else Secret(password.encode())
        await self.do("user.add", UserAdd(username=username, password=secret))
        return (await self.person(username)).user.id

    async def application(self, name: str = VPN, **fields: Any) -> str:
        """Add an application on this machine."""
        wanted: dict[str, Any] = {"clients": ("127.0.0.1",), "secret": SECRET} | fields
        added = await self.do("application.add", ApplicationAdd(name=name, **wanted))
        return str(added.id)

    async def token(self, user: str = ALICE) -> TokenAdded:
        """Give a user a token."""
        added = await self.do("method.add", MethodAdd(user=user, type=MethodType.TOTP))
        assert isinstance(added, TokenAdded)
        return added

    def commit(self, *writes: Write, activity: tuple[Activity, ...] = ()) -> None:
        """Commit what a login would, in a store that does everything at once."""
        results: list[Committed] = []
        self.ledger.commit(Unit(writes=writes, activity=activity), results.append)
        assert results == [Committed.TAKEN]

    async def person(self, username: str = ALICE) -> Person:
        """Load a user who must be there."""
        found = await self.records.read(lambda records: records.resolve(username))
        assert isinstance(found, Person), found
        return found

    def audited(self) -> list[tuple[AuditEvent, str]]:
        """Return what the audit trail says so far: what happened, and who did it."""
        return [(row.event, row.actor) for row in self.records.audit]

    async def configuration(self) -> Configuration:
        """Load the configuration."""
        return await self.records.read(lambda records: records.configuration())


def kinds(refusal: Refusal) -> tuple[RefusalKind, str]:
    """Return a refusal's kind and sentence, to be compared at once."""
    return refusal.kind, refusal.sentence
