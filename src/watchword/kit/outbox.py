"""
What is said within one turn of the loop, sent together.
"""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Message = TypeVar("Message")


class Outbox(Generic[Message]):
    """
    Gathers messages until the loop has done what it is at, then sends them, so many at once.

    While it holds back everything stays here; whoever puts in bounds how much that can be.
    """

    def __init__(
        self, *, soon: Callable[[Callable[[], None]], object], send: Callable[[Sequence[Message]], None], together: int
    ) -> None:
        """
        Make it.

        Args:
            soon: `call_soon` of the loop.
            send: sends some messages, in their order.
            together: how many at most.
        """
        self._soon = soon
        self._send = send
        self._together = together
        self._messages: deque[Message] = deque()
        self._due = False
        self._held = False

    def __len__(self) -> int:
        return len(self._messages)

    def put(self, message: Message) -> None:
        """Take a message."""
        self._messages.append(message)
        if not self._due and not self._held:
            self._due = True
            self._soon(self._flush)

    def hold(self, *, back: bool) -> None:
        """Send nothing, or go on."""
        self._held = back
        if not back and self._messages and not self._due:
            self._due = True
            self._soon(self._flush)

    def flush(self) -> None:
        """Send everything now, whatever was held back: there is no later."""
        self._held = False
        self._flush()

    def clear(self) -> None:
        """Forget everything that waits."""
        self._messages.clear()

    def _flush(self) -> None:
        self._due = False
        while self._messages and not self._held:
            messages = [self._messages.popleft() for _ in range(min(self._together, len(self._messages)))]
            self._send(messages)
