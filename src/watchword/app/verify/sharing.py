"""
Sharing the outcome of the same login that ended a moment ago: a VPN's retry from a new port (design.md section 5).
"""

from watchword.app.pending import Ended
from watchword.app.verify.case import Case
from watchword.app.verify.parts import guarded, not_taken
from watchword.domain.decisions import Join
from watchword.domain.events import Activity
from watchword.domain.users import Person
from watchword.domain.verification import Allowed, Denied, OutcomeKind, Reason
from watchword.ports.login import Committed, ConfirmEpoch, Unit


def share(case: Case, person: Person, decision: Join) -> None:
    """Answer a request with the outcome of the login that it repeats: nothing is spent and nothing counted again."""
    ended = case.parts.pending.ended(case.keys, person.user.epoch)
    if ended is None:
        case.finish(Denied(reason=Reason.ERROR))
        return
    case.parts.metrics.joins.add()
    if ended.kind is not OutcomeKind.ALLOWED:
        case.reject(ended.reason, decision.trace, origin=ended.activity)
        return
    refusal = case.refusal()
    if refusal is not None:
        case.reject(refusal[0], (*decision.trace, refusal[1]), origin=ended.activity)
        return
    row = case.row(OutcomeKind.ALLOWED, Reason.JOINED, decision.trace, origin=ended.activity)
    unit = Unit(
        writes=(ConfirmEpoch(user=person.user.id, epoch=person.user.epoch),),
        activity=(row,),
        otherwise=Reason.SUPERSEDED,
    )
    case.parts.ledger.commit(unit, guarded(case, lambda result: _shared(case, result, row, ended)))


def _shared(case: Case, result: Committed, row: Activity, ended: Ended) -> None:
    if result is Committed.TAKEN:
        case.finish(Allowed(reason=Reason.JOINED, activity=row.id, epoch=row.epoch, attributes=ended.attributes))
    else:
        case.finish(not_taken(result, row, Reason.SUPERSEDED))
