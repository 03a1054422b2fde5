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
        self._queues: dict[UserId, deque[Callable[[], None]]] = {}

    def take(self, user: UserId, run: Callable[[], None]) -> bool:
        """
        Run `run` as soon as the user is free, perhaps at once; False where too many wait already.

        It must `give` the turn back.
        """
        queue = self._queues.get(user)
        if queue is None:
            self._queues[user] = deque()
            run()
            return True
        if len(queue) >= MOST_QUEUED:
            return False
        queue.append(run)
        return True

    def give(self, user: UserId) -> None:
        """Give the turn back, to whoever waits longest."""
        queue = self._queues[user]
        if queue:
            queue.popleft()()
        else:
            del self._queues[user]
