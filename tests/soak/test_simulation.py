"""
Ten thousand schedules of the simulation find nothing, and what is put in on purpose is found (`docs/simulation.md`).
"""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.simulation.__main__ import simulate
from tests.simulation.planted import (
    decisions_are_asked_for_anew,
    joiners_are_not_asked_about,
    servers_are_not_waited_for,
    writes_always_take,
)

pytestmark = pytest.mark.soak

ROOT = Path(__file__).parents[2]
SCHEDULES = 10_000
PATIENCE = 1_800


def test_ten_thousand_schedules_find_nothing() -> None:
    seed = os.environ.get("WATCHWORD_SOAK_SEED", "1")
    done = subprocess.run(
        [sys.executable, "-m", "tests.simulation", "--seed", seed, "--schedules", str(SCHEDULES), "--processes", "2"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    print(done.stdout)

    assert done.returncode == 0, done.stdout + done.stderr
    said = re.search(rf"schedules: {SCHEDULES} in \d+ s, (\d+) logins, \d+ requests, (\d+) let in", done.stdout)
    assert said is not None
    assert int(said[1]) > 2 * SCHEDULES, "people must try"
    assert int(said[2]) > SCHEDULES, "and pass"


@pytest.mark.parametrize(
    ("plant", "within", "found"),
    [
        (writes_always_take, 500, "while he was blocked"),
        (joiners_are_not_asked_about, 4_000, "while he was blocked"),
        (decisions_are_asked_for_anew, 1_500, "prompts"),
        (servers_are_not_waited_for, 1_500, "was answered at"),
    ],
)
def test_a_bug_that_is_put_in_is_found(
    plant: Callable[[], AbstractContextManager[None]], within: int, found: str
) -> None:
    with plant():
        summary = simulate(1, within, processes=2, most_failures=1)

    print(f"{plant.__name__}: found after {summary.schedules} schedules")
    assert any(found in fault for result in summary.failed for fault in result.faults)
