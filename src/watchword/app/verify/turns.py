"""
One decision of a user at a time.

Whoever changes what the next decision about the same user reads (a code step, a bypass, a counter, an epoch) holds the
turn until its commit is known, so that a second taker waits for the first one's commit (design.md section 9). Other
users never wait.
"""

from collections import deque
from collections.abc import Callable
from typing import Final

from watchword.domain.users import UserId

MOST_QUEUED: Final = 1_000
"""Requests of one user that may wait for their turn; beyond it they are denied."""


class Turns:
    """Lets one decision of a user run after the other."""

    def __init__(self) -> None:
        # Of every user whose turn is taken; most have nobody who waits.
        self._queues: dict[UserId, deque[Callable[[], None]] | None] = {}
        self._given: dict[UserId, bool] = {}

    def enter(self, user: UserId) -> bool:
        """Take the turn where the user is free; whoever has it must `give` it back."""
        if user in self._queues:
            return False
        self._queues[user] = None
        return True

    def take(self, user: UserId, run: Callable[[], None], *, most: int | None = MOST_QUEUED) -> bool:
        """
        Run `run` as soon as the user is free, perhaps at once; False where `most` wait already.

        It must `give` the turn back.
        """
        if self.enter(user):
            run()
            return True
        queue = self._queues[user]
        if queue is None:
            queue = self._queues[user] = deque()
        elif most is not None and len(queue) >= most:
            return False
        queue.append(run)
        return True

    def give(self, user: UserId) -> None:
        """Give the turn back, to whoever waits longest."""
        if user in self._given:
            self._given[user] = True
        elif queue := self._queues[user]:
            self._hand_on(user, queue)
        else:
            del self._queues[user]

    def _hand_on(self, user: UserId, queue: deque[Callable[[], None]]) -> None:
        """Let one after the other run, from here: where each began the next, a long queue would end the stack."""
        given = self._given
        given[user] = True
        try:
            while given[user] and queue:
                given[user] = False
                queue.popleft()()
        finally:
            if given.pop(user):
                self.give(user)
