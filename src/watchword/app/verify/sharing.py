"""
Sharing the outcome of the same login that ended a moment ago: a VPN's retry from a new port (design.md section 5).
"""

from watchword.app.pending import Ended
from watchword.app.verify.case import Case, Part
from watchword.app.verify.parts import guarded, not_taken
from watchword.domain.decisions import Join, Stale
from watchword.domain.events import Activity
from watchword.domain.users import Person
from watchword.domain.verification import Allowed, Denied, OutcomeKind, Reason
from watchword.ports.login import Committed, ConfirmEpoch, Unit


class Sharing(Part):
    """Answers a request with the outcome of the login that it repeats: nothing is spent and nothing counted again."""

    __slots__ = ("_decision", "_ended", "_person", "_row")

    _ended: Ended
    _row: Activity

    def __init__(self, case: Case, person: Person, decision: Join) -> None:
        super().__init__(case)
        self._person = person
        self._decision = decision

    def share(self) -> None:
        """Let pass what passed, and deny what was denied."""
        case, user, trace = self._case, self._person.user, self._decision.trace
        ended = case.parts.pending.ended(case.keys, user.epoch)
        if ended is None:
            case.finish(Denied(reason=Reason.ERROR))
            return
        case.parts.metrics.joins.add()
        if ended.kind is not OutcomeKind.ALLOWED:
            case.reject(ended.reason, trace, origin=ended.activity)
            return
        still = case.release()
        if isinstance(still, Stale):
            case.reject(still.reason, (*trace, still.step), origin=ended.activity)
            return
        self._ended = ended
        self._row = case.row(OutcomeKind.ALLOWED, Reason.JOINED, trace, origin=ended.activity)
        unit = Unit(
            writes=(ConfirmEpoch(user=user.id, epoch=user.epoch),), activity=(self._row,), otherwise=Reason.SUPERSEDED
        )
        case.parts.ledger.commit(unit, self._committed)

    @guarded
    def _committed(self, result: Committed) -> None:
        row = self._row
        if result is Committed.TAKEN:
            attributes = self._ended.attributes
            self._case.finish(Allowed(reason=Reason.JOINED, activity=row.id, epoch=row.epoch, attributes=attributes))
        else:
            self._case.finish(not_taken(result, row, Reason.SUPERSEDED))
