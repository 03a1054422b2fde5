"""
Counters over any run of events: what they promise holds after every one of them, clocks set back included (N16).
"""

from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from watchword.domain.lockout import (
    MICROSECONDS,
    NO_FAILURES,
    NO_PROMPTS,
    Failure,
    Throttle,
    count_failure,
    count_refused_prompt,
    count_success,
    reserve,
    settle,
)
from watchword.domain.settings import LockSettings, PromptSettings, ThrottleSettings

sources: Final = st.sampled_from([None, "198.51.100.7", "203.0.113.9"])
instants: Final = st.integers(min_value=0, max_value=2_000 * MICROSECONDS)
locks: Final = st.builds(
    LockSettings,
    failures=st.integers(min_value=2, max_value=6),
    within_seconds=st.integers(min_value=60, max_value=900),
    lock_seconds=st.integers(min_value=60, max_value=900),
)
prompts: Final = st.builds(
    PromptSettings,
    refused=st.integers(min_value=1, max_value=5),
    within_seconds=st.integers(min_value=60, max_value=900),
    off_seconds=st.integers(min_value=60, max_value=900),
)
throttles: Final = st.builds(
    ThrottleSettings,
    free=st.integers(min_value=1, max_value=6),
    longest_seconds=st.integers(min_value=1, max_value=100),
)


@given(locks, st.lists(st.tuples(instants, sources), max_size=40))
def test_n16_no_run_of_failures_leaves_as_many_as_lock(
    limits: LockSettings, failures: list[tuple[int, str | None]]
) -> None:
    counted, locked_until = NO_FAILURES, 0
    for at, source in failures:
        before = counted
        counted = count_failure(counted, Failure(at, source), limits)
        assert len(counted.recent) < limits.failures
        assert counted.locked_until >= locked_until
        if not counted.recent:
            assert counted.locked(at + limits.lock_seconds * MICROSECONDS - 1)
        else:
            assert counted.recent[-1] == Failure(at, source)
            assert counted.locked_until == before.locked_until
        locked_until = counted.locked_until


@given(locks, st.lists(sources, min_size=1, max_size=40), instants)
def test_n16_guesses_at_one_moment_are_bounded_wherever_they_come_from(
    limits: LockSettings, guesses: list[str | None], now: int
) -> None:
    counted, tried = NO_FAILURES, 0
    for source in guesses:
        if counted.locked(now):
            break
        counted = count_failure(counted, Failure(now, source), limits)
        tried += 1
    assert tried == min(len(guesses), limits.failures)


@given(locks, st.lists(st.tuples(instants, sources), max_size=10), sources)
def test_a_success_forgives_its_own_source_and_no_other(
    limits: LockSettings, failures: list[tuple[int, str | None]], source: str | None
) -> None:
    counted = NO_FAILURES
    for at, from_where in failures:
        counted = count_failure(counted, Failure(at, from_where), limits)
    forgiven = count_success(counted, source)
    assert forgiven.recent == tuple(failure for failure in counted.recent if failure.source != source)
    assert forgiven.locked_until == counted.locked_until


@given(prompts, st.lists(instants, max_size=40))
def test_p24_refused_prompts_turn_push_off_and_never_shorten_it(limits: PromptSettings, refused: list[int]) -> None:
    counted, off_until = NO_PROMPTS, 0
    for at in refused:
        counted = count_refused_prompt(counted, at, limits)
        assert len(counted.refused) < limits.refused
        assert counted.off_until >= off_until
        if not counted.refused:
            assert counted.off(at + limits.off_seconds * MICROSECONDS - 1)
        off_until = counted.off_until


@given(throttles, st.lists(st.booleans(), max_size=30))
def test_one_after_the_other_each_wrong_password_waits_longer(limits: ThrottleSettings, wrongs: list[bool]) -> None:
    throttle, now, in_a_row = Throttle(), 0, 0
    for wrong in wrongs:
        now = max(now, throttle.not_before)
        assert throttle.admits(now, limits)
        throttle = settle(reserve(throttle), wrong=wrong, now=now, limits=limits)
        in_a_row = in_a_row + 1 if wrong else 0
        waits = max(0, throttle.not_before - now)
        assert throttle.wrong == in_a_row
        assert throttle.trying == 0
        expected = min(limits.longest_seconds, 2 ** (in_a_row - limits.free)) if in_a_row >= limits.free else 0
        assert waits == expected * 10**9


@given(throttles, st.lists(st.sampled_from(["try", "right", "wrong"]), max_size=60))
def test_never_more_passwords_are_under_way_than_are_free(limits: ThrottleSettings, events: list[str]) -> None:
    throttle, under_way = Throttle(), 0
    for event in events:
        if event == "try":
            if throttle.admits(0, limits):
                throttle, under_way = reserve(throttle), under_way + 1
        elif under_way:
            throttle = settle(throttle, wrong=event == "wrong", now=0, limits=limits)
            under_way -= 1
        assert throttle.trying == under_way <= limits.free
