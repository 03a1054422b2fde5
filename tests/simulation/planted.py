"""
Bugs that are put into the product on purpose, to see that the simulation finds them.

Each is a change of a few lines that somebody might make, and that no single request ever notices.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Final
from unittest.mock import patch

from watchword.app.channel.hub import Hub
from watchword.app.pending import Waiter
from watchword.app.verify.letting_in import LettingIn
from watchword.domain import policy
from watchword.domain.decisions import Released
from watchword.domain.servers import ServerId
from watchword.domain.users import Person
from watchword.domain.verification import Outcome, PrimaryResult, VerificationRequest
from watchword.ports.login import ConfirmEpoch, Ticket, Waiting, Write
from watchword.ports.messages import primary_message, request_message
from watchword.stores.units import Performer
from watchword.upstream.portal import verifier
from watchword.upstream.portal.requests import Reply
from watchword.upstream.portal.verifier import FarVerifier
from watchword.wire.channel.messages import Asked, Decide, Gate, Gated


@contextmanager
def writes_always_take() -> Iterator[None]:
    """Whatever was read before is believed: a conditional write that does not take is overlooked."""
    perform = Performer.perform

    def planted(self: Performer, writes: tuple[Write, ...]) -> bool:
        perform(self, writes)
        return True

    with patch.object(Performer, "perform", planted):
        yield


@contextmanager
def joiners_are_not_asked_about() -> Iterator[None]:
    """Whoever joined passes once his leader has passed, whatever has befallen the user since."""
    writes_of, release = LettingIn._writes, policy.release  # noqa: SLF001 - what is changed is inside

    def writes(self: LettingIn, waiter: Waiter, person: Person, *, leads: bool) -> tuple[Write, ...]:
        kept = writes_of(self, waiter, person, leads=leads)
        return kept if leads else tuple(one for one in kept if not isinstance(one, ConfirmEpoch))

    run = LettingIn.run

    def unasked(self: LettingIn, person: Person | None) -> None:
        if not self._login.released:
            run(self, person)
            return
        with patch.object(policy, "release", lambda *_arguments, **_names: Released(policy.RELEASED.step)):
            run(self, person)

    with ExitStack() as changes:
        changes.enter_context(patch.object(LettingIn, "_writes", writes))
        changes.enter_context(patch.object(LettingIn, "run", unasked))
        yield
    assert policy.release is release


@contextmanager
def decisions_are_asked_for_anew() -> Iterator[None]:
    """A portal that was started anew is asked once more for what an earlier one was asked to decide."""

    def decide(
        self: FarVerifier,
        ticket: Ticket,
        primary: PrimaryResult,
        request: VerificationRequest,
        done: Callable[[Outcome], None],
    ) -> Waiting:
        number, requests, asked = ticket.number, self._requests, [0]
        message = Decide(id=number, primary=primary_message(primary))
        deadline = verifier._late(request)  # noqa: SLF001 - as above

        def make(left: int) -> Asked:
            asked[0] += 1
            if asked[0] == 1:
                return message
            return Gate(id=number, request=request_message(request, monotonic=deadline - left))

        def told(reply: Reply | None) -> None:
            if isinstance(reply, Gated):
                requests.ask(number, lambda _left: message, told, deadline=deadline, anew=False)
            else:
                done(self._outcome(request, reply))

        requests.ask(number, make, told, deadline=deadline, anew=True)
        return verifier._Asked(requests, number)  # noqa: SLF001 - as above

    with patch.object(FarVerifier, "decide", decide):
        yield


@contextmanager
def servers_are_not_waited_for() -> Iterator[None]:
    """Whoever blocks a user is told that every server has heard of it, as soon as it was told."""

    async def settle(self: Hub, number: int) -> frozenset[ServerId]:  # noqa: ARG001 - as the product's
        return frozenset(ServerId(server) for server in self._live)

    with patch.object(Hub, "_settle", settle):
        yield


PLANTED: Final[Sequence[Callable[[], object]]] = (
    writes_always_take,
    joiners_are_not_asked_about,
    decisions_are_asked_for_anew,
    servers_are_not_waited_for,
)
