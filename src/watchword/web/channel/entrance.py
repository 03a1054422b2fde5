"""
Who may stand in the entrance: connections that have not yet shown whose they are, few and not for long.
"""

from collections import Counter
from typing import Final

ENTRANCE_SECONDS: Final = 10.0
"""Seconds in which a server shows who it is."""

MOST_AT_ONCE: Final = 256
"""Connections that may do so at once: every server of a large organisation, after a restart of the portal."""

MOST_OF_ONE: Final = 64
"""Of one address, behind which there may be a whole branch."""


class Entrance:
    """Counts them."""

    def __init__(self, *, most: int = MOST_AT_ONCE, most_of_one: int = MOST_OF_ONE) -> None:
        self._most = most
        self._most_of_one = most_of_one
        self._all = 0
        self._of: Counter[str] = Counter()

    def enter(self, address: str) -> bool:
        """Let a connection in, where there is room."""
        if self._all >= self._most or self._of[address] >= self._most_of_one:
            return False
        self._all += 1
        self._of[address] += 1
        return True

    def leave(self, address: str) -> None:
        """Make room: the connection has shown whose it is, or has ended."""
        self._all -= 1
        self._of[address] -= 1
        if not self._of[address]:
            del self._of[address]
