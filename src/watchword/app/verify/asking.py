"""
Asking for a second step, and joining one that is asked for.

It is a challenge at the application, a prompt on the phone, or both.
"""

from functools import partial

from watchword.app.pending import PendingLogin, Waiter
from watchword.app.verify.case import LATE, Case, Part
from watchword.app.verify.parts import CHALLENGE_SECONDS, STATE_OCTETS, guarded, not_taken, state_of
from watchword.domain.challenges import Challenge
from watchword.domain.decisions import Ask, Join
from watchword.domain.events import Activity
from watchword.domain.trace import Answer, Question, Step, Trace
from watchword.domain.users import Person
from watchword.domain.verification import (
    ActivityId,
    Challenged,
    OutcomeKind,
    Prompt,
    Reason,
    VerificationId,
)
from watchword.kit.clock import MICROSECONDS, NANOSECONDS
from watchword.kit.signatures import digest
from watchword.ports.login import Committed, ConfirmEpoch, MintState, Unit

NONCE_OCTETS = 16
"""Random octets that a device signs besides what it was shown (P22)."""

NUMBERS = 90
FIRST_NUMBER = 10
"""A number has two digits, 10 to 99: one try in ninety, and one try only (P2, P23)."""


_TOO_MANY = Step(Question.METHOD, Answer.NO, decided=True, detail="too many prompts are in progress")


class Asking(Part):
    """Carries `Ask` and `Join` out."""

    __slots__ = ("_begins", "_name", "_person", "_prompt", "_row", "_state")

    _begins: PendingLogin | None
    _prompt: Prompt
    _row: Activity
    _state: bytes

    def __init__(self, case: Case, person: Person, name: str) -> None:
        super().__init__(case)
        self._person = person
        self._name = name

    def ask(self, decision: Ask) -> None:
        """Begin a verification, and tell the application or let it wait."""
        case, pending = self._case, self._case.parts.pending
        if not case.in_time():
            case.reject(Reason.NO_ANSWER, (*decision.trace, LATE.step))
            return
        if decision.contend:
            self._case.releases.contend(self._person)
        if not (decision.ring or decision.number):
            self._challenge(None, None, decision.trace)
            return
        if pending.crowded(self._person.user.id) or pending.full():
            reason = Reason.CONTENDED if decision.contend else Reason.THROTTLED
            case.reject(reason, (*decision.trace, _TOO_MANY))
            return
        login = self._login(decision)
        if decision.challenge:
            self._challenge(login, login, decision.trace)
            return
        self._case.releases.begin(login, self._person)
        self._wait(login, decision.trace)

    def join(self, login: PendingLogin, decision: Join) -> None:
        """Share what comes of a verification in progress; where it stands at a challenge, by a State of its own."""
        self._case.parts.metrics.joins.add()
        if login.challenged:
            self._challenge(login, None, decision.trace)
        else:
            self._wait(login, decision.trace)

    def _login(self, decision: Ask) -> PendingLogin:
        case, parts = self._case, self._case.parts
        now = parts.clock.monotonic()
        return PendingLogin(
            id=VerificationId(parts.identifiers.new()),
            user=self._person.user.id,
            keys=case.keys,
            leader=case.request,
            attributes=case.attributes,
            epoch=self._person.user.epoch,
            number=self._number() if decision.number else None,
            nonce=parts.randomness.octets(NONCE_OCTETS),
            since=parts.clock.now(),
            began=now,
            deadline=now + CHALLENGE_SECONDS * NANOSECONDS if decision.challenge else case.request.deadline,
            challenged=decision.challenge,
            learns=case.learns,
        )

    def _number(self) -> str:
        parts, user = self._case.parts, self._person.user.id
        while True:
            number = str(FIRST_NUMBER + parts.randomness.below(NUMBERS))
            if not parts.pending.number_taken(user, number):
                return number

    def _wait(self, login: PendingLogin, trace: Trace) -> None:
        case = self._case
        waiter = Waiter(request=case.request, trace=trace, done=case.told, attributes=case.attributes)
        if not self._case.releases.attach(login, waiter):
            case.reject(Reason.THROTTLED, trace)
            return
        case.waits(partial(case.releases.leave, login, waiter))

    def _challenge(self, login: PendingLogin | None, begins: PendingLogin | None, trace: Trace) -> None:
        """Send a challenge for `login`, or for a code alone; `begins` is the verification that it puts in progress."""
        case, parts = self._case, self._case.parts
        origin = None if login is None else login.origin
        self._begins = begins
        self._state = state = state_of(parts.randomness.octets(STATE_OCTETS))
        self._prompt = Prompt(number=None if login is None else login.number)
        self._row = case.row(OutcomeKind.CHALLENGED, Reason.CHALLENGE, trace, origin=origin)
        unit = Unit(
            writes=(
                ConfirmEpoch(user=self._person.user.id, epoch=self._person.user.epoch),
                MintState(challenge=self._stored(state, login, self._row.id)),
            ),
            activity=(self._row,),
            otherwise=Reason.SUPERSEDED,
        )
        parts.ledger.commit(unit, self._committed)

    @guarded
    def _committed(self, result: Committed) -> None:
        case, row = self._case, self._row
        if result is not Committed.TAKEN:
            case.finish(not_taken(result, row, Reason.SUPERSEDED))
            return
        if self._begins is not None:
            self._begins.origin = row.id
            case.releases.begin(self._begins, self._person)
        case.finish(Challenged(state=self._state, prompt=self._prompt, activity=row.id))

    def _stored(self, state: bytes, login: PendingLogin | None, row: ActivityId) -> Challenge:
        case = self._case
        return Challenge(
            digest=digest(state),
            user=self._person.user.id,
            application=case.request.application,
            client=case.request.client,
            name=self._name,
            epoch=self._person.user.epoch,
            source=case.request.source,
            address=case.request.address,
            proof=case.request.proofs[0],
            verification=None if login is None else login.id,
            expires_at=case.parts.clock.now() + CHALLENGE_SECONDS * MICROSECONDS,
            attributes=case.attributes,
            origin=row,
            learns=case.learns,
            group=case.request.served_by.group,
        )
