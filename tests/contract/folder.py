"""
A data folder with a store in it, opened and opened again as a process would, on a clock that stands still.
"""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from tests.fakes.changes import replace
from watchword.domain.applications import (
    DEFAULT_GROUP,
    Application,
    ApplicationId,
    AuthenticationType,
    ClientId,
)
from watchword.domain.bypass import BypassId, BypassState
from watchword.domain.challenges import Challenge
from watchword.domain.clients import Client, parse_network
from watchword.domain.directories import Directory
from watchword.domain.events import Activity, Audit, AuditEvent, AuditId
from watchword.domain.methods import BackupCodes, Hotp, Method, MethodId, MethodKind, Push, Totp
from watchword.domain.secrets import Secret
from watchword.domain.trace import Answer, Question, Step
from watchword.domain.users import Person, Resolution, User, UserId, names_of
from watchword.domain.verification import ActivityId, OutcomeKind, Reason
from watchword.kit.clock import MICROSECONDS, ManualClock
from watchword.kit.identifiers import Identifiers
from watchword.kit.randomness import SeededRandomness
from watchword.ports.history import ActivityFilter
from watchword.ports.login import Committed, Unit, Write
from watchword.ports.records import BypassRow, Changer, Pairing, Reader
from watchword.ports.upkeep import ChainVerdict
from watchword.stores.connections import NAME
from watchword.stores.sqlite import SqliteStore

Value = TypeVar("Value")

TRACE = (
    Step(Question.USER, Answer.YES, detail="alice@example.org"),
    Step(Question.CODE, Answer.RIGHT, decided=True, detail="totp"),
)


def value_of(awaitable: Awaitable[Value]) -> Value:
    """Return what an awaitable has that needs no loop."""
    steps = awaitable.__await__()
    try:
        next(steps)
    except StopIteration as ended:
        value: Value = ended.value
        return value
    raise AssertionError("it waits for a loop")


class Folder:
    """What a test does with a data folder."""

    def __init__(self, directory: Path, *, seed: int = 1, clock: Any = None) -> None:
        self.directory = directory
        self.clock: Any = clock or ManualClock()
        self.randomness = SeededRandomness(seed)
        self.identifiers = Identifiers(clock=self.clock, randomness=SeededRandomness(seed + 1))
        self.store = self.opened()

    # --- the store

    def opened(self, **options: Any) -> SqliteStore:
        """Open the folder."""
        return SqliteStore.open(self.directory, clock=self.clock, randomness=self.randomness, **options)

    def reopen(self, **options: Any) -> SqliteStore:
        """Close the store and open it again, as a process that was started anew."""
        self.store.close()
        self.store = self.opened(**options)
        return self.store

    def change(self, use_case: Callable[[Changer], Value]) -> Value:
        """Change at once; the store is not on a loop."""
        return value_of(self.store.records.change(use_case))

    def read(self, use_case: Callable[[Reader], Value]) -> Value:
        """Read at once."""
        return value_of(self.store.records.read(use_case))

    def commit(self, *writes: Write, **fields: Any) -> Committed:
        """Commit a unit at once."""
        results: list[Committed] = []
        self.store.ledger.commit(self.unit(*writes, **fields), results.append)
        (result,) = results
        return result

    def group(self, units: list[Unit]) -> list[Committed]:
        """Commit units as one group."""
        return self.store.ledger.committer.commit(units)

    def activity(self, **wanted: Any) -> list[Activity]:
        """Return rows of activity, newest first."""
        return list(self.read(lambda reader: reader.activity(ActivityFilter(**wanted))).rows)

    def load(self, user: UserId) -> Person:
        """Load a user as the path of a request does."""
        found: list[Person | None] = []
        self.store.people.load(user, found.append)
        assert found[0] is not None
        return found[0]

    def resolve(self, name: str) -> Resolution:
        """Resolve a name as the path of a request does."""
        found: list[Resolution] = []
        self.store.people.resolve(name, found.append)
        return found[0]

    def find(self, digest: bytes) -> Challenge | None:
        """Find a challenge as the path of a request does."""
        found: list[Challenge | None] = []
        self.store.challenges.find(digest, found.append)
        return found[0]

    def verify(self) -> ChainVerdict:
        """Walk the chain."""
        return value_of(self.store.upkeep.verify_chain())

    def audited(self) -> list[AuditEvent]:
        """Return what the audit trail says so far."""
        rows = self.sql("SELECT body FROM audit ORDER BY position")
        return [AuditEvent(msgspec.msgpack.decode(body)[3]) for (body,) in rows]

    def sql(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Run a statement as somebody who has the database in his hands."""
        with closing(sqlite3.connect(self.directory / NAME, isolation_level=None)) as connection:
            return connection.execute(statement, values).fetchall()

    # --- values

    def new(self) -> bytes:
        """Return a new identifier."""
        return self.identifiers.new()

    def row(self, **fields: Any) -> Activity:
        """Return a row of activity."""
        row = Activity(
            id=ActivityId(self.new()),
            at=self.clock.now(),
            group=DEFAULT_GROUP,
            kind=OutcomeKind.ALLOWED,
            reason=Reason.CODE,
            user=None,
            user_name="alice@example.org",
            epoch=0,
            application=ApplicationId(bytes(15) + b"A"),
            authentication_type=AuthenticationType.RADIUS,
            client="192.0.2.1",
            source="198.51.100.7",
            server="local",
            trace=TRACE,
        )
        return replace(row, **fields)

    def audit(self, event: AuditEvent = AuditEvent.USER_ADDED, **fields: Any) -> Audit:
        """Return a row of the audit trail."""
        row = Audit(id=AuditId(self.new()), at=self.clock.now(), event=event, actor="host", words=(("name", "x"),))
        return replace(row, **fields)

    def unit(self, *writes: Write, **fields: Any) -> Unit:
        """Return a unit with a row for either case."""
        unit = Unit(writes=writes, activity=(self.row(),), otherwise=Reason.USED_CODE)
        return replace(unit, **fields)

    def challenge(self, user: UserId, application: ApplicationId, **fields: Any) -> Challenge:
        """Return a challenge that is good for three minutes."""
        challenge = Challenge(
            digest=self.new() + self.new(),
            user=user,
            application=application,
            client="192.0.2.1",
            name="alice@example.org",
            epoch=0,
            source="198.51.100.7",
            address="198.51.100.7",
            proof=b"p" * 32,
            verification=None,
            expires_at=self.clock.now() + 180 * MICROSECONDS,
            attributes=((25, b"staff"), (6, b"\x00\x00\x00\x01")),
            origin=ActivityId(self.new()),
        )
        return replace(challenge, **fields)

    def bypass(self, user: UserId, **fields: Any) -> BypassRow:
        """Return a bypass for five minutes."""
        row = BypassRow(
            id=BypassId(self.new()),
            user=user,
            username="alice@example.org",
            group=DEFAULT_GROUP,
            application=None,
            reason="lost phone",
            seconds=300,
            created_by="olga@example.org",
            created_at=self.clock.now(),
            expires_at=self.clock.now() + 300 * MICROSECONDS,
            state=BypassState.ACTIVE,
            ended_at=None,
            ended_by="",
            used_at_application=None,
            used_from=None,
        )
        return replace(row, **fields)

    # --- rows

    def user(self, username: str = "alice@example.org", **fields: Any) -> UserId:
        """Add a user with the names that he goes by."""
        user = User(id=UserId(self.new()), username=username, **fields)
        self.change(lambda changer: changer.add_user(user, names_of(username), at=self.clock.now()))
        return user.id

    def method(self, user: UserId, detail: Totp | Hotp | BackupCodes | Push) -> MethodId:
        """Give a user a method."""
        kinds = {
            Totp: MethodKind.TOTP,
            Hotp: MethodKind.HOTP,
            BackupCodes: MethodKind.BACKUP_CODE,
            Push: MethodKind.PUSH,
        }
        method = Method(id=MethodId(self.new()), kind=kinds[type(detail)], detail=detail)
        self.change(lambda changer: changer.add_method(user, method, at=self.clock.now()))
        return method.id

    def totp(self, user: UserId, **fields: Any) -> MethodId:
        """Give a user a time-based token."""
        return self.method(user, Totp(secret=Secret(b"time-based token 20o"), **fields))

    def application(self, name: str = "VPN", **fields: Any) -> ApplicationId:
        """Add an application."""
        application = Application(id=ApplicationId(self.new()), name=name, **fields)
        self.change(lambda changer: changer.add_application(application, at=self.clock.now()))
        return application.id

    def client(self, application: ApplicationId, network: str = "192.0.2.0/24") -> Client:
        """Add a client of an application."""
        parsed = parse_network(network)
        assert parsed is not None
        client = Client(
            id=ClientId(self.new()),
            application=application,
            network=parsed,
            secrets=(Secret(b"an old shared secret"), Secret(b"the new shared secret")),
        )
        self.change(lambda changer: changer.add_client(client))
        return client

    def add_bypass(self, row: BypassRow) -> list[BypassId]:
        """Add a bypass and return those that it supersedes."""
        return self.change(lambda changer: changer.add_bypass(row))

    def bypass_row(self, bypass: BypassId) -> BypassRow:
        """Load a bypass that must be there."""
        row = self.read(lambda reader: reader.bypass(bypass, now=self.clock.now()))
        assert row is not None
        return row

    def pairing(self, method: MethodId, user: UserId, token: bytes, *, expires_at: int) -> Pairing:
        """Let a device be paired."""
        pairing = Pairing(method=method, user=user, token_digest=token, expires_at=expires_at)
        self.change(lambda changer: changer.add_pairing(pairing))
        return pairing

    def add_directory(self, directory: Directory) -> None:
        """Add a directory."""
        self.change(lambda changer: changer.add_directory(directory))


async def committed(store: SqliteStore, unit: Unit) -> Committed:
    """Commit a unit through the writer's thread."""
    future: asyncio.Future[Committed] = asyncio.get_running_loop().create_future()
    store.ledger.commit(unit, future.set_result)
    return await future
