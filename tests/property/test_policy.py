"""
The decision is total and denies on every doubt: each rule of design.md section 4, for whatever is known of a login.
"""

from collections.abc import Callable
from typing import Final

from hypothesis import assume, given
from hypothesis import strategies as st

from tests.fakes.changes import replace
from tests.property import domain_values as drawn
from tests.property.domain_values import Answered
from tests.unit.domain.values import ALICE, BOB
from watchword.domain import otp
from watchword.domain.applications import Application, PrimaryKind
from watchword.domain.bypass import Bypass
from watchword.domain.caching import Hit, Miss
from watchword.domain.decisions import Admitted, Allow, Ask, Decision, Deny, Facts, Join, Released, Stale, Wait
from watchword.domain.joining import Standing
from watchword.domain.methods import has_codes, push_devices
from watchword.domain.otp import Matched
from watchword.domain.policy import answer, decide, gate, release
from watchword.domain.trace import Answer, Question, Step
from watchword.domain.users import Ambiguous, Block, Person, Resolution, Unknown
from watchword.domain.verification import PrimaryVerdict, Reason, VerificationRequest

EVERY_WAY_ON: Final = (Allow, Ask, Join, Wait)


def someone_in_order(facts: Facts) -> Person | None:
    """Return the user where questions 1 and 2 and the password have nothing against him, written down once more."""
    person = facts.resolution
    if not isinstance(person, Person) or not facts.application.enabled:
        return None
    if person.user.block is not None or person.user.disabled or facts.now < person.failures.locked_until:
        return None
    if facts.primary.verdict is not PrimaryVerdict.ACCEPTED:
        return None
    known = facts.primary.directory_id
    if known is not None:
        if facts.directory_owner is not None and facts.directory_owner != person.user.id:
            return None
        if person.user.directory_id is not None and person.user.directory_id != known:
            return None
    return person


def nameless(facts: Facts) -> bool:
    return facts.application.primary is PrimaryKind.ASSERTED and facts.request.source is None


def joins(facts: Facts) -> bool:
    return facts.standing is not Standing.NONE and not nameless(facts)


def cached(facts: Facts) -> bool:
    return isinstance(facts.cache, Hit) and not nameless(facts)


# --- the decision -----------------------------------------------------------------------------------------------------


@given(drawn.facts)
def test_the_decision_is_total_and_its_last_step_decides(facts: Facts) -> None:
    decision = decide(facts)
    assert isinstance(decision, Allow | Deny | Join | Ask)
    assert decision.trace[-1].decided
    assert not any(step.decided for step in decision.trace[:-1])


@given(drawn.facts)
def test_the_same_facts_are_decided_alike(facts: Facts) -> None:
    assert decide(facts) == decide(facts)


@given(drawn.facts)
def test_1_an_ambiguous_name_is_denied(facts: Facts) -> None:
    decision = decide(replace(facts, resolution=Ambiguous()))
    assert isinstance(decision, Deny)
    assert not decision.counts


@given(drawn.facts)
def test_1_an_unknown_user_passes_under_the_exact_conditions_and_no_others(facts: Facts) -> None:
    facts = replace(facts, resolution=Unknown())
    passes = (
        facts.application.enabled
        and not facts.application.user_match
        and facts.application.primary in {PrimaryKind.LDAP, PrimaryKind.RADIUS}
        and facts.primary.verdict is PrimaryVerdict.ACCEPTED
        and facts.primary.by_directory
        and (facts.primary.directory_id is None or facts.directory_owner is None)
    )
    decision = decide(facts)
    if passes:
        assert isinstance(decision, Allow)
        assert (decision.reason, decision.spend, decision.second_step) == (Reason.NOT_REQUIRED, None, False)
    else:
        assert isinstance(decision, Deny)


@given(drawn.facts)
def test_1_without_a_second_step_only_an_unknown_user_passes(facts: Facts) -> None:
    decision = decide(facts)
    if isinstance(decision, Allow) and decision.reason is Reason.NOT_REQUIRED:
        assert isinstance(facts.resolution, Unknown)


@given(drawn.facts, drawn.people)
def test_2_who_is_blocked_never_passes(facts: Facts, person: Person) -> None:
    blocked = replace(person, user=replace(person.user, block=Block(at=facts.now, reason="lost badge")))
    decision = decide(replace(facts, resolution=blocked))
    assert isinstance(decision, Deny)
    assert decision.reason in {Reason.BLOCKED, Reason.ERROR}


@given(drawn.facts, drawn.people)
def test_2_who_is_disabled_never_passes(facts: Facts, person: Person) -> None:
    disabled = replace(person, user=replace(person.user, disabled=True))
    assert isinstance(decide(replace(facts, resolution=disabled)), Deny)


@given(drawn.facts, drawn.people)
def test_2_who_is_locked_never_passes(facts: Facts, person: Person) -> None:
    locked = replace(person, failures=replace(person.failures, locked_until=facts.now + 1))
    assert isinstance(decide(replace(facts, resolution=locked)), Deny)


@given(drawn.facts)
def test_an_application_that_is_off_lets_nobody_pass(facts: Facts) -> None:
    assert isinstance(decide(replace(facts, application=replace(facts.application, enabled=False))), Deny)


@given(drawn.facts, st.sampled_from([verdict for verdict in PrimaryVerdict if verdict is not PrimaryVerdict.ACCEPTED]))
def test_n9_n19_without_the_right_password_nobody_passes_joins_or_is_rung(
    facts: Facts, verdict: PrimaryVerdict
) -> None:
    decision = decide(replace(facts, primary=replace(facts.primary, verdict=verdict)))
    assert isinstance(decision, Deny)
    assert not decision.counts


@given(drawn.facts)
def test_whoever_goes_on_is_in_order_or_unknown(facts: Facts) -> None:
    decision = decide(facts)
    if isinstance(decision, EVERY_WAY_ON) and not isinstance(facts.resolution, Unknown):
        assert someone_in_order(facts) is not None


@given(drawn.facts_in_order, st.sampled_from(["the owner", "what was learned", "an unknown name"]))
def test_b6_the_password_of_somebody_else_lets_nobody_pass(facts: Facts, contradicts: str) -> None:
    person = facts.resolution
    assert isinstance(person, Person)
    facts = replace(facts, primary=replace(facts.primary, directory_id=b"object"))
    if contradicts == "the owner":
        facts = replace(facts, directory_owner=BOB if person.user.id == ALICE else ALICE)
    elif contradicts == "what was learned":
        facts = replace(facts, resolution=replace(person, user=replace(person.user, directory_id=b"other")))
    else:
        facts = replace(facts, resolution=Unknown(), directory_owner=ALICE)
    assert isinstance(decide(facts), Deny)


@given(drawn.facts_in_order, drawn.codes)
def test_3_a_typed_code_passes_where_a_token_has_it_unused_and_nowhere_else(facts: Facts, code: str) -> None:
    facts = replace(facts, request=replace(facts.request, code=code), standing=Standing.NONE)
    person = someone_in_order(facts)
    assert person is not None
    found = otp.check(person.methods, code, facts.wall)
    decision = decide(facts)
    if isinstance(found, Matched):
        assert isinstance(decision, Allow)
        assert (decision.spend, decision.second_step) == (found, True)
        assert decision.reason in {Reason.CODE, Reason.BACKUP_CODE}
    else:
        assert isinstance(decision, Deny)
        assert decision.counts
        assert decision.reason in {Reason.WRONG_CODE, Reason.USED_CODE}


@given(drawn.facts_in_order, drawn.codes, drawn.facts)
def test_3_n8_a_typed_code_is_decided_whatever_cache_bypass_and_other_logins_say(
    facts: Facts, code: str, other: Facts
) -> None:
    facts = replace(facts, request=replace(facts.request, code=code), standing=Standing.NONE)
    changed = replace(facts, cache=other.cache, bypass=other.bypass, contended=other.contended)
    if isinstance(facts.resolution, Person):
        assert decide(facts) == decide(changed)


@given(drawn.facts, drawn.codes)
def test_3_a_typed_code_that_is_not_spent_anew_only_ever_joins(facts: Facts, code: str) -> None:
    decision = decide(replace(facts, request=replace(facts.request, code=code)))
    if isinstance(decision, Allow) and isinstance(facts.resolution, Person):
        assert isinstance(decision.spend, Matched)
    assert not isinstance(decision, Ask)


@given(drawn.facts)
def test_4_a_cache_lets_through_where_an_entry_lives_and_nothing_was_typed(facts: Facts) -> None:
    person = someone_in_order(facts)
    expected = person is not None and facts.request.code is None and cached(facts)
    decision = decide(facts)
    assert (isinstance(decision, Allow) and decision.reason is Reason.CACHE) == expected


@given(drawn.facts)
def test_4_n11_only_a_code_is_a_second_step_that_may_be_remembered(facts: Facts) -> None:
    decision = decide(facts)
    if isinstance(decision, Allow):
        assert decision.second_step == (decision.reason in {Reason.CODE, Reason.BACKUP_CODE})
        assert decision.second_step == isinstance(decision.spend, Matched)


@given(drawn.facts)
def test_5_a_bypass_is_used_after_cache_and_ended_login_and_before_everything_else(facts: Facts) -> None:
    person = someone_in_order(facts)
    expected = (
        person is not None
        and facts.request.code is None
        and not cached(facts)
        and not (joins(facts) and facts.standing is Standing.ENDED)
        and facts.bypass is not None
    )
    decision = decide(facts)
    assert (isinstance(decision, Allow) and decision.reason is Reason.BYPASS) == expected
    if expected:
        assert isinstance(decision, Allow)
        assert decision.spend == facts.bypass


@given(drawn.facts)
def test_5_a_bypass_is_spent_for_its_own_reason_only(facts: Facts) -> None:
    decision = decide(facts)
    if isinstance(decision, Allow):
        assert isinstance(decision.spend, Bypass) == (decision.reason is Reason.BYPASS)


@given(drawn.facts)
def test_6_only_the_same_login_joins(facts: Facts) -> None:
    decision = decide(facts)
    if isinstance(decision, Join):
        assert someone_in_order(facts) is not None
        assert joins(facts)


@given(drawn.facts_in_order, st.sampled_from([Standing.WAITING, Standing.AT_CHALLENGE, Standing.ENDED]))
def test_6_the_same_login_joins_unless_something_before_it_decides(facts: Facts, standing: Standing) -> None:
    facts = replace(facts, standing=standing)
    assume(not nameless(facts))
    decision = decide(facts)
    if facts.request.code is not None or (not cached(facts) and facts.bypass is None):
        assert isinstance(decision, Join)
    else:
        assert isinstance(decision, Join | Allow)


@given(drawn.facts)
def test_6b_a_login_from_elsewhere_never_rings(facts: Facts) -> None:
    decision = decide(replace(facts, contended=True))
    if isinstance(decision, Ask):
        assert not decision.ring
        assert decision.contend
        assert decision.challenge


@given(drawn.facts)
def test_6b_a_login_on_its_own_is_not_contended(facts: Facts) -> None:
    decision = decide(replace(facts, contended=False))
    assert not (isinstance(decision, Ask) and decision.contend)
    assert not (isinstance(decision, Deny) and decision.reason is Reason.CONTENDED)


@given(drawn.facts)
def test_7_p24_p26_a_phone_rings_for_somebody_in_order_whose_push_is_on(facts: Facts) -> None:
    decision = decide(facts)
    if isinstance(decision, Ask) and decision.ring:
        person = someone_in_order(facts)
        assert person is not None
        assert push_devices(person.methods)
        assert facts.now >= person.prompts.off_until
        assert facts.request.code is None


@given(drawn.facts)
def test_7_without_a_method_nobody_is_asked(facts: Facts) -> None:
    assume(isinstance(facts.resolution, Person))
    assert isinstance(facts.resolution, Person)
    decision = decide(replace(facts, resolution=replace(facts.resolution, methods=())))
    assert not isinstance(decision, Ask)


@given(drawn.facts)
def test_8_a_challenge_goes_only_to_an_application_that_can_show_it(facts: Facts) -> None:
    decision = decide(facts)
    if isinstance(decision, Ask):
        assert decision.challenge == facts.application.challenge
        assert decision.challenge or decision.ring


@given(drawn.facts)
def test_8_a_number_is_shown_for_a_phone_and_a_code_asked_for_of_a_token(facts: Facts) -> None:
    decision = decide(facts)
    if isinstance(decision, Ask):
        assert isinstance(facts.resolution, Person)
        if decision.number:
            assert decision.challenge
            assert push_devices(facts.resolution.methods)
            assert not facts.resolution.prompts.off(facts.now)
        elif decision.challenge:
            assert has_codes(facts.resolution.methods)


@given(drawn.facts)
def test_only_a_wrong_code_counts_against_a_user(facts: Facts) -> None:
    decision = decide(facts)
    if isinstance(decision, Deny):
        assert decision.counts == (decision.reason in {Reason.WRONG_CODE, Reason.USED_CODE})
        assert decision.resync is None or decision.reason is Reason.WRONG_CODE


@given(drawn.facts, drawn.requests)
def test_the_decision_does_not_hang_on_what_is_no_part_of_it(facts: Facts, other: VerificationRequest) -> None:
    same = replace(
        facts.request,
        user_name=other.user_name + "x",
        client=other.client,
        address=other.address,
        proofs=other.proofs,
        received_at=other.received_at,
        authentication_type=other.authentication_type,
    )
    assert decide(facts) == decide(replace(facts, request=same))


DOUBTS: Final[dict[str, Callable[[Facts], Facts]]] = {
    "the name means several": lambda facts: replace(facts, resolution=Ambiguous()),
    "the password is wrong": lambda facts: replace(
        facts, primary=replace(facts.primary, verdict=PrimaryVerdict.REJECTED)
    ),
    "the directory is away": lambda facts: replace(facts, primary=replace(facts.primary, verdict=PrimaryVerdict.AWAY)),
    "the application is off": lambda facts: replace(facts, application=replace(facts.application, enabled=False)),
    "the entry is gone": lambda facts: replace(facts, cache=Miss.NO_ENTRY),
    "the bypass is gone": lambda facts: replace(facts, bypass=None),
    "the methods are gone": lambda facts: (
        replace(facts, resolution=replace(facts.resolution, methods=()))
        if isinstance(facts.resolution, Person)
        else facts
    ),
}


@given(drawn.facts, st.sampled_from(sorted(DOUBTS)))
def test_no_doubt_lets_anybody_pass_who_did_not_pass_before(facts: Facts, doubt: str) -> None:
    before, after = decide(facts), decide(DOUBTS[doubt](facts))
    if isinstance(after, Allow) and not isinstance(before, Allow):
        # What was pending, or the same login, may have stood before a bypass or a code, but nothing comes from the
        # doubt.
        assert isinstance(before, Join)
    if isinstance(before, Deny):
        assert isinstance(after, Deny)


# --- the gate ---------------------------------------------------------------------------------------------------------


@given(drawn.applications, drawn.resolutions, drawn.instants, st.booleans(), drawn.facts)
def test_the_gate_refuses_whom_the_decision_refuses_whatever_the_password(
    application: Application,
    resolution: Resolution,
    now: int,
    throttled: bool,  # noqa: FBT001 - drawn
    facts: Facts,
) -> None:
    gated = gate(application, resolution, throttled=throttled, now=now)
    decision = decide(replace(facts, application=application, resolution=resolution, now=now))
    if isinstance(gated, Admitted):
        assert not throttled
        assert gated.trace == (Step(Question.THROTTLE, Answer.NO),)
        return
    if gated.reason is Reason.THROTTLED:
        assert throttled
        assert gated.trace[:-1] == decision.trace[: len(gated.trace) - 1]
    else:
        assert decision == gated
    assert not gated.counts


@given(drawn.facts)
def test_the_gates_steps_come_before_the_passwords(facts: Facts) -> None:
    gated = gate(facts.application, facts.resolution, now=facts.now)
    assume(isinstance(gated, Admitted))
    with_gate, without = decide(facts, gated=gated.trace), decide(facts)
    assert type(with_gate) is type(without)
    assert tuple(step for step in with_gate.trace if step.question is not Question.THROTTLE) == without.trace
    questions = [step.question for step in with_gate.trace]
    if Question.PASSWORD in questions:
        assert questions[questions.index(Question.PASSWORD) - 1] is Question.THROTTLE


# --- the answer to a challenge ----------------------------------------------------------------------------------------


def answered(case: Answered) -> Decision:
    return answer(
        case.request,
        case.application,
        case.challenge,
        case.person,
        name=case.name,
        waiting=case.waiting,
        now=case.now,
        wall=case.wall,
    )


def fits(case: Answered) -> bool:
    """Tell whether State and request belong together, written down once more."""
    challenge, person = case.challenge, case.person
    return (
        challenge is not None
        and person is not None
        and case.application.enabled
        and challenge.application == case.application.id
        and challenge.client == case.request.client
        and challenge.name == case.name
        and challenge.user == person.user.id
        and challenge.epoch == person.user.epoch
        and case.now < challenge.expires_at
    )


@given(drawn.answers)
def test_r63_n14_a_state_that_is_not_for_this_request_is_worth_nothing(case: Answered) -> None:
    decision = answered(case)
    assert isinstance(decision, Allow | Deny | Wait)
    assert decision.trace[-1].decided == (not isinstance(decision, Wait))
    wrong_state = isinstance(decision, Deny) and decision.reason is Reason.WRONG_STATE
    assert wrong_state == (not fits(case))


@given(drawn.answers)
def test_only_a_right_code_passes_and_only_a_phone_is_waited_for(case: Answered) -> None:
    decision, person, request = answered(case), case.person, case.request
    if isinstance(decision, Deny):
        assert decision.counts == (decision.reason in {Reason.WRONG_CODE, Reason.USED_CODE})
        return
    assert fits(case)
    assert person is not None
    assert case.challenge is not None
    assert person.user.block is None
    assert not person.user.disabled
    assert not person.failures.locked(case.now)
    if isinstance(decision, Allow):
        assert request.code is not None
        assert decision.spend == otp.check(person.methods, request.code, case.wall)
        assert decision.second_step
    else:
        assert isinstance(decision, Wait)
        assert case.waiting
        assert decision.verification == case.challenge.verification
        assert request.code is None or not has_codes(person.methods)


@given(drawn.fitting_answers, drawn.codes)
def test_a_typed_code_is_checked_whatever_the_phone_says(case: Answered, code: str) -> None:
    case = replace(case, request=replace(case.request, code=code))
    assert case.person is not None
    assume(has_codes(case.person.methods))
    assert answered(case) == answered(replace(case, waiting=not case.waiting))


# --- the release ------------------------------------------------------------------------------------------------------


@given(
    st.one_of(st.none(), drawn.applications),
    st.one_of(st.none(), drawn.people),
    st.integers(min_value=6, max_value=8),
    drawn.instants,
    st.booleans(),
)
def test_c9_n12_a_login_is_released_while_everything_still_stands_and_never_otherwise(
    application: Application | None,
    person: Person | None,
    epoch: int,
    now: int,
    in_time: bool,  # noqa: FBT001 - drawn
) -> None:
    stands = (
        application is not None
        and application.enabled
        and person is not None
        and person.user.block is None
        and not person.user.disabled
        and now >= person.failures.locked_until
        and person.user.epoch == epoch
        and in_time
    )
    still = release(application, person, epoch=epoch, now=now, in_time=in_time)
    assert isinstance(still, Released) == stands
    assert isinstance(still, Stale) == still.step.decided == (not stands)
