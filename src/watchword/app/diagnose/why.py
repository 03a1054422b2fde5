"""
Why a request ended as it did: the stored trace of its decision, in words.
"""

from dataclasses import dataclass

from watchword.app.administration import Actor, Administration, Refusal, not_found
from watchword.app.diagnose.words import StepRow, steps_of
from watchword.app.manage import finding
from watchword.app.manage.activity import ActivityRow, rows
from watchword.domain.verification import ActivityId, OutcomeKind, Reason
from watchword.kit.identifiers import text
from watchword.ports.records import Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """The row of activity that is to be explained."""

    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """
    A decision that was taken.

    Attributes:
        steps: empty for what needed no decision, as accounting does.
        activity: the row itself.
    """

    id: str
    outcome: OutcomeKind | None
    reason: Reason
    steps: tuple[StepRow, ...]
    activity: ActivityRow


async def why(context: Administration, _actor: Actor, arguments: Why) -> Explained | Refusal:
    """Explain a past decision."""
    wanted = finding.identifier(arguments.id, "a row of activity")
    if isinstance(wanted, Refusal):
        return wanted

    def read(records: Reader) -> Explained | Refusal:
        row = records.activity_row(ActivityId(wanted))
        if row is None:
            return not_found(f"there is no row of activity {text(wanted)}; `watchword activity` shows the last ones")
        (shown,) = rows(records, (row,))
        return Explained(id=shown.id, outcome=row.kind, reason=row.reason, steps=steps_of(row.trace), activity=shown)

    return await context.records.read(read)
