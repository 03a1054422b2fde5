"""
Caching: where two logins differ in a part that counts, the entry of one is none of the other's (N9, N11).
"""

from typing import Any, Final

from hypothesis import assume, given
from hypothesis import strategies as st

from tests.fakes.changes import replace
from tests.unit.domain.values import ALICE, BOB, EAST, MAIL, VPN, WEST
from watchword.domain.applications import AuthenticationType
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

ADDRESSES: Final = ["198.51.100.7", "203.0.113.9"]

rules: Final = st.builds(
    CachingRule,
    id=st.integers(min_value=0, max_value=30).map(lambda number: RuleId(bytes([number]))),
    cache_type=st.sampled_from(CacheType),
    seconds=st.integers(min_value=-1, max_value=100_000),
    authentication_type=st.one_of(st.none(), st.sampled_from(AuthenticationType)),
    application=st.sampled_from([None, VPN, MAIL]),
    enabled=st.booleans(),
    version=st.integers(min_value=0, max_value=2),
)
logins: Final = st.fixed_dictionaries(
    {
        "group": st.sampled_from([EAST, WEST]),
        "user": st.sampled_from([ALICE, BOB]),
        "authentication_type": st.sampled_from(AuthenticationType),
        "application": st.sampled_from([VPN, MAIL]),
        "address": st.sampled_from([None, *ADDRESSES]),
    }
)
#: What two logins must share under a rule of each type, besides the rule itself.
PARTS: Final = {
    CacheType.USER: {"group", "user"},
    CacheType.APPLICATION: {"group", "user", "authentication_type", "application"},
    CacheType.IP: {"group", "user", "authentication_type", "application", "address"},
}
versions: Final = st.integers(min_value=0, max_value=2)
instants: Final = st.integers(min_value=0, max_value=10)
proofs: Final = st.sampled_from([b"one", b"two", b"three"])
entries: Final = st.builds(
    CacheEntry,
    rule_version=versions,
    application_version=versions,
    proof=proofs,
    epoch=versions,
    created_at=st.just(0),
    expires_at=instants,
    deadline=instants,
    origin=st.just(ActivityId(b"activity")),
)
uses: Final = st.builds(
    CacheUse,
    cache_type=st.sampled_from(CacheType),
    rule_version=versions,
    application_version=versions,
    proofs=st.lists(proofs, max_size=2).map(tuple),
    epoch=versions,
    now=instants,
    monotonic=instants,
)


@given(rules, logins, logins)
def test_k2_two_logins_have_one_key_where_they_share_every_part_of_the_rules_type(
    rule: CachingRule, one: dict[str, Any], other: dict[str, Any]
) -> None:
    first, second = key_of(rule, **one), key_of(rule, **other)
    if first is None or second is None:
        assert rule.cache_type is CacheType.IP
        assert None in {one["address"], other["address"]}
        return
    assert (first == second) == all(one[part] == other[part] for part in PARTS[rule.cache_type])


@given(rules, logins)
def test_k2_a_part_that_is_missing_is_a_miss_and_no_wildcard(rule: CachingRule, login: dict[str, Any]) -> None:
    made = key_of(rule, **login)
    assert (made is None) == (rule.cache_type is CacheType.IP and login["address"] is None)


@given(rules, rules, logins, logins)
def test_k2_a_narrower_key_never_matches_a_wider_one(
    narrow: CachingRule, wide: CachingRule, one: dict[str, Any], other: dict[str, Any]
) -> None:
    assume(narrow.cache_type is not wide.cache_type)
    first, second = key_of(narrow, **one), key_of(replace(wide, id=narrow.id), **other)
    assert first is None or first != second


@given(rules, rules, logins)
def test_two_rules_share_no_entry(one: CachingRule, other: CachingRule, login: dict[str, Any]) -> None:
    assume(one.id != other.id)
    first = key_of(one, **login)
    assert first is None or first != key_of(other, **login)


@given(rules, logins)
def test_every_part_of_a_key_counts(rule: CachingRule, login: dict[str, Any]) -> None:
    made = key_of(rule, **login)
    assume(made is not None)
    assert made is not None
    for part in CacheKey._fields:
        change: dict[str, Any] = {part: "something else"}
        assert made != replace(made, **change)
        assert hash(made) != hash(replace(made, **change))


@given(entries, uses)
def test_n9_n11_an_entry_is_honoured_where_everything_agrees_and_nowhere_else(entry: CacheEntry, use: CacheUse) -> None:
    agrees = (
        use.now < entry.expires_at
        and use.monotonic < entry.deadline
        and use.epoch == entry.epoch
        and use.rule_version == entry.rule_version
        and use.application_version == entry.application_version
        and entry.proof in use.proofs
    )
    honoured = honour(entry, use)
    assert (honoured == Hit(use.cache_type, entry.origin)) == agrees
    assert isinstance(honoured, Miss) == (not agrees)


@given(uses)
def test_no_entry_is_never_honoured(use: CacheUse) -> None:
    assert honour(None, use) is Miss.NO_ENTRY


@given(entries, uses, st.integers(min_value=0, max_value=10), st.integers(min_value=0, max_value=10))
def test_k9_time_only_ever_ends_an_entry(entry: CacheEntry, use: CacheUse, passed: int, monotonic: int) -> None:
    later = replace(use, now=use.now + passed, monotonic=use.monotonic + monotonic)
    assert isinstance(honour(entry, use), Hit) or isinstance(honour(entry, later), Miss)


@given(st.lists(rules, unique_by=lambda rule: rule.id).map(tuple), logins)
def test_the_most_specific_rule_that_matches_decides(rules: tuple[CachingRule, ...], login: dict[str, Any]) -> None:
    decides = deciding_rule(in_order(rules), login["authentication_type"], login["application"])
    matching = [
        rule
        for rule in rules
        if rule.enabled
        and rule.authentication_type in {None, login["authentication_type"]}
        and rule.application in {None, login["application"]}
    ]
    if decides is None:
        assert matching == []
        return
    assert decides in matching
    width = [CacheType.IP, CacheType.APPLICATION, CacheType.USER]
    for rule in matching:
        assert width.index(decides.cache_type) <= width.index(rule.cache_type)
        if rule.cache_type is decides.cache_type:
            assert decides.application is not None or rule.application is None


@given(st.lists(rules, unique_by=lambda rule: rule.id).map(tuple), st.randoms(use_true_random=False))
def test_the_order_of_rules_does_not_hang_on_how_they_came(rules: tuple[CachingRule, ...], shuffled: Any) -> None:
    mixed = list(rules)
    shuffled.shuffle(mixed)
    assert in_order(tuple(mixed)) == in_order(rules)
    assert sorted(in_order(rules), key=lambda rule: rule.id) == sorted(rules, key=lambda rule: rule.id)


@given(rules, st.lists(rules, max_size=3).map(tuple))
def test_a_rule_stands_within_its_bounds_and_beside_no_equal(
    rule: CachingRule, others: tuple[CachingRule, ...]
) -> None:
    settings = CachingSettings()
    refused = refusal(rule, others, settings)
    within = 1 <= rule.seconds <= longest_seconds(rule.cache_type, settings)
    equal = any(
        (other.cache_type, other.authentication_type, other.application)
        == (rule.cache_type, rule.authentication_type, rule.application)
        for other in others
        if other.id != rule.id
    )
    assert refused is (RuleRefusal.SECONDS if not within else RuleRefusal.EQUAL if equal else None)
