"""
One-time bypasses: who may make one, for how long, what it says, and the report.
"""

from typing import Any

import pytest

from tests.fakes.office import ALICE, DESK, OWNER, VPN, Office, kinds
from watchword.app.administration import HOST, Actor, RefusalKind
from watchword.app.manage.bypasses import BypassAdd, BypassCancel
from watchword.app.manage.groups import GroupAdd
from watchword.app.manage.report import BypassList
from watchword.app.manage.settings import SettingSet
from watchword.app.manage.standing import UserReasoned
from watchword.app.manage.users import UserNamed
from watchword.domain.applications import ApplicationId
from watchword.domain.bypass import BypassState
from watchword.domain.events import AuditEvent
from watchword.domain.lockout import Failures
from watchword.domain.roles import Role
from watchword.domain.users import UserId
from watchword.domain.verification import VerificationId
from watchword.kit.identifiers import parse, text
from watchword.ports.live import PendingVerification
from watchword.ports.login import SetFailures


def add(**fields: Any) -> BypassAdd:
    wanted: dict[str, Any] = {"user": ALICE, "reason": "lost her phone", "seconds": 60} | fields
    return BypassAdd(**wanted)


def verification(user: UserId, number: int = 1, *, source: str = "192.0.2.7") -> PendingVerification:
    return PendingVerification(
        id=VerificationId(number.to_bytes(16, "big")),
        user=user,
        application=ApplicationId(b"a" * 16),
        source=source,
        since=1_700_000_000_000_000,
        contended=False,
    )


@pytest.fixture
async def alice(office: Office) -> UserId:
    return await office.user()


@pytest.mark.usefixtures("alice")
async def test_a_bypass_starts_at_once_and_says_when_it_ends(office: Office) -> None:
    added = await office.do("bypass.add", add(user="EXAMPLE\\Alice", reason=" lost\nher phone "), DESK)

    (row,) = await office.do("bypass.list", BypassList())
    assert (row.id, added.expires_at) == (added.id, "2023-11-14T22:14:20.000000Z")
    assert (row.user, row.group, row.application, row.reason) == (ALICE, "default", None, "lost her phone")
    assert (row.seconds, row.created_by, row.state) == (60, DESK.name, BypassState.ACTIVE)
    assert (row.created_at, row.expires_at) == ("2023-11-14T22:13:20.000000Z", added.expires_at)
    assert (row.ended_at, row.ended_by, row.used_at_application, row.used_from) == (None, None, None, None)
    assert [bypass.expires_at for bypass in (await office.person()).bypasses] == [1_700_000_060_000_000]
    assert office.audited()[-1] == (AuditEvent.BYPASS_CREATED, DESK.name)
    assert {("seconds", "60"), ("reason", "lost her phone"), ("group", "default")} <= set(
        office.records.audit[-1].words
    )


async def test_a_bypass_changes_nothing_of_what_is_in_progress(office: Office, alice: UserId) -> None:
    bob = await office.user("bob@example.org")
    before = await office.person()
    mine, bobs = verification(alice), verification(bob, 2)
    office.running.verifications = [mine, bobs]

    added = await office.do("bypass.add", add())

    assert [row.id for row in added.pending] == [text(mine.id)]
    assert (added.pending[0].user, added.pending[0].source, added.let_through) == (ALICE, "192.0.2.7", None)
    assert (office.running.ends, office.running.let) == ([], [])
    assert (await office.person()).user.epoch == before.user.epoch


async def test_the_verification_that_was_chosen_is_let_through_at_once(office: Office, alice: UserId) -> None:
    chosen, other = verification(alice), verification(alice, 2, source="198.51.100.9")
    office.running.verifications = [chosen, other]

    added = await office.do("bypass.add", add(let_through=text(chosen.id)))

    assert office.running.let == [(chosen.id, parse(added.id))]
    assert added.let_through is True
    assert [row.id for row in added.pending] == [text(other.id)]


async def test_a_verification_that_ends_meanwhile_leaves_the_bypass_for_the_next_login(
    office: Office, alice: UserId
) -> None:
    office.running.verifications = [verification(alice)]
    office.running.passes = False

    added = await office.do("bypass.add", add(let_through=text(verification(alice).id)))

    assert added.let_through is False
    assert added.notes == ("that verification was over by then; the bypass waits for the next login",)
    assert len((await office.person()).bypasses) == 1


async def test_only_a_verification_of_that_user_that_is_in_progress_can_be_chosen(
    office: Office, alice: UserId
) -> None:
    bobs = verification(await office.user("bob@example.org"), 2)
    office.running.verifications = [bobs]

    assert kinds(await office.refused("bypass.add", add(let_through=text(bobs.id)))) == (
        RefusalKind.CONFLICT,
        "that verification is not one of alice@example.org; `watchword pending` shows whose it is",
    )
    unknown = verification(alice, 7).id
    assert kinds(await office.refused("bypass.add", add(let_through=text(unknown)))) == (
        RefusalKind.NOT_FOUND,
        f"no verification {text(unknown)} is in progress any more; `watchword pending` shows what is",
    )
    assert (await office.refused("bypass.add", add(let_through="7"))).kind is RefusalKind.INVALID
    office.stop()
    assert kinds(await office.refused("bypass.add", add(let_through=text(bobs.id)))) == (
        RefusalKind.UNAVAILABLE,
        "nothing is running on this data folder, so nothing is in progress; `watchword up` starts it",
    )
    assert (await office.person()).bypasses == ()
    assert office.running.let == []


@pytest.mark.usefixtures("alice")
async def test_a_bypass_can_be_made_while_nothing_runs(office: Office) -> None:
    office.stop()

    added = await office.do("bypass.add", add())

    assert (added.pending, added.let_through) == ((), None)


@pytest.mark.usefixtures("alice")
async def test_the_organisations_default_is_given_where_no_seconds_are_named(office: Office) -> None:
    await office.do("bypass.add", add(seconds=None))
    assert (await office.do("bypass.list", BypassList()))[0].seconds == 300
    await office.do("setting.set", SettingSet(name="bypass.longest_seconds", value=120))

    await office.do("bypass.add", add(seconds=None))
    assert (await office.do("bypass.list", BypassList()))[0].seconds == 120


@pytest.mark.parametrize(
    ("role", "seconds", "longest"),
    [
        (Role.HOST, 0, 3_600),
        (Role.HOST, -1, 3_600),
        (Role.HOST, 3_601, 3_600),
        (Role.OWNER, 1_000_000_000, 3_600),
        (Role.HELP_DESK, 901, 900),
    ],
)
@pytest.mark.usefixtures("alice")
async def test_seconds_out_of_range_are_refused(office: Office, role: Role, seconds: int, longest: int) -> None:
    actor = Actor(name="somebody", role=role)

    assert kinds(await office.refused("bypass.add", add(seconds=seconds), actor)) == (
        RefusalKind.INVALID,
        f"the seconds are out of range: a bypass lasts from 1 to {longest} seconds",
    )
    assert (await office.person()).bypasses == ()


@pytest.mark.parametrize(("actor", "seconds"), [(HOST, 1), (HOST, 3_600), (DESK, 900)])
@pytest.mark.usefixtures("alice")
async def test_the_longest_that_a_role_may_give_is_taken(office: Office, actor: Actor, seconds: int) -> None:
    await office.do("bypass.add", add(seconds=seconds), actor)


@pytest.mark.parametrize("reason", ["", " \n ", "x" * 501, "\x1b[31m"])
@pytest.mark.usefixtures("alice")
async def test_a_bypass_needs_a_reason(office: Office, reason: str) -> None:
    assert kinds(await office.refused("bypass.add", add(reason=reason))) == (
        RefusalKind.INVALID,
        "a reason is needed: 1 to 500 printable characters",
    )


async def test_nobody_makes_one_for_himself_under_any_of_his_names(office: Office, alice: UserId) -> None:
    actors = [
        Actor(name="olga", role=Role.OWNER, user=alice),
        Actor(name="Alice@Example.org", role=Role.OWNER),
        Actor(name="EXAMPLE\\alice", role=Role.OWNER),
        Actor(name="alice", role=Role.OWNER),
    ]

    for actor in actors:
        assert kinds(await office.refused("bypass.add", add(), actor)) == (
            RefusalKind.FORBIDDEN,
            "nobody creates a bypass for himself; ask another administrator",
        )
    assert (await office.person()).bypasses == ()


@pytest.mark.usefixtures("alice")
async def test_the_group_is_asked_for_where_there_is_more_than_one(office: Office) -> None:
    await office.do("group.add", GroupAdd(name="Branch"))

    assert kinds(await office.refused("bypass.add", add())) == (
        RefusalKind.INVALID,
        "there is more than one replication group: name one, or all (--group); there are default, Branch",
    )
    assert kinds(await office.refused("bypass.add", add(group="Nowhere"))) == (
        RefusalKind.NOT_FOUND,
        "there is no replication group 'Nowhere'; `watchword group list` shows them",
    )
    await office.do("bypass.add", add(group="Branch"))
    assert [row.group for row in await office.do("bypass.list", BypassList())] == ["Branch"]


@pytest.mark.usefixtures("alice")
async def test_all_groups_are_a_choice(office: Office) -> None:
    await office.do("group.add", GroupAdd(name="Branch"))
    await office.do("bypass.add", add(group="all"))

    (bypass,) = (await office.person()).bypasses
    assert bypass.group is None
    assert [row.group for row in await office.do("bypass.list", BypassList())] == ["all"]


@pytest.mark.usefixtures("alice")
async def test_a_bypass_may_be_for_one_application(office: Office) -> None:
    application = await office.application()
    await office.do("bypass.add", add(application=VPN))

    (bypass,) = (await office.person()).bypasses
    assert bypass.application == parse(application)
    assert (await office.do("bypass.list", BypassList()))[0].application == VPN
    assert (await office.refused("bypass.add", add(application="Nobody"))).kind is RefusalKind.NOT_FOUND


@pytest.mark.usefixtures("alice")
async def test_a_new_one_takes_the_place_of_the_one_before(office: Office) -> None:
    first = await office.do("bypass.add", add())
    second = await office.do("bypass.add", add(), OWNER)

    rows = {row.id: row for row in await office.do("bypass.list", BypassList(all=True))}
    assert second.superseded == (first.id,)
    assert (rows[first.id].state, rows[first.id].ended_by) == (BypassState.SUPERSEDED, OWNER.name)
    assert rows[second.id].state is BypassState.ACTIVE
    assert [text(bypass.id) for bypass in (await office.person()).bypasses] == [second.id]
    assert office.audited()[-2:] == [
        (AuditEvent.BYPASS_CREATED, OWNER.name),
        (AuditEvent.BYPASS_SUPERSEDED, OWNER.name),
    ]


async def test_a_lock_makes_it_worthless_for_the_moment(office: Office, alice: UserId) -> None:
    locked = Failures(locked_until=office.clock.now() + 1)
    office.commit(SetFailures(user=alice, failures=locked, bump=True))

    assert (await office.do("bypass.add", add())).notes == (
        "alice@example.org is locked, and a lock beats a bypass; `watchword user unlock alice@example.org` ends it",
    )
    office.clock.advance(1)
    assert (await office.do("bypass.add", add())).notes == ()


@pytest.mark.usefixtures("alice")
async def test_what_makes_it_worthless_for_the_moment_is_told(office: Office) -> None:
    await office.do("user.block", UserReasoned(user=ALICE, reason="left"))

    added = await office.do("bypass.add", add())

    assert added.notes == (
        "alice@example.org is blocked, and a block beats a bypass; `watchword user unblock alice@example.org` ends it",
    )


async def test_nobody_gets_one_who_is_not_there(office: Office) -> None:
    assert (await office.refused("bypass.add", add())).kind is RefusalKind.NOT_FOUND


# --- cancelling


async def test_a_cancelled_bypass_is_over_and_so_is_what_is_in_progress(office: Office, alice: UserId) -> None:
    added = await office.do("bypass.add", add())
    before = await office.person()

    cancelled = await office.do("bypass.cancel", BypassCancel(id=added.id, reason="phone found"), DESK)

    (row,) = await office.do("bypass.list", BypassList(all=True))
    assert (cancelled.id, cancelled.user) == (added.id, ALICE)
    assert (row.state, row.ended_by, row.ended_at) == (BypassState.CANCELLED, DESK.name, row.created_at)
    assert (await office.person()).user.epoch > before.user.epoch
    assert office.running.ends == [alice]
    assert office.audited()[-1] == (AuditEvent.BYPASS_CANCELLED, DESK.name)
    assert ("reason", "phone found") in office.records.audit[-1].words


@pytest.mark.usefixtures("alice")
async def test_what_is_over_cannot_be_cancelled(office: Office) -> None:
    added = await office.do("bypass.add", add())
    await office.do("bypass.cancel", BypassCancel(id=added.id, reason="found"))
    late = await office.do("bypass.add", add())
    office.clock.advance(60)

    assert kinds(await office.refused("bypass.cancel", BypassCancel(id=added.id, reason="again"))) == (
        RefusalKind.CONFLICT,
        "the bypass is cancelled, so there is nothing left to cancel",
    )
    assert kinds(await office.refused("bypass.cancel", BypassCancel(id=late.id, reason="late"))) == (
        RefusalKind.CONFLICT,
        "the bypass is expired, so there is nothing left to cancel",
    )
    unknown = "0190b2f4-5d6e-7c3a-8f10-2b4c6d8e0f12"
    assert kinds(await office.refused("bypass.cancel", BypassCancel(id=unknown, reason="x"))) == (
        RefusalKind.NOT_FOUND,
        f"there is no bypass {unknown}; `watchword bypass list --all` shows every one",
    )
    assert (await office.refused("bypass.cancel", BypassCancel(id="7", reason="x"))).kind is RefusalKind.INVALID
    assert (await office.refused("bypass.cancel", BypassCancel(id=late.id, reason=" "))).kind is RefusalKind.INVALID


# --- the report


@pytest.mark.usefixtures("alice")
async def test_the_report_shows_every_bypass_that_ever_was_newest_first(office: Office) -> None:
    await office.user("bob@example.org")
    made = []
    for _ in range(3):
        made.append(await office.do("bypass.add", add()))
        office.clock.advance(61)
    made.append(await office.do("bypass.add", add(user="bob")))
    await office.do("user.remove", UserNamed(user="bob"))

    rows = await office.do("bypass.list", BypassList(all=True))

    assert [row.id for row in rows] == [bypass.id for bypass in reversed(made)]
    assert [row.state for row in rows] == [BypassState.CANCELLED, *[BypassState.EXPIRED] * 3]
    assert rows[0].user == "bob@example.org"
    assert await office.do("bypass.list", BypassList()) == []


@pytest.mark.usefixtures("alice")
async def test_the_report_has_pages(office: Office) -> None:
    made = [await office.do("bypass.add", add()) for _ in range(5)]

    first = await office.do("bypass.list", BypassList(all=True, limit=2))
    rest = await office.do("bypass.list", BypassList(all=True, before=first[-1].id))

    assert [row.id for row in (*first, *rest)] == [bypass.id for bypass in reversed(made)]
    for wrong in (BypassList(limit=0), BypassList(limit=1_001), BypassList(before="7")):
        assert (await office.refused("bypass.list", wrong)).kind is RefusalKind.INVALID
