"""
How often somebody may ask.
"""

from watchword.kit.clock import ManualClock
from watchword.web.allowances import Allowances


def spent(allowances: Allowances, asker: object, times: int) -> list[bool]:
    return [allowances.spend(asker) for _ in range(times)]


def test_so_many_at_once_and_no_more() -> None:
    allowances = Allowances(clock=ManualClock(), burst=3, per_second=1)

    assert spent(allowances, "one", 5) == [True, True, True, False, False]


def test_so_many_a_second_after_that() -> None:
    clock = ManualClock()
    allowances = Allowances(clock=clock, burst=3, per_second=2)
    spent(allowances, "one", 3)

    clock.advance(0.4)
    assert spent(allowances, "one", 1) == [False]
    clock.advance(0.1)
    assert spent(allowances, "one", 2) == [True, False]


def test_what_was_refused_costs_nothing() -> None:
    clock = ManualClock()
    allowances = Allowances(clock=clock, burst=1, per_second=1)
    spent(allowances, "one", 100)

    clock.advance(1)

    assert allowances.spend("one")


def test_what_was_well_spent_comes_back_and_nothing_more() -> None:
    allowances = Allowances(clock=ManualClock(), burst=2, per_second=1)
    allowances.give_back("stranger")
    for _ in range(10):
        assert allowances.spend("one")
        allowances.give_back("one")

    assert spent(allowances, "one", 3) == [True, True, False]
    assert spent(allowances, "stranger", 3) == [True, True, False]


def test_the_whole_allowance_comes_back_and_does_not_grow() -> None:
    clock = ManualClock()
    allowances = Allowances(clock=clock, burst=3, per_second=1)
    spent(allowances, "one", 3)

    clock.advance(3_600)

    assert spent(allowances, "one", 4) == [True, True, True, False]


def test_one_asker_takes_nothing_from_another() -> None:
    allowances = Allowances(clock=ManualClock(), burst=1, per_second=1)

    assert spent(allowances, "one", 2) == [True, False]
    assert spent(allowances, "other", 2) == [True, False]


def test_askers_are_bounded_and_new_ones_then_share_one_allowance() -> None:
    allowances = Allowances(clock=ManualClock(), burst=2, per_second=1, most=2)
    spent(allowances, "one", 1)
    spent(allowances, "two", 1)

    assert [allowances.spend(asker) for asker in ("three", "four", "five")] == [True, True, False]
    assert allowances.spend("one"), "who is known keeps his own"


def test_who_has_his_whole_allowance_again_is_forgotten() -> None:
    clock = ManualClock()
    allowances = Allowances(clock=clock, burst=1, per_second=1, most=2)
    spent(allowances, "one", 1)
    spent(allowances, "two", 1)

    clock.advance(2)

    assert spent(allowances, "three", 2) == [True, False]
    assert spent(allowances, "four", 2) == [True, False]


def test_what_is_left_can_be_told_without_taking_any() -> None:
    clock = ManualClock()
    allowances = Allowances(clock=clock, burst=2, per_second=0.5)

    assert (allowances.left("a"), allowances.seconds_to_one("a"), allowances.seconds_to_all("a")) == (2, 0, 0)
    allowances.spend("a")
    allowances.spend("a")
    assert (allowances.left("a"), allowances.seconds_to_one("a"), allowances.seconds_to_all("a")) == (0, 2, 4)
    assert not allowances.has_any("a")
    assert not allowances.spend("a")
    clock.advance(2)
    assert (allowances.left("a"), allowances.has_any("a"), allowances.seconds_to_one("a")) == (1, True, 0)
