"""
Which directory is asked, in which order, and what becomes of their answers.
"""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.unit.upstream.primary.doubles import ALICE, Answers, World, attempt
from watchword.domain.applications import DirectoryId, PrimaryKind
from watchword.domain.configuration import Configuration
from watchword.domain.directories import Directory, LdapDirectory, RadiusDirectory
from watchword.domain.secrets import Secret
from watchword.domain.verification import PrimaryResult, PrimaryVerdict
from watchword.ports.login import PrimaryAttempt
from watchword.upstream.primary.chain import AVOIDED_SECONDS, Primaries

HQ = LdapDirectory(
    id=DirectoryId(b"hq" * 8), name="hq", url="ldap://hq.test", base="dc=test", bind_password=Secret(b"x" * 16)
)
BRANCH = RadiusDirectory(
    id=DirectoryId(b"br" * 8), name="branch", host="192.0.2.1", port=1812, secret=Secret(b"x" * 16)
)
THIRD = RadiusDirectory(id=DirectoryId(b"th" * 8), name="third", host="192.0.2.3", port=1812, secret=Secret(b"x" * 16))
LOCAL = PrimaryResult(verdict=PrimaryVerdict.ACCEPTED, checked_by="local")

DECIDING = [
    PrimaryVerdict.ACCEPTED,
    PrimaryVerdict.REJECTED,
    PrimaryVerdict.REFUSED,
    PrimaryVerdict.AMBIGUOUS,
]


class FakeClient:
    """A directory that answers at once with `verdict`, or keeps whoever asks while that is None."""

    def __init__(self, directory: Directory) -> None:
        self.directory = directory
        self.verdict: PrimaryVerdict | None = PrimaryVerdict.ACCEPTED
        self.error: Exception | None = None
        self.asked: list[PrimaryAttempt] = []
        self.waiting: list[Callable[[PrimaryResult], None]] = []
        self.closed = False

    def result(self, verdict: PrimaryVerdict) -> PrimaryResult:
        return PrimaryResult(
            verdict=verdict,
            checked_by=self.directory.name,
            by_directory=True,
            attributes=((25, b"x"),),
        )

    def check(self, attempt: PrimaryAttempt, done: Callable[[PrimaryResult], None]) -> None:
        assert not self.closed
        self.asked.append(attempt)
        if self.verdict is not None:
            done(self.result(self.verdict))
        else:
            self.waiting.append(done)
        if self.error is not None:
            raise self.error

    def close(self) -> None:
        self.closed = True
        waiting, self.waiting = self.waiting, []
        for done in waiting:
            done(self.result(PrimaryVerdict.AWAY))


class FakeLocal:
    """The passwords that are kept here: all right."""

    def check(self, attempt: PrimaryAttempt, done: Callable[[PrimaryResult], None]) -> None:
        assert attempt.user == ALICE
        done(LOCAL)


class Bench:
    """Three directories, each with a client of its own."""

    def __init__(self) -> None:
        self.world = World()
        self.configuration = Configuration(directories={each.id: each for each in (HQ, BRANCH, THIRD)})
        self.made: list[FakeClient] = []
        self.prepared: dict[DirectoryId, PrimaryVerdict | None] = {}
        self.primaries = Primaries(
            configuration=lambda: self.configuration,
            local=FakeLocal(),
            connect=self.connect,
            clock=self.world.clock,
            timers=self.world.timers,
            fault=self.world.fault,
        )

    def connect(self, directory: Directory) -> FakeClient:
        client = FakeClient(directory)
        client.verdict = self.prepared.get(directory.id, PrimaryVerdict.ACCEPTED)
        self.made.append(client)
        return client

    def prepare(self, directory: Directory, verdict: PrimaryVerdict | None) -> None:
        """Let a directory answer with `verdict` from now on, or not at all."""
        self.prepared[directory.id] = verdict
        for client in self.made:
            if client.directory.id == directory.id:
                client.verdict = verdict

    def client(self, directory: Directory) -> FakeClient:
        """Return the newest client of a directory."""
        return next(client for client in reversed(self.made) if client.directory.id == directory.id)

    def asked(self) -> list[str]:
        """Return the directories that were asked since this was last called, in the order of their clients' making."""
        names = [client.directory.name for client in self.made for _ in client.asked]
        for client in self.made:
            client.asked.clear()
        return names

    def check(self, *directories: Directory, password: str = "x", seconds: float = 50) -> Answers:
        answers = Answers()
        wanted = tuple(directory.id for directory in directories)
        self.primaries.check(
            attempt(self.world, password=password, seconds=seconds, primary=PrimaryKind.LDAP, directories=wanted),
            answers,
        )
        return answers

    def swap(self, *directories: Directory) -> None:
        """Put other directories in force."""
        self.configuration = Configuration(directories={each.id: each for each in directories})
        self.primaries.follow(self.configuration)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_local_passwords_are_checked_here(bench: Bench) -> None:
    answers = Answers()
    bench.primaries.check(attempt(bench.world), answers)

    assert answers.only is LOCAL


@pytest.mark.parametrize("primary", [PrimaryKind.LDAP, PrimaryKind.RADIUS, PrimaryKind.LOCAL])
def test_an_empty_password_goes_nowhere(bench: Bench, primary: PrimaryKind) -> None:
    answers = Answers()
    bench.primaries.check(attempt(bench.world, password="", primary=primary, directories=(HQ.id, BRANCH.id)), answers)

    assert answers.only.verdict is PrimaryVerdict.REJECTED
    assert not answers.only.by_directory
    assert bench.made == []


@pytest.mark.parametrize("verdict", DECIDING)
def test_the_first_directory_that_knows_the_user_decides(bench: Bench, verdict: PrimaryVerdict) -> None:
    bench.prepare(HQ, verdict)
    answers = bench.check(HQ, BRANCH)

    assert answers.only == bench.client(HQ).result(verdict)
    assert bench.asked() == ["hq"]
    assert len(bench.world.timers) == 0


@pytest.mark.parametrize("handed_on", [PrimaryVerdict.AWAY, PrimaryVerdict.UNKNOWN])
@pytest.mark.parametrize("verdict", DECIDING)
def test_one_that_is_away_or_does_not_know_the_user_hands_over(
    bench: Bench, handed_on: PrimaryVerdict, verdict: PrimaryVerdict
) -> None:
    bench.prepare(HQ, handed_on)
    bench.prepare(BRANCH, verdict)
    answers = bench.check(HQ, BRANCH, THIRD)

    assert answers.only == replace(bench.client(BRANCH).result(verdict), detail=f"hq: {handed_on.value}")
    assert bench.asked() == ["hq", "branch"]


def test_a_wrong_password_is_one_check_and_no_more(bench: Bench) -> None:
    bench.prepare(HQ, PrimaryVerdict.REJECTED)
    bench.check(HQ, BRANCH, HQ)

    assert bench.asked() == ["hq"]


def test_a_directory_named_twice_is_asked_once(bench: Bench) -> None:
    bench.prepare(HQ, PrimaryVerdict.UNKNOWN)
    bench.check(HQ, HQ)

    assert bench.asked() == ["hq"]


def test_where_no_directory_knows_the_user_he_is_unknown(bench: Bench) -> None:
    bench.prepare(HQ, PrimaryVerdict.UNKNOWN)
    bench.prepare(BRANCH, PrimaryVerdict.UNKNOWN)
    answers = bench.check(HQ, BRANCH)

    assert answers.only.verdict is PrimaryVerdict.UNKNOWN
    assert answers.only.checked_by == "hq"


@pytest.mark.parametrize("away", [HQ, BRANCH, THIRD])
def test_where_one_was_away_nothing_is_known(bench: Bench, away: Directory) -> None:
    for directory in (HQ, BRANCH, THIRD):
        bench.prepare(directory, PrimaryVerdict.AWAY if directory is away else PrimaryVerdict.UNKNOWN)
    answers = bench.check(HQ, BRANCH, THIRD)

    assert answers.only.verdict is PrimaryVerdict.AWAY
    assert answers.only.checked_by == away.name
    assert answers.only.detail.count("unknown") == 2


@pytest.mark.parametrize("primary", [PrimaryKind.LDAP, PrimaryKind.RADIUS, PrimaryKind.ASSERTED])
def test_without_a_directory_nothing_can_be_checked(bench: Bench, primary: PrimaryKind) -> None:
    answers = Answers()
    bench.primaries.check(attempt(bench.world, primary=primary), answers)

    assert answers.only.verdict is PrimaryVerdict.AWAY
    assert answers.only.detail == "no directory could be asked"


def test_a_directory_that_is_not_configured_is_passed_over(bench: Bench) -> None:
    bench.swap(BRANCH)
    assert bench.check(HQ, BRANCH).only.checked_by == "branch"
    assert bench.check(HQ).only.verdict is PrimaryVerdict.AWAY


def test_one_that_was_away_is_asked_last_for_a_while(bench: Bench) -> None:
    bench.prepare(HQ, PrimaryVerdict.AWAY)
    bench.prepare(BRANCH, PrimaryVerdict.REJECTED)
    bench.check(HQ, BRANCH)
    assert bench.asked() == ["hq", "branch"]

    bench.world.advance(AVOIDED_SECONDS - 1)
    bench.check(HQ, BRANCH)
    assert bench.asked() == ["branch"]

    bench.prepare(BRANCH, PrimaryVerdict.UNKNOWN)
    bench.check(HQ, BRANCH)
    assert bench.asked() == ["hq", "branch"]  # The branch did not know the user.

    bench.prepare(BRANCH, PrimaryVerdict.REJECTED)
    bench.world.advance(AVOIDED_SECONDS + 1)
    bench.check(HQ, BRANCH)
    assert bench.asked() == ["hq", "branch"]


def test_one_that_answers_again_is_asked_in_its_turn(bench: Bench) -> None:
    bench.prepare(HQ, PrimaryVerdict.AWAY)
    bench.prepare(BRANCH, PrimaryVerdict.UNKNOWN)
    bench.check(HQ, BRANCH)
    bench.prepare(HQ, PrimaryVerdict.UNKNOWN)
    bench.check(HQ, BRANCH)
    bench.asked()

    bench.prepare(HQ, PrimaryVerdict.REJECTED)
    bench.check(HQ, BRANCH)
    assert bench.asked() == ["hq"]


def test_the_only_one_is_asked_whatever_it_was(bench: Bench) -> None:
    bench.prepare(HQ, PrimaryVerdict.AWAY)
    for _ in range(3):
        bench.check(HQ)

    assert bench.asked() == ["hq"] * 3


def test_each_has_its_share_of_the_time_that_is_left(bench: Bench) -> None:
    bench.prepare(HQ, None)
    answers = bench.check(HQ, BRANCH, seconds=6)
    now = bench.world.clock.monotonic()
    assert bench.client(HQ).asked[0].deadline - now == 3_000_000_000

    bench.world.advance(2)
    bench.client(HQ).waiting.pop()(bench.client(HQ).result(PrimaryVerdict.AWAY))
    assert bench.client(BRANCH).asked[0].deadline - bench.world.clock.monotonic() == 4_000_000_000
    assert answers.only.verdict is PrimaryVerdict.ACCEPTED


def test_one_that_keeps_to_no_time_is_away_at_the_deadline_and_asked_last_from_then_on(bench: Bench) -> None:
    bench.prepare(HQ, None)
    answers = bench.check(HQ, BRANCH, seconds=2)
    bench.world.advance(2.2)
    assert answers.only.verdict is PrimaryVerdict.AWAY
    assert answers.only.checked_by == "hq"

    bench.client(HQ).waiting.pop()(bench.client(HQ).result(PrimaryVerdict.ACCEPTED))
    assert len(answers.given) == 1

    bench.asked()
    assert bench.check(HQ, BRANCH).only.checked_by == "branch"
    assert bench.asked() == ["branch"]


def test_no_time_is_left_for_the_next_one(bench: Bench) -> None:
    bench.prepare(HQ, None)
    answers = bench.check(HQ, BRANCH, seconds=2)
    bench.world.clock.advance(3)
    bench.client(HQ).waiting.pop()(bench.client(HQ).result(PrimaryVerdict.UNKNOWN))

    assert answers.only.verdict is PrimaryVerdict.AWAY
    assert answers.only.checked_by == "branch"
    assert answers.only.detail == "no time was left; hq: unknown"
    assert bench.asked() == ["hq"]


def test_an_answer_that_comes_twice_counts_once(bench: Bench) -> None:
    bench.prepare(HQ, None)
    answers = bench.check(HQ)
    (done,) = bench.client(HQ).waiting
    done(bench.client(HQ).result(PrimaryVerdict.REJECTED))
    done(bench.client(HQ).result(PrimaryVerdict.ACCEPTED))

    assert answers.only.verdict is PrimaryVerdict.REJECTED


def test_an_error_in_a_client_is_away_and_reported(bench: Bench) -> None:
    bench.prepare(HQ, None)
    bench.check(HQ, seconds=1)
    bench.client(HQ).error = RuntimeError()
    answers = bench.check(HQ, BRANCH)

    assert answers.only.checked_by == "branch"
    assert answers.only.detail == "hq: an error in its client, which the log has"
    assert bench.world.faults == ["directory"]


@pytest.mark.parametrize("verdict", [PrimaryVerdict.REJECTED, PrimaryVerdict.UNKNOWN])
def test_an_error_after_the_answer_changes_nothing_of_it(bench: Bench, verdict: PrimaryVerdict) -> None:
    bench.check(HQ)
    bench.prepare(HQ, verdict)
    bench.prepare(BRANCH, PrimaryVerdict.REFUSED)
    bench.client(HQ).error = RuntimeError()
    answers = bench.check(HQ, BRANCH)

    expected = verdict if verdict is PrimaryVerdict.REJECTED else PrimaryVerdict.REFUSED
    assert [result.verdict for result in answers.given] == [expected]
    assert bench.world.faults == ["directory"]


def test_a_client_is_made_once_and_kept_while_its_directory_stays_as_it_is(bench: Bench) -> None:
    bench.check(HQ)
    bench.swap(replace(HQ, name="hq"), BRANCH)
    bench.check(HQ)

    assert len(bench.made) == 1
    assert not bench.client(HQ).closed


def test_a_directory_that_is_gone_is_let_go_at_once(bench: Bench) -> None:
    bench.prepare(HQ, None)
    answers = bench.check(HQ, BRANCH)
    bench.swap(BRANCH)

    assert bench.client(HQ).closed
    assert answers.only.checked_by == "branch"


def test_a_directory_that_was_changed_gets_a_new_client(bench: Bench) -> None:
    bench.prepare(HQ, PrimaryVerdict.AWAY)
    bench.check(HQ, BRANCH)
    old = bench.client(HQ)
    changed = replace(HQ, bind_password=Secret(b"another password"))
    bench.swap(changed, BRANCH)
    assert old.closed

    bench.prepare(HQ, PrimaryVerdict.ACCEPTED)
    assert bench.check(HQ, BRANCH).only.checked_by == "hq"  # What the old one was is forgotten too.
    assert bench.client(HQ).directory is changed


def test_a_change_that_nobody_has_told_of_yet_counts_all_the_same(bench: Bench) -> None:
    bench.check(HQ)
    old = bench.client(HQ)
    changed = replace(HQ, url="ldaps://hq.test")
    bench.configuration = Configuration(directories={changed.id: changed})
    bench.check(HQ)

    assert old.closed
    assert bench.client(HQ).directory is changed


def test_closing_lets_go_of_every_directory_and_asks_none_again(bench: Bench) -> None:
    bench.prepare(HQ, None)
    answers = bench.check(HQ, BRANCH)
    bench.primaries.close()

    assert answers.only.verdict is PrimaryVerdict.AWAY
    assert [client.directory.name for client in bench.made] == ["hq"]
    assert bench.client(HQ).closed
    assert bench.check(HQ).only.verdict is PrimaryVerdict.AWAY
    assert len(bench.made) == 1
