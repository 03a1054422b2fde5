"""
From a request to the decision about it, and from a decision to what is done.
"""

import base64
import re

import pytest

from tests.fakes.changes import replace
from tests.fakes.world import Asked, World
from watchword.app.verify.parts import state_of
from watchword.domain import policy
from watchword.domain.applications import DEFAULT_GROUP, ApplicationId, PrimaryKind
from watchword.domain.caching import CacheType
from watchword.domain.decisions import Wait
from watchword.domain.methods import BackupCodes, Hotp, Method, MethodId, MethodKind
from watchword.domain.otp import backup_digest, code_at
from watchword.domain.secrets import Secret
from watchword.domain.verification import (
    Allowed,
    Challenged,
    Credential,
    Denied,
    OutcomeKind,
    PrimaryResult,
    PrimaryVerdict,
    Reason,
    VerificationId,
)
from watchword.kit.clock import NANOSECONDS
from watchword.kit.randomness import Randomness
from watchword.ports.login import SpendBypass

SEED = b"counter based secret"
ELSEWHERE = "203.0.113.9"


@pytest.fixture
def world() -> World:
    return World()


def reason_of(asked: Asked) -> Reason | None:
    return asked.outcome.reason if isinstance(asked.outcome, Allowed | Denied) else None


def challenged(asked: Asked) -> Challenged:
    assert isinstance(asked.outcome, Challenged)
    return asked.outcome


# --- the gate


@pytest.mark.parametrize("name", ["", "a\x00b", "x" * 254])
@pytest.mark.parametrize("credential", [Credential.PAP, Credential.EAP])
def test_what_can_be_nobodys_name_is_refused_with_a_row(world: World, name: str, credential: Credential) -> None:
    asked = world.ask(user=name, credential=credential)
    expected = Reason.UNKNOWN_USER if credential is Credential.PAP else Reason.UNSUPPORTED_PROTOCOL
    assert reason_of(asked) is expected
    (row,) = world.store.activity
    assert (row.user, row.user_name, row.reason) == (None, name, expected)
    assert not world.passwords.checked


@pytest.mark.parametrize("credential", [Credential.PAP, Credential.EAP])
@pytest.mark.parametrize("state", [None, b"a state"])
def test_an_application_that_is_gone_lets_nobody_ask(world: World, credential: Credential, state: bytes | None) -> None:
    world.user("alice@example.com", world.totp())
    gone = world.vpn
    world.configuration.swap(type(world.configuration.value)())
    asked = world.ask(code=world.code(), application=gone, credential=credential, state=state)
    assert reason_of(asked) is Reason.ERROR
    assert not world.passwords.checked


def test_an_application_that_goes_while_a_password_is_checked_gives_the_attempt_back(world: World) -> None:
    world.user("alice@example.com", world.totp())
    world.passwords.hold = True
    kept = world.configuration.value
    asked = [world.ask(typed=b"guess %d" % number) for number in range(5)]
    assert reason_of(world.ask(typed=b"one more")) is Reason.THROTTLED
    world.configuration.swap(type(kept)())
    world.passwords.verdict = PrimaryResult(verdict=PrimaryVerdict.AWAY, checked_by="local")
    world.passwords.run()
    assert {reason_of(one) for one in asked} == {Reason.ERROR}
    world.configuration.swap(kept)
    world.passwords.verdict = None
    world.passwords.hold = False
    assert reason_of(world.ask(code=world.code())) is Reason.CODE


@pytest.mark.parametrize("credential", [Credential.PAP, Credential.EAP])
def test_where_nothing_can_be_read_a_reject_leaves(world: World, credential: Credential) -> None:
    world.user("alice@example.com", world.totp())
    world.store.away = True
    asked = world.ask(code=world.code(), credential=credential)
    assert isinstance(asked.outcome, Denied)
    assert not world.faults


def test_a_password_that_was_wrong_just_now_costs_no_attempt_and_no_check(world: World) -> None:
    world.user("alice@example.com", world.totp())
    for _ in range(20):
        assert reason_of(world.ask(typed=b"wrong")) is Reason.WRONG_PASSWORD
    assert len(world.passwords.checked) == 1
    assert reason_of(world.ask(code=world.code())) is Reason.CODE


def test_an_account_that_its_directory_refuses_is_said_to_be_refused_again(world: World) -> None:
    world.user("alice@example.com", world.totp())
    world.passwords.verdict = PrimaryResult(verdict=PrimaryVerdict.REFUSED, checked_by="directory")
    assert [reason_of(world.ask()) for _ in range(2)] == [Reason.ACCOUNT_REFUSED] * 2
    assert len(world.passwords.checked) == 1


def test_what_the_directory_refuses_an_account_for_stands_in_its_row_and_apart(world: World) -> None:
    world.user("alice@example.com", world.totp())
    words = ["the account is disabled (533)", "the account has expired (701)", "the account is locked (775)"]
    for detail, typed in zip(words, (b"one", b"two", b"three"), strict=True):
        world.passwords.verdict = PrimaryResult(verdict=PrimaryVerdict.REFUSED, checked_by="directory", detail=detail)
        for _ in range(2):
            assert reason_of(world.ask(typed=typed)) is Reason.ACCOUNT_REFUSED
    assert [row.detail for row in world.store.activity] == words
    assert {row.reason for row in world.store.activity} == {Reason.ACCOUNT_REFUSED}


def test_what_a_directory_says_of_a_right_password_is_no_business_of_the_row(world: World) -> None:
    world.user("alice@example.com", world.totp())
    world.passwords.verdict = PrimaryResult(
        verdict=PrimaryVerdict.ACCEPTED, checked_by="directory", detail="hq: no answer came in time"
    )
    assert reason_of(world.ask(code=world.code())) is Reason.CODE
    assert [row.detail for row in world.store.activity] == [""]


@pytest.mark.parametrize("verdict", [PrimaryVerdict.AWAY, PrimaryVerdict.AMBIGUOUS])
def test_a_directory_that_could_not_tell_is_asked_again(world: World, verdict: PrimaryVerdict) -> None:
    world.user("alice@example.com", world.totp())
    world.passwords.verdict = PrimaryResult(verdict=verdict, checked_by="directory")
    world.ask()
    world.ask()
    assert len(world.passwords.checked) == 2


def test_a_password_is_tried_anew_after_an_event(world: World) -> None:
    user = world.user("alice@example.com", world.totp())
    world.ask(typed=b"a new one")
    world.store.change(user)
    world.passwords.right = b"a new one"
    assert reason_of(world.ask(typed=b"a new one", code=world.code())) is Reason.CODE


def test_an_asserted_password_is_never_throttled_nor_counted(world: World) -> None:
    world.application(primary=PrimaryKind.ASSERTED)
    world.user("alice@example.com", world.totp())
    for number in range(10):
        world.ask(typed=b"anything %d" % number)
    assert reason_of(world.ask(typed=b"", code=world.code())) is Reason.CODE


# --- who it is


def test_a_name_that_comes_to_mean_somebody_while_the_password_is_checked_passes_nobody(world: World) -> None:
    world.application(primary=PrimaryKind.LDAP, user_match=False)
    world.passwords.hold = True
    asked = world.ask()
    world.user("alice@example.com", world.totp())
    world.passwords.verdict = PrimaryResult(verdict=PrimaryVerdict.ACCEPTED, checked_by="directory", by_directory=True)
    world.passwords.run()
    assert reason_of(asked) is Reason.AMBIGUOUS_USER


def test_a_user_who_goes_while_his_password_is_checked_is_unknown(world: World) -> None:
    user = world.user("alice@example.com", world.totp())
    world.passwords.hold = True
    asked = world.ask(code=world.code())
    world.store.remove(user)
    world.passwords.run()
    assert reason_of(asked) is Reason.UNKNOWN_USER


def test_the_entry_of_another_user_at_the_directory_passes_nobody(world: World) -> None:
    world.application(primary=PrimaryKind.LDAP)
    world.user("alice@example.com", world.totp())
    bob = world.user("bob@example.com", world.totp())
    world.store.change(bob, directory_id=b"bob's entry")
    world.passwords.verdict = PrimaryResult(
        verdict=PrimaryVerdict.ACCEPTED, checked_by="directory", by_directory=True, directory_id=b"bob's entry"
    )
    asked = world.ask(code=world.code())
    assert reason_of(asked) is Reason.AMBIGUOUS_USER
    assert not world.faults


def test_where_the_owner_of_an_entry_cannot_be_read_nobody_passes_and_it_is_no_bug(world: World) -> None:
    world.application(primary=PrimaryKind.LDAP)
    world.user("alice@example.com", world.totp())
    world.passwords.verdict = PrimaryResult(
        verdict=PrimaryVerdict.ACCEPTED, checked_by="directory", by_directory=True, directory_id=b"an entry"
    )
    world.passwords.hold = True
    asked = world.ask(code=world.code())
    world.store.away = True
    world.passwords.run()
    assert reason_of(asked) is Reason.ERROR
    assert not world.faults


# --- what is done


def test_a_decision_that_fits_nothing_denies(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.application(challenge=True)
    world.user_with_phone()
    state = challenged(world.ask()).state
    wait = Wait(verification=VerificationId(b"unknown"), trace=())
    monkeypatch.setattr(policy, "answer", lambda *_, **__: wait)
    monkeypatch.setattr(world.releases, "find", lambda _: None)
    assert reason_of(world.ask(typed=b"", state=state)) is Reason.ERROR
    monkeypatch.setattr(policy, "decide", lambda *_, **__: wait)
    assert reason_of(world.ask(source=ELSEWHERE)) is Reason.ERROR


def test_a_counter_far_ahead_is_brought_back_by_two_codes(world: World) -> None:
    token = Method(id=MethodId(world.identifiers.new()), kind=MethodKind.HOTP, detail=Hotp(secret=Secret(SEED)))
    user = world.user("alice@example.com", token)
    assert reason_of(world.ask(code=code_at(SEED, 40, 6))) is Reason.WRONG_CODE
    (method,) = world.person(user).methods
    assert isinstance(method.detail, Hotp)
    assert method.detail.resync == 41
    assert len(world.person(user).failures.recent) == 1
    assert reason_of(world.ask(code=code_at(SEED, 41, 6))) is Reason.CODE
    (method,) = world.person(user).methods
    assert isinstance(method.detail, Hotp)
    assert (method.detail.counter, method.detail.resync) == (42, None)


def test_a_backup_code_is_good_once(world: World) -> None:
    secret, code = Secret(SEED), "ABCD-EFGH"
    codes = BackupCodes(secret=secret, left=(backup_digest(secret, code),))
    user = world.user(
        "alice@example.com", Method(id=MethodId(world.identifiers.new()), kind=MethodKind.BACKUP_CODE, detail=codes)
    )
    assert reason_of(world.ask(code=code)) is Reason.BACKUP_CODE
    assert reason_of(world.ask(code=code, source=ELSEWHERE)) is Reason.WRONG_CODE
    assert len(world.person(user).failures.recent) == 1


def test_a_number_that_is_shown_already_is_not_shown_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.application(challenge=True)
    world.user_with_phone()
    drawn = iter([7, 7, 7, 8])
    monkeypatch.setattr(type(world.randomness), "below", lambda _self, _limit: next(drawn))
    first = challenged(world.ask())
    second = challenged(world.ask(source=ELSEWHERE))
    assert (first.prompt.number, second.prompt.number) == ("17", "18")


def test_numbers_have_two_digits(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.application(challenge=True)
    world.user_with_phone()
    limits: list[int] = []

    def largest(_self: Randomness, limit: int) -> int:
        limits.append(limit)
        return limit - 1

    monkeypatch.setattr(type(world.randomness), "below", largest)
    assert challenged(world.ask()).prompt.number == "99"
    assert limits == [90]


def test_a_state_is_whole_also_for_clients_that_take_it_for_a_text() -> None:
    for octets in (bytes(16), b"\xff" * 16, bytes(range(16))):
        assert re.fullmatch(rb"[A-Za-z0-9_-]{22}", state_of(octets))


def test_a_state_has_128_random_bits_and_only_its_digest_is_kept(world: World) -> None:
    world.application(challenge=True)
    world.user("alice@example.com", world.totp())
    states = {challenged(world.ask(source=f"198.51.100.{number}")).state for number in range(20)}
    assert len(states) == 20
    assert {len(base64.urlsafe_b64decode(state + b"==")) for state in states} == {16}
    assert not any(state in repr(challenge).encode() for state in states for challenge in world.minted)


def test_there_is_an_end_to_verifications_in_progress(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.user_with_phone()
    monkeypatch.setattr(type(world.parts.pending), "full", lambda _: True)
    asked = world.ask()
    assert reason_of(asked) is Reason.THROTTLED
    assert not world.phones.rings


def test_a_second_taker_of_a_state_waits_for_the_first_ones_commit_and_finds_it_spent(world: World) -> None:
    world.application(challenge=True)
    user = world.user("alice@example.com", world.totp())
    state = challenged(world.ask()).state
    world.store.hold = True
    first = world.ask(typed=b"", code=world.code(), state=state)
    second = world.ask(typed=b"", code=world.code(), state=state)
    world.store.run()
    assert reason_of(first) is Reason.CODE
    assert reason_of(second) is Reason.WRONG_STATE
    assert world.person(user).failures.recent == ()


@pytest.mark.parametrize("name", ["a\x00b", "nobody", "bob"])
def test_a_state_is_worth_nothing_under_another_name(world: World, name: str) -> None:
    world.application(challenge=True)
    world.user("alice@example.com", world.totp())
    world.user("bob@example.com", world.totp())
    state = challenged(world.ask()).state
    assert reason_of(world.ask(user=name, typed=b"", code=world.code(), state=state)) is Reason.WRONG_STATE
    unknown = world.ask(user=name, typed=b"", code=world.code(), state=b"never made")
    assert reason_of(unknown) is Reason.WRONG_STATE


def test_where_a_challenge_cannot_be_read_a_reject_leaves(world: World) -> None:
    world.application(challenge=True)
    world.user("alice@example.com", world.totp())
    state = challenged(world.ask()).state
    world.store.away = True
    assert reason_of(world.ask(typed=b"", code=world.code(), state=state)) is Reason.ERROR
    assert not world.faults
    world.store.away = False
    assert reason_of(world.ask(typed=b"", code=world.code(), state=state)) is Reason.CODE


def test_a_challenge_that_could_not_be_written_down_is_none(world: World) -> None:
    world.application(challenge=True)
    phone = world.user_with_phone()
    world.store.broken = True
    assert reason_of(world.ask()) is Reason.ERROR
    world.store.broken = False
    assert world.prompting.shown(phone.owner.user) is None
    world.store.hold = True
    asked = world.ask()
    world.store.change(phone.owner.user)
    world.store.run()
    assert reason_of(asked) is Reason.SUPERSEDED
    assert world.prompting.shown(phone.owner.user) is None
    assert not world.phones.rings


def test_an_answer_goes_on_with_the_login_that_was_challenged(world: World) -> None:
    world.application(challenge=True, primary=PrimaryKind.RADIUS)
    world.user("alice@example.com", world.totp())
    world.rule(CacheType.IP)
    world.passwords.verdict = PrimaryResult(
        verdict=PrimaryVerdict.ACCEPTED, checked_by="radius", by_directory=True, attributes=((25, b"staff"),)
    )
    asked = challenged(world.ask())
    passed = world.ask(typed=b"", code=world.code(), state=asked.state, source=ELSEWHERE)
    assert isinstance(passed.outcome, Allowed)
    assert passed.outcome.attributes == ((25, b"staff"),)
    first, second = world.store.activity
    assert (second.source, second.origin, second.kind) == ("198.51.100.7", first.id, OutcomeKind.ALLOWED)
    assert [key.address for key in world.cache.entries] == ["198.51.100.7"]
    world.pass_time(11)
    assert reason_of(world.ask()) is Reason.CACHE


def test_a_number_passes_on_what_the_radius_server_wanted_at_the_first_request(world: World) -> None:
    world.application(challenge=True, primary=PrimaryKind.RADIUS)
    phone = world.user_with_phone()
    world.passwords.verdict = PrimaryResult(
        verdict=PrimaryVerdict.ACCEPTED, checked_by="radius", by_directory=True, attributes=((25, b"staff"),)
    )
    first, second = challenged(world.ask()), challenged(world.ask())
    world.answer(phone, number=first.prompt.number)
    for asked in (first, second):
        passed = world.ask(typed=b"", state=asked.state)
        assert isinstance(passed.outcome, Allowed)
        assert passed.outcome.attributes == ((25, b"staff"),)


def test_the_same_login_at_another_application_is_another_one(world: World) -> None:
    world.user_with_phone("alice@example.com", world.totp())
    other = replace(world.vpn, id=ApplicationId(b"another"), name="another")
    both = {world.vpn.id: world.vpn, other.id: other}
    world.configuration.swap(replace(world.configuration.value, applications=both))
    code = world.code()
    assert reason_of(world.ask(code=code)) is Reason.CODE
    assert reason_of(world.ask(code=code, application=other)) is Reason.USED_CODE
    assert not world.ask().outcomes
    assert reason_of(world.ask(application=other)) is Reason.CONTENDED


def test_a_bypass_for_this_application_and_group_is_used_here(world: World) -> None:
    phone = world.user_with_phone()
    bypass = world.bypass(phone.owner.user, application=world.vpn.id, group=DEFAULT_GROUP)
    assert reason_of(world.ask()) is Reason.BYPASS
    (unit,) = world.store.committed
    assert unit.writes == (
        SpendBypass(
            bypass=bypass.id,
            user=phone.owner.user,
            epoch=0,
            at=world.clock.now(),
            application=world.vpn.id,
            source="198.51.100.7",
        ),
    )


def test_a_bypass_ends_what_waits_and_what_was_cached(world: World) -> None:
    phone = world.user_with_phone()
    world.store.change(phone.owner.user)
    elsewhere = world.ask(source=ELSEWHERE)
    world.bypass(phone.owner.user)
    passed = world.ask()
    assert isinstance(passed.outcome, Allowed)
    assert (passed.outcome.reason, passed.outcome.epoch) == (Reason.BYPASS, 2)
    assert reason_of(elsewhere) is Reason.SUPERSEDED
    assert reason_of(world.ask()) is Reason.JOINED


def test_wrong_passwords_under_many_names_are_those_of_one_user(world: World) -> None:
    world.user("alice@example.com", world.totp())
    names = ("alice", "alice@example.com", "ALICE", "Alice@Example.COM", "aLice")
    for number, name in enumerate(names):
        world.ask(user=name, typed=b"guess %d" % number)
    assert reason_of(world.ask(code=world.code())) is Reason.THROTTLED
    assert reason_of(world.ask(user="alice", typed=b"one more")) is Reason.THROTTLED


def test_wrong_passwords_of_nobody_are_slowed_down_by_name(world: World) -> None:
    world.application(primary=PrimaryKind.LDAP, user_match=False)
    for number in range(5):
        assert reason_of(world.ask(user="nobody", typed=b"guess %d" % number)) is Reason.WRONG_PASSWORD
    assert reason_of(world.ask(user="nobody", typed=b"one more")) is Reason.THROTTLED
    assert reason_of(world.ask(user="somebody", typed=b"one more")) is Reason.WRONG_PASSWORD


def test_a_login_whose_password_was_checked_before_an_event_joins_none_from_before(world: World) -> None:
    phone = world.user_with_phone()
    world.ask()
    world.passwords.hold = True
    old = world.ask()
    world.store.change(phone.owner.user)
    world.passwords.run()
    assert reason_of(old) is Reason.SUPERSEDED


def test_a_login_whose_password_was_checked_before_an_event_joins_the_same_one_since(world: World) -> None:
    phone = world.user_with_phone()
    world.passwords.hold = True
    old = world.ask()
    world.store.change(phone.owner.user)
    since = world.ask()
    for attempt, done in reversed(world.passwords.waiting):
        done(world.passwords.result(attempt))
    assert not old.outcomes
    world.answer(phone)
    assert [reason_of(since), reason_of(old)] == [Reason.PUSH, Reason.JOINED]


def test_what_is_allowed_carries_what_the_radius_server_wanted_also_to_who_asks_again(world: World) -> None:
    world.application(primary=PrimaryKind.RADIUS)
    phone = world.user_with_phone("alice@example.com", world.totp())
    wanted = ((25, b"staff"), (6, b"\x00\x00\x00\x01"))
    world.passwords.verdict = PrimaryResult(
        verdict=PrimaryVerdict.ACCEPTED, checked_by="radius", by_directory=True, attributes=wanted
    )
    code = world.code()
    asked = [world.ask(code=code), world.ask(code=code), world.ask(), world.ask()]
    world.answer(phone)
    for one in asked:
        assert isinstance(one.outcome, Allowed)
        assert one.outcome.attributes == wanted


def test_a_login_is_answered_before_its_deadline_and_not_at_it(world: World) -> None:
    world.application(deadline=10)
    world.user("alice@example.com", world.totp())
    world.passwords.hold = True
    in_time = world.ask(code=world.code())
    world.clock.advance(world.vpn.deadline - 1 / NANOSECONDS)
    world.passwords.run()
    assert reason_of(in_time) is Reason.CODE
    late = world.ask(code=world.code(ahead=1), source=ELSEWHERE)
    world.clock.advance(world.vpn.deadline)
    world.passwords.run()
    assert reason_of(late) is Reason.NO_ANSWER
