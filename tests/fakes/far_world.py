"""
The same verification service, with a channel between it and whoever logs in: every message is written out and read.
"""

from collections.abc import Callable, Sequence
from functools import partial

from tests.fakes.world import World
from watchword.app.attempt import AccountingRecord
from watchword.app.channel.conversation import Conversation
from watchword.app.channel.parts import Accounting, Caller, ChannelParts
from watchword.app.login import Login
from watchword.app.proofs import PasswordProofs
from watchword.domain.applications import DEFAULT_GROUP, PrimaryKind
from watchword.domain.users import UserId
from watchword.domain.verification import PrimaryResult, PrimaryVerdict, VerificationRequest
from watchword.kit import passwords
from watchword.kit.passwords import Recipe
from watchword.ports.login import PrimaryAttempt, Verifier
from watchword.upstream.portal.requests import Reply, Requests
from watchword.upstream.portal.verifier import FarVerifier
from watchword.wire.channel.away import Away
from watchword.wire.channel.messages import (
    Asked,
    Check,
    Checked,
    Gated,
    Told,
    Unreadable,
    decode_asked,
    decode_told,
    encode_frame,
)

CALLER = Caller(id=b"i" * 16, name="vpn-mfa-1", group=DEFAULT_GROUP)
RIGHT = b"the digest of the right password"


class Hashes:
    """The portal's passwords: one digest is right."""

    def __init__(self) -> None:
        self.checked: list[tuple[UserId | None, bytes]] = []
        self.away = False

    def recipe(self, user: UserId | None, done: Callable[[Recipe | None], None]) -> None:
        done(None if self.away else passwords.pretended((user or b"nobody") * 2))

    def check(self, user: UserId | None, digest: bytes, done: Callable[[PrimaryVerdict], None]) -> None:
        self.checked.append((user, digest))
        if self.away:
            done(PrimaryVerdict.AWAY)
        else:
            done(PrimaryVerdict.ACCEPTED if digest == RIGHT else PrimaryVerdict.REJECTED)


class Reports:
    """Takes what happened while no portal answered."""

    def __init__(self) -> None:
        self.rows: list[Away] = []
        self.durable = True

    def take(self, caller: Caller, rows: Sequence[Away], done: Callable[[bool], None]) -> None:  # noqa: ARG002
        self.rows += rows
        done(self.durable)


class Accounts:
    """Takes what clients tell of sessions."""

    def __init__(self) -> None:
        self.records: list[AccountingRecord] = []
        self.durable = True

    def record(self, record: AccountingRecord, done: Callable[[bool], None]) -> None:
        self.records.append(record)
        done(self.durable)


class Channel:
    """A line between a server and a portal, which can be cut, and let single messages vanish."""

    def __init__(self, parts: ChannelParts, requests: Requests, *, boot: bytes = b"b" * 16) -> None:
        self.requests = requests
        self.conversation = Conversation(parts, CALLER, boot=boot)
        self.lose_told: Callable[[Told | Unreadable], bool] = lambda _message: False
        self.asked: list[Asked | Unreadable] = []
        self.told: list[Told | Unreadable] = []
        self.is_up = False

    def connect(self, *, same_run: bool = True) -> None:
        """Let both speak."""
        self.is_up = True
        self.conversation.attach(self.tell)
        self.requests.connected(self.ask, same_run=same_run)

    def cut(self) -> None:
        """Let both notice that the connection is gone."""
        self.is_up = False
        self.conversation.detach()
        self.requests.broken()

    def ask(self, message: Asked) -> None:
        for read in decode_asked(encode_frame([message])) or ():
            self.asked.append(read)
            self.conversation.take(read)  # type: ignore[arg-type]

    def tell(self, message: Told) -> None:
        for read in decode_told(encode_frame([message])) or ():
            self.told.append(read)
            if not self.lose_told(read):
                self.requests.told(read)  # type: ignore[arg-type]


class FarWorld(World):
    """A world whose logins come over a channel."""

    def __init__(self, *, seed: int = 1) -> None:
        super().__init__(seed=seed)
        self.hashes, self.reports, self.accounts = Hashes(), Reports(), Accounts()
        self.away: list[VerificationRequest] = []
        self.requests = Requests(clock=self.clock, timers=self.timer)
        self.channel = Channel(self.channel_parts(), self.requests)
        self.channel.connect()
        self.proofs = PasswordProofs(partial(self.proof_keys.of, DEFAULT_GROUP))
        self.login = Login(
            verifier=FarVerifier(self.requests, clock=self.clock, away=self.away.append),
            primary=FarPrimary(self),
            proofs=self.proofs,
            fault=self._fault,
            metrics=self.metrics,
        )

    def channel_parts(self) -> ChannelParts:
        return ChannelParts(
            verifier=self.verifier_of,
            accounting=self.accounting_of,
            passwords=self.hashes,
            reports=self.reports,
            configuration=self.configuration,
            proof_keys=self.proof_keys,
            clock=self.clock,
            fault=self._fault,
        )

    def verifier_of(self, _caller: Caller) -> Verifier:
        return self.service

    def accounting_of(self, _caller: Caller) -> Accounting:
        return self.accounts


class FlakyWorld(FarWorld):
    """A world whose channel breaks at every third answer, which is lost, and stands again at once."""

    def __init__(self, *, seed: int = 1) -> None:
        super().__init__(seed=seed)
        self.lost = 0
        self._count = 0
        self.channel.lose_told = self._lose

    def _lose(self, _message: Told | Unreadable) -> bool:
        self._count += 1
        if self._count % 3:
            return False
        self.lost += 1
        self.channel.cut()
        self.channel.connect()
        return True


class FarPrimary:
    """The first step of a server: the world's passwords, and for local ones the portal's word on top of it."""

    def __init__(self, world: FarWorld) -> None:
        self.world = world

    def check(self, attempt: PrimaryAttempt, done: Callable[[PrimaryResult], None]) -> None:
        self.world.passwords.check(attempt, partial(self._checked, attempt, done))

    def _checked(self, attempt: PrimaryAttempt, done: Callable[[PrimaryResult], None], result: PrimaryResult) -> None:
        if attempt.application.primary is not PrimaryKind.LOCAL or result.verdict is not PrimaryVerdict.ACCEPTED:
            done(result)
            return
        requests, proof = self.world.requests, self.world.proofs.of(attempt.password)[0]
        number = requests.number()

        def told(reply: Reply | None) -> None:
            right = isinstance(reply, Checked) and reply.verdict == "accepted"
            done(result if right else PrimaryResult(verdict=PrimaryVerdict.AWAY, checked_by="local"))

        def make(left: int) -> Asked:
            return Check(id=number, user=attempt.user, digest=RIGHT, proof=proof, remaining=left)

        requests.ask(number, make, told, deadline=attempt.deadline, anew=False)


def gated(channel: Channel) -> list[Gated]:
    """Return what was told of first halves."""
    return [one for one in channel.told if isinstance(one, Gated)]
