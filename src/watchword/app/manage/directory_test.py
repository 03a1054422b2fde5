"""
Trying a directory out: one password is checked there as a login would have it checked, and nothing else happens.
"""

import asyncio
from dataclasses import dataclass
from typing import Final

from watchword.app.administration import Actor, Administration, Refusal, invalid
from watchword.app.manage import finding
from watchword.app.manage.texts import shown
from watchword.domain.applications import Application, ApplicationId, PrimaryKind
from watchword.domain.directories import Directory, LdapDirectory
from watchword.domain.secrets import Secret
from watchword.domain.users import fold
from watchword.domain.verification import PrimaryResult, PrimaryVerdict
from watchword.kit.clock import NANOSECONDS
from watchword.kit.identifiers import LENGTH
from watchword.ports.login import PrimaryAttempt
from watchword.ports.records import Reader

LONGEST_TEST: Final = 60
"""Seconds after which a test ends, whatever the directory's own time-out is."""

_TESTED_AS: Final = ApplicationId(bytes(LENGTH))
"""The application for which it is asked; there is none by this identifier."""

_WORDS: Final = {
    PrimaryVerdict.ACCEPTED: "the password is right",
    PrimaryVerdict.REJECTED: "the password is wrong",
    PrimaryVerdict.REFUSED: "the password was not taken: the account may not sign in",
    PrimaryVerdict.UNKNOWN: "nobody goes by that name there",
    PrimaryVerdict.AMBIGUOUS: "more than one goes by that name there",
    PrimaryVerdict.AWAY: "the directory could not be asked",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryTest:
    """Whose password is to be checked where. It counts there as any other try does."""

    name: str
    user: str
    password: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryTested:
    """What the directory said. `detail` are its own words, `seconds` the time that it took."""

    name: str
    user: str
    verdict: PrimaryVerdict
    sentence: str
    detail: str
    directory_id: str | None
    seconds: float


async def check(context: Administration, _actor: Actor, arguments: DirectoryTest) -> DirectoryTested | Refusal:
    """Check a password at a directory."""
    if fold(arguments.user) is None:
        return invalid(f"{shown(arguments.user)!r} can be nobody's name")
    if not arguments.password.octets:
        return invalid("a password is needed: many a directory lets everybody in who gives none")

    def read(records: Reader) -> Directory | Refusal:
        return finding.directory(records.configuration(), arguments.name)

    found = await context.records.read(read)
    if isinstance(found, Refusal):
        return found
    began = context.clock.monotonic()
    kind = PrimaryKind.LDAP if isinstance(found, LdapDirectory) else PrimaryKind.RADIUS
    attempt = PrimaryAttempt(
        application=Application(id=_TESTED_AS, name="test", primary=kind, directories=(found.id,)),
        user_name=arguments.user,
        user=None,
        password=arguments.password,
        client="",
        source=None,
        deadline=began + LONGEST_TEST * NANOSECONDS,
    )
    told: asyncio.Future[PrimaryResult] = asyncio.get_running_loop().create_future()
    context.primary.check(attempt, told.set_result)
    result = await told
    return DirectoryTested(
        name=found.name,
        user=arguments.user,
        verdict=result.verdict,
        sentence=_WORDS[result.verdict],
        detail=result.detail,
        directory_id=None if result.directory_id is None else result.directory_id.hex(),
        seconds=round((context.clock.monotonic() - began) / NANOSECONDS, 3),
    )
