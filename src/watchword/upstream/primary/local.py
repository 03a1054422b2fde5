"""
Passwords that are kept here.

A user who is nobody or has no password costs the same work as any other and is answered with the same rejection, so
that neither words nor time tell who exists. Hashing happens on threads of its own; where too much of it waits the
answer is AWAY at once, because a login that is answered after its deadline only makes the next one late too (V34).
"""

from collections.abc import Callable
from functools import partial
from typing import Final

from watchword.domain.applications import PrimaryKind
from watchword.domain.verification import PrimaryResult, PrimaryVerdict
from watchword.kit import passwords
from watchword.kit.clock import Clock
from watchword.kit.timers import Timers
from watchword.kit.workers import Workers
from watchword.ports.login import PasswordHash, PrimaryAttempt, StoreAway

CHECKED_BY: Final = PrimaryKind.LOCAL.value


class LocalPasswords:
    """Checks passwords against the hashes that are kept here."""

    def __init__(self, *, password_hash: PasswordHash, workers: Workers, clock: Clock, timers: Timers) -> None:
        self._password_hash = password_hash
        self._workers = workers
        self._clock = clock
        self._timers = timers

    def check(self, attempt: PrimaryAttempt, done: Callable[[PrimaryResult], None]) -> None:
        """Check a password against its user's hash: ACCEPTED, REJECTED, or AWAY where that takes too long."""
        if self._clock.monotonic() >= attempt.deadline:
            done(_away("no time was left"))
            return
        run = _Check(attempt, self._workers, self._timers, done)
        if attempt.user is None:
            run.found(None)
            return
        try:
            self._password_hash(attempt.user, run.found)
        except StoreAway:
            run.end(_away("the store cannot be read"))


class _Check:
    """One password on its way: hash found, work handed over, answered once."""

    __slots__ = ("_call_off_deadline", "_call_off_work", "_done", "_password", "_workers")

    def __init__(
        self, attempt: PrimaryAttempt, workers: Workers, timers: Timers, done: Callable[[PrimaryResult], None]
    ) -> None:
        self._password = attempt.password.octets
        self._workers = workers
        self._done: Callable[[PrimaryResult], None] | None = done
        self._call_off_work: Callable[[], None] | None = None
        self._call_off_deadline = timers.at(attempt.deadline, self.late)

    def found(self, encoded: str | None) -> None:
        if self._done is None:
            return
        if self._workers.full:
            self.end(_away("too many passwords are being checked at once"))
            return
        work = partial(_right, encoded, self._password)
        self._call_off_work = self._workers.submit(work, self._checked)

    def late(self) -> None:
        if self._call_off_work is not None:
            self._call_off_work()
        self.end(_away("the password was not checked in time"))

    def end(self, result: PrimaryResult) -> None:
        done, self._done = self._done, None
        self._call_off_deadline()
        if done is not None:
            done(result)

    def _checked(self, right: bool | None) -> None:  # noqa: FBT001 - what a worker made
        if right is None:
            self.end(_away("the password could not be checked"))
        else:
            verdict = PrimaryVerdict.ACCEPTED if right else PrimaryVerdict.REJECTED
            self.end(PrimaryResult(verdict=verdict, checked_by=CHECKED_BY))


def _right(encoded: str | None, password: bytes) -> bool:
    if encoded is None:
        passwords.pretend(password)
        return False
    return passwords.matches(encoded, password)


def _away(why: str) -> PrimaryResult:
    return PrimaryResult(verdict=PrimaryVerdict.AWAY, checked_by=CHECKED_BY, detail=why)
