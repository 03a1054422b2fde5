from hypothesis import given
from hypothesis import strategies as st

from watchword.kit.clock import NANOSECONDS
from watchword.kit.wheel import TICK, Wheel

START = 7 * NANOSECONDS + 123
deadlines = st.integers(min_value=START - NANOSECONDS, max_value=START + 400 * NANOSECONDS)


def test_nothing_expires_early_and_everything_within_a_tick() -> None:
    wheel: Wheel[str] = Wheel(now=START)
    deadline = START + 3 * NANOSECONDS
    wheel.add(deadline, "login")

    assert list(wheel.expire(deadline - 1)) == []
    assert list(wheel.expire(deadline + TICK)) == ["login"]
    assert len(wheel) == 0


def test_what_is_past_already_comes_at_the_next_tick() -> None:
    wheel: Wheel[str] = Wheel(now=START)
    wheel.add(START - NANOSECONDS, "late")

    assert list(wheel.expire(START)) == []
    assert list(wheel.expire(START + TICK)) == ["late"]


def test_what_was_cancelled_does_not_come_and_may_be_cancelled_again() -> None:
    wheel: Wheel[str] = Wheel(now=START)
    place = wheel.add(START + TICK, "cancelled")
    wheel.add(START + TICK, "kept")

    wheel.cancel(place)
    wheel.cancel(place)

    assert len(wheel) == 1
    assert list(wheel.expire(START + 2 * TICK)) == ["kept"]
    wheel.cancel(place)
    assert len(wheel) == 0


def test_one_that_expires_can_cancel_one_of_the_same_tick() -> None:
    wheel: Wheel[str] = Wheel(now=START)
    wheel.add(START + TICK, "first")
    second = wheel.add(START + TICK, "second")

    came = []
    for item in wheel.expire(START + 2 * TICK):
        came.append(item)
        wheel.cancel(second)

    assert came == ["first"]


def test_what_is_added_while_others_expire_comes_later() -> None:
    wheel: Wheel[str] = Wheel(now=START)
    wheel.add(START + TICK, "first")

    came = []
    for item in wheel.expire(START + 2 * TICK):
        came.append(item)
        wheel.add(START, "again")

    assert came == ["first"]
    assert list(wheel.expire(START + 3 * TICK)) == ["again"]


def test_what_was_not_fetched_is_not_lost() -> None:
    wheel: Wheel[int] = Wheel(now=START)
    for number in range(3):
        wheel.add(START + TICK, number)

    assert next(wheel.expire(START + 2 * TICK)) == 0
    assert list(wheel.expire(START + 2 * TICK)) == [1, 2]


def test_a_clock_that_stands_or_jumps_loses_nothing() -> None:
    wheel: Wheel[int] = Wheel(now=START)
    for number in range(100):
        wheel.add(START + number * NANOSECONDS, number)

    assert list(wheel.expire(START)) == []
    assert list(wheel.expire(START + 1_000 * NANOSECONDS)) == list(range(100))


def test_buckets_are_queued_once_however_often_their_entries_come_and_go() -> None:
    wheel: Wheel[str] = Wheel(now=START)
    for _ in range(1_000):
        wheel.cancel(wheel.add(START + TICK, "one"))

    assert len(wheel._ticks) == 1  # noqa: SLF001 - that the queue does not grow shows nowhere else
    assert list(wheel.expire(START + 2 * TICK)) == []


@given(st.lists(deadlines), st.sets(st.integers(min_value=0, max_value=20)), st.integers(min_value=1, max_value=40))
def test_every_entry_comes_once_and_in_time(times: list[int], cancelled: set[int], seconds: int) -> None:
    wheel: Wheel[int] = Wheel(now=START)
    places = [wheel.add(deadline, number) for number, deadline in enumerate(times)]
    for number in cancelled & set(range(len(places))):
        wheel.cancel(places[number])

    came: dict[int, int] = {}
    now = START
    while len(wheel):
        now += seconds * NANOSECONDS
        for number in wheel.expire(now):
            assert number not in came
            came[number] = now

    assert came.keys() == set(range(len(times))) - cancelled
    for number, at in came.items():
        assert at >= times[number]
        assert at - seconds * NANOSECONDS < max(times[number], START) + TICK
