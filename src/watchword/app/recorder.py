"""
Rows of activity: one for each request, and one with a count for rejects that repeat.

A reject of the same user (or name), application, source, reason and detail, at the same server, within a minute of the
first is counted in memory and written as one row when the minute is over, so that whoever floods us fills no disk. What
was allowed or challenged always has a row of its own.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from watchword.domain.bypass import BypassId
from watchword.domain.caching import RuleId
from watchword.domain.events import Activity
from watchword.domain.trace import Trace
from watchword.domain.users import User
from watchword.domain.verification import ActivityId, OutcomeKind, Reason, VerificationRequest
from watchword.kit.clock import NANOSECONDS, Clock
from watchword.kit.identifiers import Identifiers
from watchword.ports.login import Committed, Ledger, Unit

REPEAT_SECONDS: Final = 60
_MOST_REPEATS: Final = 10_000

_RejectKey = tuple[bytes | str, bytes | None, str | None, Reason, str, str]


@dataclass(slots=True)
class _Repeats:
    row: Activity
    until: int
    count: int = 0


class Recorder:
    """Makes the rows of activity, and writes those of rejects."""

    def __init__(self, *, ledger: Ledger, clock: Clock, identifiers: Identifiers) -> None:
        self._ledger = ledger
        self._clock = clock
        self._identifiers = identifiers
        self._repeats: dict[_RejectKey, _Repeats] = {}

    def row(  # noqa: PLR0913 - a row has as many parts
        self,
        request: VerificationRequest,
        kind: OutcomeKind,
        reason: Reason,
        trace: Trace,
        *,
        at: int,
        user: User | None,
        rule: RuleId | None = None,
        bypass: BypassId | None = None,
        origin: ActivityId | None = None,
        detail: str = "",
    ) -> Activity:
        """Make the row of a request that was decided `at` (UTC microseconds, as the clock has just told)."""
        return Activity(
            ActivityId(self._identifiers.at(at)),
            at,
            request.served_by.group,
            kind,
            reason,
            None if user is None else user.id,
            request.user_name if user is None else user.username,
            0 if user is None else user.epoch,
            request.application,
            request.authentication_type,
            request.client,
            request.source,
            request.served_by.name,
            rule,
            bypass,
            origin,
            1,
            detail,
            trace,
        )

    def reject(self, row: Activity, done: Callable[[ActivityId | None], None]) -> None:
        """
        Write a reject that changes nothing else, or count it, and call `done` with the row that stands for it.

        `done` is called with None where nothing could be written: a Reject leaves all the same, since a silent server
        is taken for dead by everybody (design.md section 4).
        """
        key: _RejectKey = (row.user or row.user_name, row.application, row.source, row.reason, row.detail, row.server)
        now = self._clock.monotonic()
        repeats = self._repeats.get(key)
        if repeats is not None and now < repeats.until:
            repeats.count += 1
            done(repeats.row.id)
            return
        if repeats is not None:
            self._write_repeats(self._repeats.pop(key))
        if len(self._repeats) >= _MOST_REPEATS:
            self._write_repeats(self._repeats.pop(next(iter(self._repeats))))
        first = self._repeats[key] = _Repeats(row, now + REPEAT_SECONDS * NANOSECONDS)

        def committed(result: Committed) -> None:
            if result is not Committed.TAKEN and self._repeats.get(key) is first:
                del self._repeats[key]
            done(row.id if result is Committed.TAKEN else None)

        self._ledger.commit(Unit(writes=(), activity=(row,)), committed)

    def flush(self) -> None:
        """Write the counts of rejects whose minute is over."""
        now = self._clock.monotonic()
        for key in [key for key, repeats in self._repeats.items() if now >= repeats.until]:
            self._write_repeats(self._repeats.pop(key))

    def settle(self, done: Callable[[], None]) -> None:
        """Write every count, also of a minute that is not over, and call `done` once the last of them is committed."""
        counted = [repeats for repeats in self._repeats.values() if repeats.count]
        if not counted:
            done()
            return
        for repeats in counted[:-1]:
            self._write_repeats(repeats)
        self._write_repeats(counted[-1], lambda _result: done())

    def _write_repeats(self, repeats: _Repeats, done: Callable[[Committed], None] = lambda _result: None) -> None:
        if not repeats.count:
            return
        row = repeats.row._replace(
            id=ActivityId(self._identifiers.new()),
            at=self._clock.now(),
            origin=repeats.row.id,
            count=repeats.count,
            asked_at=None,
        )
        repeats.count = 0
        self._ledger.commit(Unit(writes=(), activity=(row,)), done)
