"""
Settings: what the organisation chose.
"""

import pytest

from tests.fakes.office import OWNER, Office, kinds
from watchword.app.administration import RefusalKind
from watchword.app.manage.settings import SettingList, SettingSet
from watchword.domain.events import AuditEvent


async def test_every_setting_is_listed_with_its_default_and_bounds(office: Office) -> None:
    rows = {row.name: row for row in await office.do("setting.list", SettingList())}

    longest = rows["bypass.longest_seconds"]
    assert (longest.value, longest.default, longest.least, longest.most) == (3_600, 3_600, 1, 86_400)
    assert longest.words == "most seconds that a bypass may last"


async def test_a_setting_is_changed_by_its_name_or_the_part_behind_the_point(office: Office) -> None:
    changed = await office.do("setting.set", SettingSet(name="reject_delay", value=0.5), OWNER)
    await office.do("setting.set", SettingSet(name="lock.failures", value=3))

    settings = (await office.configuration()).settings
    assert (changed.name, changed.value) == ("radius.reject_delay", 0.5)
    assert (settings.radius.reject_delay, settings.lock.failures) == (0.5, 3)
    assert office.audited()[0] == (AuditEvent.SETTING_CHANGED, OWNER.name)
    assert office.records.audit[0].words == (("name", "radius.reject_delay"), ("before", "1"), ("after", "0.5"))


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("lock.failures", 1, "lock.failures must be from 2 to 20"),
        ("lock.failures", 21, "lock.failures must be from 2 to 20"),
        ("lock.failures", 2.5, "lock.failures must be a whole number"),
        ("lock.failures", float("nan"), "lock.failures must be from 2 to 20"),
        ("reject_delay", float("inf"), "radius.reject_delay must be from 0 to 10"),
        ("longest_seconds", 60, "there is no one setting longest_seconds; `watchword setting list` shows them all"),
        ("x\x1b", 1, "there is no one setting x?; `watchword setting list` shows them all"),
    ],
)
async def test_a_setting_out_of_bounds_is_refused(office: Office, name: str, value: float, sentence: str) -> None:
    before = await office.configuration()

    refusal = await office.refused("setting.set", SettingSet(name=name, value=value))

    assert kinds(refusal) == (RefusalKind.INVALID, sentence)
    assert await office.configuration() == before
