"""
Enrolment: giving a user a second step, and pairing a device with what was given.

A secret is made here, returned once, and never shown again. A new method ends what is in progress for the user, so that
nobody enrols his way through a login that waits (O11). What an administrator adds counts at once, and the first code
that is right spends its step.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from watchword.app.administration import Actor, Administration, Refusal, Scribe, conflict, invalid, not_found
from watchword.app.manage import finding
from watchword.app.manage.texts import instant
from watchword.domain import otp
from watchword.domain.events import Audit, AuditEvent
from watchword.domain.methods import BackupCodes, Hotp, Method, MethodId, MethodKind, OathAlgorithm, Push, Totp
from watchword.domain.prompts import PairingStatement
from watchword.domain.secrets import Secret
from watchword.domain.users import User
from watchword.kit.clock import MICROSECONDS
from watchword.kit.identifiers import text
from watchword.kit.signatures import digest, is_device_key, signed_by
from watchword.ports.records import Changer, DeviceOwner, Pairing

ISSUER: Final = "Watchword"
"""What authenticator apps show before the user's name."""

SEED_OCTETS: Final = {OathAlgorithm.SHA1: 20, OathAlgorithm.SHA256: 32, OathAlgorithm.SHA512: 64}
"""Octets of a seed: as long as the hash's output (RFC 4226 section 4 R6, RFC 6238 section 5.1)."""

SHORTEST_PERIOD: Final = 15
LONGEST_PERIOD: Final = 120
"""Seconds of a time step: SP 800-63B wants a code to change at least every two minutes (O2, O10)."""

BACKUP_CODES: Final = 10
"""Printed codes of one set."""

BACKUP_SECRET_OCTETS: Final = 32

TOKEN_OCTETS: Final = 20
"""Octets of a pairing token: 160 bit, where 128 are demanded."""

PAIRING_SECONDS: Final = 600
"""Seconds for which a device may be paired (P9)."""

LARGEST_COUNTER: Final = 2**31 - 1

MOST_METHODS: Final = 10
"""Methods of one user: a typed code is compared with each."""


class MethodType(StrEnum):
    """What can be added, as it is written on the command line."""

    TOTP = "totp"
    HOTP = "hotp"
    PUSH = "push"
    BACKUP_CODES = "backup-codes"


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodAdd:
    """
    A method to be added.

    Attributes:
        algorithm, digits: of a token (`totp`, `hotp`). Several authenticator apps take no others than these (O10).
        period: seconds of a time step of a `totp` token.
        counter: the counter that an `hotp` token shows next.
    """

    user: str
    type: MethodType
    algorithm: OathAlgorithm = OathAlgorithm.SHA1
    digits: int = 6
    period: int = 30
    counter: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenAdded:
    """A token was added. `uri` is what an authenticator app scans, `secret` its seed in base32; both are shown once."""

    id: str
    uri: str = field(repr=False)
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PushAdded:
    """A device may be paired, by whoever has the URL, once and until `expires_at`. It is shown once."""

    id: str
    pairing_url: str = field(repr=False)
    expires_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupCodesAdded:
    """Printed codes, each good once, in place of any that the user had. They are shown once."""

    id: str
    codes: tuple[str, ...] = field(repr=False)


MethodAdded = TokenAdded | PushAdded | BackupCodesAdded
"""What is shown of a new method."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Drawn:
    """
    What was drawn for a new method.

    Attributes:
        shown: tells what is shown of it, for the canonical name of its user.
        token_digest: of the token with which a device is paired, None where none is.
    """

    kind: MethodKind
    detail: Totp | Hotp | BackupCodes | Push
    shown: Callable[[str], MethodAdded]
    token_digest: bytes | None = None


async def add(context: Administration, actor: Actor, arguments: MethodAdd) -> MethodAdded | Refusal:
    """Add a method to a user."""
    fault = _fault(arguments)
    if fault is not None:
        return fault
    scribe = context.scribe(actor)
    method_id = MethodId(context.identifiers.new())
    expires_at = scribe.at + PAIRING_SECONDS * MICROSECONDS
    drawn = _DRAW[arguments.type](context, text(method_id), arguments, expires_at)
    method = Method(id=method_id, kind=drawn.kind, detail=drawn.detail)

    def change(records: Changer) -> User | Refusal:
        found = finding.person(records, arguments.user)
        if isinstance(found, Refusal):
            return found
        user = found.user
        # A new set of printed codes is there because the old one may be in other hands (O16).
        replaced = [old for old in found.methods if old.kind is drawn.kind is MethodKind.BACKUP_CODE]
        if len(found.methods) - len(replaced) >= MOST_METHODS:
            return conflict(
                f"{user.username} has {MOST_METHODS} methods already; `watchword method remove` takes one away"
            )
        for old in replaced:
            records.remove_method(user.id, old.id)
            records.audit(_row(scribe, AuditEvent.METHOD_REMOVED, user, old))
        records.add_method(user.id, method, at=scribe.at)
        records.audit(_row(scribe, AuditEvent.METHOD_ADDED, user, method))
        if drawn.token_digest is not None:
            records.add_pairing(
                Pairing(method=method_id, user=user.id, token_digest=drawn.token_digest, expires_at=expires_at)
            )
        return user

    user = await context.records.change(change)
    if isinstance(user, Refusal):
        return user
    context.end_pending(user.id)
    return drawn.shown(user.username)


def _fault(arguments: MethodAdd) -> Refusal | None:
    if arguments.digits not in otp.DIGITS:
        return invalid("a code has 6 or 8 digits")
    if not SHORTEST_PERIOD <= arguments.period <= LONGEST_PERIOD:
        return invalid(f"a time step has {SHORTEST_PERIOD} to {LONGEST_PERIOD} seconds")
    if not 0 <= arguments.counter <= LARGEST_COUNTER:
        return invalid(f"a counter is from 0 to {LARGEST_COUNTER}")
    return None


def _row(scribe: Scribe, event: AuditEvent, user: User, method: Method) -> Audit:
    return scribe.row(event, user=user.id, subject=method.id, username=user.username, kind=method.kind.value)


def _token(context: Administration, method: str, arguments: MethodAdd, _expires_at: int) -> _Drawn:
    seed = Secret(context.randomness.octets(SEED_OCTETS[arguments.algorithm]))
    detail: Totp | Hotp
    if arguments.type is MethodType.TOTP:
        kind = MethodKind.TOTP
        detail = Totp(secret=seed, algorithm=arguments.algorithm, digits=arguments.digits, period=arguments.period)
    else:
        kind = MethodKind.HOTP
        detail = Hotp(secret=seed, algorithm=arguments.algorithm, digits=arguments.digits, counter=arguments.counter)

    def shown(username: str) -> TokenAdded:
        return TokenAdded(
            id=method,
            uri=otp.uri(detail, issuer=ISSUER, account=username),
            secret=base64.b32encode(seed.octets).decode().rstrip("="),
        )

    return _Drawn(kind=kind, detail=detail, shown=shown)


def _backup_codes(context: Administration, method: str, _arguments: MethodAdd, _expires_at: int) -> _Drawn:
    secret = Secret(context.randomness.octets(BACKUP_SECRET_OCTETS))
    codes: dict[str, bytes] = {}
    while len(codes) < BACKUP_CODES:
        letters = tuple(context.randomness.below(otp.BACKUP_LETTERS) for _ in range(otp.BACKUP_LENGTH))
        code = otp.backup_code(letters)
        codes[code] = otp.backup_digest(secret, code)
    return _Drawn(
        kind=MethodKind.BACKUP_CODE,
        detail=BackupCodes(secret=secret, left=tuple(codes.values())),
        shown=lambda _username: BackupCodesAdded(id=method, codes=tuple(codes)),
    )


def _push(context: Administration, method: str, _arguments: MethodAdd, expires_at: int) -> _Drawn:
    token = base64.urlsafe_b64encode(context.randomness.octets(TOKEN_OCTETS)).decode().rstrip("=")
    # Behind the # it stays on the device that opens the link: no server and no proxy on the way writes it down.
    added = PushAdded(id=method, pairing_url=f"{context.portal_url}/pair#{token}", expires_at=instant(expires_at))
    return _Drawn(
        kind=MethodKind.PUSH, detail=Push(), shown=lambda _username: added, token_digest=digest(token.encode())
    )


_DRAW: Final[dict[MethodType, Callable[[Administration, str, MethodAdd, int], _Drawn]]] = {
    MethodType.TOTP: _token,
    MethodType.HOTP: _token,
    MethodType.PUSH: _push,
    MethodType.BACKUP_CODES: _backup_codes,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DevicePaired:
    """A device was paired: from now on prompts of this user are its own to answer, under this method's id."""

    method: str
    user: str
    username: str
    issuer: str = ISSUER


async def pair(context: Administration, *, token: Secret, public_key: bytes, proof: bytes) -> DevicePaired | Refusal:
    """
    Pair the device that holds a pairing token; nobody else asks for this, so there is no role.

    Args:
        context: what operations may reach.
        token: what stands behind the # of the pairing URL.
        public_key: the device's own key, a P-256 SubjectPublicKeyInfo in DER.
        proof: its signature of `domain.prompts.PairingStatement`.
    """
    if not is_device_key(public_key):
        return invalid("the device's key must be an ECDSA P-256 public key, SubjectPublicKeyInfo in DER")
    statement = PairingStatement(token=token.octets, public_key=public_key)
    if not signed_by(public_key, statement.canonical(), proof):
        return invalid("the device has not shown that it holds the private half of its key")
    at, first = context.clock.now(), context.identifiers.new()

    def change(records: Changer) -> tuple[DeviceOwner, str] | Refusal:
        owner = records.take_pairing(digest(token.octets), public_key=public_key, now=at)
        if owner is None:
            return not_found(
                "this pairing link was used, has expired or never was; `watchword method add USER push` makes another"
            )
        username = records.usernames([owner.user])[owner.user]
        scribe = Scribe(actor=username, at=at, first=first)
        records.audit(scribe.row(AuditEvent.METHOD_PAIRED, user=owner.user, subject=owner.method, username=username))
        return owner, username

    done = await context.records.change(change)
    if isinstance(done, Refusal):
        return done
    owner, username = done
    context.end_pending(owner.user)
    return DevicePaired(method=text(owner.method), user=text(owner.user), username=username)
