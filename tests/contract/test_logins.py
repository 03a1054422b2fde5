"""
The same logins as everywhere, on the real store: what is read of a user is never older than what was committed.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.fakes.sqlite_world import SqliteWorld
from tests.fakes.stories import PASSING, REFUSED, Story, by_directory
from tests.fakes.world import World
from tests.property.test_model import OneUser
from watchword.domain.applications import PrimaryKind
from watchword.domain.methods import BackupCodes, Method, MethodId, MethodKind
from watchword.domain.otp import backup_digest
from watchword.domain.secrets import Secret
from watchword.domain.users import Block
from watchword.domain.verification import Allowed, Challenged, Denied, Outcome, Reason

MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of its own is made there
ELSEWHERE = "203.0.113.9"


@pytest.fixture(params=[1, 20_000])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqliteWorld]:
    made = SqliteWorld(tmp_path / "data", kept=request.param)
    yield made
    made.close()


def reason_of(outcome: Outcome | None) -> Reason | None:
    return outcome.reason if isinstance(outcome, Allowed | Denied) else None


@pytest.mark.parametrize("story", PASSING)
def test_everybody_passes_who_should(world: SqliteWorld, story: Story) -> None:
    asked = story(world)
    assert all(isinstance(one.outcome, Allowed | Challenged) for one in asked)
    assert isinstance(asked[-1].outcome, Allowed)
    assert not world.faults


@pytest.mark.parametrize("story", REFUSED)
def test_nobody_passes_who_should_not(world: SqliteWorld, story: Story) -> None:
    asked = story(world)
    assert all(isinstance(one.outcome, Denied | Challenged) for one in asked)
    assert isinstance(asked[-1].outcome, Denied)
    assert not world.faults


def test_a_bypass_moves_the_epoch_of_whoever_is_kept_in_memory(world: SqliteWorld) -> None:
    alice, bob = world.user_with_phone(), world.user_with_phone("bob@example.com")
    before = world.person(alice.owner.user).user.epoch
    for number in range(1, 4):
        world.bypass(alice.owner.user)
        assert reason_of(world.ask().outcome) is Reason.BYPASS
        assert reason_of(world.ask().outcome) is Reason.JOINED
        assert world.person(alice.owner.user).user.epoch == before + number
        waiting = world.ask(user="bob")
        world.answer(bob)
        assert reason_of(waiting.outcome) is Reason.PUSH
        world.pass_time(11)
    asked = world.ask()
    assert not asked.outcomes


def test_a_block_that_ended_nothing_yet_is_found_by_the_commit(world: SqliteWorld) -> None:
    phone = world.user_with_phone()
    asked = world.ask()
    world.change(lambda changer: changer.set_block(phone.owner.user, Block(at=world.clock.now(), reason="stolen")))
    world.answer(phone)
    assert reason_of(asked.outcome) is Reason.BLOCKED


def test_a_backup_code_is_good_once(world: SqliteWorld) -> None:
    secret, code = Secret(b"a key of backup codes"), "ABCD-EFGH"
    codes = BackupCodes(secret=secret, left=(backup_digest(secret, code), backup_digest(secret, "JKMN-PQRS")))
    method = Method(id=MethodId(world.identifiers.new()), kind=MethodKind.BACKUP_CODE, detail=codes)
    user = world.user("alice@example.com", method)
    assert reason_of(world.ask(code=code).outcome) is Reason.BACKUP_CODE
    assert reason_of(world.ask(code=code, source=ELSEWHERE).outcome) is Reason.WRONG_CODE
    world.person(user)
    assert reason_of(world.ask(code="JKMN-PQRS").outcome) is Reason.BACKUP_CODE


def test_a_state_is_good_once(world: SqliteWorld) -> None:
    world.application(challenge=True)
    world.user("alice@example.com", world.totp())
    challenged = world.ask().outcome
    assert isinstance(challenged, Challenged)
    assert reason_of(world.ask(typed=b"", code=world.code(), state=challenged.state).outcome) is Reason.CODE
    again = world.ask(typed=b"", code=world.code(ahead=1), state=challenged.state)
    assert reason_of(again.outcome) is Reason.WRONG_STATE


def test_the_entry_of_a_challenged_user_is_learned_once_he_has_answered(world: SqliteWorld) -> None:
    world.application(challenge=True, primary=PrimaryKind.LDAP)
    user = world.user("alice@example.com", world.totp())
    by_directory(world)
    challenged = world.ask().outcome
    assert isinstance(challenged, Challenged)
    assert world.person(user).user.directory_id is None
    assert reason_of(world.ask(typed=b"", code=world.code(), state=challenged.state).outcome) is Reason.CODE
    assert world.person(user).user.directory_id == b"an entry"


class OneUserOnSqlite(OneUser):
    """The reference model, on the real store, which keeps nobody in memory for long."""

    def made_world(self) -> World:
        """Return the world that it happens in."""
        self.folder = tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None)
        self.sqlite = SqliteWorld(Path(self.folder.name) / "data")
        return self.sqlite

    def teardown(self) -> None:
        """Close the store."""
        self.sqlite.close()
        self.folder.cleanup()


TestOneUserOnSqlite = OneUserOnSqlite.TestCase
TestOneUserOnSqlite.settings = settings(stateful_step_count=40, max_examples=25, deadline=None)
