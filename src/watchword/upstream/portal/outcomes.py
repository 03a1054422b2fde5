"""
What a server has decided by itself: durable before anybody is answered, and told to the portal until it has it.

A row is known by its identifier, and the portal writes each down once (`app.channel.reports`). Until then it stands for
what it has changed: a code that was spent, a wrong code that was counted. Denials that change nothing and repeat within
a minute are one row with a count; a row that was told changes no more.

Identifiers and instants are made of the portal's time as it is known here, so that no step of this machine's clock
makes a row one that the portal would not take.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final, NamedTuple

import msgspec

from watchword.domain.otp import Matched
from watchword.domain.trace import Trace
from watchword.domain.users import UserId
from watchword.domain.verification import Reason, VerificationRequest
from watchword.kit.clock import NANOSECONDS, Clock
from watchword.kit.identifiers import Identifiers
from watchword.kit.telemetry import SeldomLog
from watchword.ports.messages import trace_octets
from watchword.ports.offline import OfflineChange, OfflineKept
from watchword.upstream.portal.offline_disk import OfflineDisk
from watchword.upstream.portal.replica import Replica
from watchword.upstream.portal.requests import Reply, Requests
from watchword.wire.channel.away import Away, Offline, decode_away, encode_away
from watchword.wire.channel.messages import Noted, Report

MOST_ROWS: Final = 10_000
"""Rows that are kept at most: where there is no room for another, nobody passes."""

REPEAT_SECONDS: Final = 60
TOGETHER: Final = 50
REPORT_SECONDS: Final = 10
LONGEST: Final = 253
"""Characters of a name: what a RADIUS attribute holds."""


class Decided(NamedTuple):
    """
    A login that was decided: who it was of, in which epoch, when (the portal's time, UTC microseconds), and how.

    `counts` tells that it was a wrong second step, `spend` which code it has spent; only then did it pass.
    """

    request: VerificationRequest
    user: UserId | None
    epoch: int
    at: int
    reason: Reason
    trace: Trace
    counts: bool = False
    spend: Matched | None = None


_Key = tuple[str, bytes, str | None, str, str]


class Outcomes:
    """Keeps rows, and tells them."""

    def __init__(
        self,
        *,
        disk: OfflineDisk,
        replica: Replica,
        requests: Requests,
        clock: Clock,
        identifiers: Identifiers,
        log: SeldomLog,
    ) -> None:
        """
        Hold nothing yet.

        Args:
            disk: where rows are kept.
            replica: what knows of spent steps once the portal does.
            requests: how the portal is asked.
            clock: time.
            identifiers: what rows are known by.
            log: where it is told that there is no room.
        """
        self._disk = disk
        self._replica = replica
        self._requests = requests
        self._clock = clock
        self._identifiers = identifiers
        self._log = log
        self._rows: dict[bytes, Away] = {}
        self._durable: set[bytes] = set()
        self._users: dict[UserId, list[bytes]] = {}
        self._open: dict[_Key, tuple[bytes, int]] = {}
        self._reporting = False

    def __len__(self) -> int:
        return len(self._rows)

    def recall(self, kept: OfflineKept) -> None:
        """Take up what an earlier run has kept."""
        for key, octets in kept.outcomes.items():
            row = decode_away(octets)
            if row is not None:
                self._add(row)
                self._durable.add(key)

    def of(self, user: UserId) -> Iterator[Away]:
        """Return the rows of a user that the portal does not have, the oldest first."""
        return (self._rows[key] for key in self._users.get(user, ()))

    def keep(self, decided: Decided, done: Callable[[bytes | None], None]) -> None:
        """
        Keep what was decided, and call `done` with the row's identifier once it is durable.

        `done` is called with None where that failed: nobody passes then, and the code stays spent.
        """
        key = self._repeated(decided)
        if key is None:
            if len(self._rows) >= MOST_ROWS:
                self._log.tell(("outcomes",), "there is no room to keep what is decided: nobody passes")
                done(None)
                return
            row = self._row(decided)
            key = row.key
            self._add(row)
            if decided.spend is None and not decided.counts:
                until = self._clock.monotonic() + REPEAT_SECONDS * NANOSECONDS
                self._open[_repeating(decided)] = (key, until)
        octets = encode_away(self._rows[key])
        self._disk.write(OfflineChange(outcomes={key: octets}), partial(self._kept, key, done))

    def _repeated(self, decided: Decided) -> bytes | None:
        """Count a denial to the one that it repeats, and return that one's identifier, None where there is none."""
        if decided.spend is not None or decided.counts:
            return None
        known, until = self._open.get(_repeating(decided), (b"", 0))
        row = self._rows.get(known)
        if row is None or self._clock.monotonic() >= until:
            return None
        self._rows[known] = msgspec.structs.replace(row, count=row.count + 1)
        return known

    def _row(self, decided: Decided) -> Away:
        request, spend = decided.request, decided.spend
        return Away(
            key=self._identifiers.at(decided.at),
            at=decided.at,
            count=1,
            application=request.application,
            authentication_type=request.authentication_type.value,
            user_name=request.user_name[:LONGEST],
            client=request.client,
            source=None if request.source is None else request.source[:LONGEST],
            offline=Offline(
                user=decided.user,
                epoch=decided.epoch,
                allowed=spend is not None,
                reason=decided.reason.value,
                trace=trace_octets(decided.trace),
                counts=decided.counts,
                method=None if spend is None else spend.method,
                step=0 if spend is None else spend.step,
                drift=0 if spend is None else spend.drift,
            ),
        )

    def _add(self, row: Away) -> None:
        self._rows[row.key] = row
        if row.offline is not None and row.offline.user is not None:
            self._users.setdefault(UserId(row.offline.user), []).append(row.key)

    def _kept(self, key: bytes, done: Callable[[bytes | None], None], written: bool) -> None:  # noqa: FBT001 - as said
        if written:
            self._durable.add(key)
        else:
            self._log.tell(("outcomes", "disk"), "what is decided cannot be written to the disk: nobody passes")
        done(key if written else None)

    # --- telling ------------------------------------------------------------------------------------------------------

    def go_on(self) -> None:
        """Tell the portal what it does not have, where it answers; called every second."""
        if not self._reporting and self._durable and not self._requests.is_away:
            self._report([row for key, row in self._rows.items() if key in self._durable][:TOGETHER])

    def _report(self, rows: list[Away]) -> None:
        self._reporting = True
        # They change no more: what repeats from now on is counted elsewhere.
        self._open.clear()
        number = self._requests.number()
        message = Report(id=number, rows=tuple(rows))
        deadline = self._clock.monotonic() + REPORT_SECONDS * NANOSECONDS
        told: Callable[[Reply | None], None] = partial(self._told, rows)
        self._requests.ask(number, lambda _left: message, told, deadline=deadline, anew=True)

    def _told(self, rows: list[Away], reply: Reply | None) -> None:
        self._reporting = False
        if not isinstance(reply, Noted) or not reply.durable:
            return
        holders: dict[UserId, bytes] = {}
        for row in rows:
            told = row.offline
            if told is not None and told.user is not None and told.method is not None:
                # The portal has spent it too, but what it says of that may still be on its way.
                holders.update(self._replica.spend(UserId(told.user), {told.method: told.step}))
            self._forget(row)
        keys = [row.key for row in rows]
        self._disk.write(OfflineChange(holders=holders, told=keys), lambda _written: None)

    def _forget(self, row: Away) -> None:
        self._rows.pop(row.key, None)
        self._durable.discard(row.key)
        user = UserId(b"") if row.offline is None or row.offline.user is None else UserId(row.offline.user)
        left = [key for key in self._users.get(user, ()) if key != row.key]
        if left:
            self._users[user] = left
        else:
            self._users.pop(user, None)


def _repeating(decided: Decided) -> _Key:
    request = decided.request
    return request.user_name, request.application, request.source, request.client, decided.reason.value
