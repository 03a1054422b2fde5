"""
The answer to a challenge, and the last look before a login is released (R63, C9).
"""

from typing import Any, Final

import pytest

from tests.fakes.changes import replace
from tests.unit.domain.values import (
    APPLICATION,
    BACKUP,
    BACKUP_CODE,
    BLOCK,
    BOB,
    CHALLENGE,
    HOTP_ID,
    LOCKED,
    MAIL,
    NOW,
    PERSON,
    PUSH,
    REQUEST,
    RIGHT_CODE,
    SECOND,
    SEED,
    STEP,
    TOTP,
    TOTP_ID,
    USED_UP,
    USER,
    WRONG_CODE,
    hotp,
    person,
    totp,
    typed,
)
from watchword.domain.applications import Application
from watchword.domain.challenges import Challenge
from watchword.domain.decisions import Allow, Decision, Deny, Released, Stale, Wait
from watchword.domain.methods import MethodKind
from watchword.domain.otp import Matched, code_at
from watchword.domain.policy import answer, release
from watchword.domain.trace import Answer, Question, Step, Trace
from watchword.domain.users import Person, User
from watchword.domain.verification import Reason, VerificationRequest

GOOD: Final = (
    Step(Question.CHALLENGE, Answer.YES),
    Step(Question.STANDING, Answer.YES),
    Step(Question.LOCK, Answer.NO),
)
FOR_A_CODE: Final = replace(CHALLENGE, verification=None)


def answered(
    request: VerificationRequest = REQUEST,
    *,
    application: Application = APPLICATION,
    challenge: Challenge | None = CHALLENGE,
    someone: Person | None = PERSON,
    name: str | None = "alice",
    waiting: bool = True,
    now: int = NOW,
    wall: int = NOW,
) -> Decision:
    return answer(request, application, challenge, someone, name=name, waiting=waiting, now=now, wall=wall)


def test_whatever_else_is_typed_waits_for_the_phone() -> None:
    assert CHALLENGE.verification is not None
    assert answered() == Wait(verification=CHALLENGE.verification, trace=GOOD)


def test_a_right_code_is_enough() -> None:
    for challenge in (CHALLENGE, FOR_A_CODE):
        assert answered(typed(RIGHT_CODE), challenge=challenge) == Allow(
            reason=Reason.CODE,
            trace=(*GOOD, Step(Question.CODE, Answer.RIGHT, decided=True, detail="totp")),
            spend=Matched(method=TOTP_ID, kind=MethodKind.TOTP, step=STEP),
            second_step=True,
        )


def test_a_backup_code_is_enough() -> None:
    decision = answered(typed(BACKUP_CODE), someone=person(BACKUP))
    assert isinstance(decision, Allow)
    assert decision.reason is Reason.BACKUP_CODE


@pytest.mark.parametrize("challenge", [CHALLENGE, FOR_A_CODE])
def test_a_wrong_code_is_denied_and_counted(challenge: Challenge) -> None:
    assert answered(typed(WRONG_CODE), challenge=challenge) == Deny(
        reason=Reason.WRONG_CODE,
        trace=(*GOOD, Step(Question.CODE, Answer.WRONG, decided=True)),
        counts=True,
    )


def test_a_used_code_is_denied_and_counted() -> None:
    assert answered(typed(RIGHT_CODE), someone=person(totp(last_step=STEP))) == Deny(
        reason=Reason.USED_CODE,
        trace=(*GOOD, Step(Question.CODE, Answer.USED, decided=True)),
        counts=True,
    )


def test_a_counter_far_ahead_is_remembered() -> None:
    decision = answered(typed(code_at(SEED.octets, 40, 6)), someone=person(hotp()))
    assert isinstance(decision, Deny)
    assert decision.resync == (HOTP_ID, 41)


def test_codes_are_checked_by_the_machines_clock() -> None:
    assert isinstance(answered(typed(RIGHT_CODE), now=NOW + SECOND, wall=NOW), Allow)
    assert isinstance(answered(typed(RIGHT_CODE), wall=NOW + 3_600 * SECOND), Deny)


@pytest.mark.parametrize("methods", [(PUSH,), (PUSH, USED_UP)])
def test_a_code_of_somebody_without_codes_waits_for_the_phone(methods: Any) -> None:
    assert isinstance(answered(typed(WRONG_CODE), someone=person(*methods)), Wait)


@pytest.mark.parametrize(("request_", "someone"), [(REQUEST, PERSON), (typed(RIGHT_CODE), person(PUSH))])
def test_where_only_a_code_was_asked_for_nothing_else_answers(request_: VerificationRequest, someone: Person) -> None:
    assert answered(request_, challenge=FOR_A_CODE, someone=someone) == Deny(
        reason=Reason.WRONG_CODE,
        trace=(*GOOD, Step(Question.CODE, Answer.WRONG, decided=True, detail="no code was typed")),
        counts=True,
    )


def test_a_prompt_that_is_over_is_not_waited_for() -> None:
    assert answered(waiting=False) == Deny(
        reason=Reason.NO_ANSWER, trace=(*GOOD, Step(Question.ANSWER, Answer.NO_ANSWER, decided=True))
    )
    assert isinstance(answered(typed(RIGHT_CODE), waiting=False), Allow)


def stale(why: str) -> Deny:
    return Deny(
        reason=Reason.WRONG_STATE, trace=(Step(Question.CHALLENGE, Answer.NO, decided=True, detail=why),), counts=False
    )


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"challenge": None}, "it was never made, or was used before"),
        ({"application": replace(APPLICATION, id=MAIL)}, "it was made for another application"),
        ({"application": replace(APPLICATION, enabled=False)}, "it was made for another application"),
        ({"request": replace(REQUEST, client="192.0.2.2")}, "it came from another client"),
        ({"name": "bob"}, "it came with another user name"),
        ({"name": "Alice"}, "it came with another user name"),
        ({"name": None}, "it came with another user name"),
        ({"someone": None}, "the user is gone"),
        ({"someone": replace(PERSON, user=replace(USER, id=BOB))}, "the user is gone"),
        ({"someone": replace(PERSON, user=replace(USER, epoch=8))}, "something happened to the user since"),
        ({"someone": replace(PERSON, user=replace(USER, epoch=6))}, "something happened to the user since"),
        ({"now": CHALLENGE.expires_at}, "it has expired"),
        ({"now": CHALLENGE.expires_at + 1}, "it has expired"),
    ],
)
@pytest.mark.parametrize("code", [None, RIGHT_CODE, WRONG_CODE])
def test_r63_a_state_is_good_for_what_it_was_made_for_and_nothing_else(
    code: str | None, change: dict[str, Any], why: str
) -> None:
    request = replace(change.get("request", REQUEST), code=code)
    assert answered(**{**change, "request": request}) == stale(why)


def test_a_state_is_good_until_it_expires() -> None:
    assert isinstance(answered(now=CHALLENGE.expires_at - 1), Wait)


def test_the_first_fault_is_told() -> None:
    assert answered(name="bob", someone=None, now=CHALLENGE.expires_at) == stale("it came with another user name")


@pytest.mark.parametrize(
    ("someone", "reason", "steps"),
    [
        (
            replace(PERSON, user=replace(USER, block=BLOCK)),
            Reason.BLOCKED,
            (Step(Question.STANDING, Answer.BLOCKED, decided=True),),
        ),
        (
            replace(PERSON, user=replace(USER, disabled=True)),
            Reason.DISABLED,
            (Step(Question.STANDING, Answer.DISABLED, decided=True),),
        ),
        (
            replace(PERSON, failures=LOCKED),
            Reason.LOCKED,
            (Step(Question.STANDING, Answer.YES), Step(Question.LOCK, Answer.LOCKED, decided=True)),
        ),
    ],
)
@pytest.mark.parametrize("code", [None, RIGHT_CODE])
def test_who_may_not_sign_in_answers_in_vain(code: str | None, someone: Person, reason: Reason, steps: Trace) -> None:
    trace = (Step(Question.CHALLENGE, Answer.YES), *steps)
    assert answered(typed(code), someone=someone) == Deny(reason=reason, trace=trace)


# --- the release ------------------------------------------------------------------------------------------------------


def released(**changes: Any) -> Released | Stale:
    still: dict[str, Any] = {
        "application": APPLICATION,
        "person": PERSON,
        "epoch": 7,
        "now": NOW,
        "in_time": True,
    }
    return release(**{**still, **changes})


def user(**changes: Any) -> User:
    return replace(USER, **changes)


def test_what_still_stands_is_released() -> None:
    assert released() == Released(Step(Question.RELEASE, Answer.YES))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"application": None}, Reason.ERROR),
        ({"application": replace(APPLICATION, enabled=False)}, Reason.ERROR),
        ({"person": None}, Reason.ERROR),
        ({"person": replace(PERSON, user=user(block=BLOCK, epoch=8))}, Reason.BLOCKED),
        ({"person": replace(PERSON, user=user(disabled=True))}, Reason.DISABLED),
        ({"person": replace(PERSON, failures=LOCKED)}, Reason.LOCKED),
        ({"person": replace(PERSON, user=user(epoch=8))}, Reason.SUPERSEDED),
        ({"person": replace(PERSON, user=user(epoch=6)), "in_time": False}, Reason.SUPERSEDED),
        ({"epoch": 6}, Reason.SUPERSEDED),
        ({"in_time": False}, Reason.NO_ANSWER),
    ],
)
def test_c9_what_changed_in_the_meantime_is_not(change: dict[str, Any], reason: Reason) -> None:
    step = Step(Question.RELEASE, Answer.STALE, decided=True, detail=reason.value)
    stale = released(**change)
    assert isinstance(stale, Stale)
    assert stale == Stale(reason, step)


def test_a_lock_that_is_over_holds_nobody_up() -> None:
    assert isinstance(released(person=replace(PERSON, failures=LOCKED), now=NOW + 1), Released)


def test_methods_do_not_matter_at_the_release() -> None:
    assert isinstance(released(person=person(TOTP)), Released)
    assert isinstance(released(person=person()), Released)
