"""
Judges a history against the database.

What must hold, over all lives of the server together:

- Each bypass, time step, counter, printed code, State and signed approval let one login in, and those that joined it
  from the same place within ten seconds. What clients heard and what rows say are each enough to see it.
- Every Access-Accept and every Access-Challenge that a client got has a committed row of its own: of that user, place
  and client, written between question and answer, with a reason that the request can have had.
- What a row says was spent is spent, and what is spent has its row: both were one transaction.
- The chain is whole, and no crash was taken for a restored copy.
"""

from bisect import bisect_right
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.rigs.nas import Code
from tests.torture.history import Answered, History, Kind, Request, Token
from tests.torture.rows import AuditRow, Chain, Row, Snapshot
from tests.torture.town import CACHE_SECONDS
from watchword.domain.events import Activity, AuditEvent
from watchword.domain.joining import SHARED_SECONDS
from watchword.domain.verification import OutcomeKind, Reason

SECOND: Final = 1_000_000
SLACK: Final = SECOND
"""Microseconds by which two readings of one machine's clock may disagree about what came first."""

LATE: Final = 5 * SECOND
"""Microseconds that an answer may be under way on a machine that has much else to do."""

LIVES: Final = 4
"""Lives after which nothing comes any more for a request."""

_KINDS: Final = {Code.ACCESS_ACCEPT: OutcomeKind.ALLOWED, Code.ACCESS_CHALLENGE: OutcomeKind.CHALLENGED}
_EVIDENCE: Final = {
    Reason.CODE: frozenset({Kind.TOTP, Kind.HOTP}),
    Reason.BACKUP_CODE: frozenset({Kind.BACKUP}),
    Reason.BYPASS: frozenset({Kind.BYPASS}),
    Reason.PUSH: frozenset({Kind.APPROVAL}),
}
"""What a login passes by that leads; every other one that passes has an origin."""

_WITHIN: Final = {Reason.JOINED: SHARED_SECONDS, Reason.CACHE: CACHE_SECONDS}
"""Seconds after its origin within which such a login may be let in."""


@dataclass(slots=True, eq=False)
class Entry:
    """A row that lets in or challenges, and the request that got its answer, None where nobody heard it."""

    row: Row
    request: Request | None = None

    @property
    def activity(self) -> Activity:
        """What it says."""
        return self.row.activity

    @property
    def leads(self) -> bool:
        """Whether it lets somebody in by something of his own."""
        return self.activity.reason in _EVIDENCE

    def __str__(self) -> str:
        row = self.activity
        return f"row {self.row.position} ({row.kind}, {row.reason}, {row.user_name}, client {row.client})"


class Checker:
    """Looks again and again, each time at what is new."""

    def __init__(self, path: Path, history: History) -> None:
        """
        Begin.

        Args:
            path: of the database.
            history: what clients do and hear; it goes on between two looks.
        """
        self._history = history
        self._chain = Chain(path)
        self._entries: dict[bytes, Entry] = {}
        self._by_host: defaultdict[str, list[Entry]] = defaultdict(list)
        self._spent: defaultdict[Token, list[Entry]] = defaultdict(list)
        self._steps: dict[bytes, int] = {}
        self._uncertain: defaultdict[bytes, set[int]] = defaultdict(set)
        self._pushes: Counter[str] = Counter()
        self._uses: dict[bytes, str] = {}
        self._matched: set[tuple[Request, int]] = set()
        self._faults: list[str] = []
        self._told: set[str] = set()
        self.reasons: Counter[str] = Counter()

    @property
    def rows(self) -> int:
        """How many rows the chain has."""
        return self._chain.length

    def unheard(self) -> int:
        """Count the rows that let in or challenge whose answer no client got: the process died in between."""
        return sum(1 for entry in self._entries.values() if entry.request is None)

    def look(self) -> list[str]:
        """Look at everything that is new, and return what is wrong with it."""
        recent = self._recent()
        with self._chain.snapshot() as snapshot:
            for audited in snapshot.audit:
                self._audited(audited)
            fresh = [entry for row in snapshot.rows if (entry := self._taken(row)) is not None]
            for request in recent:
                self._match(request)
            for entry in fresh:
                self._attribute(entry)
            for token in {token for request in recent for token in request.tokens}:
                self._heard(token)
                self._compare(token, snapshot)
        found = [*self._chain.faults, *self._history.faults, *self._faults]
        new = [fault for fault in dict.fromkeys(found) if fault not in self._told]
        self._told.update(new)
        return new

    def _recent(self) -> list[Request]:
        last = self._history.lives[-1].number
        found: list[Request] = []
        for request in reversed(self._history.requests):
            if request.sent and request.sent[0].life < last - LIVES:
                break
            found.append(request)
        return found[::-1]

    # --- rows and answers -----------------------------------------------------------------------------------------

    def _taken(self, row: Row) -> Entry | None:
        """Take a row in, and return it where it lets in or challenges."""
        activity = row.activity
        self.reasons[f"{activity.kind} {activity.reason}"] += activity.count
        if activity.client not in self._history.by_host:
            self._faults.append(f"row {row.position} is nobody's request: client {activity.client}")
        if activity.kind not in _KINDS.values():
            return None
        entry = self._entries[activity.id] = Entry(row)
        self._by_host[activity.client].append(entry)
        return entry

    def _match(self, request: Request) -> None:
        """Find the row of every answer that needs one; no row has two answers."""
        for answered in request.answers:
            kind = _KINDS.get(answered.code)
            if kind is None or (request, answered.life) in self._matched:
                continue
            self._matched.add((request, answered.life))
            fitting = (entry for entry in self._by_host[request.host] if _fits(entry, request, answered, kind))
            entry = next(fitting, None)
            if entry is None:
                self._faults.append(f"{request} got {answered.code.name} in life {answered.life} and has no row")
            else:
                entry.request = request

    def _attribute(self, entry: Entry) -> None:
        """Find what a row that lets in has spent."""
        activity = entry.activity
        if activity.kind is not OutcomeKind.ALLOWED:
            return
        certain, possible = self._tokens_of(entry)
        for token in certain:
            if token.kind is Kind.STATE or entry.leads:
                self._spend(token, entry)
        if not entry.leads:
            self._has_origin(entry)
            return
        if not any(token.kind in _EVIDENCE[activity.reason] for token in certain | possible):
            self._faults.append(f"{entry} was let in by what it did not have")
        for token in possible - certain:
            if token.kind in (Kind.TOTP, Kind.HOTP):
                self._uncertain[token.subject].add(token.step)
        if activity.reason is Reason.PUSH:
            self._is_approved(entry)

    def _tokens_of(self, entry: Entry) -> tuple[set[Token], set[Token]]:
        """Return what the request of a row spends for certain, and what it may have spent."""
        requests = (
            [entry.request] if entry.request is not None else self._history.by_host.get(entry.activity.client, [])
        )
        answering = [request for request in requests if request.answers_challenge] or requests
        tokens = [set(request.tokens) for request in answering]
        return set.intersection(*tokens) if tokens else set(), set[Token]().union(*tokens)

    def _spend(self, token: Token, entry: Entry) -> None:
        spent = self._spent[token]
        spent.append(entry)
        if len(spent) > 1:
            self._faults.append(f"{token} was spent twice: {spent[0]} and {entry}")
        if token.kind in (Kind.TOTP, Kind.HOTP):
            before = self._steps.get(token.subject, -1)
            if token.step <= before:
                self._faults.append(f"{token} was accepted behind step {before}: {entry}")
            self._steps[token.subject] = max(before, token.step)

    def _has_origin(self, entry: Entry) -> None:
        """See that a login which led to nothing of its own shares what led within its time, in the same life."""
        activity = entry.activity
        seconds = _WITHIN.get(activity.reason)
        origin = None if activity.origin is None else self._entries.get(activity.origin)
        if seconds is None or origin is None or not origin.leads:
            self._faults.append(f"{entry} was let in without evidence")
            return
        led = origin.activity
        same = (led.user, led.application, led.source) == (activity.user, activity.application, activity.source)
        in_time = led.at - SLACK <= activity.at <= led.at + seconds * SECOND + SLACK
        if not same or not in_time or self._life_at(led.at) != self._life_at(activity.at):
            self._faults.append(f"{entry} shares what it may not share: {origin}")

    def _is_approved(self, entry: Entry) -> None:
        """See that every login let in by a phone has a signature of its own, made before."""
        user, at = entry.activity.user_name, entry.activity.at
        self._pushes[user] += 1
        signed = {one.verification for one in self._history.approvals if one.user == user and one.at <= at + SLACK}
        if self._pushes[user] > len(signed):
            self._faults.append(f"{entry} was let in by a phone that had not signed")

    def _life_at(self, at: int) -> int:
        return bisect_right(self._history.lives, at, key=lambda life: life.began)

    def _audited(self, row: AuditRow) -> None:
        if row.event == AuditEvent.DATABASE_RESTORED:
            self._faults.append(f"row {row.position}: a crash was taken for a restored copy")
        if row.event == AuditEvent.BYPASS_USED and row.subject is not None:
            if row.subject in self._uses:
                self._faults.append(f"row {row.position}: bypass {row.subject.hex()} was used before")
            self._uses[row.subject] = row.words["activity"]

    # --- things that are good once --------------------------------------------------------------------------------

    def _heard(self, token: Token) -> None:
        """See what clients heard, without a look at any row: one login, at one place, in one life, within its time."""
        accepts = list(token.accepts())
        logins = {
            (request.application, request.source, answered.life, request.number if request.answers_challenge else None)
            for request, answered in accepts
        }
        if token.kind is Kind.APPROVAL:
            # Whoever joins at a challenge has a State of his own, and all of them pass by one approval.
            logins = {(application, source, life, None) for application, source, life, _ in logins}
        if len(logins) > 1:
            self._faults.append(f"clients got more than one login for {token}: {sorted(map(str, logins))}")
        heard = [answered.at for _, answered in accepts]
        if heard and max(heard) - min(heard) > SHARED_SECONDS * SECOND + LATE:
            self._faults.append(f"clients got {token} accepted over {(max(heard) - min(heard)) / SECOND:.1f} seconds")

    def _compare(self, token: Token, snapshot: Snapshot) -> None:
        """Hold what the database says of a thing against the rows that spent it."""
        spent = self._spent.get(token, [])
        match token.kind:
            case Kind.TOTP | Kind.HOTP:
                last, certain = snapshot.last_step(token.subject), self._steps.get(token.subject, -1)
                if last != certain and not (last > certain and last in self._uncertain[token.subject]):
                    self._faults.append(f"{token}: the database has step {last}, and its rows {certain}")
            case Kind.BACKUP:
                if snapshot.has_backup_code(token.subject, token.digest) is bool(spent):
                    self._faults.append(f"{token}: the database and its {len(spent)} rows disagree")
            case Kind.BYPASS:
                self._compare_bypass(token, spent, snapshot)
            case Kind.STATE:
                if spent and snapshot.has_challenge(token.subject):
                    self._faults.append(f"{token} is unspent, and has a row: {spent[0]}")
            case Kind.APPROVAL:
                # It is memory; that each is signed is seen where its row is.
                pass

    def _compare_bypass(self, token: Token, spent: list[Entry], snapshot: Snapshot) -> None:
        state, used_from = snapshot.bypass(token.subject)
        used = self._uses.get(token.subject)
        if token.cancelled and (state != "cancelled" or spent):
            self._faults.append(f"{token} was cancelled, and is {state} with {len(spent)} rows")
        if not spent:
            known = {"active", "cancelled"} if token.cancelling else {"active"}
            if state not in known or used is not None:
                self._faults.append(f"{token} is {state} without a row of activity")
            return
        row = spent[0].activity
        if (state, used_from, used, row.bypass) != ("used", row.source, row.id.hex(), token.subject):
            self._faults.append(f"{token} is {state} from {used_from}, audited for {used}, and its row is {spent[0]}")


def _fits(entry: Entry, request: Request, answered: Answered, kind: OutcomeKind) -> bool:
    row = entry.activity
    return (
        entry.request is None
        and row.kind is kind
        and (row.user_name, row.source) == (request.user, request.source)
        and request.first_sent(answered.life) - SLACK <= row.at <= answered.at + SLACK
    )
