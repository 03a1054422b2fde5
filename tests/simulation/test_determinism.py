"""
A seed brings back the same history, to the microsecond, whatever else the process has done and whatever its hashes are.
"""

import os
import subprocess
import sys
from pathlib import Path

from tests.simulation.run import simulation

ROOT = Path(__file__).parents[2]
SEEDS = range(1, 5)


def digests_of_another_process(hash_seed: str) -> list[str]:
    arguments = ["--seed", str(SEEDS.start), "--schedules", str(len(SEEDS)), "--digests"]
    done = subprocess.run(
        [sys.executable, "-m", "tests.simulation", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
    )
    return [line for line in done.stdout.splitlines() if len(line.split(": ")[-1]) == 64]


def test_the_same_seed_brings_back_the_same_history_and_another_one_does_not() -> None:
    with simulation() as runs:
        first = [runs.run(seed) for seed in SEEDS]
        again = [runs.run(seed) for seed in reversed(SEEDS)]

    assert [one.digest for one in first] == [one.digest for one in reversed(again)]
    assert len({one.digest for one in first}) == len(SEEDS)
    assert [one.faults for one in first] == [[]] * len(SEEDS)


def test_processes_with_other_hashes_bring_back_the_same_history() -> None:
    one, other = digests_of_another_process("1"), digests_of_another_process("20261124")

    assert len(one) == len(SEEDS)
    assert one == other
