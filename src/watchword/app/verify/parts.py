"""
What the verification service is made of, and the one place where its bugs are caught.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from watchword.app.directory import CurrentConfiguration
from watchword.app.pending import Pending, Timer
from watchword.app.recorder import Recorder
from watchword.app.throttles import Throttles
from watchword.app.verify.turns import Turns
from watchword.domain.events import Activity
from watchword.domain.verification import Denied, Reason
from watchword.kit.clock import Clock
from watchword.kit.identifiers import Identifiers
from watchword.kit.metrics import Metrics
from watchword.kit.randomness import Randomness
from watchword.kit.telemetry import FaultReport
from watchword.ports.login import Challenges, Committed, Ledger, LoginCache, People, PushDelivery

CHALLENGE_SECONDS: Final = 180
"""
Seconds for which a State is good: time to find the phone, and short enough to be worth little (ASVS 6.5.5 allows ten
minutes).
"""

STATE_OCTETS: Final = 16
"""Random octets of a State (R63)."""


def state_of(drawn: bytes) -> bytes:
    """
    Return a State from what was drawn for it: letters, digits, `-` and `_`.

    RFC 2865 section 5.24 allows any octets, but ocserv 1.1 ends a State at its first NUL: one login in sixteen would
    come back with half of one, and be refused.
    """
    return base64.urlsafe_b64encode(drawn).rstrip(b"=")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Everything that the service stands on."""

    ledger: Ledger
    people: People
    challenges: Challenges
    cache: LoginCache
    push: PushDelivery
    configuration: CurrentConfiguration
    clock: Clock
    timer: Timer
    randomness: Randomness
    identifiers: Identifiers
    recorder: Recorder
    pending: Pending
    throttles: Throttles
    turns: Turns
    fault: FaultReport
    metrics: Metrics


def not_taken(result: Committed, row: Activity, reason: Reason) -> Denied:
    """Return what is told where a unit did not take: `reason`, which its row says too, or an error where it failed."""
    if result is Committed.REFUSED:
        return Denied(reason=reason, activity=row.id)
    return Denied(reason=Reason.ERROR)


class Fails(Protocol):
    """Something that ends where a step of it raises."""

    def fail(self, problem: Exception) -> None:
        """End with a denial; called while `problem` is being handled, which is no bug where the store is away."""


Case = TypeVar("Case", bound=Fails)
Value = TypeVar("Value")


def guarded(step: Callable[[Case, Value], None]) -> Callable[[Case, Value], None]:
    """
    Make a method of a case a step that ends in a denial whatever it raises.

    This is the second of the two places where an exception of any kind is caught: the store, the cache and the timer
    call in here, and there is nobody above them who could answer the application.
    """

    def run(case: Case, value: Value) -> None:
        try:
            step(case, value)
        except Exception as problem:  # noqa: BLE001 - as said above
            case.fail(problem)

    return run
