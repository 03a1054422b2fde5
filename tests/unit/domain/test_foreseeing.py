"""
What a rule would have done, told from what happened.
"""

from typing import Any

import pytest

from watchword.domain.applications import DEFAULT_GROUP, ApplicationId, AuthenticationType
from watchword.domain.caching import CacheType, CachingRule, RuleId
from watchword.domain.events import Activity
from watchword.domain.foreseeing import Foresight, address_of
from watchword.domain.users import UserId
from watchword.domain.verification import ActivityId, OutcomeKind, Reason

VPN = ApplicationId(b"v" * 16)
MAIL = ApplicationId(b"m" * 16)
SECOND = 1_000_000
RULE = CachingRule(id=RuleId(b"r" * 16), cache_type=CacheType.IP, seconds=60)


def row(at: int, reason: Reason = Reason.PUSH, **fields: Any) -> Activity:
    kinds = {Reason.CHALLENGE: OutcomeKind.CHALLENGED, Reason.NO_ANSWER: OutcomeKind.DENIED}
    wanted: dict[str, Any] = {
        "id": ActivityId(at.to_bytes(16, "big")),
        "at": at * SECOND,
        "group": DEFAULT_GROUP,
        "kind": kinds.get(reason, OutcomeKind.ALLOWED),
        "reason": reason,
        "user": UserId(b"a" * 16),
        "user_name": "alice",
        "epoch": 1,
        "application": VPN,
        "authentication_type": AuthenticationType.RADIUS,
        "client": "192.0.2.1",
        "source": "198.51.100.7",
        "server": "local",
    }
    return Activity(**(wanted | fields))


def saved(*rows: Activity, rule: CachingRule = RULE, others: tuple[CachingRule, ...] = ()) -> tuple[int, int, int]:
    foresight = Foresight(rule, others)
    for one in rows:
        foresight.look(one)
    return foresight.logins, foresight.prompts, foresight.saved


def test_a_prompt_within_the_seconds_after_a_success_is_saved() -> None:
    assert saved(row(0), row(59), row(60)) == (3, 3, 1)
    assert saved(row(0), row(60)) == (2, 2, 0)


def test_what_was_saved_saves_nothing_itself() -> None:
    assert saved(row(0), row(50), row(100)) == (3, 3, 1)
    challenge = row(50, Reason.CHALLENGE)
    answered = row(55, Reason.CODE, origin=challenge.id)
    assert saved(row(0), challenge, answered, row(100)) == (3, 3, 1)


@pytest.mark.parametrize(
    "fields",
    [
        {"epoch": 2},
        {"source": "198.51.100.8"},
        {"application": MAIL},
        {"user": UserId(b"b" * 16)},
    ],
)
def test_another_login_is_not_saved(fields: dict[str, Any]) -> None:
    assert saved(row(0), row(1, **fields)) == (2, 2, 0)


@pytest.mark.parametrize(
    "fields",
    [
        {"source": None},
        {"source": "aa-bb-cc-dd-ee-ff"},
        {"user": None},
        {"application": None},
        {"authentication_type": None},
        {"kind": None, "reason": Reason.ACCOUNTING},
    ],
)
def test_what_has_no_key_is_not_looked_at(fields: dict[str, Any]) -> None:
    assert saved(row(0, **fields)) == (0, 0, 0)


def test_only_a_real_second_step_is_remembered() -> None:
    for reason in (Reason.BYPASS, Reason.CACHE, Reason.JOINED, Reason.NOT_REQUIRED, Reason.NO_ANSWER):
        assert saved(row(0, reason), row(1))[2] == 0, reason
    for reason in (Reason.CODE, Reason.BACKUP_CODE):
        assert saved(row(0, reason), row(1))[2] == 1, reason


def test_a_typed_code_asks_for_no_prompt_and_an_answer_is_no_second_login() -> None:
    assert saved(row(0), row(1, Reason.CODE)) == (2, 1, 0)
    challenge = row(0, Reason.CHALLENGE)
    assert saved(challenge, row(5, Reason.PUSH, origin=challenge.id), row(10)) == (2, 2, 1)


def test_a_narrower_rule_decides_first_and_the_rule_itself_does_not_stand_in_its_own_way() -> None:
    narrower = CachingRule(id=RuleId(b"n" * 16), cache_type=CacheType.IP, seconds=5, application=VPN)
    assert saved(row(0), row(1), others=(narrower,)) == (0, 0, 0)
    user = CachingRule(id=RULE.id, cache_type=CacheType.USER, seconds=60)
    assert saved(row(0), row(1, application=MAIL, source=None), rule=user, others=(RULE,)) == (2, 2, 1)
    by_application = CachingRule(id=RULE.id, cache_type=CacheType.APPLICATION, seconds=60)
    assert saved(row(0), row(1, source=None), row(2, application=MAIL), rule=by_application) == (3, 3, 1)


def test_whom_it_would_have_saved_a_prompt_is_known() -> None:
    foresight = Foresight(RULE)
    for one in (row(0), row(1), row(2), row(3, user=UserId(b"b" * 16))):
        foresight.look(one)
    assert foresight.users == {UserId(b"a" * 16)}


@pytest.mark.parametrize(
    ("source", "address"), [(None, None), ("x", None), ("192.0.2.1", "192.0.2.1"), ("2001:DB8::0001", "2001:db8::1")]
)
def test_an_address_is_one_in_its_usual_form(source: str | None, address: str | None) -> None:
    assert address_of(source) == address
