"""
Bypasses: the one that applies is live, for this group and this application, and the narrowest such (B4, B5).
"""

from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from tests.property.domain_values import bypasses, instants
from tests.unit.domain.values import EAST, MAIL, VPN, WEST
from watchword.domain.applications import ApplicationId, GroupId
from watchword.domain.bypass import LONGEST_REASON, Bypass, BypassRefusal, applicable, longest_for, refusal
from watchword.domain.settings import BypassSettings

several: Final = st.lists(bypasses, max_size=6).map(tuple)
groups: Final = st.sampled_from([EAST, WEST])
applications: Final = st.sampled_from([VPN, MAIL])


def fits(bypass: Bypass, group: GroupId, application: ApplicationId, now: int) -> bool:
    return (
        bypass.created_at <= now < bypass.expires_at
        and (bypass.group is None or bypass.group == group)
        and (bypass.application is None or bypass.application == application)
    )


@given(several, groups, applications, instants)
def test_what_applies_is_live_and_for_this_login(
    given_: tuple[Bypass, ...], group: GroupId, application: ApplicationId, now: int
) -> None:
    fitting = [bypass for bypass in given_ if fits(bypass, group, application, now)]
    found = applicable(given_, group=group, application=application, now=now)
    assert found in fitting if fitting else found is None
    if found is not None and found.application is None:
        assert all(bypass.application is None for bypass in fitting)
        assert found.group is not None or all(bypass.group is None for bypass in fitting)


@given(several, groups, applications, instants)
def test_n5_after_its_end_no_bypass_applies(
    given_: tuple[Bypass, ...], group: GroupId, application: ApplicationId, now: int
) -> None:
    late = max([now, *(bypass.expires_at for bypass in given_)])
    assert applicable(given_, group=group, application=application, now=late) is None


@given(
    st.integers(),
    st.text(max_size=LONGEST_REASON + 2),
    st.integers(min_value=1, max_value=86_400),
    st.booleans(),
    st.booleans(),
    st.integers(min_value=1, max_value=3),
)
def test_b4_a_bypass_is_made_where_everything_about_it_is_in_order(
    seconds: int,
    reason: str,
    longest: int,
    own: bool,  # noqa: FBT001 - drawn
    group_named: bool,  # noqa: FBT001 - drawn
    groups: int,
) -> None:
    refused = refusal(seconds=seconds, reason=reason, longest=longest, own=own, group_named=group_named, groups=groups)
    in_order = (
        0 < seconds <= longest
        and bool(reason.strip())
        and len(reason) <= LONGEST_REASON
        and not own
        and (group_named or groups == 1)
    )
    assert (refused is None) == in_order
    assert refused is None or isinstance(refused, BypassRefusal)


@given(st.integers(min_value=1, max_value=86_400), st.one_of(st.none(), st.integers(min_value=1, max_value=86_400)))
def test_a_creator_gives_neither_more_than_the_organisation_nor_than_his_role_allows(
    longest: int, cap: int | None
) -> None:
    most = longest_for(BypassSettings(longest_seconds=longest), cap)
    assert most <= longest
    assert cap is None or most <= cap
    assert most in {longest, cap}
