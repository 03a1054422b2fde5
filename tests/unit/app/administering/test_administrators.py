"""
Those who administer: an owner is always left, nobody raises himself, and no program makes any.
"""

import pytest

from tests.fakes.administrators import Person, link_of, person
from tests.fakes.office import ALICE, Office, kinds
from watchword.app.administering.administrators import (
    LAST_OWNER,
    NOT_HIMSELF,
    AdminChange,
    AdminInvite,
    AdminList,
    AdminNamed,
    AdminRow,
)
from watchword.app.administering.sessions import SessionEnd, SessionEndAll, SessionList
from watchword.app.administration import HOST, Actor, Refusal, RefusalKind
from watchword.app.entrance.opening import Sessions
from watchword.app.entrance.setting_up import SettingUp
from watchword.app.manage.api_keys import PERSONS_ONLY
from watchword.app.manage.bypasses import BypassAdd
from watchword.app.manage.users import UserNamed
from watchword.domain.events import AuditEvent
from watchword.domain.roles import Role

VERBS = ("disable", "remove")


async def row(office: Office, name: str) -> AdminRow:
    rows: list[AdminRow] = await office.do("admin.list", AdminList())
    return next(one for one in rows if one.name == name)


async def is_signed_in(one: Person) -> bool:
    return await Sessions(one.office.context).recognise(one.token) is not None


# --- inviting


async def test_whoever_is_invited_is_there_and_opens_nothing_yet(office: Office) -> None:
    made = await office.do("admin.invite", AdminInvite(name=" Dora ", role=Role.HELP_DESK, display="Dora Desk"))

    assert made.url not in repr(made)
    invited = await row(office, "dora")
    assert (invited.state, invited.role, invited.display) == ("invited", "help-desk", "Dora Desk")
    assert [event for event, _ in office.audited()] == [AuditEvent.ADMINISTRATOR_ADDED, AuditEvent.SETUP_LINK_MADE]


async def test_another_invitation_voids_the_link_before(office: Office) -> None:
    old = await link_of(office, "dora", Role.HELP_DESK)
    new = await link_of(office, "dora", Role.AUDITOR)

    assert isinstance(await SettingUp(office.context).look(old), Refusal)
    assert not isinstance(await SettingUp(office.context).look(new), Refusal)
    assert (await row(office, "dora")).role == "auditor"


async def test_nobody_is_invited_who_is_there(office: Office) -> None:
    await person(office)

    refused = await office.refused("admin.invite", AdminInvite(name="ada", role=Role.OWNER))

    assert refused.kind is RefusalKind.CONFLICT


@pytest.mark.parametrize(
    "wanted",
    [
        AdminInvite(name="a b", role=Role.AUDITOR),
        AdminInvite(name="ada", role=Role.HOST),
        AdminInvite(name="ada", role=Role.AUDITOR, display="\x1b"),
    ],
)
async def test_what_nobody_can_be_is_refused(office: Office, wanted: AdminInvite) -> None:
    assert (await office.refused("admin.invite", wanted)).kind is RefusalKind.INVALID


async def test_a_user_who_is_not_there_is_nobodys(office: Office) -> None:
    refused = await office.refused("admin.invite", AdminInvite(name="ada", role=Role.AUDITOR, user=ALICE))

    assert refused.kind is RefusalKind.NOT_FOUND


# --- an owner is always left


@pytest.mark.parametrize("verb", VERBS)
async def test_the_last_owner_stays(office: Office, verb: str) -> None:
    await person(office)
    await person(office, "dora", Role.HELP_DESK)
    await link_of(office, "olga", Role.OWNER)

    assert await office.refused(f"admin.{verb}", AdminNamed(name="ada")) == LAST_OWNER
    assert await office.refused("admin.change", AdminChange(name="ada", role=Role.AUDITOR)) == LAST_OWNER
    assert (await row(office, "ada")).state == "active"


@pytest.mark.parametrize("verb", VERBS)
async def test_one_of_two_owners_may_go(office: Office, verb: str) -> None:
    ada = await person(office)
    await person(office, "olga")

    await office.do(f"admin.{verb}", AdminNamed(name="ada"))

    assert not await is_signed_in(ada)
    assert await office.refused(f"admin.{verb}", AdminNamed(name="olga")) == LAST_OWNER


async def test_an_owner_who_is_disabled_is_none_who_is_left(office: Office) -> None:
    await person(office)
    await person(office, "olga")
    await office.do("admin.disable", AdminNamed(name="olga"))

    assert await office.refused("admin.remove", AdminNamed(name="ada")) == LAST_OWNER
    await office.do("admin.enable", AdminNamed(name="olga"))
    await office.do("admin.remove", AdminNamed(name="ada"))


# --- nobody raises himself


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("admin.change", AdminChange(name="ada", role=Role.AUDITOR)),
        ("admin.change", AdminChange(name="ada", user="")),
        ("admin.disable", AdminNamed(name="ada")),
        ("admin.enable", AdminNamed(name="ada")),
        ("admin.remove", AdminNamed(name="ada")),
        ("admin.unlock", AdminNamed(name="ada")),
    ],
)
async def test_nobody_changes_what_he_himself_may_do(office: Office, name: str, arguments: object) -> None:
    ada = await person(office)
    await person(office, "olga")

    assert await office.refused(name, arguments, await ada.actor()) == NOT_HIMSELF


async def test_another_role_ends_sessions_and_the_same_one_does_not(office: Office) -> None:
    await person(office, "olga")
    ada = await person(office)

    await office.do("admin.change", AdminChange(name="ada", display="Ada L.", role=Role.OWNER))
    assert await is_signed_in(ada)
    await office.do("admin.change", AdminChange(name="ada", role=Role.HELP_DESK))

    assert not await is_signed_in(ada)
    changed = await row(office, "ada")
    assert (changed.role, changed.display) == ("help-desk", "Ada L.")
    assert ("role", "owner -> help-desk") in office.records.audit[-1].words


async def test_nobody_becomes_the_host(office: Office) -> None:
    await person(office)

    refused = await office.refused("admin.change", AdminChange(name="ada", role=Role.HOST))

    assert refused.kind is RefusalKind.INVALID


@pytest.mark.parametrize("verb", ["link", "disable", "enable", "unlock", "remove"])
async def test_nobody_who_is_not_there_can_be_meant(office: Office, verb: str) -> None:
    refused = await office.refused(f"admin.{verb}", AdminNamed(name="nobody"))

    assert refused.kind is RefusalKind.NOT_FOUND


async def test_what_is_done_already_is_said(office: Office) -> None:
    await person(office, "olga")
    await person(office)
    assert (await office.refused("admin.enable", AdminNamed(name="ada"))).kind is RefusalKind.CONFLICT
    await office.do("admin.disable", AdminNamed(name="ada"))
    assert (await office.refused("admin.disable", AdminNamed(name="ada"))).kind is RefusalKind.CONFLICT


# --- programs


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("admin.invite", AdminInvite(name="eve", role=Role.OWNER)),
        ("admin.change", AdminChange(name="ada", role=Role.AUDITOR)),
        ("admin.disable", AdminNamed(name="ada")),
        ("admin.remove", AdminNamed(name="ada")),
        ("session.end", SessionEnd(id="0190b2f4-5d6e-7c3a-8f10-2b4c6d8e0f12")),
        ("session.end-all", SessionEndAll(administrator="ada")),
    ],
)
async def test_a_program_with_an_owners_key_changes_nobody(office: Office, name: str, arguments: object) -> None:
    await person(office)

    refused = await office.refused(name, arguments, Actor(name="key:backup", role=Role.OWNER))

    assert kinds(refused) == (RefusalKind.FORBIDDEN, PERSONS_ONLY)


# --- sessions


async def test_sessions_are_listed_and_ended_one_by_one_and_all(office: Office) -> None:
    ada, olga = await person(office), await person(office, "olga")
    rows = await office.do("session.list", SessionList(), await ada.actor())
    assert [(one.administrator, one.current) for one in rows] == [("olga", False), ("ada", True)]

    await office.do("session.end", SessionEnd(id=rows[0].id), await ada.actor())
    assert not await is_signed_in(olga)
    assert (await office.refused("session.end", SessionEnd(id=rows[0].id))).kind is RefusalKind.NOT_FOUND
    assert (await office.refused("session.end", SessionEnd(id="x"))).kind is RefusalKind.INVALID
    ended = await office.do("session.end-all", SessionEndAll(administrator="ada"), HOST)
    assert ended.ended == 1
    assert not await is_signed_in(ada)
    assert await office.do("session.list", SessionList(administrator="ada")) == []


async def test_sessions_of_nobody_are_none(office: Office) -> None:
    for name, arguments in (
        ("session.list", SessionList(administrator="nobody")),
        ("session.end-all", SessionEndAll(administrator="nobody")),
    ):
        assert (await office.refused(name, arguments)).kind is RefusalKind.NOT_FOUND


async def test_a_session_that_is_over_is_not_listed(office: Office) -> None:
    await person(office)
    office.clock.advance(1_800)

    assert await office.do("session.list", SessionList()) == []


# --- nobody gives a bypass to himself (B2, N22)


async def test_an_administrator_gives_no_bypass_to_the_user_that_he_is(office: Office) -> None:
    await office.user()
    dora = await person(office, "dora", Role.HELP_DESK, user=ALICE)

    refused = await office.refused("bypass.add", BypassAdd(user=ALICE, reason="lost", seconds=60), await dora.actor())

    assert refused.kind is RefusalKind.FORBIDDEN


async def test_a_user_who_is_removed_is_nobody_any_more(office: Office) -> None:
    await office.user()
    await person(office, "dora", Role.HELP_DESK, user=ALICE)

    await office.do("user.remove", UserNamed(user=ALICE))

    assert (await row(office, "dora")).user is None
