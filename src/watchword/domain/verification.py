"""
A verification: what is asked, what may come of it, and the states that it goes through.

`TRANSITIONS` holds every rule about state. Final states absorb: once a verification has ended, nothing that still
comes in changes how (P20).
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple, NewType

from watchword.domain.applications import ApplicationId, AuthenticationType
from watchword.domain.servers import LOCAL, ServedBy
from watchword.domain.trace import Trace

VerificationId = NewType("VerificationId", bytes)
ActivityId = NewType("ActivityId", bytes)
Attributes = tuple[tuple[int, bytes], ...]
"""RADIUS attributes, type and value, in order."""


class OutcomeKind(StrEnum):
    """How a request ended, as scripts see it."""

    ALLOWED = "allowed"
    DENIED = "denied"
    CHALLENGED = "challenged"
    DROPPED = "dropped"


class Reason(StrEnum):
    """Why a request ended as it did: the closed list."""

    CODE = "code"
    PUSH = "push"
    CACHE = "cache"
    BYPASS = "bypass"
    JOINED = "joined"
    BACKUP_CODE = "backup-code"
    NOT_REQUIRED = "not-required"
    CHALLENGE = "challenge"
    WRONG_PASSWORD = "wrong-password"  # noqa: S105 - a name
    ACCOUNT_REFUSED = "account-refused"
    DIRECTORY_AWAY = "directory-away"
    WRONG_CODE = "wrong-code"
    USED_CODE = "used-code"
    WRONG_NUMBER = "wrong-number"
    WRONG_STATE = "wrong-state"
    DENIED_BY_USER = "denied-by-user"
    FRAUD = "fraud"
    NO_ANSWER = "no-answer"
    CONTENDED = "contended"
    THROTTLED = "throttled"
    AMBIGUOUS_USER = "ambiguous-user"
    BLOCKED = "blocked"
    DISABLED = "disabled"
    LOCKED = "locked"
    UNKNOWN_USER = "unknown-user"
    NO_METHOD = "no-method"
    SUPERSEDED = "superseded"
    UNSUPPORTED_PROTOCOL = "unsupported-protocol"
    PORTAL_AWAY = "portal-away"
    OFFLINE_CODE = "offline-code"
    ACCOUNTING = "accounting"
    ERROR = "error"


class Credential(StrEnum):
    """How the password came in: the first is checked, the others are refused and count as nobody's failure (R17)."""

    PAP = "pap"
    NONE = "none"
    CHAP = "chap"
    MS_CHAP = "ms-chap"
    EAP = "eap"
    SEVERAL = "several"


class VerificationRequest(NamedTuple):
    """
    One login as the decision sees it. The password itself is not in it.

    Attributes:
        user_name: as typed.
        client: the address of the system that asks.
        source: where the user is, as the application says (Calling-Station-Id or a trusted end-user address); None
            where it does not.
        address: `source` where that is an IP address.
        proofs: keyed hashes of the password under the group's keys, the newest first.
        received_at: UTC microseconds.
        deadline: monotonic nanosecond by which the application must be answered.
        code: the code typed with the password, or in answer to a challenge.
        state: the handle of the challenge that is answered; then `code` is what was typed, where that was a code.
        served_by: the server that it came in at. It never crosses the channel: the portal knows who speaks.
    """

    application: ApplicationId
    authentication_type: AuthenticationType
    user_name: str
    client: str
    source: str | None
    address: str | None
    proofs: tuple[bytes, ...]
    received_at: int
    deadline: int
    code: str | None = None
    state: bytes | None = None
    served_by: ServedBy = LOCAL


class PrimaryVerdict(StrEnum):
    """What the first step came to."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    AMBIGUOUS = "ambiguous"
    AWAY = "away"


@dataclass(frozen=True, slots=True, kw_only=True)
class PrimaryResult:
    """
    The first step's result.

    Attributes:
        checked_by: `local`, `asserted`, or the directory's name.
        by_directory: whether a directory (LDAP or RADIUS) has just checked the password.
        detail: the directory's own words or sub-code, for activity only.
        directory_id: the directory's immutable identifier of the person, where it has one.
        attributes: what a RADIUS server behind us wants in our Access-Accept.
    """

    verdict: PrimaryVerdict
    checked_by: str
    by_directory: bool = False
    detail: str = ""
    directory_id: bytes | None = None
    attributes: Attributes = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """What an application shows with a challenge: a number to type on the phone, or None to ask for a code."""

    number: str | None = None


class Allowed(NamedTuple):
    """The user may pass."""

    reason: Reason
    activity: ActivityId
    epoch: int = 0
    attributes: Attributes = ()


class Denied(NamedTuple):
    """The user may not pass. `activity` is None where the row could not be written."""

    reason: Reason
    activity: ActivityId | None = None
    epoch: int = 0


class Challenged(NamedTuple):
    """The application is to ask once more, and to send `state` back."""

    state: bytes
    prompt: Prompt
    activity: ActivityId


Outcome = Allowed | Denied | Challenged
"""What a request ends with."""


class VerificationState(StrEnum):
    """Where a verification stands."""

    PENDING = "pending"
    ALLOWED = "allowed"
    DENIED = "denied"


class VerificationEvent(StrEnum):
    """What can happen to a verification."""

    APPROVE = "approve"
    WRONG_NUMBER = "wrong-number"
    DENY = "deny"
    FRAUD = "fraud"
    CODE = "code"
    LET_THROUGH = "let-through"
    EXPIRE = "expire"
    CONTEND = "contend"
    SUPERSEDE = "supersede"
    INVALIDATE = "invalidate"


TRANSITIONS: Final = {
    VerificationEvent.APPROVE: (VerificationState.ALLOWED, Reason.PUSH),
    VerificationEvent.CODE: (VerificationState.ALLOWED, Reason.CODE),
    VerificationEvent.LET_THROUGH: (VerificationState.ALLOWED, Reason.BYPASS),
    VerificationEvent.WRONG_NUMBER: (VerificationState.DENIED, Reason.WRONG_NUMBER),
    VerificationEvent.DENY: (VerificationState.DENIED, Reason.DENIED_BY_USER),
    VerificationEvent.FRAUD: (VerificationState.DENIED, Reason.FRAUD),
    VerificationEvent.EXPIRE: (VerificationState.DENIED, Reason.NO_ANSWER),
    VerificationEvent.CONTEND: (VerificationState.DENIED, Reason.CONTENDED),
    VerificationEvent.SUPERSEDE: (VerificationState.DENIED, Reason.SUPERSEDED),
    VerificationEvent.INVALIDATE: (VerificationState.DENIED, Reason.ERROR),
}
"""What each event makes of a pending verification."""


def after(state: VerificationState, event: VerificationEvent) -> tuple[VerificationState, Reason] | None:
    """Return the state and reason that `event` leads to, None where the verification has already ended."""
    return TRANSITIONS[event] if state is VerificationState.PENDING else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What an activity row says beyond the request: how it ended, why, and every step to it."""

    kind: OutcomeKind
    reason: Reason
    trace: Trace = ()
