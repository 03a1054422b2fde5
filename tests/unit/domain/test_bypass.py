"""
One-time bypasses: what may be made (B2, B4) and which one applies.
"""

from typing import Any

import pytest

from tests.fakes.changes import replace
from tests.unit.domain.values import BYPASS, EAST, MAIL, NOW, SECOND, VPN, WEST
from watchword.domain.bypass import (
    LONGEST_REASON,
    Bypass,
    BypassId,
    BypassRefusal,
    applicable,
    longest_for,
    refusal,
    too_many,
)
from watchword.domain.settings import BypassSettings


def refused(**changes: Any) -> BypassRefusal | None:
    asked: dict[str, Any] = {
        "seconds": 300,
        "reason": "lost phone",
        "longest": 3_600,
        "own": False,
        "group_named": False,
        "groups": 1,
    }
    return refusal(**{**asked, **changes})


def bypass(name: bytes, **changes: Any) -> Bypass:
    return replace(BYPASS, id=BypassId(name), **changes)


def applied(*bypasses: Bypass, now: int = NOW) -> Bypass | None:
    return applicable(bypasses, group=EAST, application=VPN, now=now)


def test_a_bypass_in_order_is_made() -> None:
    assert refused() is None


@pytest.mark.parametrize("seconds", [1, 2, 3_599, 3_600])
def test_b4_seconds_within_bounds(seconds: int) -> None:
    assert refused(seconds=seconds) is None


@pytest.mark.parametrize("seconds", [-1, 0, 3_601, 10**9])
def test_b4_seconds_out_of_bounds(seconds: int) -> None:
    assert refused(seconds=seconds) is BypassRefusal.SECONDS


def test_the_creators_own_maximum_counts() -> None:
    assert refused(seconds=901, longest=900) is BypassRefusal.SECONDS
    assert refused(seconds=900, longest=900) is None


@pytest.mark.parametrize("reason", ["", " ", "\t\n", "x" * (LONGEST_REASON + 1)])
def test_a_bypass_needs_a_reason(reason: str) -> None:
    assert refused(reason=reason) is BypassRefusal.REASON


def test_a_reason_may_be_as_long_as_the_report_shows() -> None:
    assert LONGEST_REASON == 500
    assert refused(reason="x") is None
    assert refused(reason="x" * LONGEST_REASON) is None


def test_b2_nobody_makes_one_for_himself() -> None:
    assert refused(own=True) is BypassRefusal.OWN


def test_of_several_groups_one_is_named() -> None:
    assert refused(groups=2) is BypassRefusal.GROUP
    assert refused(groups=2, group_named=True) is None
    assert refused(groups=1, group_named=True) is None


def test_the_first_fault_is_told() -> None:
    assert refused(seconds=0, reason="", own=True, groups=2) is BypassRefusal.SECONDS
    assert refused(reason="", own=True, groups=2) is BypassRefusal.REASON
    assert refused(own=True, groups=2) is BypassRefusal.OWN


def test_the_organisation_and_the_role_both_limit() -> None:
    assert longest_for(BypassSettings(longest_seconds=3_600), None) == 3_600
    assert longest_for(BypassSettings(longest_seconds=3_600), 900) == 900
    assert longest_for(BypassSettings(longest_seconds=600), 900) == 600


def test_a_bypass_applies_from_its_creation_until_it_ends() -> None:
    one = bypass(b"1", created_at=NOW, expires_at=NOW + SECOND)
    assert applied(one, now=NOW - 1) is None
    assert applied(one, now=NOW) == one
    assert applied(one, now=NOW + SECOND - 1) == one
    assert applied(one, now=NOW + SECOND) is None


def test_a_bypass_applies_in_its_group_only() -> None:
    assert applied(bypass(b"1", group=EAST)) is not None
    assert applied(bypass(b"1", group=None)) is not None
    assert applied(bypass(b"1", group=WEST)) is None


def test_a_bypass_applies_at_its_application_only() -> None:
    assert applied(bypass(b"1", application=VPN)) is not None
    assert applied(bypass(b"1", application=None)) is not None
    assert applied(bypass(b"1", application=MAIL)) is None


def test_the_narrowest_bypass_is_used_first() -> None:
    for_all = bypass(b"1")
    of_group = bypass(b"2", group=EAST)
    of_application = bypass(b"3", application=VPN)
    of_both = bypass(b"4", group=EAST, application=VPN)
    assert applied(for_all, of_group, of_application, of_both) == of_both
    assert applied(for_all, of_group, of_application) == of_application
    assert applied(for_all, of_group) == of_group
    assert applied(for_all) == for_all


def test_of_two_alike_the_older_is_used_first() -> None:
    assert applied(bypass(b"2"), bypass(b"1")) == bypass(b"1")


def test_without_a_bypass_none_applies() -> None:
    assert applied() is None


@pytest.mark.parametrize(
    ("made_by", "made_for", "said"),
    [
        (0, 0, None),
        (4, 2, None),
        (5, 2, BypassRefusal.MADE),
        (6, 3, BypassRefusal.MADE),
        (4, 3, BypassRefusal.USER),
        (0, 4, BypassRefusal.USER),
    ],
)
def test_b16_a_maker_makes_so_many_and_a_user_gets_so_many(
    made_by: int, made_for: int, said: BypassRefusal | None
) -> None:
    settings = BypassSettings(most_by_creator=5, most_for_user=3)
    assert too_many(settings, made_by=made_by, made_for=made_for) is said
