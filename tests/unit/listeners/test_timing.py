from watchword.kit.clock import NANOSECONDS
from watchword.kit.randomness import SeededRandomness
from watchword.listeners.timing import JITTER, reject_at


def test_a_reject_leaves_after_the_delay_and_a_chance_of_200_ms() -> None:
    randomness = SeededRandomness(1)
    times = {reject_at(5 * NANOSECONDS, delay=1.5, randomness=randomness) for _ in range(200)}

    assert min(times) >= 6.5 * NANOSECONDS
    assert max(times) < 6.5 * NANOSECONDS + JITTER
    assert max(times) - min(times) > JITTER // 2
    assert JITTER == NANOSECONDS // 5


def test_without_a_delay_it_leaves_at_once() -> None:
    assert reject_at(5 * NANOSECONDS, delay=0, randomness=SeededRandomness(1)) == 5 * NANOSECONDS
