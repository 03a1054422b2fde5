"""
One request of a server on its way through the portal, and how it may come again.
"""

from enum import Enum, auto
from typing import Final

from watchword.domain.joining import SHARED_SECONDS
from watchword.domain.verification import VerificationRequest
from watchword.kit.clock import NANOSECONDS
from watchword.ports.login import Ticket, Waiting
from watchword.wire.channel.messages import Decided, Gated

KEPT: Final = SHARED_SECONDS * NANOSECONDS
"""
Nanoseconds for which an outcome is kept for a server that asks again because its connection broke: as long as the same
login would share it (design.md section 5).
"""


class Step(Enum):
    """Where a request stands."""

    GATING = auto()
    GATED = auto()
    DECIDING = auto()
    ENDED = auto()


class Flow:
    """
    One request.

    Attributes:
        ticket: from `gate`, until it is handed to `decide`.
        waiting: cancels what is being decided.
        told: what was told last: it is told again when the server asks again.
        ended_at: monotonic nanosecond.
    """

    __slots__ = ("ended_at", "request", "step", "ticket", "told", "waiting")

    def __init__(self, request: VerificationRequest, step: Step) -> None:
        self.request = request
        self.step = step
        self.ticket: Ticket | None = None
        self.waiting: Waiting | None = None
        self.told: Gated | Decided | None = None
        self.ended_at = 0
