"""
A conversation: what one run of a server asks of the portal, over however many connections.

A request has a number, and the same number is the same request. So a server whose connection broke asks again what it
has no answer to, and is told the outcome that there was, or waits for the one that there will be: nothing is decided
twice, no phone rings twice, nothing is spent twice. Outcomes are kept for ten seconds for that. Where the server does
not come back, what it waited for is cancelled; where it has begun a login and never told whether the password was
right, the login ends as one whose password could not be checked, so that the attempt it reserved is settled.

Everything is a callback on the loop's thread; whatever raises is a denial.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final, assert_never

from watchword.app.attempt import AccountingRecord
from watchword.app.channel.flows import KEPT, Flow, Step
from watchword.app.channel.parts import Caller, ChannelParts
from watchword.domain.applications import LONGEST_DEADLINE, ApplicationId, PrimaryKind
from watchword.domain.users import UserId
from watchword.domain.verification import Denied, Outcome, PrimaryResult, PrimaryVerdict, Reason, VerificationRequest
from watchword.kit.clock import NANOSECONDS
from watchword.kit.passwords import Recipe
from watchword.ports.login import Ticket
from watchword.ports.messages import outcome_message, primary_of, reason_of, request_of
from watchword.wire.channel.decisions import Request
from watchword.wire.channel.messages import (
    MOST_IN_FLIGHT,
    Account,
    Answer,
    Cancel,
    Check,
    Checked,
    Decide,
    Decided,
    Gate,
    Gated,
    Lost,
    Noted,
    Refuse,
    Report,
    Salt,
    Salted,
    Told,
    Unreadable,
)

Question = Gate | Decide | Answer | Refuse | Salt | Check | Account | Cancel | Report | Unreadable
"""What a conversation answers; beats and the rest are the connection's."""

MOST_KEPT: Final = 65_536
"""Requests of a server that are remembered, the ended ones among them."""

MOST_PROOFS: Final = 4
"""Proofs of one password: one under each key that is in use."""

_ABANDONED: Final = PrimaryResult(
    verdict=PrimaryVerdict.AWAY, checked_by="server", detail="the server never told what the password came to"
)
_UNPROVEN: Final = PrimaryResult(
    verdict=PrimaryVerdict.AWAY, checked_by="server", detail="the password was not shown to be right"
)

_Proof = tuple[UserId | None, bytes]
"""A user, and the newest proof of what was typed."""


def _nobody(_message: Told) -> None:
    """Tell nobody: no connection stands."""


class Conversation:
    """What one run of a server asks."""

    def __init__(self, parts: ChannelParts, caller: Caller, *, boot: bytes) -> None:
        """
        Begin.

        Args:
            parts: what it stands on.
            caller: the server.
            boot: what tells this run of it from others.
        """
        self.caller = caller
        self.boot = boot
        self._parts = parts
        self._verifier = parts.verifier(caller)
        self._accounting = parts.accounting(caller)
        self._say: Callable[[Told], None] = _nobody
        self._flows: dict[int, Flow] = {}
        self._waiting = 0
        self._typed: Counter[_Proof] = Counter()
        self._right: dict[_Proof, int] = {}

    @property
    def waiting(self) -> int:
        """How many requests were not answered yet."""
        return self._waiting

    def attach(self, say: Callable[[Told], None]) -> None:
        """Answer over this connection from now on."""
        self._say = say

    def detach(self) -> None:
        """Answer nobody until a connection stands again."""
        self._say = _nobody

    def take(self, message: Question) -> None:
        """Take what the server asks."""
        try:
            match message:
                case Gate():
                    self._begin(message.id, message.request, Step.GATING, self._gate)
                case Answer():
                    self._begin(message.id, message.request, Step.DECIDING, self._answer)
                case Refuse():
                    refuse = partial(self._refuse, reason_of(message.reason))
                    self._begin(message.id, message.request, Step.DECIDING, refuse)
                case Decide():
                    self._decide(message)
                case Salt():
                    self._salt(message)
                case Check():
                    self._check(message)
                case Account():
                    self._account(message)
                case Report():
                    self._report(message)
                case Cancel():
                    self._cancel(message.id)
                case Unreadable():
                    self._say(Lost(id=message.id))
                case _:
                    assert_never(message)
        except Exception:  # noqa: BLE001 - one request must not take the others of its server with it
            self._parts.fault("channel")
            self._say(Lost(id=message.id))

    def sweep(self) -> None:
        """Forget what ended long enough ago, and settle what will not go on; called every few seconds."""
        now = self._parts.clock.monotonic()
        for number, flow in tuple(self._flows.items()):
            if flow.step is Step.ENDED:
                if now - flow.ended_at >= KEPT:
                    del self._flows[number]
            elif flow.step is Step.GATED and now >= flow.request.deadline:
                self._settle(number, flow)
        self._right = {proof: until for proof, until in self._right.items() if until > now}

    def end(self) -> None:
        """Answer nothing any more: cancel what waits, settle what was begun, and forget everything."""
        self.detach()
        for number, flow in tuple(self._flows.items()):
            self._give_up(number, flow)
        self._flows.clear()

    # --- a login's way ------------------------------------------------------------------------------------------------

    def _begin(self, number: int, message: Request, step: Step, run: Callable[[int, Flow], None]) -> None:
        flow = self._flows.get(number)
        if flow is not None:
            # The connection broke before the answer came; where there is none yet it comes over the new one.
            if flow.told is not None:
                self._say(flow.told)
            return
        request = self._request(message)
        if request is None or (step is Step.GATING and not 0 < len(request.proofs) <= MOST_PROOFS):
            self._say(Lost(id=number))
            return
        if self._waiting >= MOST_IN_FLIGHT or len(self._flows) >= MOST_KEPT:
            self._say(_decided(number, Denied(reason=Reason.ERROR)))
            return
        flow = self._flows[number] = Flow(request, step)
        self._waiting += 1
        try:
            run(number, flow)
        except Exception:  # noqa: BLE001 - whatever went wrong, the answer is a denial
            self._parts.fault("channel")
            self._ended(number, flow, Denied(reason=Reason.ERROR))

    def _request(self, message: Request) -> VerificationRequest | None:
        clock = self._parts.clock
        now = clock.monotonic()
        request = request_of(message, monotonic=now)
        if request is None:
            return None
        # Neither the server's clock nor its patience is believed.
        latest = now + LONGEST_DEADLINE * NANOSECONDS
        return request._replace(received_at=clock.now(), deadline=min(request.deadline, latest))

    def _gate(self, number: int, flow: Flow) -> None:
        self._verifier.gate(flow.request, partial(self._gated, number, flow))

    def _gated(self, number: int, flow: Flow, gated: Ticket | Outcome) -> None:
        if not isinstance(gated, Ticket):
            self._ended(number, flow, gated)
            return
        if flow.step is not Step.GATING:
            return
        flow.step, flow.ticket = Step.GATED, gated
        self._typed[gated.user, flow.request.proofs[0]] += 1
        flow.told = Gated(id=number, name=gated.name, user=gated.user, epoch=gated.epoch)
        self._say(flow.told)

    def _decide(self, message: Decide) -> None:
        flow = self._flows.get(message.id)
        if flow is None or flow.step is Step.GATING:
            self._say(Lost(id=message.id))
            return
        ticket = self._taken(flow)
        if ticket is None:
            if isinstance(flow.told, Decided):
                self._say(flow.told)
            return
        flow.told = None
        try:
            result = self._believed(flow, ticket, primary_of(message.primary))
            done = partial(self._ended, message.id, flow)
            flow.waiting = self._verifier.decide(ticket, result, flow.request, done)
        except Exception:  # noqa: BLE001 - as in `_begin`
            self._parts.fault("channel")
            self._ended(message.id, flow, Denied(reason=Reason.ERROR))

    def _taken(self, flow: Flow) -> Ticket | None:
        """Take the ticket that `decide` settles: there is one once."""
        ticket, flow.ticket = flow.ticket, None
        if ticket is not None:
            flow.step = Step.DECIDING
            typed = (ticket.user, flow.request.proofs[0])
            self._typed[typed] -= 1
            if self._typed[typed] <= 0:
                del self._typed[typed]
        return ticket

    def _believed(self, flow: Flow, ticket: Ticket, result: PrimaryResult) -> PrimaryResult:
        """
        Return what is believed of the first step.

        A directory that the server asks, or an application that has checked by itself, is what it is there for. Whether
        a password that is kept here was right is known here.
        """
        application = self._parts.configuration.value.applications.get(flow.request.application)
        if application is None or application.primary in (PrimaryKind.LDAP, PrimaryKind.RADIUS):
            return result
        result = replace(result, by_directory=False, directory_id=None)
        if application.primary is PrimaryKind.LOCAL and result.verdict is PrimaryVerdict.ACCEPTED:
            until = self._right.get((ticket.user, flow.request.proofs[0]), 0)
            return result if until > self._parts.clock.monotonic() else _UNPROVEN
        return result

    def _answer(self, number: int, flow: Flow) -> None:
        flow.waiting = self._verifier.answer(flow.request, partial(self._ended, number, flow))

    def _refuse(self, reason: Reason, number: int, flow: Flow) -> None:
        self._verifier.refuse(flow.request, reason, partial(self._ended, number, flow))

    def _ended(self, number: int, flow: Flow, outcome: Outcome) -> None:
        if flow.step is Step.ENDED:
            return
        flow.step = Step.ENDED
        flow.waiting = None
        flow.ended_at = self._parts.clock.monotonic()
        flow.told = _decided(number, outcome)
        self._waiting -= 1
        self._say(flow.told)

    def _cancel(self, number: int) -> None:
        flow = self._flows.get(number)
        if flow is not None and flow.step is not Step.ENDED:
            self._give_up(number, flow)

    def _give_up(self, number: int, flow: Flow) -> None:
        if flow.step is Step.GATED:
            self._settle(number, flow)
        elif flow.step is Step.DECIDING and flow.waiting is not None:
            waiting, flow.waiting = flow.waiting, None
            waiting.cancel()
            self._waiting -= 1
            self._flows.pop(number, None)
            flow.step = Step.ENDED

    def _settle(self, number: int, flow: Flow) -> None:
        """End a login whose password nobody will tell of any more."""
        ticket = self._taken(flow)
        if ticket is not None:
            done = partial(self._ended, number, flow)
            flow.waiting = self._verifier.decide(ticket, _ABANDONED, flow.request, done)

    # --- passwords, accounting, reports -------------------------------------------------------------------------------

    def _salt(self, message: Salt) -> None:
        def found(recipe: Recipe | None) -> None:
            self._say(Lost(id=message.id) if recipe is None else _salted(message.id, recipe))

        self._parts.passwords.recipe(None if message.user is None else UserId(message.user), found)

    def _check(self, message: Check) -> None:
        proof = (None if message.user is None else UserId(message.user), message.proof)
        until = self._parts.clock.monotonic() + min(message.remaining, LONGEST_DEADLINE * NANOSECONDS)

        def checked(verdict: PrimaryVerdict) -> None:
            if verdict is PrimaryVerdict.ACCEPTED:
                self._right[proof] = until
            self._say(Checked(id=message.id, verdict=verdict.value))

        if proof in self._typed:
            self._parts.passwords.check(proof[0], message.digest, checked)
        else:
            # A guess that no login was begun for was not counted by anybody.
            self._say(Checked(id=message.id, verdict=PrimaryVerdict.AWAY.value))

    def _account(self, message: Account) -> None:
        application = self._parts.configuration.value.applications.get(ApplicationId(message.application))
        if application is None:
            self._say(Noted(id=message.id, durable=False))
            return
        record = AccountingRecord(
            application=application,
            client=message.client,
            user_name=message.user_name,
            status=message.status,
            session=message.session,
            source=message.source,
            detail=message.detail,
            received_at=self._parts.clock.now(),
        )
        self._accounting.record(record, partial(self._noted, message.id))

    def _report(self, message: Report) -> None:
        self._parts.reports.take(self.caller, message.rows, partial(self._noted, message.id))

    def _noted(self, number: int, durable: bool) -> None:  # noqa: FBT001 - the one thing that a callback is told
        self._say(Noted(id=number, durable=durable))


def _decided(number: int, outcome: Outcome) -> Decided:
    return Decided(id=number, outcome=outcome_message(outcome))


def _salted(number: int, recipe: Recipe) -> Salted:
    return Salted(
        id=number,
        salt=recipe.salt,
        memory=recipe.memory,
        passes=recipe.passes,
        lanes=recipe.lanes,
        octets=recipe.octets,
    )
