"""
What was asked of the portal and not answered yet.

A request that was asked over a connection that broke is asked again over the next one, where that is safe: the same
number is the same request, so a portal that is still the one it was tells the outcome that there was (`app.channel`).
A portal that was started anew knows nothing of a number. What is asked anew there must be safe to begin twice: the
first half of a login is, because it only looks and reserves; the answer to a challenge is, because its State is good
once; the second half is not, because a phone may have rung for it already.

While no connection stands, requests wait for a few seconds for the next one, and are then answered with None: the
portal is away. Nothing that was asked is ever answered later than its deadline.
"""

from collections.abc import Callable
from typing import Final, Protocol

from watchword.kit.clock import NANOSECONDS, Clock
from watchword.wire.channel.messages import (
    MOST_IN_FLIGHT,
    Asked,
    Cancel,
    Checked,
    Decided,
    Gated,
    Lost,
    Noted,
    Salted,
)

GRACE_SECONDS: Final = 3
"""Seconds that requests wait for a connection: a portal that is restarted is back by then, and few VPNs gave up."""

Reply = Gated | Decided | Salted | Checked | Noted | Lost
"""What answers a request."""


class Timer(Protocol):
    """Calls back at deadlines: `kit.timers.Timers`."""

    def at(self, deadline: int, call: Callable[[], None]) -> Callable[[], None]:
        """Call `call` at a monotonic nanosecond, unless what is returned is called before."""


class Pending:
    """One request. `make` makes its message with the nanoseconds that are left of its time."""

    __slots__ = ("anew", "call_off", "deadline", "done", "make")

    def __init__(
        self, make: Callable[[int], Asked], done: Callable[[Reply | None], None], *, deadline: int, anew: bool
    ) -> None:
        self.make = make
        self.done = done
        self.deadline = deadline
        self.anew = anew
        self.call_off: Callable[[], None] = _nothing


class Requests:
    """All that wait."""

    def __init__(self, *, clock: Clock, timers: Timer) -> None:
        self._clock = clock
        self._timers = timers
        self._last = 0
        self._pending: dict[int, Pending] = {}
        self._say: Callable[[Asked], None] | None = None
        self._away = True
        self._call_off_away: Callable[[], None] = _nothing

    def __len__(self) -> int:
        return len(self._pending)

    @property
    def is_away(self) -> bool:
        """Whether whatever is asked now is answered with None at once."""
        return self._away

    def number(self) -> int:
        """Return a number that no request of this run has had."""
        self._last += 1
        return self._last

    def ask(
        self,
        number: int,
        make: Callable[[int], Asked],
        done: Callable[[Reply | None], None],
        *,
        deadline: int,
        anew: bool,
    ) -> None:
        """
        Ask something.

        Args:
            number: from `number`; a login's two halves share one.
            make: makes the message, from the nanoseconds that are left.
            done: called once with the answer, None where the portal is away; possibly before this returns.
            deadline: monotonic nanosecond after which the answer is None.
            anew: whether it may be asked anew of a portal that knows nothing of it.
        """
        left = deadline - self._clock.monotonic()
        if self._away or left <= 0:
            done(None)
            return
        if len(self._pending) >= MOST_IN_FLIGHT:
            done(Lost(id=number))
            return
        pending = self._pending[number] = Pending(make, done, deadline=deadline, anew=anew)
        pending.call_off = self._timers.at(deadline, lambda: self._late(number, pending))
        if self._say is not None:
            self._say(make(left))

    def told(self, reply: Reply) -> None:
        """Take an answer; one that nobody waits for is dropped."""
        pending = self._pending.pop(reply.id, None)
        if pending is not None:
            pending.call_off()
            pending.done(reply)

    def lost(self, number: int) -> None:
        """Take note that a request was answered in a way that is not understood here."""
        self.told(Lost(id=number))

    def cancel(self, number: int) -> None:
        """Ask no more: nobody waits for the answer."""
        pending = self._pending.pop(number, None)
        if pending is not None:
            pending.call_off()
            if self._say is not None:
                self._say(Cancel(id=number))

    def connected(self, say: Callable[[Asked], None], *, same_run: bool) -> None:
        """
        Ask again what has no answer, over a new connection.

        Args:
            say: sends over it.
            same_run: whether the portal is the one, and in the same run, that was asked before.
        """
        self._call_off_away()
        self._away = False
        self._say = say
        now = self._clock.monotonic()
        for number, pending in tuple(self._pending.items()):
            if same_run or pending.anew:
                say(pending.make(max(0, pending.deadline - now)))
            else:
                self._give_up(number)

    def broken(self) -> None:
        """Wait for another connection, for a little while."""
        self._say = None
        self._call_off_away()
        until = self._clock.monotonic() + GRACE_SECONDS * NANOSECONDS
        self._call_off_away = self._timers.at(until, self.away)

    def away(self) -> None:
        """Answer whatever waits, and whatever is asked from now on, with None: the portal is away."""
        self._call_off_away()
        self._say = None
        self._away = True
        for number in tuple(self._pending):
            self._give_up(number)

    def _late(self, number: int, pending: Pending) -> None:
        if self._pending.get(number) is pending:
            if self._say is not None:
                self._say(Cancel(id=number))
            self._give_up(number)

    def _give_up(self, number: int) -> None:
        pending = self._pending.pop(number, None)
        if pending is not None:
            pending.call_off()
            pending.done(None)


def _nothing() -> None:
    """Call off what was never called."""
