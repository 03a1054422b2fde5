"""
The second step, decided at the portal: `ports.login.Verifier` for whoever is far from it.

What the portal cannot be asked is denied, `portal-away`; what it cannot understand, or answers in a way that is not
understood here, is denied too.
"""

from collections.abc import Callable
from functools import partial
from typing import Final

from watchword.domain.users import UserId
from watchword.domain.verification import Denied, Outcome, PrimaryResult, Reason, VerificationRequest
from watchword.kit.clock import NANOSECONDS, Clock
from watchword.ports.login import Ticket, Waiting
from watchword.ports.messages import outcome_of, primary_message, request_message
from watchword.upstream.portal.requests import Reply, Requests
from watchword.wire.channel.messages import Answer, Asked, Decide, Decided, Gate, Gated, Refuse

LATE_SECONDS: Final = 1
"""
Seconds after a login's deadline for which its outcome is waited for: the portal denies what is late itself, and writes
down that it did.
"""

Told = Callable[[VerificationRequest], None]


class FarVerifier:
    """Asks the portal."""

    def __init__(self, requests: Requests, *, clock: Clock, away: Told) -> None:
        """
        Make it.

        Args:
            requests: how the portal is asked.
            clock: time.
            away: told of every request that is denied because the portal is away.
        """
        self._requests = requests
        self._clock = clock
        self._away = away

    def gate(self, request: VerificationRequest, done: Callable[[Ticket | Outcome], None]) -> None:
        """Let the portal find the user and reserve an attempt."""
        number = self._requests.number()

        def told(reply: Reply | None) -> None:
            if isinstance(reply, Gated):
                user = None if reply.user is None else UserId(reply.user)
                done(Ticket(name=reply.name, user=user, epoch=reply.epoch, reserved=True, trace=(), number=number))
            else:
                done(self._outcome(request, reply))

        def make(left: int) -> Asked:
            return Gate(id=number, request=request_message(request, monotonic=request.deadline - left))

        self._requests.ask(number, make, told, deadline=request.deadline, anew=True)

    def decide(
        self, ticket: Ticket, primary: PrimaryResult, request: VerificationRequest, done: Callable[[Outcome], None]
    ) -> Waiting:
        """Let the portal decide a login whose password has been checked here."""
        message = Decide(id=ticket.number, primary=primary_message(primary))

        def told(reply: Reply | None) -> None:
            done(self._outcome(request, reply))

        self._requests.ask(ticket.number, lambda _left: message, told, deadline=_late(request), anew=False)
        return _Asked(self._requests, ticket.number)

    def answer(self, request: VerificationRequest, done: Callable[[Outcome], None]) -> Waiting:
        """Let the portal decide the answer to a challenge."""
        number = self._requests.number()
        self._ask(number, request, partial(Answer, id=number), done)
        return _Asked(self._requests, number)

    def refuse(self, request: VerificationRequest, reason: Reason, done: Callable[[Outcome], None]) -> None:
        """Let the portal write down a refusal."""
        number = self._requests.number()
        self._ask(number, request, partial(Refuse, id=number, reason=reason.value), done)

    def _ask(
        self, number: int, request: VerificationRequest, make: Callable[..., Asked], done: Callable[[Outcome], None]
    ) -> None:
        def message(left: int) -> Asked:
            # What is left was counted to when the portal must have answered, a little after the application gave up.
            monotonic = _late(request) - left
            return make(request=request_message(request, monotonic=monotonic))

        def told(reply: Reply | None) -> None:
            done(self._outcome(request, reply))

        self._requests.ask(number, message, told, deadline=_late(request), anew=True)

    def _outcome(self, request: VerificationRequest, reply: Reply | None) -> Outcome:
        if reply is None:
            self._away(request)
            return Denied(reason=Reason.PORTAL_AWAY)
        return outcome_of(reply.outcome) if isinstance(reply, Decided) else Denied(reason=Reason.ERROR)


class _Asked:
    """A request that the portal decides."""

    __slots__ = ("_number", "_requests")

    def __init__(self, requests: Requests, number: int) -> None:
        self._requests = requests
        self._number = number

    def cancel(self) -> None:
        """Answer it no more."""
        self._requests.cancel(self._number)


def _late(request: VerificationRequest) -> int:
    return request.deadline + LATE_SECONDS * NANOSECONDS
