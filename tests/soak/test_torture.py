"""
Twenty kills of the process under load, a full disk and failing syncs: what was answered is written, and spent once.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.torture.__main__ import FAILING_SYNCS, FULL_DISK, SKIPPED

pytestmark = pytest.mark.soak

ROOT = Path(__file__).parents[2]
KILLS = 20
PATIENCE = 900


def tortured(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run it with the soak's seed, and show what it says."""
    seed = os.environ.get("WATCHWORD_SOAK_SEED", "1")
    done = subprocess.run(
        [sys.executable, "-m", "tests.torture", "--seed", seed, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    print(done.stdout)
    return done


def test_kills_under_load_spend_nothing_twice_and_lose_no_row() -> None:
    done = tortured("--kills", str(KILLS))
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"kills: {KILLS} in" in done.stdout
    accepts = re.search(r"(\d+) ACCESS_ACCEPT", done.stdout)
    assert accepts is not None
    assert int(accepts[1]) > KILLS, "next to nothing was let in, so next to nothing was tried"


@pytest.mark.parametrize("disturbance", [FULL_DISK, FAILING_SYNCS])
def test_nothing_is_let_in_while_nothing_can_be_written(disturbance: str) -> None:
    done = tortured("--endure", disturbance)
    if done.returncode == SKIPPED:
        pytest.skip(done.stdout.splitlines()[-1])
    assert done.returncode == 0, done.stdout + done.stderr
    assert "let somebody in" in done.stdout
