"""
The decision without a portal: how long it may be taken, for whom, and that nothing but an unused code passes.
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
    BLOCK,
    BYPASS,
    HOTP_ID,
    LOCKED,
    NOW,
    PERSON,
    PUSH,
    REQUEST,
    RIGHT_CODE,
    SEED,
    STEP,
    TOTP,
    TOTP_ID,
    USER,
    WRONG_CODE,
    hotp,
    person,
    totp,
)
from watchword.domain.applications import PortalAway, PrimaryKind
from watchword.domain.decisions import Admitted, Allow, Deny
from watchword.domain.methods import Hotp, MethodKind, Totp
from watchword.domain.offline import (
    MOST_SLIP,
    NANOSECONDS,
    WINDOW,
    Alone,
    Moment,
    Open,
    Shut,
    Word,
    decide,
    eligible,
    gate,
    hindrance,
    spent,
    window,
)
from watchword.domain.otp import Matched, code_at
from watchword.domain.trace import Answer, Question
from watchword.domain.users import Ambiguous, Person, Unknown
from watchword.domain.verification import PrimaryVerdict, Reason

HOUR: Final = 3_600 * NANOSECONDS
SAID: Final = Moment(b"boot", HOUR, NOW)
WORD: Final = Word(SAID, HOUR + NANOSECONDS, NOW + 5_000_000)
VPN: Final = replace(APPLICATION, primary=PrimaryKind.LDAP, portal_away=PortalAway.CODES)
CHECKED: Final = replace(ACCEPTED, checked_by="Corp", by_directory=True)
OPEN: Final = Open(NOW, WINDOW)


def later(passed: int, *, slip: int = 0, boot: bytes = b"boot") -> Moment:
    """Return the moment so many nanoseconds after the last word, the wall clock off by `slip` of them."""
    return Moment(boot, HOUR + passed, NOW + (passed + slip) // 1_000)


# --- how long ---------------------------------------------------------------------------------------------------------


def test_it_is_open_for_fifteen_minutes_from_when_the_last_word_was_said() -> None:
    assert window(WORD, later(WINDOW - 1_000)) == Open(now=NOW + 5_000_000 + 899_000_000 - 1, left=1_000)
    assert window(WORD, later(WINDOW)) is Shut.OVER
    assert WINDOW == 900 * NANOSECONDS


def test_without_a_word_nothing_is_decided() -> None:
    assert window(None, later(0)) is Shut.NEVER


def test_another_start_of_the_machine_is_none_whatever_its_clocks_say() -> None:
    assert window(WORD, later(2 * NANOSECONDS, boot=b"another")) is Shut.BOOT


@pytest.mark.parametrize("slip", [-MOST_SLIP - 1_000, -HOUR])
def test_a_wall_clock_that_went_back_shuts(slip: int) -> None:
    assert window(WORD, later(2 * NANOSECONDS, slip=slip)) is Shut.CLOCK


def test_a_wall_clock_that_was_set_back_cannot_stretch_it() -> None:
    assert window(WORD, later(WINDOW, slip=-MOST_SLIP)) is Shut.OVER


def test_a_wall_clock_that_is_ahead_shortens_it() -> None:
    assert isinstance(window(WORD, later(WINDOW // 2, slip=WINDOW // 2 - 1_000)), Open)
    assert window(WORD, later(WINDOW // 2, slip=WINDOW // 2)) is Shut.OVER


def test_a_clock_of_the_machine_that_stands_before_the_word_shuts() -> None:
    assert window(WORD, later(-1_000)) is Shut.CLOCK
    assert window(WORD, later(NANOSECONDS - 1_000)) is Shut.CLOCK, "before the answer to it"


# --- where ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "is_eligible"),
    [
        ({}, True),
        ({"primary": PrimaryKind.RADIUS}, True),
        ({"primary": PrimaryKind.ASSERTED}, True),
        ({"primary": PrimaryKind.LOCAL}, False),
        ({"portal_away": PortalAway.DENY}, False),
        ({"enabled": False}, False),
    ],
)
def test_a_replica_is_needed_where_a_login_can_ever_be_decided_by_it(
    changes: dict[str, Any],
    is_eligible: bool,  # noqa: FBT001 - what a row of the table says
) -> None:
    assert eligible(replace(VPN, **changes)) is is_eligible


def test_what_stands_in_the_way_is_said() -> None:
    def why(**changes: Any) -> str | None:
        asked: dict[str, Any] = {"application": VPN, "code": RIGHT_CODE, "held": True, "opened": OPEN, **changes}
        return hindrance(asked.pop("application"), **asked)

    assert why() is None
    assert "does not allow codes" in (why(application=None) or "")
    assert "does not allow codes" in (why(application=replace(VPN, portal_away=PortalAway.DENY)) or "")
    assert "kept at the portal" in (why(application=replace(VPN, primary=PrimaryKind.LOCAL)) or "")
    assert "no code of a token" in (why(code=None) or "")
    assert "no code of a token" in (why(code=BACKUP_CODE) or "")
    assert "no replica" in (why(held=False) or "")
    assert why(opened=Shut.OVER) == Shut.OVER.value


# --- whom -------------------------------------------------------------------------------------------------------------


def alone(**changes: Any) -> Alone:
    """Return a login in order, with changes."""
    made = Alone(REQUEST._replace(code=RIGHT_CODE), VPN, person(TOTP), CHECKED, NOW)
    return made._replace(**changes)


def denied(**changes: Any) -> tuple[Reason, bool]:
    """Return why a login is denied, and whether it counts."""
    decision = decide(alone(**changes))
    assert isinstance(decision, Deny), decision
    assert (decision.trace[0].question, decision.trace[0].answer) == (Question.PORTAL, Answer.OFFLINE)
    assert decision.trace[-1].decided
    return decision.reason, decision.counts


def test_the_right_and_unused_code_of_a_token_passes_and_the_trace_says_offline() -> None:
    decision = decide(alone())
    assert isinstance(decision, Allow)
    assert decision.reason is Reason.OFFLINE_CODE
    assert decision.spend == Matched(TOTP_ID, MethodKind.TOTP, STEP)
    assert (decision.trace[0].question, decision.trace[0].answer) == (Question.PORTAL, Answer.OFFLINE)
    assert decision.trace[-1].decided


def test_a_password_that_the_application_asserts_is_enough() -> None:
    asserted = replace(VPN, primary=PrimaryKind.ASSERTED)
    assert isinstance(decide(alone(application=asserted, primary=ACCEPTED)), Allow)


def test_a_password_that_no_directory_of_this_server_has_checked_is_not() -> None:
    assert denied(primary=ACCEPTED) == (Reason.PORTAL_AWAY, False)
    local = replace(VPN, primary=PrimaryKind.LOCAL)
    assert denied(application=local) == (Reason.PORTAL_AWAY, False)


def test_a_wrong_password_is_denied_and_counts_as_no_second_step() -> None:
    wrong = replace(CHECKED, verdict=PrimaryVerdict.REJECTED)
    assert denied(primary=wrong) == (Reason.WRONG_PASSWORD, False)


def test_nobody_passes_who_is_not_known_here() -> None:
    lenient = replace(VPN, user_match=False)
    assert denied(application=lenient, resolution=Unknown()) == (Reason.UNKNOWN_USER, False)
    assert denied(resolution=Ambiguous()) == (Reason.UNKNOWN_USER, False)


@pytest.mark.parametrize(
    ("somebody", "reason"),
    [
        (replace(PERSON, user=replace(USER, block=BLOCK)), Reason.BLOCKED),
        (replace(PERSON, user=replace(USER, disabled=True)), Reason.DISABLED),
        (replace(PERSON, failures=LOCKED), Reason.LOCKED),
    ],
)
def test_nobody_passes_who_may_not_sign_in(somebody: Person, reason: Reason) -> None:
    assert denied(resolution=somebody) == (reason, False)


def test_a_wrong_code_and_a_used_one_count() -> None:
    assert denied(request=REQUEST._replace(code=WRONG_CODE)) == (Reason.WRONG_CODE, True)
    assert denied(resolution=person(totp(last_step=STEP))) == (Reason.USED_CODE, True)


def test_without_a_code_no_bypass_no_cache_and_no_phone_help() -> None:
    somebody = person(TOTP, PUSH, bypasses=(BYPASS,))
    assert denied(request=REQUEST, resolution=somebody) == (Reason.PORTAL_AWAY, False)


def test_a_printed_code_never_passes() -> None:
    assert denied(request=REQUEST._replace(code=BACKUP_CODE), resolution=person(BACKUP)) == (Reason.ERROR, False)


def test_the_directory_must_mean_the_very_user() -> None:
    known = replace(PERSON, user=replace(USER, directory_id=b"object"))
    assert isinstance(decide(alone(resolution=known, primary=replace(CHECKED, directory_id=b"object"))), Allow)
    other = replace(CHECKED, directory_id=b"other")
    assert denied(resolution=known, primary=other) == (Reason.AMBIGUOUS_USER, False)
    assert denied(primary=other) == (Reason.AMBIGUOUS_USER, False), "who else might bear it is not known here"


def test_a_counter_token_is_looked_at_ten_ahead_and_never_brought_back() -> None:
    token = hotp(counter=5, digits=6, secret=SEED)
    near, far = code_at(SEED.octets, 15, 6), code_at(SEED.octets, 16, 6)
    decision = decide(alone(request=REQUEST._replace(code=near), resolution=person(token)))
    assert isinstance(decision, Allow)
    assert decision.spend == Matched(HOTP_ID, MethodKind.HOTP, 15)

    decision = decide(alone(request=REQUEST._replace(code=far), resolution=person(token)))
    assert decision == Deny(Reason.WRONG_CODE, decision.trace, counts=True, resync=None)


# --- the first half ---------------------------------------------------------------------------------------------------


def test_before_the_password_whoever_cannot_pass_is_refused() -> None:
    assert gate(VPN, PERSON, now=NOW, throttled=False) == Admitted(gate(VPN, PERSON, now=NOW, throttled=False).trace)
    unknown = gate(replace(VPN, user_match=False), Unknown(), now=NOW, throttled=False)
    assert isinstance(unknown, Deny)
    assert unknown.reason is Reason.UNKNOWN_USER
    throttled = gate(VPN, PERSON, now=NOW, throttled=True)
    assert isinstance(throttled, Deny)
    assert throttled.reason is Reason.THROTTLED
    assert throttled.trace[0].answer is Answer.OFFLINE


# --- what was spent ---------------------------------------------------------------------------------------------------


def test_what_was_spent_is_spent_and_never_goes_back() -> None:
    somebody = person(totp(last_step=5), hotp(counter=5), PUSH)
    somebody = spent(somebody, TOTP_ID, 9, 1)
    somebody = spent(spent(somebody, TOTP_ID, 7, 0), HOTP_ID, 8, 0)
    somebody = spent(spent(somebody, HOTP_ID, 2, 0), PUSH.id, 2, 0)

    first, second, push = (method.detail for method in somebody.methods)
    assert isinstance(first, Totp)
    assert isinstance(second, Hotp)
    assert (first.last_step, second.counter, push) == (9, 9, PUSH.detail)
    assert denied(resolution=spent(person(TOTP), TOTP_ID, STEP, 0)) == (Reason.USED_CODE, True)
    assert somebody.user.id == ALICE
