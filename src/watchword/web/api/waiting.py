"""
Verifications that applications have asked for over the API, and how each ended.

An outcome is there for whoever asked, for a minute. Everything here is memory and may vanish with the process: then
nobody was let in, and the application asks again.
"""

import asyncio
import base64
from collections import Counter
from typing import Final

from watchword.app.attempt import LoginAttempt
from watchword.domain.applications import ApplicationId
from watchword.domain.verification import Denied, Outcome, Reason
from watchword.kit.clock import NANOSECONDS, Clock
from watchword.kit.randomness import Randomness
from watchword.ports.login import Waiting
from watchword.web.surroundings import Login

KEPT_SECONDS: Final = 60
"""Seconds for which an outcome can be fetched."""

LATE_SECONDS: Final = 2
"""Seconds after the deadline at which a verification that nobody has ended is denied."""

MOST_AT_ONCE: Final = 20_000
MOST_OF_AN_APPLICATION: Final = 5_000
"""Verifications that are kept, ended ones among them."""

HANDLE_OCTETS: Final = 24


class Verification:
    """One verification, and whoever waits for it."""

    def __init__(self, *, handle: str, application: ApplicationId, deadline: int, clock: Clock) -> None:
        """
        Begin.

        Args:
            handle: by which it is asked for.
            application: whose it is.
            deadline: monotonic nanosecond by which it has an outcome.
            clock: what that is compared with.
        """
        self.handle = handle
        self.application = application
        self.deadline = deadline
        self.waiting: Waiting | None = None
        self._clock = clock
        self._outcome: Outcome | None = None
        self._forgotten_at = deadline + (LATE_SECONDS + KEPT_SECONDS) * NANOSECONDS
        self._news = asyncio.Event()

    def done(self, outcome: Outcome) -> None:
        """Take the outcome; only the first counts."""
        if self._outcome is None:
            self._outcome = outcome
            self._forgotten_at = self._clock.monotonic() + KEPT_SECONDS * NANOSECONDS
            self._news.set()

    @property
    def outcome(self) -> Outcome | None:
        """How it ended, None while it has not."""
        if self._outcome is None and self._clock.monotonic() >= self.deadline + LATE_SECONDS * NANOSECONDS:
            return Denied(reason=Reason.NO_ANSWER)
        return self._outcome

    @property
    def is_old(self) -> bool:
        """Whether it is to be forgotten."""
        return self._clock.monotonic() >= self._forgotten_at

    async def wait(self, seconds: float) -> Outcome | None:
        """Wait until it has ended, and return how; None where it has not within so many seconds."""
        if self.outcome is None and seconds > 0:
            try:
                async with asyncio.timeout(seconds):
                    await self._news.wait()
            except TimeoutError:
                pass
        return self.outcome

    @property
    def is_let_go(self) -> bool:
        """Whether nobody is to wait for it any more."""
        return self._news.is_set()

    def let_go(self) -> None:
        """Let go whoever waits."""
        self._news.set()


class Verifications:
    """All of them."""

    def __init__(self, *, login: Login, clock: Clock, randomness: Randomness) -> None:
        self._login = login
        self._clock = clock
        self._randomness = randomness
        self._all: dict[str, Verification] = {}
        self._of: Counter[ApplicationId] = Counter()
        self._swept = 0

    def begin(self, attempt: LoginAttempt) -> Verification | None:
        """Begin a verification, None where there is no room for one more."""
        self._sweep()
        application = attempt.application.id
        if len(self._all) >= MOST_AT_ONCE or self._of[application] >= MOST_OF_AN_APPLICATION:
            return None
        handle = base64.urlsafe_b64encode(self._randomness.octets(HANDLE_OCTETS)).decode()
        verification = Verification(
            handle=handle, application=application, deadline=attempt.deadline, clock=self._clock
        )
        self._all[handle] = verification
        self._of[application] += 1
        verification.waiting = self._login.submit(attempt, verification.done)
        return verification

    def find(self, handle: str, application: ApplicationId) -> Verification | None:
        """Find a verification of an application, None where it has none like it."""
        found = self._all.get(handle)
        if found is None or found.application != application or found.is_old:
            return None
        return found

    def cancel(self, verification: Verification) -> None:
        """Forget a verification: its application wants no answer any more. What others wait for goes on."""
        if verification.outcome is None and verification.waiting is not None:
            verification.waiting.cancel()
        verification.done(Denied(reason=Reason.SUPERSEDED))
        self._forget(verification)

    def close(self) -> None:
        """Let go whoever waits, so that no connection keeps the process from ending."""
        for verification in self._all.values():
            verification.let_go()

    def _forget(self, verification: Verification) -> None:
        if self._all.pop(verification.handle, None) is not None:
            self._of[verification.application] -= 1

    def _sweep(self) -> None:
        """Forget what is old; at most once a second, because it looks at all of them."""
        now = self._clock.monotonic()
        if now - self._swept >= NANOSECONDS:
            self._swept = now
            for verification in [one for one in self._all.values() if one.is_old]:
                self._forget(verification)
            self._of = +self._of
