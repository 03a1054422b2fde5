"""
Caching rules: what may be saved, which one decides, the key (K2), what entry and login must share (K6, K7, K9).
"""

from typing import Any, Final

import pytest

from tests.fakes.changes import replace
from tests.unit.domain.values import ALICE, EAST, MAIL, MONOTONIC, NOW, SECOND, VPN
from watchword.domain.applications import ApplicationId, AuthenticationType
from watchword.domain.caching import (
    CacheEntry,
    CacheKey,
    CacheType,
    CacheUse,
    CachingRule,
    Hit,
    Miss,
    RuleId,
    RuleRefusal,
    deciding_rule,
    honour,
    in_order,
    key_of,
    longest_seconds,
    refusal,
)
from watchword.domain.settings import CachingSettings
from watchword.domain.verification import ActivityId

RADIUS: Final = AuthenticationType.RADIUS
LDAP: Final = AuthenticationType.LDAP

ENTRY: Final = CacheEntry(
    rule_version=3,
    application_version=5,
    proof=b"proof of yesterday",
    epoch=7,
    created_at=NOW,
    expires_at=NOW + 60 * SECOND,
    deadline=MONOTONIC + 60_000_000_000,
    origin=ActivityId(b"activity"),
)
USE: Final = CacheUse(
    cache_type=CacheType.APPLICATION,
    rule_version=3,
    application_version=5,
    proofs=(b"proof of today", b"proof of yesterday"),
    epoch=7,
    now=NOW,
    monotonic=MONOTONIC,
)
HIT: Final = Hit(CacheType.APPLICATION, ENTRY.origin)


def rule(name: bytes, cache_type: CacheType, **changes: Any) -> CachingRule:
    return replace(CachingRule(id=RuleId(name), cache_type=cache_type, seconds=60), **changes)


@pytest.mark.parametrize(
    ("cache_type", "most"), [(CacheType.USER, 300), (CacheType.APPLICATION, 3_600), (CacheType.IP, 86_400)]
)
def test_a_rule_lasts_as_long_as_its_type_allows(cache_type: CacheType, most: int) -> None:
    settings = CachingSettings()
    assert longest_seconds(cache_type, settings) == most
    for seconds in (1, most):
        assert refusal(rule(b"1", cache_type, seconds=seconds), (), settings) is None
    for seconds in (-1, 0, most + 1):
        assert refusal(rule(b"1", cache_type, seconds=seconds), (), settings) is RuleRefusal.SECONDS


def test_an_owner_may_raise_what_a_type_allows() -> None:
    assert refusal(rule(b"1", CacheType.USER, seconds=301), (), CachingSettings(longest_user_seconds=301)) is None


@pytest.mark.parametrize(
    "scope",
    [
        {},
        {"authentication_type": RADIUS},
        {"application": VPN},
        {"authentication_type": RADIUS, "application": VPN},
    ],
)
@pytest.mark.parametrize("cache_type", CacheType)
def test_an_equal_rule_is_refused(cache_type: CacheType, scope: dict[str, Any]) -> None:
    one = rule(b"1", cache_type, **scope)
    other = rule(b"2", cache_type, seconds=30, enabled=False, version=4, **scope)
    assert refusal(one, (other,), CachingSettings()) is RuleRefusal.EQUAL
    assert refusal(one, (replace(other, id=RuleId(b"1")),), CachingSettings()) is None


@pytest.mark.parametrize(
    "change",
    [{"cache_type": CacheType.IP}, {"authentication_type": LDAP}, {"application": MAIL}, {"application": None}],
)
def test_a_rule_that_differs_in_anything_may_stand_beside(change: dict[str, Any]) -> None:
    one = rule(b"1", CacheType.USER, authentication_type=RADIUS, application=VPN)
    assert refusal(one, (replace(one, id=RuleId(b"2"), **change),), CachingSettings()) is None


def test_rules_decide_from_the_narrowest_to_the_widest() -> None:
    scopes: tuple[dict[str, Any], ...] = (
        {"application": VPN, "authentication_type": RADIUS},
        {"application": VPN},
        {"authentication_type": RADIUS},
        {},
    )
    expected = tuple(
        rule(bytes([kind, scope]), cache_type, **parts)
        for kind, cache_type in enumerate((CacheType.IP, CacheType.APPLICATION, CacheType.USER))
        for scope, parts in enumerate(scopes)
    )
    for given in (expected, expected[::-1], expected[5:] + expected[:5]):
        assert in_order(given) == expected
        assert deciding_rule(in_order(given), RADIUS, VPN) == expected[0]
    assert in_order((rule(b"2", CacheType.IP), rule(b"1", CacheType.IP))) == (
        rule(b"1", CacheType.IP),
        rule(b"2", CacheType.IP),
    )


@pytest.mark.parametrize(
    ("parts", "authentication_type", "application", "decides"),
    [
        ({}, LDAP, MAIL, True),
        ({"authentication_type": RADIUS}, RADIUS, VPN, True),
        ({"authentication_type": RADIUS}, LDAP, VPN, False),
        ({"application": VPN}, LDAP, VPN, True),
        ({"application": VPN}, RADIUS, MAIL, False),
        ({"application": VPN, "authentication_type": RADIUS}, RADIUS, VPN, True),
        ({"application": VPN, "authentication_type": RADIUS}, LDAP, VPN, False),
        ({"application": VPN, "authentication_type": RADIUS}, RADIUS, MAIL, False),
        ({"enabled": False}, RADIUS, VPN, False),
    ],
)
def test_a_rule_decides_for_what_it_names(
    parts: dict[str, Any], authentication_type: AuthenticationType, application: ApplicationId, *, decides: bool
) -> None:
    one = rule(b"1", CacheType.USER, **parts)
    assert deciding_rule((one,), authentication_type, application) == (one if decides else None)


def test_the_first_rule_that_matches_decides() -> None:
    off, elsewhere, one, other = (
        rule(b"1", CacheType.IP, enabled=False),
        rule(b"2", CacheType.IP, application=MAIL),
        rule(b"3", CacheType.IP),
        rule(b"4", CacheType.USER),
    )
    assert deciding_rule((off, elsewhere, one, other), RADIUS, VPN) == one
    assert deciding_rule((), RADIUS, VPN) is None


@pytest.mark.parametrize(
    ("cache_type", "parts"),
    [
        (CacheType.USER, (None, None, None)),
        (CacheType.APPLICATION, (RADIUS, VPN, None)),
        (CacheType.IP, (RADIUS, VPN, "198.51.100.7")),
    ],
)
def test_the_key_has_the_parts_of_the_rules_type(cache_type: CacheType, parts: tuple[Any, Any, Any]) -> None:
    made = key_of(
        rule(b"1", cache_type),
        group=EAST,
        user=ALICE,
        authentication_type=RADIUS,
        application=VPN,
        address="198.51.100.7",
    )
    assert made == CacheKey(EAST, ALICE, RuleId(b"1"), *parts)


def test_k2_a_login_without_an_address_has_no_key_by_address() -> None:
    def made(cache_type: CacheType) -> CacheKey | None:
        return key_of(
            rule(b"1", cache_type), group=EAST, user=ALICE, authentication_type=RADIUS, application=VPN, address=None
        )

    assert made(CacheType.IP) is None
    assert made(CacheType.APPLICATION) is not None
    assert made(CacheType.USER) is not None


def test_an_entry_that_shares_everything_is_honoured() -> None:
    assert honour(ENTRY, USE) == HIT


def test_no_entry_is_no_success() -> None:
    assert honour(None, USE) is Miss.NO_ENTRY


@pytest.mark.parametrize(
    ("change", "miss"),
    [
        ({"rule_version": 4}, Miss.CHANGED),
        ({"rule_version": 2}, Miss.CHANGED),
        ({"application_version": 6}, Miss.CHANGED),
        ({"application_version": 4}, Miss.CHANGED),
        ({"epoch": 8}, Miss.EPOCH),
        ({"epoch": 6}, Miss.EPOCH),
        ({"proofs": ()}, Miss.PASSWORD),
        ({"proofs": (b"another proof",)}, Miss.PASSWORD),
        ({"proofs": (b"proof of yesterda", b"proof of yesterdayy", b"")}, Miss.PASSWORD),
        ({"now": NOW + 60 * SECOND}, Miss.EXPIRED),
        ({"monotonic": MONOTONIC + 60_000_000_000}, Miss.EXPIRED),
    ],
)
def test_k6_what_differs_in_one_thing_misses(change: dict[str, Any], miss: Miss) -> None:
    assert honour(ENTRY, replace(USE, **change)) is miss


def test_versions_are_not_mistaken_for_one_another() -> None:
    assert honour(ENTRY, replace(USE, rule_version=5, application_version=3)) is Miss.CHANGED


def test_k9_the_stricter_clock_ends_an_entry() -> None:
    last = replace(USE, now=NOW + 60 * SECOND - 1, monotonic=MONOTONIC + 60_000_000_000 - 1)
    assert honour(ENTRY, last) == HIT
    assert honour(ENTRY, replace(last, now=NOW + 60 * SECOND)) is Miss.EXPIRED
    assert honour(ENTRY, replace(last, monotonic=MONOTONIC + 60_000_000_000)) is Miss.EXPIRED


def test_k9_a_clock_set_back_extends_nothing() -> None:
    assert honour(ENTRY, replace(USE, now=0, monotonic=MONOTONIC + 60_000_000_000)) is Miss.EXPIRED


def test_k7_any_key_in_use_proves_the_password() -> None:
    for proofs in ((ENTRY.proof,), (ENTRY.proof, b"older"), (b"newer", ENTRY.proof)):
        assert honour(ENTRY, replace(USE, proofs=proofs)) == HIT


def test_the_reason_told_is_the_first_that_applies() -> None:
    everything = replace(USE, now=NOW * 2, epoch=0, rule_version=0, proofs=())
    assert honour(ENTRY, everything) is Miss.EXPIRED
    assert honour(ENTRY, replace(everything, now=NOW)) is Miss.EPOCH
    assert honour(ENTRY, replace(everything, now=NOW, epoch=7)) is Miss.CHANGED
