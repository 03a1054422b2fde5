"""
Methods: which second steps a user has, and taking one away.
"""

from dataclasses import dataclass

from watchword.app.administration import Actor, Administration, Refusal, not_found
from watchword.app.manage import finding
from watchword.app.manage.texts import shown
from watchword.app.manage.users import UserDone, UserNamed, done
from watchword.domain.events import AuditEvent
from watchword.domain.methods import BackupCodes, Hotp, Method, MethodId, MethodKind, OathAlgorithm, Push, Totp
from watchword.domain.users import User
from watchword.kit.identifiers import text
from watchword.ports.records import Changer


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodRow:
    """A method as it is shown; what its kind does not have is null."""

    id: str
    kind: MethodKind
    algorithm: OathAlgorithm | None = None
    digits: int | None = None
    period: int | None = None
    paired: bool | None = None
    codes_left: int | None = None
    used: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodRemove:
    """The method of a user that is to go."""

    user: str
    id: str


def method_row(method: Method) -> MethodRow:
    """Return a method as it is shown: nothing that would help to use it."""
    row = text(method.id)
    match method.detail:
        case Totp() as token:
            return MethodRow(
                id=row,
                kind=method.kind,
                algorithm=token.algorithm,
                digits=token.digits,
                period=token.period,
                used=token.last_step >= 0,
            )
        case Hotp() as token:
            return MethodRow(
                id=row, kind=method.kind, algorithm=token.algorithm, digits=token.digits, used=token.counter > 0
            )
        case BackupCodes() as codes:
            return MethodRow(id=row, kind=method.kind, codes_left=len(codes.left))
        case Push() as device:
            return MethodRow(id=row, kind=method.kind, paired=device.paired)


async def listed(context: Administration, _actor: Actor, arguments: UserNamed) -> list[MethodRow] | Refusal:
    """List the methods of a user."""
    found = await context.records.read(lambda records: finding.person(records, arguments.user))
    return found if isinstance(found, Refusal) else [method_row(method) for method in found.methods]


async def remove(context: Administration, actor: Actor, arguments: MethodRemove) -> UserDone | Refusal:
    """Remove a method of a user; what is in progress for him ends at once."""
    wanted = finding.identifier(arguments.id, "a method")
    if isinstance(wanted, Refusal):
        return wanted
    scribe = context.scribe(actor)

    def change(records: Changer) -> User | Refusal:
        found = finding.person(records, arguments.user)
        if isinstance(found, Refusal):
            return found
        user = found.user
        method = next((known for known in found.methods if known.id == wanted), None)
        if method is None or not records.remove_method(user.id, MethodId(wanted)):
            return not_found(
                f"{user.username} has no method {shown(arguments.id)};"
                f" `watchword method list {user.username}` shows what he has"
            )
        records.audit(
            scribe.row(
                AuditEvent.METHOD_REMOVED,
                user=user.id,
                subject=method.id,
                username=user.username,
                kind=method.kind.value,
            )
        )
        return user

    return done(context, await context.records.change(change))
