"""
Lock-out, throttling and prompt fatigue.

Wrong second steps lock the user's second step, whoever typed them and wherever (V2, V14). Wrong passwords only slow
down that user *and source*, so that strangers cannot lock anybody out. Unanswered and denied prompts turn push off
for a while, and nothing else (P24).
"""

from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from watchword.domain.settings import LockSettings, PromptSettings, ThrottleSettings

MICROSECONDS: Final = 1_000_000


class Failure(NamedTuple):
    """One wrong second step: when (UTC microseconds) and from where."""

    at: int
    source: str | None


class Failures(NamedTuple):
    """The wrong second steps of a user that still count, and until when they lock him (UTC microseconds, 0 for not)."""

    recent: tuple[Failure, ...] = ()
    locked_until: int = 0

    def locked(self, now: int) -> bool:
        """Tell whether the second step is locked at `now`."""
        return now < self.locked_until


NO_FAILURES: Final = Failures()
"""Of somebody who never typed a wrong second step."""


def count_failure(failures: Failures, failure: Failure, limits: LockSettings) -> Failures:
    """Return `failures` with one more, and locked when that is the last one allowed."""
    oldest = failure.at - limits.within_seconds * MICROSECONDS
    recent = (*(earlier for earlier in failures.recent if earlier.at > oldest), failure)
    if len(recent) < limits.failures:
        return Failures(recent=recent, locked_until=failures.locked_until)
    return Failures(locked_until=max(failures.locked_until, failure.at + limits.lock_seconds * MICROSECONDS))


def count_success(failures: Failures, source: str | None) -> Failures:
    """
    Return `failures` without those from `source`.

    A success says nothing about failures from elsewhere: the victim's own login must not give the one who guesses a
    fresh set of tries (SP 800-63B section 3.2.2).
    """
    if not failures.recent:
        return failures
    recent = tuple(earlier for earlier in failures.recent if earlier.source != source)
    return failures if len(recent) == len(failures.recent) else failures._replace(recent=recent)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompts:
    """
    The prompts of a user that were not approved since the last approval.

    Attributes:
        refused: when each went unanswered or was denied (UTC microseconds).
        off_until: until when push is off (UTC microseconds), 0 for not.
    """

    refused: tuple[int, ...] = ()
    off_until: int = 0

    def off(self, now: int) -> bool:
        """Tell whether push is off at `now`."""
        return now < self.off_until


NO_PROMPTS: Final = Prompts()
"""Of somebody who never refused a prompt."""


def count_refused_prompt(prompts: Prompts, at: int, limits: PromptSettings) -> Prompts:
    """Return `prompts` with one more that was not approved, and push off when that is the last one allowed."""
    oldest = at - limits.within_seconds * MICROSECONDS
    refused = (*(earlier for earlier in prompts.refused if earlier > oldest), at)
    if len(refused) < limits.refused:
        return Prompts(refused=refused, off_until=prompts.off_until)
    return Prompts(off_until=max(prompts.off_until, at + limits.off_seconds * MICROSECONDS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Throttle:
    """
    Wrong passwords of one user from one source.

    Attributes:
        wrong: how many in a row.
        not_before: the monotonic nanosecond before which no other password is tried.
        trying: how many different passwords are being checked right now.
    """

    wrong: int = 0
    not_before: int = 0
    trying: int = 0

    def admits(self, now: int, limits: ThrottleSettings) -> bool:
        """Tell whether another password may be tried at monotonic nanosecond `now`."""
        return now >= self.not_before and self.trying < max(1, limits.free - self.wrong)


def reserve(throttle: Throttle) -> Throttle:
    """Return `throttle` with one more password under way."""
    return replace(throttle, trying=throttle.trying + 1)


def settle(throttle: Throttle, *, wrong: bool, now: int, limits: ThrottleSettings) -> Throttle:
    """
    Return `throttle` with one password less under way.

    The wrong one that is the `free`th in a row makes the next wait for 1 second, those after it for 2, 4 ... seconds up
    to `longest_seconds`. A right one clears.
    """
    trying = max(0, throttle.trying - 1)
    if not wrong:
        return Throttle(trying=trying)
    count = throttle.wrong + 1
    if count < limits.free:
        return Throttle(wrong=count, not_before=throttle.not_before, trying=trying)
    seconds = min(limits.longest_seconds, 1 << min(count - limits.free, 16))
    return Throttle(wrong=count, not_before=max(throttle.not_before, now + seconds * 1_000_000_000), trying=trying)
