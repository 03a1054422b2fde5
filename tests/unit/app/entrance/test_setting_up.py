"""
Whoever follows his link becomes who it makes him: once, within a day, and with a second step that was seen to work.
"""

import pytest

from tests.fakes.administrators import HERE, PASSWORD, chosen, link_of, person
from tests.fakes.authenticator import Authenticator
from tests.fakes.changes import replace
from tests.fakes.office import Office
from watchword.app.administering.administrators import AdminNamed
from watchword.app.administration import Refusal, RefusalKind
from watchword.app.entrance import proving
from watchword.app.entrance.opening import Opened, Sessions
from watchword.app.entrance.setting_up import DISABLED, NOT_CHOSEN, SPENT, Choice, SettingUp, Shown, first_link
from watchword.domain.events import AuditEvent
from watchword.domain.otp import code_at
from watchword.domain.roles import Role
from watchword.domain.secrets import Secret

DAY = 86_400


async def first(office: Office) -> Secret:
    url = await first_link(office.context)
    assert url is not None
    assert url.startswith("http://localhost:8080/setup/"), "a name that passkeys can be bound to"
    return Secret(url.rpartition("/")[2].encode())


def code(office: Office, seed: bytes) -> str:
    return code_at(seed, office.clock.wall() // 30_000_000, 6)


async def finished(office: Office, link: Secret, name: str = "ada") -> Opened | Refusal:
    seed = await chosen(office, link, name)
    return await SettingUp(office.context).by_code(link, code(office, seed), HERE)


async def names(office: Office) -> list[str]:
    return [one.name for one in await office.records.read(lambda records: records.administrators())]


async def test_the_first_link_makes_the_first_owner_who_is_signed_in(office: Office) -> None:
    opened = await finished(office, await first(office))

    assert isinstance(opened, Opened)
    who = await Sessions(office.context).recognise(opened.token)
    assert who is not None
    assert (who.administrator.name, who.administrator.role) == ("ada", Role.OWNER)
    assert [event for event, _ in office.audited()] == [
        AuditEvent.SETUP_LINK_MADE,
        AuditEvent.ADMINISTRATOR_ADDED,
        AuditEvent.ADMINISTRATOR_SET_UP,
        AuditEvent.SESSION_STARTED,
    ]


async def test_once_there_is_an_owner_there_is_no_first_link(office: Office) -> None:
    await finished(office, await first(office))

    assert await first_link(office.context) is None


async def test_a_new_first_link_voids_the_one_before(office: Office) -> None:
    old = await first(office)
    new = await first(office)

    assert await SettingUp(office.context).look(old) == SPENT
    assert isinstance(await SettingUp(office.context).look(new), Shown)


async def test_two_who_follow_the_first_link_at_once_become_one_owner(office: Office) -> None:
    link = await first(office)
    seed = await chosen(office, link, "ada")
    right = code(office, seed)

    one = await SettingUp(office.context).by_code(link, right, HERE)
    other = await SettingUp(office.context).by_code(link, right, HERE)

    assert isinstance(one, Opened)
    assert other == SPENT
    assert await names(office) == ["ada"]


async def test_a_first_link_that_is_still_there_makes_nobody_once_there_is_an_owner(office: Office) -> None:
    link = await first(office)
    seed = await chosen(office, link, "eve")
    await person(office, "ada")

    refused = await SettingUp(office.context).by_code(link, code(office, seed), HERE)

    assert isinstance(refused, Refusal)
    assert refused.kind is RefusalKind.CONFLICT
    assert await names(office) == ["ada"]


async def test_a_link_is_good_for_a_day(office: Office) -> None:
    link = await link_of(office, "ada", Role.AUDITOR)
    office.clock.advance(DAY - 1)
    assert isinstance(await SettingUp(office.context).look(link), Shown)

    office.clock.advance(1)

    assert await SettingUp(office.context).look(link) == SPENT
    assert await SettingUp(office.context).choose(link, Choice(name="ada", display="", password=PASSWORD)) == SPENT


async def test_an_invitation_is_good_once(office: Office) -> None:
    link = await link_of(office, "ada", Role.AUDITOR)
    seed = await chosen(office, link, "ada")
    assert isinstance(await SettingUp(office.context).by_code(link, code(office, seed), HERE), Opened)

    assert await SettingUp(office.context).look(link) == SPENT
    assert await SettingUp(office.context).by_code(link, code(office, seed), HERE) == SPENT


async def test_a_link_of_nobodys_is_none(office: Office) -> None:
    await link_of(office, "ada", Role.AUDITOR)

    assert await SettingUp(office.context).look(Secret(b"A" * 43)) == SPENT


async def test_a_wrong_code_makes_nobody_and_leaves_the_link(office: Office) -> None:
    link = await first(office)
    await chosen(office, link, "ada")

    assert await SettingUp(office.context).by_code(link, "000000", HERE) == proving.WRONG_CODE

    assert await names(office) == []
    assert isinstance(await finished(office, link), Opened)


async def test_the_code_that_was_shown_opens_no_second_time(office: Office) -> None:
    ada = await person(office, "ada")

    totp = (await ada.now()).totp

    assert totp is not None
    assert totp.last_step == office.clock.wall() // 30_000_000 - 1


async def test_nobody_finishes_who_has_not_begun(office: Office) -> None:
    link = await first(office)

    assert await SettingUp(office.context).by_code(link, "123456", HERE) == NOT_CHOSEN
    assert await SettingUp(office.context).ask(link) == NOT_CHOSEN


@pytest.mark.parametrize("password", [b"too short", b"aaaaaaaaaaaaaaaa"])
async def test_a_poor_password_is_refused(office: Office, password: bytes) -> None:
    link = await first(office)

    refused = await SettingUp(office.context).choose(link, Choice(name="ada", display="", password=Secret(password)))

    assert isinstance(refused, Refusal)
    assert refused.kind is RefusalKind.INVALID


@pytest.mark.parametrize("name", ["", "host", "key:x", "a b"])
async def test_a_name_that_is_none_is_refused(office: Office, name: str) -> None:
    link = await first(office)

    refused = await SettingUp(office.context).choose(link, Choice(name=name, display="Ada", password=PASSWORD))

    assert isinstance(refused, Refusal)
    assert refused.kind is RefusalKind.INVALID


async def test_whoever_is_invited_keeps_the_name_that_he_was_given(office: Office) -> None:
    link = await link_of(office, "ada", Role.HELP_DESK)

    shown = await SettingUp(office.context).choose(link, Choice(name="eve", display="Ada L.", password=PASSWORD))

    assert isinstance(shown, Shown)
    assert (shown.name, shown.display, shown.role) == ("ada", "Ada L.", Role.HELP_DESK)


async def test_a_passkey_finishes_too_and_its_challenge_is_good_once_for_this_link_alone(office: Office) -> None:
    link, other = await link_of(office, "ada", Role.OWNER), await link_of(office, "eve", Role.OWNER)
    setting_up = SettingUp(office.context)
    await chosen(office, link, "ada")
    await chosen(office, other, "eve")
    options = await setting_up.ask(link)
    assert not isinstance(options, Refusal)
    answer = Authenticator().created(options)

    assert await setting_up.by_passkey(other, answer, "", HERE) == proving.WRONG_PASSKEY
    opened = await setting_up.by_passkey(link, answer, "", HERE)
    assert isinstance(opened, Opened)
    assert await setting_up.by_passkey(other, answer, "", HERE) == proving.WRONG_PASSKEY


async def test_a_passkey_that_somebody_has_is_nobody_elses(office: Office) -> None:
    await person(office, "ada", passkey=Authenticator())
    link = await link_of(office, "eve", Role.OWNER)
    await chosen(office, link, "eve")
    options = await SettingUp(office.context).ask(link)
    assert not isinstance(options, Refusal)

    refused = await SettingUp(office.context).by_passkey(link, Authenticator().created(options), "", HERE)

    assert isinstance(refused, Refusal)
    assert refused.kind is RefusalKind.CONFLICT
    assert isinstance(await SettingUp(office.context).look(link), Shown), "it is undone, so the link is still good"


async def test_no_passkey_is_bound_to_an_address(office: Office) -> None:
    link = await first(office)
    await chosen(office, link, "ada")
    office.context = replace(office.context, portal_url="http://192.0.2.7:8080")

    assert await SettingUp(office.context).ask(link) == proving.NO_PARTY
    assert await SettingUp(office.context).by_passkey(link, {}, "", HERE) == proving.NO_PARTY


async def test_whoever_comes_back_by_the_host_has_only_what_is_new(office: Office) -> None:
    ada = await person(office, "ada", passkey=Authenticator())
    await person(office, "olga")
    made = await office.do("admin.link", AdminNamed(name="ada"))

    opened = await finished(office, Secret(made.url.rpartition("/")[2].encode()))

    assert isinstance(opened, Opened)
    now = await ada.now()
    assert (now.passkeys, now.totp is not None, now.role) == ((), True, Role.OWNER)
    assert await Sessions(office.context).recognise(ada.token) is None


async def test_whoever_is_disabled_meanwhile_does_not_come_in(office: Office) -> None:
    await person(office, "olga")
    link = await link_of(office, "ada", Role.AUDITOR)
    seed = await chosen(office, link, "ada")
    await office.do("admin.disable", AdminNamed(name="ada"))

    assert await SettingUp(office.context).by_code(link, code(office, seed), HERE) == DISABLED
