"""
A big town in a data folder, made in minutes: `python -m bench.town FOLDER [--users N] [--rows N] [--seed N]`.

Users with their names, words and methods, bypasses, audit rows, and rows of activity of the last hundred days, linked
into the chain as the writer links them, so that `audit verify` holds. Syllables make the names: nobody is meant. What
upkeep derives of activity is left for upkeep to derive; `bench.pages` does it first, and says how long it took.
"""

import argparse
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Final, TypeVar

from watchword.domain.applications import DEFAULT_GROUP, Application, ApplicationId, AuthenticationType, PrimaryKind
from watchword.domain.caching import CacheType, CachingRule, RuleId
from watchword.domain.events import Activity, Audit, AuditEvent, AuditId
from watchword.domain.searching import words_of
from watchword.domain.users import UserId, names_of
from watchword.domain.verification import ActivityId, OutcomeKind, Reason
from watchword.kit import sealing
from watchword.kit.clock import MICROSECONDS, SystemClock
from watchword.kit.randomness import SystemRandomness
from watchword.ports.records import Changer
from watchword.stores.connections import NAME
from watchword.stores.journal import Journal
from watchword.stores.sqlite import KEYS, SqliteStore

USERS: Final = 1_000_000
ROWS: Final = 10_000_000
BYPASSES: Final = 100_000
AUDIT_EVERY: Final = 50
"""One row of the audit trail among so many rows of activity."""

DAYS: Final = 100
APPLICATIONS: Final = 12
DOMAINS: Final = ("example.org", "example.com", "north.example.net", "south.example.net")
BATCH: Final = 20_000

_FIRST: Final = ("ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu", "na", "pe", "ri", "so", "tu", "wa")
_SECOND: Final = ("lan", "mir", "nos", "ril", "sen", "tor", "ven", "zak", "bel", "dor")
_ENDS: Final = (
    (OutcomeKind.ALLOWED, Reason.PUSH, 40),
    (OutcomeKind.ALLOWED, Reason.CODE, 20),
    (OutcomeKind.ALLOWED, Reason.CACHE, 15),
    (OutcomeKind.ALLOWED, Reason.JOINED, 5),
    (OutcomeKind.CHALLENGED, Reason.CHALLENGE, 10),
    (OutcomeKind.DENIED, Reason.WRONG_PASSWORD, 6),
    (OutcomeKind.DENIED, Reason.WRONG_CODE, 2),
    (OutcomeKind.DENIED, Reason.NO_ANSWER, 1),
    (OutcomeKind.DENIED, Reason.UNKNOWN_USER, 1),
)
_RARE: Final = 100_000
"""One row among so many is a fraud."""

Value = TypeVar("Value")


def identifier(at: int, chance: Random) -> bytes:
    """Return an identifier as one that was made at an instant."""
    value = at // 1_000 << 80 | 0x7 << 76 | chance.getrandbits(12) << 64 | 0x2 << 62 | chance.getrandbits(62)
    return value.to_bytes(16, "big")


class Builder:
    """Writes a town into a folder that a store has just made."""

    def __init__(self, folder: Path, *, seed: int) -> None:
        self._chance = Random(seed)  # noqa: S311 - no secret
        self._now = SystemClock().now()
        self._began = self._now - DAYS * 86_400 * MICROSECONDS
        self._folder = folder
        self.applications = [
            Application(
                id=ApplicationId(identifier(self._began, self._chance)),
                name=f"application {number}",
                primary=PrimaryKind.ASSERTED,
            )
            for number in range(APPLICATIONS)
        ]
        self.rule = CachingRule(
            id=RuleId(identifier(self._began, self._chance)), cache_type=CacheType.IP, seconds=3_600
        )
        self.users: list[UserId] = []
        self._names: list[str] = []

    def settle(self) -> None:
        """Make the database, its applications and a rule."""
        clock = SystemClock()
        with closing(SqliteStore.open(self._folder, clock=clock, randomness=SystemRandomness())) as store:

            def change(records: Changer) -> None:
                for application in self.applications:
                    records.add_application(application, at=self._began)
                records.add_rule(self.rule, at=self._began)

            done = store.records.change(change).__await__()
            try:
                next(done)
            except StopIteration:
                return
            raise RuntimeError("a store that is not started does everything at once")

    def fill(self, *, users: int, rows: int) -> None:
        """Write users, bypasses and what happened."""
        with closing(sqlite3.connect(self._folder / NAME, isolation_level=None)) as connection:
            for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -400000", "foreign_keys = OFF"):
                connection.execute(f"PRAGMA {pragma}")
            connection.execute("BEGIN")
            self._people(connection, users)
            self._bypasses(connection, min(BYPASSES, users))
            connection.execute("COMMIT")
            self._history(connection, rows)
            connection.execute("PRAGMA journal_mode = WAL")

    def _people(self, connection: sqlite3.Connection, count: int) -> None:
        chance = self._chance
        names: list[tuple[str, UserId]] = []
        words: list[tuple[str, UserId]] = []
        people: list[tuple[object, ...]] = []
        methods: list[tuple[object, ...]] = []
        for number in range(count):
            first, last = (_word(chance).capitalize(), _word(chance).capitalize())
            username = f"{first}.{last}{number}@{chance.choice(DOMAINS)}".lower()
            user = UserId(identifier(self._began + number, chance))
            self.users.append(user)
            self._names.append(username)
            blocked = self._began if number % 5_000 == 0 else None
            locked = self._now + 900 * MICROSECONDS if number % 7_000 == 0 else 0
            display = f"{first} {last}"
            people.append((user, username, display, number % 3_000 == 0, blocked, blocked and "lost", locked))
            names.extend((name, user) for name in names_of(username))
            words.extend((word, user) for word in words_of(username, display))
            if number % 1_000:
                methods.append((identifier(self._began + number, chance), user))
        many(
            connection,
            "INSERT INTO users (id, username, name, epoch, disabled, blocked_at, block_reason, failures, locked_until,"
            " prompts, push_off_until, created_at) VALUES (?, ?, ?, 1, ?, ?, ?, '[]', ?, '[]', 0, 0)",
            people,
        )
        many(
            connection,
            "INSERT INTO methods (id, user_id, kind, last_step, drift, public_key, created_at)"
            " VALUES (?, ?, 'push', -1, 0, x'00', 0)",
            methods,
        )
        many(connection, "INSERT OR IGNORE INTO names (name, user_id) VALUES (?, ?)", sorted(names))
        many(connection, "INSERT OR IGNORE INTO name_words (word, user_id) VALUES (?, ?)", sorted(words))
        connection.execute(
            "INSERT INTO bare_users (username, user_id) SELECT username, id FROM users WHERE NOT EXISTS"
            " (SELECT 1 FROM methods WHERE user_id = users.id) ORDER BY username"
        )

    def _bypasses(self, connection: sqlite3.Connection, count: int) -> None:
        chance = self._chance
        states = ("used", "used", "used", "expired", "cancelled", "superseded")
        rows = []
        for number in range(count):
            at = self._began + number * (self._now - self._began) // count
            state = chance.choice(states)
            rows.append(
                (
                    identifier(at, chance),
                    DEFAULT_GROUP,
                    chance.choice(self.users),
                    f"desk{chance.randrange(40)}@example.org",
                    at,
                    at + 300 * MICROSECONDS,
                    state,
                    at + 60 * MICROSECONDS,
                    self.applications[0].id if state == "used" else None,
                )
            )
        many(
            connection,
            "INSERT INTO bypasses (id, group_id, user_id, epoch, reason, seconds, created_by, created_at, expires_at,"
            " state, ended_at, ended_by, used_at_application)"
            " VALUES (?, ?, ?, 1, 'phone forgotten', 300, ?, ?, ?, ?, ?, '', ?)",
            rows,
        )

    def _history(self, connection: sqlite3.Connection, count: int) -> None:
        keys = sealing.load(self._folder / KEYS, randomness=SystemRandomness())
        if keys is None:
            raise RuntimeError("the store has just made its keys")
        journal = Journal(connection, keys)
        connection.execute("BEGIN")
        for number, row in enumerate(self._rows(count), start=1):
            journal.activity(row)
            if number % AUDIT_EVERY == 0:
                journal.audit(self._audit(row))
            if number % BATCH == 0:
                journal.flush()
        journal.flush()
        connection.execute("COMMIT")

    def _rows(self, count: int) -> Iterator[Activity]:
        chance, users, applications = self._chance, self.users, [one.id for one in self.applications]
        ends = [(kind, reason) for kind, reason, weight in _ENDS for _ in range(weight)]
        step = (self._now - self._began) // (count + 1)
        sources = [f"{first}.{second}.{third}.{fourth}" for first, second, third, fourth in _addresses(chance, 200_000)]
        for number in range(count):
            at = self._began + (number + 1) * step
            kind, reason = ends[int(chance.random() * len(ends))]
            if int(chance.random() * _RARE) == 0:
                kind, reason = OutcomeKind.DENIED, Reason.FRAUD
            which = int(chance.random() * len(users))
            known = reason is not Reason.UNKNOWN_USER
            yield Activity(
                id=ActivityId(identifier(at, chance)),
                at=at,
                group=DEFAULT_GROUP,
                kind=kind,
                reason=reason,
                user=users[which] if known else None,
                user_name=self._names[which] if known else f"guess{which % 500}",
                epoch=1,
                application=applications[int(chance.random() ** 2 * len(applications))],
                authentication_type=AuthenticationType.RADIUS,
                client="192.0.2.7",
                source=sources[which % len(sources)],
                server="local",
                rule=self.rule.id if reason is Reason.CACHE else None,
                asked_at=at - int(chance.expovariate(1 / 6) * MICROSECONDS) if reason is Reason.PUSH else None,
            )

    def _audit(self, row: Activity) -> Audit:
        chance = self._chance
        event = chance.choice((AuditEvent.USER_BLOCKED, AuditEvent.USER_UNBLOCKED, AuditEvent.BYPASS_USED))
        return Audit(
            id=AuditId(identifier(row.at, chance)),
            at=row.at,
            event=event,
            actor=f"desk{chance.randrange(40)}@example.org",
            user=row.user,
            words=(("username", row.user_name), ("reason", "bench")),
        )


def _word(chance: Random) -> str:
    return chance.choice(_FIRST) + chance.choice(_SECOND) + chance.choice(("", "", *_FIRST))


def _addresses(chance: Random, count: int) -> Iterator[tuple[int, int, int, int]]:
    for _ in range(count):
        bits = chance.getrandbits(24)
        yield 10, bits >> 16, bits >> 8 & 255, bits & 255


def many(connection: sqlite3.Connection, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
    """Run a statement with each of many rows."""
    connection.executemany(statement, rows)


def build(folder: Path, *, users: int, rows: int, seed: int) -> Builder:
    """Make a town, and return what it is made of."""
    builder = Builder(folder, seed=seed)
    builder.settle()
    builder.fill(users=users, rows=rows)
    return builder


def main() -> None:
    """Make the town that was asked for."""
    asked = argparse.ArgumentParser(prog="python -m bench.town", description=__doc__)
    asked.add_argument("folder", type=Path)
    asked.add_argument("--users", type=int, default=USERS)
    asked.add_argument("--rows", type=int, default=ROWS)
    asked.add_argument("--seed", type=int, default=1)
    wanted = asked.parse_args()
    began = time.perf_counter()
    build(wanted.folder, users=wanted.users, rows=wanted.rows, seed=wanted.seed)
    size = (wanted.folder / NAME).stat().st_size / 1e9
    print(f"{wanted.users:,} users, {wanted.rows:,} rows, {size:.1f} GB, {time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
