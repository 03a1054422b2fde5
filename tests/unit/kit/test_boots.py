"""
The start of the machine: the same for whoever asks, and another one where the system does not tell.
"""

from pathlib import Path

from watchword.kit.boots import BOOT_ID, ManualBoot, SystemBoot
from watchword.kit.clock import ManualClock
from watchword.kit.randomness import SeededRandomness


def test_it_is_the_same_for_every_process_and_goes_on() -> None:
    first, second = SystemBoot(randomness=SeededRandomness(1)), SystemBoot(randomness=SeededRandomness(2))
    assert first.id == second.id == BOOT_ID.read_bytes().strip()
    assert first.elapsed() <= second.elapsed()


def test_where_the_system_does_not_tell_every_process_has_its_own(tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(b"\n")
    missing = SystemBoot(randomness=SeededRandomness(1), path=tmp_path / "missing")
    empty = SystemBoot(randomness=SeededRandomness(2), path=tmp_path / "empty")
    assert missing.id
    assert empty.id
    assert missing.id != empty.id


def test_a_start_that_is_made_up_goes_with_its_clock() -> None:
    clock = ManualClock()
    boot = ManualBoot(clock)
    before = boot.elapsed()
    clock.step(3_600)
    assert boot.elapsed() == before
    clock.advance(2)
    assert boot.elapsed() == before + 2_000_000_000
