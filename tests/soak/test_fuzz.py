"""
A minute of fuzzing, so that CI notices what a night of it would find first.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz.__main__ import NAMES

pytestmark = pytest.mark.soak

ROOT = Path(__file__).parents[2]
SECONDS = 60
#: The slowest target does some forty thousand a second on an idle core; far fewer means that it was never fed.
FEWEST = 10_000


def test_a_minute_of_fuzzing_breaks_no_parser() -> None:
    seed = os.environ.get("WATCHWORD_SOAK_SEED", "1")
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz", "--seconds", str(SECONDS), "--seed", str(int(seed) % 2**31 or 1)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS * 5,
    )
    print(done.stdout)

    assert done.returncode == 0, done.stdout + done.stderr
    runs = dict(re.findall(r"^(\w+): (\d+) inputs", done.stdout, re.MULTILINE))
    assert runs.keys() == set(NAMES)
    assert {name: count for name, count in runs.items() if int(count) < FEWEST} == {}
