"""
Letting a login pass.

What it spends is taken by conditional writes in the transaction of its row, and only then is it told.
"""

from collections.abc import Callable

from watchword.app.pending import Ended
from watchword.app.verify.case import Case, Part
from watchword.app.verify.parts import guarded, not_taken
from watchword.app.verify.remembering import keep
from watchword.app.verify.writes import bypass_used, spending
from watchword.domain.bypass import Bypass
from watchword.domain.decisions import Allow, Stale
from watchword.domain.events import Activity
from watchword.domain.lockout import count_success
from watchword.domain.otp import Matched
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

Then = Callable[[Activity, int], None]
"""What else is to happen once a login's row is committed: told the row, and the epoch in which the login passes."""


class Allowing(Part):
    """Carries `Allow` out."""

    __slots__ = ("_decision", "_refused", "_row", "_then")

    _row: Activity

    def __init__(self, case: Case, decision: Allow, then: Then | None = None) -> None:
        super().__init__(case)
        self._decision = decision
        self._then = then
        self._refused = Reason.USED_CODE if isinstance(decision.spend, Matched) else Reason.SUPERSEDED

    def allow(self, now: int) -> None:
        """Commit what the login spends, then let it pass; it was decided `now` (UTC microseconds)."""
        case, decision = self._case, self._decision
        still = case.release()
        if isinstance(still, Stale):
            case.reject(still.reason, (*decision.trace, still.step))
            return
        spend, person = decision.spend, case.person
        bypass = spend.id if isinstance(spend, Bypass) else None
        row = self._row = case.row(
            OutcomeKind.ALLOWED,
            decision.reason,
            (*decision.trace, still.step),
            at=now,
            bypass=bypass,
            origin=decision.origin or case.origin,
        )
        writes = () if person is None else self._writes(person, now)
        audit = () if person is None or bypass is None else (bypass_used(case.parts, person, bypass, row),)
        case.parts.ledger.commit(Unit(writes, (row,), audit, self._refused), self._committed)

    def _writes(self, person: Person, now: int) -> tuple[Write, ...]:
        case, user, decision = self._case, person.user, self._decision
        spend = decision.spend
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
            writes.append(ConfirmEpoch(user.id, user.epoch))
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

    @guarded
    def _committed(self, result: Committed) -> None:
        case, parts, decision, row = self._case, self._case.parts, self._decision, self._row
        if result is not Committed.TAKEN:
            case.finish(not_taken(result, row, self._refused))
            return
        epoch = row.epoch
        if isinstance(decision.spend, Bypass):
            epoch += 1
            case.releases.invalidate(row.user)
            parts.metrics.bypass_uses.add()
        elif decision.reason is Reason.CACHE and case.remembering.key is not None:
            parts.cache.hit(case.remembering.key)
            rule = case.remembering.rule
            parts.metrics.cache_hits.add("" if rule is None else rule.cache_type)
        if decision.spend is not None:
            ended = Ended(OutcomeKind.ALLOWED, decision.reason, row.id, case.attributes, epoch, parts.clock.monotonic())
            parts.pending.remember(case.keys, ended)
        if decision.second_step:
            keep(parts, case.remembering, case.request, case.application, epoch=epoch, origin=row.id)
        if self._then is not None:
            self._then(row, epoch)
        case.finish(Allowed(decision.reason, row.id, epoch, case.attributes))
