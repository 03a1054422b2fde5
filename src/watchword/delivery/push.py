"""
Prompts for devices that fetch them by HTTP: whoever polls is woken, whoever does not is not remembered.

A device first listens, then looks what waits for it, and only then waits, so that nothing is lost that happens between
its look and its wait. What there is to see it asks the portal for (P27, P29); here is only that something has changed.
"""

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

from watchword.domain.methods import MethodId
from watchword.kit.clock import NANOSECONDS, Clock
from watchword.kit.timers import Timers
from watchword.ports.login import Ring

MOST_POLLS: Final = 20_000
"""Polls at once: as many as there may be verifications in progress."""

MOST_POLLS_OF_A_DEVICE: Final = 2
"""Polls of one device at once: the newest, and the one before it whose connection the device may have lost."""


class Poll:
    """One request of a device, which listens until the block ends that this was entered with."""

    __slots__ = ("_changed", "_over", "_polls", "_waiting", "device")

    def __init__(self, polls: "LongPolls", device: MethodId) -> None:
        self._polls = polls
        self._changed = False
        self._over = False
        self._waiting: asyncio.Future[None] | None = None
        self.device = device

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._polls.forget(self)

    async def wait(self, seconds: float) -> bool:
        """
        Wait until something has changed for the device since it began to listen, or since this was last called.

        Returns:
            False where nothing has, in `seconds` or before the poll was ended.
        """
        if not self._changed and not self._over:
            self._waiting = asyncio.get_running_loop().create_future()
            call_off = self._polls.after(seconds, self._release)
            try:
                await self._waiting
            finally:
                self._waiting = None
                call_off()
        changed, self._changed = self._changed, False
        return changed

    def wake(self) -> None:
        """Let it see that something has changed."""
        self._changed = True
        self._release()

    def end(self) -> None:
        """Let it wait no more."""
        self._over = True
        self._release()

    def _release(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)


class LongPolls:
    """Every device that listens now, and the `PushDelivery` that wakes them."""

    def __init__(self, *, clock: Clock, timers: Timers) -> None:
        self._clock = clock
        self._timers = timers
        self._listening: dict[MethodId, list[Poll]] = {}
        self._count = 0
        self._closed = False

    def __len__(self) -> int:
        return self._count

    def listen(self, device: MethodId) -> Poll | None:
        """
        Let a device listen.

        Returns:
            None where too many do, or where everything is closed: it is to ask again a little later.
        """
        if self._closed or self._count >= MOST_POLLS:
            return None
        polls = self._listening.setdefault(device, [])
        if len(polls) >= MOST_POLLS_OF_A_DEVICE:
            oldest = polls[0]
            self.forget(oldest)
            oldest.end()
        poll = Poll(self, device)
        polls.append(poll)
        self._count += 1
        return poll

    def ring(self, ring: Ring) -> None:
        """Wake the devices: something waits for their owner."""
        self._wake(ring)

    def quiet(self, ring: Ring) -> None:
        """Wake the devices: what waited has ended."""
        self._wake(ring)

    def close(self) -> None:
        """End every poll, so that no connection keeps the process from ending."""
        self._closed = True
        for polls in tuple(self._listening.values()):
            for poll in polls:
                poll.end()

    def forget(self, poll: Poll) -> None:
        """Forget a poll; one that is not known any more is nothing to forget."""
        polls = self._listening.get(poll.device, [])
        if poll in polls:
            polls.remove(poll)
            self._count -= 1
            if not polls:
                del self._listening[poll.device]

    def after(self, seconds: float, call: Callable[[], None]) -> Callable[[], None]:
        """Call `call` in `seconds`; return what calls it off."""
        return self._timers.at(self._clock.monotonic() + int(seconds * NANOSECONDS), call)

    def _wake(self, ring: Ring) -> None:
        for device in ring.devices:
            for poll in self._listening.get(device, ()):
                poll.wake()
