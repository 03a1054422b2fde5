"""
What MFA servers are and what is wrong with them, as pages call it, marked for translation.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from watchword.app.servers.troubles import Trouble
from watchword.domain.enrolment import CredentialsState
from watchword.domain.servers import ServerStatus
from watchword.web.portal.languages import marked

STATUSES: Final[Mapping[StrEnum, str]] = {
    ServerStatus.ONLINE: marked("online"),
    ServerStatus.LATE: marked("late"),
    ServerStatus.OFFLINE: marked("offline"),
    ServerStatus.REVOKED: marked("revoked"),
    ServerStatus.NEVER: marked("never heard"),
}

CREDENTIALS: Final[Mapping[StrEnum, str]] = {
    CredentialsState.ACTIVE: marked("unused"),
    CredentialsState.USED: marked("used"),
    CredentialsState.EXPIRED: marked("expired"),
    CredentialsState.WITHDRAWN: marked("withdrawn"),
    CredentialsState.VOID: marked("void"),
}

STATUS_TONES: Final[Mapping[StrEnum, str]] = {
    ServerStatus.ONLINE: "good",
    ServerStatus.LATE: "warn",
    ServerStatus.OFFLINE: "bad",
    ServerStatus.NEVER: "warn",
}

CREDENTIALS_TONES: Final[Mapping[StrEnum, str]] = {CredentialsState.ACTIVE: "live", CredentialsState.USED: "good"}

WRONG: Final[Mapping[Trouble, str]] = {
    Trouble.CLONE: marked("Two servers claim to be this one"),
    Trouble.OFFLINE: marked("It is not heard any more"),
    Trouble.LATE: marked("It has missed three beats"),
    Trouble.NEVER: marked("It was activated and has not been heard yet"),
    Trouble.SKEW: marked("Its clock is wrong"),
    Trouble.OLD_KEY: marked("It has not renewed its key"),
    Trouble.NO_LISTENER: marked("It serves no VPN"),
    Trouble.BEHIND: marked("It has not taken the newest configuration"),
}
"""What is wrong, in a few words."""

BAD: Final = frozenset({Trouble.CLONE, Trouble.OFFLINE})
"""What keeps users outside at this moment."""

HELPS: Final[Mapping[Trouble, str]] = {
    Trouble.CLONE: marked(
        "Its folder was copied or put back from a backup. Neither may act, so that nothing can be used twice. Stop the"
        " wrong one, and give the right one a new key."
    ),
    Trouble.OFFLINE: marked(
        "VPNs that ask it are denied, or are let in by codes alone where the application allows that. See whether the"
        " machine runs and reaches this portal; on it, “watchword doctor” tells more."
    ),
    Trouble.LATE: marked(
        "Wait a moment: it may be starting anew, or the network is slow. After two minutes it counts as offline."
    ),
    Trouble.NEVER: marked(
        "Start it there: “watchword server run”, or the systemd unit that “watchword server install” has written."
    ),
    Trouble.SKEW: marked("Codes of tokens are judged by the clock. Let a time service (NTP) set it on that machine."),
    Trouble.OLD_KEY: marked(
        "It should do so by itself every 20 days. Press “Renew its key”, and see whether the date changes."
    ),
    Trouble.BEHIND: marked(
        "What was changed lately does not count there. Its log says why; starting it anew may help."
    ),
    Trouble.NO_LISTENER: marked(
        "It is connected, and no address is open there. Start it with “--radius ADDRESS:PORT”."
    ),
}
"""What helps."""
