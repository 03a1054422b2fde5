"""
People, kept and away: a bounded memory that is never behind, and a store that cannot be read.
"""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.contract.folder import Folder
from watchword.domain.lockout import Failure, Failures, Prompts
from watchword.domain.methods import Hotp, Totp
from watchword.domain.secrets import Secret
from watchword.domain.users import Ambiguous, Person, Unknown, UserId
from watchword.kit.randomness import SeededRandomness
from watchword.ports.login import (
    Committed,
    ConfirmEpoch,
    LearnDirectoryId,
    NoteResync,
    ReportFraud,
    SetFailures,
    SetPrompts,
    SpendStep,
    StoreAway,
    Write,
)
from watchword.stores.people import SqlPeople


class Counting:
    """Counts what is asked of a connection."""

    def __init__(self, people: SqlPeople) -> None:
        self.statements = 0
        connection: sqlite3.Connection = people.connection
        connection.set_trace_callback(self._count)

    def _count(self, _: str) -> None:
        self.statements += 1


def test_somebody_who_was_here_before_costs_no_reading(folder: Folder) -> None:
    user = folder.user()
    method = folder.totp(user)
    folder.resolve("alice")
    counting = Counting(folder.store.people)

    folder.resolve("alice")
    folder.load(user)
    folder.commit(ConfirmEpoch(user=user, epoch=1), SpendStep(method=method, step=7, drift=0))
    found = folder.resolve("alice")

    assert counting.statements == 0
    assert isinstance(found, Person)
    (token,) = [method.detail for method in found.methods]
    assert isinstance(token, Totp)
    assert token.last_step == 7


def test_a_stranger_costs_one_reading(folder: Folder) -> None:
    folder.resolve("mallory")
    counting = Counting(folder.store.people)

    assert folder.resolve("mallory") == Unknown()
    assert counting.statements == 0


def test_what_is_kept_is_bounded(folder: Folder) -> None:
    users = [folder.user(f"user{number}@example.org") for number in range(30)]
    for user in users:
        folder.totp(user)
    folder.reopen(kept=10)
    people = folder.store.people

    for _ in range(2):
        for number, user in enumerate(users):
            folder.load(user)
            folder.resolve(f"user{number}")
            folder.resolve(f"nobody{number}")

    assert people.kept() == (10, 10, 10)
    counting = Counting(people)
    folder.load(users[-1])
    assert counting.statements == 0
    folder.load(users[0])
    assert counting.statements > 0


def test_who_was_here_last_stays_longest(folder: Folder) -> None:
    users = [folder.user(f"user{number}@example.org") for number in range(4)]
    folder.reopen(kept=3)
    for user in (*users[:3], users[0], users[3]):
        folder.load(user)
    counting = Counting(folder.store.people)

    folder.load(users[0])
    assert counting.statements == 0
    folder.load(users[1])
    assert counting.statements > 0


WRITES: dict[str, Callable[[UserId], Write]] = {
    "failures": lambda user: SetFailures(user=user, failures=Failures(recent=(Failure(1, None),)), bump=True),
    "prompts": lambda user: SetPrompts(user=user, prompts=Prompts(refused=(1,)), bump=False),
    "directory": lambda user: LearnDirectoryId(user=user, directory_id=b"guid"),
    "fraud": lambda user: ReportFraud(user=user, at=1, block="fraud"),
}


@pytest.mark.parametrize("name", WRITES)
def test_whatever_a_login_changes_is_read_anew(folder: Folder, name: str) -> None:
    user = folder.user()
    before = folder.load(user)

    assert folder.commit(WRITES[name](user)) is Committed.TAKEN

    after = folder.load(user)
    assert after != before
    folder.reopen()
    assert folder.load(user) == after


def test_a_refused_confirmation_reads_anew(folder: Folder) -> None:
    """Whoever was refused because he knew less than the database knows more the next time."""
    user = folder.user()
    folder.load(user)
    folder.sql("UPDATE users SET epoch = 9")

    assert folder.commit(ConfirmEpoch(user=user, epoch=0)) is Committed.REFUSED
    assert folder.load(user).user.epoch == 9


def test_a_spent_step_never_moves_back(folder: Folder) -> None:
    user = folder.user()
    totp = folder.totp(user)
    hotp = folder.method(user, Hotp(secret=Secret(b"counter"), counter=3))
    folder.commit(NoteResync(method=hotp, counter=9))
    folder.load(user)
    people = folder.store.people

    for step in (5, 4):
        people.move(SpendStep(method=totp, step=step, drift=step))
        people.move(SpendStep(method=hotp, step=step, drift=0))

    first, second = (method.detail for method in folder.load(user).methods)
    assert isinstance(first, Totp)
    assert isinstance(second, Hotp)
    assert (first.last_step, first.drift) == (5, 5)
    assert (second.counter, second.resync) == (6, None)


def test_a_name_stays_nobodys_only_as_long_as_it_is(folder: Folder) -> None:
    assert folder.resolve("alice") == Unknown()
    assert folder.resolve("example\\alice") == Unknown()

    folder.user()

    assert isinstance(folder.resolve("example\\alice"), Person)
    folder.user("alice@example.com")
    assert folder.resolve("alice") == Ambiguous()


# --- away


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE methods SET secret = (SELECT secret FROM methods ORDER BY id DESC LIMIT 1)", "another's row"),
        ("UPDATE methods SET secret = x'00'", "must be sealed"),
        ("UPDATE methods SET secret = CAST(secret || x'00' AS BLOB)", "was changed"),
        ("UPDATE methods SET user_id = (SELECT id FROM users WHERE username = 'alice@example.org')", "another's row"),
        ("UPDATE methods SET kind = 'telepathy'", "telepathy"),
        ("UPDATE methods SET kind = 'sms'", "sms"),
        ("UPDATE methods SET algorithm = 'md5'", "md5"),
        ("UPDATE users SET failures = 'x'", "wrong second steps"),
        ("UPDATE users SET prompts = '[\"x\"]'", "refused prompts"),
        ("DROP TABLE methods", "no such table"),
    ],
)
def test_what_cannot_be_read_is_away(folder: Folder, statement: str, words: str) -> None:
    """N23: nobody logs in with somebody else's secret, nor with one that was changed."""
    user = folder.user()
    folder.totp(user)
    folder.totp(folder.user("bob@example.org"))
    folder.sql("PRAGMA foreign_keys = OFF")
    folder.sql(statement)

    with pytest.raises(StoreAway, match=words):
        folder.load(user)
    with pytest.raises(StoreAway, match=words):
        folder.resolve("alice")


def test_a_challenge_that_cannot_be_read_is_away(folder: Folder) -> None:
    folder.sql("INSERT INTO challenges VALUES (?, zeroblob(16), zeroblob(16), zeroblob(16), 0, 0, x'c1')", b"d" * 32)

    with pytest.raises(StoreAway, match="a challenge cannot be read"):
        folder.find(b"d" * 32)


def test_nobody_is_asked_for_while_the_store_is_away(folder: Folder, tmp_path: Path) -> None:
    del tmp_path
    people = folder.store.people
    people.connection.close()

    for ask in (
        lambda: folder.resolve("alice"),
        lambda: folder.load(UserId(bytes(16))),
        lambda: folder.find(b"d" * 32),
        lambda: people.owner(b"guid", lambda _: None),
        lambda: people.password_hash(UserId(bytes(16)), lambda _: None),
    ):
        with pytest.raises(StoreAway):
            ask()


def test_the_persons_of_another_ring_are_away(folder: Folder) -> None:
    user = folder.user()
    folder.totp(user)
    folder.randomness = SeededRandomness(77)
    folder.store.close()
    (folder.directory / "keys").unlink()
    other = Folder(folder.directory.parent / "other", seed=70)
    other.store.close()
    (folder.directory / "keys").write_bytes((other.directory / "keys").read_bytes())
    folder.store = folder.opened()

    with pytest.raises(StoreAway):
        folder.load(user)
