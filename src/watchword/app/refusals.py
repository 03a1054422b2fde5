"""
The logins that were denied last, without whose they were: what an MFA server's own page shows.
"""

from collections import deque
from dataclasses import dataclass
from typing import Final

from watchword.app.attempt import LoginAttempt
from watchword.domain.verification import Reason

MOST: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class LastRefusal:
    """A login that was denied: when it came (UTC microseconds), at which application, from which client, and why."""

    at: int
    application: str
    client: str
    reason: Reason


class LastRefusals:
    """The last of them, the newest first, as long as the process runs."""

    def __init__(self) -> None:
        self._last: deque[LastRefusal] = deque(maxlen=MOST)

    def note(self, attempt: LoginAttempt, reason: Reason) -> None:
        """Take note of one."""
        name = attempt.application.name
        self._last.appendleft(
            LastRefusal(at=attempt.received_at, application=name, client=attempt.client, reason=reason)
        )

    def listed(self) -> tuple[LastRefusal, ...]:
        """Return them."""
        return tuple(self._last)
