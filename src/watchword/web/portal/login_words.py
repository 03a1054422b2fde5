"""
What logins are made of, as pages call it, marked for translation.

These enumerations share values (`push` is a method and a reason), and members of a `StrEnum` are equal by their value:
so each has a table of its own.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from watchword.app.enrol import MethodType
from watchword.domain.enrolment import CredentialsState
from watchword.domain.methods import MethodKind
from watchword.domain.servers import ServerStatus
from watchword.domain.verification import OutcomeKind, Reason
from watchword.ports.finding import Standing
from watchword.web.portal.languages import marked
from watchword.web.portal.server_words import CREDENTIALS, CREDENTIALS_TONES, STATUS_TONES, STATUSES

_METHODS: Final[Mapping[StrEnum, str]] = {
    MethodKind.PUSH: marked("Phone that rings"),
    MethodKind.TOTP: marked("Authenticator app"),
    MethodKind.HOTP: marked("Token with a button"),
    MethodKind.SMS: marked("Text message"),
    MethodKind.VOICE: marked("Call"),
    MethodKind.WEBAUTHN: marked("Passkey"),
    MethodKind.BACKUP_CODE: marked("Backup codes"),
}

_OUTCOMES: Final[Mapping[StrEnum, str]] = {
    OutcomeKind.ALLOWED: marked("allowed"),
    OutcomeKind.DENIED: marked("denied"),
    OutcomeKind.CHALLENGED: marked("asked"),
    OutcomeKind.DROPPED: marked("dropped"),
}

_REASONS: Final[Mapping[StrEnum, str]] = {
    Reason.CODE: marked("right code"),
    Reason.PUSH: marked("approved on the phone"),
    Reason.CACHE: marked("caching rule"),
    Reason.BYPASS: marked("one-time bypass"),
    Reason.JOINED: marked("joined the login in progress"),
    Reason.BACKUP_CODE: marked("backup code"),
    Reason.NOT_REQUIRED: marked("no second step required"),
    Reason.CHALLENGE: marked("asked for the second step"),
    Reason.WRONG_PASSWORD: marked("wrong password"),
    Reason.ACCOUNT_REFUSED: marked("the directory refuses the account"),
    Reason.DIRECTORY_AWAY: marked("the directory does not answer"),
    Reason.WRONG_CODE: marked("wrong code"),
    Reason.USED_CODE: marked("code used before"),
    Reason.WRONG_NUMBER: marked("wrong number on the phone"),
    Reason.WRONG_STATE: marked("answer to no question of ours"),
    Reason.DENIED_BY_USER: marked("denied on the phone"),
    Reason.FRAUD: marked("reported as fraud"),
    Reason.NO_ANSWER: marked("no answer in time"),
    Reason.CONTENDED: marked("two places at once"),
    Reason.THROTTLED: marked("slowed down"),
    Reason.AMBIGUOUS_USER: marked("the name is shared by two users"),
    Reason.BLOCKED: marked("blocked"),
    Reason.DISABLED: marked("disabled"),
    Reason.LOCKED: marked("locked"),
    Reason.UNKNOWN_USER: marked("nobody goes by that name"),
    Reason.NO_METHOD: marked("no second step that works here"),
    Reason.SUPERSEDED: marked("something changed meanwhile"),
    Reason.UNSUPPORTED_PROTOCOL: marked("unsupported protocol"),
    Reason.PORTAL_AWAY: marked("the portal could not be reached"),
    Reason.OFFLINE_CODE: marked("right code, while no portal could be reached"),
    Reason.ACCOUNTING: marked("session report"),
    Reason.ERROR: marked("error"),
}

_STANDINGS: Final[Mapping[StrEnum, str]] = {
    Standing.BLOCKED: marked("blocked"),
    Standing.DISABLED: marked("disabled"),
    Standing.LOCKED: marked("locked"),
    Standing.WITHOUT_METHOD: marked("without a second step"),
}

_TYPES: Final[Mapping[StrEnum, str]] = {
    MethodType.TOTP: _METHODS[MethodKind.TOTP],
    MethodType.HOTP: _METHODS[MethodKind.HOTP],
    MethodType.PUSH: _METHODS[MethodKind.PUSH],
    MethodType.BACKUP_CODES: _METHODS[MethodKind.BACKUP_CODE],
}

LABELS_OF: Final[Mapping[type[StrEnum], Mapping[StrEnum, str]]] = {
    MethodKind: _METHODS,
    MethodType: _TYPES,
    OutcomeKind: _OUTCOMES,
    Reason: _REASONS,
    Standing: _STANDINGS,
    ServerStatus: STATUSES,
    CredentialsState: CREDENTIALS,
}
"""What the members of each of these are called."""

TONES_OF: Final[Mapping[type[StrEnum], Mapping[StrEnum, str]]] = {
    OutcomeKind: {
        OutcomeKind.ALLOWED: "good",
        OutcomeKind.DENIED: "bad",
        OutcomeKind.CHALLENGED: "live",
        OutcomeKind.DROPPED: "calm",
    },
    ServerStatus: STATUS_TONES,
    CredentialsState: CREDENTIALS_TONES,
}
"""In which tone their badges stand."""
