"""
Passwords that are kept here: real hashes on real threads, whose results arrive when the test fetches them.
"""

import queue
import threading
from collections.abc import Callable, Iterator
from typing import Final

import pytest

from tests.unit.upstream.primary.doubles import ALICE, Answers, World, attempt
from watchword.domain.users import UserId
from watchword.domain.verification import PrimaryVerdict
from watchword.kit import passwords
from watchword.kit.workers import Workers
from watchword.ports.login import StoreAway
from watchword.upstream.primary.local import LocalPasswords

HASH: Final = passwords.hashed(b"correct horse", salt=bytes(16))
BOB: Final = UserId(b"b" * 16)


class Bench:
    """One thread, one place to wait, and a store in which Alice has a password, Bob has none."""

    def __init__(self) -> None:
        self.world = World()
        self.arrived: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self.gate = threading.Event()
        self.hashes: dict[UserId, str] = {ALICE: HASH}
        self.away = False
        self.held: list[Callable[[], None]] | None = None
        self.workers = Workers(name="passwords", threads=1, waiting=1, wake=self.arrived.put, fault=self.world.fault)
        self.primary = LocalPasswords(
            password_hash=self.password_hash, workers=self.workers, clock=self.world.clock, timers=self.world.timers
        )

    def password_hash(self, user: UserId, done: Callable[[str | None], None]) -> None:
        if self.away:
            raise StoreAway
        if self.held is None:
            done(self.hashes.get(user))
        else:
            self.held.append(lambda: done(self.hashes.get(user)))

    def check(self, *, password: str = "correct horse", user: UserId | None = ALICE, seconds: float = 50) -> Answers:
        answers = Answers()
        self.primary.check(attempt(self.world, password=password, user=user, seconds=seconds), answers)
        return answers

    def settle(self) -> None:
        """Let the next result arrive on the loop's thread."""
        self.arrived.get(timeout=30)()

    def occupy(self) -> None:
        """Keep the thread busy until the gate opens."""
        self.workers.submit(lambda: self.gate.wait(30), lambda _: None)


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.gate.set()
    bench.workers.close()


def test_the_right_password_is_accepted(bench: Bench) -> None:
    answers = bench.check()
    assert answers.given == []

    bench.settle()
    assert answers.only.verdict is PrimaryVerdict.ACCEPTED
    assert answers.only.checked_by == "local"
    assert not answers.only.by_directory
    assert len(bench.world.timers) == 0


@pytest.mark.parametrize("password", ["correct hors", "correct horse ", "Correct horse", "x" * 1_024])
def test_another_password_is_rejected(bench: Bench, password: str) -> None:
    answers = bench.check(password=password)
    bench.settle()

    assert answers.only.verdict is PrimaryVerdict.REJECTED


@pytest.mark.parametrize("user", [None, BOB])
def test_nobody_and_who_has_no_password_are_rejected_after_the_same_work(
    bench: Bench, user: UserId | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    worked: list[bytes] = []
    monkeypatch.setattr(passwords, "pretend", worked.append)
    answers = bench.check(user=user)
    assert answers.given == []

    bench.settle()
    known = bench.check(password="wrong")
    bench.settle()
    assert answers.only == known.only
    assert worked == [b"correct horse"]


def test_what_is_over_the_bound_is_away_at_once(bench: Bench) -> None:
    bench.occupy()
    waiting, over = bench.check(), bench.check()

    assert over.only.verdict is PrimaryVerdict.AWAY
    assert over.only.detail == "too many passwords are being checked at once"
    assert waiting.given == []


def test_the_deadline_is_kept_and_the_work_called_off(bench: Bench) -> None:
    bench.occupy()
    answers = bench.check(seconds=1)
    bench.world.advance(1.2)

    assert answers.only.verdict is PrimaryVerdict.AWAY
    assert answers.only.detail == "the password was not checked in time"
    assert bench.check().given == []  # Its place is free again.


def test_a_result_that_comes_after_the_deadline_is_nobodys(bench: Bench) -> None:
    answers = bench.check(seconds=1)
    arrived = bench.arrived.get(timeout=30)
    bench.world.advance(1.2)
    arrived()

    assert [result.verdict for result in answers.given] == [PrimaryVerdict.AWAY]


def test_a_deadline_that_has_passed_is_away(bench: Bench) -> None:
    answers = bench.check(seconds=0)

    assert answers.only.detail == "no time was left"


def test_a_store_that_answers_after_the_deadline_starts_no_work(bench: Bench) -> None:
    bench.occupy()
    bench.held = []
    answers = bench.check(seconds=1)
    bench.world.advance(1.2)
    bench.held.pop()()

    assert answers.only.verdict is PrimaryVerdict.AWAY
    assert not bench.workers.full


def test_a_store_that_is_away_is_away(bench: Bench) -> None:
    bench.away = True
    answers = bench.check()

    assert answers.only.verdict is PrimaryVerdict.AWAY
    assert answers.only.detail == "the store cannot be read"
    assert len(bench.world.timers) == 0


def test_a_stored_hash_that_is_none_is_away_and_reported(bench: Bench) -> None:
    bench.hashes[ALICE] = "$argon2id$v=19$m=19456,t=2,p=1$broken"
    answers = bench.check()
    bench.settle()

    assert answers.only.verdict is PrimaryVerdict.AWAY
    assert answers.only.detail == "the password could not be checked"
    assert bench.world.faults == ["worker"]
