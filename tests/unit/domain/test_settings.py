"""
Settings: where they start, and the bounds that they cannot leave.
"""

import math
from typing import Final

import pytest

from watchword.domain.settings import (
    DEFAULTS,
    BypassSettings,
    CachingSettings,
    LockSettings,
    PromptSettings,
    RadiusSettings,
    Setting,
    SettingRefusal,
    Settings,
    ThrottleSettings,
    changed,
    listed,
)

#: Name, default, least and most of each: what administrators rely on.
BOUNDS: Final = {
    "lock.failures": (5, 2, 20),
    "lock.within_seconds": (900, 60, 86_400),
    "lock.lock_seconds": (900, 60, 86_400),
    "throttle.free": (5, 1, 20),
    "throttle.longest_seconds": (60, 1, 3_600),
    "prompt.refused": (3, 1, 20),
    "prompt.within_seconds": (600, 60, 86_400),
    "prompt.off_seconds": (1_800, 60, 86_400),
    "prompt.block_on_fraud": (0, 0, 1),
    "bypass.longest_seconds": (3_600, 1, 86_400),
    "bypass.default_seconds": (300, 1, 3_600),
    "bypass.most_by_creator": (10, 1, 1_000),
    "bypass.most_for_user": (5, 1, 100),
    "caching.longest_user_seconds": (300, 1, 86_400),
    "caching.longest_application_seconds": (3_600, 1, 86_400),
    "caching.longest_ip_seconds": (86_400, 1, 604_800),
    "radius.reject_delay": (1, 0, 10),
    "retention.days": (400, 1, 3_660),
    "session.idle_seconds": (1_800, 60, 86_400),
    "session.longest_seconds": (43_200, 300, 604_800),
}


def named(settings: Settings, name: str) -> Setting:
    (one,) = (known for known in listed(settings) if known.name == name)
    return one


def test_every_setting_is_listed_with_its_default_and_bounds() -> None:
    found = {one.name: (one.default, one.bound.least, one.bound.most) for one in listed(DEFAULTS)}
    assert found == BOUNDS
    assert all(one.value == one.default and one.bound.words for one in listed(DEFAULTS))


@pytest.mark.parametrize("name", BOUNDS)
def test_a_setting_takes_what_lies_within_its_bounds(name: str) -> None:
    default, least, most = BOUNDS[name]
    for value in (least, most):
        settings = changed(DEFAULTS, name, value)
        assert isinstance(settings, Settings)
        assert named(settings, name).value == value
        assert named(settings, name).default == default
        others = [(one.name, one.value) for one in listed(settings) if one.name != name]
        assert others == [(one.name, one.value) for one in listed(DEFAULTS) if one.name != name]


@pytest.mark.parametrize("name", BOUNDS)
def test_a_setting_refuses_what_lies_beyond(name: str) -> None:
    _, least, most = BOUNDS[name]
    for value in (least - 1, most + 1, math.inf, -math.inf, math.nan):
        assert changed(DEFAULTS, name, value) == SettingRefusal(f"{name} must be from {least:g} to {most:g}")


def test_a_number_of_things_is_whole() -> None:
    assert changed(DEFAULTS, "lock.failures", 3.5) == SettingRefusal("lock.failures must be a whole number")
    settings = changed(DEFAULTS, "lock.failures", 3.0)
    assert isinstance(settings, Settings)
    assert repr(settings.lock.failures) == "3"


def test_a_delay_may_be_a_fraction_of_a_second() -> None:
    settings = changed(DEFAULTS, "radius.reject_delay", 0.25)
    assert settings == Settings(radius=RadiusSettings(reject_delay=0.25))
    assert changed(DEFAULTS, "reject_delay", 0) == Settings(radius=RadiusSettings(reject_delay=0))


def test_a_setting_may_be_named_without_its_paragraph_where_that_is_clear() -> None:
    assert changed(DEFAULTS, "failures", 3) == Settings(lock=LockSettings(failures=3))


@pytest.mark.parametrize(
    "name",
    ["", ".", "lock", "lock.", "failure", "longest_seconds", "within_seconds", "LOCK.FAILURES", "throttle.failures"],
)
def test_a_name_that_means_no_one_setting(name: str) -> None:
    refusal = changed(DEFAULTS, name, 3)
    assert refusal == SettingRefusal(
        f"there is no one setting {name}; `watchword setting list` shows them all", known=False
    )


def test_changes_add_up() -> None:
    settings = changed(DEFAULTS, "lock.failures", 3)
    assert isinstance(settings, Settings)
    settings = changed(settings, "lock.lock_seconds", 60)
    assert settings == Settings(lock=LockSettings(failures=3, lock_seconds=60))


def test_an_organisation_starts_from_what_the_design_says() -> None:
    assert LockSettings() == LockSettings(failures=5, within_seconds=900, lock_seconds=900)
    assert ThrottleSettings() == ThrottleSettings(free=5, longest_seconds=60)
    assert PromptSettings() == PromptSettings(refused=3, within_seconds=600, off_seconds=1_800, block_on_fraud=0)
    assert BypassSettings() == BypassSettings(longest_seconds=3_600, default_seconds=300)
    assert CachingSettings().longest_user_seconds == 300
    assert CachingSettings().longest_application_seconds == 3_600
    assert CachingSettings().longest_ip_seconds == 86_400
    assert RadiusSettings().reject_delay == 1
