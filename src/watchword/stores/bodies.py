"""
Compact bodies of rows: what is shown but never searched for, versioned.

MessagePack arrays in their shortest form, which makes them canonical: the same row has the same octets for ever, and
the chain is computed over them. A field may be added at the end; readers ignore what they do not know.
"""

from typing import Final

import msgspec

from watchword.domain.applications import ApplicationId, AuthenticationType, GroupId
from watchword.domain.bypass import BypassId
from watchword.domain.caching import RuleId
from watchword.domain.challenges import Challenge
from watchword.domain.events import Activity, Audit
from watchword.domain.lockout import Failure
from watchword.domain.users import UserId
from watchword.domain.verification import ActivityId, OutcomeKind, Reason, VerificationId
from watchword.ports.messages import trace_octets, trace_of
from watchword.stores.statements import Row

VERSION: Final = 1

_encode: Final = msgspec.msgpack.Encoder().encode


class Unreadable(Exception):  # noqa: N818 - it is a state of the world, not a fault of the caller
    """A body makes no sense to this version."""


class Head(msgspec.Struct, frozen=True, array_like=True):
    """What every row of the chain starts with."""

    version: int
    id: bytes
    at: int


class Facts(msgspec.Struct, frozen=True, array_like=True):
    """The fields of a row of activity, in their order."""

    version: int
    id: bytes
    at: int
    group: bytes
    kind: str | None
    reason: str
    user: bytes | None
    user_name: str
    epoch: int
    application: bytes | None
    authentication_type: str | None
    client: str
    source: str | None
    server: str
    rule: bytes | None
    bypass: bytes | None
    origin: bytes | None
    count: int
    detail: str
    trace: bytes
    asked_at: int | None = None


class _Challenge(msgspec.Struct, frozen=True, array_like=True):
    version: int
    client: str
    name: str
    source: str | None
    address: str | None
    proof: bytes
    verification: bytes | None
    attributes: tuple[tuple[int, bytes], ...]
    origin: bytes
    learns: bytes | None = None


class AuditFacts(msgspec.Struct, frozen=True, array_like=True):
    """The fields of a row of the audit trail, in their order."""

    version: int
    id: bytes
    at: int
    event: str
    actor: str
    user: bytes | None
    subject: bytes | None
    words: tuple[tuple[str, str], ...]


_audits: Final = msgspec.msgpack.Decoder(AuditFacts)
_heads: Final = msgspec.msgpack.Decoder(Head)
_activities: Final = msgspec.msgpack.Decoder(Facts)
_challenges: Final = msgspec.msgpack.Decoder(_Challenge)
_failures: Final = msgspec.json.Decoder(tuple[tuple[int, str | None], ...])
_instants: Final = msgspec.json.Decoder(tuple[int, ...])


def activity_body(row: Activity) -> bytes:
    """Return the body of a row of activity: its fields in their order, the trace as octets of their own."""
    *fields, trace, asked_at = row
    return _encode((VERSION, *fields, trace_octets(trace), asked_at))


def audit_body(row: Audit) -> bytes:
    """Return the body of a row of the audit trail."""
    return _encode((VERSION, *row))


def head_of(body: bytes) -> Head:
    """Return what a body of the chain starts with. Raises `Unreadable`."""
    try:
        return _heads.decode(body)
    except msgspec.MsgspecError:
        raise Unreadable("a row of activity or audit cannot be read") from None


def activity_of(body: bytes, *, traced: bool) -> Activity:
    """
    Return the row of activity of a body, its trace only where it is wanted. Raises `Unreadable`.

    A word that a later version wrote reads as what allows nothing: an error that was denied.
    """
    try:
        row = _activities.decode(body)
    except msgspec.MsgspecError:
        raise Unreadable("a row of activity cannot be read") from None
    return Activity(
        id=ActivityId(row.id),
        at=row.at,
        group=GroupId(row.group),
        kind=None if row.kind is None else _KINDS.get(row.kind, OutcomeKind.DENIED),
        reason=_REASONS.get(row.reason, Reason.ERROR),
        user=None if row.user is None else UserId(row.user),
        user_name=row.user_name,
        epoch=row.epoch,
        application=None if row.application is None else ApplicationId(row.application),
        authentication_type=None if row.authentication_type is None else _TYPES.get(row.authentication_type),
        client=row.client,
        source=row.source,
        server=row.server,
        rule=None if row.rule is None else RuleId(row.rule),
        bypass=None if row.bypass is None else BypassId(row.bypass),
        origin=None if row.origin is None else ActivityId(row.origin),
        count=row.count,
        detail=row.detail,
        trace=trace_of(row.trace) if traced else (),
        asked_at=row.asked_at,
    )


def facts_of(body: bytes) -> Facts:
    """Return what a body of a row of activity says, as it is written: what counts many of them. Raises `Unreadable`."""
    try:
        return _activities.decode(body)
    except msgspec.MsgspecError:
        raise Unreadable("a row of activity cannot be read") from None


def audit_facts_of(body: bytes) -> AuditFacts:
    """Return what a body of a row of the audit trail says, as it is written. Raises `Unreadable`."""
    try:
        return _audits.decode(body)
    except msgspec.MsgspecError:
        raise Unreadable("a row of the audit trail cannot be read") from None


def known_outcome(written: str) -> OutcomeKind:
    """Return an outcome as it stands in a row; one that this version does not know reads as a denial."""
    return _KINDS.get(written, OutcomeKind.DENIED)


def known_reason(written: str) -> Reason:
    """Return a reason as it stands in a row; one that this version does not know reads as an error."""
    return _REASONS.get(written, Reason.ERROR)


_KINDS: Final = {kind.value: kind for kind in OutcomeKind}
_REASONS: Final = {reason.value: reason for reason in Reason}
_TYPES: Final = {kind.value: kind for kind in AuthenticationType}


def challenge_body(challenge: Challenge) -> bytes:
    """Return the body of a challenge: all of it that is not a column."""
    return _encode(
        (
            VERSION,
            challenge.client,
            challenge.name,
            challenge.source,
            challenge.address,
            challenge.proof,
            challenge.verification,
            challenge.attributes,
            challenge.origin,
            challenge.learns,
        )
    )


def challenge_of(row: Row) -> Challenge:
    """Return a challenge from the columns digest, group, user, application, epoch, expiry and body."""
    digest, group, user, application, epoch, expires_at, body = row
    try:
        kept = _challenges.decode(body)
    except msgspec.MsgspecError:
        raise Unreadable("a challenge cannot be read") from None
    return Challenge(
        digest=digest,
        user=UserId(user),
        application=ApplicationId(application),
        client=kept.client,
        name=kept.name,
        epoch=epoch,
        source=kept.source,
        address=kept.address,
        proof=kept.proof,
        verification=None if kept.verification is None else VerificationId(kept.verification),
        expires_at=expires_at,
        attributes=kept.attributes,
        origin=ActivityId(kept.origin),
        learns=kept.learns,
        group=GroupId(group),
    )


def failures_text(recent: tuple[Failure, ...]) -> str:
    """Return wrong second steps as they stand in a user's row."""
    return msgspec.json.encode([(failure.at, failure.source) for failure in recent]).decode()


def failures_of(written: str) -> tuple[Failure, ...]:
    """Return the wrong second steps of a user's row. Raises `Unreadable`."""
    try:
        return tuple(Failure(at, source) for at, source in _failures.decode(written))
    except msgspec.MsgspecError:
        raise Unreadable("the wrong second steps of a user cannot be read") from None


def instants_text(instants: tuple[int, ...]) -> str:
    """Return the instants of refused prompts as they stand in a user's row."""
    return msgspec.json.encode(instants).decode()


def instants_of(written: str) -> tuple[int, ...]:
    """Return the instants of a user's row. Raises `Unreadable`."""
    try:
        return _instants.decode(written)
    except msgspec.MsgspecError:
        raise Unreadable("the refused prompts of a user cannot be read") from None
