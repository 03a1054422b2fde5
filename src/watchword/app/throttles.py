"""
Wrong passwords, slowed down for each user and source, in memory.

Losing this costs a guesser's waiting time and nothing else, so it needs no database. What is kept is bounded: entries
that nobody touched for a generation are dropped with it.
"""

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from watchword.domain.joining import SHARED_SECONDS
from watchword.domain.lockout import Throttle, reserve, settle
from watchword.domain.settings import ThrottleSettings
from watchword.domain.verification import PrimaryVerdict, Reason
from watchword.kit.clock import NANOSECONDS, Clock

ThrottleKey = tuple[bytes | str, str]
"""
Whom (the user's id, or the folded name of nobody), and from where (the source, or the client where there is none).
"""

WrongKey = tuple[ThrottleKey, int, bytes, bytes]
"""Whom and from where, the user's epoch, the application, and the proof of the password."""

_GENERATION_SECONDS: Final = 900
_MOST_ENTRIES: Final = 100_000


@dataclass(slots=True)
class _Entry:
    throttle: Throttle = field(default_factory=Throttle)
    trying: dict[bytes, int] = field(default_factory=dict)


class Throttles:
    """Admits passwords to be checked, and hears what came of them."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._young: dict[ThrottleKey, _Entry] = {}
        self._old: dict[ThrottleKey, _Entry] = {}
        self._swap_at = clock.monotonic() + _GENERATION_SECONDS * NANOSECONDS

    def admit(self, key: ThrottleKey, proof: bytes, limits: ThrottleSettings) -> bool:
        """
        Reserve an attempt with one password; False where it must wait.

        The same password from the same place is one attempt, however many packets carry it: a VPN's retries are no
        guesses.
        """
        entry = self._entry(key)
        now = self._clock.monotonic()
        if proof not in entry.trying:
            if not entry.throttle.admits(now, limits):
                return False
            entry.throttle = reserve(entry.throttle)
        entry.trying[proof] = entry.trying.get(proof, 0) + 1
        return True

    def settle(self, key: ThrottleKey, proof: bytes, verdict: PrimaryVerdict, limits: ThrottleSettings) -> None:
        """Hear what came of an attempt; the last request that carried a password settles it."""
        entry = self._entry(key)
        left = entry.trying.get(proof, 0) - 1
        if left > 0:
            entry.trying[proof] = left
            return
        entry.trying.pop(proof, None)
        if verdict is PrimaryVerdict.AWAY:
            entry.throttle = Throttle(
                wrong=entry.throttle.wrong,
                not_before=entry.throttle.not_before,
                trying=max(0, entry.throttle.trying - 1),
            )
            return
        wrong = verdict is not PrimaryVerdict.ACCEPTED
        entry.throttle = settle(entry.throttle, wrong=wrong, now=self._clock.monotonic(), limits=limits)

    def _entry(self, key: ThrottleKey) -> _Entry:
        entry = self._young.get(key)
        if entry is not None:
            return entry
        now = self._clock.monotonic()
        if now >= self._swap_at or len(self._young) >= _MOST_ENTRIES:
            self._old, self._young = self._young, {}
            self._swap_at = now + _GENERATION_SECONDS * NANOSECONDS
        entry = self._young[key] = self._old.pop(key) if key in self._old else _Entry()
        return entry


class FoundWrong(NamedTuple):
    """Why a password was refused, and what the directory said of it."""

    reason: Reason
    detail: str = ""


class RecentlyWrong:
    """
    Passwords that were found wrong a moment ago.

    A VPN's retry of a wrong password is the same login: it is denied without a second bind at the directory, and
    counted once.
    """

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._young: dict[WrongKey, tuple[int, FoundWrong]] = {}
        self._old: dict[WrongKey, tuple[int, FoundWrong]] = {}
        self._swap_at = 0

    def remember(self, key: WrongKey, found: FoundWrong) -> None:
        """Remember why a login was denied."""
        now = self._clock.monotonic()
        if now >= self._swap_at or len(self._young) >= _MOST_ENTRIES:
            self._old, self._young = self._young, {}
            self._swap_at = now + SHARED_SECONDS * NANOSECONDS
        self._young[key] = (now, found)

    def found(self, key: WrongKey) -> FoundWrong | None:
        """Return why the same login was denied a moment ago, None where it was not."""
        at, found = self._young.get(key) or self._old.get(key) or (0, None)
        return found if found is not None and self._clock.monotonic() - at < SHARED_SECONDS * NANOSECONDS else None
