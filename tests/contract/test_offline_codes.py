"""
Codes without a portal, from the records of a portal to the disk of a server and back (design.md section 8).
"""

import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.contract.folder import Folder
from tests.fakes.apart_world import PASSWORD, SEED, Office, Outpost, code, turns
from tests.fakes.changes import replace
from watchword.domain.applications import ApplicationId, PortalAway, PrimaryKind
from watchword.domain.events import AuditEvent
from watchword.domain.lockout import Failure, Failures
from watchword.domain.methods import Hotp
from watchword.domain.otp import code_at
from watchword.domain.users import Block, UserId
from watchword.domain.verification import Allowed, Denied, OutcomeKind, PrimaryVerdict, Reason
from watchword.kit.clock import MICROSECONDS, SystemClock
from watchword.ports.login import SetFailures, StoreAway, Unit
from watchword.stores.connections import Unusable
from watchword.stores.offline import SqliteOffline
from watchword.wire.channel.messages import Replica as Replicated
from watchword.wire.channel.messages import Replicate, Told
from watchword.wire.channel.replica import decode_page, encode_page

WHOLE = Replicate(run=b"", serial=0)
CODE, USED, WRONG, AWAY = Reason.OFFLINE_CODE, Reason.USED_CODE, Reason.WRONG_CODE, Reason.PORTAL_AWAY


class Town:
    """A portal, a server, an application that takes codes without a portal, and Alice with her token."""

    def __init__(self, folder: Folder, where: Path) -> None:
        self.office = Office(folder)
        self.folder, self.clock, self.where = folder, folder.clock, where
        self.vpn = self.office.vpn()
        self.alice = folder.user("alice@example.org")
        self.token = self.office.hotp(self.alice)
        self.server = Outpost(self.office, where / "server")

    def login(self, counter: int) -> Reason:
        return self.server.login(self.vpn, code(counter))

    def block(self, user: UserId) -> None:
        self.folder.change(lambda changer: changer.set_block(user, Block(at=self.clock.now(), reason="gone")))

    def alter(self, application: ApplicationId, **fields: object) -> None:
        before = self.office.current.value.applications[application]
        self.folder.change(lambda changer: changer.set_application(replace(before, **fields)))

    def counter(self) -> int:
        detail = self.folder.load(self.alice).methods[0].detail
        assert isinstance(detail, Hotp)
        return detail.counter

    def told(self) -> list[tuple[Reason, str]]:
        """Return what activity says, the oldest first."""
        return [(row.reason, row.server) for row in self.folder.activity()][::-1]


@pytest.fixture
async def town(folder: Folder, tmp_path: Path) -> AsyncIterator[Town]:
    made = Town(folder, tmp_path)
    await made.server.connect()
    yield made
    await made.office.tasks.stop()
    assert made.office.faults == []


# --- each code once ---------------------------------------------------------------------------------------------------


async def test_a_code_passes_once(town: Town) -> None:
    town.server.cut()
    assert [town.login(0), town.login(0), town.login(1), town.login(0)] == [CODE, USED, CODE, WRONG]


async def test_it_is_on_the_disk_before_anybody_is_answered(town: Town) -> None:
    server = town.server
    server.cut()
    server.hands.is_held = True
    first = server.begin(town.vpn, code(0))
    second = server.begin(town.vpn, code(0))
    assert (first, second, server.sql("SELECT key FROM outcomes")) == ([], [], [])

    server.hands.run()
    assert len(server.sql("SELECT key FROM outcomes")) == 2
    assert [one.reason for one in (*first, *second) if isinstance(one, Allowed | Denied)] == [CODE, USED]


async def test_a_code_stays_spent_over_a_restart(town: Town) -> None:
    town.server.cut()
    assert town.login(0) is CODE
    town.server.start()
    assert [town.login(0), town.login(1)] == [USED, CODE]


async def test_where_the_disk_takes_nothing_nobody_passes_and_the_code_is_spent(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_changes: object) -> None:
        raise StoreAway("full")

    town.server.cut()
    assert town.server.store is not None
    monkeypatch.setattr(town.server.store, "write", full)
    assert town.login(0) is Reason.ERROR
    monkeypatch.undo()
    assert town.login(0) is USED


async def test_an_older_copy_of_the_database_is_not_believed(town: Town, tmp_path: Path) -> None:
    town.server.cut()
    assert town.login(0) is CODE
    folder = town.server.folder
    town.server.sql("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(folder / "offline.db", tmp_path / "copy")
    assert town.login(1) is CODE
    assert town.server.store is not None
    town.server.store.close()
    town.server.store = None
    for stale in folder.glob("offline.db-*"):
        stale.unlink()
    shutil.copy(tmp_path / "copy", folder / "offline.db")

    town.server.start()
    assert town.login(1) is AWAY
    assert town.server.notes[-1] == "this server has no replica of those who have codes"
    assert "is no newest one" in town.server.text.getvalue()
    await town.server.connect()
    await town.server.tell()
    town.server.cut()
    assert town.login(2) is CODE, "from the portal's next word on it is whole again"


async def test_a_mark_that_was_put_back_with_it_is_not_believed_either(town: Town) -> None:
    town.server.cut()
    assert town.login(0) is CODE
    mark = town.server.folder / "offline.mark"
    written = json.loads(mark.read_bytes())
    mark.write_text(json.dumps(written | {"at": written["at"] - 3 * MICROSECONDS}))
    town.server.start()
    assert town.login(1) is AWAY


async def test_without_its_mark_nothing_is_believed(town: Town) -> None:
    town.server.cut()
    (town.server.folder / "offline.mark").unlink()
    town.server.start()
    assert town.login(0) is AWAY


# --- in time ----------------------------------------------------------------------------------------------------------


async def test_after_a_quarter_of_an_hour_nobody_passes_and_the_replica_is_erased(town: Town) -> None:
    town.server.cut()
    town.clock.advance(899)
    assert town.login(0) is CODE
    town.clock.advance(1)
    assert town.login(1) is AWAY
    assert "15 minutes" in town.server.notes[-1]
    town.server.replica.go_on()
    assert town.server.sql("SELECT * FROM replica") == []
    assert not town.server.replica.is_held


async def test_a_wall_clock_that_is_set_does_not_stretch_it_nor_bring_a_code_back(town: Town) -> None:
    town.server.cut()
    town.clock.advance(600)
    town.clock.step(-3_600)
    assert town.login(0) is AWAY
    assert "went back" in town.server.notes[-1]
    town.server.start()
    assert town.login(0) is AWAY, "after a restart with a clock that went back"


async def test_another_start_of_the_machine_ends_it(town: Town) -> None:
    town.server.cut()
    town.server.boot.id = b"another"
    town.server.start()
    assert town.login(0) is AWAY


async def test_the_code_that_is_good_now_is_told_by_the_portals_clock(town: Town) -> None:
    town.folder.totp(town.folder.user("bob@example.org"))
    await turns()
    await town.server.beat()
    town.server.cut()
    step = town.clock.wall() // (30 * MICROSECONDS)
    bobs = code_at(b"time-based token 20o", step, 6)
    town.clock.step(50)
    assert town.server.login(town.vpn, bobs, user_name="bob") is CODE


async def test_a_word_counts_only_where_the_replica_had_come_as_far_as_the_portal(town: Town) -> None:
    server = town.server
    server.cut()
    town.clock.advance(800)
    server.is_up = True
    server.lose = lambda message: isinstance(message, Replicated)
    wanted = server.replica.wanted()
    assert wanted is not None
    server.say(wanted)
    await turns()
    await server.beat()
    server.cut()
    town.clock.advance(100)
    assert town.login(0) is AWAY


# --- who may not ------------------------------------------------------------------------------------------------------


async def test_who_was_blocked_does_not_pass_where_the_server_has_heard_of_it(town: Town) -> None:
    town.block(town.alice)
    await turns()
    town.server.cut()
    assert town.login(0) is Reason.BLOCKED
    town.server.start()
    assert town.login(0) is Reason.BLOCKED, "also after a restart"


async def test_who_was_blocked_while_a_server_was_apart_passes_there_until_the_time_that_was_named(town: Town) -> None:
    town.server.cut()
    town.block(town.alice)
    await turns()
    town.clock.advance(890)
    assert town.login(0) is CODE
    town.clock.advance(10)
    assert town.login(1) is AWAY


async def test_what_is_needed_crosses_and_nothing_else(town: Town) -> None:
    town.folder.user("carol@example.org")
    other = town.folder.user("alice@example.com")
    await turns()
    assert len(town.server.replica) == 1, "only those who have a token"
    town.server.cut()
    assert town.server.login(town.vpn, code(0), user_name="alice") is Reason.UNKNOWN_USER, "two go by that name"
    assert town.server.login(town.vpn, code(0), user_name="EXAMPLE\\alice") is Reason.UNKNOWN_USER
    assert other != town.alice


async def test_the_seeds_of_who_is_blocked_stay_at_the_portal(town: Town) -> None:
    pages: list[bytes] = []

    def noted(message: Told) -> None:
        assert isinstance(message, Replicated)
        pages.append(message.body)

    town.office.replicas.ask(noted, WHOLE)
    await turns()
    assert any(SEED in page for page in pages)
    town.block(town.alice)
    pages.clear()
    town.office.replicas.ask(noted, WHOLE)
    await turns()
    assert pages
    assert not any(SEED in page for page in pages)


async def test_an_application_that_does_not_allow_it_is_denied(town: Town) -> None:
    plain, local = (
        town.folder.application("mail", primary=PrimaryKind.LDAP),
        town.office.vpn(name="intranet", primary=PrimaryKind.LOCAL),
    )
    await turns()
    town.server.cut()
    assert town.server.login(plain, code(0)) is AWAY
    assert town.server.login(local, code(0)) is AWAY
    assert town.server.login(ApplicationId(b"x" * 16), code(0)) is AWAY
    assert town.server.login(town.vpn, None) is AWAY
    assert town.login(0) is CODE


async def test_where_no_application_allows_it_any_more_the_replica_is_erased(town: Town) -> None:
    assert town.server.sql("SELECT user FROM replica") != []
    town.alter(town.vpn, portal_away=PortalAway.DENY)
    await turns()
    assert town.server.sql("SELECT user FROM replica") == []
    assert len(town.office.replicas) == 0
    town.server.cut()
    assert town.login(0) is AWAY


async def test_a_server_where_none_allows_it_gets_nothing(folder: Folder, tmp_path: Path) -> None:
    office = Office(folder)
    folder.application("mail", primary=PrimaryKind.LDAP)
    office.vpn(name="intranet", primary=PrimaryKind.LOCAL)
    office.hotp(folder.user())
    server = Outpost(office, tmp_path / "server")
    assert server.replica.wanted() is None
    await server.connect()
    office.replicas.ask(server.hear, WHOLE)
    await turns()
    assert (len(server.replica), server.replica.is_held) == (0, False)


async def test_wrong_passwords_are_told_and_slowed_down(town: Town) -> None:
    town.server.cut()
    wrong = replace(PASSWORD, verdict=PrimaryVerdict.REJECTED)
    reasons = [
        town.server.login(town.vpn, code(0), primary=wrong, proofs=(bytes((number,)) * 32,)) for number in range(6)
    ]
    assert reasons == [*[Reason.WRONG_PASSWORD] * 5, Reason.THROTTLED]
    assert town.login(0) is Reason.THROTTLED


# --- what the portal learns -------------------------------------------------------------------------------------------


async def test_the_portal_learns_of_everything_once_and_a_code_that_was_spent_is_spent(town: Town) -> None:
    town.server.cut()
    at = town.clock.wall()
    assert [town.login(0), town.login(0), town.login(2)] == [CODE, USED, CODE]
    town.clock.advance(60)
    await town.server.connect()
    await town.server.tell()

    assert town.told() == [(CODE, "vpn-mfa-1"), (USED, "vpn-mfa-1"), (CODE, "vpn-mfa-1")]
    first = town.folder.activity()[-1]
    assert (first.kind, first.user, abs(first.at - at) < MICROSECONDS) == (OutcomeKind.ALLOWED, town.alice, True)
    assert "offline" in str(town.folder.read(lambda reader: reader.activity_row(first.id))).lower()
    assert town.counter() == 3
    assert town.server.sql("SELECT key FROM outcomes") == []
    assert [one.at for one in town.folder.load(town.alice).failures.recent] == []
    assert town.folder.verify().whole
    town.server.cut()
    assert town.login(2) is USED, "and is not good here either, in the next time without a portal"


async def test_a_code_that_the_portal_has_taken_in_stays_spent_also_where_its_word_of_that_was_lost(town: Town) -> None:
    server = town.server
    server.cut()
    assert town.login(0) is CODE
    await server.connect()
    server.lose = lambda message: isinstance(message, Replicated)
    await server.tell()
    server.cut()
    assert town.login(0) is USED
    server.start()
    assert town.login(0) is USED


async def test_no_word_of_the_portal_brings_a_spent_code_back(town: Town) -> None:
    town.server.replica.spend(town.alice, {town.token: 5})
    town.folder.change(lambda changer: changer.bump_epoch(town.alice))
    await turns()
    await town.server.beat()
    town.server.cut()
    assert [town.login(5), town.login(6)] == [USED, CODE]


async def test_an_answer_that_was_lost_tells_nothing_twice(town: Town) -> None:
    server = town.server
    server.cut()
    assert town.login(0) is CODE
    server.lose = lambda message: not isinstance(message, Replicated)
    await server.connect()
    server.outcomes.go_on()
    await turns()
    assert len(server.outcomes) == 1
    server.lose = lambda _message: False
    server.cut()
    server.start()
    assert town.login(0) is USED
    await server.connect()
    await server.tell()
    assert town.told() == [(CODE, "vpn-mfa-1"), (USED, "vpn-mfa-1")]


async def test_wrong_codes_lock_here_and_there(town: Town) -> None:
    town.server.cut()
    assert [town.server.login(town.vpn, "000000") for _ in range(5)] == [WRONG] * 5
    assert town.login(0) is Reason.LOCKED
    town.server.start()
    assert town.login(0) is Reason.LOCKED, "also after a restart"
    await town.server.connect()
    await town.server.tell()

    person = town.folder.load(town.alice)
    assert person.failures.locked(town.clock.now())
    assert town.folder.audited().count(AuditEvent.USER_LOCKED) == 1
    await turns()
    town.server.cut()
    assert town.login(0) is Reason.LOCKED, "by the portal's own count"


async def test_wrong_codes_at_the_portal_count_here_too(town: Town) -> None:
    row = town.folder.row(user=town.alice)
    failures = Failures(recent=tuple(Failure(town.clock.now(), None) for _ in range(4)))
    writes = (SetFailures(user=town.alice, failures=failures, bump=False),)
    town.folder.store.ledger.commit(Unit(writes=writes, activity=(row,)), lambda _committed: None)
    await turns()
    town.server.cut()
    assert [town.server.login(town.vpn, "000000"), town.login(0)] == [WRONG, Reason.LOCKED]


async def test_a_code_that_was_used_at_two_servers_is_told_loudly(town: Town) -> None:
    second = Outpost(town.office, town.where / "second", name="vpn-mfa-2")
    await second.connect()
    town.server.cut()
    second.cut()
    assert [town.login(0), second.login(town.vpn, code(0)), second.login(town.vpn, code(1))] == [CODE, CODE, CODE]
    await second.connect()
    await second.tell()
    assert AuditEvent.CODE_USED_TWICE not in town.folder.audited()
    await town.server.connect()
    await town.server.tell()

    assert town.folder.audited().count(AuditEvent.CODE_USED_TWICE) == 1
    assert sorted(town.told()) == [(CODE, "vpn-mfa-1"), (CODE, "vpn-mfa-2"), (CODE, "vpn-mfa-2")]
    assert town.counter() == 2


async def test_a_later_code_at_another_server_is_no_alarm(town: Town) -> None:
    second = Outpost(town.office, town.where / "second", name="vpn-mfa-2")
    await second.connect()
    town.server.cut()
    second.cut()
    assert [town.login(0), second.login(town.vpn, code(1))] == [CODE, CODE]
    await second.connect()
    await second.tell()
    await town.server.connect()
    await town.server.tell()
    assert AuditEvent.CODE_USED_TWICE not in town.folder.audited()
    assert len(town.told()) == 2


async def test_a_server_cannot_move_a_counter_further_than_it_may_look(town: Town) -> None:
    server = town.server
    server.cut()
    server.replica.spend(town.alice, {town.token: 500})
    assert server.login(town.vpn, code(505)) is CODE
    await server.connect()
    await server.tell()
    assert town.counter() == 0
    assert town.told() == [(CODE, "vpn-mfa-1")], "it is written down all the same"


# --- what the portal says ---------------------------------------------------------------------------------------------


async def test_changes_are_told_one_by_one(town: Town) -> None:
    pages: list[Replicated] = []
    town.office.replicas.ask(pages.append, WHOLE)  # type: ignore[arg-type]
    await turns()
    assert len(pages) == 1
    bob = town.folder.user("bob@example.org")
    await turns()
    assert len(pages) == 1, "nothing is told of somebody who has no token"
    town.folder.totp(bob)
    await turns()
    read = decode_page(pages[-1].body)
    assert read is not None
    assert (len(pages), len(read.holders), read.total) == (2, 1, 2)
    town.folder.change(lambda changer: changer.remove_user(bob, at=1))
    await turns()
    read = decode_page(pages[-1].body)
    assert read is not None
    assert (read.holders, read.gone, read.total) == ((), (bob,), 1)
    assert len(town.server.replica) == 1


async def test_after_a_moment_apart_only_what_has_changed_is_told(town: Town) -> None:
    for number in range(3):
        town.office.hotp(town.folder.user(f"user{number}@example.org"))
    await turns()
    town.server.cut()
    bob = town.folder.user("bob@example.org")
    town.office.hotp(bob)
    await turns()
    told: list[Replicated] = []

    def noted(message: Told) -> bool:
        told.extend([message] if isinstance(message, Replicated) else [])
        return False

    town.server.lose = noted
    await town.server.connect()
    read = decode_page(told[0].body)
    assert read is not None
    assert (len(told), len(read.holders), read.total) == (1, 1, 5)
    assert len(town.server.replica) == 5


@pytest.mark.parametrize("change", ["body", "signature", "run", "gap", "old"])
async def test_what_the_portal_has_not_said_in_this_order_is_not_taken(town: Town, change: str) -> None:
    told: list[Replicated] = []
    town.office.replicas.ask(told.append, WHOLE)  # type: ignore[arg-type]
    await turns()
    town.server.lose = lambda message: isinstance(message, Replicated)
    town.block(town.alice)
    await turns()
    first, second = told
    town.server.office = town.office
    page = decode_page(second.body)
    assert page is not None
    match change:
        case "body":
            forged = Replicated(body=encode_page(page) + b"\0", signature=second.signature)
        case "signature":
            forged = Replicated(body=second.body, signature=first.signature)
        case "run":
            forged = second
        case "gap":
            town.folder.totp(town.alice)
            await turns()
            forged = told[-1]
        case _:
            assert town.server.replica.take(second, town.server.run)
            forged = first
    run = b"another" if change == "run" else town.server.run
    assert not town.server.replica.take(forged, run)
    assert not town.server.replica.is_current
    wanted = town.server.replica.wanted()
    assert wanted is not None
    assert wanted.serial == 0, "all of it is asked for anew"


async def test_settled_is_said_once_it_is_in_force_also_after_a_restart(town: Town) -> None:
    server = town.server
    await server.settle()
    assert server.hears_settled == [True]
    server.hands.is_held = True
    town.block(town.alice)
    await turns()
    await server.settle()
    assert server.hears_settled == [True], "it is not on the disk yet"
    server.hands.run()
    server.hands.run()
    assert server.hears_settled == [True, True]
    server.hands.is_held = False
    server.replica.wanted()
    await server.settle()
    assert server.hears_settled == [True, True], "what was asked for has not come yet"


async def test_what_could_not_be_written_is_written_whole_the_next_time(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_changes: object) -> None:
        raise StoreAway("full")

    server = town.server
    assert server.store is not None
    monkeypatch.setattr(server.store, "write", full)
    town.block(town.alice)
    await turns()
    await server.settle()
    assert server.hears_settled == [False]
    monkeypatch.undo()
    await server.beat()
    server.cut()
    server.start()
    assert town.login(0) is Reason.BLOCKED


async def test_nothing_is_said_to_be_told_while_the_records_cannot_be_read(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_use_case: object) -> object:
        raise StoreAway("away")

    monkeypatch.setattr(town.folder.store.records, "read", away)
    town.block(town.alice)
    await turns()
    assert not await town.office.replicas.settle(0.01)
    monkeypatch.undo()
    town.clock.advance(2)
    town.office.timer.expire(town.clock.monotonic())
    await turns()
    assert await town.office.replicas.settle(1)
    town.server.cut()
    assert town.login(0) is Reason.BLOCKED


async def test_limits_that_change_reach_the_server(town: Town) -> None:
    town.folder.change(lambda changer: changer.set_setting("lock.failures", 2))
    await turns()
    await town.server.beat()
    assert town.server.replica.lock.failures == 2


async def test_no_seed_lies_on_the_servers_disk_in_clear(town: Town) -> None:
    town.server.cut()
    assert town.login(0) is CODE
    for file in town.server.folder.iterdir():
        octets = file.read_bytes()
        assert SEED not in octets, file
        assert b"alice" not in octets, file


async def test_a_row_of_another_user_opens_no_more(town: Town) -> None:
    bob = town.folder.user("bob@example.org")
    town.folder.totp(bob)
    await turns()
    town.server.sql("UPDATE replica SET sealed = (SELECT max(sealed) FROM replica)")
    town.server.cut()
    town.server.start()
    assert town.login(0) is AWAY


async def test_an_outcome_bears_what_the_directory_wants_said(town: Town) -> None:
    town.server.cut()
    said = replace(PASSWORD, attributes=((25, b"staff"),))
    (outcome,) = town.server.begin(town.vpn, code(0), primary=said)
    assert isinstance(outcome, Allowed)
    assert outcome.attributes == ((25, b"staff"),)


async def test_a_database_that_is_damaged_is_said_to_be(town: Town, tmp_path: Path) -> None:
    folder = tmp_path / "damaged"
    folder.mkdir()
    (folder / "offline.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(Unusable):
        SqliteOffline(folder, town.server.keys, SystemClock())
