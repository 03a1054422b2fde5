"""
Ledger: what is good once is taken once, all of a unit or nothing of it, each unit on its own terms.
"""

from collections.abc import Callable

import pytest

from tests.contract.folder import Folder
from tests.fakes.changes import replace
from watchword.domain.applications import ApplicationId
from watchword.domain.bypass import BypassId, BypassState
from watchword.domain.events import AuditEvent
from watchword.domain.lockout import Failure, Failures, Prompts
from watchword.domain.methods import BackupCodes, Hotp, MethodId, Totp
from watchword.domain.secrets import Secret
from watchword.domain.users import Block, UserId
from watchword.domain.verification import Reason
from watchword.kit.clock import MICROSECONDS
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
    Write,
)

APPLICATION = ApplicationId(bytes(15) + b"A")
CODES = (b"c" * 32, b"d" * 32)
RACERS = 50


def spend_bypass(folder: Folder, user: UserId, bypass: BypassId) -> SpendBypass:
    return SpendBypass(
        bypass=bypass,
        user=user,
        epoch=folder.load(user).user.epoch,
        at=folder.clock.now(),
        application=APPLICATION,
        source="198.51.100.7",
    )


def a_totp_step(folder: Folder) -> Write:
    return SpendStep(method=folder.totp(folder.user()), step=1_000, drift=1)


def a_counter(folder: Folder) -> Write:
    return SpendStep(method=folder.method(folder.user(), Hotp(secret=Secret(b"counter"))), step=0, drift=0)


def a_backup_code(folder: Folder) -> Write:
    method = folder.method(folder.user(), BackupCodes(secret=Secret(b"codes"), left=CODES))
    return SpendBackupCode(method=method, digest=CODES[0])


def a_bypass(folder: Folder) -> Write:
    user = folder.user()
    row = folder.bypass(user)
    folder.add_bypass(row)
    return spend_bypass(folder, user, row.id)


def a_state(folder: Folder) -> Write:
    challenge = folder.challenge(folder.user(), folder.application())
    assert folder.commit(MintState(challenge=challenge)) is Committed.TAKEN
    return SpendState(digest=challenge.digest)


def a_new_state(folder: Folder) -> Write:
    return MintState(challenge=folder.challenge(folder.user(), folder.application()))


@pytest.mark.parametrize("prepare", [a_totp_step, a_counter, a_backup_code, a_bypass, a_state, a_new_state])
@pytest.mark.parametrize("together", [1, 7, RACERS])
def test_of_many_at_once_one_is_taken(folder: Folder, prepare: Callable[[Folder], Write], together: int) -> None:
    write = prepare(folder)
    units = [folder.unit(write) for _ in range(RACERS)]

    results = [
        result for start in range(0, RACERS, together) for result in folder.group(units[start : start + together])
    ]

    assert results == [Committed.TAKEN] + [Committed.REFUSED] * (RACERS - 1)
    rows = folder.activity(limit=RACERS)
    assert [row.reason for row in rows] == [Reason.USED_CODE] * (RACERS - 1) + [Reason.CODE]


def test_a_step_is_spent_only_past_every_earlier_one(folder: Folder) -> None:
    user = folder.user()
    method = folder.totp(user, last_step=100)

    results = [
        folder.commit(SpendStep(method=method, step=step, drift=2)) for step in (99, 100, 101, 100, 101, 103, 102)
    ]

    taken, refused = Committed.TAKEN, Committed.REFUSED
    assert results == [refused, refused, taken, refused, refused, taken, refused]
    (token,) = [method.detail for method in folder.load(user).methods]
    assert isinstance(token, Totp)
    assert (token.last_step, token.drift) == (103, 2)


def test_a_counter_moves_behind_the_spent_one_and_forgets_its_resync(folder: Folder) -> None:
    user = folder.user()
    method = folder.method(user, Hotp(secret=Secret(b"counter"), counter=5))
    assert folder.commit(NoteResync(method=method, counter=40)) is Committed.TAKEN
    (token,) = [method.detail for method in folder.load(user).methods]
    assert isinstance(token, Hotp)
    assert (token.counter, token.resync) == (5, 40)

    assert folder.commit(SpendStep(method=method, step=4, drift=0)) is Committed.REFUSED
    assert folder.commit(SpendStep(method=method, step=40, drift=0)) is Committed.TAKEN

    (token,) = [method.detail for method in folder.load(user).methods]
    assert isinstance(token, Hotp)
    assert (token.counter, token.resync) == (41, None)


def test_a_method_that_is_gone_spends_nothing(folder: Folder) -> None:
    assert folder.commit(SpendStep(method=MethodId(bytes(16)), step=1, drift=0)) is Committed.REFUSED
    assert folder.commit(SpendBackupCode(method=MethodId(bytes(16)), digest=CODES[0])) is Committed.REFUSED


def test_a_backup_code_is_good_for_its_own_user_alone(folder: Folder) -> None:
    mine = folder.method(folder.user(), BackupCodes(secret=Secret(b"codes"), left=CODES))
    other = folder.method(folder.user("bob@example.org"), BackupCodes(secret=Secret(b"other"), left=(b"e" * 32,)))

    assert folder.commit(SpendBackupCode(method=other, digest=CODES[0])) is Committed.REFUSED
    assert folder.commit(SpendBackupCode(method=mine, digest=CODES[0])) is Committed.TAKEN


def test_a_used_bypass_says_where_and_bumps_the_epoch(folder: Folder) -> None:
    user = folder.user()
    row = folder.bypass(user)
    folder.add_bypass(row)
    epoch = folder.load(user).user.epoch
    folder.clock.advance(7)

    assert folder.commit(spend_bypass(folder, user, row.id)) is Committed.TAKEN

    kept = folder.bypass_row(row.id)
    assert kept.state is BypassState.USED
    assert (kept.ended_at, kept.used_at_application, kept.used_from) == (
        folder.clock.now(),
        APPLICATION,
        "198.51.100.7",
    )
    assert folder.load(user).user.epoch == epoch + 1
    assert folder.load(user).bypasses == ()


@pytest.mark.parametrize("seconds", [300, 301, 86_400])
def test_a_bypass_that_has_run_out_is_refused(folder: Folder, seconds: int) -> None:
    user = folder.user()
    row = folder.bypass(user)
    folder.add_bypass(row)
    folder.clock.advance(seconds)

    assert folder.commit(spend_bypass(folder, user, row.id)) is Committed.REFUSED
    assert folder.load(user).user.epoch == 0


def test_a_bypass_is_refused_to_another_user_application_epoch_and_after_it_ended(folder: Folder) -> None:
    user, other = folder.user(), folder.user("bob@example.org")
    row = folder.bypass(user, application=APPLICATION)
    folder.add_bypass(row)

    for wrong in (
        {"user": other},
        {"application": ApplicationId(bytes(15) + b"B")},
        {"epoch": 1},
        {"bypass": BypassId(bytes(16))},
    ):
        write = replace(spend_bypass(folder, user, row.id), **wrong)
        assert folder.commit(write) is Committed.REFUSED, wrong
    now = folder.clock.now()
    assert folder.change(lambda changer: changer.cancel_bypass(row.id, by="olga@example.org", now=now))

    assert folder.commit(spend_bypass(folder, user, row.id)) is Committed.REFUSED
    kept = folder.bypass_row(row.id)
    assert kept.state is BypassState.CANCELLED


def test_a_blocked_user_uses_no_bypass(folder: Folder) -> None:
    user = folder.user()
    row = folder.bypass(user)
    folder.add_bypass(row)
    folder.change(lambda changer: changer.set_block(user, Block(at=folder.clock.now(), reason="left")))

    assert folder.commit(spend_bypass(folder, user, row.id)) is Committed.REFUSED


def test_an_epoch_is_confirmed_only_for_a_user_who_is_there_and_unchanged(folder: Folder) -> None:
    user = folder.user()

    assert folder.commit(ConfirmEpoch(user=user, epoch=0)) is Committed.TAKEN
    assert folder.commit(ConfirmEpoch(user=user, epoch=1)) is Committed.REFUSED
    assert folder.commit(ConfirmEpoch(user=UserId(bytes(16)), epoch=0)) is Committed.REFUSED
    folder.change(lambda changer: changer.set_block(user, Block(at=1, reason="left")))
    assert folder.commit(ConfirmEpoch(user=user, epoch=1)) is Committed.REFUSED
    folder.change(lambda changer: changer.set_block(user, None))
    assert folder.commit(ConfirmEpoch(user=user, epoch=2)) is Committed.TAKEN
    folder.change(lambda changer: changer.remove_user(user, at=1))
    assert folder.commit(ConfirmEpoch(user=user, epoch=3)) is Committed.REFUSED
    disabled = folder.user("bob@example.org", disabled=True)
    assert folder.commit(ConfirmEpoch(user=disabled, epoch=0)) is Committed.REFUSED


def test_a_step_is_spent_only_in_the_epoch_that_was_confirmed(folder: Folder) -> None:
    user, other = folder.user(), folder.user("bob@example.org", disabled=True)
    method = folder.totp(user)
    spend = SpendStep(method=method, step=9, drift=0)

    for wrong in (
        ConfirmEpoch(user=user, epoch=0),
        ConfirmEpoch(user=user, epoch=2),
        ConfirmEpoch(user=other, epoch=0),
        ConfirmEpoch(user=UserId(bytes(16)), epoch=0),
    ):
        assert folder.commit(wrong, spend) is Committed.REFUSED, wrong
    folder.change(lambda changer: changer.set_block(user, Block(at=1, reason="left")))
    assert folder.commit(ConfirmEpoch(user=user, epoch=2), spend) is Committed.REFUSED
    folder.change(lambda changer: changer.set_block(user, None))
    confirm = ConfirmEpoch(user=user, epoch=3)
    assert folder.commit(confirm, spend, ConfirmEpoch(user=user, epoch=4)) is Committed.REFUSED
    assert folder.commit(confirm, replace(spend, step=8), spend) is Committed.TAKEN
    assert folder.commit(confirm, spend) is Committed.REFUSED


def test_failures_and_prompts_are_kept_and_bump_where_they_lock(folder: Folder) -> None:
    user = folder.user()
    failures = Failures(recent=(Failure(5, "198.51.100.7"), Failure(6, None)), locked_until=7)
    prompts = Prompts(refused=(8, 9), off_until=10)

    assert folder.commit(SetFailures(user=user, failures=failures, bump=False)) is Committed.TAKEN
    assert folder.load(user).user.epoch == 0
    assert folder.commit(SetFailures(user=user, failures=failures, bump=True)) is Committed.TAKEN
    assert folder.commit(SetPrompts(user=user, prompts=prompts, bump=True)) is Committed.TAKEN
    assert folder.commit(SetPrompts(user=user, prompts=prompts, bump=False)) is Committed.TAKEN

    person = folder.load(user)
    assert (person.failures, person.prompts, person.user.epoch) == (failures, prompts, 2)


def test_a_directory_id_is_learned_once_and_never_taken_from_somebody_else(folder: Folder) -> None:
    alice, bob = folder.user(), folder.user("bob@example.org")

    for user, directory_id in ((alice, b"one"), (alice, b"two"), (bob, b"one")):
        assert folder.commit(LearnDirectoryId(user=user, directory_id=directory_id)) is Committed.TAKEN

    owners: list[UserId | None] = []
    folder.store.people.owner(b"one", owners.append)
    folder.store.people.owner(b"two", owners.append)
    assert owners == [alice, None]
    assert (folder.load(alice).user.directory_id, folder.load(bob).user.directory_id) == (b"one", None)


@pytest.mark.parametrize("block", [None, "reported a sign-in that was not his"])
def test_fraud_ends_everything_of_the_user(folder: Folder, block: str | None) -> None:
    user = folder.user()
    row = folder.bypass(user)
    folder.add_bypass(row)

    assert folder.commit(ReportFraud(user=user, at=folder.clock.now(), block=block)) is Committed.TAKEN

    person = folder.load(user)
    assert person.user.epoch == 1
    assert person.bypasses == ()
    assert (person.user.block.reason if person.user.block else None) == block
    kept = folder.bypass_row(row.id)
    assert (kept.state, kept.ended_by) == (BypassState.CANCELLED, AuditEvent.USER_FRAUD.value)


def test_a_state_brings_its_challenge_back_until_it_is_spent(folder: Folder) -> None:
    challenge = folder.challenge(folder.user(), folder.application())

    assert folder.find(challenge.digest) is None
    assert folder.commit(MintState(challenge=challenge)) is Committed.TAKEN
    assert folder.find(challenge.digest) == challenge
    assert folder.commit(SpendState(digest=challenge.digest)) is Committed.TAKEN
    assert folder.find(challenge.digest) is None


def test_a_unit_is_written_whole_or_not_at_all(folder: Folder) -> None:
    user = folder.user()
    method = folder.totp(user)
    bypass = folder.bypass(user)
    folder.add_bypass(bypass)
    epoch = folder.load(user).user.epoch
    challenge = folder.challenge(user, folder.application())
    failures = Failures(recent=(Failure(1, None),))

    refused = folder.commit(
        MintState(challenge=challenge),
        SetFailures(user=user, failures=failures, bump=True),
        ReportFraud(user=user, at=1, block="fraud"),
        SpendStep(method=method, step=5, drift=0),
        ConfirmEpoch(user=user, epoch=epoch),
        audit=(folder.audit(),),
    )

    assert refused is Committed.REFUSED
    assert folder.find(challenge.digest) is None
    person = folder.load(user)
    assert (person.failures, person.user.epoch, person.user.block) == (Failures(), epoch, None)
    assert [one.id for one in person.bypasses] == [bypass.id]
    assert folder.audited() == []
    assert folder.commit(SpendStep(method=method, step=5, drift=0)) is Committed.TAKEN
    assert [row.reason for row in folder.activity()] == [Reason.CODE, Reason.USED_CODE]


def test_the_order_of_writes_is_kept(folder: Folder) -> None:
    user = folder.user()
    row = folder.bypass(user)
    folder.add_bypass(row)
    used = spend_bypass(folder, user, row.id)

    assert folder.commit(used, ConfirmEpoch(user=user, epoch=0)) is Committed.REFUSED
    assert folder.commit(ConfirmEpoch(user=user, epoch=0), used, ConfirmEpoch(user=user, epoch=1)) is Committed.TAKEN


def test_refused_units_are_not_their_neighbours_business(folder: Folder) -> None:
    user = folder.user()
    methods = [folder.totp(user) for _ in range(3)]
    epoch = folder.load(user).user.epoch
    units = [
        folder.unit(SpendStep(method=methods[0], step=1, drift=0)),
        folder.unit(SpendStep(method=methods[1], step=1, drift=0), ConfirmEpoch(user=user, epoch=99)),
        folder.unit(SpendStep(method=methods[2], step=1, drift=0), ConfirmEpoch(user=user, epoch=epoch)),
        folder.unit(SpendStep(method=methods[0], step=1, drift=0)),
        folder.unit(),
    ]

    results = folder.group(units)

    taken, refused = Committed.TAKEN, Committed.REFUSED
    assert results == [taken, refused, taken, refused, taken]
    folder.reopen()
    steps = [method.detail.last_step for method in folder.load(user).methods if isinstance(method.detail, Totp)]
    assert steps == [1, -1, 1]


def test_nothing_comes_alive_where_the_clock_goes_back(folder: Folder) -> None:
    """N5: the clock that judges never goes back, over a restart too."""
    user = folder.user()
    row = folder.bypass(user)
    folder.add_bypass(row)
    folder.clock.advance(301)
    folder.commit(audit=(folder.audit(),))
    last = folder.clock.now()

    folder.store.close()
    folder.clock = type(folder.clock)(start=last - 86_400 * MICROSECONDS)
    folder.store = folder.opened()

    assert folder.clock.now() >= last
    assert folder.load(user).bypasses == ()
    assert folder.commit(spend_bypass(folder, user, row.id)) is Committed.REFUSED
