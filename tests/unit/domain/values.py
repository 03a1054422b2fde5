"""
Values that the tests of the domain start from: everything is in order, so that each test changes just what it is about.
"""

from typing import Any, Final

from tests.fakes.changes import replace
from watchword.domain.applications import Application, ApplicationId, AuthenticationType, GroupId
from watchword.domain.bypass import Bypass, BypassId
from watchword.domain.caching import CacheType, Hit, Miss
from watchword.domain.challenges import Challenge
from watchword.domain.decisions import Facts
from watchword.domain.joining import Standing
from watchword.domain.lockout import Failures, Prompts
from watchword.domain.methods import BackupCodes, Hotp, Method, MethodId, MethodKind, OathAlgorithm, Push, Totp
from watchword.domain.otp import backup_digest, code_at
from watchword.domain.secrets import Secret
from watchword.domain.users import Block, Person, User, UserId
from watchword.domain.verification import ActivityId, PrimaryResult, PrimaryVerdict, VerificationId, VerificationRequest

SECOND: Final = 1_000_000
NOW: Final = 1_700_000_000 * SECOND
MONOTONIC: Final = 5_000_000_000_000

ALICE: Final = UserId(b"alice".ljust(16, b"\0"))
BOB: Final = UserId(b"bob".ljust(16, b"\0"))
VPN: Final = ApplicationId(b"vpn".ljust(16, b"\0"))
MAIL: Final = ApplicationId(b"mail".ljust(16, b"\0"))
EAST: Final = GroupId(b"east".ljust(16, b"\0"))
WEST: Final = GroupId(b"west".ljust(16, b"\0"))

SEED: Final = Secret(b"12345678901234567890")
TOTP_ID: Final = MethodId(b"totp".ljust(16, b"\0"))
HOTP_ID: Final = MethodId(b"hotp".ljust(16, b"\0"))
PUSH_ID: Final = MethodId(b"push".ljust(16, b"\0"))
BACKUP_ID: Final = MethodId(b"backup".ljust(16, b"\0"))

STEP: Final = NOW // (30 * SECOND)
RIGHT_CODE: Final = code_at(SEED.octets, STEP, 6)
WRONG_CODE: Final = "000000"
BACKUP_CODE: Final = "ABCD-EFGH"

TOTP: Final = Method(id=TOTP_ID, kind=MethodKind.TOTP, detail=Totp(secret=SEED))
HOTP: Final = Method(id=HOTP_ID, kind=MethodKind.HOTP, detail=Hotp(secret=Secret(b"another seed of octets"), digits=8))
PUSH: Final = Method(id=PUSH_ID, kind=MethodKind.PUSH, detail=Push(public_key=b"a key"))
UNPAIRED: Final = Method(id=PUSH_ID, kind=MethodKind.PUSH, detail=Push())
BACKUP: Final = Method(
    id=BACKUP_ID,
    kind=MethodKind.BACKUP_CODE,
    detail=BackupCodes(secret=SEED, left=(b"\0" * 32, backup_digest(SEED, BACKUP_CODE))),
)
USED_UP: Final = Method(id=BACKUP_ID, kind=MethodKind.BACKUP_CODE, detail=BackupCodes(secret=SEED))

BLOCK: Final = Block(at=NOW, reason="lost badge")
LOCKED: Final = Failures(locked_until=NOW + 1)
PUSH_OFF: Final = Prompts(off_until=NOW + 1)
BYPASS: Final = Bypass(
    id=BypassId(b"bypass".ljust(16, b"\0")),
    group=None,
    application=None,
    created_at=NOW - SECOND,
    expires_at=NOW + SECOND,
)

USER: Final = User(id=ALICE, username="alice@example.com", epoch=7)
PERSON: Final = Person(user=USER, methods=(TOTP, PUSH))
APPLICATION: Final = Application(id=VPN, name="VPN", challenge=True)
REQUEST: Final = VerificationRequest(
    application=VPN,
    authentication_type=AuthenticationType.RADIUS,
    user_name="Alice",
    client="192.0.2.1",
    source="198.51.100.7",
    address="198.51.100.7",
    proofs=(b"proof of today", b"proof of yesterday"),
    received_at=NOW,
    deadline=MONOTONIC + 50_000_000_000,
)
ACCEPTED: Final = PrimaryResult(verdict=PrimaryVerdict.ACCEPTED, checked_by="local")
FACTS: Final = Facts(
    request=REQUEST,
    application=APPLICATION,
    resolution=PERSON,
    primary=ACCEPTED,
    directory_owner=None,
    cache=Miss.NO_RULE,
    bypass=None,
    standing=Standing.NONE,
    contended=False,
    now=NOW,
    wall=NOW,
)
HIT: Final = Hit(CacheType.IP, ActivityId(b"success".ljust(16, b"\0")))
CHALLENGE: Final = Challenge(
    digest=b"digest of a State".ljust(32, b"\0"),
    user=ALICE,
    application=VPN,
    client="192.0.2.1",
    name="alice",
    epoch=7,
    source="198.51.100.7",
    address="198.51.100.7",
    proof=b"proof of today",
    verification=VerificationId(b"verification".ljust(16, b"\0")),
    expires_at=NOW + 60 * SECOND,
    attributes=(),
    origin=ActivityId(b"activity".ljust(16, b"\0")),
)


def facts(**changes: Any) -> Facts:
    """Return the facts of a login in order, with changes."""
    return replace(FACTS, **changes)


def person(*methods: Method, **changes: Any) -> Person:
    """Return Alice with these methods, and with changes to what is known of her."""
    return replace(PERSON, methods=methods, **changes)


def typed(code: str | None) -> VerificationRequest:
    """Return the request with a code."""
    return replace(REQUEST, code=code)


def totp(**changes: Any) -> Method:
    """Return the time-based token with changes to it."""
    return replace(TOTP, detail=replace(Totp(secret=SEED), **changes))


def hotp(**changes: Any) -> Method:
    """Return a counter-based token of six digits with changes to it."""
    return replace(HOTP, detail=replace(Hotp(secret=SEED, algorithm=OathAlgorithm.SHA1), **changes))
