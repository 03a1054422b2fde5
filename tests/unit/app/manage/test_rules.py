"""
Caching rules, and what is remembered under them.
"""

from typing import Any

import pytest

from tests.fakes.office import ALICE, OWNER, VPN, Office, kinds
from watchword.app.administration import RefusalKind
from watchword.app.manage.rules import RuleAdd, RuleEntries, RuleList, RulePurge, RuleRemove
from watchword.app.manage.settings import SettingSet
from watchword.domain.applications import DEFAULT_GROUP, ApplicationId, AuthenticationType
from watchword.domain.caching import CacheEntry, CacheKey, CacheType, RuleId
from watchword.domain.events import AuditEvent
from watchword.domain.users import UserId
from watchword.domain.verification import ActivityId
from watchword.kit.identifiers import parse


def add(**fields: Any) -> RuleAdd:
    wanted: dict[str, Any] = {"type": CacheType.IP, "seconds": 60} | fields
    return RuleAdd(**wanted)


def remember(office: Office, user: UserId, rule: str, application: str | None = None) -> None:
    key = CacheKey(
        DEFAULT_GROUP,
        user,
        RuleId(parse(rule) or b""),
        AuthenticationType.RADIUS,
        None if application is None else ApplicationId(parse(application) or b""),
        None if application is None else "192.0.2.7",
    )
    office.cache.put(
        key,
        CacheEntry(
            rule_version=0,
            application_version=0,
            proof=b"p",
            epoch=0,
            created_at=office.clock.now(),
            expires_at=office.clock.now() + 60_000_000,
            deadline=office.clock.monotonic() + 60_000_000_000,
            origin=ActivityId(b"o" * 16),
        ),
    )
    office.cache.hit(key)


async def test_rules_are_listed_in_the_order_in_which_they_decide(office: Office) -> None:
    await office.application()
    wide = await office.do("rule.add", add(type=CacheType.USER))
    middle = await office.do("rule.add", add(type=CacheType.APPLICATION))
    narrow = await office.do("rule.add", add(application=VPN), OWNER)
    narrower = await office.do(
        "rule.add", add(application=VPN, authentication_type=AuthenticationType.RADIUS, seconds=30)
    )

    rows = await office.do("rule.list", RuleList())

    assert [row.id for row in rows] == [narrower.id, narrow.id, middle.id, wide.id]
    assert (rows[0].type, rows[0].seconds, rows[0].application) == (CacheType.IP, 30, VPN)
    assert (rows[0].authentication_type, rows[0].enabled) == (AuthenticationType.RADIUS, True)
    assert (rows[3].application, rows[3].authentication_type) == (None, None)
    assert office.audited()[3] == (AuditEvent.RULE_ADDED, OWNER.name)


@pytest.mark.parametrize(
    ("type_", "longest"), [(CacheType.USER, 300), (CacheType.APPLICATION, 3_600), (CacheType.IP, 86_400)]
)
async def test_the_seconds_have_bounds_by_type(office: Office, type_: CacheType, longest: int) -> None:
    for seconds in (0, -1, longest + 1):
        assert kinds(await office.refused("rule.add", add(type=type_, seconds=seconds))) == (
            RefusalKind.INVALID,
            (
                "the cache seconds are out of range for this cache type: a rule of type"
                f" {type_.value} keeps a login for 1 to {longest} seconds"
            ),
        )
    await office.do("rule.add", add(type=type_, seconds=longest))


async def test_an_owner_may_raise_the_bound(office: Office) -> None:
    await office.do("setting.set", SettingSet(name="caching.longest_user_seconds", value=900))

    await office.do("rule.add", add(type=CacheType.USER, seconds=900))


async def test_an_equal_rule_is_refused(office: Office) -> None:
    await office.do("rule.add", add())

    assert kinds(await office.refused("rule.add", add(seconds=30))) == (
        RefusalKind.CONFLICT,
        (
            "there is a rule with the same cache type, authentication type and application already; remove that one"
            " first (`watchword rule list`)"
        ),
    )


async def test_a_rule_that_would_never_apply_is_refused(office: Office) -> None:
    await office.application()

    wrong = add(application=VPN, authentication_type=AuthenticationType.LDAP)
    assert kinds(await office.refused("rule.add", wrong)) == (
        RefusalKind.INVALID,
        "VPN asks by radius, so a rule for another authentication type would never apply to it",
    )
    assert (await office.refused("rule.add", add(application="Nobody"))).kind is RefusalKind.NOT_FOUND
    assert await office.do("rule.list", RuleList()) == []


async def test_a_rule_is_removed(office: Office) -> None:
    added = await office.do("rule.add", add())

    removed = await office.do("rule.remove", RuleRemove(id=added.id), OWNER)

    assert removed.id == added.id
    assert await office.do("rule.list", RuleList()) == []
    assert office.audited()[-1] == (AuditEvent.RULE_REMOVED, OWNER.name)
    assert kinds(await office.refused("rule.remove", RuleRemove(id=added.id))) == (
        RefusalKind.NOT_FOUND,
        f"there is no caching rule {added.id}; `watchword rule list` shows them",
    )
    assert (await office.refused("rule.remove", RuleRemove(id="7"))).kind is RefusalKind.INVALID


async def test_what_is_remembered_is_listed_with_names(office: Office) -> None:
    alice, bob = await office.user(), await office.user("bob@example.org")
    application = await office.application()
    rule = (await office.do("rule.add", add())).id
    remember(office, alice, rule, application)
    remember(office, bob, rule)

    first, second = await office.do("rule.entries", RuleEntries())

    assert (first.rule, first.user, first.application, first.source) == (rule, ALICE, VPN, "192.0.2.7")
    assert (first.created_at, first.expires_at) == ("2023-11-14T22:13:20.000000Z", "2023-11-14T22:14:20.000000Z")
    assert first.hits == 1
    assert (second.user, second.application, second.source) == ("bob@example.org", None, None)
    assert await office.do("rule.entries", RuleEntries(user="bob")) == [second]
    assert (await office.refused("rule.entries", RuleEntries(user="carol"))).kind is RefusalKind.NOT_FOUND


async def test_what_is_remembered_can_be_forgotten_for_one_or_all(office: Office) -> None:
    alice, bob = await office.user(), await office.user("bob@example.org")
    rule = (await office.do("rule.add", add())).id
    for user in (alice, bob):
        remember(office, user, rule)

    assert (await office.refused("rule.purge", RulePurge(user="carol"))).kind is RefusalKind.NOT_FOUND
    assert (await office.do("rule.purge", RulePurge(user=ALICE), OWNER)).purged == 1
    assert [entry.user for entry in await office.do("rule.entries", RuleEntries())] == ["bob@example.org"]
    assert office.audited()[-1] == (AuditEvent.CACHE_PURGED, OWNER.name)
    assert office.records.audit[-1].user == alice
    assert (await office.do("rule.purge", RulePurge())).purged == 1
    assert office.cache.entries == {}


async def test_while_nothing_runs_nothing_is_remembered(office: Office) -> None:
    office.stop()

    assert await office.do("rule.entries", RuleEntries()) == []
    assert (await office.do("rule.purge", RulePurge())).purged == 0
