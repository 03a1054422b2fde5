"""
The answer to a challenge: straight to what its State stands for, with no password, cache, bypass or joining.
"""

from watchword.app.pending import PendingLogin, Waiter
from watchword.app.verify.allowing import Allowing
from watchword.app.verify.case import Case
from watchword.app.verify.denying import Denying
from watchword.app.verify.parts import guarded
from watchword.app.verify.releases import Releases
from watchword.app.verify.remembering import remembering
from watchword.app.verify.turning_away import answer_of
from watchword.domain import policy
from watchword.domain.challenges import Challenge
from watchword.domain.decisions import Allow, Decision, Deny, Wait
from watchword.domain.events import Activity
from watchword.domain.users import Person, Resolution, fold
from watchword.domain.verification import Denied, Reason, VerificationEvent, VerificationState
from watchword.kit.signatures import digest
from watchword.ports.login import StoreAway


class Answering:
    """Decides one answer to a challenge."""

    def __init__(self, case: Case, releases: Releases) -> None:
        self._case = case
        self._releases = releases
        self._challenge: Challenge | None = None

    def begin(self) -> None:
        """Find what the State stands for."""
        case = self._case
        spends = digest(case.request.state or b"")
        try:
            case.parts.challenges.find(spends, guarded(case, self._found))
        except StoreAway:
            case.finish(Denied(reason=Reason.ERROR))

    def _found(self, challenge: Challenge | None) -> None:
        case = self._case
        if challenge is None:
            self._worthless()
            return
        case.begin(challenge.user, guarded(case, lambda: self._find_again(challenge)))

    def _find_again(self, challenge: Challenge) -> None:
        # Whoever held the user's turn before may have spent the State.
        self._case.parts.challenges.find(challenge.digest, guarded(self._case, self._still_found))

    def _still_found(self, challenge: Challenge | None) -> None:
        case = self._case
        if challenge is None or self._releases.spoken_for(challenge.digest):
            self._worthless()
            return
        self._challenge = challenge
        case.parts.people.load(challenge.user, guarded(case, self._decide))

    def _worthless(self) -> None:
        """The State stands for nothing, so that only the name says in whose activity this is found."""
        case, name = self._case, fold(self._case.request.user_name)

        def resolved(found: Resolution) -> None:
            case.identify(found)
            self._decide(None)

        if name is None:
            self._decide(None)
        else:
            case.parts.people.resolve(name, guarded(case, resolved))

    def _decide(self, person: Person | None) -> None:
        case, challenge = self._case, self._challenge
        login = self._login()
        decision = policy.answer(
            case.request,
            case.application,
            challenge,
            person,
            name=fold(case.request.user_name),
            waiting=login is not None,
            now=case.parts.clock.now(),
            wall=case.parts.clock.wall(),
        )
        if challenge is not None and person is not None:
            case.identify(person)
            if not _is_stale(decision):
                self._adopt(challenge, person)
        self._carry_out(decision, login)

    def _login(self) -> PendingLogin | None:
        challenge = self._challenge
        if challenge is None or challenge.verification is None:
            return None
        return self._releases.find(challenge.verification)

    def _adopt(self, challenge: Challenge, person: Person) -> None:
        """Go on with the login that was challenged: its source, password and attributes."""
        case = self._case
        case.spends = challenge.digest
        case.attributes = challenge.attributes
        case.origin = challenge.origin
        case.learns = challenge.learns
        case.request = case.request._replace(
            proofs=(challenge.proof,), source=challenge.source, address=challenge.address
        )
        case.remembering = remembering(case.parts, case.request, case.application, person.user.id)

    def _carry_out(self, decision: Decision, login: PendingLogin | None) -> None:
        case = self._case
        match decision:
            case Allow():
                Allowing(case, self._releases, lambda row, epoch: self._proven(login, row, epoch)).allow(decision)
            case Wait() if login is not None:
                self._wait(decision, login)
            case Deny(counts=False) if login is not None and _was_turned_away(login):
                # The phone has answered, and that is what the user should find in activity.
                Denying(case, self._releases).deny(Deny(reason=login.reason, trace=(answer_of(login.reason),)))
            case Deny():
                Denying(case, self._releases).deny(decision)
                if decision.counts and login is not None:
                    self._releases.end(login, VerificationEvent.SUPERSEDE)
            case _:
                case.finish(Denied(reason=Reason.ERROR))

    def _proven(self, login: PendingLogin | None, row: Activity, epoch: int) -> None:
        """A code was typed instead: the phone need not be answered, and who joined the login passes with it."""
        if login is not None:
            login.released, login.origin, login.epoch = True, row.id, epoch
            self._releases.end(login, VerificationEvent.CODE)

    def _wait(self, decision: Wait, login: PendingLogin) -> None:
        case = self._case
        waiter = Waiter(
            request=case.request,
            trace=decision.trace,
            done=guarded(case, case.finish),
            attributes=case.attributes,
            spends=case.spends,
        )
        if not self._releases.attach(login, waiter):
            case.reject(Reason.THROTTLED, decision.trace)
            return
        case.waits(lambda: self._releases.leave(login, waiter))


def _was_turned_away(login: PendingLogin) -> bool:
    """Tell whether it was refused by itself, and not because something else happened to its user."""
    return login.state is VerificationState.DENIED and login.reason is not Reason.ERROR


def _is_stale(decision: Decision) -> bool:
    return isinstance(decision, Deny) and decision.reason is Reason.WRONG_STATE
