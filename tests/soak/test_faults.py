"""
Fault schedules on hosts of their own: a portal and two servers, and a checker over what was asked, heard and written.

The run is one command, which prints its seed and can be given by hand (`docs/faults.md`).
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.torture.__main__ import SKIPPED

pytestmark = [pytest.mark.soak, pytest.mark.needs("ip", "nft", "oathtool")]

ROOT = Path(__file__).parents[2]
SCHEDULES = 30
PATIENCE = 600


def test_whatever_goes_wrong_nothing_is_spent_twice_and_everything_heals() -> None:
    seed = str(int(os.environ.get("WATCHWORD_SOAK_SEED", "1")) % 2**31)
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults", "--schedules", str(SCHEDULES), "--seed", seed],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    print(done.stdout)
    if done.returncode == SKIPPED:
        pytest.skip(done.stderr.splitlines()[-1])

    assert done.returncode == 0, done.stdout + done.stderr
    assert f"schedules: {SCHEDULES} in" in done.stdout
    assert done.stdout.endswith("faults: 0\n")
    heard = {name: int(count) for count, name in re.findall(r"(\d+) (ACCESS_\w+)", done.stdout)}
    assert min(heard["ACCESS_ACCEPT"], heard["ACCESS_REJECT"]) > SCHEDULES, "it was not even tried"
