"""
The pages of settings: each in words, bounds beside the field, risk told before and after, and back to the default.
"""

import html

import pytest

from tests.fakes.changes import replace
from tests.fakes.office import Office
from tests.unit.web.portal.rooms import Room, room_of, visitor
from tests.unit.web.portal.test_filled import READING
from tests.unit.web.portal.test_sentences import GERMAN
from watchword.app.manage.settings import SettingList, SettingRow, SettingSet
from watchword.domain.roles import Role
from watchword.domain.settings import DEFAULTS, listed
from watchword.web.portal.setting_words import GROUPS, SETTINGS, Unit, setting_line

ONE = "/settings/bypass.longest_seconds"


async def page(at: Room, path: str, status: int = 200) -> str:
    answer = await at.get(path)
    assert answer.status == status, answer.body
    return html.unescape(answer.body.decode())


async def value(office: Office, name: str) -> float:
    rows: list[SettingRow] = await office.do("setting.list", SettingList())
    return next(row.value for row in rows if row.name == name)


def test_every_setting_has_words_and_every_one_of_them_is_german_too() -> None:
    names = [one.name for one in listed(DEFAULTS)]

    assert list(SETTINGS) == names
    assert list(GROUPS) == list(dict.fromkeys(name.partition(".")[0] for name in names))
    for words in SETTINGS.values():
        for text in filter(None, (words.title, words.does, words.risk)):
            assert GERMAN.gettext(text) != text


def test_every_default_is_safe_and_whatever_may_be_unsafe_says_what_it_costs() -> None:
    for one in listed(DEFAULTS):
        least, most = one.bound.safe
        assert one.bound.least <= least <= one.default <= most <= one.bound.most
        assert bool(SETTINGS[one.name].risk) is ((least, most) != (one.bound.least, one.bound.most))
        assert (SETTINGS[one.name].unit is Unit.SECONDS) is ("seconds" in one.name)


async def test_a_setting_that_has_no_words_yet_is_shown_as_the_command_line_shows_it(office: Office) -> None:
    rows: list[SettingRow] = await office.do("setting.list", SettingList())
    line = setting_line(replace(rows[0], name="moon.phase"), READING)

    assert (line.title, line.does, line.risk) == ("moon.phase", rows[0].words, "")


async def test_all_of_them_stand_in_groups_with_their_values(office: Office) -> None:
    shown = await page(room_of(office), "/settings")

    for words in SETTINGS.values():
        assert words.title in shown
    assert "One-time bypasses" in shown
    assert "1 hour" in shown
    assert "400 days" in shown
    assert ">changed<" not in shown


async def test_a_value_is_changed_marked_and_put_back(office: Office) -> None:
    at = room_of(office)

    answer = await at.post(ONE, value="1800")

    assert (answer.status, answer.headers["location"]) == (303, "/settings")
    assert await value(office, "bypass.longest_seconds") == 1_800
    shown = await page(at, "/settings/now")
    assert "30 minutes" in shown
    assert ">changed<" in shown
    again = await page(at, ONE)
    assert "Back to the default: 1 hour" in again
    assert 'name="value" value="3600"' in again
    await at.post(ONE, value="3600")
    assert ">changed<" not in await page(at, "/settings")
    assert "Back to the default" not in await page(at, ONE)


@pytest.mark.parametrize(
    ("path", "typed", "sentence"),
    [
        (ONE, "0", "Write a value from 1 to 86400."),
        (ONE, "86401", "Write a value from 1 to 86400."),
        (ONE, "1.5", "Write a whole number."),
        (ONE, "nan", "Write a value from 1 to 86400."),
        (ONE, "", "This is needed."),
        (ONE, "soon", "Write a whole number, such as 300."),
        ("/settings/radius.reject_delay", "11", "Write a value from 0 to 10."),
    ],
)
async def test_what_cannot_be_is_said_beside_the_field_and_nothing_typed_is_lost(
    office: Office, path: str, typed: str, sentence: str
) -> None:
    answer = await room_of(office).post(path, value=typed)
    shown = html.unescape(answer.body.decode())

    assert answer.status == 422
    assert 'id="f-value-error"' in shown
    assert sentence in shown
    assert f'value="{typed}"' in shown or not typed
    assert await value(office, "bypass.longest_seconds") == 3_600


async def test_a_risky_value_is_warned_of_while_it_is_typed_and_once_it_stands(office: Office) -> None:
    at = room_of(office)
    risk = SETTINGS["bypass.longest_seconds"].risk

    assert risk in await page(at, f"{ONE}/means?value=7200")
    assert risk not in await page(at, f"{ONE}/means?value=3600")
    assert risk not in await page(at, f"{ONE}/means?value=1e99")
    assert risk not in await page(at, f"{ONE}/means?value=soon")
    await at.post(ONE, value="7200")
    shown = await page(at, "/settings")
    assert risk in shown
    assert ">risky<" in shown


async def test_part_of_a_second_and_a_switch_are_taken(office: Office) -> None:
    at = room_of(office)

    await at.post("/settings/radius.reject_delay", value="1.5")
    await at.post("/settings/prompt.block_on_fraud", value="1")

    assert await value(office, "radius.reject_delay") == 1.5
    assert await value(office, "prompt.block_on_fraud") == 1
    assert "1.5 seconds" in await page(at, "/settings")
    assert '<option value="1" selected>yes' in await page(at, "/settings/prompt.block_on_fraud")


async def test_another_setting_than_that_of_the_address_cannot_be_changed_by_a_field(office: Office) -> None:
    await room_of(office).post(ONE, value="1800", name="lock.failures")

    assert await value(office, "lock.failures") == 5


async def test_a_change_takes_a_fresh_second_step_and_an_owner(office: Office) -> None:
    at = room_of(office, visitor(fresh=False))

    for answer in (await at.get(ONE), await at.post(ONE, value="60")):
        assert answer.headers["location"].startswith("/confirm")
    for role in (Role.AUTHENTICATION_ADMINISTRATOR, Role.AUDITOR):
        at.who[0] = visitor(role)
        assert (await at.post(ONE, value="60")).status == 403
        assert f'href="{ONE}"' not in await page(at, "/settings")
    at.who[0] = visitor(Role.HELP_DESK)
    assert (await at.get("/settings")).status == 403
    assert await value(office, "bypass.longest_seconds") == 3_600


@pytest.mark.parametrize("path", ["/settings/moon.phase", "/settings/moon.phase/means"])
async def test_a_setting_that_there_is_not_has_no_page(office: Office, path: str) -> None:
    assert "There is no such setting." in await page(room_of(office), path, 404)


async def test_whoever_looks_is_told_when_somebody_else_changes_one(office: Office) -> None:
    assert 'data-topics="settings"' in await page(room_of(office), "/settings")
    await office.do("setting.set", SettingSet(name="lock.failures", value=6))
    assert "Wrong second steps until a lock" in await page(room_of(office), "/settings/now")
