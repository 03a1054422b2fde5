"""
The answer to a challenge: straight to what its State stands for, with no password, cache, bypass or joining.
"""

from functools import partial

from watchword.app.pending import PendingLogin, Waiter
from watchword.app.verify.allowing import Allowing
from watchword.app.verify.case import Case
from watchword.app.verify.denying import Denying
from watchword.app.verify.parts import guarded
from watchword.app.verify.remembering import remembering
from watchword.app.verify.turning_away import answer_of
from watchword.domain import policy
from watchword.domain.challenges import Challenge
from watchword.domain.decisions import Allow, Decision, Deny, Wait
from watchword.domain.events import Activity
from watchword.domain.users import Person, Resolution, fold
from watchword.domain.verification import Denied, Reason, VerificationEvent, VerificationState
from watchword.kit.signatures import digest


class Answering(Case):
    """Decides one answer to a challenge."""

    _challenge: Challenge | None = None

    @guarded
    def find(self, state: bytes) -> None:
        """Find what the State stands for, and decide."""
        self.parts.challenges.find(digest(state), self._found)

    @guarded
    def _found(self, challenge: Challenge | None) -> None:
        if challenge is None or challenge.group != self.request.served_by.group:
            self._worthless()
        else:
            self._challenge = challenge
            self.begin(challenge.user)

    def gather(self) -> None:
        """Find the State again: whoever held the user's turn before may have spent it."""
        if self._challenge is not None:
            self.parts.challenges.find(self._challenge.digest, self._still_found)

    @guarded
    def _still_found(self, challenge: Challenge | None) -> None:
        self._challenge = challenge
        if challenge is None or self.releases.spoken_for(challenge.digest):
            self._worthless()
        else:
            self.parts.people.load(challenge.user, self._decide)

    def _worthless(self) -> None:
        """The State stands for nothing, so that only the name says in whose activity this is found."""
        self._challenge = None
        name = fold(self.request.user_name)
        if name is None:
            self._decide(None)
        else:
            self.parts.people.resolve(name, self._resolved)

    @guarded
    def _resolved(self, found: Resolution) -> None:
        self.identify(found)
        self._decide(None)

    @guarded
    def _decide(self, person: Person | None) -> None:
        challenge, login, instant = self._challenge, self._login(), self.parts.clock.read()
        decision = policy.answer(
            self.request,
            self.application,
            challenge,
            person,
            name=fold(self.request.user_name),
            waiting=login is not None,
            now=instant.now,
            wall=instant.wall,
        )
        if challenge is not None and person is not None:
            self.identify(person)
            if not _is_stale(decision):
                self._adopt(challenge, person)
        self._carry_out(decision, login, instant.now)

    def _login(self) -> PendingLogin | None:
        challenge = self._challenge
        if challenge is None or challenge.verification is None:
            return None
        return self.releases.find(challenge.verification)

    def _adopt(self, challenge: Challenge, person: Person) -> None:
        """Go on with the login that was challenged: its source, password and attributes."""
        self.spends = challenge.digest
        self.attributes = challenge.attributes
        self.origin = challenge.origin
        self.learns = challenge.learns
        self.request = self.request._replace(
            proofs=(challenge.proof,), source=challenge.source, address=challenge.address
        )
        self.remembering = remembering(self.parts, self.request, self.application, person.user.id)

    def _carry_out(self, decision: Decision, login: PendingLogin | None, now: int) -> None:
        match decision:
            case Allow():
                Allowing(self, decision, partial(self._proven, login)).allow(now)
            case Wait() if login is not None:
                self._wait(decision, login)
            case Deny(counts=False) if login is not None and _was_turned_away(login):
                # The phone has answered, and that is what the user should find in activity.
                Denying(self, Deny(reason=login.reason, trace=(answer_of(login.reason),))).deny()
            case Deny():
                Denying(self, decision).deny()
                if decision.counts and login is not None:
                    self.releases.end(login, VerificationEvent.SUPERSEDE)
            case _:
                self.finish(Denied(reason=Reason.ERROR))

    def _proven(self, login: PendingLogin | None, row: Activity, epoch: int) -> None:
        """A code was typed instead: the phone need not be answered, and who joined the login passes with it."""
        if login is not None:
            login.released, login.origin, login.epoch = True, row.id, epoch
            self.releases.end(login, VerificationEvent.CODE)

    def _wait(self, decision: Wait, login: PendingLogin) -> None:
        waiter = Waiter(
            request=self.request,
            trace=decision.trace,
            done=self.told,
            attributes=self.attributes,
            spends=self.spends,
        )
        if self.releases.attach(login, waiter):
            self.waits(partial(self.releases.leave, login, waiter))
        else:
            self.reject(Reason.THROTTLED, decision.trace)


def _was_turned_away(login: PendingLogin) -> bool:
    """Tell whether it was refused by itself, and not because something else happened to its user."""
    return login.state is VerificationState.DENIED and login.reason is not Reason.ERROR


def _is_stale(decision: Decision) -> bool:
    return isinstance(decision, Deny) and decision.reason is Reason.WRONG_STATE
