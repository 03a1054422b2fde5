import asyncio
from collections.abc import Callable

import pytest

from tests.fakes.changes import replace
from tests.fakes.world import Phone, World
from watchword.app.verify.prompting import AnswerResult
from watchword.domain.applications import PrimaryKind
from watchword.domain.caching import CacheType
from watchword.domain.lockout import Failures
from watchword.domain.prompts import AnswerDecision
from watchword.domain.trace import Answer, Question
from watchword.domain.users import Block
from watchword.domain.verification import Allowed, Challenged, Credential, Denied, OutcomeKind, Reason


@pytest.fixture
def world() -> World:
    return World()


def test_a_right_code_passes_once_and_its_row_is_committed_first(world: World) -> None:
    user = world.user("alice@example.com", world.totp())
    world.store.hold = True
    asked = world.ask(code=world.code())
    assert not asked.outcomes
    world.store.run()
    assert isinstance(asked.outcome, Allowed)
    assert asked.outcome.reason is Reason.CODE
    assert [row.id for row in world.store.activity] == [asked.outcome.activity]
    assert world.store.activity[0].user == user


def test_the_same_code_from_elsewhere_is_used(world: World) -> None:
    user = world.user("alice@example.com", world.totp())
    code = world.code()
    world.ask(code=code)
    again = world.ask(code=code, source="203.0.113.9")
    assert isinstance(again.outcome, Denied)
    assert again.outcome.reason is Reason.USED_CODE
    assert len(world.person(user).failures.recent) == 1


def test_the_same_login_shares_the_outcome_of_its_code_for_ten_seconds(world: World) -> None:
    world.user("alice@example.com", world.totp())
    code = world.code()
    first = world.ask(code=code).outcome
    again = world.ask(code=code)
    assert isinstance(first, Allowed)
    assert isinstance(again.outcome, Allowed)
    assert again.outcome.reason is Reason.JOINED
    assert world.store.activity[-1].origin == first.activity
    world.pass_time(10.5)
    late = world.ask(code=code)
    assert isinstance(late.outcome, Denied)
    assert late.outcome.reason is Reason.USED_CODE


def test_a_second_taker_waits_for_the_first_ones_commit(world: World) -> None:
    world.user("alice@example.com", world.totp())
    world.store.hold = True
    code = world.code()
    first, second = world.ask(code=code), world.ask(code=code, source="203.0.113.9")
    assert len(world.store.queue) == 1
    world.store.run()
    assert isinstance(first.outcome, Allowed)
    assert isinstance(second.outcome, Denied)
    assert second.outcome.reason is Reason.USED_CODE


def test_a_second_taker_may_pass_where_the_first_ones_commit_failed(world: World) -> None:
    world.user("alice@example.com", world.totp())
    world.store.hold = True
    code = world.code()
    first, second = world.ask(code=code), world.ask(code=code, source="203.0.113.9")
    world.store.broken = True
    world.store.run_one()
    assert isinstance(first.outcome, Denied)
    assert first.outcome.reason is Reason.ERROR
    world.store.broken = False
    world.store.run()
    assert isinstance(second.outcome, Allowed)


def test_five_wrong_codes_lock_and_the_lock_is_one_over_all_names_and_sources(world: World) -> None:
    user = world.user("alice@example.com", world.totp())
    for number, name in enumerate(("alice@example.com", "alice", "ALICE", "Alice@Example.com", "alice")):
        asked = world.ask(user=name, code="000000", source=f"198.51.100.{number}")
        assert isinstance(asked.outcome, Denied)
        assert asked.outcome.reason is Reason.WRONG_CODE
    asked = world.ask(code=world.code())
    assert isinstance(asked.outcome, Denied)
    assert asked.outcome.reason is Reason.LOCKED
    assert world.person(user).user.epoch == 1
    world.pass_time(901)
    assert isinstance(world.ask(code=world.code()).outcome, Allowed)


def test_a_wrong_password_rings_no_phone_and_counts_no_second_step(world: World) -> None:
    phone = world.user_with_phone()
    asked = world.ask(typed=b"wrong")
    assert isinstance(asked.outcome, Denied)
    assert asked.outcome.reason is Reason.WRONG_PASSWORD
    assert not world.phones.rings
    assert world.person(phone.owner.user).failures == Failures()


def test_a_wrong_password_is_checked_once_for_its_retries(world: World) -> None:
    world.user_with_phone()
    world.passwords.hold = True
    together = [world.ask(typed=b"wrong") for _ in range(50)]
    assert len(world.passwords.checked) == 1
    world.passwords.run()
    retry = world.ask(typed=b"wrong")
    assert len(world.passwords.checked) == 1
    for asked in (*together, retry):
        assert isinstance(asked.outcome, Denied)
        assert asked.outcome.reason is Reason.WRONG_PASSWORD
    world.pass_time(10.1)
    world.ask(typed=b"wrong")
    assert len(world.passwords.checked) == 2


def test_wrong_passwords_slow_down_their_source_and_nobody_else(world: World) -> None:
    world.user("alice@example.com", world.totp())
    for number in range(5):
        world.ask(typed=b"wrong %d" % number)
    slowed = world.ask(code=world.code())
    assert isinstance(slowed.outcome, Denied)
    assert slowed.outcome.reason is Reason.THROTTLED
    assert isinstance(world.ask(code=world.code(), source="203.0.113.9").outcome, Allowed)
    world.pass_time(61)
    assert isinstance(world.ask(code=world.code()).outcome, Allowed)


def test_many_passwords_at_once_are_few_checks(world: World) -> None:
    world.user_with_phone()
    world.passwords.hold = True
    for number in range(100):
        world.ask(typed=b"guess %d" % number)
    assert len(world.passwords.checked) == 5


def test_push_is_held_until_the_phone_answers(world: World) -> None:
    phone = world.user_with_phone()
    asked = world.ask()
    assert not asked.outcomes
    assert len(world.phones.rings) == 1
    assert world.answer(phone) is AnswerResult.TAKEN
    assert isinstance(asked.outcome, Allowed)
    assert asked.outcome.reason is Reason.PUSH
    assert world.store.activity[-1].kind is OutcomeKind.ALLOWED


def test_fifty_packets_of_one_login_are_one_prompt_and_fifty_accepts(world: World) -> None:
    phone = world.user_with_phone()
    asked = [world.ask() for _ in range(50)]
    assert len({ring.verification for ring in world.phones.rings}) == 1
    world.answer(phone)
    reasons = [one.outcome.reason for one in asked if isinstance(one.outcome, Allowed)]
    assert reasons == [Reason.PUSH] + [Reason.JOINED] * 49
    assert len(world.store.activity) == 50


def test_a_denial_is_shared_by_all_and_counted_once(world: World) -> None:
    phone = world.user_with_phone()
    asked = [world.ask() for _ in range(50)]
    world.answer(phone, AnswerDecision.DENY)
    assert {one.outcome.reason for one in asked if isinstance(one.outcome, Denied)} == {Reason.DENIED_BY_USER}
    assert all(isinstance(one.outcome, Denied) for one in asked)
    assert len(world.person(phone.owner.user).prompts.refused) == 1
    world.parts.recorder.settle(lambda: None)
    assert sum(row.count for row in world.store.activity) == 50
    assert len({row.id for row in world.store.activity}) == len(world.store.activity)


def test_joiners_never_move_the_deadline(world: World) -> None:
    world.user_with_phone()
    first = world.ask()
    world.pass_time(40)
    second = world.ask()
    world.pass_time(10)
    assert isinstance(first.outcome, Denied)
    assert isinstance(second.outcome, Denied)
    assert second.outcome.reason is Reason.NO_ANSWER


def test_two_requests_with_different_sources_are_never_let_in_by_one_plain_approval(world: World) -> None:
    phone = world.user_with_phone()
    victim = world.ask(source="198.51.100.7")
    attacker = world.ask(source="203.0.113.9")
    assert isinstance(attacker.outcome, Denied)
    assert attacker.outcome.reason is Reason.CONTENDED
    assert world.answer(phone) is AnswerResult.NUMBER_NEEDED
    world.pass_time(51)
    assert isinstance(victim.outcome, Denied)
    assert victim.outcome.reason is Reason.CONTENDED


def test_the_typed_number_tells_which_of_two_logins_is_the_users(world: World) -> None:
    world.application(challenge=True)
    phone = world.user_with_phone()
    attacker = world.ask(source="203.0.113.9").outcome
    victim = world.ask(source="198.51.100.7").outcome
    assert isinstance(attacker, Challenged)
    assert isinstance(victim, Challenged)
    assert attacker.prompt.number != victim.prompt.number
    assert world.answer(phone, number=victim.prompt.number) is AnswerResult.TAKEN
    passed = world.ask(typed=b"", state=victim.state)
    refused = world.ask(typed=b"", state=attacker.state)
    assert isinstance(passed.outcome, Allowed)
    assert isinstance(refused.outcome, Denied)


def test_a_wrong_number_ends_the_verification_and_counts(world: World) -> None:
    world.application(challenge=True)
    phone = world.user_with_phone()
    challenged = world.ask().outcome
    assert isinstance(challenged, Challenged)
    wrong = "10" if challenged.prompt.number != "10" else "11"
    waiting = world.ask(typed=b"", state=challenged.state)
    assert world.answer(phone, number=wrong) is AnswerResult.WRONG_NUMBER
    assert world.answer(phone, number=challenged.prompt.number) is AnswerResult.OVER
    assert isinstance(waiting.outcome, Denied)
    assert waiting.outcome.reason is Reason.WRONG_NUMBER
    assert [failure.source for failure in world.person(phone.owner.user).failures.recent] == ["198.51.100.7"]


def test_a_state_is_good_once_for_its_user_and_client(world: World) -> None:
    world.application(challenge=True)
    alice = world.user("alice@example.com", world.totp())
    world.user("bob@example.com", world.totp())

    def state() -> bytes:
        outcome = world.ask().outcome
        assert isinstance(outcome, Challenged)
        return outcome.state

    first = state()
    swapped = world.ask(user="bob@example.com", typed=b"", code=world.code(), state=first)
    assert isinstance(swapped.outcome, Denied)
    elsewhere = world.ask(typed=b"", code=world.code(), state=first, client="192.0.2.2")
    assert isinstance(elsewhere.outcome, Denied)
    assert isinstance(world.ask(typed=b"", code=world.code(), state=first).outcome, Allowed)
    replayed = world.ask(typed=b"", code=world.code(ahead=1), state=first)
    assert isinstance(replayed.outcome, Denied)
    assert replayed.outcome.reason is Reason.WRONG_STATE
    assert world.store.activity[-1].user == alice, "it is found in the activity of whoever was named"


def test_a_wrong_code_spends_its_state(world: World) -> None:
    world.application(challenge=True)
    user = world.user("alice@example.com", world.totp())
    challenged = world.ask().outcome
    assert isinstance(challenged, Challenged)
    wrong = world.ask(typed=b"", code="000000", state=challenged.state)
    assert isinstance(wrong.outcome, Denied)
    assert wrong.outcome.reason is Reason.WRONG_CODE
    assert len(world.person(user).failures.recent) == 1
    assert not world.store.state.challenges
    again = world.ask(typed=b"", code=world.code(), state=challenged.state)
    assert isinstance(again.outcome, Denied)


@pytest.mark.parametrize(
    ("decision", "number", "reason", "answer"),
    [
        (AnswerDecision.DENY, None, Reason.DENIED_BY_USER, Answer.DENIED),
        (AnswerDecision.FRAUD, None, Reason.FRAUD, Answer.FRAUD),
        (AnswerDecision.APPROVE, "00", Reason.WRONG_NUMBER, Answer.WRONG),
    ],
)
def test_a_state_whose_prompt_was_refused_is_told_so(
    world: World, decision: AnswerDecision, number: str | None, reason: Reason, answer: Answer
) -> None:
    world.application(challenge=True)
    phone = world.user_with_phone()
    challenged = world.ask().outcome
    assert isinstance(challenged, Challenged)
    world.answer(phone, decision, number=number)
    asked = world.ask(typed=b"", state=challenged.state)
    assert isinstance(asked.outcome, Denied)
    assert asked.outcome.reason is reason
    assert world.store.activity[-1].trace[-1].answer is answer


def test_a_state_of_somebody_whom_something_happened_to_is_not_said_to_be_denied(world: World) -> None:
    world.application(challenge=True)
    phone = world.user_with_phone()
    challenged = world.ask().outcome
    assert isinstance(challenged, Challenged)
    world.store.change(phone.owner.user)
    world.live.ended(phone.owner.user)
    asked = world.ask(typed=b"", state=challenged.state)
    assert isinstance(asked.outcome, Denied)
    assert asked.outcome.reason is Reason.WRONG_STATE
    assert world.store.activity[-1].trace[-1].question is Question.CHALLENGE


def test_one_state_answered_twice_at_once_waits_once(world: World) -> None:
    world.application(challenge=True)
    phone = world.user_with_phone()
    challenged = world.ask().outcome
    assert isinstance(challenged, Challenged)
    first = world.ask(typed=b"", state=challenged.state)
    second = world.ask(typed=b"", state=challenged.state)
    assert not first.outcomes
    assert isinstance(second.outcome, Denied)
    world.answer(phone, number=challenged.prompt.number)
    assert isinstance(first.outcome, Allowed)


def test_a_block_between_approval_and_release_denies(world: World) -> None:
    phone = world.user_with_phone()
    asked = world.ask()
    world.store.hold = True
    world.answer(phone)
    world.store.change(phone.owner.user, block=Block(at=world.clock.now(), reason="stolen"))
    world.store.run()
    assert isinstance(asked.outcome, Denied)


def test_a_block_ends_what_is_pending(world: World) -> None:
    phone = world.user_with_phone()
    asked = world.ask()
    world.store.change(phone.owner.user, block=Block(at=world.clock.now(), reason="stolen"))
    world.live.ended(phone.owner.user)
    assert isinstance(asked.outcome, Denied)
    assert asked.outcome.reason is Reason.BLOCKED
    assert world.answer(phone) is AnswerResult.OVER


def test_fraud_ends_everything_of_the_user(world: World) -> None:
    phone = world.user_with_phone()
    world.bypass(phone.owner.user, application=b"another")
    asked = world.ask()
    world.answer(phone, AnswerDecision.FRAUD)
    assert isinstance(asked.outcome, Denied)
    assert asked.outcome.reason is Reason.FRAUD
    assert world.person(phone.owner.user).bypasses == ()
    assert world.person(phone.owner.user).user.epoch == 1


def test_three_refused_prompts_turn_push_off_but_not_codes(world: World) -> None:
    phone = world.user_with_phone("alice@example.com", world.totp())
    for _ in range(3):
        world.ask()
        world.answer(phone, AnswerDecision.DENY)
        world.pass_time(11)
    off = world.ask()
    assert isinstance(off.outcome, Denied)
    assert off.outcome.reason is Reason.NO_METHOD
    assert isinstance(world.ask(code=world.code()).outcome, Allowed)


def test_a_bypass_lets_one_login_through_and_its_retry_shares_that(world: World) -> None:
    phone = world.user_with_phone()
    world.bypass(phone.owner.user)
    first = world.ask()
    assert isinstance(first.outcome, Allowed)
    assert first.outcome.reason is Reason.BYPASS
    retry = world.ask()
    assert isinstance(retry.outcome, Allowed)
    assert retry.outcome.reason is Reason.JOINED
    world.pass_time(10.5)
    assert world.ask().outcome is None
    assert len(world.phones.rings) == 1


def test_a_bypass_is_not_spent_by_a_wrong_password(world: World) -> None:
    phone = world.user_with_phone()
    world.bypass(phone.owner.user)
    assert isinstance(world.ask(typed=b"wrong").outcome, Denied)
    assert isinstance(world.ask().outcome, Allowed)


def test_a_bypass_raced_from_many_sources_is_used_once(world: World) -> None:
    phone = world.user_with_phone()
    world.bypass(phone.owner.user)
    world.store.hold = True
    asked = [world.ask(source=f"198.51.100.{number}") for number in range(60)]
    world.store.run()
    assert sum(isinstance(one.outcome, Allowed) for one in asked) == 1


def test_a_bypass_cancelled_before_its_commit_lets_nobody_in(world: World) -> None:
    phone = world.user_with_phone()
    world.bypass(phone.owner.user)
    world.store.hold = True
    asked = [world.ask() for _ in range(3)]
    world.store.cancel_bypasses(phone.owner.user)
    world.store.run()
    assert not any(isinstance(one.outcome, Allowed) for one in asked)


def test_a_new_bypass_decides_nothing_that_is_pending(world: World) -> None:
    phone = world.user_with_phone()
    pending = world.ask()
    world.bypass(phone.owner.user)
    assert not pending.outcomes


def test_a_cache_entry_comes_from_a_real_second_step_only_and_hits_do_not_extend_it(world: World) -> None:
    phone = world.user_with_phone()
    world.rule(CacheType.IP, seconds=60)
    world.bypass(phone.owner.user)
    world.ask()
    assert not world.cache.entries
    world.pass_time(11)
    world.ask()
    world.answer(phone)
    assert len(world.cache.entries) == 1
    entry = next(iter(world.cache.entries.values()))
    world.pass_time(30)
    hit = world.ask()
    assert isinstance(hit.outcome, Allowed)
    assert hit.outcome.reason is Reason.CACHE
    assert world.store.activity[-1].origin == entry.origin
    assert next(iter(world.cache.entries.values())) is entry
    world.pass_time(31)
    assert world.ask().outcome is None


def test_a_cached_login_needs_its_password_and_no_wrong_code(world: World) -> None:
    phone = world.user_with_phone("alice@example.com", world.totp())
    world.rule(CacheType.IP)
    world.ask()
    world.answer(phone)
    wrong_password = world.ask(typed=b"wrong")
    wrong_code = world.ask(code="000000")
    elsewhere = world.ask(source="203.0.113.9")
    assert isinstance(wrong_password.outcome, Denied)
    assert isinstance(wrong_code.outcome, Denied)
    assert not elsewhere.outcomes
    assert len(world.person(phone.owner.user).failures.recent) == 1


def blocked_and_unblocked(world: World, phone: Phone) -> None:
    world.store.change(phone.owner.user, block=Block(at=1, reason="stolen"))
    world.store.change(phone.owner.user, block=None)


def a_prompt_denied(world: World, phone: Phone) -> None:
    kept = world.configuration.value
    world.configuration.swap(replace(kept, rules=()))
    world.ask()
    world.answer(phone, AnswerDecision.DENY)
    world.configuration.swap(kept)


def a_bypass_used(world: World, phone: Phone) -> None:
    kept = world.configuration.value
    world.configuration.swap(replace(kept, rules=()))
    world.bypass(phone.owner.user)
    assert isinstance(world.ask().outcome, Allowed)
    world.configuration.swap(kept)


def locked_and_unlocked(world: World, phone: Phone) -> None:
    for _ in range(5):
        world.ask(code="000000", source="203.0.113.9")
        world.pass_time(10.1)
    world.store.unlock(phone.owner.user)


def the_application_changed(world: World, _phone: Phone) -> None:
    world.application(version=1)


def the_rule_changed(world: World, _phone: Phone) -> None:
    rule = world.configuration.value.rules[0]
    world.configuration.swap(replace(world.configuration.value, rules=(replace(rule, version=1),)))


@pytest.mark.parametrize(
    "event",
    [
        blocked_and_unblocked,
        a_prompt_denied,
        a_bypass_used,
        locked_and_unlocked,
        the_application_changed,
        the_rule_changed,
    ],
)
def test_what_ends_everything_older_ends_cache_entries(world: World, event: Callable[[World, Phone], None]) -> None:
    phone = world.user_with_phone("alice@example.com", world.totp())
    world.rule(CacheType.USER, seconds=300)
    world.ask()
    world.answer(phone)
    world.pass_time(11)
    cached = world.ask()
    assert isinstance(cached.outcome, Allowed)
    assert cached.outcome.reason is Reason.CACHE
    event(world, phone)
    world.pass_time(11)
    asked = world.ask()
    assert not isinstance(asked.outcome, Allowed)


def test_no_accept_leaves_where_nothing_can_be_written_and_rejects_do(world: World) -> None:
    world.user("alice@example.com", world.totp())
    world.store.broken = True
    right, wrong = world.ask(code=world.code()), world.ask(code="000000")
    assert isinstance(right.outcome, Denied)
    assert isinstance(wrong.outcome, Denied)
    assert wrong.outcome.activity is None


def test_no_accept_leaves_where_nothing_can_be_read(world: World) -> None:
    world.user("alice@example.com", world.totp())
    world.store.away = True
    assert isinstance(world.ask(code=world.code()).outcome, Denied)


@pytest.mark.parametrize("credential", [Credential.CHAP, Credential.MS_CHAP, Credential.EAP, Credential.SEVERAL])
def test_unsupported_protocols_are_refused_and_not_counted(world: World, credential: Credential) -> None:
    user = world.user("alice@example.com", world.totp())
    asked = world.ask(credential=credential)
    assert isinstance(asked.outcome, Denied)
    assert asked.outcome.reason is Reason.UNSUPPORTED_PROTOCOL
    assert not world.passwords.checked
    assert world.person(user).failures == Failures()


def test_an_asserted_password_needs_a_source_to_join(world: World) -> None:
    world.application(primary=PrimaryKind.ASSERTED)
    world.user_with_phone()
    world.ask(typed=b"", source=None)
    second = world.ask(typed=b"", source=None)
    assert isinstance(second.outcome, Denied)
    assert second.outcome.reason is Reason.CONTENDED


def test_repeated_rejects_become_one_row_with_a_count(world: World) -> None:
    for _ in range(20):
        world.ask(user="nobody@example.com")
    world.parts.recorder.settle(lambda: None)
    assert [row.count for row in world.store.activity] == [1, 19]


def test_a_bug_anywhere_denies_and_is_reported(world: World) -> None:
    world.user("alice@example.com", world.totp())

    world.passwords.breaks = True
    asked = world.ask(code=world.code())
    assert isinstance(asked.outcome, Denied)
    assert world.faults


def test_let_through_uses_the_bypass_for_what_is_pending(world: World) -> None:
    phone = world.user_with_phone()
    leader, joined = world.ask(), world.ask()
    bypass = world.bypass(phone.owner.user)
    pending = world.live.pending()
    assert len(pending) == 1

    async def let_through() -> bool:
        return await world.live.let_through(pending[0].id, bypass.id)

    assert asyncio.run(let_through())
    assert isinstance(leader.outcome, Allowed)
    assert leader.outcome.reason is Reason.BYPASS
    assert isinstance(joined.outcome, Allowed)
    assert joined.outcome.reason is Reason.JOINED
    assert not world.cache.entries
