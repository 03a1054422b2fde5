"""
How an MFA server becomes known to a portal: activation credentials, what is stated on the way, and every no.

Credentials are good once, for ten minutes, and for the key that spent them: a server whose answer was lost asks again
with the same key and is told the same, any other key is refused (E1, E2).
"""

import hmac
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from ipaddress import ip_address
from typing import Final, NewType

from watchword.domain.applications import GroupId, Network
from watchword.domain.servers import MICROSECONDS, Server, ServerId

CredentialsId = NewType("CredentialsId", bytes)

CREDENTIALS_SECONDS: Final = 600
"""Seconds for which activation credentials are good (E1)."""

MOST_TRIES: Final = 5
"""Wrong passwords after which activation credentials are void (E1)."""

PASSWORD_GROUPS: Final = 6
PASSWORD_GROUP_LETTERS: Final = 5
LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""What passwords are written with: nothing that looks like something else. Thirty of them have 148 bits."""

EMAIL_LETTERS: Final = 10
EMAIL_DOMAIN: Final = "activation.invalid"
"""What the e-mail-shaped id ends in: a name that is nobody's, now and for ever (RFC 2606)."""

CLOCK_WINDOW: Final = 300 * MICROSECONDS
"""Microseconds by which the clocks of server and portal may differ: 5 minutes, as Kerberos advises (RFC 4120, 8.2)."""

FINGERPRINT: Final = "sha256="
"""What stands between the # of the portal's URL and its fingerprint."""


class CredentialsState(StrEnum):
    """How activation credentials ended, or that they have not."""

    ACTIVE = "active"
    USED = "used"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    VOID = "void"


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivationCredentials:
    """
    Activation credentials as they are kept. Instants are UTC microseconds.

    Attributes:
        email: the e-mail-shaped id.
        digest: SHA-256 of the password, which has entropy enough.
        group: the replication group that they are bound to, None for any.
        network: where whoever spends them must come from, None for anywhere.
        server: the server that gets a new key by them, None where a new server becomes known.
        tries: wrong passwords so far.
        ended_at: when they were used, withdrawn or made void.
        used_by: the server that spent them, with the key `key`.
    """

    id: CredentialsId
    email: str
    digest: bytes
    group: GroupId | None
    network: Network | None
    server: ServerId | None
    created_by: str
    created_at: int
    expires_at: int
    state: CredentialsState = CredentialsState.ACTIVE
    tries: int = 0
    ended_at: int | None = None
    used_by: ServerId | None = None
    key: bytes | None = None

    def state_at(self, now: int) -> CredentialsState:
        """Return how they stand at `now`, in UTC microseconds."""
        ran_out = self.state is CredentialsState.ACTIVE and now >= self.expires_at
        return CredentialsState.EXPIRED if ran_out else self.state


class EnrolmentRefusal(StrEnum):
    """Every no on the way of a server to its portal. The values are on the wire."""

    WRONG = "wrong"
    EXPIRED = "expired"
    USED = "used"
    WITHDRAWN = "withdrawn"
    VOID = "void"
    OTHER_GROUP = "other-group"
    OTHER_ADDRESS = "other-address"
    KNOWN_KEY = "known-key"
    PROOF = "proof"
    CLOCK = "clock"
    REVOKED = "revoked"
    CLONE = "clone"
    UNKNOWN_SERVER = "unknown-server"
    WRONG_PORTAL = "wrong-portal"
    PROXY = "proxy"
    NAME_NOT_FOUND = "name-not-found"
    TLS_NOT_TRUSTED = "tls-not-trusted"
    NOT_REACHED = "not-reached"
    BUSY = "busy"
    ANSWER_LOST = "answer-lost"
    NOT_UNDERSTOOD = "not-understood"


WORDS: Final = {
    EnrolmentRefusal.WRONG: "the e-mail or the password is wrong; type both as `watchword server credentials` has"
    " printed them",
    EnrolmentRefusal.EXPIRED: "these credentials have expired: they are good for ten minutes;"
    " `watchword server credentials` makes others",
    EnrolmentRefusal.USED: "these credentials were used by another server: each is good for one;"
    " `watchword server credentials` makes others, and if you have not used them, find out who has",
    EnrolmentRefusal.WITHDRAWN: "these credentials were withdrawn; `watchword server credentials` makes others",
    EnrolmentRefusal.VOID: "these credentials are void after too many wrong passwords; `watchword server credentials`"
    " makes others",
    EnrolmentRefusal.OTHER_GROUP: "these credentials are for another replication group than was asked for",
    EnrolmentRefusal.OTHER_ADDRESS: "these credentials are for another address than this server's",
    EnrolmentRefusal.KNOWN_KEY: "the portal knows this key already, under another name; take a new data folder",
    EnrolmentRefusal.PROOF: "the server has not shown that it holds its key",
    EnrolmentRefusal.CLOCK: "the clocks of this machine and of the portal differ by more than 5 minutes; set the wrong"
    " one",
    EnrolmentRefusal.REVOKED: "this server was revoked at its portal; activate it anew if that was a mistake",
    EnrolmentRefusal.CLONE: "two servers claim to be this one, or its folder was put back from a copy; an administrator"
    " has to look, and gives it a new key by `watchword server credentials --server NAME`",
    EnrolmentRefusal.UNKNOWN_SERVER: "the portal does not know this server; it was removed there, or the portal's"
    " database is another one",
    EnrolmentRefusal.WRONG_PORTAL: "whoever answers at this URL is not the portal whose fingerprint is in it; the"
    " password was not sent",
    EnrolmentRefusal.PROXY: "a proxy on the way refuses the connection; let it pass CONNECT to the portal",
    EnrolmentRefusal.NAME_NOT_FOUND: "the portal's name is not found; look at the URL and at the name server",
    EnrolmentRefusal.TLS_NOT_TRUSTED: "the certificate at this URL is not trusted here; give its authority with --ca"
    " FILE, and look at this machine's clock",
    EnrolmentRefusal.NOT_REACHED: "the portal cannot be reached",
    EnrolmentRefusal.BUSY: "the portal has no room for this now; try again a little later",
    EnrolmentRefusal.ANSWER_LOST: "the portal's answer did not arrive, so nobody here knows what became of it; run the"
    " same command again: the same key is answered the same",
    EnrolmentRefusal.NOT_UNDERSTOOD: "what answers at this URL does not speak as a portal does; look at the URL, and at"
    " proxies on the way",
}
"""What each no says, and what to do about it. A server speaks these words itself, whatever it was sent."""


class Verdict(Enum):
    """What becomes of credentials that may be spent."""

    SPEND = auto()
    REPEAT = auto()
    """They were spent with this very key: the answer was lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """
    What a server shows to become known.

    Attributes:
        digest: SHA-256 of the password.
        key: its public key.
        group: the group that it asks for, None for whichever the credentials are bound to.
        address: where it comes from.
    """

    digest: bytes
    key: bytes
    group: GroupId | None
    address: str


def judge(credentials: ActivationCredentials | None, claim: Claim, *, now: int) -> Verdict | EnrolmentRefusal:
    """
    Tell what becomes of a claim.

    Whoever does not know the password is told no more than that; a wrong one is to be counted where `WRONG` comes back
    and there are credentials.

    Args:
        credentials: those of the e-mail that was typed, None where there are none.
        claim: what is shown.
        now: UTC microseconds that never go back.
    """
    if credentials is None:
        return EnrolmentRefusal.WRONG
    if credentials.state is CredentialsState.VOID:
        return EnrolmentRefusal.VOID
    if not hmac.compare_digest(credentials.digest, claim.digest):
        return EnrolmentRefusal.WRONG
    match credentials.state_at(now):
        case CredentialsState.ACTIVE:
            return _fit(credentials, claim)
        case CredentialsState.USED if credentials.key == claim.key:
            return Verdict.REPEAT
        case CredentialsState.USED:
            return EnrolmentRefusal.USED
        case CredentialsState.EXPIRED:
            return EnrolmentRefusal.EXPIRED
        case _:
            return EnrolmentRefusal.WITHDRAWN


def _fit(credentials: ActivationCredentials, claim: Claim) -> Verdict | EnrolmentRefusal:
    if None not in (credentials.group, claim.group) and credentials.group != claim.group:
        return EnrolmentRefusal.OTHER_GROUP
    if credentials.network is not None and not _within(claim.address, credentials.network):
        return EnrolmentRefusal.OTHER_ADDRESS
    return Verdict.SPEND


def _within(address: str, network: Network) -> bool:
    try:
        return ip_address(address) in network
    except ValueError:
        return False


def standing(server: Server) -> EnrolmentRefusal | None:
    """Tell why a server's word counts no more, None where it counts."""
    if server.revoked_at is not None:
        return EnrolmentRefusal.REVOKED
    return EnrolmentRefusal.CLONE if server.alarmed_at is not None else None


def email_of(letters: tuple[int, ...]) -> str:
    """Return the e-mail-shaped id that letters, drawn as indices of `LETTERS`, spell."""
    return f"server-{''.join(LETTERS[letter] for letter in letters)}@{EMAIL_DOMAIN}"


def password_of(letters: tuple[int, ...]) -> str:
    """Return the password that letters, drawn as indices of `LETTERS`, spell."""
    spelt = "".join(LETTERS[letter] for letter in letters)
    return "-".join(spelt[at : at + PASSWORD_GROUP_LETTERS] for at in range(0, len(spelt), PASSWORD_GROUP_LETTERS))


def typed(written: str) -> str:
    """Return an e-mail or a password as it is compared: without blanks around it, in lower case."""
    return written.strip().lower()
