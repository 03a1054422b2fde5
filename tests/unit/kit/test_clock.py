"""
Time: `now` never goes back and never lags behind the monotonic clock, whatever befalls the wall's (B11, K9, N5).
"""

import threading
from collections.abc import Callable
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchword.kit.clock import MICROSECONDS, NANOSECONDS, ManualClock, SystemClock

START: Final = 1_700_000_000 * MICROSECONDS


class Machine:
    """A machine whose two clocks are set by hand."""

    def __init__(self) -> None:
        self.wall = START * 1_000
        self.monotonic = 7 * NANOSECONDS

    def clock(self, *, floor: int = 0) -> SystemClock:
        return SystemClock(floor=floor, wall_ns=lambda: self.wall, monotonic_ns=lambda: self.monotonic)

    def pass_(self, seconds: float) -> None:
        self.wall += int(seconds * NANOSECONDS)
        self.monotonic += int(seconds * NANOSECONDS)

    def step(self, seconds: float) -> None:
        self.wall += int(seconds * NANOSECONDS)


def test_a_clock_that_is_left_alone_shows_the_time() -> None:
    machine = Machine()
    clock = machine.clock()
    assert (clock.now(), clock.wall(), clock.monotonic()) == (START, START, 7 * NANOSECONDS)
    machine.pass_(2.5)
    assert (clock.now(), clock.wall()) == (START + 2_500_000, START + 2_500_000)
    assert clock.monotonic() == 9_500_000_000


def test_a_clock_set_back_goes_on() -> None:
    machine = Machine()
    clock = machine.clock()
    machine.pass_(10)
    machine.step(-86_400)
    assert clock.now() == START + 10 * MICROSECONDS
    machine.pass_(5)
    assert clock.now() == START + 15 * MICROSECONDS
    assert clock.wall() == START + (15 - 86_400) * MICROSECONDS


def test_a_clock_set_forward_is_believed_and_stays() -> None:
    machine = Machine()
    clock = machine.clock()
    machine.step(3_600)
    assert clock.now() == START + 3_600 * MICROSECONDS
    machine.step(-3_600)
    machine.pass_(1)
    assert clock.now() == START + 3_601 * MICROSECONDS


def test_a_clock_that_goes_too_slowly_is_not_followed() -> None:
    machine = Machine()
    clock = machine.clock()
    machine.monotonic += 10 * NANOSECONDS
    machine.wall += 9 * NANOSECONDS
    assert clock.now() == START + 10 * MICROSECONDS


def test_a_clock_set_back_before_the_first_reading_does_not_count_twice() -> None:
    machine = Machine()
    clock = machine.clock()
    for _ in range(3):
        machine.pass_(100)
        assert clock.now() == clock.now()
    machine.step(-1_000)
    machine.pass_(1)
    assert clock.now() == START + 301 * MICROSECONDS


def test_a_restart_begins_where_the_last_one_ended() -> None:
    machine = Machine()
    clock = machine.clock(floor=START + 60 * MICROSECONDS)
    assert clock.now() == START + 60 * MICROSECONDS
    machine.pass_(1)
    assert clock.now() == START + 61 * MICROSECONDS
    assert clock.wall() == START + MICROSECONDS


def test_a_floor_that_is_over_changes_nothing() -> None:
    machine = Machine()
    assert machine.clock(floor=START - 1).now() == START


def test_a_floor_can_be_raised_and_not_lowered() -> None:
    machine = Machine()
    clock = machine.clock()
    clock.raise_floor(START + 5)
    assert clock.now() == START + 5
    clock.raise_floor(START + 1)
    assert clock.now() == START + 5
    machine.pass_(1)
    assert clock.now() == START + 5 + MICROSECONDS


def test_raising_the_floor_after_time_has_passed_adds_nothing_to_it() -> None:
    machine = Machine()
    clock = machine.clock()
    machine.pass_(10)
    clock.raise_floor(START + 20 * MICROSECONDS)
    assert clock.now() == START + 20 * MICROSECONDS
    machine.pass_(30)
    assert clock.now() == START + 50 * MICROSECONDS


def test_the_machines_own_clocks_are_read() -> None:
    clock = SystemClock()
    first = clock.now()
    assert first > START
    assert abs(clock.wall() - first) < 60 * MICROSECONDS
    assert clock.monotonic() <= clock.monotonic()
    assert clock.now() >= first


_events: Final = st.lists(
    st.one_of(
        st.tuples(st.just("pass"), st.integers(min_value=0, max_value=10_000)),
        st.tuples(st.just("step"), st.integers(min_value=-10_000, max_value=10_000)),
        st.tuples(st.just("floor"), st.integers(min_value=-10_000, max_value=10_000)),
    ),
    max_size=30,
)


@given(_events)
def test_n5_now_never_goes_back_and_is_never_slower_than_time_passes(events: list[tuple[str, int]]) -> None:
    machine = Machine()
    clock = machine.clock()
    last_now, last_monotonic = clock.now(), clock.monotonic()
    for event, amount in events:
        if event == "pass":
            machine.pass_(amount)
        elif event == "step":
            machine.step(amount)
        else:
            clock.raise_floor(START + amount * MICROSECONDS)
        now, monotonic = clock.now(), clock.monotonic()
        assert now - last_now >= (monotonic - last_monotonic) // 1_000
        assert now >= clock.wall()
        last_now, last_monotonic = now, monotonic


@pytest.mark.parametrize("paused_at", [1, 2, 3, 4])
def test_now_does_not_go_back_where_two_threads_read_it_at_once(paused_at: int) -> None:
    machine = Machine()
    halfway, go_on = threading.Event(), threading.Event()
    readings: list[None] = []
    read: dict[str, int] = {}

    def pausing(value: Callable[[], int]) -> Callable[[], int]:
        def reading() -> int:
            shown = value()
            if threading.current_thread().name == "slow":
                readings.append(None)
                if len(readings) == paused_at:
                    halfway.set()
                    go_on.wait(timeout=10)
            return shown

        return reading

    clock = SystemClock(wall_ns=pausing(lambda: machine.wall), monotonic_ns=pausing(lambda: machine.monotonic))

    def run() -> None:
        read[threading.current_thread().name] = clock.now()
        halfway.set()

    threads = [threading.Thread(name=name, target=run) for name in ("slow", "fast")]
    machine.step(1)
    threads[0].start()
    assert halfway.wait(timeout=10)
    # While the slow thread is halfway, the wall clock jumps ahead, the fast one reads, and the wall clock jumps back.
    machine.step(3_600)
    threads[1].start()
    threads[1].join(timeout=0.05)
    machine.step(-3_600)
    go_on.set()
    for thread in threads:
        thread.join(timeout=10)
    assert set(read) == {"slow", "fast"}
    assert clock.now() >= max(read.values())


def test_a_clock_by_hand_stands_until_it_is_moved() -> None:
    clock = ManualClock(start=START)
    assert (clock.now(), clock.wall(), clock.monotonic()) == (START, START, NANOSECONDS)
    clock.advance(1.5)
    assert (clock.now(), clock.wall(), clock.monotonic()) == (START + 1_500_000, START + 1_500_000, 2_500_000_000)
    assert ManualClock().now() == START


def test_a_clock_by_hand_that_is_set_back_goes_on_as_the_machines_does() -> None:
    clock = ManualClock(start=START)
    clock.step(-3_600)
    assert (clock.now(), clock.wall()) == (START, START - 3_600 * MICROSECONDS)
    assert clock.monotonic() == NANOSECONDS
    clock.advance(1)
    assert clock.now() == START + MICROSECONDS
    clock.step(7_200)
    assert clock.now() == clock.wall() == START + 3_601 * MICROSECONDS
    assert clock.monotonic() == 2 * NANOSECONDS


def test_a_clock_by_hand_has_a_floor_too() -> None:
    clock = ManualClock(start=START)
    clock.raise_floor(START + 5)
    assert (clock.now(), clock.wall()) == (START + 5, START)
    clock.raise_floor(START)
    assert clock.now() == START + 5


@given(_events)
def test_both_clocks_behave_alike(events: list[tuple[str, int]]) -> None:
    machine, by_hand = Machine(), ManualClock(start=START)
    clock = machine.clock()
    for event, amount in events:
        if event == "pass":
            machine.pass_(amount)
            by_hand.advance(amount)
        elif event == "step":
            machine.step(amount)
            by_hand.step(amount)
        else:
            clock.raise_floor(START + amount * MICROSECONDS)
            by_hand.raise_floor(START + amount * MICROSECONDS)
        assert (clock.now(), clock.wall()) == (by_hand.now(), by_hand.wall())
