"""
What happened while no portal answered, kept until a portal has written it down.

Denials of the same login within a minute are one row with a count, as the portal has it (design.md section 4). A row
has an identifier, and is told until it was acknowledged; the portal writes each down once. A row that was told does not
change any more: what is counted after that is another one.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from watchword.domain.verification import VerificationRequest
from watchword.kit.clock import NANOSECONDS, Clock
from watchword.kit.identifiers import Identifiers
from watchword.kit.telemetry import SeldomLog
from watchword.kit.workers import Workers
from watchword.ports.spool import AwayRow, Spool
from watchword.upstream.portal.requests import Reply, Requests
from watchword.wire.channel.away import Away
from watchword.wire.channel.messages import Noted, Report

REPEAT_SECONDS: Final = 60
MOST_ROWS: Final = 10_000
"""Rows that are kept at most: the newest are dropped then, and the log says so."""

TOGETHER: Final = 100
"""Rows in one report."""

REPORT_SECONDS: Final = 10
"""Seconds that the portal has to write a report down."""

LONGEST: Final = 253
"""Characters of a name: what a RADIUS attribute holds."""

_Key = tuple[str, bytes, str | None, str]


class Apart:
    """Keeps rows, and tells them."""

    def __init__(
        self,
        spool: Spool,
        *,
        requests: Requests,
        clock: Clock,
        identifiers: Identifiers,
        workers: Workers,
        log: SeldomLog,
    ) -> None:
        """
        Take up what an earlier run has kept.

        Args:
            spool: the file.
            requests: how the portal is asked.
            clock: time.
            identifiers: what rows are known by.
            workers: the one thread that writes the file.
            log: where it is told that rows were dropped.
        """
        self._spool = spool
        self._requests = requests
        self._clock = clock
        self._identifiers = identifiers
        self._workers = workers
        self._log = log
        self._rows: dict[bytes, AwayRow] = {row.key: row for row in spool.load()}
        self._open: dict[_Key, tuple[bytes, int]] = {}
        self._reporting = False
        self._writing = False
        self._changed = False
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._rows)

    def note(self, request: VerificationRequest, why: str = "") -> None:
        """Take note of a login that was denied because no portal answered, and why nothing was decided here."""
        now = self._clock.monotonic()
        key: _Key = (request.user_name, request.application, request.source, request.client)
        known, until = self._open.get(key, (b"", 0))
        row = self._rows.get(known)
        self._changed = True
        if row is not None and now < until:
            self._rows[known] = replace(row, count=row.count + 1)
            self._write()
            return
        if len(self._rows) >= MOST_ROWS:
            self.dropped += 1
            self._log.tell(("apart",), "denials were not kept: too many came while no portal answered")
            return
        made = self._identifiers.new()
        self._open[key] = (made, now + REPEAT_SECONDS * NANOSECONDS)
        self._rows[made] = AwayRow(
            key=made,
            at=self._clock.now(),
            count=1,
            application=request.application,
            authentication_type=request.authentication_type,
            user_name=request.user_name[:LONGEST],
            client=request.client,
            source=None if request.source is None else request.source[:LONGEST],
            why=why,
        )
        self._write()

    def go_on(self) -> None:
        """Keep what is new on disk, and tell the portal what it has not, where it answers; called every second."""
        self._write()
        if not self._rows:
            self._open.clear()
        elif not self._reporting and not self._requests.is_away:
            self._report(list(self._rows.values())[:TOGETHER])

    def _write(self) -> None:
        if self._changed and not self._writing:
            self._changed, self._writing = False, True
            self._workers.submit(partial(self._kept, tuple(self._rows.values())), self._written)

    def _kept(self, rows: Sequence[AwayRow]) -> bool:
        try:
            self._spool.keep(rows)
        except OSError:
            return False
        return True

    def _written(self, kept: bool | None) -> None:  # noqa: FBT001 - what a worker made
        self._writing = False
        if kept:
            # What came while it was written is written now; where it could not be, the next second tries again.
            self._write()
        else:
            self._changed = True
            self._log.tell(("spool",), "what happened while no portal answered cannot be written to the disk")

    def _report(self, rows: Sequence[AwayRow]) -> None:
        self._reporting = True
        # They change no more: what is denied from now on is counted elsewhere.
        self._open.clear()
        number = self._requests.number()
        message = Report(id=number, rows=tuple(map(_message, rows)))
        deadline = self._clock.monotonic() + REPORT_SECONDS * NANOSECONDS
        told: Callable[[Reply | None], None] = partial(self._told, rows)
        self._requests.ask(number, lambda _left: message, told, deadline=deadline, anew=True)

    def _told(self, rows: Sequence[AwayRow], reply: Reply | None) -> None:
        self._reporting = False
        if isinstance(reply, Noted) and reply.durable:
            for row in rows:
                self._rows.pop(row.key, None)
            self._changed = True


def _message(row: AwayRow) -> Away:
    return Away(
        key=row.key,
        at=row.at,
        count=row.count,
        application=row.application,
        authentication_type=row.authentication_type.value,
        user_name=row.user_name,
        client=row.client,
        source=row.source,
        why=row.why,
    )
