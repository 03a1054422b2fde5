"""
The decision, question by question: what is decided, why, and every step that `why` will show (design.md section 4).
"""

from typing import Any, Final

import pytest

from tests.fakes.changes import replace
from tests.unit.domain.values import (
    ACCEPTED,
    ALICE,
    APPLICATION,
    BACKUP,
    BACKUP_CODE,
    BACKUP_ID,
    BLOCK,
    BOB,
    BYPASS,
    HIT,
    HOTP_ID,
    LOCKED,
    NOW,
    PERSON,
    PUSH,
    PUSH_OFF,
    REQUEST,
    RIGHT_CODE,
    SECOND,
    SEED,
    STEP,
    TOTP,
    TOTP_ID,
    UNPAIRED,
    USED_UP,
    USER,
    WRONG_CODE,
    facts,
    hotp,
    person,
    totp,
    typed,
)
from watchword.domain.applications import PrimaryKind
from watchword.domain.bypass import Bypass
from watchword.domain.caching import Miss
from watchword.domain.decisions import Admitted, Allow, Ask, Deny, Facts, Join
from watchword.domain.joining import Standing
from watchword.domain.methods import MethodKind
from watchword.domain.otp import Matched, backup_digest, code_at
from watchword.domain.policy import decide, gate
from watchword.domain.trace import Answer, Question, Step, Trace
from watchword.domain.users import Ambiguous, Person, Unknown
from watchword.domain.verification import PrimaryVerdict, Reason

IS_ALICE: Final = Step(Question.USER, Answer.YES, detail="alice@example.com")
STANDS: Final = Step(Question.STANDING, Answer.YES)
UNLOCKED: Final = Step(Question.LOCK, Answer.NO)
KNOWN: Final = (IS_ALICE, STANDS, UNLOCKED)
UNTHROTTLED: Final = Step(Question.THROTTLE, Answer.NO)
PASSED: Final = (*KNOWN, Step(Question.PASSWORD, Answer.RIGHT, detail="local"))
NO_CACHE: Final = Step(Question.CACHE, Answer.MISS, detail="no caching rule matches")
NO_BYPASS: Final = Step(Question.BYPASS, Answer.NO)
NO_JOIN: Final = Step(Question.JOIN, Answer.NO)
JOINED: Final = Step(Question.JOIN, Answer.JOINED, decided=True)
ALONE: Final = Step(Question.CONTENDED, Answer.NO)
NOTHING_AT_HAND: Final = (*PASSED, NO_CACHE, NO_BYPASS, NO_JOIN)
OFF: Final = replace(APPLICATION, enabled=False)
SILENT: Final = replace(APPLICATION, challenge=False)
ASSERTED: Final = replace(APPLICATION, primary=PrimaryKind.ASSERTED)
OPEN: Final = replace(APPLICATION, user_match=False, primary=PrimaryKind.LDAP)
CHECKED: Final = replace(ACCEPTED, checked_by="Corp", by_directory=True)


def denied(reason: Reason, *trace: Step, counts: bool = False) -> Deny:
    return Deny(reason=reason, trace=trace, counts=counts)


def ends(trace: Trace) -> bool:
    return trace[-1].decided and not any(step.decided for step in trace[:-1])


# --- 1: who it is -----------------------------------------------------------------------------------------------------


def test_a_name_that_means_several_users_means_nobody() -> None:
    step = Step(Question.USER, Answer.AMBIGUOUS, decided=True)
    assert decide(facts(resolution=Ambiguous())) == denied(Reason.AMBIGUOUS_USER, step)
    assert decide(facts(resolution=Ambiguous(), application=OPEN, primary=CHECKED)) == denied(
        Reason.AMBIGUOUS_USER, step
    )


UNKNOWN_DENIED: Final = Step(Question.USER, Answer.UNKNOWN, decided=True)


def test_an_unknown_user_is_denied() -> None:
    assert decide(facts(resolution=Unknown())) == denied(Reason.UNKNOWN_USER, UNKNOWN_DENIED)


@pytest.mark.parametrize("primary", [PrimaryKind.LDAP, PrimaryKind.RADIUS])
def test_an_unknown_user_passes_on_a_password_that_a_directory_has_checked(primary: PrimaryKind) -> None:
    application = replace(OPEN, primary=primary)
    assert decide(facts(resolution=Unknown(), application=application, primary=CHECKED)) == Allow(
        reason=Reason.NOT_REQUIRED,
        trace=(
            Step(Question.USER, Answer.UNKNOWN),
            Step(Question.PASSWORD, Answer.RIGHT, detail="Corp"),
            Step(Question.METHOD, Answer.NOT_REQUIRED, decided=True),
        ),
    )


def test_an_unknown_user_is_denied_where_the_application_requires_user_match() -> None:
    application = replace(OPEN, user_match=True)
    assert decide(facts(resolution=Unknown(), application=application, primary=CHECKED)) == denied(
        Reason.UNKNOWN_USER, UNKNOWN_DENIED
    )


@pytest.mark.parametrize("primary", [PrimaryKind.LOCAL, PrimaryKind.ASSERTED])
def test_an_unknown_user_is_denied_where_no_directory_checks_passwords(primary: PrimaryKind) -> None:
    application = replace(OPEN, primary=primary)
    assert decide(facts(resolution=Unknown(), application=application, primary=CHECKED)) == denied(
        Reason.UNKNOWN_USER, UNKNOWN_DENIED
    )


def test_an_unknown_user_is_denied_where_no_directory_has_just_checked_the_password() -> None:
    assert decide(facts(resolution=Unknown(), application=OPEN, primary=ACCEPTED)) == denied(
        Reason.UNKNOWN_USER,
        Step(Question.USER, Answer.UNKNOWN),
        Step(Question.PASSWORD, Answer.RIGHT, detail="local"),
        UNKNOWN_DENIED,
    )


def test_an_unknown_name_of_a_known_user_does_not_pass() -> None:
    known = replace(CHECKED, directory_id=b"object")
    passing = facts(resolution=Unknown(), application=OPEN, primary=known)
    assert isinstance(decide(passing), Allow)
    assert decide(replace(passing, directory_owner=ALICE)) == denied(
        Reason.AMBIGUOUS_USER,
        Step(Question.USER, Answer.UNKNOWN),
        Step(Question.PASSWORD, Answer.RIGHT, detail="Corp"),
        Step(Question.USER, Answer.DIRECTORY_ID, decided=True),
    )


@pytest.mark.parametrize(
    ("owner", "learned", "right"),
    [
        (None, None, True),
        (ALICE, None, True),
        (ALICE, b"object", True),
        (None, b"object", True),
        (BOB, None, False),
        (BOB, b"object", False),
        (None, b"other", False),
        (ALICE, b"other", False),
    ],
)
def test_the_directory_must_have_checked_this_user(owner: Any, learned: bytes | None, *, right: bool) -> None:
    someone = replace(PERSON, user=replace(USER, directory_id=learned))
    decision = decide(
        facts(
            resolution=someone,
            request=typed(RIGHT_CODE),
            primary=replace(CHECKED, directory_id=b"object"),
            directory_owner=owner,
        )
    )
    if right:
        assert isinstance(decision, Allow)
    else:
        assert decision == denied(
            Reason.AMBIGUOUS_USER,
            *KNOWN,
            Step(Question.PASSWORD, Answer.RIGHT, detail="Corp"),
            Step(Question.USER, Answer.DIRECTORY_ID, decided=True),
        )


def test_a_directory_that_tells_no_identifier_contradicts_nobody() -> None:
    learned = replace(PERSON, user=replace(USER, directory_id=b"object"))
    assert isinstance(decide(facts(resolution=learned, request=typed(RIGHT_CODE), directory_owner=BOB)), Allow)


# --- 2: may he sign in ------------------------------------------------------------------------------------------------

BLOCKED: Final = (IS_ALICE, Step(Question.STANDING, Answer.BLOCKED, decided=True))
DISABLED: Final = (IS_ALICE, Step(Question.STANDING, Answer.DISABLED, decided=True))
IS_LOCKED: Final = (IS_ALICE, STANDS, Step(Question.LOCK, Answer.LOCKED, decided=True))
STANDINGS: Final = [
    (replace(PERSON, user=replace(USER, block=BLOCK)), Reason.BLOCKED, BLOCKED),
    (replace(PERSON, user=replace(USER, block=BLOCK, disabled=True), failures=LOCKED), Reason.BLOCKED, BLOCKED),
    (replace(PERSON, user=replace(USER, disabled=True)), Reason.DISABLED, DISABLED),
    (replace(PERSON, user=replace(USER, disabled=True), failures=LOCKED), Reason.DISABLED, DISABLED),
    (replace(PERSON, failures=LOCKED), Reason.LOCKED, IS_LOCKED),
]


@pytest.mark.parametrize(("someone", "reason", "trace"), STANDINGS)
def test_who_may_not_sign_in_does_not(someone: Person, reason: Reason, trace: Trace) -> None:
    everything_for_him = facts(resolution=someone, cache=HIT, bypass=BYPASS, request=typed(RIGHT_CODE))
    assert decide(everything_for_him) == denied(reason, *trace)
    assert gate(APPLICATION, someone, now=NOW) == denied(reason, *trace)


def test_a_lock_ends() -> None:
    locked = replace(PERSON, failures=LOCKED)
    assert isinstance(decide(facts(resolution=locked, cache=HIT, now=NOW + 1)), Allow)
    assert isinstance(decide(facts(resolution=locked, cache=HIT, now=NOW)), Deny)


def test_an_application_that_is_off_asks_nobody() -> None:
    step = Step(Question.APPLICATION, Answer.DISABLED, decided=True)
    assert decide(facts(application=OFF, cache=HIT)) == denied(Reason.ERROR, step)
    assert gate(OFF, PERSON, now=NOW) == denied(Reason.ERROR, step)


# --- the gate ---------------------------------------------------------------------------------------------------------


def test_the_gate_lets_a_user_in_order_try_his_password() -> None:
    assert gate(APPLICATION, PERSON, now=NOW) == Admitted((UNTHROTTLED,))


def test_the_gate_refuses_too_many_wrong_passwords() -> None:
    waits = Step(Question.THROTTLE, Answer.WAITING, decided=True)
    refused = gate(APPLICATION, PERSON, throttled=True, now=NOW)
    assert refused == denied(Reason.THROTTLED, *KNOWN, waits)


def test_the_gate_refuses_a_password_that_was_refused_a_moment_ago() -> None:
    again = Step(Question.JOIN, Answer.JOINED, decided=True, detail="the same password was refused a moment ago")
    refused = gate(APPLICATION, PERSON, just_refused=Reason.WRONG_PASSWORD, now=NOW)
    assert refused == denied(Reason.WRONG_PASSWORD, *KNOWN, UNTHROTTLED, again)
    blocked = replace(PERSON, user=replace(USER, block=BLOCK))
    assert gate(APPLICATION, blocked, just_refused=Reason.WRONG_PASSWORD, now=NOW) == denied(Reason.BLOCKED, *BLOCKED)


def test_who_may_not_sign_in_is_told_so_rather_than_to_wait() -> None:
    blocked = replace(PERSON, user=replace(USER, block=BLOCK))
    assert gate(APPLICATION, blocked, throttled=True, now=NOW) == denied(Reason.BLOCKED, *BLOCKED)


def test_the_gate_refuses_whom_no_password_helps() -> None:
    ambiguous = Step(Question.USER, Answer.AMBIGUOUS, decided=True)
    assert gate(OPEN, Ambiguous(), now=NOW) == denied(Reason.AMBIGUOUS_USER, ambiguous)
    assert gate(APPLICATION, Unknown(), now=NOW) == denied(Reason.UNKNOWN_USER, UNKNOWN_DENIED)
    assert gate(OPEN, Unknown(), now=NOW) == Admitted((UNTHROTTLED,))


def test_the_gates_answer_about_the_throttle_stands_in_the_trace_and_its_others_are_asked_again() -> None:
    gated = gate(APPLICATION, PERSON, now=NOW).trace
    decision = decide(facts(cache=HIT), gated=gated)
    assert decision.trace[:5] == (*KNOWN, UNTHROTTLED, Step(Question.PASSWORD, Answer.RIGHT, detail="local"))
    blocked = replace(PERSON, user=replace(USER, block=BLOCK))
    assert decide(facts(resolution=blocked), gated=gated) == denied(Reason.BLOCKED, *BLOCKED)


# --- the password -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verdict", "reason", "answer"),
    [
        (PrimaryVerdict.REJECTED, Reason.WRONG_PASSWORD, Answer.WRONG),
        (PrimaryVerdict.UNKNOWN, Reason.WRONG_PASSWORD, Answer.UNKNOWN),
        (PrimaryVerdict.AMBIGUOUS, Reason.AMBIGUOUS_USER, Answer.AMBIGUOUS),
        (PrimaryVerdict.REFUSED, Reason.ACCOUNT_REFUSED, Answer.REFUSED),
        (PrimaryVerdict.AWAY, Reason.DIRECTORY_AWAY, Answer.AWAY),
    ],
)
@pytest.mark.parametrize("application", [APPLICATION, ASSERTED])
def test_without_the_right_password_nothing_helps(
    application: Any, verdict: PrimaryVerdict, reason: Reason, answer: Answer
) -> None:
    decision = decide(
        facts(
            application=application,
            primary=replace(ACCEPTED, verdict=verdict, detail="52e"),
            cache=HIT,
            bypass=BYPASS,
            standing=Standing.ENDED,
            request=typed(RIGHT_CODE),
        )
    )
    assert decision == denied(reason, *KNOWN, Step(Question.PASSWORD, answer, decided=True, detail="local: 52e"))


def test_every_verdict_is_understood() -> None:
    for verdict in PrimaryVerdict:
        decide(facts(primary=replace(ACCEPTED, verdict=verdict)))


def test_an_asserted_password_is_told_apart() -> None:
    decision = decide(facts(application=ASSERTED, cache=HIT, primary=replace(ACCEPTED, checked_by="asserted")))
    assert isinstance(decision, Allow)
    assert decision.trace[3] == Step(Question.PASSWORD, Answer.ASSERTED, detail="asserted")


def test_what_the_directory_said_stands_in_the_trace() -> None:
    decision = decide(facts(cache=HIT, primary=replace(CHECKED, detail="fine")))
    assert decision.trace[3] == Step(Question.PASSWORD, Answer.RIGHT, detail="Corp: fine")


# --- 3: a code was typed ----------------------------------------------------------------------------------------------


def test_a_right_code_passes_and_is_spent() -> None:
    assert decide(facts(request=typed(RIGHT_CODE))) == Allow(
        reason=Reason.CODE,
        trace=(*PASSED, Step(Question.CODE, Answer.RIGHT, decided=True, detail="totp")),
        spend=Matched(method=TOTP_ID, kind=MethodKind.TOTP, step=STEP),
        second_step=True,
    )


def test_a_backup_code_passes_under_its_own_name() -> None:
    assert decide(facts(resolution=person(BACKUP), request=typed(BACKUP_CODE))) == Allow(
        reason=Reason.BACKUP_CODE,
        trace=(*PASSED, Step(Question.CODE, Answer.RIGHT, decided=True, detail="backup-code")),
        spend=Matched(method=BACKUP_ID, kind=MethodKind.BACKUP_CODE, step=0, digest=backup_digest(SEED, BACKUP_CODE)),
        second_step=True,
    )


WRONG_STEP: Final = Step(Question.CODE, Answer.WRONG, decided=True)
HELP: Final[dict[str, Any]] = {"cache": None, "bypass": BYPASS}


@pytest.mark.parametrize("code", [WRONG_CODE, "", "12345", "\uff11\uff12\uff13\uff14\uff15\uff16", BACKUP_CODE])
def test_n8_a_wrong_code_never_passes_because_of_a_cache_or_a_bypass(code: str) -> None:
    assert decide(facts(request=typed(code), **HELP)) == denied(Reason.WRONG_CODE, *PASSED, WRONG_STEP, counts=True)


def test_a_used_code_is_denied_and_counted() -> None:
    decision = decide(facts(resolution=person(totp(last_step=STEP)), request=typed(RIGHT_CODE), **HELP))
    used = Step(Question.CODE, Answer.USED, decided=True)
    assert decision == denied(Reason.USED_CODE, *PASSED, used, counts=True)


def test_a_code_of_somebody_without_codes_is_wrong() -> None:
    assert decide(facts(resolution=person(PUSH), request=typed(RIGHT_CODE), **HELP)) == denied(
        Reason.WRONG_CODE, *PASSED, WRONG_STEP, counts=True
    )


def test_a_counter_far_ahead_is_remembered() -> None:
    code = code_at(SEED.octets, 40, 6)
    assert decide(facts(resolution=person(hotp()), request=typed(code))) == Deny(
        reason=Reason.WRONG_CODE, trace=(*PASSED, WRONG_STEP), counts=True, resync=(HOTP_ID, 41)
    )


@pytest.mark.parametrize("standing", [Standing.WAITING, Standing.AT_CHALLENGE, Standing.ENDED])
@pytest.mark.parametrize("code", [RIGHT_CODE, WRONG_CODE])
def test_the_same_login_with_the_same_code_shares_the_first_ones_outcome(code: str, standing: Standing) -> None:
    assert decide(facts(request=typed(code), standing=standing, **HELP)) == Join(trace=(*PASSED, JOINED))


def test_codes_are_checked_by_the_machines_clock() -> None:
    # `now` never goes back and may run ahead of the clock that phones are compared with (O8).
    ahead = facts(request=typed(RIGHT_CODE), now=NOW + 3_600 * SECOND)
    assert isinstance(decide(ahead), Allow)
    assert isinstance(decide(replace(ahead, now=NOW, wall=NOW + 3_600 * SECOND)), Deny)


# --- 4: a live cache entry --------------------------------------------------------------------------------------------


def test_a_live_entry_lets_through() -> None:
    assert decide(facts(cache=HIT)) == Allow(
        reason=Reason.CACHE,
        trace=(*PASSED, Step(Question.CACHE, Answer.HIT, decided=True, detail="ip")),
        origin=HIT.origin,
    )


def test_an_entry_comes_before_a_bypass_and_before_joining() -> None:
    for standing in Standing:
        decision = decide(facts(cache=HIT, bypass=BYPASS, standing=standing, contended=True))
        assert isinstance(decision, Allow)
        assert decision.reason is Reason.CACHE
        assert decision.spend is None


@pytest.mark.parametrize("miss", Miss)
def test_a_miss_says_why(miss: Miss) -> None:
    assert Step(Question.CACHE, Answer.MISS, detail=miss.value) in decide(facts(cache=miss)).trace


# --- 5: a one-time bypass ---------------------------------------------------------------------------------------------


def passes_by(bypass: Bypass) -> Allow:
    step = Step(Question.BYPASS, Answer.YES, decided=True)
    return Allow(reason=Reason.BYPASS, trace=(*PASSED, NO_CACHE, step), spend=bypass)


@pytest.mark.parametrize("standing", [Standing.NONE, Standing.WAITING, Standing.AT_CHALLENGE])
@pytest.mark.parametrize("contended", [False, True])
def test_a_bypass_is_used_whatever_is_pending(standing: Standing, *, contended: bool) -> None:
    assert decide(facts(bypass=BYPASS, standing=standing, contended=contended)) == passes_by(BYPASS)


def test_a_bypass_needs_no_method() -> None:
    assert decide(facts(resolution=person(), application=SILENT, bypass=BYPASS)) == passes_by(BYPASS)


def test_the_login_that_has_just_ended_is_shared_before_another_bypass_is_spent() -> None:
    assert decide(facts(bypass=BYPASS, standing=Standing.ENDED)) == Join(trace=(*PASSED, NO_CACHE, JOINED))


# --- 6: joining -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("standing", [Standing.WAITING, Standing.AT_CHALLENGE])
@pytest.mark.parametrize("contended", [False, True])
def test_the_same_login_joins_what_is_pending(standing: Standing, *, contended: bool) -> None:
    assert decide(facts(standing=standing, contended=contended)) == Join(trace=(*PASSED, NO_CACHE, NO_BYPASS, JOINED))


def test_the_same_login_shares_what_has_ended() -> None:
    assert decide(facts(standing=Standing.ENDED)) == Join(trace=(*PASSED, NO_CACHE, JOINED))


def nameless(**changes: Any) -> Facts:
    return facts(application=ASSERTED, request=replace(REQUEST, source=None), **changes)


@pytest.mark.parametrize("standing", [Standing.WAITING, Standing.AT_CHALLENGE, Standing.ENDED])
def test_an_asserted_password_without_a_source_joins_nothing(standing: Standing) -> None:
    assert decide(nameless(standing=standing)) == decide(nameless())
    assert isinstance(decide(nameless()), Ask)
    with_source = replace(nameless(standing=standing), request=REQUEST)
    assert isinstance(decide(with_source), Join)


def test_an_asserted_password_without_a_source_is_not_cached() -> None:
    decision = decide(nameless(cache=HIT))
    assert isinstance(decision, Ask)
    assert decision.trace[4] == Step(Question.CACHE, Answer.MISS, detail="the request lacks a part of the rule's key")


def test_an_asserted_password_without_a_source_shares_no_code() -> None:
    coded = replace(nameless(standing=Standing.ENDED), request=replace(REQUEST, source=None, code=WRONG_CODE))
    assert isinstance(decide(coded), Deny)


def test_a_checked_password_without_a_source_may_join_and_be_cached() -> None:
    without = replace(REQUEST, source=None)
    assert isinstance(decide(facts(request=without, standing=Standing.WAITING)), Join)
    assert isinstance(decide(facts(request=without, cache=HIT)), Allow)


# --- 6b: two logins at once -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("methods", [(TOTP, PUSH), (PUSH,)])
def test_a_login_from_elsewhere_is_challenged_for_a_number_and_rings_nothing(methods: Any) -> None:
    assert decide(facts(contended=True, resolution=person(*methods))) == Ask(
        trace=(*NOTHING_AT_HAND, Step(Question.CONTENDED, Answer.CHALLENGED, decided=True)),
        ring=False,
        contend=True,
        challenge=True,
        number=True,
    )


def test_a_login_from_elsewhere_of_somebody_with_codes_alone_is_challenged_for_a_code() -> None:
    assert decide(facts(contended=True, resolution=person(TOTP, UNPAIRED))) == Ask(
        trace=(*NOTHING_AT_HAND, Step(Question.CONTENDED, Answer.CHALLENGED, decided=True)),
        ring=False,
        contend=True,
        challenge=True,
        number=False,
    )


def test_p24_while_push_is_off_a_login_from_elsewhere_is_shown_no_number() -> None:
    tired = facts(contended=True, resolution=person(TOTP, PUSH, prompts=PUSH_OFF))
    by_code = decide(tired)
    assert isinstance(by_code, Ask)
    assert (by_code.ring, by_code.challenge, by_code.number) == (False, True, False)
    by_number = decide(replace(tired, now=NOW + 1))
    assert isinstance(by_number, Ask)
    assert by_number.number
    assert decide(facts(contended=True, resolution=person(PUSH, prompts=PUSH_OFF))) == denied(
        Reason.CONTENDED, *NOTHING_AT_HAND, Step(Question.CONTENDED, Answer.YES, decided=True)
    )


@pytest.mark.parametrize(
    ("application", "methods"), [(SILENT, (TOTP, PUSH)), (APPLICATION, ()), (APPLICATION, (UNPAIRED, USED_UP))]
)
def test_a_login_from_elsewhere_that_cannot_be_challenged_is_denied(application: Any, methods: Any) -> None:
    assert decide(facts(contended=True, application=application, resolution=person(*methods))) == denied(
        Reason.CONTENDED, *NOTHING_AT_HAND, Step(Question.CONTENDED, Answer.YES, decided=True)
    )


# --- 7 and 8: methods -------------------------------------------------------------------------------------------------


def test_a_phone_is_asked() -> None:
    assert decide(facts(application=SILENT)) == Ask(
        trace=(*NOTHING_AT_HAND, ALONE, Step(Question.METHOD, Answer.STARTED, decided=True, detail="push")),
        ring=True,
        contend=False,
        challenge=False,
        number=False,
    )


def test_a_phone_is_asked_with_a_number_where_the_application_can_show_one() -> None:
    assert decide(facts(resolution=person(PUSH))) == Ask(
        trace=(*NOTHING_AT_HAND, ALONE, Step(Question.METHOD, Answer.CHALLENGED, decided=True, detail="push")),
        ring=True,
        contend=False,
        challenge=True,
        number=True,
    )


ASKS_FOR_A_CODE: Final = Ask(
    trace=(
        *NOTHING_AT_HAND,
        ALONE,
        Step(Question.METHOD, Answer.CHALLENGED, decided=True, detail="a code is asked for"),
    ),
    ring=False,
    contend=False,
    challenge=True,
    number=False,
)


@pytest.mark.parametrize("methods", [(TOTP,), (hotp(),), (BACKUP,), (UNPAIRED, TOTP)])
def test_a_code_is_asked_for_where_there_is_no_phone(methods: Any) -> None:
    assert decide(facts(resolution=person(*methods))) == ASKS_FOR_A_CODE


def test_p24_while_push_is_off_no_phone_rings_and_codes_still_work() -> None:
    tired = replace(PERSON, prompts=PUSH_OFF)
    assert decide(facts(resolution=tired)) == ASKS_FOR_A_CODE
    assert isinstance(decide(facts(resolution=tired, request=typed(RIGHT_CODE))), Allow)
    rested = decide(facts(resolution=tired, now=NOW + 1))
    assert isinstance(rested, Ask)
    assert rested.ring


@pytest.mark.parametrize(
    ("application", "someone", "detail"),
    [
        (APPLICATION, person(), ""),
        (APPLICATION, person(UNPAIRED, USED_UP), ""),
        (SILENT, person(TOTP), ""),
        (SILENT, person(TOTP, PUSH, prompts=PUSH_OFF), "push is off after prompts that were not approved"),
        (APPLICATION, person(PUSH, prompts=PUSH_OFF), "push is off after prompts that were not approved"),
    ],
)
def test_without_a_usable_method_it_is_denied(application: Any, someone: Person, detail: str) -> None:
    assert decide(facts(application=application, resolution=someone)) == denied(
        Reason.NO_METHOD, *NOTHING_AT_HAND, ALONE, Step(Question.METHOD, Answer.NO, decided=True, detail=detail)
    )


def test_one_step_decides_and_it_is_the_last() -> None:
    for decision in (
        decide(facts()),
        decide(facts(cache=HIT)),
        decide(facts(request=typed(WRONG_CODE))),
        decide(facts(standing=Standing.WAITING)),
    ):
        assert ends(decision.trace)
