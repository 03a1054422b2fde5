"""
Randomness: the system's for the product, a repeatable one for tests and the simulation.
"""

import pytest

from watchword.kit.randomness import Randomness, SeededRandomness, SystemRandomness


@pytest.mark.parametrize("source", [SystemRandomness(), SeededRandomness(1)], ids=["system", "seeded"])
@pytest.mark.parametrize("count", [0, 1, 16, 31, 32, 33, 100])
def test_as_many_octets_as_were_asked_for(source: Randomness, count: int) -> None:
    assert len(source.octets(count)) == count


@pytest.mark.parametrize("source", [SystemRandomness(), SeededRandomness(1)], ids=["system", "seeded"])
def test_every_number_below_the_limit_comes_and_no_other(source: Randomness) -> None:
    assert {source.below(5) for _ in range(500)} == {0, 1, 2, 3, 4}
    assert source.below(1) == 0


def test_the_systems_randomness_does_not_repeat() -> None:
    assert len({SystemRandomness().octets(16) for _ in range(100)}) == 100


def test_a_seed_repeats_and_another_does_not() -> None:
    first, again, other = SeededRandomness(1), SeededRandomness(1), SeededRandomness(2)
    drawn = [first.octets(40) for _ in range(10)]
    assert [again.octets(40) for _ in range(10)] == drawn
    assert len(set(drawn)) == 10
    assert [other.octets(40) for _ in range(10)] != drawn
    assert first.below(10**9) == again.below(10**9)
