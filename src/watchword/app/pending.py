"""
Verifications in progress, and the logins that wait for them.

One user has one prompt on his phone at a time (P24). A login from elsewhere that comes in the meantime never rings
again: it becomes a contender, with a number of its own where its application can show one, and from then on only a
    typed number can tell whose prompt it was (C3, C4).

Everything here is memory and may vanish with the process: then nobody was let in, and the VPN asks again.
"""

import hmac
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Protocol

from watchword.domain.bypass import BypassId
from watchword.domain.joining import LoginKey, Standing, usable
from watchword.domain.trace import Trace
from watchword.domain.users import UserId
from watchword.domain.verification import (
    ActivityId,
    Attributes,
    Outcome,
    OutcomeKind,
    Reason,
    VerificationEvent,
    VerificationId,
    VerificationRequest,
    VerificationState,
    after,
)
from watchword.kit.clock import NANOSECONDS, Clock

MOST_WAITING: Final = 64
"""Requests that may wait for one verification: a VPN's retries and parallel connections (C5, C11)."""

MOST_PENDING: Final = 20_000
"""Verifications in progress in one process; beyond it new ones are denied and none is evicted (C11)."""

MOST_OF_A_USER: Final = 3
"""
Verifications of one user in progress (C11).

Each has a number of its own, and each more is one more that a number typed wrong may let in.
"""

_SHARED_GENERATION: Final = 10 * NANOSECONDS


class Timer(Protocol):
    """Calls back at a monotonic nanosecond, or a little later."""

    def at(self, deadline: int, call: Callable[[], None]) -> Callable[[], None]:
        """Call `call` at `deadline` unless the function returned was called before."""


def _nothing_scheduled() -> None:
    """There is no deadline to take back, and nobody to tell."""


@dataclass(slots=True, eq=False)
class Waiter:
    """A request that waits for a verification. `spends` is the digest of the State that it came with."""

    request: VerificationRequest
    trace: Trace
    done: Callable[[Outcome], None]
    attributes: Attributes = ()
    spends: bytes | None = None
    unschedule: Callable[[], None] = _nothing_scheduled


@dataclass(slots=True, eq=False)
class PendingLogin:
    """
    A verification in progress.

    Attributes:
        keys: by which the same login finds it; empty where nothing may join.
        leader: the request that began it.
        number: what its application shows, None where it shows none.
        nonce: what a device signs besides (P22).
        since: UTC microseconds at which it began; `began`: monotonic nanoseconds.
        deadline: monotonic nanosecond at which it ends unanswered.
        challenged: whether its application was sent a challenge, and asks again for the outcome.
        learns: the directory's identifier of the person whose password it has checked.
        shown: whether its prompt was the one on the phone when it ended, so that its end counts.
        origin: the row that says that it was challenged.
        bypass: by which an administrator lets it through.
        released: whether somebody was let in by it already; whoever comes later has joined him.
        contended: whether another login of the user came while it was in progress.
    """

    id: VerificationId
    user: UserId
    keys: tuple[LoginKey, ...]
    leader: VerificationRequest
    attributes: Attributes
    epoch: int
    number: str | None
    nonce: bytes
    since: int
    began: int
    deadline: int
    challenged: bool
    learns: bytes | None = None
    shown: bool = False
    origin: ActivityId | None = None
    bypass: BypassId | None = None
    released: bool = False
    contended: bool = False
    state: VerificationState = VerificationState.PENDING
    reason: Reason = Reason.NO_ANSWER
    waiters: list[Waiter] = field(default_factory=list)
    unschedule: Callable[[], None] = _nothing_scheduled

    def end(self, event: VerificationEvent) -> bool:
        """Let `event` end it; False where it has ended before."""
        reached = after(self.state, event)
        if reached is None:
            return False
        self.state, self.reason = reached
        return True


class Ended(NamedTuple):
    """How a login ended, for the same login within ten seconds. `epoch` is the one that it was released with."""

    kind: OutcomeKind
    reason: Reason
    activity: ActivityId | None
    attributes: Attributes
    epoch: int
    at: int


class Around(NamedTuple):
    """
    What there is besides a request.

    Attributes:
        same: the verification in progress for the same login.
        standing: how that stands.
        contended: whether another verification of the user is in progress.
    """

    same: PendingLogin | None
    standing: Standing
    contended: bool


_ALONE: Final = Around(None, Standing.NONE, contended=False)
_ENDED: Final = Around(None, Standing.ENDED, contended=False)


class Pending:
    """All verifications in progress, and what has just ended."""

    def __init__(self, *, clock: Clock, timer: Timer) -> None:
        self._clock = clock
        self._timer = timer
        self._by_id: dict[VerificationId, PendingLogin] = {}
        self._by_key: dict[LoginKey, PendingLogin] = {}
        self._by_user: dict[UserId, list[PendingLogin]] = {}
        self._approved: dict[LoginKey, tuple[PendingLogin, int]] = {}
        self._ended: dict[LoginKey, Ended] = {}
        self._ended_before: dict[LoginKey, Ended] = {}
        self._swap_at = 0
        self._told: Callable[[], None] = _nothing_scheduled

    def on_change(self, told: Callable[[], None]) -> None:
        """Call `told` whenever a login begins to wait, is contended, or waits no more."""
        self._told = told

    def __len__(self) -> int:
        return len(self._by_id)

    def all(self) -> Iterable[PendingLogin]:
        """Return every verification in progress."""
        return tuple(self._by_id.values())

    def full(self) -> bool:
        """Tell whether another verification would be one too many."""
        return len(self._by_id) >= MOST_PENDING

    def crowded(self, user: UserId) -> bool:
        """Tell whether another verification of this user would be one too many."""
        return len(self._by_user.get(user, ())) >= MOST_OF_A_USER

    def begin(self, login: PendingLogin, expired: Callable[[PendingLogin], None]) -> None:
        """Put a verification in progress; `expired` is called at its deadline unless it is dropped before."""
        self._by_id[login.id] = login
        for key in login.keys:
            self._by_key[key] = login
        others = self._by_user.setdefault(login.user, [])
        others.append(login)
        if len(others) > 1:
            for one in others:
                one.contended = True
        login.unschedule = self._timer.at(login.deadline, lambda: expired(login))
        self._told()

    def contend(self, user: UserId) -> bool:
        """
        A login of `user` came from elsewhere: from now on only a number or a code can tell which one is his.

        Returns:
            False where that was so already.
        """
        plain = [login for login in self._by_user.get(user, ()) if not login.contended]
        for login in plain:
            login.contended = True
        if plain:
            self._told()
        return bool(plain)

    def drop(self, login: PendingLogin) -> None:
        """Take a verification out; its waiters stay with whoever holds it."""
        if self._by_id.pop(login.id, None) is None:
            return
        for key in login.keys:
            self._by_key.pop(key, None)
        others = self._by_user[login.user]
        others.remove(login)
        if not others:
            del self._by_user[login.user]
        login.unschedule()
        self._told()

    def of(self, user: UserId) -> tuple[PendingLogin, ...]:
        """Return the verifications of a user in progress, the oldest first."""
        return tuple(self._by_user.get(user, ()))

    def shown(self, user: UserId) -> PendingLogin | None:
        """Return the verification whose prompt is on the user's phone: the oldest."""
        return next(iter(self._by_user.get(user, ())), None)

    def get(self, verification: VerificationId) -> PendingLogin | None:
        """Return a verification in progress by its identifier."""
        return self._by_id.get(verification)

    def same(self, keys: tuple[LoginKey, ...]) -> PendingLogin | None:
        """Return the verification in progress for the same login."""
        return next((self._by_key[key] for key in keys if key in self._by_key), None)

    def numbered(self, user: UserId, typed: str) -> PendingLogin | None:
        """Return the user's verification whose number was typed, comparing with all of them alike (P23)."""
        found, octets = None, typed.encode("utf-8", "surrogatepass")
        for login in self._by_user.get(user, ()):
            if login.number is not None and hmac.compare_digest(login.number.encode(), octets):
                found = login
        return found

    def number_taken(self, user: UserId, number: str) -> bool:
        """Tell whether another verification of the user shows this number."""
        return any(login.number == number for login in self._by_user.get(user, ()))

    def around(self, user: UserId, keys: tuple[LoginKey, ...], epoch: int) -> Around:
        """Tell what there is besides a request with these keys, of a user whose epoch is `epoch` now."""
        logins = self._by_user.get(user)
        approved = self._approved_of(keys, epoch) if self._approved else None
        if approved is not None:
            return Around(approved, Standing.AT_CHALLENGE, contended=logins is not None)
        if logins is None:
            return _ENDED if self.ended(keys, epoch) is not None else _ALONE
        same = self.same(keys)
        if same is not None:
            standing = Standing.AT_CHALLENGE if same.challenged else Standing.WAITING
            return Around(same, standing, contended=len(logins) > 1)
        return Around(None, Standing.NONE if self.ended(keys, epoch) is None else Standing.ENDED, contended=True)

    def keep(self, login: PendingLogin) -> None:
        """
        Let the same login join one that ended well though it is in progress no more: its State has yet to come back.

        It is then sent a State of its own, and the phone is not rung again; ten seconds long, as with every outcome.
        """
        now = self._clock.monotonic()
        for key in login.keys:
            self._approved[key] = (login, now)

    def forget(self, login: PendingLogin) -> None:
        """Let nobody join it any more."""
        for key in login.keys:
            if key in self._approved and self._approved[key][0] is login:
                del self._approved[key]

    def _approved_of(self, keys: tuple[LoginKey, ...], epoch: int) -> PendingLogin | None:
        now = self._clock.monotonic()
        for key in keys:
            login, at = self._approved.get(key, (None, 0))
            if login is not None and usable(ended_at=at, now=now, epoch=login.epoch, current_epoch=epoch):
                return login
        return None

    def ended(self, keys: tuple[LoginKey, ...], epoch: int) -> Ended | None:
        """Return how the same login ended, where that may still be shared."""
        for key in keys:
            ended = self._ended.get(key) or self._ended_before.get(key)
            if ended is not None and usable(
                ended_at=ended.at, now=self._clock.monotonic(), epoch=ended.epoch, current_epoch=epoch
            ):
                return ended
        return None

    def remember(self, keys: tuple[LoginKey, ...], ended: Ended) -> None:
        """Let the same login share this outcome for a while."""
        if self._clock.monotonic() >= self._swap_at:
            self._ended_before, self._ended = self._ended, {}
            self._swap_at = self._clock.monotonic() + _SHARED_GENERATION
        for key in keys:
            self._ended[key] = ended
