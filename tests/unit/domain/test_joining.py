"""
Joining: the same login and nothing but it (C2-C5), and for how long its outcome is shared.
"""

from typing import Any, Final

import pytest

from tests.unit.domain.values import ALICE, BOB, EAST, MAIL, MONOTONIC, VPN, WEST
from watchword.domain.caching import CacheType
from watchword.domain.joining import SHARED_SECONDS, LoginKey, keys_of, usable

LOGIN: Final[dict[str, Any]] = {
    "group": EAST,
    "user": ALICE,
    "application": VPN,
    "source": "198.51.100.7",
    "proofs": (b"today", b"yesterday"),
    "code": None,
    "rule": None,
}
SHARED: Final = SHARED_SECONDS * 1_000_000_000


def test_a_login_is_found_by_each_proof_of_its_password_the_newest_first() -> None:
    assert keys_of(**LOGIN) == (
        LoginKey(EAST, ALICE, VPN, "198.51.100.7", b"today", None),
        LoginKey(EAST, ALICE, VPN, "198.51.100.7", b"yesterday", None),
    )


@pytest.mark.parametrize(
    "change",
    [
        {"group": WEST},
        {"user": BOB},
        {"application": MAIL},
        {"source": "198.51.100.8"},
        {"proofs": (b"another",)},
        {"code": "123456"},
    ],
)
def test_what_differs_in_one_thing_is_another_login(change: dict[str, Any]) -> None:
    assert not set(keys_of(**LOGIN)) & set(keys_of(**{**LOGIN, **change}))


def test_two_codes_are_two_logins() -> None:
    first, second = (keys_of(**{**LOGIN, "code": code}) for code in ("123456", "654321"))
    assert not set(first) & set(second)


@pytest.mark.parametrize("rule", [None, CacheType.IP])
def test_without_a_source_nothing_joins(rule: CacheType | None) -> None:
    assert keys_of(**{**LOGIN, "source": None, "rule": rule}) == ()


@pytest.mark.parametrize("rule", [CacheType.USER, CacheType.APPLICATION])
def test_without_a_source_those_join_that_all_lack_one_under_a_rule_that_needs_none(rule: CacheType) -> None:
    without = keys_of(**{**LOGIN, "source": None, "rule": rule})
    assert without == (
        LoginKey(EAST, ALICE, VPN, None, b"today", None),
        LoginKey(EAST, ALICE, VPN, None, b"yesterday", None),
    )
    assert not set(without) & set(keys_of(**{**LOGIN, "rule": rule}))


@pytest.mark.parametrize("rule", [None, *CacheType])
def test_with_a_source_the_rule_changes_nothing(rule: CacheType | None) -> None:
    assert keys_of(**{**LOGIN, "rule": rule}) == keys_of(**LOGIN)


def test_without_a_proof_nothing_joins() -> None:
    assert keys_of(**{**LOGIN, "proofs": ()}) == ()


@pytest.mark.parametrize(
    ("passed", "shared"), [(-1, False), (0, True), (1, True), (SHARED - 1, True), (SHARED, False), (SHARED + 1, False)]
)
def test_an_outcome_is_shared_for_ten_seconds(passed: int, *, shared: bool) -> None:
    assert usable(ended_at=MONOTONIC, now=MONOTONIC + passed, epoch=7, current_epoch=7) is shared


@pytest.mark.parametrize("current_epoch", [6, 8])
def test_an_outcome_of_another_epoch_is_dead(current_epoch: int) -> None:
    assert not usable(ended_at=MONOTONIC, now=MONOTONIC, epoch=7, current_epoch=current_epoch)


def test_ten_seconds_are_ten_seconds() -> None:
    assert SHARED_SECONDS == 10
