"""
Joining: two requests are one login where they share everything, and unequal sources never join (N6).
"""

from typing import Any, Final

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.domain.values import ALICE, BOB, EAST, MAIL, VPN, WEST
from watchword.domain.caching import CacheType
from watchword.domain.joining import SHARED_SECONDS, keys_of, usable

logins: Final = st.fixed_dictionaries(
    {
        "group": st.sampled_from([EAST, WEST]),
        "user": st.sampled_from([ALICE, BOB]),
        "application": st.sampled_from([VPN, MAIL]),
        "source": st.sampled_from([None, "198.51.100.7", "203.0.113.9"]),
        "proofs": st.lists(st.sampled_from([b"one", b"two", b"three"]), max_size=2, unique=True).map(tuple),
        "code": st.sampled_from([None, "123456", "654321"]),
        "rule": st.sampled_from([None, *CacheType]),
    }
)
NEEDS_NO_SOURCE: Final = {CacheType.USER, CacheType.APPLICATION}


def may_join(login: dict[str, Any]) -> bool:
    return login["source"] is not None or login["rule"] in NEEDS_NO_SOURCE


@given(logins, logins)
def test_two_requests_are_one_login_where_they_share_everything(one: dict[str, Any], other: dict[str, Any]) -> None:
    shares = (
        may_join(one)
        and may_join(other)
        and all(one[part] == other[part] for part in ("group", "user", "application", "source", "code"))
        and bool(set(one["proofs"]) & set(other["proofs"]))
    )
    assert bool(set(keys_of(**one)) & set(keys_of(**other))) == shares


@given(logins, logins)
def test_n6_unequal_sources_never_join_under_no_rule(one: dict[str, Any], other: dict[str, Any]) -> None:
    if one["source"] != other["source"]:
        assert not set(keys_of(**one)) & set(keys_of(**other))


@given(logins)
def test_a_login_without_a_source_joins_only_under_a_rule_that_needs_none(login: dict[str, Any]) -> None:
    keys = keys_of(**{**login, "source": None})
    assert bool(keys) == (login["rule"] in NEEDS_NO_SOURCE and bool(login["proofs"]))


@given(logins)
def test_the_newest_proof_comes_first(login: dict[str, Any]) -> None:
    keys = keys_of(**login)
    assert [key.proof for key in keys] == (list(login["proofs"]) if may_join(login) else [])


@given(
    st.integers(min_value=0, max_value=10**12),
    st.integers(min_value=-(10**12), max_value=10**12),
    st.integers(min_value=0, max_value=3),
    st.integers(min_value=0, max_value=3),
)
def test_an_outcome_is_shared_for_a_while_in_its_own_epoch(
    ended_at: int, passed: int, epoch: int, current_epoch: int
) -> None:
    shared = usable(ended_at=ended_at, now=ended_at + passed, epoch=epoch, current_epoch=current_epoch)
    assert shared == (0 <= passed < SHARED_SECONDS * 10**9 and epoch == current_epoch)
