"""
A seed says what goes wrong and what is asked.
"""

from tests.faults.schedule import PHONES, WITH_CLOCK, WITH_DISK, Errand, Wrong, schedule

SEEDS = range(300)


def test_a_seed_brings_the_same_schedule_again_and_another_one_another() -> None:
    assert schedule(7) == schedule(7)
    assert schedule(7) != schedule(8)


def test_everything_goes_wrong_and_everything_is_done() -> None:
    plans = [schedule(seed) for seed in SEEDS]

    assert {fault.wrong for plan in plans for fault in plan.faults} == set(Wrong)
    assert {doing.errand for plan in plans for doing in plan.doings} == set(Errand)
    assert {plan.revoked is None for plan in plans} == {True, False}


def test_nothing_is_asked_for_that_the_hosts_cannot_do() -> None:
    for plan in map(schedule, SEEDS):
        pushes = [doing for doing in plan.doings if doing.errand in {Errand.APPROVED, Errand.DENIED}]
        assert len(pushes) <= PHONES
        places = {fault.wrong: fault.server for fault in plan.faults}
        assert places.get(Wrong.CLOCK, WITH_CLOCK) == WITH_CLOCK
        assert places.get(Wrong.FULL_DISK, WITH_DISK) == WITH_DISK
        assert min(shot.after for doing in plan.doings for shot in doing.shots) >= 0
