"""
Methods, secrets, traces, events and the configuration: small values with few rules each.
"""

import pkgutil
import re
from dataclasses import FrozenInstanceError, fields, is_dataclass
from importlib import import_module
from typing import Any, Final

import pytest

import watchword.domain
from tests.fakes.changes import replace
from tests.unit.domain.values import (
    ALICE,
    APPLICATION,
    BACKUP,
    EAST,
    HOTP,
    MAIL,
    NOW,
    PUSH,
    SEED,
    TOTP,
    UNPAIRED,
    USED_UP,
    VPN,
)
from watchword.domain.applications import ApplicationId, AuthenticationType, ClientId, DirectoryId, PrimaryKind
from watchword.domain.bypass import BypassId, BypassState
from watchword.domain.caching import CacheType, CachingRule, RuleId
from watchword.domain.clients import Client, parse_network
from watchword.domain.configuration import Configuration
from watchword.domain.decisions import Allow, Deny
from watchword.domain.directories import RadiusDirectory
from watchword.domain.events import Activity, AuditEvent, refused
from watchword.domain.methods import Method, MethodKind, has_codes, push_devices
from watchword.domain.secrets import Secret
from watchword.domain.settings import DEFAULTS
from watchword.domain.trace import (
    ANSWERS,
    QUESTIONS,
    Answer,
    Question,
    Step,
    answer_in_words,
    question_in_words,
)
from watchword.domain.verification import ActivityId, OutcomeKind, Reason

DIRECTORY: Final = RadiusDirectory(
    id=DirectoryId(b"directory"), name="Old RADIUS", host="192.0.2.9", port=1812, secret=Secret(b"behind")
)


@pytest.mark.parametrize("method", [TOTP, HOTP, BACKUP])
def test_methods_that_a_code_proves(method: Method) -> None:
    assert has_codes((method,))
    assert has_codes((PUSH, USED_UP, method))


@pytest.mark.parametrize("methods", [(), (PUSH,), (UNPAIRED,), (USED_UP,), (PUSH, USED_UP)])
def test_methods_that_no_code_proves(methods: tuple[Method, ...]) -> None:
    assert not has_codes(methods)


def test_only_a_paired_device_can_be_asked() -> None:
    assert push_devices((TOTP, UNPAIRED, PUSH, BACKUP)) == (PUSH,)
    assert push_devices((TOTP, UNPAIRED)) == ()


def test_a_secret_does_not_show() -> None:
    assert "12345" not in repr(SEED)
    assert "12345" not in str(SEED)
    assert "12345" not in f"{TOTP!r} {BACKUP!r} {DIRECTORY!r}"


def test_what_is_left_of_backup_codes_does_not_show() -> None:
    assert "left" not in repr(BACKUP)


def test_secrets_are_equal_by_their_octets() -> None:
    assert Secret(b"one") == Secret(b"one")
    assert Secret(b"one") != Secret(b"two")
    assert Secret(b"one") != b"one"


def test_a_secret_is_no_key_of_a_table() -> None:
    with pytest.raises(TypeError, match="no key of a table"):
        {SEED: 1}  # noqa: B018 - making it is what raises


def test_the_numbers_of_a_trace_are_never_given_to_something_else() -> None:
    assert {question.name: question.value for question in Question} == {
        "OTHER": 0,
        "PROTOCOL": 1,
        "CHALLENGE": 2,
        "USER": 3,
        "STANDING": 4,
        "LOCK": 5,
        "THROTTLE": 6,
        "PASSWORD": 7,
        "CODE": 8,
        "CACHE": 9,
        "BYPASS": 10,
        "JOIN": 11,
        "CONTENDED": 12,
        "METHOD": 13,
        "ANSWER": 14,
        "RELEASE": 15,
        "APPLICATION": 16,
        "PORTAL": 17,
    }
    assert ",".join(answer.name for answer in Answer) == (
        "OTHER,NO,YES,UNKNOWN,AMBIGUOUS,BLOCKED,DISABLED,LOCKED,WAITING,RIGHT,WRONG,USED,REFUSED,AWAY,ASSERTED,"
        "NOT_REQUIRED,MISS,HIT,JOINED,CHALLENGED,STARTED,APPROVED,DENIED,FRAUD,NO_ANSWER,EXPIRED,STALE,FAILED,"
        "DIRECTORY_ID,OFFLINE"
    )
    assert [answer.value for answer in Answer] == list(range(len(Answer)))


def test_every_question_and_answer_has_words() -> None:
    assert set(QUESTIONS) == set(Question)
    assert set(ANSWERS) == set(Answer)
    assert all(words.endswith("?") for question, words in QUESTIONS.items() if question is not Question.OTHER)


def test_a_step_in_words() -> None:
    assert question_in_words(Step(Question.CODE, Answer.USED)) == "Is the typed code right and unused?"
    assert answer_in_words(Step(Question.CODE, Answer.USED)) == "right, but used before"
    assert answer_in_words(Step(Question.CODE, Answer.RIGHT, detail="totp")) == "right (totp)"


def test_events_have_one_grammar() -> None:
    assert all(re.fullmatch(r"[a-z-]+\.[a-z-]+", event.value) for event in AuditEvent)


def test_a_row_whose_write_did_not_take_says_so_and_names_neither_rule_nor_bypass() -> None:
    asked = Step(Question.BYPASS, Answer.YES, decided=True)
    row = Activity(
        id=ActivityId(b"activity"),
        at=NOW,
        group=EAST,
        kind=OutcomeKind.ALLOWED,
        reason=Reason.BYPASS,
        user=ALICE,
        user_name="alice",
        epoch=7,
        application=VPN,
        authentication_type=AuthenticationType.RADIUS,
        client="192.0.2.1",
        source="198.51.100.7",
        server="local",
        rule=RuleId(b"1"),
        bypass=BypassId(b"1"),
        origin=ActivityId(b"origin"),
        trace=(asked,),
    )
    assert refused(row, Reason.SUPERSEDED) == replace(
        row,
        kind=OutcomeKind.DENIED,
        reason=Reason.SUPERSEDED,
        rule=None,
        bypass=None,
        trace=(asked, Step(Question.RELEASE, Answer.STALE, decided=True, detail="superseded")),
    )


def test_the_words_of_the_contract_are_there() -> None:
    assert [state.value for state in BypassState] == ["active", "used", "expired", "cancelled", "superseded"]
    assert [cache_type.value for cache_type in CacheType] == ["user", "application", "ip"]
    assert [kind.value for kind in AuthenticationType] == ["radius", "ldap", "http", "api"]
    assert [kind.value for kind in PrimaryKind] == ["local", "asserted", "ldap", "radius"]
    assert [kind.value for kind in MethodKind] == ["push", "totp", "hotp", "sms", "voice", "webauthn", "backup-code"]


def values_of_the_domain() -> list[type]:
    modules = [
        import_module(f"watchword.domain.{found.name}") for found in pkgutil.iter_modules(watchword.domain.__path__)
    ]
    return [
        value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, type)
        and value.__module__ == module.__name__
        and (is_dataclass(value) or issubclass(value, tuple))
    ]


@pytest.mark.parametrize("value", values_of_the_domain(), ids=lambda value: str(value.__name__))
def test_values_never_change(value: type[Any]) -> None:
    if is_dataclass(value):
        names, bare = tuple(known.name for known in fields(value)), object.__new__(value)
    else:
        names = value._fields
        bare = tuple.__new__(value, [None] * len(names))
    assert not hasattr(bare, "__dict__")
    for name in (*names, "anything_else"):
        with pytest.raises((FrozenInstanceError, TypeError, AttributeError)):
            setattr(bare, name, None)


def test_nothing_passes_counts_or_spends_by_default() -> None:
    allowed = Allow(reason=Reason.CACHE, trace=())
    assert (allowed.spend, allowed.second_step) == (None, False)
    denied = Deny(reason=Reason.ERROR, trace=())
    assert (denied.counts, denied.resync) == (False, None)


def test_a_rule_starts_wide_and_new() -> None:
    rule = CachingRule(id=RuleId(b"1"), cache_type=CacheType.USER, seconds=60)
    assert (rule.authentication_type, rule.application, rule.enabled, rule.version) == (None, None, True, 0)


def test_an_empty_configuration_knows_nothing() -> None:
    empty = Configuration()
    assert empty.settings == DEFAULTS
    assert empty.client_table().find("192.0.2.1") is None
    assert empty.application_named("VPN") is None
    assert empty.directory_named("Old RADIUS") is None
    assert empty.rule(RuleId(b"1")) is None


def test_a_configuration_finds_by_name_and_by_identifier() -> None:
    network = parse_network("192.0.2.0/24")
    assert network is not None
    client = Client(id=ClientId(b"client"), application=VPN, network=network, secrets=(SEED,))
    rules = tuple(CachingRule(id=RuleId(bytes([number])), cache_type=CacheType.USER, seconds=60) for number in (1, 2))
    mail = replace(APPLICATION, id=MAIL, name="Mail")
    full = Configuration(
        applications={VPN: APPLICATION, MAIL: mail},
        clients=(client,),
        directories={DIRECTORY.id: DIRECTORY},
        rules=rules,
    )
    assert full.application_named("Mail") == mail
    assert full.application_named("mail") is None
    assert full.applications[ApplicationId(VPN)] == APPLICATION
    assert full.directory_named("Old RADIUS") == DIRECTORY
    assert full.directory_named("Old") is None
    assert full.rule(RuleId(b"\x02")) == rules[1]
    assert full.rule(RuleId(b"\x03")) is None
    assert full.client_table().find("192.0.2.1") == client


def test_the_rule_that_decides_is_that_of_the_configuration_in_force() -> None:
    rule = CachingRule(id=RuleId(b"1"), cache_type=CacheType.USER, seconds=60, application=ApplicationId(b"vpn"))
    configuration = Configuration(rules=(rule,))
    for _ in range(2):
        assert configuration.deciding_rule(AuthenticationType.RADIUS, ApplicationId(b"vpn")) is rule
        assert configuration.deciding_rule(AuthenticationType.RADIUS, ApplicationId(b"mail")) is None
    without = replace(configuration, rules=())
    assert without.deciding_rule(AuthenticationType.RADIUS, ApplicationId(b"vpn")) is None
