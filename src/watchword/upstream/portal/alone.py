"""
Logins that a server decides by itself, because no portal answers and their application allows codes then.

What `domain.offline` decides is written to the disk, synced, and only then answered: also a server that is killed in
between takes no code twice. What was decided counts from the moment on at which it was, for the next login of the same
user; so two that come at once cannot both spend a code.

It never shares an outcome, honours no bypass and no cache, and rings no phone: none of that is here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from watchword.domain import offline
from watchword.domain.applications import Application, ApplicationId
from watchword.domain.configuration import Configuration
from watchword.domain.decisions import Allow, Deny
from watchword.domain.lockout import Failure, count_failure, count_success
from watchword.domain.methods import MethodId
from watchword.domain.offline import Open
from watchword.domain.otp import Matched
from watchword.domain.settings import DEFAULTS, ThrottleSettings
from watchword.domain.users import Person, Resolution, UserId, fold
from watchword.domain.verification import (
    ActivityId,
    Allowed,
    Denied,
    Outcome,
    PrimaryResult,
    PrimaryVerdict,
    Reason,
    VerificationRequest,
)
from watchword.ports.login import Ticket
from watchword.upstream.portal.outcomes import Decided, Outcomes
from watchword.upstream.portal.replica import Replica

_LIMITS: Final = DEFAULTS.throttle

_ThrottleKey = tuple[bytes | str, str]


class PasswordThrottles(Protocol):
    """Slows wrong passwords down: `app.throttles.Throttles`."""

    def admit(self, key: _ThrottleKey, proof: bytes, limits: ThrottleSettings) -> bool:
        """Reserve an attempt with one password; False where it must wait."""

    def settle(self, key: _ThrottleKey, proof: bytes, verdict: PrimaryVerdict, limits: ThrottleSettings) -> None:
        """Hear what came of an attempt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AloneParts:
    """What deciding alone stands on; `note` takes down logins that were denied without a decision, and why."""

    replica: Replica
    outcomes: Outcomes
    throttles: PasswordThrottles
    configuration: Callable[[], Configuration]
    note: Callable[[VerificationRequest, str], None]


class Alone:
    """Decides."""

    def __init__(self, parts: AloneParts) -> None:
        self._parts = parts

    def is_ready(self) -> bool:
        """Tell whether a login could pass now."""
        return self._parts.replica.is_held and isinstance(self._parts.replica.window(), Open)

    def gate(self, request: VerificationRequest, done: Callable[[Ticket | Outcome], None]) -> None:
        """Find the user, refuse whom no password helps, and reserve an attempt that `decide` settles."""
        parts = self._parts
        application, opened = self._application(request.application), parts.replica.window()
        hindrance = offline.hindrance(application, code=request.code, held=parts.replica.is_held, opened=opened)
        if hindrance is not None or application is None or not isinstance(opened, Open):
            parts.note(request, hindrance or "")
            done(Denied(reason=Reason.PORTAL_AWAY))
            return
        name = fold(request.user_name)
        resolution = self._resolve(name)
        user = resolution.user.id if isinstance(resolution, Person) else None
        key = _key(name, user, request)
        admitted = parts.throttles.admit(key, request.proofs[0], _LIMITS)
        asked = offline.gate(application, resolution, now=opened.now, throttled=not admitted)
        if isinstance(asked, Deny):
            if admitted:
                parts.throttles.settle(key, request.proofs[0], PrimaryVerdict.AWAY, _LIMITS)
            self._deny(request, resolution, asked, opened.now, done)
            return
        epoch = resolution.user.epoch if isinstance(resolution, Person) else 0
        done(Ticket(name=name or "", user=user, epoch=epoch, reserved=True, trace=asked.trace))

    def decide(
        self, ticket: Ticket, primary: PrimaryResult, request: VerificationRequest, done: Callable[[Outcome], None]
    ) -> None:
        """Decide a login whose password has been checked, and call `done` once the outcome is durable."""
        parts = self._parts
        self.settle(ticket, primary.verdict, request)
        application, opened = self._application(request.application), parts.replica.window()
        hindrance = offline.hindrance(application, code=request.code, held=parts.replica.is_held, opened=opened)
        if hindrance is not None or application is None or not isinstance(opened, Open):
            parts.note(request, hindrance or "")
            done(Denied(reason=Reason.PORTAL_AWAY))
            return
        resolution = self._resolve(ticket.name)
        facts = offline.Alone(request, application, resolution, primary, opened.now)
        decision = offline.decide(facts, gated=ticket.trace)
        if isinstance(decision, Deny):
            self._deny(request, resolution, decision, opened.now, done)
        elif isinstance(resolution, Person):
            self._allow(request, resolution, decision, primary, opened.now, done)

    def settle(self, ticket: Ticket, verdict: PrimaryVerdict, request: VerificationRequest) -> None:
        """Settle the attempt that `gate` has reserved."""
        self._parts.throttles.settle(_key(ticket.name, ticket.user, request), request.proofs[0], verdict, _LIMITS)

    def _allow(
        self,
        request: VerificationRequest,
        person: Person,
        decision: Allow,
        primary: PrimaryResult,
        now: int,
        done: Callable[[Outcome], None],
    ) -> None:
        spend = decision.spend if isinstance(decision.spend, Matched) else None
        made = Decided(request, person.user.id, person.user.epoch, now, decision.reason, decision.trace, spend=spend)

        def kept(row: bytes | None) -> None:
            if row is None:
                done(Denied(reason=Reason.ERROR))
            elif not isinstance(self._parts.replica.window(), Open):
                # The disk took so long that nobody may pass any more, by whatever was known before.
                done(Denied(reason=Reason.PORTAL_AWAY))
            else:
                done(Allowed(decision.reason, ActivityId(row), person.user.epoch, primary.attributes))

        self._parts.outcomes.keep(made, kept)

    def _deny(
        self,
        request: VerificationRequest,
        resolution: Resolution,
        decision: Deny,
        now: int,
        done: Callable[[Outcome], None],
    ) -> None:
        user, epoch = (resolution.user.id, resolution.user.epoch) if isinstance(resolution, Person) else (None, 0)
        made = Decided(request, user, epoch, now, decision.reason, decision.trace, counts=decision.counts)

        def kept(row: bytes | None) -> None:
            done(Denied(decision.reason, None if row is None else ActivityId(row), epoch))

        self._parts.outcomes.keep(made, kept)

    # --- what is known ------------------------------------------------------------------------------------------------

    def _application(self, application: ApplicationId) -> Application | None:
        return self._parts.configuration().applications.get(application)

    def _resolve(self, name: str | None) -> Resolution:
        """Find whom a name means, as the portal knew him, and with what happened here since."""
        found = self._parts.replica.resolve(name)
        if not isinstance(found, Person):
            return found
        person, failures = found, found.failures
        for row in self._parts.outcomes.of(found.user.id):
            told = row.offline
            if told is None:
                continue
            if told.counts:
                failures = count_failure(failures, Failure(row.at, row.source), self._parts.replica.lock)
            elif told.allowed:
                failures = count_success(failures, row.source)
            if told.method is not None:
                person = offline.spent(person, MethodId(told.method), told.step, told.drift)
        return person._replace(failures=failures)


def _key(name: str | None, user: UserId | None, request: VerificationRequest) -> _ThrottleKey:
    return user or name or "", request.source or request.client
