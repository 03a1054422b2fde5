"""
A portal on a real store, and servers with real disks that may have to decide by themselves; the line between is a list.

Everything that crosses is written out and read; clocks stand until they are moved.
"""

import asyncio
import io
import sqlite3
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from tests.contract.folder import Folder
from tests.fakes.world import ManualTimer
from watchword.app.channel.offline_reports import OfflineReports
from watchword.app.channel.parts import Caller
from watchword.app.channel.replicas import Replicas
from watchword.app.channel.reports import AwayReports
from watchword.app.directory import CurrentConfiguration
from watchword.app.throttles import Throttles
from watchword.app.verify.turns import Turns
from watchword.domain.applications import DEFAULT_GROUP, ApplicationId, AuthenticationType, PortalAway, PrimaryKind
from watchword.domain.configuration import Configuration
from watchword.domain.methods import Hotp, MethodId
from watchword.domain.offline import Word
from watchword.domain.otp import code_at
from watchword.domain.secrets import Secret
from watchword.domain.users import UserId
from watchword.domain.verification import Denied, Outcome, PrimaryResult, PrimaryVerdict, Reason, VerificationRequest
from watchword.kit import sealing
from watchword.kit.boots import ManualBoot
from watchword.kit.clock import NANOSECONDS, SystemClock
from watchword.kit.identifiers import Identifiers
from watchword.kit.identities import Identity
from watchword.kit.randomness import SeededRandomness
from watchword.kit.tasks import Tasks
from watchword.kit.telemetry import LogForm, SeldomLog, open_log
from watchword.ports.login import Ticket
from watchword.stores.offline import NAME, SqliteOffline
from watchword.upstream.portal.alone import Alone, AloneParts
from watchword.upstream.portal.offline_disk import OfflineDisk
from watchword.upstream.portal.outcomes import Outcomes
from watchword.upstream.portal.replica import Replica
from watchword.upstream.portal.requests import Requests
from watchword.wire.channel.messages import (
    Asked,
    Noted,
    Replicate,
    Report,
    Told,
    decode_asked,
    decode_told,
    encode_frame,
)
from watchword.wire.channel.messages import Replica as Replicated

SEED = b"12345678901234567890"
PASSWORD = PrimaryResult(verdict=PrimaryVerdict.ACCEPTED, checked_by="Corp", by_directory=True)
RUN = b"R" * 16


async def turns(count: int = 50) -> None:
    """Let the loop turn."""
    for _ in range(count):
        turned = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(turned.set_result, None)
        await turned


class Hands:
    """One thread's work, done at once, or when it is told to."""

    def __init__(self) -> None:
        self.is_held = False
        self.waiting: list[tuple[Callable[[], Any], Callable[[Any], None]]] = []

    def submit(self, work: Callable[[], Any], done: Callable[[Any], None]) -> Callable[[], None]:
        self.waiting.append((work, done))
        if not self.is_held:
            self.run()
        return lambda: None

    def run(self) -> None:
        while self.waiting:
            work, done = self.waiting.pop(0)
            done(work())


class Office:
    """The portal: records, replicas, and what takes reports in."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self.clock = folder.clock
        self.faults: list[str] = []
        self.tasks = Tasks(fault=self.fault)
        self.timer = ManualTimer()
        self.identity = Identity.new(SeededRandomness(7))
        self.current = CurrentConfiguration(folder.read(lambda reader: reader.configuration()))
        folder.store.records.on_configuration(self.current.swap)
        self.replicas = self.make_replicas(RUN)
        self.reports = AwayReports(
            records=folder.store.records,
            ledger=folder.store.ledger,
            clock=folder.clock,
            tasks=self.tasks,
            offline=OfflineReports(
                records=folder.store.records,
                ledger=folder.store.ledger,
                turns=Turns(),
                configuration=self.current,
                clock=folder.clock,
                identifiers=folder.identifiers,
            ),
        )

    def fault(self, where: str) -> None:
        self.faults.append(where)

    def make_replicas(self, run: bytes) -> Replicas:
        return Replicas(
            self.folder.store.records,
            identity=self.identity,
            run=run,
            configuration=self.current,
            clock=self.clock,
            timers=self.timer,  # type: ignore[arg-type]
            tasks=self.tasks,
        )

    def vpn(self, **fields: Any) -> ApplicationId:
        """Add an application that takes codes without a portal."""
        made = {"primary": PrimaryKind.LDAP, "portal_away": PortalAway.CODES, **fields}
        return self.folder.application(**made)

    def hotp(self, user: UserId, **fields: Any) -> MethodId:
        """Give a user a token whose codes can be spent one after the other."""
        return self.folder.method(user, Hotp(secret=Secret(SEED), **fields))


class Outpost:
    """A server, with its folder and its end of the line."""

    def __init__(self, office: Office, folder: Path, *, name: str = "vpn-mfa-1") -> None:
        folder.mkdir()
        self.office, self.folder, self.name = office, folder, name
        self.clock = office.clock
        self.boot = ManualBoot(self.clock)
        self.keys = sealing.create(folder / "keys", randomness=SeededRandomness(5), now=0)
        self.configuration = CurrentConfiguration(office.current.value)
        office.current.on_swap(self.told)
        self.text = io.StringIO()
        self.notes: list[str] = []
        self.is_up = False
        self.run = RUN
        self.lose: Callable[[Told], bool] = lambda _message: False
        self.hears_settled: list[bool] = []
        self.starts = 0
        self.store: SqliteOffline | None = None
        self.start()

    def start(self) -> None:
        """Be a process that was started anew; whatever the one before held in memory is gone."""
        if self.store is not None:
            self.store.close()
        self.is_up = False
        self.starts += 1
        self.hands = Hands()
        seed = sum(self.name.encode()) + 1_000 * self.starts
        log = SeldomLog(open_log(clock=self.clock, stream=self.text, form=LogForm.JSON), clock=self.clock)
        self.store = SqliteOffline(self.folder, self.keys, SystemClock())
        disk = OfflineDisk(self.store, workers=self.hands)  # type: ignore[arg-type]
        self.requests = Requests(clock=self.clock, timers=ManualTimer())
        self.replica = Replica(
            portal=self.office.identity.public,
            configuration=lambda: self.configuration.value,
            disk=disk,
            clock=self.clock,
            boot=self.boot,
            log=log,
        )
        self.outcomes = Outcomes(
            disk=disk,
            replica=self.replica,
            requests=self.requests,
            clock=self.clock,
            identifiers=Identifiers(clock=self.clock, randomness=SeededRandomness(seed)),
            log=log,
        )
        parts = AloneParts(
            replica=self.replica,
            outcomes=self.outcomes,
            throttles=Throttles(clock=self.clock),
            configuration=lambda: self.configuration.value,
            note=lambda _request, why: self.notes.append(why),
        )
        self.alone = Alone(parts)
        kept = self.store.load()
        self.outcomes.recall(kept)
        self.replica.recall(kept)

    # --- the line -----------------------------------------------------------------------------------------------------

    async def connect(self) -> None:
        """Speak with the portal, and take in what it says."""
        self.is_up = True
        self.requests.connected(self.say, same_run=True)
        self.configure(self.office.current.value)
        wanted = self.replica.wanted()
        if wanted is not None:
            self.say(wanted)
        await turns()
        await self.beat()

    def cut(self) -> None:
        """Let both notice that the line is gone."""
        self.is_up = False
        self.office.replicas.leave(self.hear)
        self.replica.disconnected()
        self.requests.away()

    def told(self, value: Configuration) -> None:
        if self.is_up:
            self.configure(value)

    def configure(self, value: Configuration) -> None:
        self.configuration.swap(value)
        self.replica.configured()

    def say(self, message: Asked) -> None:
        for read in decode_asked(encode_frame([message])) or ():
            match read:
                case Replicate():
                    self.office.replicas.ask(self.hear, read)
                case Report():
                    caller = Caller(id=b"i" * 16, name=self.name, group=DEFAULT_GROUP)
                    self.office.reports.take(caller, read.rows, partial(self.noted, read.id))
                case _:
                    raise AssertionError(read)

    def noted(self, number: int, durable: bool) -> None:  # noqa: FBT001 - the one thing that a callback is told
        self.hear(Noted(id=number, durable=durable))

    def hear(self, message: Told) -> None:
        for read in decode_told(encode_frame([message])) or ():
            if not self.is_up or self.lose(message):
                return
            if isinstance(read, Replicated):
                if not self.replica.take(read, self.run) and (wanted := self.replica.wanted()) is not None:
                    self.say(wanted)
            elif isinstance(read, Noted):
                self.requests.told(read)

    async def beat(self) -> None:
        """Say a word, and hear the portal's answer to it once everything was told."""
        said = self.replica.moment()
        if await self.office.replicas.settle(1):
            self.replica.heard(Word(said, self.replica.moment().elapsed, self.office.clock.wall()))

    async def settle(self) -> None:
        """Do what `settle` asks for."""
        self.replica.settle(self.hears_settled.append)
        await turns()

    async def tell(self) -> None:
        """Tell the portal what it does not have."""
        while len(self.outcomes):
            before = len(self.outcomes)
            self.outcomes.go_on()
            await turns()
            assert len(self.outcomes) < before, "nothing was acknowledged"

    # --- logins -------------------------------------------------------------------------------------------------------

    def request(self, application: ApplicationId, code: str | None, **fields: Any) -> VerificationRequest:
        made = VerificationRequest(
            application=application,
            authentication_type=AuthenticationType.RADIUS,
            user_name="alice@example.org",
            client="192.0.2.1",
            source="198.51.100.7",
            address=None,
            proofs=(b"p" * 32,),
            received_at=self.clock.now(),
            deadline=self.clock.monotonic() + 20 * NANOSECONDS,
            code=code,
        )
        return made._replace(**fields)

    def begin(
        self, application: ApplicationId, code: str | None, *, primary: PrimaryResult = PASSWORD, **fields: Any
    ) -> list[Outcome]:
        """Let somebody log in, and return where the outcome will stand."""
        request = self.request(application, code, **fields)
        outcomes: list[Outcome] = []

        def gated(ticket: Ticket | Outcome) -> None:
            if isinstance(ticket, Ticket):
                self.alone.decide(ticket, primary, request, outcomes.append)
            else:
                outcomes.append(ticket)

        self.alone.gate(request, gated)
        return outcomes

    def login(self, application: ApplicationId, code: str | None, **fields: Any) -> Reason:
        """Let somebody log in, and return why it ended as it did."""
        (outcome,) = self.begin(application, code, **fields)
        assert not isinstance(outcome, Denied) or outcome.reason is not Reason.OFFLINE_CODE
        reason: Reason = outcome.reason  # type: ignore[union-attr]
        return reason

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        """Look into the disk as somebody who has it in his hands."""
        with closing(sqlite3.connect(self.folder / NAME, isolation_level=None)) as connection:
            return connection.execute(statement).fetchall()


def code(counter: int) -> str:
    """Return a code of the token."""
    return code_at(SEED, counter, 6)
