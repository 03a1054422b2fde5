"""
Counters: wrong second steps lock (V2), wrong passwords slow down, refused prompts turn push off (P24).
"""

from typing import Final

import pytest

from tests.unit.domain.values import NOW, SECOND
from watchword.domain.lockout import (
    NO_FAILURES,
    NO_PROMPTS,
    Failure,
    Failures,
    Prompts,
    Throttle,
    count_failure,
    count_refused_prompt,
    count_success,
    reserve,
    settle,
)
from watchword.domain.settings import LockSettings, PromptSettings, ThrottleSettings

LOCK: Final = LockSettings(failures=3, within_seconds=60, lock_seconds=120)
PROMPT: Final = PromptSettings(refused=2, within_seconds=60, off_seconds=120)
THROTTLE: Final = ThrottleSettings(free=3, longest_seconds=20)
HERE: Final = "198.51.100.7"
THERE: Final = "203.0.113.9"


def failed(*instants: int, source: str | None = HERE) -> Failures:
    failures = NO_FAILURES
    for at in instants:
        failures = count_failure(failures, Failure(at, source), LOCK)
    return failures


def wrong(throttle: Throttle, now: int) -> Throttle:
    return settle(reserve(throttle), wrong=True, now=now, limits=THROTTLE)


def test_nobody_is_locked_to_begin_with() -> None:
    assert not NO_FAILURES.locked(0)
    assert not NO_PROMPTS.off(0)


def test_the_last_failure_allowed_locks() -> None:
    assert failed(NOW, NOW + 1) == Failures(recent=(Failure(NOW, HERE), Failure(NOW + 1, HERE)))
    assert failed(NOW, NOW + 1, NOW + 2) == Failures(locked_until=NOW + 2 + 120 * SECOND)


def test_a_lock_ends_to_the_microsecond() -> None:
    locked = Failures(locked_until=NOW)
    assert locked.locked(NOW - 1)
    assert not locked.locked(NOW)


def test_failures_count_wherever_they_come_from() -> None:
    failures = NO_FAILURES
    for source in (HERE, THERE, None):
        failures = count_failure(failures, Failure(NOW, source), LOCK)
    assert failures.locked(NOW)


def test_old_failures_count_no_more() -> None:
    within = failed(NOW, NOW + 1, NOW + 60 * SECOND - 1)
    assert within.locked(NOW + 60 * SECOND)
    beyond = failed(NOW, NOW + 1, NOW + 60 * SECOND)
    assert beyond == Failures(recent=(Failure(NOW + 1, HERE), Failure(NOW + 60 * SECOND, HERE)))


def test_after_a_lock_counting_starts_again() -> None:
    again = count_failure(failed(NOW, NOW, NOW), Failure(NOW + 1, HERE), LOCK)
    assert again == Failures(recent=(Failure(NOW + 1, HERE),), locked_until=NOW + 120 * SECOND)


def test_a_lock_is_never_shortened() -> None:
    long = Failures(recent=(Failure(NOW, HERE), Failure(NOW, HERE)), locked_until=NOW + 500 * SECOND)
    assert count_failure(long, Failure(NOW, HERE), LOCK).locked_until == NOW + 500 * SECOND


def test_failures_from_the_future_still_count() -> None:
    # A clock that was ahead and is right again must not give the one who guesses a fresh set of tries.
    assert failed(NOW + 3_600 * SECOND, NOW + 3_600 * SECOND, NOW).locked(NOW)


def test_a_limit_lowered_in_between_locks_at_once() -> None:
    earlier = Failures(recent=tuple(Failure(NOW, HERE) for _ in range(10)))
    assert count_failure(earlier, Failure(NOW, HERE), LOCK).locked(NOW)


def test_a_success_forgives_what_came_from_the_same_source() -> None:
    failures = Failures(recent=(Failure(NOW, HERE), Failure(NOW, THERE), Failure(NOW, None)), locked_until=5)
    assert count_success(failures, HERE) == Failures(recent=(Failure(NOW, THERE), Failure(NOW, None)), locked_until=5)
    assert count_success(failures, None) == Failures(recent=(Failure(NOW, HERE), Failure(NOW, THERE)), locked_until=5)


def test_a_success_that_forgives_nothing_writes_nothing() -> None:
    failures = failed(NOW, source=THERE)
    assert count_success(failures, HERE) is failures
    assert count_success(NO_FAILURES, HERE) is NO_FAILURES


def test_the_last_refused_prompt_allowed_turns_push_off() -> None:
    once = count_refused_prompt(NO_PROMPTS, NOW, PROMPT)
    assert once == Prompts(refused=(NOW,))
    assert not once.off(NOW)
    assert count_refused_prompt(once, NOW + 1, PROMPT) == Prompts(off_until=NOW + 1 + 120 * SECOND)


def test_push_comes_back_to_the_microsecond() -> None:
    off = Prompts(off_until=NOW)
    assert off.off(NOW - 1)
    assert not off.off(NOW)


def test_old_refused_prompts_count_no_more() -> None:
    once = count_refused_prompt(NO_PROMPTS, NOW, PROMPT)
    assert count_refused_prompt(once, NOW + 60 * SECOND - 1, PROMPT).off(NOW + 60 * SECOND)
    assert count_refused_prompt(once, NOW + 60 * SECOND, PROMPT) == Prompts(refused=(NOW + 60 * SECOND,))


def test_push_off_is_never_shortened() -> None:
    off = Prompts(refused=(NOW,), off_until=NOW + 500 * SECOND)
    assert count_refused_prompt(off, NOW, PROMPT).off_until == NOW + 500 * SECOND
    assert count_refused_prompt(Prompts(off_until=9), NOW, PROMPT) == Prompts(refused=(NOW,), off_until=9)


def test_wrong_passwords_are_free_and_then_wait_longer_and_longer() -> None:
    throttle, now, waits = Throttle(), 0, []
    for _ in range(9):
        assert throttle.admits(now, THROTTLE)
        throttle = wrong(throttle, now)
        waits.append(max(0, throttle.not_before - now) // 1_000_000_000)
        now = max(now, throttle.not_before)
    assert waits == [0, 0, 1, 2, 4, 8, 16, 20, 20]
    assert throttle == Throttle(wrong=9, not_before=now)


def test_a_wait_ends_to_the_nanosecond() -> None:
    throttle = Throttle(wrong=3, not_before=100)
    assert not throttle.admits(99, THROTTLE)
    assert throttle.admits(100, THROTTLE)


def test_only_as_many_passwords_are_tried_at_once_as_are_free() -> None:
    throttle = Throttle()
    for _ in range(3):
        assert throttle.admits(0, THROTTLE)
        throttle = reserve(throttle)
    assert not throttle.admits(0, THROTTLE)
    assert Throttle(wrong=1, trying=1).admits(0, THROTTLE)
    assert not Throttle(wrong=1, trying=2).admits(0, THROTTLE)


@pytest.mark.parametrize("count", [2, 3, 4, 100])
def test_after_the_free_ones_one_password_is_tried_at_a_time(count: int) -> None:
    assert Throttle(wrong=count).admits(0, THROTTLE)
    assert not Throttle(wrong=count, trying=1).admits(0, THROTTLE)


def test_a_right_password_clears() -> None:
    slowed = Throttle(wrong=7, not_before=10**12, trying=2)
    assert settle(slowed, wrong=False, now=0, limits=THROTTLE) == Throttle(trying=1)


def test_a_wait_is_never_shortened() -> None:
    slowed = Throttle(wrong=2, not_before=10**12, trying=1)
    assert settle(slowed, wrong=True, now=0, limits=THROTTLE) == Throttle(wrong=3, not_before=10**12)
    free = Throttle(wrong=0, not_before=10**12, trying=1)
    assert settle(free, wrong=True, now=0, limits=THROTTLE) == Throttle(wrong=1, not_before=10**12)


def test_settling_more_than_was_reserved_leaves_nothing_under_way() -> None:
    assert settle(Throttle(), wrong=False, now=0, limits=THROTTLE) == Throttle()
    assert settle(Throttle(), wrong=True, now=0, limits=THROTTLE) == Throttle(wrong=1)


def test_the_wait_does_not_grow_beyond_reason() -> None:
    limits = ThrottleSettings(free=1, longest_seconds=10**9)
    throttle = settle(Throttle(wrong=10**6), wrong=True, now=0, limits=limits)
    assert throttle.not_before == 65_536 * 1_000_000_000
