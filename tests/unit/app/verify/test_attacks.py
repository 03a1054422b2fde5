"""
What somebody tries who knows the password, and what must not come of it.
"""

import pytest

from tests.fakes.changes import replace
from tests.fakes.world import Asked, World
from watchword.app.pending import MOST_OF_A_USER
from watchword.app.verify.prompting import AnswerResult
from watchword.app.verify.turns import MOST_QUEUED
from watchword.domain.applications import PrimaryKind
from watchword.domain.caching import CacheType
from watchword.domain.prompts import AnswerDecision
from watchword.domain.verification import (
    Allowed,
    Challenged,
    Denied,
    Outcome,
    PrimaryResult,
    PrimaryVerdict,
    Reason,
)

ELSEWHERE = "203.0.113.9"


@pytest.fixture
def world() -> World:
    return World()


def reason_of(asked: Asked) -> Reason | None:
    outcome = asked.outcome
    return outcome.reason if isinstance(outcome, Allowed | Denied) else None


def challenged(outcome: Outcome | None) -> Challenged:
    assert isinstance(outcome, Challenged)
    return outcome


# --- guessing codes


def test_a_second_state_of_a_login_that_has_ended_is_one_guess_and_counts(world: World) -> None:
    world.application(challenge=True)
    user = world.user_with_phone("alice@example.com", world.totp()).owner.user
    first, second = challenged(world.ask().outcome), challenged(world.ask().outcome)
    world.ask(typed=b"", code="000000", state=first.state)
    guesses = [world.ask(typed=b"", code=f"00000{guess}", state=second.state) for guess in range(1, 9)]
    assert reason_of(guesses[0]) is Reason.WRONG_CODE
    assert {reason_of(guess) for guess in guesses[1:]} == {Reason.WRONG_STATE}
    assert len(world.person(user).failures.recent) == 2


def test_a_contender_who_lost_has_one_guess_and_it_counts(world: World) -> None:
    world.application(challenge=True)
    phone = world.user_with_phone("alice@example.com", world.totp())
    attacker = challenged(world.ask(source=ELSEWHERE).outcome)
    victim = challenged(world.ask().outcome)
    world.answer(phone, number=victim.prompt.number)
    guesses = [world.ask(typed=b"", code=f"00000{guess}", state=attacker.state) for guess in range(9)]
    assert reason_of(guesses[0]) is Reason.WRONG_CODE
    assert {reason_of(guess) for guess in guesses[1:]} == {Reason.WRONG_STATE}
    assert len(world.person(phone.owner.user).failures.recent) == 1


def test_a_right_code_passes_where_the_phone_was_not_answered_in_time(world: World) -> None:
    world.application(challenge=True)
    world.user_with_phone("alice@example.com", world.totp())
    first, second = challenged(world.ask().outcome), challenged(world.ask().outcome)
    world.ask(typed=b"", code="000000", state=first.state)
    assert reason_of(world.ask(typed=b"", code=world.code(), state=second.state)) is Reason.CODE


# --- crowding


def test_a_user_has_few_verifications_in_progress_at_once(world: World) -> None:
    world.application(challenge=True)
    phone = world.user_with_phone()
    asked = [world.ask(source=f"198.51.100.{number}") for number in range(120)]
    numbers = [one.outcome.prompt.number for one in asked if isinstance(one.outcome, Challenged)]
    assert len(numbers) == len(set(numbers)) == MOST_OF_A_USER
    assert {reason_of(one) for one in asked[MOST_OF_A_USER:]} == {Reason.CONTENDED}
    assert world.answer(phone, number=numbers[-1]) is AnswerResult.TAKEN


def test_requests_of_one_user_that_queue_are_all_answered_however_many(world: World) -> None:
    world.user_with_phone()
    world.ask(source=ELSEWHERE)
    world.store.hold = True
    asked = [world.ask() for _ in range(MOST_QUEUED + 50)]
    world.store.hold = False
    world.store.run()
    assert {reason_of(one) for one in asked} == {Reason.CONTENDED, Reason.THROTTLED}
    assert not world.faults
    again = world.ask()
    assert reason_of(again) is Reason.CONTENDED


@pytest.mark.parametrize("decision", [AnswerDecision.APPROVE, AnswerDecision.FRAUD])
def test_a_crowd_does_not_keep_a_phone_from_being_heard(world: World, decision: AnswerDecision) -> None:
    phone = world.user_with_phone()
    mine = world.ask()
    world.rule(CacheType.USER)
    world.store.hold = True
    for number in range(MOST_QUEUED + 1):
        world.ask(code=f"{number:06}", source=ELSEWHERE)
    world.answer(phone, decision)
    assert not mine.outcomes
    world.store.change(phone.owner.user)
    world.store.hold = False
    world.store.run()
    assert len(mine.outcomes) == 1
    rows = [row for row in world.store.activity if row.reason is Reason.FRAUD]
    assert bool(rows) is (decision is AnswerDecision.FRAUD)


def test_a_prompt_is_not_rung_again_and_again_by_those_who_contend(world: World) -> None:
    world.user_with_phone()
    world.ask()
    for number in range(20):
        world.ask(source=f"203.0.113.{number}")
    # Once because it began, and once because a number is asked for from then on.
    assert len(world.phones.rings) == 2


def test_nobody_is_rung_for_whom_nobody_waits_any_more(world: World) -> None:
    world.user_with_phone("alice@example.com", world.totp())
    world.store.hold = True
    world.ask(code=world.code())
    late = world.ask(source=ELSEWHERE)
    world.clock.advance(51)
    world.store.hold = False
    world.store.run()
    assert reason_of(late) is Reason.NO_ANSWER
    assert not world.phones.rings


# --- the phone's no


@pytest.mark.parametrize("decision", [AnswerDecision.DENY, AnswerDecision.FRAUD])
def test_a_no_counts_though_the_prompt_that_rang_is_over(world: World, decision: AnswerDecision) -> None:
    phone = world.user_with_phone()
    plain = world.vpn
    world.ask(source=ELSEWHERE)
    world.application(challenge=True)
    challenged(world.ask(source="203.0.113.10").outcome)
    world.application(challenge=False)
    world.pass_time(plain.deadline + 1)
    assert len(world.parts.pending) == 1
    assert world.answer(phone, decision) is AnswerResult.TAKEN
    person = world.person(phone.owner.user)
    assert person.user.epoch == 1
    assert len(person.prompts.refused) == (decision is AnswerDecision.DENY)


def test_a_wrong_number_counts_though_the_prompt_that_rang_is_over(world: World) -> None:
    phone = world.user_with_phone()
    world.ask(source=ELSEWHERE)
    world.application(challenge=True)
    number = challenged(world.ask(source="203.0.113.10").outcome).prompt.number
    world.pass_time(51)
    assert world.answer(phone, number="10" if number != "10" else "11") is AnswerResult.WRONG_NUMBER
    assert len(world.person(phone.owner.user).failures.recent) == 1


def test_a_no_to_two_at_once_counts_once_and_ends_both(world: World) -> None:
    world.application(challenge=True)
    phone = world.user_with_phone()
    states = [challenged(world.ask(source=f"203.0.113.{number}").outcome).state for number in range(2)]
    assert world.answer(phone, AnswerDecision.DENY) is AnswerResult.TAKEN
    person = world.person(phone.owner.user)
    assert person.user.epoch == 1
    assert len(person.prompts.refused) == 1
    for number, state in enumerate(states):
        asked = world.ask(typed=b"", state=state, source=f"203.0.113.{number}")
        assert reason_of(asked) is Reason.DENIED_BY_USER


# --- names


@pytest.mark.parametrize("name", [" alice", "alice ", "alice\x00", "alice\u200b", "a" * 254, ""])
def test_what_can_be_nobodys_name_does_not_pass_on_a_password_alone(world: World, name: str) -> None:
    world.application(primary=PrimaryKind.LDAP, user_match=False)
    world.user_with_phone()
    world.passwords.verdict = PrimaryResult(verdict=PrimaryVerdict.ACCEPTED, checked_by="directory", by_directory=True)
    asked = world.ask(user=name)
    assert reason_of(asked) is Reason.UNKNOWN_USER
    assert not world.passwords.checked


def by_directory(world: World, directory_id: bytes | None) -> None:
    world.passwords.verdict = PrimaryResult(
        verdict=PrimaryVerdict.ACCEPTED, checked_by="directory", by_directory=True, directory_id=directory_id
    )


def test_another_name_of_a_user_who_has_only_a_phone_does_not_pass_on_a_password_alone(world: World) -> None:
    world.application(primary=PrimaryKind.LDAP, user_match=False)
    phone = world.user_with_phone()
    by_directory(world, b"alice's entry")
    asked = world.ask()
    world.answer(phone)
    assert reason_of(asked) is Reason.PUSH
    assert world.person(phone.owner.user).user.directory_id == b"alice's entry"
    assert reason_of(world.ask(user="alias-of-alice")) is Reason.AMBIGUOUS_USER


def test_a_directory_is_learned_from_by_a_number_by_a_code_in_its_place_and_by_a_code_alone(world: World) -> None:
    world.application(primary=PrimaryKind.LDAP, challenge=True)
    alice = world.user_with_phone()
    bob = world.user_with_phone("bob@example.com", world.totp())
    by_directory(world, b"alice's entry")
    shown = challenged(world.ask().outcome)
    world.answer(alice, number=shown.prompt.number)
    assert reason_of(world.ask(typed=b"", state=shown.state)) is Reason.PUSH
    by_directory(world, b"bob's entry")
    shown = challenged(world.ask(user="bob@example.com").outcome)
    assert reason_of(world.ask(user="bob@example.com", typed=b"", code=world.code(), state=shown.state)) is Reason.CODE
    assert world.person(alice.owner.user).user.directory_id == b"alice's entry"
    assert world.person(bob.owner.user).user.directory_id == b"bob's entry"
    carol = world.user("carol@example.com", world.totp())
    by_directory(world, b"carol's entry")
    asked = challenged(world.ask(user="carol").outcome)
    assert reason_of(world.ask(user="carol", typed=b"", code=world.code(), state=asked.state)) is Reason.CODE
    assert world.person(carol).user.directory_id == b"carol's entry"


def test_a_denied_login_teaches_nothing(world: World) -> None:
    world.application(primary=PrimaryKind.LDAP)
    phone = world.user_with_phone()
    by_directory(world, b"somebody's entry")
    world.ask()
    world.answer(phone, AnswerDecision.DENY)
    assert world.person(phone.owner.user).user.directory_id is None


# --- what is older than an event


def test_a_password_that_was_checked_before_an_event_is_worth_nothing_after_it(world: World) -> None:
    user = world.user("alice@example.com", world.totp())
    world.passwords.hold = True
    old = world.ask(code=world.code())
    world.store.change(user)
    world.passwords.run()
    assert reason_of(old) is Reason.SUPERSEDED
    world.passwords.hold = False
    assert reason_of(world.ask(code=world.code())) is Reason.CODE


def test_a_bypass_made_with_a_new_password_is_not_for_who_still_has_the_old_one(world: World) -> None:
    user = world.user("alice@example.com", world.totp())
    world.passwords.hold = True
    old = world.ask()
    world.store.change(user)
    world.bypass(user)
    world.passwords.right = b"a new one"
    fresh = world.ask(typed=b"a new one")
    for _, done in world.passwords.waiting:
        done(PrimaryResult(verdict=PrimaryVerdict.ACCEPTED, checked_by="local"))
    assert reason_of(old) is Reason.SUPERSEDED
    assert reason_of(fresh) is Reason.BYPASS


def test_a_check_of_a_password_is_not_shared_over_an_event(world: World) -> None:
    user = world.user("alice@example.com", world.totp())
    world.passwords.hold = True
    world.ask(code=world.code())
    world.store.change(user)
    world.ask(code=world.code())
    assert len(world.passwords.checked) == 2


def test_requests_of_one_login_share_its_bypass_though_it_was_an_event(world: World) -> None:
    world.bypass(world.user_with_phone().owner.user)
    world.passwords.hold = True
    asked = [world.ask() for _ in range(3)]
    elsewhere = world.ask(source=ELSEWHERE)
    world.passwords.run()
    assert [reason_of(one) for one in asked] == [Reason.BYPASS, Reason.JOINED, Reason.JOINED]
    assert reason_of(elsewhere) is Reason.SUPERSEDED


def test_wrong_codes_count_also_where_something_happened_meanwhile(world: World) -> None:
    user = world.user("alice@example.com", world.totp())
    world.passwords.hold = True
    old = world.ask(code="000000")
    world.store.change(user)
    world.passwords.run()
    assert reason_of(old) is Reason.WRONG_CODE
    assert len(world.person(user).failures.recent) == 1


# --- the application changes while a login waits for its turn


@pytest.mark.parametrize("fields", [{"enabled": False}, {"primary": PrimaryKind.LDAP, "version": 1}])
def test_an_application_is_looked_at_again_when_a_login_passes(world: World, fields: dict[str, object]) -> None:
    world.user("alice@example.com", world.totp())
    world.store.hold = True
    first = world.ask(code=world.code())
    second = world.ask(code=world.code(ahead=1), source=ELSEWHERE)
    shared = world.ask(code=world.code())
    world.application(**fields)
    world.store.hold = False
    world.store.run()
    assert reason_of(first) is Reason.CODE
    assert isinstance(second.outcome, Denied)
    assert isinstance(shared.outcome, Denied)


def test_an_application_that_is_gone_lets_nobody_in_who_waits_for_a_turn(world: World) -> None:
    world.user("alice@example.com", world.totp())
    world.store.hold = True
    world.ask(code=world.code())
    second = world.ask(code=world.code(ahead=1), source=ELSEWHERE)
    world.configuration.swap(replace(world.configuration.value, applications={}))
    world.store.hold = False
    world.store.run()
    assert isinstance(second.outcome, Denied)


def test_who_waited_too_long_for_a_turn_shares_nothing(world: World) -> None:
    world.user("alice@example.com", world.totp())
    world.store.hold = True
    world.ask(code=world.code())
    shared = world.ask(code=world.code())
    world.clock.advance(world.vpn.deadline)
    world.store.hold = False
    world.store.run()
    assert reason_of(shared) is Reason.NO_ANSWER


# --- what ended without anybody's no


def test_a_mistyped_code_does_not_deny_the_login_that_begins_anew(world: World) -> None:
    world.application(challenge=True)
    world.user_with_phone("alice@example.com", world.totp())
    first = challenged(world.ask().outcome)
    assert reason_of(world.ask(typed=b"", code="000000", state=first.state)) is Reason.WRONG_CODE
    challenged(world.ask().outcome)


def test_a_login_that_nobody_waits_for_denies_no_later_one(world: World) -> None:
    world.user_with_phone()
    first = world.ask()
    first.cancel()
    assert not world.ask().outcomes
    assert not first.outcomes


def test_prompts_that_are_off_show_no_number_either(world: World) -> None:
    world.application(challenge=True)
    phone = world.user_with_phone("alice@example.com", world.totp())
    user = phone.owner.user
    pending = challenged(world.ask().outcome)
    person = world.person(user)
    off = replace(person.prompts, off_until=world.clock.now() + 60_000_000)
    world.store.state.persons[user] = replace(person, prompts=off)
    contender = challenged(world.ask(source=ELSEWHERE).outcome)
    assert pending.prompt.number is not None
    assert contender.prompt.number is None
    assert len(world.parts.pending) == 1
