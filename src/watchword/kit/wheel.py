"""
A timing wheel: many deadlines, kept for next to nothing.

Time is cut into ticks. What is due in the same tick shares a bucket, so that adding, cancelling and expiring cost the
same whether ten or ten thousand entries wait. An entry never expires early, and at most one tick late plus the time
until `expire` is called.

The wheel is pure: the time comes in as an argument, monotonic and in nanoseconds. `kit.timers` turns it.
"""

import heapq
from collections.abc import Iterator
from typing import Final, Generic, TypeVar

Item = TypeVar("Item")

TICK: Final = 50_000_000
"""Nanoseconds of a tick. Turned once a tick, an entry is at most 100 ms late."""

Place = tuple[int, int]
"""Where an entry stands: its tick, and its number within the wheel."""


class Wheel(Generic[Item]):
    """Entries by deadline."""

    __slots__ = ("_buckets", "_count", "_last", "_passed", "_tick", "_ticks")

    def __init__(self, *, now: int, tick: int = TICK) -> None:
        """
        Make an empty wheel.

        Args:
            now: monotonic nanosecond from which it turns.
            tick: nanoseconds of a tick.
        """
        self._tick = tick
        self._passed = now // tick
        self._buckets: dict[int, dict[Place, Item]] = {}
        self._ticks: list[int] = []
        self._count = 0
        self._last = 0

    def __len__(self) -> int:
        return self._count

    def add(self, deadline: int, item: Item) -> Place:
        """Let `item` expire at `deadline` (monotonic nanosecond); at the next tick where that is past."""
        tick = max(-(-deadline // self._tick), self._passed + 1)
        bucket = self._buckets.get(tick)
        if bucket is None:
            bucket = self._buckets[tick] = {}
            heapq.heappush(self._ticks, tick)
        self._last += 1
        self._count += 1
        place = (tick, self._last)
        bucket[place] = item
        return place

    def cancel(self, place: Place) -> None:
        """Take an entry out. Nothing happens where it has expired or was cancelled before."""
        bucket = self._buckets.get(place[0])
        # The bucket stays, also when it is empty: a wheel whose buckets came and went would queue each tick many times.
        if bucket is not None and place in bucket:
            del bucket[place]
            self._count -= 1

    def expire(self, now: int) -> Iterator[Item]:
        """
        Take out what is due by `now` (monotonic nanosecond), one by one and in the order of the ticks.

        Entries may be added and cancelled between one and the next: what was cancelled does not come, and what was
        added comes at a later tick.
        """
        self._passed = max(self._passed, now // self._tick)
        while self._ticks and self._ticks[0] <= self._passed:
            bucket = self._buckets[self._ticks[0]]
            for place in list(bucket):
                if place in bucket:
                    self._count -= 1
                    yield bucket.pop(place)
            del self._buckets[heapq.heappop(self._ticks)]
