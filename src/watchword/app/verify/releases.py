"""
Ends of verifications in progress, and the release of every request that waits for one.

Whatever ends a verification (the phone, the deadline, an administrator, something that happened to the user) comes
through `end`. What is still true is asked again at that moment, and every request is answered by a commit of its own
(C7, C9).
"""

from watchword.app.pending import MOST_WAITING, PendingLogin, Waiter
from watchword.app.verify.letting_in import LettingIn
from watchword.app.verify.parts import CHALLENGE_SECONDS, Parts
from watchword.app.verify.turning_away import TurningAway
from watchword.app.verify.waiters import Waiters
from watchword.domain.methods import push_devices
from watchword.domain.trace import Answer, Question, Step
from watchword.domain.users import Person, UserId
from watchword.domain.verification import Reason, VerificationEvent, VerificationId, VerificationState
from watchword.kit.clock import NANOSECONDS
from watchword.ports.login import Ring


class Releases:
    """Begins, ends and releases verifications in progress."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._answered: dict[VerificationId, PendingLogin] = {}
        self._spoken_for: set[bytes] = set()

    def begin(self, login: PendingLogin, person: Person) -> None:
        """Put a verification in progress, and ring where it is the user's first."""
        self._parts.pending.begin(login, self._expired)
        if self._parts.pending.shown(login.user) is login:
            self.ring(person)

    def contend(self, person: Person) -> None:
        """Let only a number or a code tell which of the user's logins is his, and let his devices show that, once."""
        if self._parts.pending.contend(person.user.id):
            self.ring(person)

    def ring(self, person: Person) -> None:
        """Tell the user's devices that there is something to see, or to see anew."""
        login = self._parts.pending.shown(person.user.id)
        if login is not None:
            self._parts.push.ring(_ring(login, person))

    def find(self, verification: VerificationId) -> PendingLogin | None:
        """Return a verification in progress, or one that has ended and is still to be asked for by its State."""
        return self._parts.pending.get(verification) or self._answered.get(verification)

    def spoken_for(self, digest: bytes) -> bool:
        """Tell whether a request that came with this State is waiting already."""
        return digest in self._spoken_for

    def attach(self, login: PendingLogin, waiter: Waiter) -> bool:
        """Let a request wait for a verification; False where too many do already."""
        if len(login.waiters) >= MOST_WAITING:
            return False
        if waiter.spends is not None:
            self._spoken_for.add(waiter.spends)
        if login.state is not VerificationState.PENDING:
            self._release(login, [waiter])
            return True
        login.waiters.append(waiter)
        if login.challenged:
            waiter.unschedule = self._parts.timer.at(waiter.request.deadline, lambda: self._waited(login, waiter))
        return True

    def leave(self, login: PendingLogin, waiter: Waiter) -> None:
        """Let a request wait no more; a prompt that nobody waits for any more is withdrawn."""
        if waiter in login.waiters:
            login.waiters.remove(waiter)
            self.let_go(waiter)
            if not login.waiters and not login.challenged:
                self.end(login, VerificationEvent.SUPERSEDE)

    def let_go(self, waiter: Waiter) -> None:
        """Forget that a request waits."""
        if waiter.spends is not None:
            self._spoken_for.discard(waiter.spends)
        waiter.unschedule()

    def end(self, login: PendingLogin, event: VerificationEvent) -> bool:
        """End a verification and release whoever waits; False where it had ended before."""
        ended = self._close(login, event)
        if ended:
            self._release_all(login)
        return ended

    def end_all(self, user: UserId, event: VerificationEvent) -> None:
        """End what a user has said about his logins in progress; none of them is released before all have ended."""
        # The one that the phone shows is closed last, so that it alone counts.
        ended = [login for login in reversed(self._parts.pending.of(user)) if self._close(login, event)]
        for login in reversed(ended):
            self._release_all(login)

    def _close(self, login: PendingLogin, event: VerificationEvent) -> bool:
        if not login.end(event):
            return False
        login.shown = self._parts.pending.shown(login.user) is login
        self._parts.pending.drop(login)
        if login.challenged:
            self._answered[login.id] = login
            if login.state is VerificationState.ALLOWED:
                self._parts.pending.keep(login)
            last = self._parts.clock.monotonic() + CHALLENGE_SECONDS * NANOSECONDS
            self._parts.timer.at(last, lambda: self._forget(login))
        return True

    def _release_all(self, login: PendingLogin) -> None:
        waiters, login.waiters = login.waiters, []
        self._release(login, waiters)

    def invalidate(self, user: UserId | None) -> None:
        """End whatever is in progress for a user whose epoch has moved."""
        for login in () if user is None else self._parts.pending.of(user):
            self.end(login, VerificationEvent.INVALIDATE)

    def _forget(self, login: PendingLogin) -> None:
        self._answered.pop(login.id, None)
        self._parts.pending.forget(login)

    def _expired(self, login: PendingLogin) -> None:
        contended = login.contended and not login.challenged
        self.end(login, VerificationEvent.CONTEND if contended else VerificationEvent.EXPIRE)

    def _waited(self, login: PendingLogin, waiter: Waiter) -> None:
        """Answer a request whose own deadline came while its verification goes on."""
        if waiter not in login.waiters:
            return
        login.waiters.remove(waiter)
        alone = Waiters(self._parts, self, login, [waiter])
        step = Step(Question.ANSWER, Answer.NO_ANSWER, decided=True)
        alone.take_turn(lambda: alone.load(lambda _: alone.reject(waiter, Reason.NO_ANSWER, (*waiter.trace, step))))

    def _release(self, login: PendingLogin, waiting: list[Waiter]) -> None:
        waiters = Waiters(self._parts, self, login, waiting)
        let_in = login.state is VerificationState.ALLOWED

        def loaded(person: Person | None) -> None:
            # The first release after its end is the one that counts, and that lets the phone show something else.
            shown, login.shown = login.shown, False
            if let_in:
                LettingIn(waiters).run(person)
            else:
                TurningAway(waiters, counts=shown).run(person)
            if shown and person is not None:
                self._parts.push.quiet(_ring(login, person))
                self.ring(person)

        waiters.take_turn(lambda: waiters.load(loaded))


def _ring(login: PendingLogin, person: Person) -> Ring:
    devices = tuple(method.id for method in push_devices(person.methods))
    return Ring(verification=login.id, user=person.user.id, devices=devices)
