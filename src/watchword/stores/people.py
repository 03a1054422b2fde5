"""
People and challenges as the path of a request reads them, on the loop's thread.

Most logins are of somebody who was here before, so the persons read last are kept, a bounded number of them. What is
kept is never older than what was committed: the writer's groups pass through `settled` before anybody is told of them,
and whatever a group touched is dropped, but for spent steps and counted failures, which are put in their place.
"""

import sqlite3
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import bindparam, select

from watchword.domain.challenges import Challenge
from watchword.domain.methods import Hotp, Method, MethodId, Totp
from watchword.domain.users import Ambiguous, Person, Resolution, Unknown, UserId
from watchword.kit.clock import Clock
from watchword.kit.sealing import KeyRing, SealBroken
from watchword.ports.login import (
    Committed,
    ConfirmEpoch,
    LearnDirectoryId,
    MintState,
    NoteResync,
    ReportFraud,
    SetFailures,
    SetPrompts,
    SpendBackupCode,
    SpendBypass,
    SpendState,
    SpendStep,
    StoreAway,
    Write,
)
from watchword.stores.bodies import Unreadable, challenge_of
from watchword.stores.changer import Touched
from watchword.stores.persons import load_person, named, owner, password_hash
from watchword.stores.statements import Statement
from watchword.stores.tables import CHALLENGES
from watchword.stores.writer import Group

KEPT: Final = 20_000
"""Persons, and names, that are kept: some 20 MB where each has a token."""

_UNREADABLE: Final = (sqlite3.Error, SealBroken, Unreadable, ValueError)
"""What the database, its seals and its bodies raise where something in them cannot be read."""

_CHALLENGE: Final = Statement(
    select(
        CHALLENGES.c.digest,
        CHALLENGES.c.group_id,
        CHALLENGES.c.user_id,
        CHALLENGES.c.application_id,
        CHALLENGES.c.epoch,
        CHALLENGES.c.expires_at,
        CHALLENGES.c.body,
    ).where(CHALLENGES.c.digest == bindparam("digest"))
)


class SqlPeople:
    """Reads by key on a connection of its own, and keeps what it read."""

    def __init__(self, connection: sqlite3.Connection, keys: KeyRing, clock: Clock, *, kept: int = KEPT) -> None:
        self.connection = connection
        self._keys = keys
        self._clock = clock
        self._most = kept
        self._persons: OrderedDict[UserId, Person] = OrderedDict()
        self._names: OrderedDict[str, UserId | Unknown | Ambiguous] = OrderedDict()
        self._owners: dict[MethodId, UserId] = {}

    # --- asked ----------------------------------------------------------------------------------------------------

    def resolve(self, name: str, done: Callable[[Resolution], None]) -> None:
        """Find whom a folded name means. Raises `StoreAway`."""
        meant = self._names.get(name)
        if meant is None:
            try:
                users = named(self.connection, name)
            except _UNREADABLE as problem:
                raise StoreAway(str(problem)) from problem
            meant = Ambiguous() if len(users) > 1 else users[0] if users else Unknown()
            self._names[name] = meant
            if len(self._names) > self._most:
                self._names.popitem(last=False)
        else:
            self._names.move_to_end(name)
        done(self._person(meant) or Unknown() if isinstance(meant, bytes) else meant)

    def load(self, user: UserId, done: Callable[[Person | None], None]) -> None:
        """Load a user by id, None where he is gone. Raises `StoreAway`."""
        done(self._person(user))

    def owner(self, directory_id: bytes, done: Callable[[UserId | None], None]) -> None:
        """Find the user who bears a directory's identifier. Raises `StoreAway`."""
        with self._reading():
            found = owner(self.connection, directory_id)
        done(found)

    def find(self, digest: bytes, done: Callable[[Challenge | None], None]) -> None:
        """Find an unspent challenge by the digest of its State. Raises `StoreAway`."""
        challenge = None
        with self._reading():
            row = _CHALLENGE.one(self.connection, digest=digest)
            if row is not None:
                challenge = challenge_of(row)
        done(challenge)

    def password_hash(self, user: UserId, done: Callable[[str | None], None]) -> None:
        """Find the argon2id hash of a user, None where he has no local password. Raises `StoreAway`."""
        with self._reading():
            found = password_hash(self.connection, user)
        done(found)

    def _person(self, user: UserId) -> Person | None:
        person = self._persons.get(user)
        if person is not None:
            self._persons.move_to_end(user)
            return person
        try:
            self.connection.execute("BEGIN")
            try:
                person = load_person(self.connection, self._keys, user, now=self._clock.now())
            finally:
                self.connection.execute("COMMIT")
        except _UNREADABLE as problem:
            raise StoreAway(str(problem)) from problem
        if person is not None:
            self._persons[user] = person
            self._owners.update((method.id, user) for method in person.methods)
            if len(self._persons) > self._most:
                self._forget(self._persons.popitem(last=False)[1])
        return person

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except _UNREADABLE as problem:
            raise StoreAway(str(problem)) from problem

    def kept(self) -> tuple[int, int, int]:
        """Return how many persons, names and methods are kept."""
        return len(self._persons), len(self._names), len(self._owners)

    # --- told -----------------------------------------------------------------------------------------------------

    def settled(self, group: Group) -> None:
        """Take note of what a group may have changed."""
        for unit, result in zip(group.units, group.results, strict=True):
            for write in unit.writes:
                if result is not Committed.TAKEN:
                    # What was read before was older than what the judge saw, or nothing is known of it.
                    self._drop_touched(write)
                elif isinstance(write, ConfirmEpoch):
                    continue
                elif isinstance(write, SpendStep):
                    self.move(write)
                elif isinstance(write, SetFailures) and not write.bump:
                    self._count(write)
                else:
                    self._drop_touched(write)
        if group.ended is not None and group.ended.touched is not None:
            self.changed(group.ended.touched)

    def changed(self, touched: Touched) -> None:
        """Drop what a change of administration touched."""
        for user in touched.users:
            self._drop(user)
        for name in touched.names:
            self._names.pop(name, None)

    def forget(self) -> None:
        """Drop everything."""
        self._persons.clear()
        self._names.clear()
        self._owners.clear()

    def _drop(self, user: UserId | None) -> None:
        person = None if user is None else self._persons.pop(user, None)
        if person is not None:
            self._forget(person)

    def _forget(self, person: Person) -> None:
        for method in person.methods:
            self._owners.pop(method.id, None)

    def _drop_touched(self, write: Write) -> None:
        match write:
            case SpendStep() | SpendBackupCode() | NoteResync():
                self._drop(self._owners.get(write.method))
            case SpendBypass() | ConfirmEpoch() | SetFailures() | SetPrompts() | LearnDirectoryId() | ReportFraud():
                self._drop(write.user)
            case SpendState() | MintState():
                pass

    def move(self, write: SpendStep) -> None:
        """Move a spent step forward in place: what every login by code does would otherwise read the person anew."""
        user = self._owners.get(write.method)
        person = None if user is None else self._persons.get(user)
        if user is None or person is None:
            return
        methods = tuple([_moved(one, write) if one.id == write.method else one for one in person.methods])
        self._persons[user] = Person(person.user, methods, person.failures, person.prompts, person.bypasses)

    def _count(self, write: SetFailures) -> None:
        """Take what was counted: whoever guesses codes must not cost us a reading each time."""
        person = self._persons.get(write.user)
        if person is not None:
            self._persons[write.user] = person._replace(failures=write.failures)


def _moved(method: Method, write: SpendStep) -> Method:
    detail = method.detail
    if isinstance(detail, Totp) and detail.last_step < write.step:
        detail = Totp(detail.secret, detail.algorithm, detail.digits, detail.period, write.step, write.drift)
    elif isinstance(detail, Hotp) and detail.counter <= write.step:
        detail = Hotp(detail.secret, detail.algorithm, detail.digits, write.step + 1, None)
    return Method(method.id, method.kind, detail)
