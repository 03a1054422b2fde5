"""
Whether a user may sign in: block, unblock, unlock.
"""

import pytest

from tests.fakes.office import ALICE, DESK, OWNER, Office, kinds
from watchword.app.administration import RefusalKind
from watchword.app.manage.standing import UserReasoned
from watchword.app.manage.users import UserNamed
from watchword.domain.events import AuditEvent
from watchword.domain.lockout import Failure, Failures, Prompts
from watchword.ports.login import SetFailures, SetPrompts


async def test_a_block_holds_and_ends_what_is_in_progress(office: Office) -> None:
    user = await office.user()
    before = await office.person()

    blocked = await office.do("user.block", UserReasoned(user="alice", reason=" left\nthe firm "), DESK)

    person = await office.person()
    assert blocked.username == ALICE
    assert person.user.block is not None
    assert (person.user.block.reason, person.user.block.at) == ("left the firm", office.clock.now())
    assert person.user.epoch > before.user.epoch
    assert office.running.ends == [user]
    assert office.audited()[-1] == (AuditEvent.USER_BLOCKED, DESK.name)
    assert ("reason", "left the firm") in office.records.audit[-1].words


async def test_a_block_is_ended_with_a_reason(office: Office) -> None:
    user = await office.user()
    await office.do("user.block", UserReasoned(user=ALICE, reason="left"))
    blocked = await office.person()

    await office.do("user.unblock", UserReasoned(user=ALICE, reason="is back"), OWNER)

    person = await office.person()
    assert person.user.block is None
    assert person.user.epoch > blocked.user.epoch
    assert office.running.ends == [user, user]
    assert office.audited()[-1] == (AuditEvent.USER_UNBLOCKED, OWNER.name)


async def test_who_is_not_blocked_cannot_be_unblocked(office: Office) -> None:
    await office.user()
    before = office.audited()

    assert kinds(await office.refused("user.unblock", UserReasoned(user=ALICE, reason="back"))) == (
        RefusalKind.CONFLICT,
        "alice@example.org is not blocked",
    )
    assert office.audited() == before


@pytest.mark.parametrize("operation", ["user.block", "user.unblock"])
@pytest.mark.parametrize("reason", ["", " \t", "x" * 501, "\x1b]0;owned\x07"])
async def test_block_and_unblock_need_a_reason(office: Office, operation: str, reason: str) -> None:
    await office.user()

    assert kinds(await office.refused(operation, UserReasoned(user=ALICE, reason=reason))) == (
        RefusalKind.INVALID,
        "a reason is needed: 1 to 500 printable characters",
    )


async def test_unlock_ends_nothing_that_is_in_progress(office: Office) -> None:
    await office.user()
    before = await office.person()

    unlocked = await office.do("user.unlock", UserNamed(user=ALICE), DESK)

    assert unlocked.username == ALICE
    assert (await office.person()).user.epoch == before.user.epoch
    assert office.running.ends == []
    assert office.records.audit[-1].event is AuditEvent.USER_UNLOCKED
    assert ("was_locked", "no") in office.records.audit[-1].words


async def test_a_locked_user_is_unlocked(office: Office) -> None:
    user = await office.user()
    office.commit(
        SetFailures(user=user, failures=Failures(locked_until=office.clock.now() + 900_000_000), bump=True),
        SetPrompts(user=user, prompts=Prompts(off_until=office.clock.now() + 900_000_000), bump=False),
    )
    shown = await office.do("user.show", UserNamed(user=ALICE))
    assert (shown.locked_until, shown.push_off_until) == ("2023-11-14T22:28:20.000000Z",) * 2

    await office.do("user.unlock", UserNamed(user=ALICE), DESK)

    person = await office.person()
    assert (person.failures, person.prompts) == (Failures(), Prompts())
    assert ("was_locked", "yes") in office.records.audit[-1].words


async def test_a_lock_that_is_over_is_not_shown(office: Office) -> None:
    user = await office.user()
    recent = (Failure(office.clock.now(), "192.0.2.7"),)
    office.commit(SetFailures(user=user, failures=Failures(recent=recent, locked_until=office.clock.now()), bump=False))

    shown = await office.do("user.show", UserNamed(user=ALICE))

    assert (shown.locked_until, shown.wrong_second_steps) == (None, 1)
