"""
What is known of applications and directories, as pages call it, marked for translation.

Each closed set has a table of its own: members of a `StrEnum` are equal by their value.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from watchword.app.diagnose.try_login import TryAnswer
from watchword.app.manage.directories import DirectoryType
from watchword.domain.applications import PortalAway
from watchword.domain.verification import PrimaryVerdict
from watchword.web.portal.application_problems import ProblemKind
from watchword.web.portal.languages import marked

LABELS_OF: Final[Mapping[type[StrEnum], Mapping[StrEnum, str]]] = {
    ProblemKind: {
        ProblemKind.WITHOUT_AUTHENTICATOR: marked("asks without Message-Authenticator"),
        ProblemKind.UNSIGNED_PROXY_STATE: marked("Proxy-State without Message-Authenticator"),
        ProblemKind.OTHER_SECRET: marked("asks with another secret"),
        ProblemKind.NO_NETWORK: marked("may ask from nowhere"),
        ProblemKind.RETRIES: marked("asks again too early"),
        ProblemKind.REPEATED_AUTHENTICATORS: marked("repeats its random numbers"),
        ProblemKind.DROPPED: marked("requests were dropped"),
        ProblemKind.NOT_REQUIRED: marked("Message-Authenticator not required"),
        ProblemKind.SHORT_SECRET: marked("short secret"),
        ProblemKind.WIDE_NETWORK: marked("very wide network"),
        ProblemKind.TWO_SECRETS: marked("secret is being replaced"),
    },
    DirectoryType: {DirectoryType.LDAP: marked("LDAP"), DirectoryType.RADIUS: marked("RADIUS")},
    PortalAway: {
        PortalAway.DENY: marked("Nobody passes"),
        PortalAway.CODES: marked("Codes count, for 15 minutes"),
    },
    PrimaryVerdict: {
        PrimaryVerdict.ACCEPTED: marked("the password is right"),
        PrimaryVerdict.REJECTED: marked("the password is wrong"),
        PrimaryVerdict.REFUSED: marked("the account may not sign in"),
        PrimaryVerdict.UNKNOWN: marked("nobody goes by that name there"),
        PrimaryVerdict.AMBIGUOUS: marked("more than one goes by that name there"),
        PrimaryVerdict.AWAY: marked("the directory could not be asked"),
    },
    TryAnswer: {
        TryAnswer.ACCEPT: marked("Access-Accept: they are let in"),
        TryAnswer.REJECT: marked("Access-Reject: they are turned away"),
        TryAnswer.CHALLENGE: marked("Access-Challenge: they are asked for more"),
        TryAnswer.SILENCE: marked("Nothing came back"),
    },
}
"""What the members of each of these are called."""

TONES_OF: Final[Mapping[type[StrEnum], Mapping[StrEnum, str]]] = {
    ProblemKind: {
        ProblemKind.WITHOUT_AUTHENTICATOR: "bad",
        ProblemKind.UNSIGNED_PROXY_STATE: "bad",
        ProblemKind.OTHER_SECRET: "bad",
        ProblemKind.NO_NETWORK: "bad",
        ProblemKind.RETRIES: "warn",
        ProblemKind.REPEATED_AUTHENTICATORS: "warn",
        ProblemKind.DROPPED: "warn",
        ProblemKind.NOT_REQUIRED: "warn",
        ProblemKind.SHORT_SECRET: "warn",
        ProblemKind.WIDE_NETWORK: "warn",
        ProblemKind.TWO_SECRETS: "live",
    },
    PrimaryVerdict: {
        PrimaryVerdict.ACCEPTED: "good",
        PrimaryVerdict.REJECTED: "bad",
        PrimaryVerdict.REFUSED: "bad",
        PrimaryVerdict.UNKNOWN: "warn",
        PrimaryVerdict.AMBIGUOUS: "warn",
        PrimaryVerdict.AWAY: "bad",
    },
    TryAnswer: {
        TryAnswer.ACCEPT: "good",
        TryAnswer.REJECT: "bad",
        TryAnswer.CHALLENGE: "info",
        TryAnswer.SILENCE: "warn",
    },
}
"""In which tone they stand."""
