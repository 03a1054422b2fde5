"""
When a Reject leaves: not before a time that is the same whatever its reason (R65, R66).

The time counts from the arrival of the request, so that it is a floor and no addition, and what took longer to find out
does not show. A little chance on top of it blurs the rest. Waiting costs an entry in the process's timing wheel.
"""

from typing import Final

from watchword.kit.clock import NANOSECONDS
from watchword.kit.randomness import Randomness

JITTER: Final = 200_000_000
"""Nanoseconds below which the chance on top of the delay is (R65)."""


def reject_at(received: int, *, delay: float, randomness: Randomness) -> int:
    """
    Return when the Reject to a request may leave, as monotonic nanosecond.

    Args:
        received: monotonic nanosecond of the request's arrival.
        delay: seconds, the setting `reject_delay`; 0 lets it leave at once.
        randomness: where the chance comes from.
    """
    if not delay:
        return received
    return received + int(delay * NANOSECONDS) + randomness.below(JITTER)
