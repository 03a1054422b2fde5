"""
Asking for a second step, and joining one that is asked for.

It is a challenge at the application, a prompt on the phone, or both.
"""

from watchword.app.pending import PendingLogin, Waiter
from watchword.app.verify.case import LATE, Case
from watchword.app.verify.parts import CHALLENGE_SECONDS, STATE_OCTETS, guarded, not_taken
from watchword.app.verify.releases import Releases
from watchword.domain.challenges import Challenge
from watchword.domain.decisions import Ask, Join
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


class Asking:
    """Carries `Ask` and `Join` out."""

    def __init__(self, case: Case, person: Person, name: str, releases: Releases) -> None:
        self._case = case
        self._person = person
        self._name = name
        self._releases = releases

    def ask(self, decision: Ask) -> None:
        """Begin a verification, and tell the application or let it wait."""
        case, pending = self._case, self._case.parts.pending
        if not case.in_time():
            case.reject(Reason.NO_ANSWER, (*decision.trace, LATE))
            return
        if decision.contend:
            self._releases.contend(self._person)
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
        self._releases.begin(login, self._person)
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
        told = guarded(case, case.finish)
        waiter = Waiter(request=case.request, trace=trace, done=told, attributes=case.attributes)
        if not self._releases.attach(login, waiter):
            case.reject(Reason.THROTTLED, trace)
            return
        case.waits(lambda: self._releases.leave(login, waiter))

    def _challenge(self, login: PendingLogin | None, begins: PendingLogin | None, trace: Trace) -> None:
        """Send a challenge for `login`, or for a code alone; `begins` is the verification that it puts in progress."""
        case, parts = self._case, self._case.parts
        state = parts.randomness.octets(STATE_OCTETS)
        row = case.row(OutcomeKind.CHALLENGED, Reason.CHALLENGE, trace, origin=None if login is None else login.origin)
        unit = Unit(
            writes=(
                ConfirmEpoch(user=self._person.user.id, epoch=self._person.user.epoch),
                MintState(challenge=self._stored(state, login, row.id)),
            ),
            activity=(row,),
            otherwise=Reason.SUPERSEDED,
        )
        prompt = Prompt(number=None if login is None else login.number)

        def committed(result: Committed) -> None:
            if result is not Committed.TAKEN:
                case.finish(not_taken(result, row, Reason.SUPERSEDED))
                return
            if begins is not None:
                begins.origin = row.id
                self._releases.begin(begins, self._person)
            case.finish(Challenged(state=state, prompt=prompt, activity=row.id))

        parts.ledger.commit(unit, guarded(case, committed))

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
        )
