"""
What is known of a login, and what can be decided about it: the values that `policy` takes and gives.
"""

from typing import NamedTuple

from watchword.domain.applications import Application
from watchword.domain.bypass import Bypass
from watchword.domain.caching import Hit, Miss
from watchword.domain.joining import Standing
from watchword.domain.methods import MethodId
from watchword.domain.otp import Matched
from watchword.domain.trace import Step, Trace
from watchword.domain.users import Resolution, UserId
from watchword.domain.verification import ActivityId, PrimaryResult, Reason, VerificationId, VerificationRequest


class Allow(NamedTuple):
    """
    The login passes, once what it spends is spent.

    Attributes:
        spend: the code step or bypass that a conditional write must take.
        second_step: whether a real second step was shown, so that a caching rule may remember it.
        origin: the row of the success that a caching rule remembered.
    """

    reason: Reason
    trace: Trace
    spend: Matched | Bypass | None = None
    second_step: bool = False
    origin: ActivityId | None = None


class Deny(NamedTuple):
    """
    The login does not pass.

    Attributes:
        counts: whether it is a wrong second step, which may lock the user.
        resync: what a counter token is to remember.
    """

    reason: Reason
    trace: Trace
    counts: bool = False
    resync: tuple[MethodId, int] | None = None


class Join(NamedTuple):
    """The login shares the outcome of the one that it repeats."""

    trace: Trace


class Ask(NamedTuple):
    """
    A second step is asked for.

    Attributes:
        ring: whether the user's devices are to be asked.
        contend: whether the login is one of two at once, and must show by its number that it is the user's.
        challenge: whether the application is sent a challenge; otherwise it waits for the phone.
        number: whether the challenge shows a number to type on the phone; otherwise it asks for a code.
    """

    trace: Trace
    ring: bool
    contend: bool
    challenge: bool
    number: bool


class Wait(NamedTuple):
    """The answer to a challenge waits for the phone that was asked."""

    verification: VerificationId
    trace: Trace


Decision = Allow | Deny | Join | Ask | Wait
"""What is to be done with a login."""


class Admitted(NamedTuple):
    """The password may be checked. `trace` are the steps that `decide` does not ask again."""

    trace: Trace


class Released(NamedTuple):
    """Everything still stands at the moment of the answer: a login that was found good may pass."""

    step: Step


class Stale(NamedTuple):
    """It may not pass after all."""

    reason: Reason
    step: Step


class Facts(NamedTuple):
    """
    What a decision reads.

    Attributes:
        directory_owner: the user who bears the identifier that the directory has just given, if anybody does.
        cache: the live entry that may be honoured, or why there is none.
        bypass: the active bypass that applies, if any.
        standing: how the login that this one repeats stands.
        contended: whether a verification of this user is in progress from another source.
        now: UTC microseconds, never going back; `wall`: as the machine's clock shows them.
    """

    request: VerificationRequest
    application: Application
    resolution: Resolution
    primary: PrimaryResult
    directory_owner: UserId | None
    cache: Hit | Miss
    bypass: Bypass | None
    standing: Standing
    contended: bool
    now: int
    wall: int
