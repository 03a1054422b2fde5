"""
What is in progress at this moment.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from watchword.app.administration import Actor, Administration, Refusal, unavailable
from watchword.app.manage import finding
from watchword.app.manage.texts import instant, name_of
from watchword.kit.identifiers import text
from watchword.ports.live import PendingVerification
from watchword.ports.records import Reader

NOTHING_RUNS = "nothing is running on this data folder, so nothing is in progress; `watchword up` starts it"


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingList:
    """Everything in progress, or what is in progress for one user."""

    user: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingRow:
    """A verification in progress. `contended` where there are two sources at once."""

    id: str
    user: str
    application: str
    source: str | None
    since: str
    contended: bool


def rows(records: Reader, verifications: Iterable[PendingVerification]) -> tuple[PendingRow, ...]:
    """Return verifications as they are shown."""
    found = tuple(verifications)
    users = records.usernames([one.user for one in found])
    applications = finding.application_names(records.configuration())
    return tuple(
        PendingRow(
            id=text(one.id),
            user=name_of(users, one.user) or "",
            application=name_of(applications, one.application) or "",
            source=one.source,
            since=instant(one.since),
            contended=one.contended,
        )
        for one in found
    )


async def listed(context: Administration, _actor: Actor, arguments: PendingList) -> list[PendingRow] | Refusal:
    """List what is in progress, the oldest first."""
    if context.live is None:
        return unavailable(NOTHING_RUNS)
    verifications = context.live.pending()

    def read(records: Reader) -> list[PendingRow] | Refusal:
        wanted = verifications
        if arguments.user is not None:
            found = finding.person(records, arguments.user)
            if isinstance(found, Refusal):
                return found
            wanted = [one for one in verifications if one.user == found.user.id]
        return list(rows(records, wanted))

    return await context.records.read(read)
