"""
Letting a login pass.

What it spends is taken by conditional writes in the transaction of its row, and only then is it told.
"""

from collections.abc import Callable

from watchword.app.pending import Ended
from watchword.app.verify.case import Case
from watchword.app.verify.parts import guarded, not_taken
from watchword.app.verify.releases import Releases
from watchword.app.verify.remembering import keep
from watchword.app.verify.writes import bypass_used, spending
from watchword.domain.bypass import Bypass
from watchword.domain.decisions import Allow
from watchword.domain.events import Activity, Audit
from watchword.domain.lockout import count_success
from watchword.domain.otp import Matched
from watchword.domain.trace import Answer, Question, Step
from watchword.domain.users import Person
from watchword.domain.verification import Allowed, OutcomeKind, Reason
from watchword.ports.login import (
    Committed,
    ConfirmEpoch,
    LearnDirectoryId,
    SetFailures,
    SpendBypass,
    SpendState,
    Unit,
    Write,
)

# The user was loaded in this very turn; whatever befalls him before the commit, the conditional write finds.
_STANDS = Step(Question.RELEASE, Answer.YES)


Then = Callable[[Activity, int], None]
"""What else is to happen once a login's row is committed: told the row, and the epoch in which the login passes."""


class Allowing:
    """Carries `Allow` out."""

    def __init__(self, case: Case, releases: Releases, then: Then | None = None) -> None:
        self._case = case
        self._releases = releases
        self._then = then

    def allow(self, decision: Allow) -> None:
        """Commit what the login spends, then let it pass."""
        case, person = self._case, self._case.person
        now = case.parts.clock.now()
        refusal = case.refusal()
        if refusal is not None:
            case.reject(refusal[0], (*decision.trace, refusal[1]))
            return
        spent = decision.spend.id if isinstance(decision.spend, Bypass) else None
        row = case.row(
            OutcomeKind.ALLOWED, decision.reason, (*decision.trace, _STANDS), bypass=spent, origin=case.origin
        )
        refused = Reason.USED_CODE if isinstance(decision.spend, Matched) else Reason.SUPERSEDED
        unit = Unit(
            writes=() if person is None else self._writes(decision, person, now),
            activity=(row,),
            audit=self._audit(decision, person, row),
            otherwise=refused,
        )

        def committed(result: Committed) -> None:
            self._committed(result, decision, row, refused)

        case.parts.ledger.commit(unit, guarded(case, committed))

    def _writes(self, decision: Allow, person: Person, now: int) -> tuple[Write, ...]:
        case, user, spend = self._case, person.user, decision.spend
        writes: list[Write] = []
        if isinstance(spend, Bypass):
            writes.append(
                SpendBypass(
                    bypass=spend.id,
                    user=user.id,
                    epoch=user.epoch,
                    at=now,
                    application=case.request.application,
                    source=case.request.source,
                )
            )
        else:
            # The store takes these two, in this order, by one statement.
            writes.append(ConfirmEpoch(user=user.id, epoch=user.epoch))
            if spend is not None:
                writes.append(spending(spend))
        if case.spends is not None:
            writes.append(SpendState(digest=case.spends))
        if decision.second_step:
            failures = count_success(person.failures, case.request.source)
            if failures is not person.failures:
                writes.append(SetFailures(user=user.id, failures=failures, bump=False))
        if case.learns is not None and user.directory_id is None:
            writes.append(LearnDirectoryId(user=user.id, directory_id=case.learns))
        return tuple(writes)

    def _audit(self, decision: Allow, person: Person | None, row: Activity) -> tuple[Audit, ...]:
        if person is None or not isinstance(decision.spend, Bypass):
            return ()
        return (bypass_used(self._case.parts, person, decision.spend.id, row),)

    def _committed(self, result: Committed, decision: Allow, row: Activity, refused: Reason) -> None:
        case, parts = self._case, self._case.parts
        if result is not Committed.TAKEN:
            case.finish(not_taken(result, row, refused))
            return
        epoch = row.epoch
        if isinstance(decision.spend, Bypass):
            epoch += 1
            self._releases.invalidate(row.user)
            parts.metrics.bypass_uses.add()
        elif decision.reason is Reason.CACHE and case.remembering.key is not None:
            parts.cache.hit(case.remembering.key)
            rule = case.remembering.rule
            parts.metrics.cache_hits.add("" if rule is None else rule.cache_type.value)
        if decision.spend is not None:
            now = parts.clock.monotonic()
            parts.pending.remember(
                case.keys, Ended(OutcomeKind.ALLOWED, decision.reason, row.id, case.attributes, epoch, now)
            )
        if decision.second_step:
            keep(parts, case.remembering, case.request, case.application, epoch=epoch, origin=row.id)
        if self._then is not None:
            self._then(row, epoch)
        case.finish(Allowed(reason=decision.reason, activity=row.id, epoch=epoch, attributes=case.attributes))
