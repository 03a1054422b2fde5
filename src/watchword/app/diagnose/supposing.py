"""
What is supposed of a request that nobody has made, wherever it cannot be known.
"""

from dataclasses import dataclass, replace

from watchword.app.administration import Refusal
from watchword.app.manage import finding
from watchword.domain import otp
from watchword.domain.applications import Application, GroupId, PrimaryKind
from watchword.domain.caching import CachingRule
from watchword.domain.configuration import Configuration
from watchword.domain.methods import BackupCodes, Hotp, Method, Totp
from watchword.domain.servers import Group
from watchword.domain.users import Person, Resolution, Unknown, fold
from watchword.domain.verification import PrimaryResult, PrimaryVerdict
from watchword.kit.clock import MICROSECONDS
from watchword.ports.history import ActivityFilter
from watchword.ports.records import Reader

_NO_CODE = "000000"
"""What is typed by a user for whom no code can be right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Supposing:
    """
    What is wanted to be known of a request.

    Attributes:
        user: the name that would be typed.
        application: the name of the application that would ask.
        group: the name of the replication group at whose servers it would arrive, None for whichever is likeliest.
        code_typed: whether a code would be typed.
        own_group: the portal's own.
        wall: UTC microseconds of the machine's clock.
    """

    user: str
    application: str
    group: str | None
    code_typed: bool
    own_group: GroupId
    wall: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Supposed:
    """
    A request as it is supposed to be.

    Attributes:
        group: the replication group at whose servers it arrives.
        resolution: whom the name means; of a person who types a code only the method that it is of.
        rules: the caching rules, in the order in which they decide.
        assumed: the sentences that tell what was supposed.
    """

    application: Application
    group: Group
    resolution: Resolution
    rules: tuple[CachingRule, ...]
    primary: PrimaryResult
    code: str | None
    assumed: tuple[str, ...]


def suppose(records: Reader, wanted: Supposing) -> Supposed | Refusal:
    """Gather what is known, and suppose the rest."""
    configuration = records.configuration()
    found = finding.application(configuration, wanted.application)
    if isinstance(found, Refusal):
        return found
    group = _group(records, configuration, found, wanted)
    if isinstance(group, Refusal):
        return group
    name = fold(wanted.user.strip())
    resolution: Resolution = Unknown() if name is None else records.resolve(name)
    primary, assumed = _primary(records, configuration, found, resolution)
    code: str | None = None
    if wanted.code_typed:
        resolution, code, said = _typing(resolution, wanted.wall)
        assumed = (*assumed, said)
    return Supposed(
        application=found,
        group=group,
        resolution=resolution,
        rules=configuration.rules,
        primary=primary,
        code=code,
        assumed=assumed,
    )


def _group(
    records: Reader, configuration: Configuration, application: Application, wanted: Supposing
) -> Group | Refusal:
    """Return the replication group at whose servers the request arrives."""
    if wanted.group is not None:
        return finding.group(configuration, wanted.group)
    groups = {group.id: group for group in finding.groups(configuration)}
    own = groups[wanted.own_group]
    if len(groups) == 1:
        return own
    asked = records.activity(ActivityFilter(application=application.id, limit=1)).rows
    return groups.get(asked[0].group, own) if asked else own


def _primary(
    records: Reader, configuration: Configuration, application: Application, resolution: Resolution
) -> tuple[PrimaryResult, tuple[str, ...]]:
    """Suppose that the password is right, unless there is none that could be."""
    kind = application.primary
    if kind is PrimaryKind.ASSERTED:
        said = ("the application has checked the password",)
        return PrimaryResult(verdict=PrimaryVerdict.ACCEPTED, checked_by=kind.value), said
    if kind is PrimaryKind.LOCAL:
        if isinstance(resolution, Person) and records.password_hash(resolution.user.id) is None:
            none = PrimaryResult(
                verdict=PrimaryVerdict.REJECTED, checked_by=kind.value, detail="the user has no password here"
            )
            return none, ()
        return PrimaryResult(verdict=PrimaryVerdict.ACCEPTED, checked_by=kind.value), ("the password is right",)
    first = configuration.directories[application.directories[0]].name
    right = PrimaryResult(verdict=PrimaryVerdict.ACCEPTED, checked_by=first, by_directory=True)
    return right, (f"{first} answers and finds the password right",)


def _typing(resolution: Resolution, wall: int) -> tuple[Resolution, str, str]:
    """Suppose a code that is right and unused, by the first method of the user that has codes."""
    if isinstance(resolution, Person):
        for method in resolution.methods:
            fresh = _fresh(method, wall)
            if fresh is not None:
                code, of = fresh
                person = resolution._replace(methods=(of,))
                return person, code, f"the typed code is right and unused, by {of.kind.value}"
    return resolution, _NO_CODE, "a code is typed, and the user has no method whose code could be right"


def _fresh(method: Method, wall: int) -> tuple[str, Method] | None:
    """Return a code that is right now, and the method as if none of its codes had ever been used."""
    match method.detail:
        case Totp() as token:
            step = wall // (token.period * MICROSECONDS)
            code = otp.code_at(token.secret.octets, step, token.digits, token.algorithm)
            return code, method._replace(detail=token._replace(last_step=-1, drift=0))
        case Hotp() as token:
            return otp.code_at(token.secret.octets, token.counter, token.digits, token.algorithm), method
        case BackupCodes(left=left) as codes if left:
            code = otp.backup_code((0,) * otp.BACKUP_LENGTH)
            return code, method._replace(detail=replace(codes, left=(otp.backup_digest(codes.secret, code),)))
        case _:
            return None
