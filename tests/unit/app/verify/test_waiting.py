"""
What waits for a verification, and how each is answered when it ends.
"""

from collections.abc import Callable

import pytest

from tests.fakes.world import Asked, World
from watchword.app.pending import MOST_WAITING
from watchword.domain.caching import CacheType
from watchword.domain.configuration import Configuration
from watchword.domain.events import Activity
from watchword.domain.lockout import Failure, Failures
from watchword.domain.prompts import AnswerDecision
from watchword.domain.trace import Answer, Question
from watchword.domain.users import Block, Person
from watchword.domain.verification import (
    ActivityId,
    Allowed,
    Challenged,
    Denied,
    OutcomeKind,
    Reason,
    VerificationEvent,
)
from watchword.ports.login import Ring, SpendState

ELSEWHERE = "203.0.113.9"


@pytest.fixture
def world() -> World:
    return World()


def reason_of(asked: Asked) -> Reason | None:
    return asked.outcome.reason if isinstance(asked.outcome, Allowed | Denied) else None


def challenged(asked: Asked) -> Challenged:
    assert isinstance(asked.outcome, Challenged)
    return asked.outcome


def spent(world: World) -> int:
    return sum(isinstance(write, SpendState) for unit in world.store.committed for write in unit.writes)


# --- how many


def test_so_many_requests_wait_for_one_prompt_and_no_more(world: World) -> None:
    phone = world.user_with_phone()
    asked = [world.ask() for _ in range(MOST_WAITING + 2)]
    assert [reason_of(one) for one in asked[MOST_WAITING:]] == [Reason.THROTTLED] * 2
    world.answer(phone)
    assert all(isinstance(one.outcome, Allowed) for one in asked[:MOST_WAITING])


def test_so_many_answers_wait_for_one_prompt_and_one_that_may_not_can_be_sent_again(world: World) -> None:
    world.application(challenge=True)
    phone = world.user_with_phone()
    states = [challenged(world.ask()) for _ in range(MOST_WAITING + 1)]
    waiting = [world.ask(typed=b"", state=one.state) for one in states]
    assert reason_of(waiting[-1]) is Reason.THROTTLED
    world.answer(phone, number=states[0].prompt.number)
    assert all(isinstance(one.outcome, Allowed) for one in waiting[:-1])
    assert reason_of(world.ask(typed=b"", state=states[-1].state)) is Reason.JOINED


# --- giving up


def test_a_prompt_that_nobody_waits_for_is_withdrawn(world: World) -> None:
    phone = world.user_with_phone()
    leader, joined = world.ask(), world.ask()
    leader.cancel()
    assert world.prompting.shown(phone.owner.user) is not None
    assert not world.phones.quiets
    joined.cancel()
    assert world.prompting.shown(phone.owner.user) is None
    assert len(world.phones.quiets) == 1
    (row,) = world.store.activity
    assert (row.kind, row.reason) == (OutcomeKind.DENIED, Reason.SUPERSEDED)
    assert world.person(phone.owner.user).prompts.refused == ()


def test_where_the_leader_gave_up_the_next_leads(world: World) -> None:
    phone = world.user_with_phone()
    leader, joined, third = world.ask(), world.ask(), world.ask()
    leader.cancel()
    world.answer(phone)
    assert not leader.outcomes
    assert reason_of(joined) is Reason.PUSH
    assert reason_of(third) is Reason.JOINED


def test_an_answer_that_is_given_up_may_be_sent_again(world: World) -> None:
    world.application(challenge=True)
    phone = world.user_with_phone()
    asked = challenged(world.ask())
    first = world.ask(typed=b"", state=asked.state)
    first.cancel()
    assert world.prompting.shown(phone.owner.user) is not None
    again = world.ask(typed=b"", state=asked.state)
    assert not again.outcomes
    world.answer(phone, number=asked.prompt.number)
    assert reason_of(again) is Reason.PUSH
    assert not first.outcomes


def test_giving_up_while_the_turn_is_another_ones_leaves_no_prompt(world: World) -> None:
    world.user_with_phone("alice@example.com", world.totp())
    world.store.hold = True
    world.ask(code=world.code())
    asked = world.ask(source=ELSEWHERE)
    asked.cancel()
    world.store.hold = False
    world.store.run()
    assert not len(world.parts.pending)
    assert not asked.outcomes


# --- deadlines


def test_each_answer_to_a_challenge_has_its_own_deadline_and_the_prompt_goes_on(world: World) -> None:
    world.application(challenge=True)
    phone = world.user_with_phone()
    first, second = challenged(world.ask()), challenged(world.ask())
    early = world.ask(typed=b"", state=first.state)
    world.pass_time(20)
    late = world.ask(typed=b"", state=second.state)
    world.pass_time(30)
    assert reason_of(early) is Reason.NO_ANSWER
    assert not late.outcomes
    assert reason_of(world.ask(typed=b"", state=first.state)) is Reason.WRONG_STATE
    world.answer(phone, number=first.prompt.number)
    assert reason_of(late) is Reason.PUSH
    assert world.person(phone.owner.user).prompts.refused == ()


def test_a_deadline_that_comes_while_the_outcome_is_committed_answers_nobody_twice(world: World) -> None:
    world.application(challenge=True)
    phone = world.user_with_phone()
    asked = challenged(world.ask())
    waiting = world.ask(typed=b"", state=asked.state)
    world.pass_time(49)
    world.store.hold = True
    world.answer(phone, number=asked.prompt.number)
    world.pass_time(2)
    assert not waiting.outcomes
    world.store.run()
    assert reason_of(waiting) is Reason.PUSH


def test_an_approval_that_waits_for_its_turn_beyond_the_deadline_lets_nobody_in(world: World) -> None:
    phone = world.user_with_phone("alice@example.com", world.totp())
    leader, joined = world.ask(), world.ask()
    world.store.hold = True
    world.ask(code=world.code(), source=ELSEWHERE)
    world.answer(phone)
    world.clock.advance(world.vpn.deadline)
    world.store.hold = False
    world.store.run()
    assert [reason_of(leader), reason_of(joined)] == [Reason.NO_ANSWER] * 2
    rows = [row for row in world.store.activity if row.reason is Reason.NO_ANSWER]
    assert rows
    assert all(row.kind is OutcomeKind.DENIED for row in rows)


def test_a_challenge_that_nobody_answers_ends_after_three_minutes_and_counts_once(world: World) -> None:
    world.application(challenge=True)
    phone = world.user_with_phone()
    first, second = challenged(world.ask()), challenged(world.ask())
    world.pass_time(179.9)
    assert world.prompting.shown(phone.owner.user) is not None
    world.pass_time(0.1)
    assert world.prompting.shown(phone.owner.user) is None
    assert len(world.person(phone.owner.user).prompts.refused) == 1
    for state in (first.state, second.state):
        assert isinstance(world.ask(typed=b"", state=state).outcome, Denied)
    assert len(world.person(phone.owner.user).prompts.refused) == 1


def test_the_same_login_rings_no_second_time_while_an_approval_waits_for_its_state(world: World) -> None:
    world.application(challenge=True)
    phone = world.user_with_phone()
    first = challenged(world.ask())
    world.answer(phone, number=first.prompt.number)

    late = challenged(world.ask())

    assert len(world.phones.rings) == 1
    assert late.prompt.number == first.prompt.number
    assert [reason_of(world.ask(typed=b"", state=one.state)) for one in (late, first)] == [Reason.PUSH, Reason.JOINED]
    assert reason_of(world.ask()) is Reason.JOINED


def test_an_approval_that_waits_for_its_state_is_joined_for_ten_seconds_and_from_nowhere_else(world: World) -> None:
    world.application(challenge=True)
    phone = world.user_with_phone()
    world.answer(phone, number=challenged(world.ask()).prompt.number)

    challenged(world.ask(source=ELSEWHERE))
    assert len(world.phones.rings) == 2
    world.pass_time(10)
    challenged(world.ask())

    assert len(world.live.pending()) == 2


def test_nobody_joins_an_approval_once_something_has_happened_to_the_user(world: World) -> None:
    world.application(challenge=True)
    phone = world.user_with_phone()
    first = challenged(world.ask())
    world.answer(phone, number=first.prompt.number)
    world.cancel_bypasses(phone.owner.user)

    challenged(world.ask())

    assert len(world.phones.rings) == 2
    assert isinstance(world.ask(typed=b"", state=first.state).outcome, Denied)


def test_what_ended_is_known_to_its_states_and_then_forgotten(world: World) -> None:
    world.application(challenge=True)
    phone = world.user_with_phone()
    asked = challenged(world.ask())
    verification = world.live.pending()[0].id
    world.answer(phone, number=asked.prompt.number)
    assert world.releases.find(verification) is not None
    world.pass_time(179)
    assert world.releases.find(verification) is not None
    world.pass_time(1)
    assert world.releases.find(verification) is None
    assert isinstance(world.ask(typed=b"", state=asked.state).outcome, Denied)


# --- what is told, and to whom


def test_who_joined_is_told_the_leaders_row(world: World) -> None:
    phone = world.user_with_phone()
    leader, joined = world.ask(), world.ask()
    world.answer(phone)
    first, second = world.store.activity
    assert isinstance(leader.outcome, Allowed)
    assert isinstance(joined.outcome, Allowed)
    assert (first.id, second.id) == (leader.outcome.activity, joined.outcome.activity)
    assert (first.origin, second.origin) == (None, first.id)
    assert [step.answer for step in first.trace if step.question is Question.ANSWER] == [Answer.APPROVED]


def test_whoever_joined_a_denial_has_a_row_that_names_it(world: World) -> None:
    phone = world.user_with_phone()
    world.ask()
    world.ask()
    world.answer(phone, AnswerDecision.DENY)
    first, second = world.store.activity
    assert (first.reason, second.reason) == (Reason.DENIED_BY_USER, Reason.DENIED_BY_USER)
    assert (first.origin, second.origin) == (None, first.id)


@pytest.mark.parametrize("reason", [Reason.BLOCKED, Reason.SUPERSEDED])
def test_a_leader_who_may_not_pass_is_told_why_and_everybody_has_a_row(world: World, reason: Reason) -> None:
    phone = world.user_with_phone("alice@example.com", world.totp())
    leader, joined = world.ask(), world.ask()
    world.store.hold = True
    world.ask(code="000000", source=ELSEWHERE)
    world.answer(phone)
    blocked = {"disabled": False} if reason is Reason.SUPERSEDED else {"block": object()}
    world.store.change(phone.owner.user, **blocked)
    world.store.hold = False
    world.store.run()
    assert [reason_of(leader), reason_of(joined)] == [reason] * 2
    world.parts.recorder.settle(lambda: None)
    rows = [row for row in world.store.activity if row.reason is reason]
    assert sum(row.count for row in rows) == 2
    assert isinstance(leader.outcome, Denied)
    assert leader.outcome.activity == rows[0].id


def test_a_leader_whose_denial_is_still_to_be_written_is_told_his_own_reason(world: World) -> None:
    phone = world.user_with_phone()
    leader, joined = world.ask(), world.ask()
    world.store.change(phone.owner.user, block=Block(at=1, reason="stolen"))
    world.store.hold = True
    world.answer(phone)
    assert not leader.outcomes
    world.store.run()
    (row,) = world.store.activity
    assert isinstance(leader.outcome, Denied)
    assert isinstance(joined.outcome, Denied)
    assert leader.outcome.activity == joined.outcome.activity == row.id
    assert row.reason is Reason.BLOCKED


def test_what_is_ended_though_nothing_happened_is_superseded(world: World) -> None:
    phone = world.user_with_phone()
    asked = world.ask()
    world.live.ended(phone.owner.user)
    assert reason_of(asked) is Reason.SUPERSEDED
    assert world.store.activity[0].trace[-1].answer is Answer.STALE


def test_whoever_was_denied_by_a_fault_is_not_told_again(world: World) -> None:
    phone = world.user_with_phone()
    asked = [world.ask() for _ in range(3)]
    world.store.hold = True
    world.answer(phone, AnswerDecision.DENY)
    # The second of them has a row on its way when the third one's fails.
    rows = world.parts.recorder.reject
    calls: list[Activity] = []

    def failing(row: Activity, done: Callable[[ActivityId | None], None]) -> None:
        calls.append(row)
        if len(calls) > 1:
            raise RuntimeError
        rows(row, done)

    world.parts.recorder.reject = failing  # type: ignore[method-assign]
    world.store.run()
    assert [reason_of(one) for one in asked] == [Reason.DENIED_BY_USER, Reason.ERROR, Reason.ERROR]
    assert world.faults == ["release"]


def test_where_the_leaders_commit_fails_nobody_passes(world: World) -> None:
    phone = world.user_with_phone()
    leader, joined = world.ask(), world.ask()
    world.store.broken = True
    world.answer(phone)
    assert [reason_of(leader), reason_of(joined)] == [Reason.ERROR] * 2
    assert not world.store.activity


def test_an_approval_forgives_what_its_source_did_wrong_and_prompts_that_were_refused(world: World) -> None:
    phone = world.user_with_phone("alice@example.com", world.totp())
    user = phone.owner.user
    world.ask()
    world.pass_time(51)
    world.ask(code="000000")
    world.ask(code="000001", source=ELSEWHERE)
    world.pass_time(11)
    assert len(world.person(user).prompts.refused) == 1
    world.ask()
    world.answer(phone)
    assert world.person(user).prompts.refused == ()
    assert world.person(user).user.epoch == 0
    assert world.person(user).failures == Failures(recent=(Failure(_at(world.person(user)), ELSEWHERE),))


def _at(person: Person) -> int:
    return person.failures.recent[0].at


def test_a_code_instead_of_the_number_lets_those_in_who_wait_for_the_same_login(world: World) -> None:
    world.application(challenge=True)
    phone = world.user_with_phone("alice@example.com", world.totp())
    first, second = challenged(world.ask()), challenged(world.ask())
    contender = challenged(world.ask(source=ELSEWHERE))
    waiting = world.ask(typed=b"", state=second.state)
    other = world.ask(typed=b"", state=contender.state, source=ELSEWHERE)
    assert reason_of(world.ask(typed=b"", code=world.code(), state=first.state)) is Reason.CODE
    assert reason_of(waiting) is Reason.JOINED
    assert not other.outcomes
    assert world.prompting.shown(phone.owner.user) is not None
    assert spent(world) == 2


def test_a_challenged_login_fills_the_cache_for_the_source_that_began_it(world: World) -> None:
    world.application(challenge=True)
    phone = world.user_with_phone()
    world.rule(CacheType.IP)
    asked = challenged(world.ask())
    world.answer(phone, number=asked.prompt.number)
    assert not world.cache.entries
    world.ask(typed=b"", state=asked.state, source=ELSEWHERE)
    assert [key.address for key in world.cache.entries] == ["198.51.100.7"]
    world.pass_time(11)
    assert reason_of(world.ask()) is Reason.CACHE


def test_an_application_that_is_gone_keeps_no_entry(world: World) -> None:
    phone = world.user_with_phone()
    world.rule(CacheType.IP)
    asked = world.ask()
    world.store.hold = True
    world.answer(phone)
    world.configuration.swap(Configuration())
    world.store.run()
    assert reason_of(asked) is Reason.PUSH
    assert not world.cache.entries


# --- what devices hear, and when


def test_devices_hear_once_that_a_prompt_began_and_once_that_it_is_over(world: World) -> None:
    world.application(challenge=True)
    phone = world.user_with_phone()
    first, second = challenged(world.ask()), challenged(world.ask())
    ring = Ring(verification=world.live.pending()[0].id, user=phone.owner.user, devices=(phone.owner.method,))
    assert world.phones.rings == [ring]
    world.answer(phone, number=first.prompt.number)
    assert world.phones.quiets == [ring]
    for asked in (first, second):
        assert isinstance(world.ask(typed=b"", state=asked.state).outcome, Allowed)
    assert world.phones.quiets == [ring]
    assert world.phones.rings == [ring]


def test_the_next_prompt_is_shown_once_the_one_before_it_is_over(world: World) -> None:
    phone = world.user_with_phone()
    world.ask(source=ELSEWHERE)
    world.application(challenge=True)
    challenged(world.ask())
    first, second = (one.id for one in world.live.pending())
    world.pass_time(51)
    assert [ring.verification for ring in world.phones.rings] == [first, first, second]
    assert [ring.verification for ring in world.phones.quiets] == [first]
    assert world.prompting.shown(phone.owner.user) is not None


def test_a_contender_that_ends_is_no_news_to_devices(world: World) -> None:
    world.application(challenge=True)
    world.user_with_phone("alice@example.com", world.totp())
    challenged(world.ask())
    contender = challenged(world.ask(source=ELSEWHERE))
    rings = len(world.phones.rings)
    assert reason_of(world.ask(typed=b"", code=world.code(), state=contender.state, source=ELSEWHERE)) is Reason.CODE
    assert not world.phones.quiets
    assert len(world.phones.rings) == rings


def test_what_has_ended_does_not_end_again(world: World) -> None:
    phone = world.user_with_phone()
    asked = world.ask()
    (login,) = world.parts.pending.of(phone.owner.user)
    assert world.releases.end(login, VerificationEvent.DENY) is True
    assert world.releases.end(login, VerificationEvent.APPROVE) is False
    assert reason_of(asked) is Reason.DENIED_BY_USER


# --- turns


def test_a_turn_is_held_until_the_last_of_those_who_joined_is_told(world: World) -> None:
    phone = world.user_with_phone("alice@example.com", world.totp())
    joined = [world.ask() for _ in range(3)]
    assert not any(one.outcomes for one in joined)
    world.store.hold = world.store.hold_results = True
    world.answer(phone)
    world.store.run_one()
    world.store.tell_one()
    other = world.ask(code="000000", source=ELSEWHERE)
    assert len(world.store.queue) == 2
    world.store.run()
    world.store.tell_one()
    assert not world.store.queue
    world.store.tell_one()
    assert len(world.store.queue) == 1
    world.store.run()
    world.store.tell_one()
    assert reason_of(other) is Reason.WRONG_CODE


def test_a_no_ends_also_what_begins_while_it_is_written(world: World) -> None:
    world.application(challenge=True)
    phone = world.user_with_phone()
    challenged(world.ask())
    world.store.hold = True
    second = world.ask(source=ELSEWHERE)
    world.answer(phone, AnswerDecision.DENY)
    world.store.run_one()
    asked = challenged(second)
    assert world.prompting.shown(phone.owner.user) is not None
    world.store.run()
    assert world.prompting.shown(phone.owner.user) is None
    world.store.hold = False
    assert isinstance(world.ask(typed=b"", state=asked.state, source=ELSEWHERE).outcome, Denied)


# --- a listener with a bug


def test_one_listener_that_raises_does_not_keep_the_others_from_their_answers(world: World) -> None:
    phone = world.user_with_phone()
    leader, broken, last = world.ask(), world.ask(), world.ask()

    broken.breaks = True
    world.answer(phone, AnswerDecision.DENY)
    assert [reason_of(leader), reason_of(last)] == [Reason.DENIED_BY_USER] * 2
    assert world.faults == ["decision"]
    assert reason_of(world.ask()) is Reason.DENIED_BY_USER
