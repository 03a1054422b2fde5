"""
What a server has decided by itself while no portal answered, taken in here: once, with everything that follows from it.

The row of activity is committed with what it changes: the step of the code is spent, so that the code is refused from
then on here too, and a wrong code counts to the lock-out. A code that was accepted somewhere else as well is still
written down as it happened, and said loudly: without a portal a code is good once at each server, and here is the one
place that can tell.

A server is believed that something happened at it, and never more than it could have decided: a step that lies ahead of
what it may look at moves nothing.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple, Protocol, TypeVar

from watchword.app.channel.parts import Caller
from watchword.app.directory import CurrentConfiguration
from watchword.domain.applications import ApplicationId, AuthenticationType
from watchword.domain.events import Activity, Audit, AuditEvent, AuditId
from watchword.domain.lockout import Failure, Failures, count_failure, count_success
from watchword.domain.methods import Hotp, Method, Totp
from watchword.domain.otp import LONGEST_DRIFT, LOOK_AHEAD, WINDOW
from watchword.domain.servers import ACTS_SECONDS
from watchword.domain.trace import Answer, Question, Step
from watchword.domain.users import Person, UserId
from watchword.domain.verification import ActivityId, OutcomeKind, Reason
from watchword.kit.clock import MICROSECONDS, Clock
from watchword.kit.identifiers import Identifiers, text
from watchword.ports.history import ActivityFilter
from watchword.ports.login import Committed, Ledger, SetFailures, SpendStep, Unit, Write
from watchword.ports.messages import reason_of, trace_of
from watchword.ports.records import Reader
from watchword.wire.channel.away import Away, Offline

LONGEST: Final = 500
"""Characters of what a row has in words."""

MOST_STEPS: Final = 32
LOOKED_BACK: Final = 3 * ACTS_SECONDS * MICROSECONDS
"""How far back another use of the same code is looked for: longer than two servers can be apart at once."""

_LATE: Final = Step(Question.RELEASE, Answer.USED, detail="a code as late was accepted before this was told")
_TWICE: Final = Step(Question.RELEASE, Answer.USED, detail="the same code was accepted elsewhere too")
_AHEAD: Final = Step(Question.RELEASE, Answer.OTHER, detail="the server names a code that it cannot have checked")

Value = TypeVar("Value")


class Reads(Protocol):
    """The records, as far as they are read here."""

    def read(self, use_case: Callable[[Reader], Value]) -> Awaitable[Value]:
        """Run a read off the loop."""


class Turn(Protocol):
    """One decision of a user at a time: `app.verify.turns.Turns`."""

    def take(self, user: UserId, run: Callable[[], None], *, most: int | None = ...) -> bool:
        """Run `run` as soon as the user is free."""

    def give(self, user: UserId) -> None:
        """Give the turn back."""


class Earlier(NamedTuple):
    """What is known of another use of a code: where, or that there was one as late."""

    where: str | None


class OfflineReports:
    """Takes them in, one after the other."""

    def __init__(
        self,
        *,
        records: Reads,
        ledger: Ledger,
        turns: Turn,
        configuration: CurrentConfiguration,
        clock: Clock,
        identifiers: Identifiers,
    ) -> None:
        self._records = records
        self._ledger = ledger
        self._turns = turns
        self._configuration = configuration
        self._clock = clock
        self._identifiers = identifiers

    async def take(self, caller: Caller, row: Away, told: Offline) -> bool:
        """Write a row down that is not written yet; False where that failed. Raises `ports.login.StoreAway`."""
        if told.user is None:
            return await self._commit((), self._row(caller, row, told, None)) is Committed.TAKEN
        user = UserId(told.user)
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._turns.take(user, lambda: turn.set_result(None), most=None)
        await turn
        try:
            person = await self._records.read(lambda records: records.person(user))
            made = self._row(caller, row, told, person)
            if person is None:
                return await self._commit((), made) is Committed.TAKEN
            if told.allowed:
                return await self._allowed(caller, person, made, told)
            return await self._denied(person, made, counts=told.counts)
        finally:
            self._turns.give(user)

    async def _allowed(self, caller: Caller, person: Person, row: Activity, told: Offline) -> bool:
        forgiven = count_success(person.failures, row.source)
        writes: tuple[Write, ...] = () if forgiven is person.failures else (_failures(person, forgiven, bump=False),)
        method = next((one for one in person.methods if one.id == told.method), None)
        if method is None:
            # It was removed meanwhile, and no code of it is good any more.
            return await self._commit(writes, row) is Committed.TAKEN
        if not self._is_possible(method, told):
            return await self._commit(writes, _with(row, _AHEAD)) is Committed.TAKEN
        spend = SpendStep(method.id, told.step, told.drift)
        committed = await self._commit((spend, *writes), row)
        if committed is not Committed.REFUSED:
            return committed is Committed.TAKEN
        earlier = await self._records.read(lambda records: self._earlier(records, person.user.id, method, row, told))
        if earlier.where is None:
            return await self._commit(writes, _with(row, _LATE)) is Committed.TAKEN
        where = (("server", caller.name), ("before", earlier.where))
        said = self._audit(AuditEvent.CODE_USED_TWICE, person, told.method, *where)
        return await self._commit(writes, _with(row, _TWICE), said) is Committed.TAKEN

    async def _denied(self, person: Person, row: Activity, *, counts: bool) -> bool:
        if not counts:
            return await self._commit((), row) is Committed.TAKEN
        limits = self._configuration.value.settings.lock
        failures = count_failure(person.failures, Failure(row.at, row.source), limits)
        locks = failures.locked(self._clock.now()) and not person.failures.locked(self._clock.now())
        audit = (self._audit(AuditEvent.USER_LOCKED, person),) if locks else ()
        return await self._commit((_failures(person, failures, bump=locks),), row, *audit) is Committed.TAKEN

    def _is_possible(self, method: Method, told: Offline) -> bool:
        match method.detail:
            case Totp() as token:
                now = self._clock.wall() // (token.period * MICROSECONDS)
                return 0 <= told.step <= now + LONGEST_DRIFT + 2 * WINDOW and abs(told.drift) <= LONGEST_DRIFT
            case Hotp() as token:
                return 0 <= told.step <= token.counter + LOOK_AHEAD and told.drift == 0
            case _:
                return False

    @staticmethod
    def _earlier(records: Reader, user: UserId, method: Method, row: Activity, told: Offline) -> Earlier:
        """Find out whether the very same code was accepted before, and where."""
        wanted = ActivityFilter(user=user, reason=Reason.OFFLINE_CODE, since=row.at - LOOKED_BACK)
        for other in records.activity(wanted).rows:
            if other.detail == row.detail and other.id != row.id:
                return Earlier(f"by {other.server}")
        person = records.person(user)
        methods = () if person is None else person.methods
        last = next((_last(one) for one in methods if one.id == method.id), None)
        return Earlier("at the portal" if last == told.step else None)

    # --- rows ---------------------------------------------------------------------------------------------------------

    def _row(self, caller: Caller, row: Away, told: Offline, person: Person | None) -> Activity:
        reason = reason_of(told.reason)
        spends = told.allowed and told.method is not None
        return Activity(
            id=ActivityId(row.key),
            at=min(row.at, self._clock.now()),
            group=caller.group,
            kind=OutcomeKind.ALLOWED if told.allowed else OutcomeKind.DENIED,
            reason=Reason.OFFLINE_CODE if told.allowed else reason,
            user=None if person is None else person.user.id,
            user_name=row.user_name[:LONGEST] if person is None else person.user.username,
            epoch=told.epoch,
            application=ApplicationId(row.application),
            authentication_type=kind_of(row.authentication_type),
            client=row.client[:LONGEST],
            source=None if row.source is None else row.source[:LONGEST],
            server=caller.name,
            count=row.count,
            detail=f"code {told.step} of {_named(told.method)}" if spends else "",
            trace=tuple(step._replace(detail=step.detail[:LONGEST]) for step in trace_of(told.trace)[:MOST_STEPS]),
        )

    def _audit(self, event: AuditEvent, person: Person, subject: bytes | None = None, *words: tuple[str, str]) -> Audit:
        return Audit(
            id=AuditId(self._identifiers.new()),
            at=self._clock.now(),
            event=event,
            actor="system",
            user=person.user.id,
            subject=subject,
            words=words and (("username", person.user.username), *words),
        )

    async def _commit(self, writes: tuple[Write, ...], row: Activity, *audit: Audit) -> Committed:
        committed: asyncio.Future[Committed] = asyncio.get_running_loop().create_future()
        self._ledger.commit(Unit(writes=writes, activity=(row,), audit=audit), committed.set_result)
        return await committed


def _failures(person: Person, failures: Failures, *, bump: bool) -> SetFailures:
    return SetFailures(user=person.user.id, failures=failures, bump=bump)


def _with(row: Activity, step: Step) -> Activity:
    return row._replace(trace=(*row.trace, step))


def _last(method: Method) -> int | None:
    match method.detail:
        case Totp() as token:
            return token.last_step
        case Hotp() as token:
            return token.counter - 1
        case _:
            return None


def _named(method: bytes | None) -> str:
    return "" if method is None else text(method)


def kind_of(written: str) -> AuthenticationType | None:
    """Return the authentication type of that word, None where none has it."""
    try:
        return AuthenticationType(written)
    except ValueError:
        return None
